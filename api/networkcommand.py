"""What the command line says of networks, bridges and pictures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from graph.chance import evidence
from graph.chance.robustness import robustness
from graph.chance.sampling import Plan
from graph.chance.significance import significance
from graph.errors import BadValue, UnknownName, suggest
from graph.knowledge import KnowledgeGraph
from graph.measures.bridges import bridges
from graph.measures.catalogue import MEASURES, centrality
from graph.measures.findings import structure_csv, structure_record
from graph.measures.structures import PARTITIONS, STRUCTURES, structure
from graph.networks import exports
from graph.networks.building import Network, network
from graph.pictures.drawings import drawing, drawn_apart, rows_of
from graph.pictures.multiples import multiples
from graph.pictures.page import picture
from graph.series import timerecords
from graph.series.bifurcation import panel
from graph.series.timeline import FIRST_YEAR, timeline

_FILES = (".graphml", ".gexf", ".csv")
_WIDTH = 110
_CELL = 40
#: Columns that say the same in every row, or that a person does not read in a terminal.
_TOLD_BELOW = ("iri", "measure", "view", "as_of", "data_version")


def tell(
    load: Callable[[], KnowledgeGraph],
    view: str,
    measure: str | None,
    as_of: str,
    form: str,
    limit: int | None,
) -> str:
    """Return a network, or a measure of it, as text.

    Parameters
    ----------
    load : callable
        Loads the graph; not called for a file.
    view : str
        A view, or the path of a GraphML, GEXF or CSV file.
    measure : str or None
        A measure of nodes, perhaps with a colon and a form, or of the whole network, or a partition; the
        network itself when None. ``brokerage`` gives every role beside its pattern.
    as_of : str
        The day, for a view.
    form : str
        ``table``, ``csv``, ``json``, ``graphml`` or ``gexf``.
    limit : int or None
        Rows of a table at most.

    Returns
    -------
    str
        What to print.

    Raises
    ------
    SpacenormsError
        The view, file, measure, day or format is not right.
    """
    found = _network(load, view, as_of)
    if measure:
        return _measured(found, measure, form, limit)
    writers: dict[str, Callable[[Network], str]] = {
        "csv": exports.edge_table,
        "json": lambda each: _json(exports.node_link(each)),
        "graphml": lambda each: exports.graphml(each).decode("utf-8"),
        "gexf": lambda each: exports.gexf(each).decode("utf-8"),
        "table": _described,
    }
    return writers[form](found)


def tell_bridges(graph: KnowledgeGraph, between: str, as_of: str, form: str) -> str:
    """Return the bridges between two alliances as text.

    Parameters
    ----------
    graph : KnowledgeGraph
        Asked.
    between : str
        Two names, joined by a comma.
    as_of : str
        The day.
    form : str
        ``table``, ``csv`` or ``json``.

    Returns
    -------
    str
        What to print.
    """
    found = bridges(graph, [name.strip() for name in between.split(",") if name.strip()], as_of)
    if form == "csv":
        return exports.bridges_csv(found)
    record = exports.bridges_record(found)
    if form == "json":
        return _json(record)
    return _as_table(_cells(exports.bridges_csv(found)), record)


def tell_timeline(
    graph: KnowledgeGraph, measures: Sequence[str], start: str | None, end: str | None, by: str, form: str
) -> str:
    """Return measures over time as text.

    Parameters
    ----------
    graph : KnowledgeGraph
        Asked.
    measures : sequence of str
        Names of measures; the bifurcation panel by year when there are none.
    start, end : str or None
        Years or days.
    by : str
        ``year`` or ``event``.
    form : str
        ``table``, ``csv`` or ``json``. The table tells what each accession changed.

    Returns
    -------
    str
        What to print.
    """
    if not measures:
        return _panel(graph, start, end, form)
    found = timeline(graph, measures, start, end, by)
    if form == "csv":
        return timerecords.timeline_csv(found)
    if form == "json":
        return _json(timerecords.timeline_record(found))
    told = [each.sentence + "\n" for each in found.moved]
    return "".join(told or [f"No accession from {found.start} to {found.end}.\n"]) + f"{found.method}\n"


def _panel(graph: KnowledgeGraph, start: str | None, end: str | None, form: str) -> str:
    found = panel(graph, _year(start) if start else FIRST_YEAR, _year(end) if end else None)
    if form == "json":
        return _json(timerecords.panel_record(found))
    text = timerecords.panel_csv(found)
    return text if form == "csv" else _as_table(_cells(text), timerecords.panel_record(found))


def _year(text: str) -> int:
    if not text[:4].isdigit():
        raise BadValue(f"“{text}” is no year.", remedy="Write four digits, such as 2008.")
    return int(text[:4])


def tell_significance(
    graph: KnowledgeGraph, view: str, measure: str | None, as_of: str, plan: Plan, form: str
) -> str:
    """Return z and p beside a measure as text, telling progress on standard error."""
    found = significance(graph, view, measure, plan, as_of=as_of, progress=_progress)
    record = evidence.significance_record(found)
    if form == "json":
        return _json(record)
    text = evidence.significance_csv(found)
    return text if form == "csv" else _as_table(_cells(text), record)


def tell_robustness(graph: KnowledgeGraph, view: str, measure: str | None, as_of: str, form: str) -> str:
    """Return rank intervals under leaving facts out as text."""
    found = robustness(graph, view, measure or "betweenness", as_of=as_of)
    record = evidence.robustness_record(found)
    if form == "json":
        return _json(record)
    text = evidence.robustness_csv(found)
    return text if form == "csv" else _as_table(_cells(text), record)


def _progress(done: int, of: int) -> None:
    click.echo(f"\r{done} of {of} samples", err=True, nl=done >= of)


def draw(
    graph: KnowledgeGraph, view: str, as_of: str, ending: str = ".html", years: str | None = None
) -> str:
    """Return the picture of a view, in several years if any are named, as a page or a drawing for print.

    Either is one document that asks nothing of any host.
    """
    if years is not None:
        drawn = multiples(graph, years, view, as_of=as_of)
        return drawn if ending.casefold() == ".svg" else _drawn_page(drawn)
    if ending.casefold() == ".svg":
        return drawing(graph, view, as_of=as_of)
    if drawn_apart(view):
        return _drawn_page(drawing(graph, view, as_of=as_of))
    return picture(graph, view, as_of=as_of).page("inline")


def _drawn_page(drawn: str) -> str:
    """Return an HTML page that holds a drawing and the table of its marks."""
    rows = "".join(f"<tr><th scope=row>{escape(name)}<td>{escape(told)}" for name, told in rows_of(drawn))
    image = drawn[drawn.index("<svg") :]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>spacenorms</title>'
        "<style>body{font-family:sans-serif;margin:1rem}svg{max-width:100%;height:auto}"
        "th{text-align:left;font-weight:normal;padding-right:1rem;vertical-align:top}</style>"
        f"{image}<h2>The same in words</h2><table>{rows}</table></html>\n"
    )


def _network(load: Callable[[], KnowledgeGraph], view: str, as_of: str) -> Network:
    path = Path(view)
    if path.suffix in _FILES:
        return exports.read_network(path)
    return network(load(), view, as_of=as_of)


def _measured(found: Network, measure: str, form: str, limit: int | None) -> str:
    if form not in ("csv", "json", "table"):
        raise BadValue(f"A measure is not written as {form}.", remedy="Choose table, csv or json.")
    text, record = _whole(found, measure, limit) or _of_nodes(found, measure, limit)
    if form == "csv":
        return text
    return _json(record) if form == "json" else _as_table(_cells(text), record)


def _whole(found: Network, measure: str, limit: int | None) -> tuple[str, dict[str, Any]] | None:
    name = measure.strip().casefold()
    if name not in STRUCTURES and name not in PARTITIONS:
        return None
    told = structure(found, name)
    record = structure_record(told, limit)
    return structure_csv(told, limit), {**record, **record["findings"]}


def _of_nodes(found: Network, measure: str, limit: int | None) -> tuple[str, dict[str, Any]]:
    if measure.strip().casefold().partition(":")[0] not in MEASURES:
        known = [*MEASURES, *STRUCTURES, *PARTITIONS]
        raise UnknownName(
            f"There is no measure “{measure}”.",
            remedy=suggest(measure, known),
            code="unknown-measure",
            status=404,
            known=known,
        )
    table = centrality(found, measure)
    return exports.centrality_csv(table, limit), exports.centrality_record(table, limit)


def _described(found: Network) -> str:
    facts = exports.described(found)
    return "".join(f"{name}: {_words(value)}\n" for name, value in facts.items())


def _as_table(rows: list[list[str]], record: dict[str, object]) -> str:
    shown = [column for column, name in enumerate(rows[0]) if name not in record and name not in _TOLD_BELOW]
    table = Table(*(rows[0][column] for column in shown), pad_edge=False)
    for row in rows[1:]:
        table.add_row(*(row[column][:_CELL] for column in shown))
    buffer = io.StringIO()
    console = Console(file=buffer, width=_WIDTH, markup=False, highlight=False)
    console.print(table)
    facts = {name: value for name, value in record.items() if isinstance(value, str | int | float)}
    notes = record.get("notes")
    told = [f"{name}: {value}\n" for name, value in facts.items()]
    told += [f"note: {note}\n" for note in notes] if isinstance(notes, list | tuple) else []
    return buffer.getvalue() + "".join(told)


def _cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def _words(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(str, value))
    return str(value)


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
