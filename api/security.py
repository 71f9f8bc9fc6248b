"""Middleware that puts the security headers on every answer."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable
from hashlib import blake2b

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_SECRET, _COUNT = secrets.token_bytes(32), itertools.count()
_POLICY = b"content-security-policy"

# What a browser may draw has scripts and styles; what it shows as data, or hands to a program, has none.
_SHOWN = re.compile(rb"text/html|application/xhtml|image/svg|text/css|text/javascript", re.IGNORECASE)
_FOR_DATA = (
    b"default-src 'self'; script-src 'none'; style-src 'self'; object-src 'none'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


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
        nonce = _nonce()
        scope.setdefault("state", {})["nonce"] = nonce

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _guarded(message.get("headers", ()), nonce)
            await send(message)

        await self._app(scope, receive, adding)


def _nonce() -> str:
    """Return a word that nobody can foretell."""
    return blake2b(next(_COUNT).to_bytes(8, "big"), key=_SECRET, digest_size=16).hexdigest()


def _guarded(headers: Iterable[tuple[bytes, bytes]], nonce: str) -> list[tuple[bytes, bytes]]:
    """Return headers with those that they lack."""
    given = dict(headers)
    added = [pair for pair in _HEADERS if pair[0] not in given]
    if _POLICY not in given:
        is_shown = _SHOWN.match(given.get(b"content-type", b"")) is not None
        added.append((_POLICY, content_security_policy(nonce).encode() if is_shown else _FOR_DATA))
    return [*headers, *added]
