"""Full-text search over everything that the graph says in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api import pages
from api.negotiation import CSV, HTML, JSON, choose
from api.record_forms import thing_json
from api.routes.records import csv_answer, headers_of, records_of
from graph.errors import BadValue, suggest
from graph.records.kinds import BY_SINGULAR
from graph.records.things import Apparatus
from graph.search.engine import Hit, SearchAnswer, index, table
from graph.search.passages import Piece

router = APIRouter(tags=["search"])

_FORMATS = (JSON, HTML, CSV)
_KNOWN = ("q", "kind", "limit", "offset", "format")

#: What kinds without a list of their own are called.
_NAMES = {
    "concept": "concepts",
    "conflict": "conflicts",
    "count": "rival counts",
    "potential": "inferred conflicts",
    "rollcall": "roll calls",
    "seat": "seats",
    "snapshot": "status tables",
    "term": "terms of the ontology",
    "text": "remarks on texts",
}


class PieceModel(BaseModel):
    """A stretch of text."""

    text: str
    marked: bool = Field(description="Whether it matches what was looked for.")


class PassageModel(BaseModel):
    """A part of a text of the thing."""

    field: str = Field(description="What the text is to the thing.", examples=["definition"])
    language: str = Field(examples=["en"])
    text: str
    pieces: list[PieceModel] = Field(description="The same text, matching stretches apart.")


class SourceModel(BaseModel):
    """A source of the thing."""

    id: str = Field(examples=["un-ost-text"])
    title: str


class HitModel(BaseModel):
    """A thing found."""

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/norm/N-CHM"])
    id: str = Field(examples=["N-CHM"])
    kind: str = Field(examples=["norm"])
    label: str = Field(examples=["Common heritage of mankind"])
    url: str = Field(description="Its path on this server.", examples=["/norms/N-CHM"])
    name: list[PieceModel] = Field(description="Its label, matching stretches apart.")
    passage: PassageModel | None = Field(description="The best of its other texts.")
    sources: list[SourceModel]
    verification: str | None = Field(examples=["official"])


class CorrectionModel(BaseModel):
    """A word that no text has, and the word that was looked for instead."""

    given: str = Field(examples=["appropiation"])
    read: str = Field(examples=["appropriation"])


class KindModel(BaseModel):
    """How many hits there are of a kind."""

    kind: str = Field(examples=["norm"])
    label: str = Field(examples=["Norms"])
    count: int


class SearchModel(BaseModel):
    """What a search found."""

    q: str = Field(examples=["common heritage"])
    data_version: str
    corrections: list[CorrectionModel]
    not_found: list[str] = Field(description="Words that no text has anything like.")
    matching: str = Field(description="all: each hit has all words; any: no text has them all.")
    remarks: list[str] = Field(description="Sentences that tell how the query was read.")
    kind: str | None
    kinds: list[KindModel] = Field(description="Hits of each kind, whatever kind is asked for.")
    total: int = Field(description="How many hits there are of the kind asked for.")
    limit: int
    offset: int
    next: str | None = Field(description="Path of the next page; null on the last.")
    items: list[HitModel]


@router.get(
    "/search",
    response_model=SearchModel,
    summary="Search all texts",
    responses={200: {"content": {"text/html": {}, "text/csv": {}}}},
)
def search(
    request: Request,
    q: Annotated[
        str,
        Query(
            description='Words in any order; a phrase in "quotation marks"; launch* for all words that so '
            "begin; a code. Misspelt words are read as the words most like them, and the answer says so.",
            examples=["common heritage", '"due regard"', "N-CHM", "appropiation"],
        ),
    ] = "",
    kind: Annotated[
        str | None, Query(description="Only things of this kind.", examples=["norm", "provision"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most hits to return.")] = 20,
    offset: Annotated[int, Query(ge=0, description="How many hits to leave out before them.")] = 0,
    format: Annotated[
        str | None, Query(description="html, json or csv, instead of the Accept header.")
    ] = None,
) -> Response:
    """Find things by the words of their labels, definitions, summaries, claims, titles and notes.

    Things whose code or name is the query come first. Accents and capitals make no difference.
    """
    _known_only(request)
    chosen = choose(_FORMATS, request.headers.get("accept"), format)
    answer = index(request.app.state.graph).search(q, kind, limit, offset)
    links = _links(request, answer)
    headers = headers_of(_alternates(request), links.items())
    if chosen.format is CSV:
        return csv_answer("search.csv", _rows(request, answer), headers)
    data = _told(request, answer, links["next"])
    if chosen.format is JSON:
        return JSONResponse(data, headers=headers)
    return pages.render(
        request,
        "search.html",
        headers=headers,
        alternates=_alternates(request),
        answer=data,
        choices=[(each, kind_name(each)) for each in sorted(index(request.app.state.graph).kinds)],
        previous=links["prev"],
        description="Search the law and norms of outer space.",
    )


def kind_name(kind: str) -> str:
    """Return what things of a kind are called together: ``Norms``."""
    listed = BY_SINGULAR.get(kind)
    return pages.heading(listed.name if listed else _NAMES.get(kind, kind))


def _known_only(request: Request) -> None:
    for name in request.query_params:
        if name not in _KNOWN:
            raise BadValue(
                f"“{name}” is not a parameter here.",
                remedy=suggest(name, _KNOWN),
                code="unknown-parameter",
                parameter=name,
            )


def _told(request: Request, answer: SearchAnswer, following: str | None) -> dict[str, Any]:
    return {
        "q": answer.query,
        "data_version": answer.version,
        "corrections": [{"given": each.given, "read": each.read} for each in answer.corrections],
        "not_found": list(answer.not_found),
        "matching": answer.matching,
        "remarks": list(answer.remarks),
        "kind": answer.kind,
        "kinds": [
            {"kind": kind, "label": kind_name(kind), "count": count} for kind, count in answer.kinds.items()
        ],
        "total": answer.total,
        "limit": answer.limit,
        "offset": answer.offset,
        "next": following,
        "items": [_hit(request, hit) for hit in answer.hits],
    }


def _hit(request: Request, hit: Hit) -> dict[str, Any]:
    support = _support(request, hit)
    return {
        **thing_json(hit.thing),
        "name": _pieces(hit.name),
        "passage": {
            "field": hit.passage.field,
            "language": hit.passage.language,
            "text": hit.passage.text,
            "pieces": _pieces(hit.passage.pieces),
        }
        if hit.passage
        else None,
        "sources": [{"id": source.id, "title": source.label} for source in support.sources],
        "verification": support.verification,
    }


def _pieces(pieces: tuple[Piece, ...]) -> list[dict[str, Any]]:
    return [{"text": piece.text, "marked": piece.marked} for piece in pieces]


def _support(request: Request, hit: Hit) -> Apparatus:
    return records_of(request).names.support([hit.thing.iri])


def _rows(request: Request, answer: SearchAnswer) -> Iterator[list[Any]]:
    found = table(answer)
    yield [*found.columns, "verification", "sources"]
    for row, hit in zip(found.rows, answer.hits, strict=True):
        support = _support(request, hit)
        yield [*row.values(), support.verification, "; ".join(source.id for source in support.sources)]


def _links(request: Request, answer: SearchAnswer) -> dict[str, str | None]:
    before = max(answer.offset - answer.limit, 0) if answer.offset else None
    return {"prev": _page(request, answer, before), "next": _page(request, answer, answer.following)}


def _page(request: Request, answer: SearchAnswer, offset: int | None) -> str | None:
    if offset is None:
        return None
    kept = {name: value for name, value in request.query_params.items() if name not in ("limit", "offset")}
    return pages.with_query("/search", **kept, limit=answer.limit, offset=offset)


def _alternates(request: Request) -> list[dict[str, str]]:
    kept = {name: value for name, value in request.query_params.items() if name != "format"}
    return pages.alternates_of("/search", _FORMATS, **kept)
