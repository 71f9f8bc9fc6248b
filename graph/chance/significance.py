"""Compares what is measured in a network with random networks that keep its degrees."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.cache import Cache
from graph.chance.nullmodel import Matrix, adjusted, tie_probabilities, upper_tails
from graph.chance.rewiring import SWAPS, rewired
from graph.chance.sampling import BICM, CURVEBALL, REWIRED, Block, Plan, Progress, draw
from graph.chance.twomode import KERNELS, centralities
from graph.errors import BadValue
from graph.measures.catalogue import Reference, measure, measured, ranks, values
from graph.measures.partitions import modularity as group_modularity
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, BOTH, FALSE_DISCOVERY_RATE, Network, incidence, network
from graph.threads import one_thread

Counts = NDArray[np.int64]

#: The views that have a null model here.
VIEWS = ("affiliation", "alignment", "linkages")

#: Values that differ by no more than this share of the observed one count as equal.
EQUAL = 1e-9

#: Elements of an array of overlaps worked on at a time.
_ELEMENTS = 4_000_000


@dataclass(frozen=True)
class Test:
    """One observed value beside its distribution under the null model.

    Attributes
    ----------
    value, expected, deviation
        The observed value; mean and standard deviation over the samples.
    z
        (value − expected) / deviation; None where the null model leaves no choice.
    p
        Two-sided: twice the smaller of the shares of samples at least and at most as large, the observed
        network counted among the samples (Davison and Hinkley, 1997); None where there is no z.
    q
        The same, adjusted for the number of tests made together (Benjamini and Hochberg, 1995).
    """

    __test__ = False

    value: float
    expected: float
    deviation: float
    z: float | None
    p: float | None
    q: float | None


@dataclass(frozen=True)
class NodeTest:
    """The test of one node's centrality; the rank is by observed value among nodes of the same mode."""

    node: str
    label: str
    kind: str
    group: str
    iri: str
    rank: int
    test: Test


@dataclass(frozen=True)
class PairTest:
    """The test of the overlap of two states."""

    first: str
    second: str
    labels: tuple[str, str]
    test: Test


@dataclass(frozen=True)
class Pairs:
    """The overlaps of all pairs of states, tested together.

    Attributes
    ----------
    tested, significant
        Pairs tested; pairs whose q is at most the false-discovery rate.
    least_p, least_q
        The smallest p, and the smallest q.
    lone
        The p that a single pair would need to be significant by itself: the rate over the number tested.
    able
        Pairs that could reach that p at all, if the two states shared every affiliation that either's
        number allows (one-sided, bipartite configuration model): the power of the test.
    rows
        The pairs, the smallest q first; then the larger z, then the codes.
    """

    tested: int
    significant: int
    least_p: float | None
    least_q: float | None
    lone: float | None
    able: int
    rows: tuple[PairTest, ...] = field(repr=False)


@dataclass(frozen=True)
class Mixing:
    """Whether the chains have forgotten where they started.

    Attributes
    ----------
    reduction
        The largest potential scale reduction over the statistics watched (Gelman and Rubin, 1992); near
        1 when the chains agree.
    autocorrelation
        The mean correlation of a chain's successive samples, over the statistics watched.
    changed
        The mean share of the observed ties that a sample does not have; None where it was not counted.
    """

    reduction: float | None
    autocorrelation: float | None
    changed: float | None


@dataclass(frozen=True)
class Significance:
    """What is larger or smaller than chance explains in a network.

    Attributes
    ----------
    nodes
        The centrality of every node, tested; none for a projection.
    pairs
        The overlaps of all pairs of states, tested.
    modularity
        The modularity of the formal blocs among the states that belong to one, tested.
    mixing
        How well the samples are mixed; None where samples are independent by construction.
    """

    view: str
    measure: str | None
    title: str
    method: str
    as_of: str
    parameters: dict[str, str | int]
    n: int
    m: int
    nodes: tuple[NodeTest, ...]
    pairs: Pairs
    modularity: Test | None
    modularity_method: str
    mixing: Mixing | None
    imprecise: int
    notes: tuple[str, ...]
    references: tuple[Reference, ...]
    version: str


