"""The networks of votes, ties, norms and readings hold what the facts say on a day."""

from __future__ import annotations

import datetime

import networkx as nx
import pytest

from graph.errors import BadData, BadDate, BadValue, UnknownName
from graph.measures.bridges import bridges
from graph.measures.catalogue import centrality
from graph.networks.affiliations import LEVELS, VERIFIED, affiliations, members
from graph.networks.building import VIEWS, network
from graph.networks.supposed import Supposed
from graph.votes import rollcalls


def edges(found) -> set[frozenset[str]]:
    return {frozenset(tie) for tie in found.graph.edges()}


# Affiliation


@pytest.mark.parametrize("as_of", ["1970-01-01", "2015-06-30", "2026-07-10", "2026-11-23"])
def test_the_rows_of_a_day_are_those_the_query_gives_for_it(graph, as_of) -> None:
    told = graph.run("networks/affiliation", as_of=as_of, imprecise="include", lowest="agency")
    own = affiliations(graph, datetime.date.fromisoformat(as_of))
    key = ("state_code", "affiliation_code", "fact", "source")
    assert {tuple(row[name] for name in key) for tie in own for row in tie.rows} == {
        tuple(row[name] for name in key) for row in told
    }
    certain = {(row["state_code"], row["affiliation_code"]) for row in told if row["certain"]}
    assert {tie.pair for tie in own if tie.certain} == certain
    assert [tie.pair for tie in own] == sorted({tie.pair for tie in own})


def test_an_alliance_and_the_treaty_that_constitutes_it_are_one_affiliation(graph) -> None:
    pairs = [row for row in graph.run("networks/treaties") if row["alliance"]]
    found = network(graph, "affiliation")
    assert pairs
    for row in pairs:
        assert row["code"] == row["alliance_code"] or row["code"] not in found.graph
    merged = dict(found.graph.nodes(data="constituted_by"))
    assert {(code, treaty) for code, treaty in merged.items() if treaty} <= {
        (row["alliance_code"], row["code"]) for row in pairs
    }
    assert merged["esa"] and found.graph.nodes["esa"]["kind"] == "alliance"
    bases = {basis for _, _, basis in found.graph.edges(data="basis")}
    assert "membership;treaty" in bases
    assert "one affiliation" in found.method


def test_lower_levels_only_add_ties(graph) -> None:
    found = [edges(network(graph, "affiliation", level=level)) for level in LEVELS]
    assert found[0] < found[1] < found[2]
    assert network(graph, "affiliation", level="agency").graph is network(graph, "affiliation").graph


def test_an_institution_ties_its_state_only_at_its_own_level(graph) -> None:
    assert "ilrs" not in network(graph, "affiliation").graph["ARE"]
    assert "ilrs" in network(graph, "affiliation", level="institution").graph["ARE"]


def test_stricter_verification_only_takes_ties_away(graph) -> None:
    found = {word: edges(network(graph, "affiliation", verified=word)) for word in VERIFIED}
    assert found["seen"] < found["any"] and found["undisputed"] < found["any"]
    assert found["both"] <= found["seen"] & found["undisputed"]
    grades = network(graph, "affiliation", verified="seen").grades
    assert "recalled" not in grades


def test_a_tradition_and_all_but_it_together_speak_of_every_tie(graph) -> None:
    whole = {tie.pair for tie in affiliations(graph, graph.today)}
    parts = [
        {tie.pair for tie in affiliations(graph, graph.today, {"tradition": name})}
        for name in ("western", "-western")
    ]
    assert parts[0] | parts[1] == whole and parts[0] and parts[1]


# Votes


def test_ties_of_votes_rest_on_enough_shared_votes_and_agreement(graph) -> None:
    found = network(graph, "voting", minimum=5, threshold=0.8)
    assert found.graph.number_of_edges()
    for _, _, known in found.graph.edges(data=True):
        assert known["shared"] >= 5 and 0.8 <= known["agreement"] <= 1
    fewer = network(graph, "voting", minimum=12, threshold=0.8)
    assert edges(fewer) < edges(found)


