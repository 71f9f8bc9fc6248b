"""Put a newly loaded graph in the place of the old one while requests are answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import State

from graph.errors import BadData
from graph.knowledge import KnowledgeGraph

if TYPE_CHECKING:
    from graph.sparql.remote import RemotePool
    from graph.sparql.workers import WorkerPool

    Pool = WorkerPool | RemotePool

_log = logging.getLogger(__name__)
_CHECK = "ASK { ?s ?p ?o }"


@dataclass(eq=False)
class Generation:
    """The requests that began under one graph.

    Attributes
    ----------
    running
        How many have not ended.
    is_replaced
        Whether another graph has taken over.
    over
        Set once it is replaced and none is running.
    """

    running: int = 0
    is_replaced: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self) -> None:
        """Set `over` when it is."""
        if self.is_replaced and not self.running:
            self.over.set()


def in_terminal() -> bool:
    """Tell whether a person at a terminal started this process."""
    try:
        return os.isatty(0)
    except OSError:
        return False


class Reloader:
    """Loads the graph anew, and keeps the old one when that fails.

    Parameters
    ----------
    state
        Its ``graph`` and ``pool`` are replaced, and its ``answers`` let go.
    load
        Returns the graph; called in a thread. None: this graph cannot be loaded anew.
    make_pool
        Returns a pool over a graph.
    patience
        Seconds that the requests of the old graph are given before its pool is ended.
    """

    def __init__(
        self,
        state: State,
        load: Callable[[], KnowledgeGraph] | None,
        make_pool: Callable[[KnowledgeGraph], Pool],
        patience: float,
    ) -> None:
        self._state = state
        self._load = load
        self._make_pool = make_pool
        self._patience = patience
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()
        self.generation = Generation()

    def listen(self) -> None:
        """Reload on SIGHUP, unless it would come from the closing of a terminal."""
        if in_terminal():
            return
        # In another thread than the main one, or on another system than Unix, there is no such signal.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError, AttributeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._spawn_reload)

    async def close(self) -> None:
        """End what is going on, and the pools that have been replaced."""
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError, AttributeError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reload(self) -> bool:
        """Load the graph, check that it answers, and let it take over.

        Returns
        -------
        bool
            Whether it did. When not, the log says why and the old graph goes on.
        """
        async with self._lock:
            try:
                graph = await asyncio.to_thread(self._loaded)
                pool = await self._started(graph)
            except Exception as error:
                _log.exception("The graph was not loaded anew, and the old one goes on: %s", error)
                self._state.metrics.note_reload("failed")
                return False
            self._swap(graph, pool)
        self._state.metrics.note_reload("done")
        _log.info("The graph was loaded anew; its version is %s.", graph.version)
        return True

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until no graph is taking over, and keep every other from it."""
        async with self._lock:
            yield

    async def take_over(self, graph: KnowledgeGraph, keep: Callable[[], None]) -> None:
        """Let a graph that was changed take over; call it within a `turn`.

        Parameters
        ----------
        graph
            Ready to answer.
        keep
            Keeps what was changed; called in a thread, once the graph could take over. When it raises, the
            old graph goes on.
        """
        pool = await self._started(graph, may_be_empty=True)
        try:
            await asyncio.to_thread(keep)
        except BaseException:
            await pool.close()
            raise
        self._swap(graph, pool)

    def _loaded(self) -> KnowledgeGraph:
        if self._load is None:
            raise BadData("This graph was handed over, not loaded.", remedy="Start the server anew.")
        return self._load()

    async def _started(self, graph: KnowledgeGraph, *, may_be_empty: bool = False) -> Pool:
        pool = self._make_pool(graph)
        await pool.start()
        try:
            answer = json.loads(await pool.evaluate(_CHECK, "application/sparql-results+json"))
            if not answer["boolean"] and not may_be_empty:
                raise BadData("The new graph holds nothing.", remedy="Check the folders of the data.")
        except BaseException:
            await pool.close()
            raise
        return pool

    def _swap(self, graph: KnowledgeGraph, pool: Pool) -> None:
        """Let the new graph take over; nothing else runs in the loop meanwhile."""
        old_pool, old = self._state.pool, self.generation
        self._state.graph, self._state.pool = graph, pool
        self._state.answers.clear()
        self.generation = Generation()
        old.is_replaced = True
        old.settle()
        self._spawn(self._drain(old, old_pool))

    async def _drain(self, generation: Generation, pool: Pool) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await generation.over.wait()
        except TimeoutError:
            _log.warning("%d requests were still asking the replaced graph.", generation.running)
        finally:
            await pool.close()

    def _spawn_reload(self) -> None:
        self._spawn(self.reload())

    def _spawn(self, work: object) -> None:
        assert asyncio.iscoroutine(work)  # noqa: S101
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
