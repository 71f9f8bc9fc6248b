"""The SPARQL endpoint in the interface description; `api.protocol` answers it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import protocol
from api.cuts import HEADER
from api.negotiation import GRAPHS, HTML, RESULTS

router = APIRouter(tags=["sparql"])


def _parameter(name: str, description: str, *, is_list: bool = False) -> dict[str, Any]:
    text = {"type": "string"}
    schema = {"type": "array", "items": text} if is_list else text
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_PARAMETERS = [
    _parameter("query", "A SELECT, ASK, CONSTRUCT or DESCRIBE query."),
    _parameter("default-graph-uri", "A graph of the default graph; wins over FROM.", is_list=True),
    _parameter("named-graph-uri", "A graph that GRAPH reaches; wins over FROM NAMED.", is_list=True),
    _parameter("timeout", "Seconds after which to stop; the server's own limit is the most."),
    _parameter("max-rows", "Rows or statements after which to cut; the server's own limit is the most."),
    _parameter("max-bytes", "Bytes after which to cut; the server's own limit is the most."),
    _parameter("format", "html, json, xml, csv, tsv, turtle, trig, ntriples, nquads or jsonld."),
]
_DESCRIBED = {
    200: {
        "description": "The answer as the engine wrote it, or a page for a browser.",
        "headers": {
            HEADER: {
                "description": "Why the answer was cut and at which limit; absent from a whole one.",
                "schema": {"type": "string"},
            }
        },
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
    return await protocol.get(request)


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
                protocol.FORM: {"schema": {"type": "object", "properties": {"query": {"type": "string"}}}},
                protocol.DIRECT: {"schema": {"type": "string"}},
                protocol.UPDATE: {"schema": {"type": "string"}},
            },
        },
    },
)
async def sparql_post(request: Request) -> Response:
    """Evaluate a query from a form, or one that is the body itself.

    Where the operator has turned writing on, an update is carried out for the bearer of a token.
    """
    return await protocol.post(request)


@router.options("/sparql", include_in_schema=False)
async def sparql_options(request: Request) -> Response:
    """Tell the methods."""
    return await protocol.options(request)
