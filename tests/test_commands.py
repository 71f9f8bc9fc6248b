"""The command line, as a person uses it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from api import commands
from graph.knowledge import KnowledgeGraph
from graph.sparql import saved


@pytest.fixture(autouse=True)
def _one_graph(graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that load nothing of their own use the graph that is loaded already."""
    load = commands._graph

    def loaded(
        data: tuple[Path, ...] = (),
        endpoint: str | None = None,
        release: bool = True,
        store: Path | None = None,
    ) -> KnowledgeGraph:
        return load(data, endpoint, release, store) if data or endpoint or store or not release else graph

    monkeypatch.setattr(commands, "_graph", loaded)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, list(arguments))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_help_names_every_command() -> None:
    text = run("--help").output
    for name in ("serve", "query", "check", "conflicts", "network", "bridges", "picture", "export"):
        assert re.search(rf"^  {name}\b", text, re.M)


def test_queries_are_listed_with_what_they_answer() -> None:
    text = run("queries").output
    for name, query in saved.catalogue().items():
        assert name in text
        assert query.title in text


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "xml"])
def test_a_saved_query_answers_in_every_format_of_a_table(form: str) -> None:
    result = run("query", "withdrawals", "--format", form)
    assert result.exit_code == 0
    assert "SAU" in result.output or "Saudi" in result.output


def test_a_query_file_is_run_and_its_parameters_are_bound(tmp_path: Path) -> None:
    path = tmp_path / "mine.rq"
    path.write_text(
        "# title: Mine\n# parameter: state (state) = AUS : a state\n"
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "SELECT ?label WHERE {\n  VALUES ?state { UNDEF }  # parameter\n  ?state rdfs:label ?label }\n"
    )
    given = run("query", str(path), "-p", "state=Japan", "--format", "csv")
    assert given.exit_code == 0, given.output
    assert rows(given.output) == [{"label": "Japan"}]


def test_a_constructed_graph_is_written_as_turtle(tmp_path: Path) -> None:
    path = tmp_path / "graph.rq"
    path.write_text("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3")
    result = run("query", str(path), "--format", "turtle")
    assert len(list(ox.parse(result.output, format=ox.RdfFormat.TURTLE))) == 3


def test_conflicts_of_australia_are_told_with_act_date_and_source() -> None:
    result = run("conflicts", "--state", "AUS", "--norm", "N-CHM")
    assert result.exit_code == 0
    assert "“accession to the Moon Agreement” (7 July 1986)" in result.output
    assert "Source:" in result.output
    as_json = json.loads(run("conflicts", "--state", "AUS", "--norm", "N-CHM", "--format", "json").output)
    as_csv = rows(run("conflicts", "--state", "AUS", "--norm", "N-CHM", "--format", "csv").output)
    assert [each["id"] for each in as_json["conflicts"]] == [row["id"] for row in as_csv]


def test_what_if_and_history_are_told() -> None:
    supposed = run("what-if", "NLD withdraws from the Moon Agreement")
    assert "NLD lost C01" in supposed.output
    told = run("history", "SAU", "--since", "2023-01-01")
    assert "2024-01-05  lost" in told.output


def test_measures_as_csv_begin_with_node_label_and_value() -> None:
    result = run("network", "affiliation", "--measure", "betweenness", "--format", "csv")
    assert result.exit_code == 0
    assert result.output.startswith("node,label,value")
    values = [float(row["value"]) for row in rows(result.output) if row["kind"] == "state"]
    assert values
    assert values == sorted(values, reverse=True)


def test_a_scholars_own_edge_list_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_text("source,target\na,b\nb,c\n")
    result = run("network", str(path), "--measure", "betweenness", "--format", "csv")
    assert {row["node"]: float(row["value"]) for row in rows(result.output)} == {"a": 0, "b": 1, "c": 0}


def test_the_timeline_tells_what_an_accession_changed() -> None:
    told = run("timeline", "--measure", "betweenness", "--from", "2026", "--by", "event")
    assert told.exit_code == 0, told.output
    assert "Serbia" in told.output
    panel = run("timeline", "--from", "2018", "--to", "2022", "--format", "csv")
    assert next(row["year"] for row in rows(panel.output)) == "2018"
    assert run("timeline", "--from", "last").exit_code == 2


