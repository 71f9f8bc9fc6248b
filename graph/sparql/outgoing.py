"""Refuse in a query for another server what only some engines understand, and some too well.

The guard (`graph.sparql.guard`) knows the grammar of the standard. Engines extend it: Virtuoso runs
functions of its own by addresses such as ``bif:http_get``, which fetches from any host, Jena runs Java by
``java:``, and both take settings in the text. Embedded, such an address is that of an unknown function
and does nothing.
"""

from __future__ import annotations

import re
from itertools import pairwise

from graph.errors import BadQuery
from graph.sparql.guard import ReadQuery
from graph.sparql.tokens import Malformed, Token, tokens, words

_SCHEME = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_FUNCTIONS = ("bif", "sql", "java", "define", "input", "get", "file", "javascript")
_OF_ENGINES = re.compile(rf"^<?(?:{'|'.join(_FUNCTIONS)})\s*:", re.IGNORECASE)
_WORDS = frozenset({"DEFINE", "OPTION", "PRAGMA"})


def check(read: ReadQuery) -> None:
    """Refuse what other engines add to SPARQL.

    Parameters
    ----------
    read
        A query that the guard let through.

    Raises
    ------
    BadQuery
        The query holds a function or a setting of an engine, an address that is not absolute, or a name whose
        prefix it does not declare (engines know prefixes of their own).
    """
    try:
        found = list(tokens(read.text))
    except Malformed as error:
        raise BadQuery(error.message, remedy=error.remedy, code="malformed-query", query=read.given) from None
    declared = {name.text for word, name in pairwise(found) if _ends(word, "PREFIX")}
    for token in found:
        _look(token, declared, read)


def _ends(token: Token, keyword: str) -> bool:
    return token.kind == "word" and token.upper.endswith(keyword)


def _look(token: Token, declared: set[str], read: ReadQuery) -> None:
    if token.kind == "iri":
        if _OF_ENGINES.match(token.text):
            _refuse(token, "belongs to one engine and may reach beyond the graph", "Leave it out.", read)
        if not _SCHEME.match(token.text):
            _refuse(token, "is not a whole address", "Write it whole, with https:// or urn:.", read)
    elif token.kind == "name":
        label = token.text.partition(":")[0] + ":"
        if label not in declared or _OF_ENGINES.match(label):
            _refuse(token, "has a prefix that is not declared", "Declare the prefix at the beginning.", read)
    elif token.kind == "word":
        if any(word.upper in _WORDS for word in words(token)):
            _refuse(token, "is no keyword of SPARQL 1.1", "Leave it out.", read)
    elif token.text == "`":
        _refuse(token, "is no sign of SPARQL 1.1", "Leave it out.", read)


def _refuse(token: Token, fault: str, remedy: str, read: ReadQuery) -> None:
    before = read.text[: token.start]
    line, column = read.place(before.count("\n") + 1, token.start - before.rfind("\n"))
    raise BadQuery(
        f"{token.text[:60]} {fault}, and is not sent to another server (line {line}, column {column}).",
        remedy=remedy,
        code="not-sent",
        line=line,
        column=column,
        query=read.given,
    )
