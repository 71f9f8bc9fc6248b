"""What no write may do: change reserved graphs, reach another host, take the server down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from curating import STORE, TODAY, TURTLE, Curator, curated
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from serving import listening

from graph.errors import SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.namespaces import GRAPHS
from graph.rdf import loader
from graph.sparql.store import EmbeddedStore
from graph.writing import evaluation
from graph.writing.evaluator import Evaluator
from graph.writing.graphs import CHANGES, DEFAULT, is_reserved
from graph.writing.guard import Operation, inspect_update
from graph.writing.write import Write

MINE = "http://example.org/mine"
ONE = f"INSERT DATA {{ GRAPH <{MINE}> {{ <http://example.org/s> <http://example.org/p> 1 }} }}"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curator]:
    with curated(tmp_path_factory.mktemp("release"), release=True) as found:
        yield found


@pytest.fixture
def curator(tmp_path: Path) -> Iterator[Curator]:
    with curated(tmp_path) as found:
        yield found


# --- what is never written ----------------------------------------------------------------------------------

RESERVED = [
    *loader.release_files().values(),
    *(loader.rule_graph(rule).value for rule in loader.rules()),
    f"{GRAPHS}queries",
    CHANGES,
    f"{GRAPHS}facts/new",
    f"{GRAPHS}rules/new",
    f"{GRAPHS}asserted",
    f"{GRAPHS}data/",
    "https://w3id.org/spacenorms/ontology",
]
TRIPLE = "<http://example.org/new> <http://example.org/p> 1"
FORMS = [
    "INSERT DATA { GRAPH <%s> { " + TRIPLE + " } }",
    "DELETE DATA { GRAPH <%s> { <http://example.org/s> <http://example.org/p> 1 } }",
    "DELETE WHERE { GRAPH <%s> { ?s ?p ?o } }",
    "INSERT { GRAPH <%s> { ?s <http://example.org/q> ?o } } WHERE { ?s ?p ?o }",
    "DELETE { GRAPH <%s> { ?s ?p ?o } } WHERE { GRAPH <%s> { ?s ?p ?o } }",
    "WITH <%s> DELETE { ?s ?p ?o } INSERT { ?s ?p 2 } WHERE { ?s ?p ?o }",
    "WITH <%s> INSERT { " + TRIPLE + " } WHERE {}",
    "CLEAR GRAPH <%s>",
    "DROP GRAPH <%s>",
    "CREATE GRAPH <%s>",
    "MOVE <%s> TO <http://example.org/mine>",
    "COPY <http://example.org/mine> TO <%s>",
    "ADD <http://example.org/mine> TO GRAPH <%s>",
    "MOVE <http://example.org/mine> TO <%s>",
    "COPY DEFAULT TO <%s>",
    "INSERT { GRAPH ?g { " + TRIPLE + " } } WHERE { BIND(<%s> AS ?g) }",
    "INSERT { GRAPH ?g { " + TRIPLE + ' } } WHERE { BIND(IRI(CONCAT("%s", "")) AS ?g) }',
    "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g = <%s>) }",
    "BASE <%s> INSERT DATA { GRAPH <> { " + TRIPLE + " } }",
    "PREFIX g: <%s> INSERT DATA { GRAPH g: { " + TRIPLE + " } }",
]


def store_of(graphs: list[str]) -> ox.Store:
    store = ox.Store()
    store.bulk_extend([statement(1, graph) for graph in [*graphs, MINE]])
    return store


def statement(number: int, graph: str) -> ox.Quad:
    thing, name = ox.NamedNode("http://example.org/s"), ox.NamedNode("http://example.org/p")
    return ox.Quad(thing, name, ox.Literal(number), ox.NamedNode(graph))


def carried_out(store: ox.Store, text: str) -> dict[str, object]:
    found = inspect_update(text)
    write = Write(
        "update",
        found.read.text,
        found.operations,
        may_name_reserved=found.may_name_reserved,
        base="https://w3id.org/spacenorms/",
    )
    graphs: dict[str, object] = evaluation.evaluate(store, write, TODAY)["graphs"]
    return graphs


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_update_changes_a_reserved_graph(form: str) -> None:
    for graph in RESERVED:
        assert is_reserved(graph)
        if form.startswith("CREATE"):
            store = store_of([each for each in RESERVED if each != graph])
        else:
            store = store_of(RESERVED)
            # otherwise a copy of the same would change nothing
            store.bulk_extend([statement(9, DEFAULT), statement(8, MINE)])
        with pytest.raises(SpacenormsError) as refused:
            carried_out(store, form.replace("%s", graph))
        assert (refused.value.code, refused.value.status) == ("reserved-graph", 403), (form, graph)
        assert graph in refused.value.extension["graphs"]


@pytest.mark.parametrize("text", ["CLEAR ALL", "DROP ALL", "CLEAR NAMED", "DROP SILENT NAMED", "clearall"])
def test_all_means_all_that_may_be_written(text: str) -> None:
    if text == "clearall":  # one word, which the engine takes
        assert inspect_update(text).operations[0].sweep == ("CLEAR", "ALL")
    assert set(carried_out(store_of(RESERVED), text)) == {MINE}


addresses = st.sampled_from(
    [RESERVED[0], RESERVED[40], CHANGES, f"{GRAPHS}facts/new", MINE, f"{GRAPHS}data/x"]
)
case = st.sampled_from([str.upper, str.lower, str.title])
gaps = st.sampled_from([" ", "\n", "\t ", " # GRAPH <x>\n"])


@st.composite
def updates(draw: st.DrawFn) -> str:
    """Write updates of several operations, as people and mischief write them."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(st.sampled_from(FORMS))
        graph = draw(addresses)
        written = re.sub(r"[A-Z]{2,}(?![^<]*>)", lambda word: draw(case)(word[0]), text)
        parts.append(written.replace(" ", draw(gaps), 1).replace("%s", graph))
    return " ; ".join(parts)


