"""Middleware that sends answers compressed to those who ask for it (RFC 9110, section 12.5.3)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
        elif _gzip_is_taken(scope):
            from starlette.middleware.gzip import GZipResponder

            await GZipResponder(self._app, _SMALLEST, compresslevel=_LEVEL)(scope, receive, send)
        else:
            await self._app(scope, receive, _varying(send))


def _gzip_is_taken(scope: Scope) -> bool:
    given = [value for name, value in scope["headers"] if name == b"accept-encoding"]
    return bool(given) and takes_gzip(b",".join(given).decode("latin-1"))


def _varying(send: Send) -> Send:
    """Return what tells of answers that others are sent compressed that they vary."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            length = next((value for name, value in headers if name == b"content-length"), b"")
            if not length or int(length) >= _SMALLEST:
                message["headers"] = varied(headers, b"Accept-Encoding")
        await send(message)

    return sending


def varied(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    """Return headers that say that the answer varies with a header of the request."""
    kept = [pair for pair in headers if pair[0] != b"vary"]
    given = [value for key, value in headers if key == b"vary"]
    return [*kept, (b"vary", b", ".join([*given, name]))]


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
