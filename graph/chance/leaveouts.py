"""Leaves one affiliation, one tradition of sources or every recalled fact out of the affiliation network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.measures.bridges import path_shares
from graph.networks.affiliations import incidences, traditions, without_single
from graph.networks.blocs import Knowledge
from graph.networks.building import Network, group_of, network
from graph.networks.copies import copied, without

Values = dict[str, float]
Flags = NDArray[np.bool_]

#: What is left out: one treaty, one alliance, all that only sources of one tradition say, all recalled facts.
INSTRUMENT, ALLIANCE, TRADITION, RECALLED = "instrument", "alliance", "tradition", "recalled"
KINDS = (INSTRUMENT, ALLIANCE, TRADITION, RECALLED)


@dataclass(frozen=True, eq=False)
class Belonging:
    """Who belongs to what: an affiliation network as a matrix.

    Attributes
    ----------
    states, affiliations
        Codes of the rows and of the columns.
    matrix
        States × affiliations of truth values; a row or a column without any is not in the network.
    blocs
        The codes of the blocs.
    belongs
        States × blocs of truth values; also where a bloc has too few members to be in the network.
    """

    states: Sequence[str]
    affiliations: Sequence[str]
    matrix: Flags
    blocs: tuple[str, ...]
    belongs: Flags

    @classmethod
    def of(cls, base: Network) -> Belonging:
        """Return an affiliation network as a matrix."""
        from graph.measures.definitions import ties_between

        graph, codes = base.graph, tuple(bloc.code for bloc in base.blocs)
        states = base.states()
        others = sorted(node for node, mode in graph.nodes(data="bipartite") if mode == 1)
        own = [set(graph.nodes[state]["blocs"].split(";")) for state in states]
        belongs = np.array([[code in each for code in codes] for each in own], dtype=bool)
        belongs = belongs.reshape(len(states), len(codes))
        return cls(states, others, ties_between(graph, states, others) > 0, codes, belongs)

    @property
    def is_there(self) -> Flags:
        """Whether each state is in the network."""
        return np.asarray(self.matrix.any(axis=1))

    @cached_property
    def sides(self) -> tuple[Flags, ...]:
        """For each bloc, which states of the network are in it alone."""
        alone = (self.belongs.sum(axis=1) == 1) & self.is_there
        return tuple(self.belongs[:, number] & alone for number in range(len(self.blocs)))

    @cached_property
    def grouping(self) -> tuple[int, bytes]:
        """The same for all of the same rows with the same states in the same blocs."""
        return len(self.states), self.belongs.tobytes()

    @property
    def has_two_blocs(self) -> bool:
        """Whether there are two blocs, and states that are in one of them alone on either side."""
        return len(self.blocs) == 2 and all(bool(side.any()) for side in self.sides)

    def apart(self) -> Flags:
        """Return the matrix of two blocs without the meeting places.

        A meeting place is an affiliation in which states of the one bloc only and of the other only sit.
        """
        first, second = self.sides
        met = self.matrix[first].any(axis=0) & self.matrix[second].any(axis=0)
        return self.matrix & ~met

    def groups(self) -> dict[str, tuple[str, str]]:
        """Return the group of each state and its blocs, as attributes of nodes have them."""
        own = [
            [code for code, belongs in zip(self.blocs, row, strict=True) if belongs]
            for row in self.belongs.tolist()
        ]
        return {
            state: (group_of(codes), ";".join(codes)) for state, codes in zip(self.states, own, strict=True)
        }

    def bridging(self) -> Values | None:
        """Return what `bridging` does."""
        columns = [self.affiliations.index(code) for code in self.blocs if code in self.affiliations]
        if len(self.blocs) != 2 or len(columns) != 2 or not self.matrix[:, columns].any(axis=0).all():
            return None
        kept = self.apart()
        rows, others = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
        first, second = (np.flatnonzero(side[rows]).tolist() for side in self.sides)
        if not (first and second):
            return None
        joined = kept[rows][:, others].astype(float)
        ties = np.zeros((len(rows) + len(others),) * 2)
        ties[: len(rows), len(rows) :] = joined
        ties[len(rows) :, : len(rows)] = joined.T
        shares = np.zeros(len(self.states))
        shares[rows] = path_shares(ties, first, second)[0][: len(rows)]
        return {
            state: share
            for state, share, there in zip(self.states, shares.tolist(), self.is_there.tolist(), strict=True)
            if there
        }


@dataclass(frozen=True, eq=False)
class Variant:
    """The network without something.

    Attributes
    ----------
    kind, code, label
        What was left out.
    left
        What is left, as a matrix.
    lost
        Ties that are gone.
    build
        Builds what is left as a network.
    """

    kind: str
    code: str
    label: str
    left: Belonging = field(repr=False)
    lost: int
    build: Callable[[], Network] = field(repr=False)

    @cached_property
    def name(self) -> str:
        """What was left out, in words."""
        forms = {TRADITION: f"“{self.label}” sources", RECALLED: "recalled facts"}
        return forms.get(self.kind, self.label)

    @cached_property
    def network(self) -> Network:
        """What is left, as a network."""
        return self.build()

    @property
    def nodes(self) -> int:
        """The number of nodes that are left."""
        return int(self.left.is_there.sum() + self.left.matrix.any(axis=0).sum())

    @property
    def ties(self) -> int:
        """The number of ties that are left."""
        return int(self.left.matrix.sum())

    @cached_property
    def shares(self) -> Values | None:
        """The share of cross-bloc paths through each state; None where the blocs are undefined."""
        return self.left.bridging()


def leave_outs(kg: Knowledge, base: Network, **options: Any) -> tuple[Variant, ...]:
    """Return the variants of an affiliation network, each without something.

    Parameters
    ----------
    kg
        The knowledge graph; its facts are filtered in memory.
    base
        The affiliation network.
    **options
        The options it was built with. With a tradition among them no further tradition is left out.

    Returns
    -------
    tuple of Variant
        Without each treaty, each alliance, each tradition and all recalled facts, in that order. What
        takes no tie away is left out of the list.
    """
    found = list(_without_affiliations(kg, base))
    found.sort(key=lambda variant: (KINDS.index(variant.kind), variant.code))
    return (*found, *_without_facts(kg, base, options))


def bridging(base: Network) -> Values | None:
    """Return the share of the shortest paths between the blocs that runs through each state.

    Parameters
    ----------
    base
        An affiliation network with two blocs.

    Returns
    -------
    dict or None
        0 for a state outside the graph without meeting places; None where one of the blocs is not in
        the network or has no state of its own, so that there are no pairs to join.
    """
    return Belonging.of(base).bridging()


def _left(kg: Knowledge, base: Network, parameters: Mapping[str, str]) -> Belonging:
    found = incidences(kg, parameters, base.parameters["imprecise"])
    return _of_matrix(found.on(base.as_of)[0], tuple(found.states), tuple(found.affiliations), base)


def _of_matrix(
    matrix: Flags, states: tuple[str, ...], affiliations: tuple[str, ...], base: Network
) -> Belonging:
    codes = tuple(bloc.code for bloc in base.blocs)
    none = np.zeros(len(states), dtype=bool)
    belongs = [matrix[:, affiliations.index(code)] if code in affiliations else none for code in codes]
    rows = np.array(belongs, dtype=bool).reshape(len(codes), len(states)).T
    return Belonging(states, affiliations, without_single(matrix), codes, rows)


def _without_affiliations(kg: Knowledge, base: Network) -> Iterable[Variant]:
    found = incidences(kg, base.parameters, base.parameters["imprecise"])
    states, others = tuple(found.states), tuple(found.affiliations)
    whole = found.on(base.as_of)[0]
    for node, known in base.graph.nodes(data=True):
        if known["bipartite"] == 1:
            matrix = whole.copy()
            matrix[:, others.index(node)] = False
            kind = ALLIANCE if known["kind"] == "alliance" else INSTRUMENT
            left = _of_matrix(matrix, states, others, base)
            build = partial(_without_affiliation, base, node)
            yield Variant(kind, node, known["label"], left, base.graph.degree(node), build)


def _without_affiliation(base: Network, node: str) -> Network:
    graph = without(base.graph, [node])
    if node in {bloc.code for bloc in base.blocs}:
        graph = _regrouped(graph, node)
    return replace(base, graph=graph)


def _regrouped(graph: nx.Graph, gone: str) -> nx.Graph:
    """Return a graph in which a bloc that is gone is out of the groups of its states."""
    kept = copied(graph)
    for _, known in kept.nodes(data=True):
        if known["bipartite"] == 0:
            own = [code for code in known["blocs"].split(";") if code and code != gone]
            known["blocs"], known["group"] = ";".join(own), group_of(own)
    return nx.freeze(kept)


def _without_facts(kg: Knowledge, base: Network, options: Mapping[str, Any]) -> Iterable[Variant]:
    asked: dict[str, Any] = {"as_of": base.as_of, "imprecise": base.parameters["imprecise"]}
    between = [bloc.code for bloc in base.blocs]
    whole = base.graph.number_of_edges()
    chosen: list[tuple[str, str, dict[str, Any]]] = []
    if not options.get("tradition"):
        names = sorted(set(traditions(kg)))
        chosen += [(TRADITION, name, {"tradition": f"-{name}"}) for name in names]
    if options.get("verified") in (None, "", "any", "undisputed"):
        stricter = "both" if options.get("verified") == "undisputed" else "seen"
        chosen.append((RECALLED, RECALLED, {"verified": stricter}))
    for kind, code, change in chosen:
        left = _left(kg, base, {**base.parameters, **change})
        build = partial(network, kg, "affiliation", between=between, **asked, **{**options, **change})
        if lost := whole - int(left.matrix.sum()):
            yield Variant(kind, code, code, left, lost, build)
