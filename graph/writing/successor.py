"""Makes the graph that comes after a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from graph.errors import SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.sparql.store import EmbeddedStore
from graph.writing.changes import activity
from graph.writing.journal import Entry, GraphChange
from graph.writing.triples import apply, triples_of


def store_of(graph: KnowledgeGraph) -> ox.Store:
    """Return the store of a graph that is held in memory.

    Raises
    ------
    SpacenormsError
        It is another server's, or on disk.
    """
    if not isinstance(graph.store, EmbeddedStore) or graph.store.path is not None:
        raise SpacenormsError(
            "Only a graph that this server holds in memory can be written.",
            remedy="Leave out --endpoint and --store, or unset the token for writing.",
            code="not-writable",
        )
    return graph.store.oxigraph


def graph_changes(
    graph: KnowledgeGraph, changed: Mapping[str, Mapping[str, Any]], kept: set[str]
) -> dict[str, GraphChange]:
    """Return changes as the journal keeps them.

    Parameters
    ----------
    graph
        The one before the changes.
    changed
        ``added``, ``removed`` and ``is_there`` by graph.
    kept
        Graphs that the journal holds already; of others it takes over all triples.
    """
    store = store_of(graph)
    return {
        name: GraphChange(
            frozenset(each["added"]),
            frozenset(each["removed"]),
            each["is_there"],
            frozenset() if name in kept else triples_of(store, name),
        )
        for name, each in changed.items()
    }


def successor(
    graph: KnowledgeGraph, changed: Mapping[str, Any], entry: Entry, twin: ox.Store | None = None
) -> KnowledgeGraph:
    """Return the graph that comes after a change.

    Parameters
    ----------
    graph
        The one before, which stays as it is for those who are asking it.
    changed
        As `graph.writing.evaluation.evaluate` returned it.
    entry
        Of the change.
    twin
        A store that holds the same as the graph's and that nobody asks, to be changed; None to copy it.
    """
    store = twin if twin is not None else _copied(store_of(graph))
    follow(store, changed, entry)
    files = graph.version.partition(".")[0]
    return KnowledgeGraph(EmbeddedStore(store), f"{files}.{entry.version}", graph.today)


def follow(store: ox.Store, changed: Mapping[str, Any], entry: Entry) -> None:
    """Make a change in a store that has not made it."""
    apply(store, changed["graphs"])
    apply(store, changed["derived"])
    store.bulk_extend(activity(entry))


def _copied(store: ox.Store) -> ox.Store:
    copy = ox.Store()
    copy.bulk_extend(store)
    for name in store.named_graphs():
        copy.add_graph(name)
    return copy
