"""The servers that are compared: how each is given the graph and started."""

from __future__ import annotations

import contextlib
import http.client
import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.servers import (
    HOST,
    Data,
    DidNotStart,
    Server,
    Start,
    free_port,
    program,
    python,
    running,
    timed,
)

OURS, OURS_DISK, RDFLIB, OXIGRAPH, OXIGRAPH_DISK, VIRTUOSO, BARE = (
    "spacenorms",
    "spacenorms on disk",
    "rdflib-endpoint",
    "oxigraph",
    "oxigraph on disk",
    "virtuoso",
    "bare Starlette",
)

#: Limits that would cut a measurement short; all else stands as it is by default.
_UNBOUND = {
    "SPACENORMS_REQUEST_RATE": "0",
    "SPACENORMS_REQUESTS_PER_CLIENT": "0",
    "SPACENORMS_QUERY_TIME_LIMIT": "120",
    "SPACENORMS_QUEUE_TIME_LIMIT": "120",
    "SPACENORMS_START_CACHE": "off",
}
_APT = "apt-get install --no-install-recommends virtuoso-opensource-7-bin"
_BUFFERS = 340_000
_OWN = str(Path(sys.executable).parent / "spacenorms")
_INI = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
MaxCheckpointRemap = 2000

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx

[Parameters]
ServerPort = {host}:{sql}
ServerThreads = 20
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
CheckpointInterval = 0
DirsAllowed = {allowed}
ThreadsPerQuery = 2
MaxMemPoolSize = 200000000

[HTTPServer]
ServerPort = {host}:{http}
ServerThreads = 10
KeepAliveTimeout = 60
MaxKeepAlives = 10
ServerIdString = virtuoso

[SPARQL]
ResultSetMaxRows = 1000000
MaxQueryExecutionTime = 300
MaxQueryCostEstimationTime = 0

[Client]
SQL_QUERY_TIMEOUT = 0
"""


def ours(data: Data, port: int) -> Start:
    """Start this project's server, with the rate limits off and a time limit that no question reaches.

    It is given the facts, and derives the rest itself.
    """
    command = [_OWN, "serve", "--port", str(port), "--only-data", "--data", str(data.facts)]
    return Start(command, environment=_UNBOUND)


def ours_on_disk(data: Data, port: int) -> Start:
    """Prepare a store on disk from the facts, unless it is there, and start this project's server over it."""
    store = data.folder / "prepared"
    spent = (0.0, 0.0)
    if not store.exists():
        spent = timed([_OWN, "prepare", "--output", str(store), "--only-data", "--data", str(data.facts)])
    command = [_OWN, "serve", "--port", str(port), "--store", str(store)]
    return Start(command, environment=_UNBOUND, loaded=spent)


def rdflib_endpoint(data: Data, port: int) -> Start:
    """Start rdflib-endpoint by its own command."""
    command = [program("rdflib-endpoint", "make setup-bench"), "serve", "--host", HOST, "--port", str(port)]
    return Start([*command, str(data.whole)], path="/")


def oxigraph_on_disk(data: Data, port: int) -> Start:
    """Load a store on disk, compact it and start the server of the package oxigraph over it."""
    found = program("oxigraph", "make setup-bench")
    store = data.folder / "oxigraph"
    loaded = timed([found, "load", "--location", str(store), "--file", str(data.whole)])
    compacted = timed([found, "optimize", "--location", str(store)])
    command = [found, "serve-read-only", "--location", str(store), "--union-default-graph"]
    spent = (loaded[0] + compacted[0], loaded[1] + compacted[1])
    return Start([*command, "--bind", f"{HOST}:{port}"], path="/query", loaded=spent)


def oxigraph(data: Data, port: int) -> Start:
    """Start the server of the package oxigraph with nothing in it; its data are sent to it then."""
    found = program("oxigraph", "make setup-bench")
    return Start([found, "serve", "--union-default-graph", "--bind", f"{HOST}:{port}"], path="/query")


def _into_oxigraph(server: Server, data: Data) -> None:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=3600)
    with contextlib.closing(connection), data.whole.open("rb") as body:
        connection.request("POST", "/store?no_transaction", body, {"Content-Type": "application/n-quads"})
        answer = connection.getresponse()
        if answer.status >= 300:
            raise DidNotStart(f"{server.name} did not take the graph: {answer.read(500)!r}")
        answer.read()


def virtuoso(data: Data, port: int) -> Start:
    """Start Virtuoso in a folder of its own with nothing in it."""
    found = program("virtuoso-t", _APT)
    program("isql-vt", _APT)
    folder = data.folder / "virtuoso"
    folder.mkdir(exist_ok=True)
    settings = {"sql": port + 1, "http": port, "buffers": _BUFFERS, "dirty": _BUFFERS * 3 // 4}
    (folder / "virtuoso.ini").write_text(_INI.format(host=HOST, allowed=data.whole.parent, **settings))
    return Start([found, "+foreground", "+wait", "+configfile", "virtuoso.ini"], folder=folder)


def _into_virtuoso(server: Server, data: Data) -> None:
    folder, name = data.whole.parent, data.whole.name
    commands = f"ld_dir('{folder}', '{name}', 'http://localhost/all'); rdf_loader_run(); checkpoint;"
    login = [f"{HOST}:{server.port + 1}", "dba", "dba"]
    timed([program("isql-vt", _APT), *login, f"exec={commands}"])


def bare(data: Data, port: int) -> Start:
    """Start a route that returns bytes."""
    return Start([python(), str(Path(__file__).with_name("bare.py")), str(port)])


@dataclass(frozen=True)
class Peer:
    """A server that is compared.

    Attributes
    ----------
    name
        As reports call it.
    start
        Says how it is started over some data on a port.
    fill
        Gives it the data once it runs, where it is started with none.
    largest
        Statements beyond which it is left out.
    """

    name: str
    start: Callable[[Data, int], Start]
    fill: Callable[[Server, Data], None] | None = None
    largest: float = math.inf


PEERS = (
    Peer(OURS, ours),
    Peer(OURS_DISK, ours_on_disk),
    Peer(RDFLIB, rdflib_endpoint, largest=10**6),
    Peer(OXIGRAPH, oxigraph, _into_oxigraph),
    Peer(OXIGRAPH_DISK, oxigraph_on_disk),
    Peer(VIRTUOSO, virtuoso, _into_virtuoso),
    Peer(BARE, bare),
)


def started(peer: Peer, data: Data, first: str) -> AbstractContextManager[Server]:
    """Start a peer over some data; leaving the context ends it.

    Raises
    ------
    NotInstalled, DidNotStart
        The message says which peer, and what to do.
    """
    port = free_port()
    start = peer.start(data, port)
    given = peer.fill
    fill = (lambda server: given(server, data)) if given else None
    return running(peer.name, start, port, data.folder, first, fill)
