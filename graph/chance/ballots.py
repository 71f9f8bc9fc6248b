"""Draws roll calls at random, keeping who voted, the tallies, and strictly each state's own habits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from graph.chance.nullmodel import Matrix
from graph.chance.sampling import BICM, CHAINS, PERMUTED, REWIRED, Plan, Progress, distinct_keys
from graph.errors import BadValue
from graph.votes.rollcalls import FAVOUR, RollCall

Votes = NDArray[np.int8]

#: How a vote is written: no vote at all, then the ways from no to yes.
WAYS = ("no", "abstained", "yes")
NONE, NO, ABSTAINED, YES = range(4)

#: The greatest difference allowed between an expected tally and the observed one, and how often to try.
TOLERANCE, ROUNDS = 1e-7, 20_000

#: Two states that voted differently: which two ways (0 for alike or not both), and whether in the order
#: no → abstained → yes → no.
_KIND = np.zeros(16, dtype=np.int8)
_ONWARD = np.zeros(16, dtype=bool)
_GIVEN = np.zeros((4, 2), dtype=np.int8)
for _number, (_one, _other) in enumerate(((NO, ABSTAINED), (ABSTAINED, YES), (YES, NO)), start=1):
    _KIND[[4 * _one + _other, 4 * _other + _one]] = _number
    _ONWARD[4 * _one + _other] = True
    _GIVEN[_number] = _other, _one


@dataclass(frozen=True)
class Ballots:
    """Who voted how.

    Attributes
    ----------
    states, calls
        Codes of the states that voted at least once, in order; codes of the roll calls.
    cast
        States × roll calls: 0 where the state did not vote, else 1 + its place in `WAYS`.
    """

    states: tuple[str, ...]
    calls: tuple[str, ...]
    cast: Votes = field(repr=False)


def ballots(calls: Sequence[RollCall]) -> Ballots:
    """Return roll calls as one table."""
    states = sorted({code for call in calls for code, way in call.cast.items() if way in FAVOUR})
    place = {code: number for number, code in enumerate(states)}
    cast = np.zeros((len(states), len(calls)), dtype=np.int8)
    for column, call in enumerate(calls):
        for code, way in call.cast.items():
            if way in FAVOUR:
                cast[place[code], column] = 1 + WAYS.index(way)
    return Ballots(tuple(states), tuple(call.code for call in calls), cast)


def draw_ballots(cast: Votes, plan: Plan, progress: Progress | None = None) -> Iterator[Votes]:
    """Yield random tables of votes under a plan, several at a time.

    Parameters
    ----------
    cast
        States × roll calls, as in `Ballots`.
    plan
        ``permuted``: on each roll call the votes cast are dealt anew among the states that voted; tallies
        and participation stay. ``curveball``: each state also keeps its own numbers of yes, abstention
        and no. ``bicm``: as ``curveball``, on average, votes being independent.
    progress
        Called after each block.

    Yields
    ------
    ndarray
        k × states × roll calls.

    Raises
    ------
    BadValue
        The plan is for graphs of one mode.

    References
    ----------
    Desposato, S. W. (2003). Comparing group and subgroup cohesion scores: a nonparametric method with an
    application to Brazil. Political Analysis 11(3), 275-288. doi:10.1093/pan/mpg005 (permutation).
    Besag, J. and Clifford, P. (1989). Generalized Monte Carlo significance tests. Biometrika 76(4),
    633-642. doi:10.1093/biomet/76.4.633 (samples of a chain that make a valid test).
    """
    if plan.model == REWIRED:
        raise BadValue(
            "Rewiring is for networks of one mode.",
            remedy="Choose permuted, curveball or bicm.",
            code="unfit-null-model",
        )
    source = {PERMUTED: _permuted, BICM: _independent}.get(plan.model, _traded)
    done = 0
    for block in source(cast, plan):
        kept = block[: plan.samples - done]
        done += len(kept)
        yield kept
        if progress is not None:
            progress(done, plan.samples)
        if done >= plan.samples:
            return


def chances(cast: Votes) -> Matrix:
    """Return the probability of each way to vote in the model that keeps every tally on average.

    The model is the distribution of greatest entropy in which each state has its observed number of votes
    of each way, and each roll call its tally; votes are then independent. It is the bipartite
    configuration model with three ways to vote in place of two.

    Parameters
    ----------
    cast
        States × roll calls, as in `Ballots`.

    Returns
    -------
    ndarray
        States × roll calls × ways (in the order of `WAYS`); nothing where the state did not vote.

    References
    ----------
    Saracco, F., Straka, M. J., Di Clemente, R., Gabrielli, A., Caldarelli, G. and Squartini, T. (2017).
    Inferring monopartite projections of bipartite networks. New Journal of Physics 19, 053022.
    doi:10.1088/1367-2630/aa6b38. Fitted by iterative proportional scaling: Deming, W. E. and Stephan,
    F. F. (1940), Annals of Mathematical Statistics 11(4), 427-444. doi:10.1214/aoms/1177731829
    """
    observed = cast[..., None] == np.arange(1, 1 + len(WAYS), dtype=np.int8)
    own, tally = observed.sum(axis=1).astype(float), observed.sum(axis=0).astype(float)
    found = np.repeat((cast != NONE).astype(float)[..., None] / len(WAYS), len(WAYS), axis=2)
    for _ in range(ROUNDS):
        found *= _ratio(own, found.sum(axis=1))[:, None, :]
        found *= _ratio(tally, found.sum(axis=0))[None, :, :]
        found /= np.maximum(found.sum(axis=2, keepdims=True), 1e-300)
        gaps = [np.abs(found.sum(axis=1) - own), np.abs(found.sum(axis=0) - tally)]
        if max(gap.max(initial=0) for gap in gaps) < TOLERANCE:
            break
    return found


def _ratio(wanted: Matrix, had: Matrix) -> Matrix:
    return np.divide(wanted, had, out=np.zeros_like(wanted), where=had > 0)


def _permuted(cast: Votes, plan: Plan) -> Iterator[Votes]:
    generator = np.random.default_rng(plan.seed)
    present = cast != NONE
    for _ in count():
        block = np.zeros((CHAINS, *cast.shape), dtype=np.int8)
        for call in range(cast.shape[1]):
            voted = np.flatnonzero(present[:, call])
            dealt = np.tile(cast[voted, call], (CHAINS, 1))
            block[:, voted, call] = generator.permuted(dealt, axis=1)
        yield block


def _independent(cast: Votes, plan: Plan) -> Iterator[Votes]:
    generator = np.random.default_rng(plan.seed)
    found, present = chances(cast), cast != NONE
    least, middle = found[..., 0], found[..., 0] + found[..., 1]
    for _ in count():
        draws = generator.random((CHAINS, *cast.shape))
        block = (1 + (draws >= least) + (draws >= middle)) * present
        yield block.astype(np.int8)


def _traded(cast: Votes, plan: Plan) -> Iterator[Votes]:
    """Walk from the observed table to another, and from there as far again to each sample.

    The chain is reversible, so that the observed table is to the one in the middle what every sample is:
    given that table they are exchangeable, and the test is valid however slowly the chain mixes and
    whichever tables it can reach.
    """
    generator = np.random.Generator(np.random.SFC64(plan.seed))
    middle = cast[None].copy()
    for _ in range(plan.burn_in):
        trade(middle, generator)
    for _ in count():
        block = np.repeat(middle, CHAINS, axis=0)
        for _ in range(plan.burn_in):
            trade(block, generator)
        yield block


def trade(tables: Votes, generator: np.random.Generator) -> None:
    """Pair the states of every table at random and let each pair share out anew the votes they differ in.

    Parameters
    ----------
    tables
        k × states × roll calls, as in `Ballots`; changed in place.
    generator
        Random numbers.

    A roll call on which the two voted differently keeps its two votes, and each state keeps its numbers of
    yes, abstention and no: among all ways to do so the step is reversible with respect to the uniform
    distribution. For two ways to vote it is the trade of the curveball algorithm (Strona et al. 2014,
    doi:10.1038/ncomms5114); with three, votes may also go round (one's no for an abstention, its
    abstention for a yes, its yes for a no), which one Metropolis step proposes.
    """
    number, rows, _ = tables.shape
    order = np.argsort(generator.random((number, rows), dtype=np.float32), axis=1)
    pairs, table = rows // 2, np.arange(number)[:, None]
    left, right = order[:, :pairs], order[:, pairs : 2 * pairs]
    first, second = tables[table, left], tables[table, right]
    code = first * np.int8(4) + second
    kind = _KIND[code]
    many = np.stack([(kind == each).sum(axis=2) for each in (1, 2, 3)], axis=-1)
    onward = _ONWARD[code]
    turned = np.stack([((kind == each) & onward).sum(axis=2) for each in (1, 2, 3)], axis=-1)
    forward = _shared_out(kind, many, _went_round(many, turned, generator), generator)
    differs = kind > 0
    given = _GIVEN[kind, forward.astype(np.int8)]
    taken = _GIVEN[kind, (~forward).astype(np.int8)]
    tables[table, left] = np.where(differs, given, first)
    tables[table, right] = np.where(differs, taken, second)


def _went_round(
    many: NDArray[np.int64], turned: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Propose one vote more, or one less, of each kind in its onward order; accept by Metropolis' rule."""
    up = generator.random(many.shape[:2]) < 0.5
    more = ((many - turned) / (turned + 1.0)).prod(axis=-1)
    fewer = (turned / (many - turned + 1.0)).prod(axis=-1)
    accepted = generator.random(up.shape) < np.where(up, more, fewer)
    found: NDArray[np.int64] = turned + (accepted * np.where(up, 1, -1))[..., None]
    return found


def _shared_out(
    kind: Votes, many: NDArray[np.int64], wanted: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Choose, of the roll calls of each kind, as many as wanted, all choices being equally likely."""
    keys = distinct_keys(kind.shape, generator)
    bits = keys.dtype.itemsize * 8
    # The kind stands above the random bits, so that one sort orders every kind apart.
    keys &= keys.dtype.type((1 << (bits - 3)) - 1)
    keys |= kind.astype(keys.dtype) << keys.dtype.type(bits - 3)
    ordered = np.sort(keys, axis=2)
    alike = kind.shape[2] - many.sum(axis=-1, keepdims=True)
    start = alike + np.cumsum(many, axis=-1) - many
    last = np.take_along_axis(ordered, np.maximum(start + wanted - 1, 0), axis=2)
    last = np.where(wanted > 0, last, keys.dtype.type(0))
    bound = np.concatenate([np.zeros((*last.shape[:2], 1), dtype=keys.dtype), last], axis=2)
    found: NDArray[np.bool_] = (keys <= np.take_along_axis(bound, kind.astype(np.int64), axis=2)) & (kind > 0)
    return found
