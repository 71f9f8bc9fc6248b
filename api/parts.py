"""Takes some of the rows out of a table that the engine wrote, without reading its terms."""

from __future__ import annotations

import csv
import json

import pyoxigraph as ox

from api.negotiation import CSV, RESULTS_JSON, RESULTS_XML, TSV

#: What a table is read in where its part is wanted in a format that does not come apart.
SOURCES = {RESULTS_XML.media_type: RESULTS_JSON.media_type}


def part_of(table: bytes, media_type: str, offset: int, limit: int | None) -> tuple[bytes, int]:
    """Return a table with some of its rows, and how many rows it has in all.

    Parameters
    ----------
    table
        The answer of a SELECT query, written in `media_type`, or in what `SOURCES` has for it.
    media_type
        What to write: one of the formats of SPARQL 1.1.
    offset, limit
        Rows to leave out at the beginning, and the most to keep; None keeps all that follow.

    References
    ----------
    SPARQL 1.1 Query Results JSON Format; SPARQL 1.1 Query Results CSV and TSV Formats, W3C Recommendations
    of 21 March 2013.
    """
    end = None if limit is None else offset + limit
    if media_type in (TSV.media_type, CSV.media_type):
        head, *records = _records(table) if media_type == CSV.media_type else _lines(table)
        return head + b"".join(records[offset:end]), len(records)
    part, total = _part_of_json(table, offset, end)
    return (_in_xml(part) if media_type == RESULTS_XML.media_type else part), total


def _lines(table: bytes) -> list[bytes]:
    return [line + b"\n" for line in table.split(b"\n")[:-1]]


def _records(table: bytes) -> list[bytes]:
    """Return the records of a CSV; one whose values hold line breaks is several lines long."""
    lines = table.decode("utf-8").split("\n")
    lines = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
    reader, records, begin = csv.reader(lines, strict=True), [], 0
    for _ in reader:
        records.append("".join(lines[begin : reader.line_num]).encode())
        begin = reader.line_num
    return records


def _part_of_json(table: bytes, offset: int, end: int | None) -> tuple[bytes, int]:
    document = json.loads(table)
    rows = document["results"]["bindings"]
    document["results"]["bindings"] = rows[offset:end]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), len(rows)


def _in_xml(table: bytes) -> bytes:
    """Write in XML what is written in JSON."""
    parsed = ox.parse_query_results(table, format=ox.QueryResultsFormat.JSON)
    assert isinstance(parsed, ox.QuerySolutions)  # noqa: S101 - a SELECT query gives nothing else
    return parsed.serialize(format=ox.QueryResultsFormat.XML) or b""
