"""The middleware that gives every answer what all of them have: an id, headers, a line in the log.

It does in one layer what would otherwise be seven, each of which would cost a cheap question about as much
as the question itself: it counts a request against the limits and among those of its graph, says on the
answer who may read and keep it, compresses it, answers for what nobody foresaw, and notes how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import compression, security
from api.crossorigin import CrossOrigin
from api.heads import Head, Pairs, are_whole, lines_of, sent_whole
from api.limits import Limits
from api.logs import REQUEST_ID, Answered, RequestLog
from api.problems import answer_unexpected, problem_response
from api.reload import Generation, Reloader
from graph.sparql.caller import CALLER, Caller


class Envelope:
    """Answers requests within their limits, and completes the answers.

    Parameters
    ----------
    app
        What answers.
    log
        Gives requests their ids, and is told of them.
    limits
        What a client may take.
    cors
        Tells other sites what they may read.
    reloader
        Counts the requests of each graph, so that a replaced one is kept for its last.
    """

    def __init__(
        self, app: ASGIApp, log: RequestLog, limits: Limits, cors: CrossOrigin, reloader: Reloader
    ) -> None:
        self._app = app
        self._log = log
        self._limits = limits
        self._cors = cors
        #: What stands on every answer that is data; kept answers have it in common.
        self._usual = cors.lines + security.LINES
        self._reloader = reloader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self.answer(scope, dict(scope["headers"]), receive, send)
        else:
            await self._app(scope, receive, send)

    async def answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> Reply:
        """Answer one request over HTTP, and return what was sent."""
        answered = self._log.begin(scope, headers.get(b"x-request-id"))
        reply = Reply(send, scope, answered, self._reloader.generation, self._cors, self._usual)
        tokens = REQUEST_ID.set(answered.request_id), CALLER.set(caller := Caller(outcomes=answered.outcomes))
        try:
            if scope["method"] == "OPTIONS" and (allowed := self._cors.preflight(headers)) is not None:
                await _send_empty(reply, allowed)
            else:
                await self._within_limits(scope, headers, receive, reply, caller)
        finally:
            self._log.end(answered)
            REQUEST_ID.reset(tokens[0])
            CALLER.reset(tokens[1])
        return reply

    async def _within_limits(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, reply: Reply, caller: Caller
    ) -> None:
        client = self._limits.client(scope)
        refusal = self._limits.refusal(scope, headers, client)
        if refusal:
            await problem_response(Request(scope), refusal, {"Connection": "close"})(scope, receive, reply)
            return
        caller.name = client
        generation = reply.generation
        generation.running += 1
        self._limits.enter(client)
        try:
            app = self._app
            if b"accept-encoding" in headers and compression.is_wanted(scope):
                reply.is_compressed, app = True, compression.compressing(app)
            await app(scope, self._limits.counting(receive, scope), reply)
        except Exception:
            if not await answer_unexpected(scope, receive, reply, is_begun=reply.is_begun):
                raise
        finally:
            self._limits.leave(client)
            generation.running -= 1
            generation.settle()


class Reply:
    """Sends an answer, with all that an answer of this server has.

    Attributes
    ----------
    status
        Its HTTP status; 0 before it is begun.
    head
        Its headers, where they could be written as lines.
    body
        The first of the pieces of its body.
    is_whole
        Whether that is all of it.
    """

    __slots__ = (
        "_answered", "_cors", "_scope", "_send", "_usual", "body", "generation", "head", "is_compressed",
        "is_whole", "status",
    )  # fmt: skip

    def __init__(
        self,
        send: Send,
        scope: Scope,
        answered: Answered,
        generation: Generation,
        cors: CrossOrigin,
        usual: bytes,
    ) -> None:
        self._send = send
        self._scope = scope
        self._answered = answered
        self._cors = cors
        self._usual = usual
        self.generation = generation
        self.is_compressed = False
        self.status = 0
        self.head: Head | None = None
        self.body: bytes | None = None
        self.is_whole = False

    @property
    def is_begun(self) -> bool:
        """Whether a part of it was sent."""
        return self.status > 0

    async def __call__(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.status = self._answered.status = message["status"]
            self._complete(message)
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self._answered.bytes += len(body)
            self.is_whole = self.body is None and not message.get("more_body")
            if self.body is None:
                self.body = body
        await self._send(message)

    def whole(self, head: Head, body: bytes) -> bool:
        """Send a whole answer that is data at once, as `api.heads.Whole` says."""
        if self.is_begun or self.is_compressed or not self._is_completed_by_usual(head):
            return False
        completed = self._completed(head)
        if not sent_whole(self._send, completed, body):
            return False
        self.status = self._answered.status = 200
        self._answered.bytes += len(body)
        self.head, self.body, self.is_whole = completed, body, True
        return True

    def _is_completed_by_usual(self, head: Head) -> bool:
        """Tell whether an answer that is data lacks nothing but what is usual."""
        return head.length < compression.SMALLEST and not self.generation.is_replaced

    def _completed(self, head: Head) -> Head:
        own = b"x-request-id: %b\r\n" % self._answered.request_id.encode()
        return Head(head.lines, own, head.length, self._usual)

    def _complete(self, message: Message) -> None:
        given = message.get("headers", ())
        if isinstance(given, Head) and self._is_completed_by_usual(given):
            message["headers"] = self.head = self._completed(given)
            return
        own = (b"x-request-id", self._answered.request_id.encode())
        given = list(given)
        if self.generation.is_replaced:
            # What was begun with the old graph may have been ended with the new one, and is the answer
            # of neither, so that nobody may keep it.
            headers = MutableHeaders(raw=given)
            del headers["ETag"]
            headers["Cache-Control"] = "no-store"
        if not self.is_compressed:
            given = compression.varying(given)
        lacking = security.added(given, self._scope)
        self.head = self._written(given, lacking, own)
        message["headers"] = self.head or [*given, *self._cors.headers, *lacking, own]

    def _written(self, given: Pairs, lacking: Pairs, own: tuple[bytes, bytes]) -> Head | None:
        """Return the headers as lines; None where there is no body of known length, or a line is broken."""
        length = next((value for name, value in given if name == b"content-length"), b"")
        lines, id_line = lines_of(given), lines_of((own,))
        if not (length.isdigit() and are_whole(lines, len(given)) and are_whole(id_line, 1)):
            return None
        if lacking is security.OF_DATA:
            return Head(lines, id_line, int(length), self._usual)
        return Head(lines + lines_of(lacking), id_line, int(length), self._cors.lines)


async def _send_empty(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b""})
