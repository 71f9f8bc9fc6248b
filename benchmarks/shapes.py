"""What is generated around one instrument: its provisions and norms, its acts, a vote, an alliance.

Classes, properties and vocabularies are those of ``ontology``; names are made from its labels. Nothing here
is true of any state. All days lie before 2026, so that what rules derive does not change from day to day.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.release import Release
from benchmarks.writing import Statements, concept, date, plain, text, thing, truth, whole

Pairs = list[tuple[str, str]]

#: Kinds of instruments in turn: class, whether it binds, whether states become parties to it.
KINDS = (
    ("Treaty", True, True),
    ("NationalLaw", True, False),
    ("Resolution", False, False),
    ("Treaty", True, True),
    ("PoliticalCommitment", False, False),
    ("NationalLaw", True, False),
    ("ConstitutiveTreaty", True, True),
    ("Guidelines", False, False),
    ("NationalLaw", True, False),
    ("IntergovernmentalAgreement", True, True),
)
#: Parties to treaties in turn: few have nearly all states, many have some.
PARTIES = (190, 60, 20, 110, 35, 8, 80, 150, 15, 45)
FORCES = {
    "NationalLaw": "national-law",
    "Resolution": "soft-law",
    "Guidelines": "soft-law",
    "PoliticalCommitment": "political-commitment",
}
PROVISIONS = 3
NORMS = 2
SOURCES = 2
CLAIMS = 2
#: One alliance, conflict, ambiguity and silence for so many instruments.
ALLIANCE_EVERY, CONFLICT_EVERY, AMBIGUITY_EVERY, SILENCE_EVERY = 4, 6, 5, 25
#: Norms that one generated activity and one generated theme serve.
NORMS_PER_ACTIVITY, NORMS_PER_THEME = 3, 40
_BRANCHES = 4


class World:
    """What the instruments share.

    Parameters
    ----------
    release
        The vocabularies and states.
    instruments
        How many there are.
    seed
        Of the generator.
    """

    def __init__(self, release: Release, instruments: int, seed: int) -> None:
        self.instruments = instruments
        self.concepts = release.concepts
        self.labels = release.labels
        self.states = release.states
        norms = instruments * NORMS
        # norms of one theme or activity meet in the rules: their number must not grow with the graph
        self.new_activities = max(0, norms // NORMS_PER_ACTIVITY - len(self.concepts["activity"]))
        self.new_themes = max(0, norms // NORMS_PER_THEME - len(self.concepts["theme"]))
        self.activities = [*self.concepts["activity"], *(f"a{n}" for n in range(1, self.new_activities + 1))]
        self.themes = [*self.concepts["theme"], *(f"t{n}" for n in range(1, self.new_themes + 1))]
        draw = random.Random(f"{seed}:states")  # noqa: S311
        #: Standing of each state between two camps, from 0 to 1: it moves votes and memberships.
        self.leaning = {state: draw.random() for state in self.states}

    def pick(self, draw: random.Random, scheme: str) -> str:
        """Return a concept of a vocabulary of the release."""
        return concept(scheme, draw.choice(self.concepts[scheme]))


def vocabulary(out: Statements, world: World) -> None:
    """Add activities below those of the release, in a tree, and themes."""
    for number in range(1, world.new_activities + 1):
        wider = (number - 1) // _BRANCHES
        above = f"a{wider}" if wider else world.concepts["activity"][number % len(world.concepts["activity"])]
        out.add(
            "vocabulary/activity",
            concept("activity", f"a{number}"),
            "skos:Concept",
            ("skos:prefLabel", text(f"activity {number}")),
            ("skos:notation", plain(f"a{number}")),
            ("skos:inScheme", concept("activity", "")[:-2] + ">"),
            ("skos:broader", concept("activity", above)),
        )
    for number in range(1, world.new_themes + 1):
        out.add(
            "vocabulary/theme",
            concept("theme", f"t{number}"),
            "skos:Concept",
            ("skos:prefLabel", text(f"theme {number}")),
            ("skos:notation", plain(f"t{number}")),
            ("skos:inScheme", concept("theme", "")[:-2] + ">"),
        )


def instrument(out: Statements, world: World, number: int, draw: random.Random) -> None:
    """Add an instrument with everything around it.

    Parameters
    ----------
    out
        Takes the statements.
    world
        What the instruments share.
    number
        From 1; instruments that states are parties to are numbered among them, and so are the others.
    draw
        The generator of this instrument.
    """
    kind, binding, has_parties = KINDS[(number - 1) % len(KINDS)]
    code = f"B{number}"
    theme = draw.choice(world.themes)
    subject = world.labels.get(("theme", theme), f"theme {theme}")
    year = draw.randrange(1960, 2006)
    adopted = _day(draw, year)
    _sources(out, world, number, draw, subject, year)
    said: Pairs = [
        ("rdfs:label", text(f"{kind} on {subject} ({code})")),
        ("dcterms:title", text(f"{kind} of {year} on {subject}, number {number}")),
        ("dcterms:source", _source(number, draw)),
        ("skos:notation", plain(code)),
        ("spn:adopted", date(adopted)),
        ("spn:binding", truth(binding)),
        ("spn:instrumentKindAsGiven", plain(kind)),
        ("spn:verification", world.pick(draw, "verification")),
    ]
    in_force = _day(draw, year + 2)
    if has_parties:
        said += [("spn:openedForSignature", date(adopted)), ("spn:enteredIntoForce", date(in_force))]
    if kind in ("NationalLaw", "PoliticalCommitment"):
        said.append(("spn:enactedBy", thing("state", draw.choice(world.states))))
    out.add("facts/instruments", thing("instrument", code), f"spn:{kind}", *said)
    _norms(out, world, number, draw, theme, FORCES.get(kind, "hard-law"))
    if has_parties:
        _acts(out, world, number, draw, year, len(world.states))
    _vote(out, world, number, draw, subject, year)
    _claims(out, world, number, draw, subject)
    if number % ALLIANCE_EVERY == 1:
        _alliance(out, world, number, draw)
    if number % CONFLICT_EVERY == 0:
        _conflict(out, world, number, draw, subject)
    if number % AMBIGUITY_EVERY == 0:
        _ambiguity(out, world, number, draw, subject)
    if number % SILENCE_EVERY == 0:
        out.add(
            "facts/silences",
            thing("silence", f"S{number}"),
            "spn:Silence",
            ("rdfs:label", text(f"Whether {subject} reaches what {code} leaves open")),
            ("dcterms:source", _source(number, draw)),
            ("skos:notation", plain(f"S{number}")),
            ("spn:silentIn", thing("instrument", code)),
            ("spn:silentOn", concept("activity", draw.choice(world.activities))),
            ("spn:silentTheme", concept("theme", theme)),
            ("spn:verification", world.pick(draw, "verification")),
        )


def _day(draw: random.Random, year: int, precise: float = 1.0) -> str:
    month, day = draw.randrange(1, 13), draw.randrange(1, 29)
    share = draw.random()
    if share < precise:
        return f"{year}-{month:02}-{day:02}"
    return f"{year}-{month:02}" if share < (1 + precise) / 2 else f"{year}"


def _source(number: int, draw: random.Random) -> str:
    return thing("source", f"b{number}-{draw.randrange(1, SOURCES + 1)}")


def _sources(
    out: Statements, world: World, number: int, draw: random.Random, subject: str, year: int
) -> None:
    for each in range(1, SOURCES + 1):
        code = f"b{number}-{each}"
        title = text(f"Paper {each} on {subject}, read for B{number}")
        out.add(
            "facts/sources",
            thing("source", code),
            "spn:Source",
            ("rdfs:label", title),
            ("dcterms:title", title),
            ("dcterms:publisher", text(f"Publisher {draw.randrange(1, 200)}")),
            ("dcterms:issued", date(_day(draw, min(2025, year + draw.randrange(1, 30)), precise=0.7))),
            ("skos:notation", plain(code)),
            ("foaf:page", f"<https://example.org/paper/{code}>"),
            ("spn:copyConsulted", plain("page copy")),
            ("spn:sourceKind", world.pick(draw, "sourcekind")),
            ("spn:tradition", world.pick(draw, "tradition")),
        )


def _norms(out: Statements, world: World, number: int, draw: random.Random, theme: str, force: str) -> None:
    places = []
    for each in range(1, PROVISIONS + 1):
        code = f"B{number}-{each}"
        places.append(thing("provision", code))
        out.add(
            "facts/provisions",
            places[-1],
            "spn:Provision",
            ("rdfs:label", text(f"Article {each} of B{number}")),
            ("dcterms:source", _source(number, draw)),
            ("skos:notation", plain(code)),
            ("spn:locator", plain(f"Article {each}")),
            ("spn:partOf", thing("instrument", f"B{number}")),
            ("spn:summary", text(f"What article {each} of B{number} says of {theme}")),
            ("spn:verification", world.pick(draw, "verification")),
        )
    for each in range(1, NORMS + 1):
        code = f"N{number}-{each}"
        activity = draw.choice(world.activities)
        done = world.labels.get(("activity", activity), f"activity {activity}")
        said: Pairs = [
            ("rdfs:label", text(f"Rule {each} of B{number} on {done}")),
            ("dcterms:source", _source(number, draw)),
            ("skos:definition", text(f"How states go about {done} under B{number}.")),
            ("skos:notation", plain(code)),
            ("spn:bearer", world.pick(draw, "bearer")),
            ("spn:beneficiary", world.pick(draw, "beneficiary")),
            ("spn:contested", truth(draw.random() < 0.3)),
            ("spn:force", concept("force", force)),
            ("spn:modality", world.pick(draw, "modality")),
            ("spn:promotedBy", thing("state", draw.choice(world.states))),
            ("spn:regulates", concept("activity", activity)),
            ("spn:scope", world.pick(draw, "scope")),
            ("spn:theme", concept("theme", theme)),
            ("spn:verification", world.pick(draw, "verification")),
        ]
        said += [("spn:statedIn", place) for place in draw.sample(places, 2)]
        out.add("facts/norms", thing("norm", code), "spn:Norm", *said)


def _treaty(number: int) -> int:
    """Return how many instruments with parties come before this one."""
    cycles, place = divmod(number - 1, len(KINDS))
    return cycles * sum(kind[2] for kind in KINDS) + sum(kind[2] for kind in KINDS[:place])


def _acts(out: Statements, world: World, number: int, draw: random.Random, year: int, states: int) -> None:
    wanted = min(PARTIES[_treaty(number) % len(PARTIES)], states)
    for state in draw.sample(world.states, wanted):
        begun = year + draw.randrange(0, 9)
        if draw.random() < 0.25:
            _act(out, world, number, draw, state, "signature", _day(draw, begun))
        share = draw.random()
        if share < 0.04:
            continue  # signed at most, never a party
        action = "ratification" if share < 0.5 else "accession" if share < 0.9 else "succession"
        day = _day(draw, begun + draw.randrange(1, 11), precise=0.9) if share < 0.93 else None
        _act(out, world, number, draw, state, action if day else "party", day)
        if day and share < 0.07:
            _act(out, world, number, draw, state, "withdrawal", _day(draw, begun + 11), begun + 12)


def _act(
    out: Statements,
    world: World,
    number: int,
    draw: random.Random,
    state: str,
    action: str,
    day: str | None,
    effective: int | None = None,
) -> None:
    said: Pairs = [
        ("rdfs:label", text(f"{state}: {action} of B{number}")),
        ("dcterms:source", _source(number, draw)),
        ("spn:action", concept("action", action)),
        ("spn:instrument", thing("instrument", f"B{number}")),
        ("spn:locator", plain(f"entry of {state}")),
        ("spn:participant", thing("state", state)),
        ("spn:verification", world.pick(draw, "verification")),
    ]
    if draw.random() < 0.4:
        said.append(("spn:note", text("status as of the day of the source")))
    if day:
        said.append(("spn:date", date(day)))
    if effective:
        said.append(("spn:effectiveDate", date(f"{effective}-07-01")))
    out.add("facts/treaty-actions", thing("act", f"{state}-B{number}-{action}"), "spn:TreatyAction", *said)


def _vote(out: Statements, world: World, number: int, draw: random.Random, subject: str, year: int) -> None:
    code, day = f"R{number}", _day(draw, min(2025, year + 4))
    cast: dict[str, list[str]] = {"votedYes": [], "votedNo": [], "abstained": [], "absent": []}
    favour = draw.random()
    for state in world.states:
        distance = abs(world.leaning[state] - favour) + draw.gauss(0.0, 0.15)
        way = "votedYes" if distance < 0.5 else "abstained" if distance < 0.65 else "votedNo"
        cast["absent" if draw.random() < 0.08 else way].append(thing("state", state))
    out.add(
        "facts/resolutions",
        thing("resolution", code),
        "spn:AssemblyResolution",
        ("rdfs:label", text(f"{code}: {subject}")),
        ("dcterms:title", text(f"Resolution on {subject}")),
        ("dcterms:source", _source(number, draw)),
        ("skos:notation", plain(code)),
        ("spn:symbol", plain(f"A/RES/{year}/{number}")),
        ("spn:session", whole(year - 1945)),
        ("spn:date", date(day)),
        ("spn:voteTopic", world.pick(draw, "votetopic")),
        ("spn:tallyYes", whole(len(cast["votedYes"]))),
        ("spn:tallyNo", whole(len(cast["votedNo"]))),
        ("spn:tallyAbstain", whole(len(cast["abstained"]))),
        ("spn:tallyNotVoting", whole(len(cast["absent"]))),
        ("spn:verification", world.pick(draw, "verification")),
    )
    out.add(
        "facts/roll-calls",
        thing("rollcall", code),
        "spn:RollCall",
        ("rdfs:label", text(f"Roll call on {code}")),
        ("dcterms:source", _source(number, draw)),
        ("spn:date", date(day)),
        ("spn:rollCallOn", thing("resolution", code)),
        ("spn:verification", world.pick(draw, "verification")),
    )
    for way, states in cast.items():
        out.many("facts/roll-calls", thing("rollcall", code), f"spn:{way}", states)


def _claims(out: Statements, world: World, number: int, draw: random.Random, subject: str) -> None:
    for each in range(1, CLAIMS + 1):
        code, lens = f"E{number}-{each}", draw.choice(world.concepts["lens"])
        driver = draw.choice(world.concepts["driver"])
        out.add(
            "facts/claims",
            thing("claim", code),
            "spn:Claim",
            ("rdfs:label", text(f"Claim {code} on {subject}")),
            ("dcterms:source", _source(number, draw)),
            ("dcterms:subject", world.pick(draw, "subject")),
            ("skos:notation", plain(code)),
            ("spn:actor", thing("state", draw.choice(world.states))),
            ("spn:date", date(_day(draw, draw.randrange(2000, 2026), precise=0.5))),
            ("spn:driver", concept("driver", driver)),
            ("spn:lens", concept("lens", lens)),
            ("spn:narrativeSide", world.pick(draw, "side")),
            ("spn:polarity", world.pick(draw, "polarity")),
            ("spn:statement", text(f"As {lens} sees it, a {driver} motive moves {subject}: case {code}.")),
            ("spn:verification", world.pick(draw, "verification")),
        )
    one, other = draw.sample(world.states, 2)
    out.add(
        "facts/linkages",
        thing("linkage", f"L{number}"),
        "spn:Linkage",
        ("rdfs:label", text(f"{one} and {other} on {subject}")),
        ("dcterms:source", _source(number, draw)),
        ("skos:notation", plain(f"L{number}")),
        ("spn:actorA", thing("state", one)),
        ("spn:actorB", thing("state", other)),
        ("spn:from", date(_day(draw, draw.randrange(1990, 2025), precise=0.6))),
        ("spn:summary", text(f"What {one} and {other} do about {subject}")),
        ("spn:tie", world.pick(draw, "tie")),
        ("spn:tieKind", world.pick(draw, "tiekind")),
        ("spn:verification", world.pick(draw, "verification")),
    )


def _alliance(out: Statements, world: World, number: int, draw: random.Random) -> None:
    code = f"M{number}"
    founded = draw.randrange(1965, 2008)
    kind = draw.choice(world.concepts["alliancekind"])
    said: Pairs = [
        ("rdfs:label", text(f"Alliance {number}")),
        ("dcterms:source", _source(number, draw)),
        ("skos:notation", plain(code)),
        ("spn:allianceKind", concept("alliancekind", kind)),
        ("spn:founded", date(str(founded))),
        ("spn:verification", world.pick(draw, "verification")),
    ]
    if kind == "political-initiative":
        said.append(("spn:membershipCommitsTo", thing("instrument", f"B{_political(number)}")))
    out.add("facts/alliances", thing("alliance", code), "spn:Alliance", *said)
    centre = draw.random()
    near = sorted(world.states, key=lambda state: abs(world.leaning[state] - centre) + draw.gauss(0.0, 0.2))
    for state in near[: draw.randrange(8, 45)]:
        low = draw.random() < 0.15
        until = draw.random() < 0.05
        begun = founded + draw.randrange(0, 10)
        out.add(
            "facts/memberships",
            thing("membership", f"{code}-{state}"),
            "spn:Membership",
            ("rdfs:label", text(f"{state}: member of alliance {number}")),
            ("dcterms:source", _source(number, draw)),
            ("org:member", thing("state", state)),
            ("org:organization", thing("alliance", code)),
            ("spn:from", date(_day(draw, begun, precise=0.8))),
            ("spn:level", concept("level", draw.choice(world.concepts["level"]) if low else "state")),
            ("spn:role", world.pick(draw, "role") if low else concept("role", "member")),
            ("spn:verification", world.pick(draw, "verification")),
            *([("spn:until", date(f"{begun + 8}-06-30"))] if until else []),
        )


def _political(number: int) -> int:
    """Return the number of a political commitment among the instruments up to this one."""
    places = [place for place, kind in enumerate(KINDS) if kind[0] == "PoliticalCommitment"]
    return max(0, (number - 1) // len(KINDS) - 1) * len(KINDS) + places[0] + 1


def _conflict(out: Statements, world: World, number: int, draw: random.Random, subject: str) -> None:
    code = f"C{number}"
    earlier = draw.randrange(1, number)
    out.add(
        "facts/conflicts",
        thing("conflict", code),
        "spn:NormConflict",
        ("rdfs:label", text(f"Conflict {number} on {subject}")),
        ("dcterms:source", _source(number, draw)),
        ("skos:notation", plain(code)),
        ("spn:conflictType", world.pick(draw, "conflicttype")),
        ("spn:explanation", text(f"What B{number} asks and B{earlier} asks do not go together.")),
        ("spn:sideA", thing("norm", f"N{_binding(number)}-1")),
        ("spn:sideB", thing("norm", f"N{_binding(earlier)}-2")),
        ("spn:verification", world.pick(draw, "verification")),
    )


def _binding(number: int) -> int:
    """Return the number of the instrument with parties that comes last up to this one."""
    while not KINDS[(number - 1) % len(KINDS)][2]:
        number -= 1
    return number


def _ambiguity(out: Statements, world: World, number: int, draw: random.Random, subject: str) -> None:
    places: Sequence[int] = range(1, PROVISIONS + 1)
    out.add(
        "facts/ambiguities",
        thing("ambiguity", f"A{number}"),
        "spn:Ambiguity",
        ("rdfs:label", text(f"How far does B{number} reach on {subject}?")),
        ("dcterms:source", _source(number, draw)),
        ("skos:notation", plain(f"A{number}")),
        ("spn:reason", text(f"The articles of B{number} say different things.")),
        ("spn:verification", world.pick(draw, "verification")),
        *[("spn:arisesFrom", thing("provision", f"B{number}-{each}")) for each in places],
    )
    for each in range(1, 4):
        code = f"I{number}-{each}"
        out.add(
            "facts/interpretations",
            thing("interpretation", code),
            "spn:Interpretation",
            ("rdfs:label", text(f"Reading {each} of the question that B{number} leaves")),
            ("dcterms:source", _source(number, draw)),
            ("skos:notation", plain(code)),
            ("spn:interprets", thing("ambiguity", f"A{number}")),
            ("spn:heldBy", thing("state", draw.choice(world.states))),
            ("spn:strength", world.pick(draw, "strength")),
            ("spn:verification", world.pick(draw, "verification")),
        )
