"""Reads the curated conflicts, and the acts by which their norms are carried, from the graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from graph.conflicts.conflict import Argument, Carriage, Conflict, Consequence, Provision, Reading, Side
from graph.knowledge import KnowledgeGraph, Value
from graph.namespaces import local_name

#: What can be the key of a source within a sentence.
_KEY = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
#: What can be the code of an actor or a text within the words on who holds a reading.
_CODE = re.compile(r"[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*\b")


def optional(value: Value) -> str | None:
    """Return a value as text, or None where it is unbound."""
    return None if value is None else str(value)


def by_norm(graph: KnowledgeGraph) -> dict[str, list[Carriage]]:
    """Return every act by which a norm of a conflict is carried, by the address of the norm, sorted."""
    rows = [*graph.run("views/carriers"), *graph.run("views/carriers-by-pledge")]
    return by_norm_sorted([*map(_carriage, rows), *_rivals(graph)])


def _carriage(row: Mapping[str, Value]) -> Carriage:
    return Carriage(
        actor=str(row["actor_code"]),
        actor_label=str(row["actor_label"]),
        norm=str(row["norm"]),
        manner=str(row["manner"]),
        instrument=optional(row.get("instrument_code")),
        instrument_label=optional(row.get("instrument_label")),
        act=str(row["act"]),
        act_label=str(row["act_label"]),
        earliest=optional(row["earliest"]),
        latest=str(row["latest"]),
        end=optional(row["end"]),
        ending=optional(row.get("ending")),
        ending_label=optional(row.get("ending_label")),
    )


def _rivals(graph: KnowledgeGraph) -> list[Carriage]:
    titles = {
        local_name(str(row["thing"])): str(row["label"]) for row in graph.run("views/names") if row["label"]
    }
    counted: dict[Carriage, set[str]] = defaultdict(set)
    for row in graph.run("views/rival-carriers"):
        told = f"counted by {row['counted']}, not counted by {row['not_counted']}"
        dispute = _KEY.sub(lambda found: f"“{titles[found[0]]}”" if found[0] in titles else found[0], told)
        counted[replace(_carriage(row), dispute=dispute)].add(str(row["counted_by"]))
    return [replace(each, counted_by=tuple(sorted(keys))) for each, keys in counted.items()]


def by_norm_sorted(carriages: Iterable[Carriage]) -> dict[str, list[Carriage]]:
    """Return acts by the address of their norm, sorted by actor, day and act."""
    by_norm: dict[str, list[Carriage]] = defaultdict(list)
    for carriage in sorted(carriages, key=lambda each: (each.actor, each.latest, each.act)):
        by_norm[carriage.norm].append(carriage)
    return by_norm


def facets(graph: KnowledgeGraph) -> Mapping[tuple[str, str], set[str]]:
    """Return what each conflict can be found by: addresses by conflict and facet."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in graph.run("views/conflict-facets"):
        found[str(row["conflict"]), str(row["facet"])].add(str(row["value"]))
    return found


def curated(graph: KnowledgeGraph) -> list[Conflict]:
    """Return every curated conflict, sorted by code, with nobody's acts on its sides."""
    related: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in graph.run("views/conflict-sources"):
        related[str(row["conflict"]), str(row["kind"])].append(
            (local_name(str(row["thing"])), str(row["thing_label"]))
        )
    stated = _stated(graph)
    arguments, readings = _arguments(graph), _readings(graph)
    return [
        replace(each, arguments=arguments.get(each.address, ()), readings=readings.get(each.address, ()))
        for each in (_conflict(row, related, stated) for row in graph.run("views/conflicts"))
    ]


def _arguments(graph: KnowledgeGraph) -> dict[str, tuple[Argument, ...]]:
    rows: dict[tuple[str, str], list[Mapping[str, Value]]] = defaultdict(list)
    for row in graph.run("views/prevalence"):
        rows[str(row["conflict"]), str(row["argument"])].append(row)
    found: dict[str, tuple[Argument, ...]] = {}
    for (conflict, _), lines in rows.items():
        found[conflict] = (*found.get(conflict, ()), _argument(lines))
    return found


def _argument(rows: Iterable[Mapping[str, Value]]) -> Argument:
    lines = list(rows)
    first = lines[0]
    basis = {(str(row["basis_code"]), str(row["basis_label"])): None for row in lines if row["basis_code"]}
    sources = {(str(row["source"]), str(row["source_label"])): None for row in lines}
    return Argument(
        str(first["text"]),
        str(first["favours"]),
        str(first["principle"]),
        tuple(basis),
        tuple(sources),
        str(first["verification"]),
    )


