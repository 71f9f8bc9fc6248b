"""The whole site as a FastAPI application: pages, records, networks, and the interface description."""

from __future__ import annotations

import gc
from pathlib import Path

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import State
from starlette.responses import HTMLResponse

from api import openapi
from api.computations import Computations
from api.head import HeadRequests
from api.problems import UnexpectedErrors, install
from api.routes import routers
from api.security import nonce

_STATIC = Path(__file__).parent / "static"
_DOCS_STATIC = Path(fastapi_offline.__file__).parent / "static"
_DESCRIPTION = """
Which state is bound by which treaty, which alliance promotes which norm, where the law is ambiguous, which
commitments collide, and which states bridge the blocs. Every answer carries its source, locator and date.

Faults are answered as `application/problem+json` (RFC 9457) with a stable `code` and a `remedy`.
"""


def build(state: State, version: str) -> FastAPI:
    """Make the site; this takes as long as a server takes to start otherwise.

    Parameters
    ----------
    state
        What the routes answer from, shared with the application in front.
    version
        Of the program.
    """
    site = FastAPI(
        title="spacenorms",
        description=_DESCRIPTION,
        version=version,
        license_info={"name": "MIT (code), CC BY 4.0 (facts)", "identifier": "MIT AND CC-BY-4.0"},
        docs_url=None,
        redoc_url=None,
    )
    site.state = state
    install(site)
    openapi.install(site)
    site.add_middleware(Computations, settings=state.settings)
    site.add_middleware(UnexpectedErrors)
    site.add_middleware(HeadRequests)
    _add_files(site)
    for router in routers():
        site.include_router(router)
    if gc.get_freeze_count():
        # like what the server began with, this lives as long as it does
        gc.collect()
        gc.freeze()
    return site


def _add_files(site: FastAPI) -> None:
    site.mount("/static", StaticFiles(directory=_STATIC, check_dir=False), name="static")
    site.mount("/docs/files", StaticFiles(directory=_DOCS_STATIC), name="docs-files")
    site.add_api_route("/docs", _docs, include_in_schema=False)


async def _docs(request: Request) -> HTMLResponse:
    """Show the interface description, with scripts from this server only."""
    page = get_swagger_ui_html(
        openapi_url=str(request.app.openapi_url),
        title="spacenorms · API",
        swagger_js_url="/docs/files/swagger-ui-bundle.js",
        swagger_css_url="/docs/files/swagger-ui.css",
        swagger_favicon_url="/static/icon.svg",
    )
    marked = bytes(page.body).replace(b"<script>", f'<script nonce="{nonce(request.scope)}">'.encode())
    return HTMLResponse(marked)
