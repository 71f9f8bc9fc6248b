"""Modularity, the best partition and agreement are those published and those of other implementations."""

from __future__ import annotations

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadValue
from graph.measures import partitions
from graph.measures.partitions import (
    adjusted_rand,
    consensus,
    louvain,
    matrix_modularity,
    modularity,
    normalised_information,
)

labels = st.lists(st.integers(0, 4), min_size=1, max_size=30)


def test_the_karate_club_reaches_the_best_modularity_known() -> None:
    # 0.4198 in four communities, proven best: Brandes et al. (2008), doi:10.1109/TKDE.2007.190689.
    found = consensus(nx.karate_club_graph())
    assert found.best == pytest.approx(0.4198, abs=5e-5)
    assert found.worst <= found.modularity <= found.best
    assert len(set(found.community.values())) == 4


def test_the_factions_of_the_karate_club_have_the_published_modularity() -> None:
    # 0.358 for the club as it split; 0.371 with member 9, who stayed for his examination, in the faction he
    # supported (Zachary 1977, doi:10.1086/jar.33.4.3629752).
    club = nx.karate_club_graph()
    faction = dict(club.nodes(data="club"))
    assert modularity(club, faction, None) == pytest.approx(0.3582, abs=5e-4)
    assert modularity(club, {**faction, 8: "Officer"}, None) == pytest.approx(0.3715, abs=5e-4)


graphs = st.builds(
    lambda size, chance, seed: nx.gnp_random_graph(size, chance, seed=seed),
    st.integers(2, 20),
    st.floats(0.05, 0.6),
    st.integers(0, 2**20),
)


@settings(max_examples=60, deadline=None)
@given(graphs, st.integers(0, 1000), st.booleans())
def test_modularity_agrees_with_networkx_and_igraph(graph: nx.Graph, seed: int, weighted: bool) -> None:
    draws = np.random.default_rng(seed)
    for _, _, known in graph.edges(data=True):
        known["weight"] = int(draws.integers(1, 5))
    if not graph.number_of_edges():
        assert modularity(graph, dict.fromkeys(graph, 0), None) == 0
        return
    community = {node: int(draws.integers(3)) for node in graph}
    strength = "weight" if weighted else None
    found = modularity(graph, community, strength)
    parts = [{node for node in graph if community[node] == each} for each in set(community.values())]
    assert found == pytest.approx(nx.community.modularity(graph, parts, weight=strength), abs=1e-9)
    weights = [known["weight"] for _, _, known in graph.edges(data=True)] if weighted else None
    ties, numbers = nx.to_numpy_array(graph, weight=strength), np.array(list(community.values()))
    assert matrix_modularity(ties, numbers) == pytest.approx(found, abs=1e-9)
    other = igraph.Graph(len(graph), list(graph.edges))
    assert found == pytest.approx(other.modularity([community[node] for node in graph], weights), abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(labels, st.integers(0, 2**20))
def test_agreement_agrees_with_igraph_and_scikit_learn(first: list[int], seed: int) -> None:
    second = np.random.default_rng(seed).integers(0, 4, len(first)).tolist()
    information, rand = normalised_information(first, second), adjusted_rand(first, second)
    if len(first) > 1:
        assert rand == pytest.approx(
            igraph.compare_communities(first, second, "adjusted_rand"), abs=1e-9, nan_ok=True
        ) or len(set(first)) == len(set(second))
    if len(set(first)) > 1 or len(set(second)) > 1:
        assert information == pytest.approx(igraph.compare_communities(first, second, "nmi"), abs=1e-9)
    metrics = pytest.importorskip("sklearn.metrics")
    assert information == pytest.approx(metrics.normalized_mutual_info_score(first, second), abs=1e-9)
    assert rand == pytest.approx(metrics.adjusted_rand_score(first, second), abs=1e-9)


def test_the_same_partition_agrees_whatever_its_labels() -> None:
    assert normalised_information("aabbc", [3, 3, 1, 1, 2]) == pytest.approx(1)
    assert adjusted_rand("aabbc", [3, 3, 1, 1, 2]) == 1
    assert normalised_information("aabb", "abab") == pytest.approx(0)
    assert adjusted_rand("aabb", "abab") == pytest.approx(-0.5)
    assert normalised_information([], []) == adjusted_rand([], []) == 1
    with pytest.raises(BadValue, match="2 and of 1"):
        adjusted_rand("ab", "a")


@settings(max_examples=25, deadline=None)
@given(graphs)
def test_consensus_is_as_good_as_networkx(graph: nx.Graph) -> None:
    found = consensus(graph, runs=12)
    if not graph.number_of_edges():
        assert len(set(found.community.values())) == len(graph)
        return
    others = [nx.community.louvain_communities(graph, seed=seed) for seed in range(6)]
    best = max(nx.community.modularity(graph, parts) for parts in others)
    assert found.best >= best - 0.02
    assert found.modularity == pytest.approx(modularity(graph, found.community, None))


def test_the_same_seed_gives_the_same_partition() -> None:
    club = nx.karate_club_graph()
    assert consensus(club, seed=5) == consensus(club, seed=5)
    ties = nx.to_numpy_array(club, weight=None)
    assert (louvain(ties, 3) == louvain(ties, 3)).all()


@settings(max_examples=100, deadline=None)
@given(graphs, st.integers(0, 1000))
def test_whichever_way_nodes_are_looked_at_the_same_move(graph: nx.Graph, seed: int) -> None:
    draws = np.random.default_rng(seed)
    ties = nx.to_numpy_array(graph) * draws.integers(1, 5, (len(graph),) * 2)
    ties = ties + ties.T
    found = []
    # all at once always, never while any moved, and tie by tie
    for few, sparse in ((0, -1), (2**30, -1), (0, 2**30)):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(partitions, "FEW", few)
            patched.setattr(partitions, "SPARSE", sparse)
            found.append(louvain(ties, seed).tolist())
    assert found[0] == found[1] == found[2]


def test_two_cliques_are_found_by_every_run() -> None:
    graph = nx.disjoint_union(nx.complete_graph(5), nx.complete_graph(4))
    graph.add_edge(0, 5)
    graph.add_node("alone")
    found = consensus(graph)
    assert found.different == 1 and found.agreement == 1
    assert [found.community[node] for node in graph] == [0] * 5 + [1] * 4 + [2]


def test_large_graphs_take_the_best_run_of_networkx() -> None:
    club = nx.karate_club_graph()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "DENSE_LIMIT", 10)
        found = consensus(club)
    assert found.rounds == 0 and found.modularity == pytest.approx(found.best)
    assert found.best == pytest.approx(0.4198, abs=5e-5)


def test_large_graphs_are_left_to_a_compiled_library_that_the_answer_names(monkeypatch) -> None:
    pytest.importorskip("networkit")
    graph = nx.planted_partition_graph(13, 40, 0.3, 0.005, seed=2)
    monkeypatch.setattr(partitions, "DENSE_LIMIT", 10)
    found = consensus(graph, runs=4)
    assert found.engine.startswith("networkit ") and found.rounds == 0
    assert consensus(graph, runs=4) == found
    monkeypatch.setattr(partitions, "pick", lambda *_, **__: None)
    plain = consensus(graph, runs=4)
    assert plain.engine == ""
    assert found.modularity == pytest.approx(plain.modularity, abs=0.01)
    assert adjusted_rand(*([each.community[node] for node in graph] for each in (found, plain))) > 0.95


def test_runs_and_seeds_that_cannot_be_are_named() -> None:
    with pytest.raises(BadValue, match="0 runs"):
        consensus(nx.path_graph(3), runs=0)
