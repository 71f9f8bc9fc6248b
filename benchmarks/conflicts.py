"""Processor time of a look-up of conflicts by state and day, in Python and over HTTP.

Run ``python -m benchmarks.conflicts``; the report is written to ``benchmarks/reports/conflicts.md``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.timing import here, quantile, table, versions
from graph.conflicts.lookup import index
from graph.conflicts.telling import told
from graph.knowledge import KnowledgeGraph

REPORT = Path(__file__).parent / "reports" / "conflicts.md"
DAYS = ("1980-01-01", "2015-01-01", "2022-06-01", "2024-01-31", "today")


def states(graph: KnowledgeGraph) -> list[str]:
    """Return the code of every state."""
    rows = graph.run("networks/affiliation", imprecise="include")
    return sorted({str(row["state_code"]) for row in rows})


def in_python(graph: KnowledgeGraph, codes: Sequence[str], days: Sequence[str]) -> dict[str, list[float]]:
    """Return processor seconds of every look-up, by day."""
    found = index(graph)
    return {
        day: [
            here_quick(lambda code=code, day=day: told(found, found.find(state=code, as_of=day)))
            for code in codes
        ]
        for day in days
    }


def here_quick(work: Any) -> float:
    """Return the processor seconds of work, without collecting garbage first."""
    start = time.process_time()
    work()
    return time.process_time() - start


def over_http(graph: KnowledgeGraph, codes: Sequence[str], days: Sequence[str]) -> dict[str, list[float]]:
    """Return processor seconds of every request to the application, by day, without a network."""
    import httpx

    from api.application import create_application

    application = create_application(graph=graph)

    async def ask() -> dict[str, list[float]]:
        transport = httpx.ASGITransport(app=application)
        times: dict[str, list[float]] = {day: [] for day in days}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for day in days:
                for code in codes:
                    start = time.process_time()
                    answer = await client.get("/conflicts", params={"state": code, "as_of": day})
                    times[day].append(time.process_time() - start)
                    answer.raise_for_status()
        return times

    return asyncio.run(ask())


def _section(title: str, times: dict[str, list[float]]) -> str:
    rows = [
        [day, len(own), *(f"{1000 * number:.2f}" for number in (sum(own) / len(own), quantile(own, 0.5))),
         *(f"{1000 * number:.2f}" for number in (quantile(own, 0.99), max(own)))]
        for day, own in times.items()
    ]  # fmt: skip
    columns = ["day", "look-ups", "mean, ms", "median, ms", "99 %, ms", "slowest, ms"]
    return f"## {title}\n\n{table(columns, rows)}\n"


@click.command()
@click.option("--day", "days", multiple=True, default=DAYS, help="A day to ask for; may be repeated.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, help="Where the report goes.")
def main(days: Sequence[str], report: Path) -> None:
    """Measure look-ups of conflicts and write a report."""
    graph = KnowledgeGraph.load()
    codes = states(graph)
    first = here(lambda: told(index(graph), index(graph).find(state=codes[0])))
    in_python(graph, codes, days[-1:])
    gc.collect()
    gc.freeze()  # as the server does once it has loaded
    parts = [_section("In Python", in_python(graph, codes, days))]
    over_http(graph, codes[:5], days[:1])
    parts.append(_section("Over HTTP, in process", over_http(graph, codes, days)))
    head = _HEAD.format(day=dt.date.today(), versions=versions(), first=1000 * (first.seconds or 0.0))
    report.parent.mkdir(exist_ok=True)
    report.write_text(head + "".join(parts))
    click.echo(head + "".join(parts))


_HEAD = """# Conflicts: speed

Measured {day}. {versions}.

Processor time of `/conflicts?state=…` for every state, warm, one after another; the goal is under 10 ms. The
first look-up of a process builds the index: {first:.0f} ms.

"""


if __name__ == "__main__":
    main()
