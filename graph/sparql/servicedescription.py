"""What the SPARQL service is: its language, formats and data set (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from graph.knowledge import KnowledgeGraph
from graph.namespaces import STANDARD
from graph.rdf import void
from graph.sparql import dataset

_FORMATS = "http://www.w3.org/ns/formats/"
_RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "RDF_XML",
    "JSON-LD",
    "TriG",
    "N-Quads",
)
_TYPE = ox.NamedNode(f"{STANDARD['rdf']}type")
_TITLE = ox.NamedNode(f"{STANDARD['dcterms']}title")


def triples(graph: KnowledgeGraph, endpoint: str, *, is_writable: bool = False) -> Iterator[ox.Triple]:
    """Yield the description of the service at an address.

    Parameters
    ----------
    graph
        The data that it answers from.
    endpoint
        Its address.
    is_writable
        Whether it takes updates.
    """
    service, data = ox.NamedNode(f"{endpoint}#service"), ox.NamedNode(f"{endpoint}#data")
    yield ox.Triple(service, _TYPE, _sd("Service"))
    yield ox.Triple(service, _sd("endpoint"), ox.NamedNode(endpoint))
    yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    if is_writable:
        yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Update"))
    yield ox.Triple(service, _sd("feature"), _sd("UnionDefaultGraph"))
    for name in _RESULT_FORMATS:
        yield ox.Triple(service, _sd("resultFormat"), ox.NamedNode(f"{_FORMATS}{name}"))
    yield ox.Triple(service, _sd("defaultDataset"), data)
    yield from _data(graph, data)
    yield ox.Triple(data, ox.NamedNode(f"{STANDARD['rdfs']}seeAlso"), void.dataset_of(graph, endpoint))
    yield from _groups(graph, service)


def _data(graph: KnowledgeGraph, data: ox.NamedNode) -> Iterator[ox.Triple]:
    union = ox.NamedNode(f"{data.value}-union")
    yield ox.Triple(data, _TYPE, _sd("Dataset"))
    yield ox.Triple(data, _sd("defaultGraph"), union)
    yield ox.Triple(union, _TYPE, _sd("Graph"))
    yield ox.Triple(union, _void("triples"), ox.Literal(void.total(graph)))
    for row in graph.run("views/void-graphs"):
        name = ox.NamedNode(str(row["graph"]))
        named = ox.NamedNode(f"{data.value}-{void.fragment(name.value)}")
        yield ox.Triple(data, _sd("namedGraph"), named)
        yield ox.Triple(named, _TYPE, _sd("NamedGraph"))
        yield ox.Triple(named, _sd("name"), name)
        yield ox.Triple(named, _sd("graph"), name)
        yield ox.Triple(name, _TYPE, _sd("Graph"))
    yield from void.graphs(graph)


def _groups(graph: KnowledgeGraph, service: ox.NamedNode) -> Iterator[ox.Triple]:
    """Yield the addresses that stand for many graphs, as further graphs that a request may name."""
    names = [str(row["graph"]) for row in graph.run("views/void-graphs")]
    available = ox.NamedNode(f"{service.value}-groups")
    for group, meaning in dataset.MEANINGS.items():
        if not dataset.expand([group], names):
            continue
        named = ox.NamedNode(f"{available.value}-{void.fragment(group)}")
        yield ox.Triple(service, _sd("availableGraphs"), available)
        yield ox.Triple(available, _TYPE, _sd("GraphCollection"))
        yield ox.Triple(available, _sd("namedGraph"), named)
        yield ox.Triple(named, _TYPE, _sd("NamedGraph"))
        yield ox.Triple(named, _sd("name"), ox.NamedNode(group))
        yield ox.Triple(named, _TITLE, ox.Literal(meaning, language="en"))


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{STANDARD['sd']}{name}")


def _void(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{STANDARD['void']}{name}")
