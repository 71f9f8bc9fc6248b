"""The statistics of the data set in VoID: its graphs, and partitions by class and by property.

Vocabulary of Interlinked Datasets, W3C Interest Group Note, 3 March 2011, sections 4.4 and 4.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pyoxigraph as ox

from graph.knowledge import KnowledgeGraph, Value
from graph.namespaces import BASE, STANDARD, shorten

#: The address of the data set of the release.
DATASET = f"{BASE}dataset"

_TYPE = ox.NamedNode(f"{STANDARD['rdf']}type")
_TITLE = ox.NamedNode(f"{STANDARD['dcterms']}title")
_COUNTED = {
    "triples": "triples",
    "entities": "entities",
    "subjects": "distinctSubjects",
    "objects": "distinctObjects",
}


def triples(graph: KnowledgeGraph, endpoint: str) -> list[ox.Triple]:
    """Return the description of the data set.

    Parameters
    ----------
    graph
        What is counted; the counts are remembered.
    endpoint
        The address at which it is asked.

    Returns
    -------
    list of pyoxigraph.Triple
        What the data say of themselves, the number of statements in each graph, and the partitions.
    """
    stated = graph.describe("views/record-edition-description")
    dataset = dataset_of(graph, endpoint)
    return [
        *stated,
        ox.Triple(dataset, _TYPE, _void("Dataset")),
        ox.Triple(dataset, _void("sparqlEndpoint"), ox.NamedNode(endpoint)),
        *_totals(graph, dataset),
        *graphs(graph),
        *_by_class(graph, dataset),
        *_by_property(graph, dataset),
    ]


def dataset_of(graph: KnowledgeGraph, endpoint: str) -> ox.NamedNode:
    """Return the address of the data set: that of the release, or a part of the endpoint's own."""
    is_release = any(row["graph"] == f"{BASE}graph/dataset" for row in graph.run("views/void-graphs"))
    return ox.NamedNode(DATASET if is_release else f"{endpoint}#dataset")


def graphs(graph: KnowledgeGraph) -> Iterator[ox.Triple]:
    """Yield the size and the title of each named graph."""
    for row in graph.run("views/void-graphs"):
        node = ox.NamedNode(str(row["graph"]))
        yield ox.Triple(node, _TYPE, _void("Dataset"))
        yield ox.Triple(node, _void("triples"), _number(row["triples"]))
        if row["title"]:
            yield ox.Triple(node, _TITLE, ox.Literal(str(row["title"]), language="en"))


def total(graph: KnowledgeGraph) -> int:
    """Return how many statements the union of all graphs holds."""
    return sum(int(row["triples"] or 0) for row in graph.run("views/void-properties"))


def _totals(graph: KnowledgeGraph, dataset: ox.NamedNode) -> Iterator[ox.Triple]:
    classes, properties = graph.run("views/void-classes"), graph.run("views/void-properties")
    yield ox.Triple(dataset, _void("triples"), ox.Literal(total(graph)))
    yield ox.Triple(dataset, _void("classes"), ox.Literal(len(classes)))
    yield ox.Triple(dataset, _void("properties"), ox.Literal(len(properties)))


def _by_class(graph: KnowledgeGraph, dataset: ox.NamedNode) -> Iterator[ox.Triple]:
    for row in graph.run("views/void-classes"):
        node = _part(dataset, "class", row["class"])
        yield ox.Triple(dataset, _void("classPartition"), node)
        yield ox.Triple(node, _void("class"), ox.NamedNode(str(row["class"])))
        yield from _counts(node, row)
    for row in graph.run("views/void-class-properties"):
        of_class = _part(dataset, "class", row["class"])
        node = _part(dataset, "class", row["class"], row["property"])
        yield ox.Triple(of_class, _void("propertyPartition"), node)
        yield ox.Triple(node, _void("property"), ox.NamedNode(str(row["property"])))
        yield from _counts(node, row)


def _by_property(graph: KnowledgeGraph, dataset: ox.NamedNode) -> Iterator[ox.Triple]:
    for row in graph.run("views/void-properties"):
        node = _part(dataset, "property", row["property"])
        yield ox.Triple(dataset, _void("propertyPartition"), node)
        yield ox.Triple(node, _void("property"), ox.NamedNode(str(row["property"])))
        yield from _counts(node, row)


def _counts(node: ox.NamedNode, row: Mapping[str, Value]) -> Iterator[ox.Triple]:
    for column, name in _COUNTED.items():
        if column in row:
            yield ox.Triple(node, _void(name), _number(row[column]))


def _part(dataset: ox.NamedNode, kind: str, *addresses: Value) -> ox.NamedNode:
    names = "-".join(fragment(str(address)) for address in addresses)
    return ox.NamedNode(f"{dataset.value.partition('#')[0]}#{kind}-{names}")


def fragment(address: str) -> str:
    """Return a name for an address that can stand behind a ``#``."""
    return quote(shorten(address).removeprefix(BASE).replace(":", "-", 1).replace("/", "-"), safe="-")


def _number(value: Value) -> ox.Literal:
    return ox.Literal(int(value or 0))


def _void(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{STANDARD['void']}{name}")
