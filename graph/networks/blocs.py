"""Finds the alliances that a caller names, by code, name or alias."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graph.errors import BadValue, UnknownName, suggest

Row = Mapping[str, Any]


class Knowledge(Protocol):
    """What networks need of a knowledge graph: view queries, the version of the data, and its today."""

    version: str
    today: dt.date

    def run(self, name: str, **values: object) -> Sequence[Row]:
        """Run a view query and return its rows."""


@dataclass(frozen=True)
class Bloc:
    """An alliance under comparison, with a short name fit for a legend."""

    code: str
    label: str
    short: str
    iri: str


def find_blocs(kg: Knowledge, names: Sequence[str]) -> tuple[Bloc, ...]:
    """Return the alliances of the given names, in the order given.

    Parameters
    ----------
    kg
        The knowledge graph; its ``networks/alliances`` query gives the codes, names and aliases.
    names
        Codes, names or aliases of alliances, in any case.

    Raises
    ------
    UnknownName
        A name fits no alliance; the remedy suggests one.
    BadValue
        The same alliance is named twice.
    """
    rows = kg.run("networks/alliances")
    blocs = tuple(_find(rows, name) for name in names)
    if len({bloc.code for bloc in blocs}) < len(blocs):
        raise BadValue(
            f"The same alliance is named twice in “{', '.join(names)}”.",
            remedy="Name different alliances.",
            code="same-alliance",
        )
    return blocs


def _find(rows: Iterable[Row], name: str) -> Bloc:
    wanted = name.strip().casefold()
    found = [row for row in rows if wanted in (text.casefold() for text in _names(row))]
    if wanted and found:
        own = [row for row in rows if row["alliance"] == found[0]["alliance"]]
        return Bloc(own[0]["code"], own[0]["label"], _short(own), own[0]["alliance"])
    known = sorted({text for row in rows for text in _names(row)})
    raise UnknownName(
        f"There is no alliance “{name}”.",
        remedy=suggest(name, known),
        code="unknown-alliance",
        status=404,
    )


def _names(row: Row) -> list[str]:
    return [row[key] for key in ("code", "label", "alias") if row.get(key)]


def _short(rows: Sequence[Row]) -> str:
    """Return the shortest name that is written as a name (with a capital)."""
    names = {str(row[key]) for row in rows for key in ("label", "alias") if row.get(key)}
    return min(names, key=lambda text: (text == text.lower(), len(text), text))
