"""Compares saved queries with an earlier state of theirs: the answers, and the time as the graph grows.

Run ``python -m benchmarks.rewritten --before REVISION --size 300k NAME …`` in a checkout; the report is
written to ``benchmarks/reports/rewritten.md``.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import pyoxigraph as ox

from benchmarks.generator import facts, whole
from benchmarks.peers.answers import question, questions
from benchmarks.saved import made_to_fit, timer
from benchmarks.timing import Timed, apart, table, versions
from graph.errors import UnknownName
from graph.knowledge import KnowledgeGraph, plain
from graph.sparql import saved
from graph.sparql.store import EmbeddedStore

REPORT = Path(__file__).parent / "reports" / "rewritten.md"
_ROOT = Path(__file__).parent.parent


def earlier(name: str, revision: str) -> str:
    """Return the text of a query at a revision.

    Raises
    ------
    UnknownName
        There was no such query, or no such revision.
    """
    git = shutil.which("git") or "git"
    command = [git, "show", f"{revision}:queries/{name}.rq"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise UnknownName(f"There is no query {name} at {revision}.", remedy="Name a revision that has it.")
    return done.stdout


def rows(store: ox.Store, text: str) -> Counter[tuple[str, ...]]:
    """Return the rows of an answer; lists within a value are sorted, since no engine promises their order."""
    answer = store.query(text, use_default_graph_as_union=True)
    assert isinstance(answer, ox.QuerySolutions)  # noqa: S101 - saved queries compared here are SELECT
    return Counter(tuple("\n".join(sorted(str(plain(term)).split("\n"))) for term in row) for row in answer)


@click.command()
@click.option("--before", required=True, metavar="REVISION", help="The earlier state, as git names it.")
@click.option("--size", "sizes", multiple=True, default=("300k",), show_default=True)
@click.option("--bound", default=60.0, show_default=True, help="Seconds after which a query is ended.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, help="Where the report goes.")
@click.argument("names", nargs=-1, required=True)
def main(before: str, sizes: Sequence[str], bound: float, report: Path, names: Sequence[str]) -> None:
    """Compare the queries NAMED with what they were, and write a report."""
    texts = {name: (earlier(name, before), saved.find(name).text) for name in names}
    real = KnowledgeGraph.load().store
    assert isinstance(real, EmbeddedStore)  # noqa: S101 - loaded in this process
    equal = {name: rows(real.oxigraph, old) == rows(real.oxigraph, new) for name, (old, new) in texts.items()}
    forms = [(each.name.partition("--")[0], each) for each in questions("forms")]
    found: dict[tuple[str, str, int], Timed] = {}
    stores = {"release": real.oxigraph}
    for size in ("release", *sizes):
        if size not in stores:
            stores = {size: ox.Store()}  # one at a time is kept
            stores[size].bulk_load(path=str(whole.of(facts.written(size))[0]), format=ox.RdfFormat.N_QUADS)
        for name, versions_of in texts.items():
            for number, text in enumerate(versions_of):
                asked = text if size == "release" else made_to_fit(text)
                found[size, name, number] = apart(timer(stores[size], asked), bound, least=0.5)
            click.echo(f"{size}: {name}", err=True)
        for name, form in forms if size != "release" else ():
            for number, text in enumerate((form.text, question(name).text)):
                found[size, form.name, number] = apart(timer(stores[size], text), bound, least=0.5)
            if all(found[size, form.name, number].seconds is not None for number in (0, 1)):
                same = rows(stores[size], form.text) == rows(stores[size], question(name).text)
                equal[form.name] = same and equal.get(form.name, True)
    columns = ["query", "answers"]
    columns += [f"{size}, {state}" for size in ("release", *sizes) for state in ("before", "now")]
    lines = [
        [
            name,
            "equal" if equal[name] else "differ",
            *(_told(found[size, name, number]) for size in ("release", *sizes) for number in (0, 1)),
        ]
        for name in names
    ]
    text = _HEAD.format(day=dt.date.today(), versions=versions(), before=before) + table(columns, lines)
    columns = ["query of the benchmark", "other form", "answers"]
    columns += [f"{size}, {state}" for size in sizes for state in ("other form", "as it is")]
    lines = [
        [
            name,
            form.name.partition("--")[2].replace("-", " "),
            "equal" if equal.get(form.name) else "differ",
            *(_told(found[size, form.name, number]) for size in sizes for number in (0, 1)),
        ]
        for name, form in forms
    ]
    text += _FORMS + table(columns, lines)
    report.parent.mkdir(exist_ok=True)
    report.write_text(text)
    click.echo(text)


def _told(timed: Timed) -> str:
    return timed.remark or f"{1000 * (timed.seconds or 0):,.1f}"


_HEAD = """# Saved queries, before and now

Measured {day} with `python -m benchmarks.rewritten --before {before}`. {versions}.

Milliseconds of processor time in the engine to the last row, over a graph in memory: the release and
generated facts. Answers are compared over the release. Three forms make the difference, since the engine
evaluates each group, each subquery and each side of UNION as a whole before it joins them:

- what a parameter names is asked for in every branch of UNION and in every subquery, not only beside them;
- triples that must match stand before the first OPTIONAL and BIND, not after;
- sources are gathered by the outermost GROUP BY, not by a subquery over all facts of a kind.

"""

_FORMS = """
For joins over two modes it is the edges that rules derive, and names that are looked up once it is counted:

"""


if __name__ == "__main__":
    main()