def test_agreement_is_counted_vote_by_vote(graph) -> None:
    found = network(graph, "voting", threshold=0, minimum=1, since="2020-01-01")
    calls = rollcalls.select(rollcalls.record(graph), "2020-01-01", found.as_of)
    states = sorted(found.graph)[::17]
    for one in states:
        for other in states:
            both = [
                (call.cast[one], call.cast[other])
                for call in calls
                if {call.cast.get(one), call.cast.get(other)} <= set(rollcalls.FAVOUR)
            ]
            if one < other and both:
                points = sum(1 if a == b else 0.5 if "abstained" in (a, b) else 0 for a, b in both)
                known = found.graph.edges[one, other]
                assert known["shared"] == len(both)
                assert known["agreement"] == pytest.approx(points / len(both), abs=1e-6)


def test_absent_abstaining_and_missing_are_counted_apart(graph) -> None:
    found = network(graph, "voting", as_of="2025-12-31", since="2020-01-01")
    calls = rollcalls.select(rollcalls.record(graph), "2020-01-01", "2025-12-31")
    assert found.counts["votes"] == len(calls)
    for way in rollcalls.CAST:
        assert found.counts[way] == sum(list(call.cast.values()).count(way) for call in calls)
    assert found.counts["missing"] == sum(len(call.missing) for call in calls) > 0
    assert found.counts["votes_without_roll_call"] > 0
    assert found.counts["votes_with_partial_roll_call"] > 0
    assert any("adopted without a vote" in note for note in found.notes)


def test_subjects_can_be_taken_apart(graph) -> None:
    whole = network(graph, "voting", as_of="2025-12-31")
    line = network(graph, "voting", as_of="2025-12-31", topic="russian-line")
    topics = network(graph, "voting", as_of="2025-12-31", topic="no_first_placement")
    assert int(topics.parameters["votes"]) < int(line.parameters["votes"]) < int(whole.parameters["votes"])


def test_a_window_without_a_vote_is_empty_and_says_so(graph) -> None:
    found = network(graph, "voting", as_of="1957-10-04")
    assert not found.graph and any("No roll call" in note for note in found.notes)


def test_former_states_are_joined_only_when_asked(graph) -> None:
    apart = network(graph, "voting", as_of="1990-12-31")
    joined = network(graph, "voting", as_of="1990-12-31", former="joined")
    for old, new in rollcalls.record(graph).continued.items():
        if old in apart.graph:
            assert old not in joined.graph and new in joined.graph
    assert "SUN" in apart.graph and "RUS" not in apart.graph
    assert any("stand for themselves" in note for note in apart.notes)
    assert any("is continued by" in note for note in joined.notes)


# Ties


def test_a_tie_holds_only_between_its_days(graph) -> None:
    rows = {row["code"]: row for row in graph.run("networks/linkages")}
    for as_of in ("1965-01-01", "2020-01-01", "2026-11-23"):
        found = {key for _, _, key in network(graph, "linkages", as_of=as_of).graph.edges(keys=True)}
        assert found == {
            code
            for code, row in rows.items()
            if row["begun"] <= as_of and not (row["ended"] and row["ended"] <= as_of)
        }


def test_cooperation_competition_and_both_have_their_own_sign(graph) -> None:
    found = network(graph, "linkages").graph
    assert found.is_multigraph()
    signs = {(known["tie"], known["sign"]) for _, _, known in found.edges(data=True)}
    assert signs == {("cooperation", 1), ("competition", -1), ("mixed", 0)}
    parts = [network(graph, "linkages", tie=tie).graph.number_of_edges() for tie, _ in signs]
    assert sum(parts) == found.number_of_edges()


def test_raw_degree_ranks_the_host_first_by_recording_and_the_bridges_do_not(graph) -> None:
    linkages = network(graph, "linkages")
    hub = max(linkages.graph, key=lambda node: linkages.graph.degree(node))
    share = linkages.graph.degree(hub) / linkages.graph.number_of_edges()
    assert hub == "CHN" and share > 0.5
    assert centrality(linkages, "degree").rows[0].node == hub
    assert any(linkages.graph.nodes[hub]["label"] in note and "recording" in note for note in linkages.notes)
    found = bridges(graph)
    assert found.rows[0].code != hub
    assert any(linkages.graph.nodes[hub]["label"] in note and "not used here" in note for note in found.notes)


# Norms and readings


def test_a_norm_counts_from_its_first_text(graph) -> None:
    before = network(graph, "norms", as_of="1967-10-09").graph
    after = network(graph, "norms", as_of="1967-10-10").graph
    assert "OST" not in before and "OST" in after
    assert set(before) < set(after)


