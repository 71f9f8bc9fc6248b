"""The saved queries, asked over HTTP."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote

import httpx
import pyoxigraph as ox
import pytest
from serving import serving

from graph.knowledge import KnowledgeGraph
from graph.sparql import saved

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
HOSTILE = '"><script>alert(1)</script>} DROP ALL #'


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as found:
        yield found


class _Page(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> set[str]:
        return {str(attributes.get("href")) for tag, attributes in self.tags if tag == "a"}

    def count(self, tag: str) -> int:
        return sum(1 for each, _ in self.tags if each == tag)


def following(answer: httpx.Response) -> str | None:
    return answer.links.get("next", {}).get("url")


def problem(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    found: dict[str, object] = answer.json()
    assert found["status"] == answer.status_code
    return found


def test_the_list_has_every_saved_query(client: httpx.Client) -> None:
    listed = client.get("/queries").json()["queries"]
    assert [each["name"] for each in listed] == list(saved.catalogue())
    each = next(each for each in listed if each["name"] == "treaty-participation")
    assert each["title"] and each["description"] and each["tags"]
    assert {"name": "as_of", "type": "date", "default": "today"}.items() <= each["parameters"][2].items()
    assert each["columns"]["verification"]


def test_every_address_of_the_list_answers(client: httpx.Client) -> None:
    for each in client.get("/queries").json()["queries"]:
        assert client.get(each["url"], params={"limit": 1}).status_code == 200, each["name"]


def test_the_list_as_a_table_and_as_a_page(client: httpx.Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/queries?format=csv").text)))
    assert [row["name"] for row in rows] == list(saved.catalogue())
    answer = client.get("/queries", headers=BROWSER)
    assert answer.headers["content-type"].startswith("text/html")
    assert {f"/queries/{name}" for name in saved.catalogue()} <= _Page(answer.text).links()


def test_an_answer_as_rows(client: httpx.Client, graph: KnowledgeGraph) -> None:
    answer = client.get("/queries/withdrawals", params={"state": "SAU"})
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["rows"] == graph.run("withdrawals", state="SAU")
    assert body["columns"] == list(saved.find("withdrawals").columns)
    assert body["parameters"] == {"state": "SAU"}
    assert (body["total"], body["offset"], body["next"]) == (len(body["rows"]), 0, None)
    assert body["data_version"] == graph.version
    assert saved.find("withdrawals").title == body["title"]


def test_the_day_of_an_answer_is_told(client: httpx.Client, graph: KnowledgeGraph) -> None:
    body = client.get("/queries/states-in-both-blocs").json()
    assert body["parameters"]["as_of"] == graph.today.isoformat()
    earlier = client.get("/queries/states-in-both-blocs", params={"as_of": "2024-01-01"}).json()
    assert earlier["parameters"]["as_of"] == "2024-01-01"
    assert earlier["total"] < body["total"]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8"),
        ("tsv", "text/tab-separated-values; charset=utf-8"),
        ("sparql-json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
        ("html", "text/html; charset=utf-8"),
    ],
)
def test_an_answer_can_be_asked_for_in_a_format(client: httpx.Client, form: str, media_type: str) -> None:
    by_name = client.get("/queries/withdrawals", params={"format": form})
    by_header = client.get("/queries/withdrawals", headers={"Accept": media_type.partition(";")[0]})
    for answer in (by_name, by_header):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media_type
        assert "Accept" in answer.headers["vary"]
        assert 'rel="alternate"' in answer.headers["link"]


def test_the_formats_say_the_same(client: httpx.Client) -> None:
    path = "/queries/members-of-an-alliance?alliance=ilrs"
    rows = client.get(path).json()["rows"]
    members = [row["member"] for row in rows]
    from_csv = csv.DictReader(io.StringIO(client.get(f"{path}&format=csv").text))
    assert [row["member"] for row in from_csv] == members
    for form in (ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML):
        content = client.get(path, headers={"Accept": form.media_type}).content
        solutions = ox.parse_query_results(content, format=form)
        assert isinstance(solutions, ox.QuerySolutions)
        assert [solution["member"].value for solution in solutions] == members


def test_pages_of_rows_lead_on_to_the_end(client: httpx.Client) -> None:
    path = "/queries/parties-to-an-instrument?instrument=MOON&limit=5"
    whole = client.get("/queries/parties-to-an-instrument?instrument=MOON").json()
    seen: list[dict[str, object]] = []
    following_path: str | None = path
    while following_path:
        answer = client.get(following_path)
        body = answer.json()
        assert body["total"] == whole["total"]
        assert body["next"] == following(answer)
        assert len(body["rows"]) <= 5
        seen += body["rows"]
        following_path = body["next"]
    assert seen == whole["rows"]


@pytest.mark.parametrize("form", ["csv", "tsv", "xml", "sparql-json", "html"])
def test_other_forms_are_paged_by_their_link(client: httpx.Client, form: str) -> None:
    answer = client.get(f"/queries/commitments?format={form}&limit=10&offset=5")
    assert following(answer) == f"/queries/commitments?format={form}&limit=10&offset=15"


def test_an_offset_behind_the_end_gives_no_rows(client: httpx.Client) -> None:
    body = client.get("/queries/withdrawals?offset=1000").json()
    assert (body["rows"], body["next"]) == ([], None)


def test_a_page_has_form_answer_and_text(client: httpx.Client) -> None:
    answer = client.get("/queries/states-in-both-blocs", headers=BROWSER)
    page = _Page(answer.text)
    names = {attributes.get("name") for tag, attributes in page.tags if tag in ("input", "select")}
    assert {"alliance_a", "alliance_b", "as_of"} <= names
    assert {"/states/THA", "/alliances/ilrs"} & page.links()
    assert "/states/DJI" in page.links()
    assert "Thailand" in page.text and "state level in both" in page.text
    assert "SELECT" in page.text


def test_a_page_of_a_long_answer_shows_a_part(client: httpx.Client) -> None:
    answer = client.get("/queries/treaty-participation", headers=BROWSER)
    total = client.get("/queries/treaty-participation?limit=1").json()["total"]
    assert _Page(answer.text).count("tr") < total
    assert following(answer)


def test_a_graph_is_answered_as_rdf(client: httpx.Client) -> None:
    answer = client.get("/queries/graph-of-a-conflict", params={"conflict": "C01"})
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    triples = {quad.triple for quad in ox.parse(answer.content, format=ox.RdfFormat.TURTLE)}
    for form, rdf in (("ntriples", ox.RdfFormat.N_TRIPLES), ("jsonld", ox.RdfFormat.JSON_LD)):
        other = client.get("/queries/graph-of-a-conflict", params={"conflict": "C01", "format": form})
        assert {quad.triple for quad in ox.parse(other.content, format=rdf)} == triples
    assert client.get("/queries/graph-of-a-conflict", headers=BROWSER).status_code == 200


def test_a_graph_is_no_table(client: httpx.Client) -> None:
    answer = client.get("/queries/graph-of-a-conflict?format=csv")
    assert answer.status_code == 406
    assert "turtle" in str(problem(answer)["remedy"])


@pytest.mark.parametrize(
    ("path", "code", "status", "told"),
    [
        ("/queries/withdrawal", "unknown-query", 404, "withdrawals"),
        ("/queries/withdrawals?stat=SAU", "unknown-parameter", 400, "state"),
        ("/queries/withdrawals?state=SUA", "unknown-state", 404, "SUA"),
        ("/queries/withdrawals?state=SAU&state=AUS", "repeated-parameter", 400, "once"),
        ("/queries/states-in-both-blocs?as_of=2024-02-30", "bad-date", 400, "2024-02-30"),
        ("/queries/treaty-participation?imprecise=maybe", "bad-value", 400, "include"),
        ("/queries/votes-on-a-topic-by-bloc?topic=da_asat_test", "unknown-votetopic", 404, "da_asat_testing"),
        ("/queries/withdrawals?format=pdf", "not-acceptable", 406, "csv"),
        ("/queries?formats=csv", "unknown-parameter", 400, "format"),
        ("/queries/withdrawals?limit=0", "bad-value", 422, "limit"),
        ("/queries/withdrawals?offset=-1", "bad-value", 422, "offset"),
        ("/queries/withdrawals?limit=ten", "bad-value", 422, "ten"),
    ],
)
def test_a_fault_names_the_input_and_what_would_be_right(
    client: httpx.Client, path: str, code: str, status: int, told: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    found = problem(answer)
    assert found["code"] == code
    assert told in json.dumps(found, ensure_ascii=False)


def test_a_fault_on_a_page_keeps_the_form(client: httpx.Client) -> None:
    answer = client.get("/queries/states-in-both-blocs?as_of=yesterday", headers=BROWSER)
    assert answer.status_code == 400
    page = _Page(answer.text)
    assert "yesterday" in page.text
    assert any(attributes.get("name") == "alliance_a" for _, attributes in page.tags)


@pytest.mark.parametrize("name", ["q", "state", "provision"])
def test_hostile_values_are_escaped(client: httpx.Client, name: str) -> None:
    path = f"/queries/norms-of-a-provision?{name}={quote(HOSTILE)}"
    page = client.get(path, headers=BROWSER)
    assert "<script>alert" not in page.text
    if name == "provision":
        body = client.get(path).json()
        assert body["rows"] == []
        assert body["parameters"]["provision"] == HOSTILE
    else:
        assert problem(client.get(path))["code"] == "unknown-parameter"


def test_views_that_the_code_reads_are_not_served(client: httpx.Client) -> None:
    assert client.get("/queries/views%2Fnames").status_code == 404
    assert client.get("/queries/..%2Fpyproject").status_code == 404


def test_head_is_answered(client: httpx.Client) -> None:
    assert client.head("/queries").status_code == 200
    assert client.head("/queries/withdrawals").status_code == 200
