"""Pictures ask for nothing from any host, escape every label, and show the numbers of their table."""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from serving import serving

from graph.chance.leaveouts import leave_outs
from graph.chance.rankspans import rank_spans
from graph.errors import BadDate, BadValue, UnknownName
from graph.knowledge import KnowledgeGraph
from graph.measures.bridges import bridges, without_meeting_places
from graph.measures.catalogue import ranks, values
from graph.networks.building import network
from graph.pictures.drawings import drawing
from graph.pictures.layout import BANDS, TALL, WIDE, place
from graph.pictures.page import ASSETS, COLOURS, Picture, picture, safe_json

HOSTILE = "</script><img src=x onerror=\"window.hacked=1\"><b>&amp; href=\u2028 'q'"


class Page(HTMLParser):
    """Collects what a page loads, its scripts and styles, and the cells of its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.rows: list[list[str]] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "srcset", "action", "data") and value:
                self.loads.append(value)
            if name.startswith("on") or name == "style":
                self.handlers.append(f"{name}={value}")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in self.inline:
            self.inline[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside in ("td", "th"):
            self.rows[-1][-1] += data
        if inside in self.inline:
            self.inline[inside][-1] += data


class HostileKnowledge:
    """A knowledge graph whose every text tries to break out of the page."""

    version = HOSTILE
    today = datetime.date(2026, 1, 1)

    def run(self, name: str, **values: object) -> list[dict[str, object]]:
        return {
            "networks/alliances": [
                {"alliance": f"x:{code}", "code": code, "label": f"{code} {HOSTILE}", "alias": None}
                for code in ("one", "two")
            ],
            "networks/sources": [{"source": "x:s", "title": HOSTILE}],
            "networks/linkages": [],
            "networks/affiliation": [
                self._tie(state, code)
                for state, codes in (
                    ("A", "one"),
                    ("B", "two"),
                    ("C", "one two"),
                    ("D", "three"),
                    ("E", "three"),
                )
                for code in codes.split()
            ]
            + [self._tie("A", "three")],
            "networks/memberships": [
                self._membership(state, code)
                for state, codes in (("A", "one"), ("B", "two"), ("C", "one two"))
                for code in codes.split()
            ],
        }[name.replace("networks/blocs", "networks/affiliation")]

    def _tie(self, state: str, code: str) -> dict[str, object]:
        return {
            "state": f"x:{state}", "state_code": state, "state_label": f"{state} {HOSTILE}",
            "affiliation": f"x:{code}", "affiliation_code": code, "affiliation_label": f"{code} {HOSTILE}",
            "kind": "alliance", "certain": True, "verification": "reported", "source": "x:s",
        }  # fmt: skip

    def _membership(self, state: str, code: str) -> dict[str, object]:
        return {
            "membership": f"x:{state}-{code}", "member": f"x:{state}", "member_code": state, "level": HOSTILE,
            "member_label": f"{state} {HOSTILE}", "alliance": f"x:{code}", "alliance_code": code,
            "note": HOSTILE, "alliance_label": f"{code} {HOSTILE}", "engagement": "state",
            "since": HOSTILE, "certain": True, "verification": "reported",
            "source": "x:s", "source_title": HOSTILE,
        }  # fmt: skip


@pytest.fixture(scope="module")
def drawn(graph) -> Picture:
    return picture(graph)


def test_a_picture_of_its_own_loads_nothing(drawn) -> None:
    page = Page(drawn.page())
    assert [address for address in page.loads if not address.startswith("data:")] == []
    assert not {"img", "iframe", "object", "embed", "audio", "video"} & set(page.tags)
    for sheet in page.inline["style"]:
        assert "url(" not in sheet and "@import" not in sheet
    own = page.inline["script"][-1]
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(|innerHTML", own)


def test_a_linked_picture_asks_only_for_the_addresses_given(drawn) -> None:
    urls = {name: f"/files/{name}" for name in ASSETS}
    page = Page(drawn.page(assets="linked", urls=urls))
    assert [address for address in page.loads if not address.startswith("data:")] == [
        urls["page.css"], urls["picture.css"], urls["vis-network.min.js"], urls["picture.js"],
    ]  # fmt: skip
    assert page.inline["style"] == [] and page.handlers == []


def test_scripts_and_styles_carry_the_nonce(drawn) -> None:
    text = drawn.page(nonce="n0nce")
    assert text.count('nonce="n0nce"') == 4
    assert len(Page(text).inline["script"]) == 3 and text.count('<script nonce="n0nce">') == 2


def test_hostile_labels_stay_text() -> None:
    text = picture(HostileKnowledge(), between=("one", "two")).page()
    page = Page(text)
    assert "img" not in page.tags and "b" not in page.tags and page.handlers == []
    assert text.count("</script>") == len(page.inline["script"]) == 3
    data = json.loads(page.inline["script"][0])
    assert any(HOSTILE in node["name"] for node in data["nodes"])
    assert any(HOSTILE in cell for row in page.rows for cell in row)


def test_json_cannot_end_its_element() -> None:
    text = safe_json({"x": HOSTILE + "<!--"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"x": HOSTILE + "<!--"}


def test_the_table_holds_the_numbers_of_the_picture(graph, drawn) -> None:
    found = {row.code: row for row in bridges(graph).rows}
    rows = [row for row in Page(drawn.body()).rows if row and row[0].strip().isdigit()]
    assert len(rows) == len(network(graph, "affiliation").states())
    for row in rows:
        value = found[row[3]].betweenness if row[3] in found else 0.0
        share = found[row[3]].share if row[3] in found else 0.0
        assert (row[5], row[6]) == (f"{value:.4f}", f"{100 * share:.1f} %"), row
    radius = {node["id"]: node["radius"] for node in drawn.data["nodes"]}
    order = [radius[row.code] for row in sorted(found.values(), key=lambda row: row.betweenness)]
    assert order == sorted(order)


def test_a_named_measure_sets_the_size(graph) -> None:
    made = picture(graph, measure_name="degree")
    degree = values(network(graph, "affiliation").graph, "degree")
    rows = {row[3]: row for row in Page(made.body()).rows if row and row[0].strip().isdigit()}
    assert rows["USA"][5] == f"{degree['USA']:.4f}"


def test_the_interval_of_a_rank_is_told_in_the_table_and_in_the_tooltip(graph, drawn) -> None:
    spans = rank_spans(graph)
    rows = {row[3]: row for row in Page(drawn.body()).rows if row and row[0].strip().isdigit()}
    titles = {node["id"]: node for node in drawn.data["nodes"] if not node["affiliation"]}
    for code, span in spans.items():
        told = str(span.best) if span.best == span.worst else f"{span.best}–{span.worst}"
        assert rows[code][1] == told
        words = f"Rank {span.best} still" if span.best == span.worst else f"Rank {span.best} to {span.worst}"
        assert words in titles[code]["title"] and any(words in fact for fact in titles[code]["facts"])


def test_the_interval_is_that_of_networks_built_without_a_part(graph) -> None:
    """For what is left out, the same rank as in a picture of the remaining facts."""
    base = network(graph, "affiliation")
    spans = rank_spans(graph)
    kept = [each for each in leave_outs(graph, base) if each.kind in ("instrument", "tradition")][::5]
    for variant in kept:
        whole, blocs = variant.network.graph, variant.network.blocs
        remaining = without_meeting_places(whole, blocs)[0]
        own = values(remaining, "betweenness")
        place = ranks({state: own.get(state, 0.0) for state in variant.network.states()})
        for state, rank in place.items():
            assert spans[state].best <= rank <= spans[state].worst


def test_an_interval_that_would_take_long_is_said_not_to_be_computed(graph) -> None:
    assert rank_spans(graph, "affiliation", "constraint", effort="quick") is None
    made = picture(graph, measure_name="constraint")
    assert "Rank interval not computed" in made.data["nodes"][0]["title"]
    assert "the rank interval is not computed here" in made.context["table"].caption


@pytest.mark.parametrize("view", ["voting", "linkages", "norms", "readings"])
def test_a_headline_speaks_of_what_the_view_ties(graph, view) -> None:
    made = picture(graph, view)
    assert "overlap" not in made.headline
    word = {"voting": "alike", "linkages": "actors", "norms": "norms", "readings": "readings"}[view]
    assert word in made.headline


def test_the_words_name_the_states_in_both_the_day_and_the_source(graph, drawn) -> None:
    body = drawn.body()
    for word in ("Thailand", "Senegal", "Serbia", "Djibouti", "23 November 2026", graph.version, "official"):
        assert word in body, word
    assert "Three states belong to both" in drawn.headline
    assert (
        "without the meeting places of the blocs" in body and "Moon Agreement" in drawn.context["caption"][0]
    )
    earlier = picture(graph, as_of="2023-06-01")
    assert earlier.headline.startswith("No states belong") and "1 June 2023" in earlier.body()


def test_nothing_significant_is_said_not_drawn(graph) -> None:
    made = picture(graph, "alignment")
    assert "No pair" in made.headline and made.data["edges"] == []
    raw = picture(graph, "alignment", raw=True)
    assert len(raw.data["edges"]) == 600 and "600 strongest" in raw.body()


@pytest.mark.parametrize("form", [WIDE, TALL], ids=["wide", "tall"])
def test_blocs_keep_their_sides_and_nobody_overlaps(drawn, form) -> None:
    name = "tall" if form.upright else "wide"
    layout = drawn.data["layouts"][name]
    axis = 1 if form.upright else 0
    at = {code: point[axis] for code, point in layout["positions"].items()}
    assert at["FRA"] < at["THA"] < at["CHN"]
    points = [tuple(point) for point in layout["positions"].values()]
    assert len(set(points)) == len(points)
    first, second = (bloc["box"] for bloc in layout["blocs"])
    for code in ("THA", "SEN", "SRB"):
        x, y = layout["positions"][code]
        for box in (first, second):
            assert box[0] < x < box[2] and box[1] < y < box[3]


@pytest.mark.parametrize("counts", [(0, 0, 0, 0, 0), (1, 0, 0, 0, 1), (3, 2, 9, 4, 50), (150, 0, 0, 0, 2)])
@pytest.mark.parametrize("form", [WIDE, TALL], ids=["wide", "tall"])
def test_rooms_do_not_overlap_whatever_the_numbers(form, counts) -> None:
    members = {band: [f"{band}{i}" for i in range(count)] for band, count in zip(BANDS, counts, strict=True)}
    members["neither"] = [f"n{i}" for i in range(30)]
    found = place(members, form).positions
    assert len(found) == sum(counts) + 30
    least = min(min(cell) for cell in (*form.cells, *form.beneath_cells)) - 1e-6
    points = list(found.values())
    for number, (x, y) in enumerate(points):
        for other_x, other_y in points[number + 1 :]:
            assert max(abs(x - other_x), abs(y - other_y)) >= least * 0.9


def test_colours_stand_out_from_the_paper() -> None:
    for palette in COLOURS.values():
        for name in ("first", "second", "ink", "muted"):
            assert _contrast(palette[name], palette["paper"]) >= (4.5 if name in ("ink", "muted") else 3.0), (
                name
            )


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_bad_names_and_days_are_refused(graph) -> None:
    with pytest.raises(UnknownName):
        picture(graph, "afiliation")
    with pytest.raises(UnknownName):
        picture(graph, measure_name="betweeness")
    with pytest.raises(BadDate):
        picture(graph, as_of="yesterday")


@pytest.mark.parametrize("between", [["artemis"], ["artemis", "ilrs", "esa"]])
@pytest.mark.parametrize("draw", [picture, drawing])
def test_a_picture_between_other_than_two_alliances_is_refused(graph, draw, between) -> None:
    with pytest.raises(BadValue, match="two alliances"):
        draw(graph, "affiliation", between=between)


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A headless Chromium that can reach no host but this machine; required where CI runs."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        if os.environ.get("CI"):
            pytest.fail("Chromium and chromedriver are not installed, and CI needs them.")
        pytest.skip("Chromium and chromedriver are not installed.")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--window-size=1400,1000", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


def _open(browser, text: str, path: Path) -> tuple[list[str], list[str]]:
    """Open a page from disk; return the addresses asked for and what the console says."""
    path.write_text(text, encoding="utf-8")
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(path.as_uri())
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    return asked, [entry["message"] for entry in browser.get_log("browser")]


COUNT_INK = """
  const canvas = document.querySelector('#picture-canvas canvas');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200) seen.add((data[i] << 16) + (data[i + 1] << 8) + data[i + 2]);
  }
  return [canvas.width, canvas.height, seen.has(0x0072b2), seen.has(0xd55e00)];
