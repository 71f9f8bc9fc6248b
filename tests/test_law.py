"""The law in sentences: what is told of states, norms, provisions, open questions and instruments."""

from __future__ import annotations

import datetime
import re

import pytest

from graph.knowledge import KnowledgeGraph
from graph.law import continuity, phrases
from graph.law import record as law
from graph.law.sentences import Sentence
from graph.law.statelaw import phase
from graph.namespaces import IDENTIFIER
from graph.records.kinds import BY_NAME
from graph.records.lookup import Records
from graph.records.things import Thing

TODAY = "2026-11-23"
DAYS = (
    "1900-01-01",
    "1967-10-09",
    "1967-10-10",
    "1986-08-06",
    "2018-12-31",
    "2024-01-05",
    TODAY,
    "2031-01-01",
)


@pytest.fixture(scope="module")
def records(graph: KnowledgeGraph) -> Records:
    return Records(graph)


def told(records: Records, path: str, as_of: str = TODAY, count: str | None = None) -> list[Sentence]:
    return list(law.sentences(records.graph, records.names, IDENTIFIER + path, as_of, count))


def texts(found: list[Sentence], topic: str = "") -> list[str]:
    return [each.text for each in found if topic in each.topic]


def one(found: list[Sentence], *words: str) -> Sentence:
    (only,) = (each for each in found if all(word in each.text for word in words))
    return only


def test_australia_is_a_party_to_the_moon_agreement_since_6_august_1986(records: Records) -> None:
    sentence = one(told(records, "state/AUS"), "party to the Moon Agreement since")
    assert sentence.text == (
        "Australia has been a party to the Moon Agreement since 6 August 1986 "
        "(accession deposited on 7 July 1986)."
    )
    (source,) = sentence.sources
    assert (source.source.id, source.locator, source.verification) == (
        "un-mtdsg-moon",
        "row Australia",
        "official",
    )
    assert {"AUS", "MOON", "AUS-MOON-accession"} <= {thing.id for thing in sentence.things}


def test_saudi_arabia_left_the_moon_agreement_on_5_january_2024(records: Records) -> None:
    sentence = one(told(records, "state/SAU"), "Moon Agreement", "notice of withdrawal")
    assert sentence.topic == "Treaties left"
    assert (
        "from 17 August 2012 until 5 January 2024, having given notice of withdrawal on 5 January 2023"
        in (sentence.text)
    )
    assert {cited.source.id for cited in sentence.sources} >= {"un-mtdsg-moon", "un-cn-saudi-2023"}


def test_between_notice_and_effect_saudi_arabia_was_still_bound(records: Records) -> None:
    sentence = one(told(records, "state/SAU", "2024-01-04"), "Moon Agreement since")
    assert "had been a party" in sentence.text
    assert "gave notice of withdrawal on 5 January 2023, with effect on 5 January 2024" in sentence.text


def test_before_the_notice_nothing_is_told_of_it(records: Records) -> None:
    found = texts(told(records, "state/SAU", "2023-01-04"))
    assert not [text for text in found if "withdrawal" in text]


def test_a_signatory_is_never_told_to_be_a_party(records: Records) -> None:
    found = [each for each in told(records, "state/IND") if "Moon Agreement" in each.text]
    sentence = one(found, "has signed the Moon Agreement (on 18 January 1982)")
    assert "must refrain from acts that would defeat the object and purpose" in sentence.text
    assert "Article 18 of the Vienna Convention on the Law of Treaties" in sentence.text
    assert "VCLT-18" in {thing.id for thing in sentence.things}
    assert not [each for each in found if "party to the Moon Agreement" in each.text]


def test_brunei_is_counted_by_some_lists_only(records: Records) -> None:
    sentence = one(told(records, "state/BRN"), "Outer Space Treaty", "counted")
    assert sentence.topic == "Standings on which sources disagree"
    assert "and not counted by" in sentence.text and "18 January 1984" in sentence.text
    assert "ggo-parties" not in sentence.text
    assert not texts(told(records, "state/BRN"), "Conflicts")


