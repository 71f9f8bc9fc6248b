"""The SPARQL endpoint: the SPARQL 1.1 Protocol for programs, a form for people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pyoxigraph as ox
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.answercache import CACHE_CONTROL, entity_tag, is_known
from api.answering import ClientLeftError, Streamed, begin, evaluate, time_limit
from api.negotiation import GRAPHS, HTML, RESULTS, Choice, Format, choose, prefers_html
from api.pages import FORM_NAMES, render
from api.problems import problem_of
from api.routes.wellknown import service
from graph.errors import BadQuery, SpacenormsError
from graph.knowledge import plain
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.saved import catalogue

router = APIRouter(tags=["sparql"])

_METHODS = "GET, HEAD, POST, OPTIONS"
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_UPDATES = ("update", "using-graph-uri", "using-named-graph-uri")
_ROWS_SHOWN = 500
_TEXT_SHOWN = 200_000
_CLIENT_LEFT = 499

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Operation:
    """What a protocol request asks for."""

    query: str
    default_graphs: list[str] | None
    named_graphs: list[str] | None
    timeout: str | None
    format: str | None
    accept: str | None
    all: tuple[tuple[str, str], ...]


def _parameter(name: str, description: str, *, is_list: bool = False) -> dict[str, Any]:
    text = {"type": "string"}
    schema = {"type": "array", "items": text} if is_list else text
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_PARAMETERS = [
    _parameter("query", "A SELECT, ASK, CONSTRUCT or DESCRIBE query."),
    _parameter("default-graph-uri", "A graph of the default graph; wins over FROM.", is_list=True),
    _parameter("named-graph-uri", "A graph that GRAPH reaches; wins over FROM NAMED.", is_list=True),
    _parameter("timeout", "Seconds after which to stop; the server's own limit is the most."),
    _parameter("format", "html, json, xml, csv, tsv, turtle, trig, ntriples, nquads or jsonld."),
]
_DESCRIBED = {
    200: {
        "description": "The answer as the engine wrote it, or a page for a browser.",
        "content": {each.media_type: {} for each in (*RESULTS, *GRAPHS, HTML)},
    }
}


@router.get(
    "/sparql",
    summary="Evaluate a SPARQL query",
    response_class=Response,
    responses=_DESCRIBED,  # type: ignore[arg-type]
    openapi_extra={"parameters": _PARAMETERS},
)
@router.head("/sparql", include_in_schema=False)
async def sparql_get(request: Request) -> Response:
    """Evaluate the query in the address; without one, show a browser the form and programs the service.

    The default graph is the union of all graphs, asserted and derived, unless FROM or a parameter names
    another. Nothing writes, reads a file or reaches another host.
    """
    return await _respond(request, request.query_params.multi_items())


@router.post(
    "/sparql",
    summary="Evaluate a SPARQL query from the body",
    response_class=Response,
    responses=_DESCRIBED,  # type: ignore[arg-type]
    openapi_extra={
        "parameters": _PARAMETERS[1:],
        "requestBody": {
            "required": True,
            "content": {
                _FORM: {"schema": {"type": "object", "properties": {"query": {"type": "string"}}}},
                _DIRECT: {"schema": {"type": "string"}},
            },
        },
    },
)
async def sparql_post(request: Request) -> Response:
    """Evaluate a query from a form, or one that is the body itself."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _FORM:
        return await _respond(request, _pairs(await _body(request)))
    if media_type == _DIRECT:
        query = await _body(request)
        pairs = request.query_params.multi_items()
        if any(name == "query" for name, _ in pairs):
            raise _repeated()
        return await _respond(request, [*pairs, ("query", query)])
    if media_type == "application/sparql-update":
        raise _update_refused("An update")
    raise SpacenormsError(
        f"A query cannot be sent as “{media_type[:80] or 'nothing named'}”.",
        remedy=f"Send it as {_DIRECT}, or as the field query of {_FORM}.",
        code="unsupported-media-type",
        status=415,
    )


@router.options("/sparql", include_in_schema=False)
async def sparql_options() -> Response:
    """Tell the methods."""
    return Response(status_code=204, headers={"Allow": _METHODS})


async def _body(request: Request) -> str:
    most = request.app.state.settings.max_query_bytes
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        _check_length(len(body), most)
    charset = request.headers.get("content-type", "").lower().partition("charset=")[2].strip('" ;')
    if charset not in ("", "utf-8", "utf8"):
        raise BadQuery(
            "The query is not in UTF-8.", remedy="Send it in UTF-8.", code="bad-charset", status=415
        )
    return _decode(bytes(body))


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadQuery(
            f"The query is not in UTF-8: its byte {error.start} begins no character.",
            remedy="Send it in UTF-8.",
            code="bad-charset",
        ) from None


def _pairs(body: str) -> Pairs:
    try:
        return parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as error:
        raise BadQuery(
            f"The form cannot be read: {error}.",
            remedy="Send name=value pairs, percent-encoded in UTF-8.",
            code="bad-form",
        ) from None


def _check_length(length: int, most: int) -> None:
    if length > most:
        raise BadQuery(
            f"The query is longer than {most:,} bytes.",
            remedy="Shorten it; long lists of VALUES can be asked in parts.",
            code="query-too-long",
            status=413,
        )


