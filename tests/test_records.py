"""Lists and records as the graph package gives them."""

from __future__ import annotations

import re

import pytest

from graph.errors import BadDate, BadValue, UnknownName
from graph.knowledge import KnowledgeGraph
from graph.namespaces import IDENTIFIER, local_name
from graph.records.kinds import BY_NAME, KINDS, Kind
from graph.records.lookup import Records, columns_of, filters_of
from graph.records.tables import Record, Row
from graph.records.things import Thing
from graph.sparql.saved import load_all
from graph.sparql.store import EmbeddedStore


@pytest.fixture(scope="module")
def records(graph: KnowledgeGraph) -> Records:
    return Records(graph)


def rows(record: Record, section: str) -> tuple[Row, ...]:
    found = record.section(section)
    assert found is not None
    return found.rows


def ids(record: Record, section: str, column: str) -> set[str]:
    return {row.values[column].id for row in rows(record, section)}  # type: ignore[union-attr]


def values(record: Record, field: str) -> tuple[object, ...]:
    found = record.field(field)
    assert found is not None
    return tuple(value.id if isinstance(value, Thing) else value for value in found.values)


def codes(value: object) -> set[str]:
    each = value if isinstance(value, list) else [value]
    return {
        one.id if isinstance(one, Thing) else str(one).lower() if one in (True, False) else str(one)
        for one in each
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_lists_each_of_its_things_once(records: Records, kind: Kind) -> None:
    listing = records.listing(kind, {}, limit=10_000)
    listed = [row.thing.id for row in listing.rows if row.thing]
    assert listing.total == len(listed) == len(set(listed)) > 0
    assert sorted(listed) == sorted(records.ids(kind))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_record_of_a_kind_opens(records: Records, kind: Kind) -> None:
    known = records.ids(kind)
    for local in known[:: max(1, len(known) // 12)]:
        record = records.record(kind, local)
        assert record.thing.id == local
        assert record.classes
        assert len(record.sections) == len(kind.sections)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_columns_that_a_view_declares_are_those_it_selects(graph: KnowledgeGraph, kind: Kind) -> None:
    names = [f"views/list-{kind.name}", *(f"views/record-{kind.singular}-{name}" for name in kind.sections)]
    for name in names:
        answer = graph.query(name)
        assert [column.name for column in columns_of(load_all()[name])] == list(answer.columns), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_filter_of_a_list_narrows_it(records: Records, kind: Kind) -> None:
    whole = records.listing(kind, {}).total
    for name, choices in records.choices(kind).items():
        for code, _ in choices[:4]:
            found = records.listing(kind, {name: code}, limit=10_000)
            assert 0 < found.total <= whole, (name, code)
            assert all(code in codes(row.values[name]) for row in found.rows), (name, code)


def test_every_fact_of_a_record_shows_what_it_rests_on(records: Records) -> None:
    record = records.record(BY_NAME["states"], "AUS")
    for section in record.sections:
        for row in section.rows:
            if row.thing is not None:
                assert row.apparatus.sources and row.apparatus.verification, (section.name, row.thing)


def test_australia_acceded_to_the_moon_agreement_on_7_july_1986(records: Records) -> None:
    record = records.record(BY_NAME["states"], "AUS")
    (act,) = (row for row in rows(record, "acts") if row.thing and row.thing.id == "AUS-MOON-accession")
    assert act.values["date"] == "1986-07-07"
    assert act.values["effective_date"] == "1986-08-06"
    assert act.apparatus.verification == "official"
    assert [source.id for source in act.apparatus.sources] == ["un-mtdsg-moon"]


def test_the_standing_of_saudi_arabia_follows_the_day(records: Records) -> None:
    states = BY_NAME["states"]
    assert "MOON" in ids(records.record(states, "SAU", "2023-06-01"), "standings", "instrument")
    assert "MOON" not in ids(records.record(states, "SAU", "2024-02-01"), "standings", "instrument")


def test_a_membership_says_whether_it_holds_on_the_day(records: Records) -> None:
    def holds(day: str) -> object:
        record = records.record(BY_NAME["states"], "AUS", day)
        found = [row for row in rows(record, "memberships") if row.thing and "artemis" in row.thing.id]
        return found[0].values["holds"]

    assert holds("2020-10-12") == "not yet"
    assert holds("2020-10-13") == "yes"


def test_the_united_states_does_not_stand_toward_the_moon_agreement(records: Records) -> None:
    assert "MOON" not in ids(records.record(BY_NAME["states"], "USA"), "standings", "instrument")


def test_parties_are_those_of_the_day(records: Records) -> None:
    states = BY_NAME["states"]
    then = records.listing(states, {"instrument": "MOON", "as_of": "2023-06-01"}, limit=1000)
    now = records.listing(states, {"instrument": "MOON", "as_of": "2024-02-01"}, limit=1000)
    gone = {row.thing.id for row in then.rows if row.thing} - {row.thing.id for row in now.rows if row.thing}
    assert gone == {"SAU"}


def test_a_university_in_an_alliance_does_not_make_the_state_a_member(records: Records) -> None:
    listed = records.listing(BY_NAME["states"], {"alliance": "ilrs"}, limit=1000)
    assert "ARE" not in {row.thing.id for row in listed.rows if row.thing}
    record = records.record(BY_NAME["alliances"], "ilrs")
    assert "ARE" in ids(record, "members", "member")


def test_a_norm_keeps_modality_and_force_apart(records: Records) -> None:
    record = records.record(BY_NAME["norms"], "N-FREE-USE")
    assert values(record, "modality") == ("right",)
    assert values(record, "force") == ("hard-law",)
    assert "OST" in ids(record, "provisions", "instrument")


def test_an_ambiguity_tells_its_rival_readings_with_their_holders(records: Records) -> None:
    record = records.record(BY_NAME["ambiguities"], "A01")
    readings = {row.thing.id: row for row in rows(record, "readings") if row.thing}
    assert {"I01a", "I01b", "I01c", "I01d"} <= readings.keys()
    holders = {holder.id for holder in readings["I01c"].values["held_by"]}  # type: ignore[union-attr]
    assert {"CHN", "RUS"} <= holders


def test_the_articles_of_a_treaty_stand_in_its_own_order(records: Records) -> None:
    found = [row.values["place"] for row in rows(records.record(BY_NAME["instruments"], "OST"), "provisions")]
    order = [str(place).split(",")[0] for place in found]
    assert order.index("Article IV") < order.index("Article V") < order.index("Article IX")


def test_a_source_tells_every_fact_that_cites_it_in_parts(records: Records) -> None:
    sources = BY_NAME["sources"]
    whole = records.record(sources, "nl-treatybank-ost").section("facts")
    part = records.record(sources, "nl-treatybank-ost", limit=10, offset=5).section("facts")
    assert whole is not None and part is not None
    assert part.total == whole.total > 15
    assert part.rows == whole.rows[5:15]


def test_the_counted_roll_call_agrees_with_the_stated_tally(records: Records) -> None:
    record = records.record(BY_NAME["resolutions"], "A-RES-77-41")
    counted = {row.values["vote"]: row.values["states"] for row in rows(record, "tally")}
    assert (counted["yes"],) == values(record, "yes")
    assert (counted["no"],) == values(record, "no")


def test_a_page_of_a_list_is_a_part_of_the_whole(records: Records) -> None:
    norms = BY_NAME["norms"]
    whole = records.listing(norms, {}, limit=1000)
    part = records.listing(norms, {}, limit=10, offset=20)
    assert part.rows == whole.rows[20:30]
    assert part.total == whole.total and part.following == 30
    assert records.listing(norms, {}, limit=1000).following is None


def test_an_unknown_filter_is_refused_with_the_known_ones(records: Records) -> None:
    with pytest.raises(BadValue, match="tehme") as error:
        records.listing(BY_NAME["norms"], {"tehme": "x"})
    assert "theme" in error.value.remedy


def test_an_unknown_value_of_a_filter_is_refused(records: Records) -> None:
    with pytest.raises(UnknownName):
        records.listing(BY_NAME["norms"], {"theme": "no-such-theme"})


def test_a_day_that_is_none_is_refused(records: Records) -> None:
    with pytest.raises(BadDate):
        records.record(BY_NAME["states"], "AUS", "2023-02-30")


def test_an_unknown_id_is_refused_with_the_nearest(records: Records) -> None:
    with pytest.raises(UnknownName, match="AUX") as error:
        records.record(BY_NAME["states"], "AUX")
    assert "AUS" in error.value.remedy
    assert "AUS" in error.value.extension["nearest"]


@pytest.mark.parametrize(
    ("kind", "name", "local"),
    [("states", "aus", "AUS"), ("states", "Australia", "AUS"), ("alliances", "artemis", "artemis-accords")],
)
def test_a_thing_is_found_by_another_name(records: Records, kind: str, name: str, local: str) -> None:
    assert records.canonical(BY_NAME[kind], name) == local


def test_a_concept_tells_its_definition_and_its_uses(records: Records) -> None:
    record = records.concept("modality", "obligation")
    assert values(record, "definition")
    uses = record.section("uses")
    assert uses is not None and uses.total > 10


def test_a_thing_without_a_list_has_a_record_too(records: Records) -> None:
    record = records.plain("https://w3id.org/spacenorms/id/rollcall/A-RES-77-41")
    assert record.classes and record.fields


def test_every_parameter_that_narrows_a_list_is_described() -> None:
    for kind in KINDS:
        assert all(each.description for each in filters_of(kind)), kind.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_record_shows_every_property_that_the_facts_give_its_kind(
    graph: KnowledgeGraph, kind: Kind
) -> None:
    everywhere = {"type", "label", "source", "locator", "verification", "notation", "note"}
    names = [
        f"views/record-{kind.singular}",
        *(f"views/record-{kind.singular}-{name}" for name in kind.sections),
    ]
    text = "\n".join(load_all()[name].text for name in names)
    assert isinstance(graph.store, EmbeddedStore)
    start = f"{IDENTIFIER}{kind.singular}/"
    asserted = {
        local_name(quad.predicate.value)
        for quad in graph.store.oxigraph
        if "/facts/" in str(quad.graph_name) and str(quad.subject).startswith(f"<{start}")
    }
    shown = set(re.findall(r"\b[a-z0-9]+:([A-Za-z0-9]+)", text))
    assert asserted - everywhere - shown == set()
