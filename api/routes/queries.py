"""The saved queries: which there are, and the answer of one; `api.savedqueries` makes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import pages, savedqueries
from api.negotiation import CSV, GRAPHS, HTML, JSON, choose
from graph.sparql import saved

router = APIRouter(tags=["queries"])

_LISTS = (JSON, HTML, CSV)
_MOST_ROWS = 100_000

_DESCRIBED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer, or a page for a browser.",
        "content": {each.media_type: {} for each in (*savedqueries.TABLES, *GRAPHS)},
    }
}

Limit = Annotated[
    int | None, Query(ge=1, le=_MOST_ROWS, description="The most rows to give; all when absent.")
]
Offset = Annotated[int, Query(ge=0, le=2**31, description="Rows to leave out at the beginning.")]
Form = Annotated[str | None, Query(alias="format", description="Wins over the Accept header.")]


@router.get("/queries", summary="The saved queries", response_class=Response)
@router.head("/queries", include_in_schema=False)
def list_queries(request: Request, form: Form = None) -> Response:
    """Return every saved query with what it answers and the values that it takes."""
    savedqueries.check_names(request, ("format",))
    chosen = choose(_LISTS, request.headers.get("accept"), form)
    found = list(saved.catalogue().values())
    alternates = pages.alternates_of("/queries", _LISTS)
    headers = savedqueries.links(alternates)
    if chosen.format is HTML:
        return pages.render(request, "queries.html", saved=found, alternates=alternates, headers=headers)
    described = [_described(query) for query in found]
    if chosen.format is CSV:
        columns = ("name", "title", "description", "tags", "url")
        rows = ([_flat(each[column]) for column in columns] for each in described)
        return Response(_csv(columns, rows), media_type=chosen.content_type, headers=headers)
    return JSONResponse({"queries": described}, headers=headers)


@router.get(
    "/queries/{name:path}", summary="Run a saved query", response_class=Response, responses=_DESCRIBED
)
@router.head("/queries/{name:path}", include_in_schema=False)
async def run_query(
    request: Request, name: str, form: Form = None, limit: Limit = None, offset: Offset = 0
) -> Response:
    """Run a saved query with the values of its parameters, each given as ``?parameter=value``.

    What a query takes and answers stands in `/queries`. Rows come in the order of the query; `limit` and
    `offset` give a part of them, and then a `Link` header and the member `next` lead on to the next.
    """
    return await savedqueries.answer(request, name, form, limit, offset)


def _described(query: saved.SavedQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "title": query.title,
        "description": query.description,
        "tags": list(query.tags),
        "parameters": [
            {
                "name": each.name,
                "type": each.type,
                "default": each.default or None,
                "description": each.description,
            }
            for each in query.parameters
        ],
        "columns": dict(query.columns),
        "url": f"/queries/{query.name}",
    }


def _flat(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()
