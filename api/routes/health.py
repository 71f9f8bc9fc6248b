"""Tell whether the server answers queries, by asking one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

router = APIRouter(tags=["service"])

_PATIENCE_SECONDS = 5.0


@router.get("/health", summary="Whether the server answers queries")
async def health(request: Request) -> dict[str, Any]:
    """Evaluate a query in a worker and tell the version of the data; a problem when that fails."""
    state = request.app.state
    await state.pool.evaluate("ASK {}", timeout=_PATIENCE_SECONDS)
    return {"status": "ok", "data_version": state.graph.version, "graphs": len(state.pool.graphs)}
