"""Full-text search over everything that the graph says in words, ranked and forgiving of spelling.

SQLite's FTS5, which comes with Python, indexes them in 60 ms (Tantivy's wheel: 90) and answers within 1 ms;
difflib, Python's own too, mends a word in 6 ms (rapidfuzz: 0.3, and 50 to import): nothing to install.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pyoxigraph as ox

from graph.errors import BadValue, SpacenormsError, suggest
from graph.knowledge import KnowledgeGraph, Result
from graph.namespaces import ONTOLOGY
from graph.records.kinds import BY_NAME
from graph.records.things import Thing, is_own, split
from graph.search.asking import MOST_WORDS, Correction, Reading, for_engine, literal, read
from graph.search.passages import CLOSE, OPEN, Passage, Piece, cut, taken_apart
from graph.search.words import Vocabulary, clean, folded, key, words
from graph.sparql import saved

#: What a text can be to a thing, and how much a match in it counts.
PLACES = {"code": 6.0, "label": 10.0, "title": 8.0, "text": 3.0, "note": 1.0, "related": 1.0}

_TOGETHER = 1.5

# Stands between two texts of a column: a word for the engine, so that no phrase spans the two.
_END = "\n\ue000\n"


@dataclass(frozen=True)
class Hit:
    """A thing found.

    Attributes
    ----------
    thing
        What it is.
    name
        Its label, matching stretches apart.
    passage
        The best of its other texts; None where it has none.
    """

    thing: Thing
    name: tuple[Piece, ...]
    passage: Passage | None


@dataclass(frozen=True)
class SearchAnswer:
    """What a search found.

    Attributes
    ----------
    query, version
        What was asked, and of which data.
    corrections, not_found
        Words read otherwise than given, and words that no text has anything like.
    matching
        ``all`` when every hit has every word that was looked for; ``any`` when none has them all.
    remarks
        Sentences that tell how the query was read.
    kind, kinds
        The kind asked for, if any; how many hits there are of each kind, most first.
    total, limit, offset, hits
        How many hits there are of the kind asked for, which part this is, and its hits, best first.
    """

    query: str
    version: str
    corrections: tuple[Correction, ...]
    not_found: tuple[str, ...]
    matching: str
    remarks: tuple[str, ...]
    kind: str | None
    kinds: dict[str, int]
    total: int
    limit: int
    offset: int
    hits: tuple[Hit, ...]

    @property
    def following(self) -> int | None:
        """The offset of the next page; None on the last."""
        after = self.offset + self.limit
        return after if after < self.total else None


class _Text(NamedTuple):
    field: str
    text: str
    language: str


@dataclass(frozen=True)
class _Document:
    thing: Thing
    kind: str
    texts: dict[str, list[_Text]]

    def at(self, place: str) -> Sequence[_Text]:
        return self.texts.get(place, ())


class SearchIndex:
    """The texts of one graph, ready to be searched.

    Parameters
    ----------
    graph
        The knowledge graph; its texts are read once.

    Raises
    ------
    SpacenormsError
        The SQLite of this Python has no FTS5.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.version = graph.version
        self._documents = _documents(graph)
        rows = graph.run("views/search-weights")
        self._weights = {str(row["kind"]): float(row["weight"] or 1) for row in rows}
        self._lock = threading.Lock()
        self._engine = _engine(self._documents)
        weakref.finalize(self, self._engine.close)

    @cached_property
    def kinds(self) -> dict[str, int]:
        """How many things there are of each kind, most first."""
        return dict(Counter(document.kind for document in self._documents).most_common())

    def search(self, query: str, kind: str | None = None, limit: int = 20, offset: int = 0) -> SearchAnswer:
        """Find things by the words of their texts.

        Parameters
        ----------
        query
            Words; a phrase in quotation marks; ``launch*`` for every word that so begins. Any text
            will do: there is no syntax that it could offend.
        kind
            Only things of this kind, such as ``norm`` or ``norms``; ``concept`` for what stands in a
            vocabulary, ``term`` for classes and properties.
        limit, offset
            The most hits to return, and how many to leave out before them.

        Returns
        -------
        SearchAnswer
            Things whose code the query is first, then those whose name it is, then by rank.

        Raises
        ------
        BadValue
            There is no such kind, or limit or offset is out of range.
        """
        _check(limit, offset)
        wanted = self._kind(kind)
        reading = read(query, self)
        matching, expression = self._together(reading)
        ranked = self._ranked(expression, query, reading)
        rows = [row for row in ranked if wanted in (None, self._documents[row].kind)]
        return SearchAnswer(
            query=query,
            version=self.version,
            corrections=tuple(dict.fromkeys(reading.corrections)),
            not_found=tuple(dict.fromkeys(reading.not_found)),
            matching=matching,
            remarks=tuple(_remarks(reading, matching)),
            kind=wanted,
            kinds=dict(Counter(self._documents[row].kind for row in ranked).most_common()),
            total=len(rows),
            limit=limit,
            offset=offset,
            hits=tuple(self._hits(expression, rows[offset : offset + limit])),
        )

    def _kind(self, name: str | None) -> str | None:
        name = BY_NAME[name].singular if name in BY_NAME else name
        if name and name not in self.kinds:
            raise BadValue(
                f"There is no kind “{name[:80]}” to search in.",
                remedy=suggest(name, self.kinds),
                code="unknown-kind",
                parameter="kind",
                known=sorted(self.kinds),
            )
        return name or None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the texts, and how often each occurs."""
        every = (texts for document in self._documents for texts in document.texts.values())
        return Vocabulary("\n".join([each.text for each in texts]) for texts in every)

    @cached_property
    def codes(self) -> dict[str, str]:
        """Codes of more than one word, by their folded form."""
        codes = (each.text for document in self._documents for each in document.at("code"))
        return {folded(code): code for code in codes if len(words(code)) > 1}

    @cached_property
    def _exact(self) -> dict[tuple[str, ...], dict[int, int]]:
        """The rows whose code (0) or name (1) a text is, by its words; the code of a concept is a name."""
        found: dict[tuple[str, ...], dict[int, int]] = {}
        for row, document in enumerate(self._documents):
            coded = 1 if document.kind in ("concept", "term") else 0
            for place, tier in (("label", 1), ("title", 1), ("code", coded)):
                for each in document.at(place):
                    found.setdefault(key(each.text), {})[row] = tier
        return found

    def occurs(self, expression: str) -> bool:
        """Say whether any text has what an expression of the engine finds."""
        return bool(self._ask("SELECT 1 FROM texts WHERE texts MATCH ? LIMIT 1", expression))

    def _together(self, reading: Reading) -> tuple[str, str]:
        """Return whether all terms or any are looked for, and the expression that does it."""
        parts = list(dict.fromkeys(f"({each})" for each in reading.expressions))
        every = " AND ".join(parts)
        if len(parts) < 2 or self.occurs(every):
            return "all", every
        return "any", " OR ".join(parts)

    def _ranked(self, expression: str, query: str, reading: Reading) -> list[int]:
        if not expression:
            return []
        weights = ", ".join(map(str, PLACES.values()))
        found = self._ask(f"SELECT rowid, bm25(texts, {weights}) FROM texts WHERE texts MATCH ?", expression)  # noqa: S608
        exact = self._exact.get(tuple(reading.words), {}) | self._exact.get(key(query), {})
        phrased = self._phrased(query, reading)
        ranks = ((row, score * (_TOGETHER if row in phrased else 1.0)) for row, score in found)
        return [row for *_, row in sorted(self._placed(row, rank, exact) for row, rank in ranks)]

    def _phrased(self, query: str, reading: Reading) -> set[int]:
        """Return the rows that have the words of the query in one stretch."""
        if len(reading.words) < 2:
            return set()
        phrases = dict.fromkeys(
            (literal(" ".join(reading.words)), literal(" ".join(key(query)[:MOST_WORDS])))
        )
        text = "SELECT rowid FROM texts WHERE texts MATCH ?"
        return {row for (row,) in self._ask(text, " OR ".join(phrases))}

    def _placed(self, row: int, score: float, exact: dict[int, int]) -> tuple[int, float, str, int]:
        """Return what a row is sorted by; the engine's scores are below zero, the best lowest."""
        document = self._documents[row]
        rank = score * self._weights.get(document.kind, 1.0)
        return exact.get(row, 2), round(rank, 6), document.thing.iri, row

    def _hits(self, expression: str, rows: Sequence[int]) -> Iterator[Hit]:
        marked = ", ".join(f"highlight(texts, {n}, '{OPEN}', '{CLOSE}')" for n in range(len(PLACES)))
        wanted = ", ".join(map(str, rows))
        # The plus keeps the engine from starting anew for each row.
        text = f"SELECT rowid, {marked} FROM texts WHERE texts MATCH ? AND +rowid IN ({wanted})"  # noqa: S608
        shown = {row: columns for row, *columns in self._ask(text, expression)} if rows else {}
        for row in rows:
            yield _hit(self._documents[row], dict(zip(PLACES, shown[row], strict=True)))

    def _ask(self, text: str, *values: object) -> list[Any]:
        with self._lock:
            return self._engine.execute(text, values).fetchall()


