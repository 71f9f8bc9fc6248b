"""Tells the law of a thing in sentences: each with its sources, what it speaks of and its day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graph.law.normlaw import NormLaw
from graph.law.sentences import Sentence, Teller
from graph.law.statelaw import StateLaw
from graph.law.textlaw import AmbiguityLaw, InstrumentLaw, ProvisionLaw
from graph.records.things import Knowledge, Names, split

#: What tells the law of a kind of thing.
_TELLERS: dict[str, Callable[[Teller, str], Iterator[Sentence]]] = {
    "state": lambda teller, subject: StateLaw(teller, subject).sentences(),
    "alliance": lambda teller, subject: StateLaw(teller, subject).sentences(),
    "organization": lambda teller, subject: StateLaw(teller, subject).sentences(),
    "norm": lambda teller, subject: NormLaw(teller, subject).sentences(),
    "provision": lambda teller, subject: ProvisionLaw(teller, subject).sentences(),
    "ambiguity": lambda teller, subject: AmbiguityLaw(teller, subject).sentences(),
    "instrument": lambda teller, subject: InstrumentLaw(teller, subject).sentences(),
}
#: The kinds of things whose law is told in sentences.
KINDS = frozenset(_TELLERS)


def sentences(
    graph: Knowledge, names: Names, subject: str, as_of: str, count: str | None = None
) -> tuple[Sentence, ...]:
    """Tell the law of a thing on a day.

    Parameters
    ----------
    graph
        The knowledge graph.
    names
        Its names and sources.
    subject
        Address of a state, an alliance, an organization, a norm, a provision, an ambiguity or an instrument.
    as_of
        The day, ``YYYY-MM-DD``.
    count
        Key of the source whose count of parties is taken where lists disagree.

    Returns
    -------
    tuple of Sentence
        The most important first, those of one heading together; empty for a thing of another kind.

    Raises
    ------
    UnknownName
        No count of that source can be taken.
    """
    tell = _TELLERS.get(split(subject)[0])
    if tell is None:
        return ()
    return tuple(tell(Teller(graph, names, as_of, count), subject))
