"""Another SPARQL server that holds the graph answers as the embedded store does."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from graph.conflicts.lookup import index
from graph.conflicts.telling import told
from graph.errors import BadQuery, BadValue, QueryTimeout, QueryTooLarge, SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.measures.bridges import bridges
from graph.networks.exports import bridges_record
from graph.sparql import saved
from graph.sparql.endpoint import Endpoint
from graph.sparql.guard import inspect
from tests.conftest import TODAY
from tests.serving import serving


@pytest.fixture(scope="module")
def remote(graph: KnowledgeGraph) -> Iterator[KnowledgeGraph]:
    with serving(graph=graph) as client:
        yield KnowledgeGraph.load(endpoint=str(client.base_url).rstrip("/") + "/sparql", today=TODAY)


@pytest.mark.parametrize("name", sorted(saved.catalogue()))
def test_a_saved_query_has_the_same_answer(graph: KnowledgeGraph, remote: KnowledgeGraph, name: str) -> None:
    if inspect(saved.find(name).text).form == "CONSTRUCT":
        assert set(remote.describe(name)) == set(graph.describe(name))
        return
    here, there = graph.query(name), remote.query(name)
    assert there.columns == here.columns
    assert sorted(map(repr, there.rows)) == sorted(map(repr, here.rows))


def test_conflicts_are_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    here, there = (told(index(kg), index(kg).find(state="AUS", as_of="2022-01-01")) for kg in (graph, remote))
    assert {**there, "version": ""} == {**here, "version": ""}


def test_bridges_are_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    here, there = (bridges_record(bridges(kg, ("artemis", "ilrs"), "2025-06-01")) for kg in (graph, remote))
    assert {**there, "data_version": ""} == {**here, "data_version": ""}


def test_a_server_in_front_of_another_answers_pages_and_queries(graph: KnowledgeGraph) -> None:
    with serving(graph=graph) as behind:
        front = KnowledgeGraph.load(endpoint=str(behind.base_url).rstrip("/") + "/sparql", today=TODAY)
        with serving(graph=front) as client:
            assert client.get("/conflicts?state=AUS").json()["total"] > 0
            assert client.get("/states/AUS", headers={"Accept": "text/html"}).status_code == 200
            answer = client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
            assert answer.json()["boolean"] is True


def test_a_server_that_does_not_answer_is_named() -> None:
    address = "http://127.0.0.1:9/sparql"
    gone = KnowledgeGraph.load(endpoint=address, today=TODAY)
    with pytest.raises(SpacenormsError, match=re.escape(address)):
        gone.query("withdrawals")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:port/sparql", "nowhere", "ftp://127.0.0.1/", "http://"]
)
def test_an_address_of_no_server_is_told_at_once(address: str) -> None:
    with pytest.raises(BadValue, match=re.escape(address)):
        KnowledgeGraph.load(endpoint=address)


# What is sent, and what is not


class Recorder:
    """A server that keeps what it is sent and gives prepared replies; the last one again and again."""

    def __init__(self, *replies: tuple[int, dict[str, str], bytes], delay: float = 0) -> None:
        self.requests: list[tuple[dict[str, str], dict[str, list[str]]]] = []
        waiting = list(replies)
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                recorder.requests.append((dict(self.headers), parse_qs(body)))
                status, headers, content = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                if len(recorder.requests) > 2:
                    time.sleep(delay)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/sparql"

    def __enter__(self) -> Recorder:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


_TABLE = b'{"head":{"vars":["graph"]},"results":{"bindings":[{"graph":{"type":"uri","value":"urn:one"}}]}}'
_YES = b'{"head":{},"boolean":true}'


def greeted(server: str = "Plain/1", *more: tuple[int, dict[str, str], bytes]) -> tuple:
    """Return the replies that a server gives when it is met, and those that follow."""
    return ((200, {"Server": server}, _TABLE), (200, {"Server": server}, _YES), *more)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT (<bif:http_get>("http://127.0.0.1/") AS ?x) {}',
        'SELECT (bif:http_get("http://127.0.0.1/") AS ?x) {}',
        'PREFIX b: <BIF:> SELECT (b:http_get("http://127.0.0.1/") AS ?x) {}',
        'BASE <bif:x> SELECT (<http_get>("http://127.0.0.1/") AS ?x) {}',
        'SELECT (<\\u0062if:http_get>("http://127.0.0.1/") AS ?x) {}',
        "PREFIX j: <java:java.lang.> SELECT (j:Runtime() AS ?x) {}",
        "SELECT * FROM <urn:one> OPTION (get:soft 'replace') {}",
        "SELECT * { ?s <relative> ?o }",
        "SELECT * { ?s undeclared:x ?o }",
        "SELECT * FROM <urn:two> { ?s ?p ?o }",
        "SELECT * { SERVICE <http://127.0.0.1/> {} }",
        "DEFINE get:soft 'replace' SELECT * {}",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
    ],
)
def test_what_an_engine_may_do_more_than_read_is_not_sent(query: str) -> None:
    with Recorder(*greeted()) as server:
        graph = KnowledgeGraph.load(endpoint=server.address)
        with pytest.raises(BadQuery):
            graph.store.select(query)
        assert not any("127.0.0.1" in text for _, form in server.requests for text in form["query"])
        assert len(server.requests) <= 2


def test_the_data_set_is_passed_on_as_the_protocol_says() -> None:
    with Recorder(*greeted("Oxigraph/0.5.13")) as server:
        store = KnowledgeGraph.load(endpoint=server.address).store
        store.ask("ASK { ?s ?p ?o }")
        store.ask("ASK FROM <urn:one> { ?s ?p ?o }")
        (_, whole), (_, part) = server.requests[2:]
        assert whole["union-default-graph"] == ["true"]
        assert "union-default-graph" not in part


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        ({"user": "reader", "password": "p4ss"}, "Basic cmVhZGVyOnA0c3M="),
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({}, None),
    ],
)
def test_credentials_are_sent_and_never_shown(endpoint: dict[str, str], sent: str | None) -> None:
    with Recorder((401, {}, b"who are you?")) as server:
        to = Endpoint(server.address, **endpoint)
        with pytest.raises(SpacenormsError) as caught:
            KnowledgeGraph.load(endpoint=to).store.ask("ASK {}")
        assert server.requests[0][0].get("Authorization") == sent
        shown = f"{caught.value} {caught.value.extension} {to!r}"
        assert "p4ss" not in shown
        assert "t0ken" not in shown
        assert caught.value.code == "endpoint-unauthorized"
        assert "SPACENORMS_ENDPOINT_TOKEN" in caught.value.remedy


def test_a_password_in_the_address_is_not_shown_either() -> None:
    to = Endpoint("http://reader:p4ss@127.0.0.1:9/sparql")
    assert to.authorization == "Basic cmVhZGVyOnA0c3M="
    with pytest.raises(SpacenormsError) as caught:
        KnowledgeGraph.load(endpoint=to).store.ask("ASK {}")
    assert "p4ss" not in f"{caught.value} {caught.value.extension} {to!r}"
    assert to.address == "http://127.0.0.1:9/sparql"


def test_the_time_limit_is_kept() -> None:
    with Recorder(*greeted(), delay=1.0) as server:
        graph = KnowledgeGraph.load(endpoint=Endpoint(server.address, time_limit=0.2))
        with pytest.raises(QueryTimeout, match=re.escape(server.address)):
            graph.store.ask("ASK {}")


def test_a_long_answer_is_not_gathered() -> None:
    long = (200, {}, b" " * 10_000 + _YES)
    with Recorder(*greeted("Plain/1", long)) as server:
        graph = KnowledgeGraph.load(endpoint=Endpoint(server.address, max_bytes=5_000))
        with pytest.raises(QueryTooLarge, match="5,000"):
            graph.store.ask("ASK {}")


@pytest.mark.parametrize(
    ("header", "error"),
    [({"X-SPARQL-MaxRows": "100"}, QueryTooLarge), ({"X-SQL-State": "S1TAT"}, QueryTimeout)],
)
def test_a_part_of_an_answer_is_not_passed_on(header: dict[str, str], error: type[SpacenormsError]) -> None:
    with Recorder(*greeted("Virtuoso/07.20", (200, header, _TABLE))) as server, pytest.raises(error):
        KnowledgeGraph.load(endpoint=server.address).store.select("SELECT * {}")


def test_a_default_graph_that_is_empty_is_told() -> None:
    no = (200, {}, b'{"head":{},"boolean":false}')
    with Recorder(greeted()[0], no) as server, pytest.raises(SpacenormsError, match="default") as caught:
        KnowledgeGraph.load(endpoint=server.address).store.ask("ASK {}")
    assert "union" in caught.value.remedy


def test_what_is_no_answer_is_told() -> None:
    html = (200, {}, b"<html>welcome</html>")
    with Recorder(html) as server, pytest.raises(SpacenormsError, match="no answer") as caught:
        KnowledgeGraph.load(endpoint=server.address).store.ask("ASK {}")
    assert caught.value.code == "endpoint-unreadable"


def test_an_engine_that_is_not_known_is_told() -> None:
    with pytest.raises(BadQuery, match="virtuso"):
        KnowledgeGraph.load(endpoint=Endpoint("http://127.0.0.1:9/", engine="virtuso")).store.ask("ASK {}")
