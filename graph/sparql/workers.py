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
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
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
from graph.sparql.caller import CALLER
from graph.sparql.cutting import Most
from graph.sparql.desk import Desk
from graph.sparql.diagnosis import malformed
from graph.sparql.evaluation import Evaluation
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.line import Line, hang_up
from graph.sparql.rounds import Rounds
from graph.sparql.worker import AtDesk, packed
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
_LOOK_SECONDS = 0.01
#: Seconds after which a query gives way to shorter ones.
_LONG_SECONDS = 0.1
#: Seconds for which the workers are watched for one that goes on with what nobody wants.
_STRAY_SECONDS = 5.0
#: Places for workers, counting those that were killed and have not ended yet.
_PLACES = 4
#: Requests that may lie on the desk beside those that workers are at, however few the workers are.
_LEAST_AHEAD = 6


def media_types(form: str) -> tuple[str, ...]:
    """Return the media types that the answer of a query form can be written in, the usual one first."""
    return RESULT_MEDIA_TYPES if form in ("SELECT", "ASK") else GRAPH_MEDIA_TYPES


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
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._ended = 0
        self._number = 0
        #: Evaluations on the desk and with workers, and those for which there is no room there yet.
        self._laid: dict[int, Evaluation] = {}
        # A worker that has answered finds the next request there. Many more need not lie there, since those
        # that wait elsewhere are easier to take back.
        self._most_laid = workers + max(workers, _LEAST_AHEAD)
        self._waiting: dict[int, Evaluation] = {}
        self._laid_for: Counter[str] = Counter()
        self._lines: set[Line] = set()
        self._looking: asyncio.TimerHandle | None = None
        self._strays_until = 0.0
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
        self.rounds = Rounds()
        self._forking = asyncio.Lock()
        for _ in range(self.workers):
            self._later_fork()

    async def close(self) -> None:
        """End every worker and the process that forks them."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for evaluation in (*self._waiting.values(), *self._laid.values()):
            self._let_go(evaluation, _busy("The workers are being ended."))
        for line in self._lines:
            line.close()
        self._lines.clear()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if self._zygote is not None:
            # Waiting for the process takes milliseconds, but must not hold up the loop.
            await asyncio.to_thread(self._end_zygote)
            self._zygote = None

    def status(self) -> dict[str, int]:
        """Return how many workers are busy, idle and were ended, and how many queries wait."""
        ready = sum(not line.is_ending for line in self._lines)
        busy = min(len(self._laid), ready)
        waiting = len(self._waiting) + len(self._laid) - busy
        return {"busy": busy, "idle": ready - busy, "waiting": waiting, "ended": self._ended}

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
        """Have a query evaluated by the next worker that is free; returns before one is.

        Parameters and errors are those of `evaluate`; what is not known at once is raised by
        `Evaluation.result`, and an answer that would hold too much is cut. Who does not want the answer any
        more calls `Evaluation.cancel`.
        """
        read = inspect(query, self.graphs) if isinstance(query, str) else query
        self._number = number = self._number + 1
        request = self._request(number, read, media_type, default_graphs, named_graphs, self.most(most))
        caller = CALLER.get()
        client = caller.name if caller and self.workers > 1 else None
        evaluation = Evaluation(number, request, read, caller, client, timeout, self.rounds.loop, self)
        self._admit(evaluation)
        if self._looking is None:
            self._look_soon()
        return evaluation

    def most(self, wanted: Most | None = None) -> Most:
        """Return what an answer may hold: what the workers' limits allow, or less if less is wanted."""
        own = self._most
        if wanted is None or (wanted.rows >= own.rows and wanted.bytes >= own.bytes):
            return own
        return Most(min(own.rows, wanted.rows), min(own.bytes, wanted.bytes))

    def _admit(self, evaluation: Evaluation) -> None:
        is_free = len(self._laid) < self.workers and self._has_share(evaluation)
        if self._closing or not (is_free or self._may_wait()):
            ending = "The workers are being ended."
            error = _busy(ending if self._closing else "More queries are waiting than this server takes on.")
            evaluation.end(error)
            raise error
        if not self._lay(evaluation):
            self._waiting[evaluation.number] = evaluation

    def _may_wait(self) -> bool:
        return len(self._waiting) + max(0, len(self._laid) - self.workers) < self.queue

    def _has_share(self, evaluation: Evaluation) -> bool:
        """Tell whether the client of an evaluation has fewer workers than it may."""
        client = evaluation.client
        return client is None or self._laid_for[client] < self.workers - 1

    def _lay(self, evaluation: Evaluation) -> bool:
        """Lay a request on the desk, if there is room; return whether there was."""
        if len(self._laid) >= self._most_laid or not self._has_share(evaluation):
            return False
        if not self._desk.lay(evaluation.request):
            return False
        self._laid[evaluation.number] = evaluation
        if evaluation.client is not None:
            self._laid_for[evaluation.client] += 1
        return True

    def _take_off(self, evaluation: Evaluation) -> None:
        if self._laid.pop(evaluation.number, None) is not None and evaluation.client is not None:
            self._laid_for[evaluation.client] -= 1
            if not self._laid_for[evaluation.client]:
                del self._laid_for[evaluation.client]

    def _let_go(self, evaluation: Evaluation, error: BaseException | None = None) -> None:
        """Take it that an evaluation is over, and lay those on the desk for which there is room now."""
        self._waiting.pop(evaluation.number, None)
        self._take_off(evaluation)
        evaluation.end(error)
        if self._waiting and not self._closing:
            self._lay_waiting()

    def _lay_waiting(self) -> None:
        for evaluation in list(self._waiting.values()):
            if len(self._laid) >= self._most_laid:
                return
            if self._lay(evaluation):
                del self._waiting[evaluation.number]

    def _lay_anew(self) -> None:
        """Lay on the desk all that no worker is at, and nothing else."""
        self._desk.take_back()
        at_work = {line.at() for line in self._lines if line.desk is self._desk}
        left = [each for each in self._laid.values() if each.number not in at_work and each.line is None]
        for evaluation in left:
            self._take_off(evaluation)
        self._waiting = {each.number: each for each in (*left, *self._waiting.values())}
        self._lay_waiting()

    def _end(self, evaluation: Evaluation, line: Line, spent: bool) -> None:
        """Take it that a worker has answered."""
        error = self._fault(evaluation.read, evaluation.fault) if evaluation.fault else None
        if spent:
            line.is_ending = True
        elif not line.has_come_back():
            self._kill(line)
        self._let_go(evaluation, error)

    def _lose(self, line: Line) -> None:
        """Take it that a worker has ended.

        What it was at is lost, but evaluated anew where the worker was killed for what it had done before.
        """
        self._lines.discard(line)
        lost = line.speaking if line.is_ending else self._at(line)
        line.desk.leave(line.place)
        if self._closing:
            return
        if lost is not None:
            self._let_go(lost, self._loss(lost.read, line))
        if not line.was_killed:
            self._ended += 1
            self._later_fork()
        if line.desk is self._desk:
            self._lay_anew()

    def _at(self, line: Line) -> Evaluation | None:
        """Return the evaluation that a worker is at; None when nobody waits for that, or another answers."""
        found = line.speaking or self._laid.get(line.at())
        return found if found is None or found.line in (None, line) else None

    def stop(self, evaluation: Evaluation, error: BaseException) -> None:
        """Let go of an evaluation, and kill the worker that is at it."""
        was_laid = evaluation.number in self._laid
        self._let_go(evaluation, error)
        if not was_laid:
            return
        running = [line for line in self._lines if line.at() == evaluation.number]
        for line in running:
            self._kill(line)
        if not running:
            # A worker may have taken it, and not have noted so yet.
            self._strays_until = time.monotonic() + _STRAY_SECONDS
            self._look_soon()
            self._lay_anew()

    def _look_soon(self) -> None:
        if self._looking is None and not self._closing:
            self._looking = self.rounds.loop.call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """See what the workers are at; end what takes or has waited too long, and what nobody wants.

        What is seen is acted on when it is seen a second time, since a worker may be about to note it.
        """
        self._looking = None
        now = time.monotonic()
        for line in list(self._lines):
            number, began = line.desk.noted(line.place)
            evaluation = self._laid.get(number)
            if evaluation is not None:
                evaluation.is_begun = True
            if number and number == line.seen and not line.is_ending:
                self._look_at(line, evaluation, now - began)
            line.seen = number
        for evaluation in (*self._laid.values(), *self._waiting.values()):
            if now - evaluation.asked > self.patience and not evaluation.is_begun and evaluation.line is None:
                self._give_up(evaluation)
        if self._laid or self._waiting or now < self._strays_until or any(line.seen for line in self._lines):
            self._look_soon()

    def _look_at(self, line: Line, evaluation: Evaluation | None, seconds: float) -> None:
        if evaluation is None:
            self._kill(line)
        elif seconds >= evaluation.timeout:
            self.stop(evaluation, _timed_out(evaluation.read, evaluation.timeout))
        elif seconds >= _LONG_SECONDS:
            line.give_way()

    def _give_up(self, evaluation: Evaluation) -> None:
        if evaluation.number in self._waiting and not self._has_share(evaluation):
            message = f"None of your other queries ended within {self.patience:g} s."
        else:
            message = f"No worker came free within {self.patience:g} s."
        self.stop(evaluation, _busy(message))

    def _kill(self, line: Line) -> None:
        """Kill a worker and fork another in its place."""
        if line.is_ending:
            return
        line.is_ending = line.was_killed = True
        self._ended += 1
        # To another zygote the number could mean another process.
        if line.zygote == self._zygote:
            with contextlib.suppress(OSError):
                self._control.send(zygote.COMMAND.pack(zygote.KILL, line.process))
        self._later_fork()

    def _loss(self, read: ReadQuery, worker: Line) -> SpacenormsError:
        if worker.zygote != self._zygote or self._zygote_is_gone():
            return _busy("The workers were lost and are being started anew.")
        return _died(read, self.limits)

    def _zygote_is_gone(self) -> bool:
        return self._control.fileno() < 0 or bool(self._ended_control.poll(0))

    def _request(
        self,
        number: int,
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
            return packed(number, read.text, media_type or offered[0], False, most)
        self._check_graphs((*(default_graphs or ()), *(named_graphs or ())))
        default, named = dataset.of_query(read, default_graphs, named_graphs, self.graphs)
        wanted = media_type or offered[0]
        return packed(number, read.text, wanted, read.has_dataset, most, default, named)

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
                    line = await self._ask_for_worker()
                except (OSError, EOFError):
                    line = None
                    await self._heal()
            if line is not None:
                return
            await asyncio.sleep(_RETRY_SECONDS)

    async def _ask_for_worker(self) -> Line | None:
        loop, desk = asyncio.get_running_loop(), self._desk
        place = desk.place()
        if place is None:
            return None
        try:
            self._control.send(zygote.COMMAND.pack(zygote.FORK, place))
            await _readable(loop, self._control)
            message, descriptors, _, _ = socket.recv_fds(self._control, zygote.FORKED.size, 1)
            if not message:
                raise EOFError("The process that forks the workers has ended.")
            if not descriptors:
                desk.leave(place)
                return None
        except (OSError, EOFError):
            desk.leave(place)
            raise
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(False)
        process = zygote.FORKED.unpack(message)[0]
        line = Line(process, self._zygote, desk, place, self._laid, self._end, self._lose)
        self._lines.add(line)
        await loop.create_unix_connection(lambda: line, sock=connection)
        return line

    async def _heal(self) -> None:
        """Put another process in the place of the dead one that forks the workers."""
        _log.error("The process that forks the workers has ended; another takes its place.")
        await asyncio.to_thread(self._end_zygote)
        for line in list(self._lines):
            if (lost := self._at(line)) is not None:
                self._let_go(lost, self._loss(lost.read, line))
            line.close()
        self._fork_zygote()
        self._lay_anew()

    def _fork_zygote(self) -> None:
        desk = Desk(_PLACES * self.workers + _PLACES)
        process, control = zygote.start_zygote(self._store, self.limits, AtDesk(desk), [desk.theirs])
        control.setblocking(False)
        self._desk = desk
        self._control = control
        self._ended_control = hang_up(control)
        self._zygote = process
        self._end_zygote = weakref.finalize(self, _end_zygote, process, control, desk)

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


async def _readable(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)


def _end_zygote(process: int, control: socket.socket, desk: Desk) -> None:
    desk.close()
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
