"""Reads the roll calls of the General Assembly, and how often each pair of states agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from graph.networks.blocs import Knowledge
from graph.threads import one_thread

Row = Mapping[str, Any]
Matrix = NDArray[np.float64]

CAST = ("yes", "no", "abstained", "absent")

#: What a vote counts toward a text: a whole, a half, nothing. Absence is no vote.
FAVOUR = {"yes": 1.0, "abstained": 0.5, "no": 0.0}

#: A roll call that names a smaller share of the members than this is partial and is not used: the states
#: that a report happens to name are no sample.
COMPLETE = 0.9

#: Years that a window of votes covers when a caller names no first day.
WINDOW_YEARS = 6

#: The warnings that belong to every answer on votes.
WARNINGS = (
    "Selection: a text adopted without a vote leaves no row, so that these are the texts on which somebody "
    "asked for a vote; years without a vote are not years without disagreement.",
    "Agenda: one to five votes a year; a year's figure says as much about which texts came to the vote as "
    "about who agreed.",
    "Absence is not abstention and not always a choice; it is left out of every mean and counted apart.",
)


@dataclass(frozen=True)
class RollCall:
    """One recorded vote.

    Attributes
    ----------
    code, symbol, title, date
        Of the resolution; the date in ISO form.
    topic, topic_label, line
        Its subject, and the wider group of subjects (empty when it is in none).
    cast
        State to ``yes``, ``no``, ``abstained`` or ``absent``.
    missing
        Members of the United Nations on the day that the roll call does not name, neither themselves nor
        as the former state whose seat they continue.
    complete
        Whether it names enough of the members to be used.
    source, verification
        What it rests on.
    """

    code: str
    symbol: str
    title: str
    date: str
    topic: str
    topic_label: str
    line: str
    cast: Mapping[str, str]
    missing: tuple[str, ...]
    complete: bool
    source: str
    verification: str


@dataclass(frozen=True)
class Unrecorded:
    """A resolution that was put to the vote but has no roll call that can be used, and why.

    Attributes
    ----------
    code, symbol, date, topic, line
        As of `RollCall`.
    reason
        ``no roll call`` or ``partial roll call``.
    remark
        What the record says of it; empty when nothing.
    """

    code: str
    symbol: str
    date: str
    topic: str
    line: str
    reason: str
    remark: str


@dataclass(frozen=True)
class Record:
    """All recorded votes of a graph.

    Attributes
    ----------
    calls
        Roll calls in order of date.
    unrecorded
        Votes without a usable roll call, in order of date.
    labels
        Name of each state by code.
    continued
        Code of a former state to that of the state that continues it.
    lines
        Code of a wider group of subjects to its name.
    """

    calls: tuple[RollCall, ...]
    unrecorded: tuple[Unrecorded, ...]
    labels: Mapping[str, str]
    continued: Mapping[str, str]
    lines: Mapping[str, str]


@dataclass(frozen=True)
class Agreement:
    """How much each pair of states agreed.

    Attributes
    ----------
    states
        Codes in order.
    shared
        n × n: votes in which both took part.
    points
        n × n: the sum of 1 for the same vote, ½ when one of the two abstained, 0 for yes against no.
    """

    states: tuple[str, ...]
    shared: Matrix
    points: Matrix

    def mean(self, minimum: int = 1) -> Matrix:
        """Return the mean agreement, n × n; NaN for pairs that share fewer votes, and on the diagonal."""
        enough = self.shared >= max(minimum, 1)
        found = np.where(enough, self.points / np.where(enough, self.shared, 1.0), np.nan)
        np.fill_diagonal(found, np.nan)
        return found


_KEPT: WeakKeyDictionary[Knowledge, Record] = WeakKeyDictionary()


def record(kg: Knowledge) -> Record:
    """Return all recorded votes of a graph; read once."""
    if kg not in _KEPT:
        _KEPT[kg] = _record(kg)
    return _KEPT[kg]


def select(
    votes: Record,
    start: str,
    end: str,
    topic: str = "",
    *,
    joined: bool = False,
) -> list[RollCall]:
    """Return the usable roll calls of a window.

    Parameters
    ----------
    votes
        All recorded votes.
    start, end
        First and last day, in ISO form.
    topic
        A subject or a wider group of subjects; every subject when empty.
    joined
        Whether the votes of a former state count as those of the state that continues it.
    """
    found = [
        call
        for call in votes.calls
        if call.complete and start <= call.date <= end and topic in ("", call.topic, call.line)
    ]
    return [_joined(call, votes.continued) for call in found] if joined else found


def omitted(votes: Record, start: str, end: str, topic: str = "") -> list[Unrecorded]:
    """Return the votes of a window that have no usable roll call."""
    return [
        each
        for each in votes.unrecorded
        if start <= each.date <= end and topic in ("", each.topic, each.line)
    ]


def agreement(calls: Sequence[RollCall], states: Iterable[str] | None = None) -> Agreement:
    """Return how much each pair of states agreed over some roll calls.

    Parameters
    ----------
    calls
        Roll calls.
    states
        Codes of the states to compare; all that took part when None.
    """
    found = sorted({*voters(calls)} if states is None else {*states} & voters(calls))
    place = {code: number for number, code in enumerate(found)}
    ways = {way: np.zeros((len(calls), len(found))) for way in FAVOUR}
    for row, call in enumerate(calls):
        for code, way in call.cast.items():
            if way in ways and code in place:
                ways[way][row, place[code]] = 1.0
    took = ways["yes"] + ways["no"] + ways["abstained"]
    with one_thread():
        same = sum((votes.T @ votes for votes in ways.values()), np.zeros((len(found), len(found))))
        half = ways["abstained"].T @ (ways["yes"] + ways["no"])
        shared = took.T @ took
    return Agreement(tuple(found), shared, same + 0.5 * (half + half.T))


def voters(calls: Iterable[RollCall]) -> set[str]:
    """Return the states that voted yes or no or abstained at least once."""
    return {code for call in calls for code, way in call.cast.items() if way in FAVOUR}


def tallies(calls: Iterable[RollCall]) -> dict[str, int]:
    """Return how many votes were cast in each way, with absent and missing states apart."""
    found = dict.fromkeys((*CAST, "missing"), 0)
    for call in calls:
        for way in call.cast.values():
            found[way] += 1
        found["missing"] += len(call.missing)
    return found


def window_start(end: dt.date, years: int = WINDOW_YEARS) -> dt.date:
    """Return the first day of the window of some years that ends on a day."""
    try:
        before = end.replace(year=end.year - years)
    except ValueError:
        before = end.replace(year=end.year - years, day=28)
    return before + dt.timedelta(days=1)


def _record(kg: Knowledge) -> Record:
    members = kg.run("networks/voters")
    grouped: dict[str, list[Row]] = {}
    for row in kg.run("networks/voting"):
        grouped.setdefault(row["code"], []).append(row)
    seats = _Seats(members)
    calls = [_call(rows, seats) for rows in grouped.values()]
    lines = {r["line"]: r["line_label"] for rows in grouped.values() for r in rows if r.get("line")}
    return Record(
        calls=tuple(sorted(calls, key=lambda call: (call.date, call.code))),
        unrecorded=tuple(_unrecorded(kg.run("networks/resolutions"), {c.code for c in calls if c.complete})),
        labels={row["code"]: row["label"] for row in members},
        continued={row["code"]: row["continued_by"] for row in members if row.get("continued_by")},
        lines=dict(sorted(lines.items())),
    )


class _Seats:
    """Who was a member of the United Nations on a day, and whose seat a state continues."""

    def __init__(self, members: Sequence[Row]) -> None:
        self._continued = {row["code"]: row["continued_by"] for row in members if row.get("continued_by")}
        self._terms = [
            # A year or a month stands for its first day.
            (row["code"], (str(row["since"]) + "-01-01")[:10], str(row.get("until") or "9999"))
            for row in members
            if row.get("since")
        ]

    def missing(self, cast: Mapping[str, str], date: str) -> tuple[str, ...]:
        """Return the members on a day that a roll call does not name, themselves or as a former state."""
        seated = {*cast, *(self._continued[code] for code in cast.keys() & self._continued.keys())}
        return tuple(
            code for code, since, until in self._terms if since <= date < until and code not in seated
        )


def _call(rows: Sequence[Row], seats: _Seats) -> RollCall:
    first = rows[0]
    cast = {code: row["cast"] for row in rows for code in sorted(row["states"].split())}
    missing = seats.missing(cast, first["date"])
    return RollCall(
        code=first["code"],
        symbol=first["symbol"],
        title=first["title"],
        date=first["date"],
        topic=first["topic"],
        topic_label=first["topic_label"],
        line=first.get("line") or "",
        cast=cast,
        missing=missing,
        complete=len(cast) >= COMPLETE * (len(cast) + len(missing)),
        source=first["source"],
        verification=first["verification"],
    )


def _unrecorded(rows: Sequence[Row], used: set[str]) -> Iterable[Unrecorded]:
    remarks: dict[str, list[str]] = {}
    for row in rows:
        remarks.setdefault(row["code"], []).extend([row["note"]] if row.get("note") else [])
    for code, row in {row["code"]: row for row in rows}.items():
        if code not in used:
            reason = "partial roll call" if row["recorded"] else "no roll call"
            yield Unrecorded(
                code, row["symbol"], row["date"], row["topic"], row.get("line") or "", reason,
                "; ".join(dict.fromkeys(remarks[code])),
            )  # fmt: skip


def _joined(call: RollCall, continued: Mapping[str, str]) -> RollCall:
    former = {continued[code]: way for code, way in call.cast.items() if code in continued}
    own = {code: way for code, way in call.cast.items() if code not in continued}
    return replace(call, cast=former | own)
