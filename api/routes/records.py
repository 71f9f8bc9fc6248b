"""The lists and records, as pages, JSON, CSV and RDF; the ontology, the vocabularies and the data set."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api import pages
from api.negotiation import CSV, HTML, JSON, JSONLD, TURTLE, Choice, Format, choose
from graph import saved
from graph.dates import day
from graph.description import write_rdf
from graph.errors import UnknownName, suggest
from graph.knowledge import KnowledgeGraph
from graph.namespaces import GRAPHS, IDENTIFIER, KINDS as ADDRESS_KINDS, local_name
from graph.records import BY_SINGULAR, KINDS, Kind, Listing, Record, Records, Row, Section, filters_of
from graph.things import Apparatus, Citation, Thing

router = APIRouter(tags=["records"])

#: The forms of a list and of a record, the favourite first.
LIST_FORMATS = (JSON, HTML, CSV)
RDF_FORMATS = (TURTLE, JSONLD)
RECORD_FORMATS = (*LIST_FORMATS, *RDF_FORMATS)

#: Query parameters that every list and every record understands.
COMMON = ("format", "limit", "offset", "as_of")

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


class ThingModel(BaseModel):
    """Anything with an address: a state, an act, a concept."""

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/state/AUS"])
    id: str = Field(examples=["AUS"])
    kind: str = Field(examples=["state"])
    label: str = Field(examples=["Australia"])
    url: str = Field(description="Its path on this server.", examples=["/states/AUS"])


class ItemModel(BaseModel):
    """A line of a list: what it is of, and the columns of the list by name."""

    model_config = ConfigDict(extra="allow")

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/state/AUS"])
    id: str = Field(examples=["AUS"])
    label: str = Field(examples=["Australia"])
    url: str = Field(examples=["/states/AUS"])


class ListModel(BaseModel):
    """One page of a list."""

    kind: str = Field(examples=["states"])
    title: str
    description: str
    columns: dict[str, str] = Field(description="What each column of an item holds.")
    data_version: str
    as_of: str | None = Field(description="The day the list holds for; null for a list without a day.")
    filters: dict[str, str] = Field(description="What the list was narrowed by.")
    total: int = Field(description="How many there are in all.")
    limit: int
    offset: int
    next: str | None = Field(description="Path of the next page; null on the last.")
    items: list[ItemModel]


class RowModel(BaseModel):
    """A line of a section: its columns by name, and what it rests on."""

    model_config = ConfigDict(extra="allow")

    fact: ThingModel | None
    sources: list[ThingModel]
    locators: list[str]
    verification: str | None = Field(examples=["official"])
    notes: list[str]


class SectionModel(BaseModel):
    """A table of a record."""

    title: str
    description: str
    dated: bool = Field(description="Whether it holds for the day of the record.")
    total: int
    rows: list[RowModel]


class CitationModel(BaseModel):
    """How a source is cited."""

    source: ThingModel
    publisher: str | None
    issued: str | None
    page: str | None


class RecordModel(BaseModel):
    """Everything the graph says of one thing."""

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/state/AUS"])
    id: str = Field(examples=["AUS"])
    kind: str = Field(examples=["state"])
    label: str = Field(examples=["Australia"])
    url: str = Field(examples=["/states/AUS"])
    classes: list[ThingModel]
    data_version: str
    as_of: str = Field(description="The day that dated sections hold for.")
    fields: dict[str, Any] = Field(description="A value, a list, or null where nothing is recorded.")
    sources: list[ThingModel]
    locators: list[str]
    verification: str | None
    notes: list[str]
    sections: dict[str, SectionModel]
    cited: list[CitationModel]
    limit: int = Field(description="The most rows of a section that are returned.")
    offset: int


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
    headers = _headers(alternates, [("next", _following(request, listing))])
    if form is JSON:
        return JSONResponse(_list_json(request, listing, dated), headers=headers)
    if form is CSV:
        return _csv(f"{kind.name}.csv", _list_rows(listing), headers)
    return _list_page(request, records, listing, alternates, headers)


def answer_record(
    request: Request, kind: Kind, local: str, limit: int, offset: int, as_of: str | None
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
    when = day(as_of or records.graph.today).isoformat()
    try:
        record = records.record(kind, local, when, limit, offset)
    except UnknownName:
        other = records.canonical(kind, local)
        if other is None or other == local:
            raise
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{kind.name}/{quote(other)}{query}", status_code=307)
    return _record_answer(request, record, form, limit, offset)


def _record_answer(request: Request, record: Record, form: Format, limit: int = 500, offset: int = 0) -> Response:
    graph: KnowledgeGraph = request.app.state.graph
    alternates = pages.alternates_of(request.url.path, RECORD_FORMATS, **_kept(request))
    headers = _headers(alternates, [("canonical", record.thing.iri)])
    if form in RDF_FORMATS:
        return _rdf(graph, "views/record-description", form, headers, subject=record.thing.iri)
    if form is JSON:
        return JSONResponse(_record_json(record, graph, limit, offset), headers=headers)
    if form is CSV:
        return _csv(f"{record.thing.id}.csv", _record_rows(record, request), headers)
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
        format: Form = None,
    ) -> Response:
        return answer_record(request, kind, local, limit, offset, as_of)

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
        responses=_responses(ListModel, LIST_FORMATS),
        openapi_extra={"parameters": filters},
    )
    router.add_api_route(
        f"/{kind.name}/{{local}}",
        _record_route(kind),
        name=f"read_{kind.singular}",
        summary=f"One {kind.singular}",
        description=f"Everything the graph says of one {kind.singular}, each statement with its source.",
        response_class=Response,
        responses=_responses(RecordModel, RECORD_FORMATS),
    )


def _responses(model: type[BaseModel], formats: Iterable[Format]) -> dict[int | str, dict[str, Any]]:
    others: dict[str, dict[str, Any]] = {form.media_type: {} for form in formats if form is not JSON}
    return {
        200: {"model": model, "content": others, "description": "The answer."},
        404: {"description": "No such thing; the problem names the nearest."},
    }


for _kind in KINDS:
    _add_routes(_kind)


@router.get("/id/{kind}/{local}", summary="Linked data of one thing", response_class=Response)
def identified(request: Request, kind: str, local: str, format: Form = None) -> Response:
    """Answer for the address of a thing: a redirect to its page for people, its description for programs."""
    form = form_of(request, RECORD_FORMATS)
    if kind not in ADDRESS_KINDS:
        raise UnknownName(
            f"There is no kind of thing “{kind}”.", remedy=suggest(kind, ADDRESS_KINDS), code="unknown-kind"
        )
    if form is HTML and (kind in BY_SINGULAR or kind in pages.ELSEWHERE):
        return RedirectResponse(pages.local_path(f"{IDENTIFIER}{kind}/{local}"), status_code=303)
    if kind in BY_SINGULAR:
        return answer_record(request, BY_SINGULAR[kind], local, 500, 0, None)
    return _record_answer(request, records_of(request).plain(f"{IDENTIFIER}{kind}/{local}"), form)


@router.get("/vocabulary", summary="Vocabularies", response_class=Response)
def vocabularies(request: Request, format: Form = None) -> Response:
    """Answer every concept of every vocabulary with its definition."""
    form = form_of(request, LIST_FORMATS)
    rows = request.app.state.graph.run("views/record-vocabularies")
    alternates = pages.alternates_of(request.url.path, LIST_FORMATS)
    headers = _headers(alternates)
    if form is JSON:
        return JSONResponse({"total": len(rows), "items": rows}, headers=headers)
    if form is CSV:
        columns = list(rows[0]) if rows else []
        return _csv("vocabularies.csv", [columns, *([row[name] for name in columns] for row in rows)], headers)
    schemes = _schemes(rows, records_of(request))
    return pages.render(request, "vocabularies.html", headers=headers, alternates=alternates, schemes=schemes)


@router.get("/vocabulary/{scheme}", summary="One vocabulary", response_class=Response)
def vocabulary(scheme: str) -> Response:
    """Redirect to the vocabulary's place on the page of all."""
    return RedirectResponse(f"/vocabulary#{quote(scheme)}", status_code=303)


