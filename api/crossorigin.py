"""What lets the pages of other sites read the answers (CORS): they are open to everyone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.heads import lines_of

_ORIGIN, _METHOD, _HEADERS = b"origin", b"access-control-request-method", b"access-control-request-headers"
_DAY = b"86400"


class CrossOrigin:
    """Says that any site may read an answer, and what a site may send.

    Nothing is ever answered by a cookie, so that no site gains more than anyone has.

    Parameters
    ----------
    methods
        That other sites may use.
    exposed
        Headers of an answer that they may read.

    Attributes
    ----------
    headers, lines
        That stand on every answer.

    References
    ----------
    Fetch Standard, WHATWG, section 3.3, HTTP-CORS protocol.
    """

    def __init__(self, methods: Sequence[str], exposed: Sequence[str]) -> None:
        self._methods = ", ".join(methods).encode()
        self.headers = (
            (b"access-control-allow-origin", b"*"),
            (b"access-control-expose-headers", ", ".join(exposed).encode()),
        )
        self.lines = lines_of(self.headers)

    def preflight(self, asked: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]] | None:
        """Return the headers of the answer to who asks before he sends; None for any other request."""
        if _ORIGIN not in asked or _METHOD not in asked:
            return None
        sent = [
            (b"access-control-allow-methods", self._methods),
            (b"access-control-max-age", _DAY),
            (b"content-length", b"0"),
        ]
        if wanted := asked.get(_HEADERS):
            sent += [(b"access-control-allow-headers", wanted), (b"vary", _HEADERS)]
        return sent
