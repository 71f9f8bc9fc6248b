"""Reads what a caller may choose of a network beside its day: levels, traditions, topics, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from graph import dates
from graph.errors import BadValue, UnknownName, suggest
from graph.networks.blocs import Knowledge

Value = str | int | float | None


@dataclass(frozen=True)
class Option:
    """Something to choose of a view.

    Attributes
    ----------
    name, description
        Its name as a parameter, and what it does.
    default
        What holds when nothing is chosen.
    read
        From the graph and the text given to the value; raises what a user should see.
    """

    name: str
    description: str
    default: Value
    read: Callable[[Knowledge, str], Value] = field(repr=False)


def read_options(
    kg: Knowledge, view: str, options: Iterable[Option], given: Mapping[str, object]
) -> tuple[tuple[str, Value], ...]:
    """Return the value of every option of a view, checked.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        Name of the view, for errors.
    options
        The options the view has.
    given
        Values by name, as text or as they are; None and empty text mean the default.

    Returns
    -------
    tuple of pairs
        Name and value of every option, in order of name.

    Raises
    ------
    BadValue, BadDate, UnknownName
        The view has no such option, or the value is none of it.
    """
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            raise BadValue(
                f"The network {view} has no option “{name}”.",
                remedy=suggest(name, known) or "It has none.",
                code="unknown-parameter",
                parameter=name,
            )
    return tuple(
        (name, _read(kg, option, given.get(name)))
        for name, option in sorted(known.items(), key=lambda item: item[0])
    )


def _read(kg: Knowledge, option: Option, value: object) -> Value:
    if value is None or value == "":
        return option.default
    return option.read(kg, str(value).strip())


def choice(name: str, words: Iterable[str]) -> Callable[[Knowledge, str], Value]:
    """Return a reader that takes one of some words, in any case."""
    known = tuple(words)

    def read(_: Knowledge, text: str) -> Value:
        if text.casefold() in known:
            return text.casefold()
        raise BadValue(
            f"“{text}” is not a choice for {name}.",
            remedy=f"Choose one of {', '.join(known)}.",
            code="bad-value",
            parameter=name,
        )

    return read


def known_name(
    kind: str, names: Callable[[Knowledge], Iterable[str]], *, negative: bool = False
) -> Callable[[Knowledge, str], Value]:
    """Return a reader that takes a name the graph knows.

    Parameters
    ----------
    kind
        What is named, for the error.
    names
        From the graph to the names there are.
    negative
        Whether a minus sign before the name is allowed, which means all but it.
    """

    def read(kg: Knowledge, text: str) -> Value:
        known = sorted(set(names(kg)))
        wanted = text.removeprefix("-") if negative else text
        for name in known:
            if name.casefold() == wanted.casefold():
                return f"-{name}" if negative and text.startswith("-") else name
        raise UnknownName(
            f"There is no {kind} “{wanted}” in the graph.",
            remedy=suggest(wanted, known),
            code=f"unknown-{kind}",
            known=known,
        )

    return read


def whole(name: str, least: int) -> Callable[[Knowledge, str], Value]:
    """Return a reader that takes a whole number from ``least``."""

    def read(_: Knowledge, text: str) -> Value:
        if text.isdecimal() and int(text) >= least:
            return int(text)
        raise BadValue(
            f"“{text}” is no whole number from {least} ({name}).",
            remedy="Write digits only.",
            code="bad-value",
            parameter=name,
        )

    return read


def share(name: str) -> Callable[[Knowledge, str], Value]:
    """Return a reader that takes a number from 0 to 1."""

    def read(_: Knowledge, text: str) -> Value:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if 0 <= number <= 1:
            return number
        raise BadValue(
            f"“{text}” is no number from 0 to 1 ({name}).",
            remedy="Write a number such as 0.75.",
            code="bad-value",
            parameter=name,
        )

    return read


def calendar_day(name: str) -> Callable[[Knowledge, str], Value]:
    """Return a reader that takes a day, and gives it in ISO form."""

    def read(_: Knowledge, text: str) -> Value:
        return dates.day(text, name).isoformat()

    return read
