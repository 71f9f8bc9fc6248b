"""The SPARQL endpoint, asked over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from serving import Listener, listening, serving

from api.settings import Settings
from graph.namespaces import GRAPHS

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ZERO = "http://example.org/graph/0"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(query_time_limit=3, max_query_bytes=20_000, max_result_bytes=500_000)) as found:
        yield found


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def test_health_really_asks(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["data_version"], told["graphs"]) == ("ok", "test-version", 2)
    assert told["version"] and told["uptime_seconds"] > 0
    assert told["workers"]["busy"] + told["workers"]["idle"] > 0


@pytest.mark.parametrize("method", ["get", "form", "direct"])
def test_a_query_can_be_sent_in_three_ways(client: httpx.Client, method: str) -> None:
    if method == "get":
        answer = client.get("/sparql", params={"query": COUNT})
    elif method == "form":
        answer = client.post("/sparql", data={"query": COUNT})
    else:
        answer = client.post("/sparql", content=COUNT, headers={"Content-Type": "application/sparql-query"})
    assert answer.status_code == 200
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "100"


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
    ],
)
@pytest.mark.parametrize("query", [COUNT, "ASK {}"])
def test_tables_come_in_every_format(client: httpx.Client, query: str, format_: str, media_type: str) -> None:
    named = client.get("/sparql", params={"query": query, "format": format_})
    accepted = client.get("/sparql", params={"query": query}, headers={"Accept": media_type})
    assert named.headers["content-type"].partition(";")[0] == media_type
    assert accepted.headers["content-type"] == named.headers["content-type"]
    assert accepted.content == named.content
    assert "Accept" in accepted.headers["vary"]


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [("turtle", "text/turtle"), ("ntriples", "application/n-triples"), ("jsonld", "application/ld+json")],
)
@pytest.mark.parametrize("query", ["DESCRIBE <http://example.org/s3>", "CONSTRUCT WHERE { ?s ?p 3 }"])
def test_graphs_come_in_every_format(client: httpx.Client, query: str, format_: str, media_type: str) -> None:
    answer = client.get("/sparql", params={"query": query, "format": format_})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    (quad,) = ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media_type))
    assert quad.object.value == "3"


@pytest.mark.parametrize(
    ("query", "format_", "accept"),
    [
        (COUNT, "turtle", "*/*"),
        ("DESCRIBE <a:b>", "csv", "*/*"),
        (COUNT, None, "text/turtle"),
        ("DESCRIBE <a:b>", None, "text/csv"),
        (COUNT, "exe", "*/*"),
    ],
)
def test_a_format_that_does_not_fit_the_form_is_refused(
    client: httpx.Client, query: str, format_: str | None, accept: str
) -> None:
    parameters = {"query": query} | ({"format": format_} if format_ else {})
    answer = client.get("/sparql", params=parameters, headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()["offered"]


@pytest.mark.parametrize("way", ["get", "form", "direct"])
def test_the_data_set_of_the_request_wins(client: httpx.Client, way: str) -> None:
    query = "SELECT (COUNT(*) AS ?n) FROM <http://example.org/graph/1> { ?s ?p ?o FILTER(?o = 4) }"
    graph = {"default-graph-uri": ZERO}
    if way == "get":
        answer = client.get("/sparql", params={"query": query, "format": "csv", **graph})
    elif way == "form":
        answer = client.post("/sparql", data={"query": query, "format": "csv", **graph})
    else:
        headers = {"Content-Type": "application/sparql-query"}
        answer = client.post("/sparql", content=query, params={"format": "csv", **graph}, headers=headers)
    assert answer.text.split() == ["n", "1"]


def test_two_default_graphs_are_merged(client: httpx.Client) -> None:
    pairs = [("query", COUNT), ("format", "csv")]
    both = [("default-graph-uri", ZERO), ("default-graph-uri", "http://example.org/graph/1")]
    assert client.get("/sparql", params=[*pairs, both[0]]).text.split() == ["n", "50"]
    assert client.get("/sparql", params=[*pairs, *both]).text.split() == ["n", "100"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ([("query", "ASK {}"), ("query", "ASK {}")], "repeated-parameter"),
        ([("query", "")], "missing-query"),
        ([("query", "  ")], "missing-query"),
        ([("update", "DROP ALL")], "update-refused"),
        ([("query", "ASK {}"), ("update", "DROP ALL")], "update-refused"),
        ([("query", "DROP ALL")], "update-refused"),
        ([("query", "SELECT * { ?s ?p }")], "malformed-query"),
        ([("query", "SELECT * { ?s ex:p ?o }")], "undeclared-prefix"),
        ([("query", "ASK {}"), ("timeout", "soon")], "bad-value"),
        ([("query", "ASK {}"), ("timeout", "-1")], "bad-value"),
        ([("query", "ASK {}"), ("timeout", "nan")], "bad-value"),
        ([("query", "ASK {}"), ("default-graph-uri", f"{GRAPHS}none")], "unknown-graph"),
        ([("query", "ASK {}"), ("named-graph-uri", "no iri")], "bad-value"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bad_requests_are_told_what_is_wrong(
    client: httpx.Client, parameters: list[tuple[str, str]], code: str, method: str
) -> None:
    if method == "GET":
        answer = client.get("/sparql", params=parameters)
    else:
        body = str(httpx.QueryParams(parameters))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.post("/sparql", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], bool(answer.json()["remedy"])) == (code, True)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"ASK {}", 415),
        ("", b"ASK {}", 415),
        ("application/sparql-update", b"DROP ALL", 400),
        ("application/sparql-query; charset=utf-16", "ASK {}".encode("utf-16"), 415),
        ("application/sparql-query", b"ASK { ?s ?p '\xff' }", 400),
        ("application/x-www-form-urlencoded", b"query=ASK%20%7B%20%3Fs%20%3Fp%20%27%FF%27%7D", 400),
        ("application/sparql-query", b"ASK { # " + b"x" * 30_000 + b"\n}", 413),
        ("application/x-www-form-urlencoded", b"query=ASK" + b"+" * 30_000, 413),
    ],
)
def test_bad_bodies_are_told_what_is_wrong(
    client: httpx.Client, content_type: str, body: bytes, status: int
) -> None:
    answer = client.post("/sparql", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.json()["remedy"]


def test_a_byte_order_mark_is_no_obstacle(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/sparql-query; charset=UTF-8"}
    assert client.post("/sparql", content="\ufeffASK {}".encode(), headers=headers).status_code == 200


def test_head_and_options(client: httpx.Client) -> None:
    head = client.head("/sparql", params={"query": "ASK {}"})
    assert (head.status_code, head.content) == (200, b"")
    assert client.options("/sparql").headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert client.delete("/sparql").headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_any_site_may_ask_without_credentials(client: httpx.Client) -> None:
    origin = {"Origin": "https://example.org"}
    answer = client.get("/sparql", params={"query": "ASK {}"}, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    asked = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "Content-Type",
    }
    assert client.options("/sparql", headers=asked).status_code == 200
    assert client.get("/sparql", headers=origin).headers["access-control-allow-origin"] == "*"


def test_every_answer_has_the_security_headers(client: httpx.Client) -> None:
    for path in ("/sparql?query=ASK%7B%7D", "/sparql", "/nowhere", "/docs", "/openapi.json", "/health"):
        answer = client.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_docs_load_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    nonce = page.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    assert f'<script nonce="{nonce}">' in page.text
    assert "https://" not in page.text.replace("https://w3id.org", "")
    assert client.get("/docs/files/swagger-ui-bundle.js").status_code == 200
    assert client.get("/docs").headers["content-security-policy"] != page.headers["content-security-policy"]


def test_a_runaway_is_stopped_while_others_are_answered(client: httpx.Client) -> None:
    answers: list[httpx.Response] = []
    thread = threading.Thread(
        target=lambda: answers.append(
            httpx.post(
                f"{client.base_url}/sparql", data={"query": CROSS_PRODUCT, "timeout": "3"}, trust_env=False
            )
        )
    )
    thread.start()
    slowest = 0.0
    while thread.is_alive():
        began = time.perf_counter()
        assert client.get("/sparql", params={"query": "ASK {}"}).status_code == 200
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 1.5
    (answer,) = answers
    assert answer.status_code == 503
    assert answer.json()["code"] == "query-timeout"
    assert answer.json()["query"] == CROSS_PRODUCT


def test_a_caller_may_not_ask_for_more_time(client: httpx.Client) -> None:
    began = time.perf_counter()
    answer = client.get("/sparql", params={"query": CROSS_PRODUCT, "timeout": "100"})
    assert answer.json()["timeout"] == 3
    assert time.perf_counter() - began < 6


def test_who_leaves_frees_the_workers(client: httpx.Client) -> None:
    for _ in range(4):
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(
                f"{client.base_url}/sparql", params={"query": CROSS_PRODUCT}, timeout=0.3, trust_env=False
            )
    began = time.perf_counter()
    assert client.get("/sparql", params={"query": "ASK {}"}).status_code == 200
    assert time.perf_counter() - began < 2


def test_nothing_is_fetched_or_read(client: httpx.Client, listener: Listener, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text("<http://example.org/a> <http://example.org/b> 'top secret' .")
    queries = [
        f"SELECT * {{ SERVICE <{listener.address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT <{listener.address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ \\u0053ERVICE <{listener.address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ ?s ?p ?o FILTER(?o<?o||true)SERVICE#>\n<{listener.address}>{{ ?a ?b ?c }} }}",
        f"SELECT * FROM <{listener.address}> {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{listener.address}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        f"SELECT * FROM <{secret.as_uri()}> {{ ?s ?p ?o }}",
        f"LOAD <{listener.address}>",
    ]
    for query in queries:
        for answer in (
            client.get("/sparql", params={"query": query}),
            client.post("/sparql", data={"query": query}),
        ):
            assert answer.status_code == 400
            assert "top secret" not in answer.text
    for name in ("default-graph-uri", "named-graph-uri"):
        for graph in (listener.address, secret.as_uri()):
            answer = client.get("/sparql", params={"query": COUNT, name: graph, "format": "csv"})
            assert answer.text.split() == ["n", "0"]
    assert listener.settle() == 0


def test_a_browser_gets_the_form_and_the_result_beneath(client: httpx.Client) -> None:
    form = client.get("/sparql", headers=BROWSER)
    assert form.status_code == 200
    assert "<textarea" in form.text
    page = client.get(
        "/sparql", params={"query": "SELECT ?o { <http://example.org/s42> ?p ?o }"}, headers=BROWSER
    )
    assert "text/html" in page.headers["content-type"]
    assert ">42<" in page.text
    assert "Yes" in client.get("/sparql", params={"query": "ASK {}", "format": "html"}).text
    graph = client.get("/sparql", params={"query": "DESCRIBE <http://example.org/s42>"}, headers=BROWSER)
    assert "&lt;http://example.org/s42&gt;" in graph.text


def test_a_browser_keeps_its_query_when_it_fails(client: httpx.Client) -> None:
    query = "SELECT * { ?s ?p '</textarea><script>alert(1)</script>' "
    page = client.get("/sparql", params={"query": query}, headers=BROWSER)
    assert page.status_code == 400
    assert "malformed" in page.text
    assert "&lt;/textarea&gt;" in page.text
    assert "<script>alert" not in page.text


def test_csv_from_the_form_is_a_download(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": COUNT, "format": "csv"}, headers=BROWSER)
    assert answer.headers["content-disposition"] == 'attachment; filename="result.csv"'


def test_the_interface_description_names_the_endpoint(client: httpx.Client) -> None:
    described = json.loads(client.get("/openapi.json").text)["paths"]["/sparql"]
    assert {"get", "post"} <= set(described)
    assert "query" in [parameter["name"] for parameter in described["get"]["parameters"]]
