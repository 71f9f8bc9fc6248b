"""Measures agreement in many tables of votes at once, and its exact distribution for every pair."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from graph.chance.ballots import ABSTAINED, NO, NONE, YES, Votes, chances
from graph.chance.nullmodel import Counts, Matrix
from graph.chance.sampling import BICM, Plan

Mask = NDArray[np.bool_]

#: Elements of an array of distributions worked on at a time.
_ELEMENTS = 6_000_000


def halves(tables: Votes) -> NDArray[np.float32]:
    """Return how much each pair of states agreed, in halves of a vote.

    Parameters
    ----------
    tables
        k × states × roll calls, as in `graph.chance.ballots.Ballots`.

    Returns
    -------
    ndarray
        k × states × states of whole numbers: over the roll calls in which both voted, the sum of 2 for the
        same vote, 1 when one of the two abstained, 0 for yes against no.
    """
    voted = (tables != NONE).astype(np.float32)
    # Two thresholds of a vote, each ±1: alike on both is agreement, unlike on one is half of it.
    upper = np.where(tables == NONE, 0, np.where(tables >= YES, 1, -1)).astype(np.float32)
    lower = np.where(tables == NONE, 0, np.where(tables >= ABSTAINED, 1, -1)).astype(np.float32)
    whole = np.concatenate([upper, lower], axis=2)
    found: NDArray[np.float32] = 0.5 * (whole @ whole.transpose(0, 2, 1)) + voted @ voted.transpose(0, 2, 1)
    return found


def shared(cast: Votes) -> Counts:
    """Return the number of roll calls in which each pair of states voted; 0 on the diagonal."""
    voted = (cast != NONE).astype(np.float32)
    found: Counts = np.rint(voted @ voted.T).astype(np.int64)
    np.fill_diagonal(found, 0)
    return found


class Summed:
    """Agreement of states with a group, within groups and across them, of many tables at once.

    Parameters
    ----------
    votes_shared
        States × states.
    enough
        States × states: which pairs share enough votes to count.
    others
        States: whose agreement with a state makes the measure of that state.
    members
        Groups × states.
    """

    def __init__(self, votes_shared: Counts, enough: Mask, others: Mask, members: Mask) -> None:
        self._scale = np.where(enough, 0.5 / np.maximum(votes_shared, 1), 0.0)
        self._others, self._members = others.astype(float), members.astype(float)
        self.partners = enough.astype(np.int64) @ others
        inside = self._members @ enough.astype(float) @ self._members.T
        self.pairs = [int(inside[g, g]) // 2 for g in range(len(members))]
        self.across = int(inside[0, 1]) if len(members) == 2 else 0

    def states(self, agreed: NDArray[np.float32]) -> Matrix:
        """Return the mean agreement of each state with the others, k × states; 0 where it has none."""
        found: Matrix = (agreed * self._scale) @ self._others / np.maximum(self.partners, 1)
        return found

    def groups(self, agreed: NDArray[np.float32]) -> Matrix:
        """Return k × (mean agreement within each group, across the first two, modularity)."""
        between = self._members @ (agreed * self._scale) @ self._members.T
        own = np.diagonal(between, axis1=1, axis2=2)
        within = own / np.maximum(2 * np.array(self.pairs), 1)
        total = np.maximum(between.sum(axis=(1, 2)), 1e-300)[:, None]
        modularity = (own / total - (between.sum(axis=2) / total) ** 2).sum(axis=1)
        across = between[:, 0, 1] / max(self.across, 1) if len(self._members) == 2 else 0 * modularity
        found: Matrix = np.column_stack([within, across, modularity])
        return found


class CountedAgreements:
    """Counts, pair by pair, the samples in which agreement is at least, and at most, as large as observed.

    Parameters
    ----------
    observed
        States × states of agreement in halves.
    pairs
        The places of the first and of the second state of each pair.
    """

    def __init__(self, observed: NDArray[np.float32], pairs: tuple[Counts, Counts]) -> None:
        self._flat = pairs[0] * len(observed) + pairs[1]
        self._observed = observed.ravel()[self._flat]
        self._above, self._below = np.zeros((2, len(self._flat)), dtype=np.int64)
        self._sum, self._squares = np.zeros((2, len(self._flat)))
        self._samples = 0

    def add(self, agreed: NDArray[np.float32]) -> None:
        """Count some samples, k × states × states of agreement in halves."""
        found = agreed.reshape(len(agreed), -1)[:, self._flat]
        self._samples += len(found)
        self._above += (found >= self._observed).sum(axis=0)
        self._below += (found <= self._observed).sum(axis=0)
        self._sum += found.sum(axis=0, dtype=np.float64)
        self._squares += (found.astype(np.float64) ** 2).sum(axis=0)

    def distribution(self) -> tuple[Matrix, Matrix, Matrix]:
        """Return the mean and the deviation of each pair's agreement in halves, and its two-sided p."""
        mean = self._sum / self._samples
        spread = np.sqrt(np.maximum(self._squares / self._samples - mean**2, 0.0))
        p = 2.0 * (np.minimum(self._above, self._below) + 1) / (self._samples + 1)
        return mean, spread, np.minimum(p, 1.0)