def test_every_curated_conflict_of_today_is_a_tie_of_two_norms(graph) -> None:
    found = network(graph, "norms").graph
    ties = {key: (a, b) for a, b, key, kind in found.edges(keys=True, data="relation") if kind == "conflicts"}
    assert set(ties) <= {row["code"] for row in graph.run("views/conflicts")}
    assert len(ties) > 0.9 * len(graph.run("views/conflicts"))
    assert all(found.nodes[node]["kind"] == "norm" for pair in ties.values() for node in pair)
    kinds = {kind for _, kind in found.nodes(data="kind")}
    assert {"norm", "instrument", "alliance"} <= kinds


def test_every_reading_is_of_one_question_and_begins_with_its_earliest_source(graph) -> None:
    found = network(graph, "readings").graph
    readings = [node for node, kind in found.nodes(data="kind") if kind == "interpretation"]
    for node in readings:
        kinds = [found.nodes[other]["kind"] for other in found[node]]
        assert kinds.count("ambiguity") == 1
        assert len({found.edges[node, other].get("since") for other in found[node]}) == 1
    earlier = network(graph, "readings", as_of="2010-01-01").graph
    assert set(earlier) < set(found)
    undated = network(graph, "readings", imprecise="include")
    assert undated.graph.number_of_nodes() > found.number_of_nodes()


# All views


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_says_how_it_was_made(graph, view) -> None:
    found = network(graph, view, as_of="2024-01-01")
    assert nx.is_frozen(found.graph) and found.method and found.notes and found.version == graph.version
    assert found.as_of == "2024-01-01"
    for _, known in found.graph.nodes(data=True):
        assert {"code", "label", "kind", "iri", "group"} <= set(known)
        assert all(isinstance(value, str | int | float | bool) for value in known.values())
    for *_, known in found.graph.edges(data=True):
        assert all(isinstance(value, str | int | float | bool) for value in known.values())
    assert network(graph, view, as_of="2024-01-01") is found


@pytest.mark.parametrize(
    ("view", "options", "error", "said"),
    [
        ("affiliation", {"topic": "paros"}, BadValue, "no option"),
        ("affiliation", {"level": "village"}, BadValue, "institution"),
        ("affiliation", {"tradition": "wester"}, UnknownName, "western"),
        ("voting", {"topic": "parros"}, UnknownName, "paros"),
        ("voting", {"minimum": "0"}, BadValue, "minimum"),
        ("voting", {"threshold": "2"}, BadValue, "threshold"),
        ("voting", {"since": "2020-02-30"}, BadDate, "since"),
        ("linkages", {"tie": "love"}, BadValue, "cooperation"),
        ("linkages", {"kind": "launch-servce"}, UnknownName, "launch-service"),
    ],
)
def test_wrong_options_are_answered_with_what_would_be_right(graph, view, options, error, said) -> None:
    with pytest.raises(error) as caught:
        network(graph, view, **options)
    assert said in str(caught.value)


def test_members_of_blocs_are_those_of_the_affiliation_rows(graph) -> None:
    """The short query that groups states gives what the long one of affiliations says of alliances."""
    names = ("state_code", "affiliation_code", "level", "begun", "possible", "ended")
    rows = [row for row in graph.run("networks/affiliation") if row["kind"] == "alliance"]
    assert {tuple(row[name] for name in names) for row in rows} == {
        tuple(row[name] for name in names) for row in graph.run("networks/blocs")
    }
    codes = {row["affiliation_code"] for row in rows}
    for day in ("1985-06-30", "2024-01-01"):
        when = datetime.date.fromisoformat(day)
        held = {tie.pair for tie in affiliations(graph, when) if tie.certain and tie.pair[1] in codes}
        assert held == set(members(graph, when, codes))
        assert held


def test_a_code_that_stands_for_two_things_is_told(graph) -> None:
    rows = graph.run("networks/affiliation")
    other = next(row for row in rows if row["affiliation_code"] != rows[0]["affiliation_code"])
    twin = {**other, "affiliation_code": rows[0]["affiliation_code"]}
    with pytest.raises(BadData, match=rf"{rows[0]['affiliation_code']} stands for two things"):
        network(Supposed(graph, [*rows, twin]), "affiliation")
