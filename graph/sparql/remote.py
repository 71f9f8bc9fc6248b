"""Evaluate queries on another SPARQL server, with the same face as the pool of workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx2

from graph.errors import BadQuery, NotAcceptable, QueryTimeout, SpacenormsError
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.workers import media_types


class Whole:
    """An answer that came in one piece; `graph.sparql.workers.Evaluation` says what it can do."""

    is_over = True

    def __init__(self, body: bytes) -> None:
        self._body = body

    def wait(self, wanted: int | None) -> asyncio.Future[None]:
        """Return what is done."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def taken(self) -> bytes:
        """Return the answer."""
        return self._body

    result = taken

    def cancel(self) -> None:
        """Do nothing: it is over."""


class RemotePool:
    """Stands for `graph.sparql.workers.WorkerPool` where a server holds the graph.

    Parameters
    ----------
    endpoint
        The address of its query service. Its default graph must be the union of the exported graphs.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.graphs: frozenset[str] = frozenset()

    async def start(self) -> None:
        """Open the connections; call it within the event loop."""
        self._client = httpx2.AsyncClient()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def status(self) -> dict[str, int]:
        """Return nothing: the workers are the other server's."""
        return {}

    def is_free(self) -> bool:
        """Tell that `begin` always waits: for the other server."""
        return False

    async def begin(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
    ) -> Whole:
        """Evaluate a query as `evaluate` does, to be taken as from the pool."""
        return Whole(await self.evaluate(query, media_type, default_graphs, named_graphs, timeout))

    async def evaluate(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
    ) -> bytes:
        """Evaluate a query on the server; parameters and errors as in the pool.

        FROM and graph parameters are refused, since the server might fetch what they name.
        """
        read = inspect(query, self.graphs) if isinstance(query, str) else query
        if default_graphs or named_graphs:
            raise BadQuery(
                "Graph parameters are not passed on to another SPARQL server.",
                remedy="Use a GRAPH pattern in the query.",
                code="unknown-graph",
            )
        offered = media_types(read.form)
        wanted = media_type or offered[0]
        if wanted not in offered:
            raise NotAcceptable(
                f"The answer of a {read.form} query cannot be written as {wanted}.",
                remedy=f"Ask for one of {', '.join(offered)}.",
            )
        try:
            answer = await self._client.post(
                self._endpoint, data={"query": read.text}, headers={"Accept": wanted}, timeout=timeout
            )
            answer.raise_for_status()
        except httpx2.TimeoutException:
            raise QueryTimeout(
                f"The SPARQL server did not answer within {timeout:g} s.",
                remedy="Join fewer patterns, bind a variable early, or add LIMIT.",
                query=read.given,
            ) from None
        except httpx2.HTTPStatusError as error:
            raise _refused(error.response, read) from None
        except httpx2.HTTPError as error:
            raise SpacenormsError(
                f"The SPARQL server at {self._endpoint} did not answer: {error}.",
                remedy="Check that it runs and that the address is right.",
                code="endpoint-unavailable",
                status=502,
            ) from None
        return answer.content


def _refused(answer: httpx2.Response, read: ReadQuery) -> SpacenormsError:
    if answer.status_code == httpx2.codes.BAD_REQUEST:
        return BadQuery(
            f"The SPARQL server refused the query: {answer.text[:300]}",
            remedy="Mend the query at the place named.",
            code="malformed-query",
            query=read.given,
        )
    return SpacenormsError(
        f"The SPARQL server answered with status {answer.status_code}.",
        remedy="Its operator finds the reason in its log.",
        code="endpoint-unavailable",
        status=502,
        query=read.given,
    )
