"""The classic centralities: degree, strength, betweenness, closeness, eigenvector, PageRank."""

from __future__ import annotations

import networkx as nx
import numpy as np
from scipy.sparse.csgraph import shortest_path
from scipy.sparse.linalg import eigsh

from graph.chance.twomode import raw_betweenness
from graph.measures.definitions import (
    DENSE_LIMIT,
    Matrix,
    Measure,
    Reference,
    Values,
    common_multiple,
    distances,
    matrix,
    mode,
    named,
    sides,
    ties_between,
    two_modes,
)
from graph.measures.engines import pick
from graph.measures.paths import betweenness, betweenness_by_distance

# Degree


def _degree(graph: nx.Graph, strength: str | None) -> Values:
    if strength is not None:
        return dict(graph.degree(weight=strength))
    if two_modes(graph):
        others = [len(side) for side in reversed(sides(graph))]
        return {node: degree / max(others[mode(graph, node)], 1) for node, degree in graph.degree()}
    most = max(len(graph) - 1, 1)
    return {node: degree / most for node, degree in graph.degree()}


# Strength


def _strength(graph: nx.Graph, strength: str | None) -> Values:
    return {node: float(total) for node, total in graph.degree(weight=strength)}


# Betweenness


def _betweenness(graph: nx.Graph, strength: str | None) -> Values:
    raw = _raw_betweenness(graph, strength)
    most = _greatest_betweenness(graph)
    modes = graph.nodes(data="bipartite", default=0)
    return {node: raw[node] / most[side] if most[side] else 0.0 for node, side in modes}


def _raw_betweenness(graph: nx.Graph, strength: str | None) -> Values:
    compiled = pick(graph, "betweenness", weighted=strength is not None)
    if compiled:
        return compiled.betweenness(distances(graph, strength), "distance" if strength else None)
    if len(graph) > DENSE_LIMIT:
        weight = "distance" if strength else None
        found: Values = nx.betweenness_centrality(distances(graph, strength), normalized=False, weight=weight)
        return found
    if strength is None:
        return _two_mode_betweenness(graph) or named(graph, betweenness(matrix(graph, None)))
    lengths = matrix(distances(graph, strength), "distance")
    return named(graph, betweenness_by_distance(lengths))


def _two_mode_betweenness(graph: nx.Graph) -> Values:
    """Return the betweenness of a graph whose ties all join the two modes; empty for another graph.

    Levels of paths then hold nodes of one mode only, so that far smaller matrices do.
    """
    first, second = sides(graph)
    if not (two_modes(graph) and first and second):
        return {}
    joined = ties_between(graph, first, second)
    if joined.sum() < graph.number_of_edges():  # some ties join nodes of the same mode
        return {}
    return dict(zip([*first, *second], raw_betweenness(joined[None])[0].tolist(), strict=True))


def _greatest_betweenness(graph: nx.Graph) -> list[float]:
    """Return the betweenness of the centre of the most centralised graph of the same size, by mode."""
    if two_modes(graph):
        first, second = (len(side) for side in sides(graph))
        return [_greatest_two_mode(first, second), _greatest_two_mode(second, first)]
    size = len(graph)
    return [(size - 1) * (size - 2) / 2] * 2


def _greatest_two_mode(own: int, other: int) -> float:
    """Return the greatest betweenness of a node among ``own`` nodes tied to ``other`` ones."""
    if own < 1 or other < 1:
        return 0.0
    s, t = divmod(own - 1, other)
    return (other**2 * (s + 1) ** 2 + other * (s + 1) * (2 * t - s - 1) - t * (2 * s - t + 3)) / 2


# Closeness


def _closeness(graph: nx.Graph, strength: str | None) -> Values:
    """Return the greatest closeness possible, as a share, of each node in its component."""
    found: Values = dict.fromkeys(graph, 0.0)
    for members in nx.connected_components(graph):
        if len(members) == 1:
            continue
        part = graph if len(members) == len(graph) else graph.subgraph(members)
        share = (len(members) - 1) / (len(graph) - 1)
        sums, least = _distance_sums(part, strength), _least_sums(part)
        unit = common_multiple(part, strength) if strength else 1
        for node in part:
            found[node] = share * unit * least[mode(part, node)] / sums[node]
    return found


