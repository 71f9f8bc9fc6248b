"""The law of a state or an organization in sentences: what binds it, what it signed, left and pledged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from graph.conflicts.lookup import Carriage, Conflict, ConflictIndex, index
from graph.errors import UnknownName
from graph.knowledge import KnowledgeGraph
from graph.law import continuity, phrases
from graph.law.sentences import Row, Sentence, Teller, address, lines

PARTY = "Treaties that bind it"
SIGNED = "Treaties signed and not joined"
LEFT = "Treaties left"
OPEN = "What the dates leave open"
DISPUTED = "Standings on which sources disagree"
POLITICAL = "Political texts and pledges"
LAWS = "Laws of its own"
MEMBER = "Alliances"
CONFLICTS = "Conflicts between norms that it carries"

#: How an act of consent reads beside the standing that it begins.
_ACTS = {
    "accession": "accession deposited",
    "ratification": "ratification deposited",
    "succession": "succession notified",
    "acceptance-declaration": "declaration of acceptance made",
}
_ROLES = {
    "founder": "a founding member of",
    "member": "a member of",
    "signatory": "a signatory of",
    "associate": "an associate member of",
    "observer": "an observer of",
    "cooperating-state": "a cooperating state of",
    "partner-institution": "a partner of",
}


class StateLaw:
    """Tells the law of one participant on one day.

    Parameters
    ----------
    teller
        Makes the sentences.
    subject
        Address of the state, alliance or organization.
    """

    def __init__(self, teller: Teller, subject: str) -> None:
        self.teller = teller
        self.subject = subject
        self.name = teller.name(subject)
        self.standings = teller.rows("law-standings", subject)
        self.others: dict[str, list[str]] = {}
        for row in teller.rows("law-other-dates", subject):
            self.others.setdefault(row["act"], []).append(phrases.day_words(row["date"]))
        self.ranks = {row["instrument"]: row for row in teller.rows("law-instruments")}
        self.bases = {(row["ground"], row["instrument"]): row for row in teller.rows("law-basis")}

    def sentences(self) -> Iterator[Sentence]:
        """Yield the sentences, the most important first."""
        yield from self._parties()
        yield from continuity.of_state(self.teller, self.subject)
        yield from self._signed()
        yield from self._left()
        yield from self._rivals()
        yield from self._political()
        yield from self._pledges()
        yield from self._laws()
        yield from self._memberships()
        yield from self._conflicts()
        yield from self._open()

    def _of(self, kind: str, *phases: str) -> list[Row]:
        found = [row for row in self.standings if row["standing"] == kind and self._phase(row) in phases]
        return sorted(
            found, key=lambda row: (-self._rank(row["instrument"]), self.teller.label(row["instrument"]))
        )

    def _rank(self, instrument: str) -> int:
        return int(self.ranks[instrument]["norms"]) if instrument in self.ranks else 0

    def _phase(self, row: Row) -> str:
        return phase(row, self.teller.as_of)

    def _begun(self, row: Row) -> str:
        return phrases.span(row["earliest"], row["latest"], recorded=row["date"] is not None)

    def _parties(self) -> Iterator[Sentence]:
        for row in self._of("party", "holds"):
            if row["action"] == "acceptance-declaration":
                yield self._accepted(row)
            else:
                yield self._party(row)

    def _party(self, row: Row) -> Sentence:
        say, text = self.teller, self.teller.name(row["instrument"])
        told = f"{say.on}{self.name} {say.verb('has')} been a party to {text} since {self._begun(row)}"
        told += self._entry(row) + self._consent(row)
        facts = [row["act"]]
        if row["notice"] and row["notice_date"] <= say.as_of:
            facts.append(row["notice"])
            told += f"; it gave notice of withdrawal {phrases.dated(row['notice_date'])}, with effect on "
            told += phrases.span(row["earliest_end"], row["latest_end"])
        return say.say(PARTY, told, facts, [self.subject, row["instrument"]])

    def _entry(self, row: Row) -> str:
        begins = row["earliest"] == row["latest"] == row["in_force"]
        return ", when it entered into force" if begins and row["date"] != row["latest"] else ""

    def _consent(self, row: Row) -> str:
        act = _ACTS.get(str(row["action"]))
        if act is None:
            return "; a source lists it as a party and does not say by which act"
        if row["date"] is None:
            return f" ({act} on a day that is not recorded)"
        that_day = row["earliest"] == row["latest"] == row["date"]
        others = self.others.get(row["act"], [])
        also = f"; sources also give {phrases.listed(others)}" if others else ""
        return f" ({act} {'that day' if that_day else phrases.dated(row['date'])}{also})"

    def _accepted(self, row: Row) -> Sentence:
        say, text = self.teller, self.teller.name(row["instrument"])
        told = (
            f"{say.on}{self.name} {say.verb('has')} accepted the rights and obligations of {text} since "
            f"{self._begun(row)} by a declaration of acceptance; as an organization it {say.verb('is')} not "
            "a state party"
        )
        basis = self.bases.get(("acceptance", row["instrument"]))
        if basis:
            told += f". {basis['place']}: {phrases.quoted(basis['summary'])}"
        rule = [basis["provision"]] if basis else []
        return say.say(PARTY, told, [row["act"]], [self.subject, row["instrument"]], rule)

    def _signed(self) -> Iterator[Sentence]:
        say, basis = self.teller, self.bases["signature", None]
        unsure = {row["instrument"] for row in self._of("party", "possible")}
        held = {row["instrument"] for row in self._of("party", "holds")}
        for row in self._of("signatory", "holds"):
            if row["instrument"] in held:
                continue
            text = say.name(row["instrument"])
            when = phrases.dated(row["date"]) if row["date"] else "on a day that is not recorded"
            told = f"{say.on}{self.name} {say.verb('has')} signed {text} ({when}) and "
            if row["instrument"] in unsure:
                told += "whether it was more than a signatory yet the recorded dates leave open"
            else:
                told += f"{say.verb('is')} not bound by it as a party; as a signatory it {say.verb('must')} "
                told += "refrain from acts that would defeat the object and purpose of the treaty, until it "
                told += (
                    "made clear that it would not join" if say.past else "makes clear that it will not join"
                )
            told += f" (the rule that {basis['place']} of {say.name(basis['of'])} states)"
            yield say.say(SIGNED, told, [row["act"]], [self.subject, row["instrument"]], [basis["provision"]])

    def _left(self) -> Iterator[Sentence]:
        for row in self._of("party", "ended"):
            yield self._departed(row)
        joined = {row["instrument"] for row in self.standings if row["standing"] == "party"}
        for row in self._of("signatory", "ended"):
            if row["instrument"] not in joined:
                yield self._vanished(row)
        for row in self.teller.rows("law-acts-alone", self.subject):
            if row["action"] == "withdrawal" and row["latest"] <= self.teller.as_of:
                told = (
                    f"{self.name} gave notice of withdrawal from {self.teller.name(row['instrument'])} "
                    f"{phrases.dated(row['date']) if row['date'] else 'on a day that is not recorded'}; "
                    "by which act it had joined is not recorded"
                )
                yield self.teller.say(LEFT, told, [row["act"]], [self.subject, row["instrument"]])

    def _vanished(self, row: Row) -> Sentence:
        text, until = self.teller.name(row["instrument"]), self._ended(row)
        told = f"{self.name} had signed {text} and had not joined it when it ceased to exist on {until}"
        facts = [row["act"], self.subject]
        return self.teller.say(LEFT, told, facts, [self.subject, row["instrument"]])

    def _departed(self, row: Row) -> Sentence:
        say, facts = self.teller, [row["act"]]
        until = phrases.span(row["earliest_end"], row["latest_end"])
        told = (
            f"{self.name} was a party to {say.name(row['instrument'])} from {self._begun(row)} until {until}"
        )
        if row["notice"]:
            facts.append(row["notice"])
            told += f", having given notice of withdrawal {phrases.dated(row['notice_date'])}"
        else:
            told += ", when it ceased to exist"
            facts.append(self.subject)
        basis = self.bases.get(("withdrawal", row["instrument"])) if row["notice"] else None
        rule = [basis["provision"]] if basis else []
        if basis:
            told += f" under {basis['place']}"
        return say.say(LEFT, told, facts, [self.subject, row["instrument"]], rule)

    def _open(self) -> Iterator[Sentence]:
        found = self._of("party", "possible")
        if not found:
            return
        say = self.teller
        texts = phrases.listed(say.name(row["instrument"]) for row in found)
        told = (
            f"whether {self.name} {say.verb('is')} already a party to {texts} on "
            f"{phrases.day_words(say.as_of)} the recorded dates leave open"
        )
        things = [self.subject, *(row["instrument"] for row in found)]
        yield say.say(OPEN, told, [row["act"] for row in found], things)

    def _rivals(self) -> Iterator[Sentence]:
        bound = {row["instrument"] for row in self._of("party", "holds", "ended")}
        for row in self.teller.rows("law-rivals", self.subject):
            if row["latest"] <= self.teller.as_of and not (
                row["latest_end"] and row["latest_end"] <= self.teller.as_of
            ):
                yield self._rival(row, row["instrument"] in bound)

    def _rival(self, row: Row, bound: bool) -> Sentence:
        say, text = self.teller, self.teller.name(row["instrument"])
        action = phrases.listed(lines(row["action"]), "or")
        since = phrases.span(row["earliest"], row["latest"])
        counted, not_counted = (say.spoken(str(row[each])) for each in ("counted", "not_counted"))
        standing = "a signatory of" if action == "signature" else "a party to"
        if bound:
            told = (
                f"sources date the {action} of {self.name} to {text} differently: {counted} gives {since}; "
            )
            told += not_counted
        else:
            told = f"{self.name} is counted as {standing} {text} by {counted} (by {action}, {since})"
            told += (
                f" and not counted by {not_counted}"
                if row["not_counted_by"]
                else f"; against this: {not_counted}"
            )
            taken = {address("source", self.count)} & set(lines(row["counted_by"])) if self.count else set()
            if standing == "a party to" and taken:
                told += "; the count that includes it is taken here, so it is treated as a party"
            elif standing == "a party to":
                told += "; it is not treated as a party here unless that count is asked for"
        told += self._remarks(row["rival"])
        things = [self.subject, row["instrument"], *lines(row["counted_by"]), *lines(row["not_counted_by"])]
        return say.say(DISPUTED, told, [row["rival"]], things)

    @property
    def count(self) -> str | None:
        """The source whose count is taken."""
        return self.teller.count

    def _remarks(self, fact: str) -> str:
        # A remark that names a working table of the curators tells a reader nothing.
        notes = [note for note in self.teller.names.support([fact]).notes if ".csv" not in note]
        return "".join(f". The curators remark: {self.teller.spoken(note)}" for note in notes)

    def _political(self) -> Iterator[Sentence]:
        say = self.teller
        for row in self._of("subscriber", "holds", "ended"):
            text, act = say.name(row["instrument"]), row["act"]
            own = act == row["instrument"]
            verb = "issued" if own else "subscribed to"
            told = f"{self.name} {verb} {text} on {self._begun(row)}"
            if self._phase(row) == "ended":
                told += f" and left it on {phrases.span(row['earliest_end'], row['latest_end'])}"
            if not self.ranks.get(row["instrument"], {}).get("binding"):
                told += f"; the text {self._nature(row['instrument'])}does not bind in law"
            yield say.say(POLITICAL, told, [act], [self.subject, row["instrument"]])

    def _nature(self, instrument: str) -> str:
        known = str(self.ranks.get(instrument, {}).get("class", ""))
        return "is a political commitment and " if known.endswith("#PoliticalCommitment") else ""

    def _pledges(self) -> Iterator[Sentence]:
        say = self.teller
        for row in say.rows("law-pledges", self.subject):
            if row["focus"] and "/instrument/" in row["focus"]:
                continue
            if phase(row, say.as_of) != "holds":
                continue
            pledge, when = say.label(row["pledge"]), self._begun(row)
            if row["focus"]:
                told = (
                    f"{self.name} pledged {phrases.quoted(pledge)} on {when}; a pledge is political and does "
                )
                told += "not bind in law"
            else:
                by = f"as at {when}" if row["date"] else f"by {phrases.day_words(row['latest'])}"
                told = f"of {self.name} it is recorded {by}: {pledge}"
            yield say.say(POLITICAL, told, [row["commitment"]], [self.subject, row["pledge"]])

    def _laws(self) -> Iterator[Sentence]:
        later = {row["law"]: row["later"] for row in self.teller.rows("law-replacements", self.subject)}
        found = self._of("enacting", "holds", "ended")
        for row in sorted(found, key=lambda row: self._phase(row) == "ended"):
            yield self._law(row, later.get(row["instrument"]))

    def _law(self, row: Row, later: str | None) -> Sentence:
        say, text = self.teller, self.teller.name(row["instrument"])
        facts = [row["instrument"]]
        if self._phase(row) == "ended" and later:
            until = phrases.span(row["earliest_end"], row["latest_end"])
            told = f"{self.name} had {text} as a law of its own from {self._begun(row)} until {until}, when "
            told += f"it was replaced by {say.name(later)}"
            facts.append(later)
        else:
            told = (
                f"{say.on}{self.name} {say.verb('has')} a law of its own in {text}, since {self._begun(row)}"
            )
            if later and row["earliest_end"] and row["earliest_end"] <= say.as_of:
                facts.append(later)
                told += f"; {say.name(later)} may have replaced it already"
        return say.say(LAWS, told, facts, [self.subject])

    def _memberships(self) -> Iterator[Sentence]:
        for row in self.teller.rows("law-memberships", self.subject):
            if phase(row, self.teller.as_of) in ("holds", "ended") and not (
                row["commits_to"] and row["side"] == "state-level"
            ):
                yield self._membership(row)

    def _membership(self, row: Row) -> Sentence:
        say, where = self.teller, self.teller.name(row["alliance"])
        ended = phase(row, say.as_of) == "ended"
        if row["side"] == "sub-state":
            told = self._below(row, where, ended)
        elif row["level"] == "not-stated":
            told = f"a source lists {self.name} as {_ROLES.get(row['role'], 'part of')} {where} since "
            told += f"{self._begun(row)}; who signed is not stated, so the engagement of the state is a claim"
        else:
            told = self._engaged(row, where, ended)
        return say.say(MEMBER, told, [row["membership"]], [self.subject, row["alliance"]])

    def _below(self, row: Row, where: str, ended: bool) -> str:
        say, level = self.teller, self.teller.label(address_of_level(row["level"]))
        kind = "body" if row["level"] == "institution" else level
        body = f"the {row['body']}, a {kind}" if row["body"] else f"a {kind} that is not named"
        if row["body"] and row["level"] in ("company", "non-profit"):
            body = f"{row['body']}, a {kind}"
        if ended:
            return f"{body} of {self.name} took part in {where} until {self._ended(row)}, not the state"
        return (
            f"{say.on}{self.name} {say.verb('has')} been present in {where} since {self._begun(row)} only "
            f"through {body}, not the state: by this it {say.verb('is')} no member"
        )

    def _engaged(self, row: Row, where: str, ended: bool) -> str:
        say, role = self.teller, _ROLES.get(row["role"], "part of")
        through = ""
        if row["level"] in ("agency", "ministry"):
            kind = "space agency" if row["level"] == "agency" else "ministry"
            through = f", through its {kind}" + (f" ({row['body']})" if row["body"] else "")
        if ended:
            return f"{self.name} was {role} {where} from {self._begun(row)} until {self._ended(row)}{through}"
        return f"{say.on}{self.name} {say.verb('has')} been {role} {where} since {self._begun(row)}{through}"

    def _ended(self, row: Row) -> str:
        return phrases.span(row["earliest_end"], row["latest_end"])

    def _found(self) -> tuple[ConflictIndex, list[Conflict]]:
        known = index(cast(KnowledgeGraph, self.teller.graph))
        try:
            answer = known.find(state=self.subject, as_of=self.teller.as_of, count=self.teller.count)
        except UnknownName:
            return known, []
        return known, [known.narrow(each, self.subject) for each in answer.conflicts]

    def _conflicts(self) -> Iterator[Sentence]:
        for conflict in self._found()[1]:
            yield self._conflict(conflict)

    def _conflict(self, conflict: Conflict) -> Sentence:
        say = self.teller
        sides = (conflict.side_a, conflict.side_b)
        firsts = [min(side.carried_by, key=lambda act: act.latest) for side in sides]
        last = max(firsts, key=lambda act: act.latest)
        told = (
            f"{say.on}{self.name} {say.verb('has')} carried both sides of the conflict "
            f"{phrases.quoted(conflict.issue)} ({conflict.type_label}) since "
            f"{phrases.span(last.earliest, last.latest)}: "
            + phrases.listed(
                f"“{side.label}” {_through(first)}" for side, first in zip(sides, firsts, strict=True)
            )
        )
        things = [self.subject, conflict.address, *(side.norm for side in sides)]
        return say.say(CONFLICTS, told, [conflict.address, *(act.act for act in firsts)], things)


def _through(act: Carriage) -> str:
    if act.instrument_label is None:
        return "politically, by a pledge"
    if act.manner == "bound":
        return f"in law, as a party to the {act.instrument_label}"
    if act.manner == "committed":
        return f"politically, by the {act.instrument_label}"
    return f"by a law of its own, the {act.instrument_label}"


def address_of_level(code: str) -> str:
    """Return the address of a level of membership."""
    return f"https://w3id.org/spacenorms/vocabulary/level/{code}"


def phase(row: Row, as_of: str) -> str:
    """Return where a fact stands on a day: ``future``, ``possible``, ``holds`` or ``ended``.

    Parameters
    ----------
    row
        With ``earliest``, ``latest`` and ``latest_end``.
    as_of
        The day.

    Returns
    -------
    str
        ``possible`` where it can have begun and has not certainly; a fact without a first possible day
        is ``future`` until it has certainly begun.
    """
    if row["latest_end"] and row["latest_end"] <= as_of:
        return "ended"
    if row["latest"] <= as_of:
        return "holds"
    return "possible" if row["earliest"] and row["earliest"] <= as_of else "future"
