"""Lists and records: what the graph says of each state, instrument, norm, reading or source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import takewhile
from typing import Any

from graph.errors import BadValue, UnknownName, closest, suggest
from graph.law import record as law
from graph.namespaces import IDENTIFIER, VOCABULARY, local_name
from graph.records.kinds import Kind
from graph.records.tables import Column, Field, Filter, Item, Listing, Record, Row, Section, Value
from graph.records.things import Knowledge, Names, Thing, split
from graph.sparql import saved

#: The columns of a list that every list has, shown as the link to the record.
IDENTITY = ("iri", "id", "label")

#: Parameters whose name starts so narrow a list to the values of the column named after it.
FILTER_PREFIX = "only_"

#: The most facts that are shown to use a concept.
MOST_USES = 500


class Records:
    """The lists and records of one version of the data.

    Parameters
    ----------
    graph
        The knowledge graph.
    """

    def __init__(self, graph: Knowledge) -> None:
        self.graph = graph
        self.names = Names(graph)

    def listing(self, kind: Kind, asked: Mapping[str, str], limit: int = 100, offset: int = 0) -> Listing:
        """Return one page of a list.

        Parameters
        ----------
        kind
            What to list.
        asked
            Filters by name, such as ``{"theme": "common-heritage"}``; empty values are as if absent.
        limit, offset
            The most rows to return, and how many to leave out before them.

        Returns
        -------
        Listing

        Raises
        ------
        SpacenormsError
            A filter that the list does not have, or a value that is not of its type.
        """
        view = saved.find(f"views/list-{kind.name}")
        filters = filters_of(kind)
        given = {name: value for name, value in asked.items() if value}
        rows = self.graph.run(view.name, **_parameters(kind, filters, given))
        columns = tuple(column for column in columns_of(view) if column.name not in IDENTITY)
        page = tuple(self._listed(row, columns) for row in rows[offset : offset + limit])
        return Listing(
            kind, view.title, view.description, columns, filters, given, page, len(rows), limit, offset
        )

    def choices(self, kind: Kind) -> dict[str, list[tuple[str, str]]]:
        """Return the values that occur in the columns that a list can be narrowed by.

        Parameters
        ----------
        kind
            The list.

        Returns
        -------
        dict of str to list of tuple of str
            Code and name of each value, by the name of the filter; a filter without a column of its
            name is left out.
        """
        view = saved.find(f"views/list-{kind.name}")
        columns = {column.name: column for column in columns_of(view)}
        wanted = [each.name for each in filters_of(kind) if each.name in columns]
        rows = self.graph.run(view.name) if wanted else []
        return {name: self._distinct(rows, name) for name in wanted}

    def record(
        self,
        kind: Kind,
        local: str,
        as_of: str | None = None,
        limit: int = 500,
        offset: int = 0,
        *,
        count: str | None = None,
        told: bool = True,
    ) -> Record:
        """Return the record of one thing.

        Parameters
        ----------
        kind
            What it is.
        local
            Its id, such as ``AUS``.
        as_of
            The day that dated sections hold for, in ISO form; today when None.
        limit, offset
            Which part of each section to return.
        count
            Key of the source whose count of parties is taken where lists disagree; none when None.
        told
            Whether to tell its law in sentences.

        Returns
        -------
        Record

        Raises
        ------
        UnknownName
            There is no such thing; the remedy names the nearest.
        """
        iri = f"{IDENTIFIER}{kind.singular}/{local}"
        classes = self._classes(iri, kind, local)
        fields = tuple(self._fields(f"views/record-{kind.singular}", iri))
        day = {"as_of": as_of, "count": count}
        sections = tuple(self._section(kind, name, iri, day, limit, offset) for name in kind.sections)
        when = as_of or self.graph.today.isoformat()
        sentences = law.sentences(self.graph, self.names, iri, when, count) if told else ()
        return self._cited(
            Record(
                self.names.thing(iri),
                kind,
                classes,
                fields,
                sections,
                self.names.support([iri]),
                as_of=as_of,
                sentences=sentences,
            )
        )

    def plain(self, iri: str) -> Record:
        """Return the record of a thing of no particular kind: a concept, a commitment, a roll call.

        Parameters
        ----------
        iri
            Its address.

        Returns
        -------
        Record
            With every statement as a field, and the facts that name it as a section.

        Raises
        ------
        UnknownName
            The graph says nothing of it.
        """
        kind, local = split(iri)
        classes = self._classes(iri, Kind(kind, kind), local)
        fields = tuple(self._statements(iri))
        uses = self._filled("views/record-uses", "uses", iri, {}, MOST_USES, 0)
        return self._cited(
            Record(self.names.thing(iri), None, classes, fields, (uses,), self.names.support([iri]))
        )

    def concept(self, scheme: str, code: str) -> Record:
        """Return the record of a concept of a vocabulary.

        Parameters
        ----------
        scheme, code
            Such as ``modality`` and ``obligation``.

        Returns
        -------
        Record
            With its definition and the facts that are coded with it.

        Raises
        ------
        UnknownName
            There is no such concept; the remedy names the nearest.
        """
        iri = f"{VOCABULARY}{scheme}/{code}"
        if iri not in self.names.labels:
            start = f"{VOCABULARY}{scheme}/"
            known = [each.removeprefix(start) for each in self.names.labels if each.startswith(start)]
            raise UnknownName(
                f"There is no concept “{code}” in a vocabulary “{scheme}”.",
                remedy=suggest(code, known) or "The vocabularies are listed at /vocabulary.",
                code="unknown-concept",
                nearest=closest(code, known),
            )
        classes = tuple(
            self.names.thing(row["class"]) for row in self.graph.run("views/record-type", subject=iri)
        )
        fields = tuple(self._fields("views/record-concept", iri))
        uses = self._filled("views/record-uses", "uses", iri, {}, MOST_USES, 0)
        thing = self.names.thing(iri)
        return self._cited(Record(thing, None, classes[:1], fields, (uses,), self.names.support([iri])))

    def canonical(self, kind: Kind, name: str) -> str | None:
        """Return the id of the one thing that goes by another name, code or case; None if not one."""
        rows = self.graph.run("views/record-aliases", prefix=_prefix(kind), wanted=name)
        found = [local_name(row["thing"]) for row in rows]
        if not found:
            found = [local for local in self.ids(kind) if local.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else None

    def ids(self, kind: Kind) -> list[str]:
        """Return the id of every thing of a kind, in order."""
        prefix = _prefix(kind)
        rows = self.graph.run("views/record-neighbours", prefix=prefix)
        return [row["thing"].removeprefix(prefix) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many things of each kind the graph holds, by the kind in their address."""
        return {row["kind"]: row["things"] for row in self.graph.run("views/record-counts")}

    def _classes(self, iri: str, kind: Kind, local: str) -> tuple[Thing, ...]:
        rows = self.graph.run("views/record-type", subject=iri)
        if not rows:
            raise self._unknown(kind, local)
        return tuple(self.names.thing(address) for address in dict.fromkeys(row["class"] for row in rows))

    def _unknown(self, kind: Kind, local: str) -> UnknownName:
        near = _nearest(local, self.ids(kind))
        return UnknownName(
            f"There is no {kind.singular} “{local}”.",
            remedy=f"Did you mean {' or '.join(near)}?" if near else suggest(local, self.ids(kind)),
            code=f"unknown-{kind.singular}",
            nearest=near,
        )

    def _fields(self, view: str, iri: str) -> Iterable[Field]:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.graph.run(view, subject=iri):
            found.setdefault(row["field"], []).append(row)
        for name, rows in found.items():
            stated = [row for row in rows if row["value"] is not None]
            values = tuple(self.names.value(row["value"]) for row in stated)
            languages = tuple(row["language"] or None for row in stated)
            yield Field(name, str(rows[0]["title"]), bool(rows[0]["many"]), values, languages)

    def _statements(self, iri: str) -> Iterable[Field]:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.graph.run("views/record-statements", subject=iri):
            found.setdefault(self.names.thing(row["property"]).label, []).append(row)
        for name, rows in found.items():
            values = {str(row["value"]): row for row in rows}
            yield Field(
                name,
                name[:1].upper() + name[1:],
                True,
                tuple(self.names.value(row["value"]) for row in values.values()),
                tuple(row["language"] or None for row in values.values()),
            )

    def _section(
        self, kind: Kind, name: str, iri: str, day: Mapping[str, str | None], limit: int, offset: int
    ) -> Section:
        return self._filled(f"views/record-{kind.singular}-{name}", name, iri, day, limit, offset)

    def _filled(
        self, view_name: str, name: str, iri: str, day: Mapping[str, str | None], limit: int, offset: int
    ) -> Section:
        view = saved.find(view_name)
        takes = {parameter.name for parameter in view.parameters}
        given = {each: value for each, value in day.items() if value and each in takes}
        dated = "as_of" in takes
        rows = self.graph.run(view_name, subject=iri, **given)
        columns = columns_of(view)
        part = tuple(self._stated(row, columns) for row in rows[offset : offset + limit])
        shown = tuple(column for column in columns if column.name != "fact")
        return Section(name, view.title, view.description, shown, part, len(rows), dated)

    def _listed(self, row: Mapping[str, Any], columns: tuple[Column, ...]) -> Row:
        kind, local = split(row["iri"])
        thing = Thing(row["iri"], kind, local, row["label"] or local)
        return Row(thing, self._cells(row, columns), self.names.support([row["iri"]]))

    def _stated(self, row: Mapping[str, Any], columns: tuple[Column, ...]) -> Row:
        facts = str(row.get("fact") or "").split()
        thing = self.names.thing(facts[0]) if len(facts) == 1 else None
        shown = tuple(column for column in columns if column.name != "fact")
        return Row(thing, self._cells(row, shown), self.names.support(facts))

    def _cells(self, row: Mapping[str, Any], columns: tuple[Column, ...]) -> dict[str, Value]:
        return {
            column.name: self.names.values(row.get(column.name))
            if column.many
            else self.names.value(row.get(column.name))
            for column in columns
        }

    def _distinct(self, rows: list[dict[str, Any]], name: str) -> list[tuple[str, str]]:
        found = {_choice(item) for row in rows for item in self.names.values(row.get(name))}
        return sorted(found, key=lambda choice: choice[1].casefold())

    def _cited(self, record: Record) -> Record:
        keys = {source.iri for source in record.apparatus.sources}
        for section in record.sections:
            keys.update(source.iri for row in section.rows for source in row.apparatus.sources)
        for sentence in record.sentences:
            keys.update(cited.source.iri for cited in sentence.sources)
        known = self.names.citations
        citations = tuple(known[key] for key in sorted(keys) if key in known)
        return replace(record, citations=citations)


