"""Writes what a measure of a whole network found as plain values and as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from graph.measures.structures import Structure


def structure_record(found: Structure, limit: int | None = None) -> dict[str, Any]:
    """Return what was found as plain values, with its method, graph, day, version and references.

    Parameters
    ----------
    found
        What a measure found.
    limit
        Rows at most; all when None.
    """
    return {
        "view": found.view,
        "measure": found.measure,
        "title": found.title,
        "meaning": found.meaning,
        "method": found.method,
        "references": [{"text": each.text, "doi": each.doi} for each in found.references],
        "parameters": dict(found.parameters),
        "n": found.nodes,
        "m": found.ties,
        "graph": {"view": found.view, "n": found.measured_nodes, "m": found.measured_ties},
        "as_of": found.as_of,
        "imprecise": found.imprecise,
        "notes": list(found.notes),
        "data_version": found.version,
        "findings": dict(found.findings),
        "columns": [{"name": column.name, "title": column.title} for column in found.columns],
        "total": len(found.rows),
        "rows": [dict(row) for row in found.rows[:limit]],
    }


def structure_csv(found: Structure, limit: int | None = None) -> str:
    """Return the rows as CSV; every row names its measure, its network, its day and the data."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [column.name for column in found.columns]
    writer.writerow([*names, "measure", "view", "as_of", "data_version"])
    for row in found.rows[:limit]:
        cells = [row.get(name, "") for name in names]
        writer.writerow([*cells, found.measure, found.view, found.as_of, found.version])
    return buffer.getvalue()
