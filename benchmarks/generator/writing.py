"""Writes statements of the project's terms as lines of N-Quads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph.namespaces import GRAPHS, IDENTIFIER, ONTOLOGY, VOCABULARY

_XSD = "http://www.w3.org/2001/XMLSchema#"
_PREFIXES = {
    "spn": ONTOLOGY,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "dcterms": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "org": "http://www.w3.org/ns/org#",
    "foaf": "http://xmlns.com/foaf/0.1/",
}


class _Terms(dict[str, str]):
    """Terms by their prefixed names, made once each."""

    def __missing__(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        self[name] = f"<{_PREFIXES[prefix]}{local}>"
        return self[name]


TERM = _Terms()


def thing(kind: str, code: str) -> str:
    """Return the term of a thing, such as ``thing("state", "AUS")``."""
    return f"<{IDENTIFIER}{kind}/{code}>"


def concept(scheme: str, code: str) -> str:
    """Return the term of a concept of a vocabulary."""
    return f"<{VOCABULARY}{scheme}/{code}>"


def text(value: str, language: str = "en") -> str:
    """Return a literal in a language; its text holds no quotation mark, backslash or line feed."""
    return f'"{value}"@{language}'


def plain(value: str) -> str:
    """Return a plain literal; its text holds no quotation mark, backslash or line feed."""
    return f'"{value}"'


def whole(value: int) -> str:
    """Return an integer."""
    return f'"{value}"^^<{_XSD}integer>'


def truth(value: bool) -> str:
    """Return a boolean."""
    return f'"{str(value).lower()}"^^<{_XSD}boolean>'


def date(value: str) -> str:
    """Return a date as precise as it is given: 1967, 1967-01 or 1967-01-27."""
    kind = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(value)]
    return f'"{value}"^^<{_XSD}{kind}>'


class Statements:
    """Lines gathered until they are taken."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, graph: str, subject: str, kind: str, *said: tuple[str, str]) -> None:
        """Describe a thing.

        Parameters
        ----------
        graph
            The graph below ``…/graph/``, such as ``facts/norms``.
        subject
            The term described.
        kind
            Its class, with its prefix.
        *said
            Properties with their prefixes, and the terms that are their values.
        """
        end = f" <{GRAPHS}{graph}> .\n"
        add = self._lines.append
        add(f"{subject} {TERM['rdf:type']} {TERM[kind]}{end}")
        for name, value in said:
            add(f"{subject} {TERM[name]} {value}{end}")

    def many(self, graph: str, subject: str, name: str, values: Iterable[str]) -> None:
        """Say many values of one property."""
        end = f" <{GRAPHS}{graph}> .\n"
        start = f"{subject} {TERM[name]} "
        self._lines.extend(f"{start}{value}{end}" for value in values)

    def drain(self) -> Iterator[str]:
        """Yield the lines and forget them."""
        yield from self._lines
        self._lines.clear()
