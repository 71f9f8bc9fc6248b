"""What holds a graph together: articulation points and k-cores."""

from __future__ import annotations

import networkx as nx

from graph.measures.definitions import Measure, Reference, Values


def pieces_gained(graph: nx.Graph) -> dict[str, int]:
    """Return how many more components a graph has without a node; above 0 it is an articulation point.

    Parameters
    ----------
    graph
        An undirected simple graph.

    Returns
    -------
    dict
        Node to the number of biconnected components that hold it, less one; 0 for a node without ties.

    References
    ----------
    Hopcroft, J. and Tarjan, R. (1973). Algorithm 447: efficient algorithms for graph manipulation.
    Communications of the ACM 16(6), 372-378. doi:10.1145/362248.362272
    """
    found = dict.fromkeys(graph, -1)
    for block in nx.biconnected_components(graph):
        for node in block:
            found[node] += 1
    return {node: max(count, 0) for node, count in found.items()}


def _articulation(graph: nx.Graph, strength: str | None) -> Values:
    return {node: float(count) for node, count in pieces_gained(graph).items()}


def _core(graph: nx.Graph, strength: str | None) -> Values:
    return {node: float(core) for node, core in nx.core_number(graph).items()}


_HOPCROFT_TARJAN = Reference(
    "Hopcroft, J. and Tarjan, R. (1973). Algorithm 447: efficient algorithms for graph manipulation. "
    "Communications of the ACM 16(6), 372-378.",
    "10.1145/362248.362272",
)
_SEIDMAN = Reference(
    "Seidman, S. B. (1983). Network structure and minimum degree. Social Networks 5(3), 269-287.",
    "10.1016/0378-8733(83)90028-X",
)

#: The measures of this module.
MEASURES = (
    Measure(
        name="articulation",
        title="Articulation points",
        meaning="A value above 0 says that the graph falls apart without the node, and into how many more "
        "pieces.",
        one_mode="The number of components of the graph without the node, less that of the graph with it.",
        two_mode="The number of components of the graph without the node, less that of the graph with it; "
        "the modes make no difference.",
        components="Each component is looked at on its own.",
        isolates="A node without ties has 0.",
        strengths="The strength of ties makes no difference.",
        reference=_HOPCROFT_TARJAN,
        two_mode_reference=_HOPCROFT_TARJAN,
        function=_articulation,
    ),
    Measure(
        name="k-core",
        title="Core number",
        meaning="A high value says that a node sits in a dense part of the graph, whose nodes all have many "
        "ties to one another.",
        one_mode="The greatest k such that the node is in the largest part of the graph in which every node "
        "has at least k ties.",
        two_mode="The greatest k such that the node is in the largest part of the graph in which every node, "
        "of either mode, has at least k ties.",
        components="Components make no difference.",
        isolates="A node without ties has 0.",
        strengths="The strength of ties makes no difference.",
        reference=_SEIDMAN,
        two_mode_reference=_SEIDMAN,
        function=_core,
    ),
)
