"""Middleware that lets the pages of other sites read the answers (CORS): they are open to everyone."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ORIGIN, _METHOD, _HEADERS = b"origin", b"access-control-request-method", b"access-control-request-headers"
_DAY = b"86400"


class CrossOrigin:
    """Says on every answer that any site may read it, and answers who asks before it sends.

    Nothing is ever answered by a cookie, so that no site gains more than anyone has.

    Parameters
    ----------
    app
        What answers.
    methods
        That other sites may use.
    exposed
        Headers of an answer that they may read.

    References
    ----------
    Fetch Standard, WHATWG, section 3.3, HTTP-CORS protocol.
    """

    def __init__(self, app: ASGIApp, methods: Sequence[str], exposed: Sequence[str]) -> None:
        self._app = app
        self._methods = ", ".join(methods).encode()
        self._added = (
            (b"access-control-allow-origin", b"*"),
            (b"access-control-expose-headers", ", ".join(exposed).encode()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            asked = dict(scope["headers"])
            if _ORIGIN in asked and _METHOD in asked:
                await self._allow(asked.get(_HEADERS, b""), send)
                return

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._added]
            await send(message)

        await self._app(scope, receive, adding)

    async def _allow(self, headers: bytes, send: Send) -> None:
        sent = [
            *self._added,
            (b"access-control-allow-methods", self._methods),
            (b"access-control-max-age", _DAY),
            (b"content-length", b"0"),
        ]
        if headers:
            sent += [(b"access-control-allow-headers", headers), (b"vary", _HEADERS)]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": b""})
