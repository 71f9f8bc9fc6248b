"""Times the project's own saved queries, views and network queries as the graph grows.

Run ``python -m benchmarks.saved --size 300k --size 3M``; a query that takes much more than in proportion has
a plan that does not scale. The report is written to ``benchmarks/reports/saved.md``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pyoxigraph as ox

from benchmarks.generator import facts, whole
from benchmarks.timing import Timed, apart, table, versions
from graph.namespaces import BASE, IDENTIFIER, VOCABULARY
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
}


def made_to_fit(query: saved.SavedQuery) -> str:
    """Return the text of a saved query that names generated things instead of those of the release."""
    turns = {kind: itertools.cycle(names) for kind, names in THINGS.items()}
    taken: dict[str, str] = {}

    def resolve(kind: str, name: str) -> str:
        scheme = re.fullmatch(r"concept\((\w+)\)", kind)
        if scheme:
            return f"{VOCABULARY}{scheme[1]}/{name}"
        if kind not in turns:
            return name if name.startswith("http") else f"{IDENTIFIER}{kind}/{name}"
        key = f"{kind}/{name}"
        taken[key] = taken.get(key) or next(turns[kind])
        return f"{IDENTIFIER}{kind}/{taken[key]}"

    text = query.bind({}, resolve)
    for kind in THINGS:
        prefix = re.search(rf"PREFIX (\S*:)\s*<{re.escape(IDENTIFIER)}{kind}/>", text)
        if prefix:
            named = re.compile(rf"(?<![\w<]){re.escape(prefix[1])}([\w-]+)")
            text = named.sub(lambda match, kind=kind: f"<{resolve(kind, match[1])}>", text)  # type: ignore[misc]
    return text


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
        found[name] = apart(timer(store, made_to_fit(saved.load_all()[name])), bound, least=0.2)
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
    text = _HEAD.format(day=dt.date.today(), versions=versions(), bound=bound, base=BASE)
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
