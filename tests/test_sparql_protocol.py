"""The endpoint keeps the SPARQL 1.1 Protocol: data sets, formats, compression, long answers, methods."""

from __future__ import annotations

import gzip
import http.client
import json
import re
from collections.abc import Iterator

import httpx
import pyoxigraph as ox
import pytest
from serving import serving, small_graph

from api.compression import takes_gzip
from api.cuts import HEADER
from api.negotiation import GRAPHS
from api.settings import Settings
from graph.namespaces import GRAPHS as OURS
from graph.sparql.dataset import GROUPS, expand

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
ZERO, ONE = "http://example.org/graph/0", "http://example.org/graph/1"
# 250,000 rows, about 11 MB in CSV
LONG = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?i < 25) }"
# as long, and then a join without end
ENDLESS = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
# 100,000 statements, about 11 MB in N-Triples
LONG_GRAPH = "CONSTRUCT { ?a ?d ?i } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?i < 10) }"
# more, and then the same ones without end
ENDLESS_GRAPH = "CONSTRUCT { ?m ?j ?i } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(query_time_limit=5, max_result_bytes=20_000_000), small_graph()) as found:
        yield found


def number(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize(
    ("query", "default", "named", "found"),
    [
        (COUNT, [], [], 100),
        (COUNT, [ZERO], [], 50),
        (COUNT, [ZERO, ONE], [], 100),
        (COUNT, [], [ZERO], 0),
        (NAMED, [], [], 100),
        (NAMED, [], [ZERO], 50),
        (NAMED, [], [ZERO, ONE], 100),
        (NAMED, [ZERO], [], 0),
        (COUNT, ["http://example.org/graph/none"], [], 0),
        (COUNT.replace("{", f"FROM <{ZERO}> {{", 1), [], [], 50),
        (COUNT.replace("{", f"FROM <{ZERO}> {{", 1), [ZERO, ONE], [], 100),
        (NAMED.replace("{", f"FROM NAMED <{ZERO}> {{", 1), [], [], 50),
        (NAMED.replace("{", f"FROM NAMED <{ZERO}> {{", 1), [], [ZERO, ONE], 100),
    ],
)
@pytest.mark.parametrize("method", ["get", "form", "direct"])
def test_the_data_set_is_the_one_that_is_named(
    client: httpx.Client, query: str, default: list[str], named: list[str], found: int, method: str
) -> None:
    pairs = [("default-graph-uri", each) for each in default] + [("named-graph-uri", each) for each in named]
    if method == "get":
        answer = client.get("/sparql", params=[("query", query), *pairs])
    elif method == "form":
        body = str(httpx.QueryParams([("query", query), *pairs]))
        answer = client.post(
            "/sparql", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
    else:
        headers = {"Content-Type": "application/sparql-query"}
        answer = client.post("/sparql", params=pairs, content=query, headers=headers)
    assert number(answer) == found


def test_a_group_stands_for_the_graphs_that_it_gathers() -> None:
    graphs = [f"{OURS}facts/states", f"{OURS}rules/bound-by", f"{OURS}vocabulary/theme", f"{OURS}data/mine"]
    asserted, derived, schema = (expand([group], graphs) for group in GROUPS)
    assert asserted == [f"{OURS}data/mine", f"{OURS}facts/states"]
    assert derived == [f"{OURS}rules/bound-by"]
    assert schema == [f"{OURS}vocabulary/theme"]
    assert expand([ZERO, ZERO, *GROUPS], graphs) == [ZERO, *asserted, *derived, *schema]


@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: form.name)
def test_a_graph_comes_in_every_format(client: httpx.Client, form: object) -> None:
    named = client.get(
        "/sparql", params={"query": "CONSTRUCT WHERE { ?s ?p ?o }"}, headers={"Accept": form.media_type}
    )
    assert named.headers["content-type"].partition(";")[0] == form.media_type
    found = list(ox.parse(named.content, format=ox.RdfFormat.from_media_type(form.media_type)))
    assert len(found) == 100


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("text/csv;q=0, */*;q=0.1", "application/sparql-results+json"),
        ("text/*;q=0.3, application/json;q=0.2", "text/csv"),
    ],
)
def test_q_values_are_weighed(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = client.get("/sparql", params={"query": COUNT}, headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/sparql", params={"query": COUNT})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_head_tells_the_headers_of_get(client: httpx.Client) -> None:
    get = client.get("/sparql", params={"query": COUNT})
    head = client.head("/sparql", params={"query": COUNT})
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    "update", ["INSERT DATA { <a:a> <a:b> <a:c> }", "DROP ALL", "CLEAR DEFAULT", "LOAD <a:b>"]
)
def test_updates_are_refused_in_every_form(client: httpx.Client, update: str) -> None:
    for answer in (
        client.post("/sparql", data={"update": update}),
        client.post("/sparql", data={"query": update}),
        client.post("/sparql", content=update, headers={"Content-Type": "application/sparql-update"}),
        client.get("/sparql", params={"update": update}),
        client.get("/sparql", params={"query": update}),
    ):
        assert answer.status_code == 400
        assert answer.json()["code"] == "update-refused"
    assert number(client.get("/sparql", params={"query": COUNT})) == 100


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("", False),
        (None, False),
    ],
)
def test_gzip_is_for_those_who_take_it(accepted: str | None, taken: bool) -> None:
    assert takes_gzip(accepted) is taken


