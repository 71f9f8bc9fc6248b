"""What in a network is beyond chance, and what of it survives when parts of the facts are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import pages
from api.computations import SAMPLING
from api.negotiation import CSV, HTML, JSON
from api.networkquery import Limit, OfNetwork
from graph.errors import BadValue

router = APIRouter(tags=["networks"])

FORMATS = (JSON, HTML, CSV)

#: Samples when a caller names no number, and at most.
SAMPLES, MOST = 1000, 2000


@router.get(
    "/networks/{view}/significance", summary="What in a network is beyond chance", response_class=Response
)
def read_significance(
    asked: OfNetwork,
    measure: Annotated[
        str | None,
        Query(
            description="A measure of /networks; betweenness when absent. Of votes: agreement, or "
            "agreement: and the code of an alliance."
        ),
    ] = None,
    samples: Annotated[int, Query(description=f"Random networks to draw, {MOST:,} at most.")] = SAMPLES,
    seed: Annotated[int, Query(ge=0, description="Seed of the random numbers.")] = 1,
    model: Annotated[
        str | None,
        Query(
            description="curveball keeps every degree (of votes: every tally, and each state's own numbers "
            "of yes, abstention and no), bicm keeps them on average; permuted, for votes, keeps the tallies "
            "only; rewired is that of linkages."
        ),
    ] = None,
    table: Annotated[str | None, Query(description="For CSV: nodes, pairs or groups.")] = None,
    limit: Limit = None,
) -> Response:
    """Return z and p beside a measure of nodes, overlaps or agreement of pairs, and the blocs as a whole."""
    from graph.chance.evidence import significance_csv, significance_record
    from graph.chance.sampling import CURVEBALL, Plan
    from graph.chance.significance import is_kept, significance

    chosen = asked.choose(FORMATS)
    _check(samples)
    plan = Plan(model or CURVEBALL, samples, seed)
    options = asked.arguments("samples", "model", "table")
    with SAMPLING.take(is_kept=is_kept(asked.graph, asked.view, measure, plan, **options)):
        found = significance(asked.graph, asked.view, measure, plan, **options)
    if chosen is CSV:
        return _download(
            significance_csv(found, limit, table), f"{found.view}-significance-{found.as_of}.csv"
        )
    record = significance_record(found, limit)
    if chosen is HTML:
        return _page(asked.request, "significance.html", found=record, names=_groups(found.parameters))
    return JSONResponse(record)


@router.get(
    "/networks/{view}/robustness", summary="What survives when facts are left out", response_class=Response
)
def read_robustness(
    asked: OfNetwork,
    measure: Annotated[
        str, Query(description="A measure of /networks, such as betweenness.")
    ] = "betweenness",
    top: Annotated[int, Query(ge=1, description="How many places count as the top.")] = 10,
    limit: Limit = None,
) -> Response:
    """Return rank intervals without each treaty, alliance, tradition of sources, and recalled facts."""
    from graph.chance.evidence import robustness_csv, robustness_record
    from graph.chance.robustness import is_kept, robustness

    chosen, options = asked.choose(FORMATS), asked.arguments("top")
    with SAMPLING.take(is_kept=is_kept(asked.graph, asked.view, measure, top=top, **options)):
        found = robustness(asked.graph, asked.view, measure, top=top, **options)
    if chosen is CSV:
        return _download(robustness_csv(found, limit), f"{found.view}-robustness-{found.as_of}.csv")
    record = robustness_record(found, limit)
    if chosen is HTML:
        return _page(asked.request, "robustness.html", found=record, names=_groups(found.parameters))
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
