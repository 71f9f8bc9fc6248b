"""A server answers queries before it has loaded what they do not need, and loads the rest once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from serving import serving, small_graph

from api import site
from api.application import Application, create_application
from api.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

#: What takes long to import and has no part in the answer to a query.
HEAVY = (
    "fastapi",
    "pydantic",
    "jinja2",
    "rdflib",
    "pyshacl",
    "networkx",
    "numpy",
    "scipy",
    "pyvis",
    "rich",
    "httpx2",
    "api.site",
    "api.routes",
    "api.pages",
    "graph.records",
    "graph.networks",
    "graph.measures",
    "graph.conflicts",
    "graph.pictures",
)

SERVER = """
import asyncio, json, sys
from api.application import create_application
from api.server import configuration
from api.settings import Settings

application = create_application(Settings(load_pages="asked"))
configuration(application, application.state.settings, "127.0.0.1", 0).load()

async def ask(method, path, query_string=b"", accept=b"*/*"):
    sent = []
    async def receive():
        await asyncio.sleep(60)
    async def send(message):
        sent.append(message)
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": query_string,
        "headers": [(b"host", b"localhost"), (b"accept", accept)], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "", "http_version": "1.1", "state": {},
    }
    await application(scope, receive, send)
    return sent[0]["status"]

async def main():
    async with application.lifespan():
        statuses = [
            await ask("GET", "/sparql", b"query=ASK%20%7B%7D"),
            await ask("GET", "/sparql", b"query=ASK%20%7B%7D"),
            await ask("GET", "/sparql", b"query=SELECT"),
            await ask("GET", "/queries/withdrawals"),
            await ask("GET", "/queries/withdrawals", b"format=csv"),
            await ask("GET", "/queries/no-such-query"),
            await ask("GET", "/health"),
            await ask("GET", "/metrics"),
        ]
        lean = sorted(sys.modules)
        statuses.append(await ask("GET", "/states"))
    print(json.dumps({"statuses": statuses, "modules": lean, "site": application.made_site is not None}))

asyncio.run(main())
"""


def output(program: str) -> str:
    """Run a program in an interpreter of its own and return what it printed."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def heavy(modules: list[str]) -> list[str]:
    return [name for name in modules if name in HEAVY or name.startswith(tuple(f"{each}." for each in HEAVY))]


def test_queries_are_answered_without_what_they_do_not_need() -> None:
    told = json.loads(output(SERVER))
    assert told["statuses"] == [200, 200, 400, 200, 200, 404, 200, 200, 200]
    assert heavy(told["modules"]) == []
    assert told["site"]


def test_a_saved_query_on_the_command_line_needs_no_server() -> None:
    program = """
        import sys
        from api.commands import main
        main(["query", "withdrawals", "--format", "csv"], standalone_mode=False)
        print(*sys.modules, sep="\\n", file=sys.stderr)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    modules = done.stderr.split()
    assert "graph.knowledge" in modules
    servers = ("starlette", "uvicorn", "fastapi", "api.application")
    assert [name for name in modules if name in servers] + heavy(modules) == []


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which the site has been made."""
    threads: list[int] = []
    build = site.build

    def noting(*arguments: object) -> object:
        threads.append(threading.get_ident())
        time.sleep(0.3)
        return build(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(site, "build", noting)
    return threads


def test_the_site_is_made_once_for_all_who_ask_at_first(builds: list[int]) -> None:
    with serving(Settings(load_pages="asked")) as client, ThreadPoolExecutor(8) as threads:
        paths = ["/", "/states", "/networks", "/openapi.json", "/docs", "/queries", "/conflicts", "/nowhere"]
        asked = [threads.submit(client.get, path) for path in paths]
        while not builds:
            time.sleep(0.01)
        began = time.perf_counter()
        assert client.get("/sparql", params={"query": "ASK {}"}).status_code == 200
        assert not any(each.done() for each in asked)
        assert time.perf_counter() - began < 5
        statuses = [each.result().status_code for each in asked]
    assert statuses[-1] == 404
    assert 404 not in statuses[:-1]
    assert len(builds) == 1


def test_a_server_that_is_only_asked_queries_never_makes_the_site(builds: list[int]) -> None:
    with serving(Settings(load_pages="asked")) as client:
        for path in ("/sparql?query=ASK%7B%7D", "/health", "/metrics", "/sparql?query=nonsense"):
            client.get(path)
            client.head(path)
    assert builds == []


def test_the_site_is_made_soon_after_the_start(builds: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.application._SOON", 0.0)
    with serving() as client:
        deadline = time.monotonic() + 10
        while not builds and time.monotonic() < deadline:
            time.sleep(0.01)
        assert client.get("/health").status_code == 200
    assert len(builds) == 1


def test_a_site_that_cannot_be_made_is_told_and_tried_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build = site.build

    def failing(*_: object) -> object:
        raise RuntimeError("a page does not load")

    monkeypatch.setattr(site, "build", failing)
    with serving(Settings(load_pages="asked")) as client:
        for _ in range(2):
            answer = client.get("/states")
            assert answer.status_code == 500
            assert answer.json()["code"] == "internal-error"
            assert "a page does not load" not in answer.text
        assert client.get("/sparql", params={"query": "ASK {}"}).status_code == 200
        monkeypatch.setattr(site, "build", build)
        assert client.get("/states").status_code == 200
    assert "a page does not load" in caplog.text


def test_who_leaves_while_the_site_is_made_takes_nothing_from_the_others(builds: list[int]) -> None:
    application = create_application(Settings(load_pages="asked"), small_graph())

    async def main() -> Application:
        async with application.lifespan():
            leaving, staying = (asyncio.create_task(application.site()) for _ in range(2))
            await asyncio.sleep(0.05)
            leaving.cancel()
            assert await staying is application.made_site
        return application

    asyncio.run(main())
    assert len(builds) == 1


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(load_pages="asked")) as found:
        yield found


@pytest.mark.parametrize("path", ["/sparql", "/health", "/metrics", "/queries/{name}"])
def test_the_interface_description_tells_what_answers_in_front(client: httpx.Client, path: str) -> None:
    assert path in client.get("/openapi.json").json()["paths"]


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/health", "/queries/withdrawals"])
def test_head_in_front_has_the_headers_of_get(path: str) -> None:
    with serving(Settings(answer_cache_bytes=0), small_graph()) as client:
        got, told = client.get(path), client.head(path)
    assert (told.status_code, told.content) == (got.status_code, b"")
    assert told.headers["content-type"] == got.headers["content-type"]


def test_a_method_that_an_address_does_not_take_is_told_with_those_it_takes(client: httpx.Client) -> None:
    answer = client.delete("/health")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_page_is_drawn_where_one_is_asked_for(client: httpx.Client) -> None:
    for path in ("/sparql", "/sparql?query=ASK%7B%7D", "/sparql?query=nonsense", "/queries/withdrawals"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html"), path
    answer = client.post("/sparql", data={"query": "ASK {}", "format": "html"})
    assert answer.headers["content-type"].startswith("text/html")
