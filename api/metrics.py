"""Count what the server does and write it in the text format of Prometheus.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from api.logs import Answered

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Sample = tuple[str, Mapping[str, str], float]


class _Durations:
    """How long the requests of a route took: how many up to each bound, and seconds in all."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0


class Metrics:
    """What was counted since the server began."""

    def __init__(self) -> None:
        self.began = time.time()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._durations: defaultdict[str, _Durations] = defaultdict(_Durations)
        self._queries: Counter[str] = Counter()
        self._reloads: Counter[str] = Counter()

    def note(self, answered: Answered) -> None:
        """Count a request and its queries."""
        route, method = answered.route or "(none)", answered.asked[0]
        self._requests[route, method if method in _METHODS else "other", answered.status] += 1
        durations = self._durations[route]
        durations.buckets[bisect_left(_BOUNDS, answered.seconds)] += 1
        durations.seconds += answered.seconds
        for outcome in answered.outcomes:
            self._queries[outcome] += 1

    def note_reload(self, outcome: str) -> None:
        """Count a reload, which was ``done`` or ``failed``."""
        self._reloads[outcome] += 1

    def text(self, workers: Mapping[str, int], information: Mapping[str, str]) -> str:
        """Return all metrics as text.

        Parameters
        ----------
        workers
            As `graph.sparql.workers.WorkerPool.status` tells.
        information
            Labels that tell the version of the server and of the data.
        """
        lines = [
            *_family("spacenorms_info", "gauge", "What is served.", [("", information, 1)]),
            *_family(
                "spacenorms_start_time_seconds", "gauge", "When the server began.", [("", {}, self.began)]
            ),
            *_family("spacenorms_requests_total", "counter", "Requests answered.", self._request_samples()),
            *_family(
                "spacenorms_request_duration_seconds",
                "histogram",
                "Time from the arrival of a request to the end of its answer.",
                self._duration_samples(),
            ),
            *_family(
                "spacenorms_queries_total",
                "counter",
                "Queries sent to workers, by what became of them.",
                [("", {"outcome": name}, count) for name, count in sorted(self._queries.items())],
            ),
            *_family(
                "spacenorms_reloads_total",
                "counter",
                "Reloads of the graph.",
                [("", {"outcome": name}, self._reloads[name]) for name in ("done", "failed")],
            ),
            *_worker_lines(workers),
        ]
        return "\n".join(lines) + "\n"

    def _request_samples(self) -> Iterator[Sample]:
        for (route, method, status), count in sorted(self._requests.items()):
            yield "", {"route": route, "method": method, "status": str(status)}, count

    def _duration_samples(self) -> Iterator[Sample]:
        for route in sorted(self._durations):
            durations, total = self._durations[route], 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), durations.buckets, strict=True):
                total += count
                yield "_bucket", {"route": route, "le": bound}, total
            yield "_sum", {"route": route}, durations.seconds
            yield "_count", {"route": route}, total


def _worker_lines(workers: Mapping[str, int]) -> Iterator[str]:
    if not workers:
        return
    states: list[Sample] = [("", {"state": state}, workers[state]) for state in ("busy", "idle")]
    yield from _family("spacenorms_workers", "gauge", "Worker processes.", states)
    yield from _family(
        "spacenorms_workers_ended_total",
        "counter",
        "Workers that were killed or died, since the graph was loaded.",
        [("", {}, workers["ended"])],
    )
    yield from _family(
        "spacenorms_queries_waiting",
        "gauge",
        "Queries that wait for a worker.",
        [("", {}, workers["waiting"])],
    )


def _family(name: str, kind: str, told: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {kind}"
    for suffix, labels, value in samples:
        yield f"{name}{suffix}{_labels(labels)} {value!r}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
