"""Builds the networks of states, alliances and treaties, as they stood on a day."""

from __future__ import annotations

import datetime as dt
import importlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import networkx as nx
import numpy as np

from graph import dates
from graph.chance.nullmodel import Matrix, Overlaps, overlaps
from graph.errors import BadValue, UnknownName, suggest
from graph.measures.definitions import ties_between
from graph.networks import affiliations
from graph.networks.affiliations import Tie
from graph.networks.blocs import Bloc, Knowledge, find_blocs
from graph.networks.copies import add_new_ties
from graph.networks.options import Option, Value, read_options
from graph.networks.views import choices

Row = Mapping[str, Any]

#: The blocs that states are grouped by when a caller names none.
BLOCS = ("artemis", "ilrs")

#: The greatest share of false discoveries accepted among the ties of a validated projection.
FALSE_DISCOVERY_RATE = 0.05

#: Group of a state in more than one of the blocs asked for, and in none of them.
BOTH, NEITHER = "both", "neither"

IMPRECISE = ("exclude", "include")


@dataclass(frozen=True)
class Network:
    """A network and what a reader has to know to use it.

    Attributes
    ----------
    view, title, description, method
        The name of the view, its name for people, what it shows, and how it was made.
    as_of
        The day it holds for, in ISO form.
    graph
        An undirected networkx graph, frozen; a multigraph where two nodes can have several ties.
        Nodes have ``code``, ``label``, ``kind``, ``iri``, ``group``; in a two-mode graph ``bipartite``
        (0 for states, 1 for what they belong to); and, for states, ``blocs``: the codes of the blocs
        that the state belongs to, joined by ";".
    imprecise
        How many facts have a date too coarse to say whether they had begun by the day.
    notes
        What the reader must know beside the method, such as that nothing is significant.
    version
        The version of the data.
    blocs
        The alliances that states are grouped by.
    strength
        The attribute of ties that holds their strength; None when every tie counts the same.
    parameters
        The parameters it was built with.
    grades
        How many of the ties rest on a fact of each grade of verification.
    sources
        The addresses of the sources, the most used first.
    counts
        Further numbers a reader needs, by what they count.
    """

    view: str
    title: str
    description: str
    method: str
    as_of: str
    graph: nx.Graph = field(repr=False)
    imprecise: int
    notes: tuple[str, ...]
    version: str
    blocs: tuple[Bloc, ...]
    strength: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    def states(self) -> list[str]:
        """Return the nodes that are states, in order of code."""
        return sorted(node for node, kind in self.graph.nodes(data="kind") if kind == "state")


@dataclass(frozen=True)
class View:
    """A kind of network that can be asked for."""

    name: str
    title: str
    description: str
    build: Callable[[Knowledge, Request], Network] = field(repr=False)
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Request:
    """What was asked for, with every name and date checked."""

    as_of: dt.date
    imprecise: str
    raw: bool
    blocs: tuple[Bloc, ...]
    options: tuple[tuple[str, Value], ...] = ()

    def chosen(self) -> dict[str, Value]:
        """Return the value of every option of the view, by name."""
        return dict(self.options)

    def parameters(self) -> dict[str, str]:
        """Return the request as text, for the answer to name."""
        return {
            "as_of": self.as_of.isoformat(),
            "imprecise": self.imprecise,
            "between": ",".join(bloc.code for bloc in self.blocs),
            **{name: str(value) for name, value in self.options if value not in (None, "")},
        }


def network(
    kg: Knowledge,
    view: str,
    *,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    raw: bool = False,
    between: Sequence[str] = BLOCS,
    **options: object,
) -> Network:
    """Return a network as it stood on a day.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        A key of `VIEWS`.
    as_of
        The day, as a date or in ISO form; today when None.
    imprecise
        ``include`` to count facts whose date is too coarse to say whether they had begun,
        ``exclude`` to leave them out; either way the network says how many there are.
    raw
        For a projection: every overlap with its size, instead of those beyond chance.
    between
        Names of the alliances to group states by; the order is kept.
    **options
        What the view lets a caller choose beside: see ``VIEWS[view].options``. Such as ``level``,
        ``tradition`` and ``verified`` of affiliations, or ``topic`` and ``minimum`` of votes.

    Raises
    ------
    UnknownName
        There is no such view or alliance.
    BadDate
        The day is no calendar date.
    BadValue
        ``imprecise`` is neither word, or an option is not right.
    """
    chosen = find_view(view)
    if imprecise not in IMPRECISE:
        raise BadValue(
            f"“{imprecise}” does not say what to do with imprecise dates.",
            remedy="Write include or exclude.",
            code="bad-imprecise",
        )
    checked = read_options(kg, chosen.name, chosen.options, options)
    request = Request(day(kg, as_of), imprecise, raw, find_blocs(kg, between), checked)
    return _CACHE.get(kg, (chosen.name, request), lambda: chosen.build(kg, request))


