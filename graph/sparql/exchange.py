"""The server's end of a worker: one question at a time, and its answer gathered as the bytes arrive."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import time
from typing import ClassVar, Protocol, cast

from graph.sparql import zygote

_LONG = 2**14
_MOMENT = 0.02
_STEPS_BACK, _LOWEST = 10, 19


def hang_up(connection: socket.socket) -> select.poll:
    """Return what tells, when polled, whether the other end of a connection is closed."""
    found = select.poll()
    found.register(connection, 0)  # that and faults are told unasked
    return found


def _may_raise(usual: int) -> bool:
    """Tell whether a process of this user may be given a usual priority again after a lower one."""
    if os.geteuid() == 0:
        return True
    try:
        import resource

        most = resource.getrlimit(resource.RLIMIT_NICE)[0]
    except (ImportError, AttributeError):  # elsewhere than on Linux
        return False
    return most == resource.RLIM_INFINITY or 20 - most <= usual


class Line(asyncio.Protocol):
    """The connection to one worker.

    Parameters
    ----------
    process
        The worker's process id.
    parent
        The process id of the zygote that forked it.
    connection
        The socket that leads to it.
    """

    #: Whether a priority was refused to be raised again, as it is to root in some containers.
    _stays_low: ClassVar[bool] = False

    def __init__(self, process: int, parent: int | None, connection: socket.socket) -> None:
        self.process = process
        self.zygote = parent
        self._ended = hang_up(connection)
        self._is_lost = False
        self._heard = 0.0
        self._gives_way = False
        self._exchange: Exchange | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what writes to the worker."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def ask(self, request: bytes, exchange: Exchange) -> None:
        """Send a question, whose answer an exchange will gather."""
        self._exchange = exchange
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Hand on what the worker has sent; a worker that speaks unasked is not listened to."""
        if self._exchange is not None and self._exchange.take(data):
            self._exchange, self._heard = None, time.monotonic()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that there will be no answer."""
        self._is_lost = True
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.lose()

    def is_alive(self) -> bool:
        """Tell whether an idle worker still holds its end; it has nothing to say."""
        # The loop may not have come to notice yet.
        return not self._is_lost and not self._ended.poll(0)

    def was_heard(self) -> bool:
        """Tell whether the worker ended an answer a moment ago, so that there is no need to look."""
        return time.monotonic() - self._heard < _MOMENT and not self._is_lost

    def give_way(self) -> None:
        """Let the processor be given to others before this worker, as what it does takes long.

        Nothing where the priority could not be raised again afterwards.
        """
        usual = os.getpriority(os.PRIO_PROCESS, 0)
        if not Line._stays_low and _may_raise(usual):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.process, min(usual + _STEPS_BACK, _LOWEST))
                self._gives_way = True

    def has_come_back(self) -> bool:
        """Take it that the work is over; return whether the worker is as quick as any other again."""
        if self._gives_way:
            self._gives_way = False
            try:
                os.setpriority(os.PRIO_PROCESS, self.process, os.getpriority(os.PRIO_PROCESS, 0))
            except OSError:
                Line._stays_low = True
                return False
        return True

    def close(self) -> None:
        """Let go of the worker; nobody hears the rest of what it says."""
        self._exchange = None
        self._transport.abort()


class Ending(Protocol):
    """Who is told how an exchange ended."""

    def finish(self, status: int, spent: bool) -> None:
        """The answer is whole; its status is one of `zygote.OK` and `zygote.FAULT`."""

    def lose(self) -> None:
        """The worker ended before its answer."""


def _part(data: bytes, begin: int, end: int) -> bytes | memoryview:
    # Long pieces are joined in the end, and are not to be copied before.
    return data[begin:end] if len(data) < _LONG else memoryview(data)[begin:end]


class Exchange:
    """The answer to one question, as far as it has arrived.

    Parameters
    ----------
    ending
        Told once, when there is nothing more to come.
    loop
        In which who waits is woken.

    Attributes
    ----------
    pieces
        The bytes of the answer that were not taken yet.
    length
        How many they are.
    fault
        What the worker says went wrong.
    """

    def __init__(self, ending: Ending, loop: asyncio.AbstractEventLoop) -> None:
        self.pieces: list[bytes | memoryview] = []
        self.length = 0
        self.fault = b""
        self.is_over = False
        self._ending: Ending | None = ending
        self._loop = loop
        self._head = b""
        self._status = zygote.MORE
        self._spent = False
        self._missing = 0
        self._waiter: asyncio.Future[None] | None = None
        self._wanted: int | None = None

    def take(self, data: bytes) -> bool:
        """Take what has arrived; return whether the answer is whole."""
        if self._head:
            data, self._head = self._head + data, b""
        position, end = 0, len(data)
        while position < end:
            if not self._missing:
                if end - position < zygote.ANSWER.size:
                    self._head = data[position:]
                    break
                self._status, self._spent, self._missing = zygote.ANSWER.unpack_from(data, position)
                position += zygote.ANSWER.size
            piece = _part(data, position, position + self._missing)
            position += len(piece)
            self._missing -= len(piece)
            self._put(piece)
            if not self._missing and self._status != zygote.MORE:
                if self._ending is not None:
                    self._ending.finish(self._status, self._spent)
                self.end()
                return True
        self._wake()
        return False

    def _put(self, piece: bytes | memoryview) -> None:
        if self._status == zygote.FAULT:
            self.fault += piece
        elif len(piece):
            self.pieces.append(piece)
            self.length += len(piece)

    def lose(self) -> None:
        """Take it that no more will come."""
        if self._ending is not None:
            self._ending.lose()
        self.end()

    def end(self) -> None:
        """Wake who waits, for good."""
        self.is_over = True
        self._ending = None  # who has been told: the two would else keep each other alive
        self._wake()

    def taken(self) -> bytes:
        """Return the bytes that have arrived since this was last called."""
        found = self.taken_pieces()
        first = found[0] if len(found) == 1 else None
        return first if isinstance(first, bytes) else b"".join(found)

    def taken_pieces(self) -> list[bytes | memoryview]:
        """Return them as they have arrived."""
        found, self.pieces, self.length = self.pieces, [], 0
        return found

    def wait(self, wanted: int | None) -> asyncio.Future[None]:
        """Return what is done once more than so many bytes wait, or there is nothing more to come.

        Parameters
        ----------
        wanted
            Bytes; None waits for the end.
        """
        self._wanted = wanted
        self._waiter = self._loop.create_future()
        self._wake()
        return self._waiter

    def _wake(self) -> None:
        is_much = self._wanted is not None and self.length > self._wanted
        if (self.is_over or is_much) and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
