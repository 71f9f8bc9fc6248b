"""The graph holds what the files declare, and each kind of distinction that the facts force."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.knowledge import KnowledgeGraph
from graph.namespaces import ONTOLOGY
from graph.rdf.loader import graph_of, release_files
from graph.rdf.turtle import to_turtle
from graph.resources import ontology_dir
from graph.sparql.store import EmbeddedStore

TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
FILES = sorted((ontology_dir() / "facts").glob("*.ttl"))
VOTES = {ONTOLOGY + name for name in ("votedYes", "votedNo", "abstained", "absent")}
LISTINGS = {ONTOLOGY + name for name in ("listsAsParty", "listsAsSignatory", "listsAsNeither")}


def declared(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))


def oxigraph(graph: KnowledgeGraph) -> ox.Store:
    assert isinstance(graph.store, EmbeddedStore)
    return graph.store.oxigraph


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_graph_has_as_many_of_each_kind_as_the_file_declares(graph: KnowledgeGraph, path: Path) -> None:
    target = ox.NamedNode(graph_of(path, ontology_dir()))
    in_file = Counter(quad.object for quad in declared(path) if quad.predicate == TYPE)
    in_graph = Counter(quad.object for quad in oxigraph(graph).quads_for_pattern(None, TYPE, None, target))
    assert in_file == in_graph
    assert in_file.total() > 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_graph_has_every_statement_of_the_file_and_no_other(graph: KnowledgeGraph, path: Path) -> None:
    target = ox.NamedNode(graph_of(path, ontology_dir()))
    in_graph = {quad.triple for quad in oxigraph(graph).quads_for_pattern(None, None, None, target)}
    alone = ox.Store()  # a store writes numbers in their canonical form, so 43.0 is compared as 43
    alone.extend(declared(path))
    assert in_graph == {quad.triple for quad in alone}


def test_no_subject_is_described_in_two_files_of_facts() -> None:
    homes: dict[object, set[str]] = {}
    for path in FILES:
        for quad in declared(path):
            homes.setdefault(quad.subject, set()).add(path.stem)
    assert {str(subject): files for subject, files in homes.items() if len(files) > 1} == {}


def test_every_cell_of_a_roll_call_is_one_vote_of_one_state(graph: KnowledgeGraph) -> None:
    path = ontology_dir() / "facts" / "roll-calls.ttl"
    voters = Counter((q.subject, q.object) for q in declared(path) if q.predicate.value in VOTES)
    assert set(voters.values()) == {1}


def test_a_status_table_shows_each_participant_once() -> None:
    path = ontology_dir() / "facts" / "status-snapshots.ttl"
    shown = Counter((q.subject, q.object) for q in declared(path) if q.predicate.value in LISTINGS)
    assert set(shown.values()) == {1}


def test_each_file_is_a_graph_that_the_dataset_describes(graph: KnowledgeGraph) -> None:
    described = {
        str(row["graph"])
        for row in graph.query(
            "PREFIX void: <http://rdfs.org/ns/void#> PREFIX dcterms: <http://purl.org/dc/terms/>"
            " SELECT ?graph { ?set void:subset ?graph ."
            " ?graph dcterms:license ?licence ; dcterms:title ?title }"
        ).rows
    }
    loaded = {name.value for name in oxigraph(graph).named_graphs() if isinstance(name, ox.NamedNode)}
    assert loaded == described
    assert set(release_files().values()) <= loaded


@pytest.mark.parametrize(
    "path",
    [path for path in release_files() if path.stem != "shapes" and path.stat().st_size < 100_000],
    ids=lambda path: path.stem,
)
def test_the_turtle_is_in_its_stable_form(path: Path) -> None:
    from rdflib import Graph

    text = path.read_text(encoding="utf-8")
    assert to_turtle(Graph(bind_namespaces="none").parse(data=text, format="turtle")) == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_subjects_stand_in_sorted_blocks(path: Path) -> None:
    subjects = [quad.subject.value for quad in declared(path)]
    order = list(dict.fromkeys(subjects))
    changes = sum(1 for before, after in pairwise(subjects) if before != after)
    assert order == sorted(order)
    assert changes == len(order) - 1


def test_what_states_no_norm_in_the_five_treaties_defines_delimits_or_closes_them(
    graph: KnowledgeGraph,
) -> None:
    rows = graph.query(
        """PREFIX spn: <https://w3id.org/spacenorms/ontology#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?heading WHERE {
          VALUES ?treaty { "OST" "ARRA" "LIAB" "REG" "MOON" }
          ?provision spn:partOf/skos:notation ?treaty ; rdfs:label ?heading
          FILTER NOT EXISTS { ?norm spn:statedIn ?provision }
        }"""
    ).rows
    kinds = (
        "defin",
        "scope",
        "excluded",
        "entry into force",
        "amendment",
        "withdrawal",
        "authentic",
        "review",
    )
    assert len(rows) > 20
    assert [
        row["heading"] for row in rows if not any(kind in str(row["heading"]).lower() for kind in kinds)
    ] == []
