"""HTTP on the wire: read by httptools, which is quick, within a limit that it does not have itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.heads import Head, lines_of
from graph.namespaces import BASE
from graph.sparql.rounds import Rounds

_CODE = "header-too-long"


class _Gathering:
    """A transport that writes what it is given within one turn of the loop at once.

    The head of an answer and its body then take one system call, and wake the client once.

    Parameters
    ----------
    transport
        What writes.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._given: list[bytes] = []

    def write_alone(self, data: bytes) -> None:
        """Write what nothing will follow soon."""
        self._flush()
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Tell whether nothing more can be written."""
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Write in a moment."""
        if not self._given:
            self._loop.call_soon(self._flush)
        self._given.append(data)

    def _flush(self) -> None:
        given, self._given = self._given, []
        if given and not self._transport.is_closing():
            self._transport.writelines(given)

    def close(self) -> None:
        """Write what is left, and close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Sending:
    """Answers one request, and sends a head that is written already as it is.

    Any other message is sent as uvicorn does it, which looks at each header anew.

    Parameters
    ----------
    app
        What answers.
    cycle
        The request and its answer, as far as it has been sent.
    """

    __slots__ = ("_app", "_cycle")

    def __init__(self, app: Any, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        answering: Awaitable[None] = self._app(scope, receive, _Sender(self._cycle))
        return answering


class _Sender:
    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    async def __call__(self, message: Any) -> None:
        cycle, head = self._cycle, message.get("headers")
        if isinstance(head, Head) and self._is_ready():
            cycle.transport.write(self._begin(message["status"], head))
        else:
            await cycle.send(message)

    def whole(self, head: Head, body: bytes) -> bool:
        """Send an answer, as `api.heads.Whole` says."""
        cycle = self._cycle
        if not self._is_ready() or head.length != len(body):
            return False
        cast(_Gathering, cycle.transport).write_alone(self._begin(200, head) + body)
        cycle.expected_content_length, cycle.response_complete = 0, True
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True

    def _is_ready(self) -> bool:
        cycle = self._cycle
        return not (cycle.response_started or cycle.disconnected or cycle.flow.write_paused)

    def _begin(self, status: int, head: Head) -> bytes:
        """Begin the answer, and return what is to be written."""
        cycle = self._cycle
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        cycle.chunked_encoding, cycle.expected_content_length = False, head.length
        usual = _lines_of_all(cycle.default_headers)
        last = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        return b"".join((STATUS_LINE[status], usual, head.lines, head.usual, head.own, last))


class _OfAll:
    """The headers that uvicorn puts on every answer, as lines; it makes new ones each second."""

    headers: Sequence[tuple[bytes, bytes]] | None = None
    lines = b""


def _lines_of_all(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    if headers is not _OfAll.headers:
        _OfAll.headers, _OfAll.lines = headers, lines_of(headers)
    return _OfAll.lines


class _Idleness:
    """The loop as a connection sees it, whose timer is for a client who asks nothing more.

    It is set and stopped with every request, and there is one timer for all connections in its place.

    Parameters
    ----------
    rounds
        Of its loop. They call who has been idle for one to two times as long as lies between them.
    """

    __slots__ = ("_rounds", "create_task")

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self.create_task = rounds.loop.create_task

    def call_later(self, _seconds: float, call: Callable[[], object]) -> _Idleness:
        """Call when it has stayed idle; returns what can be cancelled."""
        self._rounds.enter(self, call)
        return self

    def cancel(self) -> None:
        """Take it that the client has asked again."""
        self._rounds.leave(self)


class BoundedHttp(HttpToolsProtocol):
    """Refuses a request whose line and headers are longer than ``h11_max_incomplete_event_size``.

    What is read at once is looked at when it has been read, so that much more may be taken; but nobody can
    fill the memory with headers that never end.
    """

    _head = 0
    _begun: object = None
    _rounds: ClassVar[Rounds | None] = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        rounds = BoundedHttp._rounds
        if rounds is None or rounds.loop is not self.loop:
            BoundedHttp._rounds = rounds = Rounds(self.timeout_keep_alive)
        self.loop = cast(asyncio.AbstractEventLoop, _Idleness(rounds))
        super().connection_made(cast(asyncio.Transport, _Gathering(transport)))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, _Sending(app, cycle))

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        super().data_received(data)
        begun = self.scope
        if self.cycle is not None and self.cycle.scope is begun:
            return
        # A head has been begun, and has not ended. What came with its beginning may be of the request before.
        self._head = self._head + len(data) if begun is self._begun else 0
        self._begun = begun
        most = self.config.h11_max_incomplete_event_size
        if most is not None and self._head > most and not self.transport.is_closing():
            self._refuse(most)

    def _refuse(self, most: int) -> None:
        problem = {
            "type": f"{BASE}problem/{_CODE}",
            "title": _CODE.replace("-", " ").capitalize(),
            "status": 431,
            "detail": f"The headers of the request are longer than {most:,} bytes.",
            "code": _CODE,
            "remedy": "Send fewer headers, and a long query in the body of a POST to /sparql.",
        }
        body = json.dumps(problem).encode()
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        self.transport.close()
