"""What a measure is: its name, meaning, forms, treatments and reference; and what its function may ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.errors import BadValue
from graph.networks.copies import add_new_ties

Values = dict[str, float]
Matrix = NDArray[np.float64]

#: Above this many nodes, matrices of all pairs are left to sparse or step-by-step algorithms.
DENSE_LIMIT = 1500

#: The attribute that holds the number of shared neighbours in a projection.
SHARED = "shared"


@dataclass(frozen=True)
class Reference:
    """A publication: the text of the citation and its DOI."""

    text: str
    doi: str


@dataclass(frozen=True)
class Measure:
    """A measure of centrality and the way it is computed.

    Attributes
    ----------
    name, title
        The name used in commands and addresses, and the one for people.
    meaning
        One sentence: what a high value says.
    one_mode, two_mode
        How the value is computed and normalised in a graph of one or of two kinds of nodes.
    components, isolates, strengths
        What is done with several components, with nodes without ties, and with the strength of ties.
    reference, two_mode_reference
        Where the measure was defined.
    function
        From a graph and the name of the attribute that holds the strength of a tie (or None) to a
        value for each node.
    needs
        What the graph must have besides nodes and ties: ``groups`` of nodes, ``signs`` of ties, ``modes``.
    directions
        Whether the measure reads the directions of ties; the others drop them.
    weighs
        Whether the two-mode form weighs ties by the number of shared neighbours.
    """

    name: str
    title: str
    meaning: str
    one_mode: str
    two_mode: str
    components: str
    isolates: str
    strengths: str
    reference: Reference
    two_mode_reference: Reference
    function: Callable[[nx.Graph, str | None], Values] = field(repr=False)
    needs: frozenset[str] = frozenset()
    directions: bool = False
    weighs: bool = False

    def method(self, graph: nx.Graph, strength: str | None) -> str:
        """Return the sentences that say how the values of a graph were computed."""
        form = self.two_mode if two_modes(graph) else self.one_mode
        weighed = strength or (self.weighs and two_modes(graph))
        ties = self.strengths if weighed else "Every tie counts the same."
        return " ".join(text for text in (form, self.components, self.isolates, ties) if text)

    def citation(self, graph: nx.Graph) -> Reference:
        """Return the publication that the form used for a graph rests on."""
        return self.two_mode_reference if two_modes(graph) else self.reference


def two_modes(graph: nx.Graph) -> bool:
    """Say whether a graph keeps two kinds of nodes apart (attribute ``bipartite``, 0 or 1)."""
    return bool(graph.graph.get("two_mode", False))


def mode(graph: nx.Graph, node: str) -> int:
    """Return the mode of a node, 0 or 1; 0 in a graph of one mode."""
    return int(graph.nodes[node].get("bipartite", 0))


def sides(graph: nx.Graph) -> tuple[list[str], list[str]]:
    """Return the nodes of either mode, in the order of the graph."""
    modes = graph.nodes(data="bipartite", default=0)
    return [node for node, side in modes if side == 0], [node for node, side in modes if side == 1]


def named(graph: nx.Graph, numbers: Matrix) -> Values:
    """Return numbers, one per node in the order of the graph, by node."""
    return dict(zip(graph, numbers.tolist(), strict=True))


def matrix(graph: nx.Graph, strength: str | None, order: Sequence[str] | None = None) -> Matrix:
    """Return the adjacency matrix, n × n, of 0 and 1 or of strengths, without loops."""
    nodes, ties = list(graph) if order is None else list(order), graph._adj
    if type(ties) is not dict or len(nodes) < len(graph):  # a part of a graph
        found: Matrix = nx.to_numpy_array(graph, nodelist=order, weight=strength, dtype=float)
    else:
        place = {node: number for number, node in enumerate(nodes)}
        many = [len(ties[node]) for node in nodes]
        ends = [place[other] for node in nodes for other in ties[node]]
        rows = np.repeat(np.arange(len(nodes)), many)
        found = np.zeros((len(nodes), len(nodes)))
        if strength is None:
            found[rows, ends] = 1.0
        else:
            found[rows, ends] = [known.get(strength, 1.0) for node in nodes for known in ties[node].values()]
    np.fill_diagonal(found, 0.0)
    return found


def ties_between(graph: nx.Graph, rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    """Return the ties between some nodes and some others as a matrix, rows × columns, of 0 and 1.

    Nodes that the graph lacks, and ties to nodes that are not asked for, make no difference.
    """
    place, ties = {node: number for number, node in enumerate(columns)}, graph._adj
    held = [[place[other] for other in ties[node] if other in place] if node in ties else () for node in rows]
    found = np.zeros((len(rows), len(columns)))
    found[np.repeat(np.arange(len(rows)), [len(each) for each in held]), [*chain.from_iterable(held)]] = 1.0
    return found


def common_multiple(graph: nx.Graph, strength: str) -> int:
    """Return the least common multiple of all strengths."""
    return math.lcm(*{int(weight) for _, _, weight in graph.edges(data=strength)})


def distances(graph: nx.Graph, strength: str | None) -> nx.Graph:
    """Return the graph with whole-numbered distances in proportion to 1/strength."""
    if strength is None:
        return graph
    unit = common_multiple(graph, strength)
    copy = nx.Graph()
    copy.add_nodes_from(graph)
    add_new_ties(copy, ((a, b, {"distance": unit // int(w)}) for a, b, w in graph.edges(data=strength)))
    return copy


def possessions(graph: nx.Graph) -> frozenset[str]:
    """Return what a graph has of the things that measures need: ``groups``, ``signs``, ``modes``."""
    has = {
        "groups": any(group not in (None, "") for _, group in graph.nodes(data="group")),
        "signs": any(sign is not None for _, _, sign in graph.edges(data="sign")),
        "modes": two_modes(graph),
    }
    return frozenset(name for name, held in has.items() if held)


# Groups


def groups(graph: nx.Graph) -> dict[str, str]:
    """Return the group of every node (attribute ``group``).

    Raises
    ------
    BadValue
        No node has a group.
    """
    found = {node: str(group) for node, group in graph.nodes(data="group") if group not in (None, "")}
    if len(graph) and not found:
        raise BadValue(
            "The nodes of this graph are in no groups.",
            remedy="Give every node an attribute “group”, or ask for a measure that needs none.",
            code="no-groups",
        )
    return {node: found.get(node, "") for node in graph}


def blocs(graph: nx.Graph) -> set[str]:
    """Return the groups that are blocs: what the nodes' attribute ``blocs`` names, else every group."""
    listed = [str(text) for _, text in graph.nodes(data="blocs") if text is not None]
    if not listed:
        return {group for group in groups(graph).values() if group}
    return {code for text in listed for code in text.split(";") if code}


