"""A norm conflict: its two sides, the acts by which actors carry them, and what speaks for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Provision:
    """A provision that states a norm, with where it stands and what was read.

    Attributes
    ----------
    code, heading, locator : str
        Its code, heading and place in the instrument.
    instrument, instrument_code : str
        Name and code of the instrument.
    sources : tuple of (str, str)
        Key and title of each source.
    verification : str
        The verification grade.
    """

    code: str
    heading: str
    locator: str
    instrument: str
    instrument_code: str
    sources: tuple[tuple[str, str], ...]
    verification: str


@dataclass(frozen=True)
class Evidence:
    """One source of an act.

    Attributes
    ----------
    source, source_label : str
        Key and title.
    locator : str or None
        Where in the source.
    verification : str
        The grade of the act.
    note : str or None
        A remark of the curators.
    """

    source: str
    source_label: str
    locator: str | None
    verification: str
    note: str | None


@dataclass(frozen=True)
class Carriage:
    """One act by which an actor carries a norm.

    Attributes
    ----------
    actor, actor_label : str
        Code and name.
    norm : str
        Address of the norm.
    manner : str
        ``bound`` (in law), ``committed`` (politically) or ``enacts`` (by a law of its own).
    instrument, instrument_label : str or None
        Code and name of the instrument; None for a pledge.
    act, act_label : str
        Address and name of the act.
    earliest, latest : str or None
        First day on which it can have begun, and the day by which it certainly had.
    end : str or None
        The day by which it has certainly ended.
    ending, ending_label : str or None
        Address and name of the withdrawal that ends it.
    supposed : bool
        Whether a caller supposed the act; it is not in the graph then.
    counted_by : tuple of str
        Keys of the sources that count it where lists disagree; empty where none disputes it.
    dispute : str
        Who counts it and who does not, in words; empty where none disputes it.
    """

    actor: str
    actor_label: str
    norm: str
    manner: str
    instrument: str | None
    instrument_label: str | None
    act: str
    act_label: str
    earliest: str | None
    latest: str
    end: str | None
    ending: str | None = None
    ending_label: str | None = None
    supposed: bool = False
    counted_by: tuple[str, ...] = ()
    dispute: str = ""

    def holds(self, as_of: str, *, imprecise: bool = False, count: str | None = None) -> bool:
        """Say whether it holds on a day.

        Parameters
        ----------
        as_of : str
            The day, ``YYYY-MM-DD``.
        imprecise : bool
            Whether a fact counts from the first day on which it can have begun.
        count : str, optional
            Key of the source whose count is taken where lists disagree; without one, what is
            disputed does not count.

        Returns
        -------
        bool
            Whether it has begun and not ended.
        """
        if self.counted_by and count not in self.counted_by:
            return False
        start = self.earliest if imprecise and self.earliest else self.latest
        return start <= as_of and not (self.end and self.end <= as_of)

    def in_doubt(self, as_of: str) -> bool:
        """Say whether it can have begun by a day without certainly having begun."""
        return bool(self.earliest and self.earliest <= as_of < self.latest)


@dataclass(frozen=True)
class Side:
    """One side of a conflict.

    Attributes
    ----------
    norm, code, label, definition, force : str
        The norm: address, code, name, definition and legal force.
    provisions : tuple of Provision
        Where it is stated.
    named : tuple of str
        Actors that the record names on this side; being named is not being bound.
    carried_by : tuple of Carriage
        Who carries it on the day, by which acts.
    """

    norm: str
    code: str
    label: str
    definition: str
    force: str
    provisions: tuple[Provision, ...]
    named: tuple[str, ...]
    carried_by: tuple[Carriage, ...] = ()

    @property
    def carriers(self) -> frozenset[str]:
        """Return the codes of the actors that carry this side."""
        return frozenset(carriage.actor for carriage in self.carried_by)


@dataclass(frozen=True)
class Argument:
    """An argument that one side prevails; no verdict.

    Attributes
    ----------
    text : str
        The argument in words.
    favours : str
        Code of the norm that prevails if it holds.
    principle : str
        The principle it invokes.
    basis : tuple of (str, str)
        Code and place of each provision it rests on.
    sources : tuple of (str, str)
        Key and title of each source.
    verification : str
        The grade, or ``derived`` where a rule proposed it.
    """

    text: str
    favours: str
    principle: str
    basis: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    verification: str


@dataclass(frozen=True)
class Consequence:
    """What follows from a reading for a side of a conflict, if the reading is right; no verdict.

    Attributes
    ----------
    code, text : str
        Its code, and what follows in words.
    norms : tuple of str
        Codes of the norms of the sides for which it follows.
    effect : str
        What becomes of them, such as ``reaches less far``.
    basis : tuple of (str, str)
        Code and place of each provision it rests on.
    sources : tuple of (str, str)
        Key and title of each source.
    locator : str or None
        Where in the source it is stated, where a source states it.
    verification : str
        The grade, ``inferred`` where the curators conclude it.
    """

    code: str
    text: str
    norms: tuple[str, ...]
    effect: str
    basis: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    locator: str | None
    verification: str


@dataclass(frozen=True)
class Reading:
    """A reading of a question that bears on both sides.

    Attributes
    ----------
    ambiguity, question : str
        Code and words of the question.
    code, text : str
        Code and words of the reading.
    held_by, strength, verification : str
        Who holds it as recorded, its support, and its grade.
    consequences : tuple of Consequence
        What follows from it for either side.
    """

    ambiguity: str
    question: str
    code: str
    text: str
    held_by: str
    strength: str
    verification: str
    consequences: tuple[Consequence, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A conflict as it stands on a day.

    Attributes
    ----------
    address, code, issue, type, type_label, explanation, verification : str
        What it is, as curated.
    sources : tuple of (str, str)
        Key and title of each source.
    side_a, side_b : Side
        The two sides with who carries them.
    exposed : tuple of str
        Codes of the actors that carry both sides, sorted.
    imprecise : int
        Acts left out, or let in on request, because only a month or year is known.
    disputed : tuple of Carriage
        Acts that only some lists count, by which further actors would be exposed.
    arguments : tuple of Argument
        On which side prevails.
    readings : tuple of Reading
        Readings of the questions that bear on both sides.
    """

    address: str
    code: str
    issue: str
    type: str
    type_label: str
    explanation: str
    verification: str
    sources: tuple[tuple[str, str], ...]
    side_a: Side
    side_b: Side
    exposed: tuple[str, ...] = ()
    imprecise: int = 0
    disputed: tuple[Carriage, ...] = ()
    arguments: tuple[Argument, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class ConflictAnswer:
    """Conflicts found, with the day and the data they hold for.

    Attributes
    ----------
    as_of : str
        The day.
    version : str
        Data version.
    filters : dict
        What was asked.
    conflicts : list of Conflict
        Sorted by code.
    imprecise : int
        Number of acts whose date is too coarse to say whether they count on the day.
    """

    as_of: str
    version: str
    filters: Mapping[str, str]
    conflicts: list[Conflict]
    imprecise: int
