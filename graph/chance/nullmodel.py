"""Tells which overlaps in a two-mode graph are larger than chance: the bipartite configuration model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadValue
from graph.threads import one_thread

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]

#: The greatest difference allowed between an expected degree and the observed one.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Overlaps:
    """The overlap of every pair of rows of a two-mode matrix, tested against the null model.

    Pairs of rows of the same sums are of one kind; those of one kind with the same overlap are one case.

    Attributes
    ----------
    first, second
        Row numbers of each pair, first < second.
    shared
        Columns that both rows have.
    kind, case
        The numbers of the kind and of the case of each pair.
    expected_of_kind, p_of_case, q_of_case
        What `expected`, `p` and `q` are for all pairs of a kind or of a case.
    """

    first: Counts
    second: Counts
    shared: Counts
    kind: Counts
    case: Counts
    expected_of_kind: Matrix
    p_of_case: Matrix
    q_of_case: Matrix

    @cached_property
    def expected(self) -> Matrix:
        """The overlap of each pair that the null model expects."""
        return self.expected_of_kind[self.kind]

    @cached_property
    def p(self) -> Matrix:
        """The probability of an overlap of each pair at least as large under the null model."""
        return self.p_of_case[self.case]

    @cached_property
    def q(self) -> Matrix:
        """The same, adjusted for the number of pairs (Benjamini and Hochberg, 1995)."""
        return self.q_of_case[self.case]

    def unlikely(self, rate: float) -> NDArray[np.int64]:
        """Return the places of the pairs whose q is at most a rate."""
        cases = self.q_of_case <= rate
        return np.flatnonzero(cases[self.case]) if cases.any() else np.zeros(0, dtype=np.int64)


def tie_probabilities(matrix: Matrix) -> Matrix:
    """Return the probability of each tie in the bipartite configuration model.

    The model is the distribution of greatest entropy over all 0-1 matrices in which every row and
    every column has its observed sum on average; ties are then independent of one another.

    Parameters
    ----------
    matrix
        Rows × columns of 0 and 1.

    Returns
    -------
    ndarray
        Rows × columns of probabilities. Rows and columns that are empty or full are certain.

    Raises
    ------
    BadValue
        The matrix holds something other than 0 and 1.

    References
    ----------
    Saracco, F., Di Clemente, R., Gabrielli, A. and Squartini, T. (2015). Randomizing bipartite
    networks: the case of the World Trade Web. Scientific Reports 5, 10595. doi:10.1038/srep10595
    """
    if not np.isin(matrix, (0, 1)).all():
        raise BadValue(
            "A two-mode matrix holds something other than 0 and 1.",
            remedy="Each affiliation counts once.",
            code="not-binary",
        )
    certain, rows, columns = _settle(matrix)
    if rows.any() and columns.any():
        inner = matrix[np.ix_(rows, columns)]
        certain[np.ix_(rows, columns)] = _fit(inner.sum(axis=1), inner.sum(axis=0))
    return certain


def overlaps(matrix: Matrix) -> Overlaps:
    """Return the overlap of every pair of rows with its probability under the null model.

    Parameters
    ----------
    matrix
        Rows × columns of 0 and 1.

    Returns
    -------
    Overlaps
        One entry for each of the r(r − 1)/2 pairs of rows. The overlap of two rows is a sum of
        independent ties with unequal probabilities; its distribution (Poisson binomial) is computed
        exactly, by convolution, once for each pair of row sums.

    References
    ----------
    Saracco, F., Straka, M. J., Di Clemente, R., Gabrielli, A., Caldarelli, G. and Squartini, T. (2017).
    Inferring monopartite projections of bipartite networks. New Journal of Physics 19, 053022.
    doi:10.1088/1367-2630/aa6b38
    """
    first, second, place = _pairs(len(matrix))
    with one_thread():
        shared = np.rint((matrix @ matrix.T).take(place)).astype(np.int64)
        probabilities = tie_probabilities(matrix)
    _, sample, kind = np.unique(matrix.sum(axis=1), return_index=True, return_inverse=True)
    one, other = np.triu_indices(len(sample))
    joint = probabilities[sample][one] * probabilities[sample][other]
    tails = upper_tails(joint)
    number = np.zeros((len(sample), len(sample)), dtype=np.int64)  # of each pair of sums
    number[one, other] = number[other, one] = np.arange(len(one))
    both = number.take(kind, axis=0).take(kind, axis=1).take(place)
    case = both * tails.shape[1] + shared
    p, q = tails.ravel(), _adjusted_cases(tails.ravel(), np.bincount(case, minlength=tails.size))
    return Overlaps(first, second, shared, both, case, joint.sum(axis=1), p, q)


def _adjusted_cases(p: Matrix, many: Counts) -> Matrix:
    """Return p-values of cases, each of which occurs so many times, adjusted as `adjusted` does."""
    occurring = np.flatnonzero(many)
    order = occurring[np.argsort(p[occurring])]
    # of equal values the last rank counts, since the least of what follows does
    scaled = p[order] * many.sum() / np.cumsum(many[order])
    found = np.ones_like(p)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


@lru_cache(maxsize=8)
def _pairs(size: int) -> tuple[Counts, Counts, Counts]:
    """Return the rows of each pair and its place in a matrix of all, which are not to be changed."""
    first, second = np.triu_indices(size, k=1)
    return first, second, first * size + second


def upper_tails(probabilities: Matrix) -> Matrix:
    """Return P(X ≥ k) for sums X of independent trials with unequal probabilities.

    Parameters
    ----------
    probabilities
        Any shape; the last axis holds the c trials of one sum.

    Returns
    -------
    ndarray
        The same shape with c + 1 values on the last axis, for k = 0 … c.
    """
    trials = probabilities.shape[-1]
    # Values of k come first: what is added to at a time then lies together.
    mass = np.zeros((trials + 1, *probabilities.shape[:-1]))
    mass[0] = 1.0
    for trial in range(trials):
        risen = mass[: trial + 1] * probabilities[..., trial]
        mass[: trial + 1] -= risen
        mass[1 : trial + 2] += risen
    tails = np.minimum(np.maximum(mass, 0.0, out=mass)[::-1].cumsum(axis=0)[::-1], 1.0)
    return np.ascontiguousarray(np.moveaxis(tails, 0, -1))


def adjusted(p: Matrix) -> Matrix:
    """Return p-values adjusted so that those at most α have a false-discovery rate of at most α.

    Parameters
    ----------
    p
        m p-values.

    Returns
    -------
    ndarray
        m adjusted values in the same order.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1), 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    return _adjusted_cases(p, np.ones(len(p), dtype=np.int64))


