"""Writes timelines, votes and suppositions as plain values and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graph.networks.blocs import Bloc
from graph.networks.supposed import NetworkWhatIf
from graph.series.bifurcation import Panel
from graph.series.timeline import Event, Point, Timeline
from graph.spreadsheet import csv_text
from graph.votes.rollcalls import Unrecorded
from graph.votes.voting import Axes, Cohesion


def timeline_record(found: Timeline, nodes: Sequence[str] = (), limit: int | None = None) -> dict[str, Any]:
    """Return a timeline as plain values.

    Parameters
    ----------
    found
        A timeline.
    nodes
        Codes of the nodes to tell of; every node when empty.
    limit
        For each day and measure: ranks up to this one only.
    """
    return {
        "view": found.view,
        "by": found.by,
        "from": found.start,
        "to": found.end,
        "measures": list(found.measures),
        "method": found.method,
        "notes": list(found.notes),
        "coarsely_dated": found.coarse,
        "missing": dict(found.missing),
        "points": [_point(point, nodes, limit) for point in found.points],
        "events": [event_record(event) for event in found.events],
        "moved": [
            {
                **event_record(each.event),
                "measure": each.measure,
                "before": each.before,
                "after": each.after,
                "rank_before": each.rank_before,
                "rank_after": each.rank_after,
                "of_before": each.of_before,
                "of_after": each.of_after,
                "events_of_the_day": each.together,
                "sentence": each.sentence,
            }
            for each in found.moved
            if not nodes or each.event.state in nodes
        ],
        "data_version": found.version,
    }


def timeline_csv(found: Timeline, nodes: Sequence[str] = (), limit: int | None = None) -> str:
    """Return a timeline as CSV: one line for each day, measure and node."""
    columns = ["node", "label", "value", "rank", "kind", "date", "measure", "view", "data_version"]
    rows = (
        [row["node"], row["label"], repr(row["value"]), row["rank"], row["kind"], point.date, row["measure"],
         found.view, found.version]
        for point in found.points
        for row in _rows(point, nodes, limit)
    )  # fmt: skip
    return csv_text(columns, rows)


def moved_csv(found: Timeline) -> str:
    """Return what each event changed as CSV: one line for each event and measure."""
    columns = ["date", "when", "node", "label", "change", "affiliation", "affiliation_label", "measure",
               "before", "after", "rank_before", "rank_after", "events_of_the_day", "verification", "fact",
               "view", "data_version"]  # fmt: skip
    rows = (
        [each.event.date, each.event.when, each.event.state, each.event.state_label, each.event.change,
         each.event.affiliation, each.event.affiliation_label, each.measure, _cell(each.before),
         _cell(each.after), _cell(each.rank_before), _cell(each.rank_after), each.together,
         each.event.verification, each.event.fact, found.view, found.version]
        for each in found.moved
    )  # fmt: skip
    return csv_text(columns, rows)


def event_record(event: Event) -> dict[str, Any]:
    """Return an event as plain values."""
    return {
        "date": event.date,
        "when": event.when,
        "state": event.state,
        "state_label": event.state_label,
        "affiliation": event.affiliation,
        "affiliation_label": event.affiliation_label,
        "change": event.change,
        "fact": event.fact,
        "verification": event.verification,
    }


def panel_record(found: Panel) -> dict[str, Any]:
    """Return a bifurcation panel as plain values; a missing value is null and has its reason beside it."""
    return {
        "between": _blocs(found.between, found.members),
        "in_both": list(found.in_both),
        "members_as_of": found.members_as_of,
        "series": {
            name: {"title": title, "method": method} for name, (title, method) in found.series.items()
        },
        "years": [
            {
                "year": each.year,
                "as_of": each.as_of,
                "values": dict(each.values),
                "missing": dict(each.reasons),
            }
            for each in found.years
        ],
        "method": found.method,
        "notes": list(found.notes),
        "data_version": found.version,
    }


def panel_csv(found: Panel) -> str:
    """Return a bifurcation panel as CSV: one line for each year and series, with the reason of a gap."""
    columns = ["year", "as_of", "series", "value", "missing", "members_as_of", "data_version"]
    rows = (
        [each.year, each.as_of, name, _cell(each.values.get(name)), each.reasons.get(name, ""),
         found.members_as_of, found.version]
        for each in found.years
        for name in found.series
    )  # fmt: skip
    return csv_text(columns, rows)


def axes_record(found: Axes) -> dict[str, Any]:
    """Return the positions of states on two lines of texts as plain values."""
    return {
        "lines": [
            {"code": code, "label": label, "votes": votes}
            for (code, label), votes in zip(found.lines, found.votes, strict=True)
        ],
        "from": found.start,
        "to": found.end,
        "thresholds": {"yes": found.thresholds[0], "no": found.thresholds[1]},
        "minimum": found.minimum,
        "members_as_of": found.members_as_of,
        "between": [{"code": bloc.code, "label": bloc.label, "iri": bloc.iri} for bloc in found.blocs],
        "quadrants": [
            {
                "positions": list(each.positions),
                "total": each.total,
                "groups": {group: list(states) for group, states in each.groups.items()},
            }
            for each in found.quadrants
        ],
        "states": [
            {
                "code": place.code,
                "label": place.label,
                "group": place.group,
                "votes": list(place.votes),
                "means": list(place.means),
                "positions": list(place.positions),
            }
            for place in found.places
        ],
        "too_few_votes": list(found.too_few),
        "votes_without_a_usable_roll_call": [_unrecorded(each) for each in found.omitted],
        "method": found.method,
        "notes": list(found.notes),
        "data_version": found.version,
    }


def axes_csv(found: Axes) -> str:
    """Return the positions of states on two lines of texts as CSV."""
    first, second = (code for code, _ in found.lines)
    columns = ["node", "label", "group", f"{first}_mean", f"{first}_votes", f"{first}_position",
               f"{second}_mean", f"{second}_votes", f"{second}_position", "from", "to", "members_as_of",
               "data_version"]  # fmt: skip
    rows = (
        [place.code, place.label, place.group, repr(place.means[0]), place.votes[0], place.positions[0],
         repr(place.means[1]), place.votes[1], place.positions[1], found.start, found.end,
         found.members_as_of, found.version]
        for place in found.places
    )  # fmt: skip
    return csv_text(columns, rows)


def cohesion_record(found: Cohesion) -> dict[str, Any]:
    """Return agreement within and across blocs by year as plain values."""
    return {
        "topic": found.topic,
        "between": _blocs(found.blocs, found.members),
        "in_both": list(found.in_both),
        "members_as_of": found.members_as_of,
        "years": [
            {
                "year": each.year,
                "votes": each.votes,
                "topics": dict(each.topics),
                "tally": dict(each.tally),
                "within": dict(each.within),
                "across": each.across,
                "pairs": each.pairs,
                "modularity": each.modularity,
                "modularity_z": each.modularity_z,
                "modularity_p": each.modularity_p,
                "missing": each.reason or None,
            }
            for each in found.years
        ],
        "method": found.method,
        "notes": list(found.notes),
        "data_version": found.version,
    }


def cohesion_csv(found: Cohesion) -> str:
    """Return agreement within and across blocs by year as CSV."""
    codes = list(found.members)
    columns = ["year", "votes", *(f"within_{code}" for code in codes), "across", "pairs", "modularity",
               "modularity_z", "modularity_p", "yes", "no", "abstained", "absent", "missing_states",
               "missing", "members_as_of", "data_version"]  # fmt: skip
    rows = (
        [each.year, each.votes, *(_cell(each.within[code]) for code in codes), _cell(each.across),
         each.pairs, _cell(each.modularity), _cell(each.modularity_z), _cell(each.modularity_p),
         each.tally["yes"], each.tally["no"], each.tally["abstained"], each.tally["absent"],
         each.tally["missing"], each.reason, found.members_as_of, found.version]
        for each in found.years
    )  # fmt: skip
    return csv_text(columns, rows)


def what_if_record(found: NetworkWhatIf, limit: int | None = None) -> dict[str, Any]:
    """Return what suppositions change in a network as plain values."""
    sizes = {
        name: {"n": each.graph.number_of_nodes(), "m": each.graph.number_of_edges()}
        for name, each in (("actual", found.actual), ("assumed", found.assumed))
    }
    return {
        "view": found.view,
        "as_of": found.as_of,
        "supposed": [
            {
                "state": act.state,
                "deed": act.deed,
                "of": act.of,
                "date": act.date,
                "effective": act.effective,
                "label": act.label,
            }
            for act in found.supposed
        ],
        "left_out": list(found.left_out),
        "measures": list(found.measures),
        "parameters": dict(found.actual.parameters),
        "method": found.actual.method,
        **sizes,
        "total": len(found.changes),
        "changes": [
            {
                "measure": each.measure,
                "node": each.node,
                "label": each.label,
                "kind": each.kind,
                "before": each.before,
                "after": each.after,
                "difference": _difference(each.before, each.after),
                "rank_before": each.rank_before,
                "rank_after": each.rank_after,
                "group_before": each.group_before,
                "group_after": each.group_after,
            }
            for each in found.changes[:limit]
        ],
        "notes": list(found.notes),
        "data_version": found.version,
    }


def what_if_csv(found: NetworkWhatIf) -> str:
    """Return what suppositions change in a network as CSV: one line for each node and measure."""
    record = what_if_record(found)
    columns = ["node", "label", "difference", "before", "after", "rank_before", "rank_after", "kind",
               "group_before", "group_after", "measure"]  # fmt: skip
    rows = ([_cell(each[name]) for name in columns] for each in record["changes"])
    return csv_text(columns, rows)


def _point(point: Point, nodes: Sequence[str], limit: int | None) -> dict[str, Any]:
    return {
        "date": point.date,
        "n": point.nodes,
        "m": point.ties,
        "imprecise": point.imprecise,
        "rows": list(_rows(point, nodes, limit)),
    }


def _rows(point: Point, nodes: Sequence[str], limit: int | None) -> Iterable[dict[str, Any]]:
    for name, values in point.values.items():
        for node, (value, rank) in values.items():
            if (not nodes or node in nodes) and (limit is None or rank <= limit):
                label, kind = point.labels[node]
                yield {
                    "measure": name, "node": node, "label": label, "kind": kind, "value": value, "rank": rank
                }  # fmt: skip


def _blocs(blocs: Iterable[Bloc], members: Any) -> list[dict[str, Any]]:
    return [
        {"code": bloc.code, "label": bloc.label, "iri": bloc.iri, "members": members[bloc.code]}
        for bloc in blocs
    ]


def _unrecorded(each: Unrecorded) -> dict[str, str]:
    return {
        "symbol": each.symbol,
        "date": each.date,
        "topic": each.topic,
        "reason": each.reason,
        "remark": each.remark,
    }


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else value
