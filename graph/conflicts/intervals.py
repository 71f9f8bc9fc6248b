"""A state's conflicts over time: when each began and ended, and by which act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graph.conflicts.lookup import Carriage, Conflict, ConflictIndex
from graph.errors import BadValue


@dataclass(frozen=True)
class Interval:
    """A span of time in which an actor carries both sides of a conflict.

    Attributes
    ----------
    conflict, issue : str
        Code and issue of the conflict.
    start : str
        First day.
    end : str or None
        The day from which it holds no longer; None while it lasts.
    begun_by, ended_by : tuple of str
        Names of the acts that made it begin and end.
    begun_acts, ended_acts : tuple of str
        Their addresses.
    """

    conflict: str
    issue: str
    start: str
    end: str | None
    begun_by: tuple[str, ...]
    ended_by: tuple[str, ...]
    begun_acts: tuple[str, ...]
    ended_acts: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A conflict gained or lost on a day.

    Attributes
    ----------
    date : str
        The day.
    change : str
        ``gained`` or ``lost``.
    conflict, issue : str
        Code and issue of the conflict.
    by : tuple of str
        Names of the acts that changed it.
    acts : tuple of str
        Their addresses.
    """

    date: str
    change: str
    conflict: str
    issue: str
    by: tuple[str, ...]
    acts: tuple[str, ...]


def intervals(index: ConflictIndex, state: str, count: str | None = None) -> list[Interval]:
    """Return the intervals in which a state carries both sides of each conflict.

    Parameters
    ----------
    index : ConflictIndex
        The conflicts.
    state : str
        Code or name.
    count : str, optional
        Key of the source whose count of parties is taken where lists disagree.

    Returns
    -------
    list of Interval
        Sorted by start, then by conflict. A fact known by month or year begins at its period's end.

    Raises
    ------
    UnknownName
        No such state, or no such count.
    """
    actor, taken = index.actor(state)[0], index.check_count(count)
    found = [each for conflict in index.conflicts for each in _of_conflict(index, conflict, actor, taken)]
    return sorted(found, key=lambda each: (each.start, each.conflict))


def changes(
    index: ConflictIndex, state: str, since: str, until: str, count: str | None = None
) -> list[Change]:
    """Return what a state gained and lost after one day and up to another, and by which acts.

    Parameters
    ----------
    index : ConflictIndex
        The conflicts.
    state : str
        Code or name.
    since, until : str
        Days; changes on ``until`` count, those on ``since`` do not.
    count : str, optional
        Key of the source whose count of parties is taken where lists disagree.

    Returns
    -------
    list of Change
        Sorted by day, then by conflict.

    Raises
    ------
    UnknownName, BadDate, BadValue
        No such state or day, or the days are in the wrong order.
    """
    first, last = index.day(since), index.day(until)
    if first > last:
        raise BadValue(
            f"The days {first} and {last} are in the wrong order.", remedy="Give the earlier one first."
        )
    found = [
        change
        for each in intervals(index, state, count)
        for change in _ends_of(each)
        if first < change.date <= last
    ]
    return sorted(found, key=lambda each: (each.date, each.conflict, each.change))


def _ends_of(span: Interval) -> Iterator[Change]:
    yield Change(span.start, "gained", span.conflict, span.issue, span.begun_by, span.begun_acts)
    if span.end:
        yield Change(span.end, "lost", span.conflict, span.issue, span.ended_by, span.ended_acts)


def _of_conflict(
    index: ConflictIndex, conflict: Conflict, actor: str, count: str | None
) -> Iterator[Interval]:
    sides = [
        [act for act in index.acts(side.norm, actor) if not act.counted_by or count in act.counted_by]
        for side in (conflict.side_a, conflict.side_b)
    ]
    acts = [*sides[0], *sides[1]]
    days = sorted({each.latest for each in acts} | {each.end for each in acts if each.end})
    start: str | None = None
    for day in days:
        both = all(_carried(side, day, count) for side in sides)
        if both and start is None:
            start = day
        elif not both and start is not None:
            yield _interval(conflict, acts, start, day)
            start = None
    if start is not None:
        yield _interval(conflict, acts, start, None)


def _carried(acts: Sequence[Carriage], day: str, count: str | None) -> bool:
    return any(each.holds(day, count=count) for each in acts)


def _interval(conflict: Conflict, acts: Iterable[Carriage], start: str, end: str | None) -> Interval:
    listed = list(acts)
    begun = {each.act: each.act_label for each in listed if each.latest == start}
    ended = {
        each.ending or each.act: each.ending_label or f"end of: {each.act_label}"
        for each in listed
        if end and each.end == end
    }
    return Interval(
        conflict.code,
        conflict.issue,
        start,
        end,
        tuple(dict.fromkeys(begun.values())),
        tuple(dict.fromkeys(ended.values())),
        tuple(begun),
        tuple(ended),
    )
