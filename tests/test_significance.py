"""Random networks keep what the null model says, and the tests against them are those of enumeration."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.chance.nullmodel import overlaps, tie_probabilities
from graph.chance.rewiring import rewired
from graph.chance.sampling import BICM, CURVEBALL, Plan, draw
from graph.chance.significance import chains_agree, is_kept, modularity, significance, two_sided
from graph.chance.twomode import KERNELS, centralities
from graph.errors import BadValue
from graph.measures.catalogue import values
from graph.networks.building import VIEWS, incidence, network

SMALL = Plan(samples=100, seed=3)


def all_with_margins(matrix):
    """Return every 0-1 matrix with the row and column sums of one."""
    rows, columns = matrix.shape
    choices = [list(itertools.combinations(range(columns), int(total))) for total in matrix.sum(axis=1)]
    found = []
    for chosen in itertools.product(*choices):
        candidate = np.zeros((rows, columns), dtype=bool)
        for row, own in enumerate(chosen):
            candidate[row, list(own)] = True
        if (candidate.sum(axis=0) == matrix.sum(axis=0)).all():
            found.append(candidate)
    return found


def as_graph(matrix):
    graph = nx.Graph(two_mode=True)
    rows, columns = matrix.shape
    graph.add_nodes_from(range(rows), bipartite=0)
    graph.add_nodes_from(range(rows, rows + columns), bipartite=1)
    graph.add_edges_from((int(row), rows + int(column)) for row, column in np.argwhere(matrix))
    return graph


def matrices(most=8):
    size = st.tuples(st.integers(2, most), st.integers(2, most), st.integers(0, 2**31), st.floats(0.15, 0.85))
    return size.map(lambda at: (np.random.default_rng(at[2]).random(at[:2]) < at[3]).astype(float))


# Samples


@given(matrices())
@settings(max_examples=40, deadline=None)
def test_curveball_keeps_every_sum(matrix) -> None:
    for block in draw(matrix, Plan(samples=7, chains=3, trades=3, burn_in=2)):
        assert (block.sum(axis=2) == matrix.sum(axis=1)).all()
        assert (block.sum(axis=1) == matrix.sum(axis=0)).all()


def test_curveball_keeps_the_sums_of_the_real_network(graph) -> None:
    _, matrix = incidence(network(graph, "affiliation"))
    block = next(draw(matrix, SMALL))
    assert (block.sum(axis=2) == matrix.sum(axis=1)).all()
    assert (block.sum(axis=1) == matrix.sum(axis=0)).all()
    assert (block != matrix.astype(bool)).any(axis=(1, 2)).all()


@pytest.mark.parametrize("wide", [False, True])
def test_curveball_draws_every_matrix_equally_often(wide) -> None:
    """Against the enumeration of a margin class, by a chi-square test with a fixed seed."""
    matrix = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 0]], dtype=float)
    if wide:  # more columns than a short key holds: empty ones, which every sample must leave empty
        matrix = np.concatenate([matrix, np.zeros((4, 300))], axis=1)
    possible = all_with_margins(matrix[:, :4])
    place = {each.tobytes(): number for number, each in enumerate(possible)}
    counts = np.zeros(len(possible))
    for block in draw(matrix, Plan(samples=9000, seed=11, trades=8)):
        for sample in block:
            counts[place[sample[:, :4].tobytes()]] += 1
    expected = counts.sum() / len(possible)
    statistic = ((counts - expected) ** 2 / expected).sum()
    freedom = len(possible) - 1
    assert len(possible) > 20
    assert statistic < freedom + 3.1 * np.sqrt(2 * freedom)


def test_the_same_plan_draws_the_same_samples() -> None:
    matrix = (np.random.default_rng(5).random((9, 6)) < 0.4).astype(float)
    for model in (CURVEBALL, BICM):
        first, again, other = (
            np.concatenate(list(draw(matrix, Plan(model, 60, seed)))) for seed in (1, 1, 2)
        )
        assert len(first) == 60
        assert (first == again).all()
        assert (first != other).any()


def test_bicm_draws_have_the_probabilities_of_the_model() -> None:
    matrix = (np.random.default_rng(6).random((7, 5)) < 0.5).astype(float)
    mean = np.concatenate(list(draw(matrix, Plan(BICM, 8000, 4)))).mean(axis=0)
    assert np.abs(mean - tie_probabilities(matrix)).max() < 4.5 * 0.5 / np.sqrt(8000)


@pytest.mark.parametrize("seed", range(4))
def test_bicm_is_the_distribution_of_greatest_entropy_over_all_matrices(seed) -> None:
    """Against exact enumeration: the exponential family with the fitted parameters has the observed sums."""
    matrix = (np.random.default_rng(seed).random((3, 4)) < 0.5).astype(float)
    chances = tie_probabilities(matrix)
    every = np.array(list(itertools.product((0, 1), repeat=matrix.size)), dtype=float).reshape(-1, 3, 4)
    weight = np.where(every == 1, chances, 1 - chances).prod(axis=(1, 2))
    assert weight.sum() == pytest.approx(1, abs=1e-12)
    assert np.tensordot(weight, every.sum(axis=2), 1) == pytest.approx(matrix.sum(axis=1), abs=1e-8)
    assert np.tensordot(weight, every.sum(axis=1), 1) == pytest.approx(matrix.sum(axis=0), abs=1e-8)
    tested = overlaps(matrix)
    shared = np.einsum("kac,kbc->kab", every, every)
    for a, b, observed, p in zip(tested.first, tested.second, tested.shared, tested.p, strict=True):
        assert p == pytest.approx(weight[shared[:, a, b] >= observed].sum(), abs=1e-9)


def test_a_plan_says_what_is_wrong_with_it() -> None:
    for wrong in ({"model": "magic"}, {"samples": 0}, {"chains": 0}):
        with pytest.raises(BadValue) as raised:
            Plan(**wrong)
        assert raised.value.remedy


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    matrix = (np.random.default_rng(5).random((9, 6)) < 0.4).astype(float)
    list(draw(matrix, Plan(samples=120), lambda done, asked: told.append((done, asked))))
    assert told[-1] == (120, 120)
    assert len(told) == 3


# Centralities of many graphs at once


@pytest.mark.parametrize("name", KERNELS)
@given(matrices())
@settings(max_examples=25, deadline=None)
def test_a_kernel_gives_what_the_measure_gives(name, matrix) -> None:
    block = np.stack([matrix, matrix[::-1]]).astype(bool)
    for sample, found in zip(block, centralities(block, name), strict=True):
        expected = values(as_graph(sample), name)
        if name == "eigenvector" and _doubtful(sample):
            continue
        assert found == pytest.approx(list(expected.values()), abs=1e-9)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_can_leave_out_nodes_without_ties(name) -> None:
    matrix = (np.random.default_rng(8).random((12, 7)) < 0.3).astype(bool)
    matrix[3], matrix[:, 2] = False, False
    found = centralities(matrix[None], name, drop_isolates=True)[0]
    graph = as_graph(matrix)
    graph.remove_nodes_from(list(nx.isolates(graph)))
    for node, value in values(graph, name).items():
        assert found[node] == pytest.approx(value, abs=1e-9)
    assert found[3] == found[12 + 2] == 0


def _doubtful(sample) -> bool:
    """Say whether the leading eigenvector of some component is not unique in floating point."""
    graph = as_graph(sample)
    for part in nx.connected_components(graph):
        own = np.sort(np.linalg.eigvalsh(nx.to_numpy_array(graph.subgraph(part))))
        if len(own) > 2 and own[-1] - own[-2] < 1e-6:
            return True
    return False


def test_modularity_is_that_of_the_weighted_projection() -> None:
    matrix = np.random.default_rng(2).random((10, 6)) < 0.4
    members = np.zeros((3, 10), dtype=bool)
    members[0, :4], members[1, 4:7], members[2, 7:9] = True, True, True
    shared = matrix[:9].astype(int) @ matrix[:9].T.astype(int)
    np.fill_diagonal(shared, 0)
    graph = nx.from_numpy_array(shared)
    groups = [set(np.flatnonzero(group).tolist()) for group in members]
    expected = nx.community.modularity(graph, groups, weight="weight")
    assert modularity(matrix[None], members) == pytest.approx([expected])


# Tests


def test_p_is_two_sided_and_never_zero() -> None:
    null = np.arange(99.0)[:, None]
    low, middle, high = (two_sided(np.array([value]), null)[0] for value in (-1.0, 49.0, 200.0))
    assert low.p == high.p == pytest.approx(2 / 100)
    assert middle.p == 1.0
    assert high.z == pytest.approx((200 - 49) / null.std())
    fixed = two_sided(np.array([5.0]), np.full((99, 1), 5.0))[0]
    assert fixed.z is fixed.p is fixed.q is None


def test_overlaps_of_pairs_have_the_probabilities_of_enumeration() -> None:
    from graph.chance.overlapping import CountedOverlaps

    matrix = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 0]], dtype=float)
    counted = CountedOverlaps(matrix)
    for block in draw(matrix, Plan(samples=6000, seed=2, trades=6)):
        counted.add(block)
    every = np.array(all_with_margins(matrix), dtype=float)
    shared = (every @ every.transpose(0, 2, 1))[:, *np.triu_indices(4, 1)]
    observed = (matrix @ matrix.T)[np.triu_indices(4, 1)]
    tails = np.minimum((shared >= observed).mean(axis=0), (shared <= observed).mean(axis=0))
    found = counted._tests()
    assert [test.expected for test in found] == pytest.approx(shared.mean(axis=0).tolist(), abs=0.02)
    assert [test.p for test in found] == pytest.approx(np.minimum(1, 2 * tails).tolist(), abs=0.05)


def test_chains_that_agree_have_a_reduction_near_one() -> None:
    samples = np.random.default_rng(1).random((40, 10, 5))
    reduction, autocorrelation = chains_agree(samples)
    assert reduction < 1.05
    assert abs(autocorrelation) < 0.15
    stuck = samples + np.arange(10)[None, :, None]
    assert chains_agree(stuck)[0] > 2
    assert chains_agree(samples[:2]) == (None, None)


# The real network


@pytest.fixture(scope="module")
def found(graph):
    return significance(graph, plan=SMALL)


def test_no_pair_of_states_is_significant_and_the_answer_says_so(found) -> None:
    assert found.pairs.tested == len(found.pairs.rows)
    if found.pairs.significant == 0:
        assert any(note.startswith("No pair is significant") for note in found.notes)
    else:
        assert not any(note.startswith("No pair is significant") for note in found.notes)
    assert any(note.startswith("Power:") for note in found.notes)


def test_the_answer_says_how_many_nodes_differ_from_chance(found) -> None:
    differing = sum(row.test.q is not None and row.test.q <= 0.05 for row in found.nodes)
    assert found.notes[0].startswith(f"{differing} of" if differing else "No node differs")


def test_every_node_is_tested_beside_its_value(graph, found) -> None:
    base = network(graph, "affiliation")
    observed = values(base.graph, "betweenness")
    assert {row.node: row.test.value for row in found.nodes} == pytest.approx(observed)
    assert all(row.test.p is None or 0 < row.test.p <= 1 for row in found.nodes)


def test_the_blocs_share_more_other_affiliations_than_chance_explains(found) -> None:
    assert found.modularity is not None
    assert found.modularity.z > 2


def test_the_chains_have_forgotten_their_start(graph) -> None:
    mixed = significance(graph, plan=Plan(samples=400, seed=3), measure_name="pagerank").mixing
    assert mixed.reduction < 1.2
    assert abs(mixed.autocorrelation) < 0.1
    assert mixed.changed > 0.25


def test_the_answer_names_its_parameters(graph, found) -> None:
    assert found.parameters["samples"] == 100
    assert found.parameters["seed"] == 3
    assert found.parameters["trades"] == SMALL.trades
    assert found.version == graph.version
    assert {reference.doi for reference in found.references} >= {"10.1038/ncomms5114"}


def test_an_answer_is_computed_once(graph, found) -> None:
    assert is_kept(graph, plan=SMALL)
    assert significance(graph, plan=SMALL) is found
    assert not is_kept(graph, plan=Plan(samples=101, seed=3))


def test_degree_cannot_be_tested_where_it_is_kept(graph) -> None:
    fixed = significance(graph, measure_name="degree", plan=Plan(samples=20))
    assert all(row.test.p is None for row in fixed.nodes)
    assert any("choose bicm" in note for note in fixed.notes)
    free = significance(graph, measure_name="degree", plan=Plan(BICM, 20))
    assert any(row.test.p is not None for row in free.nodes)
    assert free.mixing is None


def test_any_measure_of_two_modes_can_be_tested(graph) -> None:
    rare = significance(graph, measure_name="articulation", plan=Plan(samples=3), as_of="1975-01-01")
    assert len(rare.nodes) == rare.n


def test_a_day_without_blocs_has_no_modularity(graph) -> None:
    early = significance(graph, plan=Plan(samples=10), as_of="1975-01-01")
    assert early.modularity is None
    assert any("modularity" in note for note in early.notes)


def test_an_alignment_has_pairs_and_no_nodes(graph) -> None:
    found = significance(graph, "alignment", plan=Plan(samples=20))
    assert found.nodes == ()
    assert found.pairs.tested > 0


# Graphs of one mode


@pytest.mark.parametrize("seed", range(3))
def test_rewiring_keeps_every_degree_and_makes_simple_graphs(seed) -> None:
    graph = nx.gnp_random_graph(20, 0.25, seed=seed)
    for sample in itertools.islice(rewired(graph, seed), 5):
        assert dict(sample.degree()) == dict(graph.degree())
        assert nx.number_of_selfloops(sample) == 0


def test_rewiring_makes_every_simple_graph_equally_often() -> None:
    graph = nx.path_graph(5)
    counts: dict[frozenset, int] = {}
    for sample in itertools.islice(rewired(graph, seed=7), 6000):
        key = frozenset(frozenset(tie) for tie in sample.edges)
        counts[key] = counts.get(key, 0) + 1
    degrees = sorted(graph.degree())
    possible = [
        ties
        for ties in itertools.combinations(itertools.combinations(range(5), 2), 4)
        if sorted(nx.Graph(ties).degree()) == degrees
    ]
    assert len(counts) == len(possible)
    expected = 6000 / len(possible)
    statistic = sum((count - expected) ** 2 / expected for count in counts.values())
    assert statistic < len(possible) - 1 + 3.1 * np.sqrt(2 * (len(possible) - 1))


def test_brokerage_in_the_linkages_is_tested_against_rewired_graphs(graph) -> None:
    """China brokers most by recording; degree explains it, and the test says so."""
    found = significance(graph, "linkages", "brokerage-liaison", Plan(samples=100, seed=2))
    assert found.parameters["model"] == "rewired"
    assert found.pairs.tested == 0
    assert found.modularity is not None
    china = next(row for row in found.nodes if row.node == "CHN")
    assert china.rank == 1
    assert abs(china.test.z) < 2


def test_a_null_model_fits_its_network_only(graph) -> None:
    with pytest.raises(BadValue, match="two modes"):
        significance(graph, "linkages", plan=Plan(BICM, 5))
    with pytest.raises(BadValue, match="one mode"):
        significance(graph, "affiliation", plan=Plan("rewired", 5))


def test_every_view_has_a_null_model(graph) -> None:
    for view in VIEWS:
        found = significance(graph, view, plan=Plan(samples=4))
        assert found.view == view and found.method and found.references
