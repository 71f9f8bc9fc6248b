"""What is generated around one instrument: its provisions and norms, its acts, a vote, an alliance.

Classes, properties and vocabularies are those of ``ontology``; names are made from its labels. Nothing here
is true of any state. All days lie before 2026, so that what rules derive does not change from day to day.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.generator import doings
from benchmarks.generator.kinds import FORCES, KINDS, Pairs
from benchmarks.generator.world import NORMS, SOURCES, World, some_day, some_source
from benchmarks.generator.writing import Statements, concept, date, plain, text, thing, truth

PROVISIONS = 3
#: One alliance, conflict, ambiguity and silence for so many instruments.
ALLIANCE_EVERY, CONFLICT_EVERY, AMBIGUITY_EVERY, SILENCE_EVERY = 4, 6, 5, 25
_BRANCHES = 4


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
    adopted = some_day(draw, year)
    _sources(out, world, number, draw, subject, year)
    said: Pairs = [
        ("rdfs:label", text(f"{kind} on {subject} ({code})")),
        ("dcterms:title", text(f"{kind} of {year} on {subject}, number {number}")),
        ("dcterms:source", some_source(number, draw)),
        ("skos:notation", plain(code)),
        ("spn:adopted", date(adopted)),
        ("spn:binding", truth(binding)),
        ("spn:instrumentKindAsGiven", plain(kind)),
        ("spn:verification", world.pick(draw, "verification")),
    ]
    in_force = some_day(draw, year + 2)
    if has_parties:
        said += [("spn:openedForSignature", date(adopted)), ("spn:enteredIntoForce", date(in_force))]
    if kind in ("NationalLaw", "PoliticalCommitment"):
        said.append(("spn:enactedBy", thing("state", draw.choice(world.states))))
    out.add("facts/instruments", thing("instrument", code), f"spn:{kind}", *said)
    _norms(out, world, number, draw, theme, FORCES.get(kind, "hard-law"))
    if has_parties:
        doings.acts(out, world, number, draw, year, len(world.states))
    doings.vote(out, world, number, draw, subject, year)
    doings.claims(out, world, number, draw, subject)
    if number % ALLIANCE_EVERY == 1:
        doings.alliance(out, world, number, draw)
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
            ("dcterms:source", some_source(number, draw)),
            ("skos:notation", plain(f"S{number}")),
            ("spn:silentIn", thing("instrument", code)),
            ("spn:silentOn", concept("activity", draw.choice(world.activities))),
            ("spn:silentTheme", concept("theme", theme)),
            ("spn:verification", world.pick(draw, "verification")),
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
            ("dcterms:source", some_source(number, draw)),
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
            ("dcterms:source", some_source(number, draw)),
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


def _conflict(out: Statements, world: World, number: int, draw: random.Random, subject: str) -> None:
    code = f"C{number}"
    earlier = draw.randrange(1, number)
    out.add(
        "facts/conflicts",
        thing("conflict", code),
        "spn:NormConflict",
        ("rdfs:label", text(f"Conflict {number} on {subject}")),
        ("dcterms:source", some_source(number, draw)),
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
        ("dcterms:source", some_source(number, draw)),
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
            ("dcterms:source", some_source(number, draw)),
            ("skos:notation", plain(code)),
            ("spn:interprets", thing("ambiguity", f"A{number}")),
            ("spn:heldBy", thing("state", draw.choice(world.states))),
            ("spn:strength", world.pick(draw, "strength")),
            ("spn:verification", world.pick(draw, "verification")),
        )


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
            ("dcterms:issued", date(some_day(draw, min(2025, year + draw.randrange(1, 30)), precise=0.7))),
            ("skos:notation", plain(code)),
            ("foaf:page", f"<https://example.org/paper/{code}>"),
            ("spn:copyConsulted", plain("page copy")),
            ("spn:sourceKind", world.pick(draw, "sourcekind")),
            ("spn:tradition", world.pick(draw, "tradition")),
        )
