"""What a comparison with chance finds: observed values beside their distribution under a null model."""

from __future__ import annotations

from dataclasses import dataclass, field

import networkx as nx
import numpy as np

from graph.chance.nullmodel import Matrix, adjusted
from graph.measures.catalogue import Reference

#: Values that differ by no more than this share of the observed one count as equal.
EQUAL = 1e-9


@dataclass(frozen=True)
class Test:
    """One observed value beside its distribution under the null model.

    Attributes
    ----------
    value, expected, deviation
        The observed value; mean and standard deviation over the samples.
    z
        (value − expected) / deviation; None where the null model leaves no choice.
    p
        Two-sided: twice the smaller of the shares of samples at least and at most as large, the observed
        network counted among the samples (Davison and Hinkley, 1997); None where there is no z.
    q
        The same, adjusted for the number of tests made together (Benjamini and Hochberg, 1995).
    """

    __test__ = False

    value: float
    expected: float
    deviation: float
    z: float | None
    p: float | None
    q: float | None


@dataclass(frozen=True)
class NodeTest:
    """The test of one node's centrality; the rank is by observed value among nodes of the same mode."""

    node: str
    label: str
    kind: str
    group: str
    iri: str
    rank: int
    test: Test


@dataclass(frozen=True)
class PairTest:
    """The test of the overlap, or the agreement, of two states or other holders."""

    first: str
    second: str
    labels: tuple[str, str]
    test: Test


@dataclass(frozen=True)
class Pairs:
    """The overlaps of all pairs of states, tested together.

    Attributes
    ----------
    tested, significant
        Pairs tested; pairs whose q is at most the false-discovery rate.
    least_p, least_q
        The smallest p, and the smallest q.
    lone
        The p that a single pair would need to be significant by itself: the rate over the number tested.
    able
        Pairs that could reach that p at all, if the two states shared every affiliation that either's
        number allows (one-sided, bipartite configuration model): the power of the test.
    rows
        The pairs, the smallest q first; then the larger z, then the codes.
    """

    tested: int
    significant: int
    least_p: float | None
    least_q: float | None
    lone: float | None
    able: int
    rows: tuple[PairTest, ...] = field(repr=False)


@dataclass(frozen=True)
class GroupTest:
    """The test of a number that belongs to a group as a whole, such as agreement within a bloc.

    Attributes
    ----------
    name, label
        A short name, and what the number is.
    counted
        How many pairs, or conflicts, it is over.
    test
        The test; q is over the groups.
    """

    name: str
    label: str
    counted: int
    test: Test


@dataclass(frozen=True)
class Mixing:
    """Whether the chains have forgotten where they started.

    Attributes
    ----------
    reduction
        The largest potential scale reduction over the statistics watched (Gelman and Rubin, 1992); near
        1 when the chains agree.
    autocorrelation
        The mean correlation of a chain's successive samples, over the statistics watched.
    changed
        The mean share of the observed ties that a sample does not have; None where it was not counted.
    """

    reduction: float | None
    autocorrelation: float | None
    changed: float | None


@dataclass(frozen=True)
class Significance:
    """What is larger or smaller than chance explains in a network.

    Attributes
    ----------
    nodes
        The measure of every node, tested; none for a projection.
    pairs
        The overlaps, or the agreement, of all pairs of states (or other holders), tested.
    modularity
        The modularity of the formal blocs among the states that belong to one, tested.
    groups
        Numbers of groups as a whole, tested: agreement within and across blocs, conflicts of norms.
    mixing
        How well the samples are mixed; None where samples are independent by construction.
    """

    view: str
    measure: str | None
    title: str
    method: str
    as_of: str
    parameters: dict[str, str | int]
    n: int
    m: int
    nodes: tuple[NodeTest, ...]
    pairs: Pairs
    modularity: Test | None
    modularity_method: str
    mixing: Mixing | None
    imprecise: int
    notes: tuple[str, ...]
    references: tuple[Reference, ...]
    version: str
    groups: tuple[GroupTest, ...] = ()


def two_sided(observed: Matrix, null: Matrix) -> list[Test]:
    """Test observed values against samples of the null model.

    Parameters
    ----------
    observed
        m values.
    null
        Samples × m.

    Returns
    -------
    list of Test
        m tests; q is over those that the null model leaves a choice.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge
    University Press. doi:10.1017/CBO9780511802843 (the +1 in section 4.2.3). Phipson, B. and Smyth, G. K.
    (2010). Permutation p-values should never be zero. Statistical Applications in Genetics and Molecular
    Biology 9(1), 39. doi:10.2202/1544-6115.1585
    """
    slack = EQUAL * np.abs(observed)
    above, below = (null >= observed - slack).sum(axis=0), (null <= observed + slack).sum(axis=0)
    p = np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1) / (len(null) + 1))
    mean, deviation = null.mean(axis=0), null.std(axis=0)
    return tests_of(observed, mean, deviation, p)


def node_test(graph: nx.Graph, node: str, rank: int, test: Test) -> NodeTest:
    """Return the test of a node of a graph."""
    known = graph.nodes[node]
    return NodeTest(node, known["label"], known["kind"], known["group"], known["iri"], rank, test)


def tests_of(observed: Matrix, mean: Matrix, deviation: Matrix, p: Matrix) -> list[Test]:
    """Return tests from m observed values, means, deviations and p; those without choice have no p."""
    free = deviation > EQUAL * np.maximum(np.abs(mean), 1e-300)
    q = np.ones_like(p)
    if free.any():
        q[free] = adjusted(p[free])
    z = np.divide(observed - mean, deviation, out=np.zeros_like(mean), where=free)
    columns = (each.tolist() for each in (observed, mean, deviation, z, p, q, free))
    return [
        Test(value, expected, spread if chosen else 0.0, *((a, b, c) if chosen else (None, None, None)))
        for value, expected, spread, a, b, c, chosen in zip(*columns, strict=True)
    ]
