"""The W3C tests of queries, sent through the endpoint and, for comparison, to the engine itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
from answers import Answer, expected, of_graph, of_results, table
from manifests import QueryTest, quads
from server import send

_EMPTY = "urn:spacenorms:no-graph"
_FORM = "application/x-www-form-urlencoded"
_ACCEPTED = "application/sparql-results+json, application/n-triples"


class RefusedError(Exception):
    """The endpoint gave a problem instead of an answer: its code."""


@dataclass(frozen=True)
class Outcome:
    """What came of a test, at the engine and through the endpoint."""

    test: QueryTest
    engine: bool
    endpoint: bool
    reason: str

    @property
    def is_refused_service(self) -> bool:
        """Whether the endpoint refused it because it would ask another host, as it must."""
        return not self.endpoint and self.reason == "service-refused"


def graphs_of(tests: Iterable[QueryTest]) -> dict[str, Path]:
    """Return the file of each graph that the tests need; the default graphs by their own address."""
    found: dict[str, Path] = {}
    for test in tests:
        for name, path in (*((path.as_uri(), path) for path in test.default), *test.named):
            if found.setdefault(name, path) != path:
                raise ValueError(f"Two tests call different files {name}.")
    return found


def outcomes(tests: Iterable[QueryTest], endpoint: str) -> Iterator[Outcome]:
    """Run each test twice."""
    for test in tests:
        engine, _ = _passes(test, _Engine(test))
        through, reason = _passes(test, _Endpoint(test, endpoint))
        yield Outcome(test, engine, through, reason)


class _Engine:
    def __init__(self, test: QueryTest) -> None:
        self._test = test

    def answer(self) -> Answer:
        return of_results(self._query())

    def text(self, ending: str) -> str:
        name = {".csv": ox.QueryResultsFormat.CSV, ".tsv": ox.QueryResultsFormat.TSV}[ending]
        answer = self._query()
        assert not isinstance(answer, ox.QueryTriples)
        return (answer.serialize(format=name) or b"").decode()

    def parse(self) -> None:
        try:
            ox.Store().query(self._test.text, base_iri=self._test.query.as_uri())
        except (OSError, RuntimeError):
            return  # it parsed; what failed came after

    def _query(self) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        store = ox.Store()
        for path in self._test.default:
            store.extend(quads(path))
        for name, path in self._test.named:
            graph = ox.NamedNode(name)
            store.add_graph(graph)
            store.extend(ox.Quad(q.subject, q.predicate, q.object, graph) for q in quads(path))
        return store.query(self._test.text, base_iri=self._test.query.as_uri())


class _Endpoint:
    def __init__(self, test: QueryTest, address: str) -> None:
        self._test = test
        self._address = address

    def answer(self) -> Answer:
        media_type, body = self._post(_ACCEPTED)
        if "sparql-results" in media_type:
            return of_results(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))
        return of_graph([quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)])

    def text(self, ending: str) -> str:
        return self._post({".csv": "text/csv", ".tsv": "text/tab-separated-values"}[ending])[1].decode()

    def parse(self) -> None:
        try:
            self._post(_ACCEPTED)
        except RefusedError as error:
            # These come after parsing: a function that is not there, a graph in FROM that is not there.
            if str(error) not in ("query-failed", "unknown-graph"):
                raise

    def _post(self, accept: str) -> tuple[str, bytes]:
        # The engine is given the address of the file as the base; a request can only write it down.
        pairs = [("query", f"BASE <{self._test.query.as_uri()}>\n{self._test.text}"), *self._dataset()]
        headers = [("Content-Type", _FORM), ("Accept", accept)]
        path = urlsplit(self._address).path
        status, media_type, body = send(self._address, "POST", path, headers, urlencode(pairs).encode())
        if status != 200:
            raise RefusedError(json.loads(body).get("code", str(status)))
        return media_type, body

    def _dataset(self) -> list[tuple[str, str]]:
        """Name the data set of the test, where the query does not name its own."""
        if "Syntax" in self._test.kind or "FROM" in self._test.text:
            return []
        default = [path.as_uri() for path in self._test.default] or [_EMPTY]
        named = [name for name, _ in self._test.named]
        return [
            *(("default-graph-uri", each) for each in default),
            *(("named-graph-uri", each) for each in named),
        ]


def _passes(test: QueryTest, tried: _Engine | _Endpoint) -> tuple[bool, str]:
    try:
        if "Syntax" not in test.kind:
            return _answers(test, tried), "another answer"
        tried.parse()
    except (RefusedError, SyntaxError, ValueError, OSError) as error:
        return test.kind.startswith("Negative"), str(error)
    return test.kind.startswith("Positive"), "taken for valid"


def _answers(test: QueryTest, tried: _Engine | _Endpoint) -> bool:
    assert test.result is not None
    if test.result.suffix in (".csv", ".tsv"):
        told = test.result.read_text(encoding="utf-8")
        return table(tried.text(test.result.suffix), test.result.suffix) == table(told, test.result.suffix)
    return expected(test.result).equals(tried.answer())
