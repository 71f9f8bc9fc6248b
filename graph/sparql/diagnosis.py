"""Tell where a query is malformed, from what the engine's parser says."""

from __future__ import annotations

import re
from itertools import pairwise

from graph.errors import BadQuery
from graph.namespaces import PREFIXES
from graph.sparql.guard import ReadQuery, examine
from graph.sparql.tokens import tokens

_REPORT = re.compile(r"error at (\d+):(\d+): (?:expected )?(.*)", re.DOTALL)
_KEYWORD = re.compile(r"[A-Z_]+")
_LAST_WORD = re.compile(r"\S+\s*\Z")
_NOT_OFFERED = ("SERVICE", "LATERAL")
_SHOWN = 30


def malformed(read: ReadQuery, report: str) -> BadQuery:
    """Return the error for a query that the engine could not parse.

    Parameters
    ----------
    read
        The query.
    report
        The engine's message, such as ``error at 1:19: expected one of HAVING, OFFSET``.

    Returns
    -------
    BadQuery
        With the line and column in the text as it was given.
    """
    try:
        read = examine(read.given)
    except BadQuery as found:
        return found
    if (undeclared := _undeclared(read)) is not None:
        return undeclared
    match = _REPORT.match(report)
    if not match:
        return BadQuery(
            f"The query is malformed: {report[:200]}.",
            remedy="Compare it with one of the saved queries.",
            code="malformed-query",
            query=read.given,
        )
    expected = [part.strip() for part in match[3].removeprefix("one of ").split(", ")]
    line, column = _place(read, int(match[1]), int(match[2]), expected)
    near = read.given.splitlines()[line - 1 :][:1]
    shown = near[0][column - 1 :][:_SHOWN].strip() if near else ""
    return BadQuery(
        f"The query is malformed near {f'“{shown}”' if shown else 'its end'} (line {line}, column {column}).",
        remedy=_remedy(expected),
        code="malformed-query",
        line=line,
        column=column,
        query=read.given,
    )


def _undeclared(read: ReadQuery) -> BadQuery | None:
    """Return the error for the first prefix without a declaration, which the engine does not name."""
    found = list(tokens(read.text))
    declared = {
        name.text.partition(":")[0]
        for word, name in pairwise(found)
        if word.kind == "word" and word.upper == "PREFIX" and name.kind == "name"
    }
    for token in found:
        prefix = token.text.partition(":")[0]
        if token.kind == "name" and prefix not in declared:
            before = read.text[: token.start]
            line, column = read.place(before.count("\n") + 1, token.start - before.rfind("\n"))
            return BadQuery(
                f"The prefix {prefix}: is not declared (line {line}, column {column}).",
                remedy=f"Put PREFIX {prefix}: <{PREFIXES.get(prefix, '…')}> before the query.",
                code="undeclared-prefix",
                line=line,
                column=column,
                query=read.given,
            )
    return None


def _place(read: ReadQuery, line: int, column: int, expected: list[str]) -> tuple[int, int]:
    # The parser takes as many characters as a keyword has before it compares them, and reports where
    # that ended; a sign in quotes is compared where it stands.
    if any(part.startswith('"') for part in expected):
        return read.place(line, column)
    if "[_]" in expected and (last := _LAST_WORD.search(read.text)):
        before = read.text[: last.start()]
        return read.place(before.count("\n") + 1, last.start() - before.rfind("\n"))
    lengths = [len(part) for part in expected if _KEYWORD.fullmatch(part)]
    return read.place(line, max(1, column - min(lengths, default=0)))


def _remedy(expected: list[str]) -> str:
    if sentences := [part for part in expected if " " in part and not part.startswith(("[", "<"))]:
        if sentences[0] == "IRI parsing failed":
            return "An IRI before that place holds a sign that no IRI may hold."
        return f"The engine says: {sentences[0][:200]}."
    plain = [part for part in expected if part.startswith('"') or _KEYWORD.fullmatch(part)]
    offered = [part for part in plain if part not in _NOT_OFFERED]
    if not offered:
        return "Look at what stands just before that place: a term, a dot or a bracket may be missing."
    return f"Possible there: {', '.join(offered[:12])}."