def test_the_count_of_a_list_can_be_taken(records: Records) -> None:
    found = told(records, "state/BRN", count="ggo-parties")
    assert "treated as a party" in one(found, "Outer Space Treaty", "counted").text
    assert texts(found, "Conflicts")


def test_the_law_of_the_emirates_of_2019_was_replaced(records: Records) -> None:
    found = told(records, "state/ARE")
    sentence = one(found, "UAE Space Law 2019")
    assert "replaced by the UAE Space Law 2023" in sentence.text
    assert "some day in 2019" in sentence.text and "some day in 2023" in sentence.text
    then = one(told(records, "state/ARE", "2021-01-01"), "UAE Space Law 2019")
    assert "had a law of its own in the UAE Space Law 2019" in then.text


def test_the_university_of_sharjah_is_not_the_state(records: Records) -> None:
    sentence = one(told(records, "state/ARE"), "International Lunar Research Station", "Sharjah")
    assert "through the University of Sharjah" in sentence.text
    assert "not the state" in sentence.text and "member" in sentence.text


def test_an_engagement_whose_signatory_is_not_known_is_a_claim(records: Records) -> None:
    assert "is a claim" in one(told(records, "state/BOL"), "International Lunar Research Station").text


def test_an_organization_accepts_and_is_not_a_state_party(records: Records) -> None:
    sentence = one(told(records, "alliance/esa"), "Liability Convention", "accepted")
    assert "it is not a state party" in sentence.text
    assert "LC-XXII" in {thing.id for thing in sentence.things}
    assert not [each for each in told(records, "alliance/esa") if "has been a party" in each.text]


def test_succession_is_told_as_such(records: Records) -> None:
    sentence = one(told(records, "state/ATG"), "Liability Convention")
    assert "succession notified" in sentence.text


def test_an_undated_listing_is_told_as_undated(records: Records) -> None:
    sentence = one(told(records, "state/AUS"), "been a party to the ITU Constitution")
    assert "a day that is not recorded, 31 May 2026 at the latest" in sentence.text
    assert "does not say by which act" in sentence.text


def test_another_date_that_a_source_gives_is_told(records: Records) -> None:
    sentence = one(told(records, "state/CUB"), "party to the Outer Space Treaty since")
    assert "deposited on 30 June 1977; sources also give 3 June 1977" in sentence.text


def test_a_withdrawal_by_month_without_recorded_consent(records: Records) -> None:
    sentence = one(told(records, "state/DEU"), "notice of withdrawal")
    assert "INTERSPUTNIK Agreement in April 2023" in sentence.text
    assert sentence.topic == "Treaties left"


def test_what_dates_leave_open_is_said_to_be_open(records: Records) -> None:
    (sentence,) = (each for each in told(records, "state/AUS", "2000-01-01") if "leave open" in each.text)
    assert "ITU Constitution and Convention" in sentence.text
    assert not [
        each for each in told(records, "state/AUS", "2000-01-01") if "been a party to the ITU" in each.text
    ]


def test_facts_on_recall_only_say_so(records: Records) -> None:
    for path in ("state/AUS", "state/DEU", "alliance/esa"):
        for each in told(records, path):
            grades = {cited.verification for cited in each.sources}
            assert ("recall only" in each.text) == ("recalled" in grades), each.text


def test_a_state_that_no_longer_exists_owes_nothing_by_its_signature(records: Records) -> None:
    found = told(records, "state/YUG")
    assert not texts(found, "signed")
    assert "had not joined it when it ceased to exist" in one(found, "Outer Space Treaty").text
    assert texts(told(records, "state/YUG", "1990-01-01"), "signed")


def test_outside_the_hague_code_is_no_pledge(records: Records) -> None:
    sentence = one(told(records, "state/PAK"), "Hague Code of Conduct")
    assert "pledged" not in sentence.text and "not subscribed" in sentence.text


