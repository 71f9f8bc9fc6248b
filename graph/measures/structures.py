"""Named measures of a whole network or of its partition, which are no one number per node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import networkx as nx
import numpy as np

from graph.errors import BadValue, UnknownName, suggest
from graph.measures import balance, brokerage, mixing, partitions
from graph.measures.catalogue import measured
from graph.measures.definitions import (
    DENSE_LIMIT,
    SHARED,
    Matrix,
    Reference,
    blocs,
    co_membership,
    groups,
    matrix,
    possessions,
    two_modes,
)
from graph.networks.building import Network
from graph.threads import one_thread

Cell = str | float | int | bool
Row = dict[str, Cell]

#: Answers computed for graphs that cannot change.
_KEPT: WeakKeyDictionary[nx.Graph, dict[tuple[Any, ...], Found]] = WeakKeyDictionary()

#: The graphs of what states share beside the blocs, of two-mode graphs that cannot change.
_PROJECTED_ONCE: WeakKeyDictionary[nx.Graph, nx.Graph] = WeakKeyDictionary()


@dataclass(frozen=True)
class Column:
    """A column of the rows: its name, and its title for people."""

    name: str
    title: str


@dataclass(frozen=True)
class Found:
    """What a measure found: the graph it was computed on, single findings, and rows.

    Attributes
    ----------
    graph
        The graph it was computed on, which may be a projection.
    findings
        Single numbers and words by name.
    columns, rows
        A table: one row per node, group or tie.
    notes
        What the reader must know of these findings.
    """

    graph: nx.Graph = field(repr=False)
    findings: Mapping[str, Cell]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What a caller may choose: how many runs, from which seed."""

    runs: int = partitions.RUNS
    seed: int = partitions.SEED


@dataclass(frozen=True)
class StructureMeasure:
    """A measure of a whole network.

    Attributes
    ----------
    name, title, meaning
        The name in commands and addresses, the one for people, and what it says.
    method
        How it is computed, with the treatment of components, isolates, members of several blocs and
        parallel ties.
    references
        Where it was defined.
    needs
        What the graph must have: ``groups``, ``signs``, ``modes``.
    chooses
        Whether runs and seed matter.
    directions
        Whether it reads the directions of ties.
    function
        From a simple graph, the attribute that holds the strength of ties, and the choice, to what is found.
    """

    name: str
    title: str
    meaning: str
    method: str
    references: tuple[Reference, ...]
    function: Callable[[nx.Graph, str | None, Choice], Found] = field(repr=False)
    needs: frozenset[str] = frozenset()
    chooses: bool = False
    directions: bool = False


@dataclass(frozen=True)
class Structure:
    """What a measure of a whole network found, with what a reader needs to use it.

    Attributes
    ----------
    nodes, ties
        The size of the network.
    measured_nodes, measured_ties
        The size of the graph the measure was computed on: a projection, or without parallel ties.
    """

    view: str
    measure: str
    title: str
    meaning: str
    method: str
    parameters: dict[str, str]
    references: tuple[Reference, ...]
    nodes: int
    ties: int
    measured_nodes: int
    measured_ties: int
    as_of: str
    imprecise: int
    version: str
    notes: tuple[str, ...]
    findings: dict[str, Cell]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def structure(
    network: Network, name: str, *, runs: int = partitions.RUNS, seed: int = partitions.SEED
) -> Structure:
    """Return what a measure of a whole network finds.

    Parameters
    ----------
    network
        A network built by `graph.networks.building`, or read from a file.
    name
        A key of `STRUCTURES` or of `PARTITIONS`.
    runs, seed
        For the best partition: how many runs, and the seed of the first.

    Raises
    ------
    UnknownName
        There is no such measure.
    BadValue
        The network lacks the groups, signs or modes that the measure needs, or runs or seed are not right.
    """
    chosen = find(name)
    graph, strength, merging = measured(network, directions=chosen.directions)
    choice = Choice(runs, seed)
    found = _compute(chosen, graph, strength, choice)
    return Structure(
        view=network.view,
        measure=chosen.name,
        title=chosen.title,
        meaning=chosen.meaning,
        method=chosen.method,
        parameters={**network.parameters, **_chosen(chosen, choice)},
        references=chosen.references,
        nodes=network.graph.number_of_nodes(),
        ties=network.graph.number_of_edges(),
        measured_nodes=found.graph.number_of_nodes(),
        measured_ties=found.graph.number_of_edges(),
        as_of=network.as_of,
        imprecise=network.imprecise,
        version=network.version,
        notes=(*network.notes, *merging, *found.notes),
        findings=dict(found.findings),
        columns=found.columns,
        rows=found.rows,
    )


