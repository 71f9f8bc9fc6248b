"""The addresses of networks, centrality, pictures and bridges answer people and programs."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from html import unescape

import networkx as nx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.problems import install
from api.routes.networks import router
from graph.measures.bridges import bridges
from graph.measures.catalogue import MEASURES, centrality, fitting, measure
from graph.networks.building import VIEWS, network

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(graph):
    application = FastAPI()
    application.state.graph = graph
    install(application)
    application.include_router(router)
    with TestClient(application) as opened:
        yield opened


def test_the_list_names_every_network_and_measure(client) -> None:
    record = client.get("/networks").json()
    assert {each["view"] for each in record["networks"]} == set(VIEWS)
    assert {each["measure"] for each in record["measures"]} == set(MEASURES)
    assert client.get("/networks?format=csv").text.startswith("view,title")


@pytest.mark.parametrize("view", VIEWS)
def test_a_network_comes_in_every_format(client, graph, view) -> None:
    size = network(graph, view).graph.number_of_nodes()
    assert len(client.get(f"/networks/{view}").json()["nodes"]) == size
    answer = client.get(f"/networks/{view}?format=graphml")
    assert answer.headers["content-type"] == "application/graphml+xml"
    assert len(nx.parse_graphml(answer.text)) == size
    answer = client.get(f"/networks/{view}", headers={"Accept": "application/gexf+xml"})
    assert len(nx.read_gexf(io.BytesIO(answer.content))) == size
    assert client.get(f"/networks/{view}?format=csv").text.startswith("source,target,weight")


@pytest.mark.parametrize("name", MEASURES)
def test_centrality_is_that_of_the_graph(client, graph, name) -> None:
    found = network(graph, "affiliation")
    if measure(name) not in fitting(found.graph):
        answer = client.get(f"/networks/affiliation/centrality?measure={name}")
        assert answer.status_code == 400 and answer.json()["remedy"]
        return
    table = centrality(found, name)
    record = client.get(f"/networks/affiliation/centrality?measure={name}&limit=7").json()
    assert [row["value"] for row in record["rows"]] == [row.value for row in table.rows[:7]]
    for key in ("method", "reference", "n", "m", "as_of", "imprecise", "data_version", "parameters"):
        assert record[key] not in (None, ""), key


def test_centrality_as_csv_starts_with_node_label_value(client) -> None:
    text = client.get("/networks/affiliation/centrality?measure=degree&format=csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:3] == ["node", "label", "value"]


def test_the_day_changes_the_answer(client) -> None:
    now = client.get("/networks/affiliation").json()
    then = client.get("/networks/affiliation?as_of=1970-01-01").json()
    assert then["graph"]["as_of"] == "1970-01-01"
    assert len(then["links"]) < len(now["links"])


def test_bridges_name_the_states_in_both(client, graph) -> None:
    record = client.get("/bridges?between=artemis,ilrs").json()
    assert {each["code"] for each in record["both"]} == {each.code for each in bridges(graph).both}
    assert {each["code"] for each in client.get("/bridges?as_of=2025-01-01").json()["both"]} == {"THA"}
    assert client.get("/bridges?format=csv").text.startswith("node,label")


@pytest.mark.parametrize(
    "path",
    [
        "/networks",
        "/networks/affiliation",
        "/networks/alignment",
        "/networks/affiliation/centrality",
        "/bridges",
        "/networks/affiliation/picture",
        "/networks/alignment/picture",
        "/bridges?between=esa,apsco&as_of=2010-01-01",
        "/networks/affiliation/picture?between=esa,apsco&measure=degree",
    ],
)
def test_pages_obey_the_content_security_policy(client, path) -> None:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert "<h1>" in answer.text
    assert not re.search(r"<[^>]+\s(style|on\w+)=", answer.text)
    assert "<style" not in answer.text
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert all('src="/' in script or "application/json" in script for script in scripts)
    assert not re.search(r"(src|<link[^>]+href)=\"https?://", answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/networks/affiliation/picture?measure=degree",
        "/networks/voting/picture?years=2020,2026&between=esa,apsco",
    ],
)
def test_links_beneath_a_picture_lead_somewhere(client, path) -> None:
    text = client.get(path, headers=PAGE).text
    links = [unescape(link) for link in re.findall(r'<p class="actions">(.*?)</p>', text, re.DOTALL)]
    found = re.findall(r'href="([^"]+)"', " ".join(links))
    assert any("/significance" in link for link in found) and any("years=" in link for link in found)
    for link in found:
        if "/significance" not in link and link != "/bridges":
            assert client.get(link, headers=PAGE).status_code == 200, link


def test_the_picture_finds_its_files_on_this_server(client) -> None:
    text = client.get("/networks/affiliation/picture", headers=PAGE).text
    asked = re.findall(r"/networks/files/[\w.-]+", text)
    drawing = {"vis-network.min.js", "picture.js", "picture.css"}
    assert drawing <= {name.rsplit("/")[-1] for name in asked} <= {*drawing, "intervals.js"}
    for path in asked:
        answer = client.get(path)
        assert answer.status_code == 200 and len(answer.content) > 500
        assert answer.headers["content-type"].startswith(("text/javascript", "text/css"))


@pytest.mark.parametrize(
    ("path", "status", "code", "said"),
    [
        ("/networks/afiliation", 404, "unknown-network", "affiliation"),
        ("/networks/affiliation/centrality?measure=betweeness", 404, "unknown-measure", "betweenness"),
        ("/networks/affiliation?as_of=2023-02-30", 400, "bad-date", "2023-02-30"),
        ("/networks/affiliation?imprecise=maybe", 400, "bad-imprecise", "maybe"),
        ("/networks/affiliation/centrality?limit=0", 422, "bad-value", "limit"),
        ("/networks/affiliation?format=pdf", 406, "not-acceptable", "graphml"),
        ("/networks/affiliation/picture?between=artemis,ilsr", 404, "unknown-alliance", "ilsr"),
        ("/bridges?between=artemis", 400, "not-two-alliances", "two"),
        ("/bridges?between=artemis,artemis", 400, "same-alliance", "twice"),
        ("/bridges?between=<script>,ilrs", 404, "unknown-alliance", "<script>"),
        ("/networks/files/secret", 404, "unknown-file", "secret"),
    ],
)
def test_bad_input_is_named_with_what_would_be_right(client, path, status, code, said) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert said in problem["detail"] + problem["remedy"]


@pytest.mark.parametrize(
    ("path", "measure_name"),
    [
        ("/networks/affiliation/communities?runs=4", "louvain"),
        ("/networks/affiliation/communities?measure=blocs", "blocs"),
        ("/networks/linkages/communities?measure=camps", "camps"),
        ("/networks/affiliation/structure", "brokerage"),
        ("/networks/affiliation/structure?measure=two-mode-brokerage&limit=5", "two-mode-brokerage"),
        ("/networks/alignment/structure?measure=mixing&raw=true", "mixing"),
        ("/networks/linkages/structure?measure=frustration", "frustration"),
        ("/networks/linkages/structure?measure=triads&as_of=2020-01-01", "triads"),
    ],
)
def test_whole_networks_are_measured_in_every_format(client, path, measure_name) -> None:
    record = client.get(path).json()
    assert record["measure"] == measure_name and record["findings"] and record["references"][0]["doi"]
    assert record["n"] and record["graph"]["n"] and record["as_of"] and record["data_version"]
    page = client.get(path, headers=PAGE)
    assert page.status_code == 200 and record["title"] in page.text.replace("&#39;", "'")
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.text)
    joint = "&" if "?" in path else "?"
    text = client.get(f"{path}{joint}format=csv").text
    assert text.splitlines()[0].startswith("node,label")
    assert len(text.splitlines()) == len(record["rows"]) + 1


def test_forms_of_measures_are_served_by_name(client) -> None:
    record = client.get("/networks/affiliation/centrality?measure=constraint:projection&limit=1").json()
    assert record["measure"] == "constraint:projection" and "projection" in record["method"]
    listed = client.get("/networks").json()
    assert set(listed["forms"]) == {"one-mode", "projection", "weighted-projection"}
    assert {each["measure"] for each in listed["partitions"]} == {"louvain", "blocs", "camps"}


@pytest.mark.parametrize(
    ("path", "status", "code", "said"),
    [
        ("/networks/affiliation/communities?measure=louvian", 404, "unknown-measure", "louvain"),
        ("/networks/affiliation/structure?measure=louvain", 404, "unknown-measure", "brokerage"),
        ("/networks/affiliation/structure?measure=triads", 400, "no-signs", "linkages"),
        ("/networks/alignment/structure?measure=two-mode-brokerage", 400, "not-two-mode", "affiliation"),
        ("/networks/affiliation/communities?runs=0", 422, "bad-value", "runs"),
        ("/networks/affiliation/centrality?measure=degree:projektion", 404, "unknown-form", "projection"),
        ("/networks/affiliation?nonsense=1", 400, "unknown-parameter", "nonsense"),
    ],
)
def test_what_a_network_cannot_be_asked_is_said(client, path, status, code, said) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["code"] == code and said in problem["detail"] + problem["remedy"]


def test_what_computes_is_not_imported_when_the_server_starts() -> None:
    code = "import sys, api.routes.networks; print([m for m in ('networkx', 'scipy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
