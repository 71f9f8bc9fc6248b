"""The service, the data set and the saved queries describe themselves."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pyoxigraph as ox
import pytest
from serving import serving

from api.negotiation import GRAPHS
from graph.knowledge import KnowledgeGraph
from graph.namespaces import PREFIXES, STANDARD
from graph.rdf.void import DATASET
from graph.sparql import examples, saved
from graph.sparql.store import EmbeddedStore

SD, VOID, SH = STANDARD["sd"], STANDARD["void"], STANDARD["sh"]
TYPE = ox.NamedNode(f"{STANDARD['rdf']}type")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as found:
        yield found


def read(client: httpx.Client, path: str, media_type: str = "text/turtle") -> ox.Store:
    answer = client.get(path, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    store = ox.Store()
    store.load(answer.content, format=ox.RdfFormat.from_media_type(media_type))
    return store


def objects(store: ox.Store, predicate: str, subject: ox.NamedNode | None = None) -> set[str]:
    found = store.quads_for_pattern(subject, ox.NamedNode(predicate), None)
    return {quad.object.value for quad in found}


@pytest.mark.parametrize("media_type", [form.media_type for form in GRAPHS])
@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void", "/.well-known/sparql-examples"])
def test_a_description_is_the_same_in_every_format(client: httpx.Client, path: str, media_type: str) -> None:
    assert set(read(client, path, media_type)) == set(read(client, path))


def test_the_service_names_itself_and_what_it_speaks(client: httpx.Client) -> None:
    store = read(client, "/sparql")
    assert objects(store, f"{SD}endpoint") == {f"{client.base_url}/sparql"}
    assert objects(store, f"{SD}supportedLanguage") == {f"{SD}SPARQL11Query"}
    assert f"{SD}UnionDefaultGraph" in objects(store, f"{SD}feature")
    assert len(objects(store, f"{SD}resultFormat")) == 10
    types = {quad.object.value for quad in store.quads_for_pattern(None, TYPE, None)}
    assert {f"{SD}Service", f"{SD}Dataset", f"{SD}Graph", f"{SD}NamedGraph"} <= types


def test_the_service_names_every_graph_with_its_size(client: httpx.Client, graph: KnowledgeGraph) -> None:
    store = read(client, "/sparql")
    assert isinstance(graph.store, EmbeddedStore)
    loaded = {each.value for each in graph.store.oxigraph.named_graphs()}
    assert loaded <= objects(store, f"{SD}name")
    for name in loaded:
        (size,) = objects(store, f"{VOID}triples", ox.NamedNode(name))
        held = graph.store.oxigraph.quads_for_pattern(None, None, None, ox.NamedNode(name))
        assert int(size) == sum(1 for _ in held)


def test_a_browser_gets_the_form_and_a_table_nothing(client: httpx.Client) -> None:
    assert "<textarea" in client.get("/sparql", headers=BROWSER).text
    assert client.get("/sparql").headers["content-type"].startswith("text/turtle")
    assert client.get("/sparql", headers={"Accept": "text/csv"}).status_code == 406
    assert client.post("/sparql", data={"query": ""}).json()["code"] == "missing-query"


def test_the_statistics_count_what_is_there(client: httpx.Client, graph: KnowledgeGraph) -> None:
    store = read(client, "/.well-known/void")
    dataset = ox.NamedNode(DATASET)
    (total,) = objects(store, f"{VOID}triples", dataset)
    counted = graph.query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }").rows[0]["n"]
    assert int(total) == counted
    assert objects(store, f"{VOID}sparqlEndpoint", dataset) == {f"{client.base_url}/sparql"}
    sizes = store.query(
        f"SELECT ?entities {{ ?part <{VOID}class> <https://w3id.org/spacenorms/ontology#State> ;"
        f" <{VOID}entities> ?entities . <{DATASET}> <{VOID}classPartition> ?part }}"
    )
    states = graph.query(
        "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a <https://w3id.org/spacenorms/ontology#State> }"
    )
    assert [int(each["entities"].value) for each in sizes] == [states.rows[0]["n"]]


def test_a_class_says_which_properties_its_things_have(client: httpx.Client) -> None:
    found = read(client, "/.well-known/void").query(
        f"SELECT ?property {{ ?part <{VOID}class> <https://w3id.org/spacenorms/ontology#State> ;"
        f" <{VOID}propertyPartition>/<{VOID}property> ?property }}"
    )
    assert "https://w3id.org/spacenorms/ontology#iso3" in {each["property"].value for each in found}


def test_the_page_of_the_data_set_has_the_statistics_too(client: httpx.Client) -> None:
    assert set(read(client, "/dataset")) == set(read(client, "/.well-known/void"))


def test_every_saved_query_is_an_example(client: httpx.Client) -> None:
    store = read(client, "/.well-known/sparql-examples")
    names = {examples.address(query) for query in saved.catalogue().values()}
    executables = store.quads_for_pattern(None, TYPE, ox.NamedNode(f"{SH}SPARQLExecutable"))
    assert {quad.subject.value for quad in executables} == names
    assert objects(store, "https://schema.org/target") == {f"{client.base_url}/sparql"}
    assert objects(store, f"{SH}prefix") == set(PREFIXES)


def test_the_examples_stand_in_the_graph_of_the_endpoint(graph: KnowledgeGraph) -> None:
    rows = graph.query(
        f"PREFIX sh: <{SH}> PREFIX schema: <https://schema.org/>"
        " SELECT DISTINCT ?query WHERE { GRAPH <https://w3id.org/spacenorms/graph/queries>"
        " { ?query a sh:SPARQLSelectExecutable ; sh:select ?text ; sh:prefixes/sh:declare ?declared ;"
        " <http://www.w3.org/2000/01/rdf-schema#comment> ?comment ; schema:keywords ?word } }"
    ).rows
    selects = {name for name, each in saved.catalogue().items() if examples.form_of(each) == "SELECT"}
    assert {str(row["query"]).partition("/queries/")[2] for row in rows} == selects


def test_the_text_of_an_example_runs_as_it_stands(client: httpx.Client) -> None:
    for kind in ("select", "construct"):
        for text in objects(read(client, "/.well-known/sparql-examples"), f"{SH}{kind}"):
            assert client.post("/sparql", data={"query": text}).status_code == 200, text


def test_a_description_is_known_by_its_tag(client: httpx.Client) -> None:
    for path in ("/sparql", "/.well-known/void", "/.well-known/sparql-examples"):
        tag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        other = client.get(path, headers={"If-None-Match": tag, "Accept": "application/n-triples"})
        assert other.status_code == 200