def _settle(matrix: Matrix) -> tuple[Matrix, NDArray[np.bool_], NDArray[np.bool_]]:
    """Fill in what is certain: full and empty rows and columns, again until none is left."""
    certain = np.zeros_like(matrix, dtype=float)
    rows = np.ones(matrix.shape[0], dtype=bool)
    columns = np.ones(matrix.shape[1], dtype=bool)
    while True:
        inner = matrix[np.ix_(rows, columns)]
        fixed_rows = _without_choice(inner, axis=1)
        fixed_columns = _without_choice(inner, axis=0)
        if inner.size == 0 or not (fixed_rows.any() or fixed_columns.any()):
            return certain, rows, columns
        row_numbers, column_numbers = np.flatnonzero(rows), np.flatnonzero(columns)
        certain[np.ix_(row_numbers[fixed_rows], column_numbers)] = inner[fixed_rows]
        certain[np.ix_(row_numbers, column_numbers[fixed_columns])] = inner[:, fixed_columns]
        rows[row_numbers[fixed_rows]] = False
        columns[column_numbers[fixed_columns]] = False


def _without_choice(inner: Matrix, axis: int) -> NDArray[np.bool_]:
    sums = inner.sum(axis=axis)
    found: NDArray[np.bool_] = (sums == 0) | (sums == inner.shape[axis])
    return found


def _fit(row_sums: Matrix, column_sums: Matrix) -> Matrix:
    """Solve for the model by Newton's method; rows (columns) with equal sums share a parameter."""
    rows, row_kind, row_many = np.unique(row_sums, return_inverse=True, return_counts=True)
    columns, column_kind, column_many = np.unique(column_sums, return_inverse=True, return_counts=True)
    # No row or column is empty or full, so that all shares have log-odds; those of independent rows and
    # columns are near the solution.
    mean = _log_odds(row_sums.mean() / len(column_sums)) / 2
    shares = np.concatenate([rows / len(column_sums), columns / len(row_sums)])
    start = _log_odds(shares) - mean
    solved = _newton(start, rows, row_many.astype(float), columns, column_many.astype(float))
    chances = _logistic(solved[: len(rows), None] + solved[None, len(rows) :])
    return chances[np.ix_(row_kind, column_kind)]


def _newton(theta: Matrix, rows: Matrix, row_many: Matrix, columns: Matrix, column_many: Matrix) -> Matrix:
    split = len(rows)
    for _ in range(200):
        chances = _logistic(theta[:split, None] + theta[None, split:])
        gap = np.concatenate([chances @ column_many - rows, row_many @ chances - columns])
        if np.abs(gap).max() < TOLERANCE:
            break
        slope = np.concatenate([row_many, column_many]) * gap
        # To add a number to the parameters of the rows and take it from those of the columns changes
        # nothing, so that the last can stay as it is.
        step = np.zeros_like(theta)
        step[:-1] = np.linalg.solve(_curvature(chances, row_many, column_many)[:-1, :-1], slope[:-1])
        theta = theta - step * min(1.0, 2.0 / np.abs(step).max())
    return theta


def _curvature(chances: Matrix, row_many: Matrix, column_many: Matrix) -> Matrix:
    spread = chances * (1.0 - chances) * row_many[:, None] * column_many[None, :]
    split = len(row_many)
    found = np.diag(np.concatenate([spread.sum(axis=1), spread.sum(axis=0)]))
    found[:split, split:], found[split:, :split] = spread, spread.T
    return found


def _log_odds(share: Any) -> Any:
    return np.log(share / (1.0 - share))


def _logistic(x: Matrix) -> Matrix:
    found: Matrix = 0.5 * (1.0 + np.tanh(0.5 * x))
    return found
