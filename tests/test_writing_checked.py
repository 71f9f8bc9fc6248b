"""What is written is held against the shapes before it is kept, and the rules derive from it what follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from curating import TODAY, Curator, curated
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from graph.namespaces import GRAPHS, ONTOLOGY
from graph.rdf import loader
from graph.resources import ontology_dir
from graph.writing.evaluation import bears_on_rules

MINE = "http://example.org/mine"
ACT = "http://example.org/act/BTN-OST"
PREFIXES = """
PREFIX spn: <https://w3id.org/spacenorms/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX state: <https://w3id.org/spacenorms/id/state/>
PREFIX instrument: <https://w3id.org/spacenorms/id/instrument/>
PREFIX source: <https://w3id.org/spacenorms/id/source/>
PREFIX action: <https://w3id.org/spacenorms/vocabulary/action/>
PREFIX verification: <https://w3id.org/spacenorms/vocabulary/verification/>
"""
BHUTAN_ACCEDES = f"""
<{ACT}> a spn:TreatyAction ;
  rdfs:label "Bhutan: accession to the Outer Space Treaty (2020-01-01)"@en ;
  dcterms:source source:untc-2015 ;
  spn:action action:accession ;
  spn:date "2020-01-01"^^xsd:date ;
  spn:instrument instrument:OST ;
  spn:locator "made up for a test" ;
  spn:participant state:BTN ;
  spn:verification verification:recalled .
