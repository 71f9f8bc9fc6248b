"""Split SPARQL text into tokens, as the engine behind it would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

# The productions of the SPARQL 1.1 grammar, section 19.8. Quantifiers are possessive throughout, so
# that no text makes the lexer go back: its time grows with the length of the text and nothing else.
_BEYOND = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_BEYOND_WITHIN = "\u00b7\u0300-\u036f\u203f\u2040"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_CODEPOINT = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"


def _compiled(beyond: str, within: str) -> re.Pattern[str]:
    """Return the pattern of a token, with what letters there are beyond ASCII, and within a name."""
    base = f"A-Za-z{beyond}"
    start = f"{base}_0-9"
    part = f"{start}\\-{within}"
    local = rf"(?:(?:[{start}:]|{_ESCAPED})(?:[{part}:]|{_ESCAPED}|\.++(?=[{part}:]|{_ESCAPED}))*+)?+"
    return re.compile(
        rf"""
        (?:[ \t\r\n]++|\#[^\r\n]*+)*+  # spaces and comments, which come before any token
        (?:
          (?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|{_CODEPOINT})*+>)
        | (?P<string>'''(?:[^'\\]|\\.|'(?!''))*+'''
                   |\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"
                   |'(?!'')(?:[^'\\\n\r]|\\.)*+'
                   |"(?!"")(?:[^"\\\n\r]|\\.)*+"
                   |''|"")
        | (?P<variable>[?$][{start}][{start}{within}]*+)
        | (?P<blank>_:[{start}](?:[{part}]|\.++(?=[{part}]))*+)
        | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
        | (?P<number>(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+)
        | (?P<name>(?:[{base}][{part}.]*+)?+:{local})
        | (?P<word>[{base}][{part}.]*+)
        | (?P<mark>.)
        | \Z
        )""",
        re.VERBOSE | re.DOTALL,
    )


# Most texts are in ASCII, and there the same pattern takes a tenth of the time to make.
_PLAIN = _compiled("", "")


@cache
def _full() -> re.Pattern[str]:
    return _compiled(_BEYOND, _BEYOND_WITHIN)


_STRING_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_IN_WORD = re.compile(r"[^.\-]+")

_OPERANDS = frozenset({"iri", "name", "string", "language", "number", "variable", "blank"})
_NO_CALLS = frozenset({"A", "TRUE", "FALSE", "VALUES"})


class Malformed(Exception):
    """A text that no SPARQL grammar takes.

    Parameters
    ----------
    message, remedy
        What is wrong and what would be right.
    offset
        Where, in characters from 0.
    """

    def __init__(self, message: str, remedy: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.offset = offset


class Token(NamedTuple):
    """A piece of SPARQL text: its kind, the text, and where it starts (characters from 0)."""

    kind: str
    text: str
    start: int

    @property
    def upper(self) -> str:
        """The text in capitals, for keywords, which have no case."""
        return self.text.upper()


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a SPARQL text, without spaces and comments.

    A word token is a run of letters, digits, dots and hyphens without a colon: ``true.FILTER`` is one,
    and `words` takes it apart.

    Parameters
    ----------
    text
        SPARQL, codepoint escapes outside strings already replaced.

    Raises
    ------
    Malformed
        For a string that does not end, an escape that SPARQL does not know, or a stray backslash.
    """
    pattern = _PLAIN if text.isascii() else _full()
    expressions = _Expressions()
    position: int | None = 0
    while position is not None:
        begin, position = position, None
        for match in pattern.finditer(text, begin):
            kind = match.lastgroup
            if kind is None:
                return
            token = Token(kind, match[kind], match.start(kind))
            if kind == "iri" and expressions.takes_less_than(token.text):
                token = Token("mark", "<", token.start)
                position = token.start + 1
            if token.kind == "mark":
                _check_mark(token)
                expressions.follow(token)
            elif kind == "string":
                _check_escapes(token)
            expressions.last = token
            yield token
            if position is not None:
                break


def words(token: Token) -> Iterator[Token]:
    """Yield the words within a word token, each at its own place."""
    if "." not in token.text and "-" not in token.text:
        yield token
        return
    for match in _IN_WORD.finditer(token.text):
        yield Token("word", match.group(), token.start + match.start())


class _Expressions:
    """Follows the brackets, to tell the less-than of an expression from the start of an IRI.

    In ``FILTER(?a<'b'&&?c>'d')`` the characters between < and > would do as a relative IRI. An IRI
    never follows an operand in an expression, so there < is less-than.
    """

    def __init__(self) -> None:
        self._open: list[bool] = []
        self.last = Token("mark", "{", 0)

    def takes_less_than(self, iri: str) -> bool:
        # Without a quote or a hash the two readings end at the same place and differ in nothing
        # that a guard looks at, so the question is left to the engine.
        if "'" not in iri and "#" not in iri:
            return False
        return bool(self._open) and self._open[-1] and self._after_operand()

    def follow(self, mark: Token) -> None:
        if mark.text in "([{":
            self._open.append(mark.text == "(" and self._opens_expression())
        elif mark.text in ")]}" and self._open:
            self._open.pop()

    def _after_operand(self) -> bool:
        last = self.last
        if last.kind == "word":
            return last.upper in ("TRUE", "FALSE")
        return last.kind in _OPERANDS or last.text in (")", "}")

    def _opens_expression(self) -> bool:
        if self.last.kind == "word":
            return self.last.upper not in _NO_CALLS
        return bool(self._open) and self._open[-1]


def _check_mark(token: Token) -> None:
    if token.text in "'\"":
        raise Malformed(
            "A string is opened and never closed",
            "Close it with the same quotes; a string over several lines needs three of them.",
            token.start,
        )
    if token.text == "\\":
        raise Malformed(
            "A backslash stands outside a string, an IRI or a name",
            "Remove it, or put the text in quotes.",
            token.start,
        )


def _check_escapes(token: Token) -> None:
    # An engine that meets an escape it does not know may read the opening quotes of a long string
    # as an empty string, and what follows as query text.
    if "\\" not in token.text:
        return
    for match in _STRING_ESCAPE.finditer(token.text):
        short, long, other = match.groups()
        if other is not None and other in "tbnrf\\\"'":
            continue
        if other is None and is_character(int(short or long, 16)):
            continue
        raise Malformed(
            f"The string holds the escape {match.group()}, which SPARQL does not know",
            r"Write a backslash as \\, a quote as \", a character by its number as \u00E9.",
            token.start + match.start(),
        )


def is_character(number: int) -> bool:
    """Tell whether a code point is a character of its own, neither a surrogate nor out of range."""
    return number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
