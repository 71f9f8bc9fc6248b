"""Norm conflicts: found by state, norm, instrument, alliance, theme, type and day, and why they are so."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json

from api import pages
from api.conflict_models import (
    ConflictList,
    ConflictOne,
    CounterfactualModel,
    HistoryModel,
    PotentialList,
    WhatIf,
)
from api.negotiation import CSV, HTML, JSON, choose
from graph.conflicts import counterfactual
from graph.conflicts.lookup import ConflictAnswer, ConflictIndex, index
from graph.conflicts.telling import (
    conflict_table,
    told,
    told_conflict,
    told_counterfactual,
    told_history,
    told_potential,
)
from graph.errors import BadValue, suggest
from graph.knowledge import Result

router = APIRouter(tags=["conflicts"])

_FORMATS = (JSON, CSV)
_LIST = (
    "state",
    "norm",
    "instrument",
    "alliance",
    "theme",
    "type",
    "exposure",
    "as_of",
    "imprecise",
    "count",
    "format",
)
_ONE = ("state", "as_of", "imprecise", "count", "format")

State = Annotated[
    str | None,
    Query(
        description="Code or name of a state: only conflicts that it carries, with its acts.",
        examples=["AUS"],
    ),
]
AsOf = Annotated[str, Query(description="The day the answer holds for.", examples=["2023-06-01"])]
Imprecise = Annotated[
    Literal["exclude", "include"],
    Query(description="Whether facts known by month or year count from their first possible day."),
]
Count = Annotated[
    str | None,
    Query(
        description="Source whose count of parties is taken where lists disagree.", examples=["ggo-parties"]
    ),
]
Format = Annotated[str | None, Query(description="html, json or csv, instead of the Accept header.")]


@router.get("/conflicts", response_model=ConflictList, summary="Find norm conflicts")
def conflicts(
    request: Request,
    state: State = None,
    norm: Annotated[str | None, Query(description="A norm on either side.", examples=["N-CHM"])] = None,
    instrument: Annotated[
        str | None, Query(description="States a norm of the conflict.", examples=["MOON"])
    ] = None,
    alliance: Annotated[
        str | None, Query(description="Promotes a norm of the conflict.", examples=["artemis"])
    ] = None,
    theme: Annotated[str | None, Query(description="Theme of a norm of the conflict.")] = None,
    type: Annotated[str | None, Query(description="Type of the conflict.", examples=["tension"])] = None,
    exposure: Annotated[str, Query(description="With a state: both sides carried, or just one.")] = "both",
    as_of: AsOf = "today",
    imprecise: Imprecise = "exclude",
    count: Count = None,
    format: Format = None,
) -> Response:
    """Find conflicts by state, norm, instrument, alliance, theme, type and day."""
    _known_only(request, _LIST)
    chosen = choose((JSON, HTML, CSV), request.headers.get("accept"), format)
    found = index(request.app.state.graph)
    answer = found.find(
        state=state,
        as_of=as_of or "today",
        exposure=exposure,
        imprecise=imprecise == "include",
        count=count or None,
        norm=norm,
        instrument=instrument,
        alliance=alliance,
        theme=theme,
        type=type,
    )
    if chosen.format is CSV:
        return Response(conflict_table(found, answer).to_csv(), media_type="text/csv; charset=utf-8")
    data = told(found, answer)
    if chosen.format is JSON:
        return _json(data, headers=_links(request, "/conflicts"))
    return _list_page(request, found, answer, data)


@router.post("/conflicts/what-if", response_model=CounterfactualModel, summary="Conflicts gained and lost")
def what_if(request: Request, body: WhatIf) -> Response:
    """Compare conflicts with and without supposed acts; the graph stays as it is."""
    added = [each if isinstance(each, str) else each.model_dump() for each in body.add]
    answer = counterfactual.what_if(index(request.app.state.graph), added, body.remove, body.as_of)
    return _json(told_counterfactual(answer))


@router.get("/conflicts/history", response_model=HistoryModel, summary="A state's conflicts over time")
def history(
    request: Request,
    state: Annotated[str, Query(description="Code or name of the state.", examples=["SAU"])],
    since: Annotated[
        str, Query(description="Changes after this day.", examples=["2022-01-01"])
    ] = "1957-01-01",
    until: Annotated[str, Query(description="Changes up to this day.")] = "today",
    count: Count = None,
    format: Format = None,
) -> Response:
    """Tell when each conflict of a state began and ended, by which act, and what changed between two days."""
    _known_only(request, ("state", "since", "until", "count", "format"))
    chosen = choose((JSON, HTML, CSV), request.headers.get("accept"), format)
    found = index(request.app.state.graph)
    data = told_history(found, state, since, until, count or None)
    if chosen.format is CSV:
        return Response(_changes_table(data["changes"]).to_csv(), media_type="text/csv; charset=utf-8")
    if chosen.format is JSON:
        return _json(data, headers=_links(request, "/conflicts/history"))
    return pages.render(
        request,
        "conflict-history.html",
        headers=_links(request, "/conflicts/history"),
        history=data,
        since=found.day(since),
        until=found.day(until),
        alternates=_alternates(request, "/conflicts/history"),
    )


def _changes_table(changed: list[dict[str, Any]]) -> Result:
    columns = ("date", "change", "conflict", "issue", "by", "told", "sources")
    joined = [
        {**each, "by": "; ".join(each["by"]), "sources": " ".join(source["id"] for source in each["sources"])}
        for each in changed
    ]
    return Result(columns, joined)


@router.get("/conflicts/potential", response_model=PotentialList, summary="Conflicts that rules propose")
def potential(
    request: Request,
    norm: Annotated[str | None, Query(description="A norm on either side.", examples=["N-CHM"])] = None,
    theme: Annotated[str | None, Query(description="A theme of either side.")] = None,
    format: Format = None,
) -> Response:
    """Tell what rules propose, with the trace of each, and how often the curated conflicts agree."""
    _known_only(request, ("norm", "theme", "format"))
    chosen = choose((JSON, HTML, CSV), request.headers.get("accept"), format)
    data = told_potential(request.app.state.graph, norm or None, theme or None)
    if chosen.format is CSV:
        columns = ("iri", "norm_a", "norm_b", "type", "rule", "explanation")
        return Response(Result(columns, data["potential"]).to_csv(), media_type="text/csv; charset=utf-8")
    if chosen.format is JSON:
        return _json(data, headers=_links(request, "/conflicts/potential"))
    return pages.render(
        request,
        "conflicts-potential.html",
        headers=_links(request, "/conflicts/potential"),
        answer=data,
        asked={"norm": norm, "theme": theme},
        choices=index(request.app.state.graph).choices(),
        alternates=_alternates(request, "/conflicts/potential"),
    )


@router.get("/conflicts/{code}", response_model=ConflictOne, summary="One norm conflict")
def conflict(
    request: Request,
    code: str,
    state: State = None,
    as_of: AsOf = "today",
    imprecise: Imprecise = "exclude",
    count: Count = None,
    format: Format = None,
) -> Response:
    """Tell one conflict with everyone who carries a side, by which acts; or with one state's acts only."""
    _known_only(request, _ONE)
    chosen = choose((JSON, HTML, CSV), request.headers.get("accept"), format)
    found = index(request.app.state.graph)
    on_the_day = found.get(
        code, as_of=as_of or "today", imprecise=imprecise == "include", count=count or None
    )
    when = found.find(as_of=as_of or "today").as_of
    if state:
        on_the_day = found.narrow(on_the_day, state)
    if chosen.format is CSV:
        filters = {"state": found.actor(state)[0]} if state else {}
        answer = ConflictAnswer(when, found.graph.version, filters, [on_the_day], on_the_day.imprecise)
        return Response(conflict_table(found, answer).to_csv(), media_type="text/csv; charset=utf-8")
    with_acts = bool(state) or chosen.format is JSON
    data = {
        **told_conflict(found, on_the_day, with_acts=with_acts),
        "as_of": when,
        "version": found.graph.version,
    }
    if chosen.format is JSON:
        return _json(data, headers=_links(request, f"/conflicts/{on_the_day.code}"))
    names = {
        act.actor: act.actor_label for s in (on_the_day.side_a, on_the_day.side_b) for act in s.carried_by
    }
    return pages.render(
        request,
        "conflict.html",
        headers=_links(request, f"/conflicts/{on_the_day.code}"),
        conflict=data,
        names=names,
        state=state,
        counts=found.counts(),
        count=count,
        as_of=when,
        alternates=_alternates(request, f"/conflicts/{on_the_day.code}"),
    )


