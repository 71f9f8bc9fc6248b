"""Answers a saved query: its bytes as the engine wrote them, its rows as plain values, or a page.

Like `api.protocol` it is answered from before the rest of the site is loaded; `api.routes.queries` describes
it in the interface description.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.answercache import CACHE_CONTROL, entity_tag, is_known
from api.answering import Answer, ClientLeftError, Streamed, begin, evaluate
from api.links import alternates_of, link_header, with_query
from api.negotiation import CSV, GRAPHS, HTML, JSON, NTRIPLES, RESULTS_XML, TSV, Choice, Format, choose
from api.parts import SOURCES, part_of
from api.protocol import CLIENT_LEFT
from graph.errors import BadValue, SpacenormsError, suggest
from graph.rdf.description import write_rdf
from graph.sparql import saved
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.rows import read_rows

_RESULTS_JSON = Format("sparql-json", "application/sparql-results+json")
TABLES = (JSON, HTML, CSV, TSV, _RESULTS_JSON, RESULTS_XML)
_AS_WRITTEN = (CSV, TSV, _RESULTS_JSON, RESULTS_XML)
_RESERVED = ("format", "limit", "offset")
ROWS_SHOWN = 500


@dataclass(frozen=True)
class Asked:
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


async def answer(
    request: Request, name: str, form: str | None = None, limit: int | None = None, offset: int = 0
) -> Response:
    """Run a saved query.

    Parameters
    ----------
    request
        Gives the values of the query's parameters.
    name
        Of the query.
    form
        Of ``?format=``, which wins over the Accept header.
    limit, offset
        The rows to give; all when absent.

    Raises
    ------
    SpacenormsError
        A name, a value or a format is not right, unless a page tells so.
    """
    query = saved.published(name)
    wants_page = _wants_page(request, form)
    try:
        asked = Asked(query, _values(request, query), limit, offset)
        text = await run_in_threadpool(request.app.state.graph.bind, query, asked.values)
        read = inspect(text, request.app.state.pool.graphs)
        offered = TABLES if read.form == "SELECT" else (*GRAPHS, HTML)
        chosen = choose(offered, request.headers.get("accept"), form)
        kept = _kept(request, read, chosen)
        if is_known(request.headers.get("if-none-match"), kept.get("ETag")):
            return Response(status_code=304, headers=kept)
        made = await _made(request, asked, read, chosen)
        made.headers.update(kept)
        return made
    except ClientLeftError:
        return Response(status_code=CLIENT_LEFT)
    except SpacenormsError as error:
        if not wants_page:
            raise
        from api.querypage import refused  # only those who draw a page pay for its import

        return refused(request, query, error)


async def _made(request: Request, asked: Asked, read: ReadQuery, chosen: Choice) -> Response:
    if read.form != "SELECT":
        return await _graph(request, asked, read, chosen)
    if chosen.format in _AS_WRITTEN:
        return await _as_written(request, asked, read, chosen)
    table = await evaluate(request, read, TSV.media_type)
    return _with(await run_in_threadpool(_rows, request, asked, read, chosen, table), table)


def _kept(request: Request, read: ReadQuery, chosen: Choice) -> dict[str, str]:
    """Return the headers that say how long the answer holds; a page is made anew each time."""
    parameters = tuple(request.query_params.multi_items())
    tag = entity_tag(request, read, request.url.path, chosen.media_type, parameters)
    if tag is None or chosen.format is HTML:
        return {"Vary": "Accept"}
    return {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "ETag": tag}


def _values(request: Request, query: saved.SavedQuery) -> dict[str, str]:
    known = [each.name for each in query.parameters]
    check_names(request, (*known, *_RESERVED))
    return {name: request.query_params[name] for name in known if request.query_params.get(name)}


def check_names(request: Request, known: tuple[str, ...]) -> None:
    """Refuse a parameter that is not known, or that is given twice."""
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


async def _as_written(request: Request, asked: Asked, read: ReadQuery, chosen: Choice) -> Response:
    """Answer with the bytes of the engine, or with those of them that are asked for."""
    media_type = chosen.format.media_type
    alternates = _alternates(request, asked.query)
    if asked.limit is None and not asked.offset:
        whole = await begin(request, read, media_type)
        headers = {**links(alternates), **_file_name(request, asked.query, chosen.format)}
        headers |= {"Content-Type": chosen.content_type, **whole.headers}
        return _sent(whole, headers)
    written = await evaluate(request, read, SOURCES.get(media_type, media_type))
    part, total = await run_in_threadpool(part_of, written.body, media_type, asked.offset, asked.limit)
    end = min(total, asked.offset + asked.limit) if asked.limit else total
    headers = {
        **links(alternates, *_neighbours(request, asked, asked.limit, end, total)),
        **_file_name(request, asked.query, chosen.format),
    }
    return _with(Response(part, media_type=chosen.content_type, headers=headers), written)


def _with(response: Response, answer: Answer) -> Response:
    """Return a response that tells whether the answer that it is made from was cut."""
    response.headers.update(answer.headers)
    return response


def _sent(answer: Answer, headers: dict[str, str]) -> Response:
    return Response(answer.body, headers=headers) if answer.rest is None else Streamed(answer, headers)


def _neighbours(
    request: Request, asked: Asked, limit: int | None, end: int, total: int
) -> tuple[str | None, str | None]:
    """Return the addresses of the rows that follow and of those before."""
    following = _next(request, limit, end) if limit and end < total else None
    before = _next(request, limit, max(0, asked.offset - limit)) if limit and asked.offset else None
    return following, before


def _rows(request: Request, asked: Asked, read: ReadQuery, chosen: Choice, table: Answer) -> Response:
    names, found = read_rows(table.body)
    columns, total = list(names), len(found)
    limit = asked.limit or (ROWS_SHOWN if chosen.format is HTML else None)
    rows = found[asked.offset :][:limit]
    following, before = _neighbours(request, asked, limit, asked.offset + len(rows), total)
    alternates = _alternates(request, asked.query)
    headers = links(alternates, following, before)
    if chosen.format is HTML:
        from api.querypage import shown

        return shown(request, asked, columns, rows, total, alternates, headers)
    graph = request.app.state.graph
    told = {
        "query": asked.query.name,
        "title": asked.query.title,
        "parameters": asked.shown(graph.today.isoformat()),
        "columns": columns,
        "rows": rows,
        "total": total,
        "cut": table.most.told(table.cut) if table.cut else None,
        "offset": asked.offset,
        "next": following,
        "data_version": graph.version,
        "sparql": read.text,
    }
    return JSONResponse(told, headers=headers)


async def _graph(request: Request, asked: Asked, read: ReadQuery, chosen: Choice) -> Response:
    alternates = _alternates(request, asked.query, GRAPHS)
    headers = links(alternates)
    content = await evaluate(request, read, NTRIPLES.media_type)
    triples = [quad.triple for quad in ox.parse(content.body, format=ox.RdfFormat.N_TRIPLES)]
    if chosen.format is not HTML:
        written = write_rdf(triples, chosen.format.media_type)
        return _with(Response(written, media_type=chosen.content_type, headers=headers), content)
    from api.querypage import shown_triples

    page = await run_in_threadpool(shown_triples, request, asked, triples, alternates, headers)
    return _with(page, content)


def _wants_page(request: Request, form: str | None) -> bool:
    try:
        return choose((*TABLES, *GRAPHS), request.headers.get("accept"), form).format is HTML
    except SpacenormsError:
        return False


def _given(request: Request, *left_out: str) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name not in left_out}


def _next(request: Request, limit: int, offset: int) -> str:
    kept = _given(request, "limit", "offset")
    return with_query(request.url.path, **kept, limit=limit, offset=offset)


def _alternates(
    request: Request, query: saved.SavedQuery, forms: Iterable[Format] = TABLES
) -> list[dict[str, str]]:
    return alternates_of(f"/queries/{query.name}", forms, **_given(request, *_RESERVED))


def links(
    alternates: list[dict[str, str]], following: str | None = None, before: str | None = None
) -> dict[str, str]:
    """Return the headers that lead to the other forms of an answer and to its neighbours."""
    found = [link_header(alternates)]
    if before:
        found.append(f'<{before}>; rel="prev"')
    if following:
        found.append(f'<{following}>; rel="next"')
    return {"Link": ", ".join(found), "Vary": "Accept"}


def _file_name(request: Request, query: saved.SavedQuery, form: Format) -> dict[str, str]:
    if form not in (CSV, TSV) or "format" not in request.query_params:
        return {}
    return {"Content-Disposition": f'attachment; filename="{query.name}.{form.name}"'}
