"""Answer every fault as a problem that a person and a program can act on (RFC 9457)."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.negotiation import PROBLEM, prefers_html
from graph.errors import SpacenormsError, closest, suggest
from graph.namespaces import BASE

if TYPE_CHECKING:
    from fastapi import FastAPI

_log = logging.getLogger(__name__)
_QUOTED = re.compile(r"'([^']+)'")
_SHOWN = ("title", "detail", "status", "remedy", "instance", "query", "nearest")
_PLAIN_PAGE = "<!doctype html><title>{title}</title><h1>{title}</h1><p>{detail}</p><p>{remedy}</p>"
_CODES = {404: "not-found", 405: "method-not-allowed", 413: "body-too-long", 415: "unsupported-media-type"}


def install(application: FastAPI) -> None:
    """Make an application answer all its faults as problems.

    Parameters
    ----------
    application
        Gets handlers for our own errors, for parameters that do not validate and for unknown addresses.
        Add `UnexpectedErrors` as its innermost middleware for all others.
    """
    from fastapi.exceptions import RequestValidationError

    application.add_exception_handler(SpacenormsError, _on_own)
    application.add_exception_handler(RequestValidationError, _on_validation)
    application.add_exception_handler(HTTPException, _on_http)


def response_to(request: Request, error: SpacenormsError | HTTPException) -> Response:
    """Answer an error of ours, or one of Starlette's, as `problem_response` does."""
    return (
        problem_response(request, error) if isinstance(error, SpacenormsError) else _to_http(request, error)
    )


def problem_response(
    request: Request, error: SpacenormsError, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer an error.

    Parameters
    ----------
    request
        The request at fault; its Accept header decides between JSON and a page.
    error
        What to tell.
    headers
        Further headers.

    Returns
    -------
    Response
        ``application/problem+json``, or HTML for a browser.
    """
    problem = problem_of(request, error)
    sent = {"Cache-Control": "no-store", "Vary": "Accept", **(headers or {})}
    if "retry_after" in error.extension:
        sent["Retry-After"] = str(error.extension["retry_after"])
    if error.status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="spacenorms"'
    if "allow" in error.extension:
        sent["Allow"] = str(error.extension["allow"])
    if _wants_page(request):
        return _page(request, problem, sent)
    body = json.dumps(problem, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Response(body, error.status, sent, media_type=PROBLEM.media_type)


def problem_of(request: Request, error: SpacenormsError) -> dict[str, Any]:
    """Return the members of a problem: those of RFC 9457, then ``code``, ``remedy`` and the extension."""
    return {
        "type": f"{BASE}problem/{error.code}",
        "title": error.code.replace("-", " ").capitalize(),
        "status": error.status,
        "detail": error.message,
        "instance": _address(request),
        "code": error.code,
        "remedy": error.remedy,
        **_request_id(request),
        **error.extension,
    }


class UnexpectedErrors:
    """Middleware that answers an exception nobody foresaw with a problem, and logs the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watching(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except Exception:
            if not await answer_unexpected(scope, receive, send, is_begun=started):
                raise


async def answer_unexpected(scope: Scope, receive: Receive, send: Send, *, is_begun: bool) -> bool:
    """Log the exception that is being handled, and answer with a problem unless an answer has begun.

    Returns
    -------
    bool
        Whether the problem was sent; otherwise the exception has to be raised, to break the answer off.
    """
    _log.exception("No answer to %s %s", scope["method"], scope["path"])
    if is_begun:
        return False
    error = SpacenormsError(
        "Something went wrong in the server while it made this answer.",
        remedy="The fault is the server's, and its operator finds it in the log.",
        code="internal-error",
        status=500,
    )
    await problem_response(Request(scope), error)(scope, receive, send)
    return True


async def _on_own(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpacenormsError)  # noqa: S101 - the handler is registered for these alone
    return problem_response(request, error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return _to_http(request, error)


def _to_http(request: Request, error: HTTPException) -> Response:
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return problem_response(request, _from_http(request, error), headers)


def _from_http(request: Request, error: HTTPException) -> SpacenormsError:
    status, phrase = error.status_code, HTTPStatus(error.status_code).phrase
    code = _CODES.get(status, phrase.lower().replace(" ", "-"))
    path = request.url.path
    if status == 404 and error.detail == phrase:
        return SpacenormsError(
            f"There is nothing at {path[:200]}.", remedy=_near_paths(request), code=code, status=status
        )
    if status == 405:
        allowed = ", ".join(_methods(request))
        return SpacenormsError(
            f"{path[:200]} does not take {request.method}.",
            remedy=f"Use {allowed}.",
            code=code,
            status=status,
        )
    return SpacenormsError(f"{error.detail}.", remedy="See /docs.", code=code, status=status)


def _methods(request: Request) -> list[str]:
    """Return the methods that this address takes, over all its routes."""
    from starlette.routing import Match

    found = {
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return sorted(found | {"HEAD"} if "GET" in found else found)


def _near_paths(request: Request) -> str:
    known = [path for path in request.app.openapi()["paths"] if "{" not in path]
    near = closest(request.url.path, known)
    return suggest(request.url.path, known) if near else "Begin at / or see /docs."


async def _on_validation(request: Request, error: Exception) -> Response:
    faults = list(_faults(error.errors()))  # type: ignore[attr-defined]
    details = "; ".join(f"{fault['parameter']}: {fault['message']}" for fault in faults)
    remedies = " ".join(dict.fromkeys(fault["remedy"] for fault in faults if fault["remedy"]))
    told = SpacenormsError(
        f"The request does not fit: {details}.",
        remedy=remedies or "See /docs for what each parameter takes.",
        code="bad-value",
        status=422,
        errors=faults,
    )
    return problem_response(request, told)


def _faults(errors: Sequence[Any]) -> Iterator[dict[str, str]]:
    for error in errors:
        place = [str(part) for part in error["loc"] if part not in ("query", "path", "header", "body")]
        given = str(error.get("input"))[:80]
        message = error["msg"].removeprefix("Value error, ")
        if error["type"] != "missing":
            message = f"{message}, not “{given}”"
        near = closest(given, _QUOTED.findall(str(error.get("ctx", {}).get("expected", ""))), limit=1)
        remedy = f"Did you mean {near[0]}?" if near else ""
        yield {"parameter": ".".join(place) or "request", "message": message, "remedy": remedy}


def _wants_page(request: Request) -> bool:
    wanted = request.query_params.get("format")
    return wanted == "html" if wanted else prefers_html(request.headers.get("accept"))


def _page(request: Request, problem: dict[str, Any], headers: Mapping[str, str]) -> Response:
    context = {name: problem.get(name) for name in _SHOWN}
    # A fault in drawing the page must not hide the fault that it tells of.
    try:
        from api.pages import render  # only those who draw a page pay for its import

        return render(request, "problem.html", status_code=problem["status"], headers=headers, **context)
    except Exception:
        from html import escape

        _log.exception("The page of a problem could not be drawn")
        escaped = {name: escape(str(value)) for name, value in problem.items()}
        return HTMLResponse(_PLAIN_PAGE.format(**escaped), problem["status"], headers)


def _request_id(request: Request) -> dict[str, str]:
    given = request.scope.get("state", {}).get("request_id")
    return {"request_id": given} if given else {}


def _address(request: Request) -> str:
    # The query string may be as long as a query; the path alone says which door was knocked at.
    return quote(request.url.path[:200])
