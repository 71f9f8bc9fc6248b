"""Linked data: the addresses of things and concepts, the ontology, and the description of the data set."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from api import pages
from api.negotiation import CSV, HTML, JSON, JSONLD, TURTLE
from api.record_models import RecordModel
from api.routes.records import (
    LIST_FORMATS,
    RDF_FORMATS,
    RECORD_FORMATS,
    Form,
    answer_record,
    csv_answer,
    form_of,
    headers_of,
    rdf_answer,
    record_answer,
    records_of,
    responses_of,
)
from api.routes.wellknown import endpoint_of
from graph.errors import UnknownName, suggest
from graph.knowledge import KnowledgeGraph
from graph.namespaces import GRAPHS, IDENTIFIER, local_name
from graph.namespaces import KINDS as ADDRESS_KINDS
from graph.rdf import void
from graph.rdf.description import write_rdf
from graph.records.kinds import BY_SINGULAR
from graph.records.lookup import Records

router = APIRouter(tags=["linked data"])


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
    return record_answer(request, records_of(request).plain(f"{IDENTIFIER}{kind}/{local}"), form)


@router.get("/vocabulary", summary="Vocabularies", response_class=Response)
def vocabularies(request: Request, format: Form = None) -> Response:
    """Answer every concept of every vocabulary with its definition."""
    form = form_of(request, LIST_FORMATS)
    rows = request.app.state.graph.run("views/record-vocabularies")
    alternates = pages.alternates_of(request.url.path, LIST_FORMATS)
    headers = headers_of(alternates)
    if form is JSON:
        return JSONResponse({"total": len(rows), "items": rows}, headers=headers)
    if form is CSV:
        columns = list(rows[0]) if rows else []
        return csv_answer(
            "vocabularies.csv", [columns, *([row[name] for name in columns] for row in rows)], headers
        )
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
    responses=responses_of(RecordModel, RECORD_FORMATS),
)
def concept(request: Request, scheme: str, code: str, format: Form = None) -> Response:
    """Answer a concept: its definition, its neighbours, and the facts that are coded with it."""
    form = form_of(request, RECORD_FORMATS)
    return record_answer(request, records_of(request).concept(scheme, code), form)


@router.get("/ontology", summary="The ontology", response_class=Response)
def ontology(request: Request, format: Form = None) -> Response:
    """Answer the classes and properties: a page for people, Turtle or JSON-LD for programs."""
    form = form_of(request, (TURTLE, HTML, JSONLD))
    alternates = pages.alternates_of(request.url.path, RDF_FORMATS)
    headers = headers_of(alternates)
    graph: KnowledgeGraph = request.app.state.graph
    if form is not HTML:
        return rdf_answer(graph, "views/record-ontology", form, headers)
    groups = _term_groups(graph.run("views/record-terms"), records_of(request))
    return pages.render(request, "ontology.html", headers=headers, alternates=alternates, groups=groups)


@router.get("/dataset", summary="The description of the data set", response_class=Response)
def dataset(request: Request, format: Form = None) -> Response:
    """Answer what the data set is made of: its graphs, their sources and licences."""
    form = form_of(request, (JSON, HTML, *RDF_FORMATS))
    alternates = pages.alternates_of(request.url.path, (JSON, *RDF_FORMATS))
    headers = headers_of(alternates)
    graph: KnowledgeGraph = request.app.state.graph
    if form in RDF_FORMATS:
        content = write_rdf(dict.fromkeys(void.triples(graph, endpoint_of(request))), form.media_type)
        return Response(content, media_type=form.media_type, headers=headers)
    edition = next(iter(graph.run("views/record-edition")), {})
    rows = graph.run("views/record-dataset")
    if form is JSON:
        return JSONResponse({**edition, "data_version": graph.version, "graphs": rows}, headers=headers)
    parts = [_part(row, records_of(request)) for row in rows]
    total = sum(part["triples"] for part in parts)
    return pages.render(
        request,
        "dataset.html",
        headers=headers,
        alternates=alternates,
        edition=edition,
        graphs=parts,
        total=total,
    )


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
        scheme["concepts"].append(
            {"thing": records.names.thing(row["concept"]), "definition": row["definition"]}
        )
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