@cache
def filters_of(kind: Kind) -> tuple[Filter, ...]:
    """Return the ways to narrow a list, as the header of its view declares them.

    Parameters
    ----------
    kind
        The list.

    Returns
    -------
    tuple of Filter
    """
    return tuple(
        Filter(
            parameter.name.removeprefix(FILTER_PREFIX), parameter.name, parameter.type, parameter.description
        )
        for parameter in saved.find(f"views/list-{kind.name}").parameters
    )


def columns_of(view: saved.SavedQuery) -> tuple[Column, ...]:
    """Return the columns that a view declares.

    Parameters
    ----------
    view
        A view query; a column that it makes with GROUP_CONCAT holds lists.

    Returns
    -------
    tuple of Column
    """
    many = set(re.findall(r"GROUP_CONCAT\([^;]*;[^)]*\) AS \?(\w+)", view.text))
    return tuple(Column(name, meaning, name in many) for name, meaning in view.columns.items())


def _parameters(kind: Kind, filters: tuple[Filter, ...], given: Mapping[str, str]) -> dict[str, str]:
    by_name = {each.name: each.parameter for each in filters}
    for name in given:
        if name not in by_name:
            raise BadValue(
                f"The list of {kind.name} cannot be narrowed by “{name}”.",
                remedy=suggest(name, by_name),
                code="unknown-filter",
                known=sorted(by_name),
            )
    return {by_name[name]: value for name, value in given.items()}


def _nearest(local: str, known: list[str], most: int = 3) -> list[str]:
    """Return the ids most like one; among equals, those that begin alike come first."""
    folded = local.casefold()

    def shared(other: str) -> int:
        pairs = zip(folded, other.casefold(), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    return sorted(closest(local, known, limit=12), key=lambda each: -shared(each))[:most]


def _prefix(kind: Kind) -> str:
    return f"{IDENTIFIER}{kind.singular}/"


def _choice(item: Item) -> tuple[str, str]:
    if isinstance(item, Thing):
        return (item.id, item.label)
    text = str(item).lower() if isinstance(item, bool) else str(item)
    return (text, text)
