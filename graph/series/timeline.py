"""Follows measures of a network over time: by year, by event, and around each accession and withdrawal."""

from __future__ import annotations

import calendar
import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from graph.cache import Cache
from graph.chance.twomode import KERNELS, centralities
from graph.errors import BadValue
from graph.measures.catalogue import measure, measured, ranks, ranks_by_mode, values
from graph.networks import affiliations
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, Network, day, find_view, network
from graph.networks.supposed import Supposed
from graph.threads import one_thread

Row = Mapping[str, Any]

#: The year of the first artificial satellite, with which every timeline can begin.
FIRST_YEAR = 1957

#: A beginning that no source dates to within so many days is not told as an event.
COARSEST = 366

#: Days with events that one timeline may hold; each needs a network of its own.
MOST_EVENTS = 300

BY = ("year", "event")

#: Whether ties that no source dates to within a year count: from the day a source speaks of them, or never.
DATED = ("any", "well")


@dataclass(frozen=True)
class Event:
    """A tie that begins or ends.

    Attributes
    ----------
    date
        The day by which it has certainly happened.
    when
        The date as known, in words: a day, a month, or a span.
    state, state_label, affiliation, affiliation_label
        Who, and to what.
    change
        ``begins`` or ``ends``.
    fact
        The membership or act that says so.
    verification
        What stands behind it.
    """

    date: str
    when: str
    state: str
    state_label: str
    affiliation: str
    affiliation_label: str
    change: str
    fact: str
    verification: str

    @property
    def label(self) -> str:
        """Return the event in words."""
        deed = "joins" if self.change == "begins" else "leaves"
        return f"{self.state_label} {deed} {self.affiliation_label} {self.when}"


@dataclass(frozen=True)
class Moved:
    """What an event changed for the state it concerns; None where the state was not in the network.

    ``together`` counts the events of the same day: the change is that of all of them.
    """

    event: Event
    measure: str
    before: float | None
    after: float | None
    rank_before: int | None
    rank_after: int | None
    of_before: int
    of_after: int
    together: int

    @property
    def sentence(self) -> str:
        """Return the change in words."""
        start = _placed(self.before, self.rank_before, self.of_before)
        end = _placed(self.after, self.rank_after, self.of_after)
        others = f" (with {self.together - 1} other events of that day)" if self.together > 1 else ""
        return f"{self.event.label}: {self.measure} moved from {start} to {end}{others}."


@dataclass(frozen=True)
class Point:
    """A network on a day of the timeline: its size, and the value and rank of each node by measure."""

    date: str
    nodes: int
    ties: int
    imprecise: int
    values: Mapping[str, Mapping[str, tuple[float, int]]]
    labels: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Timeline:
    """Measures of a network over time.

    Attributes
    ----------
    view, by, start, end, measures
        What was asked for.
    points
        One for each year's last day, or for each day with events, in order.
    events
        Ties that begin or end in the span and are dated well enough, in order of date; for ``by="event"``.
    moved
        What each event changed for its state, by measure.
    coarse
        How many beginnings of the span no source dates well enough to be told as events.
    missing
        Day to the reason why there is no value.
    """

    view: str
    by: str
    start: str
    end: str
    measures: tuple[str, ...]
    points: tuple[Point, ...]
    events: tuple[Event, ...]
    moved: tuple[Moved, ...]
    coarse: int
    missing: Mapping[str, str]
    method: str
    notes: tuple[str, ...]
    version: str


_KEPT: Cache[Timeline] = Cache(16)

METHOD = {
    "year": "The network as it stood on the last day of each year (of the year that is not over: today), "
    "measured anew each time; ranks are among the nodes of the same mode.",
    "event": "The network as it stood on each day on which a tie begins or ends, and just before; ranks "
    "are among the nodes of the same mode. A tie known by month or year begins at the end of it.",
}


