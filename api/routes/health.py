"""Tell whether the server answers queries, by asking one, and what it has counted."""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter, Request, Response

from api.metrics import MEDIA_TYPE
from graph.errors import SpacenormsError

router = APIRouter(tags=["service"])

_PATIENCE_SECONDS = 5.0


@router.get("/health", summary="Whether the server answers queries")
async def health(request: Request, response: Response) -> dict[str, Any]:
    """Evaluate a query in a worker; tell versions, uptime and workers, or a problem when it fails."""
    state = request.app.state
    await state.pool.evaluate("ASK {}", timeout=_PATIENCE_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return {
        "status": "ok",
        "version": request.app.version,
        "data_version": state.graph.version,
        "graphs": len(state.pool.graphs),
        "uptime_seconds": round(time.time() - state.metrics.began, 3),
        "workers": state.pool.status(),
    }


@router.get("/metrics", summary="Counts for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """Tell requests, queries and workers as text; the server's settings say who may read it."""
    state = request.app.state
    _check_reader(request, state.settings.metrics)
    information = {"version": request.app.version, "data_version": state.graph.version}
    text = state.metrics.text(state.pool.status(), information)
    return Response(text, headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})


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
