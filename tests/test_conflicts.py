"""Who carries which conflict on a day, and why."""

from __future__ import annotations

import datetime

import pytest

from graph.conflicts.lookup import ConflictIndex, index
from graph.conflicts.telling import conflict_table, told
from graph.errors import BadDate, BadValue, UnknownName
from graph.knowledge import KnowledgeGraph


@pytest.fixture(scope="module")
def conflicts(graph: KnowledgeGraph) -> ConflictIndex:
    return index(graph)


def heritage(conflicts: ConflictIndex) -> str:
    """Return the code of the conflict between the common heritage and the Accords' reading of extraction."""
    found = [
        each.code
        for each in conflicts.find(instrument="ARTEMIS", norm="N-CHM").conflicts
        if {each.side_a.code, each.side_b.code} == {"N-CHM", "N-EXTRACT-NOT-APPROP"}
    ]
    assert len(found) == 1
    return found[0]


def codes(conflicts: ConflictIndex, state: str, as_of: str = "today") -> set[str]:
    return {each.code for each in conflicts.find(state=state, as_of=as_of).conflicts}


def test_australia_carries_the_tension_of_common_heritage_and_section_10(conflicts: ConflictIndex) -> None:
    conflict = conflicts.narrow(conflicts.get(heritage(conflicts)), "AUS")
    assert conflict.exposed == ("AUS",)
    instruments = {act.instrument for side in (conflict.side_a, conflict.side_b) for act in side.carried_by}
    assert instruments == {"ARTEMIS", "MOON"}
    sides = (conflict.side_a, conflict.side_b)
    sentences = [conflicts.sentence(side, act) for side in sides for act in side.carried_by]
    assert any("Section 10" in sentence and "committed politically" in sentence for sentence in sentences)
    assert any("Article 11" in sentence and "bound in law" in sentence for sentence in sentences)


def test_saudi_arabia_carried_it_until_its_withdrawal_took_effect(conflicts: ConflictIndex) -> None:
    code = heritage(conflicts)
    assert code in codes(conflicts, "SAU", "2023-06-01")
    assert code not in codes(conflicts, "SAU", "2024-02-01")
    assert code in codes(conflicts, "SAU", "2024-01-04")
    assert code not in codes(conflicts, "SAU", "2024-01-05")


def test_the_united_states_does_not_carry_the_moon_agreement_side(conflicts: ConflictIndex) -> None:
    conflict = conflicts.narrow(conflicts.get(heritage(conflicts)), "USA")
    carried = {side.code: side.carried_by for side in (conflict.side_a, conflict.side_b)}
    assert carried["N-CHM"] == ()
    assert carried["N-EXTRACT-NOT-APPROP"] != ()


def test_no_state_with_a_resource_title_law_is_bound_by_the_common_heritage(conflicts: ConflictIndex) -> None:
    for conflict in conflicts.find(norm="N-US-RESOURCE-TITLE").conflicts:
        if "N-CHM" in (conflict.side_a.code, conflict.side_b.code):
            assert conflict.exposed == ()


def test_nobody_carries_a_side_of_the_accords_before_they_were_signed(conflicts: ConflictIndex) -> None:
    for conflict in conflicts.find(as_of="2020-10-12").conflicts:
        for side in (conflict.side_a, conflict.side_b):
            assert "ARTEMIS" not in {act.instrument for act in side.carried_by}


def test_a_law_that_was_replaced_is_carried_no_more(conflicts: ConflictIndex) -> None:
    before = {
        act.instrument for c in conflicts.find(as_of="2021-06-01").conflicts for act in c.side_a.carried_by
    }
    after = {act.instrument for c in conflicts.find().conflicts for act in c.side_a.carried_by}
    assert "ARE-2019" not in after
    assert before - after <= {"ARE-2019", "NOR-1969"}


