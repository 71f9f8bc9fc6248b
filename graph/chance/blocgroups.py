"""Tests the modularity of the blocs in the projection of a two-mode network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graph.chance.nullmodel import Matrix
from graph.chance.outcome import Test, two_sided
from graph.chance.sampling import Block, Plan, draw
from graph.networks.building import BOTH, Network


def modularity(block: Block, members: Block) -> Matrix:
    """Return the modularity of a partition of the rows in the weighted projection of each matrix.

    Parameters
    ----------
    block
        k × rows × columns of truth values.
    members
        Groups × rows: which row is in which group; rows in none are left out of the projection.

    Returns
    -------
    ndarray
        k values. A tie of the projection is as strong as the columns that two rows share.

    References
    ----------
    Newman, M. E. J. (2004). Analysis of weighted networks. Physical Review E 70, 056131.
    doi:10.1103/PhysRevE.70.056131
    """
    belong: Block = members.any(axis=0).reshape(1, -1, 1)
    kept = block & belong
    counts = members.astype(float) @ kept.astype(float)
    sums = counts.sum(axis=1, keepdims=True)
    own = counts.sum(axis=2)
    inside = (counts**2).sum(axis=2) - own
    strength = (counts * sums).sum(axis=2) - own
    total = strength.sum(axis=1, keepdims=True)
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    found: Matrix = (inside * share - (strength * share) ** 2).sum(axis=1)
    return found


def bloc_modularity(
    base: Network, rows: Sequence[str], columns: Sequence[str], matrix: Matrix, plan: Plan
) -> Test | None:
    """Return the modularity of the blocs among the rows of a two-mode network, tested.

    Parameters
    ----------
    base
        The network.
    rows, columns
        Codes of its two modes.
    matrix
        Rows × columns of 0 and 1.
    plan
        The null model; the columns that are the blocs themselves are left out before samples are drawn.

    Returns
    -------
    Test or None
        None where fewer than two of the groups have a row.
    """
    codes = [bloc.code for bloc in base.blocs]
    group = np.array([base.graph.nodes[row]["group"] for row in rows])
    members = np.array([group == each for each in (*codes, BOTH)])
    rest = [number for number, code in enumerate(columns) if code not in codes]
    if (members.sum(axis=1) > 0).sum() < 2 or not rest:
        return None
    inner = matrix[:, rest]
    observed = modularity(inner[None].astype(bool), members)
    null = np.concatenate([modularity(block, members) for block in draw(inner, plan)])
    return two_sided(observed, null[:, None])[0]
