"""The conflict look-ups as a client sees them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient

from api.application import create_application
from api.conflict_models import ConflictOne
from graph.conflicts.lookup import index
from graph.knowledge import KnowledgeGraph


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[TestClient]:
    with TestClient(create_application(graph=graph)) as running:
        yield running


def ids(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/conflicts?{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["conflicts"]]


def test_saudi_arabia_carries_the_common_heritage_conflict_until_2024(client: TestClient) -> None:
    before = set(ids(client, "state=SAU&as_of=2023-06-01"))
    after = set(ids(client, "state=SAU&as_of=2024-02-01"))
    assert set(ids(client, "norm=N-CHM&state=SAU&as_of=2023-06-01")) <= before
    assert ids(client, "norm=N-CHM&state=SAU&as_of=2024-02-01") == []
    assert after < before


def test_a_list_tells_the_day_the_data_and_what_was_asked(client: TestClient, graph: KnowledgeGraph) -> None:
    answer = client.get("/conflicts", params={"state": "Australia", "as_of": "2022-01-01"}).json()
    assert answer["as_of"] == "2022-01-01"
    assert answer["version"] == graph.version
    assert answer["filters"] == {"state": "AUS"}
    assert answer["total"] == len(answer["conflicts"])


def test_every_act_of_a_conflict_leads_to_a_source_and_a_provision(client: TestClient) -> None:
    answer = client.get("/conflicts/C01", params={"state": "AUS"}).json()
    for side in (answer["side_a"], answer["side_b"]):
        assert side["provisions"]
        for act in side["acts"]:
            assert act["sources"]
            assert any(each["instrument"] == act["instrument"] for each in side["provisions"])
    assert len(answer["because"]) == len(answer["side_a"]["acts"] + answer["side_b"]["acts"])


def test_the_united_states_carries_only_one_side_of_it(client: TestClient) -> None:
    answer = client.get("/conflicts/C01", params={"state": "USA"}).json()
    assert answer["exposed"] == []
    assert {bool(answer["side_a"]["acts"]), bool(answer["side_b"]["acts"])} == {True, False}
    page = client.get("/conflicts/C01", params={"state": "USA"}, headers={"Accept": "text/html"}).text
    assert "does not carry this side" in page


def test_csv_has_a_row_for_each_conflict_of_the_json(client: TestClient) -> None:
    text = client.get("/conflicts?alliance=artemis&format=csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == ids(client, "alliance=artemis")


@pytest.mark.parametrize(
    "path", ["/conflicts", "/conflicts?state=AUS", "/conflicts/C01", "/conflicts/C01?state=SAU"]
)
def test_pages_show_the_same_conflicts(client: TestClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "application/json" in page.headers["link"]
    data = client.get(path).json()
    for each in data.get("conflicts", [data]):
        assert each["id"] in page.text


@pytest.mark.parametrize(
    ("path", "status", "code", "hint"),
    [
        ("/conflicts?state=AUZ", 404, "unknown-state", "Did you mean"),
        ("/conflicts?norm=N-HCM", 404, "unknown-norm", "N-CHM"),
        ("/conflicts?as_of=2023-13-01", 400, "bad-date", "2024-01-05"),
        ("/conflicts?as_of=1%27%20OR", 400, "bad-date", "year-month-day"),
        ("/conflicts?stat=AUS", 400, "unknown-parameter", "state"),
        ("/conflicts?exposure=all", 400, "bad-value", "both"),
        ("/conflicts/C99", 404, "unknown-conflict", "C"),
        ("/conflicts?format=pdf", 406, "not-acceptable", "csv"),
    ],
)
def test_bad_input_gets_a_problem_that_helps(
    client: TestClient, path: str, status: int, code: str, hint: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert hint in problem["remedy"]


def test_a_hostile_state_is_shown_as_text(client: TestClient) -> None:
    page = client.get(
        "/conflicts", params={"state": "<script>alert(1)</script>"}, headers={"Accept": "text/html"}
    )
    assert page.status_code == 404
    assert "<script>alert" not in page.text


def test_what_if_tells_gains_and_losses_and_changes_nothing(client: TestClient) -> None:
    before = ids(client, "state=NLD")
    body = {"add": ["NLD withdraws from the Moon Agreement", {"state": "IND", "deed": "joins", "of": "ilrs"}]}
    answer = client.post("/conflicts/what-if", json=body)
    assert answer.status_code == 200
    (difference,) = answer.json()["differences"]
    assert difference["state"] == "NLD"
    assert {each["id"] for each in difference["lost"]} < set(before)
    assert ids(client, "state=NLD") == before


@pytest.mark.parametrize("body", [{}, {"add": ["India likes ILRS"]}, {"adds": []}, {"remove": ["AUS-X"]}])
def test_what_if_refuses_what_it_cannot_read(client: TestClient, body: dict[str, object]) -> None:
    answer = client.post("/conflicts/what-if", json=body)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_history_tells_which_act_ended_a_conflict(client: TestClient) -> None:
    changes = client.get("/conflicts/history?state=SAU&since=2023-01-01").json()["changes"]
    lost = [each for each in changes if each["change"] == "lost"]
    assert {each["date"] for each in lost} == {"2024-01-05"}
    assert all("withdrawal" in each["by"][0] for each in lost)
    page = client.get("/conflicts/history?state=SAU", headers={"Accept": "text/html"})
    assert page.status_code == 200


def test_what_rules_propose_stands_apart_and_is_labelled(client: TestClient) -> None:
    answer = client.get("/conflicts/potential").json()
    curated = {each["iri"] for each in client.get("/conflicts").json()["conflicts"]}
    assert answer["total"] == len(answer["potential"]) > 0
    assert curated.isdisjoint(each["iri"] for each in answer["potential"])
    assert all(each["inferred"] and each["trace"] for each in answer["potential"])
    assert all(0 <= rule["precision"] <= rule["near_precision"] <= 1 for rule in answer["rules"])
    narrowed = client.get("/conflicts/potential?norm=N-CHM").json()["potential"]
    assert narrowed
    assert all("N-CHM" in (each["norm_a"], each["norm_b"]) for each in narrowed)
    page = client.get("/conflicts/potential", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Inferred" in page.text


def rival(graph: KnowledgeGraph) -> tuple[str, str, str]:
    """Return a conflict, a state that carries both sides by one count only, and the key of that count."""
    found = index(graph)
    return next(
        (conflict.code, each.actor, each.counted_by[0])
        for conflict in found.find().conflicts
        for each in conflict.disputed
    )


def test_the_count_of_a_source_can_be_taken_where_lists_disagree(
    client: TestClient, graph: KnowledgeGraph
) -> None:
    code, state, count = rival(graph)
    assert code not in ids(client, f"state={state}")
    assert code in ids(client, f"state={state}&count={count}")
    answer = client.get(f"/conflicts/{code}", params={"state": state, "count": count}).json()
    assert answer["exposed"] == [state]
    assert any("not counted by" in sentence for sentence in answer["because"])
    gained = [
        client.get("/conflicts/history", params={"state": state, **given}).json()["changes"]
        for given in ({}, {"count": count})
    ]
    assert [code in {each["conflict"] for each in changes} for changes in gained] == [False, True]


@pytest.mark.parametrize("path", ["/conflicts?", "/conflicts/C01?", "/conflicts/history?state=AUS&"])
def test_a_count_that_is_none_is_refused_with_the_nearest(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}count=ggo-partie")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown-count"
    assert "ggo-parties" in answer.json()["remedy"]


def test_the_count_can_be_chosen_on_the_pages_and_what_they_link_to_answers(
    client: TestClient, graph: KnowledgeGraph
) -> None:
    code, _, count = rival(graph)
    html = {"Accept": "text/html"}
    assert f'<option value="{count}"' in client.get("/conflicts", headers=html).text
    page = client.get(f"/conflicts/{code}", headers=html).text
    links = [unescape(link) for link in re.findall(r'href="([^"]*count=[^"]*)"', page)]
    assert links
    assert {client.get(link).status_code for link in links} == {200}


def test_readings_behind_a_conflict_name_who_holds_them(client: TestClient) -> None:
    readings = client.get("/conflicts/C01").json()["readings"]
    assert "Australia (as reported)" in {each["held_by"] for each in readings}
    everyone = [
        each["held_by"]
        for conflict in client.get("/conflicts").json()["conflicts"]
        for each in conflict["readings"]
    ]
    assert not [told for told in everyone if re.search(r"\b(?:USA|CHN|RUS|LUX|ARTEMIS|G77)\b|-PARTIES", told)]


def test_each_change_is_told_in_a_sentence_with_its_sources(client: TestClient) -> None:
    answer = client.get("/conflicts/history", params={"state": "SAU", "since": "2023-06-01"}).json()
    assert answer["state_label"] == "Saudi Arabia"
    told = {each["conflict"]: each for each in answer["changes"]}
    assert told["C01"]["told"] == (
        "On 5 January 2024 Saudi Arabia ceased to carry both sides of the conflict “Status of lunar "
        "resources”, by “withdrawal from the Moon Agreement” (5 January 2023)."
    )
    for each in answer["changes"]:
        assert each["sources"]
        assert all(source["title"] for source in each["sources"])
    rows = csv.DictReader(io.StringIO(client.get("/conflicts/history?state=SAU&format=csv").text))
    assert all(row["told"] and row["sources"] for row in rows)


def test_csv_for_a_state_tells_since_when_and_by_which_acts(client: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/conflicts?state=AUS&format=csv").text)))
    found = {row["id"]: row for row in rows}
    assert found["C01"]["since"] == "2020-10-13"
    assert "since 6 August 1986" in found["C01"]["because"]
    assert all(row["since"] and row["because"] for row in rows)


def test_what_if_tells_in_sentences_what_changes(client: TestClient) -> None:
    asked = {"add": ["NLD withdraws from the Moon Agreement on 2027-03-01"]}
    told = client.post("/conflicts/what-if", json=asked).json()["sentences"]
    assert told[0] == (
        "It is supposed that the Netherlands gives notice of withdrawal from the Moon Agreement on 1 March "
        "2027, with effect on 1 March 2028."
    )
    assert told[1].startswith("On 1 March 2028 the Netherlands would no longer carry both sides of the confl")
    assert "“Common heritage of mankind”" in told[2]
    joined = client.post("/conflicts/what-if", json={"add": ["IND joins ILRS in 2027"]}).json()
    assert any("would carry anew the norm" in sentence for sentence in joined["sentences"])
    assert joined["sentences"][-1].endswith("no conflict would be gained or lost.")


def test_the_interface_description_shows_real_answers(client: TestClient, graph: KnowledgeGraph) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    kinds = ("states", "norms", "ambiguities", "provisions", "instruments")
    looked_up = [("/conflicts", "get"), ("/conflicts/{code}", "get"), ("/conflicts/history", "get")]
    looked_up += [("/conflicts/potential", "get"), ("/conflicts/what-if", "post")]
    looked_up += [(f"/{kind}/{{local}}", "get") for kind in kinds]
    for path, method in looked_up:
        example = paths[path][method]["responses"]["200"]["content"]["application/json"]["example"]
        assert graph.version in (example.get("version"), example.get("data_version")), path
    example = paths["/conflicts/{code}"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert ConflictOne.model_validate(example).exposed == example["exposed"]
    real = client.get(f"/conflicts/{example['id']}", params={"state": example["exposed"][0]}).json()
    assert example["because"] == real["because"][:2]