def find_view(name: str) -> View:
    """Return a view by its name.

    Raises
    ------
    UnknownName
        There is no such view; the remedy suggests one.
    """
    try:
        return VIEWS[name.strip().casefold()]
    except KeyError:
        raise UnknownName(
            f"There is no network “{name}”.",
            remedy=suggest(name, VIEWS),
            code="unknown-network",
            status=404,
            known=list(VIEWS),
        ) from None


def day(kg: Knowledge, as_of: str | dt.date | None) -> dt.date:
    """Return the day an answer holds for: the one asked for, or the graph's own today.

    Raises
    ------
    BadDate
        The text is no calendar date.
    """
    return kg.today if as_of in (None, "", "today") else dates.day(as_of)


# Affiliation


def _affiliation(kg: Knowledge, request: Request) -> Network:
    ties = affiliations.affiliations(kg, request.as_of, request.chosen())
    vague = [tie for tie in ties if not tie.certain]
    used = ties if request.imprecise == "include" else [tie for tie in ties if tie.certain]
    graph = _two_mode_graph(used, request.blocs)
    single = _drop_single_members(graph)
    return Network(
        view="affiliation",
        title="States and what they belong to",
        description=VIEWS["affiliation"].description,
        method=f"A two-mode graph: a tie joins a state to an alliance that it belongs to "
        f"{_LEVEL_WORDS[str(request.chosen().get('level', 'agency'))]}, or to a treaty in force for it, on "
        "the day. Signing is belonging only where the alliance is a political initiative; observers and "
        "cooperating states make no tie. An alliance and the treaty that constitutes it are one "
        "affiliation, so that belonging and being a party do not count twice. An affiliation with one "
        "recorded member ties no one and is left out, and so is a state without any tie.",
        as_of=request.as_of.isoformat(),
        graph=nx.freeze(graph),
        imprecise=len(vague),
        notes=(*imprecision(len(vague), request.imprecise), *_left_out(single), *_merged(graph)),
        version=kg.version,
        blocs=request.blocs,
        parameters=request.parameters(),
        grades=count([tie.attributes["verification"] for tie in used]),
        sources=tuple(count([row["source"] for tie in used for row in tie.rows])),
    )


_LEVEL_WORDS = {
    "state": "as a state (itself or by a ministry)",
    "agency": "at state level (itself, by a ministry or by its space agency)",
    "institution": "itself or by a body below the state (an institute, a university, a company)",
}


def _merged(graph: nx.Graph) -> Iterable[str]:
    merged = sorted(
        f"{known['label']} ({known['constituted_by']})"
        for _, known in graph.nodes(data=True)
        if known.get("constituted_by")
    )
    if merged:
        yield f"Alliance and constituting treaty counted as one: {', '.join(merged)}."


def _two_mode_graph(ties: Sequence[Tie], blocs: Sequence[Bloc]) -> nx.Graph:
    codes, belongs = {bloc.code for bloc in blocs}, defaultdict(set)
    for tie in ties:
        if tie.pair[1] in codes:
            belongs[tie.pair[0]].add(tie.pair[1])
    nodes: dict[str, dict[str, Any]] = {}
    for (state, affiliation), rows, _, _, treaty in ties:
        if state not in nodes:
            nodes[state] = _state_attributes(rows[0], belongs[state], blocs)
        if affiliation not in nodes:
            nodes[affiliation] = _affiliation_attributes(rows[0])
        if treaty:
            nodes[affiliation]["constituted_by"] = treaty
    graph = nx.Graph(two_mode=True)
    graph.add_nodes_from(nodes.items())
    add_new_ties(graph, ((*tie.pair, dict(tie.attributes)) for tie in ties))
    return graph