def significance(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str | None = "betweenness",
    plan: Plan | None = None,
    *,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    progress: Progress | None = None,
    **options: Any,
) -> Significance:
    """Return z and p beside what is measured in a network of affiliations.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        ``affiliation``: centrality of every node, overlap of every pair of states, modularity of the
        blocs. ``alignment``: the last two. ``linkages``: a measure of every node, such as a role of
        brokerage, and modularity, against graphs rewired so that every degree is kept.
    measure_name
        A measure of `graph.measures.catalogue`, for the affiliation and linkages views.
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
        The view has no null model.
    UnknownName, BadDate
        As in `graph.networks.building.network` and `graph.measures.catalogue.measure`.
    """
    base, name, chosen = _base(kg, view, measure_name, plan, as_of, imprecise, between, options)
    key = (kg.version, view, name, chosen, tuple(base.parameters.items()))
    return _CACHE.get(kg, key, lambda: _significance(base, view, name, chosen, progress))


def is_kept(
    kg: Knowledge,
    view: str = "affiliation",
    measure_name: str | None = "betweenness",
    plan: Plan | None = None,
    *,
    as_of: str | dt.date | None = None,
    imprecise: str = "exclude",
    between: Sequence[str] = BLOCS,
    **options: Any,
) -> bool:
    """Say whether `significance` would answer at once, having computed the answer before."""
    base, name, chosen = _base(kg, view, measure_name, plan, as_of, imprecise, between, options)
    return _CACHE.has(kg, (kg.version, view, name, chosen, tuple(base.parameters.items())))


def two_sided(observed: Matrix, null: Matrix) -> list[Test]:
    """Test observed values against samples of the null model.

    Parameters
    ----------
    observed
        m values.
    null
        Samples × m.

    Returns
    -------
    list of Test
        m tests; q is over those that the null model leaves a choice.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge
    University Press. doi:10.1017/CBO9780511802843 (the +1 in section 4.2.3). Phipson, B. and Smyth, G. K.
    (2010). Permutation p-values should never be zero. Statistical Applications in Genetics and Molecular
    Biology 9(1), 39. doi:10.2202/1544-6115.1585
    """
    slack = EQUAL * np.abs(observed)
    above, below = (null >= observed - slack).sum(axis=0), (null <= observed + slack).sum(axis=0)
    p = np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1) / (len(null) + 1))
    mean, deviation = null.mean(axis=0), null.std(axis=0)
    return _tests(observed, mean, deviation, p)


def modularity(block: Block, members: Block) -> Matrix:
    """Return the modularity of a partition of the rows in the weighted projection of each matrix.

    Parameters
    ----------
    block
        k × rows × columns of truth values.
    members
        Groups × rows: which row is in which group; rows in none are left out of the projection.

    Returns
    -------
    ndarray
        k values. A tie of the projection is as strong as the columns that two rows share.

    References
    ----------
    Newman, M. E. J. (2004). Analysis of weighted networks. Physical Review E 70, 056131.
    doi:10.1103/PhysRevE.70.056131
    """
    belong: Block = members.any(axis=0).reshape(1, -1, 1)
    kept = block & belong
    counts = members.astype(float) @ kept.astype(float)
    sums = counts.sum(axis=1, keepdims=True)
    own = counts.sum(axis=2)
    inside = (counts**2).sum(axis=2) - own
    strength = (counts * sums).sum(axis=2) - own
    total = strength.sum(axis=1, keepdims=True)
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    found: Matrix = (inside * share - (strength * share) ** 2).sum(axis=1)
    return found


def _base(
    kg: Knowledge,
    view: str,
    measure_name: str | None,
    plan: Plan | None,
    as_of: str | dt.date | None,
    imprecise: str,
    between: Sequence[str],
    options: Mapping[str, Any],
) -> tuple[Network, str | None, Plan]:
    if view not in VIEWS:
        raise BadValue(
            f"There is no null model for the network “{view}” here.",
            remedy=f"Ask for {' or '.join(VIEWS)}.",
            code="no-null-model",
            known=list(VIEWS),
        )
    name = measure(measure_name or "betweenness").name if view != "alignment" else None
    if view == "linkages":
        base = network(kg, view, as_of=as_of, imprecise=imprecise, between=between, **options)
        return base, name, _rewiring(plan)
    if plan is not None and plan.model == REWIRED:
        raise BadValue(
            "Rewiring is for networks of one mode.",
            remedy="Choose curveball or bicm.",
            code="unfit-null-model",
        )
    base = network(kg, "affiliation", as_of=as_of, imprecise=imprecise, between=between, **options)
    return base, name, plan or Plan()


