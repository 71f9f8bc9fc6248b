"""Named measures of centrality: what each means, how it is normalised, and whose it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import networkx as nx
import numpy as np
from scipy.sparse.csgraph import shortest_path
from scipy.sparse.linalg import eigsh

from graph.errors import BadValue, UnknownName, suggest
from graph.networks import Network
from graph.paths import Matrix, betweenness, betweenness_by_distance

Values = dict[str, float]

#: Above this many nodes, matrices of all pairs are left to sparse or step-by-step algorithms.
DENSE_LIMIT = 1500

#: Values computed for graphs that cannot change.
_KEPT: WeakKeyDictionary[nx.Graph, dict[tuple[str, str | None], dict[str, float]]] = WeakKeyDictionary()

#: Values that agree to this many significant digits share a rank.
TIE_DIGITS = 10


@dataclass(frozen=True)
class Reference:
    """A publication: the text of the citation and its DOI."""

    text: str
    doi: str


@dataclass(frozen=True)
class Measure:
    """A measure of centrality and the way it is computed.

    Attributes
    ----------
    name, title
        The name used in commands and addresses, and the one for people.
    meaning
        One sentence: what a high value says.
    one_mode, two_mode
        How the value is computed and normalised in a graph of one or of two kinds of nodes.
    components, isolates, strengths
        What is done with several components, with nodes without ties, and with the strength of ties.
    reference, two_mode_reference
        Where the measure was defined.
    function
        From a graph and the name of the attribute that holds the strength of a tie (or None) to a
        value for each node.
    """

    name: str
    title: str
    meaning: str
    one_mode: str
    two_mode: str
    components: str
    isolates: str
    strengths: str
    reference: Reference
    two_mode_reference: Reference
    function: Callable[[nx.Graph, str | None], Values] = field(repr=False)

    def method(self, graph: nx.Graph, strength: str | None) -> str:
        """Return the sentences that say how the values of a graph were computed."""
        form = self.two_mode if two_modes(graph) else self.one_mode
        ties = self.strengths if strength else "Every tie counts the same."
        return " ".join((form, self.components, self.isolates, ties))

    def citation(self, graph: nx.Graph) -> Reference:
        """Return the publication that the form used for a graph rests on."""
        return self.two_mode_reference if two_modes(graph) else self.reference


@dataclass(frozen=True)
class CentralityRow:
    """One node of a table of centrality; the rank is among nodes of the same mode."""

    node: str
    label: str
    value: float
    rank: int
    kind: str
    group: str
    iri: str


@dataclass(frozen=True)
class CentralityTable:
    """The values of one measure over one graph, with what a reader needs to use them.

    Rows stand in order of mode (states first), then of value, then of code; equal values share the
    best rank of the tie.
    """

    view: str
    measure: str
    title: str
    meaning: str
    method: str
    parameters: dict[str, str]
    reference: Reference
    nodes: int
    ties: int
    as_of: str
    imprecise: int
    version: str
    notes: tuple[str, ...]
    rows: tuple[CentralityRow, ...]


def two_modes(graph: nx.Graph) -> bool:
    """Say whether a graph keeps two kinds of nodes apart (attribute ``bipartite``, 0 or 1)."""
    return bool(graph.graph.get("two_mode", False))


def measure(name: str) -> Measure:
    """Return a measure by its name.

    Raises
    ------
    UnknownName
        There is no measure of that name; the remedy suggests one.
    """
    try:
        return MEASURES[name.strip().casefold()]
    except KeyError:
        raise UnknownName(
            f"There is no measure “{name}”.",
            remedy=suggest(name, MEASURES),
            code="unknown-measure",
            status=404,
            known=list(MEASURES),
        ) from None


def values(graph: nx.Graph, name: str, *, strength: str | None = None) -> Values:
    """Return the value of a measure for every node of a graph.

    Parameters
    ----------
    graph
        An undirected simple graph. With ``graph.graph["two_mode"]`` true, every node has the
        attribute ``bipartite`` (0 or 1) and the two-mode form is used.
    name
        A key of `MEASURES`.
    strength
        The attribute of ties that holds their strength, a whole number from 1; None when every
        tie counts the same. Measures that walk along paths take its inverse as a distance.

    Returns
    -------
    dict
        Node to value, in the order of the graph. Values of a frozen graph are computed once.

    Raises
    ------
    UnknownName
        There is no such measure.
    BadValue
        The graph is directed or has parallel ties, or a strength is no whole number from 1.
    """
    chosen = measure(name)
    _check(graph, strength)
    if not graph:
        return {}
    if not nx.is_frozen(graph):
        return _computed(chosen, graph, strength)
    kept = _KEPT.setdefault(graph, {})
    if (chosen.name, strength) not in kept:
        kept[chosen.name, strength] = _computed(chosen, graph, strength)
    return dict(kept[chosen.name, strength])


def centrality(network: Network, name: str) -> CentralityTable:
    """Return the table of a measure over a network.

    Parameters
    ----------
    network
        A network built by `graph.networks`.
    name
        A key of `MEASURES`.

    Raises
    ------
    UnknownName
        There is no such measure.
    """
    chosen = measure(name)
    found = values(network.graph, chosen.name, strength=network.strength)
    return CentralityTable(
        view=network.view,
        measure=chosen.name,
        title=chosen.title,
        meaning=chosen.meaning,
        method=chosen.method(network.graph, network.strength),
        parameters=dict(network.parameters),
        reference=chosen.citation(network.graph),
        nodes=network.graph.number_of_nodes(),
        ties=network.graph.number_of_edges(),
        as_of=network.as_of,
        imprecise=network.imprecise,
        version=network.version,
        notes=network.notes,
        rows=tuple(_rows(network.graph, found)),
    )


def _computed(chosen: Measure, graph: nx.Graph, strength: str | None) -> Values:
    found = chosen.function(graph, strength)
    return {node: float(found[node]) for node in graph}


def ranks(found: Values) -> dict[str, int]:
    """Return the rank of every node, 1 for the greatest value; equal values share the best rank."""
    best: dict[float, int] = {}
    ordered = sorted(found, key=lambda node: (-_comparable(found[node]), node))
    for place, node in enumerate(ordered, start=1):
        best.setdefault(_comparable(found[node]), place)
    return {node: best[_comparable(found[node])] for node in ordered}


def _rows(graph: nx.Graph, found: Values) -> Iterable[CentralityRow]:
    for mode in sorted({_mode(graph, node) for node in graph}):
        own = {node: value for node, value in found.items() if _mode(graph, node) == mode}
        for node, rank in ranks(own).items():
            yield _row(graph, node, own[node], rank)


def _row(graph: nx.Graph, node: str, value: float, rank: int) -> CentralityRow:
    known = graph.nodes[node]
    return CentralityRow(
        node=str(node),
        label=str(known.get("label", node)),
        value=value,
        rank=rank,
        kind=str(known.get("kind", "")),
        group=str(known.get("group", "")),
        iri=str(known.get("iri", "")),
    )


def _mode(graph: nx.Graph, node: str) -> int:
    return int(graph.nodes[node].get("bipartite", 0))


def _comparable(value: float) -> float:
    return float(f"{value:.{TIE_DIGITS}g}")


def _check(graph: nx.Graph, strength: str | None) -> None:
    if graph.is_directed() or graph.is_multigraph():
        raise BadValue(
            "These measures are for undirected graphs without parallel ties.",
            remedy="Merge parallel ties and drop directions first, and say how.",
            code="unfit-graph",
        )
    if strength is None:
        return
    for first, second, weight in graph.edges(data=strength):
        if weight is None or weight != int(weight) or weight < 1:
            raise BadValue(
                f"The tie {first} – {second} has the strength {weight!r}.",
                remedy="A strength is a whole number from 1.",
                code="bad-strength",
            )


# Degree


def _degree(graph: nx.Graph, strength: str | None) -> Values:
    if strength is not None:
        return dict(graph.degree(weight=strength))
    if two_modes(graph):
        others = [len(side) for side in reversed(_sides(graph))]
        return {node: degree / max(others[_mode(graph, node)], 1) for node, degree in graph.degree()}
    most = max(len(graph) - 1, 1)
    return {node: degree / most for node, degree in graph.degree()}


# Betweenness


def _betweenness(graph: nx.Graph, strength: str | None) -> Values:
    raw = _raw_betweenness(graph, strength)
    most = _greatest_betweenness(graph)
    return {node: raw[node] / most[_mode(graph, node)] if most[_mode(graph, node)] else 0.0 for node in graph}


def _raw_betweenness(graph: nx.Graph, strength: str | None) -> Values:
    if len(graph) > DENSE_LIMIT:
        weight = "distance" if strength else None
        found: Values = nx.betweenness_centrality(
            _distances(graph, strength), normalized=False, weight=weight
        )
        return found
    if strength is None:
        return _named(graph, betweenness(nx.to_numpy_array(graph, weight=None)))
    lengths = nx.to_numpy_array(_distances(graph, strength), weight="distance")
    return _named(graph, betweenness_by_distance(lengths))


def _greatest_betweenness(graph: nx.Graph) -> list[float]:
    """Return the betweenness of the centre of the most centralised graph of the same size, by mode."""
    if two_modes(graph):
        first, second = (len(side) for side in _sides(graph))
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
        part = graph.subgraph(members)
        share = (len(members) - 1) / (len(graph) - 1)
        sums, least = _distance_sums(part, strength), _least_sums(part)
        unit = _common_multiple(part, strength) if strength else 1
        for node in part:
            found[node] = share * unit * least[_mode(part, node)] / sums[node]
    return found


def _distance_sums(graph: nx.Graph, strength: str | None) -> Values:
    if len(graph) > DENSE_LIMIT:
        weight = "distance" if strength else None
        every = nx.all_pairs_dijkstra_path_length(_distances(graph, strength), weight=weight)
        return {node: float(sum(lengths.values())) for node, lengths in every}
    matrix = nx.to_numpy_array(_distances(graph, strength), weight="distance" if strength else None)
    return _named(graph, shortest_path(matrix, directed=False, unweighted=strength is None).sum(axis=1))


def _least_sums(graph: nx.Graph) -> list[float]:
    """Return the least sum of distances that a node of each mode can have in a connected graph."""
    if not two_modes(graph):
        return [len(graph) - 1.0] * 2
    first, second = (len(side) for side in _sides(graph))
    return [second + 2.0 * (first - 1), first + 2.0 * (second - 1)]


# Eigenvector


def _eigenvector(graph: nx.Graph, strength: str | None) -> Values:
    found: Values = dict.fromkeys(graph, 0.0)
    for members in nx.connected_components(graph):
        if len(members) == 1:
            continue
        part = graph.subgraph(members)
        share = len(members) / len(graph)
        found.update({node: value * share for node, value in _named(part, _leading(part, strength)).items()})
    return found


def _leading(graph: nx.Graph, strength: str | None) -> Matrix:
    """Return the eigenvector of the greatest eigenvalue, non-negative and of length 1."""
    if len(graph) > DENSE_LIMIT:
        sparse = nx.to_scipy_sparse_array(graph, weight=strength, dtype=float)
        vector = eigsh(sparse, k=1, which="LA", v0=np.ones(len(graph)))[1][:, 0]
    else:
        vector = np.linalg.eigh(nx.to_numpy_array(graph, weight=strength))[1][:, -1]
    positive: Matrix = np.abs(vector)
    return positive


# PageRank


def _pagerank(graph: nx.Graph, strength: str | None) -> Values:
    found: Values = nx.pagerank(graph, alpha=0.85, weight=strength, tol=1e-13, max_iter=1000)
    return found


# Shared


def _sides(graph: nx.Graph) -> tuple[list[str], list[str]]:
    first = [node for node in graph if _mode(graph, node) == 0]
    return first, [node for node in graph if _mode(graph, node) == 1]


def _named(graph: nx.Graph, numbers: Matrix) -> Values:
    return dict(zip(graph, numbers.tolist(), strict=True))


def _common_multiple(graph: nx.Graph, strength: str) -> int:
    return math.lcm(*{int(weight) for _, _, weight in graph.edges(data=strength)})


def _distances(graph: nx.Graph, strength: str | None) -> nx.Graph:
    """Return the graph with whole-numbered distances in proportion to 1/strength."""
    if strength is None:
        return graph
    unit = _common_multiple(graph, strength)
    copy = nx.Graph()
    copy.add_nodes_from(graph)
    copy.add_edges_from((a, b, {"distance": unit // int(w)}) for a, b, w in graph.edges(data=strength))
    return copy


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

_ALL = (
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

#: Every measure by its name.
MEASURES: dict[str, Measure] = {each.name: each for each in _ALL}
