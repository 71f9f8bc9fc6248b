"""Ask another SPARQL server that holds the exported graph, from this process or in place of a pool."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Sequence
from urllib.parse import urlencode

import httpx2
import pyoxigraph as ox

from graph.errors import BadQuery, NotAcceptable, QueryTimeout, QueryTooLarge, SpacenormsError
from graph.sparql import cutting, dataset, dialects, outgoing, saved
from graph.sparql.cutting import Most
from graph.sparql.dialects import Dialect, Outgoing, Reply
from graph.sparql.endpoint import Endpoint
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.rounds import Rounds
from graph.sparql.workers import media_types

_GRAPHS = saved.find("views/remote-graphs").text
_DEFAULT = saved.find("views/remote-default").text
_DOCUMENTED = "See docs/deployment.md, Another SPARQL engine."


class Conversation:
    """What is said to a server and made of its replies; how the bytes get there is left to others.

    Parameters
    ----------
    endpoint
        The server.

    Attributes
    ----------
    dialect
        How it is spoken to; that of the standard until it was met.
    graphs
        The named graphs that it holds; none until it was met.
    is_met
        Whether both are known.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        if endpoint.engine not in ("auto", *dialects.DIALECTS):
            raise BadQuery(
                f"There is no engine “{endpoint.engine}”.",
                remedy=f"Choose one of auto, {', '.join(dialects.DIALECTS)}.",
                code="unknown-engine",
            )
        self.endpoint = endpoint
        self.dialect: Dialect = dialects.DIALECTS.get(endpoint.engine, dialects.DIALECTS["standard"])
        self.graphs: frozenset[str] = frozenset()
        self.is_met = False

    def headers(self, accept: str) -> dict[str, str]:
        """Return the headers of a request."""
        found = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        if self.endpoint.authorization:
            found["Authorization"] = self.endpoint.authorization
        return found

    def question(
        self,
        read: ReadQuery,
        wanted: str,
        default: Sequence[str] | None = None,
        named: Sequence[str] | None = None,
    ) -> Outgoing:
        """Return the request for a query.

        Raises
        ------
        BadQuery
            The query is not one to send, or names a graph that the server does not hold and might fetch.
        """
        outgoing.check(read)
        for graph in (*read.from_graphs, *read.from_named, *(default or ()), *(named or ())):
            if graph not in self.graphs and graph not in dataset.GROUPS:
                raise BadQuery(
                    f"<{graph}> is no graph of the SPARQL server at {self.endpoint.address}.",
                    remedy="Leave it out to ask all graphs at once.",
                    code="unknown-graph",
                    graph=graph,
                    query=read.given,
                )
        default, named = dataset.of_query(read, default, named, self.graphs)
        return self.dialect.outgoing(read, wanted, default, named)

    def answer(self, read: ReadQuery, wanted: str, reply: Reply) -> bytes:
        """Return the answer in a reply; raises what the reply says went wrong."""
        if reply.status != httpx2.codes.OK:
            raise self._refused(read, reply)
        return self.dialect.incoming(read, wanted, reply)

    def introduction(self) -> tuple[ReadQuery, Outgoing]:
        """Return the first question: which graphs there are."""
        read = inspect(_GRAPHS)
        return read, dialects.DIALECTS["standard"].outgoing(read, dialects.JSON.media_type, None, None)

    def meet(self, read: ReadQuery, reply: Reply) -> tuple[ReadQuery, Outgoing]:
        """Learn the dialect and the graphs from the first reply; return the second question."""
        if self.endpoint.engine == "auto":
            self.dialect = dialects.of_server(reply.headers.get("server", ""))
        body = self.answer(read, dialects.JSON.media_type, reply)
        rows = ox.parse_query_results(body, format=dialects.JSON)
        found = {row["graph"] for row in rows} if isinstance(rows, ox.QuerySolutions) else set()
        names = {graph.value for graph in found if isinstance(graph, ox.NamedNode)}
        self.graphs = frozenset(names.difference(self.dialect.system))
        second = inspect(_DEFAULT)
        return second, self.question(second, dialects.JSON.media_type)

    def trust(self, read: ReadQuery, reply: Reply) -> None:
        """Check by the second reply that the default graph holds what the others do."""
        body = self.answer(read, dialects.JSON.media_type, reply)
        if bool(ox.parse_query_results(body, format=dialects.JSON)):
            self.is_met = True
            return
        raise SpacenormsError(
            f"The default graph of the SPARQL server at {self.endpoint.address} is empty"
            + (f", while it holds {len(self.graphs)} named graphs." if self.graphs else "."),
            remedy=(
                "Let the default graph be the union of the named ones. "
                if self.graphs
                else "Load what “spacenorms export -o graph.nq” writes. "
            )
            + _DOCUMENTED,
            code="endpoint-default-graph",
            status=502,
        )

    def silent(self, error: Exception) -> SpacenormsError:
        """Return the error for a server that did not answer."""
        return SpacenormsError(
            f"The SPARQL server at {self.endpoint.address} did not answer: {error or type(error).__name__}.",
            remedy="Check that it runs, and that the address is that of its query service.",
            code="endpoint-unavailable",
            status=502,
        )

    def late(self, read: ReadQuery, limit: float) -> QueryTimeout:
        """Return the error for an answer that was not waited for any longer."""
        return QueryTimeout(
            f"The SPARQL server at {self.endpoint.address} did not answer within {limit:g} s.",
            remedy="Join fewer patterns, bind a variable early, or add LIMIT.",
            query=read.given,
        )

    def long(self, read: ReadQuery) -> QueryTooLarge:
        """Return the error for an answer that is longer than is taken."""
        return QueryTooLarge(
            f"The answer is longer than {self.endpoint.max_bytes:,} bytes.",
            remedy="Add LIMIT, or ask for fewer columns.",
            query=read.given,
        )

    def _refused(self, read: ReadQuery, reply: Reply) -> SpacenormsError:
        told = reply.body[:2000].decode("utf-8", "replace").partition("SPARQL query:")[0].strip()[:300]
        if reply.status == httpx2.codes.BAD_REQUEST:
            return BadQuery(
                f"The SPARQL server refused the query: {told}",
                remedy="Mend the query at the place named.",
                code="malformed-query",
                query=read.given,
            )
        remedy = {
            401: "Set SPACENORMS_ENDPOINT_USER and _PASSWORD, or SPACENORMS_ENDPOINT_TOKEN.",
            403: "Let its operator allow the user to read, or set another.",
            404: "Check the path: it is /query for Oxigraph, /sparql for Virtuoso. " + _DOCUMENTED,
        }.get(reply.status, "Its operator finds the reason in its log.")
        return SpacenormsError(
            f"The SPARQL server at {self.endpoint.address} answered with status {reply.status}"
            + (f": {told}" if told and reply.status >= 500 else "."),
            remedy=remedy,
            code="endpoint-unauthorized" if reply.status in (401, 403) else "endpoint-unavailable",
            status=502,
            query=read.given,
        )


