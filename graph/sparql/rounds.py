"""Goes round now and then, and calls those who have stayed for a while; most have left long before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Rounds:
    """Rounds in one event loop.

    To enter and to leave costs a tenth of what a timer of the loop does, of which there is one for all.

    Make them within the loop.

    Parameters
    ----------
    seconds
        Between two rounds. Who stays is called once, after one to two times as long.

    Attributes
    ----------
    loop
        The loop: to ask which one is running takes a system call.

    Examples
    --------
    >>> async def stay():
    ...     rounds, called = Rounds(0.01), []
    ...     rounds.enter("who stays", lambda: called.append("who stays"))
    ...     rounds.enter("who leaves", lambda: called.append("who leaves"))
    ...     rounds.leave("who leaves")
    ...     await asyncio.sleep(0.1)
    ...     return called
    >>> asyncio.run(stay())
    ['who stays']
    """

    def __init__(self, seconds: float = 0.05) -> None:
        self.loop = asyncio.get_running_loop()
        self._seconds = seconds
        #: Those who entered since the last round, and before it.
        self._new: dict[object, Callable[[], object]] = {}
        self._staying: dict[object, Callable[[], object]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Return how many are there and have not been called."""
        return len(self._new) + len(self._staying)

    def enter(self, who: object, call: Callable[[], object]) -> None:
        """Let someone enter, who is called if he stays."""
        self._new[who] = call
        if self._timer is None:
            self._timer = self.loop.call_later(self._seconds, self._go)

    def leave(self, who: object) -> None:
        """Let someone leave; nothing when he was called already."""
        if self._new.pop(who, None) is None:
            self._staying.pop(who, None)

    def _go(self) -> None:
        called, self._staying, self._new = self._staying, self._new, {}
        self._timer = self.loop.call_later(self._seconds, self._go) if self._staying else None
        for call in called.values():
            call()
