"""Holds what a write changes against the shapes, the declared terms and what only rules may say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

import pyoxigraph as ox
from rdflib import Graph

from graph.errors import SpacenormsError
from graph.namespaces import GRAPHS, ONTOLOGY, STANDARD, shorten
from graph.rdf.check import Finding, by_shapes, hygiene_rules
from graph.resources import ontology_dir
from graph.writing.graphs import is_reserved

_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_BELOW = ox.NamedNode(f"{STANDARD['rdfs']}subClassOf")
_TARGETED = (ONTOLOGY, STANDARD["skos"])
_ONTOLOGY = ox.NamedNode(f"{GRAPHS}ontology")
_TERM_RULES = ("hygiene/undeclared-term", "hygiene/derived-statement-in-the-facts")
_MOST_TOLD = 50


@cache
def prepare() -> None:
    """Read the shapes and whatever validating imports late: in a confined process no file can be opened."""
    store = ox.Store()
    store.add(
        ox.Quad(ox.NamedNode("http://example.org/a"), _TYPE, ox.NamedNode(f"{ONTOLOGY}State"), _ONTOLOGY)
    )
    assert by_shapes(store, _shapes(), ["http://example.org/a"])  # noqa: S101 - a state lacks what it needs
    _term_rules()


@cache
def _shapes() -> Graph:
    return Graph(bind_namespaces="none").parse(ontology_dir() / "shapes.ttl")


@cache
def _term_rules() -> list[tuple[str, str, str]]:
    """Return name, SPARQL text and remedy of the rules of hygiene that concern terms."""
    return [(each.name, each.text, each.remedy) for each in hygiene_rules() if each.name in _TERM_RULES]


def check(store: ox.Store, graphs: Mapping[str, Mapping[str, Any]]) -> None:
    """Check all that a write touches, as it stands after the write.

    Parameters
    ----------
    store
        All graphs, changed.
    graphs
        Triples added to and removed from each graph that was changed.

    Raises
    ------
    SpacenormsError
        With status 422 and one entry in ``faults`` for each thing that is wrong.
    """
    touched = _subjects(store, graphs)
    named = (each for each in touched if isinstance(each, ox.NamedNode))
    addresses = sorted(each.value for each in named if may_be_targeted(store, each))
    findings = [
        *by_shapes(store, _shapes(), addresses),
        *_by_terms(store, list(graphs), touched),
        *_without_address(touched, store),
    ]
    faults = [each for each in findings if each.severity == "error"]
    if not faults:
        return
    first = faults[0]
    more = f" There are {len(faults) - 1} more." if len(faults) > 1 else ""
    raise SpacenormsError(
        f"The change is not valid, so nothing was changed. {shorten(first.subject)}: {first.message}{more}",
        remedy=first.remedy or "Mend what the faults name, and send it again.",
        code="breaks-shapes",
        status=422,
        faults=[_told(each) for each in faults[:_MOST_TOLD]],
        fault_count=len(faults),
    )


def may_be_targeted(store: ox.Store, thing: ox.NamedNode) -> bool:
    """Tell whether a shape could concern a thing; to look this up is far quicker than to validate.

    Shapes target classes of ours and of SKOS, with what is declared to be below them, and the subjects of
    properties of ours.

    Parameters
    ----------
    store
        All graphs.
    thing
        Of any kind.
    """
    for quad in store.quads_for_pattern(thing, None, None):
        if quad.predicate.value.startswith(ONTOLOGY):
            return True
        if quad.predicate == _TYPE and isinstance(quad.object, ox.NamedNode):
            kind = quad.object
            if kind.value.startswith(_TARGETED) or any(store.quads_for_pattern(kind, _BELOW, None)):
                return True
    return False


def _told(finding: Finding) -> dict[str, str]:
    return {
        "focus": finding.subject,
        "path": finding.property,
        "message": finding.message,
        "remedy": finding.remedy,
        "rule": finding.rule,
    }


def _subjects(store: ox.Store, graphs: Mapping[str, Mapping[str, Any]]) -> set[ox.NamedNode | ox.BlankNode]:
    """Return what a write is about, and what refers to it where it takes something away."""
    found: set[ox.NamedNode | ox.BlankNode] = set()
    poorer: set[ox.NamedNode | ox.BlankNode] = set()
    for change in graphs.values():
        found |= _named_in(change["added"])
        poorer |= _named_in(change["removed"])
    for thing in poorer:
        found |= set(_referring(store, thing))
    found |= poorer
    # Shapes reach a blank node from the thing that it belongs to.
    waiting = [each for each in found if isinstance(each, ox.BlankNode)]
    while waiting:
        for owner in _referring(store, waiting.pop()):
            if owner not in found:
                found.add(owner)
                if isinstance(owner, ox.BlankNode):
                    waiting.append(owner)
    return found


def _named_in(triples: Sequence[str]) -> set[ox.NamedNode | ox.BlankNode]:
    text = "".join(f"{triple} .\n" for triple in triples)
    return {
        quad.subject
        for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES)
        if isinstance(quad.subject, (ox.NamedNode, ox.BlankNode))
    }


def _referring(store: ox.Store, thing: ox.NamedNode | ox.BlankNode) -> Iterator[ox.NamedNode | ox.BlankNode]:
    """Yield what refers to a thing in graphs that are not the release's."""
    for quad in store.quads_for_pattern(None, None, thing):
        is_own = isinstance(quad.graph_name, ox.NamedNode) and not is_reserved(quad.graph_name.value)
        if is_own and isinstance(quad.subject, (ox.NamedNode, ox.BlankNode)):
            yield quad.subject


def _by_terms(
    store: ox.Store, graphs: Iterable[str], touched: set[ox.NamedNode | ox.BlankNode]
) -> Iterator[Finding]:
    if not store.contains_named_graph(_ONTOLOGY):
        return
    concerned = {each.value for each in touched}
    dataset: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [
        *(ox.NamedNode(graph) for graph in graphs),
        _ONTOLOGY,
    ]
    for name, text, remedy in _term_rules():
        for row in cast(ox.QuerySolutions, store.query(text, default_graph=dataset)):
            if row["subject"].value in concerned:
                yield Finding(row["subject"].value, "", name, row["message"].value, remedy)


def _without_address(touched: Iterable[ox.NamedNode | ox.BlankNode], store: ox.Store) -> Iterator[Finding]:
    """Yield blank nodes of our classes: no shape would be held against them, and nobody could cite them."""
    for thing in touched:
        if isinstance(thing, ox.BlankNode):
            for quad in store.quads_for_pattern(thing, _TYPE, None):
                if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(ONTOLOGY):
                    yield Finding(
                        f"_:{thing.value}",
                        _TYPE.value,
                        "shapes/address",
                        f"A thing of the class {shorten(quad.object.value)} has no address.",
                        "Give it one of your own, such as http://example.org/id/mine.",
                    )
