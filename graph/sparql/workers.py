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
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import pyoxigraph as ox

from graph.errors import (
    BadQuery,
    NotAcceptable,
    QueryTimeout,
    QueryTooLarge,
    ServiceBusy,
    SpacenormsError,
    suggest,
)
from graph.namespaces import GRAPHS
from graph.sparql import dataset, zygote
from graph.sparql.caller import CALLER
from graph.sparql.diagnosis import malformed
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.zygote import WorkerLimits

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
    "application/trig",
    "application/n-quads",
)

_log = logging.getLogger(__name__)
_FIRST_READ = 65_536
_RETRY_SECONDS = 0.2


def media_types(form: str) -> tuple[str, ...]:
    """Return the media types that the answer of a query form can be written in, the usual one first."""
    return RESULT_MEDIA_TYPES if form in ("SELECT", "ASK") else GRAPH_MEDIA_TYPES


@dataclass(eq=False)
class _Worker:
    process: int
    connection: socket.socket
    zygote: int | None

    def is_alive(self) -> bool:
        """Tell whether the process still holds its end; an idle worker has nothing to say."""
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False


@dataclass
class _Share:
    free: asyncio.Semaphore
    users: int = field(default=0)


class WorkerPool:
    """Workers that evaluate read queries over one loaded store, for use with asyncio.

    A process is forked when the pool is made, and forks the workers; should it die, another takes its
    place. `start` the pool within the event loop.

    A caller with a name (`graph.sparql.caller.CALLER`) is given all workers but one at most, so that no
    single caller keeps the others waiting.

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
        self._busy = 0
        self._ended = 0
        self._shares: dict[str, _Share] = {}
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

    def status(self) -> dict[str, int]:
        """Return how many workers are busy, idle and were ended, and how many queries wait."""
        idle = self._idle.qsize() if hasattr(self, "_idle") else 0
        return {"busy": self._busy, "idle": idle, "waiting": self._waiting, "ended": self._ended}

    async def evaluate(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
        sink: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """Evaluate a query in a worker.

        Parameters
        ----------
        query
            SPARQL; a text is examined by `graph.sparql.guard.inspect` first.
        media_type
            One of `media_types` for the form of the query; None for the first of them.
        default_graphs, named_graphs
            The data set that the request names, which wins over FROM. When both are None and the query has no
            FROM, the default graph is the union of all graphs and GRAPH reaches each named one. The graphs of
            `graph.sparql.dataset.GROUPS` stand for all that they gather.
        timeout
            Seconds of evaluation after which the worker is killed; time spent waiting for one does not count.
        sink
            Takes the pieces of a long answer as they come; None gathers them.

        Returns
        -------
        bytes
            The answer as the engine wrote it; with a sink, its last piece.

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
        caller = CALLER.get()
        try:
            async with self._share_of(caller.name if caller else None):
                status, body = await self._run(read, request, timeout, sink)
            answer = body if status == zygote.OK else self._fault(read, body)
        except BaseException as error:
            if caller:
                caller.outcomes.append(_outcome(error))
            raise
        if caller:
            caller.outcomes.append("answered")
        return answer

    @contextlib.asynccontextmanager
    async def _share_of(self, client: str | None) -> AsyncIterator[None]:
        """Wait until a client holds fewer workers than it may."""
        if client is None or self.workers == 1:
            yield
            return
        share = self._shares.setdefault(client, _Share(asyncio.Semaphore(self.workers - 1)))
        share.users += 1
        try:
            await self._take(share)
            try:
                yield
            finally:
                share.free.release()
        finally:
            share.users -= 1
            if not share.users:
                del self._shares[client]

    async def _take(self, share: _Share) -> None:
        if self._waiting >= self.queue and share.free.locked():
            raise _busy("More queries are waiting than this server takes on.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.patience):
                await share.free.acquire()
        except TimeoutError:
            raise _busy(f"None of your other queries ended within {self.patience:g} s.") from None
        finally:
            self._waiting -= 1

    async def _run(
        self, read: ReadQuery, request: bytes, timeout: float, sink: Callable[[bytes], None] | None
    ) -> tuple[int, bytes]:
        worker = await self._acquire()
        self._busy += 1
        try:
            async with asyncio.timeout(timeout):
                status, spent, body = await _exchange(worker, request, sink)
        except TimeoutError:
            self._replace(worker)
            raise _timed_out(read, timeout) from None
        except (OSError, EOFError):
            self._replace(worker)
            raise self._loss(read, worker) from None
        except BaseException:
            self._replace(worker)
            raise
        finally:
            self._busy -= 1
        if spent:
            self._replace(worker)
        else:
            self._idle.put_nowait(worker)
        return status, body

    def _loss(self, read: ReadQuery, worker: _Worker) -> SpacenormsError:
        if worker.zygote != self._zygote or self._zygote_is_gone():
            return _busy("The workers were lost and are being started anew.")
        return _died(read, self.limits)

    def _zygote_is_gone(self) -> bool:
        try:
            return not self._control.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

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
        default, named = dataset.of_query(read, default_graphs, named_graphs, self.graphs)
        body = json.dumps(
            {
                "query": read.text,
                "media_type": media_type or offered[0],
                "default_graphs": default,
                "named_graphs": named,
                "has_dataset": read.has_dataset,
            }
        ).encode()
        return zygote.REQUEST.pack(len(body)) + body

    def _check_graphs(self, graphs: Sequence[str]) -> None:
        # A graph from elsewhere that the store does not hold is an empty one, as the SPARQL Protocol has
        # it; a graph of our own that it does not hold is misspelt.
        for graph in graphs:
            if graph.startswith(GRAPHS) and graph not in self.graphs and graph not in dataset.GROUPS:
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
        self._ended += 1
        # To another zygote the number could mean another process.
        if worker.zygote == self._zygote:
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
        while True:
            async with self._forking:
                try:
                    worker = await self._ask_for_worker()
                except (OSError, EOFError):
                    worker = None
                    await self._heal()
            if worker is not None:
                self._idle.put_nowait(worker)
                return
            await asyncio.sleep(_RETRY_SECONDS)

    async def _ask_for_worker(self) -> _Worker | None:
        self._control.send(zygote.COMMAND.pack(zygote.FORK, 0))
        await _readable(asyncio.get_running_loop(), self._control)
        return self._receive_worker()

    async def _heal(self) -> None:
        """Put another process in the place of the dead one that forks the workers."""
        _log.error("The process that forks the workers has ended; another takes its place.")
        await asyncio.to_thread(self._end)
        self._fork_zygote()

    def _receive_worker(self) -> _Worker | None:
        message, descriptors, _, _ = socket.recv_fds(self._control, zygote.FORKED.size, 1)
        if not message:
            raise EOFError("The process that forks the workers has ended.")
        if not descriptors:
            return None
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(False)
        return _Worker(zygote.FORKED.unpack(message)[0], connection, self._zygote)

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
                f"The result is longer than the {self.limits.result_bytes:,} bytes that are allowed.",
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


async def _exchange(
    worker: _Worker, request: bytes, sink: Callable[[bytes], None] | None
) -> tuple[int, bool, bytes]:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(worker.connection, request)
    gathered: list[bytes] = []
    received = b""
    while True:
        received = await _at_least(worker, received, zygote.ANSWER.size)
        status, spent, length = zygote.ANSWER.unpack_from(received)
        end = zygote.ANSWER.size + length
        received = await _at_least(worker, received, end)
        body, received = received[zygote.ANSWER.size : end], received[end:]
        if status != zygote.MORE:
            break
        (sink or gathered.append)(body)
    if gathered and status == zygote.OK:
        body = b"".join((*gathered, body))
    return status, spent, body


async def _at_least(worker: _Worker, received: bytes, length: int) -> bytes:
    """Receive until there are so many bytes; there may be more."""
    if len(received) >= length:
        return received
    loop = asyncio.get_running_loop()
    pieces, missing = [received], length - len(received)
    while missing > 0:
        piece = await loop.sock_recv(worker.connection, max(missing, _FIRST_READ))
        if not piece:
            raise EOFError
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


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


def _outcome(error: BaseException) -> str:
    if isinstance(error, SpacenormsError):
        return error.code
    return "client-left" if isinstance(error, asyncio.CancelledError) else "failed"


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
