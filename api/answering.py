"""Evaluate a query for a request: within its limits, and only as long as its client waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import Request

from api.settings import Settings
from graph.errors import BadValue
from graph.guard import ReadQuery

_LOOK_SECONDS = 0.1


class ClientLeftError(Exception):
    """The client closed the connection before there was an answer."""


def time_limit(settings: Settings, wanted: str | None) -> float:
    """Return the seconds a query may take.

    Parameters
    ----------
    settings
        Hold the most that is allowed.
    wanted
        What the caller asks for; more than the most means the most.

    Raises
    ------
    BadValue
        When it is no positive number.
    """
    if not wanted:
        return settings.query_time_limit
    try:
        seconds = float(wanted)
    except ValueError:
        seconds = -1.0
    if not seconds > 0:
        raise BadValue(
            f"The time limit “{wanted[:40]}” is no positive number of seconds.",
            remedy=f"Give seconds, at most {settings.query_time_limit:g}, such as timeout=5.",
            parameter="timeout",
        )
    return min(seconds, settings.query_time_limit)


async def evaluate(
    request: Request,
    query: str | ReadQuery,
    media_type: str | None = None,
    *,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    timeout: float | None = None,
) -> bytes:
    """Evaluate a query in the application's pool; when the client leaves, its worker is freed.

    Parameters
    ----------
    request
        The request, its body already read.
    query, media_type, default_graphs, named_graphs
        As in `graph.workers.WorkerPool.evaluate`.
    timeout
        Seconds; None for the most that the settings allow.

    Returns
    -------
    bytes
        The answer as the engine wrote it.

    Raises
    ------
    SpacenormsError
        As the pool does.
    ClientLeftError
        When nobody waits for the answer any more.
    """
    state = request.app.state
    limit = timeout if timeout is not None else state.settings.query_time_limit
    task = asyncio.create_task(state.pool.evaluate(query, media_type, default_graphs, named_graphs, limit))
    try:
        while not (await asyncio.wait({task}, timeout=_LOOK_SECONDS))[0]:
            if await request.is_disconnected():
                raise ClientLeftError
    finally:
        task.cancel()
    body: bytes = await task
    return body
