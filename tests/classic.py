"""Classic networks whose published values the tests reproduce; data/README.md tells where they are from."""

from __future__ import annotations

import csv
from pathlib import Path

import networkx as nx

DATA = Path(__file__).resolve().parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def davis() -> nx.Graph:
    """Davis' Southern Women (Davis, Gardner and Gardner, 1941): 18 women at 14 events."""
    graph = nx.davis_southern_women_graph()
    graph.graph["two_mode"] = True
    return graph


def researchers() -> tuple[nx.DiGraph, dict[str, str]]:
    """Messages among 32 researchers, and the discipline of each (Freeman and Freeman, 1979)."""
    discipline = {row["node"]: row["discipline"] for row in rows("eies-disciplines.csv")}
    graph = nx.DiGraph()
    graph.add_nodes_from((node, {"group": group}) for node, group in discipline.items())
    graph.add_edges_from((row["source"], row["target"]) for row in rows("eies-messages.csv"))
    return graph, discipline


def tribes() -> nx.Graph:
    """Alliance and enmity among 16 highland tribes (Read, 1954)."""
    graph = nx.Graph()
    graph.add_edges_from(
        (row["source"], row["target"], {"sign": int(row["sign"])}) for row in rows("highland-tribes.csv")
    )
    return graph


def powers(year: int) -> nx.Graph:
    """Friends and enemies among six European powers after the changes of a year (Antal et al., 2006)."""
    graph = nx.Graph()
    for row in rows("great-powers.csv"):
        graph.add_nodes_from((row["source"], row["target"]))
        if int(row["from"]) <= year < int(row["until"]):
            graph.add_edge(row["source"], row["target"], sign=int(row["sign"]))
    return graph
