"""What in a network is beyond chance, and what of it survives when parts of the facts are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from api import pages
from api.negotiation import CSV, HTML, JSON, Format, choose
from graph.errors import BadValue, ServiceBusy
from graph.knowledge import KnowledgeGraph

router = APIRouter(tags=["networks"])

FORMATS = (JSON, HTML, CSV)

#: Samples when a caller names no number, and at most.
SAMPLES, MOST = 1000, 2000

#: Seconds that a request waits for its turn; answers kept from before do not wait.
PATIENCE = 20.0

BLOCS = "artemis,ilrs"

_TURNS = BoundedSemaphore(1)

View = Annotated[str, Path(description="affiliation or alignment; linkages too for significance.")]
MeasureName = Annotated[str, Query(description="A measure of /networks, such as betweenness.")]
AsOf = Annotated[
    str | None, Query(description="The day the answer holds for, as 2024-01-31; today when absent.")
]
Between = Annotated[str, Query(description="Names of two alliances, joined by a comma.")]
Imprecise = Annotated[
    str, Query(description="include counts facts dated too coarsely to say whether they had begun.")
]
Limit = Annotated[int | None, Query(ge=1, description="Rows at most.")]
Form = Annotated[str | None, Query(description="A format by name, instead of the Accept header.")]


@router.get(
    "/networks/{view}/significance", summary="What in a network is beyond chance", response_class=Response
)
def read_significance(
    request: Request,
    view: View,
    measure: MeasureName = "betweenness",
    samples: Annotated[int, Query(description=f"Random networks to draw, {MOST:,} at most.")] = SAMPLES,
    seed: Annotated[int, Query(ge=0, description="Seed of the random numbers.")] = 1,
    model: Annotated[
        str, Query(description="curveball keeps every degree, bicm keeps them on average.")
    ] = "curveball",
    as_of: AsOf = None,
    between: Between = BLOCS,
    imprecise: Imprecise = "exclude",
    limit: Limit = None,
    format: Form = None,
) -> Response:
    """Return z and p beside centralities, overlaps of states and the modularity of the blocs."""
    from graph.chance.evidence import significance_csv, significance_record
    from graph.chance.sampling import Plan
    from graph.chance.significance import is_kept, significance

    chosen = _choose(request, format)
    _check(samples)
    graph, plan = _graph(request), Plan(model, samples, seed)
    options = _options(request, between, as_of, imprecise)
    with _turn(is_kept(graph, view, measure, plan, **options)):
        found = significance(graph, view, measure, plan, **options)
    if chosen is CSV:
        return _download(significance_csv(found, limit), f"{view}-significance-{found.as_of}.csv")
    record = significance_record(found, limit)
    if chosen is HTML:
        return _page(request, "significance.html", found=record, names=_groups(found.parameters))
    return JSONResponse(record)


@router.get(
    "/networks/{view}/robustness", summary="What survives when facts are left out", response_class=Response
)
def read_robustness(
    request: Request,
    view: View,
    measure: MeasureName = "betweenness",
    top: Annotated[int, Query(ge=1, description="How many places count as the top.")] = 10,
    as_of: AsOf = None,
    between: Between = BLOCS,
    imprecise: Imprecise = "exclude",
    limit: Limit = None,
    format: Form = None,
) -> Response:
    """Return rank intervals without each treaty, alliance, tradition of sources, and recalled facts."""
    from graph.chance.evidence import robustness_csv, robustness_record
    from graph.chance.robustness import is_kept, robustness

    chosen = _choose(request, format)
    graph, options = _graph(request), _options(request, between, as_of, imprecise)
    with _turn(is_kept(graph, view, measure, top=top, **options)):
        found = robustness(graph, view, measure, top=top, **options)
    if chosen is CSV:
        return _download(robustness_csv(found, limit), f"{view}-robustness-{found.as_of}.csv")
    record = robustness_record(found, limit)
    if chosen is HTML:
        return _page(request, "robustness.html", found=record, names=_groups(found.parameters))
    return JSONResponse(record)


def _check(samples: int) -> None:
    if not 1 <= samples <= MOST:
        raise BadValue(
            f"{samples:,} samples are asked for.",
            remedy=f"Ask for 1 to {MOST:,} here; `spacenorms network affiliation --significance {samples}` "
            "draws as many as you like on your own machine."
            if samples > MOST
            else f"Ask for 1 to {MOST:,}.",
            code="bad-samples",
            most=MOST,
        )


@contextmanager
def _turn(kept: bool) -> Iterator[None]:
    """Let one request compute at a time, so that the others' answers do not wait for it."""
    if kept:
        yield
        return
    if not _TURNS.acquire(timeout=PATIENCE):
        raise ServiceBusy(
            "Another answer of this kind is being computed.", remedy="Ask again in a minute; it is then kept."
        )
    try:
        yield
    finally:
        _TURNS.release()


#: Parameters of these addresses; any other is an option of the view.
_OWN = frozenset(
    {"measure", "samples", "seed", "model", "top", "as_of", "between", "imprecise", "limit", "format"}
)


def _options(request: Request, between: str, as_of: str | None, imprecise: str) -> dict[str, Any]:
    others: dict[str, Any] = {name: text for name, text in request.query_params.items() if name not in _OWN}
    names = [name.strip() for name in between.split(",") if name.strip()]
    if "raw" in others:
        others["raw"] = others["raw"].casefold() in ("1", "true", "yes")
    return {**others, "between": names, "as_of": as_of, "imprecise": imprecise}


def _graph(request: Request) -> KnowledgeGraph:
    graph: KnowledgeGraph = request.app.state.graph
    return graph


def _choose(request: Request, name: str | None) -> Format:
    return choose(FORMATS, request.headers.get("accept"), name).format


def _groups(parameters: Any) -> Sequence[str]:
    return str(parameters["between"]).split(",")


def _page(request: Request, template: str, **context: Any) -> Response:
    kept = {name: value for name, value in request.query_params.items() if name != "format"}
    alternates = pages.alternates_of(request.url.path, FORMATS, **kept)
    headers = {"Link": pages.link_header(alternates), "Vary": "Accept"}
    return pages.render(request, template, headers=headers, alternates=alternates, kept=kept, **context)


def _download(body: str, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Vary": "Accept"}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
