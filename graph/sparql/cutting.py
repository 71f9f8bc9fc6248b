"""Ends an answer that grows beyond what a caller may have, at the end of a row, so that it still reads.

The engine writes an answer piece by piece; what is written passes through here on its way. Rows are counted
in the bytes, since the engine writes a table several times faster than Python reads its terms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

#: The reasons for which an answer is cut.
ROWS, BYTES = "rows", "bytes"
#: Formats of graphs in which a comment at the end can tell that there was more, with its beginning and end.
COMMENTS = {
    "text/turtle": ("# ", "\n"),
    "application/trig": ("# ", "\n"),
    "application/n-triples": ("# ", "\n"),
    "application/n-quads": ("# ", "\n"),
    "application/rdf+xml": ("\n<!-- ", " -->\n"),
}

_PIECE = 128 * 2**10
#: What a serializer of graphs may still hold back, and write when it is ended.
_HELD_BACK = 16 * 2**10


@dataclass(frozen=True)
class Most:
    """The most that an answer may hold: rows of a table or statements of a graph, and bytes."""

    rows: int
    bytes: int

    def told(self, reason: str) -> str:
        """Return a sentence for an answer that was cut."""
        return f"This answer was cut at the limit of {self.rows if reason == ROWS else self.bytes} {reason}."


class Cut(Exception):
    """Ends the writing of an answer of which the caller has had enough."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Table:
    """How the engine writes the rows of a table in one format.

    Attributes
    ----------
    closing
        What it writes behind the last row.
    """

    closing = b""

    def head(self, written: bytes) -> int:
        """Return where the first row begins; 0 where the head has not been written to its end."""
        raise NotImplementedError

    def most(self, written: bytes) -> int:
        """Return a number that the rows in some bytes are no more than, fast."""
        raise NotImplementedError

    def ends(self, written: bytes, begin: int) -> Iterator[int]:
        """Yield where each row that is whole ends, from where one begins."""
        raise NotImplementedError

    def tally(self, written: bytes, begin: int) -> tuple[int, int]:
        """Return how many rows `ends` yields, and the last of its ends (or `begin`), fast if possible."""
        rows, end = 0, begin
        for rows, end in enumerate(self.ends(written, begin), 1):  # noqa: B007
            pass
        return rows, end

    def follows(self, written: bytes, end: int) -> bool:
        """Tell whether another row begins behind one that ended."""
        raise NotImplementedError


class _Lines(_Table):
    """Rows that are lines: TSV, and N-Triples and N-Quads, which have no head."""

    def __init__(self, has_head: bool) -> None:
        self._has_head = has_head

    def head(self, written: bytes) -> int:
        return written.find(b"\n") + 1 if self._has_head else 0

    def most(self, written: bytes) -> int:
        return written.count(b"\n")

    def ends(self, written: bytes, begin: int) -> Iterator[int]:
        return (found.end() for found in re.compile(rb"\n").finditer(written, begin))

    def tally(self, written: bytes, begin: int) -> tuple[int, int]:
        return written.count(b"\n", begin), max(begin, written.rfind(b"\n") + 1)

    def follows(self, written: bytes, end: int) -> bool:
        return end < len(written)


class _Csv(_Lines):
    """Lines, apart from breaks within quotes."""

    _ROW = re.compile(rb'(?:[^"\n]++|"[^"]*+")*+\n')

    def __init__(self) -> None:
        super().__init__(True)

    def ends(self, written: bytes, begin: int) -> Iterator[int]:
        if b'"' not in written:
            yield from super().ends(written, begin)
            return
        while found := self._ROW.match(written, begin):
            begin = found.end()
            yield begin

    def tally(self, written: bytes, begin: int) -> tuple[int, int]:
        # Every other part stands between quotes.
        parts = written[begin:].split(b'"')
        rows, end = b"".join(parts[::2]).count(b"\n"), len(written)
        for number in range(len(parts) - 1, -1, -1):
            end -= len(parts[number])
            if number % 2 == 0 and (found := parts[number].rfind(b"\n")) >= 0:
                return rows, end + found + 1
            end -= 1
        return 0, begin


class _Xml(_Table):
    closing = b"</results></sparql>"
    _END = re.compile(rb"</result>")

    def head(self, written: bytes) -> int:
        return found + 9 if (found := written.find(b"<results>")) >= 0 else 0

    def most(self, written: bytes) -> int:
        return written.count(b"<result>")

    def ends(self, written: bytes, begin: int) -> Iterator[int]:
        return (found.end() for found in self._END.finditer(written, begin))

    def tally(self, written: bytes, begin: int) -> tuple[int, int]:
        end = written.rfind(b"</result>")
        return written.count(b"</result>", begin), max(begin, end + 9 if end >= 0 else 0)

    def follows(self, written: bytes, end: int) -> bool:
        return written.startswith(b"<result>", end)


