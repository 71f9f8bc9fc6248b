"""Norm conflicts: who carries both sides on a day, by which acts, and why."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

from graph.conflicts import wording
from graph.conflicts.conflict import (
    Argument,
    Carriage,
    Conflict,
    ConflictAnswer,
    Evidence,
    Provision,
    Reading,
    Side,
)
from graph.conflicts.curated import by_norm, by_norm_sorted, curated, facets, optional
from graph.dates import day
from graph.errors import BadValue, UnknownName, suggest
from graph.knowledge import KnowledgeGraph, Value
from graph.namespaces import local_name

__all__ = [
    "Argument",
    "Carriage",
    "Conflict",
    "ConflictAnswer",
    "ConflictIndex",
    "Evidence",
    "Provision",
    "Reading",
    "Side",
    "index",
]

FACETS = ("norm", "instrument", "alliance", "theme", "type")
EXPOSURES = ("both", "one")
#: Kinds of actors that carry norms, in the order in which a name is looked for.
_CARRYING = ("state", "organization", "alliance")


class ConflictIndex:
    """All conflicts of a graph with every act that carries a side; dates are applied when asked.

    Parameters
    ----------
    graph : KnowledgeGraph
        Read once.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._carriages = by_norm(graph)
        self._of_actor = _by_actor(self._carriages)
        self._evidence: dict[str, tuple[Evidence, ...]] = {}
        self._once: dict[Hashable, dict[str, Any]] = {}
        self._facets = facets(graph)
        self._curated = curated(graph)

    def supposing(self, change: Callable[[list[Carriage]], list[Carriage]]) -> ConflictIndex:
        """Return an index in which the acts are others; this one and the graph stay as they are.

        Parameters
        ----------
        change : callable
            Gives the acts to suppose from all acts of this index.

        Returns
        -------
        ConflictIndex
            The supposed index.
        """
        supposed = copy(self)
        supposed._carriages = by_norm_sorted(
            change([each for acts in self._carriages.values() for each in acts])
        )
        supposed._of_actor = _by_actor(supposed._carriages)
        return supposed

    @property
    def conflicts(self) -> list[Conflict]:
        """Return the conflicts as curated, with nobody's acts on their sides."""
        return list(self._curated)

    def acts(self, norm: str, actor: str | None = None) -> list[Carriage]:
        """Return every act, past or present, by which an actor (or anyone) carries a norm, by its address."""
        found = self._carriages.get(norm, ()) if actor is None else self._of_actor.get((norm, actor), ())
        return list(found)

    def actor(self, name: str) -> tuple[str, str]:
        """Return code and address of a state or organization given by code or name; UnknownName if none."""
        address = self._state(name)
        return local_name(address), address

    def find(
        self,
        *,
        state: str | None = None,
        as_of: str | datetime.date = "today",
        exposure: str = "both",
        imprecise: bool = False,
        count: str | None = None,
        **facets: str | None,
    ) -> ConflictAnswer:
        """Find conflicts.

        Parameters
        ----------
        state : str, optional
            Code or name of a state (or organization); only conflicts that it carries are returned.
        as_of : str or datetime.date
            The day the answer holds for.
        exposure : str
            With a state: ``both`` for conflicts whose two sides it carries, ``one`` for those of
            which it carries just one.
        imprecise : bool
            Whether facts known by month or year count from the first day on which they can have begun.
        count : str, optional
            Key of the source whose count of parties is taken where lists disagree, see `counts`.
        **facets
            Codes of a ``norm``, ``instrument``, ``alliance``, ``theme`` or ``type``.

        Returns
        -------
        ConflictAnswer
            The conflicts, sorted by code.

        Raises
        ------
        UnknownName, BadDate, BadValue
            A name, the day or a choice is not right.
        """
        when = self.day(as_of)
        if exposure not in EXPOSURES:
            raise BadValue(f"“{exposure}” is no exposure.", remedy=f"Choose one of {', '.join(EXPOSURES)}.")
        wanted = {name: self.graph.resolve(_scheme(name), value) for name, value in facets.items() if value}
        actor = self.actor(state)[0] if state else None
        taken = self.check_count(count)
        found = [
            self._on(conflict, when, imprecise, actor, taken)
            for conflict in self._curated
            if all(address in self._facets[conflict.address, name] for name, address in wanted.items())
        ]
        if actor:
            found = [conflict for conflict in found if _exposed(conflict, actor, exposure)]
        filters = {name: value for name, value in {"state": actor, "count": count, **facets}.items() if value}
        return ConflictAnswer(
            when, self.graph.version, filters, found, sum(conflict.imprecise for conflict in found)
        )

    def get(
        self,
        code: str,
        *,
        as_of: str | datetime.date = "today",
        imprecise: bool = False,
        count: str | None = None,
    ) -> Conflict:
        """Return one conflict.

        Parameters
        ----------
        code : str
            Its code.
        as_of : str or datetime.date
            The day.
        imprecise : bool
            Whether coarse dates count from their first day.
        count : str, optional
            Key of the source whose count is taken where lists disagree.

        Returns
        -------
        Conflict
            As it stands on the day.

        Raises
        ------
        UnknownName, BadDate
            No such conflict, or no such day.
        """
        for conflict in self._curated:
            if conflict.code.casefold() == code.casefold():
                return self._on(conflict, self.day(as_of), imprecise, None, self.check_count(count))
        known = [conflict.code for conflict in self._curated]
        raise UnknownName(
            f"There is no conflict “{code}”.", remedy=suggest(code, known), code="unknown-conflict"
        )

    def evidence(self, carriage: Carriage) -> tuple[Evidence, ...]:
        """Return what stands behind an act; nothing stands behind a supposed one."""
        if carriage.supposed:
            return ()
        return self.behind(carriage.act)

    def once(self, key: Hashable, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what is made once for this version of the data; not to be changed by who takes it."""
        if key not in self._once:
            self._once[key] = make()
        return self._once[key]

    def behind(self, act: str) -> tuple[Evidence, ...]:
        """Return the sources of an act, by its address; each act is read once."""
        if act not in self._evidence:
            rows = self.graph.run("views/act-sources", act=act)
            self._evidence[act] = tuple(
                Evidence(
                    local_name(str(row["source"])),
                    str(row["source_label"]),
                    optional(row["locator"]),
                    str(row["verification"]),
                    optional(row["note"]),
                )
                for row in _first_of_each(rows, "source")
            )
        return self._evidence[act]

    def sentence(self, side: Side, carriage: Carriage) -> str:
        """Tell in a sentence how an actor carries a side, with act, date, provisions and source.

        Parameters
        ----------
        side : Side
            The side.
        carriage : Carriage
            One act by which the actor carries it.

        Returns
        -------
        str
            A full sentence with names.
        """
        return wording.carriage_sentence(side, carriage, self.evidence(carriage))

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of everything that has a code, by address."""
        return {str(row["thing"]): str(row["label"]) for row in self.graph.run("views/names")}

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """Return what conflicts can be found by: code and name of each value, by facet, sorted by name."""
        values = {(facet, value) for (_, facet), found in self._facets.items() for value in found}
        names = self.names
        choices: dict[str, list[tuple[str, str]]] = {facet: [] for facet in FACETS}
        for facet, address in values:
            choices[facet].append((local_name(address), names.get(address, local_name(address))))
        return {facet: sorted(pairs, key=lambda pair: pair[1]) for facet, pairs in choices.items()}

    def narrow(self, conflict: Conflict, state: str) -> Conflict:
        """Return a conflict with only one actor's acts on its sides."""
        code = self.actor(state)[0]
        return replace(
            conflict,
            side_a=_only(conflict.side_a, code),
            side_b=_only(conflict.side_b, code),
            exposed=tuple(each for each in conflict.exposed if each == code),
            disputed=tuple(each for each in conflict.disputed if each.actor == code),
        )

    def _state(self, name: str) -> str:
        for kind in _CARRYING:
            with suppress(UnknownName):
                return self.graph.resolve(kind, name)
        return self.graph.resolve("state", name)

    def day(self, as_of: str | datetime.date) -> str:
        """Return a day as text, ``today`` being the graph's own; raises BadDate for what is none."""
        return self.graph.today.isoformat() if as_of == "today" else day(as_of).isoformat()

    def counts(self) -> dict[str, str]:
        """Return the sources whose count of parties can be taken where lists disagree: title by key."""
        return {str(row["source"]): str(row["title"]) for row in self.graph.run("views/counts")}

    def check_count(self, count: str | None) -> str | None:
        """Return the key of a source whose count can be taken; UnknownName, with the nearest, for another."""
        known = self.counts()
        if count and count not in known:
            raise UnknownName(
                f"“{count}” is no source whose count can be taken.",
                remedy=suggest(count, known),
                code="unknown-count",
            )
        return count

    def _on(
        self,
        conflict: Conflict,
        as_of: str,
        imprecise: bool,
        actor: str | None = None,
        count: str | None = None,
    ) -> Conflict:
        sides = (conflict.side_a, conflict.side_b)
        acts = [self.acts(side.norm, actor) for side in sides]
        side_a, side_b = (
            replace(
                side, carried_by=tuple(a for a in each if a.holds(as_of, imprecise=imprecise, count=count))
            )
            for side, each in zip(sides, acts, strict=True)
        )
        doubts = {
            carriage.act
            for each in acts
            for carriage in each
            if carriage.in_doubt(as_of) and not carriage.counted_by
        }
        exposed = side_a.carriers & side_b.carriers
        rival_a, rival_b = (_disputed(each, as_of, imprecise, count) for each in acts)
        rivals = {
            *(_actors(rival_a) & (side_b.carriers | _actors(rival_b))),
            *(_actors(rival_b) & (side_a.carriers | _actors(rival_a))),
        } - exposed
        disputed = dict.fromkeys(each for each in (*rival_a, *rival_b) if each.actor in rivals)
        return replace(
            conflict,
            side_a=side_a,
            side_b=side_b,
            exposed=tuple(sorted(exposed)),
            imprecise=len(doubts),
            disputed=tuple({each.act: each for each in disputed}.values()),
        )


def index(graph: KnowledgeGraph) -> ConflictIndex:
    """Return the index of a graph's conflicts, built once for each graph."""
    return graph.keep("conflicts", lambda: ConflictIndex(graph))


def _scheme(facet: str) -> str:
    if facet not in FACETS:
        raise BadValue(
            f"Conflicts cannot be found by “{facet}”.",
            remedy=f"Use one of state, {', '.join(FACETS)} or as_of.",
        )
    return "conflicttype" if facet == "type" else facet


def _exposed(conflict: Conflict, actor: str, exposure: str) -> bool:
    a, b = actor in conflict.side_a.carriers, actor in conflict.side_b.carriers
    return (a and b) if exposure == "both" else (a != b)


def _disputed(acts: Iterable[Carriage], as_of: str, imprecise: bool, count: str | None) -> list[Carriage]:
    """Return the acts that would carry a norm if a count were taken that is not."""
    return [
        each
        for each in acts
        if each.counted_by
        and count not in each.counted_by
        and each.holds(as_of, imprecise=imprecise, count=each.counted_by[0])
    ]


def _by_actor(by_norm: Mapping[str, list[Carriage]]) -> dict[tuple[str, str], list[Carriage]]:
    found: dict[tuple[str, str], list[Carriage]] = defaultdict(list)
    for norm, acts in by_norm.items():
        for act in acts:
            found[norm, act.actor].append(act)
    return found


def _actors(acts: Iterable[Carriage]) -> set[str]:
    return {each.actor for each in acts}


def _only(side: Side, code: str) -> Side:
    return replace(side, carried_by=tuple(each for each in side.carried_by if each.actor == code))


def _first_of_each(rows: Iterable[dict[str, Value]], column: str) -> list[dict[str, Value]]:
    return list({row[column]: row for row in reversed(list(rows))}.values())[::-1]