def _distance_sums(graph: nx.Graph, strength: str | None) -> Values:
    """Return the sum of the distances from every node of a connected graph."""
    compiled = pick(graph, "closeness", weighted=strength is not None)
    if compiled:
        close = compiled.closeness(distances(graph, strength), "distance" if strength else None)
        return {node: float(round((len(graph) - 1) / value)) for node, value in close.items()}
    if len(graph) > DENSE_LIMIT:
        weight = "distance" if strength else None
        every = nx.all_pairs_dijkstra_path_length(distances(graph, strength), weight=weight)
        return {node: float(sum(lengths.values())) for node, lengths in every}
    lengths = matrix(distances(graph, strength), "distance" if strength else None)
    return named(graph, shortest_path(lengths, directed=False, unweighted=strength is None).sum(axis=1))


def _least_sums(graph: nx.Graph) -> list[float]:
    """Return the least sum of distances that a node of each mode can have in a connected graph."""
    if not two_modes(graph):
        return [len(graph) - 1.0] * 2
    first, second = (len(side) for side in sides(graph))
    return [second + 2.0 * (first - 1), first + 2.0 * (second - 1)]


# Eigenvector


def _eigenvector(graph: nx.Graph, strength: str | None) -> Values:
    found: Values = dict.fromkeys(graph, 0.0)
    for members in nx.connected_components(graph):
        if len(members) == 1:
            continue
        part = graph if len(members) == len(graph) else graph.subgraph(members)
        share = len(members) / len(graph)
        found.update({node: value * share for node, value in named(part, _leading(part, strength)).items()})
    return found


def _leading(graph: nx.Graph, strength: str | None) -> Matrix:
    """Return the eigenvector of the greatest eigenvalue, non-negative and of length 1."""
    compiled = pick(graph, "eigenvector", weighted=strength is not None)
    if compiled:
        return np.fromiter(compiled.eigenvector(graph, strength).values(), dtype=float)
    if len(graph) > DENSE_LIMIT:
        sparse = nx.to_scipy_sparse_array(graph, weight=strength, dtype=float)
        vector = eigsh(sparse, k=1, which="LA", v0=np.ones(len(graph)))[1][:, 0]
    else:
        vector = np.linalg.eigh(matrix(graph, strength))[1][:, -1]
    positive: Matrix = np.abs(vector)
    return positive


# PageRank


def _pagerank(graph: nx.Graph, strength: str | None) -> Values:
    compiled = pick(graph, "pagerank", weighted=strength is not None)
    if compiled:
        return compiled.pagerank(graph, strength)
    found: Values = nx.pagerank(graph, alpha=0.85, weight=strength, tol=1e-13, max_iter=1000)
    return found


_BORGATTI_EVERETT = Reference(
    "Borgatti, S. P. and Everett, M. G. (1997). Network analysis of 2-mode data. Social Networks 19(3), "
    "243-269.",
    "10.1016/S0378-8733(96)00301-2",
)
_FREEMAN_1978 = Reference(
    "Freeman, L. C. (1978). Centrality in social networks: conceptual clarification. "
    "Social Networks 1(3), 215-239.",
    "10.1016/0378-8733(78)90021-7",
)
_FREEMAN_1977 = Reference(
    "Freeman, L. C. (1977). A set of measures of centrality based on betweenness. Sociometry 40(1), 35-41.",
    "10.2307/3033543",
)
_BONACICH = Reference(
    "Bonacich, P. (1972). Factoring and weighting approaches to status scores and clique identification. "
    "Journal of Mathematical Sociology 2(1), 113-120.",
    "10.1080/0022250X.1972.9989806",
)
_FAUST = Reference(
    "Faust, K. (1997). Centrality in affiliation networks. Social Networks 19(2), 157-191.",
    "10.1016/S0378-8733(96)00300-0",
)
_BRIN_PAGE = Reference(
    "Brin, S. and Page, L. (1998). The anatomy of a large-scale hypertextual Web search engine. "
    "Computer Networks and ISDN Systems 30(1-7), 107-117.",
    "10.1016/S0169-7552(98)00110-X",
)

