"""Curators write graphs of their own: who may, what they may, and that nothing else ever changes."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import signal
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from curating import AUTHOR, SETTINGS, STORE, TODAY, TOKEN, TURTLE, UPDATE, Curator, curated
from serving import serving

from api.settings import Settings
from api.writing import Writers, Writing
from graph.errors import BadData, BadValue
from graph.knowledge import KnowledgeGraph
from graph.namespaces import GRAPHS
from graph.writing.graphs import CHANGES, DEFAULT

MINE = "http://example.org/mine"
AUSTRALIA = "<https://w3id.org/spacenorms/id/state/AUS>"
ONE = f"INSERT DATA {{ GRAPH <{MINE}> {{ <http://example.org/s> <http://example.org/p> 1 }} }}"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curator]:
    """Run one server over the release for the tests that need it."""
    with curated(tmp_path_factory.mktemp("release"), release=True) as found:
        yield found


@pytest.fixture
def curator(tmp_path: Path) -> Iterator[Curator]:
    with curated(tmp_path) as found:
        yield found


# --- who may write ------------------------------------------------------------------------------------------


def test_without_a_token_every_write_is_refused() -> None:
    with serving() as client:
        direct = client.post("/sparql", content=ONE, headers=UPDATE)
        form = client.post("/sparql", data={"update": ONE})
        assert [(each.status_code, each.json()["code"]) for each in (direct, form)] == [
            (400, "update-refused")
        ] * 2
        for method in ("PUT", "POST", "DELETE"):
            answer = client.request(
                method, STORE, params={"graph": MINE}, content="<a> <b> <c> .", headers=TURTLE
            )
            assert (answer.status_code, answer.json()["code"]) == (405, "writing-off")
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"],
)
def test_without_the_right_token_every_write_is_refused(curator: Curator, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    with httpx.Client(base_url=curator.base_url, headers=headers, trust_env=False) as stranger:
        answers = [
            stranger.post("/sparql", content=ONE, headers=UPDATE),
            stranger.post("/sparql", data={"update": ONE}),
            stranger.put(STORE, params={"graph": MINE}, content="<a> <b> <c> .", headers=TURTLE),
            stranger.post(STORE, params={"graph": MINE}, content="<a> <b> <c> .", headers=TURTLE),
            stranger.delete(STORE, params={"graph": MINE}),
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 0


def test_the_token_is_never_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with curated(tmp_path) as curator:
        told = [curator.update(ONE).text, curator.update("INSERT nonsense").text]
        told += [str(curator.get(path).headers) for path in ("/health", "/sparql")]
    lines = [record.getMessage() + str(record.__dict__) for record in caplog.records]
    assert any("write" in line for line in lines)
    assert TOKEN not in "".join([*told, *lines, repr(Settings(**SETTINGS))])
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_writers_are_told_apart_by_their_tokens(tmp_path: Path) -> None:
    file = tmp_path / "writers"
    digest = hashlib.sha256(b"token-of-grace-hopper").hexdigest()
    file.write_text(f"# who may write\n\nGrace Hopper = {digest.upper()}  # since 2026\n")
    folder = tmp_path / "data"
    with curated(folder, writers_file=str(file)) as curator:
        curator.update(ONE).raise_for_status()
        grace = {**UPDATE, "Authorization": "Bearer token-of-grace-hopper"}
        told = curator.post("/sparql", content="DROP ALL", headers=grace).raise_for_status().json()
        assert told["author"] == "Grace Hopper"
        authors = curator.rows(
            f"SELECT ?name {{ GRAPH <{CHANGES}> {{ ?c <http://www.w3.org/ns/prov#wasAssociatedWith>"
            "/<http://xmlns.com/foaf/0.1/name> ?name } } ORDER BY ?name"
        )
        assert [row["name"] for row in authors] == [AUTHOR, "Grace Hopper"]


@pytest.mark.parametrize(
    "line", ["Ada", "Ada = secret", "= " + "0" * 64, "Ada = " + "0" * 63, "Ada " + "0" * 64]
)
def test_a_line_that_names_no_writer_stops_the_start(tmp_path: Path, line: str) -> None:
    file = tmp_path / "writers"
    file.write_text(f"Ada = {'0' * 64}\n{line}\n")
    with pytest.raises(BadValue, match="Line 2"):
        Writers.of(Settings(writers_file=str(file)))


def test_a_short_token_stops_the_start() -> None:
    with pytest.raises(BadValue, match="fewer than 16"):
        Writers.of(Settings(write_token="short"))


def test_writing_without_a_folder_stops_the_start() -> None:
    with pytest.raises(BadValue, match="no folder"):
        Writing(Settings(**SETTINGS), None)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadData, match="cannot be written"):
        Writing(Settings(**SETTINGS), tmp_path / "file")


def test_two_servers_never_write_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.writing.journal._PATIENCE_SECONDS", 0.2)
    with curated(tmp_path) as curator:
        with pytest.raises(BadData, match="Another server writes"):
            Writing(Settings(**SETTINGS), tmp_path)
        assert curator.update(ONE).status_code == 200
    with curated(tmp_path) as curator:
        assert curator.update("DROP ALL").status_code == 200


# --- what a write does --------------------------------------------------------------------------------------


def test_a_write_is_seen_by_the_next_request_and_after_a_restart(tmp_path: Path) -> None:
    with curated(tmp_path) as curator:
        for number in range(5):
            pattern = f"<http://example.org/s> <http://example.org/p> {number}"
            told = curator.update(f"INSERT DATA {{ GRAPH <{MINE}> {{ {pattern} }} }}").json()
            assert told["graphs"] == [{"graph": MINE, "added": 1, "removed": 0}]
            assert (told["change"], told["author"]) == (number + 1, AUTHOR)
            assert curator.ask(pattern)
            assert told["version"] == curator.get("/health").json()["data_version"]
    with curated(tmp_path) as curator:
        assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 5
        assert told["version"] == curator.get("/health").json()["data_version"]


def test_answers_kept_from_before_a_write_are_let_go(curator: Curator) -> None:
    asked = {"query": f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{MINE}> {{ ?s ?p ?o }} }}", "format": "csv"}
    curator.update(ONE)
    first = curator.get("/sparql", params=asked)
    again = curator.get("/sparql", params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert (first.text.split(), again.status_code) == (["n", "1"], 304)
    curator.update(ONE.replace(" 1 ", " 2 "))
    later = curator.get("/sparql", params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert (later.status_code, later.text.split()) == (200, ["n", "2"])


def test_a_write_that_changes_nothing_is_no_change(curator: Curator) -> None:
    curator.update(ONE)
    told = curator.update(ONE).raise_for_status().json()
    assert (told["change"], told["graphs"]) == (None, [])


def test_an_update_is_made_whole_or_not_at_all(curator: Curator) -> None:
    curator.update(ONE)
    answer = curator.update(
        f"DELETE WHERE {{ GRAPH <{MINE}> {{ ?s ?p ?o }} }} ; DROP GRAPH <http://example.org/none>"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "update-failed")
    assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 1


def test_a_malformed_update_is_told_with_its_place(curator: Curator) -> None:
    told = curator.update("PREFIX x: <http://x/>\nINSERT DATA { x:a x:b }").json()
    assert (told["code"], told["line"]) == ("malformed-update", 2)
    assert "query" not in told["detail"]


def test_what_names_no_graph_is_written_to_one_graph_and_read_with_all(curator: Curator) -> None:
    curator.update("INSERT DATA { <http://example.org/s> <http://example.org/p> 1, 2 }")
    assert curator.count(f"GRAPH <{DEFAULT}> {{ ?s ?p ?o }}") == 2
    curator.update("DELETE DATA { <http://example.org/s> <http://example.org/p> 2 }")
    assert curator.count(f"GRAPH <{DEFAULT}> {{ ?s ?p ?o }}") == 1
    by_name = curator.update(ONE.replace(MINE, DEFAULT).replace(" 1 ", " 3 "))
    assert (by_name.status_code, by_name.json()["code"]) == (400, "default-graph-by-name")


def test_the_patterns_of_an_update_see_what_a_query_sees(release: Curator) -> None:
    bound_by = f"{AUSTRALIA} <https://w3id.org/spacenorms/ontology#boundBy> ?norm"
    bound = release.count(bound_by)
    release.update(
        f"INSERT {{ GRAPH <{MINE}> {{ ?norm <http://example.org/binds> {AUSTRALIA} }} }} "
        f"WHERE {{ {bound_by} }}"
    ).raise_for_status()
    assert bound == release.count(f"GRAPH <{MINE}> {{ ?n <http://example.org/binds> ?state }}") > 0
    told = release.update("CLEAR ALL").json()
    assert [each["graph"] for each in told["graphs"]] == [MINE]


def test_a_request_may_name_the_data_set_of_its_patterns(curator: Curator) -> None:
    curator.update(ONE)
    curator.update(ONE.replace(MINE, "http://example.org/other").replace(" 1 ", " 2 "))
    text = "INSERT { GRAPH <http://example.org/copy> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    curator.update(text, **{"using-graph-uri": MINE}).raise_for_status()
    assert curator.rows("SELECT ?o { GRAPH <http://example.org/copy> { ?s ?p ?o } }") == [{"o": "1"}]
    twice = curator.update(text.replace("WHERE", f"USING <{MINE}> WHERE"), **{"using-graph-uri": MINE})
    assert (twice.status_code, twice.json()["code"]) == (400, "dataset-named-twice")
    shorthand = "DELETE WHERE { GRAPH <http://example.org/copy> { ?s ?p ?o } }"
    curator.update(shorthand, **{"using-named-graph-uri": MINE}).raise_for_status()
    assert curator.count("GRAPH <http://example.org/copy> { ?s ?p ?o }") == 1


def test_each_change_is_told_with_its_author_and_time(curator: Curator) -> None:
    answer = curator.update(ONE)
    rows = curator.rows(
        "PREFIX prov: <http://www.w3.org/ns/prov#> SELECT * { "
        f"GRAPH <{CHANGES}> {{ ?change a prov:Activity ; prov:startedAtTime ?time ; prov:generated ?graph ; "
        "prov:wasAssociatedWith/<http://xmlns.com/foaf/0.1/name> ?author ; "
        "<http://purl.org/dc/terms/identifier> ?request } }"
    )
    # the engine writes a time in its shortest form, without zeros at the end
    told = [{**row, "time": datetime.fromisoformat(row["time"])} for row in rows]
    assert told == [
        {
            "change": f"{CHANGES}#1",
            "time": datetime.fromisoformat(answer.json()["time"]),
            "graph": MINE,
            "author": AUTHOR,
            "request": answer.headers["x-request-id"],
        }
    ]


def test_readers_see_a_change_whole_or_not_at_all(curator: Curator) -> None:
    seen, stop = set[int](), threading.Event()

    query = {"query": "SELECT (COUNT(*) AS ?n) { ?s <http://example.org/p> ?o }", "format": "csv"}

    def read() -> None:
        with httpx.Client(base_url=curator.base_url, trust_env=False, timeout=30) as client:
            while not stop.is_set():
                answer = client.post("/sparql", data=query).raise_for_status()
                seen.add(int(answer.text.split()[1]))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(8):
        several = ", ".join(str(number * 10 + each) for each in range(10))
        graph = f"http://example.org/{number % 2}"
        curator.update(
            f"INSERT DATA {{ GRAPH <{graph}> {{ <http://example.org/s> <http://example.org/p> {several} }} }}"
        ).raise_for_status()
    stop.set()
    for reader in readers:
        reader.join(30)
    assert {count % 10 for count in seen} == {0}
    assert len(seen) > 2


# --- files and what was written over them -------------------------------------------------------------------


def test_a_graph_of_a_file_is_read_from_it_until_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "notes.ttl"
    file.write_text("<http://example.org/a> <http://example.org/p> [ <http://example.org/q> 1 ] .")
    other = tmp_path / "other.ttl"
    other.write_text("<http://example.org/o> <http://example.org/p> 1 .")
    graph = f"{GRAPHS}data/notes"
    with curated(tmp_path) as curator:
        assert curator.count(f"GRAPH <{graph}> {{ ?s ?p ?o }}") == 2
        curator.update(
            f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s <http://example.org/q> 1 }} }}"
        ).raise_for_status()
        assert curator.count(f"GRAPH <{graph}> {{ ?s ?p ?o }}") == 1
    file.write_text("<http://example.org/b> <http://example.org/p> 1, 2, 3 .")
    other.write_text("<http://example.org/o> <http://example.org/p> 1, 2 .")
    with curated(tmp_path) as curator:
        assert curator.count(f"GRAPH <{graph}> {{ ?s ?p ?o }}") == 1
        assert curator.count(f"GRAPH <{GRAPHS}data/other> {{ ?s ?p ?o }}") == 2
        curator.update(f"DROP GRAPH <{graph}>").raise_for_status()
    with curated(tmp_path) as curator:
        assert not curator.ask(f"GRAPH <{graph}> {{ }}")


def test_a_reload_reads_the_files_anew_and_keeps_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "notes.ttl"
    file.write_text("<http://example.org/a> <http://example.org/p> 1 .")
    with curated(tmp_path) as curator:
        curator.update(ONE).raise_for_status()
        file.write_text("<http://example.org/a> <http://example.org/p> 1, 2 .")
        assert curator.reload()
        assert curator.count(f"GRAPH <{GRAPHS}data/notes> {{ ?s ?p ?o }}") == 2
        assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 1
        curator.update(ONE.replace(" 1 ", " 2 ")).raise_for_status()
        assert curator.count(f"GRAPH <{MINE}> {{ ?s ?p ?o }}") == 2
        assert curator.count(f"GRAPH <{GRAPHS}data/notes> {{ ?s ?p ?o }}") == 2


def test_a_write_goes_on_when_its_process_was_lost(tmp_path: Path) -> None:
    with curated(tmp_path) as curator:
        curator.update(ONE).raise_for_status()
        for child in children():
            os.kill(child, signal.SIGKILL)
        statuses = {curator.update(ONE.replace(" 1 ", f" {number} ")).status_code for number in (2, 3)}
        assert statuses <= {200, 503} and 200 in statuses


def children() -> list[int]:
    """Return the processes that this one has forked."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for task in Path("/proc/self/task").iterdir():
        listed += (task / "children").read_text().split()
    return sorted({int(each) for each in listed})


def test_what_was_written_is_loaded_by_everyone_who_names_the_folder(tmp_path: Path) -> None:
    with curated(tmp_path) as curator:
        version = curator.update(ONE).json()["version"]
    loaded = KnowledgeGraph.load([tmp_path], release=False, today=TODAY)
    assert loaded.query(f"ASK {{ GRAPH <{MINE}> {{ ?s ?p 1 }} }}").rows == [{"answer": True}]
    assert loaded.version == version
    assert KnowledgeGraph.load([], release=False, today=TODAY).version != version


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    with curated(tmp_path) as curator:
        curator.update(ONE)
    file = tmp_path / "written.sqlite"
    file.write_bytes(b"no database at all" * 500)
    with pytest.raises(BadData, match=re.escape(str(file))):
        KnowledgeGraph.load([tmp_path], release=False)