def exactly(cast: Votes, pairs: tuple[Counts, Counts], plan: Plan) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Return the exact distribution of every pair's agreement where votes are independent between calls.

    Parameters
    ----------
    cast
        States × roll calls.
    pairs
        The places of the first and of the second state of each pair.
    plan
        ``permuted`` or ``bicm``.

    Returns
    -------
    mean, deviation, p, best
        Of each pair's agreement in halves; p is two-sided, twice the smaller tail; the p that the pair would
        have if it had always agreed or always disagreed, whichever is smaller.
    """
    observed = np.rint(halves(cast[None])[0]).astype(np.int64)[pairs]
    found: list[Matrix] = []
    for part, (same, apart) in _odds(cast, pairs, plan.model == BICM):
        both = (cast[pairs[0][part]] != NONE) & (cast[pairs[1][part]] != NONE)
        mass = _convolved(same, apart, both)
        sizes, most = np.arange(mass.shape[1]), 2 * both.sum(axis=1)
        ends = np.minimum(mass[np.arange(len(mass)), most], mass[:, 0])
        mean = mass @ sizes
        spread = np.sqrt(np.maximum(mass @ sizes**2 - mean**2, 0.0))
        own = observed[part, None]
        below = np.where(sizes <= own, mass, 0.0).sum(axis=1)
        above = np.where(sizes >= own, mass, 0.0).sum(axis=1)
        p = np.minimum(1.0, 2.0 * np.minimum(below, above))
        found.append(np.stack([mean, spread, p, 2.0 * ends]))
    mean, spread, p, best = np.concatenate(found, axis=1) if found else np.zeros((4, 0))
    return mean, spread, p, best


def _odds(
    cast: Votes, pairs: tuple[Counts, Counts], own: bool
) -> Iterator[tuple[slice, tuple[Matrix, Matrix]]]:
    """Yield, for some pairs at a time, the odds on each roll call of the same vote, and of yes against no."""
    calls = cast.shape[1]
    step = max(1, _ELEMENTS // max(1, (2 * calls + 1) * 3))
    tally = np.array([(cast == way).sum(axis=0) for way in (NO, ABSTAINED, YES)], dtype=float)
    total = np.maximum(tally.sum(axis=0), 2.0)
    dealt = total * (total - 1)
    same, apart = (tally * (tally - 1)).sum(axis=0) / dealt, 2 * tally[0] * tally[2] / dealt
    each = chances(cast) if own else None
    for at in range(0, len(pairs[0]), step):
        part = slice(at, at + step)
        if each is None:
            yield part, (same[None], apart[None])
            continue
        one, other = each[pairs[0][part]], each[pairs[1][part]]
        opposed = one[..., 0] * other[..., 2] + one[..., 2] * other[..., 0]
        yield part, ((one * other).sum(axis=2), opposed)


def _convolved(same: Matrix, apart: Matrix, both: Mask) -> Matrix:
    """Return the distribution of the sum over roll calls of 2, 1 or 0, for each pair."""
    pairs, calls = both.shape
    mass = np.zeros((pairs, 2 * calls + 1))
    mass[:, 0] = 1.0
    for call in range(calls):
        two = np.where(both[:, call], np.broadcast_to(same, (len(same), calls))[:, call], 0.0)[:, None]
        none = np.where(both[:, call], np.broadcast_to(apart, (len(apart), calls))[:, call], 1.0)[:, None]
        top = 2 * call + 1
        held = mass[:, :top].copy()
        mass[:, :top] = held * none
        mass[:, 1 : top + 1] += held * np.maximum(1.0 - two - none, 0.0)
        mass[:, 2 : top + 2] += held * two
    return mass