def _readings(graph: KnowledgeGraph) -> dict[str, tuple[Reading, ...]]:
    found: dict[str, tuple[Reading, ...]] = {}
    consequences = _consequences(graph)
    names = {str(row["notation"]): str(row["label"]) for row in graph.run("views/holder-names")}
    for row in graph.run("views/conflict-readings"):
        reading = Reading(
            str(row["ambiguity"]),
            str(row["question"]),
            str(row["reading"]),
            str(row["reading_text"]),
            _named(str(row["held_by"]), names),
            str(row["strength"]),
            str(row["verification"]),
            consequences.get((str(row["conflict"]), str(row["reading"])), ()),
        )
        found[str(row["conflict"])] = (*found.get(str(row["conflict"]), ()), reading)
    return found


def _named(holders: str, names: Mapping[str, str]) -> str:
    """Return the holders of a reading with codes replaced by names."""
    return "; ".join(
        _CODE.sub(lambda found: names.get(found[0], found[0]), each.strip()) for each in holders.split(";")
    )


def _consequences(graph: KnowledgeGraph) -> dict[tuple[str, str], tuple[Consequence, ...]]:
    """Return what follows from a reading for the sides of a conflict, by conflict and reading."""
    rows: dict[tuple[str, str, str], list[Mapping[str, Value]]] = defaultdict(list)
    for row in graph.run("views/conflict-consequences"):
        rows[str(row["conflict"]), str(row["reading"]), str(row["consequence"])].append(row)
    found: dict[tuple[str, str], tuple[Consequence, ...]] = {}
    for (conflict, reading, _), lines in rows.items():
        found[conflict, reading] = (*found.get((conflict, reading), ()), _consequence(lines))
    return found


def _consequence(lines: list[Mapping[str, Value]]) -> Consequence:
    first = lines[0]
    return Consequence(
        local_name(str(first["consequence"])),
        str(first["text"]),
        tuple(dict.fromkeys(str(row["norm"]) for row in lines)),
        str(first["effect"]),
        tuple(dict.fromkeys((str(row["basis_code"]), str(row["basis_label"])) for row in lines)),
        tuple(dict.fromkeys((str(row["source"]), str(row["source_label"])) for row in lines)),
        None if first["locator"] is None else str(first["locator"]),
        str(first["verification"]),
    )


def _stated(graph: KnowledgeGraph) -> dict[str, list[Provision]]:
    rows: dict[tuple[str, str], list[Mapping[str, Value]]] = defaultdict(list)
    for row in graph.run("views/norm-provisions"):
        rows[str(row["norm"]), str(row["provision"])].append(row)
    stated: dict[str, list[Provision]] = defaultdict(list)
    for (norm, _), lines in rows.items():
        stated[norm].append(_provision(lines))
    return stated


def _provision(lines: Sequence[Mapping[str, Value]]) -> Provision:
    row = lines[0]
    return Provision(
        code=str(row["provision_code"]),
        heading=str(row["heading"]),
        locator=str(row["locator"]),
        instrument=str(row["instrument_label"]),
        instrument_code=str(row["instrument_code"]),
        sources=tuple((local_name(str(each["source"])), str(each["source_label"])) for each in lines),
        verification=str(row["verification"]),
    )


def _conflict(
    row: Mapping[str, Value],
    related: Mapping[tuple[str, str], list[tuple[str, str]]],
    stated: Mapping[str, list[Provision]],
) -> Conflict:
    address = str(row["conflict"])
    sides = {
        side: Side(
            norm=str(row[f"norm_{side}"]),
            code=str(row[f"norm_{side}_code"]),
            label=str(row[f"norm_{side}_label"]),
            definition=str(row[f"norm_{side}_definition"]),
            force=str(row[f"norm_{side}_force"]),
            provisions=tuple(stated.get(str(row[f"norm_{side}"]), ())),
            named=tuple(label for _, label in related.get((address, side), ())),
        )
        for side in ("a", "b")
    }
    return Conflict(
        address=address,
        code=str(row["code"]),
        issue=str(row["issue"]),
        type=str(row["type"]),
        type_label=str(row["type_label"]),
        explanation=str(row["explanation"]),
        verification=str(row["verification"]),
        sources=tuple(related.get((address, "source"), ())),
        side_a=sides["a"],
        side_b=sides["b"],
    )