@hypothesis_settings(max_examples=150, deadline=None)
@given(updates())
def test_whatever_an_update_says_reserved_graphs_stay(text: str) -> None:
    store = store_of(RESERVED)
    try:
        told = carried_out(store, text)
    except SpacenormsError:
        return
    assert not [graph for graph in told if is_reserved(graph)]
    # what was told is all that was done: had something reserved changed, it would have been refused
    before = store_of(RESERVED)
    for graph in RESERVED:
        name = ox.NamedNode(graph)
        left, right = (set(each.quads_for_pattern(None, None, None, name)) for each in (before, store))
        assert left == right, (text, graph)


def test_every_reserved_graph_of_the_release_refuses_over_http(release: Curator) -> None:
    version = release.get("/health").json()["data_version"]
    rows = release.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
    reserved = [row["g"] for row in rows if is_reserved(row["g"])]
    assert len(reserved) > 50
    for graph in reserved[::8]:
        answers = [
            release.update(f"CLEAR GRAPH <{graph}>"),
            release.put_graph(graph, "<a> <b> <c> ."),
            release.post(STORE, params={"graph": graph}, content="<a> <b> <c> .", headers=TURTLE),
            release.delete(STORE, params={"graph": graph}),
        ]
        assert {(each.status_code, each.json()["code"]) for each in answers} == {(403, "reserved-graph")}
    assert release.get("/health").json()["data_version"] == version


# --- what reaches out ---------------------------------------------------------------------------------------

REACHING = [
    "LOAD <%s>",
    "LOAD SILENT <%s> INTO GRAPH <http://example.org/mine>",
    "load<%s>",
    "INSERT DATA { } ; LO\\u0041D <%s>",
    "PREFIX : <%s> INSERT DATA { } ; load:x",
    "PREFIX load: <http://example.org/> PREFIX : <%s> load:x",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <%s> { ?s ?p ?o } }",
    "INSERT { ?s ?p ?o } WHERE { SERVICE SILENT <%s> { ?s ?p ?o } }",
    "DELETE { ?s ?p ?o } WHERE { { serv\\u0069ce <%s> { ?s ?p ?o } } }",
    "PREFIX : <%s> INSERT { ?s ?p ?o } WHERE { service:x { ?s ?p ?o } }",
]


