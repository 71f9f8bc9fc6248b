"""The law of a provision, an instrument or an open question in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graph.law import consequences, phrases
from graph.law.normlaw import silent
from graph.law.sentences import Row, Sentence, Teller, lines

SAYS = "What it says"
STATES = "Norms that it states"
OPEN = "What it leaves open"
AUTHENTIC = "Other authentic texts"
SILENT = "Silence"
WHY = "Why it is open"
READINGS = "How it is read"
FOLLOWS = "What it bears on"
STANCES = "Positions taken"
PROPOSED = "What is proposed"
STANDING = "Who stands where"
LIFE = "What it is"


class ProvisionLaw:
    """Tells the law of one provision.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the provision.
    """

    def __init__(self, teller: Teller, subject: str) -> None:
        self.teller = teller
        self.subject = subject

    def sentences(self) -> Iterator[Sentence]:
        """Yield the sentences, the most important first."""
        say, subject = self.teller, self.subject
        fields = say.fields("record-provision", subject)
        instrument = fields["instrument"][0]
        place = fields.get("place", ["the provision"])[0]
        summary = phrases.quoted(fields["summary"][0]) if fields.get("summary") else "no summary is recorded"
        yield say.say(SAYS, f"{place} of {say.name(instrument)}: {summary}", [subject], [instrument])
        yield binding(say, SAYS, instrument)
        yield from (self._norm(row) for row in say.rows("record-provision-norms", subject))
        for row in say.rows("record-provision-ambiguities", subject):
            told = f"{say.label(row['ambiguity'])} {row['reason'] or ''}"
            yield say.say(OPEN, told, [row["ambiguity"]])
        for row in say.rows("record-provision-texts", subject):
            yield self._text(row)
        for row in say.rows("law-provision-silences", subject):
            yield silent(say, SILENT, row["silence"], [row["instrument"]])

    def _norm(self, row: Row) -> Sentence:
        say = self.teller
        told = (
            f"it states the norm {phrases.quoted(say.label(row['norm']))}, as "
            f"{_article(say.label(row['modality']))} of the force of {say.label(row['force'])}"
        )
        return say.say(STATES, told, [row["norm"]], [row["modality"], row["force"]])

    def _text(self, row: Row) -> Sentence:
        tongue = phrases.language(str(row["language"]))
        told = str(row["summary"])
        if tongue not in told:
            told = f"in the {tongue} text: {told}"
        return self.teller.say(AUTHENTIC, told, [row["fact"]], [self.subject])


class AmbiguityLaw:
    """Tells an open question: why it is open, how it is read by whom, and what hangs on it.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the ambiguity.
    """

    def __init__(self, teller: Teller, subject: str) -> None:
        self.teller = teller
        self.subject = subject
        self.provisions = teller.rows("record-ambiguity-provisions", subject)
        self.positions = teller.rows("record-ambiguity-positions", subject)

    def sentences(self) -> Iterator[Sentence]:
        """Yield the sentences, the most important first."""
        say, subject = self.teller, self.subject
        for reason in say.fields("record-ambiguity", subject).get("reason", []):
            yield say.say(WHY, reason, [subject])
        for row in self.provisions:
            text = say.name(row["instrument"]) + say.later(row["instrument"])
            told = f"it arises from {row['place']} of {text}: "
            told += phrases.quoted(row["summary"])
            yield say.say(WHY, told, [row["provision"]], [row["instrument"]])
        yield from self._readings()
        yield from consequences.of_question(say, subject)
        yield from self._norms()
        yield from self._stances()
        for row in say.rows("record-ambiguity-silences", subject):
            yield silent(say, SILENT, row["silence"], lines(row["silent_in"]))
        for row in say.rows("record-ambiguity-recommendations", subject):
            told = f"to settle it, it is proposed: {say.label(row['recommendation'])}"
            yield say.say(PROPOSED, told, [row["recommendation"]])

    def _readings(self) -> Iterator[Sentence]:
        evidence: dict[str, list[Row]] = {}
        for row in self.teller.rows("law-reading-evidence", self.subject):
            evidence.setdefault(row["reading"], []).append(row)
        for row in self.teller.rows("record-ambiguity-readings", self.subject):
            yield self._reading(row, evidence.get(row["interpretation"], []))

    def _reading(self, row: Row, evidence: list[Row]) -> Sentence:
        say, holders = self.teller, lines(row["held_by"])
        names = phrases.listed(self._holder(each) for each in sorted(holders, key=say.label))
        told = f"one reading: {phrases.quoted(row['reading'])}. As recorded, it is held by {names}; "
        told += self._since(holders, evidence)
        if row["strength"]:
            told += (
                f". Its support in text and practice is graded {phrases.quoted(say.label(row['strength']))}"
            )
        return say.say(READINGS, told, [row["interpretation"]], [self.subject, *holders])

    def _holder(self, holder: str) -> str:
        dates = sorted(self._dates(holder))
        name = self.teller.name(holder)
        return f"{name} (which spoke to the question {phrases.dated(dates[0])})" if dates else name

    def _dates(self, holder: str) -> Iterable[str]:
        for row in self.positions:
            if row["actor"] == holder and row["date"] and row["date"] <= self.teller.as_of:
                yield str(row["date"])

    def _since(self, holders: list[str], evidence: list[Row]) -> str:
        found = [(str(row["latest"]), str(row["issued"]), row["source"]) for row in evidence]
        known = [each for each in found if each[0] <= self.teller.as_of]
        said = [date for holder in holders for date in self._dates(holder)]
        if known:
            _, issued, source = min(known)
            told = f"the earliest dated evidence cited for it is of {phrases.day_words(issued)} "
            return f"{told}({self.teller.label(source)})"
        if said:
            return f"the earliest dated position of a holder is of {phrases.day_words(min(said))}"
        if found:
            return f"no evidence cited for it is dated by {phrases.day_words(self.teller.as_of)}"
        return "since when is not recorded: its date is not recorded"

    def _norms(self) -> Iterator[Sentence]:
        for row in self.teller.rows("record-ambiguity-norms", self.subject):
            told = (
                f"it bears on the norm {phrases.quoted(self.teller.label(row['norm']))} "
                f"({self.teller.label(row['modality'])}, {self.teller.label(row['force'])}), which is stated "
                "in a provision from which the question arises"
            )
            yield self.teller.say(FOLLOWS, told, [row["norm"]], [self.subject])

    def _stances(self) -> Iterator[Sentence]:
        for row in self.positions:
            if not row["date"] or row["date"] <= self.teller.as_of:
                when = phrases.dated(row["date"]) if row["date"] else "on a day that is not recorded"
                told = f"{self.teller.name(row['actor'])}, {when}: {row['summary']}"
                yield self.teller.say(STANCES, told, [row["fact"]], [row["actor"], self.subject])


class InstrumentLaw:
    """Tells what an instrument is, who stands where toward it, and what it states and leaves open.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the instrument.
    """

    def __init__(self, teller: Teller, subject: str) -> None:
        self.teller = teller
        self.subject = subject
        self.name = teller.name(subject)
        self.fields = teller.fields("record-instrument", subject)

    def sentences(self) -> Iterator[Sentence]:
        """Yield the sentences, the most important first."""
        yield self._life()
        yield binding(self.teller, LIFE, self.subject)
        yield from self._replaced()
        yield from self._standings()
        yield from self._disputed()
        yield from self._norms()
        for row in self.teller.rows("record-instrument-ambiguities", self.subject):
            yield self.teller.say(
                OPEN, self.teller.label(row["ambiguity"]), [row["ambiguity"]], [self.subject]
            )
        for row in self.teller.rows("record-instrument-silences", self.subject):
            yield silent(self.teller, SILENT, row["silence"], [self.subject])

    def _life(self) -> Sentence:
        parts = []
        for name, words in (
            ("adopted", "was adopted"),
            ("opened_for_signature", "was opened for signature"),
            ("entered_into_force", "entered into force"),
        ):
            date = next(iter(self.fields.get(name, [])), None)
            if date and date <= self.teller.as_of:
                parts.append(f"{words} {phrases.dated(date)}")
        life = phrases.listed(parts) if parts else "is recorded without a date before that day"
        told = f"{self.name} {life}"
        if self.fields.get("enacted_by"):
            told += f"; it is a text of {phrases.listed(map(self.teller.name, self.fields['enacted_by']))}"
        if self.fields.get("depositary"):
            told += f"; depositary: {phrases.listed(self.fields['depositary'])}"
        return self.teller.say(LIFE, told, [self.subject])

    def _replaced(self) -> Iterator[Sentence]:
        for name, words in (("superseded_by", "is replaced by"), ("supersedes", "replaces")):
            for other in self.fields.get(name, []):
                told = f"{self.name} {words} {self.teller.name(other)}"
                yield self.teller.say(LIFE, told, [self.subject, other])

    def _standings(self) -> Iterator[Sentence]:
        say = self.teller
        rows = say.rows("record-instrument-standings", self.subject, as_of=say.as_of)
        for standing, words in (
            ("party", "bound by it"),
            ("signatory", "signatories only, not bound by it as parties"),
            ("subscriber", "subscribers of it, politically and not in law"),
        ):
            found = [row for row in rows if row["standing"].endswith(f"/{standing}")]
            sure = [row for row in found if row["holds"] == "yes"]
            if sure:
                yield self._standing(sure, words)
            unsure = len(found) - len(sure)
            if unsure:
                told = (
                    f"of {phrases.counted(unsure, 'more participant')} the recorded dates leave open whether "
                    f"on {phrases.day_words(say.as_of)} they {say.verb('are')} {words}"
                )
                facts = [fact for row in found if row not in sure for fact in lines(row["fact"])]
                yield say.say(STANDING, told, facts, [self.subject])

    def _standing(self, rows: Sequence[Row], words: str) -> Sentence:
        say, number = self.teller, len({row["participant"] for row in rows})
        told = (
            f"on {phrases.day_words(say.as_of)}, {phrases.counted(number, 'participant')} "
            f"{say.verb('is' if number == 1 else 'are')} {words}"
        )
        if number <= 20:
            told += f": {phrases.listed(sorted(say.name(row['participant']) for row in rows))}"
        return say.say(STANDING, told, [fact for row in rows for fact in lines(row["fact"])], [self.subject])

    def _disputed(self) -> Iterator[Sentence]:
        rows = self.teller.rows("record-instrument-disputed", self.subject)
        if rows:
            names = phrases.listed(self.teller.name(row["participant"]) for row in rows)
            told = f"sources count {names} differently; each record says who counts it and who does not"
            yield self.teller.say(STANDING, told, [row["fact"] for row in rows], [self.subject])

    def _norms(self) -> Iterator[Sentence]:
        say = self.teller
        for row in say.rows("record-instrument-norms", self.subject):
            provisions = lines(row["provisions"])
            places = phrases.listed(
                place for each in provisions for place in say.names.support([each]).locators
            )
            verb = "state" if len(provisions) > 1 else "states"
            told = f"{places} {verb} {phrases.quoted(say.label(row['norm']))}"
            told += f" ({say.label(row['modality'])}, {say.label(row['force'])})"
            yield say.say(STATES, told, provisions, [row["norm"], self.subject])


def binding(teller: Teller, topic: str, instrument: str) -> Sentence:
    """Tell whether an instrument binds in law and on the day.

    Parameters
    ----------
    teller
        Makes the sentence.
    topic
        Its heading.
    instrument
        Address of the instrument.

    Returns
    -------
    Sentence
    """
    fields = teller.fields("record-instrument", instrument)
    name = phrases.capital(teller.name(instrument))
    force = next(iter(fields.get("entered_into_force", [])), None)
    if True not in fields.get("binding", []):
        told = f"{name} does not bind in law as such"
    elif force and force <= teller.as_of:
        told = f"{name} binds in law those for whom it is in force; it has been in force since "
        told += phrases.day_words(force)
    elif force:
        told = f"{name} was not yet in force on {phrases.day_words(teller.as_of)}"
    else:
        told = f"{name} is of a kind that binds in law; when it entered into force is not recorded"
    return teller.say(topic, told, [instrument])


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeio" else f"a {noun}"
