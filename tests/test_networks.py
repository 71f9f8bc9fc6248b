"""The networks hold what the facts say on a day, and export cleanly."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math

import networkx as nx
import numpy as np
import pytest

from graph.errors import BadData, BadDate, BadValue, UnknownName
from graph.measures.catalogue import MEASURES, centrality, fitting
from graph.networks import exports
from graph.networks.building import VIEWS, incidence, network


def test_thailand_is_tied_to_both_blocs(graph) -> None:
    found = network(graph, "affiliation").graph
    assert {"artemis-accords", "ilrs", "apsco", "OST"} <= set(found["THA"])
    assert found.nodes["THA"]["group"] == "both"
    assert found.nodes["THA"]["blocs"] == "artemis-accords;ilrs"


def test_saudi_arabia_is_tied_to_the_moon_agreement_until_its_withdrawal_takes_effect(graph) -> None:
    assert "MOON" in network(graph, "affiliation", as_of="2023-06-01").graph["SAU"]
    assert "MOON" not in network(graph, "affiliation", as_of="2024-02-01").graph["SAU"]


def test_a_treaty_is_absent_before_it_is_in_force(graph) -> None:
    assert "OST" not in network(graph, "affiliation", as_of="1967-10-09").graph
    assert "OST" in network(graph, "affiliation", as_of="1967-10-10").graph


def test_institutions_do_not_make_their_state_a_member(graph) -> None:
    found = network(graph, "affiliation").graph
    for code in ("ARE", "CHE", "COL", "PAN", "USA", "KEN"):
        assert "ilrs" not in found[code], code


def test_ties_to_alliances_are_the_derived_memberships(graph) -> None:
    rows = graph.query(
        "PREFIX spn: <https://w3id.org/spacenorms/ontology#> PREFIX skos: "
        "<http://www.w3.org/2004/02/skos/core#> SELECT DISTINCT ?state ?alliance WHERE { ?s spn:memberOf "
        "?a . ?s a spn:State ; spn:iso3 ?state . ?a skos:notation ?alliance }"
    ).rows
    derived = {(row["state"], row["alliance"]) for row in rows}
    found = network(graph, "affiliation").graph
    ties = {
        (state, other)
        for state, other in ((a, b) if found.nodes[a]["bipartite"] == 0 else (b, a) for a, b in found.edges)
        if "membership" in found.edges[state, other]["basis"]
    }
    assert ties == {(state, alliance) for state, alliance in derived if alliance in found}
    alone = {alliance for _, alliance in derived} - set(found)
    assert all(sum(alliance == other for _, other in derived) == 1 for alliance in alone)


def test_the_affiliation_graph_is_two_mode_and_frozen(graph) -> None:
    found = network(graph, "affiliation").graph
    assert nx.is_frozen(found)
    assert all(found.nodes[a]["bipartite"] != found.nodes[b]["bipartite"] for a, b in found.edges)
    assert min(degree for _, degree in found.degree()) >= 1


def test_a_membership_dated_by_the_month_waits_for_its_end(graph) -> None:
    # Serbia signed the Accords on an unknown day of July 2026.
    waiting = network(graph, "affiliation", as_of="2026-07-10")
    counted = network(graph, "affiliation", as_of="2026-07-10", imprecise="include")
    assert "artemis-accords" not in waiting.graph["SRB"]
    assert "artemis-accords" in counted.graph["SRB"]
    assert waiting.imprecise == counted.imprecise >= 1
    assert "left out" in waiting.notes[0] and "counted" in counted.notes[0]
    assert "artemis-accords" in network(graph, "affiliation", as_of="2026-07-31").graph["SRB"]


def test_blocs_are_those_asked_for_in_their_order(graph) -> None:
    found = network(graph, "affiliation", between=("esa", "APSCO"))
    assert [bloc.code for bloc in found.blocs] == ["esa", "apsco"]
    assert found.graph.nodes["FRA"]["group"] == "esa"
    assert found.graph.nodes["CHN"]["group"] == "apsco"
    assert found.graph.nodes["USA"]["group"] == "neither"


def test_no_alignment_is_significant_and_the_network_says_so(graph) -> None:
    found = network(graph, "alignment")
    assert found.graph.number_of_edges() == 0
    assert any("No pair is significant" in note for note in found.notes)
    assert found.graph.number_of_nodes() == len(network(graph, "affiliation").states())


def test_the_raw_projection_counts_shared_affiliations(graph) -> None:
    base, raw = network(graph, "affiliation"), network(graph, "alignment", raw=True)
    states, matrix = incidence(base)
    shared = matrix @ matrix.T
    place = {code: number for number, code in enumerate(states)}
    assert raw.strength == "weight"
    for one, other, weight in raw.graph.edges(data="weight"):
        assert (
            weight == shared[place[one], place[other]] == len(set(base.graph[one]) & set(base.graph[other]))
        )
    assert raw.graph.number_of_edges() == int((np.triu(shared, 1) > 0).sum())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", MEASURES)
def test_every_fitting_measure_runs_over_every_view(graph, view: str, name: str) -> None:
    found = network(graph, view, raw=view == "alignment")
    if name not in {each.name for each in fitting(found.graph)}:
        with pytest.raises(BadValue):
            centrality(found, name)
        return
    table = centrality(found, name)
    assert table.as_of == graph.today.isoformat() and table.version == graph.version
    assert table.method and table.reference.doi and table.nodes == len(table.rows)
    assert all(math.isfinite(row.value) for row in table.rows)
    states = [row for row in table.rows if row.kind == "state"]
    if found.graph.graph.get("two_mode"):
        assert table.rows[: len(states)] == tuple(states)
    for before, after in itertools.pairwise(states):
        assert before.value >= after.value - 1e-9 * abs(after.value)
        assert before.rank < after.rank or (before.rank == after.rank and before.node < after.node)


def test_unknown_names_and_days_are_answered_with_what_would_be_right(graph) -> None:
    with pytest.raises(UnknownName) as caught:
        network(graph, "afiliation")
    assert "affiliation" in caught.value.remedy
    with pytest.raises(UnknownName) as caught:
        network(graph, "affiliation", between=("artmis", "ilrs"))
    assert "artemis" in caught.value.remedy.casefold()
    with pytest.raises(BadDate):
        network(graph, "affiliation", as_of="2023-02-30")
    with pytest.raises(BadValue):
        network(graph, "affiliation", imprecise="maybe")
    with pytest.raises(BadValue, match="twice"):
        network(graph, "affiliation", between=("artemis", "artemis-accords"))


@pytest.mark.parametrize(("ending", "write", "read"), [
    ("graphml", exports.graphml, nx.read_graphml),
    ("gexf", exports.gexf, nx.read_gexf),
])  # fmt: skip
@pytest.mark.parametrize(("view", "raw"), [("affiliation", False), ("alignment", True)])
def test_exports_read_back_the_same(graph, tmp_path, ending, write, read, view, raw) -> None:
    found = network(graph, view, raw=raw)
    path = tmp_path / f"network.{ending}"
    path.write_bytes(write(found))
    back = read(path)
    assert set(back) == set(found.graph)
    assert {frozenset(tie) for tie in back.edges()} == {frozenset(tie) for tie in found.graph.edges()}
    assert back.nodes["THA"]["label"] == found.graph.nodes["THA"]["label"]
    again = exports.read_network(path)
    assert again.graph.number_of_edges() == found.graph.number_of_edges()
    assert centrality(again, "betweenness").rows[0].node == centrality(found, "betweenness").rows[0].node


def test_exports_clean_what_writers_cannot_hold(graph, tmp_path) -> None:
    hostile = nx.Graph()
    hostile.add_node("a\x00", label="nul\x00\x0b", none=None, many=["x", "y"], day=graph.today)
    hostile.add_edge("a\x00", "b", p=float("nan"))
    clean = exports.clean(hostile)
    assert clean.nodes["a"] == {"label": "nul", "many": "x;y", "day": graph.today.isoformat()}
    nx.write_graphml_xml(clean, tmp_path / "clean.graphml")
    assert set(nx.read_graphml(tmp_path / "clean.graphml")) == {"a", "b"}


def test_the_edge_list_reads_back(graph, tmp_path) -> None:
    found = network(graph, "alignment", raw=True)
    path = tmp_path / "edges.csv"
    path.write_text(exports.edge_table(found), encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("source,target,weight")
    again = exports.read_network(path)
    assert again.strength == "weight"
    assert again.graph.number_of_edges() == found.graph.number_of_edges()


@pytest.mark.parametrize(
    ("name", "text"),
    [("none.csv", None), ("graph.txt", "x"), ("bad.graphml", "<graphml"), ("bad.csv", "a,b\n1,2\n")],
)
def test_files_that_do_not_parse_are_named(tmp_path, name, text) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadData, match=name):
        exports.read_network(path)


@pytest.mark.parametrize(("ending", "write"), [
    ("graphml", exports.graphml),
    ("gexf", exports.gexf),
    ("csv", lambda found: exports.edge_table(found).encode()),
    ("json", lambda found: json.dumps(exports.node_link(found)).encode()),
])  # fmt: skip
def test_parallel_signed_ties_come_back_from_every_format(graph, tmp_path, ending, write) -> None:
    found = network(graph, "linkages")
    path = tmp_path / f"linkages.{ending}"
    path.write_bytes(write(found))
    again = exports.read_network(path).graph
    assert again.is_multigraph() and again.number_of_edges() == found.graph.number_of_edges()
    for a, b, known in found.graph.edges(data=True):
        signs = sorted(each["sign"] for each in again[a][b].values())
        assert signs == sorted(each["sign"] for each in found.graph[a][b].values()), (a, b, known)


def test_the_centrality_table_starts_with_node_label_value(graph) -> None:
    table = centrality(network(graph, "affiliation"), "degree")
    rows = list(csv.DictReader(io.StringIO(exports.centrality_csv(table, limit=5))))
    assert list(rows[0])[:3] == ["node", "label", "value"]
    assert len(rows) == 5
    assert float(rows[0]["value"]) == table.rows[0].value
    assert rows[0]["view"] == "affiliation" and rows[0]["as_of"] == graph.today.isoformat()


def test_node_link_data_says_how_it_was_made(graph) -> None:
    record = exports.node_link(network(graph, "affiliation", as_of="2025-01-01"))
    assert record["graph"]["as_of"] == "2025-01-01"
    assert record["graph"]["method"] and record["graph"]["data_version"] == graph.version
    assert len(record["links"]) == record["graph"]["m"]


def test_ties_count_their_verification(graph) -> None:
    found = network(graph, "affiliation")
    assert set(found.grades) <= {"official", "reported", "recalled"}
    assert sum(found.grades.values()) >= found.graph.number_of_edges()