def _rewiring(plan: Plan | None) -> Plan:
    if plan is not None and plan.model == BICM:
        raise BadValue(
            "The bipartite configuration model is for networks of two modes.",
            remedy="Choose rewired, or leave the null model open.",
            code="unfit-null-model",
        )
    return replace(plan or Plan(), model=REWIRED)


def _significance(
    base: Network, view: str, name: str | None, plan: Plan, progress: Progress | None
) -> Significance:
    if plan.model == REWIRED:
        return _rewired(base, view, str(name), plan, progress)
    states, matrix = incidence(base)
    watched = _Watch(base, matrix, name)
    overlaps = _Overlaps(matrix)
    with one_thread():
        for block in draw(matrix, plan, progress):
            watched.add(block)
            overlaps.add(block)
        pairs = overlaps.tested(states, base.graph)
        blocs, method = _modularity(base, states, matrix, plan)
    nodes = tuple(watched.tested())
    return Significance(
        view=view,
        measure=name,
        title=f"Significance in the network {view}",
        method=_METHODS[plan.model],
        as_of=base.as_of,
        parameters={**base.parameters, **plan.parameters()},
        n=base.graph.number_of_nodes(),
        m=base.graph.number_of_edges(),
        nodes=nodes,
        pairs=pairs,
        modularity=blocs,
        modularity_method=method,
        mixing=watched.mixing(plan) if plan.model == CURVEBALL else None,
        imprecise=base.imprecise,
        notes=(*_node_remark(nodes), *_remarks(name, plan, pairs, blocs), *base.notes),
        references=(*_REFERENCES[plan.model], _BENJAMINI, _DAVISON, *_citation(name, base.graph)),
        version=base.version,
    )


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
    pairs = Pairs(0, 0, None, None, None, 0, ())
    nodes = tuple(_node_test(graph, node, rank, tests[node]) for node, rank in ranks(observed).items())
    return Significance(
        view=view,
        measure=name,
        title=f"Significance in the network {view}",
        method=_METHODS[REWIRED],
        as_of=base.as_of,
        parameters={**base.parameters, **plan.parameters(), "swaps": SWAPS},
        n=graph.number_of_nodes(),
        m=graph.number_of_edges(),
        nodes=nodes,
        pairs=pairs,
        modularity=two_sided(whole, null[:, -1:])[0],
        modularity_method=_GROUP_MODULARITY,
        mixing=Mixing(None, chains_agree(null[:, None, :])[1], None),
        imprecise=base.imprecise,
        notes=(*_node_remark(nodes), _least(plan), *merging, *base.notes),
        references=(*_REFERENCES[REWIRED], _BENJAMINI, _DAVISON, measure(name).citation(graph)),
        version=base.version,
    )


# Centrality


class _Watch:
    """Gathers the statistic of every sample, and how far the sample is from the observed network."""

    def __init__(self, base: Network, matrix: Matrix, name: str | None) -> None:
        self._graph, self._name = base.graph, name
        self._nodes = [*base.states(), *_columns(base)]
        self._matrix = matrix.astype(bool)
        self._samples: list[Matrix] = []
        self._kept = 0.0

    def add(self, block: Block) -> None:
        self._kept += float((block & self._matrix).sum())
        self._samples.append(self._statistics(block))

    def tested(self) -> Iterable[NodeTest]:
        if self._name is None:
            return
        found = values(self._graph, self._name)
        tests = two_sided(np.array([found[node] for node in self._nodes]), np.concatenate(self._samples))
        by_node = dict(zip(self._nodes, tests, strict=True))
        for mode in (0, 1):
            own = {node: found[node] for node in self._nodes if self._graph.nodes[node]["bipartite"] == mode}
            for node, rank in ranks(own).items():
                yield _node_test(self._graph, node, rank, by_node[node])

    def mixing(self, plan: Plan) -> Mixing:
        total = self._matrix.sum() * sum(map(len, self._samples))
        whole = [block for block in self._samples if len(block) == len(self._samples[0])]
        reduction, autocorrelation = chains_agree(np.stack(whole)) if len(whole) > 1 else (None, None)
        return Mixing(reduction, autocorrelation, 1.0 - self._kept / max(float(total), 1.0))

    def _statistics(self, block: Block) -> Matrix:
        """Return the measure of every node, or, without one, the total overlap of every state."""
        if self._name is None or (self._name == "degree"):
            totals = (block * block.sum(axis=1, keepdims=True) ** 2).sum(axis=2).astype(float)
            return totals if self._name is None else centralities(block, "degree")
        if self._name in KERNELS:
            return centralities(block, self._name)
        return np.array([self._one_by_one(sample) for sample in block])

    def _one_by_one(self, sample: Block) -> list[float]:
        graph = nx.Graph(**self._graph.graph)
        graph.add_nodes_from((node, self._graph.nodes[node]) for node in self._nodes)
        rows = sample.shape[0]
        ties = np.argwhere(sample).tolist()
        graph.add_edges_from((self._nodes[row], self._nodes[rows + column]) for row, column in ties)
        found = values(graph, str(self._name))
        return [found[node] for node in self._nodes]


