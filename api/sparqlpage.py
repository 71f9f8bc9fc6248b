"""The SPARQL endpoint for people: the form, and the answer or the fault beneath it."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from api.answering import evaluate, time_limit
from api.pages import FORM_NAMES, render
from api.problems import problem_of
from api.protocol import Operation, formats
from graph.errors import SpacenormsError
from graph.knowledge import plain
from graph.sparql.guard import ReadQuery
from graph.sparql.saved import catalogue

_ROWS_SHOWN = 500
_TEXT_SHOWN = 200_000


def form(request: Request) -> Response:
    """Show the form."""
    return render(request, "sparql.html", saved=_saved(), headers={"Vary": "Accept"})


async def answered(request: Request, operation: Operation, read: ReadQuery) -> Response:
    """Evaluate a query and show the answer beneath the form."""
    began = time.perf_counter()
    answer = await evaluate(
        request,
        read,
        formats(read)[0].media_type,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
        timeout=time_limit(request.app.state.settings, operation.timeout),
        most=operation.most,
    )
    shown = _shown(read, answer.body)
    return render(
        request,
        "sparql.html",
        headers={"Vary": "Accept", **answer.headers},
        saved=_saved(),
        query=operation.query,
        cut=answer.most.told(answer.cut) if answer.cut else None,
        seconds=time.perf_counter() - began,
        downloads=_downloads(operation, read),
        **shown,
    )


def _shown(read: ReadQuery, body: bytes) -> dict[str, Any]:
    if read.form in ("CONSTRUCT", "DESCRIBE"):
        return {"graph_text": body.decode()[:_TEXT_SHOWN] or "# The graph is empty."}
    answer = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if isinstance(answer, ox.QueryBoolean):
        return {"boolean": bool(answer)}
    columns = [variable.value for variable in answer.variables]
    rows: list[dict[str, Any]] = []
    total = 0
    for solution in answer:
        total += 1
        if total <= _ROWS_SHOWN:
            rows.append({name: plain(solution[name]) for name in columns})
    return {"result": {"columns": columns, "rows": rows, "total": total}}


def _downloads(operation: Operation, read: ReadQuery) -> list[dict[str, str]]:
    return [
        {
            "label": FORM_NAMES.get(each.name, each.name.upper()),
            "href": "/sparql?" + urlencode({"query": operation.query, "format": each.name}),
        }
        for each in formats(read)
    ]


def refused(request: Request, operation: Operation, error: SpacenormsError) -> Response:
    """Show what went wrong above the form, with the query still in it."""
    return render(
        request,
        "sparql.html",
        status_code=error.status,
        headers={"Vary": "Accept", "Cache-Control": "no-store"},
        saved=_saved(),
        query=operation.query,
        problem=problem_of(request, error),
    )


def _saved() -> list[dict[str, str]]:
    found = [query for query in catalogue().values() if "/" not in query.name]
    return [
        {"name": each.name, "title": each.title, "description": each.description, "text": each.text}
        for each in found
    ]
