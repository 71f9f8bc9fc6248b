"""Writes what was measured as Markdown: ratios first, then every figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import geometric_mean, median

from benchmarks.peers.answers import questions
from benchmarks.peers.catalogue import BARE, OURS, OXIGRAPH, OXIGRAPH_DISK, RDFLIB, VIRTUOSO
from benchmarks.peers.crowded import QUIET, WORKERS, Crowd
from benchmarks.peers.load import Load, middle
from benchmarks.peers.machine import machine, versions
from benchmarks.peers.measure import THROUGHPUT, Found, Plan
from benchmarks.timing import table


@dataclass
class Report:
    """What was measured over one graph.

    Attributes
    ----------
    size, seed, statements
        Of the graph: as asked for, of its generator, and counted.
    plan
        How much was measured.
    starts
        Of this project's server, one after another.
    crowded
        Cheap questions beside bombs.
    found
        Servers side by side.
    """

    size: str
    seed: int
    statements: int
    plan: Plan
    starts: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    crowded: Crowd | None = None
    found: Found | None = None

    def text(self) -> str:
        """Return the report."""
        parts = [self._head(), "## Goals\n\n", table(_GOALS, self._goals())]
        if self.found:
            parts += self._side_by_side(self.found)
        if self.starts:
            parts.append(f"\n## Starts of {OURS}\n\n{_STARTED}\n\n" + table(_STARTS, self._start_rows()))
        if self.crowded:
            parts.append(self._crowd(self.crowded))
        return "".join(parts)

    def _head(self) -> str:
        turns = "one server at a time" if self.plan.alone else "servers in turns"
        return _HEAD.format(
            size=self.size, statements=self.statements, seed=self.seed, day=dt.date.today(),
            versions=versions(), machine=machine(), rounds=self.plan.rounds, each=self.plan.rounds_each,
            seconds=self.plan.seconds, connections=self.plan.connections, turns=turns,
        )  # fmt: skip

    def _goals(self) -> Iterator[Sequence[object]]:
        found = self.found
        if found:
            yield from self._ratio("cheap, each request differs", "cheap", BARE, 0.30)
            yield from self._ratio("the same cheap request again", "repeated", BARE, 0.80)
            yield from self._ratio("1,000 rows, each request differs", "thousand rows", OXIGRAPH, 0.80)
            yield from self._ratio("1,000 rows, each request differs", "thousand rows", OXIGRAPH_DISK, 0.80)
            yield from self._ratio("1,000 rows, each request differs", "thousand rows", VIRTUOSO, 3.0)
            for peer, goal in ((RDFLIB, "≥ 20"), (OXIGRAPH, ""), (OXIGRAPH_DISK, ""), (VIRTUOSO, "")):
                if mean := self._mean(found, peer):
                    clock, processor = mean
                    what = f"the queries, {peer} / {OURS} (geometric mean)"
                    yield what, f"{clock:.2f}", f"{processor:.2f}", goal
        for kind, starts in self.starts.items():
            spent = median(each["processor"] for each in starts)
            clock = median(each["seconds"] for each in starts)
            goal = _START_GOALS.get(self.size, "")
            yield f"start to first answer from {kind}", f"{clock:.2f} s", f"{spent:.2f} s", goal
        if self.crowded:
            corrected, each = (max(ratios) for ratios in zip(*_crowding(self.crowded).values(), strict=True))
            yield "99 % of cheap requests, beside bombs / quiet", f"{each:.2f}", "", "≤ 2"
            yield "… with those that would have been sent while one took long", f"{corrected:.2f}", "", "≤ 2"

    def _ratio(self, what: str, section: str, peer: str, goal: float) -> Iterator[Sequence[object]]:
        own, other = self._middle(section, OURS), self._middle(section, peer)
        if own and other:
            processor = other.processor / own.processor if own.processor else float("nan")
            yield (
                f"{what}: {OURS} / {peer}", f"{own.rate / other.rate:.2f}", f"{processor:.2f}", f"≥ {goal:g}"
            )  # fmt: skip

    def _middle(self, section: str, name: str) -> Load | None:
        rounds = self.found.loads.get((section, name)) if self.found else None
        return middle(rounds) if rounds else None

    def _mean(self, found: Found, peer: str) -> tuple[float, float] | None:
        clock, processor = [], []
        for asked in questions():
            own, other = self._middle(asked.name, OURS), self._middle(asked.name, peer)
            if own and other and own.requests and other.requests:
                clock.append(other.p50 / own.p50)
                if own.processor and other.processor:
                    processor.append(other.processor / own.processor)
        return (geometric_mean(clock), geometric_mean(processor or [1.0])) if clock else None

    def _side_by_side(self, found: Found) -> Iterator[str]:
        if found.left_out:
            yield (
                "\nLeft out: " + "; ".join(f"{name} ({why})" for name, why in found.left_out.items()) + ".\n"
            )
        yield "\n## Answers\n\n" + _unequal(found)
        for section in THROUGHPUT:
            yield f"\n## {_SECTIONS[section]}\n\n" + table(_LOADS, self._load_rows(section))
        names = [name for name in found.started if name != BARE]
        yield "\n## Each query\n\nMilliseconds of half the answers on one connection; in parentheses, of the"
        yield " processor an answer.\n\n"
        yield table(["query", *names], self._query_rows(names))
        yield "\n## Loading and memory\n\n" + table(_LOADING, self._loading(found))

    def _load_rows(self, section: str) -> Iterator[Sequence[object]]:
        limit = self._middle(section, BARE)
        for (name, server), rounds in (self.found.loads if self.found else {}).items():
            if name != section:
                continue
            load = middle(rounds)
            rates = [each.rate for each in rounds]
            share = f"{load.rate / limit.rate:.3f}" if limit else ""
            yield (
                server, f"{load.rate:,.0f}", f"{min(rates):,.0f} to {max(rates):,.0f}", share,
                f"{1000 * load.p50:.2f}", f"{1000 * load.p99:.2f}", f"{1000 * load.processor:.3f}",
                load.errors,
            )  # fmt: skip

    def _query_rows(self, names: Sequence[str]) -> Iterator[Sequence[object]]:
        for asked in questions():
            row = [asked.name]
            for name in names:
                load = self._middle(asked.name, name)
                row.append(f"{1000 * load.p50:.2f} ({1000 * load.processor:.2f})" if load else "–")
            yield row

    def _loading(self, found: Found) -> Iterator[Sequence[object]]:
        for name, each in found.started.items():
            after = f"{found.memory[name] / 1e6:,.0f}" if name in found.memory else ""
            yield (
                name, f"{each['seconds']:.1f}", f"{each['processor']:.1f}", f"{each['memory'] / 1e6:,.0f}",
                f"{each['peak'] / 1e6:,.0f}", after,
            )  # fmt: skip

    def _start_rows(self) -> Iterator[Sequence[object]]:
        for kind, starts in self.starts.items():
            for each in starts:
                yield (
                    kind, f"{each['seconds']:.2f}", f"{each['processor']:.2f}",
                    f"{each['memory'] / 1e6:,.0f}", f"{each['peak'] / 1e6:,.0f}",
                )  # fmt: skip

    def _crowd(self, crowd: Crowd) -> str:
        ratios = _crowding(crowd)
        rows = []
        for name, rounds in crowd.loads.items():
            load = middle(rounds)
            ends = ", ".join(f"{end}: {count}" for end, count in crowd.ends.get(name, {}).items())
            corrected, each = ratios.get(name, (1.0, 1.0))
            rows.append([
                name, f"{load.rate:,.0f}", f"{1000 * load.p50:.2f}", f"{1000 * (load.p99_each or 0):.2f}",
                f"{each:.2f}", f"{1000 * load.p99:.2f}", f"{corrected:.2f}", load.errors, ends,
            ])  # fmt: skip
        return f"\n## Cheap requests beside bombs\n\n{_CROWD.format(workers=WORKERS)}" + table(_CROWDED, rows)


def _crowding(crowd: Crowd) -> dict[str, tuple[float, float]]:
    """Return the 99 % beside each kind of bomb, in quiet ones: corrected, and of the requests sent."""
    quiet = middle(crowd.loads[QUIET])
    found = {}
    for name, rounds in crowd.loads.items():
        if name != QUIET:
            load = middle(rounds)
            found[name] = load.p99 / quiet.p99, (load.p99_each or 0) / (quiet.p99_each or 1)
    return found


def _unequal(found: Found) -> str:
    told = [
        f"- {name}: {server}, {what}\n"
        for name, differing in found.unequal.items()
        for server, what in differing.items()
    ]
    rows = "".join(told) or f"All servers answered all {len(questions())} queries alike.\n"
    return rows if not told else f"Compared with {OURS}; what is not named is equal.\n\n{rows}"


_GOALS = ("what", "by the clock", "by the processor", "goal")
_START_GOALS = {"30k": "≤ 0.6 s of the processor", "10M": "≤ 2 s of the processor, prepared"}
_STARTED = (
    "As `spacenorms serve` starts without any setting, imports included; Python keeps the bytecode of its\n"
    "modules from start to start, as it does unless it is told not to. A start from the facts keeps what it\n"
    "derived for the next."
)
_STARTS = ("from", "seconds", "of the processor", "MB at the first answer", "MB at most")
_LOADS = (
    "server", "answers/s", "from, to", "share of bare", "50 %, ms", "99 %, ms", "processor, ms", "errors",
)  # fmt: skip
_LOADING = (
    "server", "seconds to the first answer", "of the processor", "MB then", "MB at most till then",
    "MB after all",
)  # fmt: skip
_CROWDED = (
    "beside", "answers/s", "50 %, ms", "99 %, ms", "/ quiet", "99 % corrected, ms", "/ quiet", "errors",
    "bombs ended",
)  # fmt: skip
_SECTIONS = {
    "cheap": "A cheap query, each request different",
    "repeated": "The same cheap query over and over",
    "thousand rows": "A thousand rows, each request different",
}
_CROWD = (
    "One connection asks the cheap query while all but one of {workers} workers evaluate a bomb; each bomb is"
    " stopped at its time or memory limit and sent again. The 99 % is that of the requests that were sent; as"
    " wrk corrects it, those count too that would have been sent while one took long.\n\n"
)
_HEAD = """# SPARQL service and its peers: {size} triples

Measured {day} with `python -m benchmarks.peers --size {size}`. {versions}. {machine}.

{statements:,} generated triples (seed {seed}), asserted and derived; every server holds the same. Requests
come over HTTP on 127.0.0.1, {turns}: {rounds} rounds of {seconds} s on {connections} connections for
throughput, {each} rounds of 1 s on one connection for each query. Figures are medians over the rounds.
Processor time is that of all processes of a server, divided by its answers: other work on the machine moves
it least. Each request differs from all others by a number in the query, unless said otherwise.

"""
