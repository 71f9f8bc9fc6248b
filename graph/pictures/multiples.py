"""Draws a picture in several years on one sheet, so that the years can be compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graph.errors import BadValue
from graph.networks.blocs import Knowledge
from graph.networks.building import Network
from graph.networks.options import read_options
from graph.pictures.figures import bridgingyears, votingyears
from graph.pictures.figures.sheet import Figure, lay
from graph.pictures.order import Order
from graph.pictures.page import scene_of
from graph.series.timeline import FIRST_YEAR
from graph.votes.voting import axes

#: The most years on one sheet.
MOST = 12


def multiples(
    kg: Knowledge, years: str | Iterable[int | str], view: str | Order = "affiliation", **choices: Any
) -> str:
    """Return the picture of a network in several years as one SVG document for print.

    Parameters
    ----------
    kg
        The knowledge graph.
    years
        Years, in any order, or a text of years joined by commas; each shows its last day, the current year
        the day of the data.
    view
        An order, or the name of a view: ``affiliation`` (two blocs) or ``voting`` (two lines of texts).
    **choices
        With the name of a view: the fields of `graph.pictures.order.Order`; the day is given by the years.

    Returns
    -------
    str
        One panel for each year, in order, with one scale and the same places in all of them; beneath them a
        table of the same numbers.

    Raises
    ------
    BadValue
        A year is none, or lies before the first year or in the future; there are too many; the view has no
        such picture.
    UnknownName
        There is no such view, alliance or measure.
    """
    order = Order.of(view, choices)
    if order.view not in FIGURES:
        raise BadValue(
            f"The network {order.view} is not drawn in several years.",
            remedy=f"Ask for {' or '.join(FIGURES)}, or draw one day with as_of.",
            code="no-multiples",
            known=list(FIGURES),
        )
    if order.as_of not in (None, "", "today"):
        raise BadValue(
            f"Both a day ({order.as_of}) and years are given.",
            remedy="Leave one of them out: every year shows its last day.",
            code="day-and-years",
        )
    read_options(kg, order.view, (), order.options)
    return lay(FIGURES[order.view](kg, order, _days(kg, years)))


def _days(kg: Knowledge, years: str | Iterable[int | str]) -> dict[int, dt.date]:
    """Return the day that each year is drawn on, in order."""
    parts = [each for each in years.split(",") if each.strip()] if isinstance(years, str) else years
    given = [str(year).strip() for year in parts]
    for year in given:
        if not (year.isdecimal() and len(year) == 4 and FIRST_YEAR <= int(year) <= kg.today.year):
            raise BadValue(
                f"“{year}” is no year from {FIRST_YEAR} to {kg.today.year}.",
                remedy="Write years of four digits, joined by commas, such as 1967,1990,2020.",
                code="bad-year",
                parameter="years",
            )
    found = sorted({int(year) for year in given})
    if not 1 <= len(found) <= MOST:
        raise BadValue(
            f"{len(found)} years are asked for.",
            remedy=f"Name 1 to {MOST} years.",
            code="bad-year",
            parameter="years",
        )
    return {year: min(dt.date(year, 12, 31), kg.today) for year in found}


def _bridging(kg: Knowledge, order: Order, days: Mapping[int, dt.date]) -> Figure:
    scenes = {year: scene_of(kg, replace(order, as_of=day)) for year, day in days.items()}
    return bridgingyears.figure(scenes, _titles(kg, scenes[max(scenes)].network))


def _voting(kg: Knowledge, order: Order, days: Mapping[int, dt.date]) -> Figure:
    found = {year: axes(kg, day, between=order.between) for year, day in days.items()}
    return votingyears.figure(found, _titles(kg, replace(order, as_of=days[max(days)]).network(kg)))


def _titles(kg: Knowledge, found: Network, most: int = 4) -> Sequence[str]:
    titles = {str(row["source"]): str(row["title"]) for row in kg.run("networks/sources")}
    return [titles[source] for source in found.sources if source in titles][:most]


#: The views that can be drawn in several years.
FIGURES: Mapping[str, Callable[[Knowledge, Order, Mapping[int, dt.date]], Figure]] = {
    "affiliation": _bridging,
    "voting": _voting,
}
