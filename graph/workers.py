"""Evaluate queries in processes that can be killed: at a time limit, for memory, or when nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import pyoxigraph as ox

from graph import zygote
from graph.diagnosis import malformed
from graph.errors import (
    BadQuery,
    NotAcceptable,
    QueryTimeout,
    QueryTooLarge,
    ServiceBusy,
    SpacenormsError,
    suggest,
)
from graph.guard import ReadQuery, inspect
from graph.namespaces import GRAPHS
from graph.zygote import WorkerLimits

__all__ = ["GRAPH_MEDIA_TYPES", "RESULT_MEDIA_TYPES", "WorkerLimits", "WorkerPool", "media_types"]

RESULT_MEDIA_TYPES = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
GRAPH_MEDIA_TYPES = (
    "text/turtle",
    "application/ld+json",
    "application/n-triples",
    "application/rdf+xml",
)

_log = logging.getLogger(__name__)
_FIRST_READ = 65_536


def media_types(form: str) -> tuple[str, ...]:
    """Return the media types that the answer of a query form can be written in, the usual one first."""
    return RESULT_MEDIA_TYPES if form in ("SELECT", "ASK") else GRAPH_MEDIA_TYPES


@dataclass(eq=False)
class _Worker:
    process: int
    connection: socket.socket

    def is_alive(self) -> bool:
        """Tell whether the process still holds its end; an idle worker has nothing to say."""
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False


class WorkerPool:
    """Workers that evaluate read queries over one loaded store, for use with asyncio.

    The process is forked when the pool is made. Make it before there are threads and before the event
    loop runs, then `start` it within the loop.

    Parameters
    ----------
    store
        The loaded store. Later changes to it are not seen.
    workers
        How many queries are evaluated at once; as many processes are kept warm.
    queue
        How many further queries may wait.
    patience
        Seconds for which they wait.
    limits
        What each worker may use.

    Examples
    --------
    >>> import asyncio, pyoxigraph
    >>> pool = WorkerPool(pyoxigraph.Store(), workers=1)
    >>> async def ask() -> bytes:
    ...     async with pool:
    ...         return await pool.evaluate("ASK {}", timeout=5)
    >>> asyncio.run(ask())
    b'{"head":{},"boolean":true}'
    """

    def __init__(
        self,
        store: ox.Store,
        *,
        workers: int = 2,
        queue: int = 64,
        patience: float = 30.0,
        limits: WorkerLimits | None = None,
    ) -> None:
        self.graphs = frozenset(
            graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)
        )
        self.workers = workers
        self.queue = queue
        self.patience = patience
        self.limits = limits or WorkerLimits()
        self._store = store
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._zygote: int | None = None
        self._fork_zygote()

    async def __aenter__(self) -> WorkerPool:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Fork the warm workers; returns before they are there, and queries wait for them."""
        if self._zygote is None:
            self._fork_zygote()
        self._closing = False
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._forking = asyncio.Lock()
        for _ in range(self.workers):
            self._later_fork()

    async def close(self) -> None:
        """End every worker and the process that forks them."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while not self._idle.empty():
            self._idle.get_nowait().connection.close()
        if self._zygote is not None:
            # Waiting for the process takes milliseconds, but must not hold up the loop.
            await asyncio.to_thread(self._end)
            self._zygote = None

    async def evaluate(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
    ) -> bytes:
        """Evaluate a query in a worker.

        Parameters
        ----------
        query
            SPARQL; a text is examined by `graph.guard.inspect` first.
        media_type
            One of `media_types` for the form of the query; None for the first of them.
        default_graphs, named_graphs
            The data set that the request names, which wins over FROM. When both are None and the query has no
            FROM, the default graph is the union of all graphs and GRAPH reaches each named one.
        timeout
            Seconds of evaluation after which the worker is killed; time spent waiting for one does not count.

        Returns
        -------
        bytes
            The answer as the engine wrote it.

        Raises
        ------
        BadQuery
            The query is malformed, or does more than read.
        NotAcceptable
            The query's form has no answer of this media type.
        QueryTimeout
            The time limit was reached.
        QueryTooLarge
            The worker ended for want of memory, or the result is longer than allowed.
        ServiceBusy
            More queries are waiting than the queue holds, or no worker came free in time.
        """
        read = inspect(query, self.graphs) if isinstance(query, str) else query
        request = self._request(read, media_type, default_graphs, named_graphs)
        status, body = await self._run(read, request, timeout)
        return body if status == zygote.OK else self._fault(read, body)

    async def _run(self, read: ReadQuery, request: bytes, timeout: float) -> tuple[int, bytes]:
        worker = await self._acquire()
        try:
            async with asyncio.timeout(timeout):
                status, spent, body = await _exchange(worker, request)
        except TimeoutError:
            self._replace(worker)
            raise _timed_out(read, timeout) from None
        except (OSError, EOFError):
            self._replace(worker)
            raise _died(read, self.limits) from None
        except BaseException:
            self._replace(worker)
            raise
        if spent:
            self._replace(worker)
        else:
            self._idle.put_nowait(worker)
        return status, body

    def _request(
        self,
        read: ReadQuery,
        media_type: str | None,
        default_graphs: Sequence[str] | None,
        named_graphs: Sequence[str] | None,
    ) -> bytes:
        offered = media_types(read.form)
        if media_type is not None and media_type not in offered:
            raise NotAcceptable(
                f"The answer of a {read.form} query cannot be written as {media_type}.",
                remedy=f"Ask for one of {', '.join(offered)}.",
                offered=list(offered),
            )
        self._check_graphs((*(default_graphs or ()), *(named_graphs or ())))
        body = json.dumps(
            {
                "query": read.text,
                "media_type": media_type or offered[0],
                "default_graphs": default_graphs,
                "named_graphs": named_graphs,
                "has_dataset": read.has_dataset,
            }
        ).encode()
        return zygote.REQUEST.pack(len(body)) + body

    def _check_graphs(self, graphs: Sequence[str]) -> None:
        # A graph from elsewhere that the store does not hold is an empty one, as the SPARQL Protocol has
        # it; a graph of our own that it does not hold is misspelt.
        for graph in graphs:
            if graph.startswith(GRAPHS) and graph not in self.graphs:
                raise BadQuery(
                    f"The request names <{graph}>, which is no graph of this store.",
                    remedy=suggest(graph, self.graphs),
                    code="unknown-graph",
                    graph=graph,
                )

    async def _acquire(self) -> _Worker:
        """Take an idle worker, or wait for one behind those who wait already."""
        if self._waiting >= self.queue and (self._waiting or self._idle.empty()):
            raise _busy("More queries are waiting than this server takes on.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.patience):
                while not (worker := await self._idle.get()).is_alive():
                    self._replace(worker)
                return worker
        except TimeoutError:
            raise _busy(f"No worker came free within {self.patience:g} s.") from None
        finally:
            self._waiting -= 1

    def _replace(self, worker: _Worker) -> None:
        """Kill a worker and fork another in its place."""
        with contextlib.suppress(OSError):
            self._control.send(zygote.COMMAND.pack(zygote.KILL, worker.process))
        worker.connection.close()
        self._later_fork()

    def _later_fork(self) -> None:
        if self._closing:
            return
        task = asyncio.get_running_loop().create_task(self._fork_worker())
        self._tasks.add(task)
        task.add_done_callback(self._forked)

    def _forked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.critical("No worker could be started, so queries are no longer answered: %s", error)

    async def _fork_worker(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with self._forking:
                self._control.send(zygote.COMMAND.pack(zygote.FORK, 0))
                await _readable(loop, self._control)
                worker = self._receive_worker()
            if worker is not None:
                self._idle.put_nowait(worker)
                return
            await asyncio.sleep(0.5)

    def _receive_worker(self) -> _Worker | None:
        message, descriptors, _, _ = socket.recv_fds(self._control, zygote.FORKED.size, 1)
        if not message:
            raise EOFError("The process that forks the workers has ended.")
        if not descriptors:
            return None
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(False)
        return _Worker(zygote.FORKED.unpack(message)[0], connection)

    def _fork_zygote(self) -> None:
        process, control = zygote.start_zygote(self._store, self.limits)
        control.setblocking(False)
        self._control = control
        self._zygote = process
        self._end = weakref.finalize(self, _end_zygote, process, control)

    def _fault(self, read: ReadQuery, body: bytes) -> NoReturn:
        fault = json.loads(body)
        kind, message = fault["kind"], fault["message"]
        if kind == "SyntaxError":
            raise malformed(read, message)
        if kind == "TooLong":
            raise QueryTooLarge(
                f"The result has {int(message):,} bytes; {self.limits.result_bytes:,} are allowed.",
                remedy="Ask for fewer columns, or page with LIMIT and OFFSET.",
                code="result-too-long",
                status=413,
                query=read.given,
            )
        if kind == "ValueError":
            raise BadQuery(
                f"A graph that the request names is no IRI: {message}.",
                remedy="Give the absolute IRI of a graph.",
                code="bad-value",
                query=read.given,
            )
        if kind == "MemoryError":
            raise _died(read, self.limits)
        raise BadQuery(
            f"The query could not be evaluated: {message}",
            remedy="Check the part of the query that the message names.",
            code="query-failed",
            query=read.given,
        )


async def _readable(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)


async def _exchange(worker: _Worker, request: bytes) -> tuple[int, bool, bytes]:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(worker.connection, request)
    first = await loop.sock_recv(worker.connection, _FIRST_READ)
    if len(first) < zygote.ANSWER.size:
        raise EOFError
    status, spent, length = zygote.ANSWER.unpack_from(first)
    body = first[zygote.ANSWER.size :]
    return status, spent, body if len(body) == length else await _rest(worker, body, length)


async def _rest(worker: _Worker, first: bytes, length: int) -> bytes:
    loop = asyncio.get_running_loop()
    body = bytearray(length)
    body[: len(first)] = first
    view, got = memoryview(body), len(first)
    while got < length:
        count = await loop.sock_recv_into(worker.connection, view[got:])
        if count == 0:
            raise EOFError
        got += count
    return bytes(body)


def _end_zygote(process: int, control: socket.socket) -> None:
    with contextlib.suppress(OSError):
        control.setblocking(True)
        control.sendall(zygote.COMMAND.pack(zygote.QUIT, 0))
    control.close()
    deadline = time.monotonic() + 2
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(process, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                # Its workers ask for the same signal when it dies.
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return
            time.sleep(0.002)


def _timed_out(read: ReadQuery, timeout: float) -> SpacenormsError:
    return QueryTimeout(
        f"The query was stopped at its time limit of {timeout:g} s.",
        remedy="Join fewer patterns, bind a variable early, or add LIMIT; the query is given back here.",
        query=read.given,
        timeout=timeout,
    )


def _died(read: ReadQuery, limits: WorkerLimits) -> SpacenormsError:
    return QueryTooLarge(
        "The query ended its worker process, most likely because it needed more memory than "
        f"the {limits.memory_headroom // 2**20:,} MiB a query may use.",
        remedy="Sort, group or join fewer solutions; the query is given back here.",
        query=read.given,
    )


def _busy(message: str) -> SpacenormsError:
    return ServiceBusy(message, remedy="Try again in a few seconds.", retry_after=2)
