"""Signed networks: balanced and unbalanced triads, the frustration index, and signed degree."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.errors import BadValue
from graph.measures.definitions import Measure, Reference, Values

#: The attribute of ties that holds their sign: 1, −1, or 0 for a tie that is both.
SIGN = "sign"

#: Seconds after which the search for the frustration index of a component stops without proof.
TIME_LIMIT = 30.0

#: Ties that a node may have when it is taken out of a graph; one that needs more goes to integer programs.
_WIDEST = 14

Signs = NDArray[np.int64]


@dataclass(frozen=True)
class Triads:
    """Triangles of a signed graph by the number of their negative ties.

    Attributes
    ----------
    by_negatives
        How many triangles have 0, 1, 2 and 3 negative ties.
    """

    by_negatives: tuple[int, int, int, int]

    @property
    def total(self) -> int:
        """Return the number of triangles."""
        return sum(self.by_negatives)

    @property
    def balanced(self) -> int:
        """Return the triangles balanced in the strong sense: an even number of negative ties."""
        return self.by_negatives[0] + self.by_negatives[2]

    @property
    def weakly_balanced(self) -> int:
        """Return those balanced in the weak sense, in which three enemies are balanced as well."""
        return self.balanced + self.by_negatives[3]


@dataclass(frozen=True)
class Frustration:
    """The least number of ties that have to change for a signed graph to be balanced.

    Attributes
    ----------
    index
        That number.
    bound
        A number proven not to exceed it; equal to it when the search was finished.
    side
        Node to 0 or 1: two camps that leave so many ties frustrated. The first node of each component is
        in camp 0; where several partitions are as good, this is one of them.
    ties
        The frustrated ties, in order: positive ones between the camps and negative ones within.
    signed
        The number of ties with a sign.
    """

    index: int
    bound: int
    side: dict[str, int]
    ties: tuple[tuple[str, str], ...]
    signed: int

    @property
    def exact(self) -> bool:
        """Say whether the index is proven to be the least."""
        return self.index == self.bound


def signs(graph: nx.Graph) -> nx.Graph:
    """Return the graph of the ties whose sign is 1 or −1, with every node.

    Raises
    ------
    BadValue
        No tie has a sign, or one has another sign than 1, −1 or 0.
    """
    kept = nx.Graph()
    kept.add_nodes_from(graph)
    known = list(graph.edges(data=SIGN))
    if known and all(sign is None for _, _, sign in known):
        raise BadValue(
            "The ties of this graph have no signs.",
            remedy="Ask for a signed network such as linkages, or give ties an attribute “sign” of 1 or -1.",
            code="no-signs",
        )
    for first, second, sign in known:
        if sign not in (None, 0, 1, -1):
            raise BadValue(
                f"The tie {first} – {second} has the sign {sign!r}.",
                remedy="A sign is 1, -1, or 0 for a tie that is both.",
                code="bad-sign",
            )
        if sign:
            kept.add_edge(first, second, **{SIGN: int(sign)})
    return kept


def triads(graph: nx.Graph) -> Triads:
    """Return the triangles of a signed graph by the number of their negative ties.

    Parameters
    ----------
    graph
        An undirected simple graph; ties have the attribute `SIGN`. Ties of sign 0 are in no triangle.

    References
    ----------
    Cartwright, D. and Harary, F. (1956). Structural balance: a generalization of Heider's theory.
    Psychological Review 63(5), 277-293. doi:10.1037/h0046049
    """
    ties = nx.to_numpy_array(signs(graph), weight=SIGN, dtype=float) if len(graph) else np.zeros((0, 0))
    friends, enemies = (ties > 0).astype(float), (ties < 0).astype(float)

    def closed(first: Signs, second: Signs, third: Signs) -> int:
        return int(np.rint(((first @ second) * third).sum()))

    return Triads((
        closed(friends, friends, friends) // 6,
        closed(friends, friends, enemies) // 2,
        closed(enemies, enemies, friends) // 2,
        closed(enemies, enemies, enemies) // 6,
    ))  # fmt: skip


def frustration(graph: nx.Graph, time_limit: float = TIME_LIMIT) -> Frustration:
    """Return the frustration index of a signed graph, with a partition that attains it.

    Parameters
    ----------
    graph
        An undirected simple graph; ties have the attribute `SIGN`. Ties of sign 0 are left out.
    time_limit
        Seconds for each block, after which the best partition so far is given with a bound.

    Returns
    -------
    Frustration
        Of a graph that can be taken apart node by node, by dynamic programming. Of any other by mixed-integer
        linear programming on each block (a part that hangs together without any one of its nodes): one
        binary variable for the camp of each node, and one for each tie that is frustrated. Two blocks share
        a node at most, so that the camps of one can be swapped to fit the other, and the least of the whole
        is the sum of the least of the blocks.

    References
    ----------
    Aref, S. and Wilson, M. C. (2019). Balance and frustration in signed networks. Journal of Complex
    Networks 7(2), 163-189. doi:10.1093/comnet/cny015
    Bertelè, U. and Brioschi, F. (1972). Nonserial Dynamic Programming. Academic Press.
    """
    signed = signs(graph)
    camps = _eliminated(signed)
    if camps is not None:
        return _frustrated(signed, camps, None)
    return _frustrated(signed, *_by_blocks(signed, time_limit))


def _frustrated(signed: nx.Graph, side: dict[str, int], bound: int | None) -> Frustration:
    """Return what a division frustrates; without a bound it is the least."""
    found = [(a, b) for a, b, sign in signed.edges(data=SIGN) if (side[a] == side[b]) != (sign > 0)]
    index = len(found)
    least = index if bound is None else min(bound, index)
    return Frustration(index, least, side, tuple(_in_order(found)), signed.number_of_edges())


def _by_blocks(signed: nx.Graph, time_limit: float) -> tuple[dict[str, int], int]:
    """Return camps by an integer program for each block, and a bound that is proven."""
    place = {node: number for number, node in enumerate(signed)}
    bound, joined = 0, nx.Graph()
    joined.add_nodes_from(signed)
    for members in nx.biconnected_components(signed):
        nodes = sorted(members, key=place.__getitem__)
        if len(nodes) == 2:  # one tie, which nothing frustrates
            joined.add_edge(*nodes, **signed.edges[nodes[0], nodes[1]])
            continue
        camps, proven = _camps(_part(signed, nodes), time_limit)
        bound += proven
        for each in nodes[1:]:
            joined.add_edge(nodes[0], each, **{SIGN: 1 if camps[each] == camps[nodes[0]] else -1})
    return _coloured(joined), bound


def _part(graph: nx.Graph, nodes: Sequence[str]) -> nx.Graph:
    """Return some nodes of a graph, in their order, and the ties between them."""
    members = set(nodes)
    part = nx.Graph()
    part.add_nodes_from(nodes)
    part.add_edges_from(
        (one, other, known) for one in nodes for other, known in graph.adj[one].items() if other in members
    )
    return part


def _in_order(ties: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted((min(a, b, key=str), max(a, b, key=str)) for a, b in ties)


def _camps(part: nx.Graph, time_limit: float) -> tuple[dict[str, int], int]:
    """Return the camp of each node of a connected signed graph, and a bound that is proven."""
    balanced = _two_colouring(part)
    if balanced is not None:
        return balanced, 0
    from scipy.optimize import Bounds, LinearConstraint, milp

    nodes, ties = list(part), list(part.edges(data=SIGN))
    rows, least = _constraints(nodes, ties)
    size = len(nodes) + len(ties)
    cost = np.concatenate([np.zeros(len(nodes)), np.ones(len(ties))])
    most = np.ones(size)
    most[0] = 0.0  # the first node is in camp 0: the mirror image of a partition is the same partition
    solved = milp(
        cost,
        constraints=LinearConstraint(rows, least, np.inf),
        integrality=np.concatenate([np.ones(len(nodes)), np.zeros(len(ties))]),
        bounds=Bounds(np.zeros(size), most),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    if solved.x is None:
        raise BadValue(
            f"The frustration index of {len(nodes)} nodes was not found in {time_limit:g} seconds.",
            remedy="Ask for a smaller network.",
            code="too-hard",
        )
    camps = {node: round(float(solved.x[place])) for place, node in enumerate(nodes)}
    return camps, int(np.ceil(solved.mip_dual_bound - 1e-6))


def _eliminated(graph: nx.Graph) -> dict[str, int] | None:
    """Return camps that frustrate the fewest ties, by taking one node out at a time; None where that is long.

    What is taken out leaves behind the least number of frustrated ties for each way in which those it was
    tied to can be divided (dynamic programming in order of least degree: Bertelè and Brioschi 1972). It is
    quick where nodes can be taken out so that few stay tied to each, as in sparse graphs.
    """
    place = {node: number for number, node in enumerate(graph)}
    near: list[set[int]] = [set() for _ in place]
    tables: dict[int, tuple[tuple[int, ...], Signs]] = {}
    holding: list[set[int]] = [set() for _ in place]  # the tables that speak of each node
    numbers = itertools.count()

    def put(scope: tuple[int, ...], table: Signs) -> None:
        number = next(numbers)
        tables[number] = scope, table
        for each in scope:
            holding[each].add(number)

    for one, other, sign in graph.edges(data=SIGN):
        first, second = place[one], place[other]
        near[first].add(second)
        near[second].add(first)
        put((first, second), np.array([[0, 1], [1, 0]] if sign > 0 else [[1, 0], [0, 1]]))
    turns = [(len(others), node) for node, others in enumerate(near)]
    heapq.heapify(turns)
    taken: dict[int, tuple[list[int], Signs]] = {}
    while turns:
        degree, node = heapq.heappop(turns)
        if node in taken or degree != len(near[node]):
            continue  # it has another turn, for its ties have changed since this one was noted
        if degree > _WIDEST:
            return None
        others = sorted(near[node])
        least = np.zeros((2,) * (degree + 1), dtype=np.int64)
        for number in sorted(holding[node]):
            scope, table = tables.pop(number)
            least += _over((node, *others), scope, table)
            for each in scope:
                if each != node:
                    holding[each].discard(number)
        taken[node] = others, least.argmin(axis=0)
        if others:
            put(tuple(others), least.min(axis=0))
        for each in others:
            near[each].update(others)
            near[each] -= {node, each}
            heapq.heappush(turns, (len(near[each]), each))
    camps = np.zeros(len(place), dtype=np.int64)
    for node, (others, best) in reversed(taken.items()):
        camps[node] = best[tuple(camps[others])]
    return dict(zip(place, camps.tolist(), strict=True))


def _over(scope: Sequence[int], nodes: Sequence[int], table: Signs) -> Signs:
    """Return a table over the camps of some nodes as one over those of more."""
    order = sorted(range(len(nodes)), key=lambda at: scope.index(nodes[at]))
    return table.transpose(order).reshape([2 if node in nodes else 1 for node in scope])


def _two_colouring(part: nx.Graph) -> dict[str, int] | None:
    """Return the two camps of a balanced connected graph; None when it is not balanced."""
    camps = _coloured(part)
    fits = all((camps[a] == camps[b]) == (sign > 0) for a, b, sign in part.edges(data=SIGN))
    return camps if fits else None


def _coloured(graph: nx.Graph) -> dict[str, int]:
    """Return camps that follow the signs outwards from the first node of each component."""
    camps: dict[str, int] = {}
    for start in graph:
        if start not in camps:
            camps[start] = 0
            for first, second in nx.bfs_edges(graph, start):
                camps[second] = camps[first] ^ (graph.edges[first, second][SIGN] < 0)
    return camps


def _constraints(nodes: list[str], ties: list[tuple[str, str, int]]) -> tuple[object, Signs]:
    """Return the rows and least values that make a tie's variable 1 when the tie is frustrated.

    A positive tie a – b is frustrated when x_a ≠ x_b: f ≥ x_a − x_b and f ≥ x_b − x_a. A negative one when
    x_a = x_b: f ≥ x_a + x_b − 1 and f ≥ 1 − x_a − x_b.
    """
    from scipy.sparse import coo_array

    place = {node: number for number, node in enumerate(nodes)}
    at: list[tuple[int, int, float]] = []
    least: list[float] = []
    for number, (first, second, sign) in enumerate(ties):
        for turn in (1.0, -1.0):
            row = len(least)
            other = -turn if sign > 0 else turn
            at += [(row, len(nodes) + number, 1.0), (row, place[first], turn), (row, place[second], other)]
            least.append(0.0 if sign > 0 else turn)
    lines, columns, numbers = zip(*at, strict=True)
    shape = (len(least), len(nodes) + len(ties))
    return coo_array((numbers, (lines, columns)), shape=shape).tocsr(), np.array(least)


# Measures


def _signed_degree(keep: Callable[[int], float]) -> Callable[[nx.Graph, str | None], Values]:
    def compute(graph: nx.Graph, strength: str | None) -> Values:
        kept = signs(graph)
        return {node: float(sum(keep(known[SIGN]) for known in kept.adj[node].values())) for node in graph}

    return compute


_DOREIAN_MRVAR = Reference(
    "Doreian, P. and Mrvar, A. (2015). Structural balance and signed international relations. Journal of "
    "Social Structure 16, 1-49.",
    "10.21307/joss-2019-012",
)
CARTWRIGHT_HARARY = Reference(
    "Cartwright, D. and Harary, F. (1956). Structural balance: a generalization of Heider's theory. "
    "Psychological Review 63(5), 277-293.",
    "10.1037/h0046049",
)
AREF_WILSON = Reference(
    "Aref, S. and Wilson, M. C. (2019). Balance and frustration in signed networks. Journal of Complex "
    "Networks 7(2), 163-189.",
    "10.1093/comnet/cny015",
)

#: How pairs with ties of both signs, and repeated ties, are treated.
PAIRS = "A pair counts once; a pair with ties of both signs, or with a mixed tie, is neither and left out."


def _degree_measure(name: str, title: str, meaning: str, form: str, keep: Callable[[int], float]) -> Measure:
    return Measure(
        name=name,
        title=title,
        meaning=meaning,
        one_mode=f"{form} {PAIRS}",
        two_mode=f"{form} {PAIRS}",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths="The strength of ties makes no difference.",
        reference=_DOREIAN_MRVAR,
        two_mode_reference=_DOREIAN_MRVAR,
        function=_signed_degree(keep),
        needs=frozenset({"signs"}),
    )


#: The measures of this module.
MEASURES = (
    _degree_measure(
        "positive-degree",
        "Positive degree",
        "A high value says that a node has positive ties to many others.",
        "The number of others tied to the node by positive ties.",
        lambda sign: float(sign > 0),
    ),
    _degree_measure(
        "negative-degree",
        "Negative degree",
        "A high value says that a node has negative ties to many others.",
        "The number of others tied to the node by negative ties.",
        lambda sign: float(sign < 0),
    ),
    _degree_measure(
        "net-degree",
        "Net degree",
        "A high value says that the positive ties of a node outnumber its negative ones.",
        "The number of others tied to the node by positive ties, less those by negative ones.",
        float,
    ),
)
