"""The words of texts and of queries: folded, taken apart, and mended where they are misspelt."""

from __future__ import annotations

import difflib
import heapq
import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

#: Words that are not looked for when there are others, except in quotation marks.
STOP_WORDS = frozenset(
    (
        *("a", "an", "and", "are", "as", "at", "be", "by", "do", "does", "for", "from", "how", "if", "in"),
        *("is", "it", "its", "near", "not", "of", "on", "or", "than", "that", "the", "their", "there", "to"),
        *("was", "were", "what", "when", "where", "which", "who", "whose", "why", "with"),
    )
)

#: British and American spellings; a word with the one is looked for with the other too.
SPELLINGS = (
    ("isation", "ization"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("ence", "ense"),
    ("olour", "olor"),
    ("bour", "bor"),
    ("viour", "vior"),
    ("ogramme", "ogram"),
    ("entre", "enter"),
    ("ogue", "og"),
)

_WORD = re.compile(r"[^\W_]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\ue000\ufeff\ud800-\udfff]")
_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂「」『』", '"') | {"’": "'", "‘": "'", "‐": "-", "‑": "-"})
_PARTS = re.compile(r'"([^"]*)"?|([^\s",;:()\[\]{}|!?<>=…。，、]+)')
_POSSESSIVE = re.compile(r"'s?$")
_UNMARKED = dict(zip("øØłŁđĐðÐıħĦŧŦ", "oollddddihhtt", strict=True))
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR"})
_SHORTEST = 4


class _Folding(dict[int, int]):
    """Maps each letter to its plain small form, one to one, so that places in a text stay the same."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        parts = unicodedata.normalize("NFD", letter)
        plain = parts[0] if all(map(unicodedata.combining, parts[1:])) else letter
        small = _UNMARKED.get(plain, plain).lower()
        self[code] = ord(small) if len(small) == 1 else code
        return self[code]


_FOLDING = _Folding()


def clean(text: str) -> str:
    """Return a text on one line, composed, without signs that cannot be seen."""
    seen = text if text.isprintable() else _UNSEEN.sub(" ", text)
    return (seen if seen.isascii() else unicodedata.normalize("NFC", seen)).strip()


def folded(text: str) -> str:
    """Return a text in small letters without diacritics, letter for letter: ``Türkiye`` as ``turkiye``."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def words(text: str) -> list[str]:
    """Return the words of a text as they are written."""
    return _WORD.findall(text)


def key(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, by which codes and names are recognised.

    Parameters
    ----------
    text
        A code, a name or a query.

    Returns
    -------
    tuple of str
        ``("a", "res", "77", "41")`` for ``A/RES/77/41`` and for ``A-RES-77-41``.
    """
    return tuple(words(folded(clean(text))))


@dataclass(frozen=True)
class Term:
    """A word, compound or phrase of a query.

    Attributes
    ----------
    text
        As it was written.
    quoted
        Whether it stood in quotation marks.
    prefix
        Whether it is the beginning of a word: ``launch*``.
    code
        Whether it is written in capitals among other words, as codes are.
    """

    text: str
    quoted: bool = False
    prefix: bool = False
    code: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Its folded words."""
        return key(self.text)

    @property
    def is_stop_word(self) -> bool:
        """Whether it says so little that it may be left out."""
        return not (self.quoted or self.prefix or self.code) and folded(self.text) in STOP_WORDS


def terms(query: str) -> Iterator[Term]:
    """Yield the terms of a query; signs without letters or digits are passed over.

    Parameters
    ----------
    query
        Anything at all.

    Yields
    ------
    Term
        In the order of the query, each as often as it stands there.
    """
    for quoted, plain in _PARTS.findall(clean(query.translate(_QUOTES))):
        bare = _POSSESSIVE.sub("", plain.strip("'").rstrip("*.")) if plain else quoted.strip()
        if words(bare):
            code = len(bare) > 2 and bare.isupper() and bare not in _OPERATORS and not query.isupper()
            yield Term(bare, quoted=bool(quoted), prefix=plain.endswith("*"), code=code)


def other_spellings(word: str) -> Iterator[str]:
    """Yield a folded word as the other side of the Atlantic writes it, whether it is one or not."""
    for british, american in SPELLINGS:
        for here, there in ((british, american), (american, british)):
            if here in word:
                yield word.replace(here, there)


def nearest(word: str, known: Collection[str], limit: int = 5, cutoff: float = 0.72) -> list[str]:
    """Return the known words most like a folded word, the likest first."""
    return difflib.get_close_matches(word, known, n=limit, cutoff=cutoff)


class Vocabulary:
    """The words of a body of texts.

    Parameters
    ----------
    texts
        The texts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._seen = Counter(word for text in texts for word in words(text))

    def __contains__(self, word: str) -> bool:
        return word in self._usual

    @cached_property
    def _usual(self) -> dict[str, tuple[int, str]]:
        """How often each word occurs and how it is mostly written, by its folded form, in order."""
        found: dict[str, tuple[int, str]] = {}
        for written, times in self._seen.items():
            if len(written) > 2 and not written.isdigit():
                plain = folded(written)
                before, usual = found.get(plain, (0, written))
                found[plain] = (before + times, written if times > self._seen[usual] else usual)
        return dict(sorted(found.items()))

    @cached_property
    def _ordered(self) -> list[str]:
        return list(self._usual)

    def beginning(self, start: str, most: int = 100) -> list[str]:
        """Return the words that begin in a way, folded, the most frequent first and at most so many."""
        plain = folded(start)
        first = bisect_left(self._ordered, plain)
        last = bisect_left(self._ordered, plain + "\U0010ffff")
        return heapq.nlargest(most, self._ordered[first:last], key=lambda word: self._usual[word][0])

    def likeliest(self, word: str) -> str | None:
        """Return the word that a misspelt word most likely stands for.

        Parameters
        ----------
        word
            A word that is not of the vocabulary.

        Returns
        -------
        str or None
            Written as it mostly is; of words equally like it the more frequent. None where none is
            like it, and for numbers and words of fewer than four letters.
        """
        plain = folded(word)
        if not _SHORTEST <= len(plain) <= 40 or plain.isdigit():
            return None
        near = nearest(plain, self._ordered)
        return self._usual[max(near, key=lambda each: self._likelihood(plain, each))][1] if near else None

    def _likelihood(self, word: str, candidate: str) -> float:
        likeness = difflib.SequenceMatcher(None, candidate, word).ratio()
        same_start = 0.03 if word[0] == candidate[0] else 0.0
        return likeness + same_start + 0.02 * math.log10(self._usual[candidate][0])
