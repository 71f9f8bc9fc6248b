"""Answers of queries in the formats of the standards, written by the engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

from graph.errors import BadData, BadValue
from graph.knowledge import KnowledgeGraph
from graph.namespaces import PREFIXES
from graph.sparql import guard, saved

TABLES = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPHS = {"turtle": ox.RdfFormat.TURTLE, "jsonld": ox.RdfFormat.JSON_LD}


def text_of(graph: KnowledgeGraph, query: str, values: Mapping[str, object]) -> str:
    """Return the SPARQL of a saved query or a file, with values in place.

    Parameters
    ----------
    graph : KnowledgeGraph
        Resolves names of things among the values.
    query : str
        Name of a saved query, or path of a file that ends in ``.rq``.
    values : mapping of str to object
        Values of its parameters.

    Returns
    -------
    str
        SPARQL ready to run.

    Raises
    ------
    UnknownName, BadValue, BadData
        No such query or file, or a value that is not right.
    """
    if not query.endswith(".rq"):
        return graph.bind(saved.find(query), values)
    path = Path(query)
    if not path.is_file():
        raise BadData(
            f"There is no file {path}.", remedy="Check the path, or give the name of a saved query."
        )
    text = path.read_text(encoding="utf-8")
    if "# parameter:" in text:
        return graph.bind(saved.parse(path.stem, text), values)
    if values:
        raise BadValue(
            f"{path} declares no parameters.", remedy="Leave -p out, or declare them in its header."
        )
    return text


def serialised(graph: KnowledgeGraph, text: str, form: str) -> str:
    """Return the answer of a query in a format of the standards.

    Parameters
    ----------
    graph : KnowledgeGraph
        Asked.
    text : str
        SPARQL.
    form : str
        ``csv``, ``tsv``, ``json``, ``xml`` for SELECT and ASK; ``turtle``, ``jsonld`` for graphs.

    Returns
    -------
    str
        The serialised answer.

    Raises
    ------
    BadValue
        The format does not fit the form of the query.
    BadQuery
        The text is no query that a reader may ask.
    """
    read = guard.inspect(text)
    builds = read.form in ("CONSTRUCT", "DESCRIBE")
    if builds != (form in GRAPHS):
        fitting = GRAPHS if builds else TABLES
        raise BadValue(
            f"The format {form} does not fit a {read.form} query.",
            remedy=f"Choose one of {', '.join(fitting)}.",
        )
    if builds:
        content = ox.serialize(graph.store.construct(read.text), format=GRAPHS[form], prefixes=PREFIXES)
        return (content or b"").decode("utf-8")
    return graph.store.table(read.text, TABLES[form]).decode("utf-8")
