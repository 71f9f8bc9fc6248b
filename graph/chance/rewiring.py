"""Draws random graphs of one mode with the degrees of an observed one, by swapping the ends of ties."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import networkx as nx

#: Swaps tried for each tie between two samples, and before the first.
SWAPS = 10

Tie = tuple[Any, Any, dict[str, Any]]


def rewired(graph: nx.Graph, seed: int = 1, swaps: int = SWAPS) -> Iterator[nx.Graph]:
    """Yield graphs in which every node has as many ties as observed, without end.

    Parameters
    ----------
    graph
        Simple and undirected, without ties of a node to itself.
    seed
        The same seed gives the same graphs.
    swaps
        How many swaps are tried for each tie between two graphs.

    Yields
    ------
    networkx.Graph
        The nodes with their attributes; a tie keeps its attributes when its end is swapped. All simple
        graphs with the observed degrees are equally likely in the limit: a swap that would double a tie or
        tie a node to itself is not made, but counts as a step.

    References
    ----------
    Maslov, S. and Sneppen, K. (2002). Specificity and stability in topology of protein networks. Science
    296(5569), 910-913. doi:10.1126/science.1065103. Fosdick, B. K., Larremore, D. B., Nishimura, J. and
    Ugander, J. (2018). Configuring random graph models with fixed degree sequences. SIAM Review 60(2),
    315-355. doi:10.1137/16M1087175
    """
    random = Random(seed)  # noqa: S311 - a statistical sample, no secret
    ties: list[Tie] = [(a, b, dict(known)) for a, b, known in graph.edges(data=True)]
    present = {frozenset((a, b)) for a, b, _ in ties}
    while True:
        for _ in range(swaps * len(ties)):
            _swap(ties, present, random)
        made = nx.Graph(**graph.graph)
        made.add_nodes_from(graph.nodes(data=True))
        made.add_edges_from(ties)
        yield made


def _swap(ties: list[Tie], present: set[frozenset[Any]], random: Random) -> None:
    """Exchange the second ends of two ties, or leave them where that would make no simple graph."""
    if len(ties) < 2:
        return
    first, second = random.sample(range(len(ties)), 2)
    (a, b, one), (c, d, other) = ties[first], ties[second]
    if random.random() < 0.5:
        c, d = d, c
    new = frozenset((a, d)), frozenset((c, b))
    if a == d or c == b or new[0] in present or new[1] in present or new[0] == new[1]:
        return
    present -= {frozenset((a, b)), frozenset((c, d))}
    present |= set(new)
    ties[first], ties[second] = (a, d, one), (c, b, other)
