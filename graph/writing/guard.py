"""Take a SPARQL update apart, and refuse what would reach another host.

As with queries (`graph.sparql.guard`), engine and guard must see the same tokens, so that what is evaluated
is the text that was examined and rewritten. Behind the guard, the process that evaluates an update can open
neither file nor socket, and what it changes in a reserved graph is found by comparing (see `evaluation`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import pyoxigraph as ox

from graph.errors import BadQuery
from graph.namespaces import GRAPHS
from graph.sparql.guard import Examination, ReadQuery, decode, refuse
from graph.sparql.tokens import Malformed, Token, tokens

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VERBS = ("INSERT", "DELETE", "WITH", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY")
_SWEEPS = {
    f"{verb}{silent}{target}": (verb, target)
    for verb in ("CLEAR", "DROP")
    for silent in ("", "SILENT")
    for target in ("ALL", "NAMED", "DEFAULT")
}


@dataclass(frozen=True)
class Operation:
    """One operation of an update.

    Attributes
    ----------
    text
        SPARQL with the prologue that holds for it.
    sweep
        ``CLEAR`` or ``DROP`` with ``ALL``, ``NAMED`` or ``DEFAULT``; None for every other operation.
    using_at
        Where in the text clauses of USING may be put; None where they may not.
    names_dataset
        Whether it has USING or WITH.
    is_shorthand
        Whether it is DELETE WHERE, which takes no USING before it is spelled out.
    """

    text: str
    sweep: tuple[str, str] | None = None
    using_at: int | None = None
    names_dataset: bool = False
    is_shorthand: bool = False

    def using(self, default: Sequence[str], named: Sequence[str]) -> str:
        """Return the text with a data set for its WHERE."""
        if self.using_at is None:
            return self.text
        clauses = "".join(f"USING <{graph}> " for graph in default)
        clauses += "".join(f"USING NAMED <{graph}> " for graph in named)
        before, after = self.text[: self.using_at], self.text[self.using_at :]
        if not self.is_shorthand:
            return f"{before} {clauses}{after}"
        pattern = after[len("WHERE") :]
        return f"{before} {pattern} {clauses}WHERE {pattern}"


@dataclass(frozen=True)
class Update:
    """An update that reaches no other host.

    Attributes
    ----------
    read
        The text as given and as rewritten, for messages that tell a place in it.
    operations
        In their order.
    may_name_reserved
        Whether it could name a reserved graph at all.
    """

    read: ReadQuery
    operations: tuple[Operation, ...]
    may_name_reserved: bool


def inspect_update(given: str, *, has_dataset: bool = False) -> Update:
    """Examine a SPARQL update.

    Parameters
    ----------
    given
        The text.
    has_dataset
        Whether the request names a data set, which USING and WITH in the text must not do as well.

    Returns
    -------
    Update
        What may be evaluated.

    Raises
    ------
    BadQuery
        The text reaches out (SERVICE, LOAD), names a data set twice, or is no update. The message names the
        word, its line and column.
    """
    decoded = decode(given)
    try:
        update = _UpdateExamination(given, decoded).update()
    except Malformed as error:
        refuse(given, decoded.origin(error.offset), error.message, error.remedy, "malformed-update")
    if has_dataset and any(operation.names_dataset for operation in update.operations):
        raise BadQuery(
            "Both the request and the update name a data set.",
            remedy="Leave out using-graph-uri and using-named-graph-uri, or USING and WITH.",
            code="dataset-named-twice",
        )
    return update


class _UpdateExamination(Examination):
    """One pass over the tokens of an update."""

    def update(self) -> Update:
        for token in self._tokens:
            if token.kind == "word":
                self._look_at_word(token)
        start = next((each.start for each in self._tokens if each.upper.startswith(_VERBS)), 0)
        self._disambiguate(start)
        text = self._rewriting.finish()
        read = ReadQuery(self._given, text, "UPDATE", origin=self._places())
        try:
            operations = _operations(text, list(tokens(text)))
        except Malformed as error:
            place = self._rewriting.origin(error.offset)
            raise Malformed(error.message, error.remedy, place) from None
        return Update(read, tuple(operations), _may_name_reserved(self._tokens))

    def _look_at_word(self, token: Token) -> None:
        if "SERVICE" in token.upper:
            self._refuse_service(token.start + token.upper.index("SERVICE"))
        if "LOAD" in token.upper:
            self._refuse_load(token.start + token.upper.index("LOAD"))

    def _refuse_load(self, offset: int) -> NoReturn:
        self._refuse(
            offset,
            "LOAD would make this server fetch a document from another host",
            "Fetch the document yourself, and send it with PUT or POST to the graph store.",
            "load-refused",
            word="LOAD",
        )

    def _is_risky(self, label: str) -> bool:
        # ``load:x`` could be read as LOAD :x
        return super()._is_risky(label) or label.upper().startswith("LOAD")


def _operations(text: str, found: list[Token]) -> list[Operation]:
    """Split at the semicolons outside of braces; each operation has the prologues so far."""
    operations: list[Operation] = []
    prologue, depth, piece = "", 0, list[Token]()
    for token in [*found, Token("mark", ";", len(text))]:
        depth += (token.text == "{") - (token.text == "}") if token.kind == "mark" else 0
        if depth > 0 or token.kind != "mark" or token.text != ";":
            piece.append(token)
            continue
        if piece:
            body = _after_prologue(piece)
            first = body[0].start if body else token.start
            prologue += text[piece[0].start : first] + "\n"
            if body:
                operations.append(_operation(prologue, text[first : token.start], body))
        piece = []
    return operations


def _after_prologue(piece: list[Token]) -> list[Token]:
    """Return the tokens of an operation without PREFIX and BASE before it."""
    index = 0
    while index < len(piece) and piece[index].upper in ("PREFIX", "BASE"):
        index += 3 if piece[index].upper == "PREFIX" else 2
    if index < len(piece) and not (piece[index].kind == "word" and piece[index].upper.startswith(_VERBS)):
        raise Malformed(
            f"An update cannot begin with {piece[index].text[:40]}",
            f"Begin with one of {', '.join(_VERBS)}.",
            piece[index].start,
        )
    return piece[index:]


def _operation(prologue: str, body: str, found: list[Token]) -> Operation:
    outer = list(_outside_braces(found))
    words = [token for token in outer if token.kind == "word"]
    sweep = _SWEEPS.get("".join(token.upper for token in words)) if len(words) == len(found) else None
    where = next((token for token in words if token.upper.endswith("WHERE")), None)
    if where is None:
        return Operation(prologue + body, sweep)
    shift = len(prologue) - found[0].start
    before = [token for token in outer if token.start < where.start]
    previous = f"{before[-1].upper if before else ''} {where.upper.removesuffix('WHERE')}".split()
    names = any(each in token.upper for token in words for each in ("USING", "WITH"))
    return Operation(
        prologue + body,
        using_at=shift + where.start + len(where.text) - len("WHERE"),
        names_dataset=names,
        is_shorthand=previous[-1] == "DELETE" if previous else False,
    )


def _outside_braces(found: list[Token]) -> list[Token]:
    outer, depth = [], 0
    for token in found:
        if token.kind == "mark" and token.text in "{}":
            depth += 1 if token.text == "{" else -1
        if depth == 0:
            outer.append(token)
    return outer


def _may_name_reserved(found: list[Token]) -> bool:
    """Tell whether a text could name a graph of ours: by its address, a part of it, or a variable."""
    for token, following in zip(found, [*found[1:], Token("mark", "", 0)], strict=True):
        if token.kind == "iri" and _could_become_ours(token.text[1:-1]):
            return True
        if "GRAPH" in token.upper and token.kind == "word" and following.kind == "variable":
            return True
    return False


def _could_become_ours(address: str) -> bool:
    if "\\" in address or not _ABSOLUTE.match(address):
        return True
    return address.startswith(GRAPHS) or GRAPHS.startswith(address)


def check_address(graph: str, parameter: str) -> str:
    """Return the absolute address of a graph that a request names.

    Raises
    ------
    BadQuery
        It is none; the message names the parameter.
    """
    try:
        return ox.NamedNode(graph).value
    except ValueError:
        raise BadQuery(
            f"The graph “{graph[:200]}” is no absolute IRI.",
            remedy="Give one such as http://example.org/mine, percent-encoded.",
            code="bad-value",
            parameter=parameter,
        ) from None
