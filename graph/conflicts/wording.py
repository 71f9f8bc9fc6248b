"""Tells in full sentences how an actor carries a side of a conflict, and what changed it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graph.conflicts.conflict import Carriage, Evidence, Side
from graph.law import phrases
from graph.records.things import Thing

#: How a carriage reads in a sentence.
MANNERS = {
    "bound": "is bound in law by",
    "committed": "is committed politically to",
    "enacts": "has in a law of its own",
}
#: The day that the name of an act ends with.
_DAY = re.compile(r" \((\d{4}(?:-\d{2}){0,2})\)$")


def named(code: str, label: str) -> str:
    """Return the name of an actor as it stands within a sentence."""
    return phrases.named(Thing("", "state", code, label))


def act_words(label: str, actor: str) -> str:
    """Return the name of an act without its actor, with the day in words.

    Parameters
    ----------
    label
        Such as ``Australia: accession to the Moon Agreement (1986-07-07)``.
    actor
        Name of the actor, such as ``Australia``.

    Returns
    -------
    str
        ``“accession to the Moon Agreement” (7 July 1986)``.
    """
    name = label.removeprefix(f"{actor}: ")
    day = _DAY.search(name)
    return f"“{name[: day.start()]}” ({phrases.day_words(day[1])})" if day else f"“{name}”"


def carriage_sentence(side: Side, carriage: Carriage, evidence: Sequence[Evidence]) -> str:
    """Tell in a sentence how an actor carries a side, with act, date, provisions and source.

    Parameters
    ----------
    side
        The side.
    carriage
        One act by which the actor carries it.
    evidence
        What stands behind the act.

    Returns
    -------
    str
        A full sentence with names.
    """
    places = [each.locator for each in side.provisions if each.instrument_code == carriage.instrument]
    through = f" through {'; '.join(places)} of the {carriage.instrument_label}" if places else ""
    until = f" until {phrases.day_words(carriage.end)}" if carriage.end else ""
    if carriage.ending_label:
        until += f" by {act_words(carriage.ending_label, carriage.actor_label)}"
    dispute = f", {carriage.dispute}" if carriage.dispute else ""
    return (
        f"{phrases.capital(named(carriage.actor, carriage.actor_label))} {MANNERS[carriage.manner]} "
        f"“{side.label}”{through}, since {phrases.span(carriage.earliest, carriage.latest)}{until}; the act "
        f"is {act_words(carriage.act_label, carriage.actor_label)}{dispute}. {_sources(evidence)}."
    )


def _sources(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return "Supposed"
    told = "; ".join(
        f"{each.source_label}{', ' + each.locator if each.locator else ''} ({each.verification})"
        for each in evidence
    )
    return f"Source: {told}"


def change_sentence(actor: str, label: str, date: str, change: str, issue: str, acts: Sequence[str]) -> str:
    """Tell in a sentence that an actor gained or lost a conflict, on which day and by which acts.

    Parameters
    ----------
    actor, label
        Code and name of the actor.
    date
        The day.
    change
        ``gained`` or ``lost``.
    issue
        Issue of the conflict.
    acts
        Names of the acts that made the change.

    Returns
    -------
    str
        A full sentence with names.
    """
    began = "began" if change == "gained" else "ceased"
    by = f", by {phrases.listed(act_words(each, label) for each in acts)}" if acts else ""
    return (
        f"On {phrases.day_words(date)} {named(actor, label)} {began} to carry both sides of the conflict "
        f"{phrases.quoted(issue)}{by}."
    )


#: How a supposed deed reads in a sentence.
_DEEDS = {
    "joins": "joins {of}",
    "leaves": "leaves {of}",
    "ratifies": "ratifies {of}",
    "accedes-to": "accedes to {of}",
    "withdraws-from": "gives notice of withdrawal from {of}",
}


def supposed_sentence(
    actor: tuple[str, str], deed: str, of: tuple[str, str], date: str, effective: str
) -> str:
    """Tell in a sentence what is supposed.

    Parameters
    ----------
    actor
        Code and name of the state.
    deed
        What it does, such as ``withdraws-from``.
    of
        Kind (``alliance`` or ``instrument``) and name of what it does it to.
    date, effective
        The day of the act, and the day on which it takes effect.

    Returns
    -------
    str
        A full sentence with names.
    """
    done = _DEEDS[deed].format(of=phrases.named(Thing("", of[0], "", of[1])))
    effect = f", with effect on {phrases.day_words(effective)}" if effective != date else ""
    return f"It is supposed that {named(*actor)} {done} on {phrases.day_words(date)}{effect}."


def difference_sentence(
    actor: tuple[str, str], day: str, *, gained: Sequence[str], lost: Sequence[str], what: str
) -> str:
    """Tell in a sentence what an actor would carry and what it would carry no longer.

    Parameters
    ----------
    actor
        Code and name of the state.
    day
        The day compared.
    gained, lost
        Issues of conflicts, or names of norms.
    what
        What they are, such as ``both sides of the conflict``.

    Returns
    -------
    str
        A full sentence with names; empty where nothing changes.
    """
    parts = [
        f"{words} {what}{'s' if len(names) > 1 else ''} {phrases.listed(map(phrases.quoted, names))}"
        for words, names in (("carry anew", gained), ("no longer carry", lost))
        if names
    ]
    if not parts:
        return ""
    return f"On {phrases.day_words(day)} {named(*actor)} would {' and '.join(parts)}."
