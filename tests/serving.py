"""Help for tests: a listener that counts who connects, and a server on a free port of this machine."""

from __future__ import annotations

import contextlib
import datetime
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pyoxigraph as ox
import uvicorn

from api.application import create_application
from api.server import configuration
from api.settings import Settings
from graph.knowledge import KnowledgeGraph
from graph.sparql.store import EmbeddedStore


class Listener:
    """Accepts connections on 127.0.0.1, counts them and closes them."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if connection.recv(4) == b"stop":
                    return
            self.connections += 1

    def settle(self) -> int:
        """Return the count once every connection made so far has been counted."""
        time.sleep(0.1)
        return self.connections

    def close(self) -> None:
        host, port = self._socket.getsockname()
        with socket.create_connection((host, port)) as connection:
            connection.sendall(b"stop")
        self._thread.join(5)
        self._socket.close()


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()


def small_store(things: int = 100) -> ox.Store:
    """Return a store with two named graphs that hold different statements."""
    store = ox.Store()
    for number in range(things):
        store.add(
            ox.Quad(
                ox.NamedNode(f"http://example.org/s{number}"),
                ox.NamedNode("http://example.org/p"),
                ox.Literal(number),
                ox.NamedNode(f"http://example.org/graph/{number % 2}"),
            )
        )
    return store


def small_graph(things: int = 100) -> KnowledgeGraph:
    return KnowledgeGraph(EmbeddedStore(small_store(things)), "test-version", datetime.date(2026, 11, 23))


@contextlib.contextmanager
def serving(settings: Settings | None = None, graph: KnowledgeGraph | None = None) -> Iterator[httpx.Client]:
    """Run the application on a free port and yield a client for it."""
    application = create_application(settings or Settings(), graph or small_graph())
    server = uvicorn.Server(configuration(application, application.state.settings, "127.0.0.1", 0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
