"""A query that a worker evaluates, and its answer as far as it has arrived."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from graph.errors import SpacenormsError
from graph.sparql.caller import Caller
from graph.sparql.guard import ReadQuery

if TYPE_CHECKING:
    from graph.sparql.line import Line


class Stopping(Protocol):
    """Who can stop an evaluation."""

    def stop(self, evaluation: Evaluation, error: BaseException) -> None:
        """Let go of it, whether it waits or a worker is at it, and `Evaluation.end` it with an error."""


class Evaluation:
    """A query that waits for a worker, is evaluated by one, or was.

    Made by `graph.sparql.workers.WorkerPool.begin`.

    Parameters
    ----------
    number
        Tells it from others; those that came later have greater ones.
    request
        What is sent to the worker.
    read
        The query.
    caller
        On whose behalf it is evaluated; None for nobody's.
    client
        The name under which it counts among those of one caller; None where it is not counted.
    timeout
        Seconds of evaluation.
    loop
        In which who waits is woken.
    owner
        Stops it.

    Attributes
    ----------
    asked
        When it was made, on the clock of `time.monotonic`.
    cut
        One of `graph.sparql.cutting.ROWS` and `BYTES` where the answer is over and there was more of it.
    is_begun
        Whether a worker has been seen at it.
    is_over
        Whether there is nothing more to come.
    length
        How many bytes have arrived that were not taken.
    line
        Over which its answer comes.
    fault
        What the worker says went wrong.
    """

    __slots__ = (
        "_error", "_loop", "_owner", "_pieces", "_waiter", "_wanted", "asked", "caller", "client", "cut",
        "fault", "is_begun", "is_over", "length", "line", "number", "read", "request", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        request: bytes,
        read: ReadQuery,
        caller: Caller | None,
        client: str | None,
        timeout: float,
        loop: asyncio.AbstractEventLoop,
        owner: Stopping,
    ) -> None:
        self.number = number
        self.request = request
        self.read = read
        self.caller = caller
        self.client = client
        self.timeout = timeout
        self.asked = time.monotonic()
        self.cut: str | None = None
        self.fault = b""
        self.is_begun = False
        self.is_over = False
        self.length = 0
        self.line: Line | None = None
        self._loop = loop
        self._owner = owner
        self._pieces: list[bytes | memoryview] = []
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wanted: int | None = None

    # Who asked

    def wait(self, wanted: int | None) -> asyncio.Future[None]:
        """Return what is done once more than so many bytes have arrived, or there is nothing more to come.

        Parameters
        ----------
        wanted
            Bytes; None waits for the end.
        """
        self._wanted = wanted
        self._waiter = self._loop.create_future()
        self.wake()
        return self._waiter

    def taken(self) -> bytes:
        """Return the bytes of the answer that have arrived since this was last called."""
        found = self._take()
        first = found[0] if len(found) == 1 else None
        return first if isinstance(first, bytes) else b"".join(found)

    def pieces(self) -> list[bytes | memoryview]:
        """Return what `result` does in the pieces in which it arrived, which are not copied."""
        if self._error is not None:
            raise self._error
        return self._take()

    def result(self) -> bytes:
        """Return the rest of an answer that is whole.

        Raises
        ------
        SpacenormsError
            As `graph.sparql.workers.WorkerPool.evaluate` does.
        """
        if self._error is not None:
            raise self._error
        return self.taken()

    def cancel(self) -> None:
        """Free the worker, since nobody waits for the answer any more; nothing when it is over."""
        if not self.is_over:
            self._owner.stop(self, asyncio.CancelledError())

    def _take(self) -> list[bytes | memoryview]:
        found, self._pieces, self.length = self._pieces, [], 0
        return found

    # Who answers

    def put(self, piece: bytes | memoryview, *, is_fault: bool) -> None:
        """Take what has arrived of the answer, or of what went wrong."""
        if is_fault:
            self.fault += piece
        else:
            self._pieces.append(piece)
            self.length += len(piece)

    def end(self, error: BaseException | None = None) -> None:
        """Take it that there is nothing more to come, and wake who waits for good."""
        if self.is_over:
            return
        self._error = error
        self.is_over = True
        if self.caller:
            self.caller.outcomes.append("answered" if error is None else outcome(error))
        self.wake()

    def wake(self) -> None:
        """Wake who waits, if there is what was waited for."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self.is_over or (self._wanted is not None and self.length > self._wanted):
            waiter.set_result(None)


def outcome(error: BaseException) -> str:
    """Return a word for what became of a query, as in `graph.sparql.caller.Caller`."""
    if isinstance(error, SpacenormsError):
        return error.code
    return "client-left" if isinstance(error, asyncio.CancelledError) else "failed"
