"""Write the log as JSON, one object a line: one for each request, and whatever else is told."""

from __future__ import annotations

import datetime
import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.settings import Settings
from graph.sparql.caller import CALLER, Caller

_log = logging.getLogger("spacenorms.requests")
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_LONGEST = 300
_REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


@dataclass
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
    """

    scope: Scope
    request_id: str
    status: int = 0
    bytes: int = 0
    seconds: float = 0.0
    outcomes: list[str] = field(default_factory=list)


class RequestLog:
    """Middleware that gives each request an id, tells who listens, and logs it.

    The id is that of the header ``X-Request-ID`` if it is sane, else a new one; it stands in
    ``request.state.request_id`` and goes back in the same header.

    Parameters
    ----------
    app
        What answers.
    settings
        Say what is logged.
    listener
        Called with each request that was answered.
    """

    def __init__(self, app: ASGIApp, settings: Settings, listener: Callable[[Answered], None]) -> None:
        self._app = app
        self._settings = settings
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = Answered(scope, _request_id(scope))
        scope.setdefault("state", {})["request_id"] = answered.request_id
        tokens = _REQUEST_ID.set(answered.request_id), CALLER.set(Caller(outcomes=answered.outcomes))
        began = time.perf_counter()
        try:
            await self._app(scope, receive, _watching(answered, send))
        finally:
            answered.seconds = time.perf_counter() - began
            self._tell(answered)
            _REQUEST_ID.reset(tokens[0])
            CALLER.reset(tokens[1])

    def _tell(self, answered: Answered) -> None:
        self._listener(answered)
        if self._settings.log_requests:
            _log.info("request", extra={"facts": _facts(answered, self._settings)})


def _watching(answered: Answered, send: Send) -> Send:
    async def watching(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = answered.request_id
        elif message["type"] == "http.response.body":
            answered.bytes += len(message.get("body", b""))
        await send(message)

    return watching


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE.match(given) else secrets.token_hex(8)


def _facts(answered: Answered, settings: Settings) -> dict[str, Any]:
    scope = answered.scope
    facts: dict[str, Any] = {
        "request_id": answered.request_id,
        "method": scope["method"],
        "path": scope["path"][:_LONGEST],
        "status": answered.status,
        "bytes": answered.bytes,
        "milliseconds": round(answered.seconds * 1000, 3),
    }
    if answered.outcomes:
        facts["queries"] = answered.outcomes[:20]
    if settings.log_clients and scope.get("client"):
        facts["client"] = scope["client"][0]
    if settings.log_query_values:
        facts["query_string"] = scope["query_string"].decode("latin-1")
    elif scope["query_string"]:
        facts["parameters"] = _names(scope["query_string"])
    return facts


def _names(query_string: bytes) -> list[str]:
    """Return the names of the parameters; what does not look like a name may be a value."""
    pairs = parse_qsl(query_string[:10_000].decode("latin-1"), keep_blank_values=True)
    return sorted({name for name, _ in pairs if _SANE.match(name)})[:20]


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := _REQUEST_ID.get():
            line["request_id"] = request_id
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


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