@router.get(
    "/vocabulary/{scheme}/{code}",
    summary="One concept",
    response_class=Response,
    responses=_responses(RecordModel, RECORD_FORMATS),
)
def concept(request: Request, scheme: str, code: str, format: Form = None) -> Response:
    """Answer a concept: its definition, its neighbours, and the facts that are coded with it."""
    form = form_of(request, RECORD_FORMATS)
    return _record_answer(request, records_of(request).concept(scheme, code), form)


@router.get("/ontology", summary="The ontology", response_class=Response)
def ontology(request: Request, format: Form = None) -> Response:
    """Answer the classes and properties: a page for people, Turtle or JSON-LD for programs."""
    form = form_of(request, (TURTLE, HTML, JSONLD))
    alternates = pages.alternates_of(request.url.path, RDF_FORMATS)
    headers = _headers(alternates)
    graph: KnowledgeGraph = request.app.state.graph
    if form is not HTML:
        return _rdf(graph, "views/record-ontology", form, headers)
    groups = _term_groups(graph.run("views/record-terms"), records_of(request))
    return pages.render(request, "ontology.html", headers=headers, alternates=alternates, groups=groups)


@router.get("/dataset", summary="The description of the data set", response_class=Response)
def dataset(request: Request, format: Form = None) -> Response:
    """Answer what the data set is made of: its graphs, their sources and licences."""
    form = form_of(request, (JSON, HTML, *RDF_FORMATS))
    alternates = pages.alternates_of(request.url.path, (JSON, *RDF_FORMATS))
    headers = _headers(alternates)
    graph: KnowledgeGraph = request.app.state.graph
    if form in RDF_FORMATS:
        return _rdf(graph, "views/record-edition-description", form, headers)
    edition = next(iter(graph.run("views/record-edition")), {})
    rows = graph.run("views/record-dataset")
    if form is JSON:
        return JSONResponse({**edition, "data_version": graph.version, "graphs": rows}, headers=headers)
    parts = [_part(row, records_of(request)) for row in rows]
    total = sum(part["triples"] for part in parts)
    return pages.render(
        request, "dataset.html", headers=headers, alternates=alternates, edition=edition, graphs=parts, total=total
    )


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
    return {
        name: values for name, values in records.choices(kind).items() if 1 < len(values) <= MOST_CHOICES
    }


