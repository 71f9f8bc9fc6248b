"""The door of the server: what answers from the start, and the rest of the site behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import protocol, savedqueries, service
from api.head import without_body
from api.parameters import names
from api.problems import response_to
from graph.errors import SpacenormsError

if TYPE_CHECKING:
    from api.application import Application

Handler = Callable[[Request], Awaitable[Response]]
_SAVED = "/queries/"
_CHECKED = frozenset({"limit", "offset"})


class Own(NamedTuple):
    """An address that is answered here; metrics count it under its path."""

    path: str
    handlers: dict[str, Handler]


async def _saved(request: Request) -> Response:
    name = request.scope["path"].removeprefix(_SAVED)
    return await savedqueries.answer(request, name, request.query_params.get("format"))


_OWN = {
    "/sparql": Own(
        "/sparql",
        {"GET": protocol.get, "HEAD": protocol.get, "POST": protocol.post, "OPTIONS": protocol.options},
    ),
    "/health": Own("/health", {"GET": service.health, "HEAD": service.health}),
    "/metrics": Own("/metrics", {"GET": service.metrics, "HEAD": service.metrics}),
}
_OWN_SAVED = Own(f"{_SAVED}{{name:path}}", {"GET": _saved, "HEAD": _saved})


class Front:
    """Answers queries and questions after the server's health; hands all else to the site.

    The site describes the same addresses, and the same functions answer them. It takes what would be a page
    here, or is checked there: parts of saved queries, and methods that an address does not take.

    Parameters
    ----------
    application
        Has the site, which is made when it is first asked for.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        own = _own(scope)
        handler = own.handlers.get(scope["method"]) if own else None
        if own is None or handler is None or _wants_page(scope):
            site = self._application.made_site or await self._application.site()
            await site(scope, receive, send)
            return
        scope["route"], scope["endpoint"] = own, handler
        request = Request(scope, receive)
        try:
            response = await handler(request)
        except (SpacenormsError, HTTPException) as error:
            response = response_to(request, error)
        await response(scope, receive, without_body(send) if scope["method"] == "HEAD" else send)


def _own(scope: Scope) -> Own | None:
    path = scope["path"]
    if scope.get("root_path"):
        return None
    if path.startswith(_SAVED):
        return _OWN_SAVED if _CHECKED.isdisjoint(names(scope["query_string"])) else None
    return _OWN.get(path)


def _wants_page(scope: Scope) -> bool:
    """Tell whether a person may be meant to read the answer."""
    if b"format=html" in scope["query_string"]:
        return True
    return any(name == b"accept" and b"html" in value for name, value in scope["headers"])
