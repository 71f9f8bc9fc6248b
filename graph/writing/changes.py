"""Puts what was written over what files say, and tells in a graph who changed what and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox

from graph.namespaces import STANDARD
from graph.writing.graphs import CHANGES, has_journal
from graph.writing.triples import quads

if TYPE_CHECKING:
    from graph.writing.journal import Entry, Written

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


def lay_over(store: ox.Store, written: Iterable[Written]) -> None:
    """Put what was written in the place of what files say of the same graphs.

    Parameters
    ----------
    store
        Files are loaded, nothing is derived.
    written
        Of each folder.
    """
    for each in written:
        for name, triples in each.graphs.items():
            store.remove_graph(ox.NamedNode(name))
            if triples is not None:
                store.add_graph(ox.NamedNode(name))
                store.bulk_extend(quads(triples, name))
        for entry in each.entries:
            store.bulk_extend(activity(entry))


def written_in(given: Iterable[Path]) -> list[Written]:
    """Return what was written to those folders among files and folders that have a journal."""
    folders = [folder for folder in given if has_journal(folder)]
    if not folders:
        return []
    from graph.writing import journal  # those without one need no database

    return [journal.read(folder) for folder in folders]


def version_with(files: str, written: Iterable[Written]) -> str:
    """Return the version of data whose files have one, with what was written beside them."""
    return ".".join([files, *(each.version for each in written if each.version)])
