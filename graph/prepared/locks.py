"""Says which folders of quads are in use, so that a preparation removes none that a server reads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a Unix: the file system itself refuses to remove what is open
    fcntl = None  # type: ignore[assignment]

_NAME = "in-use"


class InUse:
    """Holds a folder for as long as this object and every process forked meanwhile live.

    Parameters
    ----------
    folder
        A folder of quads.

    Raises
    ------
    OSError
        It is gone.
    """

    def __init__(self, folder: Path) -> None:
        # A store may stand on a read-only file system, where nobody can remove it either.
        writable = os.access(folder, os.W_OK)
        self._file = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY, 0o644)
        if fcntl:
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go of it in this process."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.release()


@contextlib.contextmanager
def unless_in_use(folder: Path) -> Iterator[bool]:
    """Tell whether nobody holds a folder, and keep others from it meanwhile."""
    try:
        file = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        yield False
        return
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(file)
