"""Middleware that answers a question asked before with the same bytes, before anything else looks at it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answercache import AnswerCache, edition, is_known

_PATHS = ("/sparql", "/queries/")
_KEPT_WITH_304 = frozenset({b"etag", b"cache-control", b"vary", b"link"})


@dataclass(frozen=True)
class _Kept:
    tag: str
    start: Message
    body: Message

    async def send(self, send: Send, wanted: str | None) -> None:
        if is_known(wanted, self.tag):
            headers = [pair for pair in self.start["headers"] if pair[0] in _KEPT_WITH_304]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        # Middleware further out adds to the headers, so each answer has a list of its own.
        await send({**self.start, "headers": list(self.start["headers"])})
        await send(dict(self.body))


@dataclass
class _Recording:
    """What is sent, as long as it can be kept: one body behind an entity tag."""

    send: Send
    messages: list[Message] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        if len(self.messages) < 3:
            kept = {**message, "headers": list(message["headers"])} if "headers" in message else message
            self.messages.append(dict(kept))
        await self.send(message)

    def kept(self) -> _Kept | None:
        if len(self.messages) != 2 or self.messages[1].get("more_body"):
            return None
        start, body = self.messages
        tag = Headers(raw=start["headers"]).get("etag")
        return _Kept(tag, start, body) if tag and start["status"] == 200 else None


class RepeatedAnswers:
    """Keeps whole answers, headers and all, that have an entity tag, for as long as the data stay the same.

    Parameters
    ----------
    app
        What is asked the first time.
    answers
        Where they are kept.
    """

    def __init__(self, app: ASGIApp, answers: AnswerCache) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = _key(scope, headers)
        kept = self._answers.get(key)
        if kept is not None:
            await kept.send(send, headers.get("if-none-match"))
            return
        recording = _Recording(send)
        await self._app(scope, receive, recording)
        found = recording.kept()
        if found is not None and key == _key(scope, headers):
            self._answers.put(key, found, len(found.body.get("body", b"")) + len(scope["query_string"]))


def _key(scope: Scope, headers: Headers) -> Hashable:
    """Return all that the answer depends on; an answer without an entity tag is never kept."""
    asked = (scope["path"], scope["query_string"], headers.get("accept"), headers.get("accept-encoding"))
    return ("request", edition(HTTPConnection(scope).app.state.graph), *asked)
