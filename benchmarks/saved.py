"""Times the project's own saved queries, views and network queries as the graph grows.

Run ``python -m benchmarks.saved --size 300k --size 3M``; a query that takes much more than in proportion has
a plan that does not scale. The report is written to ``benchmarks/reports/saved.md``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import click
import pyoxigraph as ox

from benchmarks.generator import facts, whole
from benchmarks.timing import Timed, apart, table, versions
from graph.namespaces import IDENTIFIER
from graph.sparql import saved

REPORT = Path(__file__).parent / "reports" / "saved.md"
FOLDERS = ("", "views/", "networks/")

#: Generated things that stand for those that a query names, in turn.
THINGS = {
    "instrument": ("B1", "B10", "B4"),
    "alliance": ("M1", "M5"),
    "norm": ("N1-1", "N10-1"),
    "conflict": ("C6",),
    "ambiguity": ("A5",),
    "provision": ("B1-1",),
    "source": ("b1-1",),
    "state": ("AUS", "BRA"),
    "resolution": ("R1",),
    "act": ("AUS-B1-accession",),
    "claim": ("E1-1",),
    "interpretation": ("I5-1",),
    "membership": ("M1-AUS",),
    "linkage": ("L1",),
    "silence": ("S25",),
    "rollcall": ("R1",),
}


def made_to_fit(text: str) -> str:
    """Return a query, as it stands, that names generated things instead of those of the release."""
    for kind, names in THINGS.items():
        prefix = re.search(rf"PREFIX (\S*:)\s*<{re.escape(IDENTIFIER)}{kind}/>", text)
        if prefix:
            turns = itertools.cycle(names)
            head, body = text[: prefix.end()], text[prefix.end() :]
            named = re.compile(rf"(?<![\w<]){re.escape(prefix[1])}([\w-]+)")
            taken = {name: next(turns) for name in dict.fromkeys(named.findall(body))}
            text = head + named.sub(partial(_renamed, prefix[1], taken), body)
    return text


def _renamed(prefix: str, names: Mapping[str, str], match: re.Match[str]) -> str:
    return prefix + names[match[1]]


def timer(store: ox.Store, text: str) -> Callable[[], int]:
    """Return what evaluates a query to its last row, and returns how many there are."""

    def run() -> int:
        answer = store.query(text, use_default_graph_as_union=True)
        return 1 if isinstance(answer, ox.QueryBoolean) else sum(1 for _ in answer)

    return run


def measured(size: str, names: Sequence[str], bound: float) -> dict[str, Timed]:
    """Return the processor seconds and rows of each query over generated facts of a size."""
    path, statements = whole.of(facts.written(size))
    store = ox.Store()
    store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    click.echo(f"{size}: {statements:,} statements", err=True)
    found = {}
    for name in names:
        found[name] = apart(timer(store, made_to_fit(saved.load_all()[name].text)), bound, least=0.2)
        told = found[name]
        click.echo(f"  {name}: {told.remark or f'{told.seconds:.4f} s, {told.result} rows'}", err=True)
    return found


@click.command()
@click.option("--size", "sizes", multiple=True, default=("30k", "300k"), show_default=True)
@click.option("--bound", default=60.0, show_default=True, help="Seconds after which a query is ended.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, help="Where the report goes.")
@click.argument("names", nargs=-1)
def main(sizes: Sequence[str], bound: float, report: Path, names: Sequence[str]) -> None:
    """Time saved queries, all or those NAMED, at each size and write a report."""
    wanted = names or [
        name for name in saved.load_all() if name.rpartition("/")[0] + "/" * ("/" in name) in FOLDERS
    ]
    found = {size: measured(size, wanted, bound) for size in sizes}
    rows = []
    for name in wanted:
        each = [found[size][name] for size in sizes]
        times = [told.remark or f"{1000 * (told.seconds or 0):,.1f} ({told.result:,})" for told in each]
        first, last = each[0].seconds, each[-1].seconds
        grown = f"{last / first:.0f}" if first and last and len(sizes) > 1 else ""
        rows.append(((last or bound), [name, *times, grown]))
    rows.sort(key=lambda row: -row[0])
    columns = ["query", *(f"{size}, ms (rows)" for size in sizes), "last / first"]
    text = _HEAD.format(day=dt.date.today(), versions=versions(), bound=bound)
    text += table(columns, [row for _, row in rows])
    report.parent.mkdir(exist_ok=True)
    report.write_text(text)
    click.echo(text)


_HEAD = """# Saved queries as the graph grows

Measured {day} with `python -m benchmarks.saved`. {versions}.

Milliseconds of processor time in the engine to the last row, over a graph in memory, and the number of rows;
the slowest first. Names in the queries are replaced by generated ones. A query that needs more than
{bound:.0f} s is ended. Time in proportion to the rows is as good as it gets.

"""


if __name__ == "__main__":
    main()
