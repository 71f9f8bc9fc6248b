"""Gathers a measure of every node over samples of a two-mode network, and how well the samples are mixed."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
import numpy as np

from graph.chance.nullmodel import Matrix
from graph.chance.outcome import Mixing, NodeTest, node_test, two_sided
from graph.chance.sampling import Block
from graph.chance.twomode import KERNELS, centralities
from graph.measures.catalogue import ranks, values
from graph.networks.building import Network


def modes(base: Network) -> tuple[list[str], list[str]]:
    """Return the nodes of the two modes of a network, each in order of code."""
    by_mode: tuple[list[str], list[str]] = ([], [])
    for node, mode in base.graph.nodes(data="bipartite"):
        by_mode[mode].append(node)
    return sorted(by_mode[0]), sorted(by_mode[1])


class Watch:
    """Gathers the statistic of every sample, and how far the sample is from the observed network."""

    def __init__(self, base: Network, matrix: Matrix, name: str | None) -> None:
        self._graph, self._name = base.graph, name
        self._nodes = [node for own in modes(base) for node in own]
        self._matrix = matrix.astype(bool)
        self._samples: list[Matrix] = []
        self._kept = 0.0

    def add(self, block: Block) -> None:
        """Measure some samples."""
        self._kept += float((block & self._matrix).sum())
        self._samples.append(self._statistics(block))

    def tested(self) -> Iterable[NodeTest]:
        """Yield the test of every node, mode by mode in order of rank."""
        if self._name is None:
            return
        found = values(self._graph, self._name)
        tests = two_sided(np.array([found[node] for node in self._nodes]), np.concatenate(self._samples))
        by_node = dict(zip(self._nodes, tests, strict=True))
        for mode in (0, 1):
            own = {node: found[node] for node in self._nodes if self._graph.nodes[node]["bipartite"] == mode}
            for node, rank in ranks(own).items():
                yield node_test(self._graph, node, rank, by_node[node])

    def mixing(self) -> Mixing:
        """Return how well the samples are mixed."""
        total = self._matrix.sum() * sum(map(len, self._samples))
        whole = [block for block in self._samples if len(block) == len(self._samples[0])]
        reduction, autocorrelation = chains_agree(np.stack(whole)) if len(whole) > 1 else (None, None)
        return Mixing(reduction, autocorrelation, 1.0 - self._kept / max(float(total), 1.0))

    def _statistics(self, block: Block) -> Matrix:
        """Return the measure of every node, or, without one, the total overlap of every state."""
        if self._name is None or (self._name == "degree"):
            totals = (block * block.sum(axis=1, keepdims=True) ** 2).sum(axis=2).astype(float)
            return totals if self._name is None else centralities(block, "degree")
        if self._name in KERNELS:
            return centralities(block, self._name)
        return np.array([self._one_by_one(sample) for sample in block])

    def _one_by_one(self, sample: Block) -> list[float]:
        graph = nx.Graph(**self._graph.graph)
        graph.add_nodes_from((node, self._graph.nodes[node]) for node in self._nodes)
        rows = sample.shape[0]
        ties = np.argwhere(sample).tolist()
        graph.add_edges_from((self._nodes[row], self._nodes[rows + column]) for row, column in ties)
        found = values(graph, str(self._name))
        return [found[node] for node in self._nodes]


def chains_agree(samples: Matrix) -> tuple[float | None, float | None]:
    """Compare chains with one another and each sample with the next.

    Parameters
    ----------
    samples
        Successive samples × chains × statistics.

    Returns
    -------
    reduction
        The largest potential scale reduction over the statistics that vary; None with fewer than two
        chains or four successive samples.
    autocorrelation
        The mean correlation at lag one; None with fewer than four successive samples.

    References
    ----------
    Gelman, A. and Rubin, D. B. (1992). Inference from iterative simulation using multiple sequences.
    Statistical Science 7(4), 457-472. doi:10.1214/ss/1177011136
    """
    length, chains, _ = samples.shape
    varied = samples[..., samples.std(axis=(0, 1)) > 1e-12]
    if length < 4 or varied.size == 0:
        return None, None
    within = varied.var(axis=0, ddof=1).mean(axis=0)
    centred = varied - varied.mean(axis=(0, 1))
    lagged = (centred[1:] * centred[:-1]).mean(axis=(0, 1)) / (centred**2).mean(axis=(0, 1))
    if chains < 2:
        return None, float(lagged.mean())
    among = varied.mean(axis=0).var(axis=0, ddof=1)
    reduction = np.sqrt((length - 1) / length + among / np.maximum(within, 1e-300))
    return float(reduction.max()), float(lagged.mean())
