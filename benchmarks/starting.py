"""Measures how a server starts: from files, from what an earlier start kept, and from a prepared store.

Run ``python -m benchmarks.starting 30k release 3M``; the table goes to standard output.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from benchmarks.generator.facts import parse_size, written
from benchmarks.peers.machine import machine
from benchmarks.peers.processes import memory, processor_seconds
from benchmarks.peers.servers import environment

FIRST = "/sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%203&format=csv"
#: Statements beyond which a start from files is not measured: it would want the memory of this machine.
MOST_IN_MEMORY = 3_500_000
_HEAD = ("data", "from", "processor to the first answer, s", "on the clock, s", "memory, MB")


@click.command()
@click.argument("sizes", nargs=-1, required=True)
def main(sizes: tuple[str, ...]) -> None:
    """Measure starts over generated facts of each of the SIZES, or over those of the ``release``."""
    click.echo(f"{machine()}\n\n| {' | '.join(_HEAD)} |\n|{' --- |' * len(_HEAD)}")
    for size in sizes:
        data = () if size == "release" else ("--only-data", "--data", str(written(size)))
        with tempfile.TemporaryDirectory() as folder:
            for row in _rows(size, data, Path(folder)):
                click.echo(f"| {' | '.join(row)} |")


def _rows(size: str, data: Sequence[str], folder: Path) -> Iterator[tuple[str, ...]]:
    if size == "release" or parse_size(size) <= MOST_IN_MEMORY:
        _start(data, folder / "bytecode alone")
        yield (size, "files", *_start(data, folder / "cache"))
        if (folder / "cache").is_dir():
            yield (size, "what the start before kept", *_start(data, folder / "cache"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603
        [*_spacenorms(), "prepare", "-o", str(folder / "store"), *data], check=True, stderr=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    length = sum(path.stat().st_size for path in (folder / "store").rglob("*") if path.is_file())
    yield (size, "a prepared store", *_start(("--store", str(folder / "store")), folder))
    told = f"{seconds:.0f} s of the processor, {after.ru_maxrss / 1024:.0f} MB at most"
    yield (size, f"(preparing it: {told}, {length / 2**20:.0f} MB on disk)", "", "", "")


def _spacenorms() -> list[str]:
    return [sys.executable, "-c", "from api.commands import main; main()"]


def _start(words: Sequence[str], cache: Path) -> tuple[str, str, str]:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    began = time.perf_counter()
    own = {**environment(), "XDG_CACHE_HOME": str(cache)}
    with subprocess.Popen(  # noqa: S603
        [*_spacenorms(), "serve", "--port", str(port), *words], env=own, stderr=subprocess.DEVNULL
    ) as server:
        try:
            while not _answers(port):
                if server.poll() is not None:
                    raise click.ClickException(f"The server ended: serve {' '.join(words)}")
                time.sleep(0.01)
            clock = time.perf_counter() - began
            return f"{processor_seconds(server.pid):.2f}", f"{clock:.2f}", f"{memory(server.pid) / 2**20:.0f}"
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{FIRST}", timeout=60) as answer:
            return bool(answer.read())
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
