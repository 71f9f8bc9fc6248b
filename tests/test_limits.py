"""No client takes what the others need: too long, too often and too many at once are refused."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from serving import serving
from test_workers import CROSS_PRODUCT, LONG, SORT

from api.cuts import HEADER
from api.limits import Buckets, Limits
from api.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

NEAR, FAR = "203.0.113.7", "198.51.100.9"
BROKEN_OFF, CUT = 0, 1
CHEAP = "ASK { <http://example.org/s1> ?p ?o }"


def from_client(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def ask(client: httpx.Client, query: str, address: str = "", **parameters: str) -> httpx.Response:
    headers = from_client(address) if address else {}
    return client.get("/sparql", params={"query": query, **parameters}, headers=headers)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["remedy"]
    assert told["request_id"] == answer.headers["x-request-id"]
    return told


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = 0.0
    buckets = Buckets(rate=2, burst=3, clock=lambda: now)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    now = 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    now = 1000.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0


def test_a_rate_of_nothing_is_no_limit() -> None:
    buckets = Buckets(rate=0, burst=1)
    assert not any(buckets.take("a") for _ in range(1000))


def test_many_clients_take_bounded_memory() -> None:
    buckets = Buckets(rate=1, burst=1)
    for number in range(12_000):
        buckets.take(str(number))
    assert len(buckets) == 10_000


@pytest.fixture(scope="module")
def narrow() -> Iterator[httpx.Client]:
    settings = Settings(
        request_rate=0.01, request_burst=3, max_body_bytes=2048, max_url_bytes=1024, max_query_bytes=1024
    )
    with serving(settings) as client:
        yield client


def test_who_asks_too_often_is_told_when_to_come_back(narrow: httpx.Client) -> None:
    headers = {**from_client(NEAR), "Origin": "https://example.org"}
    answers = [narrow.get("/health", headers=headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert problem(answers[-1], 429)["code"] == "too-many-requests"
    assert 50 < int(answers[-1].headers["retry-after"]) <= 100
    assert answers[-1].headers["access-control-allow-origin"] == "*"
    assert narrow.get("/health", headers=from_client(FAR)).status_code == 200


def test_who_is_on_this_machine_is_not_limited(narrow: httpx.Client) -> None:
    assert all(narrow.get("/health").status_code == 200 for _ in range(10))


def test_a_client_cannot_pass_for_another(narrow: httpx.Client) -> None:
    forged = [f"10.0.0.{number}, 192.0.2.44" for number in range(5)]
    answers = [narrow.get("/health", headers=from_client(each)) for each in forged]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]


def test_only_trusted_proxies_name_the_client() -> None:
    settings = Settings(request_rate=0.01, request_burst=2, trusted_proxies="", unlimited_clients="")
    with serving(settings) as client:
        answers = [client.get("/health", headers=from_client(f"10.0.0.{number}")) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", None),
        ("::ffff:127.0.0.1", None),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:0db8:0001:0002"),
        ("2001:db8:1:2:bbbb::2", "2001:0db8:0001:0002"),
        ("no address", "no address"),
    ],
)
def test_a_client_is_an_address_or_a_subscriber_s_network(host: str, name: str | None) -> None:
    assert Limits(Settings()).client({"client": (host, 1)}) == name


def test_a_long_address_is_refused(narrow: httpx.Client) -> None:
    told = problem(narrow.get("/sparql", params={"query": "#" * 2000}), 414)
    assert "POST" in told["remedy"]


@pytest.mark.parametrize("head", [b"GET /health?", b"GET /health HTTP/1.1\r\nX-Long: "])
def test_a_head_that_does_not_end_is_broken_off(narrow: httpx.Client, head: bytes) -> None:
    with socket.create_connection((narrow.base_url.host, narrow.base_url.port or 80), timeout=10) as sending:
        sending.sendall(head)
        with contextlib.suppress(OSError):
            for _ in range(200):
                sending.sendall(b"x" * 2**14)
                time.sleep(0.001)
        answer = b""
        with contextlib.suppress(OSError):
            answer = sending.recv(2**16)
    assert not answer or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    assert narrow.get("/health").status_code == 200


def test_many_requests_over_one_connection_have_heads_of_their_own(narrow: httpx.Client) -> None:
    with httpx.Client(base_url=narrow.base_url, headers={"X-Long": "x" * 20_000}) as client:
        assert [client.get("/health").status_code for _ in range(10)] == [200] * 10


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.parametrize("kind", ["application/sparql-query", "application/x-www-form-urlencoded"])
def test_a_long_body_is_refused(narrow: httpx.Client, kind: str, is_declared: bool) -> None:
    body = b"query=" + b"x" * 5000
    content = body if is_declared else iter([body[:900], body[900:1800], body[1800:]])
    problem(narrow.post("/sparql", content=content, headers={"Content-Type": kind}), 413)


def test_a_long_body_of_json_is_refused(narrow: httpx.Client) -> None:
    pieces = iter([b'{"add": ["', b"x" * 5000, b'"]}'])
    answer = narrow.post("/conflicts/what-if", content=pieces, headers={"Content-Type": "application/json"})
    assert problem(answer, 413)["code"] == "body-too-long"


def test_one_client_has_so_many_requests_answered_at_once() -> None:
    with serving(Settings(requests_per_client=2, workers=4)) as client, ThreadPoolExecutor(2) as threads:
        running = [threads.submit(ask, client, CROSS_PRODUCT, NEAR, timeout="3") for _ in range(2)]
        wait_until_busy(client, 2)
        problem(ask(client, CHEAP, NEAR), 429)
        assert ask(client, CHEAP, FAR).status_code == 200
        assert [each.result().status_code for each in running] == [503, 503]
        assert ask(client, CHEAP, NEAR).status_code == 200


def test_one_client_never_holds_all_workers() -> None:
    with serving(Settings(workers=2)) as client, ThreadPoolExecutor(4) as threads:
        running = [threads.submit(ask, client, CROSS_PRODUCT, NEAR, timeout="2") for _ in range(3)]
        wait_until_busy(client, 1)
        assert [ask(client, CHEAP, FAR).status_code for _ in range(5)] == [200] * 5
        assert not all(each.done() for each in running)
        assert {each.result().json()["code"] for each in running} == {"query-timeout"}


def test_cheap_queries_are_answered_while_bombs_run() -> None:
    bombs = [CROSS_PRODUCT, SORT, LONG.replace(" }", " . ?g ?h ?i }")]
    settings = Settings(workers=len(bombs) + 1, memory_headroom=256 * 2**20)
    with serving(settings) as client, ThreadPoolExecutor(len(bombs)) as threads:
        is_over = threading.Event()
        running = [threads.submit(throw, client, bomb, is_over) for bomb in bombs]
        wait_until_busy(client, 1)
        answers = [ask(client, CHEAP) for _ in range(60)]
        assert not any(each.done() for each in running)
        is_over.set()
        statuses = {status for each in running for status in each.result()}
    assert [answer.status_code for answer in answers] == [200] * 60
    assert all(answer.json()["boolean"] for answer in answers)
    assert statuses <= {CUT, 503, BROKEN_OFF}


def throw(client: httpx.Client, bomb: str, is_over: threading.Event) -> list[int]:
    """Ask a bomb again as soon as the server has put an end to it."""
    statuses = []
    while not is_over.is_set():
        try:
            answer = ask(client, bomb, timeout="4")
            statuses.append(CUT if HEADER in answer.headers else answer.status_code)
        except httpx.RemoteProtocolError:
            statuses.append(BROKEN_OFF)
    return statuses


def wait_until_busy(client: httpx.Client, workers: int) -> None:
    deadline = time.monotonic() + 10
    while client.get("/health").json()["workers"]["busy"] < workers:
        assert time.monotonic() < deadline
        time.sleep(0.02)
