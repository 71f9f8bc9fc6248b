"""Answer HEAD wherever GET is answered: the same headers, and no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Middleware that answers a HEAD request as GET would be, without the body.

    An address that takes HEAD itself, such as a file or the SPARQL endpoint, is left to do so.

    Parameters
    ----------
    app
        The application within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or _takes_head(scope):
            await self._app(scope, receive, send)
            return

        await self._app({**scope, "method": "GET"}, receive, without_body(send))


def without_body(send: Send) -> Send:
    """Return what sends the beginning of an answer and leaves its body out."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


def _takes_head(scope: Scope) -> bool:
    from starlette.routing import Match  # there are routes only where it has been imported

    routes = getattr(scope.get("app"), "routes", ())
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
