"""The lists and records, as pages, JSON, CSV and RDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel

from api import pages
from api.negotiation import CSV, HTML, JSON, JSONLD, TURTLE, Choice, Format, choose
from api.record_forms import list_json, list_rows, record_json, record_rows, section_rows, sentence_rows
from api.record_models import ListModel, RecordModel
from graph.conflicts.lookup import index
from graph.dates import day
from graph.errors import BadValue, UnknownName, suggest
from graph.knowledge import KnowledgeGraph
from graph.law import record as law
from graph.rdf.description import write_rdf
from graph.records.kinds import KINDS, Kind
from graph.records.lookup import Records, filters_of
from graph.records.tables import Listing, Record
from graph.sparql import saved

router = APIRouter(tags=["records"])

#: The forms of a list and of a record, the favourite first.
LIST_FORMATS = (JSON, HTML, CSV)
RDF_FORMATS = (TURTLE, JSONLD)
RECORD_FORMATS = (*LIST_FORMATS, *RDF_FORMATS)

#: Query parameters that every list and every record understands.
COMMON = ("format", "limit", "offset", "as_of")

#: Query parameters that every record understands beside these.
OF_RECORDS = ("section", "count")

#: The section that is asked for to get the law of a thing in sentences.
SENTENCES = "sentences"

#: A filter with more values than this is a field to write in, not a list to choose from.
MOST_CHOICES = 60

#: Pages of a kind that read better than the general one.
TEMPLATES = ("state", "norm", "provision", "ambiguity", "instrument")

Limit = Annotated[int, Query(ge=1, le=1000, description="The most rows to return.")]
Offset = Annotated[int, Query(ge=0, description="How many rows to leave out before them.")]
AsOf = Annotated[
    str | None, Query(description="The day the answer holds for, such as 2022-06-01; today when absent.")
]
Form = Annotated[
    str | None, Query(description="The form of the answer, instead of the Accept header: html, json, csv …")
]


OneSection = Annotated[
    str | None,
    Query(
        description="One section of the record, or “sentences”; CSV is then a table of its columns.",
        examples=["sentences"],
    ),
]
Count = Annotated[
    str | None,
    Query(
        description="Key of the source whose count of parties is taken where lists disagree, such as "
        "ggo-parties; without it, what is disputed does not count.",
        examples=["ggo-parties"],
    ),
]


def records_of(request: Request) -> Records:
    """Return the lists and records of the graph that is served, made anew when the graph is.

    Parameters
    ----------
    request
        Of the application that holds the graph.

    Returns
    -------
    Records
    """
    graph: KnowledgeGraph = request.app.state.graph
    held = getattr(request.app.state, "records", None)
    if not isinstance(held, Records) or held.graph is not graph:
        held = Records(graph)
        request.app.state.records = held
    return held


def form_of(request: Request, offered: Sequence[Format]) -> Format:
    """Return the form of the answer that a request asks for, by ``?format=`` or its Accept header."""
    return choose(offered, request.headers.get("accept"), request.query_params.get("format")).format


def answer_list(request: Request, kind: Kind, limit: int, offset: int, as_of: str | None) -> Response:
    """Answer one page of a list in the form that is asked for.

    Parameters
    ----------
    request
        Its query string also holds the filters.
    kind
        What to list.
    limit, offset
        Which part of it.
    as_of
        A day; checked also where the list does not depend on one.

    Returns
    -------
    Response

    Raises
    ------
    SpacenormsError
        A filter, a value or a format that does not exist.
    """
    form = form_of(request, LIST_FORMATS)
    records = records_of(request)
    dated = any(each.name == "as_of" for each in filters_of(kind))
    when = day(as_of).isoformat() if as_of else None
    asked = {name: value for name, value in request.query_params.items() if name not in COMMON}
    listing = records.listing(kind, {**asked, "as_of": when} if dated and when else asked, limit, offset)
    alternates = pages.alternates_of(request.url.path, LIST_FORMATS, **_kept(request))
    headers = headers_of(alternates, [("next", _following(request, listing))])
    if form is JSON:
        return JSONResponse(
            list_json(listing, records.graph, _following(request, listing), dated), headers=headers
        )
    if form is CSV:
        return csv_answer(f"{kind.name}.csv", list_rows(listing), headers)
    return _list_page(request, records, listing, alternates, headers)


def answer_record(
    request: Request,
    kind: Kind,
    local: str,
    limit: int,
    offset: int,
    as_of: str | None,
    section: str | None = None,
    count: str | None = None,
) -> Response:
    """Answer the record of one thing in the form that is asked for.

    Parameters
    ----------
    request
        Of a client.
    kind, local
        What to show, such as the kind of states and ``AUS``.
    limit, offset
        Which part of each section.
    as_of
        The day that dated sections hold for; today when None.
    section
        The one section to return; all when None.
    count
        The source whose count of parties is taken; none when None.

    Returns
    -------
    Response
        A redirect where the thing is known by another name or case.

    Raises
    ------
    SpacenormsError
        There is no such thing, day or format.
    """
    form = form_of(request, RECORD_FORMATS)
    records = records_of(request)
    _check_names(request, (*COMMON, *OF_RECORDS))
    when = day(as_of or records.graph.today).isoformat()
    chosen = _one_section(kind, section)
    if count:
        index(request.app.state.graph).check_count(count)
    told = section in (None, "", SENTENCES)
    try:
        record = records.record(chosen, local, when, limit, offset, count=count or None, told=told)
    except UnknownName:
        other = records.canonical(kind, local)
        if other is None or other == local:
            raise
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{kind.name}/{quote(other)}{query}", status_code=307)
    return record_answer(request, record, form, limit, offset)


def _one_section(kind: Kind, section: str | None) -> Kind:
    """Return the kind with only one of its sections, or the kind itself when none is asked for."""
    if not section:
        return kind
    if section == SENTENCES and kind.singular in law.KINDS:
        return replace(kind, sections=())
    if section not in kind.sections:
        raise BadValue(
            f"A record of {kind.name} has no section “{section}”.",
            remedy=suggest(section, kind.sections) or "It has fields only.",
            code="unknown-section",
            known=list(kind.sections),
        )
    return replace(kind, sections=(section,))


def _check_names(request: Request, known: Sequence[str]) -> None:
    for name in request.query_params:
        if name not in known:
            raise BadValue(
                f"“{name}” is not a parameter here.",
                remedy=suggest(name, known),
                code="unknown-parameter",
                parameter=name,
            )


def record_answer(
    request: Request, record: Record, form: Format, limit: int = 500, offset: int = 0
) -> Response:
    """Answer a record in a form.

    Parameters
    ----------
    request
        Of a client.
    record
        What to show.
    form
        One of `RECORD_FORMATS`.
    limit, offset
        Which part of each section the record holds.

    Returns
    -------
    Response
    """
    graph: KnowledgeGraph = request.app.state.graph
    alternates = pages.alternates_of(request.url.path, RECORD_FORMATS, **_kept(request))
    headers = headers_of(alternates, [("canonical", record.thing.iri)])
    if form in RDF_FORMATS:
        return rdf_answer(graph, "views/record-description", form, headers, subject=record.thing.iri)
    if form is JSON:
        return JSONResponse(record_json(record, graph, limit, offset), headers=headers)
    if form is CSV:
        return csv_answer(f"{record.thing.id}.csv", _rows(request, record), headers)
    name = record.thing.kind if record.kind and record.thing.kind in TEMPLATES else "record"
    return pages.render(
        request,
        f"{name}.html",
        headers=headers,
        alternates=alternates,
        record=record,
        today=graph.today.isoformat(),
        limit=limit,
        offset=offset,
    )


def _rows(request: Request, record: Record) -> Iterable[Iterable[Any]]:
    section = request.query_params.get("section")
    if section == SENTENCES:
        return sentence_rows(record)
    return section_rows(record.sections[0]) if section else record_rows(record)


def _list_route(kind: Kind) -> Callable[..., Response]:
    def listed(
        request: Request, limit: Limit = 100, offset: Offset = 0, as_of: AsOf = None, format: Form = None
    ) -> Response:
        return answer_list(request, kind, limit, offset, as_of)

    return listed


def _record_route(kind: Kind) -> Callable[..., Response]:
    def recorded(
        request: Request,
        local: str,
        limit: Limit = 500,
        offset: Offset = 0,
        as_of: AsOf = None,
        section: OneSection = None,
        count: Count = None,
        format: Form = None,
    ) -> Response:
        return answer_record(request, kind, local, limit, offset, as_of, section, count)

    return recorded


def _add_routes(kind: Kind) -> None:
    view = saved.find(f"views/list-{kind.name}")
    filters = [
        {"name": each.name, "in": "query", "description": each.description, "schema": {"type": "string"}}
        for each in filters_of(kind)
        if each.name not in COMMON
    ]
    router.add_api_route(
        f"/{kind.name}",
        _list_route(kind),
        name=f"list_{kind.name}",
        summary=view.title,
        description=view.description,
        response_class=Response,
        responses=responses_of(ListModel, LIST_FORMATS),
        openapi_extra={"parameters": filters},
    )
    router.add_api_route(
        f"/{kind.name}/{{local}}",
        _record_route(kind),
        name=f"read_{kind.singular}",
        summary=f"One {kind.singular}",
        description=f"Everything the graph says of one {kind.singular}, each statement with its source.",
        response_class=Response,
        responses=responses_of(RecordModel, RECORD_FORMATS),
    )


def responses_of(model: type[BaseModel], formats: Iterable[Format]) -> dict[int | str, dict[str, Any]]:
    """Return what the interface description says of answers in some forms, with the shape of the JSON."""
    others: dict[str, dict[str, Any]] = {form.media_type: {} for form in formats if form is not JSON}
    return {
        200: {"model": model, "content": others, "description": "The answer."},
        404: {"description": "No such thing; the problem names the nearest."},
    }


for _kind in KINDS:
    _add_routes(_kind)


def _list_page(
    request: Request,
    records: Records,
    listing: Listing,
    alternates: list[dict[str, str]],
    headers: Mapping[str, str],
) -> Response:
    before = max(listing.offset - listing.limit, 0)
    return pages.render(
        request,
        "list.html",
        headers=headers,
        alternates=alternates,
        description=listing.description,
        listing=listing,
        choices=_choices(records, listing.kind),
        today=records.graph.today.isoformat(),
        previous=_page(request, listing, before) if listing.offset else None,
        following=_following(request, listing),
    )


def _choices(records: Records, kind: Kind) -> dict[str, list[tuple[str, str]]]:
    return {name: values for name, values in records.choices(kind).items() if 1 < len(values) <= MOST_CHOICES}


def _following(request: Request, listing: Listing) -> str | None:
    return None if listing.following is None else _page(request, listing, listing.following)


def _page(request: Request, listing: Listing, offset: int) -> str:
    kept = {name: value for name, value in request.query_params.items() if name not in ("limit", "offset")}
    return pages.with_query(request.url.path, **kept, limit=listing.limit, offset=offset)


def _kept(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name != "format"}


def headers_of(
    alternates: list[dict[str, str]], links: Iterable[tuple[str, str | None]] = ()
) -> dict[str, str]:
    """Return the headers of an answer: its other forms and further links, by relation."""
    further = [f'<{quote(href, safe=":/?&=#%+,;~")}>; rel="{rel}"' for rel, href in links if href]
    return {"Link": ", ".join([pages.link_header(alternates), *further]), "Vary": "Accept"}


def rdf_answer(
    graph: KnowledgeGraph, view: str, form: Format, headers: Mapping[str, str], **values: str
) -> Response:
    """Answer what a CONSTRUCT view gives, as RDF."""
    content = write_rdf(graph.describe(view, **values), form.media_type)
    return Response(content, media_type=Choice(form, form.media_type).content_type, headers=dict(headers))


def csv_answer(name: str, rows: Iterable[Iterable[Any]], headers: Mapping[str, str]) -> Response:
    """Answer rows as CSV, the head first."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(["" if cell is None else cell for cell in row] for row in rows)
    disposition = {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}"}
    return Response(
        buffer.getvalue(),
        media_type="text/csv; charset=utf-8; header=present",
        headers={**headers, **disposition},
    )
