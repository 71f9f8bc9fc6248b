"""Passages of texts with the words that match in them marked, as data and never as markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

#: Signs by which a search engine tells where a match begins and ends, and where a text was set apart.
OPEN, CLOSE, GAP = "\x02", "\x03", "\u200b"

_LONGEST = 280
_LEAD = 90


@dataclass(frozen=True)
class Piece:
    """A stretch of text, and whether it matches what was looked for."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Passage:
    """A part of a text of a thing.

    Attributes
    ----------
    field
        What the text is to the thing: ``definition``, ``note`` …
    language
        Its language tag; empty for codes.
    pieces
        The text in order, matching stretches apart.
    """

    field: str
    language: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The passage without marks."""
        return "".join(piece.text for piece in self.pieces)


def taken_apart(text: str, shown: str) -> tuple[Piece, ...]:
    """Return a text in pieces where an engine marked a form of it.

    Parameters
    ----------
    text
        As it is written.
    shown
        What the engine gave back: as many letters, and `OPEN`, `CLOSE` and `GAP` among them.

    Returns
    -------
    tuple of Piece
        Together the text; none of them empty.
    """
    places, position = [0], 0
    for sign in shown:
        if sign in (OPEN, CLOSE):
            places.append(position)
        elif sign != GAP:
            position += 1
    ends = [*places[1:], len(text)]
    pieces = (
        Piece(text[start:end], number % 2 == 1)
        for number, (start, end) in enumerate(zip(places, ends, strict=True))
    )
    return tuple(piece for piece in pieces if piece.text)


def cut(pieces: Sequence[Piece], longest: int = _LONGEST) -> tuple[Piece, ...]:
    """Return the part of a long text around its first match, with dots where it was cut.

    Parameters
    ----------
    pieces
        A text in pieces.
    longest
        The most letters to keep, the dots not counted.

    Returns
    -------
    tuple of Piece
        Cut between words where the words are not longer than the part itself.
    """
    text = "".join(piece.text for piece in pieces)
    if len(text) <= longest:
        return tuple(pieces)
    match = next((number for number, piece in enumerate(pieces) if piece.marked), 0)
    before = sum(len(piece.text) for piece in pieces[:match])
    start = max(0, min(before - _LEAD, len(text) - longest))
    end = start + longest
    if start:
        start = _after_space(text, start, before)
    if end < len(text):
        end = max(text.rfind(" ", start + longest // 2, end), 0) or end
    return tuple(_window(pieces, start, end, len(text)))


def _after_space(text: str, start: int, latest: int) -> int:
    space = text.find(" ", start, latest)
    return start if space < 0 else space + 1


def _window(pieces: Sequence[Piece], start: int, end: int, length: int) -> Iterator[Piece]:
    if start:
        yield Piece("…")
    position = 0
    for piece in pieces:
        text = piece.text[max(0, start - position) : max(0, end - position)]
        position += len(piece.text)
        if text:
            yield replace(piece, text=text)
    if end < length:
        yield Piece("…")
