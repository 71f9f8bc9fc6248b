"""Lets curators write: who they are, one change after another, each kept before it is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import hmac
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from starlette.datastructures import State
from starlette.requests import Request

from api.settings import Settings
from graph.errors import BadValue, SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.sparql.guard import ReadQuery
from graph.writing.evaluator import Evaluator
from graph.writing.journal import Change, Entry, Journal
from graph.writing.successor import follow, graph_changes, store_of, successor
from graph.writing.write import Write

_log = logging.getLogger(__name__)
_SHORTEST = 16
_TWIN_SECONDS = 0.25
_AUTHOR = re.compile(r"[^\s=#][^=#\n]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Writers:
    """Those who may write, by the SHA-256 of their tokens.

    Parameters
    ----------
    digests
        Author by hexadecimal digest.
    """

    def __init__(self, digests: Mapping[str, str]) -> None:
        self._digests = dict(digests)

    @classmethod
    def of(cls, settings: Settings) -> Writers:
        """Return those whom settings name.

        Raises
        ------
        BadValue
            A token is too short, or the file of writers cannot be read.
        """
        digests = _listed(Path(settings.writers_file)) if settings.writers_file else {}
        if settings.write_token:
            if len(settings.write_token) < _SHORTEST:
                raise BadValue(
                    f"SPACENORMS_WRITE_TOKEN has fewer than {_SHORTEST} characters.",
                    remedy="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
                    code="bad-setting",
                )
            digests[_digest(settings.write_token)] = settings.write_author
        return cls(digests)

    def author(self, request: Request) -> str:
        """Return who sends a request.

        Raises
        ------
        SpacenormsError
            With status 401: it carries no token, or one of nobody.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized("Writing needs a token, and the request carries none.")
        given = _digest(token.strip())
        # Each is compared, so that the time taken tells nothing.
        found = [author for digest, author in self._digests.items() if hmac.compare_digest(digest, given)]
        if not found:
            raise _unauthorized("The token of the request is nobody's.")
        return found[0]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _unauthorized(message: str) -> SpacenormsError:
    return SpacenormsError(
        message,
        remedy="Send the header Authorization: Bearer followed by the token that the operator gave you.",
        code="unauthorized",
        status=401,
    )


