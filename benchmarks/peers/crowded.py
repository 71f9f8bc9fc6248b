"""Measures this project's server alone: how it starts, and how it answers while bombs go off beside."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.answers import question, questions
from benchmarks.peers.catalogue import OURS, Peer, ours, ours_on_disk, started
from benchmarks.peers.load import Load, many, varied
from benchmarks.peers.servers import HOST, Data, Server, Start

QUIET = "quiet"
FACTS, KEPT, PREPARED = "the facts", "what a start has kept", "a prepared store"
#: Larger data are not kept by a start.
_KEPT = 64 * 2**20
#: Statements beyond which the server is started from the facts only once.
_LONG_TO_LOAD = 10**6
WORKERS = 2
_SECONDS = 5
_ROUNDS = 3
#: So short that bombs are stopped, and workers replaced, several times while it is measured.
_TIME_LIMIT = 2


@dataclass
class Crowd:
    """Cheap questions beside bombs.

    Attributes
    ----------
    loads
        One for each round, by the kind of bomb, or quiet.
    ends
        How often each kind of bomb ended in which way: a status, or broken off.
    """

    loads: dict[str, list[Load]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def starts(data: Data, times: int, tell: Callable[[str], None] = print) -> dict[str, list[dict[str, float]]]:
    """Start the server so many times from the facts, from what a start has kept, and from a prepared store.

    All settings are as they come; what a start keeps is kept in a folder of the benchmark.

    Returns
    -------
    dict
        Seconds, processor seconds and bytes to the first answer of each start, by what it starts from.
    """
    kinds = {FACTS: _first, PREPARED: _prepared}
    if data.facts.stat().st_size <= _KEPT:
        kinds[KEPT] = _next
    for start in kinds.values():
        _once(data, start)  # keeps bytecode, and what the next may begin from
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for number in range(times):
        for kind, start in kinds.items():
            if kind == FACTS and number and data.statements > _LONG_TO_LOAD:
                continue
            tell(f"Start {number + 1} of {times} from {kind}")
            found[kind].append(_once(data, start))
    return found


def _once(data: Data, start: Callable[[Data, int], Start]) -> dict[str, float]:
    with started(Peer(OURS, start), data, varied(question("look-up").text)) as server:
        return {
            "seconds": server.start_seconds,
            "processor": server.start_processor,
            "memory": server.first_memory,
            "peak": server.peak_memory,
        }


def _first(data: Data, port: int) -> Start:
    """Start from the facts, with nothing kept by another start."""
    return _keeping(ours(data, port), Path(tempfile.mkdtemp(dir=data.folder)))


def _next(data: Data, port: int) -> Start:
    """Start from what the start before has kept."""
    folder = data.folder / "kept"
    folder.mkdir(exist_ok=True)
    return _keeping(ours(data, port), folder)


def _prepared(data: Data, port: int) -> Start:
    return dataclasses.replace(ours_on_disk(data, port), environment={})


def _keeping(start: Start, folder: Path) -> Start:
    return dataclasses.replace(start, environment={"XDG_CACHE_HOME": str(folder)})


def _limited(data: Data, port: int) -> Start:
    start = ours(data, port)
    limits = {
        "SPACENORMS_WORKERS": str(WORKERS),
        "SPACENORMS_QUERY_TIME_LIMIT": str(_TIME_LIMIT),
    }
    return dataclasses.replace(start, environment={**start.environment, **limits})


def crowded(data: Data, tell: Callable[[str], None] = print) -> Crowd:
    """Measure cheap questions on one connection, quiet and while all workers but one evaluate bombs."""
    found = Crowd()
    cheap = question("look-up").text
    with started(Peer(OURS, _limited), data, varied(cheap)) as server:
        many(server, cheap, 1, 1)
        for number in range(_ROUNDS):
            tell(f"Quiet and beside bombs: round {number + 1} of {_ROUNDS}")
            found.loads[QUIET].append(many(server, cheap, _SECONDS, 1))
            for bomb in questions("bombs"):
                with _bombing(server, bomb.text, found.ends[bomb.name]):
                    found.loads[bomb.name].append(many(server, cheap, _SECONDS, 1))
    return found


@contextlib.contextmanager
def _bombing(server: Server, text: str, ends: Counter[str]) -> Iterator[None]:
    """Keep all workers but one busy while the context is open."""
    over = threading.Event()
    threads = [
        threading.Thread(target=_bomb, args=(server, text, over, ends), daemon=True)
        for _ in range(WORKERS - 1)
    ]
    for thread in threads:
        thread.start()
    try:
        over.wait(0.3)  # until they are being evaluated
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


def _bomb(server: Server, text: str, over: threading.Event, ends: Counter[str]) -> None:
    while not over.is_set():
        connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
        with contextlib.closing(connection):
            try:
                connection.request("GET", server.target(varied(text)))
                answer = connection.getresponse()
                while answer.read(2**18) and not over.is_set():
                    pass
                ends[f"status {answer.status}"] += 1
            except (OSError, http.client.HTTPException):
                ends["broken off"] += 1
