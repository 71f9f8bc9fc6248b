"""A start takes over what an earlier one kept, if nothing has changed and nobody else can have written it."""

from __future__ import annotations

import datetime
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import pytest

from api import startcache as setting
from api.settings import read
from graph.errors import BadData, BadValue
from graph.knowledge import KnowledgeGraph
from graph.prepared import startcache, starting
from graph.rdf import loader

DAY = datetime.date(2026, 11, 23)
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


class Starts:
    """Starts over a file of facts, and counts those that ran the rules."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cache = folder / "cache" / "spacenorms"
        self.facts = folder / "facts.nt"
        self.computed = 0
        derive = loader.derive
        self.write(3)

        def counting(store: ox.Store, today: datetime.date) -> None:
            self.computed += 1
            derive(store, today)

        monkeypatch.setattr(loader, "derive", counting)

    def write(self, things: int) -> None:
        lines = (
            f'<http://example.org/s{n}> <http://example.org/p> "{n}\\n“ü”"@en .\n' for n in range(things)
        )
        self.facts.write_text("".join(lines), encoding="utf-8")

    def __call__(self, today: datetime.date = DAY) -> int:
        graph = KnowledgeGraph.load([self.facts], release=False, today=today, cache=self.cache)
        return int(str(graph.query(COUNT).rows[0]["n"]))

    @property
    def entries(self) -> list[Path]:
        return sorted(self.cache.iterdir())


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Starts:
    return Starts(tmp_path, monkeypatch)


def test_a_second_start_runs_no_rule(starts: Starts) -> None:
    assert (starts(), starts(), starts()) == (3, 3, 3)
    assert starts.computed == 1
    assert [path.suffix for path in starts.entries] == [".nq"]


def test_the_release_that_was_kept_is_the_release(graph: KnowledgeGraph, tmp_path: Path) -> None:
    def quads() -> set[str]:
        store, version = starting.load([], True, DAY, tmp_path / "cache")
        assert version == graph.version
        return {str(quad) for quad in store if "_:" not in str(quad)}

    computed, kept = quads(), quads()
    assert len(computed) > 50_000
    assert kept == computed


@pytest.mark.parametrize("change", ["facts", "day", "rules", "program", "engine", "code"])
def test_what_has_changed_is_computed_anew(
    starts: Starts, change: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    starts()
    if change == "facts":
        starts.write(5)
    elif change == "rules":
        (tmp_path / "queries").mkdir()
        (tmp_path / "queries" / "more.rq").write_text("ASK {}", encoding="utf-8")
        monkeypatch.setattr(starting, "queries_dir", lambda: tmp_path / "queries")
    elif change == "program":
        monkeypatch.setattr(starting, "program", lambda: "99")
    elif change == "engine":
        monkeypatch.setattr(ox, "__version__", "99")
    elif change == "code":
        monkeypatch.setattr(loader, "__file__", str(starts.facts))
    day = DAY + datetime.timedelta(days=1) if change == "day" else DAY
    assert starts(day) == (5 if change == "facts" else 3)
    assert starts.computed == 2


@pytest.mark.parametrize(
    "content", [b"", b"<http://example.org/other> <http://example.org/p> '1' .\n", b"\xff"]
)
def test_a_torn_or_forged_entry_is_not_read(starts: Starts, content: bytes) -> None:
    starts()
    (entry,) = starts.entries
    entry.write_bytes(content)
    assert starts() == 3
    assert starts.computed == 2
    assert starts() == 3
    assert starts.computed == 2


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_write_to_is_not_used(starts: Starts, mode: int) -> None:
    starts()
    starts.cache.chmod(mode)
    assert (starts(), starts()) == (3, 3)
    assert starts.computed == 3


def test_an_entry_that_others_can_write_to_is_not_read(starts: Starts) -> None:
    starts()
    starts.entries[0].chmod(0o666)
    starts()
    assert starts.computed == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")
def test_what_belongs_to_another_user_is_not_used(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    starts()
    monkeypatch.setattr(os, "geteuid", lambda: starts.cache.stat().st_uid + 1)
    assert starts() == 3
    assert starts.computed == 2


@pytest.mark.parametrize("linked", ["folder", "entry"])
def test_links_are_not_followed(starts: Starts, linked: str, tmp_path: Path) -> None:
    starts()
    path = starts.cache if linked == "folder" else starts.entries[0]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    starts()
    assert starts.computed == 2


def test_a_folder_that_cannot_be_made_is_done_without(starts: Starts) -> None:
    starts.cache.parent.write_text("in the way", encoding="utf-8")
    assert (starts(), starts()) == (3, 3)
    assert starts.computed == 2


def test_starts_at_the_same_time_do_each_other_no_harm(starts: Starts) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: starts(), range(16))) == {3}
    assert len(starts.entries) == 1
    before = starts.computed
    assert starts() == 3
    assert starts.computed == before


def test_old_entries_go(starts: Starts) -> None:
    for number in range(8):
        starts(DAY + datetime.timedelta(days=number))
    assert len(starts.entries) == 4
    computed = starts.computed
    starts(DAY + datetime.timedelta(days=7))
    assert starts.computed == computed


def test_much_data_are_not_kept(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "MOST_BYTES", 10)
    starts()
    assert not starts.cache.exists()


def test_bad_data_are_told_with_a_cache_as_without(starts: Starts) -> None:
    starts.facts.write_text("no triple", encoding="utf-8")
    with pytest.raises(BadData, match="does not parse"):
        starts()
    assert not starts.cache.exists()


def test_the_setting_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert setting.folder("auto") == tmp_path / "spacenorms" == startcache.default_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert setting.folder("auto") == Path.home() / ".cache" / "spacenorms"
    assert setting.folder("off") is None
    monkeypatch.setenv(setting.VARIABLE, str(tmp_path / "mine"))
    assert setting.of_environment() == tmp_path / "mine"
    assert read().start_cache == str(tmp_path / "mine")


def test_a_setting_that_names_no_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(setting.VARIABLE, "cache")
    for reading in (setting.of_environment, read):
        with pytest.raises(BadValue, match=r"SPACENORMS_START_CACHE.*“cache” is neither"):
            reading()