class RemoteClient:
    """Asks a server and waits for what it answers.

    Parameters
    ----------
    endpoint
        Its query service.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._conversation = Conversation(endpoint)
        self._client = httpx2.Client(follow_redirects=False)
        weakref.finalize(self, self._client.close)

    def ask(self, text: str, wanted: str) -> bytes:
        """Return the answer of a query in a media type; raises what guard or server has against it."""
        said = self._conversation
        if not said.is_met:
            first, request = said.introduction()
            second, request = said.meet(first, self._sent(first, request))
            said.trust(second, self._sent(second, request))
        read = inspect(text, said.graphs)
        return said.answer(read, wanted, self._sent(read, said.question(read, wanted)))

    def _sent(self, read: ReadQuery, request: Outgoing) -> Reply:
        said, limit = self._conversation, self.endpoint.time_limit
        end = time.monotonic() + limit
        try:
            with self._client.stream(
                "POST",
                self.endpoint.address,
                content=urlencode(request.fields),
                headers=said.headers(request.accept),
                timeout=limit,
            ) as answer:
                body = bytearray()
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > self.endpoint.max_bytes:
                        raise said.long(read)
                    if time.monotonic() > end:
                        raise said.late(read, limit)
                return Reply(answer.status_code, _small(answer.headers), bytes(body))
        except httpx2.TimeoutException:
            raise said.late(read, limit) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise said.silent(error) from None


class Whole:
    """An answer that came in one piece; `graph.sparql.workers.Evaluation` says what it can do."""

    is_over = True

    def __init__(self, body: bytes, cut: str | None = None) -> None:
        self._body = body
        self.cut = cut

    def wait(self, wanted: int | None) -> asyncio.Future[None]:
        """Return what is done."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def taken(self) -> bytes:
        """Return the answer."""
        return self._body

    result = taken

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return len(self._body)

    def pieces(self) -> list[bytes | memoryview]:
        """Return the answer in one piece."""
        return [self._body]

    def cancel(self) -> None:
        """Do nothing: it is over."""


