"""Processor time and memory of a process with all its children, read from ``/proc``."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """Return a process and its descendants that live."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def processor_seconds(root: int) -> float:
    """Return processor seconds of a tree so far, with those of children that have ended.

    The kernel counts in ticks, usually of 10 ms, for each process.
    """
    ticks = 0
    for each in tree(root):
        if fields := _stat(each):
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICK


def memory(root: int) -> int:
    """Return the bytes that a tree keeps in memory; what processes share counts once."""
    total = 0
    for each in tree(root):
        with contextlib.suppress(OSError):  # it may end meanwhile
            for line in (_PROC / str(each) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += 1024 * int(line.split()[1])
    return total


def _stat(process: int) -> list[str] | None:
    """Return the fields after the name in parentheses: state, parent, and so on."""
    try:
        return (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


class Peak:
    """The most memory that a tree keeps while this context is open.

    Parameters
    ----------
    root
        The first process of the tree.
    every
        Seconds between two looks.
    """

    def __init__(self, root: int, every: float = 0.25) -> None:
        self.bytes = 0
        self._root = root
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.bytes = max(self.bytes, memory(self._root))

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self.bytes = max(self.bytes, memory(self._root))
