"""Constraint and effective size are those of igraph and networkx, and those published, on the graph named."""

from __future__ import annotations

import igraph
import networkx as nx
import numpy as np
import pytest
from classic import davis
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.measures import holes
from graph.measures.catalogue import values

graphs = st.builds(
    lambda size, chance, seed: nx.gnp_random_graph(size, chance, seed=seed),
    st.integers(2, 20),
    st.floats(0.05, 0.7),
    st.integers(0, 2**20),
)


def weigh(graph: nx.Graph, seed: int) -> None:
    strengths = np.random.default_rng(seed)
    for _, _, known in graph.edges(data=True):
        known["weight"] = int(strengths.integers(1, 6))


@settings(max_examples=60, deadline=None)
@given(graphs, st.integers(0, 1000), st.booleans())
def test_constraint_agrees_with_igraph(graph: nx.Graph, seed: int, weighted: bool) -> None:
    weigh(graph, seed)
    strength = "weight" if weighted else None
    found = values(graph, "constraint", strength=strength)
    other = igraph.Graph(len(graph), list(graph.edges)).constraint(
        weights=[known["weight"] for _, _, known in graph.edges(data=True)] if weighted else None
    )
    for node, value in zip(graph, other, strict=True):
        assert found[node] == (pytest.approx(value, abs=1e-9) if graph.degree(node) else 1.0)


@settings(max_examples=60, deadline=None)
@given(graphs, st.integers(0, 1000), st.booleans())
def test_structural_holes_agree_with_networkx(graph: nx.Graph, seed: int, weighted: bool) -> None:
    weigh(graph, seed)
    strength = "weight" if weighted else None
    tied = [node for node in graph if graph.degree(node)]
    for name, function in (("constraint", nx.constraint), ("effective-size", nx.effective_size)):
        found = values(graph, name, strength=strength)
        # By the formula for single nodes: the one for all divides by the strongest tie of the wrong end.
        other = function(graph, nodes=tied, weight=strength)
        assert {node: found[node] for node in tied} == pytest.approx(
            {node: other[node] for node in tied}, abs=1e-9
        )


@settings(max_examples=30, deadline=None)
@given(graphs, st.integers(0, 1000), st.booleans())
def test_large_graphs_are_measured_by_the_same_formulas(graph: nx.Graph, seed: int, weighted: bool) -> None:
    weigh(graph, seed)
    strength = "weight" if weighted else None
    dense = [values(graph, name, strength=strength) for name in ("constraint", "effective-size")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holes, "DENSE_LIMIT", 0)
        sparse = [values(graph, name, strength=strength) for name in ("constraint", "effective-size")]
    for one, other in zip(dense, sparse, strict=True):
        assert one == pytest.approx(other, abs=1e-9)


def test_constraint_depends_on_the_graph_it_is_computed_on() -> None:
    # Evelyn Jefferson in Davis' data: three of the values that packages print, each by its name.
    women = davis()
    assert values(women, "constraint")["Evelyn Jefferson"] == pytest.approx(1 / 8)
    assert values(women, "constraint:projection")["Evelyn Jefferson"] == pytest.approx(0.221, abs=5e-4)
    weighted = values(women, "constraint:weighted-projection")
    assert weighted["Evelyn Jefferson"] == pytest.approx(0.258, abs=5e-4)


def test_the_medici_have_the_least_constraint_and_the_greatest_effective_size() -> None:
    families = nx.florentine_families_graph()
    constraint, size = values(families, "constraint"), values(families, "effective-size")
    assert min(constraint, key=constraint.get) == max(size, key=size.get) == "Medici"
    # Six contacts, one tie among them (Ridolfi and Tornabuoni): 6 − 2·1/6.
    assert size["Medici"] == pytest.approx(6 - 2 / 6)


def test_a_node_with_one_contact_and_one_with_none_have_no_hole() -> None:
    graph = nx.Graph([("a", "b"), ("b", "c")])
    graph.add_node("alone")
    assert values(graph, "constraint") == {"a": 1, "b": 0.5, "c": 1, "alone": 1}
    assert values(graph, "effective-size") == {"a": 1, "b": 2, "c": 1, "alone": 0}
