"""Draws networks as SVG for print: one document without script, style sheet or outside resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import unescape

from graph.cache import Cache
from graph.chance.rankspans import QUICK
from graph.namespaces import local_name
from graph.networks.blocs import Knowledge
from graph.networks.building import Network, find_view
from graph.networks.options import read_options
from graph.pictures.figures import arcs, bridging, matrix, votingmap, web
from graph.pictures.figures.sheet import Figure, lay
from graph.pictures.order import Order
from graph.pictures.page import picture, spans_of
from graph.votes.voting import axes

_KEPT: Cache[str] = Cache(32)


def drawing(kg: Knowledge, view: str | Order = "affiliation", **choices: Any) -> str:
    """Return the picture of a network as an SVG document for print.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        An order, or the name of a view: ``voting`` is a map of two lines of texts, ``linkages`` are arcs,
        ``norms`` the web of conflicts, ``readings`` a matrix; every other shows two blocs.
    **choices
        With the name of a view: the fields of `graph.pictures.order.Order`, and options of the view.

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
    order = Order.of(view, choices)
    draw = FIGURES.get(order.view, _bridging)
    waits = draw is _bridging and spans_of(kg, order) is None
    return _KEPT.get(kg, (repr(replace(order, intervals=QUICK)), waits), lambda: lay(draw(kg, order)))


def drawn_apart(view: str) -> bool:
    """Say whether a view has a figure of its own, other than the picture between two blocs."""
    return view.strip().casefold() in FIGURES


def rows_of(drawn: str) -> list[tuple[str, str]]:
    """Return what the marks of a drawing show, one row for each: its name, and its numbers in words."""
    titles = re.findall(r'<g class="mark"[^>]*><title>(.*?)</title>', drawn, re.DOTALL)
    parts = (unescape(title).partition(": ") for title in titles)
    return sorted((name, told) for name, _, told in parts)


def _bridging(kg: Knowledge, order: Order) -> Figure:
    found = order.network(kg)
    return bridging.figure(picture(kg, order), found.title, found.as_of, found.version)


def _voting(kg: Knowledge, order: Order) -> Figure:
    allowed = [option for option in find_view(order.view).options if option.name == "since"]
    since = dict(read_options(kg, order.view, allowed, order.options))["since"]
    found = axes(kg, order.as_of, since=str(since or "") or None, between=order.between)
    return votingmap.figure(found, _titles(kg, order.network(kg)))


def _linkages(kg: Knowledge, order: Order) -> Figure:
    found = order.network(kg)
    return arcs.figure(found, _titles(kg, found))


def _norms(kg: Knowledge, order: Order) -> Figure:
    found = order.network(kg)
    rows = kg.run("views/norm-themes")
    themes = {str(row["norm"]): str(row["label"] or local_name(str(row["theme"]))) for row in rows}
    return web.figure(found, themes, _titles(kg, found))


def _readings(kg: Knowledge, order: Order) -> Figure:
    found = order.network(kg)
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
