"""Lists and records: what the graph says of each state, instrument, norm, reading or source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from os.path import commonprefix
from typing import Any, TypeAlias

from graph import saved
from graph.dates import day
from graph.errors import BadValue, UnknownName, closest, suggest
from graph.namespaces import IDENTIFIER, VOCABULARY, local_name
from graph.things import Apparatus, Citation, Knowledge, Names, Scalar, Thing, split

Item: TypeAlias = Scalar | Thing
Value: TypeAlias = "Item | list[Item]"

#: The columns of a list that every list has, shown as the link to the record.
IDENTITY = ("iri", "id", "label")

#: Parameters whose name starts so narrow a list to the values of the column named after it.
FILTER_PREFIX = "only_"


@dataclass(frozen=True)
class Kind:
    """A kind of record: the name of its list, and the views that make up a record.

    Attributes
    ----------
    name
        The name of the list, such as ``states``; the view ``list-states`` fills it.
    singular
        The kind in addresses, such as ``state``; the view ``record-state`` gives the fields.
    sections
        The rest of a record, in reading order: ``acts`` is filled by ``record-state-acts``.
    """

    name: str
    singular: str
    sections: tuple[str, ...] = ()


KINDS: tuple[Kind, ...] = (
    Kind(
        "states",
        "state",
        (
            "standings",
            "memberships",
            "conflicts",
            "commitments",
            "norms",
            "promotes",
            "positions",
            "readings",
            "vote_summary",
            "votes",
            "laws",
            "linkages",
            "claims",
            "acts",
            "disputed",
            "listed",
            "seats",
        ),
    ),
    Kind("alliances", "alliance", ("members", "promotes", "positions", "readings", "memberships", "linkages", "claims")),
    Kind(
        "organizations",
        "organization",
        ("standings", "memberships", "promotes", "positions", "readings", "linkages", "claims", "acts"),
    ),
    Kind("instruments", "instrument", ("provisions", "norms", "ambiguities", "standings", "acts", "disputed", "tables")),
    Kind("provisions", "provision", ("norms", "ambiguities", "texts")),
    Kind("norms", "norm", ("provisions", "conflicts", "ambiguities", "positions", "addressees")),
    Kind("ambiguities", "ambiguity", ("readings", "provisions", "positions", "norms", "recommendations")),
    Kind("interpretations", "interpretation", ("rivals",)),
    Kind("sources", "source", ("facts",)),
    Kind("resolutions", "resolution", ("tally", "votes")),
    Kind("claims", "claim"),
    Kind("linkages", "linkage"),
    Kind("recommendations", "recommendation"),
    Kind("positions", "position"),
    Kind("memberships", "membership"),
    Kind("acts", "act", ("related",)),
    Kind("commitments", "commitment"),
    Kind("groups", "group", ("promotes", "positions", "readings", "linkages", "claims")),
    Kind("persons", "person", ("promotes", "positions", "readings", "linkages", "claims")),
)

BY_NAME = {kind.name: kind for kind in KINDS}
BY_SINGULAR = {kind.singular: kind for kind in KINDS}


@dataclass(frozen=True)
class Column:
    """A column of a list or of a section.

    Attributes
    ----------
    name
        Its name in JSON and CSV.
    description
        What it holds.
    many
        Whether a cell is a list.
    """

    name: str
    description: str
    many: bool


@dataclass(frozen=True)
class Filter:
    """A way to narrow a list.

    Attributes
    ----------
    name
        The name in an address.
    parameter
        The name in the query.
    type
        The type of its values, such as ``concept(theme)``.
    description
        What it narrows to.
    """

    name: str
    parameter: str
    type: str
    description: str


@dataclass(frozen=True)
class Row:
    """One line of a list or of a section.

    Attributes
    ----------
    thing
        What the line is of: the record in a list, the fact in a section; None where the line sums up
        several.
    values
        The value of each column.
    apparatus
        What the line rests on.
    """

    thing: Thing | None
    values: Mapping[str, Value]
    apparatus: Apparatus


@dataclass(frozen=True)
class Listing:
    """One page of a list.

    Attributes
    ----------
    kind, title, description
        What is listed.
    columns
        Its columns beside the name of each thing.
    filters, asked
        The ways to narrow it, and the values asked for.
    rows, total, limit, offset
        The lines of this page, how many there are in all, and which part this is.
    """

    kind: Kind
    title: str
    description: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    asked: Mapping[str, str]
    rows: tuple[Row, ...]
    total: int
    limit: int
    offset: int

    @property
    def following(self) -> int | None:
        """The offset of the next page; None on the last."""
        after = self.offset + self.limit
        return after if after < self.total else None


@dataclass(frozen=True)
class Field:
    """A property of a record: always a list in ``values``, of one at most unless ``many``."""

    name: str
    title: str
    many: bool
    values: tuple[Item, ...]
    languages: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Section:
    """A table of a record.

    Attributes
    ----------
    name, title, description
        What it holds.
    columns, rows
        Its table; the rows may be a part of it.
    total
        How many rows there are in all.
    dated
        Whether it holds for a day.
    """

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int
    dated: bool

    @property
    def sourced(self) -> bool:
        """Whether any row carries a source of its own."""
        return any(row.apparatus.sources or row.apparatus.verification for row in self.rows)


@dataclass(frozen=True)
class Record:
    """Everything the graph says of one thing.

    Attributes
    ----------
    thing, kind
        What it is; the kind is None for things that have no list, such as a commitment.
    classes
        The classes of the ontology that it is of.
    fields, sections
        What is stated of it, and of what it takes part in.
    apparatus
        What the statements of the thing itself rest on.
    citations
        Every source cited on the record, in the order of the keys.
    as_of
        The day that its dated sections hold for.
    """

    thing: Thing
    kind: Kind | None
    classes: tuple[Thing, ...]
    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    apparatus: Apparatus
    citations: tuple[Citation, ...] = field(default=())
    as_of: str | None = None

    def field(self, name: str) -> Field | None:
        """Return a field by name, None where the kind has no such field."""
        return next((each for each in self.fields if each.name == name), None)

    def section(self, name: str) -> Section | None:
        """Return a section by name, None where the kind has no such section."""
        return next((each for each in self.sections if each.name == name), None)


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
        self, kind: Kind, local: str, as_of: str | None = None, limit: int = 500, offset: int = 0
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
        sections = tuple(
            self._section(kind, name, iri, as_of, limit, offset) for name in kind.sections
        )
        return self._cited(
            Record(self.names.thing(iri), kind, classes, fields, sections, self.names.support([iri]), as_of=as_of)
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
        uses = self._filled("views/record-uses", "uses", iri, None, 500, 0)
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
        classes = tuple(self.names.thing(row["class"]) for row in self.graph.run("views/record-type", subject=iri))
        fields = tuple(self._fields("views/record-concept", iri))
        uses = self._filled("views/record-uses", "uses", iri, None, 500, 0)
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
        self, kind: Kind, name: str, iri: str, as_of: str | None, limit: int, offset: int
    ) -> Section:
        return self._filled(f"views/record-{kind.singular}-{name}", name, iri, as_of, limit, offset)

    def _filled(
        self, view_name: str, name: str, iri: str, as_of: str | None, limit: int, offset: int
    ) -> Section:
        view = saved.find(view_name)
        dated = any(parameter.name == "as_of" for parameter in view.parameters)
        day = {"as_of": as_of} if dated and as_of else {}
        rows = self.graph.run(view_name, subject=iri, **day)
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
        known = self.names.citations
        citations = tuple(known[key] for key in sorted(keys) if key in known)
        return Record(
            record.thing,
            record.kind,
            record.classes,
            record.fields,
            record.sections,
            record.apparatus,
            citations,
            record.as_of,
        )


@lru_cache(maxsize=None)
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
    found = closest(local, known, limit=12)
    scores = {each: len(commonprefix([folded, each.casefold()])) for each in found}
    return sorted(found, key=lambda each: -scores[each])[:most]


def _prefix(kind: Kind) -> str:
    return f"{IDENTIFIER}{kind.singular}/"


def _choice(item: Item) -> tuple[str, str]:
    if isinstance(item, Thing):
        return (item.id, item.label)
    text = str(item).lower() if isinstance(item, bool) else str(item)
    return (text, text)
