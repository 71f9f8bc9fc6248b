"""The law of a norm in sentences: what it is, where it stands, who carries it and what it stands against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import cast

from graph.conflicts.lookup import Conflict, index
from graph.knowledge import KnowledgeGraph
from graph.law import consequences, phrases
from graph.law.sentences import Row, Sentence, Teller

CONTENT = "What it says"
PLACES = "Where it is stated"
CARRIED = "Who carries it"
PROMOTED = "Who promotes it"
AGAINST = "What it stands against"
QUESTIONS = "What is open about it"
SILENT = "Silence"

_MANNERS = (
    ("bound in law", "bound by it in law, as parties to"),
    ("committed politically", "committed to it politically, which binds nobody in law, by"),
    ("in a law of its own", "under a law of their own that states it:"),
)


class NormLaw:
    """Tells the law of one norm on one day.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the norm.
    """

    def __init__(self, teller: Teller, subject: str) -> None:
        self.teller = teller
        self.subject = subject
        self.fields = teller.fields("record-norm", subject)
        self.provisions = teller.rows("record-norm-provisions", subject)
        self.meanings = {row["concept"]: row for row in teller.rows("law-definitions")}

    def sentences(self) -> Iterator[Sentence]:
        """Yield the sentences, the most important first."""
        yield from self._content()
        yield from self._carried()
        yield from self._places()
        yield from self._promoted()
        yield from self._against()
        yield from self._questions()
        yield from consequences.of_norm(self.teller, self.subject)
        yield from self._silences()

    def _say(self, topic: str, told: str, *concepts: str) -> Sentence:
        return self.teller.say(topic, told, [self.subject], concepts)

    def _content(self) -> Iterator[Sentence]:
        for definition in self.fields.get("definition", []):
            yield self._say(CONTENT, definition)
        yield from self._modality()
        for force in self.fields.get("force", []):
            told = f"its legal force is {phrases.quoted(self.teller.label(force))}: {self._meaning(force)}"
            yield self._say(CONTENT, told, force)
        yield from self._reach()
        for condition in self.fields.get("conditions", []):
            yield self._say(CONTENT, f"it holds under a condition: {condition}")
        if True in self.fields.get("contested", []):
            yield self._say(CONTENT, "it is contested: sources disagree on it or on how far it reaches")

    def _modality(self) -> Iterator[Sentence]:
        for modality in self.fields.get("modality", []):
            kinds = self.fields.get("modality_kind", [])
            shown = kinds[0] if kinds else modality
            told = f"its modality is {phrases.quoted(self.teller.label(shown))}"
            if kinds:
                told += f", a kind of {self.teller.label(modality)}"
            yield self._say(CONTENT, f"{told}: {self._meaning(shown)}", modality, *kinds)

    def _meaning(self, concept: str) -> str:
        text = str(self.meanings[concept]["definition"]) if concept in self.meanings else ""
        return text[:1].lower() + text[1:]

    def _reach(self) -> Iterator[Sentence]:
        parts, concepts = [], []
        for name, words in (
            ("bearer", "it is addressed to"),
            ("regulates", "it regulates"),
            ("scope", "it applies in"),
            ("beneficiary", "it is for the good of"),
        ):
            found = self.fields.get(name, [])
            if found:
                parts.append(f"{words} {phrases.listed(self.teller.label(each) for each in found)}")
                concepts += found
        if parts:
            yield self._say(CONTENT, "; ".join(parts), *concepts)

    def _places(self) -> Iterator[Sentence]:
        for row in self.provisions:
            text = self.teller.name(row["instrument"])
            remark = self.teller.later(row["instrument"]) + self._nature(row["instrument"])
            told = f"{row['place']} of {text}{remark}{',' if remark else ''} states it: "
            told += phrases.quoted(row["summary"])
            yield self.teller.say(PLACES, told, [row["provision"]], [row["instrument"]])
        if not self.provisions:
            yield self._say(PLACES, "no provision of an instrument is recorded that states it")

    def _nature(self, instrument: str) -> str:
        """Return that a text does not bind, where a norm of law stands in it beside a binding one."""
        binds = True in self.teller.fields("record-instrument", instrument).get("binding", [])
        return "" if binds else ", a text that does not bind in law as such"

    def _promoted(self) -> Iterator[Sentence]:
        actors = self.fields.get("promoted_by", [])
        if actors:
            names = phrases.listed(sorted(map(self.teller.name, actors), key=str.casefold))
            told = f"as recorded, it is promoted by {names}; promoting a norm binds nobody"
            yield self._say(PROMOTED, told, *actors)

    def _carried(self) -> Iterator[Sentence]:
        say = self.teller
        given = {"count": say.count} if say.count else {}
        rows = say.rows("law-norm-addressees", self.subject, as_of=say.as_of, **given)
        for how, words in _MANNERS:
            found = [row for row in rows if row["how"] == how]
            if found:
                yield self._carriers(found, words)
            elif how == "bound in law":
                day = phrases.day_words(say.as_of)
                yield self._say(
                    CARRIED, f"nobody {say.verb('is')} bound by it in law on {day}, as far as is recorded"
                )

    def _carriers(self, rows: Sequence[Row], words: str) -> Sentence:
        say = self.teller
        who = {row["participant"] for row in rows}
        through = Counter(row["instrument"] for row in rows if row["instrument"])
        ranked = through.most_common()
        texts = [f"{say.name(each)} ({number})" for each, number in ranked]
        pledges = len({row["participant"] for row in rows if not row["instrument"]})
        if pledges:
            texts.append(f"pledges ({pledges})")
        elif len(ranked) == 1:
            texts = [say.name(ranked[0][0])]
        verb = say.verb("is" if len(who) == 1 else "are")
        told = (
            f"on {phrases.day_words(say.as_of)}, {phrases.counted(len(who), _ONE, _MANY)} {verb} {words} "
            f"{phrases.listed(texts)}"
        )
        if len(who) <= 20:
            told += f": {phrases.listed(sorted(map(say.name, who)))}"
        acts = [row["act"] for row in rows]
        return say.say(CARRIED, told, acts, [self.subject, *through])

    def _against(self) -> Iterator[Sentence]:
        known = index(cast(KnowledgeGraph, self.teller.graph))
        for row in self.teller.rows("record-norm-conflicts", self.subject):
            code = self.teller.thing(row["conflict"]).id
            conflict = known.get(code, as_of=self.teller.as_of, count=self.teller.count)
            yield self._conflict(row, conflict)

    def _conflict(self, row: Row, conflict: Conflict) -> Sentence:
        say, number = self.teller, len(conflict.exposed)
        told = (
            f"it stands against {phrases.quoted(say.label(row['other']))} in the conflict "
            f"{phrases.quoted(conflict.issue)} ({conflict.type_label}): {conflict.explanation.rstrip('.')}. "
            f"On {phrases.day_words(say.as_of)}, {phrases.counted(number, _ONE, _MANY)} "
        )
        told += f"{say.verb('is' if number < 2 else 'are')} on record as carrying both sides"
        return say.say(AGAINST, told, [row["conflict"]], [row["other"]])

    def _questions(self) -> Iterator[Sentence]:
        for row in self.teller.rows("record-norm-ambiguities", self.subject):
            told = f"it is open: {self.teller.label(row['ambiguity'])}"
            yield self.teller.say(QUESTIONS, told, [row["ambiguity"]])

    def _silences(self) -> Iterator[Sentence]:
        found: dict[str, list[str]] = {}
        for row in self.teller.rows("law-norm-silences", self.subject):
            found.setdefault(row["silence"], []).append(row["instrument"])
        for silence, instruments in found.items():
            yield silent(self.teller, SILENT, silence, instruments)


_ONE, _MANY = "state or organization", "states or organizations"


def silent(teller: Teller, topic: str, silence: str, instruments: list[str]) -> Sentence:
    """Tell that instruments are silent on a question.

    Parameters
    ----------
    teller
        Makes the sentence.
    topic
        Its heading.
    silence
        Address of the silence.
    instruments
        Addresses of the instruments that say nothing.

    Returns
    -------
    Sentence
        It says that silence neither permits nor forbids.
    """
    question = teller.label(silence)
    texts = phrases.listed(teller.name(each) for each in instruments)
    verb = "says" if len(instruments) == 1 else "say"
    told = (
        f"{texts} {verb} nothing on {phrases.quoted(question[:1].lower() + question[1:])}: silence neither "
        "permits nor forbids"
    )
    return teller.say(topic, told, [silence], instruments)
