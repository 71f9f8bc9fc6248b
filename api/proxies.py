"""Middleware that believes what a trusted proxy says of the client."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


class Proxies:
    """Takes the client's address and scheme from the headers of a trusted proxy, where there are any.

    Parameters
    ----------
    app
        What answers.
    trusted
        Addresses and networks of the proxies.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[object]) -> None:
        self._app = app
        self._believing = ProxyHeadersMiddleware(app, [str(each) for each in trusted])  # type: ignore[arg-type]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        for name, _ in scope["headers"]:
            if name.startswith(b"x-forwarded-"):
                return self._believing(scope, receive, send)  # type: ignore[arg-type]
        return self._app(scope, receive, send)
