"""How far ties reach across groups: participation, E-I index, and shortest paths between blocs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import networkx as nx
import numpy as np

from graph.measures.definitions import (
    DENSE_LIMIT,
    SHARED,
    Matrix,
    Measure,
    Reference,
    Values,
    blocs,
    co_membership,
    distances,
    groups,
    matrix,
    sides,
    two_modes,
)
from graph.measures.paths import shortest_paths
from graph.networks.copies import copied

#: The groups of the nodes of a graph, and the sum of tie strengths of every node to each group.
Spread = tuple[list[str], list[str], Matrix]


def spread(graph: nx.Graph, group: Mapping[str, str], strength: str | None) -> Spread:
    """Return how the ties of every node are spread over groups.

    Parameters
    ----------
    graph
        An undirected simple graph of n nodes.
    group
        Node to group; k groups.
    strength
        The attribute that holds the strength of a tie, or None when every tie counts the same.

    Returns
    -------
    nodes, names, sums
        The nodes and the groups in order, and n × k sums of the strength of ties to each group.
    """
    nodes, names = list(graph), sorted(set(group.values()))
    inside = np.zeros((len(nodes), len(names)))
    inside[np.arange(len(nodes)), [names.index(group[node]) for node in nodes]] = 1.0
    if not nodes:
        return nodes, names, inside
    if len(nodes) > DENSE_LIMIT:
        return nodes, names, nx.to_scipy_sparse_array(graph, weight=strength, dtype=float) @ inside
    return nodes, names, matrix(graph, strength) @ inside


def participation(sums: Matrix) -> Matrix:
    """Return the participation coefficient of every node.

    Parameters
    ----------
    sums
        n × k sums of the strength of ties to each group.

    Returns
    -------
    ndarray
        n values, 1 − Σ_s (k_s / k)²: 0 when all ties go to one group, at most 1 − 1/k; 0 without ties.

    References
    ----------
    Guimerà, R. and Amaral, L. A. N. (2005). Functional cartography of complex metabolic networks. Nature
    433, 895-900. doi:10.1038/nature03288
    """
    totals = sums.sum(axis=1, keepdims=True)
    shares = np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)
    return np.where(totals[:, 0] > 0, 1.0 - (shares**2).sum(axis=1), 0.0)


def external_internal(
    graph: nx.Graph, group: Mapping[str, str], strength: str | None
) -> tuple[Values, float]:
    """Return the E-I index of every node and of the whole graph.

    Parameters
    ----------
    graph
        An undirected simple graph.
    group
        Node to group.
    strength
        The attribute that holds the strength of a tie, or None.

    Returns
    -------
    nodes, whole
        (E − I)/(E + I), with E the ties to other groups and I those within: −1 when all ties stay
        within, 1 when all go out; 0 without ties. The whole graph counts each tie once.

    References
    ----------
    Krackhardt, D. and Stern, R. N. (1988). Informal networks and organizational crises: an experimental
    simulation. Social Psychology Quarterly 51(2), 123-140. doi:10.2307/2786835
    """
    nodes, names, sums = spread(graph, group, strength)
    if not nodes:
        return {}, 0.0
    own = sums[np.arange(len(nodes)), [names.index(group[node]) for node in nodes]]
    totals = sums.sum(axis=1)
    index = np.divide(totals - 2 * own, totals, out=np.zeros_like(totals), where=totals > 0)
    every = totals.sum()
    whole = float((every - 2 * own.sum()) / every) if every else 0.0
    return dict(zip(nodes, index.tolist(), strict=True)), whole


def paths_between_blocs(graph: nx.Graph, strength: str | None) -> Values:
    """Return the share of the shortest paths between different blocs that runs through each node.

    Parameters
    ----------
    graph
        An undirected simple graph whose nodes are in groups.
    strength
        The attribute that holds the strength of a tie, whose inverse is its length; None when all ties
        are equally long.

    Returns
    -------
    dict
        Node to the mean, over all pairs of nodes of two different blocs that a path joins, of the share
        of the pair's shortest paths that pass the node inside; 0 to 1, 0 when no pair is joined.

    References
    ----------
    Brandes, U. (2008). On variants of shortest-path betweenness centrality and their generic computation.
    Social Networks 30(2), 136-145. doi:10.1016/j.socnet.2007.11.001
    """
    group = groups(graph)
    if two_modes(graph):
        apart = without_meeting_places(graph)
        return {**dict.fromkeys(graph, 0.0), **_paths_between(apart, strength, group)}
    return _paths_between(graph, strength, group)


def without_meeting_places(graph: nx.Graph) -> nx.Graph:
    """Return a two-mode graph without the nodes of the second mode that hold members of different blocs.

    States of different blocs that sit together in one alliance or treaty need no one between them.
    """
    group, alone = groups(graph), blocs(graph)
    places = [node for node in sides(graph)[1] if len({group[member] for member in graph[node]} & alone) > 1]
    return copied(graph, places)


def _paths_between(graph: nx.Graph, strength: str | None, group: Mapping[str, str]) -> Values:
    members = [[node for node in graph if group[node] == bloc] for bloc in sorted(blocs(graph))]
    joined = _joined(graph, members)
    if not joined:
        return dict.fromkeys(graph, 0.0)
    if strength is None and len(graph) <= DENSE_LIMIT:
        totals = _dense_totals(graph, members)
    else:
        totals = _totals(graph, members, strength)
    return {node: totals[node] / joined for node in graph}


def _joined(graph: nx.Graph, members: list[list[str]]) -> int:
    """Return the number of pairs of nodes of two different blocs that a path joins."""
    pairs = 0
    for component in nx.connected_components(graph):
        counts = [sum(node in component for node in bloc) for bloc in members]
        pairs += (sum(counts) ** 2 - sum(count**2 for count in counts)) // 2
    return pairs


def _dense_totals(graph: nx.Graph, members: list[list[str]]) -> Values:
    nodes = list(graph)
    place = {node: number for number, node in enumerate(nodes)}
    paths, totals = shortest_paths(matrix(graph, None)), np.zeros(len(nodes))
    for number, targets in enumerate(members):
        sources = [place[node] for bloc in members[:number] for node in bloc]
        if sources and targets:
            wanted = np.zeros(len(nodes))
            wanted[[place[node] for node in targets]] = 1.0
            totals += paths.through(wanted)[sources].sum(axis=0)
    return dict(zip(nodes, totals.tolist(), strict=True))


def _totals(graph: nx.Graph, members: list[list[str]], strength: str | None) -> Values:
    lengths, totals = distances(graph, strength), dict.fromkeys(graph, 0.0)
    for number, targets in enumerate(members):
        sources = [node for bloc in members[:number] for node in bloc]
        if sources and targets:
            found = nx.betweenness_centrality_subset(
                lengths, sources, targets, weight="distance" if strength else None
            )
            for node, value in found.items():
                totals[node] += 2 * value  # networkx halves what it sums over ordered pairs
    return totals


def _over_modes(
    graph: nx.Graph, strength: str | None, compute: Callable[[nx.Graph, str | None], Values]
) -> Values:
    """Compute on a graph as it is, or on the projections of a two-mode graph without the blocs."""
    if not two_modes(graph):
        return compute(graph, strength)
    states, others = co_membership(graph, 0), sides(graph)[1]
    return {**compute(states, SHARED), **_over_members(graph, others, compute)}


def _over_members(
    graph: nx.Graph, others: list[str], compute: Callable[[nx.Graph, str | None], Values]
) -> Values:
    members = {member for other in others for member in graph[other]}
    found = compute(graph.subgraph([*others, *members]), None)
    return {node: found[node] for node in others}


def _participation(graph: nx.Graph, strength: str | None) -> Values:
    groups(graph)
    return _over_modes(graph, strength, _participation_one_mode)


def _participation_one_mode(graph: nx.Graph, strength: str | None) -> Values:
    nodes, _, sums = spread(graph, groups(graph), strength)
    return dict(zip(nodes, participation(sums).tolist(), strict=True))


def _external_internal(graph: nx.Graph, strength: str | None) -> Values:
    groups(graph)
    if two_modes(graph):
        states = co_membership(graph, 0)
        found = external_internal(states, groups(states), SHARED)[0]
        return {node: found.get(node, 0.0) for node in graph}
    return external_internal(graph, groups(graph), strength)[0]


#: How members of several blocs, and of none, are treated wherever nodes are grouped.
GROUPING = (
    "Groups are the blocs asked for; members of several blocs are a group of their own, and so are nodes in "
    "none of them."
)
WITHOUT_BLOCS = (
    "On the projection of the states, tied by the number of alliances and treaties they share; the "
    "blocs themselves are left out, since they would tie their members by definition."
)
_GUIMERA = Reference(
    "Guimerà, R. and Amaral, L. A. N. (2005). Functional cartography of complex metabolic networks. "
    "Nature 433, 895-900.",
    "10.1038/nature03288",
)
KRACKHARDT_STERN = Reference(
    "Krackhardt, D. and Stern, R. N. (1988). Informal networks and organizational crises: an experimental "
    "simulation. Social Psychology Quarterly 51(2), 123-140.",
    "10.2307/2786835",
)
_BRANDES_2008 = Reference(
    "Brandes, U. (2008). On variants of shortest-path betweenness centrality and their generic computation. "
    "Social Networks 30(2), 136-145.",
    "10.1016/j.socnet.2007.11.001",
)

#: The measures of this module.
MEASURES = (
    Measure(
        name="participation",
        title="Participation coefficient",
        meaning="A high value says that the ties of a node are spread evenly over the groups.",
        one_mode=f"1 less the sum of the squared shares of the node's ties that go to each group. {GROUPING}",
        two_mode=f"1 less the sum of the squared shares of the node's ties that go to each group. "
        f"{WITHOUT_BLOCS} An alliance or treaty has the spread of its members. {GROUPING}",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths="Shares are of the strength of ties.",
        reference=_GUIMERA,
        two_mode_reference=_GUIMERA,
        function=_participation,
        needs=frozenset({"groups"}),
        weighs=True,
    ),
    Measure(
        name="ei-index",
        title="E-I index",
        meaning="1 says that all ties of a node go to other groups, −1 that all stay within its own.",
        one_mode="Ties to other groups less ties within the node's own, over all its ties; members of two "
        f"blocs count as outside both. {GROUPING}",
        two_mode=f"Ties to other groups less ties within the node's own, over all its ties. "
        f"{WITHOUT_BLOCS} Alliances and treaties are in no bloc and have 0. {GROUPING}",
        components="Components make no difference.",
        isolates="A node without ties has 0, as one with as many ties within as without.",
        strengths="Ties count by their strength.",
        reference=KRACKHARDT_STERN,
        two_mode_reference=KRACKHARDT_STERN,
        function=_external_internal,
        needs=frozenset({"groups"}),
        weighs=True,
    ),
    Measure(
        name="cross-bloc-paths",
        title="Share of the paths between blocs",
        meaning="A high value says that much of what joins the blocs runs through a node.",
        one_mode="The mean share of the shortest paths between a node of one bloc and a node of another that "
        "runs through the node; members of several blocs, or of none, are no ends of such paths but may lie "
        "on them.",
        two_mode="The mean share of the shortest paths between a state of one bloc and a state of another "
        "that runs through the node, in the two-mode graph without the meeting places: an alliance or treaty "
        "in which states of different blocs already sit together is left out, and has 0.",
        components="Pairs without a path are left out of the mean.",
        isolates="A node without ties has 0.",
        strengths="The length of a tie is the inverse of its strength.",
        reference=_BRANDES_2008,
        two_mode_reference=_BRANDES_2008,
        function=paths_between_blocs,
        needs=frozenset({"groups"}),
    ),
)
