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
from dataclasses import dataclass, replace
from pathlib import Path

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
from graph.sparql import cutting, dataset, zygote
from graph.sparql.alarms import Alarms
from graph.sparql.caller import CALLER, Caller
from graph.sparql.cutting import Most
from graph.sparql.diagnosis import malformed
from graph.sparql.exchange import Exchange, Line, hang_up
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.turns import Turns
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
_RETRY_SECONDS = 0.2
#: Seconds after which a query gives way to shorter ones.
_LONG_SECONDS = 0.1


def media_types(form: str) -> tuple[str, ...]:
    """Return the media types that the answer of a query form can be written in, the usual one first."""
    return RESULT_MEDIA_TYPES if form in ("SELECT", "ASK") else GRAPH_MEDIA_TYPES


@dataclass(eq=False)
class _Share:
    client: str
    free: asyncio.Semaphore
    users: int = 0


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
    path
        The folder of the store, if it is on disk.

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
        path: Path | None = None,
    ) -> None:
        self.graphs = frozenset(
            graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)
        )
        self.workers = workers
        self.queue = queue
        self.patience = patience
        self.limits = replace(limits or WorkerLimits(), is_on_disk=path is not None)
        self._most = Most(self.limits.result_rows, self.limits.result_bytes)
        self._store = path or store
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
        self.alarms = Alarms()
        self._idle: Turns[Line] = Turns(self.alarms)
        self._forking = asyncio.Lock()
        for _ in range(self.workers):
            self._later_fork()

    async def close(self) -> None:
        """End every worker and the process that forks them."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while (worker := self._idle.take()) is not None:
            worker.close()
        if self._zygote is not None:
            # Waiting for the process takes milliseconds, but must not hold up the loop.
            await asyncio.to_thread(self._end)
            self._zygote = None

    def status(self) -> dict[str, int]:
        """Return how many workers are busy, idle and were ended, and how many queries wait."""
        idle = len(self._idle) if hasattr(self, "_idle") else 0
        return {"busy": self._busy, "idle": idle, "waiting": self._waiting, "ended": self._ended}

    async def evaluate(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
        most: Most | None = None,
    ) -> bytes:
        """Evaluate a query in a worker, and want the answer whole.

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
        most
            What the answer may hold, if that is less than the workers' limits.

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
            The worker ended for want of memory, or the answer would hold more than it may.
        ServiceBusy
            More queries are waiting than the queue holds, or no worker came free in time.
        """
        evaluation = await self.begin(query, media_type, default_graphs, named_graphs, timeout, most)
        try:
            await evaluation.wait(None)
        except BaseException:
            evaluation.cancel()
            raise
        found = evaluation.result()
        if evaluation.cut:
            raise too_long(query if isinstance(query, str) else query.given, self.most(most), evaluation.cut)
        return found

    async def begin(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
        most: Most | None = None,
    ) -> Evaluation:
        """Let a worker begin to evaluate a query; returns once one is free.

        Parameters and errors are those of `evaluate`; the errors of the evaluation itself are raised by
        `Evaluation.result`, and an answer that would hold too much is cut. Who does not want the answer any
        more calls `Evaluation.cancel`.
        """
        read = inspect(query, self.graphs) if isinstance(query, str) else query
        request = self._request(read, media_type, default_graphs, named_graphs, self.most(most))
        caller = CALLER.get()
        share = None
        try:
            share = await self._take_share(caller.name if caller else None)
            worker = await self._acquire()
        except BaseException as error:
            self._give_back(share)
            if caller:
                caller.outcomes.append(_outcome(error))
            raise
        self._busy += 1
        return Evaluation(self, read, request, worker, share, caller, timeout)

    def most(self, wanted: Most | None = None) -> Most:
        """Return what an answer may hold: what the workers' limits allow, or less if less is wanted."""
        own = self._most
        if wanted is None or (wanted.rows >= own.rows and wanted.bytes >= own.bytes):
            return own
        return Most(min(own.rows, wanted.rows), min(own.bytes, wanted.bytes))

    async def _take_share(self, client: str | None) -> _Share | None:
        """Wait until a client holds fewer workers than it may."""
        if client is None or self.workers == 1:
            return None
        share = self._shares.get(client)
        if share is None:
            share = self._shares[client] = _Share(client, asyncio.Semaphore(self.workers - 1))
        share.users += 1
        try:
            await self._take(share)
        except BaseException:
            self._leave(share)
            raise
        return share

    def _give_back(self, share: _Share | None) -> None:
        if share is not None:
            share.free.release()
            self._leave(share)

    def _leave(self, share: _Share) -> None:
        share.users -= 1
        if not share.users:
            del self._shares[share.client]

    async def _take(self, share: _Share) -> None:
        if not share.free.locked():
            await share.free.acquire()
            return
        if self._waiting >= self.queue:
            raise _busy("More queries are waiting than this server takes on.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.patience):
                await share.free.acquire()
        except TimeoutError:
            raise _busy(f"None of your other queries ended within {self.patience:g} s.") from None
        finally:
            self._waiting -= 1

    def _release(self, worker: Line, share: _Share | None, *, is_fit: bool) -> None:
        """Take back a worker that has ended its evaluation."""
        self._busy -= 1
        if is_fit:
            self._idle.put(worker)
        else:
            self._replace(worker)
        self._give_back(share)

    def _loss(self, read: ReadQuery, worker: Line) -> SpacenormsError:
        if worker.zygote != self._zygote or self._zygote_is_gone():
            return _busy("The workers were lost and are being started anew.")
        return _died(read, self.limits)

    def _zygote_is_gone(self) -> bool:
        return self._control.fileno() < 0 or bool(self._ended_control.poll(0))

    def _request(
        self,
        read: ReadQuery,
        media_type: str | None,
        default_graphs: Sequence[str] | None,
        named_graphs: Sequence[str] | None,
        most: Most,
    ) -> bytes:
        offered = media_types(read.form)
        if media_type is not None and media_type not in offered:
            raise NotAcceptable(
                f"The answer of a {read.form} query cannot be written as {media_type}.",
                remedy=f"Ask for one of {', '.join(offered)}.",
                offered=list(offered),
            )
        if default_graphs is None and named_graphs is None and not read.has_dataset:
            return zygote.packed(read.text, media_type or offered[0], False, most)
        self._check_graphs((*(default_graphs or ()), *(named_graphs or ())))
        default, named = dataset.of_query(read, default_graphs, named_graphs, self.graphs)
        return zygote.packed(read.text, media_type or offered[0], read.has_dataset, most, default, named)

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

    async def _acquire(self) -> Line:
        """Take an idle worker, or wait for one behind those who wait already."""
        while (worker := self._idle.take()) is not None:
            if self._is_fit(worker):
                return worker
            self._replace(worker)
        if self._waiting >= self.queue:
            raise _busy("More queries are waiting than this server takes on.")
        self._waiting += 1
        end = time.monotonic() + self.patience
        try:
            while True:
                worker = await self._idle.wait(max(0.0, end - time.monotonic()))
                if self._is_fit(worker):
                    return worker
                self._replace(worker)
        except TimeoutError:
            raise _busy(f"No worker came free within {self.patience:g} s.") from None
        finally:
            self._waiting -= 1

    def _is_fit(self, worker: Line) -> bool:
        if worker.zygote != self._zygote:
            return False
        # A worker dies with the zygote, but a moment later.
        return worker.was_heard() or (worker.is_alive() and not self._zygote_is_gone())

    def _replace(self, worker: Line) -> None:
        """Kill a worker and fork another in its place."""
        self._ended += 1
        # To another zygote the number could mean another process.
        if worker.zygote == self._zygote:
            with contextlib.suppress(OSError):
                self._control.send(zygote.COMMAND.pack(zygote.KILL, worker.process))
        worker.close()
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
                self._idle.put(worker)
                return
            await asyncio.sleep(_RETRY_SECONDS)

    async def _ask_for_worker(self) -> Line | None:
        loop = asyncio.get_running_loop()
        self._control.send(zygote.COMMAND.pack(zygote.FORK, 0))
        await _readable(loop, self._control)
        message, descriptors, _, _ = socket.recv_fds(self._control, zygote.FORKED.size, 1)
        if not message:
            raise EOFError("The process that forks the workers has ended.")
        if not descriptors:
            return None
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(False)
        line = Line(zygote.FORKED.unpack(message)[0], self._zygote, connection)
        await loop.create_unix_connection(lambda: line, sock=connection)
        return line

    async def _heal(self) -> None:
        """Put another process in the place of the dead one that forks the workers."""
        _log.error("The process that forks the workers has ended; another takes its place.")
        await asyncio.to_thread(self._end)
        self._fork_zygote()

    def _fork_zygote(self) -> None:
        process, control = zygote.start_zygote(self._store, self.limits)
        control.setblocking(False)
        self._control = control
        self._ended_control = hang_up(control)
        self._zygote = process
        self._end = weakref.finalize(self, _end_zygote, process, control)

    def _fault(self, read: ReadQuery, body: bytes) -> SpacenormsError:
        fault = json.loads(body)
        kind, message = fault["kind"], fault["message"]
        if kind == "SyntaxError":
            return malformed(read, message)
        if kind == "ValueError":
            return BadQuery(
                f"A graph that the request names is no IRI: {message}.",
                remedy="Give the absolute IRI of a graph.",
                code="bad-value",
                query=read.given,
            )
        if kind == "MemoryError":
            return _died(read, self.limits)
        return BadQuery(
            f"The query could not be evaluated: {message}",
            remedy="Check the part of the query that the message names.",
            code="query-failed",
            query=read.given,
        )


class Evaluation:
    """A query that a worker is evaluating.

    Made by `WorkerPool.begin`. The pool takes the worker back by itself at the end.

    Attributes
    ----------
    cut
        One of `graph.sparql.cutting.ROWS` and `BYTES` where the answer is over and there was more of it.
    """

    def __init__(
        self,
        pool: WorkerPool,
        read: ReadQuery,
        request: bytes,
        worker: Line,
        share: _Share | None,
        caller: Caller | None,
        timeout: float,
    ) -> None:
        self._pool = pool
        self._read = read
        self._worker = worker
        self._share = share
        self._caller = caller
        self._timeout = timeout
        self._error: BaseException | None = None
        self.cut: str | None = None
        self._exchange = Exchange(self, pool.alarms.loop)
        self._alarm = pool.alarms.set(min(timeout, _LONG_SECONDS), self._take_long)
        worker.ask(request, self._exchange)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to come."""
        return self._exchange.is_over

    def wait(self, wanted: int | None) -> asyncio.Future[None]:
        """Return what is done once more than so many bytes have arrived; None waits for the end."""
        return self._exchange.wait(wanted)

    @property
    def length(self) -> int:
        """How many bytes have arrived that were not taken."""
        return self._exchange.length

    def taken(self) -> bytes:
        """Return the bytes of the answer that have arrived since this was last called."""
        return self._exchange.taken()

    def pieces(self) -> list[bytes | memoryview]:
        """Return what `result` does in the pieces in which it arrived, which are not copied."""
        if self._error is not None:
            raise self._error
        return self._exchange.taken_pieces()

    def result(self) -> bytes:
        """Return the rest of an answer that is whole.

        Raises
        ------
        SpacenormsError
            As `WorkerPool.evaluate` does.
        """
        if self._error is not None:
            raise self._error
        return self._exchange.taken()

    def cancel(self) -> None:
        """Free the worker, since nobody waits for the answer any more; nothing when it is over."""
        if not self.is_over:
            self._fail(asyncio.CancelledError())

    def finish(self, status: int, spent: bool) -> None:
        """Take it that the answer is whole."""
        self.cut = zygote.CUT.get(status)
        if status == zygote.FAULT:
            self._error = self._pool._fault(self._read, self._exchange.fault)
        self._close(is_fit=not spent)

    def lose(self) -> None:
        """Take it that the worker has ended."""
        self._error = self._pool._loss(self._read, self._worker)
        self._close(is_fit=False)

    def _take_long(self) -> None:
        if self._timeout <= _LONG_SECONDS:
            self._expire()
        elif not self.is_over:
            self._worker.give_way()
            self._alarm = self._pool.alarms.set(self._timeout - _LONG_SECONDS, self._expire)

    def _expire(self) -> None:
        if not self.is_over:
            self._fail(_timed_out(self._read, self._timeout))

    def _fail(self, error: BaseException) -> None:
        self._error = error
        self._close(is_fit=False)
        self._exchange.end()

    def _close(self, *, is_fit: bool) -> None:
        self._pool.alarms.off(self._alarm)
        if self._caller:
            self._caller.outcomes.append("answered" if self._error is None else _outcome(self._error))
        self._pool._release(self._worker, self._share, is_fit=is_fit and self._worker.has_come_back())


async def _readable(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)


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


def too_long(query: str, most: Most, reason: str) -> SpacenormsError:
    """Return the error for an answer that is wanted whole and would hold too much."""
    limit = most.rows if reason == cutting.ROWS else most.bytes
    return QueryTooLarge(
        f"The result is longer than the {limit:,} {reason} that are allowed.",
        remedy="Ask for fewer columns, or page with LIMIT and OFFSET.",
        code="result-too-long",
        status=413,
        query=query,
    )


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
