"""Partitions of graphs: modularity, the best partition by consensus, and the agreement of two partitions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.errors import BadValue
from graph.measures.definitions import DENSE_LIMIT, Matrix, matrix
from graph.measures.engines import COMMUNITIES, Engine, engine, pick

Labels = NDArray[np.int64]

#: Runs of the search for the best partition, and the seed of the first.
RUNS, SEED = 20, 1

#: The share of runs that must put two nodes together for the consensus to count it.
THRESHOLD = 0.5

#: Rounds of consensus at most; it is reached in two or three as a rule.
ROUNDS = 10

#: A gain in modularity smaller than this is none.
GAIN = 1e-12


@dataclass(frozen=True)
class Consensus:
    """The partition that many runs of the search agree on.

    Attributes
    ----------
    community
        Node to the number of its community, 0 for the largest.
    modularity
        Of the consensus.
    best, worst
        The greatest and the least modularity among the runs.
    different
        How many different partitions the runs found.
    agreement
        The mean adjusted Rand index over all pairs of runs: 1 when all found the same.
    runs, seed, rounds
        How many runs were made, from which seed, and how many rounds the consensus took.
    engine
        The compiled library that made the runs, with its version; empty where none did.
    """

    community: dict[str, int]
    modularity: float
    best: float
    worst: float
    different: int
    agreement: float
    runs: int
    seed: int
    rounds: int
    engine: str = ""


def modularity(graph: nx.Graph, community: Mapping[str, Hashable], strength: str | None) -> float:
    """Return the modularity of a partition.

    Parameters
    ----------
    graph
        An undirected simple graph.
    community
        Node to community.
    strength
        The attribute that holds the strength of a tie, or None when every tie counts the same.

    Returns
    -------
    float
        The share of the strength of ties that lies within communities, less the share expected when ties
        are drawn at random with every node keeping its own: at most 1, 0 without ties.

    References
    ----------
    Newman, M. E. J. (2004). Analysis of weighted networks. Physical Review E 70, 056131.
    doi:10.1103/PhysRevE.70.056131
    """
    inside: dict[Hashable, float] = {}
    ends: dict[Hashable, float] = {}
    for node, near in graph.adjacency():
        own = community[node]
        weights = [known.get(strength, 1) for known in near.values()] if strength else [1] * len(near)
        loop = weights[list(near).index(node)] if node in near else 0
        ends[own] = ends.get(own, 0.0) + sum(weights) + loop
        among = sum(weight for other, weight in zip(near, weights, strict=True) if community[other] == own)
        inside[own] = inside.get(own, 0.0) + among + loop
    every = sum(ends.values())
    if not every:
        return 0.0
    return sum(inside.get(each, 0.0) / every - (total / every) ** 2 for each, total in ends.items())


def consensus(
    graph: nx.Graph, strength: str | None = None, *, runs: int = RUNS, seed: int = SEED
) -> Consensus:
    """Return the partition of greatest modularity that many runs agree on.

    Parameters
    ----------
    graph
        An undirected simple graph.
    strength
        The attribute that holds the strength of a tie, or None.
    runs
        Runs of the Louvain method, each with the next seed.
    seed
        The first seed; the same seed gives the same answer.

    Returns
    -------
    Consensus
        The share of runs that put two nodes together is the strength of a new tie between them, dropped
        below `THRESHOLD`; the runs are repeated on that graph until they all agree. A node without ties is
        a community of its own. Above `DENSE_LIMIT` nodes there are no rounds: the best run is taken, and the
        runs are made by a compiled library where one is installed.

    Raises
    ------
    BadValue
        There are fewer than one or more than 1,000 runs, or the seed is negative.

    References
    ----------
    Blondel, V. D., Guillaume, J.-L., Lambiotte, R. and Lefebvre, E. (2008). Fast unfolding of communities in
    large networks. Journal of Statistical Mechanics P10008. doi:10.1088/1742-5468/2008/10/P10008
    Lancichinetti, A. and Fortunato, S. (2012). Consensus clustering in complex networks. Scientific Reports
    2, 336. doi:10.1038/srep00336
    """
    if not (1 <= runs <= 1000 and seed >= 0):
        raise BadValue(
            f"{runs} runs from seed {seed} cannot be made.",
            remedy="Ask for 1 to 1000 runs, from a seed of at least 0.",
            code="bad-runs",
        )
    nodes = sorted(graph, key=str)
    if not graph.number_of_edges():
        alone = {node: number for number, node in enumerate(nodes)}
        return Consensus(alone, 0.0, 0.0, 0.0, int(bool(nodes)), 1.0, runs, seed, 0)
    large = len(nodes) > DENSE_LIMIT
    compiled = pick(graph, COMMUNITIES, weighted=strength is not None) if large else None
    found = _runs(graph, nodes, strength, range(seed, seed + runs), compiled)
    scores = _scores(graph, nodes, strength, found)
    if large:
        agreed, rounds = found[int(np.argmax(scores))], 0
    else:
        agreed, rounds = _agree(found, seed)
    community = _numbered(nodes, agreed)
    return Consensus(
        community=community,
        modularity=modularity(graph, community, strength),
        best=max(scores),
        worst=min(scores),
        different=len({each.tobytes() for each in found}),
        agreement=_mean_agreement(found),
        runs=runs,
        seed=seed,
        rounds=rounds,
        engine=f"{compiled.name} {compiled.version}" if compiled else "",
    )


def _runs(
    graph: nx.Graph, nodes: list[str], strength: str | None, seeds: Iterable[int], compiled: Engine | None
) -> list[Labels]:
    if len(nodes) <= DENSE_LIMIT:
        ties = matrix(graph, strength, nodes)
        return [louvain(ties, seed) for seed in seeds]
    place = {node: number for number, node in enumerate(nodes)}
    found = []
    for seed in seeds:
        labels = np.zeros(len(nodes), dtype=np.int64)
        parts = (compiled or engine("networkx")).communities(graph, strength, seed)
        for number, part in enumerate(parts):
            labels[[place[node] for node in part]] = number
        found.append(_canonical(labels))
    return found


def _scores(graph: nx.Graph, nodes: list[str], strength: str | None, found: list[Labels]) -> list[float]:
    """Return the modularity of each of several partitions."""
    if len(nodes) > DENSE_LIMIT:
        return [modularity(graph, dict(zip(nodes, each.tolist(), strict=True)), strength) for each in found]
    ties = matrix(graph, strength, nodes)
    every, degrees = ties.sum(), ties.sum(axis=1)
    scores = []
    for each in found:
        inside = np.eye(int(each.max()) + 1)[each]
        within = ((inside.T @ ties) * inside.T).sum() / every
        scores.append(float(within - ((degrees @ inside / every) ** 2).sum()))
    return scores


def _agree(found: list[Labels], seed: int) -> tuple[Labels, int]:
    """Return the partition that all runs agree on after some rounds, and the number of rounds."""
    runs = len(found)
    for rounds in range(ROUNDS):
        if all(np.array_equal(each, found[0]) for each in found):
            return found[0], rounds
        together = np.zeros((len(found[0]),) * 2)
        for each in found:
            together += each[:, None] == each[None, :]
        together /= runs
        together[together < THRESHOLD] = 0.0
        np.fill_diagonal(together, 0.0)
        found = [louvain(together, seed + run) for run in range(runs)]
    return found[0], ROUNDS


def louvain(ties: Matrix, seed: int) -> Labels:
    """Return a partition of great modularity by the Louvain method.

    Parameters
    ----------
    ties
        A symmetric matrix, n × n, of strengths.
    seed
        Of the order in which nodes are visited.

    Returns
    -------
    ndarray
        n community numbers, in order of first appearance.

    References
    ----------
    Blondel et al. (2008), as in `consensus`.
    """
    order = np.random.default_rng(seed)
    labels = np.arange(len(ties))
    if not ties.any():
        return labels
    whole = ties
    while True:
        moved = _local_moves(whole, order)
        labels = moved[labels]
        if len(np.unique(moved)) == len(whole):
            return _canonical(labels)
        inside = np.eye(int(moved.max()) + 1)[moved]
        whole = inside.T @ whole @ inside


def _local_moves(ties: Matrix, order: np.random.Generator) -> Labels:
    """Move nodes one at a time to the neighbouring community that gains most, until none gains."""
    size, degrees = len(ties), ties.sum(axis=1)
    every = degrees.sum()
    links = ties.copy()
    np.fill_diagonal(links, 0.0)
    apart = links.copy()
    labels, totals = list(range(size)), degrees.copy()
    own_degrees, least = degrees.tolist(), GAIN * float(every)
    shares = (degrees / every).tolist()
    gains = np.empty(size)
    moved = True
    while moved:
        moved = False
        for node in order.permutation(size).tolist():
            own, degree = labels[node], own_degrees[node]
            totals[own] -= degree
            np.multiply(totals, shares[node], out=gains)
            np.subtract(links[node], gains, out=gains)
            best = int(gains.argmax())
            if best != own and gains[best] > gains[own] + least:
                links[:, own] -= apart[node]
                links[:, best] += apart[node]
                labels[node] = own = best
                moved = True
            totals[own] += degree
    return _canonical(np.array(labels))


def _canonical(labels: Labels) -> Labels:
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    found: Labels = np.argsort(np.argsort(first))[inverse].astype(np.int64)
    return found


def _numbered(nodes: Sequence[str], labels: Labels) -> dict[str, int]:
    """Number communities from the largest, then by their first node."""
    sizes = np.bincount(labels)
    order = np.argsort(np.lexsort((np.arange(len(sizes)), -sizes)))
    return {node: int(order[label]) for node, label in zip(nodes, labels, strict=True)}


def _mean_agreement(found: list[Labels]) -> float:
    """Return the mean adjusted Rand index over all pairs of runs, each different pair compared once."""
    kinds, counts = np.unique(np.array(found), axis=0, return_counts=True)
    pairs = len(found) * (len(found) - 1) / 2
    if not pairs:
        return 1.0
    total = float((counts * (counts - 1) / 2).sum())
    for first in range(len(kinds)):
        for second in range(first + 1, len(kinds)):
            total += counts[first] * counts[second] * adjusted_rand(kinds[first], kinds[second])
    return total / pairs


# Agreement of two partitions


def _contingency(first: Sequence[Hashable] | Labels, second: Sequence[Hashable] | Labels) -> Matrix:
    if len(first) != len(second):
        raise BadValue(
            f"The partitions are of {len(first)} and of {len(second)} nodes.",
            remedy="Compare partitions of the same nodes.",
            code="unlike-partitions",
        )
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray) and len(first):
        wide = int(second.max()) + 1
        counts = np.bincount(first * wide + second, minlength=(int(first.max()) + 1) * wide)
        return counts.reshape(-1, wide).astype(float)
    rows = {label: number for number, label in enumerate(dict.fromkeys(first))}
    columns = {label: number for number, label in enumerate(dict.fromkeys(second))}
    table = np.zeros((len(rows), len(columns)))
    for one, other in zip(first, second, strict=True):
        table[rows[one], columns[other]] += 1
    return table


def normalised_information(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Return the normalised mutual information of two partitions.

    Parameters
    ----------
    first, second
        The communities of the same n nodes, in the same order.

    Returns
    -------
    float
        Mutual information over the mean of the two entropies: 1 for the same partition, 0 for independent
        ones. Two partitions of one community each are the same, hence 1. It is not corrected for chance:
        see `adjusted_rand`.

    Raises
    ------
    BadValue
        The partitions are of different numbers of nodes.

    References
    ----------
    Danon, L., Díaz-Guilera, A., Duch, J. and Arenas, A. (2005). Comparing community structure identification.
    Journal of Statistical Mechanics P09008. doi:10.1088/1742-5468/2005/09/P09008
    """
    table = _contingency(first, second)
    if not table.size:
        return 1.0
    joint = table / table.sum()
    own, other = joint.sum(axis=1), joint.sum(axis=0)
    entropies = _entropy(own) + _entropy(other)
    shared = entropies - _entropy(joint.ravel())
    return float(max(0.0, 2 * shared / entropies)) if entropies > 0 else 1.0


def _entropy(shares: Matrix) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())


def adjusted_rand(first: Sequence[Hashable] | Labels, second: Sequence[Hashable] | Labels) -> float:
    """Return the Rand index of two partitions, adjusted for chance.

    Parameters
    ----------
    first, second
        The communities of the same n nodes, in the same order.

    Returns
    -------
    float
        1 for the same partition, 0 on average for independent ones with communities of the same sizes,
        below 0 for partitions that agree less than that.

    Raises
    ------
    BadValue
        The partitions are of different numbers of nodes.

    References
    ----------
    Hubert, L. and Arabie, P. (1985). Comparing partitions. Journal of Classification 2, 193-218.
    doi:10.1007/BF01908075
    """
    table = _contingency(first, second)
    together = _pairs(table).sum()
    own, other = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    every = _pairs(table.sum())
    expected = own * other / every if every else 0.0
    most = (own + other) / 2
    return float((together - expected) / (most - expected)) if most != expected else 1.0


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) / 2
