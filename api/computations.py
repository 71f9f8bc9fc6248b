"""Bounds what the server itself computes for requests: pages, look-ups, networks and what is drawn by chance.

Queries are evaluated in processes that can be killed; what is computed here runs in threads, which cannot.
So there are only so many at once, a caller waits for one only so long, and one who has waited long enough is
told so while the computation goes on in its place: its result is usually kept, and there for the next who
asks.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import response_to
from api.settings import Settings
from graph.errors import ComputationTimeout, ServiceBusy
from graph.sparql.caller import CALLER

_log = logging.getLogger(__name__)

#: What does not compute, or has limits of its own.
_OTHERS = (
    "/sparql",
    "/queries",
    "/rdf-graph-store",
    "/health",
    "/metrics",
    "/static/",
    "/docs",
    "/openapi.json",
)
_METHODS = ("GET", "HEAD", "POST")


class Computations:
    """Middleware that lets only so many requests compute at once, each only so long.

    A caller with a name (`graph.sparql.caller.CALLER`) is given all places but one at most.

    Parameters
    ----------
    app
        What computes.
    settings
        The limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._limit = settings.computation_time_limit
        self._places = settings.computations
        self._queue = settings.computation_queue
        self._running: Counter[str | None] = Counter()
        self._waiting: list[asyncio.Future[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not _computes(scope):
            await self._app(scope, receive, send)
            return
        caller = CALLER.get()
        name = caller.name if caller else None
        end = asyncio.get_running_loop().time() + self._limit
        try:
            await self._take_place(name, end)
        except ServiceBusy as error:
            await response_to(Request(scope), error)(scope, receive, send)
            return
        letter = _Letterbox(receive, send)
        task = asyncio.ensure_future(self._app(scope, letter.receive, letter.send))
        task.add_done_callback(lambda done: self._leave(name, done))
        try:
            await asyncio.wait({task}, timeout=end - asyncio.get_running_loop().time())
            if task.done() or letter.has_begun:
                # What has begun to be sent is computed; how fast the client reads is its own affair.
                await task
                return
        except asyncio.CancelledError:
            task.cancel()
            raise
        letter.close()
        await response_to(Request(scope), self._late())(scope, receive, send)

    async def _take_place(self, name: str | None, end: float) -> None:
        while not self._is_free(name):
            if len(self._waiting) >= self._queue:
                raise ServiceBusy(
                    "More is being computed than this server takes on.",
                    remedy="Try again in a few seconds.",
                    retry_after=5,
                )
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                async with asyncio.timeout_at(end):
                    await turn
            except TimeoutError:
                raise ServiceBusy(
                    f"Nothing that is being computed ended within {self._limit:g} s.",
                    remedy="Try again in a minute.",
                    retry_after=60,
                ) from None
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        self._running[name] += 1

    def _is_free(self, name: str | None) -> bool:
        if self._running.total() >= self._places:
            return False
        return name is None or self._places == 1 or self._running[name] < self._places - 1

    def _leave(self, name: str | None, task: asyncio.Future[None]) -> None:
        self._running[name] -= 1
        if not self._running[name]:
            del self._running[name]
        # Each looks for itself whether the place is for it.
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._waiting.clear()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.debug("A computation ended with %r", error)

    def _late(self) -> ComputationTimeout:
        return ComputationTimeout(
            f"The answer was not computed within {self._limit:g} s; the server goes on with it.",
            remedy="Ask again in a minute, when it may be there, or for less: fewer samples, fewer years.",
            retry_after=60,
            timeout=self._limit,
        )


def _computes(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in _METHODS and not scope["path"].startswith(_OTHERS)


class _Letterbox:
    """What a request receives and sends, until nobody waits for it any more."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.has_begun = False
        self._receive = receive
        self._send = send
        self._is_closed = False

    def close(self) -> None:
        """Throw away what is still sent, and have nothing more to receive."""
        self._is_closed = True

    async def receive(self) -> Message:
        if self._is_closed:
            return {"type": "http.disconnect"}
        return await self._receive()

    async def send(self, message: Message) -> None:
        if self._is_closed:
            return
        self.has_begun = True
        await self._send(message)


class Turns:
    """Lets one thread at a time compute something that takes all of a processor for long.

    Parameters
    ----------
    patience
        Seconds that a thread waits for its turn.
    queue
        How many threads may wait.
    """

    def __init__(self, patience: float, queue: int) -> None:
        self.patience = patience
        self._queue = queue
        self._turn = BoundedSemaphore(1)
        self._lock = Lock()
        self._waiting = 0

    @contextmanager
    def take(self, *, is_kept: bool) -> Iterator[None]:
        """Wait for a turn; an answer that is kept from before needs none.

        Raises
        ------
        ServiceBusy
            Others are waiting already, or none came in time.
        """
        if is_kept:
            yield
            return
        self._wait()
        try:
            yield
        finally:
            self._turn.release()

    def _wait(self) -> None:
        with self._lock:
            is_full = self._waiting > self._queue
            self._waiting += 1
        try:
            if is_full or not self._turn.acquire(timeout=self.patience):
                raise ServiceBusy(
                    "Another answer of this kind is being computed.",
                    remedy="Ask again in a minute; it is then kept.",
                    retry_after=60,
                )
        finally:
            with self._lock:
                self._waiting -= 1


#: For what draws many random networks, or leaves out one thing after another.
SAMPLING = Turns(patience=20.0, queue=3)