class RemotePool:
    """Stands for `graph.sparql.workers.WorkerPool` where a server holds the graph.

    Parameters
    ----------
    endpoint
        Its query service.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._conversation = Conversation(endpoint)

    @property
    def graphs(self) -> frozenset[str]:
        """The named graphs that the server holds; none until it was met."""
        return self._conversation.graphs

    async def start(self) -> None:
        """Open the connections and meet the server; call it within the event loop.

        A server that is not there yet is met by the first query.
        """
        self.rounds = Rounds()
        self._client = httpx2.AsyncClient(follow_redirects=False)
        try:
            await self._meet(self.endpoint.time_limit)
        except SpacenormsError:
            return

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def status(self) -> dict[str, int]:
        """Return nothing: the workers are the other server's."""
        return {}

    async def begin(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
        most: Most | None = None,
    ) -> Whole:
        """Evaluate a query as `evaluate` does, to be taken as from the pool; what is too much is cut."""
        body = await self.evaluate(query, media_type, default_graphs, named_graphs, timeout)
        if most is None:
            return Whole(body)
        read = inspect(query, self.graphs) if isinstance(query, str) else query
        wanted = media_type or media_types(read.form)[0]
        return Whole(*await asyncio.to_thread(cutting.whole, body, wanted, most))

    async def evaluate(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
    ) -> bytes:
        """Evaluate a query on the server; parameters and errors as in the pool.

        When the time is over the connection is closed; whether the server then stops is its own affair, so
        that it should have a time limit too.
        """
        if not self._conversation.is_met:
            await self._meet(timeout)
        read = inspect(query, self.graphs) if isinstance(query, str) else query
        offered = media_types(read.form)
        wanted = media_type or offered[0]
        if wanted not in offered:
            raise NotAcceptable(
                f"The answer of a {read.form} query cannot be written as {wanted}.",
                remedy=f"Ask for one of {', '.join(offered)}.",
            )
        request = self._conversation.question(read, wanted, default_graphs, named_graphs)
        reply = await self._sent(read, request, timeout)
        return await asyncio.to_thread(self._conversation.answer, read, wanted, reply)

    async def _meet(self, limit: float) -> None:
        said = self._conversation
        first, request = said.introduction()
        second, request = said.meet(first, await self._sent(first, request, limit))
        said.trust(second, await self._sent(second, request, limit))

    async def _sent(self, read: ReadQuery, request: Outgoing, limit: float) -> Reply:
        said = self._conversation
        try:
            async with (
                asyncio.timeout(limit),
                self._client.stream(
                    "POST",
                    self.endpoint.address,
                    content=urlencode(request.fields),
                    headers=said.headers(request.accept),
                    timeout=limit,
                ) as answer,
            ):
                body = bytearray()
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > self.endpoint.max_bytes:
                        raise said.long(read)
                return Reply(answer.status_code, _small(answer.headers), bytes(body))
        except (TimeoutError, httpx2.TimeoutException):
            raise said.late(read, limit) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise said.silent(error) from None


def _small(headers: httpx2.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
