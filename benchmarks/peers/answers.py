"""Compares the answers of servers before they are measured."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from benchmarks.peers.servers import GRAPH, RESULTS, Server

QUERIES = Path(__file__).parent.parent / "queries"


@dataclass(frozen=True)
class Question:
    """A query of the benchmark.

    Attributes
    ----------
    name, title
        Of its file, and what it says of itself.
    text
        SPARQL.
    """

    name: str
    title: str
    text: str

    @property
    def accept(self) -> str:
        """Return the media type that is asked for."""
        return GRAPH if re.search(r"^\s*(CONSTRUCT|DESCRIBE)\b", self.text, re.M) else RESULTS

    @property
    def is_ask(self) -> bool:
        """Return whether the answer is true or false."""
        return re.search(r"^\s*ASK\b", self.text, re.M) is not None

    @property
    def any_rows(self) -> bool:
        """Return whether any rows will do, up to a number."""
        return "LIMIT" in self.text and "ORDER BY" not in self.text


@cache
def questions(folder: str = "") -> tuple[Question, ...]:
    """Return the queries of a folder of ``benchmarks/queries``, sorted by name."""
    found = []
    for path in sorted((QUERIES / folder).glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        found.append(Question(path.stem, text.partition("title: ")[2].partition("\n")[0], text))
    return tuple(found)


def question(name: str) -> Question:
    """Return a query by name."""
    return next(each for each in questions() if each.name == name)


def read(asked: Question, body: bytes) -> Counter[tuple[str, ...]]:
    """Return the rows of an answer, as often as each occurs.

    Numbers are compared by value and literals without their datatypes, which servers write differently.
    """
    if asked.accept == GRAPH:
        triples = {quad.triple for quad in ox.parse(body, format=ox.RdfFormat.TURTLE)}
        return Counter(tuple(_value(str(part)) for part in triple) for triple in triples)
    found = json.loads(body)
    if "boolean" in found:
        return Counter([(str(found["boolean"]),)])
    if asked.is_ask:  # a table of one number instead of the truth value that the standard asks for
        return Counter([(str(any(_value(each["value"]) == "1" for each in row.values())),)
                        for row in found["results"]["bindings"]])  # fmt: skip
    names = found["head"]["vars"]
    rows = [
        tuple(_value(row[name]["value"]) if name in row else "" for name in names)
        for row in found["results"]["bindings"]
    ]
    return Counter([("rows", str(len(rows)))]) if asked.any_rows else Counter(rows)


def _value(text: str) -> str:
    text = re.sub(r'^(".*")\^\^<.*>$', r"\1", text, flags=re.S).strip('"')
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text


def differences(asked: Question, bodies: Mapping[str, tuple[int, bytes]], reference: str) -> dict[str, str]:
    """Say how the answers of servers differ from those of one of them.

    Parameters
    ----------
    asked
        The query.
    bodies
        Status and body by server.
    reference
        The server that the others are compared with.

    Returns
    -------
    dict
        What differs, by server; those that agree are left out.
    """
    status, body = bodies[reference]
    if status != 200:
        return {reference: f"status {status}"}
    expected = read(asked, body)
    found = {}
    for name, (status, body) in bodies.items():
        if status != 200:
            found[name] = f"status {status}"
            continue
        got = read(asked, body)
        missing, more = expected - got, got - expected
        if asked.is_ask and b'"boolean"' not in body and not missing:
            found[name] = "the same, told as a table of one number instead of a truth value"
        elif missing or more:
            found[name] = f"{missing.total()} rows missing, {more.total()} more, of {expected.total()}"
    return found


def answer(server: Server, asked: Question, text: str) -> tuple[int, bytes]:
    """Ask once; a failure is a status and no body."""
    try:
        return server.ask(text, asked.accept)
    except OSError as error:
        return 599, str(error).encode()
