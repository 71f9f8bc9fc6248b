"""How a search query is read: which of its words the texts have, and what the others stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from graph.search.passages import GAP
from graph.search.words import STOP_WORDS, Term, Vocabulary, folded, nearest, other_spellings, terms, words

#: The most words of a query that are looked for.
MOST_WORDS = 40

_MOST_MENDED = 12
_ABRIDGED = 3

# Scripts that put no space between words: each sign is a word for the engine, and a word is a phrase.
_UNSPACED = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_BETWEEN = re.compile(f"(?<={_UNSPACED})(?={_UNSPACED})")


class Texts(Protocol):
    """What reading a query needs to know of the texts."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Their words."""

    @property
    def codes(self) -> Mapping[str, str]:
        """Codes of more than one word, by their folded form."""

    def occurs(self, expression: str) -> bool:
        """Say whether any text has what an expression of the engine finds."""


@dataclass(frozen=True)
class Correction:
    """A word that no text has, and the word that was looked for instead."""

    given: str
    read: str


@dataclass
class Reading:
    """How a query was read.

    Attributes
    ----------
    expressions
        What finds each of its terms, in the language of the engine.
    words
        Its words as they were read, folded, in their order.
    corrections, not_found
        Words read otherwise than given, and words that no text has anything like.
    remarks
        Sentences that tell what else was done to it.
    mended
        How many unknown words have been looked into.
    """

    expressions: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    mended: int = 0

    def take(self, expression: str, term: Term) -> None:
        """Add a term that was read."""
        self.expressions.append(expression)
        self.words.extend(term.words)


def for_engine(text: str) -> str:
    """Return a text as the engine is given it: folded, with gaps between the signs of unspaced scripts."""
    plain = folded(text)
    return plain if plain.isascii() else _BETWEEN.sub(GAP, plain)


def literal(text: str) -> str:
    """Return a text as a string of the engine: nothing in it is an operator."""
    return '"{}"'.format(for_engine(text).replace('"', " "))


def read(query: str, texts: Texts) -> Reading:
    """Read a query.

    Parameters
    ----------
    query
        Anything at all.
    texts
        The texts it is asked of.

    Returns
    -------
    Reading
        Without expressions where the query has no word that the texts have, or any like it.
    """
    reading = Reading()
    every = list(terms(query))
    if len(every) > MOST_WORDS:
        reading.remarks.append(f"Only the first {MOST_WORDS} words were looked for.")
    first = every[:MOST_WORDS]
    reader = _Reader(texts)
    for term in dict.fromkeys([term for term in first if not term.is_stop_word] or first):
        reader.read(term, reading)
    return reading


def shortened(text: str) -> str:
    """Return a word as a sentence can tell it: cut where it is very long."""
    return text if len(text) <= 60 else f"{text[:59]}…"


class _Reader:
    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def read(self, term: Term, reading: Reading) -> None:
        found = self._as_given(term)
        if found:
            reading.take(found + self._unabridged(term), term)
        elif len(term.words) > 1:
            self._read_compound(term, reading)
        else:
            self._read_unknown(term, reading)

    def _as_given(self, term: Term) -> str:
        """Return the expression that finds a term as it is written, empty where no text has it."""
        if term.prefix and not _is_numbered(term):
            # The engine's own prefix search would cut words to their stems first.
            return " OR ".join(map(literal, self._texts.vocabulary.beginning(term.text)))
        if term.prefix:
            candidates = iter([f"{literal(term.text)}*"])
        elif term.code and folded(term.text) in STOP_WORDS:
            candidates = iter([f"code : {literal(term.text)}"])
        else:
            candidates = map(literal, self._spellings(term))
        return " OR ".join(each for each in candidates if self._texts.occurs(each))

    def _spellings(self, term: Term) -> Iterator[str]:
        yield term.text
        if term.quoted:
            return
        if 1 < len(term.words) <= 3 and "-" in term.text:
            yield "".join(term.words)
        if len(term.words) == 1:
            yield from (word for word in other_spellings(term.words[0]) if word in self._texts.vocabulary)

    def _unabridged(self, term: Term) -> str:
        """Return what finds the words that a term begins, where the term itself stands in codes only."""
        plain = not (term.quoted or term.prefix or term.code) and len(term.words) == 1
        if not plain or len(term.text) <= _ABRIDGED:
            return ""
        if self._texts.occurs(f"- {{code related}} : {literal(term.text)}"):
            return ""
        begun = self._as_given(replace(term, prefix=True))
        return f" OR {begun}" if begun else ""

    def _read_compound(self, term: Term, reading: Reading) -> None:
        """Read a compound or phrase that no text has: as a near code, or word by word."""
        near = [] if term.quoted else nearest(folded(term.text), self._texts.codes, 1, 0.75)
        if near:
            code = self._texts.codes[near[0]]
            reading.take(literal(code), replace(term, text=code))
            reading.corrections.append(Correction(shortened(term.text), code))
            return
        parts = Reading(mended=reading.mended)
        for word in words(term.text)[:MOST_WORDS]:
            self.read(Term(word), parts)
        self._join(term, parts, reading)

    def _join(self, term: Term, parts: Reading, reading: Reading) -> None:
        """Take over a phrase read word by word: as a phrase where it is one now, else word by word."""
        phrase = literal(" ".join(parts.words))
        if term.quoted and not parts.not_found and self._texts.occurs(phrase):
            reading.expressions.append(phrase)
        else:
            reading.expressions += parts.expressions
            if term.quoted:
                told = f"No text has the phrase “{shortened(term.text)}”, so its words were looked for."
                reading.remarks.append(told)
        reading.words += parts.words
        reading.corrections += parts.corrections
        reading.not_found += parts.not_found
        reading.mended = parts.mended

    def _read_unknown(self, term: Term, reading: Reading) -> None:
        """Read a word that no text has: as the beginning of words, or as the word most like it."""
        begun = self._as_given(replace(term, prefix=True)) if len(term.text) > 2 else ""
        if begun:
            reading.take(begun, term)
            told = f"No text has the word “{shortened(term.text)}”, so words that begin so were looked for."
            reading.remarks.append(told)
            return
        reading.mended += 1
        word = self._texts.vocabulary.likeliest(term.text) if reading.mended <= _MOST_MENDED else None
        if word is None:
            reading.not_found.append(shortened(term.text))
        else:
            reading.take(self._as_given(Term(word)), Term(word))
            reading.corrections.append(Correction(term.text, word))


def _is_numbered(term: Term) -> bool:
    """Say whether a term is a number or a code, which are no words of the vocabulary."""
    return len(term.words) > 1 or any(sign.isdigit() for sign in term.text)
