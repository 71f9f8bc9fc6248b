"""Tests the overlap of every pair of rows of a two-mode matrix against samples of a null model."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np

from graph.chance.nullmodel import Counts, Matrix, tie_probabilities, upper_tails
from graph.chance.outcome import Pairs, PairTest, Test, tests_of
from graph.chance.sampling import Block
from graph.networks.building import FALSE_DISCOVERY_RATE

#: Elements of an array of overlaps worked on at a time.
_ELEMENTS = 4_000_000

NO_PAIRS = Pairs(0, 0, None, None, None, 0, ())


class CountedOverlaps:
    """Counts how often every overlap occurs, for pairs of rows with the same two sums.

    Parameters
    ----------
    matrix
        Rows × columns of 0 and 1.
    exact
        Test by the bipartite configuration model itself (`exactly`) instead of by samples.

    Under either null model rows with equal sums are exchangeable, so the overlaps of all pairs with the
    same two sums have one distribution, and the samples of all of them count for each.
    """

    def __init__(self, matrix: Matrix, *, exact: bool = False) -> None:
        self._matrix, self._exact = matrix, exact
        self._first, self._second = np.triu_indices(len(matrix), k=1)
        _, kind = np.unique(matrix.sum(axis=1), return_inverse=True)
        low, high = (
            np.minimum(kind[self._first], kind[self._second]),
            np.maximum(kind[self._first], kind[self._second]),
        )
        _, self._class = np.unique(low * (kind.max(initial=0) + 1) + high, return_inverse=True)
        self._bins = matrix.shape[1] + 1
        classes = int(self._class.max(initial=-1)) + 1
        self._counts = np.zeros(classes * self._bins, dtype=np.int64)
        self._places = self._first * len(matrix) + self._second
        self._offsets = (self._class * self._bins).astype(np.int32)

    def add(self, block: Block) -> None:
        """Count the overlaps of some samples."""
        if self._exact or not len(self._first):
            return
        step = max(1, _ELEMENTS // len(self._matrix) ** 2)
        for at in range(0, len(block), step):
            part = block[at : at + step].astype(np.float32)
            every = (part @ part.transpose(0, 2, 1)).reshape(len(part), -1)
            shared = every.take(self._places, axis=1).astype(np.int32)
            shared += self._offsets
            self._counts += np.bincount(shared.ravel(), minlength=len(self._counts))

    def tested(self, states: Sequence[str], graph: nx.Graph) -> Pairs:
        """Return the tests of all pairs, given the codes of the rows and the graph that labels them."""
        number = len(self._first)
        if number == 0:
            return NO_PAIRS
        tests = exactly(self._matrix) if self._exact else self._tests()
        return sorted_pairs(states, graph, (self._first, self._second), tests, self._able())

    def _tests(self) -> list[Test]:
        counts = self._counts.reshape(-1, self._bins)
        total = counts.sum(axis=1)
        sizes = np.arange(self._bins)
        mean = counts @ sizes / total
        deviation = np.sqrt(np.maximum(counts @ sizes**2 / total - mean**2, 0.0))
        deviation[(counts > 0).sum(axis=1) < 2] = 0.0
        shared = np.rint(self._matrix @ self._matrix.T).astype(np.int64)[self._first, self._second]
        below = counts.cumsum(axis=1)[self._class, shared]
        above = counts[:, ::-1].cumsum(axis=1)[:, ::-1][self._class, shared]
        p = np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1) / (total[self._class] + 1))
        return tests_of(shared.astype(float), mean[self._class], deviation[self._class], p)

    def _able(self) -> int:
        """Count the pairs whose largest possible overlap has a probability small enough to stand alone."""
        sums, sample, kind = np.unique(self._matrix.sum(axis=1), return_index=True, return_inverse=True)
        chances = tie_probabilities(self._matrix)[sample]
        tails = upper_tails(chances[:, None, :] * chances[None, :, :])
        most = np.minimum(sums[:, None], sums[None, :]).astype(np.int64)
        least = np.take_along_axis(tails, most[..., None], axis=2)[..., 0]
        reached = least[kind[self._first], kind[self._second]] <= FALSE_DISCOVERY_RATE / len(self._first)
        return int(reached.sum())


def exactly(matrix: Matrix) -> list[Test]:
    """Return the two-sided test of the overlap of every pair of rows in the bipartite configuration model.

    Parameters
    ----------
    matrix
        Rows × columns of 0 and 1.

    Returns
    -------
    list of Test
        One for each of the r(r − 1)/2 pairs. An overlap is a sum of independent ties with unequal
        probabilities (Poisson binomial); p is twice its smaller tail, computed without sampling.

    References
    ----------
    Saracco, F., Straka, M. J., Di Clemente, R., Gabrielli, A., Caldarelli, G. and Squartini, T. (2017).
    Inferring monopartite projections of bipartite networks. New Journal of Physics 19, 053022.
    doi:10.1088/1367-2630/aa6b38
    """
    first, second = np.triu_indices(len(matrix), k=1)
    shared = np.rint(matrix @ matrix.T).astype(np.int64)[first, second]
    _, sample, kind = np.unique(matrix.sum(axis=1), return_index=True, return_inverse=True)
    chances = tie_probabilities(matrix)[sample]
    joint = chances[:, None, :] * chances[None, :, :]
    tails = upper_tails(joint)
    tails = np.concatenate([tails, np.zeros((*tails.shape[:2], 1))], axis=2)
    above = tails[kind[first], kind[second], shared]
    below = 1.0 - tails[kind[first], kind[second], shared + 1]
    mean, spread = joint.sum(axis=2), np.sqrt((joint * (1.0 - joint)).sum(axis=2))
    p = np.minimum(1.0, 2.0 * np.minimum(above, below))
    return tests_of(
        shared.astype(float), mean[kind[first], kind[second]], spread[kind[first], kind[second]], p
    )


def sorted_pairs(
    states: Sequence[str],
    graph: nx.Graph,
    places: tuple[Counts, Counts],
    tests: Sequence[Test],
    able: int,
) -> Pairs:
    """Return the tests of pairs in order of q.

    Parameters
    ----------
    states
        Codes of the rows.
    graph
        Gives the label of each.
    places
        The row of the first, and of the second, of each pair.
    tests
        One for each pair.
    able
        Pairs that could be significant by themselves.
    """
    if not tests:
        return NO_PAIRS
    first, second = places
    q = np.array([1.0 if test.q is None else test.q for test in tests])
    z = np.array([0.0 if test.z is None else test.z for test in tests])
    labels = [graph.nodes[state]["label"] for state in states]

    def row(pair: int) -> PairTest:
        a, b = int(first[pair]), int(second[pair])
        return PairTest(states[a], states[b], (labels[a], labels[b]), tests[pair])

    return Pairs(
        tested=len(tests),
        significant=int((q <= FALSE_DISCOVERY_RATE).sum()),
        least_p=min((test.p for test in tests if test.p is not None), default=None),
        least_q=float(q.min()),
        lone=FALSE_DISCOVERY_RATE / len(tests),
        able=able,
        rows=tuple(row(pair) for pair in np.lexsort((second, first, -z, q)).tolist()),
    )
