"""The SPARQL 1.1 Protocol: what a request asks for, and the answer as the engine wrote it.

This is what a server answers from before it has loaded anything else, so it knows Starlette and no FastAPI;
`api.routes.sparql` describes the same functions in the interface description.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import parameters
from api.answercache import CACHE_CONTROL, entity_tag, is_known
from api.answering import ClientLeftError, Streamed, begin, time_limit
from api.cuts import PARAMETERS, most
from api.heads import Written, sent
from api.negotiation import GRAPHS, HTML, RESULTS, Choice, Format, choose, prefers_html
from graph.errors import BadQuery, SpacenormsError
from graph.sparql.cutting import Most
from graph.sparql.guard import ReadQuery, inspect

METHODS = "GET, HEAD, POST, OPTIONS"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
CLIENT_LEFT = 499
_UPDATES = ("update", "using-graph-uri", "using-named-graph-uri")

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Operation:
    """What a protocol request asks for; in ``others`` all its parameters but the query."""

    query: str
    accept: str | None
    most: Most
    default_graphs: list[str] | None = None
    named_graphs: list[str] | None = None
    timeout: str | None = None
    format: str | None = None
    others: tuple[tuple[str, str], ...] = ()


def get(request: Request) -> Awaitable[Response]:
    """Evaluate the query in the address; without one, show a browser the form and programs the service."""
    return _respond(request, _in_address(request))


async def post(request: Request) -> Response:
    """Evaluate a query from a form, or one that is the body itself."""
    writing = getattr(request.app.state, "writing", None)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == FORM:
        pairs = _pairs(await _body(request))
        if writing and any(name in _UPDATES for name, _ in pairs):
            return await _update(request, pairs)
        return await _respond(request, pairs)
    if media_type == DIRECT:
        query = await _body(request)
        pairs = _in_address(request)
        if any(name == "query" for name, _ in pairs):
            raise _repeated()
        return await _respond(request, [*pairs, ("query", query)])
    if media_type == UPDATE:
        if writing is None:
            raise _update_refused("An update")
        writing.writers.author(request)
        return await _update(request, [*_in_address(request), ("update", await _body(request))])
    raise SpacenormsError(
        f"A query cannot be sent as “{media_type[:80] or 'nothing named'}”.",
        remedy=f"Send it as {DIRECT}, or as the field query of {FORM}.",
        code="unsupported-media-type",
        status=415,
    )


async def options(request: Request) -> Response:
    """Tell the methods."""
    return Response(status_code=204, headers={"Allow": METHODS})


async def _update(request: Request, pairs: Pairs) -> Response:
    from api.updates import update  # only those who write pay for its import

    return await update(request, pairs)


async def _body(request: Request) -> str:
    settings = request.app.state.settings
    is_writable = getattr(request.app.state, "writing", None) is not None
    most = settings.max_body_bytes if is_writable else settings.max_query_bytes
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        _check_length(body, most)
    charset = request.headers.get("content-type", "").lower().partition("charset=")[2].strip('" ;')
    if charset not in ("", "utf-8", "utf8"):
        raise BadQuery(
            "The query is not in UTF-8.", remedy="Send it in UTF-8.", code="bad-charset", status=415
        )
    return _decode(bytes(body))


def _in_address(request: Request) -> Pairs:
    return parameters.pairs(request.scope["query_string"])


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


def _check_length(query: str | bytes | bytearray, most: int) -> None:
    if 4 * len(query) <= most:  # no character takes more bytes
        return
    if len(query.encode("utf-8", "replace") if isinstance(query, str) else query) > most:
        raise BadQuery(
            f"The query is longer than {most:,} bytes.",
            remedy="Shorten it; long lists of VALUES can be asked in parts.",
            code="query-too-long",
            status=413,
        )


def _operation(request: Request, pairs: Pairs) -> Operation | None:
    """Return what is asked for; None when there is no query at all."""
    settings, accept = request.app.state.settings, sent(request.scope, b"accept")
    if len(pairs) == 1 and pairs[0][0] == "query":
        query = pairs[0][1]
        _check_length(query, settings.max_query_bytes)
        return Operation(query, accept, most(settings)) if query and not query.isspace() else None
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    for name in _UPDATES:
        if name in given:
            raise _update_refused(f"The parameter {name}")
    queries = given.pop("query", [])
    if len(queries) > 1:
        raise _repeated()
    if not queries or not queries[0].strip():
        return None
    query = queries[0]
    _check_length(query, settings.max_query_bytes)
    return Operation(
        query,
        accept,
        most(settings, *(given.get(name, [None])[0] for name in PARAMETERS.values())),
        default_graphs=_dataset(given, "default-graph-uri"),
        named_graphs=_dataset(given, "named-graph-uri"),
        timeout=given.get("timeout", [None])[0],
        format=given.get("format", [None])[0] or None,
        others=tuple(pair for pair in pairs if pair[0] != "query"),
    )


def _dataset(given: Mapping[str, list[str]], name: str) -> list[str] | None:
    return [graph for graph in given[name] if graph] or None if name in given else None


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
        chosen = choose((*formats(read), HTML), operation.accept, operation.format)
        if chosen.format is HTML:
            from api.sparqlpage import answered  # only those who draw a page pay for its import

            return await answered(request, operation, read)
        return await _answer(request, operation, read, chosen)
    except SpacenormsError as error:
        if not _asks_for_page(operation):
            raise
        from api.sparqlpage import refused

        return refused(request, operation, error)
    except ClientLeftError:
        return Response(status_code=CLIENT_LEFT)


def formats(read: ReadQuery) -> tuple[Format, ...]:
    """Return the formats that the answer of a query can have, the usual one first."""
    return RESULTS if read.form in ("SELECT", "ASK") else GRAPHS


def _asks_for_page(operation: Operation) -> bool:
    try:
        return choose((*RESULTS, *GRAPHS, HTML), operation.accept, operation.format).format is HTML
    except SpacenormsError:
        return False


async def _answer(request: Request, operation: Operation, read: ReadQuery, chosen: Choice) -> Response:
    timeout = time_limit(request.app.state.settings, operation.timeout)
    tag = entity_tag(request, read, chosen.media_type, operation.others)
    headers = {"Vary": "Accept", "Cache-Control": "no-store"}
    told = None if request.method == "POST" else tag
    if told is not None:
        headers["Cache-Control"] = CACHE_CONTROL
        if is_known(sent(request.scope, b"if-none-match"), told):
            return Response(status_code=304, headers={**headers, "ETag": told})
    answer = await begin(
        request,
        read,
        chosen.format.media_type,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
        timeout=timeout,
        most=operation.most,
        tag=tag,
    )
    headers |= {"Content-Type": chosen.content_type, **answer.headers}
    if operation.format and chosen.format.name in ("csv", "tsv"):
        headers["Content-Disposition"] = f'attachment; filename="result.{chosen.format.name}"'
    if answer.rest is not None:
        return Streamed(answer, headers if told is None else {**headers, "ETag": told})
    return Written(answer.body, headers, told)


async def _without_query(request: Request, pairs: Pairs) -> Response:
    """Show a browser the form, and describe the service to a program that asks for nothing else."""
    wanted = request.query_params.get("format")
    if request.method != "POST" and "query" not in dict(pairs):
        if wanted == "html" or (not wanted and prefers_html(request.headers.get("accept"))):
            from api.sparqlpage import form

            return form(request)
        return await run_in_threadpool(_service, request, wanted)
    raise BadQuery(
        "There is no query in the request.",
        remedy="Send it as the parameter query, such as /sparql?query=ASK%20%7B%7D; a browser gets a form.",
        code="missing-query",
        parameter="query",
    )


def _service(request: Request, wanted: str | None) -> Response:
    from api.routes.wellknown import service

    return service(request, wanted)
