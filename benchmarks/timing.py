"""Times work in processes of its own: processor seconds, memory, and an end to what takes too long."""

from __future__ import annotations

import gc
import math
import multiprocessing
import platform
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

#: Packages whose versions every report names.
PACKAGES = ("numpy", "scipy", "networkx", "networkit", "rustworkx", "igraph", "threadpoolctl", "pyoxigraph")


@dataclass(frozen=True)
class Timed:
    """How long something took.

    Attributes
    ----------
    seconds
        Of processor time, over all cores; None where it was ended at the bound or failed.
    wall
        Seconds on the clock.
    memory
        Megabytes that the process grew by.
    peak
        The most megabytes that the process held, resident.
    result
        What the work returned.
    remark
        What was sampled, or why there is no number.
    """

    seconds: float | None
    wall: float = 0.0
    memory: float = 0.0
    result: Any = None
    remark: str = ""
    peak: float = 0.0


def apart(
    work: Callable[[], Any], bound: float, prepare: Callable[[], Any] | None = None, least: float = 0.4
) -> Timed:
    """Time work in a forked process, and end it at a bound.

    Parameters
    ----------
    work
        What to time; it is repeated until ``least`` seconds have passed, and the mean counts.
    bound
        Seconds of processor time after which it is ended.
    prepare
        Done first and not timed, nor bounded: imports.
    least
        Seconds over which short work is repeated.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, work, prepare, least, bound))
    process.start()
    sender.close()
    try:
        found: Timed = receiver.recv()
    except EOFError:
        found = Timed(None, remark=f"> {bound:.0f} s")
    process.join()
    return found


def here(work: Callable[[], Any]) -> Timed:
    """Time work in this process, once."""
    gc.collect()
    start, clock = time.process_time(), time.perf_counter()
    result = work()
    return Timed(time.process_time() - start, time.perf_counter() - clock, result=result)


def _run(
    sender: Any, work: Callable[[], Any], prepare: Callable[[], Any] | None, least: float, bound: float
) -> None:
    try:
        if prepare is not None:
            prepare()
        spent = math.ceil(time.process_time() + bound)
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 1))
        before = _peak()
        times = [here(work)]
        grown = _peak() - before
        while sum(each.wall for each in times) < least:
            times.append(here(work))
        seconds = sum(each.seconds or 0.0 for each in times) / len(times)
        wall = sum(each.wall for each in times) / len(times)
        sender.send(Timed(seconds, wall, max(grown, 0.0), times[0].result, peak=_peak()))
    except Exception as error:  # a benchmark goes on without the library that fails
        sender.send(Timed(None, remark=f"{type(error).__name__}: {error}"[:80]))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def versions() -> str:
    """Return the versions of everything that was measured, in one line."""
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; all columns but the first are numbers."""
    lines = ["| " + " | ".join(columns) + " |", "| --- |" + " ---: |" * (len(columns) - 1)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def quantile(times: Sequence[float], share: float) -> float:
    """Return the time that a share of the times does not exceed."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]
