"""Every query and every command of the page on SPARQL runs and finds something."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import serving

from api.negotiation import GRAPHS, RESULTS
from graph.knowledge import KnowledgeGraph
from graph.sparql.dataset import GROUPS

PAGE = (Path(__file__).parent.parent / "docs" / "sparql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sparql\n(.*?)```", PAGE, re.S)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.splitlines()]


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as found:
        yield found


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_page_finds_something(client: httpx.Client, query: str) -> None:
    answer = client.post("/sparql", data={"query": query})
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"]["bindings"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_answered(client: httpx.Client, command: str) -> None:
    request = _request(client, shlex.split(command))
    answer = client.send(request)
    assert answer.status_code == 200, answer.text
    wanted = request.headers["accept"]
    assert answer.content
    assert wanted == "*/*" or answer.headers["content-type"].startswith(wanted)


def _request(client: httpx.Client, words: list[str]) -> httpx.Request:
    program, *rest = words
    assert program == "curl"
    address, headers, fields, content = "", {}, [], None
    while rest:
        word = rest.pop(0)
        if word == "-H":
            name, _, value = rest.pop(0).partition(": ")
            headers[name] = value
        elif word == "--data-urlencode":
            name, _, value = rest.pop(0).partition("=")
            fields.append((name, value))
        elif word == "--data-binary":
            content = rest.pop(0)
        elif word != "-G":
            address = word.removeprefix("http://127.0.0.1:8000")
    if "-G" in words or not (fields or content):
        return client.build_request("GET", address, params=fields or None, headers=headers)
    return client.build_request("POST", address, data=dict(fields) or None, content=content, headers=headers)


def test_only_asserted_statements_leave_the_derived_ones_out(client: httpx.Client) -> None:
    query = "SELECT (COUNT(*) AS ?n) %s { ?s <https://w3id.org/spacenorms/ontology#partyTo> ?o }"
    counts = [
        int(client.get("/sparql", params={"query": query % dataset, "format": "csv"}).text.split()[1])
        for dataset in ("", *(f"FROM <{group}>" for group in GROUPS))
    ]
    everything, asserted, derived, schema = counts
    assert everything == derived > 0
    assert asserted == schema == 0


def test_a_group_in_the_request_wins_over_from(client: httpx.Client) -> None:
    asserted, derived, _ = GROUPS
    query = (
        f"SELECT (COUNT(*) AS ?n) FROM <{asserted}> {{ ?s a <https://w3id.org/spacenorms/ontology#State> }}"
    )
    told = client.get("/sparql", params={"query": query, "default-graph-uri": derived, "format": "csv"})
    assert told.text.split() == ["n", "0"]


def test_from_named_takes_a_group(client: httpx.Client) -> None:
    _, derived, _ = GROUPS
    query = f"SELECT DISTINCT ?g FROM NAMED <{derived}> {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    graphs = client.get("/sparql", params={"query": query, "format": "csv"}).text.split()[1:]
    assert graphs
    assert all("/graph/rules/" in graph for graph in graphs)


def test_every_format_is_told() -> None:
    for each in (*RESULTS, *GRAPHS):
        assert f"`{each.media_type}`" in PAGE
        assert f"`{each.name}`" in PAGE


def test_every_group_is_told() -> None:
    assert all(f"/graph/{group.rpartition('/')[2]}`" in PAGE for group in GROUPS)