def timeline(
    kg: Knowledge,
    measures: Sequence[str] = ("betweenness",),
    start: str | int | None = None,
    end: str | int | None = None,
    by: str = "year",
    *,
    view: str = "affiliation",
    between: Sequence[str] = BLOCS,
    dated: str = "any",
    **options: Any,
) -> Timeline:
    """Return measures of a network over time.

    Parameters
    ----------
    kg
        The knowledge graph.
    measures
        Keys of `graph.measures.catalogue.MEASURES`.
    start, end
        Years or days; 1957 (for events: two years before the end) and today when None.
    by
        ``year``, or ``event`` for the days on which a state joins or leaves something.
    view
        A key of `graph.networks.building.VIEWS`; events are those of affiliations in any view.
    dated
        ``well`` leaves ties that no source dates to within a year out of the whole line, so that they make
        no leap; ``any`` counts them from the day a source speaks of them, as networks do.
    between, **options
        As of `graph.networks.building.network`.

    Returns
    -------
    Timeline
        Values and ranks of every node at every point.

    Raises
    ------
    UnknownName, BadDate, BadValue
        No such view, measure or day; the days are in the wrong order; or there are too many events.
    """
    if by not in BY:
        raise BadValue(
            f"“{by}” is no way to step through time.", remedy=f"Choose one of {', '.join(BY)}.", code="bad-by"
        )
    if dated not in DATED:
        raise BadValue(
            f"“{dated}” does not say which ties count.",
            remedy=f"Choose one of {', '.join(DATED)}.",
            code="bad-dated",
        )
    chosen, names = find_view(view).name, tuple(measure(name).name for name in measures)
    last = min(_bound(kg, end, last=True), kg.today)
    first = _bound(kg, start, last=False) if start else _default_start(by, last)
    if first > last:
        raise BadValue(
            f"The days {first} and {last} are in the wrong order.",
            remedy="Give the earlier one first, and none after today.",
            code="bad-span",
        )
    key = (chosen, names, first, last, by, tuple(between), dated, tuple(sorted(options.items(), key=str)))
    span = (first, last)

    def build() -> Timeline:
        source = well_dated(kg) if dated == "well" else kg
        found = _timeline(source, chosen, names, span, by, tuple(between), dict(options))
        return replace(found, notes=(*_left_out(kg, dated), *found.notes))

    return _KEPT.get(kg, key, build)


def well_dated(kg: Knowledge) -> Knowledge:
    """Return a graph like another without the ties that no source dates to within a year."""
    return Supposed(kg, [row for row in kg.run("networks/affiliation") if not is_coarse(row)], kg.version)


def _changes(
    kg: Knowledge, span: tuple[dt.date, dt.date], options: Mapping[str, object]
) -> tuple[list[dt.date], list[Event], int]:
    """Return every day on which a tie begins or ends, whether told or not, with `events`."""
    level = options.get("level")
    told, coarse = events(kg, *span, str(level or "agency"))
    dates = {date for row in kg.run("networks/affiliation") for date in (row.get("begun"), row.get("ended"))}
    return sorted(dt.date.fromisoformat(date) for date in dates if date), told, coarse


def _eves(days: Sequence[dt.date], changes: Sequence[dt.date]) -> Iterable[dt.date]:
    """Yield the day to compare each day with: the last change before it, since nothing moves between."""
    for when in days:
        place = bisect_left(changes, when)
        yield changes[place - 1] if place else when - dt.timedelta(days=1)


def events(kg: Knowledge, start: dt.date, end: dt.date, level: str = "agency") -> tuple[list[Event], int]:
    """Return the ties that begin or end in a span, and how many are too coarsely dated to be told.

    Parameters
    ----------
    kg
        The knowledge graph.
    start, end
        First and last day.
    level
        The lowest level of membership that counts, as of the affiliation view.
    """
    lowest = affiliations.LEVELS.index(level)
    found: dict[tuple[str, str, str, str], Event] = {}
    coarse = set()
    for row in kg.run("networks/affiliation"):
        if affiliations.LEVELS.index(row.get("level") or "state") > lowest:
            continue
        for change, date in (("begins", row.get("begun")), ("ends", row.get("ended"))):
            if not date or not start.isoformat() <= date <= end.isoformat():
                continue
            key = (date, row["state_code"], row["affiliation_code"], change)
            if change == "begins" and is_coarse(row):
                coarse.add(key)
            elif key not in found:
                found[key] = _event(row, change)
    return [found[key] for key in sorted(found)], len(coarse)


