"""Brokerage roles are those published, and those found by looking at every three nodes."""

from __future__ import annotations

import itertools
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from classic import davis, researchers
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadValue
from graph.measures.brokerage import PATTERNS, TOTAL, brokerage, two_mode_brokerage
from graph.measures.catalogue import measure, values
from graph.measures.definitions import projection, sides

# Roles by discipline on the EIES messages, as the R packages sna and netrics compute them (netrics prints the
# third and the fourth number under each other's label; here they go by their pattern). They are no table of
# Gould and Fernandez (1989), who analyse other data; no printed table of these numbers was found. What is
# printed of them is the brokering activity of the first three researchers: see the second test.
PUBLISHED = {
    "Lin Freeman": (137, 28, 138, 123, 72, 498),
    "Doug White": (5, 113, 46, 45, 116, 325),
    "Ev Rogers": (0, 0, 0, 0, 3, 3),
    "Richard Alba": (14, 4, 25, 14, 15, 72),
    "Phipps Arabie": (0, 5, 7, 0, 24, 36),
    "Carol Barner-Barry": (0, 17, 3, 4, 16, 40),
}


#: Brokering activity (gatekeeper, representative and liaison together; Hamilton, Hileman and Bodin, 2020,
#: doi:10.1016/j.socnet.2019.08.002) of the first three researchers, as the published tests of netrics say.
ACTIVITY = {"Lin Freeman": 333, "Doug White": 207, "Ev Rogers": 3}


def test_the_researchers_broker_as_sna_computes() -> None:
    graph, discipline = researchers()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (32, 440)
    roles = brokerage(graph, discipline)
    assert roles.counts.sum(axis=0).tolist() == [385, 463, 548, 498, 703]
    assert roles.total.sum() == 2597
    for node, published in PUBLISHED.items():
        place = roles.nodes.index(node)
        assert (*roles.counts[place], roles.total[place]) == published, node


def test_the_brokering_activity_of_the_researchers_is_as_printed() -> None:
    roles = brokerage(*researchers())
    across = [roles.names.index(name) for name in ("gatekeeper", "representative", "liaison")]
    for node, activity in ACTIVITY.items():
        assert roles.counts[roles.nodes.index(node), across].sum() == activity


@pytest.mark.parametrize(
    ("role", "groups"),
    [
        ("coordinator", "AAA"),
        ("itinerant", "ABA"),
        ("gatekeeper", "ABB"),
        ("representative", "AAB"),
        ("liaison", "ABC"),
    ],
)
def test_a_two_path_has_the_role_of_its_pattern(role: str, groups: str) -> None:
    assert PATTERNS[role] == ">".join(groups)
    graph = nx.DiGraph([("source", "broker"), ("broker", "target")])
    roles = brokerage(graph, dict(zip(("source", "broker", "target"), groups, strict=True)))
    place = roles.nodes.index("broker")
    assert dict(zip(roles.names, roles.counts[place], strict=True)) == {
        name: float(name == role) for name in PATTERNS
    }
    assert roles.counts.sum() == 1


def test_a_closed_two_path_needs_no_broker() -> None:
    graph = nx.DiGraph([(0, 1), (1, 2), (0, 2)])
    assert not brokerage(graph, dict.fromkeys(graph, "A")).counts.any()
    graph.remove_edge(0, 2)
    graph.add_edge(2, 0)  # a tie back from the target does not close the two-path
    assert brokerage(graph, dict.fromkeys(graph, "A")).values(TOTAL)[1] == 1


digraphs = st.builds(
    lambda size, chance, seed, directed: nx.gnp_random_graph(size, chance, seed=seed, directed=directed),
    st.integers(1, 12),
    st.floats(0.05, 0.7),
    st.integers(0, 2**20),
    st.booleans(),
)


def role_of(a: str, b: str, c: str) -> str:
    names = {group: letter for letter, group in zip("ABC", dict.fromkeys((a, b, c)), strict=False)}
    pattern = ">".join(names[group] for group in (a, b, c))
    return next(role for role, known in PATTERNS.items() if known == pattern)


