"""What is told of a query that was not answered."""

from __future__ import annotations

import json

from graph.errors import BadQuery, QueryTimeout, QueryTooLarge, ServiceBusy, SpacenormsError
from graph.sparql import cutting
from graph.sparql.cutting import Most
from graph.sparql.diagnosis import malformed
from graph.sparql.guard import ReadQuery
from graph.sparql.zygote import WorkerLimits


def told(read: ReadQuery, body: bytes, limits: WorkerLimits) -> SpacenormsError:
    """Return the error for what a worker says went wrong.

    Parameters
    ----------
    read
        The query.
    body
        The worker's words: JSON with the kind of the engine's error and its message.
    limits
        Of the worker.
    """
    fault = json.loads(body)
    kind, message = fault["kind"], fault["message"]
    if kind == "SyntaxError":
        return malformed(read, message)
    if kind == "ValueError":
        return BadQuery(
            f"A graph that the request names is no IRI: {message}.",
            remedy="Give the absolute IRI of a graph.",
            code="bad-value",
            query=read.given,
        )
    if kind == "MemoryError":
        return died(read, limits)
    return BadQuery(
        f"The query could not be evaluated: {message}",
        remedy="Check the part of the query that the message names.",
        code="query-failed",
        query=read.given,
    )


def too_long(query: str, most: Most, reason: str) -> SpacenormsError:
    """Return the error for an answer that is wanted whole and would hold too much."""
    limit = most.rows if reason == cutting.ROWS else most.bytes
    return QueryTooLarge(
        f"The result is longer than the {limit:,} {reason} that are allowed.",
        remedy="Ask for fewer columns, or page with LIMIT and OFFSET.",
        code="result-too-long",
        status=413,
        query=query,
    )


def timed_out(read: ReadQuery, timeout: float) -> SpacenormsError:
    """Return the error for a query that reached its time limit."""
    return QueryTimeout(
        f"The query was stopped at its time limit of {timeout:g} s.",
        remedy="Join fewer patterns, bind a variable early, or add LIMIT; the query is given back here.",
        query=read.given,
        timeout=timeout,
    )


def died(read: ReadQuery, limits: WorkerLimits) -> SpacenormsError:
    """Return the error for a query whose worker has ended."""
    return QueryTooLarge(
        "The query ended its worker process, most likely because it needed more memory than "
        f"the {limits.memory_headroom // 2**20:,} MiB a query may use.",
        remedy="Sort, group or join fewer solutions; the query is given back here.",
        query=read.given,
    )


def busy(message: str) -> SpacenormsError:
    """Return the error for a query that was not begun, or may be asked again."""
    return ServiceBusy(message, remedy="Try again in a few seconds.", retry_after=2)
