"""Structural holes: Burt's constraint and effective size."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np

from graph.measures.definitions import DENSE_LIMIT, Matrix, Measure, Reference, Values, matrix, named
from graph.measures.engines import pick


def constraint(ties: Matrix) -> Matrix:
    """Return Burt's constraint of every node.

    Parameters
    ----------
    ties
        A symmetric matrix, n × n, of strengths (0 for no tie), with an empty diagonal.

    Returns
    -------
    ndarray
        n values: the sum, over the contacts j of a node i, of (p_ij + Σ_q p_iq p_qj)², where p_ij is the
        share of the strength of i's ties that goes to j. Above 1 is possible; NaN without contacts.

    References
    ----------
    Burt, R. S. (1992). Structural Holes. Harvard University Press. Burt, R. S. (2004). Structural holes and
    good ideas. American Journal of Sociology 110(2), 349-399. doi:10.1086/421787
    """
    shares = _shares(ties)
    invested = (shares + shares @ shares) ** 2
    found: Matrix = np.where(ties > 0, invested, 0.0).sum(axis=1)
    return np.where(ties.any(axis=1), found, np.nan)


def effective_size(ties: Matrix) -> Matrix:
    """Return the effective size of every node's network.

    Parameters
    ----------
    ties
        A symmetric matrix, n × n, of strengths (0 for no tie), with an empty diagonal.

    Returns
    -------
    ndarray
        n values: the sum, over the contacts j of a node i, of 1 − Σ_q p_iq m_jq, where m_jq is the
        strength of the tie of j to q over that of j's strongest tie. Where all ties count the same this
        is the number of contacts less their mean number of ties among themselves. 0 without contacts.

    References
    ----------
    Burt (1992), as in `constraint`. Borgatti, S. P. (1997). Structural holes: unpacking Burt's redundancy
    measures. Connections 20(1), 35-38.
    """
    shares = _shares(ties)
    strongest = ties.max(axis=1, initial=0.0, keepdims=True)
    marginal = np.divide(ties, strongest, out=np.zeros_like(ties), where=strongest > 0)
    redundancy = shares @ marginal.T
    found: Matrix = np.where(ties > 0, 1.0 - redundancy, 0.0).sum(axis=1)
    return found


def _shares(ties: Matrix) -> Matrix:
    totals = ties.sum(axis=1, keepdims=True)
    shares: Matrix = np.divide(ties, totals, out=np.zeros_like(ties), where=totals > 0)
    return shares


def _constraint(graph: nx.Graph, strength: str | None) -> Values:
    compiled = pick(graph, "constraint", weighted=strength is not None)
    if compiled:
        found = compiled.constraint(graph, strength)
        return {node: 1.0 if math.isnan(value) else value for node, value in found.items()}
    if len(graph) > DENSE_LIMIT:
        return _sparse_constraint(graph, strength)
    return named(graph, np.nan_to_num(constraint(matrix(graph, strength)), nan=1.0))


def _sparse_constraint(graph: nx.Graph, strength: str | None) -> Values:
    ties = nx.to_scipy_sparse_array(graph, weight=strength, dtype=float, format="csr")
    shares = ties.multiply(1.0 / np.maximum(ties.sum(axis=1), 1.0)[:, None]).tocsr()
    invested = (shares + shares @ shares).multiply(ties > 0).power(2).sum(axis=1)
    return named(graph, np.where(ties.sum(axis=1) > 0, invested, 1.0))


def _effective_size(graph: nx.Graph, strength: str | None) -> Values:
    if len(graph) > DENSE_LIMIT:
        return _sparse_effective_size(graph, strength)
    return named(graph, effective_size(matrix(graph, strength)))


def _sparse_effective_size(graph: nx.Graph, strength: str | None) -> Values:
    ties = nx.to_scipy_sparse_array(graph, weight=strength, dtype=float, format="csr")
    shares = ties.multiply(1.0 / np.maximum(ties.sum(axis=1), 1.0)[:, None]).tocsr()
    strongest = np.maximum(ties.max(axis=1).toarray().ravel(), 1.0)
    redundancy = shares @ ties.multiply(1.0 / strongest[:, None]).tocsr().T
    return named(graph, (ties > 0).sum(axis=1) - redundancy.multiply(ties > 0).sum(axis=1))


_BURT_1992 = Reference(
    "Burt, R. S. (1992). Structural Holes: The Social Structure of Competition. Harvard University Press.",
    "10.4159/9780674029095",
)
_BURT_2004 = Reference(
    "Burt, R. S. (2004). Structural holes and good ideas. American Journal of Sociology 110(2), 349-399.",
    "10.1086/421787",
)

_AS_IT_STANDS = (
    "Computed on the two-mode graph as it stands, where the contacts of a node are never tied to one "
    "another; on the projection, ask for {name}:projection or {name}:weighted-projection."
)

#: The measures of this module.
MEASURES = (
    Measure(
        name="constraint",
        title="Constraint",
        meaning="A high value says that the contacts of a node lead back to one another, and leave it no "
        "hole to bridge.",
        one_mode="The sum, over the node's contacts, of the squared share of its ties that goes to the "
        "contact, straight or by way of another contact; shares are of all ties of a node.",
        two_mode=_AS_IT_STANDS.format(name="constraint") + " It is then 1 over the number of ties.",
        components="Components make no difference.",
        isolates="A node without ties has no holes to bridge and is given 1, as a node with one contact.",
        strengths="Shares are of the strength of ties.",
        reference=_BURT_2004,
        two_mode_reference=_BURT_2004,
        function=_constraint,
    ),
    Measure(
        name="effective-size",
        title="Effective size",
        meaning="A high value says that a node has many contacts that are not tied to one another.",
        one_mode="The number of the node's contacts, less what is redundant among them; with equal ties, "
        "less twice the number of ties among the contacts over the number of contacts.",
        two_mode=_AS_IT_STANDS.format(name="effective-size") + " It is then the number of ties.",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths="Redundancy is weighed by the strength of ties.",
        reference=_BURT_1992,
        two_mode_reference=_BURT_1992,
        function=_effective_size,
    ),
)