@settings(max_examples=80, deadline=None)
@given(digraphs, st.integers(0, 2**20))
def test_roles_are_those_of_every_three_nodes(graph: nx.Graph, seed: int) -> None:
    letters = np.random.default_rng(seed).choice(list("ABCD"), len(graph))
    group = dict(zip(graph, map(str, letters), strict=True))
    expected: dict[int, Counter[str]] = {node: Counter() for node in graph}
    for a, b, c in itertools.permutations(graph, 3):
        if graph.has_edge(a, b) and graph.has_edge(b, c) and not graph.has_edge(a, c):
            expected[b][role_of(group[a], group[b], group[c])] += 1
    roles = brokerage(graph, group)
    for place, node in enumerate(roles.nodes):
        found = dict(zip(roles.names, roles.counts[place], strict=True))
        for role, count in found.items():
            halves = not graph.is_directed() and role not in ("gatekeeper", "representative")
            assert count == expected[node][role] / (2 if halves else 1), (node, role)
        if not graph.is_directed():
            assert found["gatekeeper"] == found["representative"]
        assert roles.total[place] == sum(expected[node].values()) / (1 if graph.is_directed() else 2)


bipartite = st.builds(
    lambda first, second, chance, seed: nx.bipartite.random_graph(first, second, chance, seed=seed),
    st.integers(1, 7),
    st.integers(1, 6),
    st.floats(0.1, 0.8),
    st.integers(0, 2**20),
)


@settings(max_examples=60, deadline=None)
@given(bipartite, st.integers(0, 2**20), st.integers(0, 1))
def test_two_mode_roles_are_those_of_every_chain_of_five(graph: nx.Graph, seed: int, which: int) -> None:
    graph.graph["two_mode"] = True
    letters = np.random.default_rng(seed).choice(list("ABC"), len(graph))
    group = dict(zip(graph, map(str, letters), strict=True))
    own = [node for node, mode in graph.nodes(data="bipartite") if mode == which]
    counts: dict[int, Counter[str]] = {node: Counter() for node in own}
    for a, b, c in itertools.permutations(own, 3):
        if set(graph[a]) & set(graph[c]):
            continue
        for e in set(graph[a]) & set(graph[b]):
            for f in set(graph[b]) & set(graph[c]):
                counts[b][role_of(group[a], group[b], group[c])] += 1
                counts[b]["mixed"] += group[e] != group[f]
                counts[b][TOTAL] += 1
    roles, mixed = two_mode_brokerage(graph, which, group)
    for place, node in enumerate(roles.nodes):
        assert roles.total[place] == counts[node][TOTAL] / 2
        assert mixed[place] == counts[node]["mixed"] / 2
        assert roles.counts[place, list(PATTERNS).index("liaison")] == counts[node]["liaison"] / 2
        assert roles.counts[place, list(PATTERNS).index("gatekeeper")] == counts[node]["gatekeeper"]


def test_two_mode_brokerage_of_a_chain_by_hand() -> None:
    graph = nx.Graph([("a", 1), ("b", 1), ("b", 2), ("c", 2)], two_mode=True)
    nx.set_node_attributes(graph, {node: int(isinstance(node, int)) for node in graph}, "bipartite")
    nx.set_node_attributes(graph, {"a": "X", "b": "Y", "c": "Z", 1: "treaty", 2: "alliance"}, "group")
    found = values(graph, "two-mode-brokerage")
    assert found == {"a": 0, "b": 1, "c": 0, 1: 0, 2: 0}
    assert values(graph, "two-mode-brokerage-mixed")["b"] == 1
    graph.add_edge("c", 1)  # the ends now share an affiliation
    assert values(graph, "two-mode-brokerage")["b"] == 0


def test_brokerage_of_two_modes_goes_by_the_projection() -> None:
    graph = davis()
    nx.set_node_attributes(graph, dict.fromkeys(graph, "A"), "group")
    found = values(graph, "brokerage-coordinator")
    women = projection(graph, sides(graph)[0])
    # Of the 153 pairs of women 14 never met; a woman brokers between those of them that she both met.
    assert women.number_of_edges() == 139
    for woman in women:
        apart = nx.complement(women.subgraph(women[woman]))
        assert found[woman] == apart.number_of_edges()
    assert values(graph, "brokerage") == found
    assert values(graph, "brokerage-liaison") == dict.fromkeys(graph, 0.0)


def test_brokerage_without_groups_is_refused() -> None:
    with pytest.raises(BadValue, match="no groups"):
        values(nx.path_graph(3), "brokerage")
    with pytest.raises(BadValue, match="two kinds"):
        values(nx.path_graph(3), "two-mode-brokerage")


@pytest.mark.parametrize("role", PATTERNS)
def test_every_role_shows_its_pattern_beside_its_label(role: str) -> None:
    assert measure(f"brokerage-{role}").title == f"{role.capitalize()} brokerage ({PATTERNS[role]})"
