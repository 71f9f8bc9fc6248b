"""The process behind the pool, which forks the workers, and what all of those do first.

The zygote is forked from the process that has loaded the store and never does anything but fork, kill and
reap, so that what else that process runs does not matter to it. A worker shares the store's memory with
it and can be killed at any moment without harm to anything else.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import os
import select
import signal
import socket
import stat
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox

from graph.sparql.precedence import let_go_on
from graph.sparql.sockets import refuse_sockets

try:
    import resource
except ImportError:  # not a Unix: there is no fork either, and `Zygote` says so
    resource = None  # type: ignore[assignment]

# What the server says to the zygote: a letter and a number, which is that of a process to kill, or of the
# place of a worker to fork. What the zygote answers to a fork: the worker's process id with the worker's
# socket beside it, or a negative number.
COMMAND = struct.Struct("!cq")
FORK, KILL, QUIT = b"F", b"K", b"Q"
FORKED = struct.Struct("!q")

_PR_SET_PDEATHSIG = 1
_REAPING_SECONDS = 0.05


@dataclass(frozen=True)
class WorkerLimits:
    """What a worker may use.

    Attributes
    ----------
    memory_headroom
        Bytes of address space beyond those that the loaded store takes; 0 for no limit.
    result_bytes
        The longest result, in bytes.
    result_rows
        The most rows or statements of a result.
    opens_files
        Whether a worker may open files and sockets. Without it a query that slipped past the guard would
        still reach no one.
    is_on_disk
        Whether the store is on disk, so that a worker has to open the files of the store, though no
        socket; where the system cannot tell the two apart, both are open to it.
    """

    memory_headroom: int = 512 * 2**20
    result_bytes: int = 64 * 2**20
    result_rows: int = 250_000
    opens_files: bool = False
    is_on_disk: bool = False


#: The life of a worker: what it is given is the store, its limits, its socket and the number of its place.
Work = Callable[[ox.Store, WorkerLimits, socket.socket, int], None]


def start_zygote(
    store: ox.Store | Path,
    limits: WorkerLimits,
    work: Work,
    kept: Sequence[socket.socket] = (),
) -> tuple[int, socket.socket]:
    """Fork the zygote.

    Parameters
    ----------
    store
        The loaded store, or the folder of one on disk. That is opened by the zygote itself: nothing that
        the engine does in this process, in whatever thread, can then be under way in the copy.
    limits
        What each worker may use.
    work
        The whole life of a worker, given its end of its socket and the number of its place.
    kept
        Sockets of this process that workers need; no other is open to them.

    Returns
    -------
    tuple of int and socket
        The zygote's process id and the server's end of the control socket.
    """
    ours, theirs = socket.socketpair()
    follow_parent = threading.current_thread() is threading.main_thread()
    with warnings.catch_warnings():
        # Later versions of Python warn of a fork beside threads, which loading a store may have left
        # behind. The child runs the loop below and nothing else, and needs none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        _run_and_exit(lambda: _Zygote(store, limits, theirs, ours, follow_parent, work, kept).run())
    theirs.close()
    return process, ours


def await_end(process: int, seconds: float) -> None:
    """Wait for the end of a zygote that was told to end, or that lost its control socket; then kill it."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(process, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                # Its workers ask for the same signal when it dies.
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return
            time.sleep(0.002)


def _run_and_exit(run: Callable[[], None]) -> NoReturn:
    """Run the whole life of a forked process; nothing of the parent's may be run at its end."""
    try:
        run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"spacenorms worker: {error!r}\n".encode())
        os._exit(1)
    os._exit(0)


