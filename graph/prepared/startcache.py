"""Keeps what a start loaded and derived, so that the next start with the same files need not.

An entry is one file of N-Quads, named after what it was made from and after its own checksum. It is
written beside its place and renamed, so that starts at the same time do each other no harm, and it is
only believed if nobody but this user could have written it. Whatever goes wrong, the graph is loaded as
if there were no cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

import pyoxigraph as ox

_KEPT = 4
_CHUNK = 2**20
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def default_folder() -> Path | None:
    """Return the user's folder for entries; None for a user without a home.

    References
    ----------
    XDG Base Directory Specification 0.8, variable ``XDG_CACHE_HOME``.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given / "spacenorms"
    with contextlib.suppress(RuntimeError):
        return Path.home() / ".cache" / "spacenorms"
    return None


def fetch(folder: Path, key: str) -> ox.Store | None:
    """Return the store that was kept under a key.

    Parameters
    ----------
    folder
        Of the entries.
    key
        Tells what the store was made from.

    Returns
    -------
    pyoxigraph.Store or None
        In memory; None where there is no entry that can be believed.
    """
    try:
        if not _is_safe_folder(folder):
            return None
        for path in folder.glob(f"{key}-*.nq"):
            content = _read(path)
            if hashlib.sha256(content).hexdigest() == path.stem.removeprefix(f"{key}-"):
                os.utime(path)
                store = ox.Store()
                # The engine wrote it: nothing is gained by looking at every address again.
                store.bulk_load(content, format=ox.RdfFormat.N_QUADS, lenient=True)
                return store
    except (OSError, SyntaxError):
        pass
    return None


def keep(folder: Path, key: str, store: ox.Store) -> None:
    """Keep a store under a key, if there is a safe place for it, and let the oldest entries go."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_safe_folder(folder):
            _write(folder, key, store)
            _prune(folder)


def _write(folder: Path, key: str, store: ox.Store) -> None:
    descriptor, name = tempfile.mkstemp(dir=folder, suffix=".part")
    begun = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            store.dump(file, format=ox.RdfFormat.N_QUADS)
            file.seek(0)
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        begun.rename(folder / f"{key}-{digest.hexdigest()}.nq")
    except BaseException:
        begun.unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes:
    """Read a file that this user alone can have written; raise OSError for any other."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not _is_own(status):
            raise PermissionError(path)
        return file.read()


def _is_safe_folder(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and _is_own(status)


def _is_own(status: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def _prune(folder: Path) -> None:
    entries = sorted(folder.glob("*.nq"), key=lambda path: path.stat().st_mtime, reverse=True)
    begun = [path for path in folder.glob("*.part") if path.stat().st_mtime < entries[-1].stat().st_mtime]
    for path in (*entries[_KEPT:], *begun):
        path.unlink(missing_ok=True)
