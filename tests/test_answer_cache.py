"""A question that is asked again costs nothing, and no answer outlives its data."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from serving import serving, small_graph, small_store

from api.answercache import AnswerCache, is_known
from api.settings import Settings
from graph.knowledge import KnowledgeGraph
from graph.sparql.evaluation import Evaluation
from graph.sparql.guard import is_lasting
from graph.sparql.store import EmbeddedStore
from graph.sparql.workers import WorkerPool

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every query that reaches the workers."""
    queries: list[object] = []
    begin = WorkerPool.begin

    async def noting(self: WorkerPool, query: Any, *rest: Any) -> Evaluation:
        queries.append(query)
        return await begin(self, query, *rest)

    monkeypatch.setattr(WorkerPool, "begin", noting)
    return queries


@pytest.fixture
def client(asked: list[object]) -> Iterator[httpx.Client]:
    with serving(graph=small_graph()) as found:
        yield found


def test_the_same_question_is_evaluated_once(client: httpx.Client, asked: list[object]) -> None:
    answers = [client.get("/sparql", params={"query": COUNT}) for _ in range(3)]
    assert len(asked) == 1
    assert len({answer.content for answer in answers}) == 1
    first, second, _ = answers
    fixed = ("content-type", "content-length", "etag", "cache-control", "vary", "x-content-type-options")
    assert [first.headers[name] for name in fixed] == [second.headers[name] for name in fixed]
    assert first.headers["cache-control"] == "public, no-cache"


def test_another_way_to_ask_it_is_no_other_question(client: httpx.Client, asked: list[object]) -> None:
    client.get("/sparql", params={"query": COUNT})
    client.post("/sparql", data={"query": COUNT})
    client.post("/sparql", content=COUNT, headers={"Content-Type": "application/sparql-query"})
    client.get("/sparql", params={"query": COUNT}, headers={"Accept-Encoding": "identity"})
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("parameters", "headers"),
    [
        ({"query": COUNT + " "}, {}),
        ({"query": COUNT, "format": "csv"}, {}),
        ({"query": COUNT}, {"Accept": "text/csv"}),
        ({"query": COUNT, "default-graph-uri": "http://example.org/graph/0"}, {}),
        ({"query": COUNT, "named-graph-uri": "http://example.org/graph/0"}, {}),
    ],
)
def test_another_question_has_another_tag_and_is_evaluated(
    client: httpx.Client, asked: list[object], parameters: dict[str, str], headers: dict[str, str]
) -> None:
    first = client.get("/sparql", params={"query": COUNT})
    other = client.get("/sparql", params=parameters, headers=headers)
    assert first.headers["etag"] != other.headers["etag"]
    assert len(asked) == 2


