"""The server's end of a worker: hands on the pieces of answers, and lets the worker give way to others."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Mapping
from typing import cast

from graph.sparql import worker
from graph.sparql.desk import HEAD, Desk
from graph.sparql.evaluation import Evaluation
from graph.sparql.precedence import Precedence

_LONG = 2**14
_HEAD_BYTES = worker.ANSWER.size


def hang_up(connection: socket.socket) -> select.poll:
    """Return what tells, when polled, whether the other end of a connection is closed."""
    found = select.poll()
    found.register(connection, 0)  # that and faults are told unasked
    return found


class Line(asyncio.Protocol):
    """The connection to one worker.

    Parameters
    ----------
    process
        The worker's process id.
    parent
        The process id of the zygote that forked it.
    desk, place
        Where it notes what it is at.
    laid
        The evaluations on the desk and with workers, by their numbers.
    on_end
        Called with an evaluation that has its whole answer, this line, and whether the worker ends.
    on_loss
        Called with this line when the worker has ended.
    precedence
        Which workers of the pool go first.

    Attributes
    ----------
    speaking
        The evaluation of which the worker has sent a part.
    seen
        What the worker was at when it was last looked at.
    is_ending
        Whether it has been killed, or has said that it ends.
    was_killed
        Whether it has been killed.
    """

    def __init__(
        self,
        process: int,
        parent: int | None,
        desk: Desk,
        place: int,
        laid: Mapping[int, Evaluation],
        on_end: Callable[[Evaluation, Line, bool], None],
        on_loss: Callable[[Line], None],
        precedence: Precedence,
    ) -> None:
        self.process = process
        self.zygote = parent
        self.desk = desk
        self.place = place
        self.speaking: Evaluation | None = None
        self.seen = 0
        self.is_ending = False
        self.was_killed = False
        self._laid = laid
        self._on_end = on_end
        self._on_loss = on_loss
        self._precedence = precedence
        self._gives_way = False
        self._head = b""
        self._status = worker.MORE
        self._spent = False
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what writes to the worker."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand on what the worker has sent."""
        if self._head:
            data, self._head = self._head + data, b""
        position, end = 0, len(data)
        while position < end:
            if not self._missing:
                if end - position < _HEAD_BYTES:
                    self._head = data[position:]
                    return
                number, self._status, self._spent, self._missing = worker.ANSWER.unpack_from(data, position)
                position += _HEAD_BYTES
                self._listen(number)
            piece = _part(data, position, position + self._missing)
            position += len(piece)
            self._missing -= len(piece)
            self._hand_on(piece)

    def _listen(self, number: int) -> None:
        """Take it that what comes is the answer to some request; nothing when nobody waits for it."""
        evaluation = self._laid.get(number)
        # who is answered by two workers, since one was taken for lost, listens to the first
        if evaluation is not None and evaluation.line not in (None, self):
            evaluation = None
        self.speaking = evaluation
        if evaluation is not None:
            evaluation.line = self

    def _hand_on(self, piece: bytes | memoryview) -> None:
        evaluation = self.speaking
        is_last = not self._missing and self._status not in (worker.MORE, worker.WANTED)
        if evaluation is not None:
            if self._status == worker.WANTED:
                self._transport.write(evaluation.request[HEAD.size :])
            elif len(piece):
                evaluation.put(piece, is_fault=self._status == worker.FAULT)
            if is_last:
                self.speaking = None
                evaluation.cut = worker.CUT.get(self._status)
                self._on_end(evaluation, self, self._spent)
            else:
                evaluation.wake()
        elif is_last and self._spent:
            self.is_ending = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that there will be no more answers."""
        self._on_loss(self)

    def at(self) -> int:
        """Return the number of the request that the worker is at, 0 for none."""
        return self.desk.noted(self.place)[0]

    def give_way(self, seconds: float) -> None:
        """Let others go before this worker, which has been at a long query for so many seconds."""
        self._gives_way = True
        self._precedence.give_way(self.process, seconds)

    def has_come_back(self) -> bool:
        """Take it that the work is over; return whether the worker is as quick as any other again."""
        if not self._gives_way:
            return True
        self._gives_way = False
        return self._precedence.come_back(self.process)

    def close(self) -> None:
        """Let go of the worker; nobody hears the rest of what it says."""
        self._transport.abort()


def _part(data: bytes, begin: int, end: int) -> bytes | memoryview:
    # Long pieces are joined in the end, and are not to be copied before.
    return data[begin:end] if len(data) < _LONG else memoryview(data)[begin:end]
