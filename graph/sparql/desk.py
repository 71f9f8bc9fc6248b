"""Where requests are laid for the workers, and where each worker notes which of them it is at.

Whoever is free takes the request that has lain longest; of several who are free, the one that sat down first.
Nobody has to be told that a worker is free, so that it goes on with the next request at once, and the server
is woken for answers alone.
"""

from __future__ import annotations

import contextlib
import mmap
import select
import socket
import struct
import time

#: Begins a request: its number, and how long its options and its query are.
HEAD = struct.Struct("!QII")

_LONGEST = 32 * 2**10
_NOTE = 64  # bytes: what two workers write stands in no common line of a processor's cache
_WORDS = _NOTE // 8


class Desk:
    """Shared by the server, which makes it, and the processes that are forked later.

    Parameters
    ----------
    places
        How many workers may note what they are at.
    """

    def __init__(self, places: int) -> None:
        self._ours, self.theirs = _messages()
        self._bell: select.epoll | None = None
        self._ours.setblocking(False)
        self._memory = mmap.mmap(-1, places * _NOTE)
        self._numbers = memoryview(self._memory).cast("Q")
        self._times = memoryview(self._memory).cast("d")
        self._free = list(range(places))

    # The server's side

    def lay(self, request: bytes) -> bool:
        """Lay a request down; return whether there was room.

        Of a long one only the head is laid down; the worker that takes it asks for the rest.
        """
        try:
            self._ours.send(request if len(request) <= _LONGEST else request[: HEAD.size])
        except OSError:  # it is full, or closed
            return False
        return True

    def take_back(self) -> None:
        """Take away all requests that no worker has taken yet."""
        with contextlib.suppress(OSError):
            while self.theirs.recv(HEAD.size, socket.MSG_DONTWAIT):
                pass

    def place(self) -> int | None:
        """Return a place for a new worker; None when none is free."""
        if not self._free:
            return None
        place = self._free.pop()
        self._numbers[place * _WORDS] = 0
        return place

    def leave(self, place: int) -> None:
        """Give back the place of a worker that is no more."""
        self._free.append(place)

    def noted(self, place: int) -> tuple[int, float]:
        """Return the number of the request that a worker is at, 0 for none, and when it took it.

        The time is that of `time.monotonic`.
        """
        return self._numbers[place * _WORDS], self._times[place * _WORDS + 1]

    def close(self) -> None:
        """Let go of it; a worker that wants the next request ends."""
        self._ours.close()
        self.theirs.close()

    # The workers' side

    def sit_down(self) -> None:
        """Prepare to take requests, which a process that may open no more files can no longer do.

        A request then wakes the worker that sat down first of those that wait, rather than the one that has
        waited longest: who has just answered has in the caches what the next answer takes, and half the
        time of a query of a few milliseconds was spent on fetching it from memory.
        """
        if hasattr(select, "EPOLLEXCLUSIVE"):
            self._bell = select.epoll()
            self._bell.register(self.theirs, select.EPOLLIN | select.EPOLLEXCLUSIVE)

    def take(self) -> bytes:
        """Wait for a request; b"" when there will be none."""
        if self._bell is None:
            return self.theirs.recv(_LONGEST)
        while True:
            try:
                return self.theirs.recv(_LONGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._bell.poll()

    def note(self, place: int, number: int) -> None:
        """Note which request a worker is at, 0 for none."""
        self._times[place * _WORDS + 1] = time.monotonic()
        self._numbers[place * _WORDS] = number


def _messages() -> tuple[socket.socket, socket.socket]:
    """Return two ends of a connection that keeps messages apart."""
    try:
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    except OSError:  # elsewhere than on Linux
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
