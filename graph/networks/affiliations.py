"""Finds which facts tie states to alliances and treaties on a day, by level, tradition and verification."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from graph.networks.blocs import Knowledge
from graph.networks.options import Option, choice, known_name

Row = Mapping[str, Any]

#: Levels of membership, the highest first; choosing one takes those above it too.
LEVELS = ("state", "agency", "institution")

#: What is left out of the facts: nothing, what rests on recall only, what sources dispute, or both.
VERIFIED = ("any", "seen", "undisputed", "both")


def traditions(kg: Knowledge) -> list[str]:
    """Return the traditions that sources speak in."""
    return [str(row["tradition"]) for row in kg.run("networks/sources") if row.get("tradition")]


TRADITION = Option(
    "tradition",
    "Only facts with a source of this tradition; with a minus sign before it, facts with a source of "
    "another one.",
    "",
    known_name("tradition", traditions, negative=True),
)
VERIFIED_OPTION = Option(
    "verified",
    "seen leaves out facts that rest on recall only, undisputed those on which sources disagree, both both; "
    "any leaves out none.",
    "any",
    choice("verified", VERIFIED),
)
LEVEL = Option(
    "level",
    "Whose membership makes a tie: that of the state or a ministry (state), of its space agency too "
    "(agency), or of bodies below the state too (institution).",
    "agency",
    choice("level", LEVELS),
)

#: The options of views that rest on affiliations.
OPTIONS = (LEVEL, TRADITION, VERIFIED_OPTION)


def affiliations(kg: Knowledge, day: dt.date, options: Mapping[str, Any] | None = None) -> list[Row]:
    """Return the rows of the affiliation query that hold on a day, or may hold.

    Parameters
    ----------
    kg
        The knowledge graph. Its query is asked once, for every day.
    day
        The day.
    options
        Values of `OPTIONS` by name; the defaults where absent.

    Returns
    -------
    list of mapping
        One row for each state, affiliation, fact and source; ``certain`` says whether the tie had
        certainly begun by the day.
    """
    chosen = {option.name: option.default for option in OPTIONS} | dict(options or {})
    levels, text = LEVELS[: LEVELS.index(str(chosen["level"])) + 1], day.isoformat()
    held: list[Row] = [
        {**row, "certain": certain}
        for row in kg.run("networks/affiliation")
        if (row.get("level") or LEVELS[0]) in levels and (certain := _certain(row, text)) is not None
    ]
    return trusted(kg, held, str(chosen["tradition"]), str(chosen["verified"]))


def members(kg: Knowledge, day: dt.date, codes: Collection[str]) -> Iterable[tuple[str, str]]:
    """Yield each state and the alliances it belongs to at the default level with certainty, of some.

    Parameters
    ----------
    kg
        The knowledge graph.
    day
        The day.
    codes
        Codes of the alliances asked about.

    Yields
    ------
    state, alliance
        Their codes; a pair as often as memberships say so.
    """
    levels, text = LEVELS[: LEVELS.index(str(LEVEL.default)) + 1], day.isoformat()
    for row in kg.run("networks/blocs"):
        if (
            row["affiliation_code"] in codes
            and (row.get("level") or LEVELS[0]) in levels
            and _certain(row, text)
        ):
            yield row["state_code"], row["affiliation_code"]


def trusted(kg: Knowledge, rows: list[Row], tradition: str, verified: str) -> list[Row]:
    """Return the rows whose source is of a tradition and whose fact is verified as asked.

    Parameters
    ----------
    kg
        The knowledge graph, asked for the traditions of sources and for disputed facts.
    rows
        With ``fact``, ``source`` and ``verification``.
    tradition
        A tradition, a minus sign and a tradition, or empty.
    verified
        A word of `VERIFIED`.
    """
    if verified in ("seen", "both"):
        rows = [row for row in rows if row["verification"] != "recalled"]
    if verified in ("undisputed", "both"):
        disputed = {row["fact"] for row in kg.run("networks/disputed")}
        rows = [row for row in rows if row["fact"] not in disputed]
    if not tradition:
        return rows
    spoken = {row["source"]: row["tradition"] for row in kg.run("networks/sources")}
    wanted, own = tradition.removeprefix("-"), not tradition.startswith("-")
    return [row for row in rows if (spoken.get(row["source"]) == wanted) == own]


def _certain(row: Row, day: str) -> bool | None:
    """Say whether a tie had certainly begun by a day; None when it cannot hold on the day."""
    ended = row.get("ended")
    if ended and ended <= day:
        return None
    begun = row.get("begun")
    if begun is None:
        return bool(row.get("certain"))
    if begun <= day:
        return True
    possible = row.get("possible")
    return False if possible and possible <= day else None
