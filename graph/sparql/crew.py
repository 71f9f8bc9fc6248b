"""The workers of a pool: forked by a process of their own, killed, and replaced."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pyoxigraph as ox

from graph.sparql import zygote
from graph.sparql.desk import Desk
from graph.sparql.evaluation import Evaluation
from graph.sparql.line import Line, hang_up
from graph.sparql.precedence import Precedence
from graph.sparql.worker import AtDesk
from graph.sparql.zygote import WorkerLimits

_log = logging.getLogger(__name__)
_RETRY_SECONDS, _GRACE_SECONDS = 0.2, 2.0
#: Places for workers, counting those that were killed and have not ended yet.
_PLACES = 4


class Employer(Protocol):
    """For whom a crew works."""

    @property
    def laid(self) -> Mapping[int, Evaluation]:
        """The evaluations on the desk and with workers, by their numbers."""

    def end(self, evaluation: Evaluation, line: Line, spent: bool) -> None:
        """Take it that a worker has answered; whether it ends since it has kept too much memory."""

    def lose(self, line: Line) -> None:
        """Take it that a worker has ended."""

    def begin_anew(self, lines: set[Line]) -> None:
        """Take it that these workers are lost, with the desk at which they were; there is another desk."""


class Crew:
    """Workers and the process that forks them, which is forked when a crew is made.

    Parameters
    ----------
    store
        The loaded store, or the folder of one on disk.
    workers
        How many there are, once the crew was told to `start`.
    limits
        What each may use.

    Attributes
    ----------
    zygote
        The process that forks; None after `close`.
    desk
        Whence its workers take what they do.
    lines
        The connections to the workers that have not ended.
    ended
        How many have been killed or have ended by themselves.
    """

    def __init__(self, store: ox.Store | Path, workers: int, limits: WorkerLimits) -> None:
        self.workers = workers
        self.zygote: int | None = None
        self.lines: set[Line] = set()
        self.ended = 0
        self._store = store
        self._limits = limits
        self._precedence = Precedence()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._fork_zygote()

    def start(self, employer: Employer) -> None:
        """Begin to fork workers; returns before they are there. Call it within the event loop."""
        if self.zygote is None:
            self._fork_zygote()
        self._employer = employer
        self._is_closing = False
        self._forking = asyncio.Lock()
        for _ in range(self.workers):
            self._later_fork()

    async def close(self) -> None:
        """End every worker and the process that forks them."""
        self._is_closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self.lines:
            line.close()
        self.lines.clear()
        if self.zygote is not None:
            # Waiting for the process takes milliseconds, but must not hold up the loop.
            await asyncio.to_thread(self._end_zygote)
            self.zygote = None

    def kill(self, line: Line) -> None:
        """Kill a worker and fork another in its place; nothing when it is ending already."""
        if line.is_ending:
            return
        line.is_ending = line.was_killed = True
        self.ended += 1
        # To another zygote the number could mean another process.
        if line.zygote == self.zygote:
            with contextlib.suppress(OSError):
                self._control.send(zygote.COMMAND.pack(zygote.KILL, line.process))
        self._later_fork()

    def is_orphan(self, line: Line) -> bool:
        """Tell whether the process that forked a worker has ended, and the worker with it."""
        is_gone = self._control.fileno() < 0 or bool(self._ended_control.poll(0))
        return line.zygote != self.zygote or is_gone

    def _lose(self, line: Line) -> None:
        self.lines.discard(line)
        self._precedence.leave(line.process)
        if not self._is_closing:
            self._employer.lose(line)
            if not line.was_killed:
                self.ended += 1
                self._later_fork()
        line.desk.leave(line.place)

    def _later_fork(self) -> None:
        if self._is_closing:
            return
        task = asyncio.get_running_loop().create_task(self._fork_worker())
        self._tasks.add(task)
        task.add_done_callback(self._forked)

    def _forked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.critical("No worker could be started, so queries are no longer answered: %s", error)

    async def _fork_worker(self) -> None:
        while True:
            async with self._forking:
                try:
                    is_there = await self._ask_for_worker()
                except (OSError, EOFError):
                    is_there = False
                    await self._heal()
            if is_there:
                return
            await asyncio.sleep(_RETRY_SECONDS)

    async def _ask_for_worker(self) -> bool:
        loop, desk = asyncio.get_running_loop(), self.desk
        place = desk.place()
        if place is None:
            return False
        try:
            self._control.send(zygote.COMMAND.pack(zygote.FORK, place))
            await _readable(loop, self._control)
            message, descriptors, _, _ = socket.recv_fds(self._control, zygote.FORKED.size, 1)
            if not message:
                raise EOFError("The process that forks the workers has ended.")
        except (OSError, EOFError):
            desk.leave(place)
            raise
        if not descriptors:
            desk.leave(place)
            return False
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(False)
        employer, process = self._employer, zygote.FORKED.unpack(message)[0]
        line = Line(
            process, self.zygote, desk, place, employer.laid, employer.end, self._lose, self._precedence
        )
        self.lines.add(line)
        self._precedence.join(process)
        await loop.create_unix_connection(lambda: line, sock=connection)
        return True

    async def _heal(self) -> None:
        """Put another process in the place of the dead one that forks the workers."""
        _log.error("The process that forks the workers has ended; another takes its place.")
        await asyncio.to_thread(self._end_zygote)
        lost = set(self.lines)
        for line in lost:
            line.close()
        self._fork_zygote()
        self._employer.begin_anew(lost)

    def _fork_zygote(self) -> None:
        desk = Desk(_PLACES * (self.workers + 1))
        process, control = zygote.start_zygote(self._store, self._limits, AtDesk(desk), [desk.theirs])
        control.setblocking(False)
        self.desk = desk
        self.zygote = process
        self._control = control
        self._ended_control = hang_up(control)
        self._end_zygote = weakref.finalize(self, _end_zygote, process, control, desk)


async def _readable(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)


def _end_zygote(process: int, control: socket.socket, desk: Desk) -> None:
    desk.close()
    with contextlib.suppress(OSError):
        control.setblocking(True)
        control.sendall(zygote.COMMAND.pack(zygote.QUIT, 0))
    control.close()
    zygote.await_end(process, _GRACE_SECONDS)
