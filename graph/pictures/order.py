"""What a caller may ask of a picture; the same for pages and for drawings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from graph.chance.rankspans import QUICK, Effort
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, Network, find_view, network


@dataclass(frozen=True)
class Order:
    """What was asked for.

    Attributes
    ----------
    view
        A key of `graph.networks.building.VIEWS`.
    as_of
        The day, as a date or in ISO form; today when None.
    between
        Names of two alliances; the first has the first colour and stands left (on a phone: above).
    measure_name
        What the size of a state shows in a picture of two blocs: a key of
        `graph.measures.catalogue.MEASURES` over the network of the view; when None, betweenness, in the
        affiliation view without the meeting places of the blocs.
    intervals
        Whether to compute the intervals of ranks in a picture of two blocs; see the ``effort`` of
        `graph.chance.rankspans.rank_spans`.
    imprecise, raw
        As in `graph.networks.building.network`.
    options
        What the view lets a caller choose beside; of votes only ``since``, of a picture of two blocs nothing.
    """

    view: str = "affiliation"
    as_of: str | dt.date | None = None
    between: Sequence[str] = BLOCS
    measure_name: str | None = None
    imprecise: str = "exclude"
    raw: bool = False
    intervals: Effort = QUICK
    options: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, view: str | Order, choices: Mapping[str, Any]) -> Order:
        """Return an order from the name of a view and further choices by name, or an order as it is.

        Raises
        ------
        UnknownName
            There is no such view.
        """
        if isinstance(view, Order):
            return view
        own = {each.name for each in fields(cls)} - {"view", "options"}
        named = {name: value for name, value in choices.items() if name in own}
        others = {name: value for name, value in choices.items() if name not in own}
        return cls(find_view(view).name, **named, options=others)

    def network(self, kg: Knowledge) -> Network:
        """Return the network that is drawn."""
        return network(
            kg, self.view, as_of=self.as_of, imprecise=self.imprecise, raw=self.raw, between=self.between,
            **self.options,
        )  # fmt: skip
