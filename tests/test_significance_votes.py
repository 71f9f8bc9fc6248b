"""Null models of votes keep what they say, give the odds of enumeration, and find a bloc that was planted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.chance.agreements import CountedAgreements, Summed, exactly, halves, shared
from graph.chance.ballots import ABSTAINED, NO, NONE, YES, ballots, chances, draw_ballots, trade
from graph.chance.nullmodel import adjusted
from graph.chance.outcome import two_sided
from graph.chance.sampling import BICM, CURVEBALL, PERMUTED, REWIRED, Plan
from graph.chance.significance import is_kept, significance
from graph.errors import BadValue
from graph.networks.building import network
from graph.votes import rollcalls
from graph.votes.voting import bloc_modularity

WAYS = (NO, ABSTAINED, YES)
FAIR = (0.1, 0.25, 0.25, 0.4)


def random_votes(states, calls, seed, odds=FAIR):
    return np.random.default_rng(seed).choice(4, size=(states, calls), p=odds).astype(np.int8)


tables = st.builds(random_votes, st.integers(2, 9), st.integers(1, 9), st.integers(0, 2**31))


def tallies(table, axis):
    return np.stack([(table == way).sum(axis=axis) for way in WAYS], axis=-1)


def pairs_of(cast):
    return tuple(np.triu_indices(len(cast), k=1))


# Samples


@given(tables, st.sampled_from([PERMUTED, CURVEBALL, BICM]))
@settings(max_examples=60, deadline=None)
def test_every_null_model_keeps_who_voted(cast, model) -> None:
    for block in draw_ballots(cast, Plan(model, samples=5, burn_in=3)):
        assert ((block != NONE) == (cast != NONE)).all()


@given(tables, st.sampled_from([PERMUTED, CURVEBALL]))
@settings(max_examples=60, deadline=None)
def test_tallies_of_every_roll_call_are_kept(cast, model) -> None:
    for block in draw_ballots(cast, Plan(model, samples=5, burn_in=3)):
        assert (tallies(block, 1) == tallies(cast, 0)).all()


@given(tables)
@settings(max_examples=60, deadline=None)
def test_the_strict_null_model_keeps_the_habits_of_every_state(cast) -> None:
    for block in draw_ballots(cast, Plan(CURVEBALL, samples=5, burn_in=3)):
        assert (tallies(block, 2) == tallies(cast, 1)).all()


@given(tables)
@settings(max_examples=15, deadline=None)
def test_tallies_and_habits_are_kept_on_average(cast) -> None:
    found = chances(cast)
    assert found.sum(axis=2) == pytest.approx((cast != NONE).astype(float), abs=1e-6)
    assert found.sum(axis=0) == pytest.approx(tallies(cast, 0).astype(float), abs=2e-2)
    assert found.sum(axis=1) == pytest.approx(tallies(cast, 1).astype(float), abs=2e-2)


def test_the_real_votes_are_fitted_closely_and_keep_their_margins(graph) -> None:
    cast = ballots(rollcalls.select(rollcalls.record(graph), "2015-01-01", "2026-12-31")).cast
    found = chances(cast)
    assert np.abs(found.sum(axis=0) - tallies(cast, 0)).max() < 1e-5
    assert np.abs(found.sum(axis=1) - tallies(cast, 1)).max() < 1e-5
    block = next(draw_ballots(cast, Plan(CURVEBALL, samples=10)))
    assert (tallies(block, 1) == tallies(cast, 0)).all() and (tallies(block, 2) == tallies(cast, 1)).all()
    assert (block != cast).any(axis=(1, 2)).all()


def all_with_margins(cast):
    """Return every table with the same absences, tallies and habits."""
    present = np.argwhere(cast != NONE)
    every = np.zeros((3 ** len(present), *cast.shape), dtype=np.int8)
    filled = np.array(list(itertools.product(WAYS, repeat=len(present))), dtype=np.int8)
    every[:, present[:, 0], present[:, 1]] = filled
    kept = (tallies(every, 1) == tallies(cast, 0)).all(axis=(1, 2))
    kept &= (tallies(every, 2) == tallies(cast, 1)).all(axis=(1, 2))
    return every[kept]


@pytest.mark.parametrize(
    "rows",
    [
        # Two states whose votes go round: only the step of three kinds at once leads on.
        [[NO, ABSTAINED, YES], [ABSTAINED, YES, NO]],
        [[NO, ABSTAINED, YES, NO], [ABSTAINED, YES, NO, YES], [YES, YES, NO, ABSTAINED]],
        [[NO, YES, YES, NO], [NONE, YES, NO, ABSTAINED], [YES, NO, NONE, YES]],
    ],
)
def test_trades_reach_every_table_with_the_margins_equally_often(rows) -> None:
    """Against the enumeration of a margin class, by a chi-square test with a fixed seed."""
    cast = np.array(rows, dtype=np.int8)
    possible = {each.tobytes(): number for number, each in enumerate(all_with_margins(cast))}
    counts, generator = np.zeros(len(possible)), np.random.default_rng(3)
    state = np.repeat(cast[None], 6000, axis=0)
    for _ in range(40):
        trade(state, generator)
    for sample in state:
        counts[possible[sample.tobytes()]] += 1
    expected = len(state) / len(possible)
    freedom = len(possible) - 1
    assert len(possible) > 1
    assert ((counts - expected) ** 2 / expected).sum() < freedom + 3.1 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("model", [PERMUTED, CURVEBALL, BICM])
def test_the_same_plan_draws_the_same_votes(model) -> None:
    cast = random_votes(12, 8, 1)
    first, again, other = (
        np.concatenate(list(draw_ballots(cast, Plan(model, 60, seed)))) for seed in (1, 1, 2)
    )
    assert len(first) == 60
    assert (first == again).all()
    assert (first != other).any()


def test_rewiring_is_not_for_votes() -> None:
    with pytest.raises(BadValue, match="one mode"):
        next(draw_ballots(random_votes(3, 3, 1), Plan(REWIRED)))


def test_progress_of_votes_is_told() -> None:
    told: list[tuple[int, int]] = []
    list(draw_ballots(random_votes(5, 4, 1), Plan(PERMUTED, 120), lambda *each: told.append(each)))
    assert told[-1] == (120, 120)


# Agreement


@given(tables)
@settings(max_examples=60, deadline=None)
def test_agreement_is_that_of_the_roll_calls(cast) -> None:
    found = halves(cast[None])[0]
    for one, other in itertools.combinations(range(len(cast)), 2):
        both = (cast[one] != NONE) & (cast[other] != NONE)
        assert shared(cast)[one, other] == both.sum()
        apart = np.abs(cast[one].astype(int) - cast[other].astype(int))[both]
        assert found[one, other] == (2 - apart).sum()


def test_agreement_is_that_of_the_voting_network(graph) -> None:
    calls = rollcalls.select(rollcalls.record(graph), "2018-01-01", "2026-12-31")
    votes, expected = ballots(calls), rollcalls.agreement(calls)
    assert votes.states == expected.states
    found = halves(votes.cast[None])[0] / 2
    own = ~np.eye(len(found), dtype=bool)
    assert found[own] == pytest.approx(expected.points[own])
    assert shared(votes.cast)[own] == pytest.approx(expected.shared[own])


@given(st.builds(random_votes, st.integers(2, 4), st.integers(1, 3), st.integers(0, 2**31)))
@settings(max_examples=20, deadline=None)
def test_exact_odds_of_permuted_votes_are_those_of_enumeration(cast) -> None:
    """Every way to deal the votes of every roll call, in full."""
    dealt = []
    for call in range(cast.shape[1]):
        voted = np.flatnonzero(cast[:, call] != NONE)
        own = []
        for order in itertools.permutations(cast[voted, call]):
            column = np.zeros(len(cast), dtype=np.int8)
            column[voted] = order
            own.append(column)
        dealt.append(own)
    every = halves(np.array([np.stack(each, axis=1) for each in itertools.product(*dealt)]))
    pairs = pairs_of(cast)
    null, observed = every[:, pairs[0], pairs[1]].astype(float), halves(cast[None])[0][pairs]
    mean, spread, p, _ = exactly(cast, pairs, Plan(PERMUTED))
    tails = np.minimum((null >= observed).mean(axis=0), (null <= observed).mean(axis=0))
    assert mean == pytest.approx(null.mean(axis=0), abs=1e-9)
    assert spread == pytest.approx(null.std(axis=0), abs=1e-6)
    assert p == pytest.approx(np.minimum(1, 2 * tails), abs=1e-9)


@pytest.mark.parametrize("model", [PERMUTED, BICM])
def test_exact_odds_are_those_of_samples(model) -> None:
    cast = random_votes(8, 6, 4)
    pairs, plan = pairs_of(cast), Plan(model, 8000, 2)
    counted = CountedAgreements(halves(cast[None])[0], pairs)
    for block in draw_ballots(cast, plan):
        counted.add(halves(block))
    mean, spread, p, best = exactly(cast, pairs, plan)
    sampled = counted.distribution()
    assert sampled[0] == pytest.approx(mean, abs=0.12)
    assert sampled[1] == pytest.approx(spread, abs=0.1)
    assert sampled[2] == pytest.approx(p, abs=0.05)
    assert (best <= p + 1e-12).all()


def test_sums_are_means_over_pairs_and_the_modularity_of_the_weighted_graph() -> None:
    cast = random_votes(9, 7, 5)
    together = shared(cast)
    enough, members = together >= 3, np.zeros((2, 9), dtype=bool)
    members[0, :4], members[1, 4:7] = True, True
    summed = Summed(together, enough, np.ones(9, dtype=bool), members)
    agreed = halves(cast[None])
    mean = np.where(enough, agreed[0] / np.maximum(2 * together, 1), np.nan)
    np.fill_diagonal(mean, np.nan)
    assert summed.states(agreed)[0] == pytest.approx(np.nan_to_num(np.nanmean(mean, axis=1)))
    within = [np.nanmean(mean[np.ix_(own, own)]) for own in members]
    across = np.nanmean(mean[np.ix_(*members)])
    weights = np.nan_to_num(mean)[:7, :7]
    modularity = bloc_modularity(weights, np.array([0] * 4 + [1] * 3), runs=10)[0]
    assert summed.groups(agreed)[0] == pytest.approx([*within, across, modularity])


# Tests under the null, and against it


@pytest.mark.parametrize("model", [PERMUTED, CURVEBALL])
def test_p_is_uniform_where_the_null_model_holds(model) -> None:
    """The observed table is itself a draw of the null model: p of the agreement of a group is uniform."""
    start, members = random_votes(14, 10, 8), np.zeros((2, 14), dtype=bool)
    members[0, :5], members[1, 5:10] = True, True
    found = []
    for number, drawn in enumerate(next(draw_ballots(start, Plan(model, 50, 77)))[:40]):
        together = shared(drawn)
        summed = Summed(together, together > 0, members[0], members)
        null = [summed.groups(halves(b)) for b in draw_ballots(drawn, Plan(model, 99, number))]
        observed = summed.groups(halves(drawn[None]))[0]
        found.append(two_sided(observed, np.concatenate(null))[2].p)
    p = np.sort(np.array(found))
    steps = np.arange(1, len(p) + 1) / len(p)
    assert np.abs(p - steps).max() < 1.63 / np.sqrt(len(p))  # Kolmogorov and Smirnov, one per cent
    assert adjusted(p).min() > 0.01


def planted(seed=6):
    """Two groups that vote alike among themselves and each as often yes as the other, and ten others."""
    draws = np.random.default_rng(seed)
    side = draws.choice([NO, YES], size=16, p=[0.5, 0.5])
    cast = draws.choice(WAYS, size=(22, 16), p=[0.45, 0.1, 0.45]).astype(np.int8)
    cast[:6], cast[6:12] = side, NO + YES - side
    noise = draws.random((12, 16)) < 0.08
    cast[:12][noise] = ABSTAINED
    return cast


@pytest.mark.parametrize("model", [PERMUTED, CURVEBALL, BICM])
def test_a_planted_bloc_is_found(model) -> None:
    cast, plan, pairs = planted(), Plan(model, 500, 3), pairs_of(planted())
    members = np.zeros((2, 22), dtype=bool)
    members[0, :6], members[1, 6:12] = True, True
    summed = Summed(shared(cast), shared(cast) > 0, members[0], members)
    counted, sums = CountedAgreements(halves(cast[None])[0], pairs), []
    for block in draw_ballots(cast, plan):
        agreed = halves(block)
        counted.add(agreed)
        sums.append(summed.groups(agreed))
    one, other, across, modularity = two_sided(summed.groups(halves(cast[None]))[0], np.concatenate(sums))
    assert min(one.z, other.z, modularity.z) > 4 and across.z < -4
    p = counted.distribution()[2] if model == CURVEBALL else exactly(cast, pairs, plan)[2]
    groups = np.array([0] * 6 + [1] * 6 + [2] * 10)
    inside = (groups[pairs[0]] == groups[pairs[1]]) & (groups[pairs[0]] < 2)
    found = adjusted(p) <= 0.05
    assert found[inside].all()
    free = (groups[pairs[0]] == 2) | (groups[pairs[1]] == 2)
    assert found[free].mean() < 0.1


def test_a_habit_is_not_agreement_by_the_strict_null_model() -> None:
    """States that nearly always vote yes agree; the strict models explain it, permutation does not."""
    draws = np.random.default_rng(9)
    cast = draws.choice(WAYS, size=(20, 24), p=[0.4, 0.2, 0.4]).astype(np.int8)
    cast[:6] = np.where(draws.random((6, 24)) < 0.95, YES, ABSTAINED)
    pairs = pairs_of(cast)
    habitual = (pairs[0] < 6) & (pairs[1] < 6)
    loose = adjusted(exactly(cast, pairs, Plan(PERMUTED))[2]) <= 0.05
    strict = adjusted(exactly(cast, pairs, Plan(BICM))[2]) <= 0.05
    assert loose[habitual].mean() > 0.5
    assert strict[habitual].mean() < 0.1


# The real votes


@pytest.fixture(scope="module", params=[PERMUTED, CURVEBALL, BICM])
def found(graph, request):
    return significance(graph, "voting", plan=Plan(request.param, 60, 5))


def test_an_answer_on_votes_has_the_shape_of_every_other(graph, found) -> None:
    base = network(graph, "voting", raw=True)
    assert (found.n, found.m) == (base.graph.number_of_nodes(), base.graph.number_of_edges())
    assert found.pairs.tested == found.m == len(found.pairs.rows)
    assert {row.name for row in found.groups} == {"within:artemis-accords", "within:ilrs", "across"}
    assert found.modularity is not None and found.method and found.as_of and found.version == graph.version
    assert found.parameters["model"] in (PERMUTED, CURVEBALL, BICM) and found.parameters["votes"]
    assert (found.mixing is not None) == (found.parameters["model"] == CURVEBALL)
    assert any(note.startswith("Power:") for note in found.notes)
    assert all(reference.doi for reference in found.references)


def test_observed_agreement_is_that_of_the_network(graph, found) -> None:
    ties = network(graph, "voting", raw=True).graph
    for row in found.pairs.rows[:200]:
        assert row.test.value == pytest.approx(ties.edges[row.first, row.second]["agreement"], abs=1e-6)
    states = {row.node: row.test.value for row in found.nodes}
    for state in list(states)[:10]:
        own = [known["agreement"] for _, _, known in ties.edges(state, data=True)]
        assert states[state] == pytest.approx(np.mean(own), abs=1e-6)


def test_the_answer_says_whether_a_pair_is_significant(found) -> None:
    told = any(note.startswith("No pair is significant") for note in found.notes)
    assert told == (found.pairs.significant == 0)


def test_a_short_span_has_no_significant_pair_and_says_so(graph) -> None:
    short = significance(graph, "voting", plan=Plan(BICM, 40), since="2023-01-01", as_of="2023-12-31")
    assert short.pairs.tested > 0
    assert short.pairs.significant == 0
    assert any(note.startswith("No pair is significant") for note in short.notes)


def test_a_span_without_a_vote_tests_nothing(graph) -> None:
    empty = significance(graph, "voting", plan=Plan(samples=20), since="2024-01-01", as_of="2024-11-30")
    assert empty.pairs.tested == 0 and empty.nodes == () and empty.groups == ()
    assert any("No pair of states shares enough votes" in note for note in empty.notes)


def test_votes_are_kept_and_seeded(graph) -> None:
    plan = Plan(PERMUTED, 40, 9)
    first = significance(graph, "voting", plan=plan)
    assert is_kept(graph, "voting", plan=plan) and significance(graph, "voting", plan=plan) is first
    other = significance(graph, "voting", plan=Plan(PERMUTED, 40, 10))
    assert first.groups[0].test.expected != other.groups[0].test.expected


def test_agreement_with_a_bloc_is_a_measure(graph) -> None:
    found = significance(graph, "voting", "agreement:ilrs", Plan(PERMUTED, 40))
    rank = {row.node: row.rank for row in found.nodes}
    assert rank["RUS"] < rank["USA"]


@pytest.mark.parametrize("name", ["betweenness", "agreement:esa", "louvain"])
def test_other_measures_of_votes_are_refused_with_what_to_ask(graph, name) -> None:
    with pytest.raises(BadValue) as raised:
        significance(graph, "voting", name)
    assert raised.value.code == "no-null-model" and "agreement" in raised.value.remedy
