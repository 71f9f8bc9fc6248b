"""Networks over time: the bifurcation panel, every measure by year or by event, and suppositions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api import drawing, pages
from api.conflict_models import Deed
from api.negotiation import CSV, HTML, JSON, choose
from graph.errors import BadValue, suggest

if TYPE_CHECKING:  # What computes is imported by the first request that needs it: a server starts sooner.
    from graph.series.bifurcation import Panel
    from graph.series.timeline import Timeline

router = APIRouter(tags=["networks"])

FORMATS = (JSON, HTML, CSV)
BLOCS = "artemis,ilrs"

_OWN = (
    "measure",
    "from",
    "to",
    "by",
    "view",
    "node",
    "limit",
    "between",
    "topic",
    "members_as_of",
    "dated",
    "format",
)
_OPTIONS = ("level", "tradition", "verified", "imprecise")
_KNOWN = (*_OWN, *_OPTIONS)

Measures = Annotated[
    str | None,
    Query(
        description="Measures of /networks joined by commas, such as betweenness; without any, the "
        "bifurcation panel.",
        examples=["betweenness"],
    ),
]
Bound = Annotated[str | None, Query(description="A year or a day.", examples=["2020"])]
Between = Annotated[str, Query(description="Names of two alliances, joined by a comma.")]
Form = Annotated[str | None, Query(description="html, json or csv, instead of the Accept header.")]


@router.get(
    "/timeline", summary="Measures over time, and what each accession changed", response_class=Response
)
def read_timeline(
    request: Request,
    measure: Measures = None,
    start: Annotated[str | None, Query(alias="from", description="First year or day.")] = None,
    end: Annotated[str | None, Query(alias="to", description="Last year or day; today when absent.")] = None,
    by: Annotated[
        str, Query(description="year, or event for each day on which a state joins or leaves something.")
    ] = "year",
    view: Annotated[str, Query(description="A network of /networks.")] = "affiliation",
    node: Annotated[str | None, Query(description="Codes of nodes, joined by commas.")] = None,
    limit: Annotated[int | None, Query(ge=1, description="Ranks at most, at each point.")] = None,
    between: Between = BLOCS,
    topic: Annotated[str | None, Query(description="For the panel: one subject of votes.")] = None,
    dated: Annotated[
        str,
        Query(description="well leaves ties that no source dates to within a year out of the whole line."),
    ] = "any",
    members_as_of: Annotated[
        str | None, Query(description="For the panel: the day whose memberships hold for every year.")
    ] = None,
    format: Form = None,
) -> Response:
    """Return several measures of whether two blocs part, by year; or node measures by year or by event."""
    _known_only(request)
    if measure or by == "event":
        names = _names(measure or "betweenness")
        return _measured(
            request, names, (start, end), by, view, _names(node or ""), limit, between, dated, format
        )
    return _panel(request, (start, end), between, topic or "", members_as_of, format)


class WhatIf(BaseModel):
    """Acts to suppose and acts to leave out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"add": ["IND joins ILRS in 2027"]}]}
    )

    add: list[str | Deed] = Field(default_factory=list, max_length=50)
    remove: list[str] = Field(default_factory=list, max_length=50, examples=[["SRB-artemis-accords"]])
    as_of: str | None = Field(
        default=None, description="The day to compare; the last act's effect when absent."
    )
    measures: list[str] = Field(
        default_factory=lambda: ["degree", "betweenness"], min_length=1, max_length=20
    )
    between: list[str] = Field(default_factory=lambda: BLOCS.split(","), max_length=10)
    raw: bool = Field(default=False, description="For alignment: every overlap.")
    limit: int | None = Field(default=None, ge=1, description="Changes at most.")


@router.post("/networks/{view}/what-if", summary="A network with acts supposed", response_class=Response)
def read_what_if(
    request: Request,
    view: Annotated[str, Path(description="The name of a network, such as affiliation.")],
    body: WhatIf,
    format: Form = None,
) -> Response:
    """Compare the measures of a network with and without supposed acts; the graph stays as it is."""
    from graph.networks.supposed import what_if
    from graph.series import timerecords

    chosen = choose((JSON, CSV), request.headers.get("accept"), format).format
    acts = [each if isinstance(each, str) else each.model_dump() for each in body.add]
    found = what_if(
        request.app.state.graph,
        view,
        acts,
        body.as_of,
        remove=body.remove,
        measures=body.measures,
        between=body.between,
        raw=body.raw,
    )
    if chosen is CSV:
        return _csv(timerecords.what_if_csv(found), f"{found.view}-what-if.csv")
    return JSONResponse(timerecords.what_if_record(found, body.limit))


