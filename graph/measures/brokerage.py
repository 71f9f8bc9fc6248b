"""Brokerage between groups: the roles of Gould and Fernandez, and those of Jasny and Lubell in two modes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.errors import BadValue
from graph.measures.definitions import (
    Matrix,
    Measure,
    Reference,
    Values,
    co_membership,
    groups,
    matrix,
    projection,
    shared_neighbours,
    sides,
    two_modes,
)
from graph.measures.mixing import GROUPING, WITHOUT_BLOCS

Truth = NDArray[np.bool_]

#: Role to the groups along the two-path from source over broker to target. Packages swap the third and
#: the fourth label; the pattern cannot be misread.
PATTERNS: dict[str, str] = {
    "coordinator": "A>A>A",
    "itinerant": "A>B>A",
    "gatekeeper": "A>B>B",
    "representative": "A>A>B",
    "liaison": "A>B>C",
}

TOTAL = "total"

#: Nodes at most: each role needs some matrices of all pairs.
GREATEST = 5000


@dataclass(frozen=True)
class Roles:
    """How often each node brokers in each role.

    Attributes
    ----------
    nodes, names
        The n nodes; the roles, `PATTERNS` in order.
    counts
        n × 5 counts of open two-paths through the node.
    total
        n counts of all open two-paths through the node. In an undirected graph gatekeeper and
        representative count the same two-paths, and the total counts them once.
    directed
        Whether the graph was directed.
    """

    nodes: tuple[str, ...]
    names: tuple[str, ...]
    counts: Matrix
    total: Matrix
    directed: bool

    def values(self, role: str) -> Values:
        """Return the count of a role, or of `TOTAL`, by node."""
        column = self.total if role == TOTAL else self.counts[:, self.names.index(role)]
        return dict(zip(self.nodes, column.tolist(), strict=True))


def brokerage(graph: nx.Graph, group: Mapping[str, str]) -> Roles:
    """Return the brokerage roles of every node.

    Parameters
    ----------
    graph
        A simple graph, directed or not; the strength of ties makes no difference.
    group
        Node to group: one group for each node, given from outside and not found from the ties.

    Returns
    -------
    Roles
        Counts of open two-paths a > b > c, that is, with a tie from a to b and from b to c and none from
        a to c, by the groups of a, b and c. In an undirected graph each pair of ends is counted once;
        direction, and with it the difference of gatekeeper and representative, is then lost.

    References
    ----------
    Gould, R. V. and Fernandez, R. M. (1989). Structures of mediation: a formal approach to brokerage in
    transaction networks. Sociological Methodology 19, 89-126. doi:10.2307/270949
    """
    nodes = tuple(graph)
    if not nodes:
        return Roles((), tuple(PATTERNS), np.zeros((0, 5)), np.zeros(0), graph.is_directed())
    _check_size(len(nodes))
    ties = matrix(graph, None)
    open_pairs = (ties == 0) & ~np.eye(len(nodes), dtype=bool)
    counts = _count(ties, ties, open_pairs, _membership(nodes, group))
    total = counts.sum(axis=1)
    if not graph.is_directed():
        counts, total = _undirected(counts)
    return Roles(nodes, tuple(PATTERNS), counts, total, graph.is_directed())


def two_mode_brokerage(graph: nx.Graph, which: int, group: Mapping[str, str]) -> tuple[Roles, Matrix]:
    """Return the two-mode brokerage roles of the nodes of one mode.

    Parameters
    ----------
    graph
        A two-mode graph.
    which
        The mode of the brokers, 0 or 1.
    group
        Node to group, of both modes.

    Returns
    -------
    roles
        Counts of open chains a – e – b – f – c of nodes a, b, c of the brokers' mode and e, f of the
        other, in which a and c share no neighbour, each chain counted once; by the groups of a, b and c.
    mixed
        How many of a node's chains have e and f of different groups: the most heterogeneous brokerage.

    Notes
    -----
    The chain of five is that of the R package gouldfernandez, which keeps the roles of Gould and Fernandez
    for the three nodes of one mode and tells the kinds of the two between them beside.

    References
    ----------
    Jasny, L. and Lubell, M. (2015). Two-mode brokerage in policy networks. Social Networks 41, 36-47.
    doi:10.1016/j.socnet.2014.11.005
    """
    own = tuple(sides(graph)[which])
    if not own:
        return Roles((), tuple(PATTERNS), np.zeros((0, 5)), np.zeros(0), False), np.zeros(0)
    _check_size(len(own))
    shared = _shared(graph, own, set())
    open_pairs = (shared == 0) & ~np.eye(len(own), dtype=bool)
    membership = _membership(own, group)
    counts, total = _undirected(_count(shared, shared, open_pairs, membership))
    alike = np.zeros(len(own))
    for kind in sorted({group[node] for node in sides(graph)[1 - which]}):
        others = {node for node in sides(graph)[1 - which] if group[node] != kind}
        by_kind = _shared(graph, own, others)
        alike += _undirected(_count(by_kind, by_kind, open_pairs, membership))[1]
    return Roles(own, tuple(PATTERNS), counts, total, False), total - alike


def _check_size(nodes: int) -> None:
    if nodes > GREATEST:
        raise BadValue(
            f"Brokerage compares all pairs of nodes, and {nodes:,} are too many.",
            remedy=f"Ask for a network of at most {GREATEST:,} nodes.",
            code="too-large",
        )


def _shared(graph: nx.Graph, nodes: tuple[str, ...], left_out: set[str]) -> Matrix:
    found = shared_neighbours(graph, nodes, left_out)
    np.fill_diagonal(found, 0.0)
    return found


def _membership(nodes: tuple[str, ...], group: Mapping[str, str]) -> Truth:
    names = np.array([group[node] for node in nodes])
    found: Truth = names[:, None] == names[None, :]
    return found


def _count(into: Matrix, out: Matrix, open_pairs: Truth, same: Truth) -> Matrix:
    """Return n × 5 counts: for each b, Σ into[a, b] · out[b, c] over open pairs (a, c), by role."""
    alike, other = (open_pairs & same).astype(float), (open_pairs & ~same).astype(float)
    own_sources, own_targets = (into * same).T, out * same
    far_sources, far_targets = (into * ~same).T, out * ~same
    roles = (
        (own_sources, alike, own_targets),
        (far_sources, alike, far_targets),
        (far_sources, other, own_targets),
        (own_sources, other, far_targets),
        (far_sources, other, far_targets),
    )
    return np.column_stack([((sources @ pairs) * targets).sum(axis=1) for sources, pairs, targets in roles])


def _undirected(counts: Matrix) -> tuple[Matrix, Matrix]:
    """Count each unordered pair once: all halves, save the two roles that are one role seen both ways."""
    place = list(PATTERNS).index
    halved = counts / 2
    for role in ("gatekeeper", "representative"):
        halved[:, place(role)] = counts[:, place(role)]
    return halved, halved.sum(axis=1) - halved[:, place("representative")]


# Measures


def _role(role: str) -> Callable[[nx.Graph, str | None], Values]:
    def compute(graph: nx.Graph, strength: str | None) -> Values:
        groups(graph)
        if not two_modes(graph):
            return brokerage(graph, groups(graph)).values(role)
        found: Values = {}
        for which, side in enumerate(sides(graph)):
            own = co_membership(graph, 0) if which == 0 else projection(graph, side)
            found |= brokerage(own, groups(graph)).values(role)
        return found

    return compute


def _two_mode_total(mixed: bool) -> Callable[[nx.Graph, str | None], Values]:
    def compute(graph: nx.Graph, strength: str | None) -> Values:
        if not two_modes(graph):
            raise BadValue(
                "Two-mode brokerage is for graphs of two kinds of nodes.",
                remedy="Ask for brokerage, or for a two-mode network such as affiliation.",
                code="not-two-mode",
            )
        found: Values = {}
        for which in (0, 1):
            roles, heterogeneous = two_mode_brokerage(graph, which, groups(graph))
            column = heterogeneous if mixed else roles.total
            found |= dict(zip(roles.nodes, column.tolist(), strict=True))
        return found

    return compute


GOULD_FERNANDEZ = Reference(
    "Gould, R. V. and Fernandez, R. M. (1989). Structures of mediation: a formal approach to brokerage in "
    "transaction networks. Sociological Methodology 19, 89-126.",
    "10.2307/270949",
)
JASNY_LUBELL = Reference(
    "Jasny, L. and Lubell, M. (2015). Two-mode brokerage in policy networks. Social Networks 41, 36-47.",
    "10.1016/j.socnet.2014.11.005",
)

_MEANINGS = {
    "coordinator": "A high value says that a node joins others of its own group that are not tied.",
    "itinerant": "A high value says that a node joins others of one group, not its own, that are not tied.",
    "gatekeeper": "A high value says that much comes from other groups into the node's own through it.",
    "representative": "A high value says that much goes from the node's own group to others through it.",
    "liaison": "A high value says that a node joins others of two different groups, neither its own.",
    TOTAL: "A high value says that a node joins many others that are not tied.",
}

#: What is counted, and how graphs without directions are treated.
COUNTED = (
    "Open two-paths through the node: a tie from a source to it and from it to a target, and none from "
    "source to target."
)
UNDIRECTED = (
    "Without directions each pair of ends counts once, and gatekeeper (A>B>B) and representative (A>A>B) "
    "are the same number."
)
CHAINS = (
    "Open chains of five: node – other mode – the broker – other mode – node, the two ends sharing no "
    "neighbour; each chain counts once."
)
SAME_TIES = "The strength of ties makes no difference."


def _one_mode_measure(role: str) -> Measure:
    pattern = f" ({PATTERNS[role]})" if role != TOTAL else ""
    return Measure(
        name="brokerage" if role == TOTAL else f"brokerage-{role}",
        title="Brokerage" if role == TOTAL else f"{role.capitalize()} brokerage{pattern}",
        meaning=_MEANINGS[role],
        one_mode=f"{COUNTED} {_pattern_told(role)}{UNDIRECTED} {GROUPING}",
        two_mode=f"{COUNTED} {_pattern_told(role)}{UNDIRECTED} {WITHOUT_BLOCS} Alliances and treaties, by "
        f"their kind, on the projection by shared members. {GROUPING}",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths=SAME_TIES,
        reference=GOULD_FERNANDEZ,
        two_mode_reference=GOULD_FERNANDEZ,
        function=_role(role),
        needs=frozenset({"groups"}),
        directions=True,
    )


def _pattern_told(role: str) -> str:
    if role == TOTAL:
        return "All roles together. "
    return f"Only those whose groups read {PATTERNS[role]} from source over broker to target. "


def _two_mode_measure(mixed: bool) -> Measure:
    kind = " whose two middle nodes of the other mode are of different groups" if mixed else ""
    return Measure(
        name="two-mode-brokerage-mixed" if mixed else "two-mode-brokerage",
        title="Heterogeneous two-mode brokerage" if mixed else "Two-mode brokerage",
        meaning="A high value says that a node joins, by way of what it belongs to, many others that share "
        "nothing.",
        one_mode="For graphs of two kinds of nodes only.",
        two_mode=f"{CHAINS} All chains{kind}. The blocs themselves are among the affiliations.",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths=SAME_TIES,
        reference=JASNY_LUBELL,
        two_mode_reference=JASNY_LUBELL,
        function=_two_mode_total(mixed),
        needs=frozenset({"groups", "modes"}),
    )


#: The measures of this module.
MEASURES = (
    *(_one_mode_measure(role) for role in (TOTAL, *PATTERNS)),
    _two_mode_measure(mixed=False),
    _two_mode_measure(mixed=True),
)
