"""Time changes networks as the facts say, gaps stay gaps, and no single index stands alone."""

from __future__ import annotations

import csv
import datetime
import io
import re
from math import isfinite

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import drawing
from api.problems import install
from api.routes import timeline as timeline_route
from api.routes import voting as voting_route
from graph.cache import Cache
from graph.chance.twomode import KERNELS
from graph.errors import BadDate, BadValue, UnknownName
from graph.measures.catalogue import centrality
from graph.networks.building import network
from graph.series import timerecords
from graph.series.bifurcation import panel
from graph.series.timeline import events, timeline

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(graph):
    application = FastAPI()
    application.state.graph = graph
    install(application)
    application.include_router(voting_route.router)
    application.include_router(timeline_route.router)
    with TestClient(application) as opened:
        yield opened


def test_a_year_is_the_network_on_its_last_day(graph) -> None:
    found = timeline(graph, ["degree", "betweenness"], 2019, 2021)
    assert [point.date for point in found.points] == ["2019-12-31", "2020-12-31", "2021-12-31"]
    for point in found.points:
        table = centrality(network(graph, "affiliation", as_of=point.date), "betweenness")
        own = point.values["betweenness"]
        assert {node: rank for node, (_, rank) in own.items()} == {row.node: row.rank for row in table.rows}
        # sums over many networks at once are rounded elsewhere than those over one
        assert {node: value for node, (value, _) in own.items()} == pytest.approx(
            {row.node: row.value for row in table.rows}, rel=1e-12
        )


def test_the_years_begin_with_the_first_satellite_and_end_today(graph) -> None:
    found = timeline(graph, ["degree"])
    assert found.points[0].date == "1957-12-31" and found.points[-1].date == graph.today.isoformat()
    assert set(found.missing) == {point.date for point in found.points if not point.ties}
    assert timeline(graph, ["degree"]) is found


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_a_year_without_any_tie_has_no_numbers(graph, name) -> None:
    found = timeline(graph, [name], 1957, 1965)
    for point in found.points:
        own = point.values.get(name, {})
        assert bool(own) == bool(point.ties) == (point.date not in found.missing)
        assert all(isfinite(value) for value, _ in own.values())


def test_serbias_signature_of_july_2026_moved_its_measures(graph) -> None:
    found = timeline(graph, ["betweenness", "degree"], "2026-07-01", "2026-07-31", by="event")
    own = {each.measure: each for each in found.moved if each.event.state == "SRB"}
    assert own["degree"].event.when == "in July 2026"
    before = centrality(network(graph, "affiliation", as_of="2026-07-30"), "betweenness")
    after = centrality(network(graph, "affiliation", as_of="2026-07-31"), "betweenness")
    for told, table in ((own["betweenness"].before, before), (own["betweenness"].after, after)):
        assert told == pytest.approx(next(row.value for row in table.rows if row.node == "SRB"), rel=1e-12)
    assert own["degree"].after > own["degree"].before
    assert own["degree"].rank_after < own["degree"].rank_before
    assert own["degree"].sentence.startswith("Serbia joins Artemis Accords in July 2026: degree moved from")


def test_undated_ties_make_a_leap_that_is_told_and_can_be_left_out(graph) -> None:
    whole = timeline(graph, ["degree"], 2015, 2026)
    dated = timeline(graph, ["degree"], 2015, 2026, dated="well")
    assert any("dated=well" in note for note in whole.notes)
    assert not any("dated=well" in note for note in dated.notes)
    for one, other in zip(whole.points, dated.points, strict=True):
        assert other.ties <= one.ties
    assert whole.version == dated.version


def test_a_withdrawal_is_an_event_on_the_day_it_takes_effect(graph) -> None:
    found, _ = events(graph, datetime.date(2024, 1, 1), datetime.date(2024, 1, 31))
    left = [event for event in found if event.change == "ends"]
    assert ("SAU", "MOON", "2024-01-05") in {(each.state, each.affiliation, each.date) for each in left}


