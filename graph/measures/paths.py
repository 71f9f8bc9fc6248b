"""Counts shortest paths between all pairs of nodes, and the share that runs through each node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class ShortestPaths:
    """The shortest paths from k of the n nodes of an undirected graph in which every tie is one step long.

    Attributes
    ----------
    ties
        The adjacency matrix, n × n, of 0 and 1.
    sources
        The places of the k nodes.
    steps
        The number of ties on a shortest path, k × n; −1 where there is no path.
    counts
        How many shortest paths there are, k × n; exact up to 2⁵³.
    """

    ties: Matrix
    sources: NDArray[np.int64]
    steps: NDArray[np.int64]
    counts: Matrix

    def through(self, targets: Matrix) -> Matrix:
        """Return how much of the shortest paths to the targets runs through each node.

        Parameters
        ----------
        targets
            One weight per node, n long: 1 for a node to reach, 0 for any other.

        Returns
        -------
        ndarray
            k × n: in row s and column v, the sum over targets t of the share of the shortest
            paths from s to t that pass v, with v neither s nor t.

        References
        ----------
        Brandes, U. (2001). A faster algorithm for betweenness centrality. Journal of Mathematical
        Sociology 25(2), 163-177. doi:10.1080/0022250X.2001.9990249. Here all sources go at once,
        level by level, from the farthest inwards.
        """
        shares = np.zeros_like(self.counts)
        divisor = np.where(self.counts > 0, self.counts, 1.0)
        for step in range(int(self.steps.max(initial=0)), 0, -1):
            outer = np.where(self.steps == step, (targets[None, :] + shares) / divisor, 0.0)
            shares += np.where(self.steps == step - 1, self.counts * (outer @ self.ties), 0.0)
        shares[np.arange(len(shares)), self.sources] = 0.0
        return shares


def shortest_paths(ties: Matrix, sources: Sequence[int] | None = None) -> ShortestPaths:
    """Return the length and the number of shortest paths between all pairs of nodes, or from some.

    Parameters
    ----------
    ties
        A symmetric adjacency matrix, n × n, of 0 and 1, with an empty diagonal.
    sources
        The places of the nodes that paths begin at; all when None.

    Returns
    -------
    ShortestPaths
        Memory grows with n²: about 50 MB at 1,500 nodes.
    """
    begun = np.arange(len(ties)) if sources is None else np.array(sources, dtype=np.int64)
    counts = np.eye(len(ties))[begun]
    steps = np.where(counts > 0, 0, -1)
    front, step = counts, 0
    while front.any():
        step += 1
        front = np.where(steps < 0, front @ ties, 0.0)
        steps[front > 0] = step
        counts = counts + front
    return ShortestPaths(ties, begun, steps, counts)


def betweenness(ties: Matrix) -> Matrix:
    """Return the raw betweenness of every node, each pair of nodes counted once.

    Parameters
    ----------
    ties
        A symmetric adjacency matrix, n × n, of 0 and 1.

    Returns
    -------
    ndarray
        n values, not normalised.
    """
    if not ties.any():
        return np.zeros(len(ties))
    every = np.ones(len(ties))
    totals: Matrix = shortest_paths(ties).through(every).sum(axis=0) / 2
    return totals


def betweenness_by_distance(distances: Matrix) -> Matrix:
    """Return the raw betweenness of every node where ties differ in length.

    Parameters
    ----------
    distances
        A symmetric matrix, n × n, of whole numbers (0 for no tie): with fractions, equally long
        paths would be told apart by rounding.

    Returns
    -------
    ndarray
        n values, each pair of nodes counted once, not normalised.

    References
    ----------
    Brandes (2001), as in `ShortestPaths.through`, one source at a time.
    """
    reached = dijkstra(distances, directed=False)
    totals = np.zeros(len(distances))
    for source in range(len(distances)):
        totals += _shares_from(source, distances, reached[source])
    return totals / 2


def _shares_from(source: int, distances: Matrix, reached: Matrix) -> Matrix:
    precedes = (distances > 0) & (reached[:, None] + distances == reached[None, :])
    order = [node for node in np.argsort(reached, kind="stable") if np.isfinite(reached[node])][1:]
    counts, shares = np.zeros(len(reached)), np.zeros(len(reached))
    counts[source] = 1.0
    for node in order:
        counts[node] = counts[precedes[:, node]].sum()
    for node in reversed(order):
        before = precedes[:, node]
        shares[before] += counts[before] * (1.0 + shares[node]) / counts[node]
    shares[source] = 0.0
    return shares
