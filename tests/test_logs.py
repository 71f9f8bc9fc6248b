"""The log tells each request on one line of JSON, and nothing that was asked in confidence."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from serving import serving

from api import logs
from api.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

SECRET = "SELECT * { ?s ?p 'a-confidential-question' }"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream, logger = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    logger.addHandler(handler)
    requests = logging.getLogger("spacenorms")
    level = requests.level
    requests.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    requests.setLevel(level)


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def requests(stream: io.StringIO) -> list[dict[str, Any]]:
    return [line for line in told(stream) if line["logger"] == "spacenorms.requests"]


def test_a_request_is_one_line_with_what_an_operator_needs(lines: io.StringIO) -> None:
    with serving() as client:
        answer = client.get("/sparql", params={"query": "ASK {}"}, headers={"X-Request-ID": "abc-1"})
    (line,) = requests(lines)
    assert line["request_id"] == answer.headers["x-request-id"] == "abc-1"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/sparql", 200)
    assert line["bytes"] == len(answer.content)
    assert line["milliseconds"] > 0
    assert line["queries"] == ["answered"]
    assert line["parameters"] == ["query"]
    assert line["time"].endswith("Z")


def test_what_was_asked_is_not_logged(lines: io.StringIO) -> None:
    with serving() as client:
        client.get("/sparql", params={"query": SECRET})
        client.get("/sparql?" + str(httpx.QueryParams({SECRET: ""})))
        client.post("/sparql", data={"query": SECRET})
        client.get("/sparql", params={"query": SECRET.replace("SELECT", "SELEKT")})
    assert len(requests(lines)) == 4
    assert "confidential" not in lines.getvalue()
    assert "127.0.0.1" not in lines.getvalue()


def test_a_setting_asks_for_what_was_asked(lines: io.StringIO) -> None:
    with serving(Settings(log_query_values=True, log_clients=True)) as client:
        client.get("/sparql", params={"query": SECRET})
    (line,) = requests(lines)
    assert "confidential" in line["query_string"]
    assert line["client"] == "127.0.0.1"


def test_a_setting_leaves_requests_out(lines: io.StringIO) -> None:
    with serving(Settings(log_requests=False)) as client:
        client.get("/health")
    assert not requests(lines)


def test_the_fate_of_a_query_is_logged(lines: io.StringIO) -> None:
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
    with serving() as client:
        answer = client.get("/sparql", params={"query": cross, "timeout": "0.2"})
    assert answer.json()["request_id"] == requests(lines)[0]["request_id"]
    assert requests(lines)[0]["queries"] == ["query-timeout"]


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "a;b", "ä", '"}'])
def test_an_id_that_is_not_sane_is_replaced(lines: io.StringIO, given: str) -> None:
    with serving() as client:
        answer = client.get("/nowhere", headers={"X-Request-ID": given.encode()})
    assert answer.headers["x-request-id"] != given
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == requests(lines)[0]["request_id"]


def test_each_request_has_an_id_of_its_own(lines: io.StringIO) -> None:
    with serving() as client:
        ids = [client.get("/health").headers["x-request-id"] for _ in range(20)]
    assert len(set(ids)) == 20
    assert [line["request_id"] for line in requests(lines)] == ids


def test_a_line_break_in_an_address_begins_no_line(lines: io.StringIO) -> None:
    with serving() as client:
        client.get("/a%0A%7B%22level%22:%22forged%22%7D")
    (line,) = requests(lines)
    assert line["level"] == "info"
    assert "\n" in line["path"]


def test_a_traceback_stays_on_one_line() -> None:
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        record = logging.LogRecord("api", logging.ERROR, "", 0, "It failed.", (), sys.exc_info())
    line = logs.JsonFormatter().format(record)
    assert "\n" not in line
    assert "RuntimeError" in json.loads(line)["traceback"]
