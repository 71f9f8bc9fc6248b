"""Small pictures of several years: one scale, the same places, and a table that says the same numbers."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.commands import main
from api.problems import install
from api.routes.networks import router
from graph.errors import BadValue, UnknownName
from graph.measures.bridges import bridges
from graph.pictures.drawings import rows_of
from graph.pictures.multiples import FIGURES, MOST, multiples
from graph.pictures.page import picture
from graph.pictures.scene import radius_of
from graph.votes.voting import axes

SVG = "{http://www.w3.org/2000/svg}"
YEARS = (1967, 2010, 2022, 2026)


@pytest.fixture(scope="module")
def drawn(graph) -> dict[str, str]:
    return {view: multiples(graph, YEARS, view) for view in FIGURES}


def day_of(graph, year: int) -> dt.date:
    return min(dt.date(year, 12, 31), graph.today)


def marks(text: str, year: int) -> dict[str, ET.Element]:
    return {
        each.get("data-code") or "": each
        for each in ET.fromstring(text).iter(f"{SVG}g")
        if each.get("class") == "mark" and each.get("data-year") == str(year)
    }


def circle(mark: ET.Element) -> tuple[float, float]:
    """Return the place of a mark, and the reach of its first shape."""
    shape = next(each for each in mark if each.tag in (f"{SVG}circle", f"{SVG}path"))
    if shape.tag == f"{SVG}circle":
        return float(shape.get("cx") or 0), float(shape.get("cy") or 0)
    x, y = re.match(r"M([\d.-]+) ([\d.-]+)", shape.get("d") or "").groups()
    return float(x), float(y)


@pytest.mark.parametrize("view", FIGURES)
def test_every_year_has_its_panel_and_its_row(drawn, view) -> None:
    root = ET.fromstring(drawn[view])
    panels = [each for each in root.iter(f"{SVG}g") if each.get("class") == "panel"]
    assert [next(each.text for each in panel.iter(f"{SVG}text")) for panel in panels] == [
        str(year) for year in YEARS
    ]
    rows = dict(rows_of(drawn[view]))
    assert {str(year) for year in YEARS} <= set(rows)
    last = max(float(each.get("y") or 0) for each in root.findall(f"{SVG}text"))
    assert last < float(root.get("height") or 0) < 2600


def test_two_blocs_are_counted_as_on_each_day(drawn, graph) -> None:
    rows = dict(rows_of(drawn["affiliation"]))
    for year in YEARS:
        found = bridges(graph, as_of=day_of(graph, year))
        first, second = found.between
        told = rows[str(year)]
        assert f"In {first.short}: {found.members[first.code]}; " in told
        assert f"In {second.short}: {found.members[second.code]}; " in told
        assert f"In both: {len(found.both)}" in told
        assert all(bridge.label in told for bridge in found.both)
        own = {code for code in marks(drawn["affiliation"], year) if code}
        page = picture(graph, as_of=day_of(graph, year))
        expected = {
            node["id"]
            for node in page.data["nodes"]
            if not node["affiliation"] and node.get("layer") != "neither"
        }
        assert own == expected


def test_states_keep_their_place_and_the_scale_is_one(drawn, graph) -> None:
    early, late = (marks(drawn["affiliation"], year) for year in (2022, 2026))
    shared = {code for code in early if code} & set(late)
    assert len(shared) > 10
    for code in shared:
        assert circle(early[code])[0] == circle(late[code])[0]
    sizes = {
        year: {row.code: row.betweenness for row in bridges(graph, as_of=day_of(graph, year)).rows}
        for year in YEARS
    }
    greatest = max(value for own in sizes.values() for value in own.values())
    for year, found in ((2022, early), (2026, late)):
        for code in list(found)[:20]:
            shape = next((each for each in found[code] if each.tag == f"{SVG}circle"), None)
            if code and shape is not None and shape.get("fill") != "none":
                drawn_as = float(shape.get("r") or 0)
                expected = radius_of(sizes[year].get(code, 0.0), greatest) * 0.55
                assert drawn_as == pytest.approx(expected, abs=0.02)


def test_votes_are_those_of_the_axes_up_to_each_year(drawn, graph) -> None:
    rows = dict(rows_of(drawn["voting"]))
    for year in YEARS:
        found = axes(graph, day_of(graph, year))
        own = {code: mark for code, mark in marks(drawn["voting"], year).items() if code}
        assert set(own) == {place.code for place in found.places}
        assert f"States drawn: {len(found.places)}; Too few votes: {len(found.too_few)}" in rows[str(year)]
        for quadrant in found.quadrants:
            if quadrant.positions == ("yes", "yes"):
                assert f"and to the other: {quadrant.total};" in rows[str(year)]
    told = " ".join(each.text or "" for each in ET.fromstring(drawn["voting"]).iter(f"{SVG}text"))
    assert "No roll call on" in told


def test_years_come_in_order_once_and_as_text(graph) -> None:
    assert multiples(graph, "2022, 2010,2022", "voting") == multiples(graph, [2010, 2022], "voting")


@pytest.mark.parametrize(
    ("years", "choices", "code"),
    [
        ("", {}, "bad-year"),
        ("1066", {}, "bad-year"),
        ("2020,2199", {}, "bad-year"),
        ("20x0", {}, "bad-year"),
        (range(1990, 1991 + MOST), {}, "bad-year"),
        ("2020", {"view": "norms"}, "no-multiples"),
        ("2020", {"as_of": "2020-01-01"}, "day-and-years"),
        ("2020", {"colour": "red"}, "unknown-parameter"),
    ],
)
def test_wrong_years_say_what_would_be_right(graph, years, choices, code) -> None:
    with pytest.raises(BadValue) as raised:
        multiples(graph, years, **choices)
    assert raised.value.code == code and raised.value.remedy


def test_an_unknown_alliance_is_refused(graph) -> None:
    with pytest.raises(UnknownName):
        multiples(graph, "2020", between=("artemis", "ilsr"))


@pytest.fixture(scope="module")
def client(graph):
    application = FastAPI()
    application.state.graph = graph
    install(application)
    application.include_router(router)
    with TestClient(application) as opened:
        yield opened


@pytest.mark.parametrize("view", FIGURES)
def test_the_address_draws_years_and_shows_the_same_numbers(client, drawn, view) -> None:
    years = ",".join(map(str, YEARS))
    address = f"/networks/{view}/picture?years={years}"
    answer = client.get(f"{address}&format=svg")
    assert answer.headers["content-type"].startswith("image/svg+xml") and answer.text == drawn[view]
    page = client.get(address, headers={"Accept": "text/html"}).text
    assert all(escape(name) in page for name, _ in rows_of(drawn[view]))
    assert "years=" in re.search(r'<img class="drawing" src="([^"]+)"', page).group(1)


def test_the_address_says_which_years_there_are(client) -> None:
    answer = client.get("/networks/voting/picture?years=1850&format=svg")
    assert answer.status_code == 400 and answer.json()["code"] == "bad-year"


@pytest.mark.parametrize(("name", "start"), [("years.svg", "<?xml"), ("years.html", "<!doctype html>")])
def test_the_command_draws_years(tmp_path: Path, name, start) -> None:
    path = tmp_path / name
    found = CliRunner().invoke(
        main, ["picture", "affiliation", "--years", "2020,2026", "-o", str(path)], catch_exceptions=False
    )
    assert found.exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith(start) and 'class="panel"' in text
