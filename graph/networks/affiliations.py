"""Finds which facts tie states to alliances and treaties on a day, by level, tradition and verification."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.cache import Cache
from graph.errors import BadData
from graph.networks.blocs import Knowledge
from graph.networks.options import Option, choice, known_name

Row = Mapping[str, Any]

#: One truth value for each row.
Chosen = NDArray[np.bool_]

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


class Tie(NamedTuple):
    """A state and what it belongs to, with the rows that say so on a day.

    Attributes
    ----------
    pair
        The codes of the state and of the affiliation.
    rows
        One for each fact and source.
    certain
        Whether the tie had certainly begun by the day.
    attributes
        Of the tie in a network; not to be changed.
    treaty
        The code of the treaty that constitutes the affiliation, where the facts are on that; else empty.
    """

    pair: tuple[str, str]
    rows: Sequence[Row]
    certain: bool
    attributes: Mapping[str, Any]
    treaty: str


#: Grades of verification, the best first.
GRADES = ("official", "reported", "recalled")

_PLACES = {grade: place for place, grade in enumerate(GRADES)}


def best_grade(grades: Iterable[str]) -> str:
    """Return the best of several grades of verification."""
    return min(grades, key=lambda grade: _PLACES.get(grade, len(GRADES)))


def affiliations(kg: Knowledge, day: dt.date, options: Mapping[str, Any] | None = None) -> list[Tie]:
    """Return the ties of the affiliation query that hold on a day, or may hold.

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
    list of Tie
        In order of the codes of state and affiliation.
    """
    dated, wanted = _chosen(kg, options)
    return dated.on(day.isoformat(), wanted)


def dated(kg: Knowledge) -> Sequence[Row]:
    """Return the rows of the affiliation query in order of their ties, for whichever day; it is asked once.

    From then on `members` asks no query of its own.
    """
    return _dated(kg).rows


def incidences(
    kg: Knowledge, options: Mapping[str, Any] | None = None, imprecise: str = "exclude"
) -> Incidences:
    """Return the matrices of the affiliation network, without the networks.

    Parameters
    ----------
    kg
        The knowledge graph. Its query is asked once.
    options
        Values of `OPTIONS` by name; the defaults where absent.
    imprecise
        ``include`` or ``exclude``, as of `graph.networks.building.network`.
    """
    return Incidences(*_chosen(kg, options), includes_vague=imprecise == "include")


def _chosen(kg: Knowledge, options: Mapping[str, Any] | None) -> tuple[_Dated, Chosen]:
    """Return the rows of the query, and which of them are wanted."""
    chosen = {option.name: option.default for option in OPTIONS} | dict(options or {})
    level, tradition, verified = (str(chosen[option.name]) for option in OPTIONS)
    dated = _dated(kg)
    key = (kg.version, level, tradition, verified)
    return dated, _WANTED.get(kg, key, lambda: _wanted(kg, dated.rows, level, tradition, verified))


def _dated(kg: Knowledge) -> _Dated:
    return _DATED.get(kg, kg.version, lambda: _Dated(kg.run("networks/affiliation")))


class Incidences:
    """Who belongs to what on a day, as the affiliation network has it: a matrix of states × affiliations.

    Attributes
    ----------
    states, affiliations
        Code to label and kind, in the order of the rows and of the columns.
    """

    def __init__(self, dated: _Dated, wanted: Chosen, *, includes_vague: bool) -> None:
        self._dated = dated
        self._wanted = wanted
        self._includes_vague = includes_vague
        self.states, self.affiliations = dated.names

    def on(self, day: str) -> tuple[Chosen, int]:
        """Return the matrix of a day, and how many ties are too coarsely dated to say whether they hold.

        What has one member only is there; see `without_single`.
        """
        sure, vague = self._dated.ties_on(day, self._wanted)
        rows, columns = self._dated.places
        used = sure | vague if self._includes_vague else sure
        found = np.zeros((len(self.states), len(self.affiliations)), dtype=bool)
        found[rows[used], columns[used]] = True
        return found, int(vague.sum())


def without_single(matrix: Chosen) -> Chosen:
    """Return a matrix of states × affiliations without those that have one member, as networks have it."""
    found: Chosen = matrix & (matrix.sum(axis=0) != 1)
    return found


def _wanted(kg: Knowledge, rows: list[Row], level: str, tradition: str, verified: str) -> Chosen:
    """Return which rows are of a level, a tradition and a grade."""
    levels = LEVELS[: LEVELS.index(level) + 1]
    held = [row for row in rows if (row.get("level") or LEVELS[0]) in levels]
    kept = {id(row) for row in trusted(kg, held, tradition, verified)}
    return np.array([id(row) in kept for row in rows], dtype=bool)


class _Dated:
    """Rows of the affiliation query in order of their ties, ready to be asked for any day.

    Parameters
    ----------
    rows
        All rows of the query.

    Raises
    ------
    BadData
        One code stands for two things.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = sorted(rows, key=_pair)
        _check_codes(self.rows)
        pairs = [_pair(row) for row in self.rows]
        numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        self._tie = np.array([numbers[pair] for pair in pairs], dtype=np.int64)
        # most ties rest on one row, and are the same on every day on which they hold
        self._alone = [_Alone(self.rows, is_sure) for is_sure in (False, True)]
        # ISO dates compare as text; where there is no date the text is empty
        self._begun, self._possible, self._ended = (
            np.array([str(row.get(name) or "") for row in self.rows], dtype="U10")
            for name in ("begun", "possible", "ended")
        )
        self._certain = np.array([bool(row.get("certain")) for row in self.rows], dtype=bool)

    @cached_property
    def names(self) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
        """The label and the kind of each state and of each affiliation, in order of code."""
        states = {row["state_code"]: (row["state_label"], "state") for row in reversed(self.rows)}
        others = {
            row["affiliation_code"]: (row["affiliation_label"], row["kind"]) for row in reversed(self.rows)
        }
        return dict(sorted(states.items())), dict(sorted(others.items()))

    @cached_property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places in `names` of the state and of the affiliation of each tie."""
        first, second = ({code: at for at, code in enumerate(codes)} for codes in self.names)
        pairs = dict.fromkeys(_pair(row) for row in self.rows)
        return np.array([first[one] for one, _ in pairs]), np.array([second[other] for _, other in pairs])

    def ties_on(self, day: str, wanted: Chosen) -> tuple[Chosen, Chosen]:
        """Return which ties have certainly begun on a day and hold, and which may have begun."""
        held, certain = self._held(day, wanted)
        number = int(self._tie.max(initial=-1)) + 1
        sure, all_held = np.zeros(number, dtype=bool), np.zeros(number, dtype=bool)
        all_held[self._tie[held]] = True
        sure[self._tie[held[certain]]] = True
        return sure, all_held & ~sure

    def on(self, day: str, wanted: Chosen) -> list[Tie]:
        """Return the ties that hold on a day, or may hold."""
        held, certain = self._held(day, wanted)
        if not len(held):
            return []
        starts = np.flatnonzero(np.diff(self._tie[held], prepend=-1))
        sure, ends = np.logical_or.reduceat(certain, starts).tolist(), [*starts[1:].tolist(), len(held)]
        places = held.tolist()
        return [
            self._alone[is_sure][places[start]]
            if end - start == 1
            else _tie([self.rows[place] for place in places[start:end]], is_sure)
            for start, end, is_sure in zip(starts.tolist(), ends, sure, strict=True)
        ]

    def _held(self, day: str, wanted: Chosen) -> tuple[NDArray[np.int64], Chosen]:
        """Return the places of the rows that hold or may hold, and which hold, as `_certain` tells."""
        dated = self._begun != ""
        has_begun = dated & (self._begun <= day)
        may_have = dated & ~has_begun & (self._possible != "") & (self._possible <= day)
        has_ended = (self._ended != "") & (self._ended <= day)
        held = np.flatnonzero(wanted & ~has_ended & (~dated | has_begun | may_have))
        return held, np.where(dated, has_begun, self._certain)[held]


class _Alone(dict[int, Tie]):
    """Ties that rest on one row, by its place, each made once."""

    def __init__(self, rows: Sequence[Row], is_sure: bool) -> None:
        super().__init__()
        self._rows = rows
        self._is_sure = is_sure

    def __missing__(self, place: int) -> Tie:
        row = self._rows[place]
        known: dict[str, Any] = {"verification": row["verification"], "certain": self._is_sure}
        if basis := row.get("basis"):
            known["basis"] = str(basis)
        if begun := row.get("begun"):
            known["since"] = str(begun)
        made = self[place] = Tie(_pair(row), (row,), self._is_sure, known, _treaty((row,)))
        return made


def _pair(row: Row) -> tuple[str, str]:
    return row["state_code"], row["affiliation_code"]


def _tie(rows: Sequence[Row], is_sure: bool) -> Tie:
    bases = sorted({str(row["basis"]) for row in rows if row.get("basis")})
    starts = [str(row["begun"]) for row in rows if row.get("begun")]
    attributes = {
        "verification": best_grade(row["verification"] for row in rows),
        "certain": is_sure,
        **({"basis": ";".join(bases)} if bases else {}),
        **({"since": min(starts)} if starts else {}),
    }
    return Tie(_pair(rows[0]), rows, is_sure, attributes, _treaty(rows))


def _treaty(rows: Sequence[Row]) -> str:
    code = next((str(row["instrument_code"]) for row in rows if row.get("instrument_code")), "")
    return "" if code == rows[0]["affiliation_code"] else code


def _check_codes(rows: Iterable[Row]) -> None:
    """Raise `BadData` where one code stands for two things, which would become one node."""
    known: dict[str, str] = {}
    for row in rows:
        for code, iri in ((row["state_code"], row["state"]), (row["affiliation_code"], row["affiliation"])):
            if known.setdefault(code, iri) != iri:
                raise BadData(
                    f"The code {code} stands for two things: {known[code]} and {iri}.",
                    remedy="Give one of them another skos:notation.",
                    code="ambiguous-code",
                    status=500,
                )


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
    # where all affiliations are known already, those with alliances need not be asked for
    known = _DATED.has(kg, kg.version)
    rows = _dated(kg).rows if known else kg.run("networks/blocs")
    for row in rows:
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


_DATED: Cache[_Dated] = Cache(2)
_WANTED: Cache[Chosen] = Cache(32)
