"""Potential conflicts are proposed by rules, say what made them, and are measured against the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations

import pyoxigraph as ox
import pytest

from graph.conflicts.inference import (
    ALL_RULES,
    PotentialConflict,
    RulePrecision,
    chance,
    potential_conflicts,
    precision,
)
from graph.errors import UnknownName
from graph.knowledge import KnowledgeGraph
from graph.namespaces import GRAPHS, PROLOGUE
from graph.rdf import loader
from graph.sparql.store import EmbeddedStore

PROPOSERS = [loader.rule_graph(rule).value for rule in loader.rules() if "spn:PotentialConflict" in rule.text]


@pytest.fixture(scope="module")
def proposals(graph: KnowledgeGraph) -> list[PotentialConflict]:
    return potential_conflicts(graph)


@pytest.fixture(scope="module")
def figures(graph: KnowledgeGraph) -> list[RulePrecision]:
    return precision(graph)


def ask(graph: KnowledgeGraph, pattern: str) -> list[dict[str, object]]:
    return [dict(row) for row in graph.query(f"{PROLOGUE} SELECT * WHERE {{ {pattern} }}").rows]


# --- labelled as inferred, apart from the record ------------------------------------------------------------


def test_an_inferred_conflict_is_never_a_curated_one(graph: KnowledgeGraph) -> None:
    assert ask(graph, "?x a spn:PotentialConflict ; a spn:NormConflict") == []
    assert ask(graph, "spn:PotentialConflict rdfs:subClassOf+ spn:NormConflict") == []
    assert ask(graph, "?x a spn:PotentialConflict ; spn:sideA|spn:sideB|spn:conflictType ?y") == []
    assert ask(graph, "?x a spn:NormConflict ; spn:proposedByRule ?rule") == []


def test_every_inferred_conflict_says_so(proposals: list[PotentialConflict]) -> None:
    assert proposals
    for proposal in proposals:
        assert proposal.sentence.startswith("Inferred: ")
        assert "/id/potential/" in proposal.address


def test_inferred_conflicts_stand_in_the_graph_of_their_rule_alone(graph: KnowledgeGraph) -> None:
    assert isinstance(graph.store, EmbeddedStore)
    for row in ask(graph, "?x a spn:PotentialConflict ; spn:proposedByRule ?rule"):
        quads = graph.store.oxigraph.quads_for_pattern(ox.NamedNode(str(row["x"])), None, None, None)
        assert {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, ox.NamedNode)} == {
            row["rule"]
        }


def test_no_state_is_exposed_to_an_inferred_conflict(graph: KnowledgeGraph) -> None:
    assert ask(graph, "?state spn:exposedTo ?x . ?x a spn:PotentialConflict") == []


# --- trace --------------------------------------------------------------------------------------------------


def test_every_proposal_tells_its_rule_its_norms_and_what_was_matched(
    proposals: list[PotentialConflict],
) -> None:
    for proposal in proposals:
        assert GRAPHS + "rules/" + proposal.rule in PROPOSERS
        assert proposal.label_a in proposal.sentence
        assert proposal.label_b in proposal.sentence
        kinds = {match.kind for match in proposal.trace}
        assert {"matched activity", "matched bearer"} <= kinds
        assert kinds & {"matched ambiguity", "matched theme", "matched silence", "matched force"}
        assert proposal.rule_title in proposal.explanation
        assert all(match.label in proposal.explanation for match in proposal.trace)


def test_every_proposal_has_one_sentence_and_one_pair(graph: KnowledgeGraph) -> None:
    rows = ask(graph, "?x a spn:PotentialConflict ; rdfs:label ?sentence ; spn:proposedSideA ?a ;"
               " spn:proposedSideB ?b ; spn:proposedType ?type")  # fmt: skip
    assert max(Counter(row["x"] for row in rows).values()) == 1
    assert {row["x"] for row in rows} == {row["x"] for row in ask(graph, "?x a spn:PotentialConflict")}


def test_everything_that_was_matched_is_a_fact_of_one_of_the_norms(graph: KnowledgeGraph) -> None:
    for matched, of_norm in {
        "matchedBearer": "spn:bearer",
        "matchedScope": "spn:scope",
        "matchedTheme": "spn:theme",
        "matchedForce": "spn:force",
        "matchedModality": "spn:modality|spn:modalityKind",
        "matchedBeneficiary": "spn:beneficiary",
        "matchedAmbiguity": "spn:statedIn/^spn:arisesFrom",
        "matchedActivity": "spn:regulates|spn:regulates/^spn:fallsUnder|spn:regulates/spn:fallsUnder",
        "matchedSilence": "spn:statedInText/^spn:silentIn",
    }.items():
        side = f"?x spn:proposedSideA|spn:proposedSideB ?norm . ?norm {of_norm} ?fact"
        assert ask(graph, f"?x spn:{matched} ?fact FILTER NOT EXISTS {{ {side} }}") == []


def test_the_matched_scopes_of_the_two_norms_overlap(graph: KnowledgeGraph) -> None:
    assert (
        ask(
            graph,
            "?x a spn:PotentialConflict ; spn:proposedSideA ?a ; spn:proposedSideB ?b ."
            " FILTER EXISTS { ?a spn:scope ?some } FILTER EXISTS { ?b spn:scope ?other }"
            " FILTER NOT EXISTS { ?a spn:scope ?s . ?s spn:overlaps ?t . ?b spn:scope ?t }",
        )
        == []
    )


def test_no_rule_proposes_a_pair_twice_or_a_norm_against_itself(proposals: list[PotentialConflict]) -> None:
    assert all(len(proposal.pair) == 2 for proposal in proposals)
    assert max(Counter((proposal.rule, proposal.pair) for proposal in proposals).values()) == 1


def test_two_national_laws_have_no_common_addressee(graph: KnowledgeGraph) -> None:
    assert (
        ask(
            graph,
            "?x a spn:PotentialConflict ; spn:proposedSideA/spn:force force:national-law ;"
            " spn:proposedSideB/spn:force force:national-law",
        )
        == []
    )


# --- look-up ------------------------------------------------------------------------------------------------


def test_potential_conflicts_are_found_by_norm_and_by_theme(graph: KnowledgeGraph) -> None:
    everything = potential_conflicts(graph)
    of_norm = potential_conflicts(graph, norm="N-CHM")
    assert of_norm == [each for each in everything if "N-CHM" in each.pair]
    assert of_norm
    of_theme = potential_conflicts(graph, theme="weapons")
    themes = {row["id"]: str(row["theme"]) for row in graph.run("views/list-norms")}
    assert of_theme == [
        each for each in everything if any(themes[norm].endswith("/weapons") for norm in each.pair)
    ]
    with pytest.raises(UnknownName):
        potential_conflicts(graph, norm="N-NOTHING")


def test_extraction_and_non_appropriation_meet_in_an_open_question(
    proposals: list[PotentialConflict],
) -> None:
    pair = {"N-EXTRACT-NOT-APPROP", "N-NONAPPROP"}
    found = [proposal for proposal in proposals if proposal.pair == pair]
    assert any("ambiguity/A01" in match.fact for proposal in found for match in proposal.trace)


def test_a_geostationary_claim_does_not_meet_a_rule_for_the_moon(proposals: list[PotentialConflict]) -> None:
    assert frozenset(("N-GSO-NONAPPROP", "N-LUNAR-ENV")) not in {proposal.pair for proposal in proposals}


# --- precision ----------------------------------------------------------------------------------------------


def test_the_precision_of_each_rule_is_reported(
    graph: KnowledgeGraph,
    figures: list[RulePrecision],
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with capsys.disabled():
        print()
        for figure in figures:
            print(f"  {figure}")
            record_property(f"precision of {figure.rule}", round(figure.precision, 3))
            record_property(f"recall of {figure.rule}", round(figure.recall, 3))
        print(f"  pairs of norms drawn at random: precision {chance(graph):.1%}")
    assert {GRAPHS + "rules/" + figure.rule for figure in figures[:-1]} == set(PROPOSERS)
    assert figures[-1].rule == ALL_RULES


def test_every_rule_finds_a_curated_conflict_on_facts_of_its_own(figures: list[RulePrecision]) -> None:
    for figure in figures:
        assert figure.independent > 0, figure.rule


def test_every_rule_is_better_than_chance_and_than_a_shared_activity(
    graph: KnowledgeGraph, figures: list[RulePrecision]
) -> None:
    together = figures[-1]
    rows = ask(graph, "?a spn:regulates/spn:fallsUnder/^spn:regulates ?b FILTER(?a != ?b)")
    shared = {frozenset((str(row["a"]), str(row["b"]))) for row in rows}
    curated = {frozenset((str(row["norm_a"]), str(row["norm_b"]))) for row in graph.run("views/conflicts")}
    by_activity = len(shared & curated) / len(shared)
    for figure in figures:
        assert figure.precision > chance(graph), figure.rule
    assert together.precision > by_activity > chance(graph)


def test_the_figures_are_consistent(figures: list[RulePrecision]) -> None:
    for figure in figures:
        assert figure.independent <= figure.hits <= figure.near <= figure.proposed
        assert figure.same_type <= figure.hits
        assert 0 <= figure.recall <= 1
    assert figures[-1].hits <= sum(figure.hits for figure in figures[:-1])
    assert figures[-1].hits >= max(figure.hits for figure in figures[:-1])


# --- what the rules rest on ---------------------------------------------------------------------------------


def test_permission_non_prohibition_right_and_silence_are_four_things(graph: KnowledgeGraph) -> None:
    kinds = {
        str(row["norm"]).rpartition("/")[2]: str(row["kind"]).rpartition("/")[2]
        for row in ask(graph, "?norm spn:modalityKind ?kind")
    }
    assert kinds["N-MIL-PERSONNEL"] == kinds["N-MISSION-SUPPORT-ISRU"] == "express-permission"
    assert kinds["N-EXTRACT-NOT-APPROP"] == "affirmed-non-prohibition"
    assert kinds["N-US-RESOURCE-TITLE"] == kinds["N-JPN-OWNERSHIP"] == "right-under-national-law"
    assert "silence" not in kinds.values()
    assert ask(graph, "?norm spn:modality modality:silence") == []
    assert ask(graph, "?x a spn:Silence ; a spn:Norm") == []


def test_a_kind_of_modality_is_narrower_than_the_modality_of_its_norm(graph: KnowledgeGraph) -> None:
    assert (
        ask(graph, "?n spn:modalityKind ?k ; spn:modality ?m FILTER NOT EXISTS { ?k skos:broader ?m }") == []
    )


def test_a_right_under_national_law_stands_in_a_national_law(graph: KnowledgeGraph) -> None:
    assert (
        ask(
            graph,
            "VALUES (?kind ?class) { (modality:right-under-national-law spn:NationalLaw)"
            " (modality:permission-under-national-law spn:NationalLaw)"
            " (modality:right-under-international-law spn:Treaty) }"
            " ?norm spn:modalityKind ?kind"
            " FILTER NOT EXISTS { ?norm spn:statedInText ?text . ?text a/rdfs:subClassOf* ?class }",
        )
        == []
    )


def test_a_norm_without_scope_or_beneficiary_says_why(graph: KnowledgeGraph) -> None:
    for term in ("scope", "beneficiary"):
        bare = ask(graph, f"?norm a spn:Norm FILTER NOT EXISTS {{ ?norm spn:{term} ?value }}")
        assert all(ask(graph, f"<{row['norm']}> spn:note ?note") for row in bare)


def test_the_moon_lies_in_outer_space_and_the_accords_and_the_moon_agreement_overlap(
    graph: KnowledgeGraph,
) -> None:
    assert ask(graph, "scope:lunar-orbit skos:broader+ scope:outer-space . BIND(1 AS ?yes)")
    assert ask(graph, "scope:accords-area spn:overlaps scope:solar-system-bodies . BIND(1 AS ?yes)")
    for one, other in permutations(("accords-area", "solar-system-bodies"), 2):
        assert ask(graph, f"scope:{one} skos:broader+ scope:{other} . BIND(1 AS ?yes)") == []
    assert ask(graph, "scope:earth-orbit spn:overlaps scope:moon . BIND(1 AS ?yes)") == []
    assert ask(graph, "scope:celestial-bodies spn:overlaps scope:lunar-orbit . BIND(1 AS ?yes)") == []


def test_overlap_is_mutual_and_every_scope_overlaps_what_contains_it(graph: KnowledgeGraph) -> None:
    assert ask(graph, "?a spn:overlaps ?b FILTER NOT EXISTS { ?b spn:overlaps ?a }") == []
    assert (
        ask(
            graph,
            "?a skos:inScheme <https://w3id.org/spacenorms/vocabulary/scope> ; skos:broader+ ?b"
            " FILTER NOT EXISTS { ?a spn:overlaps ?b }",
        )
        == []
    )


def test_a_silence_says_where_it_is_told_and_shares_a_source_with_it(graph: KnowledgeGraph) -> None:
    assert ask(graph, "?x a spn:Silence")
    assert ask(graph, "?x a spn:Silence FILTER NOT EXISTS { ?x spn:drawnFrom ?y ; spn:silentIn ?z }") == []
    apart = "FILTER NOT EXISTS { ?x dcterms:source ?source . ?y dcterms:source ?source }"
    assert ask(graph, f"?x a spn:Silence ; spn:drawnFrom ?y {apart}") == []
