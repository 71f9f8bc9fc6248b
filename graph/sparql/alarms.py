"""Calls back at many moments with one timer of the loop, most of which are called off long before."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable


class Alarms:
    """Alarms of one event loop.

    Setting one and calling it off costs a fifth of what a timer of the loop does, of which there is one:
    for the earliest alarm, or for one that was earlier and is off by now.

    Make them within the loop.

    Attributes
    ----------
    loop
        The loop: to ask which one is running takes a system call.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._set: dict[int, tuple[float, Callable[[], object]]] = {}
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = 0.0

    def __len__(self) -> int:
        """Return how many are set."""
        return len(self._set)

    def set(self, seconds: float, ring: Callable[[], object]) -> int:
        """Set an alarm.

        Parameters
        ----------
        seconds
            From now.
        ring
            What is called then.

        Returns
        -------
        int
            What `off` takes.
        """
        when, number = self.loop.time() + seconds, next(self._numbers)
        self._set[number] = when, ring
        if self._timer is None or when < self._rings:
            self._wind(when)
        return number

    def off(self, number: int) -> None:
        """Call an alarm off; nothing when it has rung."""
        self._set.pop(number, None)

    def _wind(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = when
        self._timer = self.loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self.loop.time()
        for number, (when, ring) in list(self._set.items()):
            if when <= now and self._set.pop(number, None) is not None:
                ring()
        if self._set and self._timer is None:
            self._wind(min(when for when, _ in self._set.values()))