def chains_agree(samples: Matrix) -> tuple[float | None, float | None]:
    """Compare chains with one another and each sample with the next.

    Parameters
    ----------
    samples
        Successive samples × chains × statistics.

    Returns
    -------
    reduction
        The largest potential scale reduction over the statistics that vary; None with fewer than two
        chains or four successive samples.
    autocorrelation
        The mean correlation at lag one; None with fewer than four successive samples.

    References
    ----------
    Gelman, A. and Rubin, D. B. (1992). Inference from iterative simulation using multiple sequences.
    Statistical Science 7(4), 457-472. doi:10.1214/ss/1177011136
    """
    length, chains, _ = samples.shape
    varied = samples[..., samples.std(axis=(0, 1)) > 1e-12]
    if length < 4 or varied.size == 0:
        return None, None
    within = varied.var(axis=0, ddof=1).mean(axis=0)
    centred = varied - varied.mean(axis=(0, 1))
    lagged = (centred[1:] * centred[:-1]).mean(axis=(0, 1)) / (centred**2).mean(axis=(0, 1))
    if chains < 2:
        return None, float(lagged.mean())
    among = varied.mean(axis=0).var(axis=0, ddof=1)
    reduction = np.sqrt((length - 1) / length + among / np.maximum(within, 1e-300))
    return float(reduction.max()), float(lagged.mean())


def _node_test(graph: nx.Graph, node: str, rank: int, test: Test) -> NodeTest:
    known = graph.nodes[node]
    return NodeTest(node, known["label"], known["kind"], known["group"], known["iri"], rank, test)


def _columns(base: Network) -> list[str]:
    return sorted(node for node, mode in base.graph.nodes(data="bipartite") if mode == 1)


# Overlaps of pairs


