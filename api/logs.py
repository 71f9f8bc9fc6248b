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
_LONGEST, _LONGEST_PARAMETERS = 300, 4_000
_SETTLED_SECONDS = 0.1
_MOST_ENDED = 100
_PROCESS, _COUNT = secrets.token_hex(4), itertools.count(1)
#: The id of the request that the running task answers; None outside of requests.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


#: The method and the path of a request, and the names of its parameters as `_raw_names` gives them.
Asked = tuple[str, str, bytes | None]


@dataclass(slots=True)
class Answered:
    """A request that was answered.

    Attributes
    ----------
    scope
        The request; None after its end, since so many requests that live on would push what the next one
        needs out of the processor's cache.
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
        The template of the route that answered; before the end None where the request itself tells.
    asked
        What it asked; before the end empty.
    private
        What is logged of it only where the settings say so.
    """

    scope: Scope | None
    request_id: str
    status: int = 0
    bytes: int = 0
    seconds: float = 0.0
    outcomes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    ended: float = 0.0
    route: str | None = None
    asked: Asked = ("", "", None)
    private: str = ""


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
        self._is_private = settings.log_clients or settings.log_query_values

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
        if (scope := answered.scope) is not None:
            answered.route = answered.route or route_of(scope)
            # what is logged with its values needs no names beside them
            raw_names = None if self._settings.log_query_values else _raw_names(scope["query_string"])
            answered.asked = scope["method"], scope["path"][:_LONGEST], raw_names
            if self._is_private:
                answered.private = _private(scope, self._settings)
            answered.scope = None
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
            record.lines = [_line(each) for each in ended]
            _log.handle(record)


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered, such as ``/norms/{code}``."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "(files)" if scope.get("endpoint") else "(none)"


def _request_id(given: bytes | None) -> str:
    if given is not None and _SANE.match(found := given.decode("latin-1")):
        return found
    return _new_id()


def _new_id() -> str:
    # what tells requests apart need be no secret, and must not take long
    return f"{_PROCESS}{next(_COUNT):08x}"


_written = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _line(answered: Answered) -> str:
    """Return the line of a request, which is written in a fifth of the time that an encoder takes."""
    # an id is sane, and can hold nothing that would have to be escaped
    return (
        f'{{"time": "{_moment(answered.ended)}", {_HEAD}"request_id": "{answered.request_id}", '
        f'{_asked(*answered.asked)}"status": {answered.status}, "bytes": {answered.bytes}, '
        f'"milliseconds": {answered.seconds * 1000:.3f}'
        f"{_queries(tuple(answered.outcomes)) if answered.outcomes else ''}{answered.private}}}"
    )


_HEAD = f'"level": "info", "logger": "{_log.name}", "message": "request", '


@lru_cache(maxsize=1_000)
def _asked(method: str, path: str, raw_names: bytes | None) -> str:
    """Return what was asked, without a value; for the names see `_raw_names`."""
    found = f'"method": {_written(method)}, "path": {_written(path)}, '
    if raw_names is None:
        return found
    # what does not look like a name may be a value
    sane = sorted(filter(_SANE.match, names(raw_names)))[:20]
    return f'{found}"parameters": {_written(sane)}, '


def _raw_names(query_string: bytes) -> bytes | None:
    """Return the names of the parameters as they were sent, with & between; None where there are none."""
    if not query_string:
        return None
    if b"&" not in query_string:
        return query_string.partition(b"=")[0][:_LONGEST]
    pieces = query_string[:_LONGEST_PARAMETERS].split(b"&")
    return b"&".join([piece.partition(b"=")[0] for piece in pieces])


@lru_cache(maxsize=1_000)
def _queries(outcomes: tuple[str, ...]) -> str:
    return f', "queries": {_written(outcomes[:20])}'


def _private(scope: Scope, settings: Settings) -> str:
    """Return what is told of a request only where the settings say so."""
    found = ""
    if settings.log_clients and scope.get("client"):
        found += f', "client": {_written(scope["client"][0])}'
    if settings.log_query_values:
        found += f', "query_string": {_written(scope["query_string"].decode("latin-1"))}'
    return found


def _moment(when: float) -> str:
    """Return a moment as ISO 8601 has it, in UTC and to the millisecond."""
    second = int(when)
    return f"{_second(second)}.{int((when - second) * 1000):03d}Z"


@lru_cache(maxsize=16)
def _second(when: int) -> str:
    return datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


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
