"""Turns the networks of norms and of readings into who holds what: the two modes that can be tested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import numpy as np

from graph.chance.nullmodel import Matrix
from graph.chance.outcome import GroupTest, two_sided
from graph.chance.sampling import Block
from graph.networks.building import Network

#: The relation that ties a holder to what it holds, and the kind of what is held, by view.
HELD = {"norms": ("promotes", "norm"), "readings": ("holds", "interpretation")}


@dataclass(frozen=True)
class Clashes:
    """The conflicts between norms that somebody promotes, as pairs of columns."""

    first: tuple[int, ...]
    second: tuple[int, ...]


def holding(base: Network) -> Network:
    """Return who holds what in a network of norms or of readings, as a two-mode network.

    Parameters
    ----------
    base
        A network of a view of `HELD`.

    Returns
    -------
    Network
        Actors (``bipartite`` 0) and the norms they promote, or the readings they hold (1). Norms and
        readings that nobody holds are left out, and so are actors that hold nothing.
    """
    relation, kind = HELD[base.view]
    graph = nx.Graph(two_mode=True)
    blocs = {bloc.code for bloc in base.blocs}
    for one, other, known in base.graph.edges(data=True):
        if known["relation"] != relation:
            continue
        what, who = (one, other) if base.graph.nodes[one]["kind"] == kind else (other, one)
        graph.add_node(who, **_actor(base.graph.nodes[who], blocs), bipartite=0)
        graph.add_node(what, **base.graph.nodes[what], bipartite=1)
        graph.add_edge(who, what)
    ordered = nx.Graph(two_mode=True)
    ordered.add_nodes_from(sorted(graph.nodes(data=True)))
    ordered.add_edges_from(sorted(tuple(sorted(edge)) for edge in graph.edges))
    return replace(base, graph=nx.freeze(ordered), notes=(*_scope(base, ordered), *base.notes))


def _actor(known: dict[str, Any], blocs: set[str]) -> dict[str, Any]:
    """Return the attributes of an actor; an alliance asked for is of its own group."""
    return {**known, "group": known["code"]} if known["code"] in blocs else dict(known)


def _scope(base: Network, graph: nx.Graph) -> Iterable[str]:
    modes = [mode for _, mode in graph.nodes(data="bipartite")]
    what = {"norms": "promoters and the norms they promote", "readings": "holders and the readings they hold"}
    single = sum(graph.degree(node) == 1 for node, mode in graph.nodes(data="bipartite") if mode == 1)
    yield (
        f"Tested are {what[base.view]}: {modes.count(0)} and {modes.count(1)}, with "
        f"{graph.number_of_edges()} ties; {single} of the {modes.count(1)} have one holder and tie no two. "
        "A group is a holder of its own, beside its members."
    )


def clashes(base: Network, columns: list[str]) -> Clashes:
    """Return the conflicts of a network of norms whose two norms are both among some columns."""
    place = {node: number for number, node in enumerate(columns)}
    found = sorted(
        (place[one], place[other])
        for one, other, relation in base.graph.edges(data="relation")
        if relation == "conflicts" and one in place and other in place and one != other
    )
    return Clashes(tuple(one for one, _ in found), tuple(other for _, other in found))


class WatchedClashes:
    """Counts, sample by sample, how conflicts lie among who promotes what.

    Parameters
    ----------
    conflicts
        Pairs of columns.
    groups
        Rows × 2 of truth values: which rows are of the first bloc, and of the second.
    names
        Names of the two blocs.
    """

    def __init__(self, conflicts: Clashes, groups: Block, names: tuple[str, ...]) -> None:
        self._first, self._second = list(conflicts.first), list(conflicts.second)
        self._groups, self._names = groups, names
        self._samples: list[Matrix] = []

    def add(self, block: Block) -> None:
        """Count some samples."""
        self._samples.append(self._counts(block))

    def tested(self, matrix: Matrix) -> tuple[GroupTest, ...]:
        """Return the tests of the observed matrix; none without conflicts."""
        if not self._first:
            return ()
        observed = self._counts(matrix.astype(bool)[None])[0]
        tests = two_sided(observed, np.concatenate(self._samples))
        sides = " and one on that of ".join(self._names)
        labels = [
            ("same-promoter", "Conflicts between two norms of one promoter, counted for every promoter"),
            (
                "across",
                f"Conflicts between a norm promoted on the side of {sides}",
            ),
        ]
        kept = labels if len(self._names) == 2 else labels[:1]
        return tuple(
            GroupTest(name, label, len(self._first), test)
            for (name, label), test in zip(kept, tests, strict=False)
        )

    def _counts(self, block: Block) -> Matrix:
        one, other = block[:, :, self._first], block[:, :, self._second]
        same: Matrix = (one & other).sum(axis=(1, 2)).astype(float)
        if len(self._names) != 2:
            return same.reshape(-1, 1)
        sides = [[(part & own[None, :, None]).any(axis=1) for own in self._groups.T] for part in (one, other)]
        crossing = (sides[0][0] & sides[1][1]) | (sides[0][1] & sides[1][0])
        found: Matrix = np.column_stack([same, crossing.sum(axis=1)])
        return found
