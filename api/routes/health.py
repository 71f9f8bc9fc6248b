"""The health and the counts of the server in the interface description; `api.service` tells them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import service

router = APIRouter(tags=["service"])


@router.get("/health", summary="Whether the server answers queries", response_model=dict[str, Any])
async def health(request: Request) -> Response:
    """Evaluate a query in a worker; tell versions, uptime and workers, or a problem when it fails."""
    return await service.health(request)


@router.get("/metrics", summary="Counts for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """Tell requests, queries and workers as text; the server's settings say who may read it."""
    return await service.metrics(request)
