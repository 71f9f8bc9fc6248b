"""What follows from each reading for which norm: in records, pages, sentences and the saved query."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from rdflib import DCTERMS, RDF, Graph, Namespace, URIRef

from graph.knowledge import KnowledgeGraph
from graph.law import consequences as law
from graph.law.sentences import Sentence
from graph.namespaces import ONTOLOGY, local_name
from graph.records.kinds import BY_NAME, BY_SINGULAR
from graph.records.lookup import Records
from graph.resources import ontology_dir
from tests.serving import serving

SPN = Namespace(ONTOLOGY)
FACTS = Graph()
for _name in ("ambiguities", "interpretations", "consequences"):
    FACTS.parse(ontology_dir() / "facts" / f"{_name}.ttl")
CONSEQUENCES = sorted(URIRef(str(each)) for each in FACTS.subjects(RDF.type, SPN.Consequence))
AMBIGUITIES = sorted(local_name(str(each)) for each in FACTS.subjects(RDF.type, SPN.Ambiguity))


def one(subject: URIRef, *path: URIRef) -> URIRef:
    """Return what a path of properties leads to from a subject, of which there is one."""
    for step in path:
        (subject,) = (URIRef(str(value)) for value in FACTS.objects(subject, step))
    return subject


def text(consequence: URIRef) -> str:
    return str(one(consequence, SPN.summary))


def by_ambiguity() -> dict[str, list[URIRef]]:
    found: dict[str, list[URIRef]] = defaultdict(list)
    for each in CONSEQUENCES:
        found[local_name(one(each, SPN.ofReading, SPN.interprets))].append(each)
    return found


def by_norm() -> dict[str, list[URIRef]]:
    found: dict[str, list[URIRef]] = defaultdict(list)
    for each in CONSEQUENCES:
        for norm in FACTS.objects(each, SPN.forNorm):
            found[local_name(str(norm))].append(each)
    return found


@pytest.fixture(scope="module")
def records(graph: KnowledgeGraph) -> Records:
    return Records(graph)


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as client:
        yield client


def test_every_reading_has_consequences_of_its_own() -> None:
    readings = set(FACTS.subjects(RDF.type, SPN.Interpretation))
    assert {one(each, SPN.ofReading) for each in CONSEQUENCES} == readings
    told = [text(each) for each in CONSEQUENCES]
    assert len(set(told)) == len(told)


def test_no_consequence_is_told_as_law() -> None:
    assert [text(each) for each in CONSEQUENCES if not text(each).startswith("On this reading, ")] == []


@pytest.mark.parametrize("code", AMBIGUITIES)
def test_a_question_shows_what_follows_from_each_of_its_readings(client: httpx.Client, code: str) -> None:
    expected = by_ambiguity()[code]
    record = client.get(f"/ambiguities/{code}", params={"format": "json"}).json()
    rows = {row["fact"]["iri"]: row for row in record["sections"]["consequences"]["rows"]}
    assert set(rows) == set(map(str, expected))
    for each in expected:
        row = rows[str(each)]
        assert row["text"] == text(each)
        assert row["interpretation"]["iri"] == str(one(each, SPN.ofReading))
        assert row["effect"]["iri"] == str(one(each, SPN.effect))
        assert {norm["iri"] for norm in row["norms"]} == set(map(str, FACTS.objects(each, SPN.forNorm)))
        assert {source["iri"] for source in row["sources"]} == set(
            map(str, FACTS.objects(each, DCTERMS.source))
        )
    page = html.unescape(client.get(f"/ambiguities/{code}", params={"format": "html"}).text)
    for reading in page.split('<article class="reading">')[1:]:
        own = [each for each in expected if f"/interpretations/{_reading(each)}" in reading]
        assert own
        shown = reading.split("</article>")[0]
        assert [each for each in expected if f"<li>{text(each)}" in shown] == own


def _reading(consequence: URIRef) -> str:
    return local_name(one(consequence, SPN.ofReading))


def test_consequences_are_told_as_csv_and_alone(client: httpx.Client) -> None:
    asked = {"section": "consequences", "format": "csv"}
    table = client.get("/ambiguities/A01", params=asked).text
    assert all(local_name(each) in table for each in by_ambiguity()["A01"])
    page = client.get("/ambiguities/A01", params={"section": "consequences", "format": "html"}).text
    assert all(text(each) in html.unescape(page) for each in by_ambiguity()["A01"])


def test_each_norm_shows_what_the_readings_make_of_it(records: Records) -> None:
    kind = replace(BY_NAME["norms"], sections=("consequences",))
    expected = by_norm()
    for code in records.ids(kind):
        (section,) = records.record(kind, code, told=False).sections
        assert [row.thing.iri for row in section.rows if row.thing] == sorted(map(str, expected[code])), code
        assert all(row.values["held_by"] for row in section.rows)


@pytest.mark.parametrize(
    ("kind", "code", "topic"),
    [("ambiguity", "A01", law.OF_EACH), ("norm", "N-NONAPPROP", law.FOR_NORM)],
)
def test_sentences_say_what_follows_with_source_and_place(
    records: Records, kind: str, code: str, topic: str
) -> None:
    told = [each for each in records.record(BY_SINGULAR[kind], code).sentences if each.topic == topic]
    expected = (by_ambiguity() if kind == "ambiguity" else by_norm())[code]
    assert {_fact(each) for each in told} == set(map(str, expected))
    assert len(told) == len(expected)
    for each in told:
        assert text(URIRef(_fact(each))) in each.text
        assert each.sources
        assert all(cited.locator for cited in each.sources)
        inferred = {cited.verification == "inferred" for cited in each.sources}
        assert inferred == {"The curators infer this" in each.text}


def _fact(sentence: Sentence) -> str:
    (fact,) = (thing.iri for thing in sentence.things if thing.kind == "consequence")
    return fact


def test_the_saved_query_gives_every_consequence_once_for_each_norm(graph: KnowledgeGraph) -> None:
    rows = graph.query("consequences-of-readings").rows
    found = [(str(row["consequence"]), str(row["norm"])) for row in rows]
    expected = [
        (str(each), local_name(str(norm)))
        for each in CONSEQUENCES
        for norm in FACTS.objects(each, SPN.forNorm)
    ]
    assert sorted(found) == sorted(expected)


def test_the_saved_query_can_be_narrowed(graph: KnowledgeGraph) -> None:
    def found(**asked: str) -> set[str]:
        return {str(row["consequence"]) for row in graph.query("consequences-of-readings", **asked).rows}

    usa = URIRef("https://w3id.org/spacenorms/id/state/USA")
    held = {str(each) for each in CONSEQUENCES if (one(each, SPN.ofReading), SPN.heldBy, usa) in FACTS}
    assert found(ambiguity="A09") == set(map(str, by_ambiguity()["A09"]))
    assert found(norm="N-NONAPPROP") == set(map(str, by_norm()["N-NONAPPROP"]))
    assert found(state="USA") == held
    assert found(state="USA", ambiguity="A09") == held & set(map(str, by_ambiguity()["A09"]))
    assert held
    assert held != set(map(str, CONSEQUENCES))


def test_the_opposite_readings_of_resources_part_on_the_ban(graph: KnowledgeGraph) -> None:
    rows = graph.query("consequences-of-readings", ambiguity="A01", norm="N-NONAPPROP").rows
    effects = {row["reading"]: row["effect"] for row in rows}
    assert effects["I01a"] == "reaches less far"
    assert effects["I01d"] == "reaches further"


def test_the_list_can_be_narrowed_by_effect_and_norm(records: Records) -> None:
    listing = records.listing(BY_NAME["consequences"], {"norm": "N-NONAPPROP", "effect": "bars"}, limit=1000)
    expected = [str(each) for each in by_norm()["N-NONAPPROP"] if local_name(one(each, SPN.effect)) == "bars"]
    assert [row.thing.iri for row in listing.rows if row.thing] == expected
    assert expected
