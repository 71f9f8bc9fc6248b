"""Tells who changed what and when, in the graph of changes and for the graph that comes after a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from graph.knowledge import KnowledgeGraph
from graph.namespaces import STANDARD
from graph.sparql.store import EmbeddedStore
from graph.writing import journal
from graph.writing.evaluation import apply, quads
from graph.writing.evaluator import store_of
from graph.writing.graphs import CHANGES
from graph.writing.journal import Entry

_GRAPH = ox.NamedNode(CHANGES)
_TYPE = ox.NamedNode(f"{STANDARD['rdf']}type")
_LABEL = ox.NamedNode(f"{STANDARD['rdfs']}label")
_DATE_TIME = ox.NamedNode(f"{STANDARD['xsd']}dateTime")


def activity(entry: Entry) -> Iterator[ox.Quad]:
    """Yield what the graph of changes says of one (W3C PROV-O)."""
    change = ox.NamedNode(f"{CHANGES}#{entry.number}")
    author = ox.NamedNode(f"{CHANGES}#author-{quote(entry.author, safe='')}")
    graphs = [ox.NamedNode(graph) for graph in entry.counts]
    counts = "; ".join(
        f"{graph}: {added} added, {removed} removed" for graph, (added, removed) in entry.counts.items()
    )
    label = ox.Literal(f"{entry.operation} by {entry.author}: {counts}")
    when = ox.Literal(entry.time, datatype=_DATE_TIME)
    told: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (change, _TYPE, _prov("Activity")),
        (change, _LABEL, label),
        (change, _prov("startedAtTime"), when),
        (change, _prov("wasAssociatedWith"), author),
        (change, ox.NamedNode(f"{STANDARD['dcterms']}identifier"), ox.Literal(entry.request)),
        *((change, _prov("generated"), graph) for graph in graphs),
        (author, _TYPE, _prov("Agent")),
        (author, ox.NamedNode(f"{STANDARD['foaf']}name"), ox.Literal(entry.author)),
    ]
    return (ox.Quad(subject, predicate, value, _GRAPH) for subject, predicate, value in told)


def _prov(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{STANDARD['prov']}{name}")


def lay_over(store: ox.Store, folders: Iterable[Path]) -> str:
    """Put what was written to folders in the place of what their files say of the same graphs.

    Parameters
    ----------
    store
        Files are loaded, nothing is derived.
    folders
        Those without a journal are passed over.

    Returns
    -------
    str
        The version of what was written; empty where nothing was.
    """
    versions = []
    for folder in folders:
        if not journal.is_in(folder):
            continue
        written = journal.read(folder)
        for name, triples in written.graphs.items():
            store.remove_graph(ox.NamedNode(name))
            if triples is not None:
                store.add_graph(ox.NamedNode(name))
                store.bulk_extend(quads(triples, name))
        for entry in written.entries:
            store.bulk_extend(activity(entry))
        versions.append(written.version)
    return ".".join(version for version in versions if version)


def successor(graph: KnowledgeGraph, changed: dict[str, Any], entry: Entry, version: str) -> KnowledgeGraph:
    """Return the graph that comes after a change.

    Parameters
    ----------
    graph
        The one before, which stays as it is for those who are asking it.
    changed
        As `graph.writing.evaluation.evaluate` returned it.
    entry
        Of the change.
    version
        Of what was written, with the change.
    """
    store = ox.Store()
    store.bulk_extend(store_of(graph))
    apply(store, changed["graphs"])
    apply(store, changed["derived"])
    store.bulk_extend(activity(entry))
    release = graph.version.partition(".")[0]
    return KnowledgeGraph(EmbeddedStore(store), f"{release}.{version}", graph.today)
