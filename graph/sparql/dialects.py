"""What other SPARQL servers do differently, all of it in this place.

A dialect says what is sent for a query and makes of the reply what the embedded store would have answered.
The server is known by the header ``Server`` of its first reply, or by the setting ``ENDPOINT_ENGINE``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from graph.errors import QueryTimeout, QueryTooLarge, SpacenormsError
from graph.sparql.guard import ReadQuery
from graph.sparql.rows import XSD
from graph.sparql.tokens import Token, tokens

JSON = ox.QueryResultsFormat.JSON
TRIPLES = ox.RdfFormat.N_TRIPLES
_NOTHING = "urn:spacenorms:nothing"
_MONTHS = re.compile(r"-?\d+")
_SECONDS_OF_DAY = 86_400


@dataclass(frozen=True)
class Outgoing:
    """A request to a query service.

    Attributes
    ----------
    fields : list of tuple
        The parameters of the form, by name and value.
    accept : str
        The media type that is asked for.
    """

    fields: list[tuple[str, str]]
    accept: str


@dataclass(frozen=True)
class Reply:
    """What came back: the status, the headers with names in small letters, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Dialect:
    """A server that keeps to the standards, and the base of the others.

    Answers are read and written anew, so that every format is the same whoever answers, and a text that
    GROUP_CONCAT made of nothing is unbound, as in the embedded store (the standard does not say).

    Attributes
    ----------
    name : str
        What the setting calls it.
    marks : tuple of str
        How the header ``Server`` begins, in small letters.
    """

    name: str = "standard"
    marks: tuple[str, ...] = ()
    #: Graphs that are the server's own.
    system: tuple[str, ...] = field(default=(), repr=False)

    def outgoing(
        self, read: ReadQuery, wanted: str, default: Sequence[str] | None, named: Sequence[str] | None
    ) -> Outgoing:
        """Return what to send.

        Parameters
        ----------
        read
            A query that may be sent.
        wanted
            The media type of the answer.
        default, named
            The graphs of the data set, where the request or a group in FROM names them; else None.
        """
        fields = [("query", self.text(read, is_whole=not (default or named or read.has_dataset)))]
        fields += [("default-graph-uri", graph) for graph in default or ()]
        fields += [("named-graph-uri", graph) for graph in named or ()]
        return Outgoing(fields, self.accepts(read, wanted))

    def text(self, read: ReadQuery, *, is_whole: bool) -> str:
        """Return the query as the server reads it; `is_whole` where it asks the union of all graphs."""
        return read.text

    def accepts(self, read: ReadQuery, wanted: str) -> str:
        """Return the media type to ask for."""
        return JSON.media_type if read.form in ("SELECT", "ASK") else TRIPLES.media_type

    def incoming(self, read: ReadQuery, wanted: str, reply: Reply) -> bytes:
        """Return the answer in the media type that is wanted.

        Raises
        ------
        QueryTimeout, QueryTooLarge
            The server gave a part of the answer only.
        SpacenormsError
            The reply is no SPARQL result.
        """
        self.check_whole(read, reply)
        try:
            if read.form in ("SELECT", "ASK"):
                return self._table(read, wanted, reply.body)
            return self._triples(wanted, reply.body)
        except (ValueError, SyntaxError, KeyError, TypeError, AttributeError) as error:
            raise SpacenormsError(
                f"The SPARQL server sent what is no answer to a {read.form} query: {error}",
                remedy="Check that the address is that of its query service.",
                code="endpoint-unreadable",
                status=502,
            ) from None

    def check_whole(self, read: ReadQuery, reply: Reply) -> None:
        """Raise an error where a reply says that it is a part only."""

    def _table(self, read: ReadQuery, wanted: str, body: bytes) -> bytes:
        form = ox.QueryResultsFormat.from_media_type(wanted)
        if form is None:
            raise ValueError(f"{wanted} is no format of results")
        document = json.loads(body)
        if "boolean" not in document:
            _settle(document, joined(read.text))
        elif read.form != "ASK":
            raise ValueError("a truth value")
        solutions = ox.parse_query_results(json.dumps(document), format=JSON)
        return solutions.serialize(format=form) or b""

    def _triples(self, wanted: str, body: bytes) -> bytes:
        found = (_triple(quad.triple) for quad in ox.parse(body, format=TRIPLES))
        form = ox.RdfFormat.from_media_type(wanted)
        if form is None:
            raise ValueError(f"{wanted} is no format of RDF")
        return ox.serialize(dict.fromkeys(found), format=form) or b""


