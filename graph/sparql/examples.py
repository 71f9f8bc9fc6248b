"""The saved queries as statements, in the form in which SPARQL editors and assistants look for examples.

One `sh:SPARQLExecutable` a query, as in the examples of the Swiss Institute of Bioinformatics
(https://github.com/sib-swiss/sparql-examples).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from graph.namespaces import BASE, GRAPHS, PREFIXES, STANDARD
from graph.sparql import saved

#: The graph that holds them.
GRAPH = f"{GRAPHS}queries"
#: The endpoint they are for, by its lasting address.
ENDPOINT = f"{BASE}sparql"

_SCHEMA = "https://schema.org/"
_HEADER = re.compile(r"^#[^\n]*\n", re.M)
_CLASSES = {
    "SELECT": "SPARQLSelectExecutable",
    "ASK": "SPARQLAskExecutable",
    "CONSTRUCT": "SPARQLConstructExecutable",
    "DESCRIBE": "SPARQLDescribeExecutable",
}
_FORM = re.compile(r"\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b")
_TYPE = ox.NamedNode(f"{STANDARD['rdf']}type")
_LABEL = ox.NamedNode(f"{STANDARD['rdfs']}label")
_COMMENT = ox.NamedNode(f"{STANDARD['rdfs']}comment")
_PREFIXES = ox.NamedNode(f"{BASE}queries")


def triples(endpoint: str = ENDPOINT) -> Iterator[ox.Triple]:
    """Yield the statements about the saved queries and the prefixes that they use.

    Parameters
    ----------
    endpoint
        The address of the endpoint that they are for.
    """
    yield from _prefixes()
    for query in saved.catalogue().values():
        yield from _query(query, ox.NamedNode(endpoint))


def form_of(query: saved.SavedQuery) -> str:
    """Return ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``."""
    found = _FORM.search(_HEADER.sub("", query.text))
    return found[1] if found else "SELECT"


def address(query: saved.SavedQuery) -> str:
    """Return the lasting address of a saved query."""
    return f"{BASE}queries/{query.name}"


def _prefixes() -> Iterator[ox.Triple]:
    yield ox.Triple(_PREFIXES, _TYPE, ox.NamedNode(f"{STANDARD['owl']}Ontology"))
    yield ox.Triple(_PREFIXES, _LABEL, ox.Literal("The prefixes of the saved queries", language="en"))
    for prefix, namespace in PREFIXES.items():
        declaration = ox.NamedNode(f"{_PREFIXES.value}#prefix-{prefix}")
        yield ox.Triple(_PREFIXES, _shacl("declare"), declaration)
        yield ox.Triple(declaration, _TYPE, _shacl("PrefixDeclaration"))
        yield ox.Triple(declaration, _shacl("prefix"), ox.Literal(prefix))
        written = ox.Literal(namespace, datatype=ox.NamedNode(f"{STANDARD['xsd']}anyURI"))
        yield ox.Triple(declaration, _shacl("namespace"), written)


def _query(query: saved.SavedQuery, endpoint: ox.NamedNode) -> Iterator[ox.Triple]:
    subject, form = ox.NamedNode(address(query)), form_of(query)
    yield ox.Triple(subject, _TYPE, _shacl("SPARQLExecutable"))
    yield ox.Triple(subject, _TYPE, _shacl(_CLASSES[form]))
    yield ox.Triple(subject, _LABEL, ox.Literal(query.title, language="en"))
    yield ox.Triple(subject, _COMMENT, ox.Literal(query.description or query.title, language="en"))
    yield ox.Triple(subject, _shacl("prefixes"), _PREFIXES)
    yield ox.Triple(subject, _shacl(form.lower()), ox.Literal(_HEADER.sub("", query.text).strip()))
    yield ox.Triple(subject, ox.NamedNode(f"{_SCHEMA}target"), endpoint)
    for tag in query.tags:
        yield ox.Triple(subject, ox.NamedNode(f"{_SCHEMA}keywords"), ox.Literal(tag))


def _shacl(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{STANDARD['sh']}{name}")
