"""Lists and records over HTTP: every form, every fault."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from api.record_models import ListModel, RecordModel
from graph.knowledge import KnowledgeGraph
from graph.records.kinds import KINDS, Kind
from tests.serving import serving

TYPES = {
    "html": "text/html",
    "json": "application/json",
    "csv": "text/csv",
    "turtle": "text/turtle",
    "jsonld": "application/ld+json",
}


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as client:
        yield client


def get(client: httpx.Client, path: str, accept: str = "application/json") -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_list_answers_in_every_form(client: httpx.Client, kind: Kind) -> None:
    for form in ("html", "json", "csv"):
        by_name = get(client, f"/{kind.name}?format={form}", "*/*")
        by_header = get(client, f"/{kind.name}", TYPES[form])
        for answer in (by_name, by_header):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(TYPES[form])
            assert 'rel="alternate"' in answer.headers["link"]
            assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_list_in_json_has_its_shape_and_leads_through_all_pages(client: httpx.Client, kind: Kind) -> None:
    answer = get(client, f"/{kind.name}?limit=200").json()
    ListModel.model_validate(answer)
    found = [item["id"] for item in answer["items"]]
    while answer["next"]:
        answer = get(client, answer["next"]).json()
        found += [item["id"] for item in answer["items"]]
    assert len(found) == len(set(found)) == answer["total"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_record_answers_in_every_form(client: httpx.Client, kind: Kind) -> None:
    first = get(client, f"/{kind.name}?limit=1").json()["items"][0]
    for form, media_type in TYPES.items():
        answer = get(client, f"{first['url']}?format={form}", "*/*")
        assert answer.status_code == 200, (form, answer.text)
        assert answer.headers["content-type"].startswith(media_type)
        assert get(client, first["url"], media_type).headers["content-type"].startswith(media_type)
    record = get(client, first["url"]).json()
    RecordModel.model_validate(record)
    assert record["iri"] == first["iri"]
    triples = list(ox.parse(get(client, first["url"], "text/turtle").content, format=ox.RdfFormat.TURTLE))
    assert triples and all(quad.subject == ox.NamedNode(first["iri"]) for quad in triples)


def test_csv_of_a_list_has_one_line_a_thing(client: httpx.Client) -> None:
    rows = rows_of(get(client, "/norms?limit=1000", "text/csv"))
    assert len(rows) == get(client, "/norms").json()["total"]
    assert {"iri", "id", "label", "modality", "force", "sources", "verification"} <= rows[0].keys()


def test_csv_of_a_record_carries_the_source_of_every_value(client: httpx.Client) -> None:
    rows = rows_of(get(client, "/states/AUS", "text/csv"))
    acts = [row for row in rows if row["section"] == "acts"]
    assert acts and all(row["sources"] and row["verification"] for row in acts)


def test_one_section_of_a_record_is_a_table_of_its_own(client: httpx.Client) -> None:
    rows = rows_of(get(client, "/states/AUS?section=acts", "text/csv"))
    (row,) = (row for row in rows if row["fact"] == "AUS-MOON-accession")
    assert row["instrument"] == "MOON"
    assert row["date"] == "1986-07-07"
    assert row["verification"] == "official"
    assert list(get(client, "/states/AUS?section=acts").json()["sections"]) == ["acts"]


def test_a_record_of_the_past_says_so(client: httpx.Client) -> None:
    then = get(client, "/states/SAU?as_of=2023-06-01").json()
    now = get(client, "/states/SAU?as_of=2024-02-01").json()
    assert then["as_of"] == "2023-06-01"
    standing = {
        day: {row["instrument"]["id"] for row in answer["sections"]["standings"]["rows"]}
        for day, answer in (("then", then), ("now", now))
    }
    assert "MOON" in standing["then"] and "MOON" not in standing["now"]


def test_a_list_is_narrowed_by_code_or_name(client: httpx.Client) -> None:
    by_code = get(client, "/provisions?instrument=OST&limit=1000").json()
    by_name = get(client, "/provisions?instrument=Outer%20Space%20Treaty&limit=1000").json()
    assert by_code["items"] == by_name["items"]
    assert by_code["filters"] == {"instrument": "OST"}
    assert {item["instrument"]["id"] for item in by_code["items"]} == {"OST"}


def test_a_search_looks_in_names_and_codes(client: httpx.Client) -> None:
    found = get(client, "/norms?q=heritage").json()["items"]
    assert "N-CHM" in {item["id"] for item in found}


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/states/AUX", 404, "AUS"),
        ("/norms/N-FREE-USES", 404, "N-FREE-USE"),
        ("/states/AUS?as_of=2023-13-45", 400, "2023-13-45"),
        ("/states/AUS?as_of=yesterday", 400, "yesterday"),
        ("/norms?as_of=1.1.2020", 400, "1.1.2020"),
        ("/norms?tehme=common-heritage", 400, "theme"),
        ("/norms?theme=comon-heritage", 404, "common-heritage"),
        ("/states/AUS?section=actz", 400, "acts"),
        ("/states/AUS?asof=2020-01-01", 400, "as_of"),
        ("/states?format=yaml", 406, "json"),
        ("/states?limit=0", 422, "limit"),
        ("/states?limit=many", 422, "many"),
        ("/states?offset=-1", 422, "offset"),
        ("/vocabulary/modality/obligations", 404, "obligation"),
        ("/id/stat/AUS", 404, "state"),
        ("/id/seat/NONE", 404, "NONE"),
    ],
)
def test_bad_input_gets_a_problem_that_names_it(
    client: httpx.Client, path: str, status: int, told: str
) -> None:
    answer = get(client, path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert told in json.dumps(problem, ensure_ascii=False)
    page = get(client, path, "text/html")
    assert page.status_code == status
    if "format=" not in path:
        assert page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("path", "location"), [("/states/aus", "/states/AUS"), ("/alliances/ilrs", None)])
def test_another_name_leads_to_the_record(client: httpx.Client, path: str, location: str | None) -> None:
    answer = get(client, path + "?as_of=2022-01-01")
    if location is None:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 307
        assert answer.headers["location"] == location + "?as_of=2022-01-01"


def test_an_address_of_a_thing_leads_people_to_the_page_and_programs_to_the_description(
    client: httpx.Client,
) -> None:
    person = get(client, "/id/norm/N-CHM", "text/html,application/xhtml+xml,*/*;q=0.8")
    assert (person.status_code, person.headers["location"]) == (303, "/norms/N-CHM")
    program = get(client, "/id/norm/N-CHM", "text/turtle")
    assert program.status_code == 200
    assert b"Common heritage" in program.content
    conflict = get(client, "/id/conflict/C01", "text/html")
    assert conflict.headers["location"] == "/conflicts/C01"
    assert get(client, "/id/seat/FRA", "text/html").status_code in (200, 404)


def test_a_description_holds_what_is_asserted_and_nothing_derived(client: httpx.Client) -> None:
    turtle = get(client, "/states/AUS", "text/turtle").text
    assert "iso3" in turtle
    assert "boundBy" not in turtle and "memberOf" not in turtle


@pytest.mark.parametrize("path", ["/ontology", "/dataset"])
def test_ontology_and_data_set_answer_people_and_programs(client: httpx.Client, path: str) -> None:
    assert "<h1>" in get(client, path, "text/html").text
    for media_type, form in (
        ("text/turtle", ox.RdfFormat.TURTLE),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
    ):
        answer = get(client, path, media_type)
        assert len(list(ox.parse(answer.content, format=form))) > 100


def test_the_vocabularies_define_every_concept(client: httpx.Client) -> None:
    answer = get(client, "/vocabulary").json()
    assert answer["total"] > 200
    assert "<dl" in get(client, "/vocabulary", "text/html").text
    concept = get(client, "/vocabulary/verification/recalled").json()
    assert concept["fields"]["definition"]


def test_the_interface_description_documents_lists_and_records(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for kind in KINDS:
        for path in (f"/{kind.name}", f"/{kind.name}/{{local}}"):
            content = paths[path]["get"]["responses"]["200"]["content"]
            assert "application/json" in content and "text/csv" in content
    names = {each["name"] for each in paths["/norms"]["get"]["parameters"]}
    assert {"theme", "modality", "limit", "offset", "format"} <= names


HOSTILE = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix spn: <https://w3id.org/spacenorms/ontology#> .
@prefix state: <https://w3id.org/spacenorms/id/state/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix source: <https://w3id.org/spacenorms/id/source/> .
@prefix sourcekind: <https://w3id.org/spacenorms/vocabulary/sourcekind/> .
state:XXH a spn:State ; rdfs:label "<script>alert(1)</script> & \\"quoted\\""@en ; spn:iso3 "XXH" ;
  skos:notation "XXH" ; spn:region "<img src=x onerror=alert(2)>"@en ; dcterms:source source:evil ;
  spn:note "line one\\nline two <b>bold</b>"@en .
source:evil a spn:Source ; rdfs:label "Evil"@en ; dcterms:title "\\"><svg onload=alert(3)>"@en ;
  spn:sourceKind sourcekind:scholarly ; foaf:page <javascript:alert(4)> .
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("hostile") / "hostile.ttl"
    path.write_text(HOSTILE, encoding="utf-8")
    graph = KnowledgeGraph.load([Path(path)], today=datetime.date(2026, 11, 23))
    with serving(graph=graph) as client:
        yield client


@pytest.mark.parametrize("path", ["/states/XXH", "/states?q=XXH", "/sources/evil", "/sources?q=evil", "/"])
def test_a_hostile_label_is_shown_as_text(hostile: httpx.Client, path: str) -> None:
    page = get(hostile, path, "text/html")
    assert page.status_code == 200
    for raw in ("<script>alert", "<img src=x", "<svg onload", "<b>bold"):
        assert raw not in page.text
    assert 'href="javascript:' not in page.text


def test_a_hostile_label_is_data_to_programs(hostile: httpx.Client) -> None:
    assert get(hostile, "/states/XXH").json()["label"].startswith("<script>")
    assert get(hostile, "/states/XXH?format=turtle", "*/*").status_code == 200
