"""Networks of states and alliances, their centrality, their pictures, and the states that bridge blocs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import pages
from api.negotiation import CSV, HTML, JSON, Format, choose
from api.networkquery import AskedNetwork, Form, Limit, OfBlocs, OfNetwork
from graph.errors import UnknownName, suggest

if TYPE_CHECKING:  # What computes is imported by the first request that needs it: a server starts sooner.
    from graph.networks.building import Network

router = APIRouter(tags=["networks"])

GRAPHML = Format("graphml", "application/graphml+xml")
GEXF = Format("gexf", "application/gexf+xml")
SVG = Format("svg", "image/svg+xml")
TABLE_FORMATS = (JSON, HTML, CSV)
PICTURE_FORMATS = (HTML, SVG, JSON)
NETWORK_FORMATS = (JSON, HTML, CSV, GRAPHML, GEXF)

#: Where the scripts and styles of pictures are served.
FILES = "/networks/files"

MeasureName = Annotated[
    str,
    Query(
        description="A measure of /networks, such as betweenness. On a two-mode network the two-mode form; "
        "another by name: betweenness:one-mode, betweenness:projection, betweenness:weighted-projection."
    ),
]
Runs = Annotated[int, Query(ge=1, le=200, description="Runs of the search for the best partition.")]
Seed = Annotated[int, Query(ge=0, description="The seed of the first run; the same seed, the same answer.")]

RUNS, SEED = 20, 1


@router.get("/networks", summary="The networks there are", response_class=Response)
def list_networks(request: Request, format: Form = None) -> Response:
    """List the networks and the measures."""
    from graph.measures.catalogue import FORMS, MEASURES
    from graph.measures.structures import PARTITIONS, STRUCTURES
    from graph.networks.building import VIEWS

    chosen = choose(TABLE_FORMATS, request.headers.get("accept"), format).format
    views = [
        {
            "view": view.name,
            "title": view.title,
            "description": view.description,
            "url": f"/networks/{view.name}",
        }
        for view in VIEWS.values()
    ]
    measures = [
        {
            "measure": each.name,
            "title": each.title,
            "meaning": each.meaning,
            "needs": sorted(each.needs),
            "reference": each.reference.text,
        }
        for each in MEASURES.values()
    ]
    whole = {"structures": _listed(STRUCTURES), "partitions": _listed(PARTITIONS)}
    if chosen is HTML:
        return _page(
            request, "networks.html", TABLE_FORMATS, views=views, measures=measures, network=None, **whole
        )
    if chosen is CSV:
        return _table(views)
    return JSONResponse({"networks": views, "measures": measures, "forms": FORMS, **whole})


@router.get(FILES + "/{name}", include_in_schema=False)
def read_file(name: str) -> Response:
    """Return a script or a style sheet of the pictures."""
    from graph.pictures.page import ASSETS, asset

    if name not in ASSETS:
        raise UnknownName(f"There is no file “{name}”.", remedy=suggest(name, ASSETS), code="unknown-file")
    text, media_type = asset(name)
    return Response(text, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/networks/{view}", summary="One network", response_class=Response)
def read_network(asked: OfNetwork) -> Response:
    """Return a network as it stood on a day: node-link JSON, GraphML, GEXF, an edge list, or a page."""
    from graph.networks import exports

    chosen, found = asked.choose(NETWORK_FORMATS), asked.network()
    if chosen is HTML:
        return _page(
            asked.request,
            "networks.html",
            NETWORK_FORMATS,
            network=found,
            facts=exports.described(found),
            groups=_groups(found),
        )
    if chosen is JSON:
        return JSONResponse(exports.node_link(found))
    writers: dict[Format, Callable[[Network], str | bytes]] = {
        CSV: exports.edge_table,
        GRAPHML: exports.graphml,
        GEXF: exports.gexf,
    }
    name = f"{found.view}-{found.as_of}.{chosen.name}"
    return _download(writers[chosen](found), chosen, name)


@router.get(
    "/networks/{view}/centrality", summary="Centrality of the nodes of a network", response_class=Response
)
def read_centrality(
    asked: OfNetwork,
    measure: MeasureName = "betweenness",
    limit: Limit = None,
) -> Response:
    """Return the value and the rank of every node, with the method, the graph and the reference."""
    from graph.measures.catalogue import centrality, fitting
    from graph.networks import exports

    chosen = asked.choose(TABLE_FORMATS)
    found = asked.network()
    table = centrality(found, measure)
    if chosen is CSV:
        return _download(
            exports.centrality_csv(table, limit), CSV, f"{table.view}-{table.measure}-{table.as_of}.csv"
        )
    record = exports.centrality_record(table, limit)
    if chosen is HTML:
        measures = {each.name: each for each in fitting(found.graph)}
        return _page(
            asked.request,
            "centrality.html",
            TABLE_FORMATS,
            table=record,
            measures=measures,
            groups=_groups(found),
        )
    return JSONResponse(record)


@router.get(
    "/networks/{view}/communities", summary="Partitions of the nodes of a network", response_class=Response
)
def read_communities(
    asked: OfNetwork,
    measure: Annotated[
        str, Query(description="louvain (the best partition), blocs, or camps for a signed network.")
    ] = "louvain",
    runs: Runs = RUNS,
    seed: Seed = SEED,
    limit: Limit = None,
) -> Response:
    """Return the community of every node, the modularity, and how far communities are the blocs."""
    from graph.measures.structures import PARTITIONS, find

    find(measure, PARTITIONS)
    found = asked.network()
    return _structure(asked, found, measure, runs, seed, limit)


@router.get("/networks/{view}/structure", summary="Measures of a network as a whole", response_class=Response)
def read_structure(
    asked: OfNetwork,
    measure: Annotated[
        str,
        Query(
            description="A measure of /networks: brokerage, two-mode-brokerage, mixing, and for signed "
            "networks triads or frustration."
        ),
    ] = "brokerage",
    limit: Limit = None,
) -> Response:
    """Return what a measure of the whole network finds, with the method, the graph and the references."""
    from graph.measures.structures import STRUCTURES, find

    find(measure, STRUCTURES)
    found = asked.network()
    return _structure(asked, found, measure, RUNS, SEED, limit)


@router.get("/networks/{view}/picture", summary="The picture of a network", response_class=Response)
def read_picture(
    asked: OfNetwork,
    measure: Annotated[
        str | None, Query(description="What the size of a state shows; see centrality.")
    ] = None,
    years: Annotated[
        str | None,
        Query(
            description="Years joined by commas, such as 1990,2010,2026: small pictures side by side, for "
            "affiliation and voting."
        ),
    ] = None,
    intervals: Annotated[
        Literal["yes", "kept"],
        Query(
            description="For a page of a picture of two blocs: kept shows how far ranks move when parts of "
            "the facts are left out if that is known from before; yes computes it first."
        ),
    ] = "kept",
) -> Response:
    """Show a network between two blocs, with the same numbers as a table, or draw it as SVG for print.

    As JSON the numbers alone, with the interval of each rank where it does not take long.
    """
    from graph.chance.rankspans import ALL, KEPT, QUICK, has_spans, is_quick
    from graph.networks.building import find_view
    from graph.pictures.drawings import drawing, drawn_apart, rows_of
    from graph.pictures.multiples import multiples
    from graph.pictures.order import Order
    from graph.pictures.page import ASSETS
    from graph.pictures.page import picture as draw_picture

    chosen = asked.choose(PICTURE_FORMATS)
    effort = ALL if intervals == "yes" else KEPT if chosen is HTML else QUICK
    own = {"measure_name": measure, "intervals": effort}
    order = Order.of(asked.view, {**asked.arguments("years"), **own})
    apart = years is not None or drawn_apart(order.view)

    def drawn_once() -> str:
        return drawing(asked.graph, order) if years is None else multiples(asked.graph, years, order)

    if chosen is SVG:
        return _download(drawn_once(), SVG, f"{order.view}.svg")
    if apart and chosen is JSON:
        return JSONResponse({"rows": [{"mark": mark, "shows": told} for mark, told in rows_of(drawn_once())]})
    if apart:
        return _page(
            asked.request,
            "drawn.html",
            NETWORK_FORMATS,
            title=find_view(order.view).title,
            view=order.view,
            several=None if years else _several(asked),
            rows=rows_of(drawn_once()),
        )
    drawn = draw_picture(asked.graph, order)
    if chosen is JSON:
        return JSONResponse(drawn.record())
    urls = {name: f"{FILES}/{name}" for name in ASSETS}
    return _page(
        asked.request,
        "picture.html",
        NETWORK_FORMATS,
        picture=drawn,
        can_span=has_spans(order.view),
        is_quick=is_quick(order.view, measure, raw=order.raw),
        urls=urls,
        view=order.view,
        several=_several(asked),
    )


@router.get("/bridges", summary="The states that bridge two blocs", response_class=Response)
def read_bridges(asked: OfBlocs) -> Response:
    """Return the states in both blocs, those tied to both indirectly, and what runs through each state."""
    from graph.measures.bridges import bridges as find_bridges
    from graph.networks import exports

    chosen = asked.choose(TABLE_FORMATS)
    found = find_bridges(asked.graph, asked.names, asked.as_of, asked.imprecise)
    if chosen is CSV:
        return _download(exports.bridges_csv(found), CSV, f"bridges-{found.as_of}.csv")
    record = exports.bridges_record(found)
    if chosen is HTML:
        return _page(asked.request, "bridges.html", TABLE_FORMATS, found=record, between=asked.between)
    return JSONResponse(record)


#: Years before the present one that the link to several years names.
BACK = (16, 6, 3, 0)


def _several(asked: AskedNetwork) -> str | None:
    """Return the address of the picture in several years, for the views that have one."""
    from graph.pictures.multiples import FIGURES

    if asked.view.strip().casefold() not in FIGURES:
        return None
    years = ",".join(str(asked.graph.today.year - back) for back in BACK)
    others = {
        k: text for k, text in asked.request.query_params.items() if k in ("between", "measure", "imprecise")
    }
    return f"{asked.request.url.path}?{urlencode({'years': years, **others}, safe=',')}"


def _structure(
    asked: AskedNetwork, found: Network, measure: str, runs: int, seed: int, limit: int | None
) -> Response:
    from graph.measures.findings import structure_csv, structure_record
    from graph.measures.structures import PARTITIONS, STRUCTURES, fitting, structure

    chosen = asked.choose(TABLE_FORMATS)
    told = structure(found, measure, runs=runs, seed=seed)
    if chosen is CSV:
        return _download(structure_csv(told, limit), CSV, f"{told.view}-{told.measure}-{told.as_of}.csv")
    record = structure_record(told, limit)
    if chosen is not HTML:
        return JSONResponse(record)
    alike = PARTITIONS if told.measure in PARTITIONS else STRUCTURES
    measures, groups = fitting(found.graph, alike), _groups(found)
    return _page(
        asked.request, "structure.html", TABLE_FORMATS, found=record, measures=measures, groups=groups
    )


def _listed(measures: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "measure": each.name,
            "title": each.title,
            "meaning": each.meaning,
            "needs": sorted(each.needs),
            "reference": each.references[0].text,
        }
        for each in measures.values()
    ]


def _groups(found: Network) -> dict[str, str]:
    return {bloc.code: bloc.label for bloc in found.blocs}


def _page(request: Request, template: str, formats: Sequence[Format], **context: Any) -> Response:
    kept = {name: value for name, value in request.query_params.items() if name != "format"}
    path = request.url.path.removesuffix("/picture")
    alternates = pages.alternates_of(path, formats, **kept)
    headers = {"Link": pages.link_header(alternates), "Vary": "Accept"}
    return pages.render(request, template, headers=headers, alternates=alternates, kept=kept, **context)


def _table(rows: Sequence[Mapping[str, Any]]) -> Response:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return _download(buffer.getvalue(), CSV, "networks.csv")


def _download(body: str | bytes, form: Format, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Vary": "Accept"}
    media_type = f"{form.media_type}; charset=utf-8" if form is CSV else form.media_type
    return Response(body, media_type=media_type, headers=headers)
