"""What generated facts take over from the release: the schema, the vocabularies and the states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import pyoxigraph as ox

from graph.knowledge import plain
from graph.namespaces import BASE, ONTOLOGY, VOCABULARY
from graph.rdf.loader import release_files

_DATASET = BASE + "dataset"
_LABELS = (
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://www.w3.org/2000/01/rdf-schema#label",
)
_BROADER = "http://www.w3.org/2004/02/skos/core#broader"
_CODE = ONTOLOGY + "iso3"
_SOURCE = "http://purl.org/dc/terms/source"


@dataclass
class Release:
    """The part of the release that every size of generated facts holds.

    Attributes
    ----------
    lines
        Its statements as lines of N-Quads, sorted; each in the graph of its file.
    concepts
        Codes of the concepts of each vocabulary, sorted.
    labels
        Name of each concept by vocabulary and code, in lower case.
    states
        ISO codes of the states, sorted.
    """

    lines: list[str] = field(default_factory=list)
    concepts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)


@cache
def release() -> Release:
    """Read the schema, the vocabularies, the head of the data set and the states."""
    found = Release()
    for path, graph in release_files().items():
        kind = graph.removeprefix(BASE + "graph/")
        if kind in ("ontology", "dataset", "facts/states") or kind.startswith("vocabulary/"):
            for quad in _statements(path.read_bytes(), graph, of=_DATASET if kind == "dataset" else None):
                found.lines.append(f"{quad} .\n")
                _note(found, quad)
    found.lines.sort()
    for codes in found.concepts.values():
        codes.sort()
    found.states.sort()
    return found


def _statements(turtle: bytes, graph: str, of: str | None) -> Iterator[ox.Quad]:
    for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE):
        if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
            continue  # its label would differ from one run to the next
        if (of is None or plain(quad.subject) == of) and quad.predicate.value != _SOURCE:
            yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(graph))


def _note(found: Release, quad: ox.Quad) -> None:
    subject, predicate, value = (str(plain(part)) for part in quad.triple)
    scheme, _, code = subject.removeprefix(VOCABULARY).partition("/")
    if subject.startswith(VOCABULARY) and code and predicate in _LABELS:
        found.concepts[scheme].append(code)
        found.labels[scheme, code] = value.lower()
    elif predicate == _CODE and "/id/state/" in subject:
        found.states.append(value)
