"""Asks whether the order splits in two: several measures by year side by side, and never one index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.cache import Cache
from graph.errors import BadValue
from graph.networks import affiliations
from graph.networks.blocs import Bloc, Knowledge
from graph.networks.building import BLOCS, day
from graph.series.timeline import FIRST_YEAR, is_coarse
from graph.threads import one_thread
from graph.votes.voting import Year, bloc_modularity, cohesion

Row = Mapping[str, Any]

#: The series of the panel: name to what it says and how it is made.
SERIES: dict[str, tuple[str, str]] = {
    "within": (
        "Agreement within the blocs",
        "Mean agreement in votes over the pairs of states within a bloc, a series for each bloc.",
    ),
    "across": ("Agreement across the blocs", "The same over pairs of a state of the one and of the other."),
    "votes": ("Roll calls", "What the agreement of the year rests on."),
    "voting_modularity": (
        "Modularity of the blocs in votes",
        "Of the graph of the blocs' members weighted by agreement; near 0 where membership explains little.",
    ),
    "voting_modularity_z": (
        "… in standard deviations from chance",
        "Against all relabellings of the members that keep the sizes of the blocs (Mantel 1967).",
    ),
    "affiliation_modularity": (
        "Modularity of the blocs in affiliations",
        "Of the graph of the blocs' members weighted by shared alliances and treaties, the blocs themselves "
        "left out, and so are ties that no source dates to within a year.",
    ),
    "affiliation_modularity_z": (
        "… in standard deviations from chance",
        "Against all relabellings of the members that keep the sizes of the blocs (Mantel 1967).",
    ),
    "ei_index": (
        "E-I index of cooperation",
        "Recorded cooperative ties between members of the two blocs: (across − within) / (across + within); "
        "−1 when all are within.",
    ),
    "crossing_share": (
        "Share of cooperative ties that cross the blocs",
        "Of the recorded cooperative ties in force at the end of the year between members of the blocs; by "
        "membership, not by the record's own mark.",
    ),
    "cooperative_ties": ("Cooperative ties", "What the two shares rest on."),
    "recorded_crossing_share": (
        "… by the record's own mark",
        "Of all recorded cooperative ties, the share that the record marks as crossing the blocs.",
    ),
    "frustration": (
        "Frustrated ties",
        "The least number of signed ties (cooperation, competition) that have to change for the actors to "
        "fall into two camps; as a share of the signed pairs.",
    ),
    "signed_pairs": ("Signed pairs", "What the frustration rests on."),
}


@dataclass(frozen=True)
class PanelYear:
    """One year of the panel: value by series, None where missing, and the reason by series."""

    year: int
    as_of: str
    values: Mapping[str, float | None]
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class Panel:
    """Several measures of whether two blocs part, by year.

    Attributes
    ----------
    between, members, in_both, members_as_of
        The blocs, the number of states in each alone, those in both, and the day whose membership is
        held fixed over all years.
    series
        Name to title and method; ``within`` has a series for each bloc, named ``within:CODE``.
    years
        In order.
    """

    between: tuple[Bloc, ...]
    members: Mapping[str, int]
    in_both: tuple[str, ...]
    members_as_of: str
    series: Mapping[str, tuple[str, str]]
    years: tuple[PanelYear, ...]
    method: str
    notes: tuple[str, ...]
    version: str


_KEPT: Cache[Panel] = Cache(16)


def panel(
    kg: Knowledge,
    start: int = FIRST_YEAR,
    end: int | None = None,
    *,
    between: Sequence[str] = BLOCS,
    members_as_of: str | dt.date | None = None,
    topic: str = "",
) -> Panel:
    """Return several measures of whether two blocs part, by year.

    Parameters
    ----------
    kg
        The knowledge graph.
    start, end
        First and last year; 1957 and this year when absent.
    between
        Two alliances.
    members_as_of
        The day whose memberships hold for all years; today when None. The blocs are young: the panel asks
        whether the states that are in them now stood apart before.
    topic
        For votes: one subject, or a wider group of subjects.

    Raises
    ------
    UnknownName, BadDate, BadValue
        No such alliance or day; not two alliances; or the years are in the wrong order.
    """
    last, fixed = min(end or kg.today.year, kg.today.year), day(kg, members_as_of)
    if start > last:
        raise BadValue(
            f"The years {start} and {last} are in the wrong order.",
            remedy="Give the earlier one first, and none after this year.",
            code="bad-span",
        )
    if len(between) != 2:
        raise BadValue(
            f"The panel is about two alliances; {len(between)} are named.",
            remedy="Name two, such as artemis,ilrs.",
            code="not-two-alliances",
        )
    key = (start, last, tuple(between), fixed, topic)
    return _KEPT.get(kg, key, lambda: _panel(kg, start, last, tuple(between), fixed, topic))


def _panel(
    kg: Knowledge, start: int, end: int, between: tuple[str, ...], fixed: dt.date, topic: str
) -> Panel:
    rows = affiliations.dated(kg)
    votes = cohesion(kg, start, end, topic=topic, between=between, members_as_of=fixed, relabellings=0)
    group = _groups(kg, fixed, [bloc.code for bloc in votes.blocs])
    ties = list({row["code"]: row for row in kg.run("networks/linkages")}.values())
    days = [min(dt.date(each.year, 12, 31), kg.today).isoformat() for each in votes.years]
    years: list[PanelYear] = []
    before: list[Row] | None = None
    tied: Found = {}
    for each, when, belonged in zip(votes.years, days, _affiliated(rows, group, days), strict=True):
        held = [
            tie for tie in ties if tie["begun"] <= when and not (tie.get("ended") and tie["ended"] <= when)
        ]
        if held != before:  # in many years no tie begins or ends
            before, tied = held, {**_cooperating(held, group), **_frustrated(held)}
        found = {**_voted(each), **belonged, **tied}
        years.append(
            PanelYear(
                each.year,
                when,
                {name: value for name, (value, _) in found.items()},
                {name: reason for name, (value, reason) in found.items() if value is None and reason},
            )
        )
    series = {name: told for name, told in SERIES.items() if name != "within"}
    inside = {
        f"within:{bloc.code}": (f"Agreement within {bloc.label}", SERIES["within"][1]) for bloc in votes.blocs
    }
    return Panel(
        between=votes.blocs,
        members=votes.members,
        in_both=votes.in_both,
        members_as_of=votes.members_as_of,
        series={**inside, **series},
        years=tuple(years),
        method=votes.method,
        notes=(
            "The measures are shown side by side and not added up: no one number says whether an order "
            "splits. They rest on different records, and may disagree.",
            "Recorded ties between actors are few before the blocs existed and were gathered around their "
            "hosts; a share of few ties moves by leaps.",
            *votes.notes,
        ),
        version=votes.version,
    )


Found = dict[str, tuple[float | None, str]]


def _groups(kg: Knowledge, fixed: dt.date, codes: Sequence[str]) -> dict[str, str]:
    """Return the bloc of each state that belongs to one of the blocs only."""
    belongs: dict[str, set[str]] = {}
    for state, bloc in affiliations.members(kg, fixed, codes):
        belongs.setdefault(state, set()).add(bloc)
    return {state: next(iter(own)) for state, own in sorted(belongs.items()) if len(own) == 1}


def _voted(year: Year) -> Found:
    return {
        **{f"within:{code}": (value, year.reason) for code, value in year.within.items()},
        "across": (year.across, year.reason),
        "votes": (float(year.votes), ""),
        "voting_modularity": (year.modularity, year.reason),
        "voting_modularity_z": (
            year.modularity_z, year.reason or "Every relabelling scores the same: all members voted alike."
        ),
    }  # fmt: skip


def _affiliated(rows: Iterable[Row], group: Mapping[str, str], days: Iterable[str]) -> Iterable[Found]:
    """Yield the modularity of the blocs on each day, in the graph of what their members share beside them."""
    blocs = sorted(set(group.values()))
    kept = [
        row
        for row in rows
        if row["state_code"] in group
        and row["affiliation_code"] not in blocs
        and row["level"] != "institution"
        and not is_coarse(row)
    ]
    states, state = np.unique([row["state_code"] for row in kept], return_inverse=True)
    others, other = np.unique([row["affiliation_code"] for row in kept], return_inverse=True)
    labels = np.array([blocs.index(group[code]) for code in states.tolist()], dtype=int)
    begun = np.array([row["begun"] for row in kept], dtype="U10")
    ended = np.array([row.get("ended") or "9999-12-31" for row in kept], dtype="U10")
    before: NDArray[np.float64] | None = None
    found: Found = {}
    for when in days:
        held = (begun <= when) & (ended > when)
        matrix = np.zeros((len(states), len(others)))
        matrix[state[held], other[held]] = 1.0
        if before is None or not np.array_equal(matrix, before):
            before, found = matrix, _grouped(matrix, labels)
        yield found


def _grouped(matrix: NDArray[np.float64], labels: NDArray[np.int64]) -> Found:
    names = ("affiliation_modularity", "affiliation_modularity_z")
    there = matrix.any(axis=1)
    matrix, labels = matrix[there], labels[there]
    if len(np.unique(labels)) < 2:
        reason = "Members of only one of the blocs had any recorded affiliation."
        return dict.fromkeys(names, (None, reason))
    with one_thread():
        shared = matrix @ matrix.T
    np.fill_diagonal(shared, 0.0)
    value, z, _ = bloc_modularity(shared, labels, runs=0)
    flat = "Every relabelling scores the same." if z is None else ""
    return {names[0]: (value, ""), names[1]: (z, flat)}


def _cooperating(held: Iterable[Row], group: Mapping[str, str]) -> Found:
    together = [row for row in held if row["tie"] == "cooperation"]
    ends = [(group.get(str(row["a_code"])), group.get(str(row["b_code"]))) for row in together]
    joined = [pair for pair in ends if None not in pair]
    across = sum(a != b for a, b in joined)
    none = "No cooperative tie between members of the blocs is recorded as in force."
    total = len(joined)
    marked = sum(bool(row["crosses"]) for row in together)
    return {
        "ei_index": ((2 * across - total) / total if total else None, none),
        "crossing_share": (across / total if total else None, none),
        "cooperative_ties": (float(total), ""),
        "recorded_crossing_share": (
            marked / len(together) if together else None,
            "No cooperative tie is recorded as in force.",
        ),
    }


def _frustrated(held: Iterable[Row]) -> Found:
    from graph.measures.balance import frustration

    graph = nx.Graph()
    for row in held:
        a, b = str(row["a_code"]), str(row["b_code"])
        sign = {"cooperation": 1, "competition": -1}.get(str(row["tie"]), 0)
        known = graph.edges[a, b]["sign"] if graph.has_edge(a, b) else sign
        graph.add_edge(a, b, sign=sign if known == sign else 0)
    found = frustration(graph) if graph else None
    if found is None or not found.signed:
        return {"frustration": (None, "No signed tie is recorded as in force."), "signed_pairs": (0.0, "")}
    return {
        "frustration": (found.index / found.signed, ""),
        "signed_pairs": (float(found.signed), ""),
    }