class _Overlaps:
    """Counts how often every overlap occurs, for pairs of rows with the same two sums.

    Under either null model rows with equal sums are exchangeable, so the overlaps of all pairs with the
    same two sums have one distribution, and the samples of all of them count for each.
    """

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._first, self._second = np.triu_indices(len(matrix), k=1)
        _, kind = np.unique(matrix.sum(axis=1), return_inverse=True)
        low, high = (
            np.minimum(kind[self._first], kind[self._second]),
            np.maximum(kind[self._first], kind[self._second]),
        )
        _, self._class = np.unique(low * (kind.max(initial=0) + 1) + high, return_inverse=True)
        self._bins = matrix.shape[1] + 1
        classes = int(self._class.max(initial=-1)) + 1
        self._counts = np.zeros(classes * self._bins, dtype=np.int64)
        self._places = self._first * len(matrix) + self._second
        self._offsets = (self._class * self._bins).astype(np.int32)

    def add(self, block: Block) -> None:
        if not len(self._first):
            return
        step = max(1, _ELEMENTS // len(self._matrix) ** 2)
        for at in range(0, len(block), step):
            part = block[at : at + step].astype(np.float32)
            every = (part @ part.transpose(0, 2, 1)).reshape(len(part), -1)
            shared = every.take(self._places, axis=1).astype(np.int32)
            shared += self._offsets
            self._counts += np.bincount(shared.ravel(), minlength=len(self._counts))

    def tested(self, states: Sequence[str], graph: nx.Graph) -> Pairs:
        number = len(self._first)
        if number == 0:
            return Pairs(0, 0, None, None, None, 0, ())
        tests = self._tests()
        q = np.array([1.0 if test.q is None else test.q for test in tests])
        z = np.array([0.0 if test.z is None else test.z for test in tests])
        order = np.lexsort((self._second, self._first, -z, q))
        labels = [graph.nodes[state]["label"] for state in states]
        rows = tuple(self._row(pair, states, labels, tests[pair]) for pair in order.tolist())
        some = [test.p for test in tests if test.p is not None]
        return Pairs(
            tested=number,
            significant=int((q <= FALSE_DISCOVERY_RATE).sum()),
            least_p=min(some, default=None),
            least_q=float(q.min()),
            lone=FALSE_DISCOVERY_RATE / number,
            able=self._able(),
            rows=rows,
        )

    def _row(self, pair: int, states: Sequence[str], labels: Sequence[str], test: Test) -> PairTest:
        a, b = int(self._first[pair]), int(self._second[pair])
        return PairTest(states[a], states[b], (labels[a], labels[b]), test)

    def _tests(self) -> list[Test]:
        counts = self._counts.reshape(-1, self._bins)
        total = counts.sum(axis=1)
        sizes = np.arange(self._bins)
        mean = counts @ sizes / total
        deviation = np.sqrt(np.maximum(counts @ sizes**2 / total - mean**2, 0.0))
        deviation[(counts > 0).sum(axis=1) < 2] = 0.0
        shared = np.rint(self._matrix @ self._matrix.T).astype(np.int64)[self._first, self._second]
        below = counts.cumsum(axis=1)[self._class, shared]
        above = counts[:, ::-1].cumsum(axis=1)[:, ::-1][self._class, shared]
        p = np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1) / (total[self._class] + 1))
        return _tests(shared.astype(float), mean[self._class], deviation[self._class], p)

    def _able(self) -> int:
        """Count the pairs whose largest possible overlap has a probability small enough to stand alone."""
        sums, sample, kind = np.unique(self._matrix.sum(axis=1), return_index=True, return_inverse=True)
        chances = tie_probabilities(self._matrix)[sample]
        tails = upper_tails(chances[:, None, :] * chances[None, :, :])
        most = np.minimum(sums[:, None], sums[None, :]).astype(np.int64)
        least = np.take_along_axis(tails, most[..., None], axis=2)[..., 0]
        reached = least[kind[self._first], kind[self._second]] <= FALSE_DISCOVERY_RATE / len(self._first)
        return int(reached.sum())


def _tests(observed: Matrix, mean: Matrix, deviation: Matrix, p: Matrix) -> list[Test]:
    free = deviation > EQUAL * np.maximum(np.abs(mean), 1e-300)
    q = np.ones_like(p)
    if free.any():
        q[free] = adjusted(p[free])
    z = np.divide(observed - mean, deviation, out=np.zeros_like(mean), where=free)
    columns = (each.tolist() for each in (observed, mean, deviation, z, p, q, free))
    return [
        Test(value, expected, spread if chosen else 0.0, *((a, b, c) if chosen else (None, None, None)))
        for value, expected, spread, a, b, c, chosen in zip(*columns, strict=True)
    ]


# Modularity of the blocs


def _modularity(base: Network, states: list[str], matrix: Matrix, plan: Plan) -> tuple[Test | None, str]:
    codes = [bloc.code for bloc in base.blocs]
    group = np.array([base.graph.nodes[state]["group"] for state in states])
    members = np.array([group == each for each in (*codes, BOTH)])
    rest = [number for number, code in enumerate(_columns(base)) if code not in codes]
    if (members.sum(axis=1) > 0).sum() < 2 or not rest:
        return None, _MODULARITY
    inner = matrix[:, rest]
    observed = modularity(inner[None].astype(bool), members)
    null = np.concatenate([modularity(block, members) for block in draw(inner, plan)])
    return two_sided(observed, null[:, None])[0], _MODULARITY


_MODULARITY = (
    "Modularity of three groups (states of the one bloc only, of the other only, of both) in the projection "
    "of these states, where a tie is as strong as the affiliations shared. The memberships that define "
    "the blocs are left out, in the observed network and in the samples: with them the question would "
    "answer itself. States of neither bloc are left out of the projection."
)


_GROUP_MODULARITY = (
    "Modularity of the groups (each bloc, members of both, states of neither, and actors that are no states) "
    "in the graph, parallel ties merged."
)


# What is said


