"""What states do about a generated instrument: they sign, join and leave, vote, claim, and ally."""

from __future__ import annotations

import random

from benchmarks.generator.kinds import KINDS, PARTIES, Pairs
from benchmarks.generator.world import World, some_day, some_source
from benchmarks.generator.writing import Statements, concept, date, plain, text, thing, whole

#: Claims about the subject of each instrument.
CLAIMS = 2


def _treaty(number: int) -> int:
    """Return how many instruments with parties come before this one."""
    cycles, place = divmod(number - 1, len(KINDS))
    return cycles * sum(kind[2] for kind in KINDS) + sum(kind[2] for kind in KINDS[:place])


def acts(out: Statements, world: World, number: int, draw: random.Random, year: int, states: int) -> None:
    """Add what states do toward an instrument that they can become parties to."""
    wanted = min(PARTIES[_treaty(number) % len(PARTIES)], states)
    for state in draw.sample(world.states, wanted):
        begun = year + draw.randrange(0, 9)
        if draw.random() < 0.25:
            _act(out, world, number, draw, state, "signature", some_day(draw, begun))
        share = draw.random()
        if share < 0.04:
            continue  # signed at most, never a party
        action = "ratification" if share < 0.5 else "accession" if share < 0.9 else "succession"
        day = some_day(draw, begun + draw.randrange(1, 11), precise=0.9) if share < 0.93 else None
        _act(out, world, number, draw, state, action if day else "party", day)
        if day and share < 0.07:
            _act(out, world, number, draw, state, "withdrawal", some_day(draw, begun + 11), begun + 12)


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
        ("dcterms:source", some_source(number, draw)),
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


def vote(out: Statements, world: World, number: int, draw: random.Random, subject: str, year: int) -> None:
    """Add a resolution and the vote of every state on it."""
    code, day = f"R{number}", some_day(draw, min(2025, year + 4))
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
        ("dcterms:source", some_source(number, draw)),
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
        ("dcterms:source", some_source(number, draw)),
        ("spn:date", date(day)),
        ("spn:rollCallOn", thing("resolution", code)),
        ("spn:verification", world.pick(draw, "verification")),
    )
    for way, states in cast.items():
        out.many("facts/roll-calls", thing("rollcall", code), f"spn:{way}", states)


def claims(out: Statements, world: World, number: int, draw: random.Random, subject: str) -> None:
    """Add claims about a subject, and a tie between two states."""
    for each in range(1, CLAIMS + 1):
        code, lens = f"E{number}-{each}", draw.choice(world.concepts["lens"])
        driver = draw.choice(world.concepts["driver"])
        out.add(
            "facts/claims",
            thing("claim", code),
            "spn:Claim",
            ("rdfs:label", text(f"Claim {code} on {subject}")),
            ("dcterms:source", some_source(number, draw)),
            ("dcterms:subject", world.pick(draw, "subject")),
            ("skos:notation", plain(code)),
            ("spn:actor", thing("state", draw.choice(world.states))),
            ("spn:date", date(some_day(draw, draw.randrange(2000, 2026), precise=0.5))),
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
        ("dcterms:source", some_source(number, draw)),
        ("skos:notation", plain(f"L{number}")),
        ("spn:actorA", thing("state", one)),
        ("spn:actorB", thing("state", other)),
        ("spn:from", date(some_day(draw, draw.randrange(1990, 2025), precise=0.6))),
        ("spn:summary", text(f"What {one} and {other} do about {subject}")),
        ("spn:tie", world.pick(draw, "tie")),
        ("spn:tieKind", world.pick(draw, "tiekind")),
        ("spn:verification", world.pick(draw, "verification")),
    )


def alliance(out: Statements, world: World, number: int, draw: random.Random) -> None:
    """Add an alliance of states that stand near one another."""
    code = f"M{number}"
    founded = draw.randrange(1965, 2008)
    kind = draw.choice(world.concepts["alliancekind"])
    said: Pairs = [
        ("rdfs:label", text(f"Alliance {number}")),
        ("dcterms:source", some_source(number, draw)),
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
            ("dcterms:source", some_source(number, draw)),
            ("org:member", thing("state", state)),
            ("org:organization", thing("alliance", code)),
            ("spn:from", date(some_day(draw, begun, precise=0.8))),
            ("spn:level", concept("level", draw.choice(world.concepts["level"]) if low else "state")),
            ("spn:role", world.pick(draw, "role") if low else concept("role", "member")),
            ("spn:verification", world.pick(draw, "verification")),
            *([("spn:until", date(f"{begun + 8}-06-30"))] if until else []),
        )


def _political(number: int) -> int:
    """Return the number of a political commitment among the instruments up to this one."""
    places = [place for place, kind in enumerate(KINDS) if kind[0] == "PoliticalCommitment"]
    return max(0, (number - 1) // len(KINDS) - 1) * len(KINDS) + places[0] + 1
