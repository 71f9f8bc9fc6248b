"""Put the web application together: the graph, the pool of workers, what guards them, and the doors.

A server answers queries as soon as it has the graph. The site with its pages and models takes longer to
load than the graph does, and is loaded when it is first asked for, or soon after the start.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from api import cuts
from api import settings as settings_of
from api.answercache import AnswerCache, program_version
from api.crossorigin import CrossOrigin
from api.envelope import Envelope
from api.front import Front
from api.limits import Limits
from api.logs import RequestLog
from api.metrics import Metrics
from api.proxies import Proxies
from api.reload import Reloader
from api.repetition import RepeatedAnswers
from api.settings import Settings, networks
from graph.knowledge import KnowledgeGraph
from graph.sparql.store import EmbeddedStore, RemoteStore
from graph.sparql.workers import WorkerLimits, WorkerPool

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.writing import Writing
    from graph.sparql.remote import RemotePool

_log = logging.getLogger(__name__)

#: Seconds after its start in which a server answers queries alone.
_SOON = 1.0


def create_application(
    settings: Settings | None = None,
    graph: KnowledgeGraph | None = None,
    load: Callable[[], KnowledgeGraph] | None = None,
    folder: Path | None = None,
) -> Application:
    """Make the application.

    The process that the workers are forked from is forked here.

    Parameters
    ----------
    settings
        The limits; None reads them from the environment.
    graph
        The loaded graph; None loads it.
    load
        Loads the graph, here and when it is reloaded; None loads the facts of the release, unless a graph
        is handed over, which cannot be reloaded.
    folder
        Where is kept what curators write, if the settings let them.

    Returns
    -------
    Application
        With ``state.settings``, ``state.graph``, ``state.pool``, ``state.metrics`` and ``state.reloader``.
    """
    settings = settings or settings_of.read()
    load = load or (None if graph else KnowledgeGraph.load)
    writing = _writing(settings, folder)
    if graph is None:
        assert load is not None  # noqa: S101 - see the line before
        graph = load()
    return Application(settings, graph, load, writing)


def _writing(settings: Settings, folder: Path | None) -> Writing | None:
    if not (settings.write_token or settings.writers_file):
        return None
    from api.writing import Writing  # only those who write pay for its import

    return Writing(settings, folder)


class _Shared(State):
    """What all requests are answered from; attributes are those of any object, as each asks many times."""

    def __setattr__(self, key: Any, value: Any) -> None:
        object.__setattr__(self, key, value)


class Application:
    """The ASGI application: everything that guards, the door, and the site behind it.

    Parameters
    ----------
    settings
        The limits.
    graph
        The loaded graph.
    load
        Loads it anew; None where it cannot be.
    writing
        Lets curators write; None where nobody may.

    Attributes
    ----------
    state
        What is answered from, as in `create_application`.
    version
        Of the program.
    made_site
        The site; None until it is made.
    """

    def __init__(
        self,
        settings: Settings,
        graph: KnowledgeGraph,
        load: Callable[[], KnowledgeGraph] | None,
        writing: Writing | None = None,
    ) -> None:
        self.state = cast(State, _Shared())
        self.state.settings = settings
        self.state.graph = graph
        self.state.pool = _pool(settings, graph)
        self.state.answers = AnswerCache(settings.answer_cache_bytes)
        self.state.metrics = Metrics()
        self.state.reloader = Reloader(
            self.state, load, partial(_pool, settings), settings.shutdown_time_limit
        )
        self.state.writing = writing
        if writing:
            writing.begin(self.state)
        self.made_site: FastAPI | None = None
        self._making: asyncio.Task[FastAPI] | None = None
        self._guarded = self._guard(Front(self))

    @property
    def version(self) -> str:
        """The version of the program."""
        return program_version()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the life of the server."""
        scope["app"] = self
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._guarded(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the interface description, for which the site is made."""
        return self._make_site().openapi()

    @property
    def routes(self) -> list[Any]:
        """The routes of the site, which is made for it."""
        return self._make_site().routes

    async def site(self) -> FastAPI:
        """Return the site; made in a thread, once for all who ask meanwhile.

        Raises
        ------
        Exception
            It could not be made; who asks next tries anew.
        """
        if self.made_site is None:
            if self._making is None:
                self._making = asyncio.create_task(asyncio.to_thread(self._make_site))
                self._making.add_done_callback(self._note_made)
            # Who leaves takes nothing from the others.
            await asyncio.shield(self._making)
        return self._make_site()

    def _note_made(self, making: asyncio.Task[FastAPI]) -> None:
        self._making = None
        if not making.cancelled():
            making.exception()  # those who wait for it are told

    def _make_site(self) -> FastAPI:
        if self.made_site is None:
            from api import site

            self.made_site = site.build(self.state, self.version)
        return self.made_site

    def _guard(self, front: ASGIApp) -> ASGIApp:
        state, settings = self.state, self.state.settings
        log, limits = RequestLog(settings, state.metrics.note), Limits(settings)
        cors = CrossOrigin(
            methods=["GET", "HEAD", "POST", "OPTIONS"],
            exposed=["Link", "ETag", "Retry-After", "Content-Disposition", "X-Request-ID", cuts.HEADER],
        )
        state.settle = log.settle
        envelope = Envelope(front, log, limits, cors, state.reloader)
        return Proxies(RepeatedAnswers(envelope, state, log, limits), networks(settings.trusted_proxies))

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Keep the workers while the server runs."""
        state = self.state
        await state.pool.start()
        state.reloader.listen()
        soon = asyncio.create_task(self._make_soon())
        try:
            yield
        finally:
            soon.cancel()
            if state.writing:
                await state.writing.close()
            await state.reloader.close()
            await state.pool.close()
            state.settle()

    async def _make_soon(self) -> None:
        if self.state.settings.load_pages == "soon":
            await asyncio.sleep(_SOON)
            try:
                await self.site()
            except Exception:
                _log.exception("The pages were not loaded; who asks for one is told so.")

    async def _live(self, receive: Receive, send: Send) -> None:
        """Follow the lifespan protocol of ASGI."""
        await receive()
        stage = "startup"
        try:
            async with self.lifespan():
                await send({"type": "lifespan.startup.complete"})
                stage = "shutdown"
                await receive()
        except BaseException:
            await send({"type": f"lifespan.{stage}.failed", "message": traceback.format_exc()})
            raise
        await send({"type": "lifespan.shutdown.complete"})


def _pool(settings: Settings, graph: KnowledgeGraph) -> WorkerPool | RemotePool:
    if isinstance(graph.store, RemoteStore):
        from graph.sparql.remote import RemotePool  # only those who ask another server pay for its import

        return RemotePool(graph.store.endpoint)
    if not isinstance(graph.store, EmbeddedStore):
        raise TypeError(f"No pool evaluates queries over a {type(graph.store).__name__}.")
    return WorkerPool(
        graph.store.oxigraph,
        workers=settings.workers,
        queue=settings.queue,
        patience=settings.queue_time_limit,
        limits=WorkerLimits(settings.memory_headroom, settings.max_result_bytes, settings.max_result_rows),
        path=graph.store.path,
    )
