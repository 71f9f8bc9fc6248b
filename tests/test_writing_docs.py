"""Every command and every query of the page on writing does what the page says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from curating import TOKEN, Curator, curated

PAGE = Path(__file__).parent.parent / "docs" / "writing.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the tests run outside a checkout")


@pytest.fixture(scope="module")
def curator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curator]:
    with curated(tmp_path_factory.mktemp("mine")) as found:
        yield found


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


def test_the_commands_of_the_page_are_answered_in_their_order(curator: Curator) -> None:
    commands = "".join(blocks("sh")).splitlines()
    assert len(commands) == 5
    statuses = [curator.send(request_of(curator, command)).status_code for command in commands]
    assert statuses == [200, 201, 200, 200, 200]


def request_of(client: httpx.Client, command: str) -> httpx.Request:
    words = shlex.split(command.replace("$TOKEN", TOKEN))
    given: dict[str, list[str]] = {}
    address = ""
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            given.setdefault(word, []).append(words.pop(0))
        else:
            address = word
    headers = dict(each.split(": ", 1) for each in given.get("-H", []))
    content = given.get("--data-binary", [None])[0]
    method = given.get("-X", ["GET" if content is None else "POST"])[0]
    target = address.removeprefix("http://127.0.0.1:8000")
    request = client.build_request(method, target, content=content, headers=headers)
    if "Authorization" not in headers:
        del request.headers["Authorization"]
    return request


def test_the_query_of_the_page_tells_who_changed_what(curator: Curator) -> None:
    curator.update("INSERT DATA { <http://example.org/a> <http://example.org/p> 1 }").raise_for_status()
    (query,) = blocks("sparql")
    assert curator.rows(query)
