"""What if: conflicts gained and lost by acts supposed or left out; the graph stays as it is."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from graph.conflicts.lookup import Carriage, Conflict, ConflictIndex
from graph.dates import day
from graph.errors import BadValue, UnknownName, suggest
from graph.knowledge import KnowledgeGraph, Value
from graph.namespaces import BASE, local_name

#: What a supposed act does, by the word for it, with the kind of thing it is done to.
DEEDS = {
    "joins": "alliance",
    "leaves": "alliance",
    "ratifies": "instrument",
    "accedes-to": "instrument",
    "withdraws-from": "instrument",
}
_SPOKEN = re.compile(
    r"(?P<state>.+?)\s+(?P<deed>joins|leaves|ratifies|accedes[ -]to|withdraws[ -]from)"
    r"\s+(?:the\s+)?(?P<of>.+?)"
    r"(?:\s+(?:in|on|from)?\s*(?P<date>\d{4}(?:-\d{2}(?:-\d{2})?)?))?\s*\.?",
    re.IGNORECASE,
)
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


@dataclass(frozen=True)
class Supposition:
    """An act that a caller supposes.

    Attributes
    ----------
    state : str
        Code of the state.
    state_label : str
        Its name.
    deed : str
        One of `DEEDS`.
    of, of_label : str
        Address and name of the alliance or instrument.
    date : str
        The day of the act; a year or month means its last day.
    effective : str
        The day it takes effect, by the instrument's own clause.
    """

    state: str
    state_label: str
    deed: str
    of: str
    of_label: str
    date: str
    effective: str

    @property
    def label(self) -> str:
        """Return the act in words."""
        effect = f", effective {self.effective}" if self.effective != self.date else ""
        deed = self.deed.replace("-", " ")
        return f"{self.state_label} {deed} {self.of_label} ({self.date}{effect}; supposed)"


class Names(Protocol):
    """What reading an act needs: the graph, who is meant by a name, and which day by a text."""

    graph: KnowledgeGraph

    def actor(self, name: str) -> tuple[str, str]:
        """Return code and address of an actor."""

    def day(self, as_of: str) -> str:
        """Return a day as text, ``today`` being the graph's own."""


@dataclass(frozen=True)
class Difference:
    """What the suppositions change for one state.

    Attributes
    ----------
    state, state_label : str
        Code and name.
    gained, lost : list of Conflict
        Conflicts carried on the day only with, and only without, the suppositions.
    """

    state: str
    state_label: str
    gained: list[Conflict]
    lost: list[Conflict]


@dataclass(frozen=True)
class Counterfactual:
    """The answer to what-if.

    Attributes
    ----------
    as_of, version : str
        The day compared, and the data version.
    supposed : list of Supposition
        Acts supposed.
    left_out : list of str
        Names of acts left out.
    differences : list of Difference
        One for each state whose conflicts change, sorted by code.
    actual, assumed : ConflictIndex
        The conflicts as they are and as supposed.
    """

    as_of: str
    version: str
    supposed: list[Supposition]
    left_out: list[str]
    differences: list[Difference]
    actual: ConflictIndex
    assumed: ConflictIndex


def later(start: str, duration: str) -> str:
    """Return the day that lies a duration after another.

    Parameters
    ----------
    start : str
        ``YYYY-MM-DD``.
    duration : str
        Years, months and days of XML Schema, such as ``P1Y`` or ``P30D``.

    Returns
    -------
    str
        The day; a day that the month lacks becomes its last.

    Raises
    ------
    BadValue
        The duration does not read.
    """
    match = _DURATION.fullmatch(duration)
    if not match or duration == "P":
        raise BadValue(
            f"“{duration}” is no duration of years, months and days.", remedy="Write it as P1Y or P30D."
        )
    years, months, days = (int(part or 0) for part in match.groups())
    given = datetime.date.fromisoformat(start)
    month = given.month - 1 + months
    year, month = given.year + years + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return (datetime.date(year, month, min(given.day, last)) + datetime.timedelta(days=days)).isoformat()


