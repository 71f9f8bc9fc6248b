"""Measures give the published values of classic graphs, and agree with a second implementation."""

from __future__ import annotations

import re

import igraph
import networkx as nx
import numpy as np
import pytest
from classic import davis
from hypothesis import given, settings
from hypothesis import strategies as st
from networkx.algorithms import bipartite

from graph.chance.nullmodel import adjusted, overlaps, tie_probabilities, upper_tails
from graph.errors import BadValue, UnknownName
from graph.measures.catalogue import MEASURES, measure, ranks, values
from graph.measures.paths import betweenness, betweenness_by_distance, shortest_paths


def women(graph: nx.Graph) -> list[str]:
    return [node for node, mode in graph.nodes(data="bipartite") if mode == 0]


# Borgatti and Everett (1997), tables of normalised two-mode centrality, to two decimals.
BORGATTI_EVERETT = {
    "degree": {"E8": 0.78, "E9": 0.67, "E7": 0.56, "Nora Fayette": 0.57, "Evelyn Jefferson": 0.57, "E1": 0.17,
               "Theresa Anderson": 0.57, "Sylvia Avondale": 0.50, "Helen Lloyd": 0.36, "Flora Price": 0.14},
    "betweenness": {"E8": 0.24, "E9": 0.23, "E7": 0.13, "Nora Fayette": 0.11, "Evelyn Jefferson": 0.10,
                    "Theresa Anderson": 0.09, "E6": 0.07, "Sylvia Avondale": 0.07, "Flora Price": 0.01},
    "closeness": {"E8": 0.85, "E9": 0.79, "E7": 0.73, "Nora Fayette": 0.80, "Evelyn Jefferson": 0.80,
                  "Theresa Anderson": 0.80, "Sylvia Avondale": 0.77, "Flora Price": 0.59, "E1": 0.52},
}  # fmt: skip


@pytest.mark.parametrize("name", BORGATTI_EVERETT)
def test_southern_women_have_the_published_two_mode_centralities(name: str) -> None:
    found = values(davis(), name)
    for node, published in BORGATTI_EVERETT[name].items():
        assert found[node] == pytest.approx(published, abs=0.005), node


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("degree", bipartite.degree_centrality),
        ("betweenness", bipartite.betweenness_centrality),
        ("closeness", bipartite.closeness_centrality),
    ],
)
def test_two_mode_measures_agree_with_networkx_on_a_connected_graph(name, reference) -> None:
    graph = davis()
    assert values(graph, name) == pytest.approx(reference(graph, women(graph)), abs=1e-12)


def test_the_medici_lie_between_the_florentine_families() -> None:
    # Padgett and Ansell (1993) as given by Jackson (2008): .522 without the isolated Pucci, .452 with them.
    graph = nx.florentine_families_graph()
    assert values(graph, "betweenness")["Medici"] == pytest.approx(0.522, abs=5e-4)
    assert values(graph, "degree")["Medici"] == pytest.approx(6 / 14)
    graph.add_node("Pucci")
    found = values(graph, "betweenness")
    assert found["Medici"] == pytest.approx(0.452, abs=5e-4)
    assert found["Pucci"] == 0


def test_the_kite_has_a_different_centre_for_each_measure() -> None:
    # Krackhardt (1990): Diane by degree, Heather by betweenness, Fernando and Garth by closeness.
    kite = nx.krackhardt_kite_graph()
    degree, between, close = (values(kite, name) for name in ("degree", "betweenness", "closeness"))
    assert max(degree, key=degree.get) == 3 and degree[3] == pytest.approx(6 / 9)
    assert max(between, key=between.get) == 7 and between[7] == pytest.approx(14 / 36)
    assert close[5] == close[6] == max(close.values()) == pytest.approx(9 / 14)


