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

#: After a pass over n nodes in which at most n / FEW moved, the next that moves is looked for among all at
#: once.
FEW = 8

#: Ties of a node on average up to which it is quicker to go through them than through all communities.
SPARSE = 8

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
        below `THRESHOLD`; the runs are repeated on that graph until they all agree, and nodes that all of
        them put together stay together. A node without ties is a community of its own. Above `DENSE_LIMIT`
        nodes there are no rounds: the best run is taken, and the runs are made by a compiled library where
        one is installed.

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
    if len(nodes) > DENSE_LIMIT:
        compiled = pick(graph, COMMUNITIES, weighted=strength is not None)
        found = _compiled_runs(graph, nodes, strength, range(seed, seed + runs), compiled)
        scores = [modularity(graph, dict(zip(nodes, each.tolist(), strict=True)), strength) for each in found]
        agreed, rounds, quality = found[int(np.argmax(scores))], 0, max(scores)
    else:
        compiled, ties = None, matrix(graph, strength, nodes)
        found = [louvain(ties, each) for each in range(seed, seed + runs)]
        scores = [matrix_modularity(ties, each) for each in found]
        agreed, rounds = _agree(found, seed)
        quality = matrix_modularity(ties, agreed)
    return Consensus(
        community=_numbered(nodes, agreed),
        modularity=quality,
        best=max(scores),
        worst=min(scores),
        different=len({each.tobytes() for each in found}),
        agreement=_mean_agreement(found),
        runs=runs,
        seed=seed,
        rounds=rounds,
        engine=f"{compiled.name} {compiled.version}" if compiled else "",
    )


def matrix_modularity(ties: Matrix, labels: Labels) -> float:
    """Return the modularity of a partition of a graph given by its matrix, as `modularity` does.

    Parameters
    ----------
    ties
        A symmetric matrix, n × n, of strengths.
    labels
        n numbers of communities, from 0.
    """
    every = ties.sum()
    if not every:
        return 0.0
    inside = np.eye(int(labels.max()) + 1)[labels]
    within = ((inside.T @ ties) * inside.T).sum() / every
    return float(within - ((ties.sum(axis=1) @ inside / every) ** 2).sum())


def _compiled_runs(
    graph: nx.Graph, nodes: list[str], strength: str | None, seeds: Iterable[int], compiled: Engine | None
) -> list[Labels]:
    place = {node: number for number, node in enumerate(nodes)}
    found = []
    for seed in seeds:
        labels = np.zeros(len(nodes), dtype=np.int64)
        parts = (compiled or engine("networkx")).communities(graph, strength, seed)
        for number, part in enumerate(parts):
            labels[[place[node] for node in part]] = number
        found.append(_canonical(labels))
    return found


def _agree(found: list[Labels], seed: int) -> tuple[Labels, int]:
    """Return the partition that all runs agree on after some rounds, and the number of rounds.

    Nodes that all runs put together stay together.
    """
    runs = len(found)
    for rounds in range(ROUNDS):
        if all(np.array_equal(each, found[0]) for each in found):
            return found[0], rounds
        kinds, kind, sizes = np.unique(np.array(found), axis=1, return_inverse=True, return_counts=True)
        together = sum(each[:, None] == each[None, :] for each in kinds) / runs
        together[together < THRESHOLD] = 0.0
        ties = together * sizes[:, None] * sizes
        np.fill_diagonal(ties, sizes * (sizes - 1.0))  # no node is tied to itself
        found = [_canonical(louvain(ties, seed + run)[kind]) for run in range(runs)]
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
        number = int(moved.max()) + 1
        if number == len(whole):
            return _canonical(labels)
        inside = np.eye(number)[moved]
        whole = inside.T @ whole @ inside


def _local_moves(ties: Matrix, order: np.random.Generator) -> Labels:
    """Move nodes one at a time to the neighbouring community that gains most, until none gains."""
    size, moves, start = len(ties), len(ties), _Start(ties)
    if np.count_nonzero(ties) <= SPARSE * size:
        sparse = _SparseMoving(start)
        while sparse.step(order.permutation(size)):
            pass
        return _canonical(np.array(sparse.labels))
    state = _Moving(start)
    while moves:
        turns = order.permutation(size)
        moves = state.step(turns) if moves * FEW > size else state.leap(turns)
    return _canonical(state.labels)


class _Start:
    """Nodes that are communities of their own.

    Parameters
    ----------
    ties
        A symmetric matrix, n × n, of strengths.

    Attributes
    ----------
    apart
        The ties without those of a node to itself.
    degrees, shares
        The strength of the ties of each node, and its share of that of all.
    least
        The least gain that counts.
    """

    def __init__(self, ties: Matrix) -> None:
        self.degrees = ties.sum(axis=1)
        every = float(self.degrees.sum())
        self.shares = self.degrees / every
        self.least = GAIN * every
        self.apart = ties.copy()
        np.fill_diagonal(self.apart, 0.0)


