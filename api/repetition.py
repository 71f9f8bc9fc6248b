"""Middleware that answers a question asked before with the same bytes, before anything else looks at it.

It stands outside of all other middleware, so that what those add is kept too. What they do for each request
is done here by their own functions: it is counted against the limits, has an id, and is logged and measured.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answercache import edition, is_known
from api.heads import Head, lines_of
from api.limits import Limits
from api.logs import RequestLog
from api.metrics import route_of

_PATHS = ("/sparql", "/queries/")
_METHODS = ("GET", "HEAD")
_REQUEST_ID = b"x-request-id"
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"content-disposition"})

#: What an answer may depend on beside its address.
_ASKED = (b"accept", b"accept-encoding", b"host")
#: Who sends one of these may be answered in another way than others.
_PERSONAL = frozenset({b"cookie", b"authorization", b"range", b"expect"})

# An answer as it was sent, whole and without its id: its entity tag, its body, the template of its route, and
# the lines of its headers. Nothing but text and bytes is kept, since the collector of garbage need not look
# at those: it would hold up every other answer to walk thousands.
_Kept = tuple[str, bytes, str, bytes]


@dataclass(slots=True)
class _Recording:
    """What is sent, as long as it can be kept: one body behind an entity tag."""

    send: Send
    status: int = 0
    head: Head | None = None
    bodies: list[bytes] = field(default_factory=list)
    is_whole: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.head = head if isinstance(head := message.get("headers"), Head) else None
        elif message["type"] == "http.response.body" and len(self.bodies) < 2:
            self.bodies.append(message.get("body", b""))
            self.is_whole = not message.get("more_body")
        await self.send(message)

    def kept(self, scope: Scope) -> _Kept | None:
        if self.status != 200 or self.head is None or len(self.bodies) != 1 or not self.is_whole:
            return None
        tag = self.head.value(b"etag")
        if tag is None:
            return None
        return (tag.decode("latin-1"), self.bodies[0], route_of(scope), self.head.lines)


class RepeatedAnswers:
    """Keeps whole answers, headers and all, that have an entity tag, for as long as the data stay the same.

    Parameters
    ----------
    app
        What is asked the first time.
    state
        Holds the ``graph`` whose edition an answer belongs to, and the ``answers``.
    log, limits
        The middleware further in that does the same for all other requests.
    """

    def __init__(self, app: ASGIApp, state: State, log: RequestLog, limits: Limits) -> None:
        self._app = app
        self._state = state
        self._log = log
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in _METHODS or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = self._key(scope, headers)
        kept = None if key is None else self._state.answers.get(key)
        if kept is not None:
            client = self._limits.client(scope)
            if self._limits.admits(client):
                await self._repeat(kept, client, scope, headers, send)
                return
        if key is None or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        recording, graph = _Recording(send), self._state.graph
        await self._app(scope, receive, recording)
        found = recording.kept(scope)
        if found is not None and graph is self._state.graph:
            self._state.answers.put(key, found, len(found[1]) + len(scope["query_string"]))

    def _key(self, scope: Scope, headers: dict[bytes, bytes]) -> Hashable:
        """Return all that the answer depends on; None where more may count."""
        made = edition(self._state.graph)
        # of a header that is sent twice, others may read the one that is not looked at here
        if made is None or len(headers) != len(scope["headers"]) or not _PERSONAL.isdisjoint(headers):
            return None
        asked = (scope["path"], scope["query_string"], scope["scheme"], scope.get("root_path"))
        return (made, asked, *map(headers.get, _ASKED))

    async def _repeat(
        self, kept: _Kept, client: str | None, scope: Scope, headers: dict[bytes, bytes], send: Send
    ) -> None:
        """Send what is kept, or that the client has it already."""
        tag, body, route, lines = kept
        answered = self._log.begin(scope, headers.get(_REQUEST_ID))
        wanted = headers.get(b"if-none-match")
        is_new = wanted is None or not is_known(wanted.decode("latin-1"), tag)
        head = Head(lines, lines_of(((_REQUEST_ID, answered.request_id.encode()),)), len(body))
        sent = head if is_new else [pair for pair in head if pair[0] not in _OF_THE_BODY]
        if not is_new or scope["method"] != "GET":
            body = b""
        answered.status = 200 if is_new else 304
        answered.bytes = len(body)
        answered.route = route
        self._limits.enter(client)
        try:
            await send({"type": "http.response.start", "status": answered.status, "headers": sent})
            await send({"type": "http.response.body", "body": body})
        finally:
            self._limits.leave(client)
            self._log.end(answered)
