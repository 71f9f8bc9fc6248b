"""Supposed acts change networks as the same acts would, and leave the graph as it is."""

from __future__ import annotations

import csv
import io

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.problems import install
from api.routes import timeline as timeline_route
from graph.errors import BadDate, BadValue, UnknownName
from graph.networks.building import network
from graph.networks.supposed import what_if
from graph.series import timerecords


def degrees(found) -> dict[str, int]:
    return dict(found.graph.degree())


def test_joining_an_alliance_adds_one_tie_and_its_group(graph) -> None:
    found = what_if(graph, "affiliation", ["IND joins ILRS in 2027"])
    assert found.as_of == "2027-12-31"
    before, after = degrees(found.actual), degrees(found.assumed)
    assert {node: after[node] - before[node] for node in after if after[node] != before[node]} == {
        "IND": 1, "ilrs": 1
    }  # fmt: skip
    own = next(each for each in found.changes if each.node == "IND" and each.measure == "degree")
    assert own.after > own.before and (own.group_before, own.group_after) == ("artemis-accords", "both")


def test_the_graph_stays_as_it_is(graph) -> None:
    before = network(graph, "affiliation", as_of="2027-12-31").graph
    what_if(graph, "affiliation", ["IND joins ILRS in 2027"])
    assert network(graph, "affiliation", as_of="2027-12-31").graph is before
    assert "ilrs" not in before["IND"]


def test_an_act_does_not_count_before_it_takes_effect(graph) -> None:
    found = what_if(graph, "affiliation", ["IND joins ILRS in 2030"], as_of="2029-01-01")
    assert not found.changes and any("No value changes" in note for note in found.notes)


def test_ratifying_a_treaty_in_force_ties_the_state_to_it(graph) -> None:
    found = what_if(graph, "affiliation", ["USA accedes to the Moon Agreement in 2027"])
    assert "MOON" in found.assumed.graph["USA"] and "MOON" not in found.actual.graph["USA"]


def test_withdrawing_takes_effect_by_the_treatys_own_clause(graph) -> None:
    found = what_if(graph, "affiliation", ["NLD withdraws from the Moon Agreement in 2027"])
    assert found.supposed[0].effective == "2028-12-31" == found.as_of
    assert "MOON" in found.actual.graph["NLD"] and "MOON" not in found.assumed.graph["NLD"]


def test_leaving_an_alliance_ends_the_treaty_that_constitutes_it_too(graph) -> None:
    found = what_if(graph, "affiliation", ["FRA leaves ESA in 2027"])
    assert "esa" in found.actual.graph["FRA"] and "esa" not in found.assumed.graph["FRA"]


def test_a_membership_left_out_is_the_network_without_it(graph) -> None:
    found = what_if(graph, "affiliation", remove=["SRB-artemis-accords"])
    assert found.as_of == graph.today.isoformat()
    before = {frozenset(tie) for tie in found.actual.graph.edges()}
    assert before - {frozenset(tie) for tie in found.assumed.graph.edges()} == {
        frozenset(("SRB", "artemis-accords"))
    }


def test_adding_and_leaving_out_the_same_fact_changes_nothing_but_its_verification(graph) -> None:
    found = what_if(
        graph, "affiliation", ["SRB joins artemis-accords in 2025"], remove=["SRB-artemis-accords"]
    )
    assert not found.changes


def test_projections_and_votes_follow_the_supposed_memberships(graph) -> None:
    found = what_if(graph, "alignment", ["IND joins ILRS in 2027"], raw=True, measures=["degree"])
    assert any(each.node == "IND" for each in found.changes)
    votes = what_if(graph, "voting", ["IND joins ILRS in 2027"], as_of="2027-12-31", measures=["degree"])
    assert {each.node for each in votes.changes} == {"IND"}
    norms = what_if(graph, "norms", ["FRA leaves ESA in 2027"], measures=["degree"])
    assert any("do not rest on" in note for note in norms.notes) or norms.changes


def test_an_act_on_a_text_that_is_no_treaty_in_force_says_so(graph) -> None:
    found = what_if(graph, "affiliation", ["IND ratifies ARTEMIS in 2027"])
    assert not found.changes and any("no treaty in force" in note for note in found.notes)
    found = what_if(graph, "affiliation", ["IND leaves ILRS in 2027"])
    assert any("nothing ends" in note for note in found.notes)


@pytest.mark.parametrize(
    ("acts", "given", "error"),
    [
        ([], {}, BadValue),
        (["IND dances with ILRS"], {}, BadValue),
        (["IDN joins ILSR"], {}, UnknownName),
        (["IND joins ILRS in 2027-02-30"], {}, BadDate),
        ([], {"remove": ["SRB-artemis-acords"]}, UnknownName),
        (["IND joins ILRS"], {"measures": ["degre"]}, UnknownName),
    ],
)
def test_acts_that_do_not_read_are_refused(graph, acts, given, error) -> None:
    with pytest.raises(error):
        what_if(graph, "affiliation", acts, **given)


def test_the_address_gives_the_same_differences(graph) -> None:
    application = FastAPI()
    application.state.graph = graph
    install(application)
    application.include_router(timeline_route.router)
    client = TestClient(application)
    body = {"add": ["IND joins ILRS in 2027"], "measures": ["degree", "betweenness"]}
    record = client.post("/networks/affiliation/what-if", json=body).json()
    found = what_if(graph, "affiliation", body["add"])
    assert record == timerecords.what_if_record(found)
    text = client.post("/networks/affiliation/what-if?format=csv", json=body).text
    assert len(list(csv.DictReader(io.StringIO(text)))) == record["total"]
    structured = {"add": [{"state": "IND", "deed": "joins", "of": "ilrs", "date": "2027"}], "limit": 1}
    assert len(client.post("/networks/affiliation/what-if", json=structured).json()["changes"]) == 1
    assert client.post("/networks/affiliation/what-if", json={}).status_code == 400
    assert client.post("/networks/afiliation/what-if", json=body).status_code == 404
    assert client.post("/networks/affiliation/what-if", json={"ad": []}).status_code == 422
