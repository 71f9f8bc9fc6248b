"""Drawings for print are whole SVG documents: they ask for nothing, escape every label, show every row."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.commands import main
from api.problems import install
from api.routes.networks import router
from graph.errors import BadDate, BadValue, UnknownName
from graph.networks.building import VIEWS, Network, network
from graph.pictures.captions import long_date
from graph.pictures.drawings import FIGURES, drawing, drawn_apart, rows_of
from graph.pictures.figures import arcs, matrix, votingmap, web
from graph.pictures.figures.pen import Pen, wrapped
from graph.pictures.figures.places import label_place, overlap, spread
from graph.pictures.figures.sheet import lay
from graph.votes.voting import axes

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text></svg><script>alert(1)</script><image href='http://x.example/'/>&amp;\" \x00]]>"


@pytest.fixture(scope="module")
def drawn(graph) -> dict[str, str]:
    return {view: drawing(graph, view) for view in VIEWS}


def marks(text: str, kind: str = "mark") -> list[ET.Element]:
    return [each for each in ET.fromstring(text).iter(f"{SVG}g") if each.get("class") == kind]


def words(text: str) -> str:
    return " ".join(each.text or "" for each in ET.fromstring(text).iter(f"{SVG}text"))


@pytest.mark.parametrize("view", VIEWS)
def test_a_drawing_is_one_document_that_asks_for_nothing(drawn, view) -> None:
    root = ET.fromstring(drawn[view])
    assert root.tag == f"{SVG}svg"
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "circle", "line", "path", "text",
    }  # fmt: skip
    names = {name for each in root.iter() for name in each.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
    assert not [value for each in root.iter() for value in each.attrib.values() if "url(" in value]
    fonts = {each.get("font-family") for each in root.iter()} - {None}
    assert fonts <= {"serif", "sans-serif"}


@pytest.mark.parametrize("view", VIEWS)
def test_a_drawing_tells_its_day_its_version_and_its_sources(drawn, graph, view) -> None:
    told = words(drawn[view])
    assert long_date(graph.today.isoformat()) in told
    assert f"data version {graph.version}" in re.sub(r"\s+", " ", told)
    assert re.search(r"[Ss]ources, the most used", told)
    root = ET.fromstring(drawn[view])
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"] and root[0].text and root[1].text


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_drawn_beyond_the_sheet(drawn, view) -> None:
    root = ET.fromstring(drawn[view])
    width, height = (float(root.get(name) or 0) for name in ("width", "height"))
    assert width == 1200 and 400 < height < 2600
    last = max(float(each.get("y") or 0) for each in root.findall(f"{SVG}text"))
    assert last < height


def test_pictures_of_two_blocs_show_every_state(drawn, graph) -> None:
    for view in ("affiliation", "alignment"):
        codes = [each.get("data-code") for each in marks(drawn[view])]
        assert sorted(filter(None, codes)) == network(graph, view).states()


def test_the_voting_map_shows_every_state_with_a_place_apart_from_the_others(drawn, graph) -> None:
    found = axes(graph)
    own = marks(drawn["voting"])
    assert sorted(each.get("data-code") or "" for each in own) == [place.code for place in found.places]
    told = words(drawn["voting"])
    named = {place.label for place in found.places if place.group == "both"}
    named |= {place.label for place in found.places if "mixed" in place.positions}
    assert all(label in told for label in named)
    assert f"{found.votes[0]} roll calls" in told and found.notes[0][:40] in told


def test_arcs_count_every_recorded_tie_once(drawn, graph) -> None:
    found = network(graph, "linkages").graph
    assert sum(int(each.get("data-ties") or 0) for each in marks(drawn["linkages"])) == found.size()
    assert {each.get("data-code") for each in marks(drawn["linkages"], "actor")} == set(found)
    hubs = [each for each in ET.fromstring(drawn["linkages"]).iter() if each.get("class") == "hub"]
    degree, hub = max((number, node) for node, number in found.degree())
    assert hubs and f"At one end of {degree} of {found.size()}" in words(drawn["linkages"])
    assert found.nodes[hub]["label"] in words(drawn["linkages"])


def test_the_web_has_a_chord_for_every_conflict_and_a_dot_for_every_norm_in_one(drawn, graph) -> None:
    found = network(graph, "norms").graph
    pairs = [(a, b, known) for a, b, known in found.edges(data=True) if known["relation"] == "conflicts"]
    chords = marks(drawn["norms"])
    assert sorted(each.get("data-kind") or "" for each in chords) == sorted(
        known["conflict_type"] for _, _, known in pairs
    )
    dots = [each.get("data-code") for each in marks(drawn["norms"], "norm")]
    assert sorted(filter(None, dots)) == sorted({end for a, b, _ in pairs for end in (a, b)})


def test_the_matrix_has_a_dot_for_every_holding(drawn, graph) -> None:
    found = network(graph, "readings").graph
    holdings = [each for each in found.edges(data="relation") if each[2] == "holds"]
    silent = [
        node
        for node, kind in found.nodes(data="kind")
        if kind == "interpretation" and not any(found[node][o]["relation"] == "holds" for o in found[node])
    ]
    assert len(marks(drawn["readings"])) == len(holdings) + len(silent)


def test_every_label_is_escaped(graph) -> None:
    figures = [
        arcs.figure(hostile(network(graph, "linkages")), [HOSTILE]),
        matrix.figure(hostile(network(graph, "readings")), [HOSTILE]),
        web.figure(hostile(network(graph, "norms")), {}, [HOSTILE]),
    ]
    found = axes(graph)
    places = tuple(replace(place, label=HOSTILE) for place in found.places)
    figures.append(votingmap.figure(replace(found, places=places, version=HOSTILE), [HOSTILE]))
    for figure in figures:
        text = lay(figure)
        tags = {each.tag for each in ET.fromstring(text).iter()}
        assert not {f"{SVG}script", f"{SVG}image"} & tags
        assert "<script" not in text and "\x00" not in text and "alert(1)" in text


def hostile(found: Network) -> Network:
    """Return a network whose every name and title tries to break out of the document."""
    copy = nx.Graph(found.graph) if not found.graph.is_multigraph() else nx.MultiGraph(found.graph)
    for _, known in copy.nodes(data=True):
        known["label"] = HOSTILE
    for _, _, known in copy.edges(data=True):
        known |= {name: HOSTILE for name in ("title", "conflict_type") if name in known}
    return replace(found, graph=copy, title=HOSTILE, version=HOSTILE, notes=(HOSTILE, *found.notes))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("day", ["1950-01-01", "1995-06-01", "2021-03-01"])
def test_any_day_can_be_drawn(graph, view, day) -> None:
    assert long_date(day) in words(drawing(graph, view, as_of=day))


@pytest.mark.parametrize("view", VIEWS)
def test_any_two_blocs_can_be_drawn(graph, view) -> None:
    assert ET.fromstring(drawing(graph, view, between=("esa", "apsco"))).tag == f"{SVG}svg"


def test_a_wrong_view_day_or_option_is_told(graph) -> None:
    with pytest.raises(UnknownName, match="votng"):
        drawing(graph, "votng")
    with pytest.raises(BadDate):
        drawing(graph, "norms", as_of="2024-02-31")
    with pytest.raises(BadValue):
        drawing(graph, "voting", threshold="0.5")
    with pytest.raises(BadValue):
        drawing(graph, "affiliation", nonsense="1")


def test_options_of_a_view_hold_for_its_drawing(graph) -> None:
    own = marks(drawing(graph, "linkages", tie="competition"))
    assert own and all("competition" in (each[0].text or "") for each in own)
    assert "1 January 2015" in words(drawing(graph, "voting", since="2015-01-01"))


def test_dots_of_one_place_never_cover_one_another() -> None:
    points = [(0.0, 0.0)] * 40
    for direction in ((0, 0), (1, 0), (0, -1), (1, -1)):
        placed = spread(points, [direction] * 40, 10)
        gaps = [
            ((a - c) ** 2 + (b - d) ** 2) ** 0.5 for i, (a, b) in enumerate(placed) for c, d in placed[:i]
        ]
        assert min(gaps) >= 9.5 and placed[0] == (0.0, 0.0)


def test_labels_stand_free_or_not_at_all() -> None:
    taken, bounds = [(-5.0, -5.0, 5.0, 5.0)], (-100.0, -40.0, 100.0, 40.0)
    for _ in range(30):
        box = label_place(0, 0, 40, 11, taken, bounds)
        if box is None:
            break
        assert not any(overlap(box, other) for other in taken)
        taken.append(box)
    assert box is None and len(taken) > 4


def test_text_that_does_not_fit_is_cut_and_says_so() -> None:
    assert wrapped("one two three four five six seven", 50, 10, 2)[-1].endswith("…")
    pen = Pen()
    pen.text(1, 2, "a < b & c")
    assert ET.fromstring(str(pen)).text == "a < b & c"


@pytest.fixture(scope="module")
def client(graph):
    application = FastAPI()
    application.state.graph = graph
    install(application)
    application.include_router(router)
    with TestClient(application) as opened:
        yield opened


@pytest.mark.parametrize("view", VIEWS)
def test_the_address_of_a_picture_gives_the_drawing(client, drawn, view) -> None:
    answer = client.get(f"/networks/{view}/picture?format=svg")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/svg+xml"
    assert answer.text == drawn[view]
    asked = client.get(f"/networks/{view}/picture", headers={"Accept": "image/svg+xml"})
    assert asked.text == drawn[view]
    page = client.get(f"/networks/{view}/picture", headers={"Accept": "text/html"}).text
    assert f"/networks/{view}/picture?format=svg" in page
    assert (f'<img class="drawing" src="/networks/{view}/picture?format=svg"' in page) == drawn_apart(view)
    assert drawn_apart(view) == (view in FIGURES)
    if drawn_apart(view):
        assert page.count("<tr>") == 1 + len(marks(drawn[view])) == 1 + len(rows_of(drawn[view]))


def test_the_list_of_networks_leads_to_every_drawing(client) -> None:
    page = client.get("/networks", headers={"Accept": "text/html"}).text
    for address in (
        "/timeline",
        "/voting",
        "/bridges",
        *(f"/networks/{v}/picture?format=svg" for v in VIEWS),
    ):
        assert f'href="{address}"' in page


def test_a_wrong_view_or_format_is_a_problem(client) -> None:
    answer = client.get("/networks/votng/picture?format=svg")
    assert answer.status_code == 404 and answer.json()["known"] == list(VIEWS)
    answer = client.get("/networks/voting/picture?format=pdf")
    assert answer.status_code == 406 or answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json" and "svg" in answer.text


def test_the_command_writes_the_drawing_by_the_ending(tmp_path: Path) -> None:
    for name, start in (("web.svg", "<?xml"), ("web.SVG", "<?xml"), ("web.html", "<!doctype html")):
        path = tmp_path / name
        told = CliRunner().invoke(main, ["picture", "norms", "-o", str(path)])
        assert told.exit_code == 0, told.output
        assert path.read_text(encoding="utf-8").lower().startswith(start)
    told = CliRunner().invoke(main, ["picture", "nroms", "-o", str(tmp_path / "x.svg")])
    assert told.exit_code != 0 and not (tmp_path / "x.svg").exists()
