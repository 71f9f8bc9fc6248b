"""Another SPARQL server that holds the graph answers as the embedded store does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from graph.conflicts.lookup import index
from graph.conflicts.telling import told
from graph.errors import SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.measures.bridges import bridges
from graph.networks.exports import bridges_record
from graph.sparql import saved
from graph.sparql.guard import inspect
from tests.conftest import TODAY
from tests.serving import serving


@pytest.fixture(scope="module")
def remote(graph: KnowledgeGraph) -> Iterator[KnowledgeGraph]:
    with serving(graph=graph) as client:
        yield KnowledgeGraph.load(endpoint=str(client.base_url).rstrip("/") + "/sparql", today=TODAY)


@pytest.mark.parametrize("name", sorted(saved.catalogue()))
def test_a_saved_query_has_the_same_answer(graph: KnowledgeGraph, remote: KnowledgeGraph, name: str) -> None:
    if inspect(saved.find(name).text).form == "CONSTRUCT":
        assert set(remote.describe(name)) == set(graph.describe(name))
        return
    here, there = graph.query(name), remote.query(name)
    assert there.columns == here.columns
    assert sorted(map(repr, there.rows)) == sorted(map(repr, here.rows))


def test_conflicts_are_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    here, there = (told(index(kg), index(kg).find(state="AUS", as_of="2022-01-01")) for kg in (graph, remote))
    assert {**there, "version": ""} == {**here, "version": ""}


def test_bridges_are_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    here, there = (bridges_record(bridges(kg, ("artemis", "ilrs"), "2025-06-01")) for kg in (graph, remote))
    assert {**there, "data_version": ""} == {**here, "data_version": ""}


def test_a_server_in_front_of_another_answers_pages_and_queries(graph: KnowledgeGraph) -> None:
    with serving(graph=graph) as behind:
        front = KnowledgeGraph.load(endpoint=str(behind.base_url).rstrip("/") + "/sparql", today=TODAY)
        with serving(graph=front) as client:
            assert client.get("/conflicts?state=AUS").json()["total"] > 0
            assert client.get("/states/AUS", headers={"Accept": "text/html"}).status_code == 200
            answer = client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
            assert answer.json()["boolean"] is True


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/sparql", "http://127.0.0.1:port/sparql", "nowhere"])
def test_a_server_that_does_not_answer_is_named(address: str) -> None:
    gone = KnowledgeGraph.load(endpoint=address, today=TODAY)
    with pytest.raises(SpacenormsError, match=re.escape(address)):
        gone.query("withdrawals")
