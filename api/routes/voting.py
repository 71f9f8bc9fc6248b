"""Votes on outer space: where states stand on two lines of texts, and how blocs vote by year."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import drawing, pages
from api.negotiation import CSV, HTML, JSON, choose

router = APIRouter(tags=["networks"])

FORMATS = (JSON, HTML, CSV)
BLOCS = "artemis,ilrs"

AsOf = Annotated[
    str | None, Query(description="Last day of the votes and day of the memberships; today when absent.")
]
Since = Annotated[
    str | None, Query(description="First day of the votes; the six years up to the day when absent.")
]
Between = Annotated[str, Query(description="Names of two alliances, joined by a comma.")]
Form = Annotated[str | None, Query(description="html, json or csv, instead of the Accept header.")]


@router.get("/voting", summary="Positions of states on two lines of texts", response_class=Response)
def read_axes(
    request: Request,
    as_of: AsOf = None,
    since: Since = None,
    lines: Annotated[
        str | None, Query(description="Two groups of subjects, joined by a comma; those the vocabulary has.")
    ] = None,
    between: Between = BLOCS,
    yes: Annotated[float, Query(ge=0, le=1, description="Mean from which a position is yes.")] = 0.75,
    no: Annotated[float, Query(ge=0, le=1, description="Mean up to which a position is no.")] = 0.25,
    minimum: Annotated[
        int | None, Query(ge=1, description="Votes on each line that a state must have.")
    ] = None,
    format: Form = None,
) -> Response:
    """Return the mean position of each state on two lines of texts, the quadrants, and who is in each."""
    from graph.series import timerecords
    from graph.votes.voting import POSITIONS, axes

    chosen = choose(FORMATS, request.headers.get("accept"), format).format
    found = axes(
        request.app.state.graph,
        as_of,
        since=since or None,
        lines=_names(lines or ""),
        between=_names(between),
        thresholds=(yes, no),
        minimum=minimum,
    )
    if chosen is CSV:
        return _csv(timerecords.axes_csv(found), "voting-axes.csv")
    record = timerecords.axes_record(found)
    if chosen is JSON:
        return JSONResponse(record, headers=_headers(request))
    groups = {bloc.code: bloc.label for bloc in found.blocs}
    return pages.render(
        request,
        "voting.html",
        headers=_headers(request),
        alternates=_alternates(request),
        axes=record,
        dots=drawing.square(record["states"]),
        size=drawing,
        positions=POSITIONS,
        names={**groups, "both": "both", "neither": "neither"},
        styles={code: f"group-{number}" for number, code in enumerate(groups)} | {"both": "group-both"},
        between=between,
        cohesion=None,
    )


@router.get("/voting/cohesion", summary="How blocs vote by year", response_class=Response)
def read_cohesion(
    request: Request,
    start: Annotated[int, Query(alias="from", ge=1945, le=9999, description="First year.")] = 1957,
    end: Annotated[int | None, Query(alias="to", ge=1945, le=9999, description="Last year.")] = None,
    topic: Annotated[str | None, Query(description="A subject or a wider group of subjects.")] = None,
    between: Between = BLOCS,
    members_as_of: Annotated[
        str | None, Query(description="The day whose memberships hold for every year; today when absent.")
    ] = None,
    format: Form = None,
) -> Response:
    """Return agreement within and across two blocs by year, and the number of votes each rests on."""
    from graph.series import timerecords
    from graph.votes.voting import cohesion

    chosen = choose(FORMATS, request.headers.get("accept"), format).format
    graph = request.app.state.graph
    last = min(end or graph.today.year, graph.today.year)
    found = cohesion(
        graph, start, last, topic=topic or "", between=_names(between), members_as_of=members_as_of
    )
    if chosen is CSV:
        return _csv(timerecords.cohesion_csv(found), "voting-cohesion.csv")
    record = timerecords.cohesion_record(found)
    if chosen is JSON:
        return JSONResponse(record, headers=_headers(request))
    years = [each["year"] for each in record["years"]]
    series = {
        f"within {bloc.label}": [each["within"][bloc.code] for each in record["years"]]
        for bloc in found.blocs
    }
    series["across"] = [each["across"] for each in record["years"]]
    return pages.render(
        request,
        "voting.html",
        headers=_headers(request),
        alternates=_alternates(request),
        axes=None,
        charts=[drawn for drawn in [drawing.chart("Agreement", "", years, series, (0.0, 1.0))] if drawn],
        size=drawing,
        names={bloc.code: bloc.label for bloc in found.blocs},
        between=between,
        cohesion=record,
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _alternates(request: Request) -> list[dict[str, str]]:
    kept = {name: value for name, value in request.query_params.items() if name != "format"}
    return pages.alternates_of(request.url.path, FORMATS, **kept)


def _headers(request: Request) -> dict[str, str]:
    return {"Link": pages.link_header(_alternates(request)), "Vary": "Accept"}


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Vary": "Accept"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
