"""Dates of any precision, and what holds on a day."""

from __future__ import annotations

import calendar
import datetime

import pyoxigraph as ox
import pytest

from graph.dates import day
from graph.errors import BadDate
from graph.knowledge import KnowledgeGraph
from graph.namespaces import ONTOLOGY
from graph.rdf import loader

SPN = f"PREFIX spn: <{ONTOLOGY}> "


def bounds(literal: str) -> tuple[str, str]:
    """Return the bounds that the rules derive for one dated fact."""
    store = ox.Store()
    fact = ox.NamedNode("https://example.org/fact")
    kind = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(literal)]
    date = ox.Literal(literal, datatype=ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{kind}"))
    store.add(ox.Quad(fact, ox.NamedNode(ONTOLOGY + "date"), date))
    loader.derive(store, datetime.date(2026, 11, 23))
    found = {
        name: next(
            iter(store.quads_for_pattern(fact, ox.NamedNode(ONTOLOGY + name), None, None))
        ).object.value
        for name in ("earliestStart", "latestStart")
    }
    return found["earliestStart"], found["latestStart"]


@pytest.mark.parametrize("year", [1900, 1967, 1999, 2000, 2024, 2026, 2100])
@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_covers_its_first_to_its_last_day(year: int, month: int) -> None:
    last = calendar.monthrange(year, month)[1]
    stem = f"{year:04}-{month:02}"
    assert bounds(stem) == (f"{stem}-01", f"{stem}-{last:02}")


def test_a_year_covers_its_first_to_its_last_day_and_a_day_is_both_bounds() -> None:
    assert bounds("1967") == ("1967-01-01", "1967-12-31")
    assert bounds("1967-01-27") == ("1967-01-27", "1967-01-27")


def standing(graph: KnowledgeGraph, name: str) -> dict[str, object]:
    rows = graph.query(
        SPN + f"SELECT ?earliest ?latest ?end {{ <https://w3id.org/spacenorms/id/standing/{name}>"
        " spn:latestStart ?latest . OPTIONAL { <https://w3id.org/spacenorms/id/standing/"
        f"{name}> spn:earliestStart ?earliest }} OPTIONAL {{ <https://w3id.org/spacenorms/id/standing/{name}>"
        " spn:latestEnd ?end } }"
    ).rows
    assert len(rows) == 1
    return dict(rows[0])


def test_the_moon_agreement_takes_effect_on_the_thirtieth_day_after_the_deposit(
    graph: KnowledgeGraph,
) -> None:
    deposit = graph.query(
        SPN + "SELECT ?date { <https://w3id.org/spacenorms/id/act/AUS-MOON-accession> spn:date ?date }"
    ).rows[0]["date"]
    effect = datetime.date.fromisoformat(str(deposit)) + datetime.timedelta(days=30)
    assert standing(graph, "AUS-MOON-accession")["latest"] == effect.isoformat()


def test_no_standing_as_party_begins_before_its_treaty_is_in_force(graph: KnowledgeGraph) -> None:
    early = graph.query(
        SPN + "PREFIX standing: <https://w3id.org/spacenorms/vocabulary/standing/> "
        "SELECT ?s { ?s spn:standing standing:party ; spn:instrument ?i ; spn:earliestStart ?start ."
        " ?i spn:earliestStart ?force FILTER(?start < ?force) }"
    )
    assert early.rows == []


def test_a_withdrawal_has_two_dates_and_the_later_one_counts(graph: KnowledgeGraph) -> None:
    notice, effect = graph.query(
        SPN + "SELECT ?d { <https://w3id.org/spacenorms/id/act/SAU-MOON-withdrawal>"
        " spn:date|spn:effectiveDate ?d } ORDER BY ?d"
    ).rows
    assert str(notice["d"]) < str(effect["d"])
    assert standing(graph, "SAU-MOON-accession")["end"] == effect["d"]


def test_a_state_that_no_longer_exists_is_party_to_nothing(graph: KnowledgeGraph) -> None:
    rows = graph.query(SPN + "SELECT ?state ?treaty { ?state a spn:FormerState ; spn:partyTo ?treaty }").rows
    assert rows == []
    acted = graph.query(SPN + "SELECT ?act { ?state a spn:FormerState . ?act spn:participant ?state }").rows
    assert acted != []


def test_an_undated_listing_counts_from_the_day_its_source_speaks(graph: KnowledgeGraph) -> None:
    undated = graph.query(
        SPN + "SELECT ?act ?latest { ?act a spn:TreatyAction ; spn:latestStart ?latest ."
        " FILTER NOT EXISTS { ?act spn:date ?date } }"
    ).rows
    assert undated
    assert all(str(row["latest"]) <= "2026-11-22" for row in undated)


def test_every_act_has_a_day_by_which_it_certainly_happened(graph: KnowledgeGraph) -> None:
    missing = graph.query(
        SPN + "SELECT ?x { VALUES ?c { spn:TreatyAction spn:Membership spn:Commitment } ?x a ?c ."
        " FILTER NOT EXISTS { ?x spn:latestStart ?latest } }"
    ).rows
    assert missing == []


@pytest.mark.parametrize(
    "text", ["2023-02-30", "23-01-01", "yesterday", "2023-1-1", "2023", "", "２０２３-01-01"]
)
def test_a_text_that_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadDate, match="is not a day"):
        day(text)


def test_days_are_read() -> None:
    assert day("2024-01-05") == datetime.date(2024, 1, 5)
    assert day("today") == datetime.date.today()


def test_a_deposit_in_several_capitals_can_have_begun_the_standing_with_the_first(
    graph: KnowledgeGraph,
) -> None:
    rows = graph.query(
        SPN + "PREFIX standing: <https://w3id.org/spacenorms/vocabulary/standing/> "
        "SELECT ?earliest ?latest ?date ?other ?force { ?s a spn:Standing ; spn:standing standing:party ;"
        " spn:earliestStart ?earliest ; spn:latestStart ?latest ; spn:basedOn ?act ; spn:instrument ?i ."
        " ?act spn:date ?date ; spn:otherDate ?other . ?i spn:earliestStart ?force }"
    ).rows
    assert rows
    for row in rows:
        assert str(row["earliest"]) <= max(str(row["other"]), str(row["force"]))
        assert str(row["latest"]) >= str(row["date"])[:4]
