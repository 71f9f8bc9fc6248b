"""The W3C tests that write: updates over the protocol, the graph store, and the evaluation of updates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
from answers import of_graph
from manifests import MF, RDF, RDFS, UT, Manifest, Term, path_of, quads
from protocol import HTTP, Outcome, asks_to_update, body_of, difference, headers_of
from server import exchange

STORE = "/rdf-graph-store"

#: Tests whose WHERE asks the default graph alone, where ours asks the union of all graphs.
OF_ONE_GRAPH = frozenset({"basic-update/insert-where-01", "basic-update/insert-where-02"})

_TURTLE = [("Content-Type", "text/turtle")]
_UPDATE = [("Content-Type", "application/sparql-update")]


class Curator:
    """Sends requests with a token to a server that lets its bearer write."""

    def __init__(self, endpoint: str, token: str) -> None:
        self.endpoint = endpoint
        self._token = [("Authorization", f"Bearer {token}")]

    def send(
        self, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None
    ) -> tuple[int, str, str, bytes]:
        """Return status, media type, Location and body."""
        status, answered, content = exchange(self.endpoint, method, target, headers + self._token, body)
        media_type = answered.get("content-type", "").partition(";")[0].strip()
        return status, media_type, answered.get("location", ""), content

    def update(self, text: str) -> int:
        """Send an update and return the status."""
        return self.send("POST", urlsplit(self.endpoint).path, _UPDATE, text.encode())[0]

    def fill(self, graphs: dict[str, Path]) -> None:
        """Put files in the place of all graphs; the one without a name is the default graph."""
        assert self.update("DROP ALL") == 200
        for name, path in graphs.items():
            written = ox.serialize((quad.triple for quad in quads(path)), format=ox.RdfFormat.TURTLE) or b""
            status = self.send("PUT", target_of(name), _TURTLE, written)[0]
            assert status in (200, 201), (name, status)

    def graph(self, name: str) -> list[ox.Triple]:
        """Return a graph; nothing where there is none."""
        status, _, _, body = self.send("GET", target_of(name), [("Accept", "text/turtle")], None)
        if status == 404:
            return []
        assert status == 200, (name, status, body)
        return [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.TURTLE)]


def target_of(graph: str) -> str:
    """Return the path of a graph in the store."""
    return f"{STORE}?graph={quote(graph, safe='')}" if graph else f"{STORE}?default"


def protocol_outcomes(folder: Path, curator: Curator, graphs: dict[str, Path]) -> Iterator[Outcome]:
    """Run every test of the protocol, those that write too."""
    manifest = Manifest(folder / "protocol" / "manifest.ttl")
    for entry in manifest.entries():
        name = _name(entry)
        writes = "update" in name
        if not writes:
            curator.fill(graphs)
        requests = manifest.members(manifest.one(manifest.one(entry, f"{MF}action"), f"{HTTP}requests"))
        faults = [_fault(manifest, request, curator) for request in requests]
        reason = next((fault for fault in faults if fault), "")
        yield Outcome(name, writes, not reason, reason)


def _fault(manifest: Manifest, request: Term, curator: Curator) -> str:
    path = manifest.text(request, f"{HTTP}absolutePath")
    target = urlsplit(curator.endpoint).path + ("?" + path.partition("?")[2] if "?" in path else "")
    method, headers = manifest.text(request, f"{HTTP}methodName"), headers_of(manifest, request)
    status, media_type, _, body = curator.send(method, target, headers, body_of(manifest, request))
    fault = difference(manifest, manifest.one(request, f"{HTTP}resp"), status, media_type, body)
    return f"{fault} for an update" if fault and asks_to_update(manifest, request) else fault


def store_outcomes(folder: Path, curator: Curator) -> Iterator[Outcome]:
    """Run every test of the graph store, graphs named in both ways."""
    for kind in ("indirect", "direct"):
        manifest = Manifest(folder / "graph-store-protocol" / f"manifest-{kind}.ttl")
        for entry in manifest.entries():
            curator.update("DROP ALL")
            reason = _store_fault(manifest, entry, curator)
            yield Outcome(f"{kind}/{_name(entry)}", True, not reason, reason)


def _store_fault(manifest: Manifest, entry: Term, curator: Curator) -> str:
    location = ""
    for request in manifest.members(manifest.one(manifest.one(entry, f"{MF}action"), f"{HTTP}requests")):
        path = manifest.text(request, f"{HTTP}absolutePath").replace("$LOCATION$", quote(location, safe=""))
        target = STORE + path.removeprefix("/gsp")
        method, headers = manifest.text(request, f"{HTTP}methodName"), headers_of(manifest, request)
        status, media_type, moved, body = curator.send(method, target, headers, body_of(manifest, request))
        location = moved or location
        wanted = manifest.one(request, f"{HTTP}resp")
        fault = difference(manifest, wanted, status, media_type, body)
        if not fault and (expected := body_of(manifest, wanted)) is not None:
            fault = "" if _read(expected).equals(_read(body)) else "another graph"
        if fault:
            return f"{method} {target}: {fault}"
    return ""


def _read(turtle: bytes) -> object:
    return of_graph([quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE)])


def evaluation_outcomes(folder: Path, curator: Curator) -> Iterator[Outcome]:
    """Run every test of what an update makes of a graph store; one with LOAD passes when it is refused."""
    for path in sorted(folder.glob("*/manifest.ttl")):
        manifest = Manifest(path)
        for entry in manifest.entries():
            if manifest.text(entry, f"{RDF}type").endswith("#UpdateEvaluationTest"):
                reason = _evaluation_fault(manifest, entry, curator)
                yield Outcome(f"{path.parent.name}/{_name(entry)}", True, not reason, reason)


def _evaluation_fault(manifest: Manifest, entry: Term, curator: Curator) -> str:
    action, result = manifest.one(entry, f"{MF}action"), manifest.one(entry, f"{MF}result")
    before, after = _graphs(manifest, action), _graphs(manifest, result)
    curator.fill(before)
    text = path_of(manifest.one(action, f"{UT}request")).read_text(encoding="utf-8")
    status = curator.update(text)
    if "LOAD" in text:
        return "" if status == 400 else f"status {status} for LOAD"
    if status != 200:
        return f"status {status}"
    for name in before.keys() | after.keys():
        expected = of_graph([quad.triple for quad in quads(after[name])] if name in after else [])
        if not expected.equals(of_graph(curator.graph(name))):
            return f"another graph {name or 'by default'}"
    return ""


def _graphs(manifest: Manifest, state: Term | None) -> dict[str, Path]:
    found = {manifest.text(node, f"{RDFS}label"): node for node in manifest.all(state, f"{UT}graphData")}
    graphs = {name: path_of(manifest.one(node, f"{UT}graph")) for name, node in found.items()}
    default = manifest.one(state, f"{UT}data")
    return graphs if default is None else {**graphs, "": path_of(default)}


def _name(entry: Term) -> str:
    return entry.value.rpartition("#")[2] if isinstance(entry, ox.NamedNode) else str(entry)
