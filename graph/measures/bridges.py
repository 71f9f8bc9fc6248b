"""Finds the states that bridge two blocs: who is in both, who is tied to both, and what runs through them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from graph.cache import Cache
from graph.errors import BadValue
from graph.measures.catalogue import MEASURES, Reference, ranks, values
from graph.measures.definitions import Matrix, matrix
from graph.measures.paths import shortest_paths
from graph.networks.affiliations import best_grade
from graph.networks.blocs import Bloc, Knowledge, find_blocs
from graph.networks.building import BLOCS, day, network
from graph.networks.copies import without
from graph.threads import one_thread

Row = Mapping[str, Any]

#: How a state is tied to a bloc, the closest first.
STATE, CLAIMED, BELOW, ORGANIZATION = "state", "claimed", "below-state", "organization"
ENGAGEMENTS = (STATE, CLAIMED, BELOW, ORGANIZATION)


@dataclass(frozen=True)
class Step:
    """One membership on the way from a state to a bloc."""

    membership: str
    member: str
    member_label: str
    member_iri: str
    alliance: str
    alliance_label: str
    engagement: str
    level: str
    since: str
    certain: bool
    verification: str
    sources: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Tie:
    """How a state is tied to a bloc: the engagement, the steps, and their number."""

    bloc: str
    engagement: str
    steps: tuple[Step, ...]

    @property
    def length(self) -> int:
        """Memberships on the way: 1 for the state itself, 2 by way of a body or an organization."""
        return len(self.steps) + (self.engagement == BELOW)

    @property
    def verification(self) -> str:
        """The weakest grade among the steps."""
        return max((step.verification for step in self.steps), key=_weakness)


@dataclass(frozen=True)
class Bridge:
    """A state tied to both blocs, and how."""

    code: str
    label: str
    iri: str
    engagement: str
    length: int
    ties: tuple[Tie, Tie]


@dataclass(frozen=True)
class BridgeRow:
    """The numbers of one state: the share of paths between the blocs, and its betweenness."""

    code: str
    label: str
    iri: str
    group: str
    share: float
    rank: int
    betweenness: float
    betweenness_rank: int


@dataclass(frozen=True)
class Bridges:
    """What bridges two blocs on a day.

    Attributes
    ----------
    between
        The two blocs.
    members
        Code of a bloc to the number of states that belong to it at state level.
    both
        States that belong to both at state level.
    claimed
        States that would, if a membership whose level no source gives were the state's.
    indirect
        States tied to both, to one of them only through a body below the state or an organization.
    meeting_places
        Alliances and treaties that join states of one bloc only to states of the other directly.
    pairs, joined
        Pairs of a state of one bloc only and a state of the other only; how many of them a path joins
        when the meeting places are left out.
    graph
        The affiliation graph without the meeting places.
    rows
        Every state of that graph.
    rests_on
        Grade of verification to the number of memberships of the two blocs at state level.
    """

    between: tuple[Bloc, Bloc]
    as_of: str
    members: Mapping[str, int]
    both: tuple[Bridge, ...]
    claimed: tuple[Bridge, ...]
    indirect: tuple[Bridge, ...]
    meeting_places: tuple[tuple[str, str], ...]
    pairs: int
    joined: int
    graph: nx.Graph
    rows: tuple[BridgeRow, ...]
    rests_on: Mapping[str, int]
    method: str
    references: tuple[Reference, ...]
    imprecise: int
    notes: tuple[str, ...]
    version: str


def bridges(
    kg: Knowledge,
    between: Sequence[str] = BLOCS,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
) -> Bridges:
    """Return the states that bridge two blocs on a day.

    Parameters
    ----------
    kg
        The knowledge graph.
    between
        Two names of alliances: codes, names or aliases.
    as_of
        The day, as a date or in ISO form; today when None.
    imprecise
        ``include`` to count memberships whose date is too coarse to say whether they had begun.

    Raises
    ------
    UnknownName
        A name fits no alliance.
    BadDate
        The day is no calendar date.
    BadValue
        There are not two different alliances.
    """
    first, second = _two(kg, between)
    key = (kg.version, first.code, second.code, day(kg, as_of), imprecise)

    def find() -> Bridges:
        with one_thread():
            return _found(kg, first, second, as_of, imprecise)

    return _CACHE.get(kg, key, find)


def _found(kg: Knowledge, first: Bloc, second: Bloc, as_of: str | dt.date | None, imprecise: str) -> Bridges:
    whole = network(kg, "affiliation", as_of=as_of, imprecise=imprecise, between=(first.code, second.code))
    steps = _steps(kg, day(kg, as_of), imprecise)
    found = _bridges(steps, (first, second))
    graph, places = without_meeting_places(whole.graph, (first, second))
    share, pairs, joined = between_shares(graph, (first.code, second.code))
    direct = [
        step for step in steps if step.engagement == STATE and step.alliance in (first.code, second.code)
    ]
    return Bridges(
        between=(first, second),
        as_of=whole.as_of,
        members={bloc.code: sum(step.alliance == bloc.code for step in direct) for bloc in (first, second)},
        both=tuple(bridge for bridge in found if bridge.engagement == STATE),
        claimed=tuple(bridge for bridge in found if bridge.engagement == CLAIMED),
        indirect=tuple(bridge for bridge in found if bridge.engagement in (BELOW, ORGANIZATION)),
        meeting_places=places,
        pairs=pairs,
        joined=joined,
        graph=graph,
        rows=tuple(_rows(graph, share)),
        rests_on=_grades(direct),
        method=_METHOD,
        references=(_FREEMAN, _BRANDES, MEASURES["betweenness"].two_mode_reference),
        imprecise=whole.imprecise,
        notes=(
            *whole.notes,
            *_remarks(found, pairs, joined),
            *_not_used(kg, as_of, (first.code, second.code)),
        ),
        version=whole.version,
    )


def between_shares(graph: nx.Graph, blocs: tuple[str, str]) -> tuple[dict[str, float], int, int]:
    """Return the share of the shortest paths between two blocs that runs through each state.

    Parameters
    ----------
    graph
        A two-mode graph whose states have the attribute ``group``.
    blocs
        The groups whose states are joined; states of both are in neither.

    Returns
    -------
    shares
        State to the mean, over all pairs that a path joins, of the share of the pair's shortest paths
        that pass the state; 0 to 1.
    pairs, joined
        The number of pairs, and of those that a path joins.
    """
    nodes = sorted(graph)
    place = {node: number for number, node in enumerate(nodes)}
    known = graph._node
    sides = [[place[node] for node in nodes if known[node]["group"] == bloc] for bloc in blocs]
    found, joined = path_shares(matrix(graph, None, nodes), sides[0], sides[1])
    totals = found.tolist()
    states = [node for node in nodes if known[node]["bipartite"] == 0]
    return {state: totals[place[state]] for state in states}, len(sides[0]) * len(sides[1]), joined


def path_shares(ties: Matrix, first: Sequence[int], second: Sequence[int]) -> tuple[Matrix, int]:
    """Return the share of the shortest paths between two sides that runs through each node.

    Parameters
    ----------
    ties
        A symmetric adjacency matrix, n × n, of 0 and 1.
    first, second
        The places of the nodes of either side.

    Returns
    -------
    shares
        n long: the mean, over all pairs that a path joins, of the share of the pair's paths that pass.
    joined
        The number of those pairs.
    """
    sources, ends = sorted((first, second), key=len)  # a path runs both ways: fewer starts are less work
    paths = shortest_paths(ties, sources)
    targets = np.zeros(len(ties))
    targets[ends] = 1.0
    joined = int((paths.steps[:, ends] >= 0).sum())
    found: Matrix = paths.through(targets).sum(axis=0) / max(joined, 1)
    return found, joined


_METHOD = (
    "In both: membership of both at state level on the day. Indirect: membership of one of them by a body "
    "below the state, or by an organization that the state belongs to. Share of paths: over all pairs of a "
    "state of one bloc only and a state of the other only, the mean share of their shortest paths that "
    "runs through the state, in the two-mode affiliation graph without the meeting places, that is, "
    "without every alliance and treaty in which states of the one and of the other bloc already sit "
    "together and need no one between them. Betweenness: in the same graph, two-mode normalisation."
)
_FREEMAN = MEASURES["betweenness"].reference
_BRANDES = Reference(
    "Brandes, U. (2008). On variants of shortest-path betweenness centrality and their generic computation. "
    "Social Networks 30(2), 136-145.",
    "10.1016/j.socnet.2007.11.001",
)


def _two(kg: Knowledge, between: Sequence[str]) -> tuple[Bloc, Bloc]:
    if len(between) != 2:
        raise BadValue(
            f"Bridges lie between two alliances; {len(between)} are named.",
            remedy="Name two, such as artemis,ilrs.",
            code="not-two-alliances",
        )
    first, second = find_blocs(kg, between)
    return first, second


def without_meeting_places(
    graph: nx.Graph, blocs: tuple[Bloc, Bloc]
) -> tuple[nx.Graph, tuple[tuple[str, str], ...]]:
    """Return an affiliation graph without its meeting places, and their codes and names.

    A meeting place is an alliance or treaty in which states of the one bloc only and of the other only
    sit together. States left without any tie are left out too.
    """
    codes = {bloc.code for bloc in blocs}
    sitting = {node: known["group"] for node, known in graph._node.items() if known["group"] in codes}
    places = [
        node
        for node, mode in graph.nodes(data="bipartite")
        if mode == 1 and len({sitting[state] for state in graph._adj[node] if state in sitting}) == len(codes)
    ]
    return without(graph, places), tuple((node, graph.nodes[node]["label"]) for node in sorted(places))


def _rows(graph: nx.Graph, share: Mapping[str, float]) -> Iterable[BridgeRow]:
    between = {state: value for state, value in values(graph, "betweenness").items() if state in share}
    place, betweenness_place = ranks(dict(share)), ranks(between)
    for state in sorted(share, key=lambda state: (place[state], betweenness_place[state], state)):
        known = graph.nodes[state]
        yield BridgeRow(
            state, known["label"], known["iri"], known["group"],
            share[state], place[state], between[state], betweenness_place[state],
        )  # fmt: skip


# Ties of states to blocs


def _steps(kg: Knowledge, as_of: dt.date, imprecise: str) -> list[Step]:
    rows = kg.run("networks/memberships", as_of=as_of.isoformat())
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        if row["certain"] or imprecise == "include":
            grouped.setdefault(row["membership"], []).append(row)
    return [_step(own) for own in grouped.values()]


def _step(rows: Sequence[Row]) -> Step:
    first = rows[0]
    return Step(
        membership=first["membership"],
        member=first["member_code"],
        member_label=first["member_label"],
        member_iri=first["member"],
        alliance=first["alliance_code"],
        alliance_label=first["alliance_label"],
        engagement=first["engagement"],
        level=first["level"],
        since=first["since"] or "",
        certain=bool(first["certain"]),
        verification=best_grade(row["verification"] for row in rows),
        sources=tuple(dict.fromkeys((row["source"], row["source_title"]) for row in rows)),
        notes=tuple(dict.fromkeys(row["note"] for row in rows if row["note"])),
    )


def _bridges(steps: Sequence[Step], blocs: tuple[Bloc, Bloc]) -> list[Bridge]:
    first, second = (_closest(steps, bloc.code) for bloc in blocs)
    found = [_bridge(first[code], second[code]) for code in sorted(first.keys() & second.keys())]
    return sorted(
        found, key=lambda bridge: (ENGAGEMENTS.index(bridge.engagement), bridge.length, bridge.code)
    )


def _closest(steps: Sequence[Step], bloc: str) -> dict[str, Tie]:
    """Return the closest tie of every state to a bloc: its own, a body's, or by way of an organization."""
    ties = [Tie(bloc, step.engagement, (step,)) for step in steps if step.alliance == bloc]
    partners = {tie.steps[0].member: tie.steps[0] for tie in ties if tie.engagement == ORGANIZATION}
    direct = [tie for tie in ties if tie.engagement != ORGANIZATION]
    through = [
        Tie(bloc, ORGANIZATION, (step, partners[step.alliance]))
        for step in steps
        if step.alliance in partners and step.engagement == STATE
    ]
    found: dict[str, Tie] = {}
    for tie in sorted(direct + through, key=lambda tie: (tie.length, ENGAGEMENTS.index(tie.engagement))):
        found.setdefault(tie.steps[0].member, tie)
    return found