def _operation(request: Request, pairs: Pairs) -> Operation | None:
    """Return what is asked for; None when there is no query at all."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    for name in _UPDATES:
        if name in given:
            raise _update_refused(f"The parameter {name}")
    queries = given.get("query", [])
    if len(queries) > 1:
        raise _repeated()
    if not queries or not queries[0].strip():
        return None
    _check_length(len(queries[0].encode("utf-8", "replace")), request.app.state.settings.max_query_bytes)
    return Operation(
        query=queries[0],
        default_graphs=_dataset(given, "default-graph-uri"),
        named_graphs=_dataset(given, "named-graph-uri"),
        timeout=given.get("timeout", [None])[0],
        format=given.get("format", [None])[0] or None,
        accept=request.headers.get("accept"),
        all=tuple(pairs),
    )


def _dataset(given: Mapping[str, list[str]], name: str) -> list[str] | None:
    named = [graph for graph in given.get(name, []) if graph]
    return named or None


def _update_refused(what: str) -> BadQuery:
    return BadQuery(
        f"{what} would change the data, and this is a place for reading only.",
        remedy="Send a SELECT, ASK, CONSTRUCT or DESCRIBE query as the parameter query.",
        code="update-refused",
    )


def _repeated() -> BadQuery:
    return BadQuery(
        "The parameter query is given more than once.",
        remedy="Send one query a request.",
        code="repeated-parameter",
        parameter="query",
    )


async def _respond(request: Request, pairs: Pairs) -> Response:
    operation = _operation(request, pairs)
    if operation is None:
        return await _without_query(request, pairs)
    read: ReadQuery | None = None
    try:
        read = inspect(operation.query, request.app.state.pool.graphs)
        chosen = choose((*_formats(read), HTML), operation.accept, operation.format)
        if chosen.format is HTML:
            return await _page(request, operation, read)
        return await _answer(request, operation, read, chosen)
    except SpacenormsError as error:
        if not _asks_for_page(operation):
            raise
        return _problem_page(request, operation, error)
    except ClientLeftError:
        return Response(status_code=_CLIENT_LEFT)


def _formats(read: ReadQuery) -> tuple[Format, ...]:
    return RESULTS if read.form in ("SELECT", "ASK") else GRAPHS


def _asks_for_page(operation: Operation) -> bool:
    try:
        return choose((*RESULTS, *GRAPHS, HTML), operation.accept, operation.format).format is HTML
    except SpacenormsError:
        return False


async def _answer(request: Request, operation: Operation, read: ReadQuery, chosen: Choice) -> Response:
    timeout = time_limit(request.app.state.settings, operation.timeout)
    headers = _headers(request, operation, read, chosen)
    if is_known(request.headers.get("if-none-match"), headers.get("ETag")):
        return Response(status_code=304, headers=headers)
    answer = await begin(
        request,
        read,
        chosen.format.media_type,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
        timeout=timeout,
    )
    headers["Content-Type"] = chosen.content_type
    if operation.format and chosen.format.name in ("csv", "tsv"):
        headers["Content-Disposition"] = f'attachment; filename="result.{chosen.format.name}"'
    if answer.rest is not None:
        return Streamed(answer, headers)
    return Response(answer.body, headers=headers)


def _headers(request: Request, operation: Operation, read: ReadQuery, chosen: Choice) -> dict[str, str]:
    tag = entity_tag(request, read.text, chosen.media_type, operation.all)
    if tag is None or request.method == "POST":
        return {"Vary": "Accept", "Cache-Control": "no-store"}
    return {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "ETag": tag}


async def _evaluate(request: Request, operation: Operation, read: ReadQuery, media_type: str) -> bytes:
    timeout = time_limit(request.app.state.settings, operation.timeout)
    return await evaluate(
        request,
        read,
        media_type,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
        timeout=timeout,
    )


async def _without_query(request: Request, pairs: Pairs) -> Response:
    """Show a browser the form, and describe the service to a program that asks for nothing else."""
    wanted = request.query_params.get("format")
    if request.method != "POST" and "query" not in dict(pairs):
        if wanted == "html" or (not wanted and prefers_html(request.headers.get("accept"))):
            return render(request, "sparql.html", saved=_saved(), headers={"Vary": "Accept"})
        return await run_in_threadpool(service, request, wanted)
    raise BadQuery(
        "There is no query in the request.",
        remedy="Send it as the parameter query, such as /sparql?query=ASK%20%7B%7D; a browser gets a form.",
        code="missing-query",
        parameter="query",
    )


def _saved() -> list[dict[str, str]]:
    found = [query for query in catalogue().values() if "/" not in query.name]
    return [
        {"name": each.name, "title": each.title, "description": each.description, "text": each.text}
        for each in found
    ]


async def _page(request: Request, operation: Operation, read: ReadQuery) -> Response:
    """Show the answer beneath the form."""
    began = time.perf_counter()
    body = await _evaluate(request, operation, read, _formats(read)[0].media_type)
    shown = _shown(read, body)
    return render(
        request,
        "sparql.html",
        headers={"Vary": "Accept"},
        saved=_saved(),
        query=operation.query,
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
        for each in _formats(read)
    ]


def _problem_page(request: Request, operation: Operation, error: SpacenormsError) -> Response:
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
