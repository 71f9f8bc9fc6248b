"""Help for tests of writing: a server that lets curators write, over a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api.application import create_application
from api.server import configuration
from api.settings import Settings
from graph.knowledge import KnowledgeGraph

TOKEN = "a-token-of-the-tests"
AUTHOR = "Ada"
TODAY = datetime.date(2026, 11, 23)
UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle"}
STORE = "/rdf-graph-store"

SETTINGS = {"write_token": TOKEN, "write_author": AUTHOR}


class Curator(httpx.Client):
    """A client that carries the token."""

    reload: Callable[[], bool]

    def update(self, text: str, **parameters: str | list[str]) -> httpx.Response:
        return self.post("/sparql", content=text, headers=UPDATE, params=parameters)

    def put_graph(self, graph: str, turtle: str, **headers: str) -> httpx.Response:
        return self.put(STORE, params={"graph": graph}, content=turtle, headers={**TURTLE, **headers})

    def rows(self, query: str) -> list[dict[str, str]]:
        answer = self.post("/sparql", data={"query": query}).raise_for_status().json()
        return [{name: term["value"] for name, term in row.items()} for row in answer["results"]["bindings"]]

    def count(self, pattern: str = "?s ?p ?o") -> int:
        return int(self.rows(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0]["n"])

    def ask(self, pattern: str) -> bool:
        answer = self.post("/sparql", data={"query": f"ASK {{ {pattern} }}"}).raise_for_status()
        return bool(answer.json()["boolean"])


@contextlib.contextmanager
def curated(
    folder: Path,
    *,
    release: bool = False,
    load: Callable[[], KnowledgeGraph] | None = None,
    **settings: Any,
) -> Iterator[Curator]:
    """Run a server that writes to a folder, on a free port, and yield a client with the token."""

    def loaded() -> KnowledgeGraph:
        return KnowledgeGraph.load([folder], release=release, today=TODAY)

    application = create_application(Settings(**{**SETTINGS, **settings}), load=load or loaded, folder=folder)
    server = uvicorn.Server(configuration(application, application.state.settings, "127.0.0.1", 0))
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    def reload() -> bool:
        going = application.state.reloader.reload()
        return asyncio.run_coroutine_threadsafe(going, loops[0]).result(60)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {TOKEN}"}
        address = f"http://127.0.0.1:{port}"
        with Curator(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
            client.reload = reload
            yield client
    finally:
        server.should_exit = True
        thread.join(30)
