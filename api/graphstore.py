"""The SPARQL 1.1 Graph Store HTTP Protocol: graphs read, replaced, added to and deleted as wholes.

A graph is named by ``?graph=``, by ``?default``, or by its own address under this one. Reading is open to
all; writing is for those who may.
"""

from __future__ import annotations

import email.policy
import uuid
from collections.abc import Iterable
from email.parser import BytesParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.answercache import CACHE_CONTROL, entity_tag, is_known
from api.answering import ClientLeftError, evaluate
from api.negotiation import GRAPHS, choose
from api.protocol import CLIENT_LEFT
from graph.errors import BadValue, SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.sparql import saved
from graph.sparql.faults import too_long
from graph.writing.graphs import DEFAULT, check_own
from graph.writing.guard import check_address
from graph.writing.write import Document, Write

if TYPE_CHECKING:
    from api.writing import Writing

PATH = "/rdf-graph-store"
READING = "GET, HEAD, OPTIONS"
WRITING = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
_MULTIPART = "multipart/form-data"
_DOCUMENTS = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")
_ENDINGS = {".ttl": "text/turtle", ".nt": "application/n-triples", ".rdf": "application/rdf+xml"}


async def get(request: Request) -> Response:
    """Return a graph."""
    graph = _graph(request)
    _check_there(request, graph)
    chosen = choose(GRAPHS, request.headers.get("accept"), request.query_params.get("format") or None)
    text = saved.find("views/graph").text
    tag = entity_tag(request, text, graph, chosen.media_type)
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL if tag else "no-store"}
    if tag:
        headers["ETag"] = tag
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = chosen.content_type
    try:
        # The default graph is there, if empty, before anyone has written it.
        graphs = [graph] if _is_there(request, graph) else []
        answer = await evaluate(
            request, text, chosen.format.media_type, default_graphs=graphs, named_graphs=[]
        )
    except ClientLeftError:
        return Response(status_code=CLIENT_LEFT)
    if answer.cut:
        # Who reads a graph may put it back: a part must not be taken for it.
        raise too_long(text, answer.most, answer.cut)
    return Response(answer.body, headers=headers)


async def put(request: Request) -> Response:
    """Put documents in the place of a graph."""
    writing, author = _may_write(request)
    return await _send(request, writing, author, _graph(request))


async def post(request: Request) -> Response:
    """Add documents to a graph; to a new one where the request names none."""
    writing, author = _may_write(request)
    if request.url.path.rstrip("/") == PATH and not {"graph", "default"} & set(request.query_params):
        graph = f"{_own_address(request)}/{uuid.uuid4()}"
        return await _send(request, writing, author, graph, location=graph)
    return await _send(request, writing, author, _graph(request))


async def delete(request: Request) -> Response:
    """Delete a graph."""
    writing, author = _may_write(request)
    graph = _graph(request)
    check_own([graph])

    def prepare(_: KnowledgeGraph) -> Write:
        _check_there(request, graph)
        _check_conditions(request, graph)
        return Write("DELETE", graph=graph)

    receipt = await writing.write(request, author, "DELETE", prepare)
    return JSONResponse(receipt.told(), headers={"Cache-Control": "no-store"})


async def options(request: Request) -> Response:
    """Tell the methods."""
    return Response(status_code=204, headers={"Allow": WRITING if _writing(request) else READING})


async def _send(
    request: Request, writing: Writing, author: str, graph: str, location: str | None = None
) -> Response:
    check_own([graph])
    documents = tuple(_documents(request.headers.get("content-type", ""), await request.body()))
    is_new = False

    def prepare(_: KnowledgeGraph) -> Write:
        nonlocal is_new
        is_new = not _is_there(request, graph)
        _check_conditions(request, graph)
        return Write(request.method, graph=graph, documents=documents)

    receipt = await writing.write(request, author, request.method, prepare)
    headers = {"Cache-Control": "no-store", **({"Location": location} if location else {})}
    return JSONResponse(receipt.told(), 201 if is_new else 200, headers)


