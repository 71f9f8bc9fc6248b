"""After a kill at any moment nothing acknowledged is lost, and nothing half-written is read."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from curating import curated
from killing import faults, killed_while_serving, killed_while_writing, triples

from graph.errors import SpacenormsError
from graph.writing import journal
from graph.writing.journal import Change, GraphChange, Journal

CHANGE = Change(
    "2026-11-23T00:00:00Z", "Ada", "r1", "update", {"http://e/g": GraphChange(triples(1), frozenset())}
)


def test_a_killed_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    rng = random.Random(20261123)
    last = 0
    for _ in range(25):
        acknowledged = killed_while_writing(tmp_path, rng)
        assert acknowledged > last
        assert list(faults(tmp_path, acknowledged)) == []
        last = acknowledged


def test_a_killed_server_loses_nothing_acknowledged(tmp_path: Path) -> None:
    rng = random.Random(20261123)
    for _ in range(4):
        acknowledged = killed_while_serving(tmp_path, rng)
        assert list(faults(tmp_path, acknowledged)) == []
    assert acknowledged > 0
    with curated(tmp_path) as curator:
        kept = curator.count("GRAPH <http://example.org/graph/0> { ?s ?p ?o }")
        assert kept >= 7 * acknowledged and kept % 7 == 0


def test_the_search_for_faults_finds_them(tmp_path: Path) -> None:
    """A test that could not fail would prove nothing."""
    killed_while_writing(tmp_path, random.Random(1))
    number = journal.read(tmp_path).entries[-1].number
    assert list(faults(tmp_path, number)) == []
    assert list(faults(tmp_path, number + 1))
    with sqlite3.connect(tmp_path / "written.sqlite") as database:
        database.execute(
            "DELETE FROM statement WHERE (graph, triple) IN (SELECT graph, triple FROM statement LIMIT 1)"
        )
    assert list(faults(tmp_path, number))


def test_each_change_is_synced_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Journal(tmp_path)
    told: list[str] = []
    opened = sqlite3.connect

    def watched(*args: object, **options: object) -> sqlite3.Connection:
        database: sqlite3.Connection = opened(*args, **options)  # type: ignore[call-overload]
        database.set_trace_callback(told.append)
        return database

    monkeypatch.setattr("graph.writing.journal.sqlite3.connect", watched)
    kept.add(CHANGE)
    kept.close()
    assert told.index("PRAGMA synchronous = EXTRA") < told.index("COMMIT")
    assert sqlite3.connect(tmp_path / "written.sqlite").execute("PRAGMA journal_mode").fetchone() == (
        "delete",
    )


def test_a_change_that_cannot_be_kept_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "INSERT DATA {{ GRAPH <http://e/g> {{ <http://e/s> <http://e/p> {} }} }}"
    with curated(tmp_path) as curator:
        curator.update(text.format(1)).raise_for_status()
        version = curator.get("/health").json()["data_version"]

        def full(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        with monkeypatch.context() as patched:
            patched.setattr("graph.writing.journal._add", full)
            answer = curator.update(text.format(2))
        assert (answer.status_code, answer.json()["code"]) == (507, "not-kept")
        assert curator.count("GRAPH <http://e/g> { ?s ?p ?o }") == 1
        assert curator.get("/health").json()["data_version"] == version
        curator.update(text.format(3)).raise_for_status()
        assert curator.count("GRAPH <http://e/g> { ?s ?p ?o }") == 2
    with curated(tmp_path) as curator:
        assert curator.count("GRAPH <http://e/g> { ?s ?p ?o }") == 2


def test_a_journal_of_a_later_format_is_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    with sqlite3.connect(tmp_path / "written.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(SpacenormsError, match="format is 99"):
        Journal(tmp_path)
