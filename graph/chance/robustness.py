"""Tells how ranks and bridges move when one affiliation, one tradition or every recalled fact is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from graph.cache import Cache
from graph.chance.leaveouts import (
    ALLIANCE,
    INSTRUMENT,
    KINDS,
    RECALLED,
    TRADITION,
    Belonging,
    Values,
    Variant,
    bridging,
    leave_outs,
)
from graph.chance.nullmodel import overlaps
from graph.chance.twomode import KERNELS, centralities
from graph.errors import BadValue
from graph.measures.catalogue import Reference, measure, ranks, ranks_by_mode, values
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, FALSE_DISCOVERY_RATE, Network, network
from graph.networks.copies import add_new_ties
from graph.threads import one_thread

#: The views that this can be asked of.
VIEWS = ("affiliation", "alignment")

#: Places that count as the top when a caller names no number.
TOP = 10


@dataclass(frozen=True)
class Interval:
    """The ranks of a node over variants: best and worst, and in which variants the node is absent.

    ``best_without`` and ``worst_without`` name what was left out to get them; they are empty where the
    rank is no better, or no worse, than with everything.
    """

    best: int | None
    worst: int | None
    best_without: str
    worst_without: str
    absent: tuple[str, ...]


@dataclass(frozen=True)
class NodeRobustness:
    """The value and rank of one node, and the interval of its rank, over all variants and by kind."""

    node: str
    label: str
    kind: str
    group: str
    iri: str
    value: float
    rank: int
    whole: Interval
    by_kind: Mapping[str, Interval]


@dataclass(frozen=True)
class Survival:
    """In how many variants something said of a node remains true, and in which it does not.

    Attributes
    ----------
    kept, tried
        Variants in which it remains true, and variants in which it can be asked.
    lost
        What was left out where it does not remain true.
    undefined
        What was left out where it cannot be asked, such as one of the blocs itself.
    """

    kept: int
    tried: int
    lost: tuple[str, ...]
    undefined: tuple[str, ...] = ()


@dataclass(frozen=True)
class BridgeClaim:
    """A state said to bridge, and what the statement survives.

    Attributes
    ----------
    share, rank
        The share of shortest paths between the blocs that runs through the state, and the rank by it.
    place
        The rank by the measure asked for.
    bridges
        What becomes of its positive share; None where it has none to begin with.
    top
        What becomes of its place among the top; None where it is not there to begin with.
    statement
        The same in a sentence.
    """

    code: str
    label: str
    iri: str
    group: str
    share: float
    rank: int
    place: int
    bridges: Survival | None
    top: Survival | None
    statement: str


@dataclass(frozen=True)
class Robustness:
    """How a measure and the claim that a state bridges stand when parts of the facts are left out."""

    view: str
    measure: str
    title: str
    method: str
    as_of: str
    parameters: dict[str, str | int]
    n: int
    m: int
    variants: tuple[Variant, ...]
    rows: tuple[NodeRobustness, ...]
    claims: tuple[BridgeClaim, ...]
    imprecise: int
    notes: tuple[str, ...]
    references: tuple[Reference, ...]
    version: str


def robustness(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str = "betweenness",
    *,
    top: int = TOP,
    raw: bool = False,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    **options: Any,
) -> Robustness:
    """Return the interval of every node's rank, and what each claim to bridge survives.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        ``affiliation`` or ``alignment``.
    measure_name
        A measure of `graph.measures.catalogue`.
    top
        How many places count as the top.
    raw, as_of, imprecise, between, **options
        As in `graph.networks.building.network`; ``raw`` is for the alignment view.

    Returns
    -------
    Robustness
        Kept by version of the data and parameters.

    Raises
    ------
    BadValue
        The view is another one, or ``top`` is less than 1.
    UnknownName, BadDate
        As in `graph.networks.building.network` and `graph.measures.catalogue.measure`.
    """
    base, name, key = _asked(kg, view, measure_name, top, raw, as_of, imprecise, between, options)
    return _CACHE.get(
        kg, key, lambda: _robustness(base, leave_outs(kg, base, **options), view, name, top, raw)
    )


def is_kept(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str = "betweenness",
    *,
    top: int = TOP,
    raw: bool = False,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    **options: Any,
) -> bool:
    """Say whether `robustness` would answer at once, having computed the answer before."""
    key = _asked(kg, view, measure_name, top, raw, as_of, imprecise, between, options)[2]
    return _CACHE.has(kg, key)


def _asked(
    kg: Knowledge,
    view: str,
    measure_name: str,
    top: int,
    raw: bool,
    as_of: str | dt.date | None,
    imprecise: str,
    between: Sequence[str],
    options: Mapping[str, Any],
) -> tuple[Network, str, Hashable]:
    """Return the affiliation network, the measure's name, and the key of the answer."""
    if view not in VIEWS:
        raise BadValue(
            f"The network “{view}” is not made of affiliations that could be left out.",
            remedy=f"Ask for {' or '.join(VIEWS)}.",
            code="no-robustness",
            known=list(VIEWS),
        )
    if top < 1:
        raise BadValue(f"The top {top} is no top.", remedy="Give a number from 1.", code="bad-number")
    name = measure(measure_name).name
    base = network(kg, "affiliation", as_of=as_of, imprecise=imprecise, between=between, **options)
    return base, name, (kg.version, view, name, top, raw, tuple(base.parameters.items()))