def test_what_no_source_dates_within_a_year_is_counted_and_not_told(graph) -> None:
    told, coarse = events(graph, datetime.date(2017, 1, 1), datetime.date(2026, 11, 23))
    assert coarse > 0
    assert all(re.match(r"(on|in|between) ", event.when) for event in told)
    found = timeline(graph, ["degree"], "2025-06-01", "2026-11-23", by="event")
    assert any("first speaks of them" in note for note in found.notes)


def test_the_panel_has_several_measures_and_each_gap_a_reason(graph) -> None:
    found = panel(graph)
    assert len(found.series) >= 10
    assert found.years[0].year == 1957 and found.years[-1].year == graph.today.year
    for year in found.years:
        assert set(year.values) == set(found.series)
        for name, value in year.values.items():
            assert (value is None) == (name in year.reasons), (year.year, name)
    assert any("no one number" in note for note in found.notes)


def test_shares_of_the_panel_are_those_of_the_ties_in_force(graph) -> None:
    found = {year.year: year for year in panel(graph).years}
    ties = network(graph, "linkages", as_of="2022-12-31", tie="cooperation").graph
    marked = [known["cross_bloc"] for _, _, known in ties.edges(data=True)]
    assert found[2022].values["recorded_crossing_share"] == pytest.approx(sum(marked) / len(marked))
    total = found[2022].values["cooperative_ties"]
    share = found[2022].values["crossing_share"]
    assert found[2022].values["ei_index"] == pytest.approx((2 * share * total - total) / total)


def test_blocs_are_clearer_after_2020_than_before_2008(graph) -> None:
    def mean(name: str, first: int, last: int) -> float:
        values = [y.values[name] for y in panel(graph).years if first <= y.year <= last]
        known = [value for value in values if value is not None]
        return sum(known) / len(known)

    assert mean("voting_modularity_z", 2020, 2026) > mean("voting_modularity_z", 1957, 2007)
    assert mean("across", 2020, 2026) < mean("across", 1957, 2007)
    assert mean("affiliation_modularity_z", 2020, 2026) > mean("affiliation_modularity_z", 1970, 2007)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"measures": ["betweeness"]}, UnknownName),
        ({"view": "afiliation"}, UnknownName),
        ({"by": "week"}, BadValue),
        ({"dated": "badly"}, BadValue),
        ({"start": 2020, "end": 2010}, BadValue),
        ({"start": "2020-13-01"}, BadDate),
        ({"start": 1957, "by": "event"}, BadValue),
    ],
)
def test_wrong_timelines_are_refused(graph, given, error) -> None:
    with pytest.raises(error):
        timeline(graph, **{"measures": ["degree"], **given})
    with pytest.raises(BadValue):
        panel(graph, between=("artemis",))


def test_records_and_tables_hold_the_same_numbers(graph) -> None:
    found = timeline(graph, ["degree"], 2018, 2020)
    record = timerecords.timeline_record(found, ["FRA"])
    rows = [
        row for row in csv.DictReader(io.StringIO(timerecords.timeline_csv(found))) if row["node"] == "FRA"
    ]
    assert [row["value"] for point in record["points"] for row in point["rows"]] == [
        float(row["value"]) for row in rows
    ]
    assert list(rows[0])[:3] == ["node", "label", "value"]
    lines = list(csv.DictReader(io.StringIO(timerecords.panel_csv(panel(graph)))))
    assert all((line["value"] == "") == bool(line["missing"]) for line in lines)


# Addresses


def test_the_timeline_answers_people_and_programs(client, graph) -> None:
    record = client.get("/timeline").json()
    assert [each["year"] for each in record["years"]] == [year.year for year in panel(graph).years]
    assert client.get("/timeline?format=csv").text.startswith("year,as_of,series,value")
    record = client.get("/timeline?measure=degree&from=2020&to=2021&node=FRA").json()
    assert [row["node"] for point in record["points"] for row in point["rows"]] == ["FRA", "FRA"]
    record = client.get("/timeline?by=event&from=2026-07-01&to=2026-07-31").json()
    assert any(each["state"] == "SRB" for each in record["moved"])
    text = client.get("/timeline?by=event&from=2026-07-01&to=2026-07-31&format=csv").text
    assert text.startswith("date,when,node,label")


