"""A new graph takes over without the loss of a request, and a stop lets running requests finish."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from serving import small_graph
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send
from test_workers import CROSS_PRODUCT, is_gone, until

from api.application import create_application
from api.crossorigin import CrossOrigin
from api.envelope import Envelope
from api.limits import Limits
from api.logs import RequestLog
from api.reload import Reloader
from api.server import configuration
from api.settings import Settings
from graph.errors import BadData
from graph.knowledge import KnowledgeGraph

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

COUNT = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"}


class Running:
    """A server whose graph is whatever `load` returns."""

    def __init__(self, load: Callable[[], KnowledgeGraph], settings: Settings) -> None:
        self.application = create_application(settings, load=load)
        self.server = uvicorn.Server(configuration(self.application, settings, "127.0.0.1", 0))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert until(lambda: self.server.started, 20)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)

    def _run(self) -> None:
        async def main() -> None:
            self.loop = asyncio.get_running_loop()
            await self.server.serve()

        asyncio.run(main())

    @property
    def reloader(self) -> Reloader:
        reloader = self.application.state.reloader
        assert isinstance(reloader, Reloader)
        return reloader

    def reload(self) -> bool:
        return asyncio.run_coroutine_threadsafe(self.reloader.reload(), self.loop).result(30)

    def count(self) -> int:
        return int(self.client.get("/sparql", params=COUNT).raise_for_status().text.split()[1])

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(30)
        self.client.close()


@contextlib.contextmanager
def running(load: Callable[[], KnowledgeGraph], settings: Settings | None = None) -> Iterator[Running]:
    server = Running(load, settings or Settings())
    try:
        yield server
    finally:
        server.stop()


class Source:
    """Loads a graph with one thing more each time, or fails."""

    def __init__(self) -> None:
        self.things = 100
        self.fault: Exception | None = None

    def __call__(self) -> KnowledgeGraph:
        if self.fault:
            raise self.fault
        self.things += 1
        graph = small_graph(self.things)
        graph.version = f"version-{self.things}"
        return graph


def test_a_reload_shows_the_new_data_and_its_version() -> None:
    with running(Source()) as server:
        assert server.count() == 101
        old = server.application.state.pool
        assert server.reload()
        assert server.count() == 102
        health = server.client.get("/health").json()
        assert health["data_version"] == "version-102"
        assert until(lambda: old._crew.zygote is None)
        metrics = server.client.get("/metrics").text
        assert 'spacenorms_reloads_total{outcome="done"} 1' in metrics


def test_no_request_is_lost_while_graphs_are_replaced() -> None:
    with running(Source()) as server:
        counts: list[int] = []
        is_over = threading.Event()

        def keep_asking() -> None:
            while not is_over.is_set():
                counts.append(server.count())

        asking = [threading.Thread(target=keep_asking) for _ in range(3)]
        for thread in asking:
            thread.start()
        reloads = [server.reload() for _ in range(4)]
        is_over.set()
        for thread in asking:
            thread.join(30)
        assert reloads == [True] * 4
        assert set(counts) <= {101, 102, 103, 104, 105}
        assert len(counts) > 10
        assert server.count() == 105


def test_a_query_that_began_on_the_old_graph_ends_on_it() -> None:
    with running(Source(), Settings(query_time_limit=3)) as server:
        answers: list[httpx.Response] = []
        slow = threading.Thread(
            target=lambda: answers.append(server.client.get("/sparql", params={"query": CROSS_PRODUCT}))
        )
        old = server.application.state.pool
        slow.start()
        assert until(lambda: old.status()["busy"] == 1)
        assert server.reload()
        assert server.count() == 102
        assert old._crew.zygote is not None
        slow.join(30)
        assert answers[0].json()["code"] == "query-timeout"
        assert until(lambda: old._crew.zygote is None)


@pytest.mark.parametrize(
    "fault", [BadData("The file facts.ttl does not parse."), RuntimeError("something unforeseen")]
)
def test_a_reload_that_fails_keeps_the_old_graph_and_says_why(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source()
    with running(source) as server:
        source.fault = fault
        before = server.application.state.graph, server.application.state.pool
        assert not server.reload()
        assert (server.application.state.graph, server.application.state.pool) == before
        assert server.count() == 101
        assert str(fault) in caplog.text
        assert 'spacenorms_reloads_total{outcome="failed"} 1' in server.client.get("/metrics").text
        source.fault = None
        assert server.reload()


def test_an_empty_graph_does_not_take_over(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    with running(source) as server:
        source.things = -1
        assert not server.reload()
        assert "holds nothing" in caplog.text
        assert server.count() == 101


def test_a_graph_that_was_handed_over_is_not_reloaded(caplog: pytest.LogCaptureFixture) -> None:
    application = create_application(Settings(), small_graph())

    async def main() -> bool:
        async with application.lifespan():
            reloader: Reloader = application.state.reloader
            return await reloader.reload()

    assert not asyncio.run(main())
    assert "handed over" in caplog.text


def test_an_answer_begun_on_the_old_graph_is_not_kept() -> None:
    reloader = Reloader(State(), None, lambda graph: None, 1)  # type: ignore[arg-type, return-value]
    sent: list[dict[str, object]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reloader.generation.is_replaced = True
        headers = [(b"etag", b'"old"'), (b"cache-control", b"public")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def receive() -> dict[str, object]:
        return {}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    settings = Settings()
    log, limits, cors = RequestLog(settings, lambda answered: None), Limits(settings), CrossOrigin([], [])
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(Envelope(app, log, limits, cors, reloader)(scope, receive, send))  # type: ignore[arg-type]
    headers = dict(sent[0]["headers"])  # type: ignore[call-overload]
    assert b"etag" not in headers
    assert headers[b"cache-control"] == b"no-store"
    assert reloader.generation.over.is_set()


def test_health_recovers_when_the_forking_process_dies() -> None:
    with running(Source()) as server:
        assert server.client.get("/health").status_code == 200
        first = server.application.state.pool._crew.zygote
        os.kill(first, signal.SIGKILL)
        assert until(lambda: is_healthy(server) and server.application.state.pool._crew.zygote != first, 10)
        assert [server.count() for _ in range(5)] == [101] * 5


def is_healthy(server: Running) -> bool:
    return server.client.get("/health").status_code == 200


SERVER = """
import pyoxigraph, sys
from pathlib import Path
from api.server import serve
from graph.knowledge import KnowledgeGraph
serve("127.0.0.1", 0, lambda: KnowledgeGraph.load([Path(sys.argv[1])], release=False))
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, str]]:
    data = tmp_path / "facts.ttl"
    data.write_text("<http://example.org/a> <http://example.org/p> 1 .")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(data)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SPACENORMS_QUERY_TIME_LIMIT": "5"},
    )
    assert process.stderr is not None
    address = next(line.split()[5] for line in process.stderr if "serves the graph at" in line)
    yield process, data, address.rstrip("/")
    process.kill()
    process.wait(10)
    process.stderr.close()


