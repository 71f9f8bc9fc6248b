"""The SPARQL 1.1 Graph Store HTTP Protocol: reading is open, writing is for those with a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from curating import STORE, TURTLE, Curator, curated
from rdflib import Graph
from rdflib.compare import isomorphic
from serving import serving

from graph.knowledge import KnowledgeGraph
from graph.namespaces import GRAPHS
from graph.writing.graphs import DEFAULT

MINE = "http://example.org/mine"
PERSON = """<http://example.org/p> a <http://xmlns.com/foaf/0.1/Person> ;
  <http://xmlns.com/foaf/0.1/knows> [ <http://xmlns.com/foaf/0.1/name> "Bo" ] ."""
OTHER = '<http://example.org/p> <http://xmlns.com/foaf/0.1/name> "Cy" .'


@pytest.fixture
def curator(tmp_path: Path) -> Iterator[Curator]:
    with curated(tmp_path) as found:
        yield found


def read(client: httpx.Client, **parameters: str) -> Graph:
    answer = client.get(STORE, params=parameters, headers={"Accept": "text/turtle"}).raise_for_status()
    assert answer.headers["content-type"].startswith("text/turtle")
    return Graph().parse(data=answer.text, format="turtle")


def is_same(graph: Graph, *turtle: str) -> bool:
    return isomorphic(graph, Graph().parse(data="\n".join(turtle), format="turtle"))


def test_a_graph_of_the_release_is_read_without_a_token(graph: KnowledgeGraph) -> None:
    name = f"{GRAPHS}facts/resolutions"
    with serving(graph=graph) as client:
        found = read(client, graph=name)
        rows = graph.query(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}").rows
        assert len(found) == rows[0]["n"] > 0
        again = client.get(STORE, params={"graph": name})
        known = client.get(STORE, params={"graph": name}, headers={"If-None-Match": again.headers["etag"]})
        assert known.status_code == 304
        assert client.get(STORE, params={"graph": name, "format": "jsonld"}).json()


def test_a_graph_is_made_replaced_added_to_and_deleted(curator: Curator) -> None:
    assert curator.get(STORE, params={"graph": MINE}).status_code == 404
    assert curator.put_graph(MINE, PERSON).status_code == 201
    assert is_same(read(curator, graph=MINE), PERSON)
    assert curator.put_graph(MINE, OTHER).status_code == 200
    assert is_same(read(curator, graph=MINE), OTHER)
    added = curator.post(STORE, params={"graph": MINE}, content=PERSON, headers=TURTLE)
    assert added.json()["graphs"] == [{"graph": MINE, "added": 3, "removed": 0}]
    assert is_same(read(curator, graph=MINE), PERSON, OTHER)
    assert curator.delete(STORE, params={"graph": MINE}).status_code == 200
    assert curator.get(STORE, params={"graph": MINE}).status_code == 404
    assert curator.delete(STORE, params={"graph": MINE}).status_code == 404


def test_a_long_document_is_taken_whole(curator: Curator) -> None:
    things = (
        f"<http://example.org/{number}> <http://example.org/p> {number} .\n" for number in range(15_000)
    )
    document = "".join(things)
    assert 800_000 < len(document) < 2**20
    for _ in range(3):
        curator.put_graph(MINE, document).raise_for_status()
    assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 15_000


def test_a_graph_may_be_empty(curator: Curator) -> None:
    assert curator.put_graph(MINE, "").status_code == 201
    found = curator.get(STORE, params={"graph": MINE}, headers={"Accept": "application/n-triples"})
    assert (found.status_code, found.text) == (200, "")


def test_head_is_get_without_the_body(curator: Curator) -> None:
    curator.put_graph(MINE, PERSON)
    head = curator.head(STORE, params={"graph": MINE}, headers={"Accept": "text/turtle"})
    assert (head.status_code, head.text) == (200, "")
    assert head.headers["content-type"].startswith("text/turtle")
    assert curator.head(STORE, params={"graph": f"{MINE}/none"}).status_code == 404


def test_the_default_graph_is_that_of_updates(curator: Curator) -> None:
    assert len(read(curator, default="")) == 0
    curator.put(STORE, params={"default": ""}, content=OTHER, headers=TURTLE).raise_for_status()
    assert is_same(read(curator, default=""), OTHER)
    assert is_same(read(curator, graph=DEFAULT), OTHER)
    curator.update("DELETE WHERE { ?s ?p ?o }").raise_for_status()
    assert len(read(curator, default="")) == 0
    assert curator.delete(STORE, params={"default": ""}).status_code == 200


def test_a_graph_has_an_address_of_its_own(curator: Curator) -> None:
    path = f"{STORE}/person/1.ttl"
    assert curator.put(path, content="<> <http://example.org/p> <2.ttl> .", headers=TURTLE).status_code == 201
    address = f"{str(curator.base_url).rstrip('/')}{path}"
    assert curator.ask(f"GRAPH <{address}> {{ <{address}> ?p <{address.replace('1.ttl', '2.ttl')}> }}")
    assert is_same(read(curator, graph=address), curator.get(path, headers={"Accept": "text/turtle"}).text)


def test_a_new_graph_is_named_for_who_names_none(curator: Curator) -> None:
    made = curator.post(STORE, content=OTHER, headers=TURTLE)
    assert made.status_code == 201
    assert is_same(read(curator, graph=made.headers["location"]), OTHER)
    assert curator.get(made.headers["location"]).status_code == 200


