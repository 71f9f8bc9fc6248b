"""Things, their names, and the sources that the facts about them rest on."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from graph.namespaces import IDENTIFIER, ONTOLOGY, VOCABULARY, local_name

Scalar: TypeAlias = str | int | float | bool | None


class Knowledge(Protocol):
    """What records need of a knowledge graph: view queries and a version of the data."""

    @property
    def version(self) -> str:
        """A hash of the data."""

    @property
    def today(self) -> datetime.date:
        """The day that an answer holds for when none is asked for."""

    def run(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a view query and return its rows."""


@dataclass(frozen=True)
class Thing:
    """Anything with an address of its own: a state, an act, a concept, a class.

    Attributes
    ----------
    iri
        Its address.
    kind
        What the address says it is: ``state``, ``act``; for a concept the name of its scheme; for a
        term of the ontology ``term``.
    id
        What follows the kind in the address, such as ``AUS``.
    label
        Its English name, or its id where it has none.
    """

    iri: str
    kind: str
    id: str
    label: str

    @property
    def is_concept(self) -> bool:
        """Whether it stands in one of the vocabularies."""
        return self.iri.startswith(VOCABULARY)


@dataclass(frozen=True)
class Citation:
    """How a source is cited: its key and what a bibliography says of it."""

    source: Thing
    publisher: str | None
    issued: str | None
    page: str | None


@dataclass
class Apparatus:
    """What a fact rests on.

    Attributes
    ----------
    sources
        The sources it cites.
    locators
        Where in them it stands.
    verification
        How it was verified: the code of a concept, such as ``official``; None where not said.
    notes
        What a reader should know about it.
    """

    sources: list[Thing] = field(default_factory=list)
    locators: list[str] = field(default_factory=list)
    verification: str | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, other: Apparatus) -> None:
        """Take in what another fact rests on, without saying anything twice."""
        _extend(self.sources, other.sources)
        _extend(self.locators, other.locators)
        _extend(self.notes, other.notes)
        self.verification = self.verification or other.verification


class Names:
    """The names, sources and citations of one version of the data, read once and kept.

    Parameters
    ----------
    graph
        The knowledge graph they are read from.
    """

    def __init__(self, graph: Knowledge) -> None:
        self._graph = graph

    @cached_property
    def labels(self) -> dict[str, str]:
        """The name of every thing, by address."""
        return {row["thing"]: row["label"] for row in self._graph.run("views/record-labels")}

    @cached_property
    def citations(self) -> dict[str, Citation]:
        """The citation of every source, by address."""
        rows = self._graph.run("views/record-citations")
        return {row["source"]: self._citation(row) for row in rows}

    @cached_property
    def apparatus(self) -> Mapping[str, Apparatus]:
        """What every fact rests on, by address."""
        found: dict[str, Apparatus] = defaultdict(Apparatus)
        for row in self._graph.run("views/record-apparatus"):
            _add_row(found[row["fact"]], row, self)
        return {fact: _in_order(entry) for fact, entry in found.items()}

    @cached_property
    def places(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Where the sources of a fact without a locator speak of it, by fact and source.

        A norm stands where its provisions stand, a question where those stand that it arises from.
        """
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in self._graph.run("views/law-places"):
            _extend(found[row["fact"]][row["source"]], [row["locator"]])
        return {fact: dict(places) for fact, places in found.items()}

    def thing(self, iri: str) -> Thing:
        """Return the thing at an address.

        Parameters
        ----------
        iri
            An address of the graph.

        Returns
        -------
        Thing
            With its id for a name where the graph names it nowhere.
        """
        kind, local = split(iri)
        return Thing(iri, kind, local, self.labels.get(iri) or local)

    def value(self, raw: Any) -> Scalar | Thing:
        """Return a value of a row, with an address of the graph turned into a thing."""
        if isinstance(raw, str) and is_own(raw):
            return self.thing(raw)
        scalar: Scalar = raw
        return scalar

    def values(self, raw: Any) -> list[Scalar | Thing]:
        """Return a value that is a list, in the order of the names.

        Parameters
        ----------
        raw
            What a view query gave: one item a line, or nothing.

        Returns
        -------
        list of str, int, float, bool or Thing
            Empty where there is nothing.
        """
        lines = raw.split("\n") if isinstance(raw, str) else [raw]
        return sorted((self.value(line) for line in lines if line not in ("", None)), key=_by_name)

    def support(self, facts: list[str]) -> Apparatus:
        """Return what a few facts rest on together.

        Parameters
        ----------
        facts
            Addresses of facts.

        Returns
        -------
        Apparatus
            Empty where none of them carries a source.
        """
        together = Apparatus()
        for fact in facts:
            if fact in self.apparatus:
                together.add(self.apparatus[fact])
        return together

    def _citation(self, row: Mapping[str, Any]) -> Citation:
        kind, key = split(row["source"])
        source = Thing(row["source"], kind, key, row["title"] or key)
        return Citation(source, row["publisher"], row["issued"], row["page"])


def is_own(iri: str) -> bool:
    """Return whether an address is one of this graph's things, concepts or terms."""
    return iri.startswith((IDENTIFIER, VOCABULARY, ONTOLOGY))


def split(iri: str) -> tuple[str, str]:
    """Return the kind and the local name that an address is made of.

    Parameters
    ----------
    iri
        An address of a thing, a concept or a term.

    Returns
    -------
    tuple of str
        ``("state", "AUS")``, ``("modality", "obligation")``, ``("term", "Norm")``.
    """
    for base in (IDENTIFIER, VOCABULARY):
        if iri.startswith(base):
            kind, _, local = iri.removeprefix(base).partition("/")
            return kind, local
    return "term", local_name(iri)


def _add_row(entry: Apparatus, row: Mapping[str, Any], names: Names) -> None:
    if row["source"]:
        citation = names.citations.get(row["source"])
        _extend(entry.sources, [citation.source if citation else names.thing(row["source"])])
    if row["locator"]:
        _extend(entry.locators, [row["locator"]])
    if row["verification"]:
        entry.verification = local_name(row["verification"])
    if row["note"]:
        _extend(entry.notes, [row["note"]])


def _in_order(entry: Apparatus) -> Apparatus:
    entry.sources.sort(key=lambda source: source.id)
    entry.locators.sort()
    entry.notes.sort()
    return entry


def _extend(items: list[Any], more: list[Any]) -> None:
    items.extend(item for item in more if item not in items)


def _by_name(value: Scalar | Thing) -> str:
    return value.label.casefold() if isinstance(value, Thing) else str(value).casefold()
