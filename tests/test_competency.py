"""The thirty questions that a scholar of space law would ask first, with the answers of the texts.

The answers were established by reading the treaties, resolutions, guidelines and statutes themselves; they
name provisions, norms and states by their codes. A query that answers otherwise, or a fact that lets it,
fails here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest

from graph.knowledge import KnowledgeGraph, Value
from graph.sparql import saved

Row = dict[str, Value]
Ask = Callable[..., list[Row]]

NAMES = [name for name in saved.load_all() if name.startswith("competency/")]
MOON_PARTIES = {
    *("ARM", "AUS", "AUT", "BEL", "CHL", "KAZ", "KWT", "LBN", "MAR"),
    *("MEX", "NLD", "PAK", "PER", "PHL", "TUR", "URY", "VEN"),
}


@pytest.fixture(scope="module")
def ask(graph: KnowledgeGraph) -> Ask:
    """Return a function that asks a question by its number."""

    def asked(number: int, **values: object) -> list[Row]:
        (name,) = [name for name in NAMES if name.startswith(f"competency/{number:02d}-")]
        return graph.run(name, **values)

    return asked


def codes(rows: list[Row], column: str = "code", **wanted: Value) -> set[Value]:
    """Return the values of a column in the rows that have the wanted values in others."""
    return {row[column] for row in rows if all(row[name] == value for name, value in wanted.items())}


def pairs(rows: list[Row], first: str, second: str) -> set[tuple[Value, Value]]:
    return {(row[first], row[second]) for row in rows}


def by_code(rows: list[Row], column: str) -> dict[Value, set[Value]]:
    """Return the values of a column for each provision."""
    found: dict[Value, set[Value]] = defaultdict(set)
    for row in rows:
        found[row["code"]].add(row[column])
    return dict(found)


def readings(rows: list[Row]) -> set[str]:
    """Return the codes of the rival readings that the rows tell."""
    return {
        part.split(":")[0] for row in rows if row["readings"] for part in str(row["readings"]).split(" | ")
    }


def told(rows: list[Row], code: str, column: str = "rule") -> str:
    """Return what is told of a provision in one column."""
    (text,) = {str(row[column]) for row in rows if row["code"] == code}
    return text.lower()


def test_there_are_thirty_questions_in_order() -> None:
    assert [int(name.split("/")[1].split("-")[0]) for name in NAMES] == list(range(1, 31))


@pytest.mark.parametrize("name", NAMES)
def test_each_question_names_its_provisions_and_says_its_answer(name: str) -> None:
    query = saved.find(name)
    assert query.title.endswith("?")
    assert len(query.description) > 150
    assert query.reference.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_each_row_names_provision_place_source_and_verification(graph: KnowledgeGraph, name: str) -> None:
    result = graph.query(name)
    assert list(saved.find(name).columns) == list(result.columns)
    assert result.rows
    rows = [row for row in result.rows if row.get("answer") != "silent"]
    for column in ("provision", "code", "instrument", "locator", "rule", "source", "verification"):
        assert all(row[column] for row in rows), column


def test_two_launching_states_answer_jointly_and_severally(ask: Ask) -> None:
    rows = ask(1)
    assert codes(rows) == {"LC-I-c", "LC-IV-1", "LC-IV-2", "LC-V-1", "LC-V-2", "LC-V-3"}
    assert codes(rows, norm="N-JOINT-LIABILITY") == {"LC-IV-1", "LC-V-1", "LC-V-3"}
    assert "jointly and severally" in told(rows, "LC-V-1")
    assert "indemnity" in told(rows, "LC-V-2")
    assert "equally" in told(rows, "LC-IV-2")


def test_a_sale_in_orbit_makes_no_new_launching_state(ask: Ask) -> None:
    rows = ask(2)
    assert codes(rows, binding=True) == {"LC-I-c", "OST-VII", "RC-I", "FRA-3"}
    assert codes(rows, binding=False) == {"LTS-A5", "NPS-2", "UNGA59115", "UNGA62101"}
    assert readings(rows) == {"I21a", "I21b", "I21c"}
    assert "jurisdiction and control" in told(rows, "NPS-2")


def test_article_ix_holds_four_duties_and_one_right(ask: Ask) -> None:
    rows = ask(3)
    assert by_code(rows, "norm") == {
        "OST-IX-1": {"N-COOP", "N-DUE-REGARD"},
        "OST-IX-2": {"N-CONTAMINATION"},
        "OST-IX-3": {"N-CONSULT"},
        "OST-IX-4": {"N-REQ-CONSULT"},
    }
    assert codes(rows, "norm", modality="right") == {"N-REQ-CONSULT"}
    assert codes(rows, "modality") == {"obligation", "right"}


ONLY_MOON = {
    "N-NO-PRIVATE-LAND": {"MOON-11-3"},
    "N-CHM": {"MOON-11-1"},
    "N-INTL-REGIME": {"MOON-11-5", "MOON-11-7", "MOON-18"},
    "N-EQUITABLE-SHARE": {"MOON-11-7", "MOON-11-8"},
    "N-RESOURCE-DISCOVERY-REPORT": {"MOON-11-6"},
    "N-SAMPLE-RIGHT": {"MOON-6-2"},
    "N-MISSION-SUPPORT-ISRU": {"MOON-6-2"},
    "N-MOON-ANYWHERE": {"MOON-8-1"},
    "N-MOON-STATIONS": {"MOON-9-1"},
    "N-MOON-PERSONNEL": {"MOON-6-3"},
    "N-MOON-LIABILITY": {"MOON-14-2"},
    "N-ANY-PERSON-ASTRO": {"MOON-10-1"},
    "N-SHELTER": {"MOON-10-2"},
    "N-EMERGENCY-USE": {"MOON-12-3"},
    "N-NOINTERFERE": {"MOON-8-3"},
    "N-STATION-AREA": {"MOON-9-1"},
    "N-STATION-NOTICE": {"MOON-9-1"},
    "N-MOON-MISPLACED": {"MOON-12-2"},
    "N-MOON-CRASH-NOTICE": {"MOON-13"},
    "N-STATION-ACCESS": {"MOON-9-2"},
    "N-SIMULTANEOUS": {"MOON-5-2"},
    "N-SCI-PRESERVE": {"MOON-7-3"},
    "N-LUNAR-ENV": {"MOON-7-1", "MOON-7-2"},
    "N-MOON-VERIFY": {"MOON-15-1"},
    "N-MOON-CONSULT": {"MOON-15-2", "MOON-15-3"},
    # Article 3 goes beyond the Charter (hostile acts) and Outer Space Treaty Article IV (use of weapons).
    "N-NO-HOSTILE-MOON": {"MOON-3-2"},
    "N-NO-WMD-MOON": {"MOON-3-3"},
}


def test_these_norms_bind_only_parties_to_the_moon_agreement(ask: Ask) -> None:
    rows = ask(4)
    places: dict[Value, set[Value]] = defaultdict(set)
    for row in rows:
        places[row["norm"]].add(row["code"])
    assert places == ONLY_MOON


@pytest.mark.parametrize(
    ("day", "bound"),
    [
        ("1984-07-10", set()),
        ("1984-07-11", {"AUT", "CHL", "NLD", "PHL", "URY"}),
        ("2024-01-04", MOON_PARTIES | {"SAU"}),
        ("2024-01-05", MOON_PARTIES),
        ("2026-11-23", MOON_PARTIES),
    ],
)
def test_the_moon_agreement_binds_its_parties_of_the_day(ask: Ask, day: str, bound: set[str]) -> None:
    rows = ask(4, as_of=day)
    assert {part for row in rows for part in str(row["parties"] or "").split()} == bound


DIVERGENCES = {
    ("OST-I-1", "ru"),
    ("OST-I-1", "zh"),
    ("OST-I-1", "fr"),
    ("OST-I-1", "es"),
    ("OST-I-2", "ru"),
    ("OST-I-2", "zh"),
    ("OST-I-2", "es"),
    ("OST-II", "zh"),
    ("OST-IV-2", "fr"),
    ("OST-IV-2", "es"),
    ("OST-IV-2", "zh"),
    ("OST-V-1", "es"),
    ("OST-V-2", "ru"),
    ("OST-VI-1", "ru"),
    ("OST-VI-1", "zh"),
    ("OST-VI-2", "ru"),
    ("OST-VI-2", "zh"),
    ("OST-VII", "ru"),
    ("OST-VII", "es"),
    ("OST-VII", "zh"),
    ("OST-VIII-1", "ru"),
    ("OST-VIII-1", "zh"),
    ("OST-VIII-1", "es"),
    ("OST-IX-1", "zh"),
    ("OST-IX-2", "fr"),
    ("OST-IX-3", "ru"),
    ("OST-IX-3", "es"),
    ("OST-IX-4", "zh"),
    ("OST-XI", "zh"),
    ("OST-XII", "fr"),
    ("OST-XII", "ru"),
    ("OST-XII", "zh"),
}


def test_the_authentic_texts_of_the_outer_space_treaty_differ_here(ask: Ask) -> None:
    rows = ask(5, wanted="OST")
    assert pairs(rows, "code", "language") == DIVERGENCES
    assert codes(rows, "verification") == {"official"}


@pytest.mark.parametrize(
    ("code", "language", "word"),
    [
        ("OST-I-1", "ru", "достояние"),
        ("OST-I-1", "zh", "开发范围"),
        ("OST-I-1", "fr", "apanage"),
        ("OST-I-1", "es", "incumben"),
        ("OST-IX-1", "zh", "同等"),
        ("OST-IX-4", "zh", "应要求"),
        ("OST-VIII-1", "zh", "所载人员"),
        ("MOON-10-1", "fr", "équipage"),
        ("RA-4", "fr", "équipage"),
    ],
)
def test_the_word_of_the_text_is_told(ask: Ask, code: str, language: str, word: str) -> None:
    (remark,) = codes(ask(5), "remark", code=code, language=language)
    assert word in str(remark)


def test_the_french_moon_agreement_gives_samples_to_peaceful_use(ask: Ask) -> None:
    rows = ask(5, wanted="MOON")
    assert codes(rows) == {"MOON-3-2", "MOON-3-4", "MOON-6-2", "MOON-10-1", "MOON-11-3", "MOON-12-1"}
    assert "peaceful purposes" in told(rows, "MOON-6-2", "remark")


def test_permission_in_words_affirmation_national_right_and_silence_stay_apart(ask: Ask) -> None:
    rows = ask(6)
    matters = {kind: codes(rows, "matter", kind=kind) for kind in codes(rows, "kind")}
    silences = matters.pop("silence")
    assert matters == {
        "express permission": {
            "N-MIL-PERSONNEL",
            "N-MISSION-SUPPORT-ISRU",
            "N-EMERGENCY-USE",
            "N-MOON-ANYWHERE",
            "N-MOON-STATIONS",
            "N-REG-ADDITIONAL",
            "N-LIAB-SUPPLEMENT",
        },
        "affirmed non-prohibition": {"N-EXTRACT-NOT-APPROP"},
        "right or permission under national law": {
            "N-US-RESOURCE-TITLE",
            "N-LUX-APPROPRIABLE",
            "N-UAE-RESOURCE",
            "N-JPN-OWNERSHIP",
        },
    }
    assert not silences & {matter for each in matters.values() for matter in each}


@pytest.mark.parametrize(
    ("subject", "instrument", "code"),
    [
        ("property", "OST", "OST-II"),
        ("before the international regime", "MOON", "MOON-11-5"),
        ("once they are extracted", "MOON", "MOON-11-3"),
        ("partners extract", "ILRSGUIDE", "ILRS-GFP-2"),
        ("safety zone", "OST", "OST-IX-1"),
        ("destructive tests", "OST", "OST-IX-1"),
        ("changes hands in orbit", "REG", "RC-I"),
        ("standard of care", "LIAB", "LC-III"),
        ("outer space begins", "OST", "OST-II"),
        ("passengers", "ARRA", "RA-1"),
    ],
)
def test_the_text_is_silent(ask: Ask, subject: str, instrument: str, code: str) -> None:
    rows = [row for row in ask(6) if row["kind"] == "silence" and subject in str(row["matter_name"])]
    assert code in codes(rows, instrument=instrument)


def test_thailand_and_senegal_sit_in_copuos_for_both_camps(ask: Ask) -> None:
    rows = ask(7)
    assert codes(rows, "state", body="COPUOS", camps="both") == {"THA", "SEN"}
    station = {"AZE", "BLR", "CHN", "EGY", "KAZ", "NIC", "PAK", "RUS", "VEN", "ZAF"}
    assert codes(rows, "state", body="COPUOS", camps="ILRS") == station
    assert codes(rows, "state", body="COPUOS", camps="Artemis Accords") >= {"USA", "ROU", "JPN", "IND", "LUX"}
    assert "SRB" not in codes(rows, "state", body="COPUOS")


@pytest.mark.parametrize(
    ("day", "both"),
    [
        ("2024-12-15", set()),
        ("2024-12-16", {"THA"}),
        ("2025-07-23", {"THA"}),
        ("2025-07-24", {"THA", "SEN"}),
    ],
)
def test_who_sits_for_both_camps_changes_with_the_signatures(ask: Ask, day: str, both: set[str]) -> None:
    assert codes(ask(7, as_of=day), "state", body="COPUOS", camps="both") == both


def test_romania_and_pakistan_lead_the_lunar_action_team(ask: Ask) -> None:
    rows = [row for row in ask(7) if row["code"] == "ATLAC-1"]
    assert pairs(rows, "state", "camps") == {
        ("ROU", "Artemis Accords"),
        ("PAK", "ILRS"),
        ("USA", "Artemis Accords"),
        ("RUS", "ILRS"),
    }


def test_liability_is_absolute_on_earth_and_for_fault_in_space(ask: Ask) -> None:
    rows = ask(8)
    assert codes(rows) == {"LC-II", "LC-III", "LC-IV-1", "LC-IV-2", "LC-VI-1", "LC-VI-2"}
    assert codes(rows, basis="absolute") == {"LC-II"}
    assert "absolute or for fault is not said" in told(ask(2), "OST-VII")
    assert codes(rows, basis="fault") == {"LC-III"}
    assert codes(rows, norm="N-COLLISION-SHARES") == {"LC-IV-2"}
    assert pairs(rows, "code", "norm") >= {("LC-VI-1", "N-EXONERATION"), ("LC-VI-2", "N-NO-EXONERATION")}
    assert "gross negligence" in told(rows, "LC-VI-1")


def test_the_cost_clause_covers_objects_and_not_persons(ask: Ask) -> None:
    rows = ask(9)
    assert codes(rows, aspect="cost") == {"RA-5-5"}
    assert "space object" in told(rows, "RA-5-5")
    treaties = {"OST-V-1", "OST-V-2", "RA-1", "RA-2", "RA-3", "RA-4", "MOON-10-2", "MOON-12-3"}
    assert codes(rows, aspect="duty", binding=True) == treaties
    assert codes(rows, aspect="duty", binding=False) == {"AA-6"}
    assert codes(rows, "norm", modality="permission") == {"N-EMERGENCY-USE"}


def test_the_state_of_registry_keeps_jurisdiction_and_ownership_persists(ask: Ask) -> None:
    rows = [row for row in ask(10) if row["binding"]]
    assert by_code(rows, "norm") == {
        "RC-II-1": {"N-REGISTER"},
        "RC-VII": {"N-REGISTER"},
        "RC-II-2": {"N-REG-JOINT"},
        "RC-IV-1": {"N-REG-INFO"},
        "OST-VIII-1": {"N-JURIS"},
        "OST-VIII-2": {"N-OWNERSHIP"},
        "OST-VIII-3": {"N-RETURN-OBJ"},
        "RA-5-3": {"N-RETURN-OBJ"},
        "MOON-12-1": {"N-JURIS", "N-OWNERSHIP"},
        # What serves the return of an object and the register: notice, recovery, expenses, identification.
        "RA-5-1": {"N-NOTIFY-OBJECT"},
        "RA-5-2": {"N-RECOVER-OBJECT"},
        "RA-5-4": {"N-HAZARDOUS-OBJECT"},
        "RA-5-5": {"N-RECOVERY-EXPENSES"},
        "RC-IV-3": {"N-REG-GONE"},
        "RC-VI": {"N-REG-IDENTIFY"},
        "MOON-12-2": {"N-MOON-MISPLACED"},
        "MOON-13": {"N-MOON-CRASH-NOTICE"},
        # What the registry and the Register hold, and who may look into the Register.
        "RC-II-3": {"N-REG-CONTENTS"},
        "RC-III-1": {"N-REG-ACCESS"},
        "RC-III-2": {"N-REG-ACCESS"},
        "RC-IV-2": {"N-REG-ADDITIONAL"},
        "RC-V": {"N-REG-MARKING"},
    }
    assert "where an object is marked" in told(rows, "RC-V")


def test_the_state_authorizes_and_supervises_private_actors(ask: Ask) -> None:
    rows = ask(11)
    assert codes(rows, force="hard-law", binding=True) == {
        "OST-VI-1",
        "OST-VI-2",
        "OST-VI-3",
        "OST-XIII-1",
        "MOON-14-1",
        "LC-XXII",
        "RC-VII",
        "MOON-16",
    }
    assert codes(rows, norm="N-ORG-ACCEPTANCE") == {"LC-XXII", "RC-VII", "MOON-16"}
    assert codes(rows, norm="N-AUTHORIZE") == {"OST-VI-2", "LP-5", "MOON-14-1"}
    assert codes(rows, force="national-law") == {"LUX-2", "LUX-15", "LUX-18"}
    assert codes(rows, force="political-commitment") == {"AA-2-1-d"}
    assert codes(rows, force="soft-law") == {"LTS-A1", "LTS-A2", "LTS-A3"}


def test_the_texts_leave_extracted_resources_open(ask: Ask) -> None:
    rows = ask(12)
    assert codes(rows, binding=True) == {
        "OST-I-2",
        "OST-II",
        "OST-VI-1",
        "OST-VI-2",
        "MOON-6-2",
        "MOON-11-3",
        "CSLCA-51303",
        "LUX-1",
        "JPN-5",
    }
    assert codes(rows, binding=False) == {"AA-10-2", "CRP5-2"}
    assert readings(rows) == {"I01a", "I01b", "I01c", "I01d", "I02a", "I02b", "I15a", "I15b"}
    assert "in place" in told(rows, "MOON-11-3")
    assert "resources" not in told(rows, "OST-II")


def test_no_rule_weighs_safety_zones_against_free_access(ask: Ask) -> None:
    rows = ask(13)
    assert codes(rows, binding=True) == {"OST-I-2", "OST-II", "OST-IX-1", "OST-XII", "MOON-9-1", "MOON-9-2"}
    assert codes(rows, binding=False) == {"AA-11-7", "AA-11-7-c", "AA-11-11", "HAGUE-11"}
    assert readings(rows) == {"I03a", "I03b", "I03c", "I05a", "I05b", "I05c"}


def test_military_use_is_barred_on_celestial_bodies_and_not_in_orbit(ask: Ask) -> None:
    rows = [row for row in ask(14) if row["binding"] and row["force"] == "hard-law"]
    assert codes(rows) == {
        "UNCH-2-4",
        "UNCH-51",
        "OST-IV-1",
        "OST-IV-2",
        "MOON-3-1",
        "MOON-3-2",
        "MOON-3-3",
        "MOON-3-4",
        "PTBT-I",
    }
    found = {(row["code"], row["norm"], row["modality"]) for row in rows}
    assert found == {
        ("UNCH-2-4", "N-NO-FORCE", "prohibition"),
        ("UNCH-51", "N-SELF-DEFENCE", "right"),
        ("OST-IV-1", "N-NO-WMD-ORBIT", "prohibition"),
        ("OST-IV-2", "N-PEACEFUL-CB", "obligation"),
        ("OST-IV-2", "N-NO-MIL-BASES", "prohibition"),
        ("OST-IV-2", "N-MIL-PERSONNEL", "permission"),
        ("MOON-3-1", "N-PEACEFUL-CB", "obligation"),
        ("MOON-3-2", "N-NO-HOSTILE-MOON", "prohibition"),
        ("MOON-3-3", "N-NO-WMD-MOON", "prohibition"),
        ("MOON-3-4", "N-NO-MIL-BASES", "prohibition"),
        ("MOON-3-4", "N-MIL-PERSONNEL", "permission"),
        ("PTBT-I", "N-NO-NUCLEAR-EXPLOSION", "prohibition"),
    }
    peaceful = [row for row in rows if row["theme"] == "peaceful-purposes"]
    assert codes(peaceful, "scope", instrument="OST") == {"celestial-bodies"}
    assert codes(rows, "scope", code="OST-IV-1") == {"outer-space"}


def test_a_ban_on_all_weapons_is_a_draft(ask: Ask) -> None:
    assert codes(ask(14), force="draft") == {"PPWT-I", "PPWT-II"}


def test_only_the_outer_space_treaty_asks_for_reciprocity_of_visits(ask: Ask) -> None:
    rows = ask(15)
    assert codes(rows, binding=True) == {"OST-XII", "MOON-15-1"}
    assert codes(rows, "modality", binding=True) == {"right"}
    assert "on a basis of reciprocity" in told(rows, "OST-XII")
    assert "no reciprocity" in told(rows, "MOON-15-1")


def test_only_treaties_bind_to_benefit_others(ask: Ask) -> None:
    rows = ask(16)
    assert codes(rows, force="hard-law", binding=True) == {
        "OST-I-1",
        "MOON-4-1",
        "MOON-11-7",
        "MOON-11-8",
    }
    assert codes(rows, force="soft-law") == {"BD-1", "BD-3", "LTS-C3"}
    assert codes(rows, norm="N-EQUITABLE-SHARE") == {"MOON-11-7", "MOON-11-8"}
    assert codes(rows, force="draft") == {"HAGUE-13"}


def test_common_heritage_finds_its_expression_in_the_undertaking_to_set_up_a_regime(ask: Ask) -> None:
    rows = ask(17)
    assert by_code(rows, "norm") == {
        "MOON-11-1": {"N-CHM"},
        "MOON-11-2": {"N-NONAPPROP"},
        "MOON-11-3": {"N-NO-PRIVATE-LAND"},
        "MOON-11-4": {"N-FREE-USE"},
        "MOON-11-5": {"N-INTL-REGIME"},
        "MOON-11-6": {"N-RESOURCE-DISCOVERY-REPORT"},
        "MOON-11-7": {"N-INTL-REGIME", "N-EQUITABLE-SHARE"},
        "MOON-11-8": {"N-EQUITABLE-SHARE"},
        "MOON-18": {"N-INTL-REGIME"},
    }
    assert "about to become feasible" in told(rows, "MOON-11-5")
    assert "one third" in told(rows, "MOON-18")
    assert not codes(rows, modality="permission")


@pytest.mark.parametrize(("day", "number"), [("2024-01-04", 18), ("2024-01-05", 17), ("2026-11-23", 17)])
def test_seventeen_states_are_bound_by_common_heritage(ask: Ask, day: str, number: int) -> None:
    assert codes(ask(17, as_of=day), "parties") == {number}


def test_no_text_says_that_common_heritage_is_custom(ask: Ask) -> None:
    rows = ask(18)
    assert codes(rows) == {"MOON-11-1", "OST-I-1", "EO-2", "VCLT-33", "VCLT-38"}
    assert readings(rows) == {"I13a", "I13b", "I13c"}
    assert "object" in told(rows, "EO-2")
    assert "recognized as such" in told(rows, "VCLT-38")


def test_the_five_treaties_have_one_withdrawal_clause_each(ask: Ask) -> None:
    rows = ask(19)
    assert pairs(rows, "instrument", "code") == {
        ("OST", "OST-XVI"),
        ("ARRA", "RA-9"),
        ("LIAB", "LC-XXVII"),
        ("REG", "RC-XI"),
        ("MOON", "MOON-20"),
    }
    for code in codes(rows):
        assert "one year after" in told(rows, str(code))


def test_only_saudi_arabia_has_withdrawn(ask: Ask) -> None:
    left = [row for row in ask(19) if row["state"]]
    assert [(row["state"], row["code"], row["notice"], row["effect"]) for row in left] == [
        ("SAU", "MOON-20", "2023-01-05", "2024-01-05")
    ]
    assert not codes(ask(19, as_of="2023-01-04"), "state") - {None}


def test_four_states_have_signed_the_moon_agreement_and_not_ratified_it(ask: Ask) -> None:
    rows = ask(20)
    assert pairs(rows, "state", "signed") == {
        ("FRA", "1980-01-29"),
        ("GTM", "1980-11-20"),
        ("IND", "1982-01-18"),
        ("ROU", "1980-04-17"),
    }
    assert codes(rows) == {"VCLT-18"}
    assert "object and purpose" in told(rows, "VCLT-18")


def test_a_signatory_that_ratifies_is_no_longer_signatory_only(ask: Ask) -> None:
    assert "PER" in codes(ask(20, as_of="2005-01-01"), "state")
    assert "PER" not in codes(ask(20, as_of="2006-01-01"), "state")


def test_iran_and_ethiopia_have_only_signed_the_outer_space_treaty(ask: Ask) -> None:
    assert codes(ask(20, signed_text="OST"), "state") >= {"COD", "ETH", "IRN", "RWA"}


def test_the_accords_bind_nobody_and_outsiders_owe_article_ix(ask: Ask) -> None:
    rows = ask(21)
    assert codes(rows, binding=False) == {"AA-1-1", "AA-10-2", "AA-11-7", "AA-11-10", "AA-13-2"}
    assert codes(rows, binding=True) == {"OST-IX-1", "OST-IX-3", "VCLT-31", "VCLT-34"}
    assert readings(rows) == {"I04a", "I04b", "I17a", "I17b", "I17c"}
    assert "political commitment" in told(rows, "AA-1-1")
    assert "article 102" in told(rows, "AA-13-2")
    assert "without its consent" in told(rows, "VCLT-34")


def test_before_the_accords_every_party_to_the_treaty_stood_outside_them(ask: Ask) -> None:
    (before,) = codes(ask(21, as_of="2020-10-12"), "outside")
    (after,) = codes(ask(21, as_of="2020-10-13"), "outside")
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert before - after == len({"AUS", "CAN", "ITA", "JPN", "LUX", "ARE", "GBR", "USA"})


def test_the_texts_of_the_research_station_are_silent_on_title_zones_and_heritage(ask: Ask) -> None:
    rows = ask(22)
    assert codes(rows, "theme", answer="silent") == {
        "non-appropriation",
        "safety-zones-deconfliction",
        "heritage-preservation",
    }
    assert codes(rows, theme="resource-utilisation") == {"ILRS-GFP-2"}
    assert codes(rows, theme="scientific-data-release") == {"ILRS-VEN-1"}


def test_no_treaty_protects_heritage_as_such(ask: Ask) -> None:
    rows = ask(23)
    assert codes(rows, force="hard-law") == {"MOON-7-3"}
    assert codes(rows, force="political-commitment") == {"AA-9-1", "AA-9-2"}
    assert codes(rows, force="national-law") == {"OSS-2020", "NASA2011-1"}
    assert "preserves" in told(rows, "MOON-7-3")


def test_treaties_ask_for_information_and_the_accords_for_open_data(ask: Ask) -> None:
    rows = ask(24)
    assert codes(rows, binding=True) == {"OST-V-3", "OST-XI", "MOON-5-1", "MOON-5-3", "MOON-9-1", "MOON-11-6"}
    assert codes(rows, "norm", code="MOON-9-1") == {"N-STATION-NOTICE"}
    assert codes(rows, force="political-commitment") == {"AA-8-2", "AA-8-3", "ILRS-VEN-1"}
    assert "feasible and practicable" in told(rows, "OST-XI")
    assert "private" in told(rows, "AA-8-3")


def test_the_principles_on_nuclear_power_do_not_bind_nor_reach_a_surface_reactor(ask: Ask) -> None:
    rows = ask(25)
    assert codes(rows, aspect="rule") == {"NPS-3", "NPS-4", "NPS-5"}
    assert codes(rows, "binding", aspect="rule") == {False}
    asked = codes(rows, aspect="reactor on the Moon")
    assert asked == {"NPS-PRE", "NPS-3", "MOON-7-2", "OST-IV-1", "OST-IX-2", "DUFFY-1"}
    assert "on board space objects" in told(rows, "NPS-PRE")
    assert readings(rows) == {"I41a", "I41b", "I41c"}


def test_no_rule_on_debris_binds(ask: Ask) -> None:
    rows = ask(26)
    assert codes(rows, "binding") == {False}
    assert codes(rows, "force") == {"soft-law", "political-commitment", None}
    assert codes(rows, aspect="status") == {"LTS-15", "SDMG-APP"}
    assert codes(rows, norm="N-DEBRIS-MITIGATE") == {
        "SDMG-1",
        "SDMG-2",
        "SDMG-3",
        "SDMG-5",
        "SDMG-6",
        "SDMG-7",
    }
    assert codes(rows, force="political-commitment") == {"AA-12-1", "AA-12-2"}
    assert "not legally binding" in told(rows, "SDMG-APP")


def test_no_treaty_gives_copuos_the_sole_say(ask: Ask) -> None:
    rows = ask(27)
    assert codes(rows, force="hard-law", binding=True) == {"MOON-11-5", "MOON-11-7", "MOON-18"}
    assert codes(rows) >= {"BD-7", "LTS-21", "WG-D", "WG-E", "EO-3", "WP22-1"}
    assert codes(rows, norm="N-AA-COPUOS") == {"AA-9-2", "AA-10-4", "AA-11-6"}
    assert "strengthened as a forum" in told(rows, "BD-7")
    assert codes(rows, norm="N-UN-CORE") == {"WP22-1"}
    assert codes(rows, norm="N-COALITION-ARR") == {"EO-3"}


RESOURCE_LAWS = {
    "USA": {"CSLCA-51301", "CSLCA-51302", "CSLCA-51303", "CSLCA-403"},
    "LUX": {"LUX-1", "LUX-2", "LUX-4", "LUX-15", "LUX-16", "LUX-18"},
    "JPN": {"JPN-2", "JPN-3", "JPN-4", "JPN-5", "JPN-6"},
    "ARE": {"UAE-RES-1"},
}


def test_four_states_have_rules_in_force_on_rights_in_resources_today(ask: Ask) -> None:
    rows = ask(28)
    in_force = [row for row in rows if row["in_force"]]
    standing = {str(state): codes(in_force, state=state) for state in codes(in_force, "state")}
    assert standing == RESOURCE_LAWS
    assert codes(rows, norm="N-US-RESOURCE-TITLE") == {"CSLCA-51303"}
    assert codes(rows, norm="N-LUX-APPROPRIABLE") == {"LUX-1"}
    assert "international obligations" in told(rows, "CSLCA-51303")
    assert "written ministerial mission authorisation" in told(rows, "LUX-2")


@pytest.mark.parametrize(
    ("day", "states"),
    [
        ("2015-11-24", set()),
        ("2015-11-25", {"USA"}),
        ("2017-08-01", {"USA"}),
        ("2017-08-02", {"USA", "LUX"}),
        ("2021-12-22", {"USA", "LUX", "ARE"}),
        ("2021-12-23", {"USA", "LUX", "ARE", "JPN"}),
        ("2024-01-01", {"USA", "LUX", "ARE", "JPN"}),
    ],
)
def test_national_resource_laws_came_one_after_the_other(ask: Ask, day: str, states: set[str]) -> None:
    assert codes(ask(28, as_of=day), "state", in_force=True) == states


def test_frequencies_are_shared_and_orbits_cannot_be_claimed(ask: Ask) -> None:
    rows = ask(29)
    assert pairs([row for row in rows if row["binding"]], "code", "norm") == {
        ("ITU-44", "N-ITU-EQUITABLE"),
        ("ITU-45", "N-ITU-NOINTERF"),
        ("OST-II", "N-GSO-NONAPPROP"),
    }
    assert codes(rows, norm="N-EQUATORIAL-CLAIM") == {"BOGOTA-1"}
    assert "equitable access" in told(rows, "ITU-44")


def test_harmful_contamination_must_be_avoided_and_is_not_defined(ask: Ask) -> None:
    rows = ask(30)
    assert codes(rows, aspect="rule", binding=True) == {"OST-IX-2", "MOON-7-1", "MOON-7-2"}
    assert codes(rows, norm="N-LUNAR-ENV") == {"MOON-7-1", "MOON-7-2"}
    assert codes(rows, aspect="meaning of harmful", binding=True) == {"OST-IX-2", "MOON-7-1"}
    assert codes(rows, aspect="meaning of harmful", binding=False) == {"COSPAR-0", "COSPAR-1", "LTS-D1"}
    assert readings(rows) == {"I30a", "I30b", "I30c"}
    assert "not binding" in told(rows, "COSPAR-0")
