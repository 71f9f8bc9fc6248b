"""Tells how far the rank that a picture shows moves when parts of the facts are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from graph.cache import Cache
from graph.chance.leaveouts import Belonging, leave_outs
from graph.chance.robustness import VIEWS, Interval, interval, is_kept, robustness
from graph.chance.twomode import KERNELS, centralities
from graph.measures.catalogue import ranks
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, Network, network
from graph.threads import one_thread

Spans = Mapping[str, Interval]
Effort = Literal["all", "quick", "kept"]
ALL: Effort = "all"
QUICK: Effort = "quick"
KEPT: Effort = "kept"


def rank_spans(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str | None = None,
    *,
    raw: bool = False,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    effort: Effort = ALL,
) -> Spans | None:
    """Return the interval of the rank of every state in a picture of two blocs.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        The view that is drawn.
    measure_name
        The measure that the size of a state shows; None for betweenness, in the affiliation view without
        the meeting places of the blocs.
    raw, as_of, imprecise, between
        As in `graph.networks.building.network`.
    effort
        What to compute: ``all``; ``quick``, what is done in less than a second; or ``kept``, nothing that is
        not kept from before.

    Returns
    -------
    dict or None
        State to the best and the worst rank of the value that its disc shows, over the network without each
        treaty, each alliance, each tradition of sources and all recalled facts
        (`graph.chance.robustness.leave_outs`). Without the meeting places, variants that leave fewer than
        two blocs do not count. None where the view is not made of affiliations, where it is about the
        meeting places of other than two blocs, or where it would take more effort. Kept by version of the
        data and parameters.

    Raises
    ------
    BadValue, BadDate, UnknownName
        As in `graph.networks.building.network`.
    """
    if view not in VIEWS:
        return None
    said: dict[str, Any] = {"as_of": as_of, "imprecise": imprecise, "between": between}
    if measure_name is None and view == "affiliation":
        base = network(kg, view, as_of=as_of, imprecise=imprecise, between=between)
        if len(base.blocs) != 2:
            return None
        key = (kg.version, tuple(base.parameters.items()))
        if effort == KEPT and not _CACHE.has(kg, key):
            return None
        return _CACHE.get(kg, key, lambda: _spans(kg, base))
    name = measure_name or "betweenness"
    fits = effort == ALL or (effort == QUICK and is_quick(view, name, raw=raw))
    if not (fits or is_kept(kg, view, name, raw=raw, **said)):
        return None
    found = robustness(kg, view, name, raw=raw, **said)
    return {row.node: row.whole for row in found.rows}


def has_spans(view: str) -> bool:
    """Say whether a view is made of affiliations that can be left out."""
    return view in VIEWS


def is_quick(view: str, measure_name: str | None, *, raw: bool = False) -> bool:
    """Say whether the intervals of a view and a measure are computed in less than a second."""
    if view not in VIEWS or raw:
        return False
    return view == "alignment" or (measure_name or "betweenness").partition(":")[0] in KERNELS


def _spans(kg: Knowledge, base: Network) -> Spans:
    variants = [each for each in leave_outs(kg, base) if each.left.has_two_blocs]
    with one_thread():
        own = _places([Belonging.of(base)])[0]
        places = _places([each.left for each in variants]) if variants else []
    return {
        state: interval(
            [(each, place.get(state)) for each, place in zip(variants, places, strict=True)], rank
        )
        for state, rank in sorted(own.items())
    }


def _places(lefts: Sequence[Belonging]) -> list[dict[str, int]]:
    """Return the rank of every state of each network by betweenness without the meeting places."""
    states = lefts[0].states
    numbers = centralities(np.array([left.apart() for left in lefts]), "betweenness", drop_isolates=True)
    return [
        ranks(
            {
                state: value
                for state, value, there in zip(states, line, left.is_there.tolist(), strict=True)
                if there
            }
        )
        for left, line in zip(lefts, numbers[:, : len(states)].tolist(), strict=True)
    ]


_CACHE: Cache[Spans] = Cache(32)
