"""A result that is cut says so in a header, and within itself in every format that has a place for it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.sparql.results.jsonresults import JSONResult
from rdflib.plugins.sparql.results.xmlresults import XMLResult
from serving import serving, small_graph

from api.cuts import HEADER
from api.settings import Settings
from graph.knowledge import KnowledgeGraph

ALL = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?o"
GRAPH = "CONSTRUCT WHERE { ?s ?p ?o }"
TABLES = ("json", "xml", "csv", "tsv")
GRAPHS = {
    "turtle": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "xml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(max_result_rows=60, max_result_bytes=20_000), small_graph()) as found:
        yield found


def ask(client: httpx.Client, query: str, form: str, **more: object) -> httpx.Response:
    answer = client.get("/sparql", params={"query": query, "format": form, **more})
    assert answer.status_code == 200, answer.text
    return answer


def rows(answer: httpx.Response, form: str) -> list[str]:
    """Return the numbers of the column o, read by a parser that is not ours."""
    if form == "json":
        return [str(row[rdflib.Variable("o")]) for row in JSONResult(json.loads(answer.content)).bindings]
    if form == "xml":
        return [str(row[rdflib.Variable("o")]) for row in XMLResult(io.BytesIO(answer.content)).bindings]
    if form == "csv":
        return [row["o"] for row in csv.DictReader(io.StringIO(answer.text))]
    found = ox.parse_query_results(answer.content, format=ox.QueryResultsFormat.TSV)
    assert isinstance(found, ox.QuerySolutions)
    return [row["o"].value for row in found]  # type: ignore[union-attr]


def link(answer: httpx.Response, form: str) -> str | None:
    """Return what a table says of itself in its head."""
    if form == "json":
        return next(iter(answer.json()["head"].get("link", [])), None)
    found = ElementTree.fromstring(answer.content).find("*/{http://www.w3.org/2005/sparql-results#}link")
    return None if found is None else found.get("href")


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize(("asked", "kept"), [(None, 60), ("7", 7), ("60", 60), ("1000000", 60)])
def test_a_table_is_cut_at_the_row(client: httpx.Client, form: str, asked: str | None, kept: int) -> None:
    answer = ask(client, ALL, form, **({"max-rows": asked} if asked else {}))
    assert rows(answer, form) == [str(number) for number in range(kept)]
    assert answer.headers[HEADER] == f"rows; limit={kept}"
    if form in ("json", "xml"):
        assert link(answer, form) == f"https://w3id.org/spacenorms/result-cut#rows={kept}"


@pytest.mark.parametrize("form", TABLES)
def test_a_whole_table_says_nothing(client: httpx.Client, form: str) -> None:
    answer = ask(client, f"{ALL} LIMIT 60", form)
    assert len(rows(answer, form)) == 60
    assert HEADER not in answer.headers
    assert form not in ("json", "xml") or link(answer, form) is None


@pytest.mark.parametrize("form", TABLES)
def test_a_table_is_cut_at_the_byte(client: httpx.Client, form: str) -> None:
    answer = ask(client, ALL, form, **{"max-bytes": 1500})
    found = rows(answer, form)
    assert found == [str(number) for number in range(len(found))]
    assert 0 < len(found) < 60
    assert answer.headers[HEADER] == "bytes; limit=1500"
    in_head = 90 if form in ("json", "xml") else 0
    assert len(answer.content) <= 1500 + in_head


@pytest.mark.parametrize("form", GRAPHS)
def test_a_graph_is_cut_after_a_statement(client: httpx.Client, form: str) -> None:
    answer = ask(client, GRAPH, form, **{"max-rows": 9})
    assert len(list(ox.parse(answer.content, format=GRAPHS[form]))) == 9
    assert answer.headers[HEADER] == "rows; limit=9"
    assert ("cut at the limit of 9 rows" in answer.text) == (form != "jsonld")
    whole = ask(client, "CONSTRUCT WHERE { <http://example.org/s1> ?p ?o }", form)
    assert HEADER not in whole.headers
    assert "cut" not in whole.text


@pytest.mark.parametrize("form", ["ntriples", "nquads", "xml"])
def test_a_graph_that_is_sent_while_it_is_written_tells_at_its_end(form: str) -> None:
    query = "CONSTRUCT { ?a ?d ?i } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with serving(Settings(max_result_rows=50_000), small_graph()) as client:
        answer = ask(client, query, form)
    assert answer.headers[HEADER] == "at-end"
    assert "cut at the limit of 50000 rows" in answer.text.splitlines()[-1]
    assert len(list(ox.parse(answer.content, format=GRAPHS[form]))) == 50_000


def test_a_cut_answer_is_repeated_with_its_header(client: httpx.Client) -> None:
    first, second = (ask(client, ALL, "csv", **{"max-rows": 5}) for _ in range(2))
    assert first.content == second.content
    assert first.headers[HEADER] == second.headers[HEADER] == "rows; limit=5"
    assert len(rows(ask(client, ALL, "csv", **{"max-rows": 6}), "csv")) == 6
    posted = client.post("/sparql", data={"query": ALL, "max-rows": "4", "format": "csv"})
    assert posted.headers[HEADER] == "rows; limit=4"


@pytest.mark.parametrize(
    ("name", "value"),
    [("max-rows", "0"), ("max-rows", "-1"), ("max-rows", "many"), ("max-rows", "1.5"), ("max-bytes", "10")],
)
def test_a_limit_that_is_none_is_told(client: httpx.Client, name: str, value: str) -> None:
    answer = client.get("/sparql", params={"query": ALL, name: value})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["parameter"] == name
    assert value in problem["detail"]
    assert f"{name}=" in problem["remedy"]


def test_a_truth_value_is_never_cut(client: httpx.Client) -> None:
    answer = ask(client, "ASK { ?s ?p ?o }", "json", **{"max-rows": 1})
    assert answer.json()["boolean"] is True
    assert HEADER not in answer.headers


def test_the_page_tells_too(client: httpx.Client) -> None:
    answer = ask(client, ALL, "html", **{"max-rows": 8})
    assert "This answer was cut at the limit of 8 rows." in answer.text
    assert answer.headers[HEADER] == "rows; limit=8"
    assert "a download has them all" not in answer.text


def test_pages_of_other_sites_may_read_the_header(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": ALL}, headers={"Origin": "https://example.org"})
    assert HEADER.lower() in answer.headers["access-control-expose-headers"].lower()


def test_a_saved_query_tells_in_every_format_and_pages_within_the_limit(graph: KnowledgeGraph) -> None:
    path = "/queries/states-in-both-blocs"
    with serving(graph=graph) as client:
        total = client.get(path, params={"format": "json"}).json()["total"]
    assert total > 4
    with serving(Settings(max_result_rows=total - 1), graph) as client:
        told = client.get(path, params={"format": "json"})
        assert told.headers[HEADER] == f"rows; limit={total - 1}"
        assert told.json()["total"] == len(told.json()["rows"]) == total - 1
        assert f"{total - 1} rows" in told.json()["cut"]
        for form in ("csv", "tsv", "xml", "html"):
            assert client.get(path, params={"format": form}).headers[HEADER] == f"rows; limit={total - 1}"
        last = client.get(path, params={"format": "csv", "limit": 2, "offset": total - 2})
        assert len(list(csv.DictReader(io.StringIO(last.text)))) == 1
        assert last.headers[HEADER] == f"rows; limit={total - 1}"
        assert 'rel="next"' not in last.headers["link"]
    with serving(Settings(max_result_rows=total), graph) as client:
        told = client.get(path, params={"format": "json"})
        assert HEADER not in told.headers
        assert told.json()["cut"] is None


def test_a_graph_of_the_store_is_whole_or_refused() -> None:
    parameters = {"graph": "http://example.org/graph/0"}
    with serving(Settings(max_result_rows=50), small_graph()) as client:
        assert client.get("/rdf-graph-store", params=parameters).status_code == 200
    with serving(Settings(max_result_rows=49), small_graph()) as client:
        answer = client.get("/rdf-graph-store", params=parameters)
        assert answer.status_code == 413
        assert answer.json()["code"] == "result-too-long"
