"""The addresses of significance and robustness answer people and programs, and bound what they compute."""

from __future__ import annotations

import csv
import io

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.computations import SAMPLING
from api.problems import install
from api.routes import NAMES, significance
from graph.chance.robustness import robustness
from graph.chance.sampling import Plan
from graph.chance.significance import significance as computed

BESIDE_CHANCE = "/networks/affiliation/significance?samples=40&seed=5"
LINKED = "/networks/linkages/significance?samples=20&measure=brokerage"
VOTES = "/networks/voting/significance?samples=20&model=permuted"
PROMOTED = "/networks/norms/significance?samples=20"
HELD = "/networks/readings/significance?samples=20&model=bicm"
LEFT_OUT = "/networks/affiliation/robustness"


@pytest.fixture(scope="module")
def client(graph):
    application = FastAPI()
    application.state.graph = graph
    install(application)
    application.include_router(significance.router)
    with TestClient(application) as opened:
        yield opened


def test_the_router_comes_before_that_of_networks() -> None:
    assert NAMES.index("significance") < NAMES.index("networks")


def test_significance_is_that_of_the_graph(client, graph) -> None:
    record = client.get(BESIDE_CHANCE + "&limit=5").json()
    found = computed(graph, plan=Plan(samples=40, seed=5))
    assert [row["z"] for row in record["nodes"]] == [row.test.z for row in found.nodes[:5]]
    assert record["pairs"]["tested"] == found.pairs.tested
    assert len(record["pairs"]["rows"]) == 5
    assert record["modularity"]["z"] == found.modularity.z
    for key in ("method", "references", "n", "m", "as_of", "data_version", "parameters", "mixing", "notes"):
        assert record[key] not in (None, ""), key


def test_significance_of_votes_names_its_groups_and_its_null_model(client) -> None:
    record = client.get(VOTES).json()
    assert {row["name"] for row in record["groups"]} == {"within:artemis-accords", "within:ilrs", "across"}
    assert record["parameters"]["model"] == "permuted"
    assert {row["z"] is None for row in record["groups"]} == {False}
    narrow = client.get(VOTES + "&since=2021-01-01&topic=russian-line").json()
    assert narrow["parameters"]["topic"] and narrow["m"] != record["m"]


def test_robustness_is_that_of_the_graph(client, graph) -> None:
    record = client.get(LEFT_OUT).json()
    found = robustness(graph)
    assert record["total"] == len(found.rows)
    assert [claim["statement"] for claim in record["claims"]] == [claim.statement for claim in found.claims]
    assert [row["worst"] for row in record["rows"]] == [row.whole.worst for row in found.rows]
    assert {variant["kind"] for variant in record["variants"]} >= {"instrument", "alliance", "tradition"}


@pytest.mark.parametrize(
    ("address", "first"),
    [
        (BESIDE_CHANCE, "node,label,value"),
        ("/networks/alignment/significance?samples=20", "first,second"),
        (LEFT_OUT, "node,label,value"),
        (VOTES, "node,label,value"),
        (VOTES + "&table=pairs", "first,second"),
        (VOTES + "&table=groups", "name,label,counted"),
        (PROMOTED + "&table=groups", "name,label,counted"),
    ],
)
def test_tables_open_in_a_spreadsheet(client, address, first) -> None:
    answer = client.get(address, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith(first)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows
    assert {row["data_version"] for row in rows} == {rows[0]["data_version"]}


@pytest.mark.parametrize(
    "address",
    [BESIDE_CHANCE, "/networks/alignment/significance?samples=20", LINKED, LEFT_OUT, VOTES, PROMOTED, HELD],
)
def test_pages_say_the_method_and_load_nothing_from_elsewhere(client, address) -> None:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert "<h1>" in answer.text
    assert "<dt>Method</dt>" in answer.text
    assert 'rel="alternate"' in answer.headers["link"]
    assert "<script src=" not in answer.text


def test_a_page_says_that_no_pair_is_significant(client) -> None:
    record = client.get(BESIDE_CHANCE).json()
    page = client.get(BESIDE_CHANCE, headers={"Accept": "text/html"}).text
    assert ("No pair is significant" in page) == (record["pairs"]["significant"] == 0)


@pytest.mark.parametrize("samples", [0, -3, 2001, 10**9])
def test_samples_are_bounded(client, samples) -> None:
    answer = client.get(f"/networks/affiliation/significance?samples={samples}")
    assert answer.status_code == 400
    assert answer.json()["most"] == 2000
    if samples > 2000:
        assert "spacenorms network" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/networks/affiliation/significance?samples=5&model=magic",
        "/networks/affiliation/significance?samples=5&measure=importance",
        "/networks/affiliation/significance?samples=5&colour=red",
        "/networks/norms/significance?samples=5&measure=louvain",
        "/networks/norms/significance?samples=5&model=permuted",
        "/networks/voting/significance?samples=5&measure=betweenness",
        "/networks/voting/significance?samples=5&model=rewired",
        "/networks/voting/significance?samples=5&format=csv&table=people",
        "/networks/voting/significance?samples=5&view=norms",
        "/networks/none/significance?samples=5",
        "/networks/norms/robustness",
        "/networks/affiliation/robustness?as_of=tomorrow",
        "/networks/affiliation/robustness?between=artemis",
    ],
)
def test_a_wrong_request_says_what_would_be_right(client, address) -> None:
    answer = client.get(address)
    if "between=artemis" in address:
        assert answer.status_code == 200
        return
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


def test_one_request_computes_at_a_time(client, monkeypatch) -> None:
    client.get(BESIDE_CHANCE)
    monkeypatch.setattr(SAMPLING, "patience", 0.01)
    with SAMPLING.take(is_kept=False):
        busy = client.get("/networks/affiliation/significance?samples=41&seed=5")
        kept = client.get(BESIDE_CHANCE)
    assert busy.status_code == 503
    assert kept.status_code == 200
