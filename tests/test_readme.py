"""What the README says works as it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from api import commands
from api.application import create_application
from graph.knowledge import KnowledgeGraph

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^spacenorms ([^#\n]+?)\s*(?:#.*)?$", README, re.M)
ADDRESSES = sorted(set(re.findall(r"http://127\.0\.0\.1:8000(/[^\s'>`|)]*)", README)))
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[TestClient]:
    with TestClient(create_application(graph=graph)) as running:
        yield running


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith("check")])
def test_a_command_of_the_readme_runs(
    line: str, graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "_graph", lambda *_, **__: graph)
    result = CliRunner().invoke(commands.main, shlex.split(line))
    assert result.exit_code == 0, result.output
    assert result.output


def test_the_readme_shows_commands_and_addresses() -> None:
    assert {line.split()[0] for line in COMMANDS} >= {"query", "conflicts", "network", "picture", "check"}
    assert len(ADDRESSES) > 3


@pytest.mark.parametrize("path", [path for path in ADDRESSES if not path.startswith("/sparql")])
def test_an_address_of_the_readme_answers_a_browser_or_a_program(client: TestClient, path: str) -> None:
    for accept in ("text/html", "*/*"):
        assert client.get(path, headers={"Accept": accept}).status_code == 200


def test_the_sparql_of_the_readme_answers(client: TestClient) -> None:
    (query,) = re.findall(r"--data-urlencode 'query=(.*?)'", README, re.S)
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) > 1


@pytest.mark.parametrize("code", PYTHON)
def test_the_python_of_the_readme_runs(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z-]+)", README))))
def test_a_make_target_of_the_readme_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.M)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w./-]+\.(?:md|cff))`", README))))
def test_a_file_that_the_readme_names_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_every_command_is_told_in_the_readme() -> None:
    told = {line.split()[0] for line in COMMANDS} | {"serve"}
    assert set(commands.main.commands) <= told | {"format"}
