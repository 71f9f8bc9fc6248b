"""The front page, and the pages of linked data beside it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import pages
from api.routes import linked
from api.routes.records import records_of
from graph.knowledge import KnowledgeGraph
from graph.records.kinds import KINDS
from graph.sparql import saved

router = APIRouter()
router.include_router(linked.router)

#: The tag of the saved queries that the front page offers, and how many it offers.
FIRST_TAG, FIRST_QUERIES = "bridging", 3


@router.get("/", include_in_schema=False, response_class=Response)
def front(request: Request) -> Response:
    """Show what this is, where to begin, what it holds and what it does not know."""
    graph: KnowledgeGraph = request.app.state.graph
    records = records_of(request)
    return pages.render(
        request,
        "home.html",
        counts=_counts(records.counts()),
        grades=[
            {**row, "verification": records.names.thing(str(row["verification"]))}
            for row in graph.run("views/record-verification")
        ],
        silences=graph.run("views/record-silences"),
        queries=first_queries(),
        base=str(request.base_url),
    )


def first_queries() -> list[saved.SavedQuery]:
    """Return the saved queries to begin with: those tagged for it, then others, a few in all."""
    queries = saved.catalogue().values()
    return sorted(queries, key=lambda query: (FIRST_TAG not in query.tags, len(query.title)))[:FIRST_QUERIES]


def _counts(things: dict[str, int]) -> list[dict[str, Any]]:
    shown = [
        {"href": f"/{kind.name}", "label": pages.words(kind.name), "things": things[kind.singular]}
        for kind in KINDS
        if things.get(kind.singular)
    ]
    shown += [
        {"href": href, "label": f"norm {href.strip('/')}", "things": things[kind]}
        for kind, href in pages.ELSEWHERE.items()
        if things.get(kind)
    ]
    return shown
