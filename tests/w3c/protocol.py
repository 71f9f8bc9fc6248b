"""The W3C tests of the SPARQL 1.1 Protocol and of the service description, for a server that only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
from manifests import MF, RDF, RDFS, UT, Manifest, Term, path_of
from server import send

HTTP = "http://www.w3.org/2011/http#"
_CONTENT = "http://www.w3.org/2011/content#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_TURTLE = ox.RdfFormat.TURTLE
_STATUSES = {"OK": 200, "BadRequest": 400, "NotFound": 404, "NoContent": 204, "Created": 201, "Accepted": 202}
_RESULTS = {"application/sparql-results+json", "application/sparql-results+xml"}
_FORMATS = {
    "boolean": _RESULTS,
    "tabular": _RESULTS | {"text/csv", "text/tab-separated-values"},
    "rdf": {"text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"},
}


@dataclass(frozen=True)
class Outcome:
    """What came of a test. One that writes passes when it is refused, and counts by itself."""

    name: str
    writes: bool
    passes: bool
    reason: str = ""


def graphs_of(folder: Path) -> dict[str, Path]:
    """Return the file of each graph that the tests expect to be there."""
    manifest = Manifest(folder / "protocol" / "manifest.ttl")
    nodes = [node for (_, name), found in manifest.items() if name == f"{UT}graphData" for node in found]
    return {manifest.text(node, f"{RDFS}label"): path_of(manifest.one(node, f"{UT}graph")) for node in nodes}


def protocol_outcomes(folder: Path, endpoint: str) -> Iterator[Outcome]:
    """Run every test of the protocol."""
    manifest = Manifest(folder / "protocol" / "manifest.ttl")
    for entry in manifest.entries():
        assert isinstance(entry, ox.NamedNode)
        name = entry.value.rpartition("#")[2]
        requests = manifest.one(manifest.one(entry, f"{MF}action"), f"{HTTP}requests")
        writes = name.startswith("update")
        faults = [_fault(manifest, each, endpoint, writes) for each in manifest.members(requests)]
        reason = next((fault for fault in faults if fault), "")
        yield Outcome(name, writes, not reason, reason)


def _fault(manifest: Manifest, request: Term, endpoint: str, writes: bool) -> str:
    """Send a request and return what is wrong with the answer."""
    path = manifest.text(request, f"{HTTP}absolutePath")
    target = urlsplit(endpoint).path + ("?" + path.partition("?")[2] if "?" in path else "")
    headers = headers_of(manifest, request)
    method = manifest.text(request, f"{HTTP}methodName")
    status, media_type, body = send(endpoint, method, target, headers, body_of(manifest, request))
    if writes:
        # Each test that writes ends by asking whether it did; only its updates are refused.
        is_update = asks_to_update(manifest, request)
        return f"status {status} for an update" if is_update and not 400 <= status < 500 else ""
    return difference(manifest, manifest.one(request, f"{HTTP}resp"), status, media_type, body)


def asks_to_update(manifest: Manifest, request: Term) -> bool:
    """Tell whether a request carries an update."""
    path, headers = manifest.text(request, f"{HTTP}absolutePath"), headers_of(manifest, request)
    return "update" in path or "update" in str(headers) or b"update=" in (body_of(manifest, request) or b"")


def headers_of(manifest: Manifest, request: Term) -> list[tuple[str, str]]:
    """Return the headers of a request or an answer."""
    return [
        (manifest.text(header, f"{HTTP}fieldName"), manifest.text(header, f"{HTTP}fieldValue"))
        for head in manifest.all(request, f"{HTTP}headers")
        for header in manifest.members(head)
    ]


def difference(manifest: Manifest, wanted: Term | None, status: int, media_type: str, body: bytes) -> str:
    """Return what an answer is and should not be; empty when it is as it should be."""
    names = [
        node.value.rpartition("#")[2]
        for node in manifest.all(wanted, f"{MF}expectedStatus")
        if isinstance(node, ox.NamedNode)
    ]
    if not any(_is_status(status, name) for name in names):
        return f"status {status}, wanted {' or '.join(names)}"
    form = manifest.text(wanted, f"{MF}expectedFormat")
    if form and media_type not in _FORMATS[form.lower() if form.lower() in _FORMATS else "rdf"]:
        return f"{media_type} for {form}"
    truth = manifest.text(wanted, f"{MF}expectedBoolean")
    return f"not {truth}" if truth and _boolean(media_type, body) != truth else ""


def _is_status(status: int, name: str) -> bool:
    kind = re.match(r"StatusCode(\d)xx", name)
    return status // 100 == int(kind[1]) if kind else _STATUSES.get(name) == status


def _boolean(media_type: str, body: bytes) -> str:
    if "json" in media_type:
        return str(json.loads(body)["boolean"]).lower()
    found = re.search(rb"<boolean>\s*(true|false)\s*</boolean>", body)
    return found[1].decode() if found else ""


def body_of(manifest: Manifest, request: Term | None) -> bytes | None:
    """Return the body of a request or an answer."""
    node = manifest.one(request, f"{HTTP}body")
    if node is None:
        return None
    encoding = manifest.text(node, f"{_CONTENT}characterEncoding")
    return manifest.text(node, f"{_CONTENT}chars").encode(encoding)


def description_outcomes(endpoint: str) -> Iterator[Outcome]:
    """Run the three tests of the service description."""
    status, media_type, body = send(
        endpoint, "GET", urlsplit(endpoint).path, [("Accept", "text/turtle")], None
    )
    try:
        found = [quad.triple for quad in ox.parse(body, format=_TURTLE, base_iri=endpoint)]
    except SyntaxError:
        found = []
    is_rdf = status == 200 and media_type == "text/turtle" and bool(found)
    yield Outcome("returns-rdf", False, is_rdf, f"status {status}, {media_type}")
    yield Outcome(
        "has-endpoint-triple", False, (f"{_SD}endpoint", endpoint) in _pairs(found), "no sd:endpoint"
    )
    yield Outcome(
        "conforms-to-schema", False, (f"{RDF}type", f"{_SD}Service") in _pairs(found), "no sd:Service"
    )


def _pairs(triples: list[ox.Triple]) -> set[tuple[str, str]]:
    return {
        (each.predicate.value, each.object.value) for each in triples if isinstance(each.object, ox.NamedNode)
    }
