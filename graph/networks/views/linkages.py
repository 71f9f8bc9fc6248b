"""The signed, dated multigraph of actors: cooperation, competition, and both at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx

from graph.networks.blocs import Knowledge
from graph.networks.building import BOTH, VIEWS, Network, Request, count
from graph.networks.views.parts import Builder, Row, empty, grouped

#: The sign of a tie.
SIGNS = {"cooperation": 1, "competition": -1, "mixed": 0}

METHOD = (
    "A multigraph: each recorded tie between two actors that holds on the day, that is, that has begun and "
    "has no recorded end by then, is one tie with its own sign (cooperation 1, competition −1, mixed 0), "
    "kind and dates. A tie whose beginning no source gives counts from the day its source speaks. Two "
    "fields tell crossing: cross_bloc is the record's own judgement on the two lunar groupings as they "
    "stand today, also for old ties; joins_blocs is computed from the memberships on the day."
)


def build(kg: Knowledge, request: Request) -> Network:
    """Return the ties between actors that hold on a request's day."""
    chosen = request.chosen()
    building = Builder(kg, request)
    lasting = undated = 0
    for (code,), rows in grouped(building.rows(kg.run("networks/linkages")), "code").items():
        first = rows[0]
        if chosen["tie"] not in ("", first["tie"]) or chosen["kind"] not in ("", first["tie_kind"]):
            continue
        if not building.holds(first, code):
            continue
        lasting += not first.get("ended")
        undated += not first["dated"]
        _add(building, code, rows)
    view = VIEWS["linkages"]
    found = empty(kg, request, view.name, view.title, view.description, METHOD)
    return building.network(found, _notes(building.graph, lasting, undated))


def _add(building: Builder, code: str, rows: Sequence[Row]) -> None:
    first = rows[0]
    a, b = building.node(first, "a"), building.node(first, "b")
    groups = {building.graph.nodes[node]["group"] for node in (a, b)}
    blocs = {bloc.code for bloc in building.request.blocs}
    dates = {
        name: str(first[column])
        for name, column in (("since", "begun"), ("until", "ended"))
        if first.get(column)
    }
    building.tie(
        a,
        b,
        code,
        rows,
        tie=first["tie"],
        sign=SIGNS.get(str(first["tie"]), 0),
        tie_kind=first["tie_kind"],
        title=first["label"],
        cross_bloc=bool(first["crosses"]),
        joins_blocs=len(groups & (blocs | {BOTH})) == 2,
        dated=bool(first["dated"]),
        **dates,
    )


def _notes(graph: nx.MultiGraph, lasting: int, undated: int) -> Iterable[str]:
    ties = graph.number_of_edges()
    if not ties:
        yield "No tie holds on this day."
        return
    told = count(tie for _, _, tie in graph.edges(data="tie"))
    yield ", ".join(f"{tie} {number}" for tie, number in told.items()) + "."
    yield (
        f"{lasting} of {ties} ties have no recorded end and count as lasting; {undated} have no recorded "
        "beginning."
    )
    yield from recording(graph)
    yield "Which states bridge the blocs is measured on memberships and treaties, see the bridges."


def recording(graph: nx.MultiGraph) -> Iterable[str]:
    """Yield the warning that degree measures recording, with the actor at an end of most ties.

    Parameters
    ----------
    graph
        The multigraph of ties.
    """
    ties = graph.number_of_edges()
    if ties:
        degree, hub = max((number, node) for node, number in graph.degree())
        yield (
            f"{graph.nodes[hub]['label']} stands at one end of {degree} of {ties} recorded ties between "
            "actors: they were gathered around it, so that a raw degree or betweenness there measures "
            "recording."
        )
