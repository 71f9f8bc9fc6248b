"""Compares agreement of states on roll calls with what tallies, absences and habits of voting explain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from graph.chance.agreements import CountedAgreements, Mask, Summed, exactly, halves, shared
from graph.chance.ballots import Ballots, ballots, draw_ballots
from graph.chance.nullmodel import Counts, Matrix
from graph.chance.outcome import (
    GroupTest,
    Mixing,
    NodeTest,
    Pairs,
    Significance,
    Test,
    node_test,
    tests_of,
    two_sided,
)
from graph.chance.overlapping import NO_PAIRS, sorted_pairs
from graph.chance.sampling import CURVEBALL, PERMUTED, REWIRED, Plan, Progress
from graph.chance.wording import (
    BENJAMINI,
    DAVISON,
    VOTE_METHODS,
    VOTE_MODULARITY,
    VOTE_REFERENCES,
    least,
    node_remark,
    pair_remark,
    short,
)
from graph.errors import BadValue
from graph.measures.catalogue import Reference, ranks
from graph.networks.blocs import Bloc, Knowledge
from graph.networks.building import FALSE_DISCOVERY_RATE, Network
from graph.threads import one_thread
from graph.votes import rollcalls

#: The measure of a state when a caller names none: its mean agreement with every other.
AGREEMENT = "agreement"

_MACON = Reference(
    "Macon, K. T., Mucha, P. J. and Porter, M. A. (2012). Community structure in the United Nations General "
    "Assembly. Physica A 391(1-2), 343-361.",
    "10.1016/j.physa.2011.06.030",
)


@dataclass(frozen=True)
class _Table:
    """The votes of a network, and which pairs of states share enough of them."""

    votes: Ballots
    shared: Counts
    enough: Mask
    pairs: tuple[Counts, Counts]


def vote_measure(blocs: Sequence[Bloc], name: str | None) -> tuple[str, Bloc | None]:
    """Return a measure of agreement by its name, and the bloc it is agreement with, if any.

    Raises
    ------
    BadValue
        There is no null model for such a measure of votes.
    """
    wanted = (name or AGREEMENT).strip().casefold()
    known = {AGREEMENT: None} | {f"{AGREEMENT}:{bloc.code}": bloc for bloc in blocs}
    for each, bloc in known.items():
        if each.casefold() == wanted:
            return each, bloc
    raise BadValue(
        f"There is no null model for the measure “{name}” of votes.",
        remedy=f"Ask for {' or '.join(known)}; other measures of this network move with the threshold that "
        "ties two states.",
        code="no-null-model",
        known=list(known),
    )


def vote_plan(plan: Plan | None) -> Plan:
    """Return the plan for votes; the strict null model when none is given."""
    if plan is not None and plan.model == REWIRED:
        raise BadValue(
            "Rewiring is for networks of one mode.",
            remedy="Choose permuted, curveball or bicm for votes.",
            code="unfit-null-model",
        )
    return plan or Plan()


def vote_significance(
    kg: Knowledge, base: Network, name: str, plan: Plan, progress: Progress | None
) -> Significance:
    """Return the agreement of pairs, states and blocs beside its distribution under a null model.

    Parameters
    ----------
    kg
        The knowledge graph.
    base
        The voting network, built with every pair that shares enough votes.
    name
        A measure that `vote_measure` knows.
    plan
        The null model (``permuted``, ``curveball`` or ``bicm``), the number of samples and the seed.
    progress
        Called with the samples drawn and those asked for.

    References
    ----------
    Desposato, S. W. (2003). Comparing group and subgroup cohesion scores: a nonparametric method with an
    application to Brazil. Political Analysis 11(3), 275-288. doi:10.1093/pan/mpg005. Neal, Z. P.,
    Domagalski, R. and Sagan, B. (2021). Comparing alternatives to the fixed degree sequence model for
    extracting the backbone of bipartite projections. Scientific Reports 11, 23929.
    doi:10.1038/s41598-021-03238-3
    """
    table, members = _table(kg, base), _members(base)
    _, bloc = vote_measure(base.blocs, name)
    others = members[base.blocs.index(bloc)] if bloc else np.ones(len(base.states()), dtype=bool)
    summed = Summed(table.shared, table.enough, others, members)
    observed = halves(table.votes.cast[None])
    counted = CountedAgreements(observed[0], table.pairs)
    states, groups, changed = [], [], []
    with one_thread():
        for block in draw_ballots(table.votes.cast, plan, progress):
            agreed = halves(block)
            states.append(summed.states(agreed))
            groups.append(summed.groups(agreed))
            changed.append(float((block != table.votes.cast).sum(axis=(1, 2)).mean()))
            if plan.model == CURVEBALL:
                counted.add(agreed)
        pairs = _pairs(base, table, observed[0], counted, plan)
    nodes = _nodes(base, summed, summed.states(observed)[0], np.concatenate(states))
    blocs, modularity = _blocs(base, summed, summed.groups(observed)[0], np.concatenate(groups), members)
    cast = max(int((table.votes.cast > 0).sum()), 1)
    mixing = Mixing(None, None, float(np.mean(changed)) / cast) if plan.model == CURVEBALL else None
    return Significance(
        view=base.view,
        measure=name,
        title="Significance in the network voting",
        method=VOTE_METHODS[plan.model].strip(),
        as_of=base.as_of,
        parameters={**_parameters(base), **_planned(plan)},
        n=base.graph.number_of_nodes(),
        m=base.graph.number_of_edges(),
        nodes=nodes,
        pairs=pairs,
        modularity=modularity,
        modularity_method=VOTE_MODULARITY,
        mixing=mixing,
        imprecise=base.imprecise,
        notes=(*node_remark(nodes), *_remarks(plan, pairs, blocs), *base.notes),
        references=(*VOTE_REFERENCES[plan.model], BENJAMINI, DAVISON, _MACON),
        version=base.version,
        groups=blocs,
    )


def _table(kg: Knowledge, base: Network) -> _Table:
    known = base.parameters
    calls = rollcalls.select(
        rollcalls.record(kg), known["since"], base.as_of, known.get("topic", ""),
        joined=known.get("former") == "joined",
    )  # fmt: skip
    votes = ballots(calls)
    together = shared(votes.cast)
    enough = together >= max(1, int(known["minimum"]))
    first, second = np.nonzero(np.triu(enough, 1))
    return _Table(votes, together, enough, (first, second))


def _members(base: Network) -> Mask:
    """Return which states are in one bloc only, blocs × states."""
    group = np.array([base.graph.nodes[state]["group"] for state in base.states()])
    return np.array([group == bloc.code for bloc in base.blocs]).reshape(len(base.blocs), len(group))


def _parameters(base: Network) -> dict[str, str | int]:
    return {key: value for key, value in base.parameters.items() if key != "threshold"}


def _planned(plan: Plan) -> dict[str, str | int]:
    found: dict[str, str | int] = {"model": plan.model, "samples": plan.samples, "seed": plan.seed}
    return found | ({"trades": plan.burn_in} if plan.model == CURVEBALL else {})


def _pairs(base: Network, table: _Table, observed: Matrix, counted: CountedAgreements, plan: Plan) -> Pairs:
    if not len(table.pairs[0]):
        return NO_PAIRS
    if plan.model == CURVEBALL:
        mean, spread, p = counted.distribution()
        best = np.full(len(p), 2 / (plan.samples + 1))
    else:
        mean, spread, p, best = exactly(table.votes.cast, table.pairs, plan)
    scale = 0.5 / table.shared[table.pairs]
    tests = tests_of(observed[table.pairs] * scale, mean * scale, spread * scale, p)
    able = int((best <= FALSE_DISCOVERY_RATE / len(tests)).sum())
    return sorted_pairs(table.votes.states, base.graph, table.pairs, tests, able)


def _nodes(base: Network, summed: Summed, observed: Matrix, null: Matrix) -> tuple[NodeTest, ...]:
    states = np.array(base.states())
    kept = summed.partners > 0
    tests = dict(zip(states[kept].tolist(), two_sided(observed[kept], null[:, kept]), strict=True))
    place = ranks(dict(zip(states[kept].tolist(), observed[kept].tolist(), strict=True)))
    return tuple(node_test(base.graph, state, rank, tests[state]) for state, rank in place.items())


def _blocs(
    base: Network, summed: Summed, observed: Matrix, null: Matrix, members: Mask
) -> tuple[tuple[GroupTest, ...], Test | None]:
    blocs = base.blocs
    names = [
        *((f"within:{bloc.code}", f"Mean agreement within {bloc.label}") for bloc in blocs),
        ("across", "Mean agreement across " + " and ".join(bloc.label for bloc in blocs)),
    ]
    counts = [*summed.pairs, summed.across]
    kept = [number for number, many in enumerate(counts) if many]
    tests = two_sided(observed[kept], null[:, kept]) if kept else []
    found = tuple(
        GroupTest(*names[number], counts[number], test) for number, test in zip(kept, tests, strict=True)
    )
    whole = len(blocs) > 1 and (members.sum(axis=1) > 0).sum() > 1
    return found, two_sided(observed[-1:], null[:, -1:])[0] if whole else None


def _remarks(plan: Plan, pairs: Pairs, groups: Sequence[GroupTest]) -> Iterable[str]:
    for group in groups:
        if group.test.q is not None:
            verdict = "differs" if group.test.q <= FALSE_DISCOVERY_RATE else "does not differ"
            yield (
                f"{group.label} {verdict} from chance: {group.test.value:.3f} where the null model gives "
                f"{group.test.expected:.3f} (z {group.test.z:+.1f}, q {short(group.test.q)})."
            )
    if not pairs.tested:
        yield "No pair of states shares enough votes to be tested."
        return
    yield from pair_remark(pairs, "states", "agree", "more or less often")
    if plan.model != CURVEBALL:
        yield (
            f"Power: standing alone, a pair would need p ≤ {short(pairs.lone)}; {pairs.able:,} of "
            f"{pairs.tested:,} pairs could reach that, had the two always agreed or always disagreed."
        )
    if plan.model == CURVEBALL:
        yield (
            f"Power: standing alone, a pair would need p ≤ {short(pairs.lone)}, and {plan.samples:,} samples "
            f"give none below {short(2 / (plan.samples + 1))}; bicm gives exact p under nearly the same "
            "null model."
        )
    if plan.model == PERMUTED:
        yield "States that mostly vote yes agree for that reason alone; curveball and bicm take it out."
    yield least(plan)