def defining(graph: nx.Graph) -> set[str]:
    """Return the nodes of a two-mode graph that are the blocs themselves, and so tie their own members."""
    named_blocs = {
        code for _, text in graph.nodes(data="blocs") if text for code in str(text).split(";") if code
    }
    return {
        node
        for node, code in graph.nodes(data="code")
        if code in named_blocs and mode(graph, node) == 1 and two_modes(graph)
    }


# Projections


def projection(graph: nx.Graph, nodes: Sequence[str], left_out: set[str] | None = None) -> nx.Graph:
    """Return the graph of nodes of one mode, tied where they share a neighbour.

    Parameters
    ----------
    graph
        A two-mode graph.
    nodes
        All nodes of one mode.
    left_out
        Nodes of the other mode that make no tie.

    Returns
    -------
    networkx.Graph
        Nodes with their attributes; ties with the attribute `SHARED`, the number of shared neighbours.
    """
    shared = shared_neighbours(graph, nodes, left_out)
    found = nx.Graph()
    found.add_nodes_from((node, dict(graph.nodes[node])) for node in nodes)
    ends = np.nonzero(np.triu(shared, k=1))
    columns = (*ends, shared[ends].astype(int))
    add_new_ties(
        found,
        (
            (nodes[first], nodes[second], {SHARED: number})
            for first, second, number in zip(*(column.tolist() for column in columns), strict=True)
        ),
    )
    return found


def shared_neighbours(graph: nx.Graph, nodes: Sequence[str], left_out: set[str] | None = None) -> Matrix:
    """Return how many neighbours any two of n nodes share, n × n, with those of each on the diagonal."""
    others = sorted({other for node in nodes for other in graph[node]} - (left_out or set()), key=str)
    place = {other: column for column, other in enumerate(others)}
    member = np.zeros((len(nodes), len(others)))
    for row, node in enumerate(nodes):
        member[row, [place[other] for other in graph[node] if other in place]] = 1
    found: Matrix = member @ member.T
    return found


def co_membership(graph: nx.Graph, which: int = 0) -> nx.Graph:
    """Return the projection onto one mode in which the blocs themselves make no tie.

    The alliances that define the groups tie all their members by definition; what else the members
    share is what a measure of mixing between groups is about.
    """
    return projection(graph, sides(graph)[which], defining(graph))


def merged(graph: nx.Graph, strength: str | None) -> tuple[nx.Graph, str | None, tuple[str, ...]]:
    """Return a simple undirected graph, with the remarks that tell what was done to make it so.

    Parameters
    ----------
    graph
        Any graph: directed or not, with parallel ties or without.
    strength
        The attribute that holds the strength of a tie, or None.

    Returns
    -------
    graph
        Undirected, without parallel ties and loops. The strength of a merged tie is the sum of the
        strengths; its sign is that of its ties when they agree, and 0 when they do not.
    strength
        The attribute that holds the strength in the new graph, or None.
    notes
        What was done, in sentences; empty when nothing was.
    """
    loops = nx.number_of_selfloops(graph)
    if not graph.is_directed() and not graph.is_multigraph() and not loops:
        return graph, strength, ()
    plain = nx.Graph(**graph.graph)
    plain.add_nodes_from(graph.nodes(data=True))
    for first, second, known in graph.edges(data=True):
        if first != second:
            _merge(plain, first, second, known, strength)
    return nx.freeze(plain), strength, tuple(_merging(graph, plain, loops, strength))


def _merge(
    plain: nx.Graph, first: str, second: str, known: Mapping[str, object], strength: str | None
) -> None:
    if not plain.has_edge(first, second):
        plain.add_edge(first, second, **known)
        return
    own = plain.edges[first, second]
    if strength is not None:
        own[strength] = own.get(strength, 1) + known.get(strength, 1)
    if own.get("sign") != known.get("sign"):
        own["sign"] = 0


def _merging(graph: nx.Graph, plain: nx.Graph, loops: int, strength: str | None) -> list[str]:
    notes = []
    if graph.is_directed():
        notes.append("Directions were dropped: a tie in either direction is a tie.")
    less = graph.number_of_edges() - plain.number_of_edges() - loops
    if less > 0:
        kept = "their strengths were added up" if strength else "a pair counts once"
        notes.append(f"{less:,} parallel ties were merged: {kept}.")
    if loops:
        notes.append(f"{loops:,} ties of a node to itself were left out.")
    return notes