@pytest.mark.parametrize(
    ("norm", "kind"),
    [
        ("N-EXTRACT-NOT-APPROP", "affirmed non-prohibition"),
        ("N-FREE-USE", "right under international law"),
        ("N-US-RESOURCE-TITLE", "right under national law"),
        ("N-CHM", "obligation"),
    ],
)
def test_a_norm_tells_its_modality_in_its_own_kind(records: Records, norm: str, kind: str) -> None:
    assert one(told(records, f"norm/{norm}"), "its modality is".capitalize()).text.startswith(
        f"Its modality is “{kind}”"
    )


def test_express_permission_and_silence_are_different_things(records: Records) -> None:
    found = told(records, "norm/N-CHM")
    silence = one(found, "says nothing")
    assert silence.topic == "Silence" and silence.text.endswith("silence neither permits nor forbids.")
    assert not [text for text in texts(told(records, "norm/N-MIL-PERSONNEL")) if "non-prohibition" in text]


def test_promoting_a_norm_binds_nobody(records: Records) -> None:
    assert texts(told(records, "norm/N-CHM"), "promotes")[0].endswith("promoting a norm binds nobody.")


def test_the_states_bound_by_common_heritage_are_those_of_the_day(records: Records) -> None:
    now = one(told(records, "norm/N-CHM"), "bound by it in law")
    then = one(told(records, "norm/N-CHM", "2023-06-01"), "bound by it in law")
    assert "On 23 November 2026, 17 states" in now.text and "Saudi Arabia" not in now.text
    assert "On 1 June 2023, 18 states" in then.text and "Saudi Arabia" in then.text


def test_a_norm_tells_its_provision_with_its_place(records: Records) -> None:
    (sentence,) = (each for each in told(records, "norm/N-CHM") if each.topic == "Where it is stated")
    assert sentence.text.startswith("Article 11, paragraph 1 of the Moon Agreement states it")
    assert sentence.sources[0].locator == "Article 11, paragraph 1"


def test_an_ambiguity_tells_who_holds_which_reading_since_when(records: Records) -> None:
    sentence = one(told(records, "ambiguity/A01"), "One reading", "made operational by COPUOS")
    assert "held by China (which spoke to the question in 2024) and Russia" in sentence.text
    assert "earliest dated evidence" in sentence.text
    assert len(sentence.sources) == 4


def test_evidence_of_a_reading_does_not_come_before_its_day(records: Records) -> None:
    for each in told(records, "ambiguity/A01", "2010-01-01"):
        if each.topic == "How it is read":
            assert not re.search(r"evidence cited for it is of .*20(1[1-9]|2\d)", each.text), each.text


def test_an_ambiguity_tells_the_norms_that_hang_on_it(records: Records) -> None:
    assert "“Non-appropriation of outer space”" in " ".join(texts(told(records, "ambiguity/A01"), "bears on"))


def test_a_provision_names_the_language_of_an_authentic_text(records: Records) -> None:
    (sentence,) = (each for each in told(records, "provision/OST-II") if "authentic" in each.topic)
    assert "Chinese text" in sentence.text


def test_a_provision_tells_norms_and_open_questions(records: Records) -> None:
    topics = {each.topic for each in told(records, "provision/OST-IX-3")}
    assert {"What it says", "Norms that it states", "What it leaves open"} <= topics


def test_the_moon_agreement_had_no_party_bound_before_its_entry_into_force(records: Records) -> None:
    found = told(records, "instrument/MOON", "1984-07-10")
    assert one(found, "was not yet in force")
    assert not [each for each in found if "bound by it:" in each.text]


def test_a_thing_of_another_kind_tells_no_law(records: Records) -> None:
    assert told(records, "claim/CL001") == []


CODE = re.compile(
    r"(?<![\w/-])(?:N-[A-Z][A-Z0-9-]+|[ACIS]\d\d[a-z]?|[A-Z]{2,}(?:-[A-Z0-9]+)+|spn:\w+|https?:\S+|None|\w+\.csv)(?![\w-])"
)


@pytest.mark.parametrize("kind", ["states", "alliances", "organizations", "instruments"])
def test_every_sentence_of_every_day_has_a_source_and_no_code(records: Records, kind: str) -> None:
    keys = {citation.source.id for citation in records.names.citations.values()}
    keyed = {key for key in keys if re.search(r"\d|-", key)}
    for local in records.ids(BY_NAME[kind]):
        for day in DAYS:
            for each in told(records, f"{BY_NAME[kind].singular}/{local}", day):
                check(each, keys, keyed, day)


