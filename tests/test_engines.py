"""Compiled engines give what networkx gives, and are chosen for large graphs only."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UnknownName
from graph.measures import engines, sparse
from graph.measures.catalogue import values
from graph.measures.definitions import distances
from graph.measures.engines import ENGINES, LARGE, MEASURES, MissingEngine, engine, pick

EXACT = [name for name in MEASURES if name != "communities"]


def two_mode(seed):
    return nx.bipartite.random_graph(40, 12, 0.12, seed=seed)


def several_components(seed):
    graph = nx.disjoint_union(nx.gnp_random_graph(25, 0.2, seed=seed), nx.cycle_graph(9))
    graph.add_nodes_from(["alone", "apart"])
    return graph


GRAPHS = {
    "random": lambda seed: nx.gnp_random_graph(60, 0.1, seed=seed),
    "hubs": lambda seed: nx.barabasi_albert_graph(80, 3, seed=seed),
    "two-mode": two_mode,
    "several components": several_components,
}


def made(kind, seed, weighted):
    """Return a graph with strengths and whole-numbered distances (least common multiple / strength)."""
    graph = nx.Graph(GRAPHS[kind](seed))
    generator = np.random.default_rng(seed)
    for _, _, known in graph.edges(data=True):
        known["strength"] = int(generator.choice([1, 1, 2, 3, 4, 6]))
    if weighted:
        for a, b, known in distances(graph, "strength").edges(data=True):
            graph.edges[a, b]["distance"] = known["distance"]
    return graph


def connected(graph):
    return graph.subgraph(max(nx.connected_components(graph), key=len)).copy()


def asked(each, name, graph, weighted):
    if name in ("betweenness", "closeness"):
        return getattr(each, name)(graph, "distance" if weighted else None)
    return getattr(each, name)(graph, "strength" if weighted else None)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", GRAPHS)
@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("which", [name for name in ENGINES if name != "networkx"])
def test_an_engine_agrees_with_networkx(which, name, kind, weighted) -> None:
    if not ENGINES[which].has(name, weighted=weighted):
        pytest.skip("not computed by this engine")
    if not ENGINES[which].installed:
        pytest.skip("not installed")
    for seed in range(3):
        graph = made(kind, seed, weighted)
        if name == "eigenvector":
            graph = connected(graph)
        expected = asked(engine("networkx"), name, graph, weighted)
        found = asked(engine(which), name, graph, weighted)
        assert list(found) == list(graph)
        largest = max((abs(value) for value in expected.values() if not math.isnan(value)), default=1.0)
        for node, value in expected.items():
            assert found[node] == pytest.approx(value, abs=1e-9 * max(largest, 1.0), nan_ok=True), node


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_communities_are_as_good_and_repeatable(weighted) -> None:
    pytest.importorskip("networkit")
    graph = nx.planted_partition_graph(6, 30, 0.4, 0.02, seed=1)
    for a, b, known in graph.edges(data=True):
        known["strength"] = 1 + (a + b) % 3
    weight = "strength" if weighted else None
    expected = engine("networkx").communities(graph, weight)
    found = engine("networkit").communities(graph, weight, seed=4)
    assert found == engine("networkit").communities(graph, weight, seed=4)
    assert sum(map(len, found)) == len(graph)
    quality = [nx.community.modularity(graph, each, weight=weight) for each in (found, expected)]
    assert quality[0] > quality[1] - 0.01


def test_equally_long_paths_are_found_to_be_equal() -> None:
    """With distances 1/strength as fractions, 1/3 + 1/3 + 1/3 would not be 1."""
    pytest.importorskip("networkit")
    graph = nx.Graph()
    nx.add_path(graph, "abcd", strength=3)
    nx.add_path(graph, "axd", strength=2)
    graph.add_edge("a", "d", strength=1)
    lengths = distances(graph, "strength")
    found = engine("networkit").betweenness(lengths, "distance")
    assert found == pytest.approx(engine("networkx").betweenness(lengths, "distance"), abs=1e-12)
    assert found["x"] == pytest.approx(1 / 3)  # one of three ways from a to d


def test_eigenvector_on_two_modes_is_never_that_of_networkit() -> None:
    assert type(ENGINES["networkit"]).eigenvector is engines.Engine.eigenvector
    assert type(ENGINES["rustworkx"]).eigenvector is engines.Engine.eigenvector


def test_small_graphs_need_no_engine() -> None:
    small, large = nx.path_graph(LARGE - 1), nx.path_graph(LARGE)
    for name in MEASURES:
        assert pick(small, name) is None
        assert pick(large, name) is not None
    assert pick(large, "degree") is None


def test_auto_falls_back_to_networkx(monkeypatch) -> None:
    monkeypatch.setattr(engines.Engine, "installed", False)
    for name in MEASURES:
        assert engine("auto", name).name == "networkx"


def test_a_missing_engine_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(engines.Engine, "installed", False)
    with pytest.raises(MissingEngine) as raised:
        engine("networkit")
    assert "extra fast" in raised.value.remedy
    with pytest.raises(UnknownName):
        engine("abacus")


def test_an_engine_says_what_it_does_not_compute() -> None:
    for call in (ENGINES["matrix"].closeness, ENGINES["matrix"].communities):
        with pytest.raises(MissingEngine, match="does not compute"):
            call(nx.path_graph(3))
    for name in ("matrix", "rustworkx"):
        with pytest.raises(MissingEngine):
            ENGINES[name].betweenness(nx.path_graph(3), "distance")


def test_every_installed_engine_tells_its_version() -> None:
    for each in ENGINES.values():
        if each.installed:
            assert each.version[0].isdigit()


@pytest.mark.parametrize("table", [0, 10_000], ids=["searched", "looked up"])
@pytest.mark.parametrize("pairs", [1, 50, 10**6])
def test_constraint_does_not_depend_on_how_triangles_are_found(monkeypatch, pairs, table) -> None:
    graph = made("hubs", 2, weighted=False)
    expected = engine("networkx").constraint(graph, "strength")
    monkeypatch.setattr(sparse, "_PAIRS", pairs)
    monkeypatch.setattr(sparse, "_TABLE", table)
    assert engine("matrix").constraint(graph, "strength") == pytest.approx(expected, abs=1e-12)


@st.composite
def weighted_graphs(draw):
    """Any graph of up to 12 nodes with whole strengths: isolates, components, cliques, stars."""
    size = draw(st.integers(1, 12))
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
        lambda pair: pair[0] != pair[1]
    )
    ties = draw(st.dictionaries(pairs.map(lambda pair: tuple(sorted(pair))), st.integers(1, 6), max_size=40))
    graph = nx.Graph()
    graph.add_nodes_from(draw(st.permutations(range(size))))
    graph.add_edges_from((*pair, {"strength": strength}) for pair, strength in ties.items())
    return graph


@settings(max_examples=200, deadline=None)
@given(weighted_graphs())
def test_constraint_and_betweenness_of_any_graph_are_those_of_networkx(graph) -> None:
    matrix, reference = engine("matrix"), engine("networkx")
    for weight in (None, "strength"):
        expected = reference.constraint(graph, weight)
        assert matrix.constraint(graph, weight) == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert matrix.betweenness(graph) == pytest.approx(reference.betweenness(graph), abs=1e-9)


@pytest.mark.parametrize("block", [1, 10**9], ids=["few sources", "many sources"])
def test_betweenness_does_not_depend_on_the_block_of_sources(monkeypatch, block) -> None:
    graph = made("several components", 1, weighted=False)
    monkeypatch.setattr(sparse, "_BLOCK", block)
    assert engine("matrix").betweenness(graph) == pytest.approx(
        engine("networkx").betweenness(graph), abs=1e-9
    )


def test_betweenness_of_a_graph_with_far_apart_nodes_is_left_to_another_engine() -> None:
    graph = nx.path_graph(sparse.DEEP + 5)
    with pytest.raises(sparse.TooDeep):
        sparse.betweenness(sparse.arrays(graph))
    assert engine("matrix").betweenness(graph) == pytest.approx(
        engine("networkx").betweenness(graph), abs=1e-9
    )
    short = nx.path_graph(sparse.DEEP + 1)
    assert sparse.betweenness(sparse.arrays(short)).max() == max(
        engine("networkx").betweenness(short).values()
    )


def test_seeds_of_compiled_communities_make_a_difference() -> None:
    pytest.importorskip("networkit")
    graph = nx.gnp_random_graph(200, 0.05, seed=1)
    found = [engine("networkit").communities(graph, seed=seed) for seed in range(6)]
    assert any(each != found[0] for each in found)
    assert all(sum(map(len, each)) == len(graph) == len(set().union(*each)) for each in found)


@pytest.mark.parametrize("strength", [None, "strength"], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", GRAPHS)
@pytest.mark.parametrize("name", EXACT)
def test_a_measure_is_the_same_with_an_engine_and_without(monkeypatch, name, kind, strength) -> None:
    """The measures of small graphs are those that large ones get, isolates and components included."""
    graph = made(kind, 5, weighted=False)
    if kind == "two-mode":
        graph.graph["two_mode"] = True
    expected = values(graph, name, strength=strength)
    monkeypatch.setattr(engines, "LARGE", 3)
    found = values(graph, name, strength=strength)
    if name == "eigenvector":
        assert found == pytest.approx(expected, abs=1e-7)
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_part_of_a_graph_is_read_like_a_graph() -> None:
    graph = made("random", 1, weighted=False)
    part = graph.subgraph(range(20))
    first, second = engines.arrays(part, "strength"), engines.arrays(nx.Graph(part), "strength")
    assert (first.matrix() != second.matrix()).nnz == 0
