"""The search as a client sees it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.application import create_application
from graph.knowledge import KnowledgeGraph


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[TestClient]:
    with TestClient(create_application(graph=graph)) as running:
        yield running


def search(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/search", params=parameters)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def page(client: TestClient, **parameters: Any) -> str:
    answer = client.get("/search", params=parameters, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_an_answer_tells_the_data_what_was_read_and_where_each_hit_is(
    client: TestClient, graph: KnowledgeGraph
) -> None:
    told = search(client, q="appropiation", limit=5)
    assert told["data_version"] == graph.version
    assert told["corrections"] == [{"given": "appropiation", "read": "appropriation"}]
    assert len(told["items"]) == 5 < told["total"]
    for item in told["items"]:
        assert client.get(item["url"]).status_code == 200
        assert any(piece["marked"] for piece in item["name"] + item["passage"]["pieces"])


def test_a_hit_carries_its_sources_and_grade(client: TestClient) -> None:
    first = search(client, q="N-CHM")["items"][0]
    assert (first["id"], first["kind"], first["url"]) == ("N-CHM", "norm", "/norms/N-CHM")
    assert first["sources"]
    assert first["verification"]
    assert first["passage"]["field"] == "definition"
    assert first["passage"]["text"] == "".join(piece["text"] for piece in first["passage"]["pieces"])


def test_next_leads_through_all_hits(client: TestClient) -> None:
    total, path, seen = search(client, q="moon agreement")["total"], "/search?q=moon+agreement&limit=50", []
    while path:
        answer = client.get(path)
        seen += [item["iri"] for item in answer.json()["items"]]
        path = answer.json()["next"]
        assert ('rel="next"' in answer.headers["link"]) == bool(path)
    assert len(seen) == len(set(seen)) == total


def test_kinds_narrow_the_answer(client: TestClient) -> None:
    told = search(client, q="safety zones", kind="norm")
    counts = {each["kind"]: each["count"] for each in told["kinds"]}
    assert told["total"] == counts["norm"] < sum(counts.values())
    assert {item["kind"] for item in told["items"]} == {"norm"}


def test_csv_has_a_row_for_each_hit_of_the_json(client: TestClient) -> None:
    text = client.get("/search", params={"q": "common heritage", "format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["iri"] for row in rows] == [
        item["iri"] for item in search(client, q="common heritage")["items"]
    ]
    assert any(row["sources"] for row in rows)


def test_the_page_shows_the_same_hits_with_the_words_marked(client: TestClient) -> None:
    shown = page(client, q="common heritage")
    assert "<mark>heritage</mark>" in shown
    for item in search(client, q="common heritage")["items"]:
        assert f'href="{item["url"]}"' in shown


def test_the_page_says_how_a_misspelt_word_was_read(client: TestClient) -> None:
    assert "“Artemes” was read as “Artemis”." in page(client, q="Artemes acords")


def test_what_was_asked_is_escaped(client: TestClient) -> None:
    shown = page(client, q='"><script>alert(1)</script>')
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;" in shown


def test_the_page_without_a_query_is_a_form(client: TestClient) -> None:
    shown = page(client)
    assert re.search(r'<input[^>]*name="q"', shown)
    assert "Nothing found" not in shown


def test_the_page_of_a_query_without_hits_says_so(client: TestClient) -> None:
    assert "Nothing found" in page(client, q="xyzzyq")


def test_an_empty_query_finds_nothing_and_says_what_to_write(client: TestClient) -> None:
    told = search(client)
    assert (told["total"], told["items"], told["next"]) == (0, [], None)
    assert told["remarks"] == ["Write a word, a code or a phrase to look for."]


@pytest.mark.parametrize(
    "query", ['" OR', "NEAR(", "*", "a" * 10_000, "moon " * 2000, "\ud7ff\ufffd", "月球"]
)
def test_odd_queries_are_answered(client: TestClient, query: str) -> None:
    assert search(client, q=query)["total"] >= 0


@pytest.mark.parametrize(
    ("path", "status", "code", "hint"),
    [
        ("/search?query=moon", 400, "unknown-parameter", "q"),
        ("/search?q=moon&kind=norn", 400, "unknown-kind", "norm"),
        ("/search?q=moon&limit=0", 422, "bad-value", ""),
        ("/search?q=moon&limit=1001", 422, "bad-value", ""),
        ("/search?q=moon&offset=-1", 422, "bad-value", ""),
        ("/search?q=moon&format=pdf", 406, "not-acceptable", "csv"),
    ],
)
def test_a_faulty_request_is_told_what_would_be_right(
    client: TestClient, path: str, status: int, code: str, hint: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert hint in problem["remedy"]


def test_every_page_leads_to_the_search(client: TestClient) -> None:
    for path in ("/", "/states", "/search"):
        assert 'href="/search" rel="search"' in client.get(path, headers={"Accept": "text/html"}).text


def test_links_announce_the_other_forms(client: TestClient) -> None:
    answer = client.get("/search?q=moon")
    assert 'type="text/csv"' in answer.headers["link"]
    assert "Accept" in answer.headers["vary"]


def test_the_interface_description_tells_of_the_search(client: TestClient) -> None:
    told = client.get("/openapi.json").json()["paths"]["/search"]["get"]
    assert {each["name"] for each in told["parameters"]} == {"q", "kind", "limit", "offset", "format"}
    assert {"application/json", "text/html", "text/csv"} <= set(told["responses"]["200"]["content"])
