"""Middleware that sends answers compressed to those who ask for it (RFC 9110, section 12.5.3)."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

_SMALLEST = 1_000
_LEVEL = 5


class Compression:
    """Compresses with gzip what is longer than a packet and is not compressed yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif takes_gzip(Headers(scope=scope).get("accept-encoding")):
            await GZipResponder(self._app, _SMALLEST, compresslevel=_LEVEL)(scope, receive, send)
        else:
            await IdentityResponder(self._app, _SMALLEST)(scope, receive, send)


def takes_gzip(accepted: str | None) -> bool:
    """Tell whether an Accept-Encoding header allows gzip; without one the answer is sent as it is."""
    allowed = dict(_coding(part) for part in (accepted or "").split(","))
    return allowed.get("gzip", allowed.get("x-gzip", allowed.get("*", False)))


def _coding(part: str) -> tuple[str, bool]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    is_refused = any(
        value.strip().rstrip("0").rstrip(".") in ("", "0") and value.strip() != ""
        for key, _, value in (each.partition("=") for each in parameters)
        if key.strip() == "q"
    )
    return name, not is_refused