"""
IS_PARTY = (
    "<https://w3id.org/spacenorms/id/state/BTN> <https://w3id.org/spacenorms/ontology#partyTo> "
    "<https://w3id.org/spacenorms/id/instrument/OST>"
)


@pytest.fixture(scope="module")
def curator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curator]:
    with curated(tmp_path_factory.mktemp("checked"), release=True) as found:
        yield found


def insert(triples: str, graph: str = MINE) -> str:
    return f"{PREFIXES} INSERT DATA {{ GRAPH <{graph}> {{ {triples} }} }}"


def test_what_follows_from_a_write_is_derived_and_goes_with_it(curator: Curator) -> None:
    assert not curator.ask(IS_PARTY)
    curator.update(insert(BHUTAN_ACCEDES)).raise_for_status()
    assert curator.ask(IS_PARTY)
    assert curator.ask(f"GRAPH <{GRAPHS}rules/party-to> {{ {IS_PARTY} }}")
    state = curator.get("/states/BTN", params={"format": "json"}).raise_for_status()
    assert "Outer Space Treaty" in state.text
    curator.delete("/rdf-graph-store", params={"graph": MINE}).raise_for_status()
    assert not curator.ask(IS_PARTY)


def test_derived_graphs_are_those_of_a_fresh_start(tmp_path: Path) -> None:
    with curated(tmp_path, release=True) as curator:
        curator.update(insert(BHUTAN_ACCEDES)).raise_for_status()
        written = rules_of(curator)
    with curated(tmp_path, release=True) as curator:
        assert rules_of(curator) == written
        assert curator.ask(IS_PARTY)


def rules_of(curator: Curator) -> set[str]:
    query = f"SELECT ?g ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), '{GRAPHS}rules/')) }}"
    answer = curator.post("/sparql", data={"query": query, "format": "csv"}).raise_for_status()
    return set(answer.text.splitlines())


@pytest.mark.parametrize(
    ("triples", "rule", "focus"),
    [
        ("<http://example.org/x> a spn:TreatyAction", "shapes/", "http://example.org/x"),
        (
            BHUTAN_ACCEDES.replace("spn:participant state:BTN ;", ""),
            "shapes/participant-property",
            ACT,
        ),
        (BHUTAN_ACCEDES.replace("state:BTN", "<http://example.org/nobody>"), "shapes/", ACT),
        ("state:AUS spn:bound 1", "hygiene/undeclared-term", "https://w3id.org/spacenorms/id/state/AUS"),
        ("<http://example.org/x> a spn:Stat", "hygiene/undeclared-term", "http://example.org/x"),
        (
            "state:AUS spn:partyTo instrument:MOON",
            "hygiene/derived-statement-in-the-facts",
            "https://w3id.org/spacenorms/id/state/AUS",
        ),
        ("[] a spn:State", "shapes/address", "_:"),
        (
            'instrument:OST rdfs:label "Another name"@en',
            "shapes/label-property",
            "https://w3id.org/spacenorms/id/instrument/OST",
        ),
    ],
)
def test_what_breaks_a_shape_is_refused_and_nothing_is_changed(
    curator: Curator, triples: str, rule: str, focus: str
) -> None:
    version = curator.get("/health").json()["data_version"]
    for answer in (
        curator.update(insert(triples)),
        curator.put_graph(MINE, f"{PREFIXES} {triples.strip().rstrip('.')} ."),
    ):
        told = answer.json()
        assert (answer.status_code, told["code"]) == (422, "breaks-shapes"), told
        faults = [each for each in told["faults"] if each["rule"].startswith(rule)]
        assert faults, told["faults"]
        assert faults[0]["focus"].startswith(focus)
        assert faults[0]["message"] and faults[0]["remedy"]
    assert curator.get("/health").json()["data_version"] == version
    assert not curator.ask(f"GRAPH <{MINE}> {{ ?s ?p ?o }}")


def test_what_is_taken_away_is_checked_too(curator: Curator) -> None:
    curator.update(insert(BHUTAN_ACCEDES)).raise_for_status()
    answer = curator.update(f"{PREFIXES} DELETE WHERE {{ GRAPH <{MINE}> {{ <{ACT}> spn:participant ?s }} }}")
    assert (answer.status_code, answer.json()["faults"][0]["focus"]) == (422, ACT)
    curator.update("DROP ALL").raise_for_status()


def test_other_vocabularies_are_nobodys_business(curator: Curator) -> None:
    triples = "[] a <http://xmlns.com/foaf/0.1/Person> ; <http://xmlns.com/foaf/0.1/knows> [], state:AUS"
    assert curator.update(insert(triples)).status_code == 200
    curator.update("DROP ALL").raise_for_status()


def test_every_violation_is_counted_and_the_first_are_told(curator: Curator) -> None:
    many = " ".join(f"<http://example.org/{number}> a spn:TreatyAction ." for number in range(30))
    told = curator.update(insert(many)).json()
    assert told["fault_count"] > len(told["faults"]) == 50


def test_every_target_of_a_shape_is_one_that_is_looked_for() -> None:
    """This is what lets things be passed over that no shape concerns."""
    shapes = Graph().parse(ontology_dir() / "shapes.ttl")
    for target in shapes.objects(None, SH.targetClass):
        assert str(target).startswith((ONTOLOGY, str(SKOS)))
    for target in shapes.objects(None, SH.targetSubjectsOf):
        assert str(target).startswith(ONTOLOGY)
    assert not list(shapes.objects(None, SH.targetNode)) + list(shapes.objects(None, SH.targetObjectsOf))
    assert not set(shapes.subjects(RDF.type, SH.NodeShape)) & set(shapes.subjects(RDF.type, RDFS.Class))
    assert not set(shapes.subjects(RDF.type, SH.NodeShape)) & set(shapes.subjects(RDF.type, OWL.Class))


def test_a_thing_of_a_class_below_ours_is_validated(curator: Curator) -> None:
    below = "<http://example.org/Act> rdfs:subClassOf spn:TreatyAction . <http://example.org/x> a <http://example.org/Act>"
    assert curator.update(insert(below)).json()["faults"][0]["focus"] == "http://example.org/x"


# --- when nothing new can follow ----------------------------------------------------------------------------


def test_no_rule_has_a_variable_for_a_property_or_a_class() -> None:
    """This is what lets a write that uses no term of the rules be published without running them."""
    for rule in loader.rules():
        text = rule.bind({p.name: TODAY for p in rule.parameters}, lambda *_: "")
        for node in nodes(prepareQuery(text).algebra):
            for _, name, value in (node.get("triples") or ()) if node.name == "BGP" else ():
                assert not isinstance(name, Variable), rule.name
                is_class = str(name) == "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
                assert not (is_class and isinstance(value, Variable)), rule.name


def nodes(part: object) -> Iterator[CompValue]:
    if isinstance(part, CompValue):
        yield part
        for value in part.values():
            yield from nodes(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from nodes(value)


def test_every_property_of_what_is_derived_from_bears_on_the_rules() -> None:
    for name in ("participant", "date", "instrument", "from", "promotes"):
        triple = (
            f"<http://example.org/a> <https://w3id.org/spacenorms/ontology#{name}> <http://example.org/b>"
        )
        assert bears_on_rules({MINE: {"added": [triple], "removed": []}}), name
        assert bears_on_rules({MINE: {"added": [], "removed": [triple]}}), name
    foreign = "<http://example.org/a> <http://xmlns.com/foaf/0.1/knows> <http://example.org/b>"
    assert not bears_on_rules({MINE: {"added": [foreign], "removed": [foreign]}})
    a_person = foreign.replace(
        "http://xmlns.com/foaf/0.1/knows", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    )
    assert not bears_on_rules({MINE: {"added": [a_person], "removed": []}})