def _list_page(
    request: Request, found: ConflictIndex, answer: ConflictAnswer, data: dict[str, Any]
) -> Response:
    return pages.render(
        request,
        "conflicts.html",
        headers=_links(request, "/conflicts"),
        answer=data,
        choices=found.choices(),
        counts=found.counts(),
        names={
            act.actor: act.actor_label
            for each in answer.conflicts
            for side in (each.side_a, each.side_b)
            for act in side.carried_by
        },
        asked={name: request.query_params.get(name) for name in _LIST},
        as_of=answer.as_of,
        alternates=_alternates(request, "/conflicts"),
    )


def _json(data: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON; an answer can be long, and this writer takes a fraction of the library's default."""
    return Response(to_json(data), headers=headers, media_type="application/json")


def _known_only(request: Request, known: tuple[str, ...]) -> None:
    for name in request.query_params:
        if name not in known:
            raise BadValue(
                f"“{name}” is not a parameter here.",
                remedy=suggest(name, known),
                code="unknown-parameter",
                parameter=name,
            )


def _alternates(request: Request, path: str) -> list[dict[str, str]]:
    given = {name: value for name, value in request.query_params.items() if name != "format"}
    return pages.alternates_of(path, _FORMATS, **given)


def _links(request: Request, path: str) -> dict[str, str]:
    return {"Link": pages.link_header(_alternates(request, path)), "Vary": "Accept"}
