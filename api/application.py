"""Put the web application together: the graph, the pool of workers, the routes and what guards them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import openapi
from api import settings as settings_of
from api.answercache import AnswerCache
from api.compression import Compression
from api.head import HeadRequests
from api.limits import Limits
from api.logs import RequestLog
from api.metrics import Metrics
from api.problems import UnexpectedErrors, install
from api.reload import Generations, Reloader
from api.repetition import RepeatedAnswers
from api.routes import routers
from api.security import SecurityHeaders
from api.settings import Settings, networks
from graph.knowledge import KnowledgeGraph
from graph.sparql.store import EmbeddedStore, RemoteStore
from graph.sparql.workers import WorkerLimits, WorkerPool

if TYPE_CHECKING:
    from graph.sparql.remote import RemotePool

_STATIC = Path(__file__).parent / "static"
_DOCS_STATIC = Path(fastapi_offline.__file__).parent / "static"
_DESCRIPTION = """
Which state is bound by which treaty, which alliance promotes which norm, where the law is ambiguous, which
commitments collide, and which states bridge the blocs. Every answer carries its source, locator and date.

Faults are answered as `application/problem+json` (RFC 9457) with a stable `code` and a `remedy`.
"""


def create_application(
    settings: Settings | None = None,
    graph: KnowledgeGraph | None = None,
    load: Callable[[], KnowledgeGraph] | None = None,
) -> FastAPI:
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

    Returns
    -------
    FastAPI
        With ``state.settings``, ``state.graph``, ``state.pool``, ``state.metrics`` and ``state.reloader``.
    """
    settings = settings or settings_of.read()
    load = load or (None if graph else KnowledgeGraph.load)
    if graph is None:
        assert load is not None  # noqa: S101 - see the line before
        graph = load()
    application = FastAPI(
        title="spacenorms",
        description=_DESCRIPTION,
        version=_version(),
        license_info={"name": "MIT (code), CC BY 4.0 (facts)", "identifier": "MIT AND CC-BY-4.0"},
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    application.state.settings = settings
    application.state.graph = graph
    application.state.pool = _pool(settings, graph)
    application.state.answers = AnswerCache(settings.answer_cache_bytes)
    application.state.metrics = Metrics()
    application.state.reloader = Reloader(
        application, load, partial(_pool, settings), settings.shutdown_time_limit
    )
    install(application)
    openapi.install(application)
    _add_middleware(application)
    _add_files(application)
    for router in routers():
        application.include_router(router)
    return application


@asynccontextmanager
async def _lifespan(application: FastAPI) -> AsyncIterator[None]:
    state = application.state
    await state.pool.start()
    state.reloader.listen()
    try:
        yield
    finally:
        await state.reloader.close()
        await state.pool.close()


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
        limits=WorkerLimits(settings.memory_headroom, settings.max_result_bytes),
        path=graph.store.path,
    )


def _add_middleware(application: FastAPI) -> None:
    # The last one added is the outermost, so that even an unforeseen error has the headers of the others.
    state = application.state
    application.add_middleware(UnexpectedErrors)
    application.add_middleware(Compression)
    application.add_middleware(RepeatedAnswers, answers=application.state.answers)
    application.add_middleware(Generations, reloader=state.reloader)
    application.add_middleware(HeadRequests)
    application.add_middleware(Limits, settings=state.settings)
    application.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=["Link", "ETag", "Retry-After", "Content-Disposition", "X-Request-ID"],
        max_age=86_400,
    )
    application.add_middleware(SecurityHeaders)
    application.add_middleware(RequestLog, settings=state.settings, listener=state.metrics.note)
    proxies = [str(network) for network in networks(state.settings.trusted_proxies)]
    application.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)


def _add_files(application: FastAPI) -> None:
    application.mount("/static", StaticFiles(directory=_STATIC, check_dir=False), name="static")
    application.mount("/docs/files", StaticFiles(directory=_DOCS_STATIC), name="docs-files")
    application.add_api_route("/docs", _docs, include_in_schema=False)


async def _docs(request: Request) -> HTMLResponse:
    """Show the interface description, with scripts from this server only."""
    page = get_swagger_ui_html(
        openapi_url=str(request.app.openapi_url),
        title="spacenorms · API",
        swagger_js_url="/docs/files/swagger-ui-bundle.js",
        swagger_css_url="/docs/files/swagger-ui.css",
        swagger_favicon_url="/static/icon.svg",
    )
    marked = bytes(page.body).replace(b"<script>", f'<script nonce="{request.state.nonce}">'.encode())
    return HTMLResponse(marked)


def _version() -> str:
    try:
        return version("spacenorms")
    except PackageNotFoundError:
        return "0"