@pytest.mark.parametrize("form", REACHING)
def test_no_update_reaches_another_host(curator: Curator, form: str) -> None:
    with listening() as listener:
        answer = curator.update(form.replace("%s", listener.address))
        assert answer.status_code == 400, answer.text
        assert listener.settle() == 0


@pytest.mark.parametrize("form", [form for form in REACHING if "\\" not in form and "PREFIX" not in form])
def test_even_past_the_guard_no_update_reaches_another_host(form: str) -> None:
    with listening() as listener:
        text = form.replace("%s", listener.address)
        evaluator = Evaluator(KnowledgeGraph(EmbeddedStore(ox.Store()), "v", TODAY), 2**29)
        try:
            evaluator.evaluate(Write("update", text, (Operation(text),)), 20)
        except SpacenormsError as error:
            assert error.code in ("update-failed", "write-too-large")
        finally:
            evaluator.close()
        assert listener.settle() == 0


def test_a_name_that_holds_load_or_service_is_a_name() -> None:
    text = (
        "PREFIX load: <http://example.org/load/> PREFIX service: <http://example.org/> "
        "INSERT DATA { GRAPH <http://example.org/mine> { load:download service:payload load:a } }"
    )
    told = carried_out(ox.Store(), text)
    assert "http://example.org/load/download" in str(told)


def test_a_document_reaches_no_other_host(curator: Curator) -> None:
    with listening() as listener:
        documents = {
            "application/ld+json": f'{{"@context": "{listener.address}c", "@id": "a", "name": "b"}}',
            "application/rdf+xml": f'<!DOCTYPE r SYSTEM "{listener.address}d"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        }
        for media_type, text in documents.items():
            curator.put(STORE, params={"graph": MINE}, content=text, headers={"Content-Type": media_type})
        assert listener.settle() == 0


# --- what takes too much ------------------------------------------------------------------------------------


def test_a_bomb_is_stopped_and_nothing_is_changed(tmp_path: Path) -> None:
    with curated(tmp_path, write_time_limit=1.5) as curator:
        several = " ".join(
            f"<http://example.org/{number}> <http://example.org/p> {number} ." for number in range(300)
        )
        curator.put_graph(MINE, several).raise_for_status()
        joined = " ".join(f"?a{number} ?b{number} ?c{number} ." for number in range(5))
        answer = curator.update(f"INSERT {{ GRAPH <{MINE}> {{ ?a0 ?b1 ?c2 }} }} WHERE {{ {joined} }}")
        assert (answer.status_code, answer.json()["code"]) in (
            (503, "write-timeout"),
            (503, "write-too-large"),
        )
        assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 300
        assert curator.update(ONE).status_code == 200


def test_a_document_that_grows_loses_its_own_process_only(curator: Curator) -> None:
    entities = "".join(
        f'<!ENTITY {chr(98 + number)} "{f"&{chr(97 + number)};" * 10}">' for number in range(8)
    )
    text = (
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">{entities}]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">'
        '<rdf:Description rdf:about="http://example.org/s"><e:p>&i;</e:p></rdf:Description></rdf:RDF>'
    )
    headers = {"Content-Type": "application/rdf+xml"}
    answer = curator.put(STORE, params={"graph": MINE}, content=text, headers=headers)
    assert answer.status_code >= 400
    assert curator.update(ONE).status_code == 200
    assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 1


def test_a_long_body_is_refused(tmp_path: Path) -> None:
    with curated(tmp_path, max_body_bytes=4096) as curator:
        assert curator.update(ONE + "#" * 5000).status_code == 413
        assert curator.put_graph(MINE, "#" * 5000).status_code == 413
