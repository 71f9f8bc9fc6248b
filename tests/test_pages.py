"""The pages: whole, escaped, readable without scripts, with nothing from another host, without dead links."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request

from api import pages
from graph.knowledge import KnowledgeGraph, Result
from graph.records.kinds import KINDS
from graph.sparql.saved import catalogue
from tests.serving import serving

PAGES = (
    "/",
    "/states",
    "/states/AUS",
    "/states/AUS?as_of=2019-01-01",
    "/norms",
    "/norms/N-FREE-USE",
    "/ambiguities/A01",
    "/instruments/OST",
    "/alliances/ilrs",
    "/provisions/OST-II",
    "/sources/nl-treatybank-ost",
    "/resolutions/A-RES-77-41",
    "/ontology",
    "/dataset",
    "/vocabulary",
    "/vocabulary/modality/obligation",
    "/id/rollcall/A-RES-77-41",
    "/states/NOWHERE",
)


class Page(HTMLParser):
    """What a test needs to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def links(self) -> list[str]:
        return [href for attributes in self.all("a") if (href := attributes.get("href"))]


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as client:
        yield client


def page(client: httpx.Client, path: str) -> Page:
    return Page(client.get(path, headers={"Accept": "text/html"}).text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole(client: httpx.Client, path: str) -> None:
    found = page(client, path)
    assert "spacenorms" in found.title
    assert len(found.all("main")) == 1
    assert len(found.all("h1")) == 1
    assert found.all("html")[0]["lang"] == "en"
    assert any(each.get("name") == "viewport" for each in found.all("meta"))
    assert {"href": "#main", "class": "skip"} in found.all("a")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_nothing_from_another_host_and_has_nothing_inline(
    client: httpx.Client, path: str
) -> None:
    found = page(client, path)
    for tag in ("script", "img", "iframe", "source", "video", "embed"):
        assert all(urlsplit(each.get("src") or "").netloc == "" for each in found.all(tag))
    for each in found.all("link"):
        assert urlsplit(each["href"] or "").netloc == ""
    for _, attributes in found.tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
    assert not found.all("style")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_used_from_the_keyboard_and_heard(client: httpx.Client, path: str) -> None:
    found = page(client, path)
    named = {each.get("for") for each in found.all("label")}
    for field in (*found.all("input"), *found.all("select"), *found.all("textarea")):
        assert field.get("type") == "hidden" or field.get("id") in named
    for attributes in (each for _, each in found.tags if each.get("class") == "scroll"):
        assert attributes["tabindex"] == "0" and attributes["aria-label"]
    marks = [attributes["id"] for _, attributes in found.tags if attributes.get("id")]
    assert len(marks) == len(set(marks))


@pytest.mark.parametrize("path", PAGES)
def test_links_within_a_page_have_a_target(client: httpx.Client, path: str) -> None:
    found = page(client, path)
    marks = {attributes.get("id") for _, attributes in found.tags}
    assert [link for link in found.links() if link.startswith("#") and link[1:] not in marks] == []


def test_links_on_the_pages_resolve(client: httpx.Client) -> None:
    """Follow a sample of the links of the pages above: from each page a few of every kind."""
    ours = ("/id/", "/vocabulary", "/ontology", "/dataset", *(f"/{kind.name}" for kind in KINDS))
    waiting = deque(PAGES[:-1])
    seen = set(waiting)
    sources: dict[str, str] = {}
    followed: Counter[tuple[str, str]] = Counter()
    while waiting:
        path = waiting.popleft()
        answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200, (path, sources.get(path))
        if path not in PAGES:
            continue
        for link in Page(answer.text).links():
            target = urljoin(str(answer.url), link).partition("#")[0]
            parts = urlsplit(target)
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            here = parts.netloc == urlsplit(str(client.base_url)).netloc
            sort = (path, parts.path.split("/")[1])
            if here and address.startswith(ours) and address not in seen and followed[sort] < 4:
                followed[sort] += 1
                seen.add(address)
                sources[address] = path
                waiting.append(address)
    assert len(seen) > 150


def test_the_front_page_counts_what_the_graph_holds(client: httpx.Client) -> None:
    text = client.get("/", headers={"Accept": "text/html"}).text
    for kind in ("states", "norms", "acts"):
        total = client.get(f"/{kind}", headers={"Accept": "application/json"}).json()["total"]
        assert re.search(rf'href="/{kind}"><b>{total:,}</b>', text), kind


def test_the_front_page_leads_to_the_three_uses(client: httpx.Client) -> None:
    links = page(client, "/").links()
    assert any(link.startswith("/queries/") for link in links)
    assert "/networks/affiliation/picture" in links
    assert "curl" in client.get("/", headers={"Accept": "text/html"}).text


def test_a_page_names_its_machine_forms(client: httpx.Client) -> None:
    found = page(client, "/norms/N-FREE-USE")
    types = {each.get("type") for each in found.all("link") if each.get("rel") == "alternate"}
    assert types == {"application/json", "text/csv", "text/turtle", "application/ld+json"}
    for each in found.all("link"):
        if each.get("rel") == "alternate":
            answer = client.get(each["href"] or "")
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(str(each["type"]))


def test_a_page_forbids_what_it_does_not_use(client: httpx.Client) -> None:
    policy = client.get("/states/AUS", headers={"Accept": "text/html"}).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy


def test_the_style_sheet_asks_no_other_host(client: httpx.Client) -> None:
    sheet = client.get("/static/style.css")
    assert sheet.status_code == 200
    assert not re.search(r"@import|url\(", sheet.text)
    assert client.get("/static/icon.svg").status_code == 200


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_has_a_contrast_of_at_least_4_5(client: httpx.Client, scheme: int) -> None:
    sheet = client.get("/static/style.css").text
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", sheet.split(":root {")[scheme + 1].split("}")[0]))
    for text in ("ink", "muted", "link", "link-visited", "official", "reported", "recalled", "inferred"):
        for ground in ("paper", "panel"):
            assert contrast(found[text], found[ground]) >= 4.5, (text, ground)
    assert contrast(found["accent-ink"], found["accent"]) >= 4.5
    assert contrast(found["paper"], found["link"]) >= 4.5


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1967-01-27", '<time datetime="1967-01-27">27 January 1967</time>'),
        ("1967-01", '<time datetime="1967-01">January 1967</time>'),
        ("1967", '<time datetime="1967">1967</time>'),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_a_date_is_shown_at_its_precision(value: str, shown: str) -> None:
    assert pages.dated(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("P1Y", "1 year"), ("P30D", "30 days"), ("P1Y6M", "1 year 6 months"), ("PTBT", ""), (3, "")],
)
def test_a_length_of_time_is_shown_in_words(value: object, shown: str) -> None:
    assert pages.lasting(value) == shown