def _drop_single_members(graph: nx.Graph) -> list[str]:
    """Remove affiliations with one member, which would only make that member look like a broker."""
    single = [node for node, mode in graph.nodes(data="bipartite") if mode == 1 and graph.degree(node) == 1]
    labels = sorted(graph.nodes[node]["label"] for node in single)
    graph.remove_nodes_from(single)
    graph.remove_nodes_from([node for node, degree in list(graph.degree()) if degree == 0])
    return labels


def _left_out(single: Sequence[str]) -> Iterable[str]:
    if single:
        yield f"Left out for having one recorded member: {', '.join(single)}."


def _state_attributes(row: Row, belongs: Collection[str], blocs: Sequence[Bloc]) -> dict[str, Any]:
    own = [bloc.code for bloc in blocs if bloc.code in belongs]
    return {
        "code": row["state_code"],
        "label": row["state_label"],
        "kind": "state",
        "iri": row["state"],
        "bipartite": 0,
        "blocs": ";".join(own),
        "group": group_of(own),
    }


def group_of(own: Sequence[str]) -> str:
    """Return the group of a state from the codes of the blocs that it belongs to."""
    if not own:
        return NEITHER
    return own[0] if len(own) == 1 else BOTH


def _affiliation_attributes(row: Row) -> dict[str, Any]:
    return {
        "code": row["affiliation_code"],
        "label": row["affiliation_label"],
        "kind": row["kind"],
        "iri": row["affiliation"],
        "bipartite": 1,
        "group": row["kind"],
    }


def count(values: Iterable[str]) -> dict[str, int]:
    """Return how often each value occurs, the most frequent first."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def imprecision(number: int, chosen: str) -> Iterable[str]:
    """Yield the sentence that says how many ties are too coarsely dated, if any are."""
    if number:
        verb = "counted" if chosen == "include" else "left out"
        noun = "tie has a date" if number == 1 else "ties have dates"
        yield f"{number} {noun} too coarse to say whether it had begun by the day: {verb}."


# Alignment


def _alignment(kg: Knowledge, request: Request) -> Network:
    plain = replace(request, raw=False)
    base = _CACHE.get(kg, ("affiliation", plain), lambda: _affiliation(kg, plain))
    states, matrix = incidence(base)
    tested = overlaps(matrix)
    keep = tested.shared > 0 if request.raw else tested.q <= FALSE_DISCOVERY_RATE
    graph = _projection(base.graph, states, tested, keep)
    return replace(
        base,
        view="alignment",
        title="States whose affiliations overlap" + ("" if request.raw else " more than chance"),
        description=VIEWS["alignment"].description,
        method=_RAW_METHOD if request.raw else _VALIDATED_METHOD,
        graph=nx.freeze(graph),
        notes=(*_findings(matrix, tested, keep, raw=request.raw), *base.notes),
        strength="weight" if request.raw else None,
        parameters={**request.parameters(), "projection": "raw" if request.raw else "validated"},
    )


_RAW_METHOD = (
    "States of the affiliation graph, tied where they share an affiliation; the strength of a tie is the "
    "number shared. No null model: affiliations that nearly every state has tie nearly all states."
)
_VALIDATED_METHOD = (
    "States of the affiliation graph, tied where they share more affiliations than the bipartite "
    "configuration model expects from the number of affiliations of each state and of states in each "
    "affiliation (exact Poisson-binomial probability, one-sided), with the false-discovery rate over all "
    f"pairs held at {FALSE_DISCOVERY_RATE} (Saracco et al. 2017, doi:10.1088/1367-2630/aa6b38; Benjamini "
    "and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x)."
)


def incidence(base: Network) -> tuple[list[str], Matrix]:
    """Return the states of a two-mode network and the matrix of what they belong to.

    Returns
    -------
    states
        Codes in order.
    matrix
        States × affiliations (in order of code) of 0 and 1.
    """
    states = base.states()
    columns = sorted(node for node, mode in base.graph.nodes(data="bipartite") if mode == 1)
    return states, ties_between(base.graph, states, columns)


def _projection(base: nx.Graph, states: Sequence[str], tested: Overlaps, keep: np.ndarray) -> nx.Graph:
    graph = nx.Graph()
    for state in states:
        graph.add_node(
            state, **{name: value for name, value in base.nodes[state].items() if name != "bipartite"}
        )
    for pair in np.flatnonzero(keep):
        graph.add_edge(
            states[tested.first[pair]],
            states[tested.second[pair]],
            weight=int(tested.shared[pair]),
            expected=round(float(tested.expected[pair]), 6),
            p=float(tested.p[pair]),
            q=float(tested.q[pair]),
        )
    return graph


def _findings(matrix: Matrix, tested: Overlaps, keep: np.ndarray, *, raw: bool) -> Iterable[str]:
    pairs, kept = len(tested.p), int(keep.sum())
    size = f"{matrix.shape[0]} states, {matrix.shape[1]} affiliations, {pairs:,} pairs"
    if raw:
        yield f"{size}; {kept:,} share an affiliation."
    elif kept:
        yield f"{size} tested; {kept:,} overlap more than chance explains."
    else:
        least = (
            f": the smallest p is {tested.p.min():.2g}, and {tested.q.min():.2g} when adjusted"
            if pairs
            else ""
        )
        yield (
            f"{size} tested. No pair is significant{least}. "
            "With so few affiliations the test has little power."
        )


# Memberships and other views


def blocs_of(kg: Knowledge, on: dt.date, blocs: Sequence[Bloc]) -> dict[str, tuple[str, ...]]:
    """Return the blocs that each state belongs to at state level on a day.

    Parameters
    ----------
    kg
        The knowledge graph.
    on
        The day; memberships too coarsely dated to have certainly begun do not count.
    blocs
        The alliances asked for.

    Returns
    -------
    dict
        Code of a state to the codes of its blocs in the order asked for; states of none are absent.
    """
    belongs: dict[str, set[str]] = {}
    for state, bloc in affiliations.members(kg, on, [bloc.code for bloc in blocs]):
        belongs.setdefault(state, set()).add(bloc)
    return {state: tuple(bloc.code for bloc in blocs if bloc.code in own) for state, own in belongs.items()}


class _Cache:
    """Keeps the most recent networks of each knowledge graph."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: WeakKeyDictionary[Knowledge, OrderedDict[Any, Network]] = WeakKeyDictionary()

    def get(self, kg: Knowledge, key: Any, build: Callable[[], Network]) -> Network:
        with self._lock:
            kept = self._kept.setdefault(kg, OrderedDict())
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        made = build()
        with self._lock:
            kept[key] = made
            while len(kept) > self._size:
                kept.popitem(last=False)
        return made


