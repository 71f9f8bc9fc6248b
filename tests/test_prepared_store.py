"""A prepared store answers as the files do, is never half there, and is replaced beneath a running server."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from serving import listening
from test_reload import Running, running
from test_workers import until

from api import commands
from graph.errors import BadData, BadQuery, BadValue
from graph.knowledge import KnowledgeGraph
from graph.prepared import manifest
from graph.prepared.building import prepare
from graph.prepared.opening import open_prepared
from graph.rdf import loader, void
from graph.sparql.guard import ReadQuery
from graph.sparql.store import EmbeddedStore
from graph.sparql.workers import WorkerPool

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

DAY = datetime.date(2026, 11, 23)
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def write_facts(path: Path, things: int) -> Path:
    lines = (f'<http://example.org/s{n}> <http://example.org/p> "{n}" .\n' for n in range(things))
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    prepare(tmp_path / "store", [write_facts(tmp_path / "few.nt", 10)], release=False, today=DAY)
    return tmp_path / "store"


def count(graph: KnowledgeGraph) -> object:
    return graph.query(COUNT).rows[0]["n"]


# What it answers


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("prepared") / "release"
    prepare(output, today=DAY)
    return output


def named(graph: KnowledgeGraph) -> set[ox.Quad]:
    assert isinstance(graph.store, EmbeddedStore)
    quads = graph.store.oxigraph.quads_for_pattern(None, None, None, None)
    return {q for q in quads if not {ox.BlankNode} & {type(q.subject), type(q.object)}}


def rows(graph: KnowledgeGraph, query: str) -> list[list[tuple[str, list[str]]]]:
    """Return rows without the order that a store happens to give them and the parts of a joined text."""
    return sorted(
        [(name, sorted(str(value).split("\n"))) for name, value in row.items()] for row in graph.run(query)
    )


def test_the_release_is_the_same_prepared_and_loaded(release: Path, graph: KnowledgeGraph) -> None:
    prepared = KnowledgeGraph.load(store=release)
    assert (prepared.version, prepared.today) == (graph.version, graph.today)
    assert named(prepared) == named(graph)
    for query in ("states-in-both-blocs", "withdrawals", "views/conflicts"):
        assert rows(prepared, query) == rows(graph, query)


def test_much_data_is_prepared_on_disk_with_the_same_result(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.prepared.starting.MOST_BYTES", 0)
    facts, told = write_facts(tmp_path / "few.nt", 3), list[str]()
    prepare(tmp_path / "store", [facts], today=DAY, progress=told.append)
    assert sum(line.startswith("Deriving") for line in told) == len(loader.rules())
    there, in_memory = KnowledgeGraph.load(store=tmp_path / "store"), KnowledgeGraph.load(store=release)
    assert {q for q in named(there) if "example.org" not in str(q.subject)} == named(in_memory)
    assert len(named(there)) == len(named(in_memory)) + 3


def test_the_manifest_counts_every_graph(release: Path, graph: KnowledgeGraph) -> None:
    told = manifest.read(release)
    assert isinstance(graph.store, EmbeddedStore)
    assert told.triples == len(graph.store.oxigraph)
    assert told.graphs == {row["graph"]: row["triples"] for row in graph.run("views/void-graphs")}
    assert all(Path(source.path).stat().st_size == source.bytes for source in told.sources)
    assert set(void.triples(KnowledgeGraph.load(store=release), "http://example.org/sparql")) == set(
        void.triples(graph, "http://example.org/sparql")
    )


def test_statistics_come_from_the_manifest_and_not_from_a_walk(store: Path) -> None:
    path = store / manifest.NAME
    told = json.loads(path.read_text(encoding="utf-8"))
    told["views"]["views/void-properties"][0]["triples"] = 123_456
    path.write_text(json.dumps(told), encoding="utf-8")
    assert void.total(KnowledgeGraph.load(store=store)) == 123_456


def test_what_is_prepared_has_the_day_of_its_preparation(store: Path) -> None:
    assert KnowledgeGraph.load(store=store, today=datetime.date(2030, 1, 1)).today == DAY


# What is no store


def damage(store: Path, **change: object) -> None:
    path = store / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")


def assert_refused(store: Path, why: str, *words: str) -> None:
    with pytest.raises(BadData, match=why) as caught:
        KnowledgeGraph.load(store=store)
    assert caught.value.code == "bad-store"
    assert f"spacenorms prepare -o {store}" in caught.value.remedy
    assert all(word in caught.value.remedy for word in words)


def test_a_folder_without_a_manifest_is_no_store(tmp_path: Path, store: Path) -> None:
    assert_refused(tmp_path / "nowhere", "has no manifest")
    (store / manifest.NAME).unlink()
    assert_refused(store, "has no manifest")


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "\x00"])
def test_a_torn_manifest_is_refused(store: Path, content: str) -> None:
    (store / manifest.NAME).write_text(content, encoding="utf-8")
    assert_refused(store, "manifest does not read|another version")


@pytest.mark.parametrize("change", [{"format": 0}, {"spacenorms": "0.0.1"}, {"pyoxigraph": "0.4.0"}])
def test_a_store_of_another_version_is_refused_with_the_command_that_makes_it_anew(
    store: Path, change: dict[str, object]
) -> None:
    damage(store, **change)
    assert_refused(store, "another version made it", f"--data {store.parent / 'few.nt'}", "--only-data")


@pytest.mark.parametrize("change", [{"day": "yesterday"}, {"sources": [1]}, {"files": 3}, {"more": 1}])
def test_a_manifest_that_says_something_else_is_refused(store: Path, change: dict[str, object]) -> None:
    damage(store, **change)
    assert_refused(store, "does not read")


def test_a_store_without_all_its_files_is_refused(store: Path) -> None:
    longest = max(store.rglob("*.sst"), key=lambda path: path.stat().st_size)
    whole = longest.read_bytes()
    longest.write_bytes(whole[:-1])
    assert_refused(store, "has .* bytes, not")
    longest.unlink()
    assert_refused(store, "is missing")


def test_a_preparation_that_is_killed_leaves_nothing_that_is_taken_for_a_store(tmp_path: Path) -> None:
    output = tmp_path / "store"
    program = [sys.executable, "-c", "from api.commands import main; main()"]
    with subprocess.Popen(
        [*program, "prepare", "-o", str(output)], stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent
    ) as running:
        assert running.stderr is not None
        assert any(b"running the rules" in line for line in running.stderr)
        os.kill(running.pid, signal.SIGKILL)
    (begun,) = output.iterdir()
    assert_refused(output, "has no manifest")
    prepare(output, [write_facts(tmp_path / "few.nt", 10)], release=False, today=DAY)
    assert not begun.exists()
    assert count(KnowledgeGraph.load(store=output)) == 10


def test_a_preparation_that_fails_leaves_the_old_store(store: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.nt").write_text("no triple", encoding="utf-8")
    before = sorted(store.iterdir())
    with pytest.raises(BadData, match=r"bad\.nt does not parse"):
        prepare(store, [tmp_path / "bad.nt"], release=False)
    assert sorted(store.iterdir()) == before
    assert count(KnowledgeGraph.load(store=store)) == 10


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "thesis.txt"
    kept.write_text("ten years", encoding="utf-8")
    with pytest.raises(BadValue, match=r"holds other things, such as thesis\.txt"):
        prepare(tmp_path)
    with pytest.raises(BadValue, match="is no folder"):
        prepare(kept)
    assert kept.read_text(encoding="utf-8") == "ten years"


def test_nothing_at_all_is_not_prepared(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="nothing to prepare"):
        prepare(tmp_path / "store", release=False)
    assert not (tmp_path / "store").exists()


# A new one in its place


def test_a_store_that_is_read_stays_until_nobody_reads_it(store: Path, tmp_path: Path) -> None:
    reader = KnowledgeGraph.load(store=store)
    first = manifest.read(store).folder
    for things in (20, 30):
        prepare(store, [write_facts(tmp_path / "few.nt", things)], release=False, today=DAY)
        assert count(KnowledgeGraph.load(store=store)) == things
        assert count(reader) == 10
        assert (store / first).exists()
    del reader
    assert until(lambda: _swept(store, tmp_path, first), 10)


def _swept(store: Path, tmp_path: Path, folder: str) -> bool:
    prepare(store, [tmp_path / "few.nt"], release=False, today=DAY)
    return not (store / folder).exists()


def test_a_link_to_a_store_is_followed_once(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    prepare(other, [write_facts(tmp_path / "many.nt", 1000)], release=False, today=DAY)
    link = tmp_path / "link"
    link.symlink_to(store)
    before = KnowledgeGraph.load(store=link)
    link.unlink()
    link.symlink_to(other)
    assert (count(before), count(KnowledgeGraph.load(store=link))) == (10, 1000)


def test_a_server_takes_over_a_new_store_without_the_loss_of_a_request(store: Path, tmp_path: Path) -> None:
    with running(lambda: KnowledgeGraph.load(store=store)) as server:
        _take_over(server, store, tmp_path)


def _take_over(server: Running, store: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            # Never the same text twice, so that a worker is asked each time.
            answer = server.client.get("/sparql", params={"query": f"{COUNT} # {len(seen)}", "format": "csv"})
            seen.append((answer.status_code, answer.text.split()[-1]))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        assert until(lambda: len(seen) > 5, 10)
        prepare(store, [write_facts(tmp_path / "few.nt", 25)], release=False, today=DAY)
        before = len(seen)
        assert until(lambda: len(seen) > before + 2, 10)
        assert {number for _, number in seen} == {"10"}
        assert server.reload()
        assert until(lambda: seen[-1][1] == "25", 10)
    finally:
        over.set()
        thread.join(10)
    assert {status for status, _ in seen} == {200}
    assert {number for _, number in seen} == {"10", "25"}


# Workers


def test_workers_open_the_files_of_the_store_and_no_socket(store: Path) -> None:
    graph = KnowledgeGraph.load(store=store)
    assert isinstance(graph.store, EmbeddedStore)
    pool = WorkerPool(graph.store.oxigraph, path=graph.store.path)
    with listening() as listener:
        text = f"SELECT * {{ SERVICE <{listener.address}> {{ ?a ?b ?c }} }}"

        async def use() -> bytes:
            async with pool:
                with pytest.raises(BadQuery, match="could not be evaluated"):
                    await pool.evaluate(ReadQuery(given=text, text=text, form="SELECT"), timeout=5)
                return await pool.evaluate(COUNT, "text/csv")

        assert asyncio.run(use()).split() == [b"n", b"10"]
        assert listener.settle() == 0


def test_workers_are_forked_while_others_ask_the_same_store(release: Path) -> None:
    """No worker hangs on a lock that a thread of the server held when the process was forked."""
    graph = KnowledgeGraph.load(store=release)
    assert isinstance(graph.store, EmbeddedStore)
    asked = graph.store
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            asked.select("SELECT ?a (COUNT(*) AS ?n) { ?a ?p ?o . ?o ?q ?r } GROUP BY ?a LIMIT 10")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            pool = WorkerPool(asked.oxigraph, path=asked.path, workers=2)

            async def use(pool: WorkerPool = pool) -> list[bytes]:
                async with pool:
                    return await asyncio.gather(*(pool.evaluate(COUNT, "text/csv") for _ in range(4)))

            assert len(set(asyncio.run(asyncio.wait_for(use(), 30)))) == 1
    finally:
        over.set()
        for thread in threads:
            thread.join()


# The command line


def invoke(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(commands.main, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def test_the_commands_prepare_and_ask(tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "few.nt", 7)
    text = tmp_path / "count.rq"
    text.write_text(COUNT, encoding="utf-8")
    code, _, told = invoke("prepare", "-o", tmp_path / "store", "--data", facts, "--only-data")
    assert code == 0
    assert "Loading 1 files" in told
    assert f"spacenorms serve --store {tmp_path / 'store'}" in told
    assert invoke("query", text, "--store", tmp_path / "store", "--format", "csv")[1].split() == ["n", "7"]


def test_data_cannot_be_added_to_a_prepared_store(store: Path, tmp_path: Path) -> None:
    code, _, told = invoke("query", "withdrawals", "--store", store, "--data", tmp_path / "few.nt")
    assert code == 2
    assert "nothing is added to it" in told


def test_a_long_file_is_told_while_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.prepared.building._TELLING_BYTES", 1000)
    monkeypatch.setattr("graph.prepared.starting.MOST_BYTES", 1000)
    told: list[str] = []
    facts = write_facts(tmp_path / "few.nt", 100)
    prepare(tmp_path / "store", [facts], release=False, progress=told.append)
    assert any(line.startswith("Loading few.nt (1 of 1): ") and line.endswith("%") for line in told)


def test_opening_reads_next_to_nothing(release: Path) -> None:
    began = time.process_time()
    opened = open_prepared(release)
    assert time.process_time() - began < 0.5
    assert opened.manifest.triples > 100_000
