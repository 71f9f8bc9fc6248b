"""Evaluate queries on another SPARQL server, with the same face as the pool of workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx2

from graph.errors import BadQuery, NotAcceptable, QueryTimeout, SpacenormsError
from graph.sparql.guard import ReadQuery, inspect
from graph.sparql.workers import media_types


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

    async def evaluate(
        self,
        query: str | ReadQuery,
        media_type: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        timeout: float = 10.0,
        sink: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """Evaluate a query on the server; parameters and errors as in the pool, but the answer in one piece.

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
