"""Starts each server over the same graph on a free port of this machine, and ends it."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from benchmarks.generator.facts import cache_folder
from benchmarks.peers import processes

HOST = "127.0.0.1"
RESULTS = "application/sparql-results+json"
GRAPH = "text/turtle"
ROOT = Path(__file__).parent.parent.parent
#: Where ``make setup-bench`` puts the peers.
PEERS = ROOT / ".venv" / "bench" / "bin"
_PATIENCE = 1800.0
_STOP = 15.0
_REFUSALS = 200


class NotInstalled(Exception):
    """A peer is missing; the message says how to install it."""


class DidNotStart(Exception):
    """A server ended, or did not answer in time."""


@dataclass
class Server:
    """A running server.

    Attributes
    ----------
    name
        As reports call it.
    port
        On 127.0.0.1.
    path
        Of its query service.
    process
        The first of its processes.
    load_seconds, load_processor
        Seconds on the clock and of the processor before it could be started: bulk loads into files.
    start_seconds, start_processor
        From its start to its first answer.
    log
        What it wrote.
    """

    name: str
    port: int
    path: str
    process: subprocess.Popen[bytes]
    log: Path
    load_seconds: float = 0.0
    load_processor: float = 0.0
    start_seconds: float = 0.0
    start_processor: float = 0.0
    first_memory: int = 0
    peak_memory: int = 0

    def target(self, query: str) -> str:
        """Return the path and query string that ask a query."""
        return f"{self.path}?query={quote(query, safe='')}"

    def processor_seconds(self) -> float:
        """Return processor seconds of all its processes so far."""
        return processes.processor_seconds(self.process.pid)

    def memory(self) -> int:
        """Return the bytes that all its processes keep."""
        return processes.memory(self.process.pid)

    def ask(self, query: str, accept: str = RESULTS, timeout: float = 300.0) -> tuple[int, bytes]:
        """Ask once over a new connection; return the status and the body."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request("GET", self.target(query), headers={"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def stop(self) -> None:
        """End it and everything it started."""
        for wait, sent in ((_STOP, signal.SIGTERM), (5.0, signal.SIGKILL)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(wait)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # children that outlived it


@dataclass(frozen=True)
class Data:
    """The files that servers load.

    Attributes
    ----------
    facts
        N-Quads without what rules derive.
    whole
        N-Quads with it.
    statements
        How many the whole has.
    folder
        Where servers may write.
    """

    facts: Path
    whole: Path
    statements: int
    folder: Path


@dataclass(frozen=True)
class Start:
    """How a server is started.

    Attributes
    ----------
    command
        What to run.
    path
        Of the query service.
    environment
        Variables beside those of this process.
    folder
        Where it runs.
    loaded
        Seconds on the clock and of the processor that loading took before.
    """

    command: Sequence[str]
    path: str = "/sparql"
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    loaded: tuple[float, float] = (0.0, 0.0)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def program(name: str, remedy: str) -> str:
    """Return the path of a peer's program.

    Raises
    ------
    NotInstalled
        It is not there; the message holds the remedy.
    """
    own = PEERS / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        raise NotInstalled(f"{name} is not installed: {remedy}")
    return found


def timed(command: Sequence[str], **options: object) -> tuple[float, float]:
    """Run a command to its end; return its seconds on the clock and of the processor.

    Raises
    ------
    DidNotStart
        It failed.
    """
    clock, before = time.perf_counter(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, **options)  # type: ignore[call-overload] # noqa: S603
    after = os.times()
    if done.returncode:
        raise DidNotStart(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout)[-500:]}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - clock, spent


@contextlib.contextmanager
def running(
    name: str,
    start: Start,
    port: int,
    folder: Path,
    first: str,
    fill: Callable[[Server], None] | None = None,
) -> Iterator[Server]:
    """Start a server, wait for its first answer, and end it whatever happens.

    Parameters
    ----------
    name
        As reports call it.
    start
        How.
    port
        Where it will listen.
    folder
        Takes its log.
    first
        The query that it must answer.
    fill
        Gives the server its data once it listens.
    """
    log = folder / f"{name.replace(' ', '-')}-{port}.log"
    own = {**environment(), **start.environment}
    with log.open("wb") as output:
        clock = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            list(start.command), stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            cwd=start.folder or folder, env=own, start_new_session=True,
        )  # fmt: skip
    server = Server(name, port, start.path, process, log, *start.loaded)
    try:
        with processes.Peak(process.pid) as peak:
            if fill:
                _wait(server)
                fill(server)
            _wait(server, first)
            server.start_seconds = time.perf_counter() - clock
            server.start_processor = server.processor_seconds()
        server.first_memory, server.peak_memory = server.memory(), peak.bytes
        yield server
    finally:
        server.stop()


def environment() -> dict[str, str]:
    """Return the environment of a server: no setting of this project, and bytecode kept from start to start.

    An installed Python program has its bytecode; where the environment forbids to write it, every start
    would compile thousands of files.
    """
    unwanted = "PYTHONDONTWRITEBYTECODE"
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != unwanted and not name.startswith("SPACENORMS_")
    }
    return {**kept, "PYTHONPYCACHEPREFIX": str(cache_folder() / "bytecode")}


def _wait(server: Server, first: str | None = None) -> None:
    """Wait until a query is answered, or, without one, until somebody listens."""
    deadline = time.monotonic() + _PATIENCE
    refused = 0
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            told = server.log.read_text(errors="replace")[-800:]
            raise DidNotStart(f"{server.name} ended with status {server.process.returncode}: {told}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if first is None:
                socket.create_connection((HOST, server.port)).close()
                return
            status, body = server.ask(first)
            if status == 200:
                return
            refused += 1
            if refused > _REFUSALS:
                raise DidNotStart(f"{server.name} answers with status {status}: {body[:300]!r}")
        time.sleep(0.02)
    raise DidNotStart(f"{server.name} did not answer in {_PATIENCE:.0f} s")


def python() -> str:
    """Return the interpreter with uvicorn's fastest parts: that of the peers, where they are installed."""
    own = PEERS / "python"
    return str(own) if own.exists() else sys.executable
