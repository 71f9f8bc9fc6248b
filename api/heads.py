"""The headers of an answer, written once, as most are the same on every answer; and those of a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

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
    usual
        Lines that are the same for many answers.
    """

    __slots__ = ("length", "lines", "own", "usual")

    def __init__(self, lines: bytes, own: bytes, length: int, usual: bytes = b"") -> None:
        self.lines = lines
        self.own = own
        self.length = length
        self.usual = usual

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for line in (self.lines + self.usual + self.own).split(b"\r\n")[:-1]:
            name, _, value = line.partition(b": ")
            yield name, value

    def value(self, name: bytes) -> bytes | None:
        """Return the value of a header that belongs to the body; None when there is none."""
        _, found, rest = (b"\r\n" + self.lines).partition(b"\r\n%b: " % name)
        return rest.partition(b"\r\n")[0] if found else None


#: Sends an answer with status 200 at once; returns whether it did, else it is to be sent as ASGI has it.
Whole = Callable[[Head, bytes], bool]


def sent_whole(send: Send, head: Head, body: bytes) -> bool:
    """Send an answer at once if its sender can; return whether it did."""
    whole: Whole | None = getattr(send, "whole", None)
    return whole is not None and whole(head, body)


class Written(Response):
    """A whole answer that is data, and is shown by no browser as a page.

    Its headers are text that this program has made; they are written once, and completed as they are.

    Parameters
    ----------
    body
        The bytes.
    headers
        All but its length and its entity tag. Many answers have the same.
    tag
        Its entity tag, as `api.answercache.entity_tag` makes it; None for an answer that has none.

    Raises
    ------
    ValueError
        A header holds the end of a line.
    """

    def __init__(self, body: bytes, headers: Mapping[str, str], tag: str | None = None) -> None:
        self.status_code = 200
        self.background = None
        self.body = self._whole = body
        own = b"content-length: %d\r\n" % len(body)
        if tag is not None:
            own = b"etag: %b\r\n%b" % (tag.encode(), own)
        self.head = Head(_lines(tuple(headers.items())) + own, b"", len(body))

    @cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:  # type: ignore[override]
        """The headers as pairs; once they were asked for they may have been changed, and are what is sent."""
        return list(self.head)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, at once if the sender can send a `Whole` answer."""
        headers = self.__dict__.get("raw_headers", self.head)
        if headers is self.head and sent_whole(send, self.head, self._whole):
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._whole})


@lru_cache(maxsize=256)
def _lines(headers: tuple[tuple[str, str], ...]) -> bytes:
    lines = lines_of([(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers])
    if not are_whole(lines, len(headers)):
        raise ValueError(f"A header holds the end of a line: {headers}")
    return lines


def lines_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as lines; one that holds the end of a line is left to who sends it to refuse."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


def are_whole(lines: bytes, many: int) -> bool:
    """Tell whether so many headers are so many lines, and no value begins another."""
    return lines.count(b"\n") == lines.count(b"\r") == many and b"\0" not in lines
