"""Evaluate a query for a request: within its limits, and only as long as its client waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answercache import entity_tag
from api.cuts import AT_END, HEADER, can_be_marked, can_tell_at_end, header, told
from api.cuts import most as most_of
from api.settings import Settings
from graph.errors import BadValue, SpacenormsError
from graph.sparql.cutting import Most
from graph.sparql.guard import ReadQuery

if TYPE_CHECKING:
    from graph.sparql.evaluation import Evaluation
    from graph.sparql.remote import Whole
    from graph.sparql.rounds import Rounds

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.1
_HELD = 2**20
#: Bytes at the beginning of a long answer among which it can be marked as cut.
_MARKED = 2**16
_SENT = 2**18


class ClientLeftError(Exception):
    """The client closed the connection before there was an answer."""


def time_limit(settings: Settings, wanted: str | None) -> float:
    """Return the seconds a query may take.

    Parameters
    ----------
    settings
        Hold the most that is allowed.
    wanted
        What the caller asks for; more than the most means the most.

    Raises
    ------
    BadValue
        When it is no positive number.
    """
    if not wanted:
        return settings.query_time_limit
    try:
        seconds = float(wanted)
    except ValueError:
        seconds = -1.0
    if not seconds > 0:
        raise BadValue(
            f"The time limit “{wanted[:40]}” is no positive number of seconds.",
            remedy=f"Give seconds, at most {settings.query_time_limit:g}, such as timeout=5.",
            parameter="timeout",
        )
    return min(seconds, settings.query_time_limit)


@dataclass
class Answer:
    """The answer of a query: all of it, or the beginning of a long one that is still being written.

    Attributes
    ----------
    body
        The bytes that are there.
    rest
        What follows: pieces of an answer that is whole, or what is still being written; None when nothing
        does.
    cut
        Why it was cut, one of `graph.sparql.cutting.ROWS` and `BYTES`; None when it is whole, or when what
        follows will tell.
    most
        What it may hold.
    """

    body: bytes
    most: Most
    rest: Rest | Pieces | None = None
    cut: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The header that tells whether it was cut."""
        return {HEADER: AT_END} if isinstance(self.rest, Rest) else header(self.cut, self.most)


async def evaluate(
    request: Request,
    query: str | ReadQuery,
    media_type: str | None = None,
    *,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    timeout: float | None = None,
    most: Most | None = None,
) -> Answer:
    """Evaluate a query in the application's pool; when the client leaves, its worker is freed.

    Parameters
    ----------
    request
        The request, its body already read.
    query, media_type, default_graphs, named_graphs
        As in `graph.sparql.workers.WorkerPool.evaluate`.
    timeout
        Seconds; None for the most that the settings allow.
    most
        What the answer may hold; None for the most that the settings allow.

    Returns
    -------
    Answer
        With nothing to follow, as the engine wrote it, or wrote it before for the same question.

    Raises
    ------
    SpacenormsError
        As the pool does.
    ClientLeftError
        When nobody waits for the answer any more.
    """
    return await begin(
        request,
        query,
        media_type,
        default_graphs=default_graphs,
        named_graphs=named_graphs,
        timeout=timeout,
        most=most,
        held=None,
    )


async def begin(
    request: Request,
    query: str | ReadQuery,
    media_type: str | None = None,
    *,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    timeout: float | None = None,
    most: Most | None = None,
    held: int | None = _HELD,
    tag: str | None = None,
) -> Answer:
    """Evaluate a query as `evaluate` does, but return with the beginning of an answer that is long.

    Parameters
    ----------
    request, query, media_type, default_graphs, named_graphs, timeout, most
        As there.
    held
        Bytes that are gathered before the answer counts as long, so that a fault can be told with its own
        status until then; None gathers everything, and so does a format that could not tell at its end that
        the answer was cut.
    tag
        The entity tag under which the answer is kept in memory; None makes one of all that it depends on.

    Returns
    -------
    Answer
        Whole when it is no longer than that. Otherwise `Streamed` sends it.
    """
    state = request.app.state
    limits = most or most_of(state.settings)
    tag = tag or entity_tag(request, query, media_type or "", limits, default_graphs, named_graphs)
    if tag and (kept := state.answers.get(tag)) is not None:
        return Answer(kept, limits)
    limit = timeout if timeout is not None else state.settings.query_time_limit
    watch = _Watch(request, state.pool.rounds)
    running: Evaluation | Whole | None = None
    try:
        running = await state.pool.begin(query, media_type, default_graphs, named_graphs, limit, limits)
        await running.wait(held if can_tell_at_end(media_type or "") else None)
        if not running.is_over:
            return Answer(running.taken(), limits, Rest(running, request))
        if held is not None and running.length > held:
            return _in_pieces(running.pieces(), media_type or "", running.cut, limits)
        body = running.result()
    except BaseException as error:
        if running is not None:
            running.cancel()
        if isinstance(error, asyncio.CancelledError) and watch.has_left:
            raise ClientLeftError from None
        raise
    finally:
        watch.end()
    if running.cut:
        return Answer(told(body, media_type or "", running.cut, limits), limits, cut=running.cut)
    if tag:
        state.answers.put(tag, body, len(body))
    return Answer(body, limits)