# Values of every variant


def _robustness(
    base: Network, variants: tuple[Variant, ...], view: str, name: str, top: int, raw: bool
) -> Robustness:
    with one_thread():
        found = _values(base, variants, view, name, raw)
        own = found[0]
        places = [ranks_by_mode(base.graph, each) for each in found]
        rows = tuple(_row(base, node, own[node], places, variants) for node in _ordered(base, own, places[0]))
        claims = tuple(_claims(base, variants, places, top))
    return Robustness(
        view=view,
        measure=name,
        title=f"Robustness of {measure(name).title.casefold()} in the network {view}",
        method=_METHOD + (_ALIGNMENT if view == "alignment" else ""),
        as_of=base.as_of,
        parameters={**base.parameters, "top": top, **({"raw": str(raw)} if view == "alignment" else {})},
        n=base.graph.number_of_nodes(),
        m=base.graph.number_of_edges(),
        variants=variants,
        rows=rows,
        claims=claims,
        imprecise=base.imprecise,
        notes=(*_remarks(variants, claims), *base.notes),
        references=(measure(name).citation(base.graph), _HAFNER_BURTON),
        version=base.version,
    )


def _values(base: Network, variants: Sequence[Variant], view: str, name: str, raw: bool) -> list[Values]:
    """Return the measure of the network and of every variant; all at once where a kernel has it."""
    if view == "alignment":
        lefts = [Belonging.of(base), *(variant.left for variant in variants)]
        different = {left.grouping: left for left in lefts}
        has_groups = "groups" in measure(name).needs
        known = {grouping: _attributes(left) if has_groups else {} for grouping, left in different.items()}
        return [_aligned(left, known[left.grouping], raw, name) for left in lefts]
    if name not in KERNELS:
        networks = [base, *(variant.network for variant in variants)]
        return [values(each.graph, name) for each in networks]
    whole = Belonging.of(base)
    found = [
        _measured([whole], name),
        *([_measured([each.left for each in variants], name)] if variants else []),
    ]
    return [each for part in found for each in part]


def _measured(lefts: Sequence[Belonging], name: str) -> list[Values]:
    """Return a measure of several networks of the same rows and columns."""
    codes = [*lefts[0].states, *lefts[0].affiliations]
    block = np.array([left.matrix for left in lefts])
    numbers = centralities(block, name, drop_isolates=True).tolist()
    is_there = np.concatenate([block.any(axis=2), block.any(axis=1)], axis=1).tolist()
    return [
        {code: value for code, value, there in zip(codes, line, flags, strict=True) if there}
        for line, flags in zip(numbers, is_there, strict=True)
    ]


