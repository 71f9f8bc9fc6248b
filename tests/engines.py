"""Starts other SPARQL servers on this machine and lets them load the exported graph."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from graph.sparql.endpoint import Endpoint

_PATIENCE = 90.0
_SETTINGS = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200

[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx

[Parameters]
ServerPort = 127.0.0.1:{port}
DisableUnixSocket = 1
ServerThreads = 80
CheckpointInterval = 0
DirsAllowed = {folder}
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000

[HTTPServer]
ServerPort = 127.0.0.1:{web}
ServerThreads = 60

[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryExecutionTime = 10
"""
_LOAD = """\
ld_dir ('{folder}', 'graph.nq', 'urn:spacenorms:unnamed');
rdf_loader_run ();
checkpoint;
"""


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def program(name: str, package: str) -> str:
    """Return the path of a program; skip the test without it, and fail in CI, where it must be."""
    places = (sysconfig.get_path("scripts"), os.environ.get("PATH", ""))
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        reason = f"there is no {name}: install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            httpx.post(address, data={"query": "ASK {}"}, timeout=5)
            return
        time.sleep(0.1)
    raise RuntimeError(f"{address} did not come up: {log.read_text(errors='replace')[-500:]}")


def _end_with_parent() -> None:
    """Let a server end when the tests are killed (prctl PR_SET_PDEATHSIG, Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextlib.contextmanager
def _running(command: list[str], address: str, folder: Path) -> Iterator[None]:
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        try:
            _wait(process, address, log)
            yield
        finally:
            # Virtuoso ends slowly when asked; what it holds is thrown away.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@contextlib.contextmanager
def oxigraph_server(quads: Path, folder: Path) -> Iterator[Endpoint]:
    """Serve a file of N-Quads with the server of Oxigraph, without the switch for the union of all graphs."""
    oxigraph = program("oxigraph", "the extra test (pip install '.[test]')")
    subprocess.run(
        [oxigraph, "load", "--location", folder / "store", "--file", quads], check=True, capture_output=True
    )
    port = _port()
    address = f"http://127.0.0.1:{port}/query"
    command = [oxigraph, "serve-read-only", "--location", f"{folder}/store", "--bind", f"127.0.0.1:{port}"]
    with _running(command, address, folder):
        yield Endpoint(address, time_limit=10)


@contextlib.contextmanager
def virtuoso(quads: Path, folder: Path, rows: int = 1_000_000) -> Iterator[Endpoint]:
    """Serve a file of N-Quads with Virtuoso, which sends so many rows at most."""
    package = "the Debian package virtuoso-opensource-7-bin"
    server, client = program("virtuoso-t", package), program("isql-vt", package)
    port, web = _port(), _port()
    shutil.copy(quads, folder / "graph.nq")
    (folder / "virtuoso.ini").write_text(_SETTINGS.format(folder=folder, port=port, web=web, rows=rows))
    (folder / "load.sql").write_text(_LOAD.format(folder=folder))
    address = f"http://127.0.0.1:{web}/sparql"
    command = [server, "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    with _running(command, address, folder):
        loaded = subprocess.run(
            [client, f"127.0.0.1:{port}", "dba", "dba", "ERRORS=STDOUT", str(folder / "load.sql")],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
        assert "Error" not in loaded.stdout, loaded.stdout
        yield Endpoint(address, time_limit=10)


SERVERS = {"oxigraph": oxigraph_server, "virtuoso": virtuoso}
