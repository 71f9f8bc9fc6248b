"""Stores that answer SPARQL: Oxigraph in this process, or any SPARQL 1.1 server by its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyoxigraph as ox

from graph.errors import BadQuery
from graph.sparql.endpoint import Endpoint

if TYPE_CHECKING:
    from graph.sparql.remote import RemoteClient

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row = Mapping[str, Term | None]

_JSON = ox.QueryResultsFormat.JSON


class Solutions:
    """The answer of a SELECT query.

    Attributes
    ----------
    columns : tuple of str
        The variables, without their question marks, in the order of the query.
    rows : list of dict
        One mapping from variable to term (or None where unbound) for each solution.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self.columns = tuple(columns)
        self.rows = list(rows)


class Store(Protocol):
    """What the rest of the package asks of a store."""

    def select(self, text: str) -> Solutions:
        """Answer a SELECT query over the union of all graphs."""

    def ask(self, text: str) -> bool:
        """Answer an ASK query over the union of all graphs."""

    def construct(self, text: str) -> list[ox.Triple]:
        """Answer a CONSTRUCT or DESCRIBE query over the union of all graphs."""

    def table(self, text: str, form: ox.QueryResultsFormat) -> bytes:
        """Answer a SELECT or ASK query in a results format."""


class EmbeddedStore:
    """Oxigraph in this process; the default graph is the union of every graph.

    Parameters
    ----------
    oxigraph : pyoxigraph.Store
        The loaded store.
    path : pathlib.Path, optional
        Where other processes open it, if it is on disk.
    """

    def __init__(self, oxigraph: ox.Store, path: Path | None = None) -> None:
        self.oxigraph = oxigraph
        self.path = path

    def _query(self, text: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        try:
            return self.oxigraph.query(text, use_default_graph_as_union=True)
        except SyntaxError as error:
            raise BadQuery(
                f"The query does not parse: {error}", remedy="Mend it at the place named."
            ) from None

    def select(self, text: str) -> Solutions:
        """Answer a SELECT query.

        Parameters
        ----------
        text : str
            SPARQL.

        Returns
        -------
        Solutions
            The columns and rows.

        Raises
        ------
        BadQuery
            The text does not parse or is not a SELECT query.
        """
        answer = self._query(text)
        if not isinstance(answer, ox.QuerySolutions):
            raise BadQuery("The query is not a SELECT query.", remedy="Start it with SELECT.")
        columns = [variable.value for variable in answer.variables]
        return Solutions(columns, [{name: solution[name] for name in columns} for solution in answer])

    def ask(self, text: str) -> bool:
        """Answer an ASK query; raises BadQuery for any other form."""
        answer = self._query(text)
        if not isinstance(answer, ox.QueryBoolean):
            raise BadQuery("The query is not an ASK query.", remedy="Start it with ASK.")
        return bool(answer)

    def construct(self, text: str) -> list[ox.Triple]:
        """Answer a CONSTRUCT or DESCRIBE query; raises BadQuery for any other form."""
        answer = self._query(text)
        if not isinstance(answer, ox.QueryTriples):
            raise BadQuery("The query builds no graph.", remedy="Start it with CONSTRUCT or DESCRIBE.")
        return list(answer)

    def table(self, text: str, form: ox.QueryResultsFormat) -> bytes:
        """Answer a SELECT or ASK query in a results format; raises BadQuery for any other form."""
        answer = self._query(text)
        if isinstance(answer, ox.QueryTriples):
            raise BadQuery("The query builds a graph, not a table.", remedy="Ask for Turtle or JSON-LD.")
        return answer.serialize(format=form) or b""


class RemoteStore:
    """A SPARQL 1.1 server that holds the exported graph.

    Parameters
    ----------
    endpoint : Endpoint or str
        Its query service.

    Raises
    ------
    BadValue
        The address is no URL of a web server.
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self.endpoint = endpoint if isinstance(endpoint, Endpoint) else Endpoint(endpoint)

    @cached_property
    def _client(self) -> RemoteClient:
        from graph.sparql.remote import RemoteClient  # only those who ask another server pay for its import

        return RemoteClient(self.endpoint)

    def table(self, text: str, form: ox.QueryResultsFormat) -> bytes:
        """Answer a SELECT or ASK query in a results format."""
        return self._client.ask(text, form.media_type)

    def select(self, text: str) -> Solutions:
        """Answer a SELECT query on the server."""
        answer = ox.parse_query_results(self.table(text, _JSON), format=_JSON)
        if not isinstance(answer, ox.QuerySolutions):
            raise BadQuery("The query is not a SELECT query.", remedy="Start it with SELECT.")
        columns = [variable.value for variable in answer.variables]
        return Solutions(columns, [{name: solution[name] for name in columns} for solution in answer])

    def ask(self, text: str) -> bool:
        """Answer an ASK query on the server."""
        return bool(ox.parse_query_results(self.table(text, _JSON), format=_JSON))

    def construct(self, text: str) -> list[ox.Triple]:
        """Answer a CONSTRUCT or DESCRIBE query on the server."""
        content = self._client.ask(text, ox.RdfFormat.N_TRIPLES.media_type)
        return [quad.triple for quad in ox.parse(content, format=ox.RdfFormat.N_TRIPLES)]
