"""Votes are measured as cast, with their gaps told, and show the split where it runs."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from graph.errors import BadValue, UnknownName
from graph.networks.building import blocs_of
from graph.votes import rollcalls
from graph.votes.rollcalls import FAVOUR, RollCall, agreement
from graph.votes.voting import axes, bloc_modularity, cohesion, split

SPAN = {"since": "2020-01-01"}
END = "2025-12-31"


def call(**cast: str) -> RollCall:
    return RollCall("R", "R", "a vote", "2020-01-01", "t", "t", "", cast, (), True, "x:s", "official")


def test_agreement_is_one_for_the_same_half_with_one_abstention_and_nothing_against() -> None:
    found = agreement([call(A="yes", B="no", C="abstained", D="absent", E="yes")])
    mean, at = found.mean(), found.states.index
    assert found.states == ("A", "B", "C", "E")
    assert mean[at("A"), at("E")] == 1 and mean[at("A"), at("B")] == 0
    assert mean[at("A"), at("C")] == mean[at("B"), at("C")] == 0.5
    assert np.isnan(mean[at("A"), at("A")])


def test_absences_are_skipped_and_a_minimum_leaves_pairs_out() -> None:
    votes = [call(A="yes", B="yes"), call(A="yes", B="absent"), call(A="abstained", B="abstained")]
    found = agreement(votes)
    assert found.shared[0, 1] == 2 and found.points[0, 1] == 2
    assert np.isnan(found.mean(minimum=3)[0, 1])


def test_a_partial_roll_call_is_left_out_and_told(graph) -> None:
    votes = rollcalls.record(graph)
    partial = [each for each in votes.calls if not each.complete]
    assert partial
    for each in partial:
        assert len(each.cast) < rollcalls.COMPLETE * (len(each.cast) + len(each.missing))
        assert each not in rollcalls.select(votes, each.date, each.date)
        assert each.code in {row.code for row in rollcalls.omitted(votes, each.date, each.date)}


def test_positions_are_means_of_votes_on_lines_from_the_vocabulary(graph) -> None:
    found = axes(graph, END, **SPAN)
    assert {code for code, _ in found.lines} == set(rollcalls.record(graph).lines)
    calls = [
        rollcalls.select(rollcalls.record(graph), found.start, found.end, code) for code, _ in found.lines
    ]
    assert found.votes == tuple(len(own) for own in calls)
    for place in found.places[::13]:
        for own, mean, number in zip(calls, place.means, place.votes, strict=True):
            cast = [FAVOUR[each.cast[place.code]] for each in own if each.cast.get(place.code) in FAVOUR]
            assert len(cast) == number and math.isclose(sum(cast) / number, mean)


def test_quadrants_hold_every_state_once(graph) -> None:
    found = axes(graph, END, **SPAN)
    listed = [code for each in found.quadrants for states in each.groups.values() for code in states]
    assert sorted(listed) == sorted(place.code for place in found.places)
    assert not set(listed) & set(found.too_few)
    assert found.omitted and all(each.remark for each in found.omitted)


def test_the_split_runs_through_the_accords_and_not_between_the_alliances(graph) -> None:
    found = axes(graph, END, **SPAN)
    first, second = (bloc.code for bloc in found.blocs)
    shares = {}
    for bloc in (first, second):
        total = sum(len(each.groups.get(bloc, ())) for each in found.quadrants)
        shares[bloc] = {each.positions: len(each.groups.get(bloc, ())) / total for each in found.quadrants}
    large = [positions for positions, part in shares[first].items() if part > 0.25]
    assert len(large) == 2, "the signatories of the first bloc stand in two quadrants"
    assert any(shares[second][positions] > 0.25 for positions in large), "one of which they share"


def test_the_best_split_of_voters_is_not_that_of_the_alliances(graph) -> None:
    calls = rollcalls.select(rollcalls.record(graph), "2020-01-01", END)
    sides, value = split(agreement(calls), len(calls) // 2)
    belongs = blocs_of(graph, graph.today, axes(graph).blocs)
    counts = [
        {bloc: sum(belongs.get(code) == (bloc,) for code in side) for bloc in ("artemis-accords", "ilrs")}
        for side in sides
    ]
    assert value > 0 and all(each["artemis-accords"] > 10 for each in counts)
    assert min(each["ilrs"] for each in counts) == 0 < max(each["ilrs"] for each in counts)


def test_bloc_structure_in_votes_is_clearer_after_2020_than_before_2008(graph) -> None:
    years = cohesion(graph, 1958, 2025).years
    late = [each for each in years if each.year >= 2020 and each.modularity_z is not None]
    early = [each for each in years if each.year < 2008 and each.modularity_z is not None]
    assert len(late) >= 3 and len(early) >= 10

    def mean(values) -> float:
        found = list(values)
        return sum(found) / len(found)

    assert mean(y.modularity_z for y in late) > mean(y.modularity_z for y in early) + 2
    gap = [mean(mean(y.within.values()) - y.across for y in span) for span in (late, early)]
    assert gap[0] > gap[1]
    assert mean(y.across for y in late) < mean(y.across for y in early)


def test_a_year_without_a_vote_has_no_value_and_says_why(graph) -> None:
    years = {each.year: each for each in cohesion(graph, 1958, 2026).years}
    for each in years.values():
        assert (each.across is None) == bool(each.reason)
    assert "no roll call can be used" in years[2024].reason and "PARTIAL" in years[2024].reason
    assert "leave no row" in years[2026].reason
    assert sum(years[2025].topics.values()) == years[2025].votes > 0


def test_modularity_is_that_of_the_definition_and_its_null_is_seeded() -> None:
    generator = np.random.default_rng(7)
    weights = generator.random((12, 12))
    weights = weights + weights.T
    np.fill_diagonal(weights, 0)
    labels = np.array([0] * 5 + [1] * 7)
    value, z, p = bloc_modularity(weights, labels)
    strength, total = weights.sum(axis=1), weights.sum()
    expected = sum(
        weights[i, j] - strength[i] * strength[j] / total
        for i in range(12)
        for j in range(12)
        if labels[i] == labels[j]
    )
    assert math.isclose(value, expected / total, abs_tol=1e-12)
    assert bloc_modularity(weights, labels) == (value, z, p) and 0 < p <= 1
    three = bloc_modularity(weights, np.array([0] * 4 + [1] * 4 + [2] * 4))
    assert three[1] is not None and math.isfinite(three[1])
    assert bloc_modularity(np.ones((4, 4)) - np.eye(4), np.array([0, 0, 1, 1]))[1] is None


@pytest.mark.parametrize("labels", [[0, 1], [0, 0, 1], [0, 0, 1, 1, 1, 1], [0, 1, 1, 2, 2, 2, 2], [0, 1, 2]])
def test_chance_is_every_relabelling_that_keeps_the_sizes(labels) -> None:
    weights = np.random.default_rng(11).random((len(labels), len(labels)))
    weights = weights + weights.T
    np.fill_diagonal(weights, 0)
    value, z, p = bloc_modularity(weights, np.array(labels), runs=200)
    every = [bloc_modularity(weights, np.array(other), runs=0)[0] for other in permutations(labels)]
    if np.std(every) < 1e-9:
        assert z is None and p is None
    else:
        assert z == pytest.approx((value - np.mean(every)) / np.std(every), rel=1e-9)
        assert p == pytest.approx(np.mean(np.array(every) >= value - 1e-12), abs=0.15)
    assert bloc_modularity(weights, np.array(labels), runs=0) == (value, z, None)


def test_former_states_count_for_those_that_continue_them_only_in_a_line_over_time(graph) -> None:
    joined = rollcalls.select(rollcalls.record(graph), "1980-01-01", "1990-12-31", joined=True)
    apart = rollcalls.select(rollcalls.record(graph), "1980-01-01", "1990-12-31")
    assert all("SUN" in each.cast and "RUS" not in each.cast for each in apart)
    assert all("RUS" in each.cast and "SUN" not in each.cast for each in joined)
    for one, other in zip(apart, joined, strict=True):
        assert one.cast["SUN"] == other.cast["RUS"]
        assert one.cast["YEM"] == other.cast["YEM"], "a state with a seat of its own keeps its own vote"
    assert any("is continued by" in note for note in cohesion(graph, 1980, 1981).notes)
    assert any("stand for themselves" in note for note in axes(graph).notes)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"lines": ("russian-line", "wstern-line")}, UnknownName, "western-line"),
        ({"lines": ("russian-line",)}, BadValue, "two lines"),
        ({"thresholds": (0.2, 0.8)}, BadValue, "in order"),
        ({"between": ("artmis", "ilrs")}, UnknownName, "artemis"),
    ],
)
def test_wrong_axes_are_answered_with_what_would_be_right(graph, given, error, said) -> None:
    with pytest.raises(error) as caught:
        axes(graph, **given)
    assert said.casefold() in str(caught.value).casefold()