class _Json(_Table):
    closing = b"]}}"
    _TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
    # An object that holds objects, down to triples within triples.
    _OBJECT = rb"[^\s\S]"
    for _ in range(12):
        _OBJECT = rb'\{(?:[^"{}]++|' + _TEXT + rb"|" + _OBJECT + rb")*+\}"
    del _
    _ROW = re.compile(rb",?" + _OBJECT, re.S)
    _BETWEEN = re.compile(rb'\}\}(?=,\{")')
    _IN_TEXT = re.compile(rb'\{"[},]')

    def head(self, written: bytes) -> int:
        return found + 12 if (found := written.find(b'"bindings":[')) >= 0 else 0

    def most(self, written: bytes) -> int:
        return written.count(b"},{") + 1

    def ends(self, written: bytes, begin: int) -> Iterator[int]:
        if self._borders(written) is not None:
            # The last row is whole only if another begins: a piece may end in the middle of either.
            return (found.end() for found in self._BETWEEN.finditer(written, begin))
        return self._counted(written, begin)

    def tally(self, written: bytes, begin: int) -> tuple[int, int]:
        borders = self._borders(written)
        if borders is None:
            return super().tally(written, begin)
        return borders, max(begin, written.rfind(b'}},{"') + 2)

    def _borders(self, written: bytes) -> int | None:
        """Return how many rows end before another; None where a text looks as if a row ended in it."""
        borders = written.count(b'}},{"')
        # Behind a text that ends in such signs comes the end of its object or another member.
        if borders != written.count(b"},{") or self._IN_TEXT.search(written):
            return None
        return borders

    def _counted(self, written: bytes, begin: int) -> Iterator[int]:
        while found := self._ROW.match(written, begin):
            begin = found.end()
            yield begin

    def follows(self, written: bytes, end: int) -> bool:
        return written.startswith(b",", end)


_TABLES: dict[str, _Table] = {
    "application/sparql-results+json": _Json(),
    "application/sparql-results+xml": _Xml(),
    "text/csv": _Csv(),
    "text/tab-separated-values": _Lines(True),
    "application/n-triples": _Lines(False),
    "application/n-quads": _Lines(False),
}


class Writer:
    """The file that the engine writes an answer to: sends pieces of whole rows, until there are enough.

    Parameters
    ----------
    send
        Takes the pieces of a long answer, but for the last.
    media_type
        What the engine writes.
    most
        What the answer may hold.

    Attributes
    ----------
    rest
        What was not sent.
    """

    def __init__(self, send: Callable[[bytearray], None], media_type: str, most: Most) -> None:
        self.rest = bytearray()
        self.length = 0
        self._send = send
        self._table = _TABLES.get(media_type)
        self._most = most
        self._rows = 0
        self._sent = 0
        self._has_begun = False
        self._is_over = False
        self._enough = _PIECE

    def write(self, written: bytes) -> int:
        """Take what the engine has written; raise `Cut` when it is enough."""
        if self._is_over:  # the engine lets go of what it had in hand
            return len(written)
        self.rest += written
        self.length += len(written)
        if len(self.rest) >= self._enough:
            self._pass_on()
            # A row that is longer than a piece is not looked through again for each thing added to it.
            self._enough = max(_PIECE, 2 * len(self.rest))
        return len(written)

    def flush(self) -> None:
        """Send nothing: the last piece goes with the status."""

    def finish(self) -> None:
        """Look over what is left once the engine has written all; raise `Cut` when it is too much."""
        table = self._table
        if table is not None and (
            self._sent + len(self.rest) > self._most.bytes
            or self._rows + table.most(bytes(self.rest)) > self._most.rows
        ):
            self._end_of_rows()

    def _pass_on(self) -> None:
        end = len(self.rest) if self._table is None else self._end_of_rows()
        if end:
            self._sent += end
            self._send(self.rest[:end])
            del self.rest[:end]

    def _end_of_rows(self) -> int:
        """Count the rows; return where the last whole one ends, or cut where there are enough."""
        table, rest, most = self._table, bytes(self.rest), self._most
        assert table is not None  # noqa: S101 - graphs are counted before they are written
        begin = 0 if self._has_begun else table.head(rest)
        self._has_begun = self._has_begun or begin > 0
        if self._sent + len(rest) <= most.bytes:
            rows, end = table.tally(rest, begin)
            if self._rows + rows < most.rows:
                self._rows += rows
                return end
        end, left = begin, most.bytes - self._sent - len(table.closing)
        for each in table.ends(rest, begin):
            if each > left:
                self._cut(end, BYTES)
            end = each
            self._rows += 1
            if self._rows >= most.rows and table.follows(rest, end):
                self._cut(end, ROWS)
        if self._sent + len(rest) > most.bytes:
            self._cut(end, BYTES)
        return end

    def _cut(self, end: int, reason: str) -> None:
        assert self._table is not None  # noqa: S101 - as before
        del self.rest[end:]
        self.rest += self._table.closing
        self._is_over = True
        raise Cut(reason)


