"""Write the log as JSON, one object a line: one for each request, and whatever else is told."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from starlette.types import Scope

from api.parameters import names
from api.settings import Settings

_log = logging.getLogger("spacenorms.requests")
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_LONGEST = 300
_SETTLED_SECONDS = 0.1
_MOST_ENDED = 100
_PROCESS, _COUNT = secrets.token_hex(4), itertools.count(1)
#: The id of the request that the running task answers; None outside of requests.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


@dataclass(slots=True)
class Answered:
    """A request that was answered.

    Attributes
    ----------
    status
        Its HTTP status; 0 when there was no answer.
    bytes
        The length of the answer's body.
    seconds
        From the arrival of the request to the end of the answer.
    outcomes
        A word for each query that a worker evaluated for it, as in `graph.sparql.caller.Caller`.
    began
        When it arrived, on the clock of `time.perf_counter`.
    ended
        When it was answered, on that of `time.time`.
    route
        The template of the route that answered; None where the request itself tells.
    """

    scope: Scope
    request_id: str
    status: int = 0
    bytes: int = 0
    seconds: float = 0.0
    outcomes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    ended: float = 0.0
    route: str | None = None


class RequestLog:
    """Gives each request an id, and tells who listens, and the log, how it was answered.

    The id is that of the header ``X-Request-ID`` if it is sane, else a new one; it stands in
    ``request.state.request_id``.

    Requests are told in turn, but not one by one: a moment later, all that were answered by then, which
    takes much less time for each.

    Parameters
    ----------
    settings
        Say what is logged.
    listener
        Called with each request that was answered.
    """

    def __init__(self, settings: Settings, listener: Callable[[Answered], None]) -> None:
        self._settings = settings
        self._listener = listener
        self._ended: list[Answered] = []

    def begin(self, scope: Scope, given: bytes | None) -> Answered:
        """Note that a request has arrived.

        Parameters
        ----------
        scope
            The request.
        given
            The id that it has brought along, if any.
        """
        answered = Answered(scope, _request_id(given))
        scope.setdefault("state", {})["request_id"] = answered.request_id
        return answered

    def end(self, answered: Answered) -> None:
        """Note that the answer to a request was sent."""
        answered.seconds = time.perf_counter() - answered.began
        answered.ended = time.time()
        self._ended.append(answered)
        if len(self._ended) == 1:
            asyncio.get_running_loop().call_later(_SETTLED_SECONDS, self.settle)
        elif len(self._ended) >= _MOST_ENDED:
            self.settle()

    def settle(self) -> None:
        """Tell the listener and the log of the requests that were answered since it was last called."""
        ended, self._ended = self._ended, []
        for each in ended:
            self._listener(each)
        if ended and self._settings.log_requests and _log.isEnabledFor(logging.INFO):
            record = logging.LogRecord(_log.name, logging.INFO, "", 0, "request", None, None)
            record.lines = [_line(each, self._settings) for each in ended]
            _log.handle(record)


def _request_id(given: bytes | None) -> str:
    if given is not None and _SANE.match(found := given.decode("latin-1")):
        return found
    return _new_id()


def _new_id() -> str:
    # what tells requests apart need be no secret, and must not take long
    return f"{_PROCESS}{next(_COUNT):08x}"


_written = json.JSONEncoder(ensure_ascii=False, default=str).encode
_kept = lru_cache(maxsize=1_000)(_written)


def _line(answered: Answered, settings: Settings) -> str:
    """Return the line of a request, which is written in a third of the time that an encoder takes."""
    scope = answered.scope
    more = ""
    if answered.outcomes:
        more += f', "queries": {_kept(tuple(answered.outcomes[:20]))}'
    if settings.log_clients and scope.get("client"):
        more += f', "client": {_kept(scope["client"][0])}'
    if settings.log_query_values:
        more += f', "query_string": {_written(scope["query_string"].decode("latin-1"))}'
    elif scope["query_string"]:
        more += f', "parameters": {_kept(_names(scope["query_string"]))}'
    # an id is sane, and can hold nothing that would have to be escaped
    return (
        f'{{"time": "{_moment(answered.ended)}", "level": "info", "logger": "{_log.name}", '
        f'"message": "request", "request_id": "{answered.request_id}", "method": {_kept(scope["method"])}, '
        f'"path": {_kept(scope["path"][:_LONGEST])}, "status": {answered.status}, "bytes": {answered.bytes}, '
        f'"milliseconds": {answered.seconds * 1000:.3f}{more}}}'
    )


def _moment(when: float) -> str:
    """Return a moment as ISO 8601 has it, in UTC and to the millisecond."""
    second, thousandths = divmod(int(when * 1000), 1000)
    return f"{_second(second)}.{thousandths:03d}Z"


@lru_cache(maxsize=16)
def _second(when: int) -> str:
    return datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _names(query_string: bytes) -> tuple[str, ...]:
    """Return the names of the parameters; what does not look like a name may be a value."""
    return tuple(sorted(filter(_SANE.match, names(query_string[:10_000])))[:20])


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON, or the lines that it brings along."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        lines: list[str] = getattr(record, "lines", None) or [self._line(record)]
        return "\n".join(lines)

    def _line(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _written(line)


def configure(level: int = logging.INFO) -> None:
    """Send the log of this process to standard error as JSON.

    Parameters
    ----------
    level
        The least grave that is written of our own; of the packages used, warnings and worse are.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in ("spacenorms", "api", "graph"):
        logging.getLogger(name).setLevel(level)
