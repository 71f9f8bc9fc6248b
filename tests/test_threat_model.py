"""The threat model promises nothing that no test holds it to."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "threat-model.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the tests run outside a checkout")


def sections(level: str) -> dict[str, str]:
    parts = re.split(rf"^{level} (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def named(text: str) -> list[tuple[str, str]]:
    return re.findall(r"`(test_\w+\.py)::(test_\w+)`", text)


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_has_the_parts_of_a_threat_model() -> None:
    wanted = ["Scope", "Adversaries", "Promised and tested", "Not promised", "Duties of the operator"]
    assert [name for name in sections("##") if name in wanted] == wanted


@pytest.mark.parametrize(
    ("module", "function"), named(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else []
)
def test_a_named_test_exists(module: str, function: str) -> None:
    assert function in functions(TESTS / module)


def test_every_promise_names_a_test() -> None:
    promises = re.findall(r"^- .*(?:\n  .*)*", sections("##")["Promised and tested"], flags=re.MULTILINE)
    assert len(promises) > 25
    assert [promise for promise in promises if not named(promise)] == []


def test_every_named_test_is_written_with_its_file() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(re.findall(r"`[^`]*test_\w+[^`]*`", text)) == len(named(text))