def _measured(
    request: Request,
    names: Sequence[str],
    span: tuple[str | None, str | None],
    by: str,
    view: str,
    nodes: Sequence[str],
    limit: int | None,
    between: str,
    dated: str,
    format: str | None,
) -> Response:
    from graph.measures.catalogue import MEASURES
    from graph.series import timerecords
    from graph.series.timeline import timeline

    chosen = choose(FORMATS, request.headers.get("accept"), format).format
    given = {name: request.query_params[name] for name in _OPTIONS if request.query_params.get(name)}
    found = timeline(
        request.app.state.graph, names, *span, by=by, view=view, between=_names(between), dated=dated, **given
    )
    if chosen is CSV:
        text = (
            timerecords.moved_csv(found) if by == "event" else timerecords.timeline_csv(found, nodes, limit)
        )
        return _csv(text, f"timeline-{by}.csv")
    if chosen is JSON:
        return JSONResponse(timerecords.timeline_record(found, nodes, limit), headers=_headers(request))
    record = timerecords.timeline_record(found, nodes, limit if nodes or limit else 5)
    charts = _node_charts(found, nodes) if by == "year" else []
    return _page(request, "timeline.html", timeline=record, charts=charts, panel=None, measures=MEASURES)


def _panel(
    request: Request,
    span: tuple[str | None, str | None],
    between: str,
    topic: str,
    members_as_of: str | None,
    format: str | None,
) -> Response:
    from graph.measures.catalogue import MEASURES
    from graph.series import timerecords
    from graph.series.bifurcation import panel
    from graph.series.timeline import FIRST_YEAR

    chosen = choose(FORMATS, request.headers.get("accept"), format).format
    found = panel(
        request.app.state.graph,
        _year(span[0], "from") or FIRST_YEAR,
        _year(span[1], "to"),
        between=_names(between),
        members_as_of=members_as_of,
        topic=topic,
    )
    if chosen is CSV:
        return _csv(timerecords.panel_csv(found), "bifurcation.csv")
    record = timerecords.panel_record(found)
    if chosen is JSON:
        return JSONResponse(record, headers=_headers(request))
    charts = list(_panel_charts(found))
    return _page(request, "timeline.html", timeline=None, charts=charts, panel=record, measures=MEASURES)


#: The charts of the panel: the series each draws together, and the bounds of its axis.
_CHARTS: tuple[tuple[str, tuple[str, ...], tuple[float, float] | None], ...] = (
    ("Agreement in votes", ("within", "across"), (0.0, 1.0)),
    ("Modularity of the blocs in votes", ("voting_modularity",), None),
    ("… in standard deviations from chance", ("voting_modularity_z",), None),
    ("Modularity of the blocs in affiliations, from chance", ("affiliation_modularity_z",), None),
    ("E-I index of cooperation", ("ei_index",), (-1.0, 1.0)),
    ("Share of cooperative ties that cross", ("crossing_share", "recorded_crossing_share"), (0.0, 1.0)),
    ("Frustrated ties, as a share", ("frustration",), None),
    ("Roll calls of the year", ("votes",), None),
)


def _panel_charts(found: Panel) -> list[drawing.Chart]:
    years = [each.year for each in found.years]
    made = []
    for title, names, bounds in _CHARTS:
        wanted = [code for name in names for code in found.series if code.partition(":")[0] == name]
        series = {found.series[code][0]: [each.values.get(code) for each in found.years] for code in wanted}
        method = found.series[wanted[0]][1] if wanted else ""
        drawn = drawing.chart(title, method, years, series, bounds)
        if drawn:
            made.append(drawn)
    return made


def _node_charts(found: Timeline, nodes: Sequence[str]) -> list[drawing.Chart]:
    years = [int(point.date[:4]) for point in found.points]
    made = []
    for name in found.measures:
        last = next((point for point in reversed(found.points) if point.values[name]), None)
        if last is None:
            continue
        ranked = sorted(last.values[name], key=lambda node: (last.values[name][node][1], node))
        shown = [node for node in nodes or ranked if node in last.values[name]]
        if not nodes:
            shown = [node for node in shown if last.labels[node][1] == "state"] or shown
        series = {
            last.labels[node][0]: [point.values[name].get(node, (None, 0))[0] for point in found.points]
            for node in shown[:5]
        }
        method = "The nodes asked for, or the states that rank highest at the end."
        drawn = drawing.chart(name, method, years, series)
        if drawn:
            made.append(drawn)
    return made


def _year(value: str | None, name: str) -> int | None:
    if not value:
        return None
    if value[:4].isdecimal() and (len(value) == 4 or value[4] == "-"):
        return int(value[:4])
    raise BadValue(
        f"“{value}” is no year ({name}).",
        remedy="Write a year such as 2020.",
        code="bad-value",
        parameter=name,
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _known_only(request: Request) -> None:
    for name in request.query_params:
        if name not in _KNOWN:
            raise BadValue(
                f"“{name}” is not a parameter here.",
                remedy=suggest(name, _KNOWN),
                code="unknown-parameter",
                parameter=name,
            )


def _alternates(request: Request) -> list[dict[str, str]]:
    kept = {name: value for name, value in request.query_params.items() if name != "format"}
    return pages.alternates_of(request.url.path, FORMATS, **kept)


def _headers(request: Request) -> dict[str, str]:
    return {"Link": pages.link_header(_alternates(request)), "Vary": "Accept"}


def _page(request: Request, template: str, **context: Any) -> Response:
    alternates = _alternates(request)
    kept = {name: value for name, value in request.query_params.items() if name != "format"}
    return pages.render(
        request,
        template,
        headers=_headers(request),
        alternates=alternates,
        kept=kept,
        size=drawing,
        **context,
    )


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Vary": "Accept"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
