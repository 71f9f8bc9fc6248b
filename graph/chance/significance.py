"""Compares what is measured in a network with random networks that keep its degrees, or its tallies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from graph.cache import Cache
from graph.chance.blocgroups import bloc_modularity, modularity
from graph.chance.holders import HELD, WatchedClashes, clashes, holding
from graph.chance.outcome import (
    GroupTest,
    Mixing,
    NodeTest,
    Pairs,
    PairTest,
    Significance,
    Test,
    node_test,
    two_sided,
)
from graph.chance.overlapping import NO_PAIRS, CountedOverlaps
from graph.chance.rewiring import SWAPS, rewired
from graph.chance.sampling import BICM, CURVEBALL, PERMUTED, REWIRED, Plan, Progress, draw
from graph.chance.votechance import vote_measure, vote_plan, vote_significance
from graph.chance.watching import Watch, chains_agree, modes
from graph.chance.wording import (
    BENJAMINI,
    DAVISON,
    GROUP_MODULARITY,
    REFERENCES,
    REWIRED_METHOD,
    TERMS,
    citation,
    least,
    node_remark,
    remarks,
)
from graph.errors import BadValue
from graph.measures.catalogue import MEASURES, measure, measured, ranks, values
from graph.measures.definitions import ties_between
from graph.measures.partitions import modularity as group_modularity
from graph.measures.structures import PARTITIONS, STRUCTURES
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, BOTH, VIEWS, Network, find_view, network
from graph.threads import one_thread


def significance(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str | None = None,
    plan: Plan | None = None,
    *,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    progress: Progress | None = None,
    **options: Any,
) -> Significance:
    """Return z and p beside what is measured in a network.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        ``affiliation``, ``norms`` (who promotes which norm), ``readings`` (who holds which reading): a
        measure of every node, the overlap of every pair of states or holders, modularity of the blocs; of
        norms also how conflicts lie among promoters. ``alignment``: the overlaps and modularity.
        ``linkages``: a measure of every node, such as a role of brokerage, and modularity, against graphs
        rewired so that every degree is kept. ``voting``: agreement of every pair of states, of every state
        with the others (or with a bloc), within and across blocs, and modularity, against votes drawn anew.
    measure_name
        A measure of `graph.measures.catalogue`, betweenness when None; of votes ``agreement``, or
        ``agreement:`` and the code of a bloc.
    plan
        The null model, the number of samples and the seed.
    as_of, imprecise, between, **options
        As in `graph.networks.building.network`.
    progress
        Called with the samples drawn and those asked for; not when the answer is kept from before.

    Returns
    -------
    Significance
        Kept by version of the data and parameters; the same call gives the same numbers.

    Raises
    ------
    BadValue
        The measure, or the null model, does not fit the network.
    UnknownName, BadDate
        As in `graph.networks.building.network` and `graph.measures.catalogue.measure`.
    """
    asked = _asked(kg, view, measure_name, plan, as_of, imprecise, between, options)
    return _CACHE.get(kg, asked.key(kg), lambda: _significance(kg, asked, progress))


def is_kept(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str | None = None,
    plan: Plan | None = None,
    *,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    **options: Any,
) -> bool:
    """Say whether `significance` would answer at once, having computed the answer before."""
    asked = _asked(kg, view, measure_name, plan, as_of, imprecise, between, options)
    return _CACHE.has(kg, asked.key(kg))


@dataclass(frozen=True)
class _Asked:
    """What is asked for, with every name checked."""

    view: str
    base: Network
    name: str | None
    plan: Plan

    def key(self, kg: Knowledge) -> tuple[Any, ...]:
        return kg.version, self.view, self.name, self.plan, tuple(self.base.parameters.items())


def _asked(
    kg: Knowledge,
    view: str,
    measure_name: str | None,
    plan: Plan | None,
    as_of: str | dt.date | None,
    imprecise: str,
    between: Sequence[str],
    options: Mapping[str, Any],
) -> _Asked:
    view = find_view(view).name
    drawn = {"alignment": "affiliation"}.get(view, view)
    given = {**options, "raw": True} if view == "voting" else {**options}
    if view == "alignment":
        given.pop("raw", None)
    base = network(kg, drawn, as_of=as_of, imprecise=imprecise, between=between, **given)
    if view == "voting":
        return _Asked(view, base, vote_measure(base.blocs, measure_name)[0], vote_plan(plan))
    name = _node_measure(view, measure_name) if view != "alignment" else None
    if view == "linkages":
        return _Asked(view, base, name, _rewiring(plan))
    return _Asked(view, base, name, _two_mode(plan))


def _node_measure(view: str, name: str | None) -> str:
    """Return the name of a measure of nodes; of what is none, say where it can be tested."""
    whole = (name or "").strip().casefold()
    if whole in PARTITIONS or (whole in STRUCTURES and whole not in MEASURES):
        raise BadValue(
            f"“{name}” measures the network {view} as a whole; there is no null model for it here.",
            remedy="Ask for a measure of nodes, such as betweenness; the modularity of the blocs is tested "
            f"beside it. Every answer for a network: {', '.join(VIEWS)}.",
            code="no-null-model",
            known=sorted(MEASURES),
        )
    return measure(name or "betweenness").name


def _two_mode(plan: Plan | None) -> Plan:
    if plan is not None and plan.model in (REWIRED, PERMUTED):
        raise BadValue(
            "Rewiring is for networks of one mode." if plan.model == REWIRED else "Permuting is for votes.",
            remedy="Choose curveball or bicm.",
            code="unfit-null-model",
        )
    return plan or Plan()


def _rewiring(plan: Plan | None) -> Plan:
    if plan is not None and plan.model in (BICM, PERMUTED):
        raise BadValue(
            "The bipartite configuration model is for networks of two modes."
            if plan.model == BICM
            else "Permuting is for votes.",
            remedy="Choose rewired, or leave the null model open.",
            code="unfit-null-model",
        )
    return replace(plan or Plan(), model=REWIRED)


def _significance(kg: Knowledge, asked: _Asked, progress: Progress | None) -> Significance:
    if asked.view == "voting":
        return vote_significance(kg, asked.base, str(asked.name), asked.plan, progress)
    if asked.plan.model == REWIRED:
        return _rewired(asked.base, asked.view, str(asked.name), asked.plan, progress)
    whole, terms = asked.base, TERMS[asked.view]
    base = holding(whole) if asked.view in HELD else whole
    (rows, columns), plan = modes(base), asked.plan
    matrix = ties_between(base.graph, rows, columns)
    watched, overlaps = Watch(base, matrix, asked.name), CountedOverlaps(matrix, exact=plan.model == BICM)
    conflicts = _watched_clashes(asked.view, whole, base, rows, columns)
    with one_thread():
        for block in draw(matrix, plan, progress):
            watched.add(block)
            overlaps.add(block)
            conflicts.add(block)
        pairs = overlaps.tested(rows, base.graph)
        blocs = bloc_modularity(base, rows, columns, matrix, plan)
    nodes, groups = tuple(watched.tested()), conflicts.tested(matrix)
    return Significance(
        view=asked.view,
        measure=asked.name,
        title=f"Significance in the network {asked.view}",
        method=terms.method(plan.model),
        as_of=base.as_of,
        parameters={**base.parameters, **plan.parameters()},
        n=base.graph.number_of_nodes(),
        m=base.graph.number_of_edges(),
        nodes=nodes,
        pairs=pairs,
        modularity=blocs,
        modularity_method=terms.modularity,
        mixing=watched.mixing() if plan.model == CURVEBALL else None,
        imprecise=base.imprecise,
        notes=(*node_remark(nodes), *remarks(asked.name, plan, pairs, blocs, terms), *base.notes),
        references=(*REFERENCES[plan.model], BENJAMINI, DAVISON, *citation(asked.name, base.graph)),
        version=base.version,
        groups=groups,
    )


def _watched_clashes(
    view: str, whole: Network, base: Network, rows: Sequence[str], columns: list[str]
) -> WatchedClashes:
    group = np.array([base.graph.nodes[row]["group"] for row in rows])
    sides = np.array([(group == bloc.code) | (group == BOTH) for bloc in base.blocs])
    names = tuple(bloc.label for bloc in base.blocs)
    found = clashes(whole if view == "norms" else replace(whole, graph=whole.graph.subgraph(())), columns)
    return WatchedClashes(found, sides.reshape(len(names), len(rows)).T, names)


def _rewired(base: Network, view: str, name: str, plan: Plan, progress: Progress | None) -> Significance:
    """Test a measure of a graph of one mode, and the modularity of its groups, against rewired graphs."""
    graph, strength, merging = measured(base)
    group = {node: str(known) for node, known in graph.nodes(data="group")}
    observed, found = values(graph, name, strength=strength), []
    for number, sample in enumerate(islice(rewired(graph, plan.seed), plan.samples), start=1):
        own = values(sample, name, strength=strength)
        found.append([*(own[node] for node in graph), group_modularity(sample, group, strength)])
        if progress is not None and number % 10 == 0:
            progress(number, plan.samples)
    null = np.array(found)
    tests = dict(zip(graph, two_sided(np.array(list(observed.values())), null[:, :-1]), strict=True))
    whole = np.array([group_modularity(graph, group, strength)])
    nodes = tuple(node_test(graph, node, rank, tests[node]) for node, rank in ranks(observed).items())
    return Significance(
        view=view,
        measure=name,
        title=f"Significance in the network {view}",
        method=REWIRED_METHOD,
        as_of=base.as_of,
        parameters={**base.parameters, **plan.parameters(), "swaps": SWAPS},
        n=graph.number_of_nodes(),
        m=graph.number_of_edges(),
        nodes=nodes,
        pairs=NO_PAIRS,
        modularity=two_sided(whole, null[:, -1:])[0],
        modularity_method=GROUP_MODULARITY,
        mixing=Mixing(None, chains_agree(null[:, None, :])[1], None),
        imprecise=base.imprecise,
        notes=(*node_remark(nodes), least(plan), *merging, *base.notes),
        references=(*REFERENCES[REWIRED], BENJAMINI, DAVISON, measure(name).citation(graph)),
        version=base.version,
    )


_CACHE: Cache[Significance] = Cache(64)

__all__ = [
    "GroupTest", "Mixing", "NodeTest", "PairTest", "Pairs", "Significance", "Test", "chains_agree", "is_kept",
    "modularity", "significance", "two_sided",
]  # fmt: skip
