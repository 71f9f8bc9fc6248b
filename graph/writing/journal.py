"""Keeps what curators write in a database in their folder, so that nothing acknowledged is ever lost.

SQLite writes each change as one transaction and has it on the disk before it returns: after the end of the
process at any moment, or a loss of power on a disk that keeps its word, each change is there whole or not at
all (https://www.sqlite.org/atomiccommit.html).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import BadData, SpacenormsError
from graph.writing.graphs import JOURNAL, has_journal

_LOCK = "written.lock"
_FORMAT = 1
_APPLICATION = 0x53504E4D
_PATIENCE_SECONDS = 5.0
_SCHEMA = """
CREATE TABLE graph (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_there INTEGER NOT NULL);
CREATE TABLE statement (
  graph INTEGER NOT NULL REFERENCES graph (id), triple TEXT NOT NULL, PRIMARY KEY (graph, triple)
) WITHOUT ROWID;
CREATE TABLE change (
  number INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, request TEXT NOT NULL,
  operation TEXT NOT NULL, version TEXT NOT NULL
);
CREATE TABLE changed (
  change INTEGER NOT NULL REFERENCES change (number), graph TEXT NOT NULL, added INTEGER NOT NULL,
  removed INTEGER NOT NULL, PRIMARY KEY (change, graph)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class GraphChange:
    """What a request does to one graph.

    Attributes
    ----------
    added, removed
        Triples as N-Triples without the final dot.
    is_there
        Whether the graph exists afterwards, be it empty.
    before
        All triples that the graph held before, in case the journal has not kept it yet.
    """

    added: frozenset[str]
    removed: frozenset[str]
    is_there: bool = True
    before: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """What a request changes, by whom and when.

    Attributes
    ----------
    time
        When the request came, as an ISO timestamp in UTC.
    author
        Whose token it carried.
    request
        Its id, as in the server's log.
    operation
        ``update``, ``PUT``, ``POST`` or ``DELETE``.
    graphs
        What happens to each graph, by its address.
    """

    time: str
    author: str
    request: str
    operation: str
    graphs: Mapping[str, GraphChange]

    def version_after(self, before: str) -> str:
        """Return the version of what is kept once this is added to the version before."""
        told = [before, self.time, self.author, self.request, self.operation]
        for name, graph in sorted(self.graphs.items()):
            told += [name, str(graph.is_there), *sorted(graph.added), "-", *sorted(graph.removed)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Entry:
    """A change that is kept: how many triples it added and removed, by graph, and the version after it."""

    number: int
    time: str
    author: str
    request: str
    operation: str
    version: str
    counts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Written:
    """All that is kept.

    Attributes
    ----------
    graphs
        Triples by graph; None for a graph that was deleted, so that no file brings it back.
    entries
        The latest changes, oldest first.
    version
        Tells this state from every other; empty before the first change.
    """

    graphs: Mapping[str, list[str] | None] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    version: str = ""


def read(folder: Path, latest: int = 1000) -> Written:
    """Return what is kept in a folder.

    Parameters
    ----------
    folder
        With a journal; another process may be writing it.
    latest
        The most entries to return.

    Raises
    ------
    BadData
        The journal is damaged, or another program's.
    """
    with _opened(folder) as database:
        database.execute("BEGIN")
        kept = database.execute("SELECT id, name, is_there FROM graph ORDER BY name").fetchall()
        graphs = {name: _triples(database, number) if is_there else None for number, name, is_there in kept}
        return Written(graphs, tuple(_entries(database, latest)), _version(database))


def _triples(database: sqlite3.Connection, graph: int) -> list[str]:
    rows = database.execute("SELECT triple FROM statement WHERE graph = ? ORDER BY triple", (graph,))
    return [triple for (triple,) in rows]


def _entries(database: sqlite3.Connection, latest: int) -> Iterator[Entry]:
    rows = database.execute(
        "SELECT number, time, author, request, operation, version FROM change ORDER BY number DESC LIMIT ?",
        (latest,),
    ).fetchall()
    for number, when, author, request, operation, version in reversed(rows):
        counts = database.execute(
            "SELECT graph, added, removed FROM changed WHERE change = ? ORDER BY graph", (number,)
        )
        told = {graph: (added, removed) for graph, added, removed in counts}
        yield Entry(number, when, author, request, operation, version, told)


def _version(database: sqlite3.Connection) -> str:
    row = database.execute("SELECT version FROM change ORDER BY number DESC LIMIT 1").fetchone()
    return row[0] if row else ""


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / JOURNAL
    try:
        # A journal that a killed writer left is rolled back by the next who opens it, if they may write.
        mode = "rw" if os.access(path, os.W_OK) and os.access(folder, os.W_OK) else "ro"
        address = f"{path.absolute().as_uri()}?mode={mode}"
        database = sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise _damaged(path, error) from error
    try:
        with contextlib.closing(database):
            _check_format(database)
            yield database
    except sqlite3.Error as error:
        raise _damaged(path, error) from error


def _check_format(database: sqlite3.Connection) -> None:
    found = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if found != [_APPLICATION, _FORMAT]:
        raise sqlite3.DatabaseError(
            f"its format is {found[1]} of program {found[0]:x}, not {_FORMAT} of ours"
        )


def _damaged(path: Path, error: Exception) -> BadData:
    return BadData(
        f"What was written to {path} cannot be read: {error}.",
        remedy="Put back a copy of the file, or check the rights to it and to its folder.",
        file=str(path),
        status=500,
    )


class Journal:
    """The journal of a folder, held by the one process that may add to it.

    Parameters
    ----------
    folder
        Where it is kept; made when there is none.

    Raises
    ------
    BadData
        The folder cannot be written, another server holds it, or the journal is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = self._locked()
        try:
            if not has_journal(folder):
                self._make()
            with _opened(folder) as database:
                self.version = _version(database)
                self.number = _last_number(database)
                self.graphs = {name for (name,) in database.execute("SELECT name FROM graph")}
        except BaseException:
            self.close()
            raise

    def _locked(self) -> int:
        import fcntl  # there is none on systems that cannot fork either

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise BadData(
                f"The folder {self.folder} cannot be written: {error.strerror}.",
                remedy="Give the server's user the right to write it, or unset the token for writing.",
                file=str(self.folder),
            ) from None
        # A server that was just killed lets go once its processes have ended.
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                os.close(descriptor)
                raise BadData(
                    f"Another server writes the folder {self.folder}.",
                    remedy="Stop that one first, or give this one a folder of its own by --data.",
                    file=str(self.folder),
                    code="folder-in-use",
                    status=409,
                ) from None
            return descriptor

    def _make(self) -> None:
        """Make the database under another name, so that nobody ever sees it half made."""
        path, rough = self.folder / JOURNAL, self.folder / f"{JOURNAL}.new"
        rough.unlink(missing_ok=True)
        try:
            with contextlib.closing(sqlite3.connect(rough, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = EXTRA")
                database.executescript(
                    f"BEGIN; PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_FORMAT};"
                    f"{_SCHEMA} COMMIT;"
                )
            rough.rename(path)
            _sync(self.folder)
        except (OSError, sqlite3.Error) as error:
            raise _damaged(path, error) from error

    def entry(self, change: Change) -> Entry:
        """Return the entry that a change will have if it is the next that is kept."""
        counts = {name: (len(each.added), len(each.removed)) for name, each in change.graphs.items()}
        return Entry(
            self.number + 1,
            change.time,
            change.author,
            change.request,
            change.operation,
            change.version_after(self.version),
            counts,
        )

    def add(self, change: Change) -> None:
        """Keep a change; when this returns it is on the disk.

        Parameters
        ----------
        change
            What to keep.

        Raises
        ------
        SpacenormsError
            The disk is full or fails; nothing of the change is kept then.
        """
        entry = self.entry(change)
        try:
            with _opened(self.folder) as database:
                database.execute("PRAGMA synchronous = EXTRA")
                database.execute("BEGIN IMMEDIATE")
                _add(database, change, entry)
                database.execute("COMMIT")
        except BadData as error:
            raise SpacenormsError(
                f"The change could not be kept, so it was not made: {error.__cause__}.",
                remedy="The operator should look at the disk of the folder; try again then.",
                code="not-kept",
                status=507,
            ) from error
        self.number, self.version = entry.number, entry.version
        self.graphs |= set(change.graphs)

    def close(self) -> None:
        """Let another server have the folder."""
        if self._lock >= 0:
            import fcntl

            # Forked processes hold the same lock, which is let go for all of them.
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            os.close(self._lock)
            self._lock = -1


def _add(database: sqlite3.Connection, change: Change, entry: Entry) -> None:
    database.execute(
        "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)",
        (entry.number, entry.time, entry.author, entry.request, entry.operation, entry.version),
    )
    for name, each in change.graphs.items():
        _add_graph(database, name, each)
        database.execute("INSERT INTO changed VALUES (?, ?, ?, ?)", (entry.number, name, *entry.counts[name]))


def _add_graph(database: sqlite3.Connection, name: str, change: GraphChange) -> None:
    row = database.execute("SELECT id FROM graph WHERE name = ?", (name,)).fetchone()
    if row is None:
        cursor = database.execute("INSERT INTO graph (name, is_there) VALUES (?, ?)", (name, change.is_there))
        identifier = cursor.lastrowid
        _insert(database, identifier, change.before)
    else:
        identifier = row[0]
        database.execute("UPDATE graph SET is_there = ? WHERE id = ?", (change.is_there, identifier))
    rows = ((identifier, triple) for triple in change.removed)
    database.executemany("DELETE FROM statement WHERE graph = ? AND triple = ?", rows)
    _insert(database, identifier, change.added)


def _insert(database: sqlite3.Connection, graph: int | None, triples: Iterable[str]) -> None:
    rows = ((graph, triple) for triple in triples)
    database.executemany("INSERT OR IGNORE INTO statement VALUES (?, ?)", rows)


def _last_number(database: sqlite3.Connection) -> int:
    number: int | None = database.execute("SELECT MAX(number) FROM change").fetchone()[0]
    return number or 0


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
