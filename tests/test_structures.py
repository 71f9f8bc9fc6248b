"""Measures of whole networks say what they rest on, and hold what the field expects of the real graph."""

from __future__ import annotations

import csv
import io

import networkx as nx
import pytest
from classic import powers, researchers, tribes

from graph.errors import BadValue, UnknownName
from graph.measures.catalogue import FORMS, centrality, measure, values
from graph.measures.definitions import co_membership, merged, possessions, projection
from graph.measures.findings import structure_csv, structure_record
from graph.measures.structures import PARTITIONS, STRUCTURES, find, fitting, structure
from graph.networks.building import Network, network
from graph.networks.exports import graphml, read_network

ALL = {**STRUCTURES, **PARTITIONS}


def told(graph: nx.Graph) -> Network:
    """A network around a graph that no view made."""
    return Network(
        view="test",
        title="test",
        description="",
        method="",
        as_of="2026-01-01",
        graph=nx.freeze(graph),
        imprecise=0,
        notes=(),
        version="1",
        blocs=(),
    )


@pytest.mark.parametrize("view", ["affiliation", "alignment", "linkages"])
@pytest.mark.parametrize("name", ALL)
def test_every_measure_says_what_it_rests_on(graph, view: str, name: str) -> None:
    found = network(graph, view, raw=view == "alignment")
    if not ALL[name].needs <= possessions(found.graph):
        with pytest.raises(BadValue) as caught:
            structure(found, name)
        assert caught.value.remedy
        return
    record = structure_record(structure(found, name))
    for key in ("method", "references", "n", "m", "graph", "as_of", "parameters", "data_version", "findings"):
        assert record[key], key
    assert all(each["doi"].startswith("10.") for each in record["references"])
    names = {column["name"] for column in record["columns"]}
    assert all(set(row) == names for row in record["rows"])
    assert record["total"] == len(record["rows"])


def test_answers_as_csv_start_with_the_node(graph) -> None:
    text = structure_csv(structure(network(graph, "affiliation"), "brokerage"), limit=4)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:4] == ["node", "label", "group", "coordinator (A>A>A)"]
    assert "gatekeeper (A>B>B)" in rows[0] and "representative (A>A>B)" in rows[0]
    assert len(rows) == 4 and rows[0]["view"] == "affiliation"


def test_the_rows_of_brokerage_are_the_measures_of_nodes(graph) -> None:
    found = network(graph, "alignment", raw=True)
    by_node = {row["node"]: row for row in structure(found, "brokerage").rows}
    for role, pattern in (("gatekeeper", "A>B>B"), ("itinerant", "A>B>A")):
        for node, value in values(found.graph, f"brokerage-{role}").items():
            assert by_node[node][f"{role} ({pattern})"] == value


def test_a_directed_graph_keeps_its_directions_where_they_are_read(tmp_path) -> None:
    graph, _ = researchers()
    path = tmp_path / "researchers.graphml"
    path.write_bytes(graphml(told(graph)))
    again = read_network(path)
    assert again.graph.is_directed()
    found = structure(again, "brokerage").findings
    assert found["gatekeeper (A>B>B)"] == 548 and found["representative (A>A>B)"] == 498
    assert found["directed"] is True
    table = centrality(again, "brokerage-gatekeeper")
    assert {row.node: row.value for row in table.rows}["Lin Freeman"] == 138
    assert any("Directions were dropped" in note for note in centrality(again, "degree").notes)


def test_signed_measures_of_a_network_tell_what_was_left_out() -> None:
    found = structure(told(tribes()), "frustration")
    assert found.findings["frustration index"] == 7 and found.findings["proven"] is True
    assert len(found.rows) == 7
    camps = structure(told(powers(1907)), "camps")
    assert {row["node"] for row in camps.rows if row["community"] == 1} in (
        {"GBR", "FRA", "RUS"},
        {"AUH", "DEU", "ITA"},
    )
    census = structure(told(powers(1907)), "triads")
    assert census.findings["share balanced"] == 1


def test_signs_make_no_difference_to_other_measures_and_a_note_says_so(graph) -> None:
    notes = centrality(network(graph, "linkages"), "degree").notes
    assert any("Signs make no difference" in note for note in notes)
    assert any("parallel ties were merged" in note for note in notes)


def test_parallel_ties_add_up_where_strengths_count() -> None:
    graph = nx.MultiGraph()
    graph.add_edge("a", "b", weight=2)
    graph.add_edge("a", "b", weight=3)
    graph.add_edge("b", "b", weight=9)
    plain, strength, notes = merged(graph, "weight")
    assert strength == "weight" and plain.edges["a", "b"]["weight"] == 5
    assert values(plain, "strength", strength="weight") == {"a": 5, "b": 5}
    assert any("added up" in note for note in notes) and any("itself" in note for note in notes)


def test_the_blocs_make_no_tie_among_their_members() -> None:
    graph = nx.Graph([("a", "X"), ("b", "X"), ("b", "T"), ("c", "T")], two_mode=True)
    nx.set_node_attributes(graph, {node: int(node.isupper()) for node in graph}, "bipartite")
    nx.set_node_attributes(graph, {"a": "x", "b": "x", "c": ""}, "blocs")
    nx.set_node_attributes(graph, {"X": "x", "T": "t"}, "code")
    assert set(projection(graph, ["a", "b", "c"]).edges) == {("a", "b"), ("b", "c")}
    assert set(co_membership(graph).edges) == {("b", "c")}


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_chosen_by_name(graph, form: str) -> None:
    found = network(graph, "affiliation")
    table = centrality(found, f"betweenness:{form}")
    assert table.measure == f"betweenness:{form}" and FORMS[form] in table.method
    if form == "one-mode":
        other = nx.betweenness_centrality(nx.Graph(found.graph))
        assert values(found.graph, table.measure) == pytest.approx(other, abs=1e-9)
    plain = network(graph, "alignment", raw=True)
    assert values(plain.graph, f"degree:{form}") == values(plain.graph, "degree")


def test_a_weighted_projection_is_the_raw_alignment(graph) -> None:
    found, raw = network(graph, "affiliation"), network(graph, "alignment", raw=True)
    strong = values(found.graph, "strength:weighted-projection")
    expected = values(raw.graph, "strength", strength="weight")
    assert {state: strong[state] for state in expected} == expected
    assert "Every tie counts the same" not in centrality(found, "constraint:weighted-projection").method


def test_blocs_are_clearer_after_2020_than_before_2008(graph) -> None:
    before, after = (
        structure(network(graph, "alignment", as_of=day, raw=True), "blocs").findings[
            "modularity of the blocs"
        ]
        for day in ("2007-12-31", "2026-01-01")
    )
    assert after > before


def test_names_that_do_not_exist_are_answered_with_those_that_do(graph) -> None:
    with pytest.raises(UnknownName) as caught:
        find("louvian")
    assert "louvain" in caught.value.remedy
    with pytest.raises(UnknownName) as caught:
        measure("degree:projektion")
    assert "projection" in caught.value.remedy
    with pytest.raises(BadValue):
        measure("two-mode-brokerage:projection")
    assert {each.name for each in fitting(network(graph, "linkages").graph, STRUCTURES)} == {
        "brokerage",
        "mixing",
        "triads",
        "frustration",
    }