def test_the_signal_reloads(server: tuple[subprocess.Popen[str], Path, str]) -> None:
    process, data, address = server
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        before = client.get("/health").json()["data_version"]
        data.write_text("this is no Turtle")
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        failed = next(json.loads(line) for line in process.stderr if "not loaded anew" in line)
        assert failed["level"] == "error"
        assert client.get("/health").json()["data_version"] == before
        data.write_text("<http://example.org/a> <http://example.org/p> 1, 2 .")
        process.send_signal(signal.SIGHUP)
        assert any("was loaded anew" in line for line in process.stderr)
        assert client.get("/health").json()["data_version"] != before
        assert (
            len(client.get("/sparql", params={"query": "SELECT * { ?s ?p 2 }", "format": "csv"}).text.split())
            == 2
        )


def takes_connections(address: str) -> bool:
    try:
        httpx.get(f"{address}/health", trust_env=False)
    except httpx.TransportError:
        return False
    return True


def test_a_stop_lets_running_requests_finish(server: tuple[subprocess.Popen[str], Path, str]) -> None:
    process, _, address = server
    answers: list[httpx.Response] = []
    slow_query = " . ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(60)))} }}" for n in range(5))
    query = f"SELECT (COUNT(*) AS ?n) {{ {slow_query} }}"
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        slow = threading.Thread(target=lambda: answers.append(client.get("/sparql", params={"query": query})))
        slow.start()
        assert until(lambda: httpx.get(f"{address}/health", trust_env=False).json()["workers"]["busy"] == 1)
        process.send_signal(signal.SIGTERM)
        assert until(lambda: not takes_connections(address))
        assert slow.is_alive()
        slow.join(30)
    assert answers[0].json()["code"] == "query-timeout"
    process.wait(30)
    assert is_gone(process.pid)
