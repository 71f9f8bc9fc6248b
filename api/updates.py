"""SPARQL Update over the SPARQL 1.1 Protocol, for those who may write."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.writing import Writing
from graph.errors import BadQuery
from graph.namespaces import BASE
from graph.sparql import dataset
from graph.writing.guard import check_address, inspect_update
from graph.writing.write import Write

_QUERIES = ("query", "default-graph-uri", "named-graph-uri")


async def update(request: Request, pairs: list[tuple[str, str]]) -> Response:
    """Carry out the update of a request.

    Parameters
    ----------
    request
        Its body already read.
    pairs
        Its parameters, the update among them.

    Returns
    -------
    Response
        What was changed, in JSON.

    Raises
    ------
    SpacenormsError
        It is refused, and nothing was changed.
    """
    writing: Writing = request.app.state.writing
    author = writing.writers.author(request)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    text = _text(given)
    using, using_named = _dataset(given, "using-graph-uri"), _dataset(given, "using-named-graph-uri")
    found = inspect_update(text, has_dataset=using is not None or using_named is not None)
    graphs = request.app.state.pool.graphs
    write = Write(
        "update",
        found.read.text,
        found.operations,
        using=None if using is None else tuple(dataset.expand(using, graphs)),
        using_named=None if using_named is None else tuple(dataset.expand(using_named, graphs)),
        may_name_reserved=found.may_name_reserved,
        base=BASE,
    )
    receipt = await writing.write(request, author, "update", lambda _: write, found.read)
    return JSONResponse(receipt.told(), headers={"Cache-Control": "no-store"})


def _text(given: Mapping[str, list[str]]) -> str:
    for name in _QUERIES:
        if name in given:
            raise BadQuery(
                f"A request with an update has no parameter {name}.",
                remedy="Name graphs for its patterns with using-graph-uri and using-named-graph-uri.",
                code="bad-parameter",
                parameter=name,
            )
    updates = given.get("update", [])
    if len(updates) != 1:
        raise BadQuery(
            f"The request holds {len(updates)} updates.",
            remedy="Send one a request; its operations are parted by semicolons, and made together.",
            code="repeated-parameter" if updates else "missing-update",
            parameter="update",
        )
    return updates[0]


def _dataset(given: Mapping[str, list[str]], name: str) -> list[str] | None:
    named = [check_address(graph, name) for graph in given.get(name, []) if graph]
    return named or None