def _writing(request: Request) -> Writing | None:
    writing: Writing | None = getattr(request.app.state, "writing", None)
    return writing


def _may_write(request: Request) -> tuple[Writing, str]:
    writing = _writing(request)
    if writing is None:
        raise SpacenormsError(
            "This server is for reading only.",
            remedy="Ask its operator to turn writing on, or write to a server of your own.",
            code="writing-off",
            status=405,
            allow=READING,
        )
    return writing, writing.writers.author(request)


def _graph(request: Request) -> str:
    """Return the graph that a request names."""
    graphs = request.query_params.getlist("graph")
    is_default = "default" in request.query_params
    is_direct = request.url.path.rstrip("/") != PATH
    if len(graphs) + is_default + is_direct != 1:
        raise BadValue(
            "The request should name one graph.",
            remedy=f"Name it as {PATH}?graph=…, as {PATH}?default, or by its own address under {PATH}/.",
            parameter="graph",
        )
    if is_default:
        return DEFAULT
    if is_direct:
        return check_address(f"{_own_address(request)}{request.url.path[len(PATH) :]}", "graph")
    return check_address(graphs[0], "graph")


def _own_address(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{PATH}"


def _is_there(request: Request, graph: str) -> bool:
    return graph in request.app.state.pool.graphs


def _check_there(request: Request, graph: str) -> None:
    if graph != DEFAULT and not _is_there(request, graph):
        raise SpacenormsError(
            f"There is no graph <{graph}>.",
            remedy="The description of the service at /sparql lists the graphs there are.",
            code="unknown-graph",
            status=404,
            graph=graph,
        )


def _check_conditions(request: Request, graph: str) -> None:
    """Hold If-Match and If-None-Match against the graph as it is (RFC 9110, section 13)."""
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is None and unwanted is None:
        return
    tags = set[str]()
    if _is_there(request, graph):
        text = saved.find("views/graph").text
        tags = {entity_tag(request, text, graph, each.media_type) or "" for each in GRAPHS}
    matches = [_matches(header, tags) for header in (wanted, unwanted)]
    if (wanted is not None and not matches[0]) or (unwanted is not None and matches[1]):
        raise SpacenormsError(
            "The data have changed since you read them." if wanted else f"The graph <{graph}> is there.",
            remedy="Read the graph again, and send your change to what it is now.",
            code="precondition-failed",
            status=412,
        )


def _matches(header: str | None, tags: set[str]) -> bool:
    if header is None:
        return False
    return bool(tags) if header.strip() == "*" else any(is_known(header, tag) for tag in tags)


# --- documents --------------------------------------------------------------------------------------------


def _documents(content_type: str, body: bytes) -> Iterable[Document]:
    media_type = _media_type(content_type)
    if media_type != _MULTIPART:
        yield _document(media_type, content_type, body)
        return
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts:
        raise SpacenormsError(
            "The form holds no documents.",
            remedy="Send each as a part with its own Content-Type, and the boundary between them.",
            code="malformed-document",
        )
    for part in parts:
        declared = part["content-type"] or ""
        ending = PurePosixPath(part.get_filename() or "").suffix
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)  # noqa: S101 - a part within a part has none
        yield _document(_media_type(declared) or _ENDINGS.get(ending, ""), declared, content)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _document(media_type: str, content_type: str, body: bytes) -> Document:
    if media_type not in _DOCUMENTS:
        raise SpacenormsError(
            f"A graph cannot be sent as “{media_type[:80] or 'nothing named'}”.",
            remedy=f"Send it as one of {', '.join(_DOCUMENTS)}, and name that as the Content-Type.",
            code="unsupported-media-type",
            status=415,
        )
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip('" ')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise SpacenormsError(
            "The document is not in UTF-8.", remedy="Send it in UTF-8.", code="bad-charset", status=415
        )
    try:
        return Document(media_type, body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SpacenormsError(
            f"The document is not in UTF-8: its byte {error.start} begins no character.",
            remedy="Send it in UTF-8.",
            code="bad-charset",
        ) from None