def _following(request: Request, listing: Listing) -> str | None:
    return None if listing.following is None else _page(request, listing, listing.following)


def _page(request: Request, listing: Listing, offset: int) -> str:
    kept = {name: value for name, value in request.query_params.items() if name not in ("limit", "offset")}
    return pages.with_query(request.url.path, **kept, limit=listing.limit, offset=offset)


def _kept(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name != "format"}


def _headers(
    alternates: list[dict[str, str]], links: Iterable[tuple[str, str | None]] = ()
) -> dict[str, str]:
    further = [f'<{quote(href, safe=":/?&=#%+,;~")}>; rel="{rel}"' for rel, href in links if href]
    return {"Link": ", ".join([pages.link_header(alternates), *further]), "Vary": "Accept"}


def _rdf(
    graph: KnowledgeGraph, view: str, form: Format, headers: Mapping[str, str], **values: str
) -> Response:
    content = write_rdf(graph.describe(view, **values), form.media_type)
    return Response(content, media_type=Choice(form, form.media_type).content_type, headers=dict(headers))


def _csv(name: str, rows: Iterable[Iterable[Any]], headers: Mapping[str, str]) -> Response:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(["" if cell is None else cell for cell in row] for row in rows)
    disposition = {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}"}
    return Response(
        buffer.getvalue(), media_type="text/csv; charset=utf-8; header=present", headers={**headers, **disposition}
    )


def _thing_json(thing: Thing) -> dict[str, str]:
    return {
        "iri": thing.iri,
        "id": thing.id,
        "kind": thing.kind,
        "label": thing.label,
        "url": pages.local_path(thing),
    }


def _json(value: Any) -> Any:
    if isinstance(value, Thing):
        return _thing_json(value)
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    return value


def _support_json(apparatus: Apparatus) -> dict[str, Any]:
    return {
        "sources": _json(apparatus.sources),
        "locators": apparatus.locators,
        "verification": apparatus.verification,
        "notes": apparatus.notes,
    }


def _list_json(request: Request, listing: Listing, dated: bool) -> dict[str, Any]:
    graph: KnowledgeGraph = request.app.state.graph
    asked = dict(listing.asked)
    when = asked.pop("as_of", graph.today.isoformat())
    return {
        "kind": listing.kind.name,
        "title": listing.title,
        "description": listing.description,
        "columns": {column.name: column.description for column in listing.columns},
        "data_version": graph.version,
        "as_of": when if dated else None,
        "filters": asked,
        "total": listing.total,
        "limit": listing.limit,
        "offset": listing.offset,
        "next": _following(request, listing),
        "items": [_item_json(row) for row in listing.rows],
    }


def _item_json(row: Row) -> dict[str, Any]:
    identity = _thing_json(row.thing) if row.thing else {}
    identity.pop("kind", None)
    return {**identity, **{name: _json(value) for name, value in row.values.items()}}


