"""Ties and paths across groups agree with a second count and with worked examples."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.measures import mixing
from graph.measures.bridges import bridges
from graph.measures.catalogue import values
from graph.measures.definitions import co_membership, groups
from graph.measures.mixing import external_internal
from graph.networks.building import network


def grouped(size: int, chance: float, seed: int) -> nx.Graph:
    graph = nx.gnp_random_graph(size, chance, seed=seed)
    draws = np.random.default_rng(seed)
    nx.set_node_attributes(graph, {node: str(draws.choice(list("ABC"))) for node in graph}, "group")
    for _, _, known in graph.edges(data=True):
        known["weight"] = int(draws.integers(1, 5))
    return graph


graphs = st.builds(grouped, st.integers(1, 18), st.floats(0.05, 0.6), st.integers(0, 2**20))


@settings(max_examples=60, deadline=None)
@given(graphs, st.booleans())
def test_mixing_is_that_of_every_tie(graph: nx.Graph, weighted: bool) -> None:
    strength = "weight" if weighted else None
    spread = values(graph, "participation", strength=strength)
    index = values(graph, "ei-index", strength=strength)
    group = groups(graph)
    for node in graph:
        to: dict[str, float] = {}
        for other, known in graph[node].items():
            to[group[other]] = to.get(group[other], 0) + (known["weight"] if weighted else 1)
        every = sum(to.values())
        own = to.get(group[node], 0)
        assert index[node] == pytest.approx((every - 2 * own) / every if every else 0, abs=1e-9)
        expected = 1 - sum((part / every) ** 2 for part in to.values()) if every else 0
        assert spread[node] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(graphs)
def test_paths_between_blocs_are_those_of_every_pair(graph: nx.Graph) -> None:
    group, passed, joined = groups(graph), dict.fromkeys(graph, 0.0), 0
    for first, second in itertools.combinations(graph, 2):
        if group[first] == group[second] or not nx.has_path(graph, first, second):
            continue
        joined += 1
        paths = list(nx.all_shortest_paths(graph, first, second))
        for node in set(itertools.chain.from_iterable(paths)) - {first, second}:
            passed[node] += sum(node in path for path in paths) / len(paths)
    expected = {node: share / max(joined, 1) for node, share in passed.items()}
    assert values(graph, "cross-bloc-paths") == pytest.approx(expected, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(graphs)
def test_strong_ties_are_short_paths_between_blocs(graph: nx.Graph) -> None:
    nx.set_edge_attributes(graph, 3, "weight")
    plain = values(graph, "cross-bloc-paths")
    assert values(graph, "cross-bloc-paths", strength="weight") == pytest.approx(plain, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(graphs)
def test_large_graphs_are_counted_by_the_same_rules(graph: nx.Graph) -> None:
    names = ("participation", "ei-index", "cross-bloc-paths")
    dense = [values(graph, name) for name in names]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixing, "DENSE_LIMIT", 0)
        for name, expected in zip(names, dense, strict=True):
            assert values(graph, name) == pytest.approx(expected, abs=1e-9)


def test_the_whole_index_counts_each_tie_once() -> None:
    graph = nx.Graph([(0, 1), (1, 2), (2, 3)])
    nx.set_node_attributes(graph, {0: "A", 1: "A", 2: "B", 3: "B"}, "group")
    nodes, whole = external_internal(graph, groups(graph), None)
    assert whole == pytest.approx((1 - 2) / 3)
    assert nodes == {0: -1, 1: 0, 2: 0, 3: -1}


def test_the_states_between_the_blocs_are_those_of_the_bridges(graph) -> None:
    found = values(network(graph, "affiliation").graph, "cross-bloc-paths")
    for row in bridges(graph).rows:
        assert found[row.code] == pytest.approx(row.share, abs=1e-9)


def test_blocs_tie_no_one_in_the_graph_of_what_else_states_share(graph) -> None:
    whole = network(graph, "affiliation")
    rest = co_membership(whole.graph)
    first, second = (bloc.code for bloc in whole.blocs)
    for state, other, shared in rest.edges(data="shared"):
        both = set(whole.graph[state]) & set(whole.graph[other])
        assert shared == len(both - {first, second})


def test_dual_members_reach_out_by_definition(graph) -> None:
    found = network(graph, "affiliation")
    index = values(found.graph, "ei-index")
    dual = [node for node, group in found.graph.nodes(data="group") if group == "both"]
    assert dual and all(index[node] > 0.9 for node in dual)
