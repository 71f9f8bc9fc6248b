"""What a list and a record consist of: columns, rows, fields and sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from graph.law.sentences import Sentence
from graph.records.kinds import Kind
from graph.records.things import Apparatus, Citation, Scalar, Thing

Item: TypeAlias = Scalar | Thing
Value: TypeAlias = "Item | list[Item]"


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
        The day that its dated sections and its sentences hold for.
    sentences
        Its law in sentences, those of one topic together.
    """

    thing: Thing
    kind: Kind | None
    classes: tuple[Thing, ...]
    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    apparatus: Apparatus
    citations: tuple[Citation, ...] = field(default=())
    as_of: str | None = None
    sentences: tuple[Sentence, ...] = ()

    @property
    def topics(self) -> list[tuple[str, list[Sentence]]]:
        """The sentences by topic, in their order."""
        found: dict[str, list[Sentence]] = {}
        for sentence in self.sentences:
            found.setdefault(sentence.topic, []).append(sentence)
        return list(found.items())

    def field(self, name: str) -> Field | None:
        """Return a field by name, None where the kind has no such field."""
        return next((each for each in self.fields if each.name == name), None)

    def section(self, name: str) -> Section | None:
        """Return a section by name, None where the kind has no such section."""
        return next((each for each in self.sections if each.name == name), None)
