"""Write RDF as the Turtle of this repository: one block a subject, sorted, stable."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph
from rdflib.plugins.serializers.turtle import TurtleSerializer
from rdflib.term import BNode, Node

from graph.namespaces import PREFIXES
from graph.rdf.loader import load_file


class StableTurtleSerializer(TurtleSerializer):
    """Turtle whose order of subjects depends on nothing but their addresses.

    rdflib orders subjects by how often they are referred to, so one new fact could move a block far
    away from where it stood; a change of one fact should be a change of a few lines.
    """

    def orderSubjects(self) -> list[Node]:  # noqa: N802 - the name is rdflib's
        """Return the named subjects sorted by address; blank nodes are written inside their subject."""
        return sorted((subject for subject in self._subjects if not isinstance(subject, BNode)), key=str)


def to_turtle(graph: Graph) -> str:
    """Serialise a graph in the stable form.

    Parameters
    ----------
    graph : rdflib.Graph
        The statements to write; blank nodes must each be the object of exactly one statement.

    Returns
    -------
    str
        Turtle text with a prefix header that names only the prefixes used.
    """
    tidy = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        tidy.bind(prefix, namespace, override=True, replace=True)
    for triple in graph:
        tidy.add(triple)
    serializer = StableTurtleSerializer(tidy)
    buffer = BytesIO()
    serializer.serialize(buffer, encoding="utf-8")
    return buffer.getvalue().decode("utf-8").strip() + "\n"


def format_file(path: Path) -> bool:
    """Rewrite a Turtle file in the stable form.

    Parameters
    ----------
    path : pathlib.Path
        A Turtle file.

    Returns
    -------
    bool
        Whether the file changed.

    Raises
    ------
    BadData
        The file does not parse; the error names line and column.
    """
    load_file(ox.Store(), path)
    before = path.read_text(encoding="utf-8")
    graph = Graph(bind_namespaces="none").parse(data=before, format="turtle")
    after = to_turtle(graph)
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    return after != before
