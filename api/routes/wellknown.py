"""The addresses at which programs look for the statistics of the data and for example queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

import pyoxigraph as ox
from fastapi import APIRouter, Query, Request, Response

from api.answercache import CACHE_CONTROL, entity_tag, is_known
from api.negotiation import GRAPHS, choose
from graph.rdf import void
from graph.rdf.description import write_rdf
from graph.sparql import examples, servicedescription

router = APIRouter(tags=["service"])

_DESCRIBED = {200: {"description": "RDF.", "content": {each.media_type: {} for each in GRAPHS}}}
Form = Annotated[str | None, Query(alias="format", description="Wins over the Accept header.")]


@router.get(
    "/.well-known/void",
    summary="The statistics of the data set",
    response_class=Response,
    responses=_DESCRIBED,  # type: ignore[arg-type]
)
def statistics(request: Request, form: Form = None) -> Response:
    """Return the graphs with their sizes, and how much there is of each class and property (VoID)."""
    endpoint, graph = endpoint_of(request), request.app.state.graph
    return described(request, "void", lambda: void.triples(graph, endpoint), form)


@router.get(
    "/.well-known/sparql-examples",
    summary="The saved queries as statements",
    response_class=Response,
    responses=_DESCRIBED,  # type: ignore[arg-type]
)
def example_queries(request: Request, form: Form = None) -> Response:
    """Return every saved query in the form in which SPARQL editors and assistants look for examples."""
    endpoint = endpoint_of(request)
    return described(request, "examples", lambda: examples.triples(endpoint), form)


def service(request: Request, form: str | None) -> Response:
    """Return the description of the SPARQL service."""
    endpoint, graph = endpoint_of(request), request.app.state.graph
    is_writable = getattr(request.app.state, "writing", None) is not None

    def triples() -> Iterable[ox.Triple]:
        return servicedescription.triples(graph, endpoint, is_writable=is_writable)

    return described(request, "service", triples, form)


def described(
    request: Request, name: str, triples: Callable[[], Iterable[ox.Triple]], form: str | None
) -> Response:
    """Return statements in the form that a request asks for, made once for each edition of the data.

    Parameters
    ----------
    request
        Asks.
    name
        What is described; kept under this name.
    triples
        Makes the statements.
    form
        Of ``?format=``; None or empty for the Accept header.
    """
    chosen = choose(GRAPHS, request.headers.get("accept"), form or None)
    endpoint = endpoint_of(request)
    tag = entity_tag(request, "", name, endpoint, chosen.media_type)
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL if tag else "no-store"}
    if tag:
        headers["ETag"] = tag
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    body = _written(request, tag, triples, chosen.format.media_type)
    return Response(body, headers={**headers, "Content-Type": chosen.content_type})


def _written(
    request: Request, tag: str | None, triples: Callable[[], Iterable[ox.Triple]], media_type: str
) -> bytes:
    answers = request.app.state.answers
    kept: bytes | None = answers.get(("described", tag)) if tag else None
    if kept is None:
        kept = write_rdf(dict.fromkeys(triples()), media_type)
        if tag:
            answers.put(("described", tag), kept, len(kept))
    return kept


def endpoint_of(request: Request) -> str:
    """Return the address of the SPARQL endpoint under which the client reaches this server."""
    return f"{str(request.base_url).rstrip('/')}/sparql"
