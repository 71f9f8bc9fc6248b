"""An answer that is repeated is the answer that would be made anew, and counts like every other."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from serving import serving, small_graph
from test_reload import Source, running

from api import logs
from api.repetition import RepeatedAnswers
from api.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
LONG = "SELECT * { ?s ?p ?o }"
ZERO = "http://example.org/graph/0"
#: What differs from one answer to the same question to the next.
OF_EACH = {"date", "x-request-id"}


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were answered from what is kept."""
    paths: list[str] = []
    repeat = RepeatedAnswers._repeat

    async def noting(self: RepeatedAnswers, kept: Any, client: Any, scope: Any, *rest: Any) -> None:
        paths.append(scope["path"])
        await repeat(self, kept, client, scope, *rest)

    monkeypatch.setattr(RepeatedAnswers, "_repeat", noting)
    return paths


@pytest.fixture
def client(repeated: list[str]) -> Iterator[httpx.Client]:
    with serving(Settings(load_pages="asked"), small_graph()) as found:
        yield found


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    return (
        answer.status_code,
        answer.content,
        {name: value for name, value in answer.headers.items() if name not in OF_EACH},
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "text/csv"},
        {"Accept": "application/sparql-results+xml;q=0.5, text/tab-separated-values"},
        {"Accept-Encoding": "identity"},
        {"Accept-Encoding": "gzip"},
        {"Origin": "https://example.org"},
    ],
)
@pytest.mark.parametrize("query", [COUNT, LONG])
def test_a_repeated_answer_is_the_first_one(
    client: httpx.Client, repeated: list[str], query: str, headers: dict[str, str]
) -> None:
    first, second, third = (client.get("/sparql", params={"query": query}, headers=headers) for _ in range(3))
    assert told(first) == told(second) == told(third)
    assert repeated == ["/sparql"] * 2
    assert len({each.headers["x-request-id"] for each in (first, second, third)}) == 3


@pytest.mark.parametrize(
    ("parameters", "headers"),
    [
        ({}, {"Accept": "text/csv"}),
        ({}, {"Accept-Encoding": "identity"}),
        ({}, {"Host": "elsewhere.example"}),
        ({"format": "csv"}, {}),
        ({"default-graph-uri": ZERO}, {}),
        ({"named-graph-uri": ZERO}, {}),
        ({"timeout": "5"}, {}),
    ],
)
def test_another_request_is_not_answered_with_what_is_kept(
    client: httpx.Client, repeated: list[str], parameters: dict[str, str], headers: dict[str, str]
) -> None:
    client.get("/sparql", params={"query": LONG})
    other = client.get("/sparql", params={"query": LONG, **parameters}, headers=headers)
    assert repeated == []
    with serving(Settings(answer_cache_bytes=0), small_graph()) as fresh:
        made = fresh.get("/sparql", params={"query": LONG, **parameters}, headers=headers)
    assert told(other) == told(made)


def test_compressed_and_plain_do_not_take_the_place_of_each_other(client: httpx.Client) -> None:
    for coding in ("gzip", "identity", "gzip", "identity"):
        answer = client.get("/sparql", params={"query": LONG}, headers={"Accept-Encoding": coding})
        assert answer.headers.get("content-encoding", "identity") == coding
        assert len(answer.json()["results"]["bindings"]) == 100
        assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("name", ["Cookie", "Authorization", "Range"])
def test_who_says_who_he_is_gets_an_answer_of_his_own(
    client: httpx.Client, repeated: list[str], name: str
) -> None:
    for _ in range(2):
        assert client.get("/sparql", params={"query": COUNT}, headers={name: "a=b"}).status_code == 200
    assert repeated == []


def test_a_header_sent_twice_is_read_by_those_who_know_how(client: httpx.Client, repeated: list[str]) -> None:
    client.get("/sparql", params={"query": COUNT}, headers=[("Accept", "text/csv")])
    both = [("Accept", "application/sparql-results+json"), ("Accept", "text/csv")]
    answer = client.get("/sparql", params={"query": COUNT}, headers=both)
    assert answer.headers["content-type"] == "application/sparql-results+json"
    assert repeated == []


def test_who_has_a_kept_answer_is_told_so(client: httpx.Client, repeated: list[str]) -> None:
    tag = client.get("/sparql", params={"query": COUNT}).headers["etag"]
    known = client.get("/sparql", params={"query": COUNT}, headers={"If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == tag
    assert known.headers["x-content-type-options"] == "nosniff"
    assert "content-type" not in known.headers
    other = client.get("/sparql", params={"query": COUNT}, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
    assert repeated == ["/sparql"] * 2


def test_head_is_answered_from_what_is_kept_without_the_body(
    client: httpx.Client, repeated: list[str]
) -> None:
    got = client.get("/sparql", params={"query": COUNT})
    head = client.head("/sparql", params={"query": COUNT})
    assert (head.status_code, head.content) == (200, b"")
    assert told(head)[2] == told(got)[2]
    assert repeated == ["/sparql"]


def test_head_alone_keeps_nothing(client: httpx.Client, repeated: list[str]) -> None:
    client.head("/sparql", params={"query": COUNT})
    assert client.get("/sparql", params={"query": COUNT}).content
    assert repeated == []


def test_no_kept_answer_outlives_a_reload() -> None:
    source = Source()

    def same_version() -> Any:
        graph = source()
        graph.version = "the same"
        return graph

    with running(same_version) as server:
        assert [server.count() for _ in range(3)] == [101] * 3
        assert server.reload()
        assert [server.count() for _ in range(3)] == [102] * 3
        assert server.application.state.answers.size < 10_000


def test_kept_answers_count_against_the_limits(repeated: list[str]) -> None:
    settings = Settings(request_rate=0.01, request_burst=3, unlimited_clients="", load_pages="asked")
    with serving(settings, small_graph()) as client:
        answers = [client.get("/sparql", params={"query": COUNT}) for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["code"] == "too-many-requests"
    assert len(repeated) == 2


def test_kept_answers_are_measured_and_logged(
    client: httpx.Client, repeated: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "spacenorms.requests")
    given = [f"id-{number}" for number in range(4)]
    for each in given:
        answer = client.get("/sparql", params={"query": COUNT}, headers={"X-Request-ID": each})
        assert answer.headers["x-request-id"] == each
    assert len(repeated) == 3
    text = client.get("/metrics").text
    assert 'spacenorms_requests_total{route="/sparql",method="GET",status="200"} 4' in text
    assert 'spacenorms_queries_total{outcome="answered"} 1' in text
    formatter = logs.JsonFormatter()

    def logged() -> list[dict[str, Any]]:
        lines = [line for record in caplog.records for line in formatter.format(record).splitlines()]
        return [line for line in map(json.loads, lines) if line.get("path") == "/sparql"]

    deadline = time.monotonic() + 5
    while len(logged()) < len(given) and time.monotonic() < deadline:
        time.sleep(0.02)
    requests = logged()
    assert [line["request_id"] for line in requests] == given
    assert {line["bytes"] for line in requests} == {len(answer.content)}
    assert ["queries" in line for line in requests] == [True, False, False, False]


def test_a_saved_query_is_repeated_too(graph: Any, repeated: list[str]) -> None:
    with serving(Settings(load_pages="asked"), graph) as client:
        for form in ("csv", "json"):
            first, second = (client.get("/queries/withdrawals", params={"format": form}) for _ in range(2))
            assert told(first) == told(second)
    assert repeated == ["/queries/withdrawals"] * 2
