"""Graphs as arrays, and measures that sparse matrices and whole arrays of ties are enough for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.chance.nullmodel import Matrix

Values = dict[Any, float]
Counts = NDArray[np.int32]
Places = NDArray[np.int64]

#: Damping of PageRank, and the greatest sum of changes at which it stops, per node.
DAMPING, TOLERANCE = 0.85, 1e-13

#: Pairs of ties of one node that are held at a time.
_PAIRS = 500_000

#: Nodes of a graph for which a table of all pairs is cheaper than a search.
_TABLE = 4000

#: Elements of a block of sources in `betweenness`; more would leave the processor's cache.
_BLOCK = 320_000

#: Steps from a node to the farthest, beyond which `betweenness` would do too much work for each.
DEEP = 60


class TooDeep(Exception):
    """A graph has nodes so far apart that going step by step over all of it is slow."""


@dataclass(frozen=True)
class Arrays:
    """A simple undirected graph as arrays: every tie twice, once in each direction, by node.

    Attributes
    ----------
    nodes
        The nodes in the order of the graph.
    starts
        Where the ties of each node begin, n + 1 long.
    ends
        The other end of each tie.
    weights
        The weight of each tie; 1 where the graph has none.
    """

    nodes: list[Any]
    starts: Counts
    ends: Counts
    weights: Matrix

    @cached_property
    def origins(self) -> Counts:
        """Return the node that each tie leaves."""
        return np.repeat(np.arange(len(self.nodes), dtype=np.int32), np.diff(self.starts))

    def matrix(self) -> Any:
        """Return the adjacency matrix in compressed rows."""
        from scipy.sparse import csr_array

        size = len(self.nodes)
        return csr_array((self.weights, self.ends, self.starts), shape=(size, size))

    def once(self) -> tuple[Counts, Counts, Matrix]:
        """Return every tie once: its two ends and its weight."""
        chosen = self.origins < self.ends
        return self.origins[chosen], self.ends[chosen], self.weights[chosen]

    def named(self, numbers: Iterable[float]) -> Values:
        """Return numbers in the order of the nodes, by node."""
        return dict(zip(self.nodes, numbers, strict=True))


def arrays(graph: nx.Graph, weight: str | None = None) -> Arrays:
    """Return a graph as arrays.

    Parameters
    ----------
    graph
        Simple and undirected, without ties of a node to itself.
    weight
        The attribute that holds the weight of a tie; None when all weigh 1.
    """
    if not isinstance(graph._adj, dict):
        graph = nx.Graph(graph)  # a view of a part of a graph answers slowly
    adjacency: Mapping[Any, Mapping[Any, Mapping[str, Any]]] = graph._adj
    nodes, held = list(adjacency), adjacency.values()
    place = {node: number for number, node in enumerate(nodes)}
    starts = np.zeros(len(nodes) + 1, dtype=np.int32)
    np.cumsum(list(map(len, held)), out=starts[1:])
    many = int(starts[-1])
    ends = np.fromiter(map(place.__getitem__, chain.from_iterable(held)), dtype=np.int32, count=many)
    if weight is None:
        return Arrays(nodes, starts, ends, np.ones(many))
    known = chain.from_iterable(own.values() for own in held)
    weights = np.fromiter(map(itemgetter(weight), known), dtype=float, count=many)
    return Arrays(nodes, starts, ends, weights)


# Walks


def pagerank(found: Arrays) -> Matrix:
    """Return PageRank by node; the values sum to 1."""
    size, matrix = len(found.nodes), found.matrix()
    totals = np.asarray(matrix.sum(axis=1)).ravel()
    inverse = np.divide(1.0, totals, out=np.zeros(size), where=totals > 0)
    empty = totals == 0
    rank = np.full(size, 1.0 / size)
    for _ in range(1000):
        last = rank
        rank = DAMPING * (matrix @ (last * inverse) + last[empty].sum() / size) + (1 - DAMPING) / size
        if np.abs(rank - last).sum() < size * TOLERANCE:
            break
    shares: Matrix = rank / rank.sum()
    return shares


# Shortest paths


def betweenness(found: Arrays) -> Matrix:
    """Return betweenness by node, every tie one step long, each pair counted once, not normalised.

    Parameters
    ----------
    found
        A graph of n nodes.

    Returns
    -------
    ndarray
        n values. The counts of paths are exact up to 2⁵³.

    Raises
    ------
    TooDeep
        Some node is more than `DEEP` steps from another: the work grows with the steps.

    References
    ----------
    Brandes, U. (2001). A faster algorithm for betweenness centrality. Journal of Mathematical Sociology
    25(2), 163-177. doi:10.1080/0022250X.2001.9990249. Here a block of sources goes at once, step by step, by
    products of the adjacency matrix with a column for each source (Buluç, A. and Gilbert, J. R. (2011). The
    Combinatorial BLAS. International Journal of High Performance Computing Applications 25(4), 496-509.
    doi:10.1177/1094342011403516).
    """
    size, matrix = len(found.nodes), found.matrix()
    matrix.data = np.ones_like(matrix.data)
    totals, block = np.zeros(size), block_of(size)
    for first in range(0, size, block):
        totals += shares_of_paths(matrix, np.arange(first, min(first + block, size)))
    return totals / 2


def block_of(size: int) -> int:
    """Return how many sources go at once in a graph of some nodes."""
    return int(np.clip(_BLOCK // max(size, 1), 8, 64))


def shares_of_paths(matrix: Any, sources: Places) -> Matrix:
    """Return what shares of the shortest paths from some sources run through each node, summed.

    Parameters
    ----------
    matrix
        The adjacency matrix in compressed rows, n × n, of 0 and 1.
    sources
        Numbers of nodes.

    Raises
    ------
    TooDeep
        As of `betweenness`.
    """
    columns = np.arange(len(sources))
    front = np.zeros((matrix.shape[0], len(sources)))
    front[sources, columns] = 1.0
    counts, unseen = front.copy(), front == 0
    steps: list[NDArray[np.bool_]] = []
    while True:
        front = matrix @ front
        front *= unseen
        reached = front > 0
        if not reached.any():
            break
        if len(steps) == DEEP:
            raise TooDeep
        unseen[reached] = False
        counts += front
        steps.append(reached)
    inverse = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    shares = np.zeros_like(counts)
    for outer, inner in zip(steps[:0:-1], steps[-2::-1], strict=True):
        parts = (1.0 + shares) * inverse
        parts *= outer
        parts = matrix @ parts
        parts *= counts
        parts *= inner
        shares += parts
    totals: Matrix = shares.sum(axis=1)
    return totals


# Structural holes


def constraint(found: Arrays) -> Matrix:
    """Return Burt's constraint by node; not a number for a node without ties, as in networkx.

    Parameters
    ----------
    found
        A graph of n nodes and m ties.

    Returns
    -------
    ndarray
        For each node i the sum over its neighbours j of (p_ij + Σ_q p_iq p_qj)², with p_ij the share of the
        tie to j in the strength of i. The sum over q is one over the triangles of the graph, of which each
        is found once, from its node of least degree: at most m^1.5 pairs of ties are looked at.

    References
    ----------
    Burt, R. S. (2004). Structural holes and good ideas. American Journal of Sociology 110(2), 349-399.
    doi:10.1086/421787
    Chiba, N. and Nishizeki, T. (1985). Arboricity and subgraph listing algorithms. SIAM Journal on Computing
    14(1), 210-223. doi:10.1137/0214017
    """
    size, degrees = len(found.nodes), np.diff(found.starts)
    totals = np.bincount(found.origins, found.weights, minlength=size)
    low, high, weights = _outward(found, degrees)
    through = np.zeros(len(low))
    for first, second, third in _triangles(low, high, size):
        own, middle = weights[first], weights[second]
        outer = weights[third]
        # A triangle adds to each of its ties what runs through the node opposite.
        for tie, product, node in (
            (third, own * middle, low[first]),
            (second, own * outer, high[first]),
            (first, middle * outer, high[second]),
        ):
            through += np.bincount(tie, product / totals[node], minlength=len(low))
    invested = (weights + through) ** 2
    sums = np.bincount(low, invested, minlength=size) + np.bincount(high, invested, minlength=size)
    numbers: Matrix = np.divide(sums, totals**2, out=np.full(size, np.nan), where=totals > 0)
    return numbers


def _outward(found: Arrays, degrees: Places) -> tuple[Places, Places, Matrix]:
    """Return every tie once, from its end of lower degree, in order of that end and then of the other."""
    rank = np.empty(len(degrees), dtype=np.int64)
    rank[np.lexsort((np.arange(len(degrees)), degrees))] = np.arange(len(degrees))
    chosen = np.flatnonzero(rank[found.origins] < rank[found.ends])
    low, high = found.origins[chosen].astype(np.int64), found.ends[chosen].astype(np.int64)
    order = np.lexsort((rank[high], low))
    return low[order], high[order], found.weights[chosen][order]


def _triangles(low: Places, high: Places, size: int) -> Iterable[tuple[Places, Places, Places]]:
    """Yield the triangles of a graph in parts: two ties of the lowest node, and the tie that closes them."""
    ends = np.searchsorted(low, low, side="right")
    later = ends - np.arange(len(low)) - 1
    before = np.zeros(len(low) + 1, dtype=np.int64)
    np.cumsum(later, out=before[1:])
    find = _finder(low, high, size)
    at = 0
    while at < len(low):
        end = max(at + 1, int(np.searchsorted(before, before[at] + _PAIRS, side="right")) - 1)
        first = np.repeat(np.arange(at, end), later[at:end])
        second = first + 1 + np.arange(len(first)) - (before[first] - before[at])
        third = find(high[first], high[second])
        closed = np.flatnonzero(third >= 0)
        yield first[closed], second[closed], third[closed]
        at = end


def _finder(low: Places, high: Places, size: int) -> Any:
    """Return a function from two nodes, the one of lower rank first, to the number of their tie or −1."""
    if size <= _TABLE:
        table = np.full((size, size), -1, dtype=np.int32)
        table[low, high] = np.arange(len(low))
        return lambda one, other: table[one, other].astype(np.int64)
    keys = low * size + high
    order = np.argsort(keys)
    keys = keys[order]

    def find(one: Places, other: Places) -> Places:
        wanted = one * size + other
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, order[places], -1)

    return find
