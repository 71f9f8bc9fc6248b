"""Measures of graphs of 2,000 and 20,000 nodes by engine, null samples, and every network answer.

Run ``python -m benchmarks.networks``; the reports are written to ``benchmarks/reports/networks.md`` and
``benchmarks/reports/engines.md``.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import networkx as nx
import numpy as np

from benchmarks.graphs import affiliation, one_mode
from benchmarks.networkanswers import TURNS as LOADED
from benchmarks.networkanswers import answers
from benchmarks.timing import Timed, apart, table, versions
from graph.knowledge import KnowledgeGraph
from graph.measures import engines, sparse
from graph.measures.engines import ENGINES, Engine
from graph.measures.sparse import arrays

REPORTS = Path(__file__).parent / "reports"

ANSWERS, ENGINES_PART = "answers", "engines"
PARTS = (ANSWERS, ENGINES_PART)

#: Turns that the engines take; the least time of each counts, since what else a machine does only adds.
TURNS = 3

#: How much longer than the bound an engine may take over the large graph.
LARGER = 10

#: Seconds from which work is measured once.
LONG = 10.0

#: Sources that stand for all where every source would take longer than the bound.
SOURCES = 40


class Igraph(Engine):
    """A check, and a bar to be compared with; its licence (GPL) keeps it out of the product."""

    name = "igraph"
    library = "igraph"
    measures = frozenset((measure, weighted) for measure in engines.MEASURES for weighted in (False, True))

    def betweenness(self, graph: nx.Graph, distance: str | None = None) -> dict[Any, float]:
        """Return betweenness."""
        found, made = self._made(graph, distance)
        return found.named(made.betweenness(weights=_weights(distance)))

    def closeness(self, graph: nx.Graph, distance: str | None = None) -> dict[Any, float]:
        """Return closeness of a connected graph."""
        found, made = self._made(graph, distance)
        return found.named(made.closeness(weights=_weights(distance)))

    def pagerank(self, graph: nx.Graph, weight: str | None = None) -> dict[Any, float]:
        """Return PageRank."""
        found, made = self._made(graph, weight)
        return found.named(made.pagerank(weights=_weights(weight)))

    def eigenvector(self, graph: nx.Graph, weight: str | None = None) -> dict[Any, float]:
        """Return the leading eigenvector, of length 1."""
        found, made = self._made(graph, weight)
        vector = np.array(made.eigenvector_centrality(weights=_weights(weight), scale=False))
        return found.named((vector / np.linalg.norm(vector)).tolist())

    def constraint(self, graph: nx.Graph, weight: str | None = None) -> dict[Any, float]:
        """Return constraint."""
        found, made = self._made(graph, weight)
        return found.named(made.constraint(weights=_weights(weight)))

    def communities(self, graph: nx.Graph, weight: str | None = None, seed: int = 1) -> list[set[Any]]:
        """Return the communities of the Louvain method."""
        found, made = self._made(graph, weight)
        parts = made.community_multilevel(weights=_weights(weight))
        return [{found.nodes[number] for number in part} for part in parts]

    def _made(self, graph: nx.Graph, weight: str | None) -> tuple[engines.Arrays, Any]:
        import igraph  # type: ignore[import-untyped]

        found = arrays(graph, weight)
        first, second, weights = found.once()
        known = {"weight": weights.tolist()} if weight else {}
        ties = np.column_stack([first, second])
        return found, igraph.Graph(n=len(found.nodes), edges=ties, edge_attrs=known)


def _weights(name: str | None) -> str | None:
    return "weight" if name else None


ALL: dict[str, Engine] = {**ENGINES, "igraph": Igraph()}


@dataclass(frozen=True)
class Case:
    """One measure over one graph."""

    measure: str
    weighted: bool
    graph: nx.Graph

    @property
    def title(self) -> str:
        """Return the name of the measure, and whether it is weighted."""
        return f"{self.measure}, weighted" if self.weighted else self.measure

    @property
    def weight(self) -> str | None:
        """Return the attribute that the measure takes."""
        paths = self.measure in (engines.BETWEENNESS, engines.CLOSENESS)
        return ("distance" if paths else "strength") if self.weighted else None

    def run(self, each: Engine) -> Any:
        """Compute the measure from the networkx graph, conversion included."""
        return getattr(each, self.measure)(self.graph, self.weight)


def sampled(case: Case, name: str, sources: int) -> Callable[[], Any] | None:
    """Return the work of one engine for some sources only; None where it cannot do some only."""
    chosen = np.random.default_rng(1).choice(len(case.graph), sources, replace=False).tolist()
    graph, weight = case.graph, case.weight
    if name == "networkx" and case.measure == engines.BETWEENNESS:
        return lambda: nx.betweenness_centrality(graph, k=sources, seed=1, normalized=False, weight=weight)
    if name == "networkx" and case.measure == engines.CLOSENESS:
        return lambda: [nx.closeness_centrality(graph, u=node, distance=weight) for node in chosen]
    if name == "igraph":
        return lambda: _sampled_igraph(case, chosen)
    if name == "matrix":
        return lambda: _sampled_matrix(case, chosen)
    if name == "networkit" and case.measure == engines.BETWEENNESS:
        return lambda: _sampled_networkit(case, sources)
    return None


def _sampled_igraph(case: Case, chosen: Sequence[int]) -> Any:
    _, made = Igraph()._made(case.graph, case.weight)
    weights = _weights(case.weight)
    if case.measure == engines.CLOSENESS:
        return made.closeness(vertices=chosen, weights=weights)
    return made.betweenness(sources=chosen, weights=weights)


def _sampled_matrix(case: Case, chosen: Sequence[int]) -> Any:
    """Do blocks of sources as large as those of the whole."""
    found, block = arrays(case.graph, case.weight), sparse.block_of(len(case.graph))
    whole = found.matrix()
    for first in range(0, len(chosen), block):
        sparse.shares_of_paths(whole, np.array(chosen[first : first + block]))


def _sampled_networkit(case: Case, sources: int) -> Any:
    kit, _, made = ENGINES["networkit"]._made(case.graph, case.weight)  # type: ignore[attr-defined]
    return kit.centrality.EstimateBetweenness(made, sources, False, True).run().scores()


def cases(graph: nx.Graph, weighted: bool) -> Iterator[Case]:
    """Yield every measure over a graph."""
    for measure in engines.MEASURES:
        for with_weights in (False, True) if weighted else (False,):
            yield Case(measure, with_weights, graph)


def measure_case(case: Case, bound: float) -> dict[str, Timed]:
    """Return the times of every engine; path measures of large graphs from a sample of sources."""
    sample = len(case.graph) > 5000 and case.measure in (engines.BETWEENNESS, engines.CLOSENESS)
    able = [
        name
        for name, each in ALL.items()
        if each.installed and each.has(case.measure, weighted=case.weighted) and not _borrows(each, case)
    ]
    found: dict[str, Timed] = {}
    for turn in range(TURNS):
        for name in able:
            if turn and (found[name].seconds or LONG) >= LONG:
                continue
            timed = _measure(case, name, ALL[name], bound, sample)
            found[name] = min(timed, found.get(name, timed), key=lambda each: each.seconds or math.inf)
            click.echo(f"  {case.title:24} {name:10} {_seconds(timed)}", err=True)
    return found


def _borrows(each: Engine, case: Case) -> bool:
    """Say whether an engine leaves a measure to sparse matrices, which are measured once."""
    own, shared = getattr(type(each), case.measure), getattr(Engine, case.measure)
    return type(each) is not Engine and own is shared


def _measure(case: Case, name: str, each: Engine, bound: float, sample: bool) -> Timed:
    def prepare() -> None:
        if each.library:
            os.environ.setdefault("OMP_WAIT_POLICY", "passive")
            __import__(each.library)

    if not sample:
        return apart(lambda: _forget(case.run(each)), bound, prepare)
    some = sampled(case, name, SOURCES)
    if some is None:
        return apart(lambda: _forget(case.run(each)), bound, prepare)
    work = some
    timed = apart(lambda: _forget(work()), bound, prepare, least=0.0)
    if timed.seconds is None:
        return timed
    conversion = apart(lambda: _forget(_converted(case, name)), bound, prepare, least=0.0).seconds or 0.0
    share = len(case.graph) / SOURCES
    return replace(timed, seconds=conversion + (timed.seconds - conversion) * share, remark="sampled")


def _converted(case: Case, name: str) -> Any:
    """Do what comes before the first source: build the graph of the engine."""
    if name == "networkx":
        return None
    if name == "matrix":
        return arrays(case.graph, case.weight)
    each: Any = ALL[name]
    return each._made(case.graph, case.weight)


def _forget(_: Any) -> None:
    """Return nothing, so that results are not sent between processes."""


def compare(graph: nx.Graph, title: str, bound: float, *, weighted: bool) -> str:
    """Return the section of the report for one graph."""
    click.echo(f"{title}: {graph}", err=True)
    rows, used = [], []
    for case in cases(graph, weighted):
        found = measure_case(case, bound)
        timed = {name: each.seconds for name, each in found.items() if each.seconds}
        if not timed:
            continue
        fastest = min(timed.values())
        ours = engines.engine("auto", case.measure, weighted=case.weighted).name
        cells = [_cell(found.get(name), fastest) for name in ALL]
        chosen = f"{timed[ours] / fastest:.2f}" if ours in timed else _remark(found.get(ours))
        rows.append([case.title, f"{fastest:.3f}", *cells, ours, chosen])
        used.append([case.title, *(_memory(found.get(name)) for name in ALL)])
    size = f"{graph.number_of_nodes():,} nodes, {graph.number_of_edges():,} ties"
    columns = ["measure", "fastest, s", *ALL, "auto takes", "auto / fastest"]
    return (
        f"## {title}: {size}\n\n{table(columns, rows)}\nGreatest memory of a process (resident), the graph "
        f"and Python with its libraries included, and in brackets what the measure added, MB:\n\n"
        f"{table(['measure', *ALL], used)}\n"
    )


def _cell(timed: Timed | None, fastest: float) -> str:
    if timed is None or timed.seconds is None:
        return _remark(timed)
    return f"{timed.seconds / fastest:.2f}" + ("*" if timed.remark == "sampled" else "")


def _remark(timed: Timed | None) -> str:
    return "–" if timed is None else timed.remark


def _memory(timed: Timed | None) -> str:
    return "–" if timed is None or timed.seconds is None else f"{timed.peak:.0f} ({timed.memory:.0f})"


def _seconds(timed: Timed) -> str:
    return timed.remark if timed.seconds is None else f"{timed.seconds:.3f} s {timed.remark}"


# Null samples


def null_samples(graph: KnowledgeGraph, samples: int) -> str:
    """Return the section on random networks with the degrees of the real one."""
    from graph.chance.overlapping import CountedOverlaps
    from graph.chance.sampling import BICM, CURVEBALL, Plan, draw
    from graph.chance.twomode import centralities
    from graph.networks.building import incidence, network
    from graph.threads import one_thread

    _, matrix = incidence(network(graph, "affiliation"))
    rows = []

    def overlaps(plan: Plan) -> None:
        counted = CountedOverlaps(matrix)
        with one_thread():
            for block in draw(matrix, plan):
                counted.add(block)

    def between(plan: Plan) -> None:
        with one_thread():
            for block in draw(matrix, plan):
                centralities(block, "betweenness")

    for model in (CURVEBALL, BICM):
        plan = Plan(model, samples)
        for title, work, goal in (
            ("with the overlap of every pair", overlaps, "3"),
            ("with two-mode betweenness of every node", between, "40"),
        ):
            timed = apart(lambda work=work, plan=plan: work(plan), 600, least=0.0)  # type: ignore[misc]
            rows.append([f"{model}, {title}", _seconds(timed), f"{timed.memory:.0f}", goal])
            click.echo(f"  {rows[-1]}", err=True)
    size = f"{matrix.shape[0]} states × {matrix.shape[1]} affiliations, {int(matrix.sum()):,} ties"
    columns = [f"{samples:,} samples of {size}", "processor time", "memory, MB", "goal, s"]
    return f"## Null samples\n\n{table(columns, rows)}\n"


@click.command()
@click.option("--part", type=click.Choice(PARTS), multiple=True, help="One report alone; both by default.")
@click.option("--small", default=2000, show_default=True, help="Nodes of the smaller graphs; 0 for none.")
@click.option("--large", default=20000, show_default=True, help="Nodes of the larger graphs; 0 for none.")
@click.option("--bound", default=20.0, show_default=True, help="Seconds after which an engine is ended.")
@click.option("--samples", default=1000, show_default=True, help="Null samples.")
@click.option("--reports", type=click.Path(path_type=Path), default=REPORTS, help="Where reports go.")
def main(part: tuple[str, ...], small: int, large: int, bound: float, samples: int, reports: Path) -> None:
    """Measure networks and write a report on answers, and one on engines for large graphs."""
    written = {}
    if not part or ANSWERS in part:
        told = [answers(), null_samples(KnowledgeGraph.load(), samples)]
        written["networks.md"] = _first(_ANSWERS, loaded=LOADED) + "".join(told)
    if not part or ENGINES_PART in part:
        told = []
        if small:
            told.append(compare(one_mode(small), "One mode", bound, weighted=True))
            told.append(compare(affiliation(small), "Two modes", bound, weighted=False))
        if large:
            told.append(compare(one_mode(large, 6), "One mode, large", bound * LARGER, weighted=True))
        named = {"bound": bound, "times": LARGER, "turns": TURNS, "sources": SOURCES}
        written["engines.md"] = _first(_ENGINES, **named) + "".join(told)
    reports.mkdir(exist_ok=True)
    for name, text in written.items():
        (reports / name).write_text(text)
        click.echo(f"Wrote {reports / name}")


def _first(text: str, **named: object) -> str:
    return text.format(day=dt.date.today(), versions=versions(), **named)


_ANSWERS = """# Networks: answers and random networks

Measured {day} with `python -m benchmarks.networks --part answers`. {versions}.

Answers are timed in a process that has read their modules and has frozen the collector as the server does,
each on a graph that was loaded for it and has answered nothing: cold is the first time, the queries included,
the least of {loaded} graphs; warm is the mean of the fifty after it. All times are of the processor.

"""

_ENGINES = """# Networks: engines for large graphs

Measured {day} with `python -m benchmarks.networks --part engines`. {versions}.

Every number of an engine is its processor time over all cores, from a networkx graph to values by node,
conversion included and import not, as a ratio to the fastest engine of the same run. The engines took
{turns} turns, and the least time of each counts. `*`: estimated from {sources} sources, since all of them
would take longer than the bound. An engine that needed more than the bound ({bound:.0f} s, {times} times
that for the large graph) was ended. igraph (GPL) is a bar to compare with, not part of the product; matrix is
spacenorms' own, on scipy's sparse matrices. What a measure took from memory that the process had freed before
is not in the number in brackets.

"""


if __name__ == "__main__":
    main()