def test_the_derived_edges_agree_with_the_look_up(conflicts: ConflictIndex, graph: KnowledgeGraph) -> None:
    derived = {
        (str(row["actor"]), str(row["code"]))
        for row in graph.query(
            "PREFIX spn: <https://w3id.org/spacenorms/ontology#>"
            " PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
            " SELECT ?actor ?code { ?who spn:exposedTo ?conflict ; skos:notation ?actor ."
            " ?conflict skos:notation ?code }"
        ).rows
    }
    looked_up = {(actor, each.code) for each in conflicts.find().conflicts for actor in each.exposed}
    assert derived == looked_up


@pytest.mark.parametrize("state", ["AUS", "NLD", "IND", "CHN", "SAU", "THA"])
def test_a_conflict_is_carried_only_while_both_sides_are(conflicts: ConflictIndex, state: str) -> None:
    for year in range(1965, 2027, 4):
        when = datetime.date(year, 7, 1)
        both = conflicts.find(state=state, as_of=when)
        one = conflicts.find(state=state, as_of=when, exposure="one")
        assert not {c.code for c in both.conflicts} & {c.code for c in one.conflicts}
        for conflict in both.conflicts:
            assert state in conflict.side_a.carriers & conflict.side_b.carriers


def test_filters_narrow_and_combine(conflicts: ConflictIndex) -> None:
    everything = {each.code for each in conflicts.find().conflicts}
    theme = {each.code for each in conflicts.find(theme="common-heritage").conflicts}
    alliance = {each.code for each in conflicts.find(alliance="artemis").conflicts}
    kind = {each.code for each in conflicts.find(type="gap").conflicts}
    both = {each.code for each in conflicts.find(theme="common-heritage", alliance="artemis").conflicts}
    assert theme and alliance and kind
    assert theme | alliance | kind < everything
    assert both == theme & alliance


def test_an_answer_tells_its_day_its_data_and_its_sources(
    conflicts: ConflictIndex, graph: KnowledgeGraph
) -> None:
    answer = conflicts.find(state="AUS", as_of="2022-03-01")
    data = told(conflicts, answer)
    assert data["as_of"] == "2022-03-01"
    assert data["version"] == graph.version
    assert data["total"] == len(data["conflicts"]) > 0
    for conflict in data["conflicts"]:
        assert conflict["sources"]
        for side in ("side_a", "side_b"):
            assert conflict[side]["acts"]
            assert all(act["sources"] for act in conflict[side]["acts"])
        assert len(conflict["because"]) == len(conflict["side_a"]["acts"]) + len(conflict["side_b"]["acts"])
    assert len(conflict_table(conflicts, answer).rows) == data["total"]


def test_coarse_dates_are_counted_and_can_be_let_in(conflicts: ConflictIndex) -> None:
    code = heritage(conflicts)
    known_by_month = "2022-03-15"  # Bahrain signed in March 2022; its day is disputed
    strict = conflicts.get("C11", as_of=known_by_month)
    lenient = conflicts.get("C11", as_of=known_by_month, imprecise=True)
    assert strict.imprecise > 0
    assert strict.side_a.carriers < lenient.side_a.carriers
    assert conflicts.get(code, as_of="1960-01-01").imprecise == 0


@pytest.mark.parametrize(
    ("given", "error", "hint"),
    [
        ({"state": "AUZ"}, UnknownName, "Did you mean"),
        ({"norm": "N-CHN"}, UnknownName, "N-CHM"),
        ({"as_of": "2023-02-30"}, BadDate, "2023-02-30"),
        ({"as_of": "yesterday"}, BadDate, "yesterday"),
        ({"theme": "heritage"}, UnknownName, "heritage"),
        ({"exposure": "all"}, BadValue, "both"),
        ({"colour": "red"}, BadValue, "colour"),
    ],
)
def test_bad_input_is_named_with_what_would_be_right(
    conflicts: ConflictIndex, given: dict[str, str], error: type[Exception], hint: str
) -> None:
    with pytest.raises(error, match=hint):
        conflicts.find(**given)  # type: ignore[arg-type]


def test_an_unknown_conflict_is_named(conflicts: ConflictIndex) -> None:
    with pytest.raises(UnknownName, match="C999"):
        conflicts.get("C999")


