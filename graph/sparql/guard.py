"""Let read queries through, and nothing that writes or reaches another host.

The engine has no switch for SERVICE, so the text is examined before it arrives there. Engine and guard
must then see the same tokens, and where two readings of a text are possible they could differ. Every
such place is rewritten so that one reading is left, without a change of meaning: the text that was
examined, `ReadQuery.text`, is the one to evaluate, never the text as given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn

import pyoxigraph

from graph.errors import BadQuery, closest, suggest
from graph.namespaces import BASE
from graph.sparql.dataset import GROUPS
from graph.sparql.tokens import Malformed, Token, is_character, tokens, words

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH", "USING"}
)
# What the second token of each operation of SPARQL 1.1 Update can begin with.
_CHANGES, _NAMES, _MANAGES = r"DATA|WHERE|[{#]", r"NAMED|[<#]|[^\s<>]*:", r"SILENT|GRAPH|DEFAULT|ALL|"
_SECOND = {"INSERT": _CHANGES, "DELETE": _CHANGES, "WITH": _NAMES, "USING": _NAMES}
_OPERATIONS = {word: re.compile(rf"{word}\s*+(?:{_SECOND.get(word, _MANAGES + _NAMES)})") for word in UPDATES}
_PLAIN_BEGINNING = re.compile(
    r"""(?:[ \t\r\n]++|\#[^\n-\x1f\x00-\x08\x7f]*+
    |(?:PREFIX[ \t\r\n]++[\w.\-]*+:[ \t\r\n]*+|BASE[ \t\r\n]++)<[^\x00-\x20<>"{}|^`\\]*+>)*+
    (SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w.:\-])""",
    re.VERBOSE,
)
_REACHING = ("SERVICE", "FROM")
#: Functions whose value differs from one evaluation to the next.
_FLEETING = ("NOW", "RAND", "UUID")
#: Whoever reads a text that holds the letters of none of them reads a query that does no harm, and lasts.
_TELLING = (*_REACHING, *_OPERATIONS, *_FLEETING)
_PROLOGUE = frozenset({"PREFIX", "BASE", "VERSION"})
_KEPT_LENGTH = 5_000
_CODEPOINT = re.compile(r"\\\\|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class ReadQuery(NamedTuple):
    """A query that only reads the graphs of the store.

    Attributes
    ----------
    given
        The text as the user wrote it.
    text
        The text to evaluate, with `graph.namespaces.BASE` for relative IRIs.
    form
        ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.
    from_graphs, from_named
        The IRIs after FROM and FROM NAMED, resolved.
    origin
        Returns where in `given` a place in `text` came from.
    lasts
        Whether it has the same answer whenever it is asked of the same data; None where `is_lasting` has to
        tell.
    """

    given: str
    text: str
    form: str
    from_graphs: tuple[str, ...] = ()
    from_named: tuple[str, ...] = ()
    origin: Callable[[int], int] = int
    lasts: bool | None = None

    @property
    def has_dataset(self) -> bool:
        """Whether the query names its data set itself, by FROM or FROM NAMED."""
        return bool(self.from_graphs or self.from_named)

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Turn a line and column (from 1) of `text` into those of `given`."""
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        offset = starts[min(line, len(starts)) - 1] + column - 1
        return line_and_column(self.given, self.origin(min(offset, len(self.text))))


def inspect(query: str, graphs: Collection[str] | None = None) -> ReadQuery:
    """Examine a SPARQL query.

    Parameters
    ----------
    query
        The text.
    graphs
        The IRIs of the named graphs that the store holds, which FROM may name. None: FROM is not checked.

    Returns
    -------
    ReadQuery
        What may be evaluated.

    Raises
    ------
    BadQuery
        When the text writes (an update), reaches out (SERVICE, FROM with a graph that the store does not
        hold), or is no query. The message names the word, its line and column.
    """
    read = _plain(query) or (_examine(query) if len(query) <= _KEPT_LENGTH else examine(query))
    if graphs is not None and read.has_dataset:
        for graph in (*read.from_graphs, *read.from_named):
            _check_graph(graph, graphs, query)
    return read


def _check_graph(graph: str, graphs: Collection[str], query: str) -> None:
    if graph not in graphs and graph not in GROUPS:
        raise BadQuery(
            f"FROM names <{graph}>, which is no graph of this store, and nothing is fetched from elsewhere.",
            remedy=f"{suggest(graph, graphs)} Leave FROM out to ask all graphs at once.".strip(),
            code="unknown-graph",
            graph=graph,
            query=query,
        )


@lru_cache(maxsize=256)
def _examine(given: str) -> ReadQuery:
    return examine(given)


def _plain(given: str) -> ReadQuery | None:
    """Return a query that can do no harm however it is read; None for one that has to be taken apart.

    Where the letters of a word stand nowhere in a text, and no escape could bring them in, no reading has
    the word. Most queries are of this kind. Before the form there are comments and declarations alone, which
    hold no other word in any reading of ASCII, wherever it takes a line to end.
    """
    if "\\" in given:
        return None
    # The words before the first brace are those of many queries, which differ in what follows it.
    head, brace, body = given.partition("{")
    if brace and len(head) <= _KEPT_LENGTH and given.isascii() and (form := _plain_head(head)):
        body = body.upper()
    else:
        upper = given.upper()
        begins = _PLAIN_BEGINNING.match(upper)
        if begins is None:
            return None
        form, body = begins[1], upper[begins.end() :] if given.isascii() else upper
    found = [word for word in _TELLING if word in body]
    if found and not all(word in _FLEETING or _is_no_operation(word, body) for word in found):
        return None
    return ReadQuery(given, given, form, (), (), int, None if found and _holds(body, _FLEETING) else True)


@lru_cache(maxsize=256)
def _plain_head(head: str) -> str | None:
    """Return the form of a query that is plain as far as its first brace; None where more has to be read."""
    upper = head.upper()
    begins = _PLAIN_BEGINNING.match(upper)
    return None if begins is None or _holds(upper[begins.end() :], _TELLING) else begins[1]


def _is_no_operation(word: str, text: str) -> bool:
    return word in _OPERATIONS and not _OPERATIONS[word].search(text)


def _holds(text: str, some: Iterable[str]) -> bool:
    return any(map(text.__contains__, some))


def is_lasting(query: str) -> bool:
    """Tell whether a query has the same answer whenever it is asked of the same data."""
    # most queries hold none of the words in any place, and need not be taken apart
    return not _holds(query.upper(), ("\\", *_FLEETING)) or _is_lasting(query)


@lru_cache(maxsize=256)
def _is_lasting(query: str) -> bool:
    try:
        found = (word.upper for token in tokens(query) if token.kind == "word" for word in words(token))
        return not any(word.endswith(_FLEETING) for word in found)
    except Malformed:
        return False


def examine(given: str) -> ReadQuery:
    """Take a query apart, as `inspect` does where it has to.

    Parameters
    ----------
    given
        The text.

    Raises
    ------
    BadQuery
        As there; and always for a text that no SPARQL grammar takes.
    """
    decoded = decode(given)
    try:
        return Examination(given, decoded).result()
    except Malformed as error:
        offset = decoded.origin(error.offset)
        refuse(given, offset, error.message, error.remedy, "malformed-query")


class _Rewriting:
    """A text made of another, that remembers where each piece came from."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._pieces: list[str] = []
        self._used = 0
        self._length = 0
        self._marks: list[tuple[int, int, bool]] = []

    def replace(self, start: int, end: int, text: str) -> None:
        """Put a text in the place of source[start:end]; calls go from left to right."""
        self._keep(start)
        self._put(start, text, verbatim=False)
        self._used = end

    def finish(self) -> str:
        """Return the new text."""
        self._keep(len(self._source))
        return "".join(self._pieces)

    def origin(self, offset: int) -> int:
        """Turn an offset in the new text into one in the source."""
        index = bisect_right(self._marks, (offset, len(self._source), True)) - 1
        if index < 0:
            return offset
        start, source_start, verbatim = self._marks[index]
        return source_start + (offset - start if verbatim else 0)

    def _keep(self, end: int) -> None:
        if end > self._used:
            self._put(self._used, self._source[self._used : end], verbatim=True)
            self._used = end

    def _put(self, source_start: int, text: str, *, verbatim: bool) -> None:
        self._marks.append((self._length, source_start, verbatim))
        self._pieces.append(text)
        self._length += len(text)


@dataclass(frozen=True)
class Decoded:
    """A text without codepoint escapes, and where each place in it came from."""

    text: str
    origin: Callable[[int], int]


def decode(given: str) -> Decoded:
    """Replace the codepoint escapes (SPARQL 1.1, section 19.2)."""
    if "\\" not in given:
        return Decoded(given, int)
    rewriting = _Rewriting(given)
    for match in _CODEPOINT.finditer(given):
        digits = match.group(1) or match.group(2)
        if digits and _is_plain(number := int(digits, 16)):
            rewriting.replace(match.start(), match.end(), chr(number))
    return Decoded(rewriting.finish(), rewriting.origin)


def _is_plain(number: int) -> bool:
    # Quotes, backslashes and spaces are only legal as escapes inside strings (section 19.2: "only for
    # characters that would be legal at that point"); there the engine replaces them itself.
    return number > 0x20 and is_character(number) and chr(number) not in "\"'\\"


class Examination:
    """One pass over the tokens of a query."""

    def __init__(self, given: str, decoded: Decoded) -> None:
        self._given = given
        self._decoded = decoded
        self._tokens = list(tokens(decoded.text))
        self._rewriting = _Rewriting(decoded.text)
        self._form: Token | None = None

    def result(self) -> ReadQuery:
        """Return the query that may be evaluated."""
        for token in self._tokens:
            if token.kind == "word":
                self._look_at_word(token)
        form = self._find_form()
        self._disambiguate(form.start)
        graphs, named = self._dataset()
        text = self._rewriting.finish()
        return ReadQuery(
            given=self._given,
            text=text,
            form=next(name for name in FORMS if form.upper.startswith(name)),
            from_graphs=graphs,
            from_named=named,
            origin=self._places(),
        )

    def _places(self) -> Callable[[int], int]:
        """Return what turns a place in the rewritten text into one in the text as given."""
        return _composed(self._decoded.origin, self._rewriting.origin)

    def _look_at_word(self, token: Token) -> None:
        # The engine takes keywords that touch their neighbours, as in "trueSERVICE<…>{}". No keyword
        # or function of SPARQL holds this word within a longer one.
        if "SERVICE" in token.upper:
            self._refuse_service(token.start + token.upper.index("SERVICE"))
        for word in words(token):
            if word.upper in UPDATES:
                self._refuse(
                    word.start,
                    f"{word.upper} would change the data, and this is a place for reading only",
                    "Ask with SELECT, ASK, CONSTRUCT or DESCRIBE.",
                    "update-refused",
                    word=word.upper,
                )

    def _refuse_service(self, offset: int) -> NoReturn:
        self._refuse(
            offset,
            "SERVICE would make this server send a request to another host",
            "Leave the SERVICE clause out, ask the other endpoint yourself, and join the two answers.",
            "service-refused",
            word="SERVICE",
        )

    def _refuse(self, offset: int, message: str, remedy: str, code: str, **extension: Any) -> NoReturn:
        refuse(self._given, self._decoded.origin(offset), message, remedy, code, **extension)

    def _find_form(self) -> Token:
        for token in self._tokens:
            if token.kind in ("name", "iri", "string"):
                continue
            word = next(words(token), token) if token.kind == "word" else token
            if word.upper.startswith(FORMS):
                return word
            if word.upper not in _PROLOGUE:
                self._refuse_beginning(word)
        end = len(self._decoded.text)
        raise Malformed(
            "The query ends before it has begun", "Begin with SELECT, ASK, CONSTRUCT or DESCRIBE.", end
        )

    def _refuse_beginning(self, token: Token) -> NoReturn:
        near = closest(token.text, [*FORMS, *sorted(_PROLOGUE)], limit=1)
        self._refuse(
            token.start,
            f"A query cannot begin with {token.text[:40]}",
            f"Did you mean {near[0]}?" if near else "Begin with SELECT, ASK, CONSTRUCT or DESCRIBE.",
            "malformed-query",
        )

    def _disambiguate(self, form_start: int) -> None:
        labels = self._fresh_labels()
        for token in self._tokens:
            if token.kind == "name":
                self._settle_name(token, labels, form_start)
            elif token.kind == "iri" and token.start > form_start:
                self._settle_iri(token)
            elif token.text == "<" and self._decoded.text[token.start + 1 : token.start + 2] == "=":
                self._rewriting.replace(token.start + 2, token.start + 2, " ")
            elif token.text == "<":
                self._settle_less_than(token)

    def _settle_iri(self, token: Token) -> None:
        """Escape what could open a string or a comment, were the < read as less-than."""
        if "'" in token.text or "#" in token.text:
            settled = token.text.replace("'", "\\u0027").replace("#", "\\u0023")
            self._rewriting.replace(token.start, token.start + len(token.text), settled)

    def _settle_less_than(self, token: Token) -> None:
        """Part < from what follows, so that no IRI can begin here."""
        after = token.start + 1
        if self._decoded.text[after : after + 1] not in ("<", " "):
            self._rewriting.replace(after, after, " ")

    def _settle_name(self, token: Token, labels: dict[str, str], form_start: int) -> None:
        """Keep ``service:x`` from being read as SERVICE :x, and ``ex:service`` as ex: SERVICE."""
        label, _, local = token.text.partition(":")
        if "SERVICE" in local.upper() and not self._resolve([token.text], form_start):
            self._refuse_name(token)
        if self._is_risky(label):
            if label not in labels:
                self._refuse_name(token)
            self._rewriting.replace(token.start, token.start + len(label), labels[label])

    def _is_risky(self, label: str) -> bool:
        """Tell whether a prefix could be read as a keyword that reaches out."""
        return "SERVICE" in label.upper()

    def _refuse_name(self, token: Token) -> NoReturn:
        self._refuse(
            token.start,
            f"{token.text[:60]} is no name here: its prefix is not declared, or the two make no IRI",
            "Declare the prefix at the beginning; a SERVICE clause is refused in any form.",
            "service-refused",
            word="SERVICE",
        )

    def _fresh_labels(self) -> dict[str, str]:
        """Give each declared prefix that holds the word SERVICE another name."""
        risky = [label for label in self._declared() if self._is_risky(label)]
        if not risky:
            return {}
        used = {token.text.partition(":")[0] for token in self._tokens if token.kind == "name"}
        fresh = (label for number in range(len(used) + 1) if (label := f"p{number}") not in used)
        return {label: next(fresh) for label in risky}

    def _declared(self) -> Iterator[str]:
        seen: set[str] = set()
        for word, name in pairwise(self._tokens):
            if name.kind != "name" or word.upper != "PREFIX":
                continue
            label = name.text.partition(":")[0]
            if label not in seen:
                seen.add(label)
                yield label

    def _dataset(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if "FROM" not in self._decoded.text.upper():
            return (), ()
        form = self._find_form()
        default: list[str] = []
        named: list[str] = []
        for index, token in enumerate(self._tokens[:-1]):
            word = token.upper if token.kind == "word" else ""
            if word == "NAMED" or not word.endswith(("FROM", "FROMNAMED")):
                continue
            is_named = word.endswith("NAMED") or self._tokens[index + 1].upper == "NAMED"
            place = index + (2 if is_named and word.endswith("FROM") else 1)
            (named if is_named else default).extend(t.text for t in self._tokens[place : place + 1])
        return tuple(self._resolve(default, form.start)), tuple(self._resolve(named, form.start))

    def _resolve(self, terms: Sequence[str], form_start: int) -> list[str]:
        """Let the engine itself resolve IRIs and prefixed names; none when it cannot."""
        if not terms:
            return []
        wanted = " ".join(f"({term} AS ?v{number})" for number, term in enumerate(terms))
        text = f"{self._decoded.text[:form_start]} SELECT {wanted} {{}}"
        try:
            solutions = pyoxigraph.Store().query(text, base_iri=BASE)
            solution = next(iter(solutions))  # type: ignore[arg-type]
        except (SyntaxError, ValueError):
            return []
        return [term.value for term in solution if isinstance(term, pyoxigraph.NamedNode)]


def _composed(outer: Callable[[int], int], inner: Callable[[int], int]) -> Callable[[int], int]:
    # A function of its own, so that a kept query does not keep its tokens too.
    return lambda offset: outer(inner(offset))


def refuse(given: str, offset: int, message: str, remedy: str, code: str, **extension: Any) -> NoReturn:
    """Refuse a text for what stands at an offset in it."""
    line, column = line_and_column(given, offset)
    raise BadQuery(
        f"{message} (line {line}, column {column}).",
        remedy=remedy,
        code=code,
        line=line,
        column=column,
        query=given,
        **extension,
    )


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Turn an offset into a line and a column, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