def suppose(index: Names, act: str | dict[str, Any]) -> Supposition:
    """Read a supposed act.

    Parameters
    ----------
    index : Names
        Knows the names, such as a `ConflictIndex`.
    act : str or dict
        ``"IND joins ILRS in 2027"``, or a mapping with ``state``, ``deed``, ``of`` and perhaps ``date``.

    Returns
    -------
    Supposition
        With addresses and the day it takes effect. Without a date, today.

    Raises
    ------
    BadValue, UnknownName, BadDate
        What does not read, with what would.
    """
    given = _spoken(act) if isinstance(act, str) else _structured(act)
    deed = given["deed"].lower().replace(" ", "-")
    if deed not in DEEDS:
        raise BadValue(f"“{given['deed']}” is no deed.", remedy=suggest(deed, DEEDS))
    code, actor = index.actor(given["state"])
    address = index.graph.resolve(DEEDS[deed], given["of"])
    names = {str(row["thing"]): str(row["label"]) for row in index.graph.run("views/names")}
    date = _last_day(given["date"] or index.day("today"))
    label = names[actor]
    return Supposition(
        code, label, deed, address, names[address], date, _effective(index, deed, address, date)
    )


def what_if(
    index: ConflictIndex,
    add: Sequence[str | dict[str, Any]] = (),
    remove: Sequence[str] = (),
    as_of: str | None = None,
) -> Counterfactual:
    """Compare conflicts with and without supposed acts.

    Parameters
    ----------
    index : ConflictIndex
        The conflicts as they are.
    add : sequence of str or dict
        Acts to suppose, see `suppose`.
    remove : sequence of str
        Addresses, or codes such as ``AUS-MOON-accession``, of acts to leave out.
    as_of : str, optional
        The day to compare; the day on which the last supposed act takes effect when absent.

    Returns
    -------
    Counterfactual
        Conflicts gained and lost by state.

    Raises
    ------
    BadValue, UnknownName, BadDate
        An act does not read, is not there, or changes nothing that conflicts rest on.
    """
    if not add and not remove:
        raise BadValue(
            "Nothing is supposed.", remedy="Give acts to add, such as “IND joins ILRS in 2027”, or to remove."
        )
    supposed = [suppose(index, act) for act in add]
    when = index.day(as_of) if as_of else max([index.day("today"), *(each.effective for each in supposed)])
    left_out = _known_acts(index, remove)
    assumed = index.supposing(lambda acts: _supposing(index, acts, supposed, set(left_out)))
    return Counterfactual(
        when,
        index.graph.version,
        supposed,
        list(left_out.values()),
        _differences(index, assumed, when),
        index,
        assumed,
    )


def _spoken(text: str) -> dict[str, str]:
    match = _SPOKEN.fullmatch(text.strip())
    if not match:
        raise BadValue(
            f"“{text[:200]}” is no act that can be supposed.",
            remedy="Write a state, one of joins, leaves, ratifies, accedes to, withdraws from, a name, "
            "and perhaps a date: “IND joins ILRS in 2027”.",
        )
    return {name: value or "" for name, value in match.groupdict().items()}


def _structured(act: dict[str, Any]) -> dict[str, str]:
    known = ("state", "deed", "of", "date")
    for name in act:
        if name not in known:
            raise BadValue(f"“{name}” is no part of an act.", remedy=suggest(name, known))
    missing = [name for name in known[:3] if not act.get(name)]
    if missing:
        raise BadValue(
            f"An act lacks {', '.join(missing)}.", remedy="Give state, deed, of, and perhaps date."
        )
    return {name: str(act.get(name) or "") for name in known}


def _last_day(text: str) -> str:
    if re.fullmatch(r"\d{4}", text):
        return day(f"{text}-12-31", "date").isoformat()
    if re.fullmatch(r"\d{4}-\d{2}", text):
        first = day(f"{text}-01", "date")
        return first.replace(day=calendar.monthrange(first.year, first.month)[1]).isoformat()
    return day(text, "date").isoformat()


def _effective(index: Names, deed: str, address: str, date: str) -> str:
    column = {"withdraws-from": "notice", "ratifies": "delay", "accedes-to": "delay"}.get(deed)
    durations = {row[column] for row in _manners(index) if row["instrument"] == address} if column else set()
    return max((later(date, str(each)) for each in durations if each), default=date)


def _manners(index: Names) -> list[dict[str, Value]]:
    return index.graph.run("views/norm-manners")