def _attributes(left: Belonging) -> dict[str, dict[str, str]]:
    """Return the groups of the states that are left, as nodes of a network have them."""
    return {state: {"group": group, "blocs": blocs} for state, (group, blocs) in left.groups().items()}


def _aligned(left: Belonging, known: Mapping[str, Mapping[str, Any]], raw: bool, name: str) -> Values:
    """Return the measure of the projection of an affiliation network onto its states.

    Parameters
    ----------
    left
        The affiliation network.
    known
        The attributes of the states; empty where the measure reads none.
    raw
        Whether every overlap counts, or those beyond chance alone.
    name
        The measure.
    """
    rows, columns = np.flatnonzero(left.is_there), np.flatnonzero(left.matrix.any(axis=0))
    tested = overlaps(left.matrix[rows][:, columns].astype(float))
    keep = np.flatnonzero(tested.shared) if raw else tested.unlikely(FALSE_DISCOVERY_RATE)
    states = [left.states[row] for row in rows.tolist()]
    graph = nx.Graph()
    graph.add_nodes_from(((state, known[state]) for state in states) if known else states)
    first, second, shared = (array[keep].tolist() for array in (tested.first, tested.second, tested.shared))
    pairs = zip(first, second, shared, strict=True)
    add_new_ties(graph, ((states[a], states[b], {"weight": weight}) for a, b, weight in pairs))
    return values(graph, name, strength="weight" if raw else None)


def _ordered(base: Network, own: Values, place: Mapping[str, int]) -> list[str]:
    return sorted(own, key=lambda node: (base.graph.nodes[node]["bipartite"], place[node], node))


# Intervals


def _row(
    base: Network,
    node: str,
    value: float,
    places: Sequence[Mapping[str, int]],
    variants: Sequence[Variant],
) -> NodeRobustness:
    known, rank = base.graph.nodes[node], places[0][node]
    met = [
        (variant, place.get(node))
        for variant, place in zip(variants, places[1:], strict=True)
        if variant.code != node
    ]
    by_kind = {
        kind: interval(own, rank) for kind in KINDS if (own := [pair for pair in met if pair[0].kind == kind])
    }
    return NodeRobustness(
        node=node,
        label=known["label"],
        kind=known["kind"],
        group=known["group"],
        iri=known["iri"],
        value=value,
        rank=rank,
        whole=interval(met, rank),
        by_kind=by_kind,
    )


def interval(met: Sequence[tuple[Variant, int | None]], rank: int) -> Interval:
    """Return the best and the worst of the ranks that a node of some rank has in variants."""
    ranked = [(place, variant.name) for variant, place in met if place is not None]
    absent = tuple(variant.name for variant, place in met if place is None)
    if not ranked:
        return Interval(None, None, "", "", absent)
    best, worst = min(ranked), max(ranked, key=lambda pair: pair[0])
    return Interval(
        best=best[0],
        worst=worst[0],
        best_without=best[1] if best[0] < rank else "",
        worst_without=worst[1] if worst[0] > rank else "",
        absent=absent,
    )


# Claims


def _claims(
    base: Network, variants: Sequence[Variant], places: Sequence[Mapping[str, int]], top: int
) -> Iterable[BridgeClaim]:
    shares = bridging(base) or dict.fromkeys(base.states(), 0.0)
    order = ranks(shares)
    wanted = [state for state in base.states() if shares[state] > 0 or places[0].get(state, top + 1) <= top]
    for state in sorted(wanted, key=lambda state: (order[state], places[0][state], state)):
        yield _claim(base, variants, places, top, state, (shares[state], order[state]))


