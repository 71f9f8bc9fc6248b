"""The house stands: the wheel holds the facts, the locks hold hashes, nothing names one machine."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from graph import resources

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^[a-z0-9._-]+==[^ ]+( ; .+)? \\$")

pytestmark = pytest.mark.skipif(not LOCKS, reason="the tests run outside a checkout")


def tracked_files() -> list[Path]:
    """The text files of the repository, those that git ignores left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network from what the locks install."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True)
    (path,) = folder.glob("spacenorms-*.whl")
    return path


def test_wheel_holds_every_file_of_the_ontology_and_the_queries(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern in (("ontology", "*.ttl"), ("queries", "*.rq")):
        files = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(pattern)}
        assert files
        assert {f"graph/data/{file}" for file in files} <= names


def test_wheel_holds_licences_and_command(wheel: Path) -> None:
    files = {Path(name).name: name for name in zipfile.ZipFile(wheel).namelist()}
    assert {"LICENSE", "LICENSE-FACTS", "NOTICE.md"} <= set(files)
    entry_points = zipfile.ZipFile(wheel).read(files["entry_points.txt"]).decode()
    assert "spacenorms = api.commands:main" in entry_points


def test_wheel_finds_its_files_from_any_directory(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from graph import resources; print(resources.ontology_dir()); print(resources.queries_dir())",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    data = installed / "graph" / "data"
    assert told.stdout.split() == [str(data / "ontology"), str(data / "queries")]


def test_checkout_finds_its_own_files() -> None:
    assert resources.ontology_dir() == ROOT / "ontology"
    assert resources.queries_dir() == ROOT / "queries"


def test_installation_without_data_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "graph")
    with pytest.raises(FileNotFoundError, match="without its ontology files"):
        resources.ontology_dir()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_pins_every_package_by_hash_and_names_no_address(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith(" ")]
    hashes = [line for line in lines if line.startswith("    --hash=sha256:")]
    assert len(packages) + len(hashes) == len(lines)
    assert all(PINNED.match(line) for line in packages)
    assert all(following.startswith(" ") for line, following in itertools.pairwise(lines) if line in packages)
    assert "://" not in lock.read_text(encoding="utf-8")


def test_test_lock_has_the_versions_of_the_run_lock() -> None:
    run, test = (_pins(ROOT / "requirements" / f"{name}.txt") for name in ("run", "test"))
    assert run <= test


def _pins(lock: Path) -> set[str]:
    return {line for line in lock.read_text(encoding="utf-8").splitlines() if PINNED.match(line)}


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"], *extras]
    locked = {pin.partition("==")[0] for pin in _pins(ROOT / "requirements" / "test.txt")}
    assert {re.split(r"[^A-Za-z0-9_-]", name)[0].lower() for name in wanted} <= locked


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only git knows which files are the project's")
def test_no_file_names_a_place_on_one_machine_or_a_registry() -> None:
    folders = "|".join(("root", "home", "work", "Users", "opt", "tmp"))
    place = re.compile(rf"(?<![\w.:/}})-])/(?:{folders})/\w|(?:index|find)-(?:url|links) *=|/simple/?$", re.M)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_files()
        if path != Path(__file__)
        for match in place.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version {version}" in (ROOT / "LICENSE-FACTS").read_text(encoding="utf-8")


def test_make_lists_its_targets() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {target} " in told for target in ("serve", "test", "lint", "check", "lock"))
