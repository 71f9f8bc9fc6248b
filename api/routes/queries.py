"""The saved queries: which there are, and the answer of one in the form that is asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pyoxigraph as ox
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api import pages
from api.answercache import CACHE_CONTROL, entity_tag, is_known
from api.answering import ClientLeftError, evaluate
from api.negotiation import CSV, GRAPHS, HTML, JSON, NTRIPLES, RESULTS_XML, TSV, Choice, Format, choose
from api.problems import problem_of
from api.routes.records import records_of
from graph.errors import BadValue, SpacenormsError, suggest
from graph.knowledge import plain
from graph.rdf.description import write_rdf
from graph.records.things import Thing, is_own
from graph.sparql import saved
from graph.sparql.guard import ReadQuery, inspect

router = APIRouter(tags=["queries"])

_RESULTS_JSON = Format("sparql-json", "application/sparql-results+json")
_TABLES = (JSON, HTML, CSV, TSV, _RESULTS_JSON, RESULTS_XML)
_LISTS = (JSON, HTML, CSV)
_ENGINE = {
    CSV: ox.QueryResultsFormat.CSV,
    TSV: ox.QueryResultsFormat.TSV,
    _RESULTS_JSON: ox.QueryResultsFormat.JSON,
    RESULTS_XML: ox.QueryResultsFormat.XML,
}
_RESERVED = ("format", "limit", "offset")
_ROWS_SHOWN = 500
_MOST_ROWS = 100_000
_CLIENT_LEFT = 499

_DESCRIBED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer, or a page for a browser.",
        "content": {each.media_type: {} for each in (*_TABLES, *GRAPHS)},
    }
}

Limit = Annotated[
    int | None, Query(ge=1, le=_MOST_ROWS, description="The most rows to give; all when absent.")
]
Offset = Annotated[int, Query(ge=0, le=2**31, description="Rows to leave out at the beginning.")]
Form = Annotated[str | None, Query(alias="format", description="Wins over the Accept header.")]


@dataclass(frozen=True)
class _Asked:
    """One saved query with the values that a request gives it."""

    query: saved.SavedQuery
    values: dict[str, str]
    limit: int | None
    offset: int

    def shown(self, today: str) -> dict[str, str]:
        """Return the value that each parameter has, its default where none was given."""
        return {
            each.name: self.values.get(each.name) or (today if each.default == "today" else each.default)
            for each in self.query.parameters
        }


@router.get("/queries", summary="The saved queries", response_class=Response)
@router.head("/queries", include_in_schema=False)
def list_queries(request: Request, form: Form = None) -> Response:
    """Return every saved query with what it answers and the values that it takes."""
    _check_names(request, ("format",))
    chosen = choose(_LISTS, request.headers.get("accept"), form)
    found = list(saved.catalogue().values())
    alternates = pages.alternates_of("/queries", _LISTS)
    headers = _headers(alternates, None)
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
    query = saved.published(name)
    wants_page = _wants_page(request, form)
    try:
        asked = _Asked(query, _values(request, query), limit, offset)
        text = await run_in_threadpool(request.app.state.graph.bind, query, asked.values)
        read = inspect(text, request.app.state.pool.graphs)
        offered = _TABLES if read.form == "SELECT" else (*GRAPHS, HTML)
        chosen = choose(offered, request.headers.get("accept"), form)
        kept = _kept(request, read, chosen)
        if is_known(request.headers.get("if-none-match"), kept.get("ETag")):
            return Response(status_code=304, headers=kept)
        answer = await _answer(request, asked, read, chosen)
        answer.headers.update(kept)
        return answer
    except ClientLeftError:
        return Response(status_code=_CLIENT_LEFT)
    except SpacenormsError as error:
        if not wants_page:
            raise
        return _problem_page(request, query, error)


async def _answer(request: Request, asked: _Asked, read: ReadQuery, chosen: Choice) -> Response:
    if read.form != "SELECT":
        return await _graph(request, asked, read, chosen)
    document = json.loads(await evaluate(request, read, _RESULTS_JSON.media_type))
    return await run_in_threadpool(_table, request, asked, read, chosen, document)


def _kept(request: Request, read: ReadQuery, chosen: Choice) -> dict[str, str]:
    """Return the headers that say how long the answer holds; a page is made anew each time."""
    parameters = tuple(request.query_params.multi_items())
    tag = entity_tag(request, read.text, request.url.path, chosen.media_type, parameters)
    if tag is None or chosen.format is HTML:
        return {"Vary": "Accept"}
    return {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "ETag": tag}


def _values(request: Request, query: saved.SavedQuery) -> dict[str, str]:
    known = [each.name for each in query.parameters]
    _check_names(request, (*known, *_RESERVED))
    return {name: request.query_params[name] for name in known if request.query_params.get(name)}


def _check_names(request: Request, known: tuple[str, ...]) -> None:
    seen = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            raise BadValue(
                f"“{name[:80]}” is not a parameter here.",
                remedy=suggest(name, known),
                code="unknown-parameter",
                parameter=name[:80],
            )
        if name in seen:
            raise BadValue(
                f"The parameter {name} is given more than once.",
                remedy="Give each parameter once.",
                code="repeated-parameter",
                parameter=name,
            )
        seen.add(name)


def _table(
    request: Request, asked: _Asked, read: ReadQuery, chosen: Choice, document: dict[str, Any]
) -> Response:
    total = len(document["results"]["bindings"])
    limit = asked.limit or (_ROWS_SHOWN if chosen.format is HTML else None)
    document["results"]["bindings"] = document["results"]["bindings"][asked.offset :][:limit]
    end = asked.offset + len(document["results"]["bindings"])
    following = _next(request, limit, end) if limit and end < total else None
    alternates = _alternates(request, asked.query)
    before = _next(request, limit, max(0, asked.offset - limit)) if limit and asked.offset else None
    headers = _headers(alternates, following, before)
    if chosen.format in _ENGINE:
        headers |= _file_name(request, asked.query, chosen.format)
        content = _solutions(document).serialize(format=_ENGINE[chosen.format])
        return Response(content, media_type=chosen.content_type, headers=headers)
    columns, rows = _rows(document)
    if chosen.format is HTML:
        return _page(request, asked, columns, rows, total, alternates, headers)
    today = request.app.state.graph.today.isoformat()
    answer = {
        "query": asked.query.name,
        "title": asked.query.title,
        "parameters": asked.shown(today),
        "columns": columns,
        "rows": rows,
        "total": total,
        "offset": asked.offset,
        "next": following,
        "data_version": request.app.state.graph.version,
        "sparql": read.text,
    }
    return JSONResponse(answer, headers=headers)


async def _graph(request: Request, asked: _Asked, read: ReadQuery, chosen: Choice) -> Response:
    alternates = _alternates(request, asked.query, GRAPHS)
    headers = _headers(alternates, None)
    content = await evaluate(request, read, NTRIPLES.media_type)
    triples = [quad.triple for quad in ox.parse(content, format=ox.RdfFormat.N_TRIPLES)]
    if chosen.format is not HTML:
        written = write_rdf(triples, chosen.format.media_type)
        return Response(written, media_type=chosen.content_type, headers=headers)
    columns = ["subject", "predicate", "object"]
    rows = [dict(zip(columns, map(plain, triple), strict=True)) for triple in triples]
    shown = sorted(rows, key=lambda row: [str(row[column]) for column in columns])
    return await run_in_threadpool(
        _page, request, asked, columns, shown[:_ROWS_SHOWN], len(rows), alternates, headers
    )


def _solutions(document: Mapping[str, Any]) -> ox.QuerySolutions:
    content = json.dumps(document, ensure_ascii=False).encode()
    solutions = ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
    assert isinstance(solutions, ox.QuerySolutions)  # noqa: S101 - a SELECT query gives nothing else
    return solutions


def _rows(document: Mapping[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    solutions = _solutions(document)
    columns = [variable.value for variable in solutions.variables]
    return columns, [{name: plain(solution[name]) for name in columns} for solution in solutions]


def _page(
    request: Request,
    asked: _Asked,
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


def _problem_page(request: Request, query: saved.SavedQuery, error: SpacenormsError) -> Response:
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


def _wants_page(request: Request, form: str | None) -> bool:
    try:
        return choose((*_TABLES, *GRAPHS), request.headers.get("accept"), form).format is HTML
    except SpacenormsError:
        return False


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


def _given(request: Request, *left_out: str) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name not in left_out}


def _next(request: Request, limit: int, offset: int) -> str:
    kept = _given(request, "limit", "offset")
    return pages.with_query(request.url.path, **kept, limit=limit, offset=offset)


def _alternates(
    request: Request, query: saved.SavedQuery, forms: Iterable[Format] = _TABLES
) -> list[dict[str, str]]:
    return pages.alternates_of(f"/queries/{query.name}", forms, **_given(request, *_RESERVED))


def _headers(
    alternates: list[dict[str, str]], following: str | None, before: str | None = None
) -> dict[str, str]:
    links = [pages.link_header(alternates)]
    if before:
        links.append(f'<{before}>; rel="prev"')
    if following:
        links.append(f'<{following}>; rel="next"')
    return {"Link": ", ".join(links), "Vary": "Accept"}


def _file_name(request: Request, query: saved.SavedQuery, form: Format) -> dict[str, str]:
    if form not in (CSV, TSV) or "format" not in request.query_params:
        return {}
    return {"Content-Disposition": f'attachment; filename="{query.name}.{form.name}"'}