def test_what_only_some_lists_count_is_told_and_counts_on_request_only(conflicts: ConflictIndex) -> None:
    counts = conflicts.counts()
    assert counts
    for code in ("C28", "C11", "C01"):
        usual = conflicts.get(code)
        disputed = {act.actor for act in usual.disputed}
        assert disputed.isdisjoint(usual.exposed)
        assert all("counted by" in act.dispute and "not counted by" in act.dispute for act in usual.disputed)
        for count in counts:
            taken = conflicts.get(code, count=count)
            gained = set(taken.exposed) - set(usual.exposed)
            assert gained == {act.actor for act in usual.disputed if count in act.counted_by}
            assert set(usual.exposed) <= set(taken.exposed)


def test_small_states_are_exposed_by_the_depositary_lists_that_count_them(conflicts: ConflictIndex) -> None:
    assert "C28" not in codes(conflicts, "BRN")
    answer = conflicts.find(state="BRN", count="ggo-parties")
    assert "C28" in {each.code for each in answer.conflicts}
    sentences = [
        conflicts.sentence(side, act)
        for conflict in answer.conflicts
        for side in (conflict.side_a, conflict.side_b)
        for act in side.carried_by
        if act.actor == "BRN"
    ]
    disputed = [sentence for sentence in sentences if "not counted by “" in sentence]
    assert disputed
    assert not any("unoosa-table" in sentence or "ggo-parties" in sentence for sentence in disputed)


def test_an_unknown_count_is_refused(conflicts: ConflictIndex) -> None:
    with pytest.raises(UnknownName, match="ggo-parties"):
        conflicts.find(count="ggo-partie")


def test_a_treaty_duty_is_argued_to_stand_against_the_accords(conflicts: ConflictIndex) -> None:
    conflict = conflicts.get(heritage(conflicts))
    curated = [each for each in conflict.arguments if each.verification != "derived"]
    derived = [each for each in conflict.arguments if each.verification == "derived"]
    assert curated and derived
    assert {each.favours for each in conflict.arguments} == {"N-CHM"}
    assert all(each.sources for each in conflict.arguments)


def test_no_argument_favours_a_political_side_over_a_treaty(conflicts: ConflictIndex) -> None:
    forces = {side.code: side.force for each in conflicts.conflicts for side in (each.side_a, each.side_b)}
    argued = [argument for each in conflicts.conflicts for argument in each.arguments]
    assert argued
    assert all(forces[argument.favours] == "hard law" for argument in argued)


def test_a_conflict_of_interpretation_tells_the_readings_of_both_sides(conflicts: ConflictIndex) -> None:
    over_one_article = [
        each for each in conflicts.find(type="divergent-interpretation").conflicts if len(each.readings) > 1
    ]
    assert over_one_article
    for conflict in over_one_article:
        assert len({each.held_by for each in conflict.readings}) > 1


def test_the_readings_of_a_conflict_of_interpretation_part_on_its_sides(conflicts: ConflictIndex) -> None:
    conflict = conflicts.get("C05")
    sides = {conflict.side_a.code, conflict.side_b.code}
    drawn = {
        each.code: {(norm, said.effect) for said in each.consequences for norm in said.norms}
        for each in conflict.readings
    }
    assert {norm for effects in drawn.values() for norm, _ in effects} == sides
    assert drawn["I01a"].isdisjoint(drawn["I01d"])
    assert all(said.basis and said.sources for each in conflict.readings for said in each.consequences)


def test_opposite_readings_are_held_by_different_actors(graph: KnowledgeGraph) -> None:
    rows = graph.query("opposite-readings", norm="N-EXTRACT-NOT-APPROP").rows
    by_question: dict[object, set[tuple[object, object]]] = {}
    for row in rows:
        by_question.setdefault(row["ambiguity"], set()).add((row["reading"], row["holder"]))
    assert by_question
    for held in by_question.values():
        assert len({reading for reading, _ in held}) > 1
        assert len({holder for _, holder in held}) > 1
    held_by_china = graph.query("opposite-readings", holder="CHN").rows
    assert {"CHN"} <= {str(row["holder"]) for row in held_by_china}
