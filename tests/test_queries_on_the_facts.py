"""What the saved queries say of the field, held against the acts as they stand in the Turtle."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

import pyoxigraph as ox
import pytest

from graph.knowledge import KnowledgeGraph, Value
from graph.namespaces import PREFIXES
from graph.resources import ontology_dir

Row = dict[str, Value]

CONSENT = {"ratification", "accession", "succession", "acceptance-declaration", "party"}
CONSTITUTIVE = {"Treaty", "ConstitutiveTreaty", "IntergovernmentalAgreement"}
VOTES = {"votedYes": "yes", "votedNo": "no", "abstained": "abstain", "absent": "absent"}


class Facts:
    """The asserted facts, by subject and predicate in prefixed form; nothing derived."""

    def __init__(self) -> None:
        self.by_subject: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for path in sorted([*ontology_dir().glob("facts/*.ttl"), *ontology_dir().glob("vocabulary/*.ttl")]):
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                self.by_subject[_term(quad.subject)][_term(quad.predicate)].append(_term(quad.object))

    def all(self, subject: str, predicate: str) -> list[str]:
        return self.by_subject[subject].get(predicate, [])

    def one(self, subject: str, predicate: str) -> str | None:
        return next(iter(self.all(subject, predicate)), None)

    def of_class(self, name: str) -> list[str]:
        return [each for each, facts in self.by_subject.items() if f"spn:{name}" in facts.get("rdf:type", ())]

    def acts(self, instrument: str, actions: Iterable[str]) -> list[str]:
        wanted = {f"action:{action}" for action in actions}
        return [
            act
            for act in self.of_class("TreatyAction")
            if self.one(act, "spn:instrument") == f"instrument:{instrument}"
            and self.one(act, "spn:action") in wanted
        ]

    def consenting(self, instrument: str) -> set[str]:
        """Everyone with an act of consent, at whatever time."""
        return {str(self.one(act, "spn:participant")) for act in self.acts(instrument, CONSENT)}

    def memberships(self, alliance: str) -> list[str]:
        return [
            each
            for each in self.of_class("Membership")
            if self.one(each, "org:organization") == f"alliance:{alliance}"
        ]

    def is_of_the_state(self, membership: str) -> bool:
        level = self.one(membership, "spn:level")
        return level in ("level:state", "level:state-level") or self.one(str(level), "skos:broader") == (
            "level:state-level"
        )

    def state_members(self, alliance: str, by: str = "9999") -> set[str]:
        """States that belong in their own name by a day, coarse dates by their last possible day."""
        return {
            str(self.one(each, "org:member"))
            for each in self.memberships(alliance)
            if self.is_of_the_state(each) and last_day(self.one(each, "spn:from")) <= by
        }


def _term(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        for prefix, address in PREFIXES.items():
            if term.value.startswith(address) and "/" not in term.value[len(address) :]:
                return f"{prefix}:{term.value[len(address) :]}"
        return term.value
    return term.value if isinstance(term, ox.Literal) else str(term)


def last_day(date: str | None) -> str:
    """The last day that a date at its precision can mean; an unknown date is before every day asked for."""
    return "" if date is None else f"{date}-12-31"[:10] if len(date) == 4 else f"{date}-31"[:10]


@cache
def facts() -> Facts:
    return Facts()


def short(value: Value) -> str:
    return _term(ox.NamedNode(str(value)))


def column(rows: Iterable[Row], name: str) -> set[str]:
    return {short(row[name]) for row in rows if row[name]}


def state(*codes: str) -> set[str]:
    return {f"state:{code}" for code in codes}


def parties(graph: KnowledgeGraph, instrument: str, as_of: str = "today") -> set[str]:
    return column(graph.run("parties-to-an-instrument", instrument=instrument, as_of=as_of), "participant")


# Treaties and withdrawals


def moon_parties(day: str) -> set[str]:
    """Worked out from the acts alone: effect reached, no withdrawal in effect."""
    found = set()
    for act in facts().acts("MOON", CONSENT):
        if (facts().one(act, "spn:effectiveDate") or "9999") <= day:
            found.add(str(facts().one(act, "spn:participant")))
    for act in facts().acts("MOON", {"withdrawal"}):
        if (facts().one(act, "spn:effectiveDate") or "9999") <= day:
            found.discard(str(facts().one(act, "spn:participant")))
    return found


@pytest.mark.parametrize(
    "day", ["1984-07-10", "1984-07-11", "1986-08-06", "2012-08-17", "2018-02-17", "2024-01-04", "2026-11-23"]
)
def test_the_parties_to_the_moon_agreement_follow_from_the_effect_of_the_acts(
    graph: KnowledgeGraph, day: str
) -> None:
    assert parties(graph, "MOON", day) == moon_parties(day)


def test_nobody_was_party_to_the_moon_agreement_before_it_was_in_force(graph: KnowledgeGraph) -> None:
    assert not parties(graph, "MOON", "1984-07-10")
    assert "state:AUT" in parties(graph, "MOON", "1984-07-11")


def test_saudi_arabia_left_the_moon_agreement_on_5_january_2024(graph: KnowledgeGraph) -> None:
    assert parties(graph, "MOON", "2024-01-04") - parties(graph, "MOON", "2024-01-05") == state("SAU")
    (row,) = graph.run("withdrawals", state="SAU")
    assert (row["notice"], row["effect"]) == ("2023-01-05", "2024-01-05")
    assert row["party_until_latest"] == "2024-01-05"


def test_between_notice_and_effect_a_state_is_still_bound(graph: KnowledgeGraph) -> None:
    rows = graph.run("parties-to-an-instrument", instrument="MOON", as_of="2023-06-01")
    assert {short(row["participant"]): row["leaves_on"] for row in rows if row["leaves_on"]} == {
        "state:SAU": "2024-01-05"
    }


def test_every_withdrawal_recorded_is_told(graph: KnowledgeGraph) -> None:
    acts = [
        each
        for each in facts().of_class("TreatyAction")
        if facts().one(each, "spn:action") == "action:withdrawal"
    ]
    assert column(graph.run("withdrawals"), "act") == set(acts)


@pytest.mark.parametrize("instrument", ["OST", "ARRA", "LIAB", "REG", "NTB"])
def test_all_who_consented_and_still_exist_are_parties_today(graph: KnowledgeGraph, instrument: str) -> None:
    former = set(facts().of_class("FormerState"))
    assert parties(graph, instrument) == facts().consenting(instrument) - former


def test_no_party_is_listed_twice(graph: KnowledgeGraph) -> None:
    rows = graph.run("treaty-participation")
    pairs = [(row["participant"], row["treaty"], row["standing"]) for row in rows]
    assert len(set(pairs)) == len(pairs)


def test_nobody_is_party_and_signatory_to_one_treaty_on_a_day(graph: KnowledgeGraph) -> None:
    standings = defaultdict(set)
    for row in graph.run("treaty-participation", as_of="2000-01-01"):
        standings[row["participant"], row["treaty"]].add(row["standing"])
    assert standings
    assert all(len(each) == 1 for each in standings.values())


def test_participation_of_a_state_agrees_with_the_parties_of_each_treaty(graph: KnowledgeGraph) -> None:
    rows = graph.run("treaty-participation", state="KAZ", as_of="2010-06-30")
    for row in rows:
        code = short(row["treaty"]).removeprefix("instrument:")
        assert ("state:KAZ" in parties(graph, code, "2010-06-30")) == (row["standing"] == "party")
    assert rows


def test_a_coarse_date_counts_only_when_imprecise_dates_are_let_in(graph: KnowledgeGraph) -> None:
    # The deposit of Panama is known by its year only.
    values = {"state": "PAN", "instrument": "OST", "as_of": "2023-06-30"}
    strict = graph.run("treaty-participation", **values)
    loose = graph.run("treaty-participation", **values, imprecise="include")
    assert "party" not in {row["standing"] for row in strict if row["certain"]}
    assert ("party", False) in {(row["standing"], row["certain"]) for row in loose}


def test_signatories_never_party_have_signed_and_never_consented(graph: KnowledgeGraph) -> None:
    rows = graph.run("signatories-never-party")
    found = {(short(row["participant"]), short(row["treaty"])) for row in rows}
    signed, consented = set(), set()
    for act in facts().of_class("TreatyAction"):
        pair = (str(facts().one(act, "spn:participant")), str(facts().one(act, "spn:instrument")))
        action = str(facts().one(act, "spn:action")).removeprefix("action:")
        if action == "signature":
            signed.add(pair)
        elif action in CONSENT:
            consented.add(pair)
    treaties = {each for name in CONSTITUTIVE for each in facts().of_class(name)}
    assert found == {pair for pair in signed - consented if pair[1] in treaties}
    assert len(rows) == len(found)


def test_a_later_consent_does_not_count_before_its_day(graph: KnowledgeGraph) -> None:
    before = graph.run("signatories-never-party", instrument="OST", as_of="2024-03-20")
    after = graph.run("signatories-never-party", instrument="OST", as_of="2024-03-21")
    assert column(before, "participant") - column(after, "participant") == state("COL")


# Alliances and blocs


@pytest.mark.parametrize("day", ["2020-10-12", "2020-10-13", "2020-12-31", "2023-06-21", "2026-11-23"])
def test_the_members_of_the_accords_follow_from_the_signatures(graph: KnowledgeGraph, day: str) -> None:
    rows = graph.run("members-of-an-alliance", alliance="artemis", as_of=day)
    assert column(rows, "member") == facts().state_members("artemis-accords", day)
    assert {row["scope"] for row in rows} <= {"state level"}


def test_eight_states_founded_the_accords(graph: KnowledgeGraph) -> None:
    rows = graph.run("members-of-an-alliance", alliance="artemis", as_of="2020-10-13")
    assert {row["role"] for row in rows} == {"founder"}
    assert column(rows, "member") == state("AUS", "CAN", "ITA", "JPN", "LUX", "ARE", "GBR", "USA")


def test_a_signature_known_by_its_month_is_uncertain_within_it(graph: KnowledgeGraph) -> None:
    values = {"alliance": "artemis", "as_of": "2022-03-15"}
    strict = column(graph.run("members-of-an-alliance", **values), "member")
    loose = column(graph.run("members-of-an-alliance", **values, imprecise="include"), "member")
    assert loose - strict == state("BHR")


def test_thailand_senegal_and_serbia_stand_in_both_blocs_as_states(graph: KnowledgeGraph) -> None:
    rows = graph.run("states-in-both-blocs")
    by_level: dict[Value, set[str]] = defaultdict(set)
    for row in rows:
        by_level[row["how"]].add(short(row["state"]))
    assert by_level["state level in both"] == state("THA", "SEN", "SRB")
    assert by_level["level not stated"] == state("DJI")
    assert by_level["by an institution only"] == state("ARE", "CHE", "PAN", "OMN", "COL", "USA")
    assert len(by_level) == 3


def test_states_in_both_blocs_at_state_level_are_the_common_members(graph: KnowledgeGraph) -> None:
    rows = graph.run("states-in-both-blocs")
    found = {short(row["state"]) for row in rows if row["how"] == "state level in both"}
    assert found == facts().state_members("artemis-accords") & facts().state_members("ilrs")


def test_nobody_stood_in_both_blocs_as_a_state_before_thailand_signed(graph: KnowledgeGraph) -> None:
    for day, expected in (("2024-12-15", set()), ("2024-12-16", state("THA"))):
        rows = graph.run("states-in-both-blocs", as_of=day)
        assert {short(r["state"]) for r in rows if r["how"] == "state level in both"} == expected


def test_the_blocs_can_be_taken_the_other_way_round(graph: KnowledgeGraph) -> None:
    turned = graph.run("states-in-both-blocs", alliance_a="ilrs", alliance_b="artemis")
    assert {(r["state"], r["how"]) for r in turned} == {
        (r["state"], r["how"]) for r in graph.run("states-in-both-blocs")
    }


def test_the_moon_agreement_parties_that_signed_the_accords(graph: KnowledgeGraph) -> None:
    for day in ("2020-10-13", "2023-06-01", "2024-02-01", "2026-11-23"):
        rows = graph.run("moon-agreement-parties-that-signed-the-accords", as_of=day)
        assert column(rows, "state") == moon_parties(day) & facts().state_members("artemis-accords", day)
        assert len(rows) == len(column(rows, "state"))


def test_saudi_arabia_bridged_the_moon_agreement_and_the_accords_until_it_left(graph: KnowledgeGraph) -> None:
    name = "moon-agreement-parties-that-signed-the-accords"
    assert "state:SAU" in column(graph.run(name, as_of="2024-01-04"), "state")
    assert "state:SAU" not in column(graph.run(name, as_of="2024-01-05"), "state")
    assert "state:AUS" in column(graph.run(name), "state")


def test_accords_signatories_that_are_not_bound_by_the_outer_space_treaty(graph: KnowledgeGraph) -> None:
    rows = graph.run("accords-signatories-not-party-to-the-outer-space-treaty")
    assert column(rows, "state") == facts().state_members("artemis-accords") - facts().consenting("OST")
    signed = {str(facts().one(act, "spn:participant")) for act in facts().acts("OST", {"signature"})}
    for row in rows:
        assert (row["outer_space_treaty"] == "signatory") == (short(row["state"]) in signed)


def test_apsco_brings_its_members_to_the_research_station_only_indirectly(graph: KnowledgeGraph) -> None:
    rows = graph.run("indirect-members", alliance="ilrs")
    assert state("BGD", "PER", "THA", "TUR") <= column(rows, "state")
    direct = facts().state_members("ilrs")
    for row in rows:
        assert "→" in str(row["path"])
        if row["own_level"] is None:
            assert short(row["state"]) not in direct
    assert {"state:THA", "state:CHN", "state:PAK"} == column(rows, "state") & direct


def test_an_indirect_membership_begins_with_that_of_the_organization(graph: KnowledgeGraph) -> None:
    assert not graph.run("indirect-members", alliance="ilrs", as_of="2024-04-23")
    assert graph.run("indirect-members", alliance="ilrs", as_of="2024-04-24")


def test_observers_are_indirect_members_only_on_request(graph: KnowledgeGraph) -> None:
    everyone = graph.run("indirect-members", alliance="ilrs", roles="all")
    members = graph.run("indirect-members", alliance="ilrs")
    assert {row["role"] for row in members} <= {"founder", "member", "associate"}
    assert len(everyone) > len(members)


def test_the_lists_of_the_research_station_differ_on_djibouti_bolivia_kazakhstan_and_ethiopia(
    graph: KnowledgeGraph,
) -> None:
    rows = graph.run("ilrs-lists-that-differ")
    assert state("DJI", "BOL", "KAZ", "ETH") <= column(rows, "member")
    assert {short(r["member"]) for r in rows if r["matter"] == "level not stated"} == state("DJI", "BOL")
    assert any(row["matter"] == "count" for row in rows)


# Norms, readings, conflicts


def test_the_norms_of_article_ix_are_those_that_its_sentences_state(graph: KnowledgeGraph) -> None:
    rows = graph.run("norms-of-a-provision")
    stated = {
        (norm, provision)
        for norm in facts().of_class("Norm")
        for provision in facts().all(norm, "spn:statedIn")
        if provision.startswith("provision:OST-IX-")
    }
    assert {(short(row["norm"]), short(row["stated_in"])) for row in rows} == stated
    assert {"norm:N-DUE-REGARD", "norm:N-CONSULT", "norm:N-REQ-CONSULT", "norm:N-CONTAMINATION"} <= {
        norm for norm, _ in stated
    }
    assert {row["modality"] for row in rows} >= {"obligation", "right"}
    assert {row["force"] for row in rows} == {"hard-law"}


@pytest.mark.parametrize(
    ("asked", "locator"),
    [
        ("Article I", r"Article I\b.*"),
        ("article i", r"Article I\b.*"),
        ("I", r"Article I\b.*"),
        ("OST-I", r"Article I\b.*"),
        ("Article II", r"Article II"),
        ("Article VI, sentence 2", r"Article VI, sentence 2"),
    ],
)
def test_a_provision_is_found_by_the_beginning_of_its_place(
    graph: KnowledgeGraph, asked: str, locator: str
) -> None:
    rows = graph.run("norms-of-a-provision", provision=asked)
    assert rows
    assert all(re.fullmatch(locator, str(row["locator"])) for row in rows)


@pytest.mark.parametrize("asked", ["Article IXX", "Article I%", ".*", "sentence", "OST-IXX", "rticle IX"])
def test_a_provision_that_does_not_exist_has_no_norms(graph: KnowledgeGraph, asked: str) -> None:
    assert graph.run("norms-of-a-provision", provision=asked) == []


def test_both_blocs_promote_activities_under_international_law(graph: KnowledgeGraph) -> None:
    rows = graph.run("norms-promoted-by-both-blocs", through="alliance")
    by_record = {
        norm
        for norm in facts().of_class("Norm")
        if {"alliance:artemis-accords", "alliance:ilrs"} <= set(facts().all(norm, "spn:promotedBy"))
    }
    found = column(rows, "norm")
    assert "norm:N-INTL-LAW" in found
    assert by_record <= found
    wider = column(graph.run("norms-promoted-by-both-blocs", through="leaders"), "norm")
    assert found <= wider


@pytest.mark.parametrize("alliance", ["artemis-accords", "ilrs"])
def test_what_an_alliance_promotes_is_recorded_or_said(graph: KnowledgeGraph, alliance: str) -> None:
    recorded = {
        norm
        for norm in facts().of_class("Norm")
        if f"alliance:{alliance}" in facts().all(norm, "spn:promotedBy")
    }
    said = {
        str(facts().one(each, "spn:topic"))
        for each in facts().of_class("Position")
        if facts().one(each, "spn:actor") == f"alliance:{alliance}"
        and facts().one(each, "spn:stance") in ("stance:supports", "stance:proposes")
    }
    rows = graph.run("what-an-alliance-promotes", alliance=alliance)
    assert column(rows, "norm") == recorded | {each for each in said if each.startswith("norm:")}


def test_who_holds_which_reading_of_article_ii_on_resources(graph: KnowledgeGraph) -> None:
    rows = graph.run("readings-of-an-ambiguity")
    expected = {
        (reading, holder)
        for reading in facts().of_class("Interpretation")
        if facts().one(reading, "spn:interprets") == "ambiguity:A01"
        for holder in facts().all(reading, "spn:heldBy")
    }
    assert {(short(row["reading"]), short(row["holder"])) for row in rows} == expected
    for row in rows:
        sources = set(facts().all(short(row["reading"]), "dcterms:source"))
        assert {short(each) for each in str(row["sources"]).split("\n")} == sources


def test_china_and_the_united_states_hold_different_readings_of_article_ii(graph: KnowledgeGraph) -> None:
    def held(actor: str) -> set[str]:
        rows = graph.run("readings-held-by-an-actor", actor=actor)
        return {short(r["reading"]) for r in rows if short(r["ambiguity"]) == "ambiguity:A01"}

    assert held("CHN") and held("USA")
    assert not held("CHN") & held("USA")


def test_a_member_does_not_hold_the_readings_of_its_alliance(graph: KnowledgeGraph) -> None:
    alliance = column(graph.run("readings-held-by-an-actor", actor="artemis-accords"), "reading")
    assert alliance - column(graph.run("readings-held-by-an-actor", actor="BRA"), "reading")


@pytest.mark.parametrize("norm", ["N-CHM", "N-EXTRACT-NOT-APPROP", "N-US-RESOURCE-TITLE", "N-DUE-REGARD"])
def test_who_is_bound_today_agrees_with_the_rules(graph: KnowledgeGraph, norm: str) -> None:
    rows = graph.run("who-is-bound-by-a-norm", norm=norm)
    links = {
        "boundBy": "bound in law",
        "committedTo": "committed politically",
        "enacts": "own law",
    }
    for link, how in links.items():
        text = f"SELECT ?who {{ ?who <{PREFIXES['spn']}{link}> <{PREFIXES['norm']}{norm}> }}"
        derived = {short(row["who"]) for row in graph.query(text).rows}
        assert {short(row["participant"]) for row in rows if row["how"] == how} == derived


def test_the_common_heritage_binds_the_parties_to_the_moon_agreement_alone(graph: KnowledgeGraph) -> None:
    for day in ("1986-08-05", "2023-06-01", "2026-11-23"):
        rows = graph.run("who-is-bound-by-a-norm", norm="N-CHM", as_of=day)
        assert {short(r["participant"]) for r in rows if r["how"] == "bound in law"} == moon_parties(day)


def test_a_pledge_against_tests_commits_politically_and_binds_nobody(graph: KnowledgeGraph) -> None:
    rows = graph.run("who-is-bound-by-a-norm", norm="N-ASAT-MORATORIUM")
    pledged = {
        str(facts().one(each, "spn:participant"))
        for each in facts().of_class("Commitment")
        if facts().one(each, "spn:pledge") == "pledge:no-destructive-da-asat-tests"
    }
    assert {row["how"] for row in rows} == {"committed politically"}
    assert column(rows, "participant") >= pledged


def sides(graph: KnowledgeGraph, code: str, as_of: str = "today") -> dict[str, set[Value]]:
    found: dict[str, set[Value]] = defaultdict(set)
    for row in graph.run("conflicts-of-a-state", state=code, as_of=as_of):
        found[short(row["conflict"])].add(row["side"])
    return dict(found)


def test_australia_carries_the_tension_of_common_heritage_and_the_accords(graph: KnowledgeGraph) -> None:
    rows = [
        row
        for row in graph.run("conflicts-of-a-state", state="AUS")
        if {short(row["norm"]), row["how"]} & {"norm:N-CHM", "norm:N-EXTRACT-NOT-APPROP"}
        and short(row["conflict"]) == "conflict:C01"
    ]
    assert {(short(row["instrument"]), row["how"]) for row in rows} == {
        ("instrument:MOON", "bound in law"),
        ("instrument:ARTEMIS", "committed politically"),
    }
    assert {row["since_latest"] for row in rows} == {"1986-08-06", "2020-10-13"}


def test_saudi_arabia_carried_the_common_heritage_until_it_left(graph: KnowledgeGraph) -> None:
    assert "conflict:C01" in sides(graph, "SAU", "2023-06-01")
    assert "conflict:C01" not in sides(graph, "SAU", "2024-02-01")
    through = {
        short(r["instrument"]) for r in graph.run("conflicts-of-a-state", state="SAU", as_of="2024-02-01")
    }
    assert "instrument:MOON" not in through


def test_the_united_states_do_not_carry_the_side_of_the_moon_agreement(graph: KnowledgeGraph) -> None:
    rows = graph.run("conflicts-of-a-state", state="USA")
    assert rows
    assert "instrument:MOON" not in column(rows, "instrument")


@pytest.mark.parametrize(
    "code", ["AUS", "SAU", "USA", "CHN", "RUS", "LUX", "THA", "SEN", "NLD", "JPN", "KAZ"]
)
def test_a_conflict_of_a_state_has_both_sides_and_agrees_with_the_rules(
    graph: KnowledgeGraph, code: str
) -> None:
    carried = sides(graph, code)
    assert all(each == {"A", "B"} for each in carried.values())
    exposed = graph.query(
        f"SELECT ?conflict {{ <{PREFIXES['state']}{code}> <{PREFIXES['spn']}exposedTo> ?conflict }}"
    )
    assert set(carried) == column(exposed.rows, "conflict")


def test_a_conflict_without_common_addressee_exposes_nobody(graph: KnowledgeGraph) -> None:
    without = column(graph.run("conflicts-without-common-addressee"), "conflict")
    exposed = graph.query(f"SELECT DISTINCT ?conflict {{ ?who <{PREFIXES['spn']}exposedTo> ?conflict }}")
    assert without == set(facts().of_class("NormConflict")) - column(exposed.rows, "conflict")


def test_a_national_title_and_the_common_heritage_have_no_common_addressee(graph: KnowledgeGraph) -> None:
    rows = graph.run("conflicts-without-common-addressee")
    pairs = {(short(row["norm_a"]), short(row["norm_b"])): row["reason"] for row in rows}
    assert pairs["norm:N-US-RESOURCE-TITLE", "norm:N-CHM"] == "the addressees differ"


def test_no_state_with_a_resource_law_is_party_to_the_moon_agreement(graph: KnowledgeGraph) -> None:
    rows = graph.run("national-resource-laws")
    assert state("USA", "LUX", "JPN") <= column(rows, "state")
    assert not column(rows, "state") & moon_parties("2026-11-23")
    assert "party" not in {row["moon_agreement"] for row in rows}


def test_a_replaced_law_is_told_as_replaced(graph: KnowledgeGraph) -> None:
    replaced = {short(row["earlier"]): short(row["later"]) for row in graph.run("superseded-laws")}
    assert replaced["instrument:ARE-2019"] == "instrument:ARE-2023"
    for row in graph.run("national-resource-laws"):
        if row["in_force"] == "replaced":
            assert short(row["law"]) in replaced
    early = graph.run("national-resource-laws", as_of="2021-01-01")
    assert {row["in_force"] for row in early} == {"yes"}


def test_modality_and_force_are_counted_apart(graph: KnowledgeGraph) -> None:
    counted = {
        (str(row["modality"]), str(row["force"])): row["norms"]
        for row in graph.run("number-of-norms-by-modality-and-force")
    }
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for norm in facts().of_class("Norm"):
        modality = str(facts().one(norm, "spn:modality")).removeprefix("modality:")
        force = str(facts().one(norm, "spn:force")).removeprefix("force:")
        expected[modality, force] += 1
    assert counted == expected
    for modality, force in expected:
        rows = graph.run("norms-by-modality-and-force", modality=modality, force=force)
        assert len(rows) == expected[modality, force]


def test_positions_on_the_moratorium_are_all_told(graph: KnowledgeGraph) -> None:
    expected = {
        each
        for each in facts().of_class("Position")
        if facts().one(each, "spn:topic") == "norm:N-ASAT-MORATORIUM"
    }
    assert column(graph.run("positions-on-a-norm"), "position") == expected


def test_authentic_texts_differ_on_article_ii(graph: KnowledgeGraph) -> None:
    rows = graph.run("authentic-text-remarks")
    assert column(rows, "text_remark") == set(facts().of_class("TextRemark"))
    assert ("provision:OST-II", "zh") in {(short(row["provision"]), row["language"]) for row in rows}


# Votes


def cast(resolution: str) -> dict[str, str]:
    """The votes on a resolution by state, from the roll call."""
    found = {}
    for roll in facts().of_class("RollCall"):
        if facts().one(roll, "spn:rollCallOn") == resolution:
            for link, vote in VOTES.items():
                found.update(dict.fromkeys(facts().all(roll, f"spn:{link}"), vote))
    return found


def test_the_vote_on_the_test_moratorium_is_complete_and_matches_its_tally(graph: KnowledgeGraph) -> None:
    rows = graph.run("votes-on-a-topic-by-bloc")
    votes = {short(row["state"]): row["vote"] for row in rows}
    assert votes == cast("resolution:A-RES-77-41")
    assert len(votes) == len(rows)
    for vote, tally in (("yes", "tallyYes"), ("no", "tallyNo"), ("abstain", "tallyAbstain")):
        stated = facts().one("resolution:A-RES-77-41", f"spn:{tally}")
        assert str(sum(1 for each in votes.values() if each == vote)) == stated


def test_russia_and_china_voted_against_and_no_signatory_of_the_accords_did(graph: KnowledgeGraph) -> None:
    rows = graph.run("votes-on-a-topic-by-bloc")
    against = {short(row["state"]): row["bloc"] for row in rows if row["vote"] == "no"}
    assert {"state:RUS", "state:CHN"} <= set(against)
    assert set(against.values()) <= {"International Lunar Research Station", "neither"}


def test_blocs_of_a_vote_are_the_members_of_the_day(graph: KnowledgeGraph) -> None:
    rows = graph.run("votes-on-a-topic-by-bloc", as_of="2026-11-23")
    accords, station = facts().state_members("artemis-accords"), facts().state_members("ilrs")
    expected = {
        (True, True): "both",
        (True, False): "Artemis Accords",
        (False, True): "International Lunar Research Station",
        (False, False): "neither",
    }
    for row in rows:
        code = short(row["state"])
        assert row["bloc"] == expected[code in accords, code in station]


def test_absent_and_no_record_are_kept_apart(graph: KnowledgeGraph) -> None:
    turkiye_unnamed = [
        resolution
        for resolution in facts().of_class("AssemblyResolution")
        if cast(resolution)
        and str(facts().one(resolution, "spn:date")).startswith("2023")
        and "state:TUR" not in cast(resolution)
    ]
    assert turkiye_unnamed
    for resolution in turkiye_unnamed:
        rows = graph.run("vote-of-each-state", resolution=resolution.removeprefix("resolution:"))
        votes = {short(row["state"]): row["vote"] for row in rows}
        assert votes["state:TUR"] == "no record"
        named = cast(resolution)
        assert {each: vote for each, vote in votes.items() if vote != "no record"} == named
        assert not {each for each, vote in votes.items() if vote == "no record"} & set(named)


def test_no_record_is_told_only_of_members_of_the_time(graph: KnowledgeGraph) -> None:
    rows = graph.run("vote-of-each-state", resolution="A-RES-1348-XIII")
    unnamed = {short(row["state"]) for row in rows if row["vote"] == "no record"}
    for each in unnamed:
        since = facts().one(each, "spn:unMemberSince") or facts().one(each, "spn:existedFrom")
        assert str(since)[:4] < "1958"
    assert "state:RUS" not in unnamed


def test_the_votes_of_a_state_are_those_of_the_roll_calls(graph: KnowledgeGraph) -> None:
    rows = graph.run("votes-of-a-state", state="SUN")
    expected = {
        (resolution, cast(resolution)["state:SUN"])
        for resolution in facts().of_class("AssemblyResolution")
        if "state:SUN" in cast(resolution)
    }
    assert {(short(row["resolution"]), row["vote"]) for row in rows} == expected
    assert not any(str(row["date"]) > "1991-12-24" for row in rows)


def test_roll_calls_are_held_against_the_stated_tally(graph: KnowledgeGraph) -> None:
    rows = {short(row["resolution"]): row for row in graph.run("assembly-resolutions")}
    assert set(rows) == set(facts().of_class("AssemblyResolution"))
    for resolution, row in rows.items():
        votes = list(cast(resolution).values())
        named = [votes.count(each) for each in ("yes", "no", "abstain")]
        tally = [facts().one(resolution, f"spn:tally{each}") for each in ("Yes", "No", "Abstain")]
        if not votes:
            expected = "none"
        elif None in tally:
            expected = "no stated tally"
        else:
            expected = "complete" if tally == [str(each) for each in named] else "differs"
        assert row["roll_call"] == expected, resolution


# Sources, verification, disagreement


def test_facts_on_recall_only_are_all_that_are_graded_so(graph: KnowledgeGraph) -> None:
    rows = graph.run("facts-on-recall-only")
    recalled = {
        subject
        for subject, stated in facts().by_subject.items()
        if "verification:recalled" in stated.get("spn:verification", ())
    }
    assert column(rows, "fact") == recalled
    assert len(rows) == len(recalled)


def test_recall_can_be_asked_for_by_kind(graph: KnowledgeGraph) -> None:
    rows = graph.run("facts-on-recall-only", kind="Membership")
    assert rows
    assert {row["fact_kind"] for row in rows} == {"Membership"}


def test_every_rival_count_is_a_disagreement(graph: KnowledgeGraph) -> None:
    rows = graph.run("facts-on-which-sources-disagree", matter="rival count")
    assert column(rows, "fact") == set(facts().of_class("RivalCount"))
    assert len(rows) == len(column(rows, "fact"))


def test_disagreements_of_roll_calls_are_those_that_differ(graph: KnowledgeGraph) -> None:
    rows = graph.run("facts-on-which-sources-disagree", matter="roll call")
    differing = [row for row in graph.run("assembly-resolutions") if row["roll_call"] == "differs"]
    assert column(rows, "toward") == column(differing, "resolution")


def test_disagreements_of_status_tables_are_their_differences(graph: KnowledgeGraph) -> None:
    told = graph.run("facts-on-which-sources-disagree", matter="status table")
    differences = graph.run("snapshot-against-acts")
    assert {(row["fact"], row["about"]) for row in told} == {
        (row["snapshot"], row["participant"]) for row in differences
    }


def test_status_tables_are_compared_state_by_state(graph: KnowledgeGraph) -> None:
    rows = graph.run("snapshot-against-acts", show="everything")
    listed = {
        (snapshot, each, kind)
        for snapshot in facts().of_class("StatusSnapshot")
        for kind, link in (("party", "Party"), ("signatory", "Signatory"), ("neither", "Neither"))
        for each in facts().all(snapshot, f"spn:listsAs{link}")
    }
    assert {(short(r["snapshot"]), short(r["participant"]), str(r["table_says"])) for r in rows} == listed
    assert len(rows) == len(listed)
    uncertain = graph.run("snapshot-against-acts", show="uncertain")
    assert all(str(row["acts_say"]).startswith("possibly") for row in uncertain)


def test_facts_of_a_source_are_all_that_name_it(graph: KnowledgeGraph) -> None:
    for key in ("un-cn-saudi-2023", "unoosa-table-2018", "aa-summary", "recalled"):
        expected = {
            subject
            for subject, stated in facts().by_subject.items()
            if f"source:{key}" in stated.get("dcterms:source", ()) and "spn:verification" in stated
        }
        assert column(graph.run("facts-of-a-source", source=key), "fact") == expected


def test_sources_are_counted_once(graph: KnowledgeGraph) -> None:
    rows = graph.run("sources-by-tradition-and-kind")
    total = sum(int(str(row["sources"])) for row in rows)
    assert total == len(facts().of_class("Source"))
    for row in rows:
        assert int(str(row["cited"])) <= int(str(row["sources"]))


# Claims, ties, recommendations, pledges


def test_claims_by_driver_and_side_add_up(graph: KnowledgeGraph) -> None:
    rows = graph.run("claims-by-driver-and-side")
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for claim in facts().of_class("Claim"):
        driver = str(facts().one(claim, "spn:driver")).removeprefix("driver:")
        side = str(facts().one(claim, "spn:narrativeSide")).removeprefix("side:")
        expected[driver, side] += 1
    assert {(str(row["driver"]), str(row["side"])): row["claims"] for row in rows} == expected
    for row in rows:
        assert row["claims"] == sum(int(str(row[each])) for each in ("pro", "contra", "neutral"))


def test_claims_about_the_research_station(graph: KnowledgeGraph) -> None:
    expected = {
        claim
        for claim in facts().of_class("Claim")
        if facts().one(claim, "dcterms:subject") == "subject:ilrs"
    }
    rows = graph.run("claims-about-a-subject")
    assert column(rows, "claim") == expected
    chinese = graph.run("claims-about-a-subject", side="chinese")
    assert {row["narrative_side"] for row in chinese} == {"chinese"}


def test_cross_bloc_ties_are_those_recorded_as_such(graph: KnowledgeGraph) -> None:
    rows = graph.run("cross-bloc-ties")
    assert column(rows, "linkage") == {
        each for each in facts().of_class("Linkage") if facts().one(each, "spn:crossBloc") == "true"
    }
    competing = graph.run("cross-bloc-ties", tie="competition")
    assert {row["valence"] for row in competing} == {"competition"}
    ends = [
        {short(row["actor_a"]), short(row["actor_b"])} for row in graph.run("cross-bloc-ties", actor="USA")
    ]
    assert ends
    assert all("state:USA" in each for each in ends)


def test_ties_that_ended_did_so_after_the_invasion(graph: KnowledgeGraph) -> None:
    rows = graph.run("ties-that-ended-after-february-2022")
    for row in rows:
        assert last_day(str(row["ended"])) > "2022-02-24"
        if row["certain"]:
            assert f"{row['ended']}-01-01"[:10] > "2022-02-24"
    assert {row["how"] for row in rows} == {"ended", "withdrawal"}


def test_recommendations_stand_under_ambiguities_conflicts_and_themes(graph: KnowledgeGraph) -> None:
    rows = graph.run("recommendations-by-concern")
    assert column(rows, "recommendation") == set(facts().of_class("Recommendation"))
    assert {row["concern_kind"] for row in rows} == {"ambiguity", "conflict", "theme"}
    parts = [
        len(graph.run("recommendations-by-concern", concern=each))
        for each in ("ambiguity", "conflict", "theme")
    ]
    assert sum(parts) == len(rows)


def test_pledges_are_counted_by_state(graph: KnowledgeGraph) -> None:
    expected: dict[str, set[str]] = defaultdict(set)
    for each in facts().of_class("Commitment"):
        expected[str(facts().one(each, "spn:pledge"))].add(str(facts().one(each, "spn:participant")))
    rows = graph.run("political-pledges")
    assert {short(row["pledge"]): row["states"] for row in rows} == {
        pledge: len(states) for pledge, states in expected.items()
    }
    assert column(graph.run("commitments"), "commitment") == set(facts().of_class("Commitment"))


def test_the_united_states_were_first_to_pledge_against_tests(graph: KnowledgeGraph) -> None:
    values = {"pledge": "no-destructive-da-asat-tests", "as_of": "2022-05-01"}
    assert column(graph.run("commitments", **values), "participant") == state("USA")


def test_a_conflict_as_a_graph_holds_both_norms(graph: KnowledgeGraph) -> None:
    triples = graph.describe("graph-of-a-conflict", conflict="C01")
    sides_told = {_term(t.object) for t in triples if _term(t.predicate) in ("spn:sideA", "spn:sideB")}
    assert sides_told == {facts().one("conflict:C01", "spn:sideA"), facts().one("conflict:C01", "spn:sideB")}
    assert any(_term(t.predicate) == "spn:heldBy" for t in triples)
