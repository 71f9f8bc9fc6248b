"""The knowledge graph as a notebook or a server uses it: load it, ask it."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox

from graph.errors import UnknownName, suggest
from graph.namespaces import BASE, IDENTIFIER, VOCABULARY, local_name
from graph.sparql import saved
from graph.sparql.endpoint import Endpoint
from graph.sparql.guard import inspect
from graph.sparql.rows import INTEGERS, REALS, XSD, Value, read_rows
from graph.sparql.store import EmbeddedStore, RemoteStore, Store

__all__ = ["KnowledgeGraph", "Result", "Value", "plain"]

T = TypeVar("T")

_REMEMBERED = 2048


@dataclass(frozen=True)
class Result:
    """The answer of a query as plain values.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns.
    rows : list of dict
        One mapping from column to value for each row; addresses are strings, unbound is None.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, Value]]

    def to_json(self) -> str:
        """Return the rows as a JSON array of objects."""
        return json.dumps(self.rows, ensure_ascii=False, indent=1)

    def to_csv(self, delimiter: str = ",") -> str:
        """Return the rows as CSV with a header, or TSV with a tab as delimiter."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if row[c] is None else row[c] for c in self.columns] for row in self.rows)
        return buffer.getvalue()


def plain(term: object) -> Value:
    """Return a term as a plain value: an address or text as str, numbers and truth values as such."""
    if term is None:
        return None
    if isinstance(term, ox.Literal):
        kind = term.datatype.value
        if kind in INTEGERS:
            return int(term.value)
        if kind in REALS:
            return float(term.value)
        if kind == XSD + "boolean":
            return term.value == "true"
        return term.value
    return term.value if isinstance(term, (ox.NamedNode, ox.BlankNode)) else str(term)


class KnowledgeGraph:
    """The graph of space governance, asserted and derived.

    Parameters
    ----------
    store : Store
        Holds the graphs.
    version : str
        Hash of the data.
    today : datetime.date
        The day for which the plain derived edges hold and which ``today`` means as a default.

    Examples
    --------
    >>> graph = KnowledgeGraph.load()
    >>> graph.query("withdrawals").columns[0]
    'participant'
    """

    def __init__(self, store: Store, version: str, today: datetime.date) -> None:
        self.store = store
        self.version = version
        self.today = today
        self._remembered: dict[tuple[object, ...], list[dict[str, Value]]] = {}
        self._kept: dict[str, Any] = {}

    @classmethod
    def load(
        cls,
        data: Iterable[str | Path] = (),
        *,
        endpoint: str | Endpoint | None = None,
        store: str | Path | None = None,
        release: bool = True,
        today: datetime.date | None = None,
        cache: Path | None = None,
    ) -> KnowledgeGraph:
        """Load the release, a user's own data, open a prepared store, or connect to a server that holds them.

        Parameters
        ----------
        data : iterable of path
            Turtle, TriG, N-Triples or N-Quads files, or folders of them, beside the release.
        endpoint : str or Endpoint, optional
            Address of a SPARQL 1.1 server that holds the exported graph; nothing is loaded and no rule is run
            then.
        store : path, optional
            A folder that ``spacenorms prepare`` made; nothing is loaded then, and its day is that of the
            preparation.
        release : bool
            Whether to load the facts of the release.
        today : datetime.date, optional
            The day for which plain derived edges hold; the calendar's when absent.
        cache : path, optional
            Folder in which what was loaded and derived is kept for the next start.

        Returns
        -------
        KnowledgeGraph
            Ready to answer.

        Raises
        ------
        BadData
            A file does not exist or does not parse, or the prepared store does not fit this program.
        """
        when = today or datetime.date.today()
        if endpoint:
            return cls(RemoteStore(endpoint), "remote", when)
        if store:
            return cls._prepared(Path(store))
        from graph.prepared import starting  # a server that opens a prepared store needs none of it

        oxigraph, version = starting.load([Path(each) for each in data], release, when, cache)
        return cls(EmbeddedStore(oxigraph), version, when)

    @classmethod
    def _prepared(cls, folder: Path) -> KnowledgeGraph:
        from graph.prepared.opening import open_prepared  # those who load files need none of it

        found = open_prepared(folder)
        told = found.manifest
        graph = cls(EmbeddedStore(found.oxigraph, found.path), told.data_version, told.today)
        graph.keep("in use", lambda: found.in_use)
        for name, rows in told.views.items():
            graph._remembered[name, graph.bind(saved.find(name), {})] = rows
        return graph

    def query(self, query: str, **values: object) -> Result:
        """Run a saved query by name, or a query by its text.

        Parameters
        ----------
        query : str
            Name of a saved query, or SPARQL.
        **values
            Values of the saved query's parameters.

        Returns
        -------
        Result
            Columns and rows; one truth value for ASK, and triples for CONSTRUCT and DESCRIBE.

        Raises
        ------
        UnknownName, BadValue, BadDate, BadQuery
            The name, a value or the text is not right; the message says what would be.
        """
        if query.strip().replace("-", "").replace("/", "").replace("_", "").isalnum():
            query = self.bind(saved.find(query.strip()), values)
        read = inspect(query)
        if read.form == "SELECT":
            return self._selected(read.text)
        if read.form == "ASK":
            return Result(("answer",), [{"answer": self.store.ask(read.text)}])
        columns = ("subject", "predicate", "object")
        triples = self.store.construct(read.text)
        return Result(columns, [dict(zip(columns, map(plain, triple), strict=True)) for triple in triples])

    def run(self, name: str, **values: object) -> list[dict[str, Value]]:
        """Run a saved query or view by name and return its rows; equal calls are answered from memory.

        Parameters
        ----------
        name : str
            Such as ``views/conflicts``.
        **values
            Values of its parameters.

        Returns
        -------
        list of dict
            One mapping from column to plain value for each row. Do not change it.
        """
        query = saved.find(name)
        text = self.bind(query, values)
        key = (name, text)
        if key not in self._remembered:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[key] = self._selected(text).rows
        return self._remembered[key]

    def keep(self, key: str, make: Callable[[], T]) -> T:
        """Return what is kept with this graph under a key, made when it is first asked for.

        What is kept lives and dies with the graph, so that a graph that was replaced is freed.

        Parameters
        ----------
        key : str
            Name of what is kept.
        make : callable
            Makes it.

        Returns
        -------
        object
            What was made.
        """
        if key not in self._kept:
            self._kept[key] = make()
        made: T = self._kept[key]
        return made

    def describe(self, name: str, **values: object) -> list[ox.Triple]:
        """Run a saved CONSTRUCT query and return its triples."""
        return self.store.construct(self.bind(saved.find(name), values))

    def bind(self, query: saved.SavedQuery, values: Mapping[str, object]) -> str:
        """Return a saved query's SPARQL with values in place; ``today`` is the graph's own day."""
        given = {
            parameter.name: self._dated(parameter, values.get(parameter.name))
            for parameter in query.parameters
        }
        return query.bind({**values, **given}, self.resolve)

    def _dated(self, parameter: saved.Parameter, value: object) -> object:
        wanted = value if value not in (None, "") else parameter.default
        return self.today if parameter.type == "date" and wanted == "today" else value

    def resolve(self, kind: str, name: str) -> str:
        """Return the address of a thing or concept.

        Parameters
        ----------
        kind : str
            A kind of thing (``state``, ``norm`` …) or a concept scheme (``theme`` …).
        name : str
            Its code, label or alternative label, in any case; or its address.

        Returns
        -------
        str
            The address.

        Raises
        ------
        UnknownName
            No such thing; the error suggests near names.
        """
        names = self._names.get(kind, {})
        folded = name.strip().casefold()
        if folded in names:
            return names[folded][0]
        if name.startswith(BASE) and any(address == name for address, _ in names.values()):
            return name
        known = {spelling for _, spelling in names.values()}
        raise UnknownName(
            f"There is no {kind} “{name}” in the graph.",
            remedy=suggest(name, known),
            code=f"unknown-{kind}",
            kind=kind,
            name=name,
        )

    def example(self, kind: str) -> str | None:
        """Return the code of some thing of a kind or concept of a scheme; None when there is none."""
        addresses = {address for address, _ in self._names.get(kind, {}).values()}
        return min((local_name(address) for address in addresses), default=None)

    @cached_property
    def _names(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Addresses and spellings by kind and folded name; codes win over labels."""
        names: dict[str, dict[str, tuple[str, str]]] = {}
        rows = self.run("views/names")
        for column in ("label", "alternative", "notation"):
            for row in rows:
                address, spelling = str(row["thing"]), row[column]
                if spelling is not None:
                    for kind in _kinds(address):
                        names.setdefault(kind, {})[str(spelling).casefold()] = (address, str(spelling))
        for entries in names.values():
            for address in {address for address, _ in entries.values()}:
                entries.setdefault(local_name(address).casefold(), (address, local_name(address)))
        return names

    def _selected(self, text: str) -> Result:
        """Answer a SELECT query; a table in text is read several times faster than terms are converted."""
        if isinstance(self.store, EmbeddedStore):
            return Result(*read_rows(self.store.table(text, ox.QueryResultsFormat.TSV)))
        solutions = self.store.select(text)
        rows = [{name: plain(term) for name, term in row.items()} for row in solutions.rows]
        return Result(solutions.columns, rows)


def _kinds(address: str) -> Sequence[str]:
    for start in (IDENTIFIER, VOCABULARY):
        if address.startswith(start):
            kind = address[len(start) :].partition("/")[0]
            return (
                (kind, "actor")
                if kind in ("state", "alliance", "organization", "group", "person")
                else (kind,)
            )
    return ()