@pytest.mark.parametrize("kind", ["norms", "provisions", "ambiguities"])
def test_every_sentence_on_norms_and_texts_has_a_source_and_no_code(records: Records, kind: str) -> None:
    keys = {citation.source.id for citation in records.names.citations.values()}
    keyed = {key for key in keys if re.search(r"\d|-", key)}
    for local in records.ids(BY_NAME[kind]):
        found = told(records, f"{BY_NAME[kind].singular}/{local}")
        assert found
        for each in found:
            check(each, keys, keyed, TODAY)


def check(sentence: Sentence, keys: set[str], keyed: set[str], day: str) -> None:
    assert sentence.as_of == day
    assert sentence.sources and {cited.source.id for cited in sentence.sources} <= keys
    assert all(cited.verification for cited in sentence.sources)
    assert not CODE.search(sentence.text), sentence.text
    assert not keyed & set(re.findall(r"[\w-]+", sentence.text)), sentence.text
    assert not {"AUS", "CHN", "RUS", "SAU", "ARE", "LUX", "JPN"} & set(re.findall(r"\w+", sentence.text))
    assert sentence.text[0] == sentence.text[0].upper() and sentence.text[-1] in ".?”!"
    assert not re.search(r"  |\.\.| ,|\bthe the\b|\bof of\b", sentence.text), sentence.text


def test_what_has_begun_is_told_until_it_ends(records: Records) -> None:
    """Treaties a state is told to be bound by grow with the day, but for those it is told to have left."""
    for local in records.ids(BY_NAME["states"])[::5]:
        before: set[str] = set()
        for day in DAYS:
            found = told(records, f"state/{local}", day)
            bound, left = (
                {thing.id for each in found if each.topic == topic for thing in each.things if is_text(thing)}
                for topic in ("Treaties that bind it", "Treaties left")
            )
            assert before <= bound | left, (local, day)
            before = bound


def is_text(thing: Thing) -> bool:
    return thing.kind == "instrument"


def test_sentences_agree_with_the_standings_of_the_record(records: Records) -> None:
    for local in records.ids(BY_NAME["states"])[::7]:
        for day in DAYS[2:]:
            record = records.record(BY_NAME["states"], local, day)
            section = record.section("standings")
            assert section is not None
            parties = {
                row.values["instrument"].id  # type: ignore[union-attr]
                for row in section.rows
                if row.values["standing"].id == "party" and row.values["holds"] == "yes"  # type: ignore[union-attr]
            }
            bound = {
                thing.id
                for each in record.sentences
                if each.topic == "Treaties that bind it"
                for thing in each.things
                if is_text(thing)
            }
            assert parties == bound, (local, day)


@pytest.mark.parametrize(
    ("earliest", "latest", "recorded", "words"),
    [
        ("1986-08-06", "1986-08-06", True, "6 August 1986"),
        ("2022-01-01", "2022-12-31", True, "some day in 2022"),
        ("2023-04-01", "2023-04-30", True, "some day in April 2023"),
        ("2024-02-01", "2024-02-29", True, "some day in February 2024"),
        ("1963-10-10", "1963-12-31", True, "some day from 10 October 1963 to 31 December 1963"),
        ("1992-12-22", "2026-05-31", False, "a day that is not recorded, 31 May 2026 at the latest"),
        (None, "2023-04-30", True, "a day that is not recorded, 30 April 2023 at the latest"),
    ],
)
def test_a_day_is_told_as_far_as_it_is_known(
    earliest: str | None, latest: str, recorded: bool, words: str
) -> None:
    assert phrases.span(earliest, latest, recorded=recorded) == words


def test_names_take_the_article_that_english_gives_them() -> None:
    assert phrases.named(Thing("", "state", "USA", "United States")) == "the United States"
    assert phrases.named(Thing("", "state", "AUS", "Australia")) == "Australia"
    assert phrases.named(Thing("", "instrument", "MOON", "Moon Agreement")) == "the Moon Agreement"
    assert phrases.named(Thing("", "alliance", "eumetsat", "EUMETSAT")) == "EUMETSAT"