_BUILDING = threading.Lock()


def index(graph: KnowledgeGraph) -> SearchIndex:
    """Return the index of a graph's texts, built when it is first asked for and once for each graph."""
    with _BUILDING:
        return graph.keep("search", lambda: SearchIndex(graph))


def table(answer: SearchAnswer) -> Result:
    """Return the hits of an answer as a table: kind, id, label, field, passage, iri."""
    columns = ("kind", "id", "label", "field", "passage", "iri")
    rows = [_cells(hit) for hit in answer.hits]
    return Result(columns, [dict(zip(columns, row, strict=True)) for row in rows])


def _cells(hit: Hit) -> tuple[str | None, ...]:
    field, passage = (hit.passage.field, hit.passage.text) if hit.passage else (None, None)
    return hit.thing.kind, hit.thing.id, hit.thing.label, field, passage, hit.thing.iri


# Reading the texts of the graph


def _documents(graph: KnowledgeGraph) -> list[_Document]:
    # The engine's own CSV is read three times faster than its terms one by one.
    view = graph.bind(saved.find("views/search-texts"), {})
    content = graph.store.table(view, ox.QueryResultsFormat.CSV).decode("utf-8")
    found: dict[str, dict[str, list[_Text]]] = {}
    rows = csv.reader(io.StringIO(content, newline=""))
    next(rows)
    for iri, place, name, text, language in rows:
        if is_own(iri):
            found.setdefault(iri, {}).setdefault(place, []).append(_Text(name, clean(text), language))
    return [_document(iri, found[iri]) for iri in sorted(found) if split(iri)[1]]