"""


@pytest.mark.browser
def test_the_file_draws_itself_without_any_request(browser, drawn, tmp_path) -> None:
    path = tmp_path / "picture.html"
    asked, console = _open(browser, drawn.page(), path)
    assert [address for address in asked if not address.startswith(("file://" + str(path), "data:"))] == []
    assert console == []
    width, height, first, second = browser.execute_script(COUNT_INK)
    assert width > 800 and height > 400 and first and second
    browser.execute_script(
        "const find = document.getElementById('picture-find'); find.value = 'THA';"
        "find.dispatchEvent(new Event('change'));"
    )
    told = browser.execute_script("return document.getElementById('picture-detail').textContent")
    assert told.startswith("Thailand") and "In both" in told and "Outer Space Treaty" in told


@pytest.mark.browser
def test_the_arrow_keys_go_from_state_to_state(browser, drawn, tmp_path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    _open(browser, drawn.page(), tmp_path / "picture.html")
    canvas = browser.find_element(By.ID, "picture-canvas")
    browser.execute_script("arguments[0].focus()", canvas)
    told, shown = [], "return document.getElementById('picture-detail').textContent"
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        browser.switch_to.active_element.send_keys(key)
        told.append(browser.execute_script(shown))
    assert told[0] == told[2] != told[1]
    assert told[0].startswith("Angola") and "Rank " in told[0]
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert "arrow keys" in browser.execute_script(shown)


@pytest.mark.browser
def test_layers_can_be_shown_and_the_page_grows(browser, drawn, tmp_path) -> None:
    _open(browser, drawn.page(), tmp_path / "picture.html")
    height = "return document.getElementById('picture-canvas').clientHeight"
    before = browser.execute_script(height)
    browser.execute_script("document.querySelectorAll('[data-shows]').forEach(box => box.click())")
    assert browser.execute_script(height) > before + 100


@pytest.mark.browser
def test_hostile_labels_run_nothing(browser, tmp_path) -> None:
    text = picture(HostileKnowledge(), between=("one", "two")).page()
    _, console = _open(browser, text, tmp_path / "hostile.html")
    for code in ("A", "C", "one"):
        browser.execute_script(
            "const find = document.getElementById('picture-find'); find.value = arguments[0];"
            "find.dispatchEvent(new Event('change'));",
            code,
        )
    assert browser.execute_script("return [window.hacked || null, document.images.length]") == [None, 0]
    assert console == []


@pytest.mark.browser
def test_the_intervals_of_ranks_come_after_the_picture(browser) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    fresh = KnowledgeGraph.load()
    with serving(graph=fresh) as client:
        text = client.get("/networks/alignment/picture", headers={"Accept": "text/html"}).text
        assert "Rank interval not computed" in text and "intervals=yes" in text
        browser.get("about:blank")
        browser.get_log("browser")
        browser.get(f"{client.base_url}/networks/alignment/picture")
        WebDriverWait(browser, 30).until(lambda page: not page.find_elements(By.ID, "picture-intervals"))
        cells = {
            row.get_attribute("data-node"): row.find_element(By.CSS_SELECTOR, "[data-column=interval]").text
            for row in browser.find_elements(By.CSS_SELECTOR, "tr[data-node]")[:40]
        }
        told = {
            row["node"]: row for row in client.get("/networks/alignment/picture?format=json").json()["rows"]
        }
        assert len(cells) == 40
        assert cells == {code: told[code]["interval"] for code in cells}
        chosen = next(iter(cells))
        browser.execute_script(
            "const find = document.getElementById('picture-find'); find.value = arguments[0];"
            "find.dispatchEvent(new Event('change'));",
            chosen,
        )
        detail = browser.find_element(By.ID, "picture-detail").text
        assert told[chosen]["interval_in_words"] in detail and "not computed" not in detail
        assert "variants without two blocs do not count" in browser.find_element(By.TAG_NAME, "caption").text
        assert browser.get_log("browser") == []
        later = client.get("/networks/alignment/picture", headers={"Accept": "text/html"}).text
        assert "picture-intervals" not in later and told[chosen]["interval_in_words"] in later


def test_who_has_no_scripts_asks_for_the_intervals_by_a_link() -> None:
    page = {"Accept": "text/html"}
    with serving(graph=KnowledgeGraph.load()) as client:
        text = client.get("/networks/affiliation/picture?measure=degree", headers=page).text
        link = unescape(re.search(r'<a href="([^"]+intervals=yes[^"]*)"', text)[1])
        whole = client.get(link, headers=page).text
    assert "picture-intervals" not in whole and "Rank interval not computed" not in whole


def test_a_picture_tells_its_numbers_to_programs(graph, drawn) -> None:
    record = drawn.record()
    assert record["headline"] == drawn.headline
    states = {node["id"] for node in drawn.data["nodes"] if not node["affiliation"]}
    assert {row["node"] for row in record["rows"]} == states
    place = ranks({row["node"]: row["value"] for row in record["rows"]})
    assert {row["node"]: row["rank"] for row in record["rows"]} == place
    assert all(row["interval"] and row["ties"] > 0 for row in record["rows"])


def test_a_figure_of_its_own_tells_what_its_marks_show() -> None:
    with serving(graph=KnowledgeGraph.load()) as client:
        rows = client.get("/networks/linkages/picture?format=json").json()["rows"]
    assert rows and all(row["mark"] and row["shows"] for row in rows)