def test_significance_is_seeded_and_robustness_gives_intervals() -> None:
    given = ["network", "affiliation", "--significance", "19", "--seed", "7", "--format", "csv"]
    first, second = run(*given), run(*given)
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert run("network", "affiliation", "--robustness", "--format", "csv").exit_code == 0


def test_bridges_name_the_states_in_both() -> None:
    record = json.loads(run("bridges", "--format", "json").output)
    assert record["as_of"]
    table = run("bridges").output
    assert "Thailand" in table


def test_a_picture_is_one_file_that_asks_nothing_of_any_host(tmp_path: Path) -> None:
    path = tmp_path / "bridges.html"
    assert run("picture", "affiliation", "-o", str(path)).exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?(?:https?:)?//", page)


@pytest.mark.parametrize("view", ["norms", "voting"])
def test_a_view_with_a_figure_of_its_own_is_drawn_in_a_page(tmp_path: Path, view: str) -> None:
    path = tmp_path / f"{view}.html"
    assert run("picture", view, "-o", str(path)).exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "<table>" in page
    assert not re.search(r"<(?:script|link|img|image)\b", page)


@pytest.mark.parametrize("ending", ["ttl", "trig", "nt", "nq", "jsonld"])
def test_the_graph_is_exported(tmp_path: Path, ending: str, graph: KnowledgeGraph) -> None:
    path = tmp_path / f"graph.{ending}"
    assert run("export", "-o", str(path)).exit_code == 0
    form = ox.RdfFormat.from_extension(ending)
    assert form is not None
    triples = {quad.triple for quad in ox.parse(path=str(path), format=form)}
    assert triples == {quad.triple for quad in graph.store.oxigraph}  # type: ignore[attr-defined]


def test_own_data_are_served_beside_the_release(tmp_path: Path) -> None:
    path = tmp_path / "mine.ttl"
    path.write_text('<https://example.org/x> <https://example.org/says> "hello" .')
    query = tmp_path / "mine.rq"
    query.write_text("SELECT ?graph ?o WHERE { GRAPH ?graph { ?s <https://example.org/says> ?o } }")
    answer = rows(run("query", str(query), "--data", str(path), "--format", "csv").output)
    assert [row["o"] for row in answer] == ["hello"]
    assert answer[0]["graph"].endswith("/data/mine")


@pytest.mark.parametrize(
    ("arguments", "hints"),
    [
        (["conflicts", "--state", "AUZ"], ["AUZ", "Did you mean"]),
        (["conflicts", "--as-of", "2023-02-30"], ["2023-02-30", "year-month-day"]),
        (["query", "withdrawal"], ["withdrawal", "withdrawals"]),
        (["query", "none.rq"], ["none.rq", "path"]),
        (["query", "withdrawals", "-p", "state"], ["state", "name=value"]),
        (["query", "withdrawals", "--format", "turtle"], ["turtle", "csv"]),
        (["network", "affiliations"], ["affiliations", "affiliation"]),
        (["network", "affiliation", "--measure", "betweenes"], ["betweenes", "betweenness"]),
        (["network", "none.graphml"], ["none.graphml"]),
        (["bridges", "--between", "artemis"], ["artemis"]),
        (["picture", "affiliation", "-o", "/no/such/folder/x.html"], ["/no/such/folder"]),
        (["export", "-o", "graph.doc"], [".doc", ".ttl"]),
        (["what-if", "India likes ILRS"], ["India likes ILRS", "joins"]),
        (["conflits"], ["conflits", "conflicts"]),
    ],
)
def test_bad_input_is_named_with_what_would_be_right(arguments: list[str], hints: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert all(hint in result.output for hint in hints), result.output
    assert "Traceback" not in result.output


def test_turtle_that_does_not_parse_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.ttl"
    path.write_text("<https://example.org/a> <https://example.org/b> .\n")
    query = tmp_path / "q.rq"
    query.write_text("SELECT * WHERE { ?s ?p ?o } LIMIT 1")
    result = run("query", str(query), "--data", str(path))
    assert result.exit_code == 2
    assert "broken.ttl" in result.output
    assert "line 1" in result.output


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "DELETE WHERE { ?s ?p ?o }",
        "SELEC * WHERE { ?s ?p ?o }",
    ],
)
def test_a_query_file_that_reaches_out_or_writes_or_is_malformed_is_refused(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "bad.rq"
    path.write_text(text)
    result = run("query", str(path))
    assert result.exit_code == 2
    assert "Traceback" not in result.output