_CACHE = _Cache(64)


def _module(name: str) -> Callable[[Knowledge, Request], Network]:
    """Return the builder of a view that has a module of its own, which is read when first needed."""

    def build(kg: Knowledge, request: Request) -> Network:
        built: Network = importlib.import_module(f"graph.networks.views.{name}").build(kg, request)
        return built

    return build


#: Every network that can be asked for, by name.
VIEWS: dict[str, View] = {
    "affiliation": View(
        "affiliation",
        "States and what they belong to",
        "States, and the alliances and treaties that each belongs to: the two-mode graph that everything "
        "starts from.",
        _affiliation,
        affiliations.OPTIONS,
    ),
    "alignment": View(
        "alignment",
        "States whose affiliations overlap more than chance",
        "States, tied where their alliances and treaties overlap more than a null model expects.",
        _alignment,
        affiliations.OPTIONS,
    ),
    "voting": View(
        "voting",
        "States that vote alike on outer space",
        "States, tied by how often they agreed in recorded votes of the General Assembly on outer space.",
        _module("voting"),
        choices.VOTING,
    ),
    "linkages": View(
        "linkages",
        "Cooperation and competition between actors",
        "Actors, and each dated tie of cooperation, of competition, or of both, that holds on the day.",
        _module("linkages"),
        choices.LINKAGES,
    ),
    "norms": View(
        "norms",
        "Norms, who promotes them, and which conflict",
        "Norms, the texts that state them, the alliances and others that promote them, and the conflicts "
        "between norms.",
        _module("norms"),
        choices.NORMS,
    ),
    "readings": View(
        "readings",
        "Open questions, their readings, and who holds them",
        "The ambiguities of the law, the rival readings of each, and who holds which.",
        _module("readings"),
        choices.READINGS,
    ),
}
