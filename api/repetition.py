"""Middleware that answers a question asked before with the same bytes, before anything else looks at it.

It stands outside of all other middleware, so that what those add is kept too. What they do for each request
is done here by their own functions: it is counted against the limits, has an id, and is logged and measured.
"""

from __future__ import annotations

from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from api.answercache import edition, is_known
from api.envelope import Envelope, Reply
from api.heads import Head, sent_whole
from api.limits import Limits
from api.logs import RequestLog, route_of

_PATHS = ("/sparql", "/queries/")
_METHODS = ("GET", "HEAD")
_REQUEST_ID = b"x-request-id"
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"content-disposition"})

#: What an answer may depend on beside its address.
_ASKED = (b"accept", b"accept-encoding", b"host")
#: Who sends one of these may be answered in another way than others.
_PERSONAL = frozenset({b"cookie", b"authorization", b"range", b"expect"})
_ABSENT = b"\r"

# An answer as it was sent, whole and without its id: the lines of its own headers, an empty line, and its
# body if that is short; a long body, which is in memory once for all who keep it; the template of its route;
# and the lines that others have too. The fewer pieces of memory live on, the less of what all requests need
# is pushed out of the processor's cache. Nothing but text and bytes is kept, since the collector of garbage
# need not look at those: it would hold up every other answer to walk thousands.
_Kept = tuple[bytes, bytes, str, bytes]
_SHORT = 2**10
_EMPTY_LINE = b"\r\n"
_END_OF_LINES = b"\r\n" + _EMPTY_LINE


def _kept(reply: Reply, scope: Scope) -> _Kept | None:
    """Return an answer as it can be kept: one body behind an entity tag; None for any other."""
    head, body = reply.head, reply.body
    if reply.status != 200 or head is None or body is None or not reply.is_whole or not _has_tag(head):
        return None
    if len(body) > _SHORT:
        return head.lines + _EMPTY_LINE, body, route_of(scope), head.usual
    return b"".join((head.lines, _EMPTY_LINE, body)), b"", route_of(scope), head.usual


def _tag(head: Head) -> str | None:
    found = head.value(b"etag")
    return None if found is None else found.decode("latin-1")


def _has_tag(head: Head) -> bool:
    return b"\r\netag: " in head.lines or head.lines.startswith(b"etag: ")


class RepeatedAnswers:
    """Keeps whole answers, headers and all, that have an entity tag, for as long as the data stay the same.

    Parameters
    ----------
    envelope
        Answers what is asked the first time.
    state
        Holds the ``graph`` whose edition an answer belongs to, and the ``answers``.
    log, limits
        The middleware further in that does the same for all other requests.
    """

    def __init__(self, envelope: Envelope, state: State, log: RequestLog, limits: Limits) -> None:
        self._envelope = envelope
        self._state = state
        self._log = log
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in _METHODS or not scope["path"].startswith(_PATHS):
            await self._envelope(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = self._key(scope, headers)
        kept = None if key is None else self._state.answers.get(key)
        if kept is not None:
            client = self._limits.client(scope)
            if self._limits.admits(client):
                await self._repeat(kept, client, scope, headers, send)
                return
        graph = self._state.graph
        reply = await self._envelope.answer(scope, headers, receive, send)
        if key is not None and scope["method"] == "GET" and graph is self._state.graph:
            found = _kept(reply, scope)
            if found is not None:
                self._state.answers.put(key, found, len(found[0]) + len(found[1]) + len(key))

    def _key(self, scope: Scope, headers: dict[bytes, bytes]) -> bytes | None:
        """Return all that the answer depends on; None where more may count."""
        made = edition(self._state.graph)
        # of a header that is sent twice, others may read the one that is not looked at here
        if made is None or len(headers) != len(scope["headers"]) or not _PERSONAL.isdisjoint(headers):
            return None
        # Nothing but a path, which was decoded, can hold the end of a line, and it stands last.
        accept, encoding, host = (headers.get(name, _ABSENT) for name in _ASKED)
        where = f"{scope['scheme']}\n{scope.get('root_path', '')}\n{scope['path']}"
        asked = made, accept, encoding, host, scope["query_string"], where.encode("utf-8", "surrogatepass")
        return b"\n".join(asked)

    async def _repeat(
        self, kept: _Kept, client: str | None, scope: Scope, headers: dict[bytes, bytes], send: Send
    ) -> None:
        """Send what is kept, or that the client has it already."""
        first, long_body, route, usual = kept
        end = first.index(_END_OF_LINES) + len(_EMPTY_LINE)
        lines, body = first[:end], long_body or first[end + len(_EMPTY_LINE) :]
        answered = self._log.begin(scope, headers.get(_REQUEST_ID))
        wanted = headers.get(b"if-none-match")
        head = Head(lines, b"x-request-id: %b\r\n" % answered.request_id.encode(), len(body), usual)
        is_new = wanted is None or not is_known(wanted.decode("latin-1"), _tag(head))
        sent = head if is_new else [pair for pair in head if pair[0] not in _OF_THE_BODY]
        if not is_new or scope["method"] != "GET":
            body = b""
        answered.status = 200 if is_new else 304
        answered.bytes = len(body)
        answered.route = route
        self._limits.enter(client)
        try:
            if not (isinstance(sent, Head) and sent_whole(send, sent, body)):
                await send({"type": "http.response.start", "status": answered.status, "headers": sent})
                await send({"type": "http.response.body", "body": body})
        finally:
            self._limits.leave(client)
            self._log.end(answered)