def _timeline(
    kg: Knowledge,
    view: str,
    names: tuple[str, ...],
    span: tuple[dt.date, dt.date],
    by: str,
    between: tuple[str, ...],
    options: Mapping[str, Any],
) -> Timeline:
    def at(when: dt.date) -> Network:
        return network(kg, view, as_of=when, between=between, **options)

    changes, told, coarse = _changes(kg, span, options) if by == "event" else ([], [], 0)
    days = _years(*span) if by == "year" else sorted({dt.date.fromisoformat(each.date) for each in told})
    if len(days) > MOST_EVENTS:
        raise BadValue(
            f"There are {len(days)} days with events between {span[0]} and {span[1]}.",
            remedy=f"Narrow the span to at most {MOST_EVENTS}, or ask by year.",
            code="too-many-events",
        )
    wanted = sorted({*days, *_eves(days, changes)}) if by == "event" else days
    with one_thread():
        if view == "affiliation" and wanted and set(names) <= set(KERNELS):
            points = list(_points(kg, wanted, at(wanted[-1]), names))
        else:
            points = [_point(at(when), names) for when in wanted]
    return Timeline(
        view=view,
        by=by,
        start=span[0].isoformat(),
        end=span[1].isoformat(),
        measures=names,
        points=tuple(points),
        events=tuple(told),
        moved=tuple(_moved(told, points, names)),
        coarse=coarse,
        missing={point.date: "The network has no ties on this day." for point in points if not point.ties},
        method=METHOD[by],
        notes=tuple(_notes(kg, points, coarse)),
        version=kg.version,
    )


def _points(kg: Knowledge, days: Sequence[dt.date], like: Network, names: Sequence[str]) -> Iterable[Point]:
    """Yield what `_point` would of the affiliation network of each day, from matrices alone.

    Parameters
    ----------
    kg
        The knowledge graph.
    days
        The days.
    like
        The network of one of them, whose parameters hold for all.
    names
        Keys of `graph.chance.twomode.KERNELS`.
    """
    found = affiliations.incidences(kg, like.parameters, like.parameters["imprecise"])
    told = [found.on(when.isoformat()) for when in days]
    block = np.array([affiliations.without_single(matrix) for matrix, _ in told])
    numbers = {name: centralities(block, name, drop_isolates=True) for name in names}
    known = [*found.states.items(), *found.affiliations.items()]
    for at, when in enumerate(days):
        matrix = block[at]
        is_there = np.concatenate([matrix.any(axis=1), matrix.any(axis=0)])
        present = np.flatnonzero(is_there).tolist()
        states, others = (
            [place for place in present if (place < len(found.states)) == is_state]
            for is_state in (True, False)
        )
        values = {}
        for name in names:
            own = numbers[name][at].tolist()
            sides = ({known[place][0]: own[place] for place in side} for side in (states, others))
            values[name] = {node: (side[node], rank) for side in sides for node, rank in ranks(side).items()}
        labels = {known[place][0]: known[place][1] for place in present}
        yield Point(when.isoformat(), len(present), int(matrix.sum()), told[at][1], values, labels)


def _point(found: Network, names: Iterable[str]) -> Point:
    values = {name: _values(found, name) for name in names}
    labels = {
        node: (str(known.get("label", node)), str(known.get("kind", "")))
        for node, known in found.graph.nodes(data=True)
    }
    graph = found.graph
    return Point(
        found.as_of, graph.number_of_nodes(), graph.number_of_edges(), found.imprecise, values, labels
    )


def _values(found: Network, name: str) -> dict[str, tuple[float, int]]:
    if not found.graph.number_of_edges():
        return {}
    graph, strength, _ = measured(found, directions=measure(name).directions)
    own = values(graph, name, strength=strength)
    return {str(node): (own[node], rank) for node, rank in ranks_by_mode(graph, own).items()}


def _moved(told: Sequence[Event], points: Sequence[Point], names: Iterable[str]) -> Iterable[Moved]:
    place = {point.date: number for number, point in enumerate(points)}
    on_day: dict[str, int] = {}
    for event in told:
        on_day[event.date] = on_day.get(event.date, 0) + 1
    for event in told:
        after = points[place[event.date]]
        before = points[place[event.date] - 1]
        for name in names:
            old, new = before.values[name].get(event.state), after.values[name].get(event.state)
            yield Moved(
                event=event,
                measure=name,
                before=old[0] if old else None,
                after=new[0] if new else None,
                rank_before=old[1] if old else None,
                rank_after=new[1] if new else None,
                of_before=_same_kind(before, event.state, after),
                of_after=_same_kind(after, event.state, before),
                together=on_day[event.date],
            )


