"""A saved query for people: its form, and its rows or its fault beneath it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from api import pages
from api.problems import problem_of
from api.routes.records import records_of
from api.savedqueries import ROWS_SHOWN, Asked
from graph.errors import SpacenormsError
from graph.knowledge import plain
from graph.records.things import Thing, is_own
from graph.sparql import saved


def shown(
    request: Request,
    asked: Asked,
    columns: list[str],
    rows: list[dict[str, Any]],
    total: int,
    alternates: list[dict[str, str]],
    headers: Mapping[str, str],
) -> Response:
    """Show the rows with links to the things; a name beside a link to what it names is left out."""
    graph = request.app.state.graph
    names = records_of(request).names
    kept = [name for name in columns if not _is_repeated(name, columns)]
    shown = [{name: _linked(row[name], names.thing) for name in kept} for row in rows]
    return pages.render(
        request,
        "query.html",
        headers=headers,
        query=asked.query,
        values=asked.shown(graph.today.isoformat()),
        columns=kept,
        rows=shown,
        total=total,
        today=graph.today.isoformat(),
        alternates=alternates,
    )


def _is_repeated(name: str, columns: list[str]) -> bool:
    if name == "source_titles":
        return "sources" in columns
    return name.endswith("_name") and name.removesuffix("_name") in columns


def _linked(value: Any, thing: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts: list[str | Thing] = [thing(part) if is_own(part) else part for part in value.split("\n")]
    return parts[0] if len(parts) == 1 else parts


def refused(request: Request, query: saved.SavedQuery, error: SpacenormsError) -> Response:
    """Show what went wrong above the form, with what was given still in it."""
    return pages.render(
        request,
        "query.html",
        status_code=error.status,
        headers={"Vary": "Accept", "Cache-Control": "no-store"},
        query=query,
        values=dict(request.query_params),
        problem=problem_of(request, error),
        today=request.app.state.graph.today.isoformat(),
    )


def shown_triples(
    request: Request,
    asked: Asked,
    triples: list[ox.Triple],
    alternates: list[dict[str, str]],
    headers: Mapping[str, str],
) -> Response:
    """Show a graph as a table, in the order of its subjects."""
    columns = ["subject", "predicate", "object"]
    rows = [dict(zip(columns, map(plain, triple), strict=True)) for triple in triples]
    ordered = sorted(rows, key=lambda row: [str(row[column]) for column in columns])
    return shown(request, asked, columns, ordered[:ROWS_SHOWN], len(rows), alternates, headers)