def test_several_documents_come_in_one_form(curator: Curator) -> None:
    files = [
        ("one", ("one.ttl", PERSON, "text/turtle")),
        ("two", ("two.nt", OTHER, "application/n-triples; charset=utf-8")),
        ("three", ("three.ttl", "[] <http://example.org/p> 1 .", "")),
    ]
    answer = curator.post(STORE, params={"graph": MINE}, files=files)
    assert answer.status_code == 201, answer.text
    assert is_same(read(curator, graph=MINE), PERSON, OTHER, "[] <http://example.org/p> 1 .")


@pytest.mark.parametrize("form", ["turtle", "nt", "json-ld", "xml"])
def test_every_syntax_is_taken(curator: Curator, form: str) -> None:
    types = {
        "turtle": "text/turtle; charset=UTF-8",
        "nt": "application/n-triples",
        "json-ld": "application/ld+json",
        "xml": "application/rdf+xml",
    }
    text = Graph().parse(data=PERSON, format="turtle").serialize(format=form)
    answer = curator.put(STORE, params={"graph": MINE}, content=text, headers={"Content-Type": types[form]})
    assert answer.status_code == 201, answer.text
    assert is_same(read(curator, graph=MINE), PERSON)


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({}, PERSON, 415, "unsupported-media-type"),
        ({"Content-Type": "text/csv"}, PERSON, 415, "unsupported-media-type"),
        ({"Content-Type": "application/trig"}, PERSON, 415, "unsupported-media-type"),
        ({"Content-Type": "text/turtle; charset=utf-16"}, PERSON, 415, "bad-charset"),
        (TURTLE, b"<a> <b> '\xff' .", 400, "bad-charset"),
        (TURTLE, "<a> <b>", 400, "malformed-document"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "nothing", 400, "malformed-document"),
        ({"Content-Type": "multipart/form-data"}, "nothing", 400, "malformed-document"),
    ],
)
def test_what_is_no_document_is_refused_and_told(
    curator: Curator, headers: dict[str, str], content: str | bytes, status: int, code: str
) -> None:
    answer = curator.put(STORE, params={"graph": MINE}, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]
    assert curator.get(STORE, params={"graph": MINE}).status_code == 404


@pytest.mark.parametrize(
    "parameters",
    [{}, {"graph": "no iri"}, {"graph": ""}, {"graph": MINE, "default": ""}, {"graph": [MINE, MINE]}],
)
def test_a_request_names_one_graph(curator: Curator, parameters: dict[str, str | list[str]]) -> None:
    assert curator.get(STORE, params=parameters).status_code == 400
    assert curator.put(STORE, params=parameters, content=OTHER, headers=TURTLE).status_code == 400


def test_a_change_may_ask_that_nothing_has_changed(curator: Curator) -> None:
    only_new = {"If-None-Match": "*"}
    assert curator.put_graph(MINE, PERSON, **only_new).status_code == 201
    assert curator.put_graph(MINE, OTHER, **only_new).status_code == 412
    tag = curator.get(STORE, params={"graph": MINE}).headers["etag"]
    assert curator.put_graph(MINE, OTHER, **{"If-Match": tag}).status_code == 200
    stale = curator.put_graph(MINE, PERSON, **{"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert is_same(read(curator, graph=MINE), OTHER)
    assert curator.put_graph(f"{MINE}/none", OTHER, **{"If-Match": "*"}).status_code == 412


def test_blank_nodes_of_two_documents_are_never_one(curator: Curator) -> None:
    text = "_:same <http://example.org/p> 1 ."
    for graph in (MINE, f"{MINE}/2"):
        curator.put_graph(graph, text).raise_for_status()
    curator.post(STORE, params={"graph": MINE}, content=text, headers=TURTLE).raise_for_status()
    rows = curator.rows("SELECT DISTINCT ?s { ?s <http://example.org/p> 1 }")
    assert len(rows) == 3


def test_any_text_is_kept_as_it_is(curator: Curator) -> None:
    """Line separators, control characters and the like are no ends of lines in what is kept."""
    strange = "a\u2028b\u0085c\x0bd\\\\e\\n\\r\\tf\\u0000g\U0001f680'\\\""
    curator.put_graph(
        MINE, f'<http://example.org/s> <http://example.org/p> "{strange}"@de-CH-1996 .'
    ).raise_for_status()
    before = curator.rows(f"SELECT ?o {{ GRAPH <{MINE}> {{ ?s ?p ?o }} }}")
    assert before[0]["o"].startswith("a\u2028b\u0085c\x0bd\\e\n")
    curator.update(f"INSERT DATA {{ GRAPH <{MINE}> {{ <http://example.org/s> <http://example.org/q> 1 }} }}")
    curator.update(f"DELETE WHERE {{ GRAPH <{MINE}> {{ ?s <http://example.org/p> ?o }} }}").raise_for_status()
    assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 1


def test_the_methods_are_told(curator: Curator) -> None:
    assert curator.options(STORE).headers["allow"] == "GET, HEAD, PUT, POST, DELETE, OPTIONS"
    with serving() as reader:
        assert reader.options(STORE).headers["allow"] == "GET, HEAD, OPTIONS"
