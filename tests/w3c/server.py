"""Runs the server over the data of a test suite, on a free port of this machine."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pyoxigraph as ox
from manifests import quads

_COMMAND = "from api.commands import main; main()"
_PATIENCE_SECONDS = 60


@contextlib.contextmanager
def serving(graphs: Mapping[str, Path], token: str = "") -> Iterator[str]:
    """Serve files as named graphs, to be written by whoever has the token; yield the endpoint's address."""
    with TemporaryDirectory() as folder, socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        held.close()
        (Path(folder) / "suite.nq").write_bytes(_written(graphs))
        command = [
            sys.executable,
            "-c",
            _COMMAND,
            "serve",
            "--data",
            folder,
            "--only-data",
            "--port",
            str(port),
        ]
        environment = {**os.environ, "SPACENORMS_WRITE_TOKEN": token}
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:
            try:
                _wait(process, port)
                yield f"http://127.0.0.1:{port}/sparql"
            finally:
                process.terminate()


def _written(graphs: Mapping[str, Path]) -> bytes:
    found = (
        ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))
        for name, path in graphs.items()
        for quad in quads(path)
    )
    return ox.serialize(found, format=ox.RdfFormat.N_QUADS) or b""


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("The server did not start.")


def send(
    endpoint: str, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes | None
) -> tuple[int, str, bytes]:
    """Send a request as it stands; return the status, the media type and the body."""
    status, answered, content = exchange(endpoint, method, target, headers, body)
    return status, answered.get("content-type", "").partition(";")[0].strip(), content


def exchange(
    endpoint: str, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes | None
) -> tuple[int, Message, bytes]:
    """Send a request as it stands; return the status, the headers and the body."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    with contextlib.closing(connection):
        connection.putrequest(method, target, skip_accept_encoding=True)
        length = [] if body is None else [("Content-Length", str(len(body)))]
        for name, value in (*headers, *length):
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