def test_an_answer_is_compressed_when_asked(client: httpx.Client) -> None:
    query = {"query": "SELECT * { ?s ?p ?o } ORDER BY ?o"}
    plain = client.get("/sparql", params=query, headers={"Accept-Encoding": "identity"})
    packed = client.get("/sparql", params=query, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.content == plain.content
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.headers["etag"] == plain.headers["etag"]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_long_table_comes_whole(client: httpx.Client, coding: str) -> None:
    params = {"query": LONG, "format": "csv"}
    with client.stream("GET", "/sparql", params=params, headers={"Accept-Encoding": coding}) as answer:
        assert answer.status_code == 200
        assert HEADER not in answer.headers
        lines = sum(piece.count(b"\n") for piece in answer.iter_bytes())
    assert lines == 250_001


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_long_graph_comes_in_pieces(client: httpx.Client, coding: str) -> None:
    params = {"query": LONG_GRAPH, "format": "ntriples"}
    with client.stream("GET", "/sparql", params=params, headers={"Accept-Encoding": coding}) as answer:
        assert answer.status_code == 200
        assert answer.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in answer.headers
        assert answer.headers[HEADER] == "at-end"
        *lines, last = b"".join(answer.iter_bytes()).splitlines()
    assert not last.startswith(b"#")
    assert len(lines) + 1 == 100_000


def test_a_long_graph_begins_before_it_is_complete(client: httpx.Client) -> None:
    params = {"query": ENDLESS_GRAPH, "format": "ntriples"}
    with client.stream("GET", "/sparql", params=params) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_bytes()).startswith(b"<http://example.org/")
    assert number(client.get("/sparql", params={"query": COUNT})) == 100


def test_a_long_answer_that_is_stopped_is_seen_to_be_broken_off() -> None:
    limits = Settings(query_time_limit=2, max_result_bytes=2**40, max_result_rows=10**9)
    with serving(limits, small_graph()) as client:
        connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port, timeout=30)
        target = "/sparql?" + str(httpx.QueryParams({"query": ENDLESS_GRAPH, "format": "ntriples"}))
        connection.request("GET", target)
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
        connection.close()


def test_a_fault_before_the_first_piece_has_its_own_status(client: httpx.Client) -> None:
    answer = client.get(
        "/sparql",
        params={"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }"},
    )
    assert answer.status_code == 503
    assert answer.json()["code"] == "query-timeout"


def test_the_interface_description_has_a_path_for_each_saved_query(client: httpx.Client) -> None:
    listed = [each["name"] for each in client.get("/queries", params={"format": "json"}).json()["queries"]]
    paths = client.get("/openapi.json").json()["paths"]
    assert len(listed) > 30
    for name in listed:
        operation = paths[f"/queries/{name}"]["get"]
        assert operation["summary"]
        assert all(each["schema"]["type"] and each["description"] for each in operation["parameters"])
    withdrawals = paths["/queries/withdrawals"]["get"]["parameters"]
    assert [each["name"] for each in withdrawals] == ["state", "format", "limit", "offset"]
    assert json.dumps(paths)
    identifiers = re.findall(r'"operationId": "(query_\w+)"', json.dumps(paths))
    assert len(identifiers) == len(set(identifiers)) == len(listed)


def test_gzip_of_the_standard_library_reads_what_is_sent(client: httpx.Client) -> None:
    with client.stream(
        "GET", "/sparql", params={"query": LONG, "format": "csv"}, headers={"Accept-Encoding": "gzip"}
    ) as answer:
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed).count(b"\n") == 250_001
