"""Triples of one graph as lines of N-Triples without the final dot: the form in which changes are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

_NT = ox.RdfFormat.N_TRIPLES


def triples_of(store: ox.Store, graph: str) -> frozenset[str]:
    """Return the triples of a graph; none where there is no such graph."""
    written = store.dump(from_graph=ox.NamedNode(graph), format=_NT) or b""
    return frozenset(line.removesuffix(" .") for line in written.decode().split("\n") if line)


def moved(quads: Iterable[ox.Quad], target: ox.NamedNode | ox.DefaultGraph) -> Iterator[ox.Quad]:
    """Return quads as those of another graph."""
    return (ox.Quad(quad.subject, quad.predicate, quad.object, target) for quad in quads)


def quads(triples: Sequence[str], graph: str) -> Iterator[ox.Quad]:
    """Return triples as the quads of a graph; blank nodes keep their names.

    Parameters
    ----------
    triples
        N-Triples without the final dot.
    graph
        Address of the graph.
    """
    text = "".join(f"{triple} .\n" for triple in triples)
    return moved(ox.parse(text, _NT), ox.NamedNode(graph))


def apply(store: ox.Store, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Change graphs of a store as `evaluate` told.

    Parameters
    ----------
    store
        To be changed.
    changes
        ``added``, ``removed`` and ``is_there`` by graph.
    """
    for name, change in changes.items():
        graph = ox.NamedNode(name)
        if not change["is_there"]:
            store.remove_graph(graph)
            continue
        store.add_graph(graph)
        for quad in quads(change["removed"], name):
            store.remove(quad)
        store.bulk_extend(quads(change["added"], name))