@dataclass(frozen=True)
class Oxigraph(Dialect):
    """The server of Oxigraph, whose default graph is the union of the others only when asked."""

    name: str = "oxigraph"
    marks: tuple[str, ...] = ("oxigraph",)

    def outgoing(
        self, read: ReadQuery, wanted: str, default: Sequence[str] | None, named: Sequence[str] | None
    ) -> Outgoing:
        """Ask for the union, unless the query names its graphs, over which the union would win."""
        sent = super().outgoing(read, wanted, default, named)
        if default is None and named is None and not read.has_dataset:
            sent.fields.append(("union-default-graph", "true"))
        return sent

    def accepts(self, read: ReadQuery, wanted: str) -> str:
        """Return what is wanted: the engine is the embedded one."""
        return wanted

    def incoming(self, read: ReadQuery, wanted: str, reply: Reply) -> bytes:
        """Return the server's own bytes."""
        return reply.body


@dataclass(frozen=True)
class Virtuoso(Dialect):
    """OpenLink Virtuoso 7, which reads SPARQL with an ear of its own.

    - Its system graphs are part of the default graph. Queries that can meet them leave them out, by a setting
      in the text: those with a variable for a property or a class, since nothing else is shared with them.
    - It knows no codepoint escapes in addresses.
    - It takes FROM and the parameters of the request together, and reads all graphs where one of the two
      lists is empty.
    - Truth values are 1 and 0; durations are numbers of months or seconds; an ASK is a table.
    - Where it reaches a limit it sends what it has, and says so in a header only.
    """

    name: str = "virtuoso"
    marks: tuple[str, ...] = ("virtuoso",)
    system: tuple[str, ...] = (
        "http://www.openlinksw.com/schemas/virtrdf#",
        "http://www.w3.org/ns/ldp#",
        "http://localuriqaserver/sparql",
        "urn:activitystreams-owl:map",
    )

    def outgoing(
        self, read: ReadQuery, wanted: str, default: Sequence[str] | None, named: Sequence[str] | None
    ) -> Outgoing:
        """Name both lists of graphs where one is named."""
        if default is None and named is None and read.has_dataset:
            default, named = read.from_graphs, read.from_named
        if default is not None or named is not None:
            default, named = default or [_NOTHING], named or [_NOTHING]
        return super().outgoing(read, wanted, default, named)

    def text(self, read: ReadQuery, *, is_whole: bool) -> str:
        """Leave comments, FROM and escapes in addresses out, and the system graphs of the union."""
        settings = ['define sql:select-option "order"']
        found = list(tokens(read.text))
        # Its planner takes minutes over some queries that leave graphs out, and finds nothing in GRAPH then.
        has_graph = any(token.kind == "word" and token.upper.endswith("GRAPH") for token in found)
        if is_whole and not has_graph and _meets_system(found):
            settings += [f"define input:default-graph-exclude <{graph}>" for graph in self.system]
        return "\n".join([*settings, "".join(_pieces(read.text, found))])

    def check_whole(self, read: ReadQuery, reply: Reply) -> None:
        """Raise an error where Virtuoso cut the answer at a limit of time or rows."""
        if reply.headers.get("x-sql-state", "").startswith("S1T"):
            raise QueryTimeout(
                "The SPARQL server reached its own time limit and sent a part of the answer, which is "
                "not passed on.",
                remedy="Join fewer patterns or add LIMIT, or let its operator raise MaxQueryExecutionTime.",
                query=read.given,
            )
        if cut := reply.headers.get("x-sparql-maxrows"):
            raise QueryTooLarge(
                f"The SPARQL server cut the answer at {cut} rows; a part is not passed on.",
                remedy="Add LIMIT, or let its operator raise ResultSetMaxRows.",
                query=read.given,
            )

    def _table(self, read: ReadQuery, wanted: str, body: bytes) -> bytes:
        if read.form == "ASK":
            document = json.loads(body)
            answer = document.get("boolean", bool(document.get("results", {}).get("bindings")))
            return super()._table(read, wanted, json.dumps({"head": {}, "boolean": answer}).encode())
        if any(graph.encode() in body for graph in self.system):
            document = json.loads(body)
            found = document["results"]["bindings"]
            document["results"]["bindings"] = [row for row in found if not self._is_of_system(row)]
            body = json.dumps(document).encode()
        return super()._table(read, wanted, body)

    def _is_of_system(self, row: dict[str, dict[str, str]]) -> bool:
        return any(term["type"] == "uri" and term["value"] in self.system for term in row.values())