def _record_json(record: Record, graph: KnowledgeGraph, limit: int, offset: int) -> dict[str, Any]:
    return {
        **_thing_json(record.thing),
        "classes": _json(record.classes),
        "data_version": graph.version,
        "as_of": record.as_of or graph.today.isoformat(),
        "fields": {field.name: _field_json(field.many, field.values) for field in record.fields},
        **_support_json(record.apparatus),
        "sections": {section.name: _section_json(section) for section in record.sections},
        "cited": [_citation_json(citation) for citation in record.citations],
        "limit": limit,
        "offset": offset,
    }


def _field_json(many: bool, values: tuple[Any, ...]) -> Any:
    if many or len(values) > 1:
        return _json(values)
    return _json(values[0]) if values else None


def _section_json(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "description": section.description,
        "dated": section.dated,
        "total": section.total,
        "rows": [_row_json(row) for row in section.rows],
    }


def _row_json(row: Row) -> dict[str, Any]:
    values = {name: _json(value) for name, value in row.values.items()}
    return {**values, "fact": _json(row.thing), **_support_json(row.apparatus)}


def _citation_json(citation: Citation) -> dict[str, Any]:
    return {
        "source": _thing_json(citation.source),
        "publisher": citation.publisher,
        "issued": citation.issued,
        "page": citation.page,
    }


def _code(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(str(_code(each)) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.id if isinstance(value, Thing) else value


def _list_rows(listing: Listing) -> Iterable[list[Any]]:
    names = [column.name for column in listing.columns]
    yield ["iri", "id", "label", *names]
    for row in listing.rows:
        if row.thing:
            yield [row.thing.iri, row.thing.id, row.thing.label, *(_code(row.values[name]) for name in names)]


def _record_rows(record: Record, request: Request) -> Iterable[list[Any]]:
    yield ["section", "row", "field", "value", "label", "fact", "sources", "locators", "verification", "notes"]
    for field in record.fields:
        for value in field.values:
            yield ["", "", field.name, *_value_cells(value), record.thing.id, *_support_cells(record.apparatus)]
    for section in record.sections:
        for number, row in enumerate(section.rows, 1):
            yield from _section_cells(section, number, row)


def _section_cells(section: Section, number: int, row: Row) -> Iterable[list[Any]]:
    fact = row.thing.id if row.thing else ""
    for name, value in row.values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield [section.name, number, name, *_value_cells(each), fact, *_support_cells(row.apparatus)]


def _value_cells(value: Any) -> list[Any]:
    return [value.id, value.label] if isinstance(value, Thing) else [_code(value), ""]


def _support_cells(apparatus: Apparatus) -> list[Any]:
    return [
        _code(list(apparatus.sources)),
        "; ".join(apparatus.locators),
        apparatus.verification or "",
        " | ".join(apparatus.notes),
    ]


def _schemes(rows: list[dict[str, Any]], records: Records) -> list[dict[str, Any]]:
    schemes: dict[str, dict[str, Any]] = {}
    for row in rows:
        scheme = schemes.setdefault(
            row["scheme"],
            {
                "anchor": local_name(row["scheme"]),
                "label": row["scheme_label"] or local_name(row["scheme"]),
                "definition": row["scheme_definition"],
                "concepts": [],
            },
        )
        scheme["concepts"].append({"thing": records.names.thing(row["concept"]), "definition": row["definition"]})
    return list(schemes.values())


def _term_groups(rows: list[dict[str, Any]], records: Records) -> list[dict[str, Any]]:
    titles = {"Class": "Classes", "ObjectProperty": "Relations", "DatatypeProperty": "Attributes"}
    groups: dict[str, dict[str, Any]] = {}
    for row in rows:
        title = titles.get(local_name(row["type"]), "Annotations")
        group = groups.setdefault(title, {"title": title, "anchor": title.lower(), "terms": []})
        group["terms"].append(_term(row, records))
    return list(groups.values())


def _term(row: dict[str, Any], records: Records) -> dict[str, Any]:
    return {
        "thing": records.names.thing(row["term"]),
        "definition": row["definition"],
        "parents": records.names.values(row["parent"]),
        "domain": records.names.values(row["domain"]),
        "range": records.names.values(row["range"]),
    }


def _part(row: dict[str, Any], records: Records) -> dict[str, Any]:
    return {
        "name": row["graph"].removeprefix(GRAPHS),
        "triples": row["triples"],
        "sources": records.names.values(row["source"]),
        "licences": records.names.values(row["licence"]),
        "derived": row["graph"].startswith(f"{GRAPHS}rules/"),
    }
