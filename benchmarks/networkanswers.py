"""Times every answer on networks, cold and warm."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import networkx as nx

from benchmarks.peers.servers import environment
from benchmarks.timing import here, table
from graph.knowledge import KnowledgeGraph

#: What a process has read that has answered something on networks before, though not these questions.
MODULES = (
    "graph.chance.robustness", "graph.chance.significance", "graph.measures.bridges",
    "graph.measures.catalogue", "graph.measures.structures", "graph.networks.building",
    "graph.networks.supposed", "graph.networks.views.linkages", "graph.networks.views.norms",
    "graph.networks.views.readings", "graph.networks.views.voting", "graph.pictures.drawings",
    "graph.series.bifurcation", "graph.series.timeline", "graph.votes.voting", "pyvis.network",
)  # fmt: skip

#: Milliseconds of processor time within which an answer is wanted, cold and warm.
COLD, WARM = 150, 5

#: Times that each answer is timed; the least counts, since others on a machine only add.
TURNS = 5

#: Why an answer needs longer than `COLD`, by the words that its title begins with.
REASONS = {
    "timeline": "a network and its measures for each day of the line",
    "bifurcation": "votes, affiliations and signed ties of seventy years",
    "affiliation, robustness": "the network without each of its affiliations, and each tradition of sources",
    "affiliation, significance": "1,000 random networks; the command line and the page show progress",
    "intervals of ranks": "the network without each affiliation and each tradition of sources",
    "picture": "the network, and a place and the words for each mark",
    "bridges": "two networks and the memberships behind them, and all shortest paths of one",
    "communities": "20 runs of the search, and as many for each round of consensus",
    "what if": "two networks and their measures",
}


def answers() -> str:
    """Return the section on the answers that pages and programs ask for, cold and warm."""
    load_modules()
    rows = []
    for title, work in _questions(KnowledgeGraph.load()):
        cold, warm = _cold_and_warm(work)
        reason = next((why for start, why in REASONS.items() if title.startswith(start)), "")
        told = [f"{cold:.0f}", f"{warm:.2f}", reason if cold > COLD else ""]
        rows.append([title, *told])
        click.echo(f"  {title}: {told[0]} / {told[1]} ms", err=True)
    columns = ["answer", f"cold, ms (goal {COLD})", f"warm, ms (goal {WARM})", "why longer"]
    return f"## Network answers today\n\n{_start()}\n\n{table(columns, rows)}\n"


def load_modules() -> None:
    """Import everything that answers on networks need, as the first answer of a process does."""
    from graph.threads import one_thread

    for name in MODULES:
        importlib.import_module(name)
    with one_thread():  # finds the libraries whose threads it holds
        pass


def _start() -> str:
    """Return what a fresh process spends before its first answer, in a sentence."""
    program = (
        "import time; from benchmarks.networkanswers import load_modules; load_modules();"
        "read = time.process_time(); from graph.knowledge import KnowledgeGraph; KnowledgeGraph.load();"
        "print(read, time.process_time() - read)"
    )
    command = [sys.executable, "-c", program]
    told = [
        subprocess.check_output(command, text=True, env=environment())  # noqa: S603 - ours
        for _ in range(TURNS + 1)
    ]
    found = [[float(text) for text in each.split()] for each in told[1:]]  # the first may write bytecode
    read, loaded = (min(column) for column in zip(*found, strict=True))
    return (
        f"Before its first answer a fresh process spends {read:.2f} s on reading Python, numpy, scipy, "
        f"networkx and pyvis, and {loaded:.2f} s on loading the graph, once; the table leaves that out."
    )


def _cold_and_warm(work: Callable[[KnowledgeGraph], Any]) -> tuple[float, float]:
    """Return milliseconds of an answer from a graph loaded afresh, and of the same answer once more."""
    found = []
    for _ in range(TURNS):
        graph = KnowledgeGraph.load()
        gc.collect()
        gc.freeze()  # as the server does once it has loaded
        cold = here(lambda: work(graph)).seconds or 0.0  # noqa: B023 - called at once
        warm = here(lambda: [work(graph) for _ in range(50)]).seconds or 0.0  # noqa: B023
        found.append((cold, warm / 50))
        gc.unfreeze()
    cold, warm = (1000 * min(column) for column in zip(*found, strict=True))
    return cold, warm


def _questions(aside: KnowledgeGraph) -> Iterator[tuple[str, Callable[[KnowledgeGraph], Any]]]:
    from graph.chance.rankspans import has_spans, rank_spans
    from graph.chance.robustness import robustness
    from graph.chance.significance import significance
    from graph.measures.bridges import bridges
    from graph.measures.catalogue import centrality, fitting
    from graph.measures.structures import structure
    from graph.networks.building import VIEWS, network
    from graph.networks.supposed import what_if
    from graph.pictures.drawings import drawing, drawn_apart
    from graph.pictures.page import picture
    from graph.series.bifurcation import panel
    from graph.series.timeline import timeline
    from graph.votes.voting import axes

    known = network(aside, "affiliation").graph
    act = _act(known, aside.today.year + 1)
    for view in VIEWS:
        drawn = drawing if drawn_apart(view) else picture
        yield f"network {view}", lambda graph, view=view: network(graph, view)  # type: ignore[misc]
        yield f"centrality {view}", lambda graph, view=view: centrality(network(graph, view), "betweenness")  # type: ignore[misc]
        yield f"communities {view}", lambda graph, view=view: structure(network(graph, view), "louvain")  # type: ignore[misc]
        # as a page shows it at first: how far ranks move comes after
        yield f"picture {view}", lambda graph, view=view, drawn=drawn: drawn(graph, view, intervals="kept")  # type: ignore[misc]
        if has_spans(view):
            yield f"intervals of ranks, {view}", lambda graph, view=view: rank_spans(graph, view)  # type: ignore[misc]
    yield "bridges", lambda graph: bridges(graph)
    yield "voting axes", lambda graph: axes(graph)
    yield "what if, one act", lambda graph: what_if(graph, "affiliation", [act])
    yield "timeline of ten years", lambda graph: timeline(graph, start=graph.today.year - 9)
    yield "timeline from 1957", lambda graph: timeline(graph)
    yield "timeline of the events of two years", lambda graph: timeline(graph, by="event")
    yield "bifurcation from 1957", lambda graph: panel(graph)
    for each in fitting(known):
        name = each.name
        yield f"affiliation, {name}", lambda graph, name=name: centrality(network(graph, "affiliation"), name)  # type: ignore[misc]
    yield "affiliation, robustness", lambda graph: robustness(graph)
    yield "affiliation, significance (1,000 samples)", lambda graph: significance(graph)


def _act(known: nx.Graph, year: int) -> str:
    """Return an act to suppose: a state of neither bloc joins the second."""
    from graph.networks.building import BLOCS, NEITHER

    state = min(node for node, group in known.nodes(data="group") if group == NEITHER)
    return f"{state} joins {BLOCS[1]} in {year}"