#: The dialects by name; ``auto`` is none of them.
DIALECTS: Mapping[str, Dialect] = {each.name: each for each in (Dialect(), Oxigraph(), Virtuoso())}


def of_server(header: str) -> Dialect:
    """Return the dialect of a server by its header ``Server``; the standard's for one that is not known."""
    told = header.strip().lower()
    return next(
        (each for each in DIALECTS.values() if each.marks and told.startswith(each.marks)),
        DIALECTS["standard"],
    )


def joined(text: str) -> frozenset[str]:
    """Return the variables that GROUP_CONCAT makes in a query."""
    found, depth, opened = set(), 0, -1
    kept = list(tokens(text))
    for index, token in enumerate(kept):
        if token.kind == "word" and token.upper.endswith("GROUP_CONCAT"):
            opened = depth
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" and depth == opened:
            opened = -1
            if [each.upper for each in kept[index + 1 : index + 2]] == ["AS"]:
                found.add(kept[index + 2].text[1:])
    return frozenset(found)


def _pieces(text: str, found: Iterable[Token]) -> Iterator[str]:
    """Yield a query without comments, FROM and escapes in addresses, line by line where it was."""
    end, in_from = 0, False
    for token in found:
        yield _between(text[end : token.start])
        end = token.start + len(token.text)
        if token.kind == "word" and (token.upper == "FROM" or (in_from and token.upper == "NAMED")):
            in_from = True
        elif in_from:
            in_from = False
        else:
            yield _unescaped(token)
    yield _between(text[end:])


def _meets_system(found: Iterable[Token]) -> bool:
    """Tell whether a query can match in a system graph: by a variable for a property or a class."""
    before, depth, last = Token("mark", "{", 0), 0, Token("mark", "{", 0)
    in_pattern = False
    for token in found:
        depth += (token.text == "(") - (token.text == ")")
        if token.kind == "mark" and token.text in "{};.":
            in_pattern = not depth
        elif token.kind == "word" and token.upper not in ("A",):
            in_pattern = False
        if token.kind == "variable" and in_pattern and not depth:
            is_property = last.kind in ("variable", "iri", "name", "blank") and before.text in "{}.)"
            if is_property or last.text in (";", "a", "rdf:type", "rdfs:subClassOf"):
                return True
        before, last = last, token
    return False


def _between(gap: str) -> str:
    return "\n" * gap.count("\n") or " " * bool(gap)


def _unescaped(token: Token) -> str:
    if token.kind != "iri":
        return token.text
    return token.text.replace("\\u0023", "#").replace("\\u0027", "'")


def _settle(document: dict[str, Any], from_lists: frozenset[str]) -> None:
    """Write the terms of a table of results as the embedded store would."""
    for row in document["results"]["bindings"]:
        for name, term in list(row.items()):
            if term["type"] == "typed-literal":
                term["type"] = "literal"
            if "datatype" in term:
                term["value"] = _canonical(term["value"], term["datatype"])
            if name in from_lists and term == {"type": "literal", "value": ""} | (
                {"datatype": f"{XSD}string"} if "datatype" in term else {}
            ):
                del row[name]


def _triple(triple: ox.Triple) -> ox.Triple:
    value = triple.object
    if not isinstance(value, ox.Literal) or value.language:
        return triple
    settled = _canonical(value.value, value.datatype.value)
    if settled == value.value:
        return triple
    return ox.Triple(triple.subject, triple.predicate, ox.Literal(settled, datatype=value.datatype))


def _canonical(text: str, datatype: str) -> str:
    if datatype == f"{XSD}boolean":
        return {"1": "true", "0": "false"}.get(text, text)
    if datatype == f"{XSD}yearMonthDuration" and _MONTHS.fullmatch(text):
        years, months = divmod(abs(int(text)), 12)
        told = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if text.startswith('-') else ''}P{told}"
    if datatype == f"{XSD}dayTimeDuration" and not text.lstrip("-").startswith("P"):
        days, rest = divmod(float(text), _SECONDS_OF_DAY)
        return f"P{days:.0f}D" if not rest else f"PT{float(text):g}S"
    return text
