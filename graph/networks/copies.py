"""Makes and copies large graphs several times as fast as networkx, which looks at each tie anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import networkx as nx


def copied(graph: nx.Graph, without: Collection[Any] = frozenset()) -> nx.Graph:
    """Return a copy of a graph, perhaps without some nodes.

    Parameters
    ----------
    graph
        Undirected, without parallel ties.
    without
        Nodes to leave out with their ties.

    Returns
    -------
    networkx.Graph
        Not frozen; nodes and ties have mappings of attributes of their own.
    """
    if type(graph._adj) is not dict:  # a view of a part of another graph
        kept = nx.Graph(graph)
        kept.remove_nodes_from(list(without))
        return kept
    kept = nx.Graph(**graph.graph)
    out = frozenset(without)
    kept._node = {node: dict(known) for node, known in graph._node.items() if node not in out}
    ties: dict[Any, dict[Any, dict[str, Any]]] = {node: {} for node in kept._node}
    for node, own in ties.items():
        for other, known in graph._adj[node].items():
            if other not in out and other not in own:
                ties[other][node] = own[other] = dict(known)
    kept._adj = ties
    return kept


def without(graph: nx.Graph, gone: Collection[Any]) -> nx.Graph:
    """Return a graph without some nodes, and without those that then have no ties.

    Parameters
    ----------
    graph
        Undirected, without parallel ties.
    gone
        Nodes to leave out with their ties.

    Returns
    -------
    networkx.Graph
        Frozen; the attributes of its nodes and ties are those of the graph, and not to be changed.
    """
    kept = nx.Graph(**graph.graph)
    ties = {node: dict(own) for node, own in graph._adj.items() if node not in gone}
    for node in gone:
        for other in graph._adj[node]:
            ties.get(other, {}).pop(node, None)
    kept._adj = {node: own for node, own in ties.items() if own}
    kept._node = {node: graph._node[node] for node in kept._adj}
    return nx.freeze(kept)


def add_new_ties(graph: nx.Graph, ties: Iterable[tuple[Any, Any, dict[str, Any]]]) -> None:
    """Add ties between nodes that are in a graph and are not tied yet.

    Parameters
    ----------
    graph
        Undirected, without parallel ties.
    ties
        The two nodes, and the attributes, a mapping that is taken over and not copied.
    """
    held = graph._adj
    for one, other, known in ties:
        held[one][other] = held[other][one] = known
