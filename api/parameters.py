"""The parameters in the address of a request."""

from __future__ import annotations

from binascii import a2b_qp
from urllib.parse import unquote_to_bytes


def pairs(query_string: bytes) -> list[tuple[str, str]]:
    """Return names and values as `urllib.parse.parse_qsl` does, blank values too, in a tenth of the time.

    Parameters
    ----------
    query_string
        What follows the question mark, percent-encoded UTF-8.

    Examples
    --------
    >>> pairs(b"query=ASK%20%7B%7D&limit=")
    [('query', 'ASK {}'), ('limit', '')]
    """
    found = []
    for piece in query_string.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            found.append((_decoded(name), _decoded(value)))
    return found


def names(query_string: bytes) -> set[str]:
    """Return the names alone."""
    return {_decoded(piece.partition(b"=")[0]) for piece in query_string.split(b"&")}


def _decoded(piece: bytes) -> str:
    if b"+" in piece:
        piece = piece.replace(b"+", b" ")
    if b"%" in piece:
        # Quoted-printable is percent-encoding with another sign, and the standard library reads it in C. The
        # two differ in what is no escape, which makes another length, and at the end of a line.
        escaped = piece.replace(b"=", b"%3D")
        found = a2b_qp(escaped.replace(b"%", b"="))
        is_sound = len(found) == len(escaped) - 2 * escaped.count(b"%") and b"\n" not in piece
        piece = found if is_sound else unquote_to_bytes(piece)
    return piece.decode("utf-8", "replace")
