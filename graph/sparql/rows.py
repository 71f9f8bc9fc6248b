"""Reads tables of tab-separated terms as plain values, much faster than term by term."""

from __future__ import annotations

import re

Value = str | int | float | bool | None

XSD = "http://www.w3.org/2001/XMLSchema#"
INTEGERS = {XSD + name for name in ("integer", "int", "long", "nonNegativeInteger")}
REALS = {XSD + name for name in ("decimal", "double", "float")}

_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


def read_rows(table: bytes) -> tuple[tuple[str, ...], list[dict[str, Value]]]:
    """Return the columns and the rows of a table as plain values.

    Parameters
    ----------
    table
        The answer of a SELECT query in the format TSV of SPARQL 1.1.

    Returns
    -------
    columns
        The variables, without their question marks.
    rows
        One mapping from column to value for each solution; addresses are strings, unbound is None. Equal
        terms are one object, so that a table takes little memory.

    Raises
    ------
    ValueError
        A number does not read.

    References
    ----------
    SPARQL 1.1 Query Results CSV and TSV Formats, W3C Recommendation of 21 March 2013, section 4.
    """
    lines = table.decode("utf-8").split("\n")
    if not lines[0]:
        return (), [{} for _ in lines[1:-1]]
    columns = tuple(name[1:] for name in lines[0].split("\t"))
    value = _Values().__getitem__
    return columns, [dict(zip(columns, map(value, line.split("\t")), strict=True)) for line in lines[1:-1]]


class _Values(dict[str, Value]):
    """The value of each term that has been met."""

    def __missing__(self, term: str) -> Value:
        self[term] = found = _value(term)
        return found


def _value(term: str) -> Value:
    if not term:
        return None
    if term.startswith("<<( "):
        return term[4:-4]
    if term[0] == "<":
        return term[1:-1]
    if term[0] == '"':
        return _literal(term)
    if term.startswith("_:"):
        return term[2:]
    if term in ("true", "false"):
        return term == "true"
    return int(term) if term.lstrip("+-").isdecimal() else float(term)


def _literal(term: str) -> Value:
    end = term.rindex('"')
    text, kind = term[1:end], term[end + 1 :].removeprefix("^^<").removesuffix(">")
    if "\\" in text:
        text = _ESCAPED.sub(_unescaped, text)
    if kind in INTEGERS:
        return int(text)
    if kind in REALS:
        return float(text)
    return text == "true" if kind == XSD + "boolean" else text


def _unescaped(found: re.Match[str]) -> str:
    sign = found[1]
    return chr(int(sign[1:], 16)) if len(sign) > 1 else _SIGNS.get(sign, sign)
