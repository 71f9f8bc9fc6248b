"""Rank intervals are those of networks built without something, and claims name what they survive."""

from __future__ import annotations

import networkx as nx
import pytest

from graph.chance.leaveouts import KINDS, RECALLED, TRADITION, bridging, leave_outs
from graph.chance.rankspans import rank_spans
from graph.chance.robustness import is_kept, robustness
from graph.errors import BadValue, UnknownName
from graph.measures.catalogue import ranks, values
from graph.networks.building import network


@pytest.fixture(scope="module")
def base(graph):
    return network(graph, "affiliation")


@pytest.fixture(scope="module")
def found(graph):
    return robustness(graph)


def states_ranked(network, name="betweenness"):
    own = values(nx.Graph(network.graph), name)
    return ranks({state: own[state] for state in network.states()})


def test_every_affiliation_is_left_out_once(graph, base) -> None:
    variants = leave_outs(graph, base)
    codes = [variant.code for variant in variants if variant.kind in ("instrument", "alliance")]
    assert sorted(codes) == sorted(node for node, mode in base.graph.nodes(data="bipartite") if mode == 1)
    for variant in variants:
        assert variant.lost > 0
        assert variant.code not in variant.network.graph
        assert all(degree > 0 for _, degree in variant.network.graph.degree())


def test_what_only_one_tradition_says_is_left_out(graph, base) -> None:
    variants = {v.code: v for v in leave_outs(graph, base) if v.kind == TRADITION}
    assert "western" in variants
    expected = network(graph, "affiliation", tradition="-western")
    assert set(variants["western"].network.graph.edges) == set(expected.graph.edges)


def test_recalled_facts_are_left_out(graph, base) -> None:
    variant = next(v for v in leave_outs(graph, base) if v.kind == RECALLED)
    grades = {grade for _, _, grade in variant.network.graph.edges(data="verification")}
    assert "recalled" not in grades
    assert variant.name == "recalled facts"


def test_leaving_out_a_bloc_takes_it_out_of_the_groups(graph, base) -> None:
    variant = next(v for v in leave_outs(graph, base) if v.code == "ilrs")
    assert {g for _, g in variant.network.graph.nodes(data="group")} & {"ilrs", "both"} == set()
    assert variant.shares is None
    assert variant.network.graph.nodes["THA"]["group"] == "artemis-accords"


@pytest.mark.parametrize("name", ["betweenness", "closeness", "k-core"])
def test_intervals_hold_the_ranks_of_every_variant(graph, base, name) -> None:
    found = robustness(graph, measure_name=name)
    rows = {row.node: row for row in found.rows}
    chosen = [found.variants[number] for number in (0, len(found.variants) // 2, -1)]
    for variant in chosen:
        for state, rank in states_ranked(variant.network, name).items():
            assert rows[state].whole.best <= rank <= rows[state].whole.worst
            own = rows[state].by_kind[variant.kind]
            assert own.best <= rank <= own.worst
    for state, rank in states_ranked(base, name).items():
        assert rows[state].rank == rank


def test_an_interval_names_what_moves_the_rank(found) -> None:
    for row in found.rows:
        if row.whole.worst is not None and row.whole.worst > row.rank:
            assert row.whole.worst_without in {variant.name for variant in found.variants}
        if row.whole.best is not None and row.whole.best < row.rank:
            assert row.whole.best_without


def test_an_affiliation_is_not_ranked_without_itself(found) -> None:
    row = next(row for row in found.rows if row.kind == "treaty")
    assert row.label not in row.whole.absent


def test_a_claim_to_bridge_names_what_it_survives(graph, base, found) -> None:
    shares = bridging(base)
    bridging_states = {state for state, share in shares.items() if share > 0}
    claims = {claim.code: claim for claim in found.claims if claim.bridges is not None}
    assert set(claims) == bridging_states
    for state, claim in claims.items():
        asked = [variant for variant in found.variants if variant.shares is not None]
        kept = sum(variant.shares.get(state, 0) > 0 for variant in asked)
        assert (claim.bridges.kept, claim.bridges.tried) == (kept, len(asked))
        assert claim.statement.startswith(f"{claim.label} bridges")
        assert all(name in claim.statement for name in claim.bridges.lost)


def test_without_a_bloc_there_is_nothing_to_bridge(found) -> None:
    for claim in found.claims:
        if claim.bridges is not None:
            assert len(claim.bridges.undefined) == 2


def test_a_place_among_the_top_names_what_it_survives(found) -> None:
    places = {row.node: row.rank for row in found.rows}
    for claim in found.claims:
        assert (claim.top is not None) == (places[claim.code] <= 10)
        if claim.top is not None:
            assert claim.top.kept + len(claim.top.lost) == claim.top.tried == len(found.variants)


def test_before_the_blocs_no_state_bridges(graph) -> None:
    early = robustness(graph, as_of="1990-01-01", top=3)
    assert all(claim.bridges is None for claim in early.claims)
    assert any(note.startswith("No state has a share") for note in early.notes)


@pytest.mark.parametrize("between", [["artemis"], ["artemis", "ilrs"], ["artemis", "ilrs", "esa"]])
@pytest.mark.parametrize("view", ["affiliation", "alignment"])
def test_any_day_and_any_blocs_can_be_asked_about(graph, view, between) -> None:
    for as_of in ("1950-01-01", "1968-01-01", "2020-10-14"):
        whole = network(graph, view, as_of=as_of, between=between)
        found = robustness(graph, view, "degree", as_of=as_of, between=between)
        assert {row.node for row in found.rows} >= set(whole.states())
        assert len(between) == 2 or all(claim.bridges is None for claim in found.claims)


@pytest.mark.parametrize("between", [["artemis"], ["artemis", "ilrs", "esa"]])
def test_ranks_without_meeting_places_are_those_between_two_blocs(graph, between) -> None:
    assert rank_spans(graph, "affiliation", between=between) is None
    assert rank_spans(graph, "affiliation", as_of="1950-01-01") == {}


def test_a_tradition_asked_for_is_not_left_out_again(graph) -> None:
    own = network(graph, "affiliation", tradition="western")
    kinds = {variant.kind for variant in leave_outs(graph, own, tradition="western")}
    assert TRADITION not in kinds
    assert kinds <= set(KINDS)


def test_the_alignment_is_found_anew_in_every_variant(graph) -> None:
    found = robustness(graph, "alignment", "degree", as_of="1975-01-01")
    assert "found anew" in found.method
    assert {row.kind for row in found.rows} == {"state"}


def test_an_answer_is_computed_once(graph, found) -> None:
    assert robustness(graph) is found
    assert is_kept(graph)
    assert not is_kept(graph, top=11)
    assert found.version == graph.version


def test_what_cannot_be_left_out_is_refused(graph) -> None:
    with pytest.raises(BadValue, match="not made of affiliations"):
        robustness(graph, "norms")
    with pytest.raises(BadValue):
        robustness(graph, top=0)
    with pytest.raises(UnknownName):
        robustness(graph, measure_name="importance")