graphs = st.builds(
    lambda size, chance, seed: nx.gnp_random_graph(size, chance, seed=seed),
    st.integers(2, 24),
    st.floats(0.02, 0.6),
    st.integers(0, 2**20),
)


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_one_mode_measures_agree_with_networkx(graph: nx.Graph) -> None:
    assert values(graph, "degree") == pytest.approx(nx.degree_centrality(graph), abs=1e-12)
    assert values(graph, "betweenness") == pytest.approx(nx.betweenness_centrality(graph), abs=1e-9)
    assert values(graph, "closeness") == pytest.approx(nx.closeness_centrality(graph), abs=1e-9)
    assert values(graph, "pagerank") == pytest.approx(nx.pagerank(graph, tol=1e-13, max_iter=1000), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(graphs, st.integers(0, 1000))
def test_strong_ties_are_short_paths(graph: nx.Graph, seed: int) -> None:
    strengths = np.random.default_rng(seed)
    for _, _, known in graph.edges(data=True):
        known["weight"] = int(strengths.integers(1, 5))
        known["length"] = 12 // known["weight"]  # 12 is a multiple of 1, 2, 3 and 4: no rounding
    found = values(graph, "betweenness", strength="weight")
    assert found == pytest.approx(nx.betweenness_centrality(graph, weight="length"), abs=1e-9)
    close = {node: 12 * each for node, each in nx.closeness_centrality(graph, distance="length").items()}
    assert values(graph, "closeness", strength="weight") == pytest.approx(close, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(graphs)
def test_matrix_betweenness_agrees_with_itself_by_distance(graph: nx.Graph) -> None:
    ties = nx.to_numpy_array(graph)
    assert betweenness(ties) == pytest.approx(betweenness_by_distance(ties), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(graphs)
def test_shortest_paths_are_counted(graph: nx.Graph) -> None:
    found = shortest_paths(nx.to_numpy_array(graph))
    for source, lengths in nx.all_pairs_shortest_path_length(graph):
        for target in graph:
            assert found.steps[source, target] == lengths.get(target, -1)
            if lengths.get(target, 0) > 0:
                paths = len(list(nx.all_shortest_paths(graph, source, target)))
                assert found.counts[source, target] == paths


def test_eigenvector_is_computed_within_components() -> None:
    graph = nx.disjoint_union(nx.star_graph(4), nx.complete_graph(3))
    graph.add_node("alone")
    found = values(graph, "eigenvector")
    star = nx.eigenvector_centrality_numpy(nx.star_graph(4))
    assert found[0] == pytest.approx(star[0] * 5 / 9)
    assert found[6] == pytest.approx(3 / 9 / np.sqrt(3))
    assert found["alone"] == 0


def test_two_mode_closeness_of_a_small_component_stays_below_one() -> None:
    graph = nx.Graph([("a", 1), ("b", 1), ("c", 2)], two_mode=True)
    nx.set_node_attributes(graph, {node: int(isinstance(node, int)) for node in graph}, "bipartite")
    found = values(graph, "closeness")
    assert max(found.values()) <= 1
    assert found["c"] == pytest.approx(1 / 4)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("two_mode", [False, True])
def test_every_measure_takes_empty_and_tieless_graphs(name: str, two_mode: bool) -> None:
    graph = nx.Graph(two_mode=two_mode)
    assert values(graph, name) == {}
    graph.add_nodes_from(["a", "b"], bipartite=0, group="A")
    if "modes" in measure(name).needs and not two_mode:
        with pytest.raises(BadValue, match="two kinds"):
            values(graph, name)
        return
    alone = {"pagerank": 0.5, "constraint": 1.0}.get(name, 0.0)
    assert values(graph, name) == {"a": alone, "b": alone}


@pytest.mark.parametrize("each", MEASURES.values(), ids=str)
def test_every_measure_says_what_it_is(each) -> None:
    assert each.meaning.endswith(".") and each.one_mode and each.two_mode and each.isolates
    for reference in (each.reference, each.two_mode_reference):
        assert reference.doi.startswith("10.") and re.search(r"\((19|20)\d\d\)", reference.text)


def test_a_misspelt_measure_is_answered_with_the_right_one() -> None:
    with pytest.raises(UnknownName, match="betweeness") as caught:
        measure("betweeness")
    assert "betweenness" in caught.value.remedy


def test_parallel_ties_and_fractions_of_strength_are_refused() -> None:
    with pytest.raises(BadValue):
        values(nx.MultiGraph([(0, 1), (0, 1)]), "degree")
    with pytest.raises(BadValue, match=r"0\.5"):
        values(nx.Graph([(0, 1, {"weight": 0.5})]), "degree", strength="weight")


def test_equal_values_share_the_best_rank_in_order_of_code() -> None:
    assert ranks({"c": 1.0, "b": 2.0, "a": 1.0 + 1e-15, "d": 0.5}) == {"b": 1, "a": 2, "c": 2, "d": 4}
    assert list(ranks({"c": 1.0, "a": 1.0, "b": 1.0})) == ["a", "b", "c"]


# The null model


def test_the_null_model_keeps_every_sum_on_average() -> None:
    rows = nx.davis_southern_women_graph()
    matrix = bipartite.biadjacency_matrix(rows, women(rows)).toarray().astype(float)
    chances = tie_probabilities(matrix)
    assert chances.sum(axis=0) == pytest.approx(matrix.sum(axis=0), abs=1e-8)
    assert chances.sum(axis=1) == pytest.approx(matrix.sum(axis=1), abs=1e-8)
    # Greatest entropy: the log odds are a sum of one term per row and one per column.
    odds = np.log(chances / (1 - chances))
    assert odds - odds[:1] - odds[:, :1] + odds[0, 0] == pytest.approx(np.zeros_like(odds), abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.floats(0.05, 0.95), st.integers(0, 2**20))
def test_the_null_model_fits_small_matrices(rows: int, columns: int, chance: float, seed: int) -> None:
    matrix = (np.random.default_rng(seed).random((rows, columns)) < chance).astype(float)
    chances = tie_probabilities(matrix)
    assert chances.sum(axis=0) == pytest.approx(matrix.sum(axis=0), abs=1e-6)
    assert chances.sum(axis=1) == pytest.approx(matrix.sum(axis=1), abs=1e-6)
    assert ((chances >= 0) & (chances <= 1)).all()


def test_overlap_probabilities_agree_with_enumeration() -> None:
    chances = np.array([0.1, 0.5, 0.8, 0.33])
    by_count = np.zeros(5)
    for outcome in range(16):
        bits = np.array([outcome >> place & 1 for place in range(4)])
        by_count[bits.sum()] += np.prod(np.where(bits, chances, 1 - chances))
    assert upper_tails(chances) == pytest.approx(by_count[::-1].cumsum()[::-1], abs=1e-14)


def test_no_pair_of_southern_women_is_significant() -> None:
    # Fourteen events are too few: the smallest p of the 153 pairs is .088, and none survives.
    rows = nx.davis_southern_women_graph()
    tested = overlaps(bipartite.biadjacency_matrix(rows, women(rows)).toarray().astype(float))
    assert len(tested.p) == 153
    assert tested.p.min() == pytest.approx(0.088, abs=1e-3)
    assert not (tested.q <= 0.05).any()


def test_two_camps_are_found_and_pairs_across_are_not() -> None:
    matrix = np.kron(np.eye(2), np.ones((6, 20)))
    matrix[0, 20], matrix[6, 0] = 1, 1
    tested = overlaps(matrix)
    same = (tested.first < 6) == (tested.second < 6)
    assert (tested.q[same] <= 0.05).all()
    assert not (tested.q[~same] <= 0.05).any()


def test_false_discovery_adjustment_is_that_of_the_textbook() -> None:
    draws = np.random.default_rng(7)
    for rows, columns in ((2, 3), (9, 4), (25, 12)):
        tested = overlaps((draws.random((rows, columns)) < 0.4).astype(float))
        assert tested.q == pytest.approx(adjusted(tested.p), rel=1e-12)
    assert adjusted(np.array([0.01, 0.04, 0.03, 0.5])) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


# Second implementations


@settings(max_examples=60, deadline=None)
@given(graphs, st.integers(0, 1000), st.booleans())
def test_one_mode_measures_agree_with_igraph(graph: nx.Graph, seed: int, weighted: bool) -> None:
    draws = np.random.default_rng(seed)
    for _, _, known in graph.edges(data=True):
        known["weight"] = int(draws.integers(1, 5))
    strength = "weight" if weighted else None
    other = igraph.Graph(len(graph), list(graph.edges))
    strengths = [known["weight"] for _, _, known in graph.edges(data=True)] if weighted else None
    lengths = [12 // weight for weight in strengths] if strengths else None  # whole multiples of 1/strength

    assert list(values(graph, "strength", strength=strength).values()) == other.strength(weights=strengths)
    pairs = max((len(graph) - 1) * (len(graph) - 2) / 2, 1)
    raw = [value / pairs for value in other.betweenness(weights=lengths)]
    assert list(values(graph, "betweenness", strength=strength).values()) == pytest.approx(raw, abs=1e-9)
    ranks_of = other.pagerank(weights=strengths, implementation="prpack")
    found = list(values(graph, "pagerank", strength=strength).values())
    assert found == pytest.approx(ranks_of, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_closeness_and_eigenvector_agree_with_igraph_on_a_connected_graph(graph: nx.Graph) -> None:
    part = graph.subgraph(max(nx.connected_components(graph), key=len)).copy()
    if len(part) < 2:
        return
    place = {node: number for number, node in enumerate(part)}
    other = igraph.Graph(len(part), [(place[a], place[b]) for a, b in part.edges])
    assert list(values(part, "closeness").values()) == pytest.approx(other.closeness(), abs=1e-9)
    # The vector obeys its equation, is positive, and of length 1; igraph gives the greatest eigenvalue.
    vector = np.array(list(values(part, "eigenvector").values()))
    _, greatest = other.eigenvector_centrality(return_eigenvalue=True)
    assert nx.to_numpy_array(part) @ vector == pytest.approx(greatest * vector, abs=1e-9)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-9) and (vector > 0).all()


@settings(max_examples=30, deadline=None)
@given(graphs)
def test_measures_agree_with_networkit(graph: nx.Graph) -> None:
    networkit = pytest.importorskip("networkit")
    other = networkit.Graph(len(graph))
    for first, second in graph.edges:
        other.addEdge(first, second)
    raw = networkit.centrality.Betweenness(other).run().scores()  # each pair counted twice
    pairs = max((len(graph) - 1) * (len(graph) - 2), 1)
    assert list(values(graph, "betweenness").values()) == pytest.approx([x / pairs for x in raw], abs=1e-9)
    cores = networkit.centrality.CoreDecomposition(other).run().scores()
    assert list(values(graph, "k-core").values()) == cores


def test_the_two_mode_betweenness_of_evelyn_has_the_divisor_of_borgatti_and_everett() -> None:
    # Borgatti and Everett's divisor gives .0966; the R package netrics prints .0972 of the same raw value.
    women = davis()
    assert values(women, "betweenness")["Evelyn Jefferson"] == pytest.approx(0.0966, abs=5e-5)


def test_the_florentine_families_have_the_published_values() -> None:
    # Jackson (2008), Social and Economic Networks, table 2.1 and section 2.2, on the 15 families with ties.
    families = nx.florentine_families_graph()
    assert values(families, "strength")["Medici"] == 6
    between = values(families, "betweenness")
    assert between["Medici"] == pytest.approx(47.5 / 91) and between["Guadagni"] == pytest.approx(
        0.255, abs=5e-4
    )
    assert between["Strozzi"] == pytest.approx(0.103, abs=5e-4)
    closeness, eigenvector = values(families, "closeness"), values(families, "eigenvector")
    assert closeness["Medici"] == pytest.approx(14 / 25) and max(closeness, key=closeness.get) == "Medici"
    assert eigenvector["Medici"] == pytest.approx(0.430, abs=5e-4)
    assert eigenvector["Strozzi"] == pytest.approx(0.356, abs=5e-4)


def test_the_kite_has_the_published_values() -> None:
    # Krackhardt (1990), figure 3: degree, closeness and betweenness of the ten, from Andre to Jane.
    kite = nx.krackhardt_kite_graph()
    assert list(values(kite, "strength").values()) == [4, 4, 3, 6, 3, 5, 5, 3, 2, 1]
    closeness = [0.529, 0.529, 0.500, 0.600, 0.500, 0.643, 0.643, 0.600, 0.429, 0.310]
    assert list(values(kite, "closeness").values()) == pytest.approx(closeness, abs=5e-4)
    between = [0.023, 0.023, 0.000, 0.102, 0.000, 0.231, 0.231, 0.389, 0.222, 0.000]
    assert list(values(kite, "betweenness").values()) == pytest.approx(between, abs=5e-4)
