"""Tell whether the server answers queries, by asking one, and what it has counted."""

from __future__ import annotations

import time
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.metrics import MEDIA_TYPE
from graph.errors import SpacenormsError

_PATIENCE_SECONDS = 5.0
_NOT_KEPT = {"Cache-Control": "no-store"}


async def health(request: Request) -> Response:
    """Evaluate a query in a worker; tell versions, uptime and workers, or a problem when it fails."""
    state = request.app.state
    await state.pool.evaluate("ASK {}", timeout=_PATIENCE_SECONDS)
    told = {
        "status": "ok",
        "version": request.app.version,
        "data_version": state.graph.version,
        "graphs": len(state.pool.graphs),
        "uptime_seconds": round(time.time() - state.metrics.began, 3),
        "workers": state.pool.status(),
    }
    return JSONResponse(told, headers=_NOT_KEPT)


async def metrics(request: Request) -> Response:
    """Tell requests, queries and workers as text; the server's settings say who may read it."""
    state = request.app.state
    _check_reader(request, state.settings.metrics)
    state.settle()
    information = {"version": request.app.version, "data_version": state.graph.version}
    text = state.metrics.text(state.pool.status(), information)
    return Response(text, headers={"Content-Type": MEDIA_TYPE, **_NOT_KEPT})


def _check_reader(request: Request, readers: str) -> None:
    # A page of another site, open in a browser on this machine, is no reader on this machine.
    is_near = _is_loopback(request) and "origin" not in request.headers
    if readers == "off" or (readers == "loopback" and not is_near):
        raise SpacenormsError(
            "The metrics are not shown to you.",
            remedy="The operator decides with the setting metrics.",
            code="metrics-refused",
            status=403,
        )


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
