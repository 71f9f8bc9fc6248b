"""The graph store in the interface description; `api.graphstore` answers it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import graphstore
from api.negotiation import GRAPHS

router = APIRouter(tags=["graph store"])

_GRAPH = {
    "name": "graph",
    "in": "query",
    "required": False,
    "description": "The absolute IRI of a graph.",
    "schema": {"type": "string", "format": "iri"},
}
_DEFAULT = {
    "name": "default",
    "in": "query",
    "required": False,
    "description": "Without a value: the graph that updates write that name none.",
    "schema": {"type": "string", "enum": [""]},
}
_FORMAT = {
    "name": "format",
    "in": "query",
    "required": False,
    "description": "Wins over the Accept header.",
    "schema": {"type": "string", "enum": [each.name for each in GRAPHS]},
}
_PARAMETERS = [_GRAPH, _DEFAULT]
_DOCUMENT = {"schema": {"type": "string"}}
_BODY = {
    "required": True,
    "content": {
        "text/turtle": _DOCUMENT,
        "application/n-triples": _DOCUMENT,
        "application/ld+json": _DOCUMENT,
        "application/rdf+xml": _DOCUMENT,
    },
}
_READ = {200: {"description": "The graph.", "content": {each.media_type: {} for each in GRAPHS}}}
_FAULTS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The request carries no token, or one of nobody."},
    403: {"description": "The graph is reserved."},
    405: {"description": "This server is for reading only."},
    422: {"description": "The result would break a shape; the faults tell where."},
}
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]


@router.get(
    graphstore.PATH,
    summary="Read a graph",
    response_class=Response,
    responses=_READ,  # type: ignore[arg-type]
    openapi_extra={"parameters": [*_PARAMETERS, _FORMAT]},
)
@router.get(graphstore.PATH + "/{path:path}", include_in_schema=False)
async def read_graph(request: Request) -> Response:
    """Return one graph, whoever wrote it."""
    return await graphstore.get(request)


@router.put(
    graphstore.PATH,
    summary="Replace a graph",
    response_class=Response,
    responses={200: {"description": "Replaced."}, 201: {"description": "Made."}, **_FAULTS},
    openapi_extra={"parameters": _PARAMETERS, "requestBody": _BODY, "security": _SECURITY},
)
@router.put(graphstore.PATH + "/{path:path}", include_in_schema=False)
async def replace_graph(request: Request) -> Response:
    """Put a document in the place of a graph of your own, where the server lets you write."""
    return await graphstore.put(request)


@router.post(
    graphstore.PATH,
    summary="Add to a graph",
    response_class=Response,
    responses={200: {"description": "Added."}, 201: {"description": "Made."}, **_FAULTS},
    openapi_extra={"parameters": _PARAMETERS, "requestBody": _BODY, "security": _SECURITY},
)
@router.post(graphstore.PATH + "/{path:path}", include_in_schema=False)
async def add_to_graph(request: Request) -> Response:
    """Add a document to a graph of your own; without a graph, to a new one that Location names."""
    return await graphstore.post(request)


@router.delete(
    graphstore.PATH,
    summary="Delete a graph",
    response_class=Response,
    responses={
        200: {"description": "Deleted."},
        404: {"description": "There is no such graph."},
        **_FAULTS,
    },
    openapi_extra={"parameters": _PARAMETERS, "security": _SECURITY},
)
@router.delete(graphstore.PATH + "/{path:path}", include_in_schema=False)
async def delete_graph(request: Request) -> Response:
    """Delete a graph of your own."""
    return await graphstore.delete(request)


@router.options(graphstore.PATH, include_in_schema=False)
@router.options(graphstore.PATH + "/{path:path}", include_in_schema=False)
async def graph_options(request: Request) -> Response:
    """Tell the methods."""
    return await graphstore.options(request)
