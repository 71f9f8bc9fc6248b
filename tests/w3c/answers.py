"""Compares answers of queries, whatever their blank nodes are called."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from manifests import RDF, Manifest, quads

_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = {
    f"{_XSD}{name}" for name in ("integer", "decimal", "double", "float", "int", "long", "short", "byte")
}
_RESULTS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}

Row = tuple[object, ...]


@dataclass(frozen=True)
class Answer:
    """A truth value, a table, or a graph (a table of triples without duplicates)."""

    columns: tuple[str, ...]
    rows: list[Row]

    def equals(self, other: Answer) -> bool:
        if set(self.columns) != set(other.columns):
            return False
        order = [other.columns.index(name) for name in self.columns]
        return same_rows(self.rows, [tuple(row[place] for place in order) for row in other.rows])


def of_results(answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> Answer:
    if isinstance(answer, ox.QueryBoolean):
        return Answer(("boolean",), [(bool(answer),)])
    if isinstance(answer, ox.QuerySolutions):
        columns = tuple(variable.value for variable in answer.variables)
        return Answer(columns, [tuple(_plain(term) for term in solution) for solution in answer])
    return of_graph(list(answer))


def of_graph(triples: list[ox.Triple]) -> Answer:
    rows = {tuple(_plain(term) for term in (each.subject, each.predicate, each.object)) for each in triples}
    return Answer(("subject", "predicate", "object"), list(rows))


def expected(path: Path) -> Answer:
    """Read the answer that a test expects."""
    if path.suffix in _RESULTS:
        return of_results(ox.parse_query_results(path=str(path), format=_RESULTS[path.suffix]))
    found = quads(path)
    sets = [quad.subject for quad in found if quad.object == ox.NamedNode(f"{_RS}ResultSet")]
    return _result_set(Manifest(path)) if sets else of_graph([quad.triple for quad in found])


def _result_set(manifest: Manifest) -> Answer:
    subject = next(
        subject
        for (subject, predicate), objects in manifest.items()
        if predicate == f"{RDF}type" and ox.NamedNode(f"{_RS}ResultSet") in objects
    )
    if truth := manifest.text(subject, f"{_RS}boolean"):
        return Answer(("boolean",), [(truth == "true",)])
    columns = tuple(str(_value(name)) for name in manifest.all(subject, f"{_RS}resultVariable"))
    rows = []
    for solution in manifest.all(subject, f"{_RS}solution"):
        bound = {
            manifest.text(binding, f"{_RS}variable"): _plain(manifest.one(binding, f"{_RS}value"))
            for binding in manifest.all(solution, f"{_RS}binding")
        }
        rows.append(tuple(bound.get(name) for name in columns))
    return Answer(columns, rows)


def _value(term: object) -> object:
    return term.value if isinstance(term, ox.Literal) else term


def _plain(term: object) -> object:
    """Return a term as a tuple; numbers and truth values by value, since engines write them canonically."""
    if isinstance(term, ox.BlankNode):
        return ("blank", term.value)
    if not isinstance(term, ox.Literal):
        return term
    kind = term.datatype.value
    value = (
        {"0": "false", "1": "true"}.get(term.value, term.value) if kind == f"{_XSD}boolean" else term.value
    )
    if kind in _NUMBERS:
        with contextlib.suppress(ValueError):
            value = repr(float(term.value))
    return ("literal", value, kind, (term.language or "").lower())


def same_rows(left: list[Row], right: list[Row]) -> bool:
    """Tell whether two bags of rows are equal up to a renaming of blank nodes."""
    if Counter(map(_shape, left)) != Counter(map(_shape, right)):
        return False
    open_left = sorted((row for row in left if _blanks(row)), key=repr)
    open_right = [row for row in right if _blanks(row)]
    return _match(open_left, open_right, {}, {})


def _match(
    left: list[Row], right: list[Row], there: dict[object, object], back: dict[object, object]
) -> bool:
    if not left:
        return True
    row, *others = left
    for place, candidate in enumerate(right):
        if _shape(row) != _shape(candidate):
            continue
        forth, again = dict(there), dict(back)
        pairs = list(zip(row, candidate, strict=True))
        fits = all(
            not _is_blank(a) or (forth.setdefault(a, b) == b and again.setdefault(b, a) == a)
            for a, b in pairs
        )
        if fits and _match(others, right[:place] + right[place + 1 :], forth, again):
            return True
    return False


def _is_blank(value: object) -> bool:
    return isinstance(value, tuple) and value[0] == "blank"


def _blanks(row: Row) -> bool:
    return any(map(_is_blank, row))


def _shape(row: Row) -> Row:
    return tuple("blank" if _is_blank(value) else value for value in row)


def table(text: str, ending: str) -> Counter[tuple[tuple[str, str], ...]]:
    """Read a CSV or TSV answer as a bag of rows, whatever the order of its columns."""
    is_csv = ending == ".csv"
    quoting = csv.QUOTE_MINIMAL if is_csv else csv.QUOTE_NONE
    header, *rows = csv.reader(io.StringIO(text), delimiter="," if is_csv else "\t", quoting=quoting)
    cells = (
        sorted(zip(header, (re.sub(r"^_:.*", "_:", cell) for cell in row), strict=True))
        for row in rows
        if row
    )
    return Counter(tuple(row) for row in cells)
