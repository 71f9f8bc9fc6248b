"""Computes measures of large graphs with compiled libraries, by the same calls as with networkx."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.errors import SpacenormsError, UnknownName, suggest
from graph.measures import sparse
from graph.measures.sparse import DAMPING, TOLERANCE, Arrays, Values, arrays

BETWEENNESS, CLOSENESS, PAGERANK = "betweenness", "closeness", "pagerank"
EIGENVECTOR, CONSTRAINT, COMMUNITIES = "eigenvector", "constraint", "communities"

#: What an engine computes.
MEASURES = (BETWEENNESS, CLOSENESS, PAGERANK, EIGENVECTOR, CONSTRAINT, COMMUNITIES)

#: The number of nodes from which `pick` leaves a measure to a compiled library.
LARGE = 500


class MissingEngine(SpacenormsError):
    """An engine was asked for whose library is not installed."""

    default_code = "missing-engine"


class Engine:
    """The measures of one library; this base computes what sparse matrices are enough for.

    Every graph is simple and undirected, without ties of a node to itself. ``distance`` and ``weight``
    name an attribute that every tie has; distances are whole numbers, so that equally long paths are
    found to be equal (see `graph.measures.definitions.distances`).
    """

    name = "matrix"
    library: str | None = "scipy"
    #: What the engine computes itself, as a pair of measure and whether ties have weights.
    measures: frozenset[tuple[str, bool]] = frozenset(
        (measure, weighted) for measure in (PAGERANK, EIGENVECTOR, CONSTRAINT) for weighted in (False, True)
    ) | {(BETWEENNESS, False)}

    @property
    def installed(self) -> bool:
        """Say whether the library of the engine is installed."""
        return self.library is None or importlib.util.find_spec(self.library) is not None

    @property
    def version(self) -> str:
        """Return the version of the library."""
        from importlib.metadata import version

        return version(self.library or "networkx")

    def has(self, measure: str, *, weighted: bool = False) -> bool:
        """Say whether the engine computes a measure."""
        return (measure, weighted) in self.measures

    def betweenness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        """Return betweenness, each pair of nodes counted once, not normalised."""
        if distance is not None:
            raise self._lacks(BETWEENNESS)
        found = arrays(graph)
        try:
            return found.named(sparse.betweenness(found).tolist())
        except sparse.TooDeep:
            others = (ENGINES[name] for name in ("networkit", "rustworkx", "networkx"))
            return next(each for each in others if each.installed).betweenness(graph)

    def closeness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        """Return closeness as networkx does, times the share of nodes within reach (``wf_improved``)."""
        raise self._lacks(CLOSENESS)

    def pagerank(self, graph: nx.Graph, weight: str | None = None) -> Values:
        """Return PageRank; the values sum to 1."""
        found = arrays(graph, weight)
        return found.named(sparse.pagerank(found).tolist())

    def eigenvector(self, graph: nx.Graph, weight: str | None = None) -> Values:
        """Return the leading eigenvector of a connected graph, of length 1 (Lanczos: ARPACK)."""
        from scipy.sparse.linalg import eigsh

        found = arrays(graph, weight)
        if len(found.nodes) < 3:
            return found.named([1.0 / np.sqrt(len(found.nodes))] * len(found.nodes))
        matrix = found.matrix()
        start = np.sqrt(np.asarray(matrix.sum(axis=1)).ravel())
        vector = np.abs(eigsh(matrix, k=1, which="LA", v0=start, tol=1e-14)[1][:, 0])
        return found.named(vector.tolist())

    def constraint(self, graph: nx.Graph, weight: str | None = None) -> Values:
        """Return Burt's constraint; not a number for a node without ties, as in networkx.

        References
        ----------
        Burt, R. S. (2004). Structural holes and good ideas. American Journal of Sociology 110(2), 349-399.
        doi:10.1086/421787
        """
        found = arrays(graph, weight)
        return found.named(sparse.constraint(found).tolist())

    def communities(self, graph: nx.Graph, weight: str | None = None, seed: int = 1) -> list[set[Any]]:
        """Return communities of high modularity, the largest first."""
        raise self._lacks(COMMUNITIES)

    def _lacks(self, measure: str) -> MissingEngine:
        have = [each.name for each in ENGINES.values() if each.has(measure)]
        return MissingEngine(
            f"{self.name} does not compute {measure}.", remedy=f"Choose one of {', '.join(have)}."
        )


class _Networkx(Engine):
    """The reference."""

    name = "networkx"
    library = None
    measures = frozenset((measure, weighted) for measure in MEASURES for weighted in (False, True))

    def betweenness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        found: Values = nx.betweenness_centrality(graph, normalized=False, weight=distance)
        return found

    def closeness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        found: Values = nx.closeness_centrality(graph, distance=distance)
        return found

    def pagerank(self, graph: nx.Graph, weight: str | None = None) -> Values:
        found: Values = nx.pagerank(graph, alpha=DAMPING, weight=weight, tol=TOLERANCE, max_iter=1000)
        return found

    def eigenvector(self, graph: nx.Graph, weight: str | None = None) -> Values:
        found: Values = nx.eigenvector_centrality_numpy(graph, weight=weight)
        return {node: abs(value) for node, value in found.items()}

    def constraint(self, graph: nx.Graph, weight: str | None = None) -> Values:
        found: Values = nx.constraint(graph, weight=weight)
        return found

    def communities(self, graph: nx.Graph, weight: str | None = None, seed: int = 1) -> list[set[Any]]:
        found: list[set[Any]] = nx.community.louvain_communities(graph, weight=weight, seed=seed)
        return _ordered(found)


class _Networkit(Engine):
    """Compiled, on all cores; its own eigenvector does not converge on two-mode graphs and is not used."""

    name = "networkit"
    library = "networkit"
    measures = Engine.measures | {
        (measure, weighted) for measure in (BETWEENNESS, CLOSENESS, COMMUNITIES) for weighted in (False, True)
    }

    def betweenness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        kit, found, made = self._made(graph, distance)
        scores = kit.centrality.Betweenness(made, normalized=False).run().scores()
        return found.named((np.asarray(scores) / 2).tolist())

    def closeness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        kit, found, made = self._made(graph, distance)
        variant = kit.centrality.ClosenessVariant.GENERALIZED
        scores = np.asarray(kit.centrality.Closeness(made, False, variant).run().scores())
        return found.named(np.where(np.isfinite(scores), scores, 0.0).tolist())

    def communities(self, graph: nx.Graph, weight: str | None = None, seed: int = 1) -> list[set[Any]]:
        kit, found, made = self._made(graph, weight, seed)
        threads = kit.getMaxNumberOfThreads()
        kit.setNumberOfThreads(1)  # with more, idle threads spin, and the result depends on who is first
        try:
            partition = kit.community.PLM(made, refine=True, par="none").run().getPartition().getVector()
        finally:
            kit.setNumberOfThreads(threads)
        places = np.asarray(partition, dtype=np.int64)[self._order(len(found.nodes), seed)]
        return _grouped(found.nodes, places.tolist())

    @staticmethod
    def _order(size: int, seed: int) -> NDArray[np.int64]:
        """Return the number that each node gets: the library visits nodes by number, and knows no seed."""
        return np.random.default_rng(seed).permutation(size)

    def _made(
        self, graph: nx.Graph, weight: str | None, seed: int | None = None
    ) -> tuple[ModuleType, Arrays, Any]:
        kit = _library(self.name, "networkit")
        found = arrays(graph, weight)
        first, second, weights = found.once()
        if seed is not None:
            order = self._order(len(found.nodes), seed)
            first, second = order[first].astype(np.int32), order[second].astype(np.int32)
        made = kit.GraphFromCoo(
            (weights, (first.astype(np.uint64), second.astype(np.uint64))),
            n=len(found.nodes),
            weighted=weight is not None,
            directed=False,
        )
        return kit, found, made


class _Rustworkx(Engine):
    """Compiled, on all cores; betweenness and closeness of ties of one length only."""

    name = "rustworkx"
    library = "rustworkx"
    measures = Engine.measures | {(BETWEENNESS, False), (CLOSENESS, False)}

    def betweenness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        if distance is not None:
            raise self._lacks(f"weighted {BETWEENNESS}")
        rust, found, made = self._made(graph)
        scores = rust.graph_betweenness_centrality(made, normalized=False)
        return found.named(scores[number] for number in range(len(found.nodes)))

    def closeness(self, graph: nx.Graph, distance: str | None = None) -> Values:
        if distance is not None:
            raise self._lacks(f"weighted {CLOSENESS}")
        rust, found, made = self._made(graph)
        scores = rust.graph_closeness_centrality(made, wf_improved=True)
        return found.named(scores[number] for number in range(len(found.nodes)))

    def _made(self, graph: nx.Graph) -> tuple[ModuleType, Arrays, Any]:
        rust = _library(self.name, "rustworkx")
        found = arrays(graph)
        made = rust.PyGraph(multigraph=False)
        made.add_nodes_from(found.nodes)
        first, second, _ = found.once()
        made.add_edges_from_no_data(list(zip(first.tolist(), second.tolist(), strict=True)))
        return rust, found, made


#: Every engine by name.
ENGINES: dict[str, Engine] = {each.name: each for each in (_Networkx(), Engine(), _Networkit(), _Rustworkx())}

#: What ``auto`` tries first, by measure and whether ties have weights; networkx is tried last.
PREFERRED: dict[tuple[str, bool], tuple[str, ...]] = {
    (BETWEENNESS, False): ("matrix", "rustworkx", "networkit"),
    (BETWEENNESS, True): ("networkit",),
    (CLOSENESS, False): ("networkit", "rustworkx"),
    (CLOSENESS, True): ("networkit",),
    (COMMUNITIES, False): ("networkit",),
    (COMMUNITIES, True): ("networkit",),
    **{
        (each, weighted): ("matrix",)
        for each in (PAGERANK, EIGENVECTOR, CONSTRAINT)
        for weighted in (False, True)
    },
}


def engine(name: str = "auto", measure: str = BETWEENNESS, *, weighted: bool = False) -> Engine:
    """Return an engine by name.

    Parameters
    ----------
    name
        A key of `ENGINES`, or ``auto`` for the first installed that `PREFERRED` names.
    measure, weighted
        For ``auto``: what it has to compute, and whether ties have weights.

    Raises
    ------
    UnknownName
        There is no such engine.
    MissingEngine
        Its library is not installed.
    """
    if name == "auto":
        wanted = (ENGINES[each] for each in PREFERRED.get((measure, weighted), ()))
        return next((each for each in wanted if each.installed), ENGINES["networkx"])
    if name not in ENGINES:
        raise UnknownName(
            f"There is no engine “{name}”.", remedy=suggest(name, ENGINES), code="unknown-engine"
        )
    if not ENGINES[name].installed:
        raise _missing(name)
    return ENGINES[name]


def pick(graph: nx.Graph, measure: str, *, weighted: bool = False) -> Engine | None:
    """Return the engine to leave a measure to; None for a small graph, or where networkx is all there is.

    Parameters
    ----------
    graph
        Simple and undirected.
    measure
        One of `MEASURES`.
    weighted
        Whether ties have weights.
    """
    if len(graph) < LARGE or measure not in MEASURES:
        return None
    found = engine("auto", measure, weighted=weighted)
    return None if found.name == "networkx" else found


def _library(name: str, module: str) -> ModuleType:
    # Idle threads of OpenMP would otherwise spin between the parts of an algorithm; read at the import.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        return importlib.import_module(module)
    except ImportError:
        raise _missing(name) from None


def _missing(name: str) -> MissingEngine:
    return MissingEngine(
        f"The engine {name} is not installed.",
        remedy="Install spacenorms with its extra fast, or choose networkx.",
    )


def _grouped(nodes: Sequence[Any], labels: Sequence[int]) -> list[set[Any]]:
    groups: dict[int, set[Any]] = {}
    for node, label in zip(nodes, labels, strict=True):
        groups.setdefault(label, set()).add(node)
    return _ordered(groups.values())


def _ordered(groups: Iterable[set[Any]]) -> list[set[Any]]:
    return sorted(groups, key=lambda group: (-len(group), min(map(str, group))))
