"""Who promotes which norm, and who holds which reading, beside chance; conflicts among promoters."""

from __future__ import annotations

import numpy as np
import pytest

from graph.chance.holders import HELD, Clashes, WatchedClashes, holding
from graph.chance.nullmodel import overlaps
from graph.chance.overlapping import exactly
from graph.chance.sampling import BICM, CURVEBALL, PERMUTED, Plan, draw
from graph.chance.significance import significance
from graph.errors import BadValue
from graph.networks.building import network


@pytest.fixture(scope="module", params=sorted(HELD))
def view(request) -> str:
    return request.param


def test_holders_and_what_they_hold_are_those_of_the_network(graph, view) -> None:
    base = network(graph, view)
    relation, kind = HELD[view]
    ties = {frozenset((a, b)) for a, b, known in base.graph.edges(data=True) if known["relation"] == relation}
    found = holding(base)
    assert {frozenset(tie) for tie in found.graph.edges} == ties
    for _, known in found.graph.nodes(data=True):
        assert known["bipartite"] == (known["kind"] == kind)
    assert found.graph.graph["two_mode"]


@pytest.mark.parametrize("model", [CURVEBALL, BICM])
def test_an_answer_on_holders_has_the_shape_of_every_other(graph, view, model) -> None:
    found = significance(graph, view, plan=Plan(model, 60, 5))
    rows = [row for row in found.nodes if row.kind not in ("norm", "interpretation")]
    assert found.pairs.tested == len(rows) * (len(rows) - 1) // 2 == len(found.pairs.rows)
    assert len(found.nodes) == found.n
    told = any(note.startswith("No pair is significant") for note in found.notes)
    assert told == (found.pairs.significant == 0)
    assert any(note.startswith("Tested are ") for note in found.notes)
    doi = {"curveball": "10.1038/ncomms5114", "bicm": "10.1088/1367-2630/aa6b38"}[model]
    assert doi in {reference.doi for reference in found.references}
    assert bool(found.groups) == (view == "norms")


def test_the_same_seed_gives_the_same_numbers(graph) -> None:
    from graph.chance.significance import _asked, _significance

    asked = _asked(graph, "norms", None, Plan(samples=30, seed=4), None, "exclude", ("artemis", "ilrs"), {})
    first, again = (_significance(graph, asked, None) for _ in range(2))
    assert first == again


def test_permuting_is_for_votes_only(graph, view) -> None:
    with pytest.raises(BadValue, match="votes") as raised:
        significance(graph, view, plan=Plan(PERMUTED, 5))
    assert "curveball" in raised.value.remedy


@pytest.mark.parametrize("name", ["louvain", "triads", "mixing"])
def test_measures_of_the_whole_are_refused_with_what_to_ask(graph, name) -> None:
    with pytest.raises(BadValue) as raised:
        significance(graph, "norms", name)
    assert raised.value.code == "no-null-model" and "betweenness" in raised.value.remedy


def test_exact_overlaps_are_those_of_the_one_sided_test() -> None:
    matrix = (np.random.default_rng(3).random((9, 7)) < 0.4).astype(float)
    one, two = overlaps(matrix), exactly(matrix)
    assert [test.expected for test in two] == pytest.approx(one.expected.tolist())
    for test, p in zip(two, one.p, strict=True):
        assert test.p is None or test.p <= min(1.0, 2 * p) + 1e-12
    assert any(test.p == pytest.approx(2 * p) for test, p in zip(two, one.p, strict=True) if 2 * p < 1)


def test_a_planted_pair_of_holders_is_found() -> None:
    matrix = (np.random.default_rng(5).random((30, 60)) < 0.12).astype(float)
    matrix[1] = matrix[0] = np.arange(60) < 12
    tests = exactly(matrix)
    assert tests[0].q < 0.05 and tests[0].z > 4
    assert np.mean([test.q is not None and test.q <= 0.05 for test in tests[1:]]) < 0.05


def test_p_of_holders_is_uniform_where_the_null_model_holds() -> None:
    """A statistic of matrices that are draws of the null model themselves, against samples of it."""
    start = (np.random.default_rng(5).random((12, 10)) < 0.4).astype(float)
    clashing = Clashes((0, 2, 4, 6), (1, 3, 5, 7))
    p = []
    for number, drawn in enumerate(next(draw(start, Plan(samples=40, seed=9)))):
        watched = WatchedClashes(clashing, np.zeros((12, 0), dtype=bool), ())
        for block in draw(drawn.astype(float), Plan(samples=99, seed=number)):
            watched.add(block)
        p.append(watched.tested(drawn.astype(float))[0].test.p)
    at = np.sort(np.array([1.0 if each is None else each for each in p]))
    # A count takes few values, so that p is no smaller than uniform but may be larger.
    assert (at - np.arange(len(at)) / len(at)).min() > -1.63 / np.sqrt(len(at))
    assert at.min() < 0.3


def test_conflicts_are_counted_by_promoter_and_across_sides() -> None:
    matrix = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=float)
    sides = np.array([[True, False], [False, True], [False, False]])
    watched = WatchedClashes(Clashes((0, 0, 1), (1, 2, 3)), sides, ("one", "two"))
    for block in draw(matrix, Plan(samples=20)):
        watched.add(block)
    same, across = watched.tested(matrix)
    # 0-1 lies within the first row; 0-2 joins what the first and the second row promote, and so does 0-1.
    assert (same.test.value, across.test.value) == (1, 2)
    assert same.counted == 3


def test_a_day_before_anything_is_held_tests_nothing(graph) -> None:
    found = significance(graph, "readings", plan=Plan(samples=5), as_of="1950-01-01")
    assert found.nodes == () and found.pairs.tested == 0 and found.modularity is None