_METHODS = {
    "curveball": "Each sample is a two-mode network in which every state has as many affiliations, and every "
    "affiliation as many states, as observed; all such networks are equally likely (curveball algorithm). "
    "p is two-sided and counts the observed network among the samples; q holds the false-discovery rate "
    "over the tests made together. Pairs of states with the same two numbers of affiliations have one "
    "null distribution, and share their samples.",
    "bicm": "Each sample is drawn from the bipartite configuration model: ties are independent, and every "
    "state and every affiliation has its observed number of ties on average. p is two-sided and counts the "
    "observed network among the samples; q holds the false-discovery rate over the tests made together. "
    "Pairs of states with the same two numbers of affiliations have one null distribution, and share "
    "their samples.",
}
_METHODS[REWIRED] = (
    "Each sample is the graph, parallel ties merged, after swaps of the ends of pairs of ties: every node "
    "has as many ties as observed, and keeps its group. p is two-sided and counts the observed network "
    "among the samples; q holds the false-discovery rate over the nodes."
)
_BENJAMINI = Reference(
    "Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal "
    "Statistical Society B 57(1), 289-300.",
    "10.1111/j.2517-6161.1995.tb02031.x",
)
_DAVISON = Reference(
    "Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge "
    "University Press.",
    "10.1017/CBO9780511802843",
)
_REFERENCES = {
    "curveball": (
        Reference(
            "Strona, G., Nappo, D., Boccacci, F., Fattorini, S. and San-Miguel-Ayanz, J. (2014). A fast and "
            "unbiased procedure to randomize ecological binary matrices with fixed row and column totals. "
            "Nature Communications 5, 4114.",
            "10.1038/ncomms5114",
        ),
        Reference(
            "Carstens, C. J. (2015). Proof of uniform sampling of binary matrices with fixed row sums and "
            "column sums for the fast curveball algorithm. Physical Review E 91, 042812.",
            "10.1103/PhysRevE.91.042812",
        ),
    ),
    "rewired": (
        Reference(
            "Fosdick, B. K., Larremore, D. B., Nishimura, J. and Ugander, J. (2018). Configuring random "
            "graph models with fixed degree sequences. SIAM Review 60(2), 315-355.",
            "10.1137/16M1087175",
        ),
    ),
    "bicm": (
        Reference(
            "Saracco, F., Di Clemente, R., Gabrielli, A. and Squartini, T. (2015). Randomizing bipartite "
            "networks: the case of the World Trade Web. Scientific Reports 5, 10595.",
            "10.1038/srep10595",
        ),
    ),
}


def _citation(name: str | None, graph: nx.Graph) -> tuple[Reference, ...]:
    return () if name is None else (measure(name).citation(graph),)


def _remarks(name: str | None, plan: Plan, pairs: Pairs, blocs: Test | None) -> Iterable[str]:
    if name == "degree" and plan.model == CURVEBALL:
        yield "The null model keeps every degree, so degree cannot be tested against it: choose bicm."
    yield _pair_remark(pairs)
    yield (
        f"Power: standing alone, a pair would need p ≤ {_short(pairs.lone)}; {pairs.able:,} of "
        f"{pairs.tested:,} pairs could reach that, if the two shared all that their numbers allow."
    )
    if name is not None:
        yield _least(plan)
    if blocs is None:
        yield "The blocs have no modularity on this day: fewer than two of them have states."


def _node_remark(nodes: Sequence[NodeTest]) -> Iterable[str]:
    adjusted_p = [row.test.q for row in nodes if row.test.q is not None]
    found = sum(q <= FALSE_DISCOVERY_RATE for q in adjusted_p)
    if found:
        rate = f"false-discovery rate {FALSE_DISCOVERY_RATE}"
        yield f"{found:,} of {len(adjusted_p):,} nodes differ from chance ({rate})."
    elif adjusted_p:
        least = _short(min(adjusted_p))
        yield f"No node differs from chance: the smallest q of {len(adjusted_p):,} is {least}."


def _least(plan: Plan) -> str:
    return f"With {plan.samples:,} samples no p of a node can be below {2 / (plan.samples + 1):.2g}."


def _pair_remark(pairs: Pairs) -> str:
    if pairs.significant:
        return (
            f"{pairs.significant:,} of {pairs.tested:,} pairs of states share more or fewer affiliations "
            f"than chance explains (false-discovery rate {FALSE_DISCOVERY_RATE})."
        )
    return (
        f"No pair is significant: of {pairs.tested:,} pairs the smallest p is {_short(pairs.least_p)}, and "
        f"{_short(pairs.least_q)} when adjusted for their number."
    )


def _short(number: float | None) -> str:
    return "–" if number is None or math.isnan(number) else f"{number:.2g}"


_CACHE: Cache[Significance] = Cache(64)