def _known_acts(index: ConflictIndex, remove: Iterable[str]) -> dict[str, str]:
    acts = {
        act.act: act.act_label
        for conflict in index.conflicts
        for side in (conflict.side_a, conflict.side_b)
        for act in index.acts(side.norm)
    }
    by_code = {local_name(address): address for address in acts}
    found = {}
    for name in remove:
        address = name if name in acts else by_code.get(name)
        if address is None:
            raise UnknownName(
                f"No conflict rests on an act “{name}”.", remedy=suggest(name, by_code), code="unknown-act"
            )
        found[address] = acts[address]
    return found


def _supposing(
    index: ConflictIndex, acts: list[Carriage], supposed: Sequence[Supposition], left_out: set[str]
) -> list[Carriage]:
    kept = [act for act in acts if act.act not in left_out]
    for each in supposed:
        texts = _texts(index, each)
        if each.deed in ("leaves", "withdraws-from"):
            kept = [_ended(act, each) if _is_of(act, each, texts) else act for act in kept]
        else:
            kept += _begun(index, each, texts)
    return kept


def _texts(index: ConflictIndex, supposition: Supposition) -> set[str]:
    """Return the addresses of the instruments that an act is toward."""
    if DEEDS[supposition.deed] == "instrument":
        return {supposition.of}
    rows = index.graph.run("views/alliance-texts")
    return {str(row["instrument"]) for row in rows if row["alliance"] == supposition.of}


def _is_of(act: Carriage, supposition: Supposition, texts: set[str]) -> bool:
    codes = {local_name(address) for address in texts}
    current = act.end is None or act.end > supposition.effective
    return act.actor == supposition.state and act.instrument in codes and act.manner != "enacts" and current


def _ended(act: Carriage, supposition: Supposition) -> Carriage:
    return replace(act, end=max(supposition.effective, act.latest), ending_label=supposition.label)


def _begun(index: ConflictIndex, supposition: Supposition, texts: set[str]) -> list[Carriage]:
    wanted = "subscriber" if supposition.deed == "joins" else "party"
    return [
        Carriage(
            actor=supposition.state,
            actor_label=supposition.state_label,
            norm=str(row["norm"]),
            manner=str(row["manner"]),
            instrument=str(row["instrument_code"]),
            instrument_label=str(row["instrument_label"]),
            act=f"{BASE}id/supposed/{supposition.state}-{supposition.deed}-{local_name(supposition.of)}",
            act_label=supposition.label,
            earliest=supposition.effective,
            latest=max(supposition.effective, str(row["in_force"] or "")),
            end=None,
            supposed=True,
        )
        for row in _manners(index)
        if row["instrument"] in texts and row["standing"] == wanted
    ]


def _differences(actual: ConflictIndex, assumed: ConflictIndex, when: str) -> list[Difference]:
    before = {each.code: each for each in actual.find(as_of=when).conflicts}
    after = {each.code: each for each in assumed.find(as_of=when).conflicts}
    gained = [(actor, after[code]) for code in after for actor in _only_in(after[code], before[code])]
    lost = [(actor, before[code]) for code in after for actor in _only_in(before[code], after[code])]
    names = {
        act.actor: act.actor_label for each in (*before.values(), *after.values()) for act in _acts(each)
    }
    return [
        Difference(
            actor,
            names[actor],
            [assumed.narrow(conflict, actor) for each, conflict in gained if each == actor],
            [actual.narrow(conflict, actor) for each, conflict in lost if each == actor],
        )
        for actor in sorted({actor for actor, _ in (*gained, *lost)})
    ]


def sides(answer: Counterfactual, state: str) -> tuple[list[str], list[str]]:
    """Return which norms of conflicts a state carries on the day only with, and only without, the acts.

    Parameters
    ----------
    answer : Counterfactual
        The answer to what-if.
    state : str
        Code of the state.

    Returns
    -------
    tuple of list of str
        Names of the norms gained and of those lost, each sorted.
    """
    norms = {
        side.norm: side.label
        for conflict in answer.actual.conflicts
        for side in (conflict.side_a, conflict.side_b)
    }
    before, after = (
        {norm for norm in norms if any(act.holds(answer.as_of) for act in found.acts(norm, state))}
        for found in (answer.actual, answer.assumed)
    )
    return sorted(norms[each] for each in after - before), sorted(norms[each] for each in before - after)


def _only_in(one: Conflict, other: Conflict) -> set[str]:
    return set(one.exposed) - set(other.exposed)


def _acts(conflict: Conflict) -> tuple[Carriage, ...]:
    return (*conflict.side_a.carried_by, *conflict.side_b.carried_by)
