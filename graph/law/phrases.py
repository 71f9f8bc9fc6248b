"""Words for sentences: dates as they are known, lists, and names with their article."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from graph.records.things import Thing

#: Names of countries that take the article in a sentence.
_WITH_ARTICLE = re.compile(
    r"^(?:United |Netherlands|Philippines|Maldives|Bahamas|Comoros|Gambia|Holy See|Union of|State of|Central "
    r"African|Dominican Rep|Cook|Marshall|Solomon|German Democratic|DR Congo|European)"
)
#: Names of instruments that are proper names without an article.
_BARE_TITLES = re.compile(r"^(?:Executive Order )")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "ru": "Russian",
    "zh": "Chinese",
}


@lru_cache(maxsize=20_000)
def day_words(date: str) -> str:
    """Return a date in words, at its precision.

    Parameters
    ----------
    date
        ``1986-08-06``, ``1986-08`` or ``1986``.

    Returns
    -------
    str
        ``6 August 1986``, ``August 1986`` or ``1986``; anything else as it is.
    """
    match = _DATE.fullmatch(date)
    if not match:
        return date
    year, month, day = match.groups()
    parts = [str(int(day))] if day else []
    if month:
        parts.append(calendar.month_name[int(month)])
    return " ".join([*parts, year])


def dated(date: str) -> str:
    """Return a date with its preposition: ``on 6 August 1986``, ``in August 1986``, ``in 1986``."""
    return f"{'on' if len(date) == 10 else 'in'} {day_words(date)}"


def span(earliest: str | None, latest: str, *, recorded: bool = True) -> str:
    """Return in words the day on which something began or ended, as far as it is known.

    Parameters
    ----------
    earliest, latest
        The first day it can have been, and the last.
    recorded
        Whether a source gives any date; otherwise the bounds are only those of the sources.

    Returns
    -------
    str
        ``6 August 1986``; ``some day in 1986``; ``a day that is not recorded, 31 May 2026 at the latest``.
    """
    if earliest == latest:
        return day_words(latest)
    if not recorded or earliest is None:
        return f"a day that is not recorded, {day_words(latest)} at the latest"
    for length in (7, 4):
        if _covers(earliest[:length], earliest, latest):
            return f"some day in {day_words(earliest[:length])}"
    return f"some day from {day_words(earliest)} to {day_words(latest)}"


def _covers(period: str, earliest: str, latest: str) -> bool:
    if not latest.startswith(period):
        return False
    if len(period) == 4:
        return (earliest, latest) == (f"{period}-01-01", f"{period}-12-31")
    year, month = int(period[:4]), int(period[5:])
    last = datetime.date(year, month, calendar.monthrange(year, month)[1])
    return (earliest, latest) == (f"{period}-01", last.isoformat())


def listed(items: Iterable[str], word: str = "and") -> str:
    """Return a list in words: ``a``, ``a and b``, ``a, b and c``."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 state``, ``12 states``, ``no state``."""
    if number == 0:
        return f"no {singular}"
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def named(thing: Thing) -> str:
    """Return the name of a thing as it stands within a sentence, with the article it takes.

    Parameters
    ----------
    thing
        A state, an instrument, an alliance or anything else.

    Returns
    -------
    str
        ``the Moon Agreement``, ``Australia``, ``the United States``.
    """
    label = thing.label
    if thing.kind == "state":
        return f"the {label}" if _WITH_ARTICLE.match(label) else label
    if thing.kind == "instrument":
        return label if _BARE_TITLES.match(label) else f"the {label}"
    if thing.kind in ("alliance", "organization"):
        return f"the {label}" if " " in label else label
    if thing.kind == "group" and label.startswith("Parties to"):
        return f"the p{label[1:]}"
    return label


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def quoted(text: str) -> str:
    """Return a text in quotation marks, without the full stop at its end."""
    return f"“{text.rstrip('.')}”"


def sentence(text: str) -> str:
    """Return a text as one sentence: a capital in front, a full stop behind."""
    whole = capital(text.strip())
    return whole if whole.endswith((".", "?", "!", ".”", "?”")) else f"{whole}."


def language(tag: str) -> str:
    """Return the English name of a language, or its tag where the name is not known here."""
    return _LANGUAGES.get(tag, tag)


def spoken(text: str, names: Sequence[tuple[str, str]]) -> str:
    """Return a text with codes replaced by the names they stand for, and dates in words.

    Parameters
    ----------
    text
        As a source or a curator wrote it.
    names
        Codes and names; a code is replaced where it stands alone.

    Returns
    -------
    str
        Without those codes.
    """
    for code, name in names:
        text = re.sub(rf"(?<![\w-]){re.escape(code)}(?![\w-])", lambda _, name=name: name, text)  # type: ignore[misc]
    return re.sub(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])", lambda match: day_words(match[0]), text)