class _SparseMoving:
    """Nodes in communities, between which they are moved; each is tied to few others.

    Parameters
    ----------
    start
        The nodes.
    """

    def __init__(self, start: _Start) -> None:
        self._degrees: list[float] = start.degrees.tolist()
        self._shares: list[float] = start.shares.tolist()
        self._totals = list(self._degrees)  # of each community
        self._least = start.least
        self._near: list[list[tuple[int, float]]] = [[] for _ in self._degrees]
        rows, columns = np.nonzero(start.apart)
        strengths = start.apart[rows, columns].tolist()
        for one, other, tie in zip(rows.tolist(), columns.tolist(), strengths, strict=True):
            self._near[one].append((other, tie))
        self.labels = list(range(len(self._degrees)))

    def step(self, turns: Labels) -> int:
        """Look at each node in turn, as `_Moving.step` does; return how many moved."""
        labels, degrees, shares, totals = self.labels, self._degrees, self._shares, self._totals
        near, least = self._near, self._least
        moves = 0
        for node in turns.tolist():
            own, share, degree = labels[node], shares[node], degrees[node]
            links = {own: 0.0}
            for other, tie in near[node]:
                label = labels[other]
                links[label] = links.get(label, 0.0) + tie
            best, most = own, links.pop(own) - totals[own] * share + share * degree + least
            for label, tie in links.items():
                gain = tie - totals[label] * share
                if gain > most or (gain == most and label < best != own):
                    best, most = label, gain
            if most < 0:  # better off alone
                best = next((label for label, total in enumerate(totals) if not total), own)
            if best != own:
                totals[own] -= degree
                totals[best] += degree
                labels[node] = best
                moves += 1
        return moves


class _Moving:
    """Nodes in communities, between which they are moved.

    Parameters
    ----------
    start
        The nodes.
    """

    def __init__(self, start: _Start) -> None:
        self._apart = start.apart
        self._links = self._apart.copy()  # of each node to each community
        self._degrees = start.degrees
        self._shares = start.shares
        self._totals = start.degrees.copy()  # of each community
        self._least = start.least
        self.labels = np.arange(len(start.degrees))

    def step(self, turns: Labels) -> int:
        """Look at each node in turn; return how many moved."""
        labels, degrees, shares = self.labels.tolist(), self._degrees.tolist(), self._shares.tolist()
        links, totals, gains, least = list(self._links), self._totals, np.empty(len(turns)), self._least
        multiply, subtract, argmax = np.multiply, np.subtract, gains.argmax
        moves = 0
        for node in turns.tolist():
            own, share, degree = labels[node], shares[node], degrees[node]
            subtract(links[node], multiply(totals, share, gains), gains)
            gains[own] += share * degree  # a community that a node is in does not count its own degree
            best = int(argmax())
            if best != own and gains[best] > gains[own] + least:
                self._move(node, own, best)
                totals[own] -= degree
                totals[best] += degree
                labels[node] = best
                moves += 1
        self.labels = np.array(labels)
        return moves

    def leap(self, turns: Labels) -> int:
        """Do as `step` does, but look at all nodes at once for the next that moves."""
        place = moves = 0
        while place < len(turns):
            further, moved = self._leap_among(turns[place:])
            place, moves = place + further, moves + moved
        return moves

    def _leap_among(self, turns: Labels) -> tuple[int, int]:
        """Leap until a node founds a community; return how many nodes had their turn, and how many moved."""
        kept, empty = self._kept()
        own, degrees = np.searchsorted(kept, self.labels[turns]), self._degrees[turns]
        gains = np.empty((len(turns), len(kept)))
        changed = np.arange(len(kept))
        place = moves = 0
        while place < len(turns):
            gains[:, changed] = self._gains(turns, own, changed, kept[changed])
            left, rows = gains[place:], np.arange(len(turns) - place)
            best = left.argmax(axis=1)
            moving = left[rows, best] > left[rows, own[place:]] + self._least
            first = int(moving.argmax())
            if not moving[first]:
                return len(turns), moves
            place += first
            changed = np.array([own[place], best[first]])
            old, new = kept[changed].tolist()
            self._move(int(turns[place]), old, new)
            self._totals[old] -= degrees[place]
            self._totals[new] += degrees[place]
            self.labels[turns[place]], own[place] = new, best[first]
            place, moves = place + 1, moves + 1
            if new == empty:
                break
        return place, moves

    def _gains(self, turns: Labels, own: Labels, columns: Labels, communities: Labels) -> Matrix:
        """Return what each node would gain in each community, a column each; its own degree left out."""
        shares = self._shares[turns][:, None]
        back = shares * self._degrees[turns][:, None] * (own[:, None] == columns)
        gains: Matrix = self._links[turns[:, None], communities] - shares * self._totals[communities] + back
        return gains

    def _kept(self) -> tuple[Labels, int]:
        """Return the communities that have nodes with the first that has none, and which that is, or −1.

        One that has none is as good as another.
        """
        has_none = np.bincount(self.labels, minlength=len(self.labels)) == 0
        empty = int(has_none.argmax()) if has_none.any() else -1
        if empty >= 0:
            has_none[empty] = False
        return np.flatnonzero(~has_none), empty

    def _move(self, node: int, old: int, new: int) -> None:
        self._links[:, old] -= self._apart[node]
        self._links[:, new] += self._apart[node]


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