def _document(iri: str, texts: dict[str, list[_Text]]) -> _Document:
    kind, local = split(iri)
    for each in texts.values():
        if len(each) > 1:
            each.sort(key=_in_order)
    codes = texts.setdefault("code", [])
    if all(each.text != local for each in codes):
        codes.append(_Text("id", local, ""))
    label = texts["label"][0].text if "label" in texts else local
    thing = Thing(iri, kind, local, label)
    return _Document(thing, _group(thing), texts)


def _in_order(text: _Text) -> tuple[bool, str, str]:
    """Return what texts are sorted by: English first, so that it names the thing."""
    return not text.language.startswith("en"), text.field, text.text


def _group(thing: Thing) -> str:
    if thing.is_concept:
        return "concept"
    return "term" if thing.iri.startswith(ONTOLOGY) else thing.kind


def _engine(documents: Sequence[_Document]) -> sqlite3.Connection:
    engine = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    columns = ", ".join(PLACES)
    try:
        engine.execute(f"CREATE VIRTUAL TABLE texts USING fts5({columns}, tokenize = 'porter unicode61')")
    except sqlite3.OperationalError as error:
        engine.close()
        raise SpacenormsError(
            f"This Python's SQLite cannot search texts: {error}.",
            remedy="Use a Python whose sqlite3 module has FTS5, as those of python.org, Debian and conda do.",
            code="search-unavailable",
            status=501,
        ) from None
    slots = ", ".join("?" * len(PLACES))
    engine.execute("BEGIN")
    engine.executemany(
        f"INSERT INTO texts (rowid, {columns}) VALUES (?, {slots})",  # noqa: S608
        ((row, *_columns(document)) for row, document in enumerate(documents)),
    )
    engine.execute("COMMIT")
    return engine


def _columns(document: _Document) -> Iterator[str]:
    for place in PLACES:
        texts = document.texts.get(place)
        yield _END.join([for_engine(each.text) for each in texts]) if texts else ""


# Telling what was found


def _check(limit: int, offset: int) -> None:
    for name, value, least in (("limit", limit, 1), ("offset", offset, 0)):
        if value < least:
            raise BadValue(
                f"The {name} {value} is too small.", remedy=f"Give at least {least}.", parameter=name
            )


def _remarks(reading: Reading, matching: str) -> Iterator[str]:
    for each in dict.fromkeys(reading.corrections):
        yield f"“{each.given}” was read as “{each.read}”."
    for word in dict.fromkeys(reading.not_found):
        yield f"No text has the word “{word}” or one like it."
    yield from dict.fromkeys(reading.remarks)
    if matching == "any":
        yield "No text has all of these words; these have some of them."
    if not reading.words and not reading.not_found:
        yield "Write a word, a code or a phrase to look for."


def _hit(document: _Document, columns: dict[str, str]) -> Hit:
    marked = {
        place: [
            taken_apart(each.text, shown)
            for each, shown in zip(document.at(place), text.split(_END), strict=False)
        ]
        for place, text in columns.items()
    }
    name = marked["label"][0] if marked["label"] else (Piece(document.thing.label),)
    return Hit(document.thing, name, _best_passage(document, marked))


def _best_passage(document: _Document, marked: dict[str, list[tuple[Piece, ...]]]) -> Passage | None:
    """Return the text in which most words match; without a match, the first that tells what the thing is."""
    shown = (key(document.thing.label), key(document.thing.id))
    for places in (("text", "title", "label"), ("note",), ("related", "code")):
        found = [
            (len({folded(piece.text) for piece in pieces if piece.marked}), each, pieces)
            for place in places
            for each, pieces in zip(document.at(place), marked[place], strict=True)
            if each.field not in ("code", "id") and key(each.text) not in shown
        ]
        most, each, pieces = max(found, key=lambda one: one[0], default=(0, None, ()))
        if each and most:
            return Passage(each.field, each.language, cut(pieces))
    return next((_told(each) for each in document.at("text")), None)


def _told(text: _Text) -> Passage:
    return Passage(text.field, text.language, cut((Piece(text.text),)))