def test_votes_answer_people_and_programs(client, graph) -> None:
    record = client.get("/voting?as_of=2025-12-31&since=2020-01-01").json()
    assert sum(each["total"] for each in record["quadrants"]) == len(record["states"]) > 150
    assert client.get("/voting?format=csv").text.startswith("node,label,group")
    record = client.get("/voting/cohesion?from=2020&to=2023").json()
    assert [each["votes"] > 0 for each in record["years"]] == [True] * 4
    assert client.get("/voting/cohesion?format=csv").text.startswith("year,votes,within_")


@pytest.mark.parametrize(
    "path",
    [
        "/timeline",
        "/timeline?measure=degree,betweenness&from=2015",
        "/timeline?by=event&from=2026-06-01",
        "/timeline?from=1957&to=1957",
        "/voting",
        "/voting?as_of=1960-01-01",
        "/voting/cohesion",
        "/voting/cohesion?from=2024&to=2024",
    ],
)
def test_pages_obey_the_content_security_policy(client, path) -> None:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert answer.text.count("<h1>") == 1 and "<table>" in answer.text
    assert not re.search(r"<[^>]+\s(style|on\w+)=", answer.text)
    assert "<style" not in answer.text and "<script" not in answer.text
    assert 'rel="alternate"' in answer.headers["link"]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/timeline?mesure=degree", 400, "measure"),
        ("/timeline?measure=degre", 404, "degree"),
        ("/timeline?from=abc", 400, "year"),
        ("/timeline?between=artemis", 400, "two"),
        ("/timeline?measure=degree&level=village", 400, "institution"),
        ("/voting?yes=0.1&no=0.9", 400, "order"),
        ("/voting?lines=a,b", 404, "line"),
        ("/voting?as_of=2025-02-30", 400, "2025-02-30"),
    ],
)
def test_bad_input_is_named_with_what_would_be_right(client, path, status, said) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    problem = answer.json()
    assert said in problem["detail"] + problem["remedy"]


def test_a_missing_year_breaks_the_line_of_a_chart() -> None:
    drawn = drawing.chart("t", "m", [2000, 2001, 2002, 2003, 2004], {"a": [1.0, 2.0, None, 3.0, 4.0]})
    assert drawn is not None and len(drawn.lines[0].runs) == 2 and len(drawn.lines[0].dots) == 4
    assert drawing.chart("t", "m", [2000], {"a": [None]}) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"start": 1957},
        {"by": "event"},
        {"start": 1990, "dated": "well"},
        {"start": 2010, "level": "institution", "imprecise": "include"},
        {
            "start": 2015,
            "tradition": "western",
            "measures": ("degree", "closeness", "pagerank", "eigenvector"),
        },
    ],
    ids=str,
)
def test_matrices_give_what_the_networks_of_each_day_give(graph, asked, monkeypatch) -> None:
    own = timeline(graph, **asked)
    monkeypatch.setattr("graph.series.timeline.KERNELS", {})  # so that every network is built and measured
    monkeypatch.setattr("graph.series.timeline._KEPT", Cache(1))
    other = timeline(graph, **asked)
    assert len(own.points) == len(other.points) > 5
    for one, two in zip(own.points, other.points, strict=True):
        assert (one.date, one.nodes, one.ties, one.imprecise) == (
            two.date,
            two.nodes,
            two.ties,
            two.imprecise,
        )
        assert one.labels == two.labels
        for name, found in one.values.items():
            assert {node: rank for node, (_, rank) in found.items()} == {
                node: rank for node, (_, rank) in two.values[name].items()
            }
            values = {node: value for node, (value, _) in found.items()}
            assert values == pytest.approx({node: value for node, (value, _) in two.values[name].items()})
