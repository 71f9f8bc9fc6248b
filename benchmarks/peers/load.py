"""Sends bounded load to a server: by wrk where answers are quick, one by one where they are slow."""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.peers.servers import HOST, RESULTS, DidNotStart, Server, program
from benchmarks.timing import quantile

#: Stands in every query of the benchmark; each request has another number in its place.
ASKED = "1000000007"
_SCRIPT = Path(__file__).with_name("wrk.lua")
_numbers = itertools.count(1_100_000_000, 1_000_000)


@dataclass(frozen=True)
class Load:
    """What a server did under a load.

    Attributes
    ----------
    rate
        Answers a second.
    p50, p99
        Seconds that half and 99 in 100 of the answers took at most. wrk counts those beside them that would
        have been asked for while one took long.
    processor
        Processor seconds of all its processes an answer.
    errors
        Answers that failed.
    requests
        How many were sent.
    p99_each
        Seconds that 99 in 100 of the answers took at most that were asked for; None where wrk had several
        connections.
    """

    rate: float
    p50: float
    p99: float
    processor: float
    errors: int
    requests: int
    p99_each: float | None = None


def varied(query: str) -> str:
    """Return a query with a number that no request had before."""
    return query.replace(ASKED, str(next(_numbers)))


def many(
    server: Server, query: str, seconds: int, connections: int, accept: str = RESULTS, vary: bool = True
) -> Load:
    """Ask over and over on several connections, each waiting for its answer.

    Parameters
    ----------
    server
        Whom.
    query
        What; it holds the number that is varied.
    seconds
        How long.
    connections
        How many.
    accept
        Media type of the answer.
    vary
        Whether each request differs.
    """
    wrk = program("wrk", "apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as target:
        target.write(server.target(query))
        target.flush()
        asked = [ASKED, str(next(_numbers) if vary else 0), accept, "each" if connections == 1 else "all"]
        command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(_SCRIPT)]
        command += [f"http://{HOST}:{server.port}/", "--", target.name, *asked]
        before = server.processor_seconds()
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        spent = server.processor_seconds() - before
    told = [line for line in done.stdout.splitlines() if line.startswith("JSON ")]
    if not told:
        raise DidNotStart(f"wrk failed against {server.name}: {done.stderr or done.stdout}")
    found = json.loads(told[0].removeprefix("JSON "))
    count = max(1, found["requests"])
    return Load(
        found["requests"] / found["seconds"], found["p50"], found["p99"], spent / count,
        found["errors"], found["requests"], found["p99_each"],
    )  # fmt: skip


def one_by_one(
    server: Server, query: str, seconds: float, accept: str = RESULTS, timeout: float = 120.0
) -> Load:
    """Ask on one connection until so many seconds have passed, at least once."""
    times: list[float] = []
    errors = 0
    before, start = server.processor_seconds(), time.perf_counter()
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=timeout)) as connection:
        while not times or time.perf_counter() - start < seconds:
            begun = time.perf_counter()
            connection.request("GET", server.target(varied(query)), headers={"Accept": accept})
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - begun)
            errors += answer.status != 200
    spent = server.processor_seconds() - before
    rate = len(times) / (time.perf_counter() - start)
    p99 = quantile(times, 0.99)
    return Load(rate, median(times), p99, spent / len(times), errors, len(times), p99)


def middle(rounds: Sequence[Load]) -> Load:
    """Return the median of each figure over rounds; requests and errors are summed."""
    return Load(
        median(each.rate for each in rounds),
        median(each.p50 for each in rounds),
        median(each.p99 for each in rounds),
        median(each.processor for each in rounds),
        sum(each.errors for each in rounds),
        sum(each.requests for each in rounds),
        None
        if any(each.p99_each is None for each in rounds)
        else median(each.p99_each or 0 for each in rounds),
    )
