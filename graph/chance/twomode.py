"""Computes the centralities of many two-mode graphs of one size at once, each given as a matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.chance.nullmodel import Matrix
from graph.chance.sampling import Block

#: Matrices worked on at a time, so that what is needed at once stays in the processor's cache.
AT_ONCE = 2

#: Damping of PageRank.
DAMPING = 0.85


@dataclass(frozen=True)
class Sizes:
    """How many nodes of each mode the graphs count as having, k long each."""

    rows: Matrix
    columns: Matrix

    @property
    def nodes(self) -> Matrix:
        """Return the nodes of both modes."""
        return self.rows + self.columns


def centralities(block: Block, measure: str, *, drop_isolates: bool = False) -> Matrix:
    """Return the values of a measure for every node of every graph.

    Parameters
    ----------
    block
        k × rows × columns of truth values: k two-mode graphs over the same nodes.
    measure
        A key of `KERNELS`; the values are those of the two-mode form in `graph.measures.catalogue`.
    drop_isolates
        Whether nodes without ties count as absent, so that they do not enter the normalisation. Their
        value is 0.

    Returns
    -------
    ndarray
        k × (rows + columns): rows first.
    """
    kernel = KERNELS[measure]
    found = np.zeros((len(block), block.shape[1] + block.shape[2]))
    for at in range(0, len(block), AT_ONCE):
        part = block[at : at + AT_ONCE]
        if not drop_isolates:
            whole = part.astype(float)
            found[at : at + AT_ONCE] = kernel(whole, _sizes(whole, drop_isolates))
            continue
        rows, columns = part.any(axis=(0, 2)), part.any(axis=(0, 1))
        if rows.any():  # what has no tie in any of the graphs need not be computed with
            kept = part[:, rows][:, :, columns].astype(float)
            places = np.flatnonzero(np.concatenate([rows, columns]))
            found[at : at + AT_ONCE, places] = kernel(kept, _sizes(kept, drop_isolates))
    if drop_isolates:
        found[~np.concatenate([block.any(axis=2), block.any(axis=1)], axis=1)] = 0.0
    return found


def raw_betweenness(part: Matrix) -> Matrix:
    """Return the betweenness of every node of k two-mode graphs, each pair of nodes counted once.

    Parameters
    ----------
    part
        k × rows × columns of 0 and 1.

    Returns
    -------
    ndarray
        k × (rows + columns), not normalised.

    References
    ----------
    Brandes, U. (2001). A faster algorithm for betweenness centrality. Journal of Mathematical Sociology
    25(2), 163-177. doi:10.1080/0022250X.2001.9990249. All sources of all graphs go at once, level by
    level; in a two-mode graph a level holds nodes of one mode only.
    """
    turned = part.transpose(0, 2, 1)
    of_rows, of_columns = _through(part)
    of_columns_too, of_rows_too = _through(turned)
    return np.concatenate([of_rows + of_rows_too, of_columns + of_columns_too], axis=1) / 2


def _sizes(part: Matrix, drop_isolates: bool) -> Sizes:
    if drop_isolates:
        return Sizes(part.any(axis=2).sum(axis=1) * 1.0, part.any(axis=1).sum(axis=1) * 1.0)
    rows, columns = part.shape[1:]
    return Sizes(np.full(len(part), float(rows)), np.full(len(part), float(columns)))


def _steps(part: Matrix) -> list[Matrix]:
    """Walk outwards from every row of every graph at once.

    Returns
    -------
    list of ndarray
        For each number of steps from 0, k × rows × rows or, if it is odd, k × rows × columns: how many
        shortest paths lead to what is so far away, and 0 for all else.
    """
    k, rows = part.shape[:2]
    turned = np.ascontiguousarray(part.transpose(0, 2, 1))
    own = np.broadcast_to(np.eye(rows), (k, rows, rows))
    left = [1.0 - own, 1.0 - part]  # 1 for what was not reached yet, on either side
    found, front = [own, part], part
    while True:
        side = len(found) % 2
        front = front @ (part if side else turned)
        front *= left[side]
        if not front.any():
            return found
        found.append(front)
        left[side] -= np.minimum(front, 1.0)


def _through(part: Matrix) -> tuple[Matrix, Matrix]:
    """Return how much of the shortest paths from all rows runs through each row and each column."""
    paths = _steps(part)
    turned = np.ascontiguousarray(part.transpose(0, 2, 1))
    totals = [np.zeros(part.shape[:2]), np.zeros((len(part), part.shape[2]))]
    further: Matrix | None = None  # how much runs through each node that is so many steps away
    for step in range(len(paths) - 1, 1, -1):
        # one over the number of paths where there are any, and 0 elsewhere: much quicker than by a choice
        outer = np.minimum(paths[step], 1.0)
        outer /= np.maximum(paths[step], 1.0)
        if further is not None:
            further += 1.0
            outer *= further
        further = outer @ (turned if step % 2 else part)
        further *= paths[step - 1]
        totals[1 - step % 2] += further.sum(axis=1)
    return totals[0], totals[1]


def _degree(part: Matrix, sizes: Sizes) -> Matrix:
    return np.concatenate(
        [
            part.sum(axis=2) / np.maximum(sizes.columns, 1)[:, None],
            part.sum(axis=1) / np.maximum(sizes.rows, 1)[:, None],
        ],
        axis=1,
    )


def _betweenness(part: Matrix, sizes: Sizes) -> Matrix:
    rows = part.shape[1]
    raw = raw_betweenness(part)
    raw[:, :rows] /= _greatest(sizes.rows, sizes.columns)[:, None]
    raw[:, rows:] /= _greatest(sizes.columns, sizes.rows)[:, None]
    return raw


def _greatest(own: Matrix, other: Matrix) -> Matrix:
    """Return the greatest betweenness a node of a mode can have (Borgatti and Everett, 1997)."""
    most = np.ones(len(own))
    for at, (first, second) in enumerate(zip(own, other, strict=True)):
        if first >= 1 and second >= 1:
            s, t = divmod(first - 1, second)
            value = second**2 * (s + 1) ** 2 + second * (s + 1) * (2 * t - s - 1) - t * (2 * s - t + 3)
            most[at] = value / 2 or 1.0
    return most


def _closeness(part: Matrix, sizes: Sizes) -> Matrix:
    rows = _closeness_of_rows(part, sizes)
    turned = np.ascontiguousarray(part.transpose(0, 2, 1))
    columns = _closeness_of_rows(turned, Sizes(sizes.columns, sizes.rows))
    return np.concatenate([rows, columns], axis=1)


def _closeness_of_rows(part: Matrix, sizes: Sizes) -> Matrix:
    reached = [(paths > 0).sum(axis=2) for paths in _steps(part)]
    own, other = sum(reached[::2]), sum(reached[1::2])
    total = sum(step * many for step, many in enumerate(reached))
    share = (own + other - 1) / np.maximum(sizes.nodes - 1, 1)[:, None]
    least = other + 2.0 * (own - 1)
    return np.asarray(np.divide(share * least, total, out=np.zeros_like(share), where=total > 0))


def _pagerank(part: Matrix, sizes: Sizes) -> Matrix:
    """Solve for PageRank exactly; only a system of the size of the second mode has to be solved."""
    row_sums, column_sums = part.sum(axis=2), part.sum(axis=1)
    from_rows = part / np.maximum(row_sums, 1)[:, :, None]
    from_columns = part / np.maximum(column_sums, 1)[:, None, :]
    turned = from_rows.transpose(0, 2, 1)
    system = np.eye(part.shape[2]) - DAMPING**2 * (turned @ from_columns)
    right = 1.0 + DAMPING * turned.sum(axis=2)
    columns: Matrix = np.linalg.solve(system, right[..., None])[..., 0]
    rows = 1.0 + DAMPING * (from_columns @ columns[..., None])[..., 0]
    found = np.concatenate([rows, columns], axis=1)
    present = np.concatenate([row_sums > 0, column_sums > 0], axis=1)
    counted = np.where((sizes.nodes < found.shape[1])[:, None], found * present, found)
    total = counted.sum(axis=1, keepdims=True)
    # A network without any node sums to nothing.
    return np.asarray(counted / np.where(total > 0, total, 1.0))


def _eigenvector(part: Matrix, sizes: Sizes) -> Matrix:
    """Take the leading singular vectors of each component, weighted by the component's share of nodes."""
    whole = np.zeros((len(part), part.shape[1] + part.shape[2]))
    for matrix, size, values in zip(part, sizes.nodes, whole, strict=True):
        for rows, columns in _components(matrix):
            inner = matrix[np.ix_(rows, columns)]
            vector = np.abs(np.linalg.eigh(inner.T @ inner)[1][:, -1])
            share = (len(rows) + len(columns)) / size / np.sqrt(2.0)
            other = inner @ vector
            values[rows] = other / np.linalg.norm(other) * share
            values[matrix.shape[0] + columns] = vector * share
    return whole


def _components(matrix: Matrix) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the rows and the columns of every component that has ties."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = matrix.shape
    first, second = np.nonzero(matrix)
    ties = csr_array((np.ones(len(first)), (first, rows + second)), shape=(rows + columns,) * 2)
    label = connected_components(ties, directed=False)[1]
    return [
        (np.flatnonzero(label[:rows] == each), np.flatnonzero(label[rows:] == each))
        for each in np.unique(label[first])
    ]


#: Measures computed for many graphs at once, by name.
KERNELS: dict[str, Callable[[Matrix, Sizes], Matrix]] = {
    "degree": _degree,
    "betweenness": _betweenness,
    "closeness": _closeness,
    "eigenvector": _eigenvector,
    "pagerank": _pagerank,
}