def write(
    answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples,
    media_type: str,
    most: Most,
    send: Callable[[bytearray], None],
) -> tuple[bytearray, str | None]:
    """Write an answer, or as much of it as there may be.

    Parameters
    ----------
    answer
        Of the engine.
    media_type
        One of the formats for its kind.
    most
        What it may hold; of rows at least one.
    send
        Takes the pieces of a long answer, but for the last.

    Returns
    -------
    rest
        The last piece.
    reason
        `ROWS` or `BYTES` where there was more; None where the answer is whole.
    """
    return _written(answer, media_type, most, Writer(send, media_type, most))


def _written(
    answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples | bytes,
    media_type: str,
    most: Most,
    writer: Writer,
) -> tuple[bytearray, str | None]:
    try:
        if isinstance(answer, bytes):
            writer.write(answer)
        elif isinstance(answer, ox.QueryTriples):
            _write_graph(answer, media_type, most, writer)
        else:
            results = ox.QueryResultsFormat.from_media_type(media_type)
            answer.serialize(writer, format=results)  # type: ignore[arg-type]
        writer.finish()
    except Cut as cut:
        begin, end = COMMENTS.get(media_type, ("", ""))
        if begin:
            writer.rest += f"{begin}{most.told(cut.reason)}{end}".encode()
        return writer.rest, cut.reason
    return writer.rest, None


def _write_graph(triples: ox.QueryTriples, media_type: str, most: Most, writer: Writer) -> None:
    form = ox.RdfFormat.from_media_type(media_type)
    if media_type in _TABLES:
        triples.serialize(writer, format=form)  # type: ignore[arg-type]
        return
    limited = _Limited(triples, most, writer)
    ox.serialize(limited, writer, format=form)  # type: ignore[arg-type]
    if limited.reason:
        raise Cut(limited.reason)


class _Limited:
    """Some of the triples, so that the serializer closes what it has opened."""

    def __init__(self, triples: Iterable[ox.Triple], most: Most, writer: Writer) -> None:
        self.reason: str | None = None
        self._triples = triples
        self._most = most
        self._writer = writer

    def __iter__(self) -> Iterator[ox.Triple]:
        enough = max(1, self._most.bytes - _HELD_BACK)
        for number, triple in enumerate(self._triples):
            if number >= self._most.rows:
                self.reason = ROWS
                return
            if self._writer.length >= enough:
                self.reason = BYTES
                return
            yield triple


def whole(body: bytes, media_type: str, most: Most) -> tuple[bytes, str | None]:
    """Cut an answer that another engine has written; parameters and results as `write`."""
    results = ox.QueryResultsFormat.from_media_type(media_type)
    if len(body) <= most.bytes and _rows_at_most(body, is_table=results is not None) <= most.rows:
        return body, None
    gathered: list[bytes] = []
    writer = Writer(lambda piece: gathered.append(bytes(piece)), media_type, most)
    if results is None:
        form = ox.RdfFormat.from_media_type(media_type)
        limited = _Limited((quad.triple for quad in ox.parse(body, format=form)), most, writer)
        ox.serialize(limited, writer, format=form)  # type: ignore[arg-type]
        rest, reason = writer.rest, limited.reason
    else:
        # A table in CSV cannot be read back, as it does not tell addresses from texts.
        parsed = body if media_type == "text/csv" else ox.parse_query_results(body, format=results)
        rest, reason = _written(parsed, media_type, most, writer)
    return (b"".join((*gathered, rest)), reason) if reason else (body, None)


def _rows_at_most(body: bytes, *, is_table: bool) -> int:
    if is_table:
        return body.count(b"\n") + body.count(b"},") + body.count(b"<result>") + 1
    return len(body) // 2