class _Zygote:
    def __init__(
        self,
        store: ox.Store | Path,
        limits: WorkerLimits,
        control: socket.socket,
        parents_end: socket.socket,
        follow_parent: bool,
        work: Work,
        kept: Sequence[socket.socket],
    ) -> None:
        self._given = store
        self._limits = limits
        self._control = control
        self._follow_parent = follow_parent
        self._work = work
        self._kept = kept
        self._children: set[int] = set()
        self._dying: set[int] = set()
        parents_end.close()

    def run(self) -> None:
        _settle_signals()
        _close_sockets_but(self._control, *self._kept)
        # The signal comes when the parent's forking thread ends, so it is only asked for when that
        # thread is the main one; the end of the control socket serves otherwise.
        if self._follow_parent:
            _die_with_parent()
        given = self._given
        self._store = ox.Store.read_only(str(given)) if isinstance(given, Path) else given
        gc.disable()
        gc.freeze()
        try:
            while self._step():
                pass
        finally:
            for child in self._children:
                os.kill(child, signal.SIGKILL)
            for child in self._children:
                os.waitpid(child, 0)

    def _step(self) -> bool:
        patience = _REAPING_SECONDS if self._dying else None
        readable, _, _ = select.select([self._control], [], [], patience)
        self._reap()
        if not readable:
            return True
        try:
            command, number = COMMAND.unpack(receive(self._control, COMMAND.size))
        except EOFError:
            return False
        if command == FORK:
            self._fork(number)
        elif command == KILL:
            self._kill(number)
        return bool(command != QUIT)

    def _fork(self, place: int) -> None:
        servers_end, workers_end = socket.socketpair()
        try:
            process = os.fork()
        except OSError:
            process = -1
        if process == 0:
            servers_end.close()
            self._control.close()
            _run_and_exit(lambda: self._work(self._store, self._limits, workers_end, place))
        workers_end.close()
        if process < 0:
            self._control.sendall(FORKED.pack(-1))
        else:
            self._children.add(process)
            socket.send_fds(self._control, [FORKED.pack(process)], [servers_end.fileno()])
        servers_end.close()

    def _kill(self, process: int) -> None:
        # Only a child that has not been waited for: its number cannot be another process's by now.
        if process in self._children:
            os.kill(process, signal.SIGKILL)
            self._dying.add(process)

    def _reap(self) -> None:
        while self._children:
            process, _ = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            self._children.discard(process)
            self._dying.discard(process)


def confine(limits: WorkerLimits) -> Memory:
    """Take from this process what a worker may not have: more memory, files, sockets, a life of its own.

    Parameters
    ----------
    limits
        What it may use.

    Returns
    -------
    Memory
        Tells how much it uses.
    """
    _die_with_parent()
    let_go_on()
    # An abort for want of memory is an ordinary end of a worker, not a reason for a traceback.
    faulthandler.disable()
    memory = Memory()
    _limit(limits, memory)
    return memory


def receive(connection: socket.socket, length: int) -> bytes:
    """Read so many bytes from a blocking socket; EOFError when it ends before."""
    buffer = bytearray(length)
    view, got = memoryview(buffer), 0
    while got < length:
        count = connection.recv_into(view[got:])
        if count == 0:
            raise EOFError
        got += count
    return bytes(buffer)


def _settle_signals() -> None:
    # A terminal sends Ctrl-C, and a service manager its SIGTERM, to every process of the group. The
    # server then finishes what it is answering, so its workers end when it lets go of them.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


def _close_sockets_but(*kept: socket.socket) -> None:
    """Let go of the server's connections, which would stay open as long as this process lives."""
    try:
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208
    except OSError:
        descriptors = list(range(3, 1024))
    needed = {each.fileno() for each in kept}
    for descriptor in descriptors:
        if descriptor > 2 and descriptor not in needed:
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                    os.close(descriptor)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _limit(limits: WorkerLimits, memory: Memory) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory_headroom and (used := memory.used()):
        most = used + limits.memory_headroom
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if limits.is_on_disk:
        refuse_sockets()
    elif not limits.opens_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


class Memory:
    """The address space of this process; its file stays open, as none can be opened later."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._file = -1

    def used(self) -> int:
        """Return the bytes in use; 0 where the system does not tell."""
        if self._file < 0:
            return 0
        return int(os.pread(self._file, 64, 0).split()[0]) * resource.getpagesize()