@pytest.mark.parametrize("grade", ["official", "reported", "recalled", "inferred"])
def test_a_grade_is_told_by_a_word_and_not_by_colour_alone(grade: str) -> None:
    assert grade in pages.badge(grade).striptags()


@pytest.mark.parametrize(
    ("iri", "path"),
    [
        ("https://w3id.org/spacenorms/id/state/AUS", "/states/AUS"),
        ("https://w3id.org/spacenorms/id/conflict/C01", "/conflicts/C01"),
        ("https://w3id.org/spacenorms/id/seat/FRA", "/id/seat/FRA"),
        ("https://w3id.org/spacenorms/vocabulary/force/hard-law", "/vocabulary/force/hard-law"),
        ("https://w3id.org/spacenorms/ontology#Norm", "/ontology#Norm"),
        ("https://w3id.org/spacenorms/id/source/a b", "/sources/a%20b"),
        ("http://www.wikidata.org/entity/Q408", "http://www.wikidata.org/entity/Q408"),
    ],
)
def test_an_address_leads_to_a_page_of_this_server(iri: str, path: str) -> None:
    assert pages.local_path(iri) == path


def test_the_pages_of_saved_queries_show_parameters_answer_and_text(graph: KnowledgeGraph) -> None:
    application = FastAPI()
    application.state.graph = graph
    request = Request(
        {"type": "http", "app": application, "path": "/queries", "headers": [], "query_string": b""}
    )
    saved = list(catalogue().values())
    listed = Page(bytes(pages.render(request, "queries.html", saved=saved).body).decode())
    assert {f"/queries/{query.name}" for query in saved} <= set(listed.links())
    for query in saved:
        selects = re.search(r"^\s*SELECT", query.text, re.MULTILINE) is not None
        answer = graph.query(query.name) if selects else Result((), [])
        text = bytes(
            pages.render(
                request,
                "query.html",
                query=query,
                values={},
                columns=answer.columns,
                rows=answer.rows[:20],
                total=len(answer.rows),
                today="2026-11-23",
            ).body
        ).decode()
        fields = {each.get("name") for tag in ("input", "select") for each in Page(text).all(tag)}
        assert {parameter.name for parameter in query.parameters} <= fields
        assert "SELECT" in text or "CONSTRUCT" in text


def test_a_name_that_a_page_was_not_given_is_an_error_when_shown() -> None:
    template = pages.environment().from_string("{% if absent %}no{% endif %}{{ absent }}")
    with pytest.raises(Exception, match="absent"):
        template.render()
