"""The headers of an answer, written once, as most are the same on every answer; and those of a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from starlette.types import Scope

Pairs = Sequence[tuple[bytes, bytes]]


def sent(scope: Scope, name: bytes) -> str | None:
    """Return the value of a header of a request, the first if there are several; None when there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


class Head:
    """Headers of an answer as the lines in which they are sent.

    Who does not know of it meets pairs of names and values, as ASGI has them.

    Parameters
    ----------
    lines
        As `lines_of` writes them; the same for every answer with this body.
    own
        Lines of this answer alone.
    length
        The length of the body in bytes.
    """

    __slots__ = ("length", "lines", "own")

    def __init__(self, lines: bytes, own: bytes, length: int) -> None:
        self.lines = lines
        self.own = own
        self.length = length

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for line in (self.lines + self.own).split(b"\r\n")[:-1]:
            name, _, value = line.partition(b": ")
            yield name, value

    def value(self, name: bytes) -> bytes | None:
        """Return the value of a header; None when there is none."""
        _, found, rest = (b"\r\n" + self.lines).partition(b"\r\n%b: " % name)
        return rest.partition(b"\r\n")[0] if found else None


def lines_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as lines; one that holds the end of a line is left to who sends it to refuse."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


def are_whole(lines: bytes, many: int) -> bool:
    """Tell whether so many headers are so many lines, and no value begins another."""
    return lines.count(b"\n") == lines.count(b"\r") == many and b"\0" not in lines
