"""Makes large graphs of the kinds that spacenorms measures, the same ones for the same seed."""

from __future__ import annotations

import networkx as nx
import numpy as np

from graph.measures.definitions import distances


def one_mode(nodes: int, ties: int = 12, seed: int = 1) -> nx.Graph:
    """Return a connected graph with hubs, as of states that vote or cooperate.

    Parameters
    ----------
    nodes
        How many nodes.
    ties
        Ties that each new node makes to well tied ones (Barabási and Albert, 1999).
    seed
        The same seed gives the same graph.

    Returns
    -------
    networkx.Graph
        Ties have ``strength`` (1 to 6, most of them weak) and ``distance``, a whole number in
        proportion to 1/strength.
    """
    graph = nx.barabasi_albert_graph(nodes, ties, seed=seed)
    generator = np.random.default_rng(seed)
    strengths = generator.choice([1, 2, 3, 4, 6], size=graph.number_of_edges(), p=[0.5, 0.2, 0.15, 0.1, 0.05])
    for (_, _, known), strength in zip(graph.edges(data=True), strengths.tolist(), strict=True):
        known["strength"] = strength
    for a, b, known in distances(graph, "strength").edges(data=True):
        graph.edges[a, b]["distance"] = known["distance"]
    return graph


def affiliation(nodes: int, seed: int = 1) -> nx.Graph:
    """Return a two-mode graph like that of states and what they belong to.

    Parameters
    ----------
    nodes
        Nodes of both modes: six of seven are members, the others what they belong to.
    seed
        The same seed gives the same graph.

    Returns
    -------
    networkx.Graph
        With ``bipartite`` on nodes: a few affiliations that most members have, many that few have. Every
        node has a tie.
    """
    generator = np.random.default_rng(seed)
    others = nodes // 7
    members = nodes - others
    sizes = np.maximum(2, (members * 0.9 / np.arange(1, others + 1) ** 0.8).astype(int))
    appeal = generator.pareto(2.0, members) + 0.2
    graph = nx.Graph(two_mode=True)
    graph.add_nodes_from(range(members), bipartite=0)
    graph.add_nodes_from(range(members, nodes), bipartite=1)
    for other, size in enumerate(sizes.tolist()):
        chosen = generator.choice(members, size=size, replace=False, p=appeal / appeal.sum())
        graph.add_edges_from((int(member), members + other) for member in chosen)
    lonely = [node for node in range(members) if graph.degree(node) == 0]
    graph.add_edges_from((node, members) for node in lonely)
    return graph