def test_who_has_the_answer_is_told_so_without_a_worker(client: httpx.Client, asked: list[object]) -> None:
    tag = client.get("/sparql", params={"query": COUNT}).headers["etag"]
    for given in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        answer = client.get("/sparql", params={"query": COUNT}, headers={"If-None-Match": given})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert client.head("/sparql", params={"query": COUNT}, headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/sparql", params={"query": COUNT}, headers={"If-None-Match": '"x"'}).status_code == 200
    assert len(asked) == 1


def test_a_tag_holds_when_the_answer_is_no_longer_kept(asked: list[object]) -> None:
    with serving(Settings(answer_cache_bytes=0), small_graph()) as client:
        tag = client.get("/sparql", params={"query": COUNT}).headers["etag"]
        client.get("/sparql", params={"query": COUNT})
        assert len(asked) == 2
        again = client.get("/sparql", params={"query": COUNT}, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert len(asked) == 2


@pytest.mark.parametrize(
    ("version", "day"),
    [("other-version", datetime.date(2026, 11, 23)), ("test-version", datetime.date(2026, 11, 24))],
)
def test_no_answer_outlives_its_data(version: str, day: datetime.date) -> None:
    with serving(graph=small_graph()) as client:
        tag = client.get("/sparql", params={"query": COUNT}).headers["etag"]
    changed = KnowledgeGraph(EmbeddedStore(small_store(80)), version, day)
    with serving(graph=changed) as client:
        answer = client.get("/sparql", params={"query": COUNT}, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "80"


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "now ()", "\\u004eOW()"])
def test_what_changes_by_itself_is_never_kept(client: httpx.Client, asked: list[object], call: str) -> None:
    for _ in range(2):
        answer = client.get("/sparql", params={"query": f"SELECT ({call} AS ?x) {{}}"})
        assert answer.status_code == 200
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
    assert len(asked) == 2


def test_words_in_strings_and_names_do_not_matter() -> None:
    assert is_lasting("SELECT * { ?now <http://example.org/NOW()> 'RAND()' } # UUID()")
    assert not is_lasting("SELECT (1+NOW() AS ?x) {}")


def test_faults_and_pages_are_not_kept(client: httpx.Client, asked: list[object]) -> None:
    for _ in range(2):
        assert "etag" not in client.get("/sparql", params={"query": "SELECT * {"}).headers
        assert "etag" not in client.get("/sparql", params={"query": COUNT}, headers=BROWSER).headers
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }"
    before = len(asked)
    for _ in range(2):
        assert client.get("/sparql", params={"query": cross, "timeout": "0.2"}).status_code == 503
    assert len(asked) == before + 2


def test_a_saved_query_is_remembered_too(asked: list[object], graph: KnowledgeGraph) -> None:
    with serving(graph=graph) as client:
        first = client.get("/queries/withdrawals", params={"format": "csv"})
        asked.clear()
        assert client.get("/queries/withdrawals", params={"format": "csv"}).content == first.content
        tag = first.headers["etag"]
        again = client.get("/queries/withdrawals", params={"format": "csv"}, headers={"If-None-Match": tag})
        assert again.status_code == 304
        other = client.get("/queries/withdrawals", params={"format": "csv", "limit": 1})
        assert other.headers["etag"] != tag
        assert asked == []


def test_a_part_of_a_saved_query_leads_on_and_back(graph: KnowledgeGraph) -> None:
    with serving(graph=graph) as client:
        answer = client.get("/queries/parties-to-an-instrument", params={"limit": 2, "offset": 2})
    assert 'offset=4>; rel="next"' in answer.headers["link"]
    assert 'offset=0>; rel="prev"' in answer.headers["link"]


def test_the_cache_is_bounded() -> None:
    cache = AnswerCache(10_000, longest=4_000)
    for number in range(100):
        cache.put(number, b"x" * 2_000, 2_000)
        assert cache.size <= 10_000
    assert cache.get(99) and cache.get(98)
    assert cache.get(0) is None
    cache.put("long", b"x" * 5_000, 5_000)
    assert cache.get("long") is None


def test_what_is_asked_for_stays() -> None:
    cache = AnswerCache(10_000)
    for number in range(20):
        cache.put(number, number, 1_500)
        assert cache.get(0) == 0


def test_the_same_key_is_counted_once() -> None:
    cache = AnswerCache(10_000)
    for _ in range(50):
        cache.put("key", b"", 3_000)
    assert cache.size == 3_500


def test_tags_are_compared_weakly() -> None:
    assert is_known('W/"a"', 'W/"a"')
    assert is_known('"b", "a"', 'W/"a"')
    assert not is_known('"b"', 'W/"a"')
    assert not is_known(None, 'W/"a"')
    assert not is_known('"a"', None)


def test_another_server_may_change_its_data_at_any_moment() -> None:
    remote = KnowledgeGraph(EmbeddedStore(ox.Store()), "remote", datetime.date(2026, 11, 23))
    with serving(graph=remote) as client:
        answer = client.get("/sparql", params={"query": COUNT})
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