def _listed(path: Path) -> dict[str, str]:
    """Read lines of ``author = digest``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(
            f"The file of writers {path} cannot be read: {error}.",
            remedy="Set SPACENORMS_WRITERS_FILE to a text file that the server may read.",
            code="bad-setting",
        ) from None
    digests: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        told = line.partition("#")[0].strip()
        author, _, digest = (part.strip() for part in told.rpartition("="))
        if told and not (_AUTHOR.fullmatch(author) and _DIGEST.fullmatch(digest.lower())):
            raise BadValue(
                f"Line {number} of {path} names no writer.",
                remedy="Write author = SHA-256 of the token in hexadecimal, such as sha256sum prints it.",
                code="bad-setting",
            )
        if told:
            digests[digest.lower()] = author
    return digests


@dataclass(frozen=True)
class Receipt:
    """What became of a write.

    Attributes
    ----------
    entry
        What the journal holds of it; None when nothing changed.
    version
        Of the data, with the change.
    """

    entry: Entry | None
    version: str

    def told(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        entry = self.entry
        if entry is None:
            return {"change": None, "graphs": [], "version": self.version}
        graphs = [
            {"graph": graph, "added": added, "removed": removed}
            for graph, (added, removed) in entry.counts.items()
        ]
        return {
            "change": entry.number,
            "author": entry.author,
            "time": entry.time,
            "graphs": graphs,
            "version": self.version,
        }


@dataclass(frozen=True)
class _Twin:
    """A store that holds the same as that of a graph, and that nobody asks."""

    store: ox.Store
    graph: KnowledgeGraph


async def _follow(
    store: ox.Store, over: asyncio.Event, changed: Mapping[str, Any], entry: Entry, after: KnowledgeGraph
) -> _Twin:
    """Let the store of a replaced graph follow its successor, once nobody asks it any more."""
    await over.wait()
    await asyncio.to_thread(follow, store, changed, entry)
    return _Twin(store, after)


class Writing:
    """The writing of one server: its writers, its journal, and the process that evaluates.

    Make it before the graph is loaded, so that nobody else writes the folder from then on.

    Parameters
    ----------
    settings
        Name the writers and the limits.
    folder
        Where the journal is kept.

    Raises
    ------
    BadValue, BadData
        The settings do not fit, there is no folder, or it is another server's.
    """

    def __init__(self, settings: Settings, folder: Path | None) -> None:
        self._settings = settings
        self.writers = Writers.of(settings)
        if folder is None:
            raise BadValue(
                "A token for writing is set, and there is no folder to keep in what is written.",
                remedy="Name a folder with --data, without --endpoint or --store, or unset the token.",
                code="no-folder-to-write",
            )
        self._journal = Journal(folder)
        self._evaluator: Evaluator | None = None
        self._running: set[asyncio.Task[Receipt]] = set()
        self._twin: asyncio.Task[_Twin] | None = None

    def begin(self, state: State) -> None:
        """Start the process that evaluates, over the graph that an application has just loaded."""
        self._state = state
        self._evaluator = self._evaluating(self._state.graph)

    def _evaluating(self, graph: KnowledgeGraph) -> Evaluator:
        return Evaluator(graph, self._settings.memory_headroom)

    async def close(self) -> None:
        """Wait for the change that is under way, and let go of the folder."""
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._twin:
            self._twin.cancel()
        if self._evaluator:
            await asyncio.to_thread(self._evaluator.close)
        self._journal.close()

    async def write(
        self,
        request: Request,
        author: str,
        operation: str,
        prepare: Callable[[KnowledgeGraph], Write],
        read: ReadQuery | None = None,
    ) -> Receipt:
        """Make a change, after those that came before it.

        Parameters
        ----------
        request
            Gives its id.
        author
            Who makes it.
        operation
            ``update``, ``PUT``, ``POST`` or ``DELETE``.
        prepare
            Told the graph as it is then, returns what to do, or refuses.
        read
            The update, to tell a place in it.

        Returns
        -------
        Receipt
            The change is on the disk, and every answer from now on holds it.

        Raises
        ------
        SpacenormsError
            Nothing was changed.
        """
        identifier = getattr(request.state, "request_id", "")
        task = asyncio.create_task(self._write(identifier, author, operation, prepare, read))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # A client who leaves does not stop a change half-way.
        return await asyncio.shield(task)

    async def _write(
        self,
        request: str,
        author: str,
        operation: str,
        prepare: Callable[[KnowledgeGraph], Write],
        read: ReadQuery | None,
    ) -> Receipt:
        when = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        async with self._state.reloader.turn():
            graph: KnowledgeGraph = self._state.graph
            evaluator = await self._current(graph)
            write = prepare(graph)
            changed = await asyncio.to_thread(
                evaluator.evaluate, write, self._settings.write_time_limit, read
            )
            if not changed["graphs"]:
                return Receipt(None, graph.version)
            graphs = await asyncio.to_thread(graph_changes, graph, changed["graphs"], self._journal.graphs)
            change = Change(when, author, request, operation, graphs)
            entry = self._journal.entry(change)
            twin = await self._twin_of(graph)
            after = await asyncio.to_thread(successor, graph, changed, entry, twin)
            over = self._state.reloader.generation.over
            await self._take_over(after, change)
            self._twin = asyncio.create_task(_follow(store_of(graph), over, changed, entry, after))
        _log.info("write", extra={"facts": {"author": author, **Receipt(entry, after.version).told()}})
        return Receipt(entry, after.version)

    async def _current(self, graph: KnowledgeGraph) -> Evaluator:
        """Return what evaluates over a graph; another one after a reload, or when it was lost."""
        evaluator = self._evaluator
        if evaluator is not None and evaluator.is_open and evaluator.graph is graph:
            return evaluator
        self._evaluator = self._evaluating(graph)
        if evaluator is not None:
            await asyncio.to_thread(evaluator.close)
        return self._evaluator

    async def _twin_of(self, graph: KnowledgeGraph) -> ox.Store | None:
        """Return a store that holds the same as a graph's, if there is one: who changes it spares a copy."""
        following, self._twin = self._twin, None
        if following is None:
            return None
        try:
            async with asyncio.timeout(_TWIN_SECONDS):
                twin = await following
        except TimeoutError:  # requests are still asking it
            return None
        return twin.store if twin.graph is graph else None

    async def _take_over(self, graph: KnowledgeGraph, change: Change) -> None:
        evaluator, old = self._evaluating(graph), self._evaluator
        try:
            await self._state.reloader.take_over(graph, partial(self._journal.add, change))
        except BaseException:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(evaluator.close)
            raise
        self._evaluator = evaluator
        if old is not None:
            await asyncio.to_thread(old.close)
