"""The front page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import pages
from api.routes.records import records_of
from graph import saved
from graph.knowledge import KnowledgeGraph
from graph.records import KINDS

router = APIRouter(tags=["pages"], include_in_schema=False)

#: The tag of the saved query that the front page offers first.
FIRST_TAG = "start here"


@router.get("/", response_class=Response)
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
        query=first_query(),
        base=str(request.base_url),
    )


def first_query() -> saved.SavedQuery | None:
    """Return the saved query to begin with: the one tagged for it, or the first; None without any."""
    queries = list(saved.catalogue().values())
    tagged = [query for query in queries if FIRST_TAG in query.tags]
    return next(iter(tagged or queries), None)


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
    return sorted(shown, key=lambda each: -int(each["things"]))
