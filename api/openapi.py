"""Adds to the interface description the path of each saved query with its parameters, and examples."""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from api import openapi_examples
from api.negotiation import CSV, GRAPHS, HTML, JSON, RESULTS_JSON, RESULTS_XML, TSV, Format
from graph.errors import SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.sparql import examples, saved

_TABLES = (JSON, CSV, TSV, RESULTS_JSON, RESULTS_XML, HTML)
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "Lets its bearer write, where the operator has turned that on.",
    }
}
_FAULTS = {
    "400": "A value that is not right; the remedy says what would be.",
    "404": "A name that nothing has; the remedy suggests near ones.",
    "406": "A format that this answer does not have.",
    "503": "Stopped at its time limit, or too many queries are waiting.",
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "pattern": r"^(\d{4}(-\d{2}(-\d{2})?)?|today)$", "example": "2024-01-05"},
    "year": {"type": "integer", "example": 2024},
    "integer": {"type": "integer"},
    "text": {"type": "string"},
    "iri": {"type": "string", "format": "iri"},
}


def install(application: FastAPI) -> None:
    """Make the description of an application tell its saved queries; made when it is first asked for."""
    made = application.openapi

    def described() -> dict[str, Any]:
        is_new = application.openapi_schema is None
        schema = made()
        if is_new:
            schema["paths"].update(paths(application.state.graph))
            schema.setdefault("components", {})["securitySchemes"] = _SCHEMES
        return schema

    application.openapi = described  # type: ignore[method-assign]
    _serve(application)


def _serve(application: FastAPI) -> None:
    """Answer the description with examples; they are found when it is first read, in a thread of its own."""
    shown: dict[tuple[int, str], dict[str, Any]] = {}

    def answer(request: Request) -> JSONResponse:
        schema, graph = application.openapi(), application.state.graph
        made_of = (id(schema), graph.version)
        if made_of not in shown:
            full = copy.deepcopy(schema)
            openapi_examples.add(full, graph)
            shown.clear()
            shown[made_of] = full
        root = str(request.scope.get("root_path", "")).rstrip("/")
        return JSONResponse({**shown[made_of], **({"servers": [{"url": root}]} if root else {})})

    path = str(application.openapi_url)
    application.router.routes[:] = [
        route for route in application.router.routes if getattr(route, "path", None) != path
    ]
    application.add_route(path, answer, include_in_schema=False)


def paths(graph: KnowledgeGraph) -> dict[str, Any]:
    """Return a path for each saved query.

    Parameters
    ----------
    graph
        Gives the examples of names.
    """
    return {
        f"/queries/{query.name}": {"get": _operation(query, graph)} for query in saved.catalogue().values()
    }


def _operation(query: saved.SavedQuery, graph: KnowledgeGraph) -> dict[str, Any]:
    builds = examples.form_of(query) in ("CONSTRUCT", "DESCRIBE")
    formats: tuple[Format, ...] = (*GRAPHS, HTML) if builds else _TABLES
    columns = "".join(f"\n- `{name}`: {meaning}" for name, meaning in query.columns.items())
    return {
        "tags": ["queries"],
        "summary": query.title,
        "description": query.description + (f"\n\nColumns:\n{columns}" if columns else ""),
        "operationId": "query_" + query.name.replace("-", "_").replace("/", "_"),
        "x-tags": list(query.tags),
        "parameters": [*(_parameter(each, graph) for each in query.parameters), *_common(formats, builds)],
        "responses": {
            "200": {"description": "The answer.", "content": {each.media_type: {} for each in formats}},
            **{status: {"description": told} for status, told in _FAULTS.items()},
        },
    }


def _parameter(parameter: saved.Parameter, graph: KnowledgeGraph) -> dict[str, Any]:
    schema = _schema(parameter.type, graph)
    example = schema.pop("example", None)
    if parameter.default:
        schema["default"] = int(parameter.default) if schema["type"] == "integer" else parameter.default
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.description,
        "schema": schema,
        **({"example": example} if example is not None else {}),
    }


def _schema(kind: str, graph: KnowledgeGraph) -> dict[str, Any]:
    if kind.startswith("choice("):
        return {"type": "string", "enum": kind[len("choice(") : -1].split("|")}
    if kind in _SCHEMAS:
        return dict(_SCHEMAS[kind])
    named = kind[len("concept(") : -1] if kind.startswith("concept(") else kind
    return {"type": "string", "example": _example(named, graph)}


def _example(kind: str, graph: KnowledgeGraph) -> str | None:
    try:
        return graph.example(kind)
    except SpacenormsError:
        return None


def _common(formats: tuple[Format, ...], builds: bool) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(each.name if each is not RESULTS_JSON else "sparql-json" for each in formats))
    format_ = {"type": "string", "enum": names}
    told = [_plain("format", "Wins over the Accept header.", format_)]
    if not builds:
        limit = {"type": "integer", "minimum": 1, "maximum": 100_000}
        offset = {"type": "integer", "minimum": 0, "maximum": 2**31, "default": 0}
        told.append(_plain("limit", "The most rows to give; all when absent.", limit))
        told.append(_plain("offset", "Rows to leave out at the beginning.", offset))
    return told


def _plain(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