def test_a_fact_on_a_day_is_future_possible_held_or_ended() -> None:
    row = {"earliest": "2000-01-01", "latest": "2000-12-31", "latest_end": "2010-06-01"}
    days = ("1999-12-31", "2000-06-01", "2000-12-31", "2010-05-31", "2010-06-01")
    assert [phase(row, day) for day in days] == ["future", "possible", "holds", "holds", "ended"]


def test_the_derived_edges_of_today_are_the_dated_sections_of_today(
    records: Records, graph: KnowledgeGraph
) -> None:
    manners = {
        "bound in law": "boundBy",
        "committed politically": "committedTo",
        "in a law of its own": "enacts",
    }
    for local in ("AUS", "USA", "LUX", "CHN", "BRN", "NOR"):
        iri = f"{IDENTIFIER}state/{local}"
        rows = graph.run("views/record-state-norms", subject=iri)
        edges = graph.run("views/record-statements", subject=iri)
        derived = {
            (str(row["property"]).rpartition("#")[2], row["value"])
            for row in edges
            if str(row["property"]).rpartition("#")[2] in manners.values()
        }
        assert {(manners[str(row["how"])], row["norm"]) for row in rows} == derived


def test_a_day_is_a_calendar_day() -> None:
    assert phrases.day_words(datetime.date(2024, 2, 29).isoformat()) == "29 February 2024"


@pytest.mark.parametrize(
    ("subject", "day", "words"),
    [
        (
            "state/RUS",
            "2026-11-23",
            "Russia has continued the Union of Soviet Socialist Republics since 24 December 1991",
        ),
        ("state/RUS", "1980-01-01", "the Union of Soviet Socialist Republics still existed"),
        ("state/SUN", "1980-01-01", "was continued by Russia from 24 December 1991"),
        ("state/CSK", "1995-01-01", "no state continued it as the same state"),
    ],
)
def test_continuity_is_told_apart_from_succession(
    records: Records, subject: str, day: str, words: str
) -> None:
    found = [each for each in told(records, subject, day) if each.topic == continuity.TOPIC]
    assert [words in each.text for each in found] == [True]
    assert found[0].sources


@pytest.mark.parametrize(("subject", "day"), [("state/SRB", "2000-01-01"), ("state/CZE", "2026-11-23")])
def test_a_new_state_continues_nobody(records: Records, subject: str, day: str) -> None:
    assert not [each for each in told(records, subject, day) if each.topic == continuity.TOPIC]


@pytest.mark.parametrize("subject", ["provision/OST-IX-1", "norm/N-DUE-REGARD", "ambiguity/A04"])
def test_what_cites_a_text_says_where_in_it(records: Records, subject: str) -> None:
    treaties = {"ost-text", "moon-text", "ost-text-zh"}
    cited = [
        source
        for each in told(records, subject, "2026-11-23")
        for source in each.sources
        if source.source.id in treaties and source.verification == "official"
    ]
    assert cited
    assert [each.source.id for each in cited if not each.locator] == []


def test_a_norm_tells_which_of_its_places_do_not_bind(records: Records) -> None:
    found = [
        each.text for each in told(records, "norm/N-NONAPPROP", "2026-11-23") if "states it" in each.text
    ]
    assert {"does not bind in law" in text for text in found if "Declaration" in text} == {True}
    assert {"does not bind in law" in text for text in found if "Treaty" in text} == {False}


def test_a_text_that_did_not_exist_on_the_day_is_told_with_its_date(records: Records) -> None:
    for day, expected in (("2014-06-01", True), (TODAY, False)):
        accords = one(
            told(records, "ambiguity/A01", day),
            "It arises from",
            "Artemis Accords:" if not expected else "2020",
        )
        assert ("a text of 13 October 2020" in accords.text) == expected
        treaty = one(
            told(records, "ambiguity/A01", day), "It arises from", "Article II of the Outer Space Treaty"
        )
        assert "a text of" not in treaty.text
