"""Articulation points and cores agree with igraph, and with taking every node away."""

from __future__ import annotations

import igraph
import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.measures.catalogue import values

graphs = st.builds(
    lambda size, chance, seed: nx.gnp_random_graph(size, chance, seed=seed),
    st.integers(1, 24),
    st.floats(0.02, 0.5),
    st.integers(0, 2**20),
)


@settings(max_examples=80, deadline=None)
@given(graphs)
def test_cohesion_agrees_with_igraph(graph: nx.Graph) -> None:
    other = igraph.Graph(len(graph), list(graph.edges))
    assert list(values(graph, "k-core").values()) == other.coreness()
    found = values(graph, "articulation")
    assert [node for node in graph if found[node] > 0] == sorted(other.articulation_points())


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_pieces_are_those_that_fall_apart_without_the_node(graph: nx.Graph) -> None:
    whole = nx.number_connected_components(graph)
    for node, more in values(graph, "articulation").items():
        rest = graph.copy()
        rest.remove_node(node)
        lost = nx.number_connected_components(rest) - whole
        assert more == max(lost, 0), node


def test_florence_falls_apart_without_the_medici() -> None:
    # Four families hang on one other alone; the Pazzi reach Florence through the Salviati and the Medici.
    found = values(nx.florentine_families_graph(), "articulation")
    assert {family: more for family, more in found.items() if more} == {
        "Medici": 2,
        "Salviati": 1,
        "Guadagni": 1,
        "Albizzi": 1,
    }


def test_the_karate_club_has_ten_members_in_its_innermost_core() -> None:
    cores = values(nx.karate_club_graph(), "k-core")
    assert max(cores.values()) == 4
    assert sum(core == 4 for core in cores.values()) == 10
