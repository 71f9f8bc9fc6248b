"""The law in sentences as a client gets it, and HEAD wherever GET is answered."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import httpx
import pytest

from api.record_models import RecordModel
from graph.knowledge import KnowledgeGraph
from tests.serving import serving

PATHS = (
    "/states/AUS",
    "/norms/N-CHM",
    "/ambiguities/A01",
    "/provisions/OST-IX-3",
    "/instruments/MOON",
    "/alliances/esa",
)


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_a_record_tells_its_law_with_sources_that_open(client: httpx.Client, path: str) -> None:
    record = client.get(path, params={"format": "json"}).json()
    RecordModel.model_validate(record)
    assert record["sentences"]
    for sentence in record["sentences"]:
        assert sentence.keys() == {"topic", "text", "sources", "things", "as_of"}
        assert sentence["sources"] and sentence["as_of"] == "2026-11-23"
        assert all(each.keys() == {"id", "title", "locator", "verification"} for each in sentence["sources"])
        assert all(each.startswith("https://w3id.org/spacenorms/") for each in sentence["things"])
    cited = {each["source"]["id"] for each in record["cited"]}
    assert {each["id"] for sentence in record["sentences"] for each in sentence["sources"]} <= cited
    first = record["sentences"][0]["sources"][0]["id"]
    assert client.get(f"/sources/{first}", params={"section": "facts", "limit": 1}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_the_sentences_alone_are_a_section_and_a_table(client: httpx.Client, path: str) -> None:
    record = client.get(path, params={"format": "json", "section": "sentences"}).json()
    table = client.get(path, params={"format": "csv", "section": "sentences"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert record["sections"] == {}
    assert [row["text"] for row in rows] == [each["text"] for each in record["sentences"]]
    assert all(row["sources"] and row["verification"] and row["as_of"] for row in rows)


@pytest.mark.parametrize("path", PATHS)
def test_the_page_shows_the_sentences(client: httpx.Client, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).text
    assert '<h2 id="sentences">In sentences' in page
    assert page.index('id="sentences"') < page.index('id="references"')


def test_a_section_of_another_name_leaves_the_sentences_out(client: httpx.Client) -> None:
    record = client.get("/states/AUS", params={"format": "json", "section": "acts"}).json()
    assert record["sentences"] == []


def test_a_kind_without_law_has_no_section_of_sentences(client: httpx.Client) -> None:
    first = client.get("/claims", params={"format": "json", "limit": 1}).json()["items"][0]["url"]
    assert client.get(first, params={"format": "json"}).json()["sentences"] == []
    assert client.get(first, params={"format": "json", "section": "sentences"}).status_code == 400


def ids(client: httpx.Client, path: str, section: str, column: str, **asked: str) -> set[str]:
    record = client.get(path, params={"format": "json", "section": section, **asked}).json()
    assert record["sections"][section]["dated"] is True
    return {row[column]["id"] for row in record["sections"][section]["rows"]}


def test_norms_and_conflicts_of_a_state_follow_the_day(client: httpx.Client) -> None:
    assert "N-CHM" in ids(client, "/states/SAU", "norms", "norm", as_of="2023-06-01")
    assert "N-CHM" not in ids(client, "/states/SAU", "norms", "norm", as_of="2024-02-01")
    assert "C01" in ids(client, "/states/SAU", "conflicts", "conflict", as_of="2023-06-01")
    assert "C01" not in ids(client, "/states/SAU", "conflicts", "conflict", as_of="2024-02-01")
    assert "SAU" in ids(client, "/norms/N-CHM", "addressees", "state", as_of="2023-06-01")
    assert "SAU" not in ids(client, "/norms/N-CHM", "addressees", "state")


def test_the_conflicts_of_the_record_are_those_of_the_conflict_look_up(client: httpx.Client) -> None:
    for state in ("AUS", "LUX", "CHN", "BRN"):
        for day in ("1990-01-01", "2020-10-13", "2026-11-23"):
            found = client.get("/conflicts", params={"format": "json", "state": state, "as_of": day}).json()
            listed = ids(client, f"/states/{state}", "conflicts", "conflict", as_of=day)
            assert {each["id"] for each in found["conflicts"]} == listed


def test_whose_count_is_taken_is_the_callers_choice(client: httpx.Client) -> None:
    assert "N-FREE-USE" not in ids(client, "/states/BRN", "norms", "norm")
    assert "N-FREE-USE" in ids(client, "/states/BRN", "norms", "norm", count="ggo-parties")
    wrong = client.get("/states/BRN", params={"format": "json", "count": "nobody"})
    assert wrong.status_code == 404 and wrong.json()["code"] == "unknown-count"


def test_the_interface_description_tells_sentences_with_examples(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    sentence = document["components"]["schemas"]["SentenceModel"]["properties"]
    assert "Moon Agreement since 6 August 1986" in sentence["text"]["examples"][0]
    told = client.get("/states/AUS", params={"format": "json", "section": "sentences"}).json()["sentences"]
    assert sentence["text"]["examples"][0] in {each["text"] for each in told}
    names = {each["name"] for each in document["paths"]["/states/{local}"]["get"]["parameters"]}
    assert {"as_of", "count", "section"} <= names


@pytest.mark.parametrize(
    "path", ["/", "/states", "/states/AUS", "/norms/N-CHM?format=csv", "/conflicts", "/static/style.css"]
)
def test_head_is_answered_as_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, get = (client.request(method, path) for method in ("HEAD", "GET"))
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


def test_head_of_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    assert client.head("/states/NOBODY").status_code == 404
    assert client.head("/nothing-here").status_code == 404


def test_head_is_named_among_the_methods_of_an_address(client: httpx.Client) -> None:
    refused = client.delete("/states/AUS")
    assert refused.status_code == 405
    assert {"GET", "HEAD"} <= {each.strip() for each in refused.headers["allow"].split(",")}


def test_the_page_of_a_problem_links_to_what_is_near(client: httpx.Client) -> None:
    page = client.get("/states/AUX", headers={"Accept": "text/html"}).text
    assert '<a href="/states/AUS">AUS</a>' in page
