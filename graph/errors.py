"""The errors a user may see: each names what was wrong and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class SpacenormsError(Exception):
    """A fault that is told to the user in full.

    Parameters
    ----------
    message
        One sentence that names the input and what is wrong with it.
    remedy
        One sentence that says what would be right.
    code
        A stable slug in kebab-case, such as ``unknown-state``.
    status
        The HTTP status that fits when the error crosses a network, 400 to 599.
    extension
        Further facts for programs, JSON values only.
    """

    default_code = "spacenorms-error"
    default_status = 400

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        code: str | None = None,
        status: int | None = None,
        **extension: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code or self.default_code
        self.status = status or self.default_status
        self.extension: dict[str, Any] = extension

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class BadQuery(SpacenormsError):
    """A SPARQL text that is malformed, or that asks for something a reader may not do."""

    default_code = "bad-query"


class QueryTimeout(SpacenormsError):
    """A query that was stopped at its time limit."""

    default_code = "query-timeout"
    default_status = 503


class QueryTooLarge(SpacenormsError):
    """A query that needed more memory, or gave a longer result, than the limits allow."""

    default_code = "query-too-large"
    default_status = 503


class ComputationTimeout(SpacenormsError):
    """An answer that was not waited for any longer while it is being computed."""

    default_code = "computation-timeout"
    default_status = 503


class ServiceBusy(SpacenormsError):
    """More queries are waiting than the queue holds."""

    default_code = "service-busy"
    default_status = 503


class NotAcceptable(SpacenormsError):
    """None of the formats that were asked for is offered."""

    default_code = "not-acceptable"
    default_status = 406


class UnknownName(SpacenormsError):
    """A name (of a state, a view, a query, a measure …) that the graph does not know."""

    default_code = "unknown-name"
    default_status = 404


class BadDate(SpacenormsError):
    """A text that is no calendar date."""

    default_code = "bad-date"


class BadValue(SpacenormsError):
    """A value of a parameter that is not of the parameter's type or range."""

    default_code = "bad-value"


class BadData(SpacenormsError):
    """A file of data that does not parse."""

    default_code = "bad-data"


def closest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names that look most like a misspelt one.

    Parameters
    ----------
    name
        What the user wrote.
    known
        The names that would have been right; compared without regard to case.
    limit
        The most names to return.

    Returns
    -------
    list of str
        The likeliest first; empty when nothing is near.
    """
    by_folded = {candidate.casefold(): candidate for candidate in known}
    folded = difflib.get_close_matches(name.casefold(), list(by_folded), n=limit, cutoff=0.6)
    return [by_folded[key] for key in folded]


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a remedy for a misspelt name: "Did you mean …?", or the names there are.

    Parameters
    ----------
    name
        What the user wrote.
    known
        The names that would have been right.

    Returns
    -------
    str
        One sentence; empty when nothing is known at all.
    """
    names = list(known)
    near = closest(name, names)
    if near:
        return f"Did you mean {_either(near)}?"
    if not names:
        return ""
    if len(names) <= 20:
        return f"Known are: {', '.join(sorted(names))}."
    return f"There are {len(names)} known names, such as {', '.join(sorted(names)[:5])}."


def _either(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} or {names[-1]}"
