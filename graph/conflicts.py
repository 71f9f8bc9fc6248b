"""Norm conflicts: who carries both sides on a day, by which acts, and why."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache

from graph.dates import day
from graph.errors import BadValue, UnknownName, suggest
from graph.knowledge import KnowledgeGraph, Value
from graph.namespaces import local_name

#: How a carriage reads in a sentence.
MANNERS = {
    "bound": "is bound in law by",
    "committed": "is committed politically to",
    "enacts": "has in a law of its own",
}
FACETS = ("norm", "instrument", "alliance", "theme", "type")
EXPOSURES = ("both", "one")
#: Kinds of actors that carry norms, in the order in which a name is looked for.
_CARRYING = ("state", "organization", "alliance")


@dataclass(frozen=True)
class Provision:
    """A provision that states a norm, with where it stands and what was read.

    Attributes
    ----------
    code, heading, locator : str
        Its code, heading and place in the instrument.
    instrument, instrument_code : str
        Name and code of the instrument.
    sources : tuple of (str, str)
        Key and title of each source.
    verification : str
        The verification grade.
    """

    code: str
    heading: str
    locator: str
    instrument: str
    instrument_code: str
    sources: tuple[tuple[str, str], ...]
    verification: str


@dataclass(frozen=True)
class Evidence:
    """One source of an act.

    Attributes
    ----------
    source, source_label : str
        Key and title.
    locator : str or None
        Where in the source.
    verification : str
        The grade of the act.
    note : str or None
        A remark of the curators.
    """

    source: str
    source_label: str
    locator: str | None
    verification: str
    note: str | None


@dataclass(frozen=True)
class Carriage:
    """One act by which an actor carries a norm.

    Attributes
    ----------
    actor, actor_label : str
        Code and name.
    norm : str
        Address of the norm.
    manner : str
        ``bound`` (in law), ``committed`` (politically) or ``enacts`` (by a law of its own).
    instrument, instrument_label : str or None
        Code and name of the instrument; None for a pledge.
    act, act_label : str
        Address and name of the act.
    earliest, latest : str or None
        First day on which it can have begun, and the day by which it certainly had.
    end : str or None
        The day by which it has certainly ended.
    ending_label : str or None
        Name of the withdrawal that ends it.
    supposed : bool
        Whether a caller supposed the act; it is not in the graph then.
    counted_by : tuple of str
        Keys of the sources that count it where lists disagree; empty where none disputes it.
    dispute : str
        Who counts it and who does not, in words; empty where none disputes it.
    """

    actor: str
    actor_label: str
    norm: str
    manner: str
    instrument: str | None
    instrument_label: str | None
    act: str
    act_label: str
    earliest: str | None
    latest: str
    end: str | None
    ending_label: str | None = None
    supposed: bool = False
    counted_by: tuple[str, ...] = ()
    dispute: str = ""

    def holds(self, as_of: str, *, imprecise: bool = False, count: str | None = None) -> bool:
        """Say whether it holds on a day.

        Parameters
        ----------
        as_of : str
            The day, ``YYYY-MM-DD``.
        imprecise : bool
            Whether a fact counts from the first day on which it can have begun.
        count : str, optional
            Key of the source whose count is taken where lists disagree; without one, what is
            disputed does not count.

        Returns
        -------
        bool
            Whether it has begun and not ended.
        """
        if self.counted_by and count not in self.counted_by:
            return False
        start = self.earliest if imprecise and self.earliest else self.latest
        return start <= as_of and not (self.end and self.end <= as_of)

    def in_doubt(self, as_of: str) -> bool:
        """Say whether it can have begun by a day without certainly having begun."""
        return bool(self.earliest and self.earliest <= as_of < self.latest)


@dataclass(frozen=True)
class Side:
    """One side of a conflict.

    Attributes
    ----------
    norm, code, label, definition, force : str
        The norm: address, code, name, definition and legal force.
    provisions : tuple of Provision
        Where it is stated.
    named : tuple of str
        Actors that the record names on this side; being named is not being bound.
    carried_by : tuple of Carriage
        Who carries it on the day, by which acts.
    """

    norm: str
    code: str
    label: str
    definition: str
    force: str
    provisions: tuple[Provision, ...]
    named: tuple[str, ...]
    carried_by: tuple[Carriage, ...] = ()

    @property
    def carriers(self) -> frozenset[str]:
        """Return the codes of the actors that carry this side."""
        return frozenset(carriage.actor for carriage in self.carried_by)


@dataclass(frozen=True)
class Argument:
    """An argument that one side prevails; no verdict.

    Attributes
    ----------
    text : str
        The argument in words.
    favours : str
        Code of the norm that prevails if it holds.
    principle : str
        The principle it invokes.
    basis : tuple of (str, str)
        Code and place of each provision it rests on.
    sources : tuple of (str, str)
        Key and title of each source.
    verification : str
        The grade, or ``derived`` where a rule proposed it.
    """

    text: str
    favours: str
    principle: str
    basis: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    verification: str


@dataclass(frozen=True)
class Reading:
    """A reading of a question that bears on both sides.

    Attributes
    ----------
    ambiguity, question : str
        Code and words of the question.
    code, text : str
        Code and words of the reading.
    held_by, strength, verification : str
        Who holds it as recorded, its support, and its grade.
    """

    ambiguity: str
    question: str
    code: str
    text: str
    held_by: str
    strength: str
    verification: str


@dataclass(frozen=True)
class Conflict:
    """A conflict as it stands on a day.

    Attributes
    ----------
    address, code, issue, type, type_label, explanation, verification : str
        What it is, as curated.
    sources : tuple of (str, str)
        Key and title of each source.
    side_a, side_b : Side
        The two sides with who carries them.
    exposed : tuple of str
        Codes of the actors that carry both sides, sorted.
    imprecise : int
        Acts left out, or let in on request, because only a month or year is known.
    disputed : tuple of Carriage
        Acts that only some lists count, by which further actors would be exposed.
    arguments : tuple of Argument
        On which side prevails.
    readings : tuple of Reading
        Readings of the questions that bear on both sides.
    """

    address: str
    code: str
    issue: str
    type: str
    type_label: str
    explanation: str
    verification: str
    sources: tuple[tuple[str, str], ...]
    side_a: Side
    side_b: Side
    exposed: tuple[str, ...] = ()
    imprecise: int = 0
    disputed: tuple[Carriage, ...] = ()
    arguments: tuple[Argument, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class ConflictAnswer:
    """Conflicts found, with the day and the data they hold for.

    Attributes
    ----------
    as_of : str
        The day.
    version : str
        Data version.
    filters : dict
        What was asked.
    conflicts : list of Conflict
        Sorted by code.
    imprecise : int
        Number of acts whose date is too coarse to say whether they count on the day.
    """

    as_of: str
    version: str
    filters: Mapping[str, str]
    conflicts: list[Conflict]
    imprecise: int


class ConflictIndex:
    """All conflicts of a graph with every act that carries a side; dates are applied when asked.

    Parameters
    ----------
    graph : KnowledgeGraph
        Read once.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._carriages = _by_norm(graph)
        self._of_actor = _by_actor(self._carriages)
        self._facets = _facets(graph)
        self._curated = _curated(graph)

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
        supposed._carriages = _sorted(change([each for acts in self._carriages.values() for each in acts]))
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
        found = [
            self._on(conflict, when, imprecise, actor, self._count(count))
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
                return self._on(conflict, self.day(as_of), imprecise, None, self._count(count))
        known = [conflict.code for conflict in self._curated]
        raise UnknownName(
            f"There is no conflict “{code}”.", remedy=suggest(code, known), code="unknown-conflict"
        )

    def evidence(self, carriage: Carriage) -> tuple[Evidence, ...]:
        """Return what stands behind an act; nothing stands behind a supposed one."""
        if carriage.supposed:
            return ()
        rows = self.graph.run("views/act-sources", act=carriage.act)
        return tuple(
            Evidence(
                local_name(str(row["source"])),
                str(row["source_label"]),
                _optional(row["locator"]),
                str(row["verification"]),
                _optional(row["note"]),
            )
            for row in _first_of_each(rows, "source")
        )

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
        since = f"since {carriage.latest}"
        if carriage.earliest and carriage.earliest != carriage.latest:
            since = f"since some day from {carriage.earliest} to {carriage.latest}"
        until = f" until {carriage.end}" if carriage.end else ""
        if carriage.ending_label:
            until += f" ({carriage.ending_label})"
        places = [p.locator for p in side.provisions if p.instrument_code == carriage.instrument]
        through = f" through {'; '.join(places)} of the {carriage.instrument_label}" if places else ""
        sources = "; ".join(
            f"{each.source_label}{', ' + each.locator if each.locator else ''} ({each.verification})"
            for each in self.evidence(carriage)
        )
        return (
            f"{carriage.actor_label} {MANNERS[carriage.manner]} “{side.label}”{through}, "
            f"{since}{until}: {carriage.act_label}"
            f"{' (' + carriage.dispute + ')' if carriage.dispute else ''}. "
            f"{'Source: ' + sources if sources else 'Supposed'}."
        )

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """Return what conflicts can be found by: code and name of each value, by facet, sorted by name."""
        values = {(facet, value) for (_, facet), found in self._facets.items() for value in found}
        names = {str(row["thing"]): str(row["label"]) for row in self.graph.run("views/names")}
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

    def _count(self, count: str | None) -> str | None:
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


@lru_cache(maxsize=4)
def index(graph: KnowledgeGraph) -> ConflictIndex:
    """Return the index of a graph's conflicts, built once for each graph."""
    return ConflictIndex(graph)


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


def _optional(value: Value) -> str | None:
    return None if value is None else str(value)


def _first_of_each(rows: Iterable[dict[str, Value]], column: str) -> list[dict[str, Value]]:
    return list({row[column]: row for row in reversed(list(rows))}.values())[::-1]


def _by_norm(graph: KnowledgeGraph) -> dict[str, list[Carriage]]:
    rows = [*graph.run("views/carriers"), *graph.run("views/carriers-by-pledge")]
    return _sorted([*map(_carriage, rows), *_rivals(graph)])


def _carriage(row: Mapping[str, Value]) -> Carriage:
    return Carriage(
        actor=str(row["actor_code"]),
        actor_label=str(row["actor_label"]),
        norm=str(row["norm"]),
        manner=str(row["manner"]),
        instrument=_optional(row.get("instrument_code")),
        instrument_label=_optional(row.get("instrument_label")),
        act=str(row["act"]),
        act_label=str(row["act_label"]),
        earliest=_optional(row["earliest"]),
        latest=str(row["latest"]),
        end=_optional(row["end"]),
        ending_label=_optional(row.get("ending_label")),
    )


def _rivals(graph: KnowledgeGraph) -> list[Carriage]:
    counted: dict[Carriage, set[str]] = defaultdict(set)
    for row in graph.run("views/rival-carriers"):
        dispute = f"counted by {row['counted']}, not counted by {row['not_counted']}"
        counted[replace(_carriage(row), dispute=dispute)].add(str(row["counted_by"]))
    return [replace(each, counted_by=tuple(sorted(keys))) for each, keys in counted.items()]


def _sorted(carriages: Iterable[Carriage]) -> dict[str, list[Carriage]]:
    by_norm: dict[str, list[Carriage]] = defaultdict(list)
    for carriage in sorted(carriages, key=lambda each: (each.actor, each.latest, each.act)):
        by_norm[carriage.norm].append(carriage)
    return by_norm


def _facets(graph: KnowledgeGraph) -> Mapping[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in graph.run("views/conflict-facets"):
        found[str(row["conflict"]), str(row["facet"])].add(str(row["value"]))
    return found


def _curated(graph: KnowledgeGraph) -> list[Conflict]:
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
    for row in graph.run("views/conflict-readings"):
        reading = Reading(
            str(row["ambiguity"]),
            str(row["question"]),
            str(row["reading"]),
            str(row["reading_text"]),
            str(row["held_by"]),
            str(row["strength"]),
            str(row["verification"]),
        )
        found[str(row["conflict"])] = (*found.get(str(row["conflict"]), ()), reading)
    return found


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
