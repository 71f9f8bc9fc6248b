"""Draws two-mode matrices at random with the row and column sums of an observed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.chance.nullmodel import Matrix, tie_probabilities
from graph.errors import BadValue

Block = NDArray[np.bool_]

#: Called with the samples drawn so far and the samples asked for.
Progress = Callable[[int, int], None]

#: Names of the null models.
CURVEBALL, BICM, REWIRED, PERMUTED = "curveball", "bicm", "rewired", "permuted"
MODELS = (CURVEBALL, BICM, REWIRED, PERMUTED)

#: Chains of the curveball algorithm that run side by side.
CHAINS = 50

#: Global trades between two samples of a chain, and before the first.
TRADES, BURN_IN = 20, 40

#: Bits of a random key that hold the number of the column, so that no two keys of a row are equal.
_COLUMN_BITS = 8


@dataclass(frozen=True)
class Plan:
    """How samples are drawn; the same plan gives the same samples.

    Attributes
    ----------
    model
        ``curveball``: every row and column keeps its sum in every sample, and all such matrices are
        equally likely. ``bicm``: they keep their sums on average. ``rewired`` is for graphs of one mode
        (`graph.chance.rewiring`).
    samples
        How many samples.
    seed
        Seed of the random numbers.
    trades
        Global trades between two samples of a chain (curveball only): in each, the rows are paired at
        random and every pair trades once.
    burn_in
        Global trades before the first sample of a chain.
    chains
        Chains side by side, each from the observed matrix.
    """

    model: str = CURVEBALL
    samples: int = 1000
    seed: int = 1
    trades: int = TRADES
    burn_in: int = BURN_IN
    chains: int = CHAINS

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise BadValue(
                f"There is no null model “{self.model}”.",
                remedy=f"Choose {' or '.join(MODELS)}.",
                code="unknown-null-model",
            )
        for name in ("samples", "trades", "chains"):
            if getattr(self, name) < 1:
                raise BadValue(
                    f"{name} is {getattr(self, name)}.", remedy="Give a number from 1.", code="bad-number"
                )

    def parameters(self) -> dict[str, int | str]:
        """Return the plan as plain values, with what matters for its model."""
        found: dict[str, int | str] = {"model": self.model, "samples": self.samples, "seed": self.seed}
        if self.model == CURVEBALL:
            found |= {"trades": self.trades, "burn_in": self.burn_in, "chains": self.chains}
        return found


def draw(matrix: Matrix, plan: Plan, progress: Progress | None = None) -> Iterator[Block]:
    """Yield random matrices under a plan, several at a time.

    Parameters
    ----------
    matrix
        Rows × columns of 0 and 1.
    plan
        The null model, the number of samples and the seed.
    progress
        Called after each block.

    Yields
    ------
    ndarray
        k × rows × columns of truth values. Under ``curveball`` sample c of every block belongs to
        chain c.

    Raises
    ------
    BadValue
        The matrix holds something other than 0 and 1.
    """
    if plan.model == REWIRED:
        raise BadValue(
            "Rewiring is for networks of one mode.",
            remedy="Choose curveball or bicm.",
            code="unfit-null-model",
        )
    if not np.isin(matrix, (0, 1)).all():
        raise BadValue("A two-mode matrix holds something other than 0 and 1.", code="not-binary")
    source = _curveball(matrix, plan) if plan.model == CURVEBALL else _independent(matrix, plan)
    done = 0
    for block in source:
        kept = block[: plan.samples - done]
        done += len(kept)
        yield kept
        if progress is not None:
            progress(done, plan.samples)
        if done >= plan.samples:
            return


def _independent(matrix: Matrix, plan: Plan) -> Iterator[Block]:
    """Draw each tie on its own with its probability in the bipartite configuration model."""
    chances = tie_probabilities(matrix).astype(np.float32)
    generator = np.random.default_rng(plan.seed)
    while True:
        yield generator.random((CHAINS, *matrix.shape), dtype=np.float32) < chances


def _curveball(matrix: Matrix, plan: Plan) -> Iterator[Block]:
    """Run the chains, all at once, and yield their states.

    References
    ----------
    Strona, G., Nappo, D., Boccacci, F., Fattorini, S. and San-Miguel-Ayanz, J. (2014). A fast and
    unbiased procedure to randomize ecological binary matrices with fixed row and column totals. Nature
    Communications 5, 4114. doi:10.1038/ncomms5114. Uniformity: Carstens, C. J. (2015). Proof of uniform
    sampling of binary matrices with fixed row sums and column sums for the fast curveball algorithm.
    Physical Review E 91, 042812. doi:10.1103/PhysRevE.91.042812. Global trades: Carstens, C. J.,
    Hamann, M., Meyer, U., Penschuck, M., Tran, H. and Wagner, D. (2018). Parallel and I/O-efficient
    randomisation of massive networks using global curveball trades. doi:10.4230/LIPIcs.ESA.2018.11
    """
    generator = np.random.Generator(np.random.SFC64(plan.seed))
    chains = min(plan.chains, plan.samples)
    state = np.repeat(matrix.astype(bool)[None], chains, axis=0)
    for _ in range(plan.burn_in):
        _trade(state, generator)
    while True:
        for _ in range(plan.trades):
            _trade(state, generator)
        yield state.copy()


def _trade(state: Block, generator: np.random.Generator) -> None:
    """Pair the rows of every matrix at random and let each pair share out anew what only one of them has."""
    chains, rows, _ = state.shape
    order = np.argsort(generator.random((chains, rows), dtype=np.float32), axis=1)
    pairs = rows // 2
    chain = np.arange(chains)[:, None]
    left, right = order[:, :pairs], order[:, pairs : 2 * pairs]
    first, second = state[chain, left], state[chain, right]
    either = first ^ second
    given = _share_out(either, (first & either).sum(axis=2, dtype=np.int64), generator)
    both = first & second
    state[chain, left] = both | given
    state[chain, right] = both | (either & ~given)


def _share_out(either: Block, many: NDArray[np.int64], generator: np.random.Generator) -> Block:
    """Choose, in each row, ``many`` of the columns marked, all choices being equally likely."""
    columns = either.shape[2]
    keys = distinct_keys(either.shape, generator)
    np.putmask(keys, ~either, np.iinfo(keys.dtype).max)
    ordered = np.sort(keys, axis=2)
    last = np.take_along_axis(ordered, np.maximum(many - 1, 0)[..., None] % columns, axis=2)
    given: Block = (keys <= last) & either & (many > 0)[..., None]
    return given


def distinct_keys(shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.unsignedinteger]:
    """Return random numbers no two of which are equal within a row."""
    columns = shape[-1]
    if columns < 1 << _COLUMN_BITS:
        keys = generator.integers(0, 1 << 32, size=shape, dtype=np.uint32)
        return (keys >> np.uint32(1)) & ~np.uint32(_mask(columns)) | np.arange(columns, dtype=np.uint32)
    wide = generator.integers(0, 1 << 63, size=shape, dtype=np.uint64)
    return wide & ~np.uint64(_mask(columns)) | np.arange(columns, dtype=np.uint64)


def _mask(columns: int) -> int:
    return (1 << max(columns - 1, 1).bit_length()) - 1