def _same_kind(point: Point, node: str, other: Point) -> int:
    kind = (point.labels.get(node) or other.labels.get(node) or ("", ""))[1]
    return sum(own == kind for _, own in point.labels.values())


def _placed(value: float | None, rank: int | None, of: int) -> str:
    return "no place" if value is None else f"{value:.4f} (rank {rank} of {of})"


def _notes(kg: Knowledge, points: Sequence[Point], coarse: int) -> Iterable[str]:
    leap = max(_leaps(kg, points), default=(0, "", ""))
    if leap[0]:
        yield (
            f"Between {leap[1]} and {leap[2]} {leap[0]} ties appear that no source dates to within a year: "
            "they count from the day one first speaks of them, so that what moves there is the record, not "
            "the world. To leave such ties out of the whole line, ask for dated=well."
        )
    if points:
        most = max(points, key=lambda point: point.imprecise)
        if most.imprecise:
            yield (
                f"On {most.date} {most.imprecise} ties have dates too coarse to say whether they had begun; "
                "they are left out until they certainly had, so that some ties appear later than they began."
            )
    if coarse:
        yield (
            f"{coarse} ties begin in this span only in that a source first speaks of them then; they are "
            "counted in the networks and not told as events."
        )


def is_coarse(row: Row) -> bool:
    """Say whether no source dates the beginning of a tie to within a year."""
    possible = row.get("possible")
    if not possible:
        return True
    return (dt.date.fromisoformat(row["begun"]) - dt.date.fromisoformat(possible)).days > COARSEST


def _left_out(kg: Knowledge, dated: str) -> Iterable[str]:
    if dated == "well":
        rows = kg.run("networks/affiliation")
        pairs = {(row["state_code"], row["affiliation_code"]) for row in rows if not is_coarse(row)}
        lost = {(row["state_code"], row["affiliation_code"]) for row in rows} - pairs
        yield f"{len(lost)} ties that no source dates to within a year are left out of the whole line."


def _leaps(kg: Knowledge, points: Sequence[Point]) -> Iterable[tuple[int, str, str]]:
    """Yield how many coarsely dated ties appear between each two points."""
    begun = sorted(str(row["begun"]) for row in kg.run("networks/affiliation") if is_coarse(row))
    for one, other in pairwise(points):
        yield bisect_right(begun, other.date) - bisect_right(begun, one.date), one.date, other.date


def _event(row: Row, change: str) -> Event:
    date = str(row["begun"] if change == "begins" else row["ended"])
    return Event(
        date=date,
        when=_when(str(row["possible"]), date) if change == "begins" else _when(date, date),
        state=str(row["state_code"]),
        state_label=str(row["state_label"]),
        affiliation=str(row["affiliation_code"]),
        affiliation_label=str(row["affiliation_label"]),
        change=change,
        fact=str(row["fact"]),
        verification=str(row["verification"]),
    )


def _when(first: str, last: str) -> str:
    """Return a date in words: a day, a month, a year, or a span."""
    one, other = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    if one == other:
        return f"on {one.day} {calendar.month_name[one.month]} {one.year}"
    if (one.month, one.day, other.month, other.day) == (1, 1, 12, 31) and one.year == other.year:
        return f"in {one.year}"
    if (one.year, one.month, one.day) == (other.year, other.month, 1):
        return f"in {calendar.month_name[one.month]} {one.year}"
    return f"between {first} and {last}"


def _years(first: dt.date, last: dt.date) -> list[dt.date]:
    ends = [dt.date(year, 12, 31) for year in range(first.year, last.year)]
    return [*ends, min(dt.date(last.year, 12, 31), last)]


def _bound(kg: Knowledge, value: str | int | None, *, last: bool) -> dt.date:
    text = str(value or "")
    if len(text) == 4 and text.isdecimal():
        return day(kg, f"{text}-12-31" if last else f"{text}-01-01")
    return day(kg, text)


def _default_start(by: str, last: dt.date) -> dt.date:
    if by == "year":
        return dt.date(FIRST_YEAR, 1, 1)
    return dt.date(last.year - 2, last.month, min(last.day, 28))
