"""Writes the whole graph to a file in a format of the user's choice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.errors import BadValue, suggest
from graph.knowledge import KnowledgeGraph
from graph.namespaces import PREFIXES
from graph.sparql.store import EmbeddedStore

FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".trig": ox.RdfFormat.TRIG,
    ".nq": ox.RdfFormat.N_QUADS,
}
_KEEPS_GRAPHS = (".trig", ".nq", ".jsonld")


def export(graph: KnowledgeGraph, path: Path) -> int:
    """Write every statement, asserted and derived.

    Parameters
    ----------
    graph : KnowledgeGraph
        An embedded graph.
    path : pathlib.Path
        Where to; the ending chooses the format. TriG, N-Quads and JSON-LD keep the named graphs,
        Turtle and N-Triples hold their union.

    Returns
    -------
    int
        Number of statements written.

    Raises
    ------
    BadValue
        The ending is not known, or the graph lives on another server.
    """
    if path.suffix not in FORMATS:
        raise BadValue(
            f"The ending “{path.suffix}” names no format.",
            remedy=suggest(path.suffix, FORMATS) or f"Use one of {', '.join(FORMATS)}.",
        )
    if not isinstance(graph.store, EmbeddedStore):
        raise BadValue("A graph on another server is not exported from here.", remedy="Leave --endpoint out.")
    quads = list(graph.store.oxigraph)
    statements: list[Any] = quads
    if path.suffix not in _KEEPS_GRAPHS:
        statements = list(dict.fromkeys(quad.triple for quad in quads))
    with path.open("wb") as target:
        ox.serialize(statements, target, format=FORMATS[path.suffix], prefixes=PREFIXES)
    return len(statements)