def _claim(
    base: Network,
    variants: Sequence[Variant],
    places: Sequence[Mapping[str, int]],
    top: int,
    state: str,
    own: tuple[float, int],
) -> BridgeClaim:
    known, place = base.graph.nodes[state], places[0][state]
    bridges = _share_survival(variants, state) if own[0] > 0 else None
    first = _top_survival(variants, places[1:], state, top) if place <= top else None
    return BridgeClaim(
        code=state,
        label=known["label"],
        iri=known["iri"],
        group=known["group"],
        share=own[0],
        rank=own[1],
        place=place,
        bridges=bridges,
        top=first,
        statement=_statement(known["label"], bridges, first, top),
    )


def _share_survival(variants: Sequence[Variant], state: str) -> Survival:
    asked = [variant for variant in variants if variant.shares is not None]
    lost = tuple(variant.name for variant in asked if not (variant.shares or {}).get(state, 0.0) > 0)
    undefined = tuple(variant.name for variant in variants if variant.shares is None)
    return Survival(len(asked) - len(lost), len(asked), lost, undefined)


def _top_survival(
    variants: Sequence[Variant], places: Sequence[Mapping[str, int]], state: str, top: int
) -> Survival:
    lost = tuple(
        variant.name
        for variant, place in zip(variants, places, strict=True)
        if place.get(state, top + 1) > top
    )
    return Survival(len(variants) - len(lost), len(variants), lost)


def _statement(label: str, bridges: Survival | None, top: Survival | None, number: int) -> str:
    told = []
    if bridges is not None:
        told.append(f"{label} bridges: it keeps a share of the paths between the blocs in {_words(bridges)}")
    if top is not None:
        told.append(f"{'It' if told else label} stays among the top {number} in {_words(top)}")
    if bridges is not None and bridges.undefined:
        told.append(f"Without {_either(bridges.undefined)} there are not two blocs to join")
    return "".join(f"{each}. " for each in told).strip()


def _words(survival: Survival) -> str:
    told = f"{survival.kept} of {survival.tried} variants"
    return f"{told}; not without {_either(survival.lost)}" if survival.lost else told


def _either(names: Sequence[str]) -> str:
    return " or ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])


def _remarks(variants: Sequence[Variant], claims: Sequence[BridgeClaim]) -> Iterable[str]:
    counted = {kind: sum(variant.kind == kind for variant in variants) for kind in KINDS}
    yield (
        f"{len(variants)} variants: without one of {counted[INSTRUMENT]} treaties, one of "
        f"{counted[ALLIANCE]} alliances, one of {counted[TRADITION]} traditions of sources, and "
        f"{'without' if counted[RECALLED] else 'there are no'} recalled facts."
    )
    bridging_states = [claim for claim in claims if claim.bridges is not None]
    if not bridging_states:
        yield "No state has a share of the paths between the blocs, so none can lose it."
    fragile = [claim.label for claim in bridging_states if claim.bridges and claim.bridges.lost]
    if fragile:
        yield f"The claim to bridge does not survive everything for {', '.join(fragile)}."


_METHOD = (
    "The network is built again without each treaty, without each alliance, without the facts that only "
    "sources of one tradition tell, and without the facts that rest on recall; states left without any tie "
    "drop out, and groups follow the memberships that remain. A rank interval runs from the best to the "
    "worst rank over these variants, among nodes of the same mode. A state bridges where a share of the "
    "shortest paths between states of the one bloc only and of the other only runs through it, meeting "
    "places left out."
)
_ALIGNMENT = (
    f" Ties of the alignment are found anew in every variant (false-discovery rate {FALSE_DISCOVERY_RATE})."
)
_HAFNER_BURTON = Reference(
    "Hafner-Burton, E. M., Kahler, M. and Montgomery, A. H. (2009). Network analysis for international "
    "relations. International Organization 63(3), 559-592.",
    "10.1017/S0020818309090195",
)

_CACHE: Cache[Robustness] = Cache(64)