def _in_pieces(
    pieces: Sequence[bytes | memoryview], media_type: str, cut: str | None, limits: Most
) -> Answer:
    """Return a long answer that is whole; to join it would hold up all others for as long as that takes."""
    first, rest = bytes(pieces[0][:_MARKED]), [pieces[0][_MARKED:], *pieces[1:]]
    marked = told(first, media_type, cut, limits)
    if cut and marked == first and can_be_marked(media_type):
        return Answer(told(b"".join(pieces), media_type, cut, limits), limits, cut=cut)
    return Answer(marked, limits, Pieces(rest), cut)


class _Watch:
    """Cancels what the running task waits for once its client has left.

    Parameters
    ----------
    request
        Of the client.
    rounds
        Tell when to look.

    Attributes
    ----------
    has_left
        Whether it has.
    """

    def __init__(self, request: Request, rounds: Rounds) -> None:
        self._request = request
        self._rounds = rounds
        self._task = asyncio.current_task(rounds.loop)
        self._looking: asyncio.Task[None] | None = None
        self.has_left = False
        # Most answers are there before the first look, which then costs no task.
        rounds.enter(self, self._begin)

    def _begin(self) -> None:
        self._looking = self._rounds.loop.create_task(self._look())

    async def _look(self) -> None:
        while not await self._request.is_disconnected():
            await asyncio.sleep(_LOOK_SECONDS)
        if self._task is not None:
            self.has_left = True
            self._task.cancel()

    def end(self) -> None:
        """Look no more."""
        self._rounds.leave(self)
        if self._looking is not None:
            self._looking.cancel()
        if self.has_left and self._task is not None:
            self._task.uncancel()


@dataclass
class Rest:
    """What is still being written of a long answer.

    It is taken from the worker as fast as that writes it, up to the limit of results, so that a client who
    reads slowly keeps no worker from others.
    """

    _running: Evaluation | Whole
    _request: Request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come; a fault is raised in their place."""
        while not self._running.is_over:
            if await self._request.is_disconnected():
                raise ClientLeftError
            await asyncio.wait({self._running.wait(0)}, timeout=_LOOK_SECONDS)
            if found := self._running.taken():
                yield found
        yield self._running.result()

    def cancel(self) -> None:
        """Free the worker, if it is still writing."""
        self._running.cancel()


class Pieces:
    """The rest of an answer that is whole, sent so that others are answered meanwhile.

    Parameters
    ----------
    pieces
        The bytes.

    Attributes
    ----------
    length
        How many they are.
    """

    def __init__(self, pieces: Sequence[bytes | memoryview]) -> None:
        self._pieces = pieces
        self.length = sum(map(len, pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes, a few at a time."""
        for piece in self._pieces:
            for begin in range(0, len(piece), _SENT):
                yield bytes(piece[begin : begin + _SENT])
                await asyncio.sleep(0)

    def cancel(self) -> None:
        """Let go of them."""
        self._pieces = ()


class Streamed(Response):
    """A long answer, sent in pieces, as a rule while it is being written.

    After a fault the transfer is broken off, so that nobody takes a part for the whole.

    Parameters
    ----------
    answer
        With a rest.
    headers
        Of the response.
    """

    def __init__(self, answer: Answer, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        if isinstance(answer.rest, Pieces):
            self.headers["content-length"] = str(len(answer.body) + answer.rest.length)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        rest = self._answer.rest
        assert rest is not None  # noqa: S101 - what is whole is sent as an ordinary response
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._answer.body, "more_body": True})
            async for piece in rest:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except SpacenormsError as error:
            _log.warning("A long answer was broken off: %s", error.code)
        except ClientLeftError:
            pass
        finally:
            rest.cancel()
