"""Sentences of law with what they rest on, and the means to make them from facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.law import phrases
from graph.namespaces import IDENTIFIER, local_name
from graph.records.things import Knowledge, Names, Thing

Row = Mapping[str, Any]

#: What is added to a sentence whose facts nobody has checked against a source.
_RECALLED = "It rests on recall only."
_PARTLY_RECALLED = "Part of it rests on recall only."
#: What is added to a sentence that no source read states.
_INFERRED = "The curators infer this from the provisions named; no source that was read states it."


@dataclass(frozen=True)
class Cited:
    """A source of a sentence.

    Attributes
    ----------
    source
        The source, its title for a name.
    locator
        Where in it the fact stands; None where that is not recorded.
    verification
        The grade of the fact: ``official``, ``reported``, ``recalled`` or ``inferred``.
    """

    source: Thing
    locator: str | None
    verification: str | None


@dataclass(frozen=True)
class Sentence:
    """One sentence of law.

    Attributes
    ----------
    topic
        The plain heading it stands under.
    text
        A full sentence, or two, with names and not codes.
    sources
        What it rests on; never empty.
    things
        What it speaks of.
    as_of
        The day it holds for.
    """

    topic: str
    text: str
    sources: tuple[Cited, ...]
    things: tuple[Thing, ...]
    as_of: str


@dataclass
class Teller:
    """Makes sentences about one day from facts of the graph.

    Attributes
    ----------
    graph
        Answers the view queries.
    names
        Names and sources of everything.
    as_of
        The day that is spoken of.
    count
        Key of the source whose count of parties is taken where lists disagree.
    """

    graph: Knowledge
    names: Names
    as_of: str
    count: str | None = None

    @property
    def past(self) -> bool:
        """Whether the day lies before the graph's own."""
        return self.as_of < self.graph.today.isoformat()

    @property
    def on(self) -> str:
        """How a sentence begins that is not about today: ``on 1 June 2023 ``; empty for today."""
        today = self.graph.today.isoformat()
        if self.as_of == today:
            return ""
        when = f"on {phrases.day_words(self.as_of)} "
        return when if self.past else f"as far as is recorded today, {when}"

    def verb(self, present: str) -> str:
        """Return a verb in the tense of the day: ``has`` or ``had``, ``is`` or ``was``."""
        before = {"has": "had", "is": "was", "are": "were", "have": "had", "must": "had to"}
        return before[present] if self.past else present

    def rows(self, view: str, subject: str | None = None, **values: str) -> list[dict[str, Any]]:
        """Return the rows of a view query about a thing."""
        given = values if subject is None else {"subject": subject, **values}
        return self.graph.run(f"views/{view}", **given)

    def thing(self, iri: str) -> Thing:
        """Return the thing at an address."""
        return self.names.thing(iri)

    def name(self, iri: str) -> str:
        """Return the name of a thing as it stands within a sentence."""
        return phrases.named(self.names.thing(iri))

    def label(self, iri: str) -> str:
        """Return the bare name of a thing."""
        return self.names.thing(iri).label

    def say(
        self,
        topic: str,
        text: str,
        facts: Sequence[str],
        things: Iterable[str] = (),
        basis: Sequence[str] = (),
    ) -> Sentence:
        """Make a sentence.

        Parameters
        ----------
        topic
            The heading it stands under.
        text
            What it says; gets its capital and its full stop, and a remark where the facts rest on
            recall only or are inferred.
        facts
            Addresses of the facts it tells.
        things
            Addresses of what it speaks of beside the facts.
        basis
            Addresses of provisions that it invokes.

        Returns
        -------
        Sentence
        """
        grades = {self.names.support([fact]).verification for fact in facts}
        remark = ""
        if "recalled" in grades:
            remark = f" {_RECALLED if grades == {'recalled'} else _PARTLY_RECALLED}"
        if "inferred" in grades:
            remark += f" {_INFERRED}"
        spoken = dict.fromkeys([*things, *facts, *basis])
        return Sentence(
            topic,
            phrases.sentence(text) + remark,
            self.cite([*facts, *basis]),
            tuple(self.thing(each) for each in spoken),
            self.as_of,
        )

    def cite(self, facts: Iterable[str]) -> tuple[Cited, ...]:
        """Return the sources of facts, each with its places and grade, once each."""
        found: dict[tuple[str, str | None], tuple[Thing, list[str]]] = {}
        for fact in facts:
            support = self.names.support([fact])
            for source in support.sources:
                _, places = found.setdefault((source.iri, support.verification), (source, []))
                own = support.locators or self.names.places.get(fact, {}).get(source.iri, [])
                places.extend(place for place in own if place not in places)
        return tuple(
            Cited(source, "; ".join(places) or None, grade) for (_, grade), (source, places) in found.items()
        )

    def fields(self, view: str, subject: str) -> dict[str, list[Any]]:
        """Return the fields of a record by name, each as the list of its values."""
        found: dict[str, list[Any]] = {}
        for row in self.rows(view, subject):
            if row["value"] is not None:
                found.setdefault(row["field"], []).append(row["value"])
        return found

    def later(self, instrument: str) -> str:
        """Return a remark on an instrument that did not exist yet on the day; empty for one that did."""
        fields = self.fields("record-instrument", instrument)
        dates = [
            str(date)
            for name in ("adopted", "opened_for_signature", "entered_into_force")
            for date in fields.get(name, [])
        ]
        # A date known by year or month is later only where that whole year or month is.
        known = min(dates, default="")
        return f", a text of {phrases.day_words(known)}" if known > self.as_of[: len(known)] else ""

    def spoken(self, text: str) -> str:
        """Return a curator's text with keys of sources and codes of things replaced by names."""
        codes = [
            (key, phrases.quoted(self.names.citations[iri].source.label))
            for iri in self.names.citations
            if (key := local_name(iri)) in text
        ]
        states = [address("state", code) for code in re.findall(r"\b[A-Z]{3}\b", text)]
        codes += [(local_name(iri), self.name(iri)) for iri in states if iri in self.names.labels]
        return phrases.spoken(text, sorted(codes, key=lambda each: -len(each[0])))


def address(kind: str, local: str) -> str:
    """Return the address of a thing."""
    return f"{IDENTIFIER}{kind}/{local}"


def lines(value: Any) -> list[str]:
    """Return the items of a cell that holds one item a line."""
    return [line for line in str(value).split("\n") if line] if value else []
