"""Evaluate queries in processes that can be killed: at a time limit, for memory, or when nobody waits."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from graph.errors import BadQuery, NotAcceptable, SpacenormsError, suggest
from graph.namespaces import GRAPHS
from graph.sparql import dataset, faults
from graph.sparql.caller import CALLER
from graph.sparql.crew import Crew
from graph.sparql.cutting import Most
from graph.sparql.evaluation import Evaluation
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.line import Line
from graph.sparql.precedence import LONG_SECONDS
from graph.sparql.rounds import Rounds
from graph.sparql.worker import packed
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

_LOOK_SECONDS = 0.01
#: Seconds for which the workers are watched for one that goes on with what nobody wants.
_STRAY_SECONDS = 5.0
#: Requests that may lie on the desk beside those that workers are at, however few the workers are.
_LEAST_AHEAD = 6
_ENDING, _FULL = "The workers are being ended.", "More queries are waiting than this server takes on."


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
        self._crew = Crew(path or store, workers, self.limits)
        self._closing = False
        self._number = 0
        #: Evaluations on the desk and with workers; those for which there is no room there yet are waiting.
        self.laid: dict[int, Evaluation] = {}
        # A worker that has answered finds the next request there. Many more need not lie there, since those
        # that wait elsewhere are easier to take back.
        self._most_laid = workers + max(workers, _LEAST_AHEAD)
        self._waiting: dict[int, Evaluation] = {}
        self._laid_for: Counter[str] = Counter()
        self._looking: asyncio.TimerHandle | None = None
        self._strays_until = 0.0

    async def __aenter__(self) -> WorkerPool:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Fork the warm workers; returns before they are there, and queries wait for them."""
        self._closing = False
        self.rounds = Rounds()
        self._crew.start(self)

    async def close(self) -> None:
        """End every worker and the process that forks them."""
        self._closing = True
        for evaluation in (*self._waiting.values(), *self.laid.values()):
            self._let_go(evaluation, faults.busy(_ENDING))
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        await self._crew.close()

    def status(self) -> dict[str, int]:
        """Return how many workers are busy, idle and were ended, and how many queries wait."""
        ready = sum(not line.is_ending for line in self._crew.lines)
        busy = min(len(self.laid), ready)
        waiting = len(self._waiting) + len(self.laid) - busy
        return {"busy": busy, "idle": ready - busy, "waiting": waiting, "ended": self._crew.ended}

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
            raise faults.too_long(
                query if isinstance(query, str) else query.given, self.most(most), evaluation.cut
            )
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
        is_free = len(self.laid) < self.workers and self._has_share(evaluation)
        if self._closing or not (is_free or self._may_wait()):
            error = faults.busy(_ENDING if self._closing else _FULL)
            evaluation.end(error)
            raise error
        if not self._lay(evaluation):
            self._waiting[evaluation.number] = evaluation

    def _may_wait(self) -> bool:
        return len(self._waiting) + max(0, len(self.laid) - self.workers) < self.queue

    def _has_share(self, evaluation: Evaluation) -> bool:
        """Tell whether the client of an evaluation has fewer workers than it may."""
        client = evaluation.client
        return client is None or self._laid_for[client] < self.workers - 1

    def _lay(self, evaluation: Evaluation) -> bool:
        """Lay a request on the desk, if there is room; return whether there was."""
        if len(self.laid) >= self._most_laid or not self._has_share(evaluation):
            return False
        if not self._crew.desk.lay(evaluation.request):
            return False
        self.laid[evaluation.number] = evaluation
        if evaluation.client is not None:
            self._laid_for[evaluation.client] += 1
        return True

    def _take_off(self, evaluation: Evaluation) -> None:
        if self.laid.pop(evaluation.number, None) is not None and evaluation.client is not None:
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
            if len(self.laid) >= self._most_laid:
                return
            if self._lay(evaluation):
                del self._waiting[evaluation.number]

    def _lay_anew(self) -> None:
        """Lay on the desk all that no worker is at, and nothing else."""
        self._crew.desk.take_back()
        at_work = {line.at() for line in self._crew.lines if line.desk is self._crew.desk}
        left = [each for each in self.laid.values() if each.number not in at_work and each.line is None]
        for evaluation in left:
            self._take_off(evaluation)
        self._waiting = {each.number: each for each in (*left, *self._waiting.values())}
        self._lay_waiting()

    def end(self, evaluation: Evaluation, line: Line, spent: bool) -> None:
        """Take it that a worker has answered."""
        error = faults.told(evaluation.read, evaluation.fault, self.limits) if evaluation.fault else None
        if spent:
            line.is_ending = True
        elif not line.has_come_back():
            self._crew.kill(line)
        self._let_go(evaluation, error)

    def lose(self, line: Line) -> None:
        """Take it that a worker has ended.

        What it was at is lost, but evaluated anew where the worker was killed for what it had done before.
        """
        lost = line.speaking if line.is_ending else self._at(line)
        if lost is not None:
            self._let_go(lost, self._loss(lost, line))
        if line.desk is self._crew.desk:
            self._lay_anew()

    def begin_anew(self, lines: set[Line]) -> None:
        """Take it that these workers are lost, with their desk; what they were not at is laid on another."""
        for line in lines:
            if (lost := self._at(line)) is not None:
                self._let_go(lost, self._loss(lost, line))
        self._lay_anew()

    def _at(self, line: Line) -> Evaluation | None:
        """Return the evaluation that a worker is at; None when nobody waits for that, or another answers."""
        found = line.speaking or self.laid.get(line.at())
        return found if found is None or found.line in (None, line) else None

    def stop(self, evaluation: Evaluation, error: BaseException) -> None:
        """Let go of an evaluation, and kill the worker that is at it."""
        was_laid = evaluation.number in self.laid
        self._let_go(evaluation, error)
        if not was_laid:
            return
        running = [line for line in self._crew.lines if line.at() == evaluation.number]
        for line in running:
            self._crew.kill(line)
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
        for line in list(self._crew.lines):
            number, began = line.desk.noted(line.place)
            evaluation = self.laid.get(number)
            if evaluation is not None:
                evaluation.is_begun = True
            if number and number == line.seen and not line.is_ending:
                self._look_at(line, evaluation, now - began)
            line.seen = number
        for evaluation in (*self.laid.values(), *self._waiting.values()):
            if now - evaluation.asked > self.patience and not evaluation.is_begun and evaluation.line is None:
                self._give_up(evaluation)
        if (
            self.laid
            or self._waiting
            or now < self._strays_until
            or any(line.seen for line in self._crew.lines)
        ):
            self._look_soon()

    def _look_at(self, line: Line, evaluation: Evaluation | None, seconds: float) -> None:
        if evaluation is None:
            self._crew.kill(line)
        elif seconds >= evaluation.timeout:
            self.stop(evaluation, faults.timed_out(evaluation.read, evaluation.timeout))
        elif seconds >= LONG_SECONDS:
            line.give_way(seconds)

    def _give_up(self, evaluation: Evaluation) -> None:
        if evaluation.number in self._waiting and not self._has_share(evaluation):
            message = f"None of your other queries ended within {self.patience:g} s."
        else:
            message = f"No worker came free within {self.patience:g} s."
        self.stop(evaluation, faults.busy(message))

    def _loss(self, lost: Evaluation, line: Line) -> SpacenormsError:
        if self._crew.is_orphan(line):
            return faults.busy("The workers were lost and are being started anew.")
        return faults.died(lost.read, self.limits)

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
