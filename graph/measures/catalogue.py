"""Named measures of centrality: the list of them, their values, ranks and tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import networkx as nx

from graph.errors import BadValue, UnknownName, suggest
from graph.measures import balance, brokerage, centralities, cohesion, holes, mixing
from graph.measures.definitions import (
    DENSE_LIMIT,
    SHARED,
    Measure,
    Reference,
    Values,
    merged,
    possessions,
    projection,
    sides,
    two_modes,
)
from graph.networks.building import Network
from graph.networks.copies import copied
from graph.threads import one_thread

__all__ = [
    "DENSE_LIMIT",
    "FORMS",
    "MEASURES",
    "CentralityRow",
    "CentralityTable",
    "Measure",
    "Reference",
    "Values",
    "centrality",
    "fitting",
    "measure",
    "measured",
    "ranks",
    "two_modes",
    "values",
]

#: Values computed for graphs that cannot change.
_KEPT: WeakKeyDictionary[nx.Graph, dict[tuple[str, str | None], dict[str, float]]] = WeakKeyDictionary()

#: The simple graphs made of graphs with parallel ties or directions that cannot change.
_MERGED: WeakKeyDictionary[nx.Graph, tuple[nx.Graph, str | None, tuple[str, ...]]] = WeakKeyDictionary()

#: Values that agree to this many significant digits share a rank.
TIE_DIGITS = 10

#: Forms that can be asked for after the name of a measure and a colon, with what they compute.
FORMS: dict[str, str] = {
    "one-mode": "The form for one mode, over the nodes of both modes together.",
    "projection": "On the projection of each mode onto itself: two nodes are tied where they share a "
    "neighbour, however many.",
    "weighted-projection": "On the projection of each mode onto itself: the strength of a tie is the number "
    "of shared neighbours.",
}


@dataclass(frozen=True)
class CentralityRow:
    """One node of a table of centrality; the rank is among nodes of the same mode."""

    node: str
    label: str
    value: float
    rank: int
    kind: str
    group: str
    iri: str


@dataclass(frozen=True)
class CentralityTable:
    """The values of one measure over one graph, with what a reader needs to use them.

    Rows stand in order of mode (states first), then of value, then of code; equal values share the
    best rank of the tie.
    """

    view: str
    measure: str
    title: str
    meaning: str
    method: str
    parameters: dict[str, str]
    reference: Reference
    nodes: int
    ties: int
    as_of: str
    imprecise: int
    version: str
    notes: tuple[str, ...]
    rows: tuple[CentralityRow, ...]


def measure(name: str) -> Measure:
    """Return a measure by its name, in the form named after a colon if there is one.

    Parameters
    ----------
    name
        A key of `MEASURES`, such as ``betweenness``, or one followed by a key of `FORMS`, such as
        ``betweenness:projection``. Without a form, a graph of two modes is measured by the two-mode
        form and any other by the one-mode form. Forms make no difference in a graph of one mode.

    Raises
    ------
    UnknownName
        There is no measure or form of that name; the remedy suggests one.
    BadValue
        The measure has no other form.
    """
    base, _, form = name.strip().casefold().partition(":")
    if base not in MEASURES:
        raise UnknownName(
            f"There is no measure “{name}”.",
            remedy=suggest(base, MEASURES),
            code="unknown-measure",
            status=404,
            known=list(MEASURES),
        )
    if not form:
        return MEASURES[base]
    if form not in FORMS:
        raise UnknownName(
            f"There is no form “{form}” of a measure.",
            remedy=suggest(form, FORMS),
            code="unknown-form",
            status=404,
            known=list(FORMS),
        )
    return _in_form(MEASURES[base], form)


def fitting(graph: nx.Graph) -> list[Measure]:
    """Return the measures that a graph has what is needed for: groups, signs, two modes."""
    has = possessions(graph)
    return [each for each in MEASURES.values() if each.needs <= has]


def values(graph: nx.Graph, name: str, *, strength: str | None = None) -> Values:
    """Return the value of a measure for every node of a graph.

    Parameters
    ----------
    graph
        A simple graph; directed only for a measure that reads directions. With
        ``graph.graph["two_mode"]`` true, every node has the attribute ``bipartite`` (0 or 1) and the
        two-mode form is used. Measures across groups read the nodes' attribute ``group``, signed ones
        the ties' attribute ``sign`` (1, −1, or 0 for both).
    name
        A key of `MEASURES`, perhaps with a colon and a form: see `measure`.
    strength
        The attribute of ties that holds their strength, a whole number from 1; None when every
        tie counts the same. Measures that walk along paths take its inverse as a distance.

    Returns
    -------
    dict
        Node to value, in the order of the graph. Values of a frozen graph are computed once.

    Raises
    ------
    UnknownName
        There is no such measure.
    BadValue
        The graph has parallel ties or directions that the measure does not read, a strength is no whole
        number from 1, or the graph lacks the groups, signs or modes that the measure needs.
    """
    chosen = measure(name)
    _check(graph, strength, directions=chosen.directions)
    if not graph:
        return {}
    if not nx.is_frozen(graph):
        return _computed(chosen, graph, strength)
    kept = _KEPT.setdefault(graph, {})
    if (chosen.name, strength) not in kept:
        kept[chosen.name, strength] = _computed(chosen, graph, strength)
    return dict(kept[chosen.name, strength])


def centrality(network: Network, name: str) -> CentralityTable:
    """Return the table of a measure over a network.

    Parameters
    ----------
    network
        A network built by `graph.networks.building`. Parallel ties are merged and, save for measures that
        read them, directions dropped; a note says so.
    name
        A key of `MEASURES`, perhaps with a colon and a form: see `measure`.

    Raises
    ------
    UnknownName
        There is no such measure.
    BadValue
        The network lacks the groups, signs or modes that the measure needs.
    """
    chosen = measure(name)
    graph, strength, merging = measured(network, directions=chosen.directions)
    found = values(graph, chosen.name, strength=strength)
    return CentralityTable(
        view=network.view,
        measure=chosen.name,
        title=chosen.title,
        meaning=chosen.meaning,
        method=chosen.method(graph, strength),
        parameters=dict(network.parameters),
        reference=chosen.citation(graph),
        nodes=graph.number_of_nodes(),
        ties=graph.number_of_edges(),
        as_of=network.as_of,
        imprecise=network.imprecise,
        version=network.version,
        notes=(*network.notes, *merging, *_remarks(graph, chosen)),
        rows=tuple(_rows(graph, found)),
    )


def measured(network: Network, *, directions: bool = False) -> tuple[nx.Graph, str | None, tuple[str, ...]]:
    """Return the simple graph that measures of a network are computed on, its strength, and remarks.

    Parameters
    ----------
    network
        Any network.
    directions
        Whether to keep the directions of a directed graph.
    """
    graph = network.graph
    if directions and graph.is_directed() and not graph.is_multigraph() and not nx.number_of_selfloops(graph):
        return graph, network.strength, ()
    kept = _MERGED.get(graph) if nx.is_frozen(graph) else None
    if kept is None:
        kept = merged(graph, network.strength)
        if nx.is_frozen(graph) and kept[0] is not graph:
            _MERGED[graph] = kept
    return kept


def _remarks(graph: nx.Graph, chosen: Measure) -> Iterable[str]:
    undirected = graph.to_undirected(as_view=True) if graph.is_directed() else graph
    parts, isolates = nx.number_connected_components(undirected), nx.number_of_isolates(graph)
    if parts - isolates > 1:
        yield f"The graph has {parts - isolates} components besides {isolates} nodes without ties."
    elif isolates:
        yield f"{isolates} nodes have no ties."
    signed = any(sign is not None for _, _, sign in graph.edges(data=balance.SIGN))
    if signed and "signs" not in chosen.needs:
        yield "Signs make no difference to this measure: positive, negative and mixed ties count alike."


def _computed(chosen: Measure, graph: nx.Graph, strength: str | None) -> Values:
    with one_thread():
        found = chosen.function(graph, strength)
    return {node: float(found[node]) for node in graph}


# Forms


def _in_form(base: Measure, form: str) -> Measure:
    if "modes" in base.needs:
        raise BadValue(
            f"{base.title} has no other form than that for two modes.",
            remedy=f"Ask for {base.name}.",
            code="no-such-form",
        )

    def compute(graph: nx.Graph, strength: str | None) -> Values:
        if not two_modes(graph):
            return base.function(graph, strength)
        if form == "one-mode":
            return base.function(_without_modes(graph), strength)
        found: Values = {}
        for side in sides(graph):
            weight = SHARED if form == "weighted-projection" else None
            found |= base.function(projection(graph, side), weight) if side else {}
        return found

    return replace(
        base,
        name=f"{base.name}:{form}",
        title=f"{base.title}, {form.replace('-', ' ')}",
        two_mode=f"{FORMS[form]} {base.one_mode}",
        two_mode_reference=base.reference,
        function=compute,
        weighs=form == "weighted-projection",
    )


def _without_modes(graph: nx.Graph) -> nx.Graph:
    copy = copied(graph)
    copy.graph["two_mode"] = False
    return copy


def ranks(found: Values) -> dict[str, int]:
    """Return the rank of every node, 1 for the greatest value; equal values share the best rank."""
    told = {value: _comparable(value) for value in set(found.values())}
    ordered = sorted((-told[value], node) for node, value in found.items())
    best: dict[float, int] = {}
    for place, (value, _) in enumerate(ordered, start=1):
        best.setdefault(value, place)
    return {node: best[value] for value, node in ordered}


def ranks_by_mode(graph: nx.Graph, found: Values) -> dict[str, int]:
    """Return the rank of every node that has a value among those of its mode, in order of mode and rank."""
    return {
        node: rank
        for side in sides(graph)
        for node, rank in ranks({each: found[each] for each in side if each in found}).items()
    }


def _rows(graph: nx.Graph, found: Values) -> Iterable[CentralityRow]:
    for node, rank in ranks_by_mode(graph, found).items():
        yield _row(graph, node, found[node], rank)


def _row(graph: nx.Graph, node: str, value: float, rank: int) -> CentralityRow:
    known = graph.nodes[node]
    return CentralityRow(
        node=str(node),
        label=str(known.get("label", node)),
        value=value,
        rank=rank,
        kind=str(known.get("kind", "")),
        group=str(known.get("group", "")),
        iri=str(known.get("iri", "")),
    )


def _comparable(value: float) -> float:
    return float(f"{value:.{TIE_DIGITS}g}")


def _check(graph: nx.Graph, strength: str | None, *, directions: bool = False) -> None:
    if (graph.is_directed() and not directions) or graph.is_multigraph():
        raise BadValue(
            "This measure is for undirected graphs without parallel ties.",
            remedy="Merge parallel ties and drop directions first, and say how.",
            code="unfit-graph",
        )
    if strength is None:
        return
    for first, second, weight in graph.edges(data=strength):
        if weight is None or weight != int(weight) or weight < 1:
            raise BadValue(
                f"The tie {first} – {second} has the strength {weight!r}.",
                remedy="A strength is a whole number from 1.",
                code="bad-strength",
            )


#: Every measure by its name.
MEASURES: dict[str, Measure] = {
    each.name: each
    for module in (centralities, holes, cohesion, mixing, brokerage, balance)
    for each in module.MEASURES
}