def find(name: str, among: Mapping[str, StructureMeasure] | None = None) -> StructureMeasure:
    """Return a measure of whole networks by its name.

    Raises
    ------
    UnknownName
        There is no measure of that name; the remedy suggests one.
    """
    known = {**STRUCTURES, **PARTITIONS} if among is None else among
    try:
        return known[name.strip().casefold()]
    except KeyError:
        raise UnknownName(
            f"There is no measure “{name}” of a whole network.",
            remedy=suggest(name, known),
            code="unknown-measure",
            status=404,
            known=list(known),
        ) from None


def fitting(graph: nx.Graph, among: Mapping[str, StructureMeasure]) -> list[StructureMeasure]:
    """Return the measures that a graph has what is needed for: groups, signs, two modes."""
    has = possessions(graph)
    return [each for each in among.values() if each.needs <= has]


def _compute(chosen: StructureMeasure, graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    if "modes" in chosen.needs and not two_modes(graph):
        raise BadValue(
            f"{chosen.title} is for graphs of two kinds of nodes.",
            remedy="Ask for a two-mode network such as affiliation.",
            code="not-two-mode",
        )
    if "groups" in chosen.needs:
        groups(graph)
    if not nx.is_frozen(graph):
        return chosen.function(graph, strength, choice)
    key = (chosen.name, strength, choice if chosen.chooses else None)
    kept = _KEPT.setdefault(graph, {})
    if key not in kept:
        with one_thread():
            kept[key] = chosen.function(graph, strength, choice)
    return kept[key]


def _chosen(chosen: StructureMeasure, choice: Choice) -> dict[str, str]:
    return {"runs": str(choice.runs), "seed": str(choice.seed)} if chosen.chooses else {}


def _node_row(graph: nx.Graph, node: str, **cells: Cell) -> Row:
    known = graph.nodes[node]
    label, group = str(known.get("label", node)), str(known.get("group", ""))
    return {"node": str(node), "label": label, "group": group, **cells}


_NODE = (Column("node", "Code"), Column("label", "Node"), Column("group", "Group"))


# Brokerage


def _brokerage(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    base = _grouped(graph, strength)[0]
    return _told(base, brokerage.brokerage(base, groups(base)), ())


def _two_mode_brokerage(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    group = groups(graph)
    parts = []
    for which in (0, 1):
        roles, mixed = brokerage.two_mode_brokerage(graph, which, group)
        parts.append(_told(graph, roles, (("heterogeneous", mixed),)))
    return Found(
        graph=graph,
        findings={name: float(parts[0].findings[name]) for name in parts[0].findings if name != "directed"},
        columns=parts[0].columns,
        rows=(*parts[0].rows, *parts[1].rows),
        notes=("The sums are of the first mode; rows of the second follow those of the first.",),
    )


def _told(graph: nx.Graph, roles: brokerage.Roles, more: tuple[tuple[str, Matrix], ...]) -> Found:
    labels = [f"{name} ({brokerage.PATTERNS[name]})" for name in roles.names]
    columns = [
        *_NODE,
        *(Column(name, name.capitalize()) for name in labels),
        Column(brokerage.TOTAL, "Total"),
        *(Column(name, name.capitalize()) for name, _ in more),
    ]
    rows = []
    for place, node in enumerate(roles.nodes):
        cells: Row = dict(zip(labels, roles.counts[place].tolist(), strict=True))
        cells[brokerage.TOTAL] = float(roles.total[place])
        cells |= {name: float(numbers[place]) for name, numbers in more}
        rows.append(_node_row(graph, node, **cells))
    sums: dict[str, Cell] = dict(zip(labels, roles.counts.sum(axis=0).tolist(), strict=True))
    sums |= {"all roles": float(roles.total.sum()), "directed": roles.directed}
    sums |= {name: float(numbers.sum()) for name, numbers in more}
    rows.sort(key=lambda row: (-float(row[brokerage.TOTAL]), str(row["node"])))
    return Found(graph, sums, tuple(columns), tuple(rows))


# Groups


def _grouped(graph: nx.Graph, strength: str | None) -> tuple[nx.Graph, str | None]:
    """Return the graph on which ties between groups are counted, and its strength."""
    if not two_modes(graph):
        return graph, strength
    if not nx.is_frozen(graph):
        return co_membership(graph), SHARED
    if graph not in _PROJECTED_ONCE:
        _PROJECTED_ONCE[graph] = nx.freeze(co_membership(graph))
    return _PROJECTED_ONCE[graph], SHARED


def _mixing(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    base, weight = _grouped(graph, strength)
    group = groups(base)
    nodes, names, sums = mixing.spread(base, group, weight)
    whole = mixing.external_internal(base, group, weight)[1]
    columns = [Column("node", "Group"), Column("label", "Nodes"), Column("value", "E-I index")]
    columns += [Column(f"to {name}", f"Ties to {name}") for name in names]
    rows: list[Row] = []
    for name in names:
        own = [place for place, node in enumerate(nodes) if group[node] == name]
        to = dict(zip(names, sums[own].sum(axis=0).tolist(), strict=True))
        every = sum(to.values())
        index = (every - 2 * to[name]) / every if every else 0.0
        cells = {f"to {other}": total / (2 if other == name else 1) for other, total in to.items()}
        rows.append({"node": name, "label": str(len(own)), "value": index, **cells})
    return Found(base, {"E-I index": whole}, tuple(columns), tuple(rows))


def _blocs(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    base, weight = _grouped(graph, strength)
    group = groups(base)
    rows = [
        _node_row(base, node, community=group[node])
        for node in sorted(base, key=lambda node: (group[node], str(node)))
    ]
    columns = (*_NODE, Column("community", "Community"))
    return Found(base, _formal(base, weight), columns, tuple(rows))


def _formal(base: nx.Graph, weight: str | None) -> dict[str, Cell]:
    """Return the modularity of the formal groups, over all nodes and over the members of one bloc only."""
    group, alone = groups(base), blocs(base)
    inner = [node for node in base if group[node] in alone]
    whole, among = _modularities(base, weight, group, inner)
    return {
        "modularity of the blocs": whole,
        "modularity among members of one bloc": among,
        "members of one bloc": len(inner),
    }


def _modularities(
    base: nx.Graph, weight: str | None, group: Mapping[str, str], inner: list[str]
) -> tuple[float, float]:
    if len(base) > DENSE_LIMIT:
        among = partitions.modularity(base.subgraph(inner), group, weight)
        return partitions.modularity(base, group, weight), among
    ties = matrix(base, weight)
    _, labels = np.unique([group[node] for node in base], return_inverse=True)
    is_inner = np.isin(list(base), inner)
    own = ties[is_inner][:, is_inner]
    return partitions.matrix_modularity(ties, labels), partitions.matrix_modularity(own, labels[is_inner])


def _best(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    base, weight = _grouped(graph, strength)
    found = partitions.consensus(base, weight, runs=choice.runs, seed=choice.seed)
    findings: dict[str, Cell] = {
        "modularity": found.modularity,
        "communities": len(set(found.community.values())),
        "greatest modularity of a run": found.best,
        "least modularity of a run": found.worst,
        "different partitions found": found.different,
        "agreement of the runs (ARI)": found.agreement,
        "rounds of consensus": found.rounds,
    }
    if any(group not in (None, "") for _, group in base.nodes(data="group")):
        findings |= {**_formal(base, weight), **_agreement(base, found.community)}
    rows = [
        _node_row(base, node, community=found.community[node] + 1)
        for node in sorted(base, key=lambda node: (found.community[node], str(node)))
    ]
    columns = (*_NODE, Column("community", "Community"))
    notes = (
        (
            f"The runs were made by {found.engine} (Louvain with refinement), each with its nodes in an "
            "order drawn from its seed; the run of greatest modularity is taken.",
        )
        if found.engine
        else ()
    )
    return Found(base, findings, columns, tuple(rows), notes)


def _agreement(base: nx.Graph, community: Mapping[str, int]) -> dict[str, Cell]:
    group, alone = groups(base), blocs(base)
    tied = [node for node in base if base.degree(node)]
    inner = [node for node in tied if group[node] in alone]
    found: dict[str, Cell] = {}
    for nodes, of in ((tied, "all groups"), (inner, "members of one bloc")):
        formal, best = [group[node] for node in nodes], [community[node] for node in nodes]
        found[f"NMI with the blocs, {of}"] = partitions.normalised_information(formal, best)
        found[f"ARI with the blocs, {of}"] = partitions.adjusted_rand(formal, best)
    return found


# Signs


def _triads(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    found = balance.triads(graph)
    kinds = ("+++", "++−", "+−−", "−−−")
    told = ("balanced", "unbalanced", "balanced", "unbalanced; balanced in the weak sense")
    rows: list[Row] = [
        {"node": kind, "label": label, "value": count}
        for kind, label, count in zip(kinds, told, found.by_negatives, strict=True)
    ]
    findings: dict[str, Cell] = {"triads": found.total, "balanced": found.balanced}
    if found.total:
        findings["share balanced"] = found.balanced / found.total
        findings["share balanced in the weak sense"] = found.weakly_balanced / found.total
    columns = (Column("node", "Signs"), Column("label", "Balance"), Column("value", "Triads"))
    return Found(graph, {**findings, **_signs(graph)}, columns, tuple(rows))


def _signs(graph: nx.Graph) -> dict[str, Cell]:
    every = [sign for _, _, sign in graph.edges(data=balance.SIGN)]
    return {
        "positive ties": every.count(1),
        "negative ties": every.count(-1),
        "mixed ties left out": every.count(0),
    }


def _frustration(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    found = balance.frustration(graph)
    rows: list[Row] = []
    for first, second in found.ties:
        sign = (
            "positive, between the camps"
            if graph.edges[first, second][balance.SIGN] > 0
            else "negative, within"
        )
        label = " – ".join(str(graph.nodes[node].get("label", node)) for node in (first, second))
        rows.append({"node": f"{first} – {second}", "label": label, "value": sign})
    columns = (Column("node", "Tie"), Column("label", "Between"), Column("value", "Sign and place"))
    return Found(graph, _frustrated(graph, found), columns, tuple(rows), _proof(found))


def _frustrated(graph: nx.Graph, found: balance.Frustration) -> dict[str, Cell]:
    share = {"share of ties frustrated": found.index / found.signed} if found.signed else {}
    return {"frustration index": found.index, "proven": found.exact, **share, **_signs(graph)}


def _proof(found: balance.Frustration) -> tuple[str, ...]:
    if found.exact:
        return ()
    return (f"The search stopped in time without proof: the index lies from {found.bound} to {found.index}.",)


def _camps(graph: nx.Graph, strength: str | None, choice: Choice) -> Found:
    found = balance.frustration(graph)
    signed = balance.signs(graph)
    rows = [
        _node_row(graph, node, community=found.side[node] + 1)
        for node in sorted(graph, key=lambda node: (found.side[node], str(node)))
        if signed.degree(node)
    ]
    columns = (*_NODE, Column("community", "Camp"))
    notes = (
        "Nodes without signed ties are in no camp; the camps of different components are not comparable, and "
        "another partition may be as good.",
        *_proof(found),
    )
    return Found(graph, _frustrated(graph, found), columns, tuple(rows), notes)


# The lists

_NEWMAN = Reference(
    "Newman, M. E. J. (2004). Analysis of weighted networks. Physical Review E 70, 056131.",
    "10.1103/PhysRevE.70.056131",
)
_BLONDEL = Reference(
    "Blondel, V. D., Guillaume, J.-L., Lambiotte, R. and Lefebvre, E. (2008). Fast unfolding of communities "
    "in large networks. Journal of Statistical Mechanics P10008.",
    "10.1088/1742-5468/2008/10/P10008",
)
_LANCICHINETTI = Reference(
    "Lancichinetti, A. and Fortunato, S. (2012). Consensus clustering in complex networks. Scientific "
    "Reports 2, 336.",
    "10.1038/srep00336",
)
_DANON = Reference(
    "Danon, L., Díaz-Guilera, A., Duch, J. and Arenas, A. (2005). Comparing community structure "
    "identification. Journal of Statistical Mechanics P09008.",
    "10.1088/1742-5468/2005/09/P09008",
)
_HUBERT_ARABIE = Reference(
    "Hubert, L. and Arabie, P. (1985). Comparing partitions. Journal of Classification 2, 193-218.",
    "10.1007/BF01908075",
)

_PROJECTED = f"In a two-mode graph: {mixing.WITHOUT_BLOCS[0].lower()}{mixing.WITHOUT_BLOCS[1:]}"

_STRUCTURES = (
    StructureMeasure(
        name="brokerage",
        title="Brokerage roles",
        meaning="Which nodes join others that are not tied, within and between groups.",
        method=f"{brokerage.COUNTED} The pattern beside a role reads source, broker, target. "
        f"{brokerage.UNDIRECTED} {_PROJECTED} {mixing.GROUPING} Nodes without ties broker nothing; "
        f"components make no difference. {brokerage.SAME_TIES}",
        references=(brokerage.GOULD_FERNANDEZ,),
        function=_brokerage,
        needs=frozenset({"groups"}),
        directions=True,
    ),
    StructureMeasure(
        name="two-mode-brokerage",
        title="Two-mode brokerage roles",
        meaning="Which nodes join, by way of what they belong to, others that share nothing.",
        method=f"{brokerage.CHAINS} Roles are by the groups of the two ends and the broker; heterogeneous "
        "are the chains whose two middle nodes of the other mode are of different groups. The blocs "
        f"themselves are among the affiliations. {brokerage.UNDIRECTED} {mixing.GROUPING}",
        references=(brokerage.JASNY_LUBELL,),
        function=_two_mode_brokerage,
        needs=frozenset({"groups", "modes"}),
    ),
    StructureMeasure(
        name="mixing",
        title="Ties within and between groups",
        meaning="Whether ties stay within the blocs (−1) or reach across them (1).",
        method="Ties between groups less ties within, over all ties, for the whole graph and each group; "
        f"each tie counts once, by its strength. {_PROJECTED} {mixing.GROUPING} Nodes without ties make no "
        "difference.",
        references=(mixing.KRACKHARDT_STERN,),
        function=_mixing,
        needs=frozenset({"groups"}),
    ),
    StructureMeasure(
        name="triads",
        title="Balanced and unbalanced triads",
        meaning="Whether three that are all tied obey the rule that the enemy of an enemy is a friend.",
        method="Every three nodes that are all tied, by the number of negative ties; balanced with an even "
        f"number, and in the weak sense also with three (Davis 1967, doi:10.1177/001872676702000206). "
        f"{balance.PAIRS}",
        references=(balance.CARTWRIGHT_HARARY,),
        function=_triads,
        needs=frozenset({"signs"}),
    ),
    StructureMeasure(
        name="frustration",
        title="Frustration index",
        meaning="The least number of ties that would have to change for the graph to fall into two camps, "
        "friends within and enemies between.",
        method="Exact, by mixed-integer linear programming on each block (a part that hangs together without "
        "any one of its nodes): a binary variable for the camp "
        f"of each node, a variable for each tie that is positive between the camps or negative within. "
        f"{balance.PAIRS}",
        references=(balance.AREF_WILSON,),
        function=_frustration,
        needs=frozenset({"signs"}),
    ),
)

_PARTITIONS = (
    StructureMeasure(
        name="louvain",
        title="The best partition, and how far it is that of the blocs",
        meaning="Which nodes are tied among themselves more than chance would have it, and whether these "
        "communities are the formal blocs.",
        method="The Louvain method for the greatest modularity, run from many seeds; the share of runs that "
        "put two nodes together is the strength of a new tie, dropped below one half, and the runs are "
        "repeated on that graph until they agree, while nodes that all runs put together stay together "
        "(above 1,500 nodes the best run is taken). Agreement with the blocs by "
        "normalised mutual information (over the mean entropy) and the adjusted Rand index, of "
        f"the nodes that have ties, once with members of several blocs and of none as groups of their own, "
        f"once without them. {_PROJECTED} Ties count by their strength; a node without ties is a community "
        "of its own.",
        references=(_BLONDEL, _LANCICHINETTI, _NEWMAN, _DANON, _HUBERT_ARABIE),
        function=_best,
        chooses=True,
    ),
    StructureMeasure(
        name="blocs",
        title="The formal blocs as a partition",
        meaning="How much more the members of a bloc are tied to one another than chance would have it.",
        method="Modularity of the blocs asked for, over all nodes, with members of several blocs and of none "
        f"as groups of their own, and over the members of one bloc alone. {_PROJECTED} Ties count by their "
        "strength.",
        references=(_NEWMAN,),
        function=_blocs,
        needs=frozenset({"groups"}),
    ),
    StructureMeasure(
        name="camps",
        title="The two camps of a signed network",
        meaning="The partition into two camps that leaves the fewest friends apart and enemies together.",
        method="The partition found with the frustration index, exact by dynamic or mixed-integer "
        f"programming. {balance.PAIRS}",
        references=(balance.AREF_WILSON,),
        function=_camps,
        needs=frozenset({"signs"}),
    ),
)

#: Measures of a whole network by name.
STRUCTURES: dict[str, StructureMeasure] = {each.name: each for each in _STRUCTURES}

#: Measures that partition a network, by name.
PARTITIONS: dict[str, StructureMeasure] = {each.name: each for each in _PARTITIONS}
