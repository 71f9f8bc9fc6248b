"""Kills the process that writes, at any moment, and looks for what was lost or half-written.

Usage: python tests/killing.py [--rounds 200] [--server]

Each round starts a process that writes numbered changes of several triples, kills it with SIGKILL at a random
moment, and reads what is there. Without --server the process writes to the journal alone, as fast as it can;
with it, it is a whole server that is written over HTTP.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from graph.writing import journal
from graph.writing.journal import Change, GraphChange, Journal

TRIPLES = 7
GRAPHS = 3
TOKEN = "a-token-for-killing"
_NUMBER = re.compile(r'"(\d+) of change"')


def triples(number: int) -> frozenset[str]:
    """Return the triples of a change, which tell its number."""
    return frozenset(
        f'<http://example.org/{number}/{each}> <http://example.org/p> "{number} of change"'
        for each in range(TRIPLES)
    )


def write_on(folder: Path) -> None:
    """Write changes without end, and say the number of each once it is acknowledged."""
    kept = Journal(folder)
    while True:
        number = kept.number + 1
        graphs = {
            f"http://example.org/graph/{each}": GraphChange(triples(number), frozenset())
            for each in range(GRAPHS)
        }
        kept.add(Change("2026-11-23T00:00:00Z", "Ada", f"r{number}", "update", graphs))
        os.write(1, f"{number}\n".encode())


def faults(folder: Path, acknowledged: int) -> Iterator[str]:
    """Yield what is wrong with what is there, all changes up to a number having been acknowledged."""
    if not journal.has_journal(folder):
        if acknowledged:
            yield "The journal is gone."
        return
    written = journal.read(folder, latest=10**9)
    numbers = [entry.number for entry in written.entries]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < acknowledged:
        yield f"{len(numbers)} changes are kept, and {acknowledged} were acknowledged."
    for graph in written.graphs.values():
        found = Counter(int(_NUMBER.findall(triple)[0]) for triple in graph or ())
        if set(found) != set(numbers) or set(found.values()) - {TRIPLES}:
            yield "A change is there in part."


def killed_while_writing(folder: Path, rng: random.Random) -> int:
    """Let a process write and kill it; return the last number that it acknowledged."""
    command = [sys.executable, __file__, "--write", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(rng.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    return int((rest or [first])[-1]) if first else 0


def killed_while_serving(folder: Path, rng: random.Random) -> int:
    """Write to a server over HTTP and kill it; return the last number that it acknowledged."""
    began = last = journal.read(folder).entries[-1].number if journal.has_journal(folder) else 0
    with _server(folder) as (process, client):
        threading.Timer(rng.uniform(0.1, 2.5), process.send_signal, [signal.SIGKILL]).start()
        with contextlib.suppress(httpx.HTTPError):
            while True:
                blocks = " ".join(
                    f"GRAPH <http://example.org/graph/{each}> {{ {' . '.join(triples(last + 1))} }}"
                    for each in range(GRAPHS)
                )
                answer = client.post("/sparql", data={"update": f"INSERT DATA {{ {blocks} }}"})
                last = answer.raise_for_status().json()["change"]
    assert last >= began
    return last


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    code = "from api.commands import main; main()"
    command = [sys.executable, "-c", code, "serve", "--data", str(folder), "--only-data", "--port", str(port)]
    environment = {**os.environ, "SPACENORMS_WRITE_TOKEN": TOKEN}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False
        ) as client,
    ):
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None and time.monotonic() < deadline
            with contextlib.suppress(httpx.HTTPError):
                if client.get("/health").status_code == 200:
                    break
            time.sleep(0.05)
        try:
            yield process, client
        finally:
            process.kill()


def main() -> int:
    """Run the rounds and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write_on(given.write)
    rng, kill = random.Random(given.seed), killed_while_serving if given.server else killed_while_writing
    with TemporaryDirectory() as name:
        for number in range(1, given.rounds + 1):
            acknowledged = kill(Path(name), rng)
            found = list(faults(Path(name), acknowledged))
            print(f"{number}: {acknowledged} acknowledged {'; '.join(found)}", flush=True)
            if found:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
