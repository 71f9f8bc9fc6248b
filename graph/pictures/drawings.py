"""Draws networks as SVG for print: one document without script, style sheet or outside resource."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from graph.namespaces import local_name
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, Network, find_view, network
from graph.networks.options import read_options
from graph.pictures.figures import arcs, bridging, matrix, votingmap, web
from graph.pictures.figures.sheet import Figure, lay
from graph.pictures.page import picture
from graph.votes.voting import axes


@dataclass(frozen=True)
class Order:
    """What was asked for."""

    view: str
    as_of: str | dt.date | None
    between: Sequence[str]
    measure_name: str | None
    imprecise: str
    raw: bool
    options: Mapping[str, object]


def drawing(
    kg: Knowledge,
    view: str = "affiliation",
    *,
    as_of: str | dt.date | None = None,
    between: Sequence[str] = BLOCS,
    measure_name: str | None = None,
    imprecise: str = "exclude",
    raw: bool = False,
    **options: object,
) -> str:
    """Return the picture of a network as an SVG document for print.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        A key of `graph.networks.building.VIEWS`: ``voting`` is a map of two lines of texts, ``linkages`` are
        arcs, ``norms`` the web of conflicts, ``readings`` a matrix; every other shows two blocs.
    as_of
        The day, as a date or in ISO form; today when None.
    between
        Names of two alliances; the first has the first colour.
    measure_name, imprecise, raw
        As in `graph.pictures.page.picture`; the size of a state is shown by pictures of two blocs only.
    **options
        What the view lets a caller choose; of votes only ``since``, of a picture of two blocs nothing.

    Returns
    -------
    str
        A document that holds its legend, its day, its data version and its sources, and no script.

    Raises
    ------
    UnknownName
        There is no such view, alliance or measure.
    BadDate, BadValue
        The day is no calendar date, or an option is not right.
    """
    name = find_view(view).name
    order = Order(name, as_of, between, measure_name, imprecise, raw, options)
    return lay(FIGURES.get(name, _bridging)(kg, order))


def drawn_apart(view: str) -> bool:
    """Say whether a view has a figure of its own, other than the picture between two blocs."""
    return view.strip().casefold() in FIGURES


def rows_of(drawn: str) -> list[tuple[str, str]]:
    """Return what the marks of a drawing show, one row for each: its name, and its numbers in words."""
    titles = re.findall(r'<g class="mark"[^>]*><title>(.*?)</title>', drawn, re.DOTALL)
    parts = (unescape(title).partition(": ") for title in titles)
    return sorted((name, told) for name, _, told in parts)


def _found(kg: Knowledge, order: Order) -> Network:
    return network(
        kg, order.view, as_of=order.as_of, imprecise=order.imprecise, raw=order.raw, between=order.between,
        **order.options,
    )  # fmt: skip


def _bridging(kg: Knowledge, order: Order) -> Figure:
    read_options(kg, order.view, (), order.options)
    found = _found(kg, order)
    drawn = picture(
        kg, order.view, as_of=order.as_of, between=order.between, measure_name=order.measure_name,
        imprecise=order.imprecise, raw=order.raw,
    )  # fmt: skip
    return bridging.figure(drawn, found.title, found.as_of, found.version)


def _voting(kg: Knowledge, order: Order) -> Figure:
    allowed = [option for option in find_view(order.view).options if option.name == "since"]
    since = dict(read_options(kg, order.view, allowed, order.options))["since"]
    found = axes(kg, order.as_of, since=str(since or "") or None, between=order.between)
    return votingmap.figure(found, _titles(kg, _found(kg, order)))


def _linkages(kg: Knowledge, order: Order) -> Figure:
    found = _found(kg, order)
    return arcs.figure(found, _titles(kg, found))


def _norms(kg: Knowledge, order: Order) -> Figure:
    found = _found(kg, order)
    rows = kg.run("views/list-norms")
    names = {str(row["thing"]): str(row["label"]) for row in kg.run("views/record-labels")}
    themes = {str(row["iri"]): names.get(str(row["theme"]), local_name(str(row["theme"]))) for row in rows}
    return web.figure(found, themes, _titles(kg, found))


def _readings(kg: Knowledge, order: Order) -> Figure:
    found = _found(kg, order)
    return matrix.figure(found, _titles(kg, found))


def _titles(kg: Knowledge, found: Network, most: int = 4) -> list[str]:
    titles = {str(row["source"]): str(row["title"]) for row in kg.run("networks/sources")}
    return [titles[source] for source in found.sources if source in titles][:most]


#: Views that have a figure of their own; every other is drawn as a picture between two blocs.
FIGURES: Mapping[str, Callable[[Knowledge, Order], Figure]] = {
    "voting": _voting,
    "linkages": _linkages,
    "norms": _norms,
    "readings": _readings,
}