def _bridge(first: Tie, second: Tie) -> Bridge:
    weakest = max((first.engagement, second.engagement), key=ENGAGEMENTS.index)
    state = first.steps[0]
    return Bridge(
        code=state.member,
        label=state.member_label,
        iri=state.member_iri,
        engagement=weakest,
        length=first.length + second.length,
        ties=(first, second),
    )


def _weakness(grade: str) -> int:
    order = ("official", "reported", "recalled")
    return order.index(grade) if grade in order else len(order)


def _grades(steps: Iterable[Step]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in steps:
        found[step.verification] = found.get(step.verification, 0) + 1
    return dict(sorted(found.items(), key=lambda item: _weakness(item[0])))


def _not_used(kg: Knowledge, as_of: str | dt.date | None, between: Sequence[str]) -> Iterable[str]:
    """Yield why recorded ties between actors do not count here, where there are any."""
    from graph.networks.views.linkages import recording

    for warning in recording(network(kg, "linkages", as_of=as_of, between=between).graph):
        yield f"{warning} Those ties are not used here: bridges rest on memberships and treaties."


def _remarks(found: Sequence[Bridge], pairs: int, joined: int) -> Iterable[str]:
    if not any(bridge.engagement == STATE for bridge in found):
        yield "No state belongs to both at state level on this day."
    if joined < pairs:
        yield f"Without the meeting places a path joins {joined:,} of {pairs:,} pairs of states."
    yield (
        "To lie between blocs is not power: betweenness says where paths run, not who decides "
        "(Hafner-Burton, Kahler and Montgomery 2009, doi:10.1017/S0020818309090195)."
    )


_CACHE: Cache[Bridges] = Cache(64)
