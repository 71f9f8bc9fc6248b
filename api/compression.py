"""Answers sent compressed to those who ask for it (RFC 9110, section 12.5.3)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of the smallest answer that is compressed.
SMALLEST = 1_000
_LEVEL = 5

Headers = Sequence[tuple[bytes, bytes]]


def compressing(app: ASGIApp) -> ASGIApp:
    """Return what answers as another does, with gzip where it is longer than a packet."""
    from starlette.middleware.gzip import GZipResponder

    async def listing(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if "headers" in message:
                message["headers"] = list(message["headers"])  # it is changed in its place
            await send(message)

        await app(scope, receive, sending)

    return GZipResponder(listing, SMALLEST, compresslevel=_LEVEL)


def is_wanted(scope: Scope) -> bool:
    """Tell whether a request asks for it."""
    given = [value for name, value in scope["headers"] if name == b"accept-encoding"]
    return bool(given) and takes_gzip(b",".join(given).decode("latin-1"))


def varying(headers: Headers) -> Headers:
    """Return the headers of an answer that is sent as it is; they say whether others get it compressed."""
    length = next((value for name, value in headers if name == b"content-length"), b"")
    return headers if length and int(length) < SMALLEST else varied(headers, b"Accept-Encoding")


def varied(headers: Headers, name: bytes) -> list[tuple[bytes, bytes]]:
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
