"""Middleware that puts the security headers on every answer."""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def content_security_policy(nonce: str, *, inline_styles: bool = False) -> str:
    """Return a policy under which a page loads from this server alone.

    Parameters
    ----------
    nonce
        The word that marks the scripts and styles written into the page: ``request.state.nonce``.
    inline_styles
        Whether scripts may add style elements of their own, as some drawing libraries must.
    """
    styles = "'unsafe-inline'" if inline_styles else f"'nonce-{nonce}'"
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' {styles}; "
        "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'"
    )


class SecurityHeaders:
    """Adds the headers, and gives each request a nonce as ``request.state.nonce``.

    An answer that has a header already keeps its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", content_security_policy(nonce))
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, adding)
