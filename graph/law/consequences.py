"""What follows from the readings of an open question for norms, in sentences: no verdict on any of them."""

from __future__ import annotations

from collections.abc import Iterator

from graph.law import phrases
from graph.law.sentences import Row, Sentence, Teller, lines

OF_EACH = "What follows from each reading"
FOR_NORM = "What the readings make of it"


def of_question(teller: Teller, subject: str) -> Iterator[Sentence]:
    """Tell what follows from each reading of a question, for which norms and on which provisions.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the ambiguity.

    Yields
    ------
    Sentence
        One for each recorded consequence, reading by reading.
    """
    for row in teller.rows("record-ambiguity-consequences", subject):
        norms = lines(row["norms"])
        names = phrases.listed(phrases.quoted(teller.label(each)) for each in sorted(norms))
        which = f"the norm {names}" if len(norms) == 1 else f"each of {names}"
        told = f"{_reading(teller, row)}: {row['text']} So {which} {teller.label(row['effect'])}"
        yield _say(teller, OF_EACH, told, row, [*norms, subject])


def of_norm(teller: Teller, subject: str) -> Iterator[Sentence]:
    """Tell what the readings of open questions make of a norm, with those who hold each.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the norm.

    Yields
    ------
    Sentence
        One for each recorded consequence, question by question and reading by reading.
    """
    for row in teller.rows("record-norm-consequences", subject):
        holders = sorted(lines(row["held_by"]), key=teller.label)
        held = f", held by {phrases.listed(map(teller.name, holders))}" if holders else ""
        told = (
            f"on {phrases.quoted(teller.label(row['ambiguity']))}, {_reading(teller, row)}{held}: "
            f"{row['text']} So the norm {teller.label(row['effect'])}"
        )
        yield _say(teller, FOR_NORM, told, row, [row["ambiguity"], *holders, subject])


def _reading(teller: Teller, row: Row) -> str:
    return f"the reading {phrases.quoted(teller.label(row['interpretation']))}"


def _say(teller: Teller, topic: str, told: str, row: Row, things: list[str]) -> Sentence:
    basis = lines(row["basis"])
    return teller.say(topic, told, [row["fact"]], [row["interpretation"], row["effect"], *things, *basis])
