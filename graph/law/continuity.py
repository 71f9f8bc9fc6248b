"""Tells which state that ceased to exist another continues, and under whose name its acts are listed."""

from __future__ import annotations

from collections.abc import Iterator

from graph.law import phrases
from graph.law.sentences import Row, Sentence, Teller

TOPIC = "Continuity and succession"


def of_state(teller: Teller, subject: str) -> Iterator[Sentence]:
    """Tell that a state ceased to exist, or that it continues one that did.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the state.

    Yields
    ------
    Sentence
        One for each state that ceased to exist; none before that state existed.
    """
    for row in teller.rows("law-continuity", subject):
        if row["since"] is None or row["since"] <= teller.as_of:
            told = _own_end(teller, row) if row["former"] == subject else _continues(teller, row, subject)
            yield teller.say(TOPIC, told, [row["former"]], [subject])


def _own_end(teller: Teller, row: Row) -> str:
    name, until = teller.name(row["former"]), phrases.day_words(row["until"])
    if row["continued_by"]:
        by = teller.name(row["continued_by"])
        return f"{name} was continued by {by} from {until}; lists of parties give its acts under that name"
    return (
        f"{name} existed until {until}; no state continued it as the same state, so another is a party by "
        "succession only where an act of succession of its own is told"
    )


def _continues(teller: Teller, row: Row, subject: str) -> str:
    own, former = teller.name(subject), teller.name(row["former"])
    until = phrases.day_words(row["until"])
    acts = f"what lists of parties give under the name of {own} for earlier days may be acts of {former}"
    if row["until"] <= teller.as_of:
        return f"{own} has continued {former} since {until}; {acts}"
    return f"{teller.on}{former} still existed, which {own} continued from {until}; {acts}"
