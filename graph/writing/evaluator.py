"""Runs writes one at a time in processes that are killed at their limits."""

from __future__ import annotations

import contextlib
import socket
import weakref
from dataclasses import asdict
from typing import Any

from graph.errors import QueryTimeout, QueryTooLarge, ServiceBusy, SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.sparql import zygote
from graph.sparql.guard import ReadQuery
from graph.sparql.zygote import WorkerLimits
from graph.writing import evaluation, validation
from graph.writing.refusals import malformed
from graph.writing.successor import store_of
from graph.writing.write import Write

_MACHINERY_BYTES = 256 * 2**20
_GRACE_SECONDS = 2.0


class Evaluator:
    """Evaluates writes over one loaded graph, which stays as it is.

    Make it before anything else uses the store: its process is forked here, and forks one for each write.

    Parameters
    ----------
    graph
        Held in memory.
    memory_headroom
        Bytes of memory that a write may use beyond the data and what validating takes; 0 for no limit.

    Raises
    ------
    SpacenormsError
        The graph is another server's, or on disk.
    """

    def __init__(self, graph: KnowledgeGraph, memory_headroom: int) -> None:
        self.graph = graph
        validation.prepare()
        headroom = memory_headroom + _MACHINERY_BYTES if memory_headroom else 0
        process, self._control = zygote.start_zygote(
            store_of(graph), WorkerLimits(memory_headroom=headroom), evaluation.serve
        )
        self._close = weakref.finalize(self, _end, process, self._control)

    @property
    def is_open(self) -> bool:
        """Whether its process is there."""
        return bool(self._close.alive)

    def close(self) -> None:
        """End its process."""
        self._close()

    def evaluate(self, write: Write, timeout: float, read: ReadQuery | None = None) -> dict[str, Any]:
        """Evaluate a write, while no other is evaluated.

        Parameters
        ----------
        write
            What to do.
        timeout
            Seconds for all of it, after which it is killed.
        read
            The update, to tell a place in it.

        Returns
        -------
        dict
            As `graph.writing.evaluation.evaluate` returns it.

        Raises
        ------
        SpacenormsError
            As it raises; or the write reached a limit.
        """
        process, connection = self._worker()
        with contextlib.closing(connection):
            connection.settimeout(timeout)
            try:
                evaluation.send(connection, {"today": self.graph.today.isoformat(), "write": asdict(write)})
                answer: dict[str, Any] = evaluation.received(connection)
            except TimeoutError:
                self._control.sendall(zygote.COMMAND.pack(zygote.KILL, process))
                raise _timed_out(read, timeout) from None
            except (OSError, EOFError):
                raise _died(read) from None
        if "fault" in answer:
            raise _fault(read, answer)
        return answer

    def _worker(self) -> tuple[int, socket.socket]:
        try:
            self._control.sendall(zygote.COMMAND.pack(zygote.FORK, 0))
            message, descriptors, _, _ = socket.recv_fds(self._control, zygote.FORKED.size, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self.close()
        if not descriptors:
            raise ServiceBusy(
                "No process could be started for the write.",
                remedy="Try again in a few seconds.",
                retry_after=2,
            )
        return zygote.FORKED.unpack(message)[0], socket.socket(fileno=descriptors[0])


def _fault(read: ReadQuery | None, answer: dict[str, Any]) -> SpacenormsError:
    message, remedy, code, status = answer["fault"]
    if read and code == "malformed-update":
        return malformed(read, message)
    return SpacenormsError(message, remedy=remedy, code=code, status=status, **answer["extension"])


def _timed_out(read: ReadQuery | None, timeout: float) -> SpacenormsError:
    return QueryTimeout(
        f"The write was stopped at its time limit of {timeout:g} s; nothing was changed.",
        remedy="Send less at once, or match fewer patterns.",
        code="write-timeout",
        query=read.given if read else None,
    )


def _died(read: ReadQuery | None) -> SpacenormsError:
    return QueryTooLarge(
        "The write ended its process, most likely for want of memory; nothing was changed.",
        remedy="Send less at once, or match fewer patterns.",
        code="write-too-large",
        query=read.given if read else None,
    )


def _end(process: int, control: socket.socket) -> None:
    control.close()
    zygote.await_end(process, _GRACE_SECONDS)
