"""Reads the manifests of the W3C test suites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

#: Suites that need a reasoner, other endpoints, or a server that writes.
LEFT_OUT = (
    "entailment",
    "service",
    "protocol",
    "graph-store-protocol",
    "http-rdf-update",
    "service-description",
)
_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".nt": ox.RdfFormat.N_TRIPLES,
}

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def quads(path: Path) -> list[ox.Quad]:
    """Read a file of RDF, its own address the base, its blank nodes different from those of all others."""
    found = ox.parse(
        path=str(path), format=_FORMATS[path.suffix], base_iri=path.as_uri(), rename_blank_nodes=True
    )
    return list(found)


class Manifest:
    """The statements of a manifest, for reading along."""

    def __init__(self, path: Path) -> None:
        self._objects: dict[tuple[Term, str], list[Term]] = {}
        for quad in quads(path):
            self._objects.setdefault((quad.subject, quad.predicate.value), []).append(quad.object)

    def all(self, subject: Term | None, predicate: str) -> list[Term]:
        return self._objects.get((subject, predicate), []) if subject is not None else []

    def one(self, subject: Term | None, predicate: str) -> Term | None:
        return next(iter(self.all(subject, predicate)), None)

    def text(self, subject: Term | None, predicate: str) -> str:
        found = self.one(subject, predicate)
        return found.value if isinstance(found, (ox.NamedNode, ox.Literal)) else ""

    def members(self, head: Term | None) -> Iterator[Term]:
        while head is not None and head != ox.NamedNode(f"{RDF}nil"):
            member = self.one(head, f"{RDF}first")
            if member is not None:
                yield member
            head = self.one(head, f"{RDF}rest")

    def items(self) -> list[tuple[tuple[Term, str], list[Term]]]:
        return list(self._objects.items())

    def entries(self) -> Iterator[Term]:
        for subject, predicate in list(self._objects):
            if predicate == f"{MF}entries":
                yield from self.members(self.one(subject, predicate))


@dataclass(frozen=True)
class QueryTest:
    """A test of a query: of its syntax, or of its answer."""

    suite: str
    name: str
    kind: str
    query: Path
    default: tuple[Path, ...] = ()
    named: tuple[tuple[str, Path], ...] = ()
    result: Path | None = field(default=None)

    @property
    def text(self) -> str:
        return self.query.read_text(encoding="utf-8")


def query_tests(folder: Path) -> Iterator[QueryTest]:
    """Yield the tests of queries, those of updates left out."""
    for path in sorted(folder.glob("*/manifest.ttl")):
        if path.parent.name in LEFT_OUT:
            continue
        manifest = Manifest(path)
        for entry in manifest.entries():
            kind = manifest.text(entry, f"{RDF}type").partition("#")[2]
            if "Update" not in kind:
                yield _query_test(path.parent.name, manifest, entry, kind)


def _query_test(suite: str, manifest: Manifest, entry: Term, kind: str) -> QueryTest:
    action = manifest.one(entry, f"{MF}action")
    name = entry.value.rpartition("#")[2] if isinstance(entry, ox.NamedNode) else str(entry)
    if "Syntax" in kind:
        return QueryTest(suite, name, kind, path_of(action))
    return QueryTest(
        suite,
        name,
        kind,
        path_of(manifest.one(action, f"{QT}query")),
        tuple(path_of(each) for each in manifest.all(action, f"{QT}data")),
        tuple(_named(manifest, each) for each in manifest.all(action, f"{QT}graphData")),
        path_of(manifest.one(entry, f"{MF}result")),
    )


def _named(manifest: Manifest, node: Term) -> tuple[str, Path]:
    if isinstance(node, ox.NamedNode):
        return node.value, path_of(node)
    return manifest.text(node, f"{RDFS}label"), path_of(manifest.one(node, f"{QT}graph"))


def path_of(node: Term | None) -> Path:
    """Return the file that an address names."""
    assert isinstance(node, ox.NamedNode), node
    return Path(unquote(urlsplit(node.value).path))
