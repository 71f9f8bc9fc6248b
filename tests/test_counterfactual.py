"""Supposed acts, intervals and changes: consistent with one another and without effect on the graph."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.conflicts import counterfactual, intervals
from graph.conflicts.lookup import ConflictIndex, index
from graph.errors import BadValue, SpacenormsError, UnknownName
from graph.knowledge import KnowledgeGraph

DAYS = st.dates(datetime.date(1960, 1, 1), datetime.date(2030, 12, 31))


@pytest.fixture(scope="module")
def conflicts(graph: KnowledgeGraph) -> ConflictIndex:
    return index(graph)


@pytest.fixture(scope="module")
def states(conflicts: ConflictIndex) -> list[str]:
    return sorted({act.actor for c in conflicts.conflicts for act in conflicts.acts(c.side_a.norm)})


def exposed(conflicts: ConflictIndex, state: str, when: datetime.date | str) -> set[str]:
    return {each.code for each in conflicts.find(state=state, as_of=when).conflicts}


@given(data=st.data(), when=DAYS)
@settings(max_examples=120, deadline=None)
def test_intervals_and_look_ups_agree_on_every_day(
    conflicts: ConflictIndex, states: list[str], data: st.DataObject, when: datetime.date
) -> None:
    state = data.draw(st.sampled_from(states))
    day = when.isoformat()
    spans = intervals.intervals(conflicts, state)
    inside = {each.conflict for each in spans if each.start <= day and not (each.end and each.end <= day)}
    assert inside == exposed(conflicts, state, when)


@given(data=st.data(), first=DAYS, second=DAYS)
@settings(max_examples=80, deadline=None)
def test_changes_lead_from_one_day_to_another(
    conflicts: ConflictIndex,
    states: list[str],
    data: st.DataObject,
    first: datetime.date,
    second: datetime.date,
) -> None:
    state = data.draw(st.sampled_from(states))
    since, until = sorted((first, second))
    held = exposed(conflicts, state, since)
    for change in intervals.changes(conflicts, state, since.isoformat(), until.isoformat()):
        assert change.by
        if change.change == "gained":
            assert change.conflict not in held
            held.add(change.conflict)
        else:
            held.remove(change.conflict)
    assert held == exposed(conflicts, state, until)


def test_every_state_is_answered_consistently_at_the_ends_of_its_intervals(
    conflicts: ConflictIndex, states: list[str]
) -> None:
    for state in states:
        for span in intervals.intervals(conflicts, state):
            start = datetime.date.fromisoformat(span.start)
            assert span.conflict in exposed(conflicts, state, start)
            assert span.conflict not in exposed(conflicts, state, start - datetime.timedelta(days=1))
            if span.end:
                end = datetime.date.fromisoformat(span.end)
                assert span.conflict not in exposed(conflicts, state, end)
                assert span.conflict in exposed(conflicts, state, end - datetime.timedelta(days=1))


@given(data=st.data(), when=DAYS)
@settings(max_examples=60, deadline=None)
def test_an_added_consent_or_membership_never_takes_a_conflict_away(
    conflicts: ConflictIndex, states: list[str], data: st.DataObject, when: datetime.date
) -> None:
    state = data.draw(st.sampled_from(states))
    deed = data.draw(st.sampled_from(["joins artemis", "joins ilrs", "ratifies MOON", "accedes to OST"]))
    answer = counterfactual.what_if(conflicts, [f"{state} {deed} {when}"], as_of="2031-06-01")
    assert all(not each.lost for each in answer.differences)
    assert {each.state for each in answer.differences} <= {state}


@given(data=st.data(), when=DAYS)
@settings(max_examples=60, deadline=None)
def test_an_act_undone_by_its_own_withdrawal_leaves_nothing_behind(
    conflicts: ConflictIndex, states: list[str], data: st.DataObject, when: datetime.date
) -> None:
    state = data.draw(st.sampled_from(states))
    strangers = not any(
        act.instrument == "MOON" and act.actor == state
        for c in conflicts.conflicts
        for side in (c.side_a, c.side_b)
        for act in conflicts.acts(side.norm, state)
    )
    acts = [f"{state} accedes to MOON on {when}", f"{state} withdraws from MOON on {when}"]
    answer = counterfactual.what_if(conflicts, acts, as_of="2035-01-01")
    if strangers:
        assert answer.differences == []


def test_the_netherlands_would_lose_its_moon_agreement_conflicts_a_year_after_its_notice(
    conflicts: ConflictIndex,
) -> None:
    notice = "2027-03-01"
    answer = counterfactual.what_if(conflicts, [f"NLD withdraws from the Moon Agreement on {notice}"])
    assert answer.as_of == answer.supposed[0].effective == "2028-03-01"
    (difference,) = answer.differences
    assert difference.gained == []
    lost = {each.code for each in difference.lost}
    assert lost == exposed(conflicts, "NLD", answer.as_of) & {
        each.code for each in conflicts.find(instrument="MOON").conflicts
    } - {each.code for each in answer.assumed.find(state="NLD", as_of=answer.as_of).conflicts}
    before = counterfactual.what_if(conflicts, [f"NLD withdraws from MOON on {notice}"], as_of="2028-02-29")
    assert before.differences == []


def test_leaving_an_act_out_is_as_if_it_had_never_been(conflicts: ConflictIndex) -> None:
    answer = counterfactual.what_if(conflicts, remove=["AUS-MOON-accession"])
    assert {each.state for each in answer.differences} == {"AUS"}
    assert "C01" in {each.code for each in answer.differences[0].lost}


def test_supposing_leaves_the_graph_as_it_is(conflicts: ConflictIndex, graph: KnowledgeGraph) -> None:
    before = {each.code: each.exposed for each in conflicts.find().conflicts}
    counterfactual.what_if(conflicts, ["CHN joins artemis", "USA ratifies MOON"], ["AUS-MOON-accession"])
    assert {each.code: each.exposed for each in conflicts.find().conflicts} == before
    assert index(graph) is conflicts


def test_a_supposed_act_is_told_as_supposed(conflicts: ConflictIndex) -> None:
    answer = counterfactual.what_if(conflicts, ["IND ratifies MOON on 2027-01-01"])
    conflict = answer.differences[0].gained[0]
    told = [
        answer.assumed.sentence(side, act)
        for side in (conflict.side_a, conflict.side_b)
        for act in side.carried_by
        if act.supposed
    ]
    assert told
    assert all(sentence.endswith("Supposed.") for sentence in told)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2023-01-05", "P1Y", "2024-01-05"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-01-31", "P1M", "2024-02-29"),
        ("1986-07-07", "P30D", "1986-08-06"),
        ("2026-11-30", "P1Y2M3D", "2028-02-02"),
    ],
)
def test_durations_are_added_by_the_calendar(start: str, duration: str, end: str) -> None:
    assert counterfactual.later(start, duration) == end


@pytest.mark.parametrize(
    ("acts", "error"),
    [
        ([], BadValue),
        (["India likes ILRS"], BadValue),
        (["XXX joins ILRS"], UnknownName),
        (["IND joins the Moon"], UnknownName),
        (["IND joins ILRS in 2027-13"], SpacenormsError),
        ([{"state": "IND", "deed": "joins"}], BadValue),
        ([{"state": "IND", "deed": "joins", "of": "ilrs", "when": "2027"}], BadValue),
    ],
)
def test_what_does_not_read_is_refused(
    conflicts: ConflictIndex, acts: list[str | dict[str, str]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        counterfactual.what_if(conflicts, acts)  # type: ignore[arg-type]


def test_days_in_the_wrong_order_are_refused(conflicts: ConflictIndex) -> None:
    with pytest.raises(BadValue, match="wrong order"):
        intervals.changes(conflicts, "SAU", "2024-01-01", "2023-01-01")
