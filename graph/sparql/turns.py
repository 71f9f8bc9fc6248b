"""Those who wait for something of which there are only so many, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Generic, TypeVar

from graph.sparql.alarms import Alarms

T = TypeVar("T")


class Turns(Generic[T]):
    """What is free, and who waits for it.

    What was given back last is taken first: it is the warmest.

    Parameters
    ----------
    alarms
        Tell when someone has waited too long.

    Examples
    --------
    >>> async def use():
    ...     turns = Turns(Alarms())
    ...     turns.put("a worker")
    ...     return turns.take(), turns.take()
    >>> asyncio.run(use())
    ('a worker', None)
    """

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._free: list[T] = []
        self._waiting: deque[asyncio.Future[T]] = deque()

    def __len__(self) -> int:
        """Return how many are free."""
        return len(self._free)

    def put(self, item: T) -> None:
        """Give something back; who has waited longest is given it."""
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(item)
                return
        self._free.append(item)

    def take(self) -> T | None:
        """Take what is free; None when nothing is."""
        return self._free.pop() if self._free else None

    async def wait(self, seconds: float) -> T:
        """Wait for one's turn.

        Parameters
        ----------
        seconds
            For how long.

        Raises
        ------
        TimeoutError
            Nothing came free until then.
        """
        turn: asyncio.Future[T] = self._alarms.loop.create_future()
        self._waiting.append(turn)
        alarm = self._alarms.set(seconds, partial(_expire, turn))
        try:
            return await turn
        except asyncio.CancelledError:
            # Who leaves at the very moment of his turn passes on what he was given.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.put(turn.result())
            raise
        finally:
            self._alarms.off(alarm)


def _expire(turn: asyncio.Future[T]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())