_BARRAT = Reference(
    "Barrat, A., Barthélemy, M., Pastor-Satorras, R. and Vespignani, A. (2004). The architecture of complex "
    "weighted networks. Proceedings of the National Academy of Sciences 101(11), 3747-3752.",
    "10.1073/pnas.0400087101",
)

#: The measures of this module.
MEASURES = (
    Measure(
        name="degree",
        title="Degree",
        meaning="A high value says that a node has ties to many others.",
        one_mode="Ties of the node, divided by the number of other nodes (n − 1).",
        two_mode="Ties of the node, divided by the number of nodes of the other mode.",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths="Ties are summed by strength and not normalised.",
        reference=_FREEMAN_1978,
        two_mode_reference=_BORGATTI_EVERETT,
        function=_degree,
    ),
    Measure(
        name="strength",
        title="Strength",
        meaning="A high value says that the ties of a node are many or strong.",
        one_mode="The sum of the strengths of the node's ties, not normalised.",
        two_mode="The sum of the strengths of the node's ties, not normalised; the modes make no difference.",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths="Strengths are added up.",
        reference=_BARRAT,
        two_mode_reference=_BARRAT,
        function=_strength,
    ),
    Measure(
        name="betweenness",
        title="Betweenness",
        meaning="A high value says that a node lies on many of the shortest paths between the others.",
        one_mode="Shares of the shortest paths between all pairs of other nodes, "
        "divided by the number of pairs, (n − 1)(n − 2)/2.",
        two_mode="Shares of the shortest paths between all pairs of other nodes of either mode, divided by "
        "the greatest value a node of its mode can have in a two-mode graph of that size.",
        components="Pairs without a path add nothing; the divisor is that of the whole graph.",
        isolates="A node without ties has 0, and counts in the size of the graph.",
        strengths="The length of a tie is the inverse of its strength.",
        reference=_FREEMAN_1977,
        two_mode_reference=_BORGATTI_EVERETT,
        function=_betweenness,
    ),
    Measure(
        name="closeness",
        title="Closeness",
        meaning="A high value says that a node reaches the others in few steps.",
        one_mode="The number of nodes it can reach, divided by the sum of the distances to them.",
        two_mode="The least sum of distances possible in its component (1 to each node of the other mode, "
        "2 to each of its own), divided by the sum of its distances.",
        components="Computed within each component, times the share of the other nodes that the component "
        "holds (Wasserman and Faust, 1994, doi:10.1017/CBO9780511815478).",
        isolates="A node without ties has 0.",
        strengths="The length of a tie is the inverse of its strength.",
        reference=_FREEMAN_1978,
        two_mode_reference=_BORGATTI_EVERETT,
        function=_closeness,
    ),
    Measure(
        name="eigenvector",
        title="Eigenvector centrality",
        meaning="A high value says that a node is tied to others that are themselves well tied.",
        one_mode="The eigenvector of the greatest eigenvalue of the adjacency matrix, of length 1, by exact "
        "decomposition.",
        two_mode="The eigenvector of the greatest eigenvalue of the adjacency matrix of both modes, of "
        "length 1, by exact decomposition; each mode has half of the squared length.",
        components="Computed within each component, times the share of all nodes that the component holds; "
        "values of different components are not comparable beyond that.",
        isolates="A node without ties has 0.",
        strengths="The matrix holds the strengths of the ties.",
        reference=_BONACICH,
        two_mode_reference=_FAUST,
        function=_eigenvector,
    ),
    Measure(
        name="pagerank",
        title="PageRank",
        meaning="A high value says that a walk along random ties, restarted now and then, often visits the "
        "node.",
        one_mode="Damping 0.85, restarts spread evenly over all nodes; the values sum to 1.",
        two_mode="Damping 0.85, restarts spread evenly over the nodes of both modes; the values sum to 1 "
        "over both.",
        components="Restarts reach every component.",
        isolates="A node without ties has its share of the restarts alone.",
        strengths="Ties are followed in proportion to their strength.",
        reference=_BRIN_PAGE,
        two_mode_reference=_BRIN_PAGE,
        function=_pagerank,
    ),
)
