"""Headers that are written at once are those that would be written one by one, and end no answer early."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from typing import Any

import pytest
from serving import serving, small_graph

from api import wire
from api.heads import Head, Written, are_whole, lines_of
from api.settings import Settings

PAIRS = [(b"content-type", b"text/plain; charset=utf-8"), (b"etag", b'W/"a: b"'), (b"content-length", b"5")]
ASK = "/sparql?query=ASK%20%7B%7D"


@pytest.fixture(scope="module")
def server():
    with serving(Settings(load_pages="asked"), small_graph()) as found:
        yield found.base_url.host, found.base_url.port


def received(server, *requests: bytes) -> bytes:
    """Return all that comes back on one connection until the server closes it."""
    with socket.create_connection(server, timeout=10) as connection:
        connection.sendall(b"".join(requests))
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


CLOSE = "Connection: close"


def test_whoever_iterates_meets_pairs() -> None:
    head = Head(lines_of(PAIRS[:2]), lines_of(PAIRS[2:]), 5)
    assert list(head) == PAIRS
    assert head.value(b"etag") == b'W/"a: b"' and head.value(b"content-type") == PAIRS[0][1]
    assert head.value(b"tag") is None and head.value(b"content-length") is None


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb", b"a\rb", b"a\0b"])
def test_a_value_that_would_begin_another_header_is_left_to_the_server_to_refuse(value: bytes) -> None:
    broken = [*PAIRS, (b"x", value)]
    assert are_whole(lines_of(PAIRS), len(PAIRS)) and not are_whole(lines_of(broken), len(broken))


@pytest.mark.parametrize("path", [ASK, "/queries/none", "/states/XXX", "/sparql?query=nonsense"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_is_that_of_a_server_that_looks_at_each_header(server, monkeypatch, path, method) -> None:
    """Apart from its day and its id."""

    def told(answer: bytes) -> bytes:
        return re.sub(rb"(?m)^(date|x-request-id): [^\r]*|\"request_id\": ?[^,}]*", b"", answer)

    asked = get(path, CLOSE, method=method)
    quick = [received(server, asked), received(server, asked)]
    monkeypatch.setattr(wire._Sender, "__call__", lambda self, message: self._cycle.send(message))
    monkeypatch.setattr(wire._Sender, "whole", lambda self, head, body: False)
    slow = received(server, asked)
    assert told(quick[0]) == told(quick[1]) == told(slow) and slow.startswith(b"HTTP/1.1 ")


def test_requests_that_are_sent_ahead_are_answered_in_turn(server) -> None:
    found = received(server, get(ASK), get("/health"), get(ASK, method="HEAD"), get(ASK, CLOSE))
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 4
    assert found.count(b"connection: close\r\n") == 1
    assert found.count(b'"boolean":true') == 2 and found.endswith(b"}")


def test_a_client_of_http_1_0_is_left_at_the_end(server) -> None:
    found = received(server, f"GET {ASK} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 1 and b"connection: close\r\n" in found


def test_a_header_that_is_missing_is_not_one_that_is_empty(server) -> None:
    """The first accepts anything, and so does the second; the third has another host in its links."""
    for asked in (get(ASK, CLOSE), get(ASK, "Accept:", CLOSE), f"GET {ASK} HTTP/1.0\r\n\r\n".encode()):
        first, second = received(server, asked), received(server, asked)
        assert (
            first.startswith(b"HTTP/1.1 200 ") and first.split(b"\r\n\r\n")[1] == second.split(b"\r\n\r\n")[1]
        )


def test_who_asks_nothing_more_is_left_and_who_asks_again_is_not(monkeypatch) -> None:
    """Connections that are idle share one timer, which leaves each for at least as long as it is told."""
    monkeypatch.setattr(wire.BoundedHttp, "_rounds", None)
    made = wire.Rounds
    monkeypatch.setattr(wire, "Rounds", lambda _seconds: made(0.3))
    with serving(Settings(load_pages="asked"), small_graph()) as found:
        address = found.base_url.host, found.base_url.port
        with (
            socket.create_connection(address, timeout=10) as idle,
            socket.create_connection(address, timeout=10) as busy,
        ):
            for _ in range(12):  # as long as four rounds
                time.sleep(0.1)
                busy.sendall(get(ASK))
                assert busy.recv(65536).startswith(b"HTTP/1.1 200 ")
            idle.sendall(get(ASK))
            begun = time.monotonic()
            assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
            assert idle.recv(65536) == b""
            assert time.monotonic() - begun >= 0.3


def test_a_written_answer_is_what_its_headers_say() -> None:
    written = Written(b"body", {"Vary": "Accept", "Content-Type": "text/csv"}, 'W/"a"')
    pairs = [
        (b"vary", b"Accept"), (b"content-type", b"text/csv"), (b"etag", b'W/"a"'), (b"content-length", b"4"),
    ]  # fmt: skip
    assert list(written.head) == pairs
    written.headers["X-More"] = "more"
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    asyncio.run(written({"type": "http"}, send, send))  # type: ignore[arg-type]
    assert messages[0]["headers"] == [*pairs, (b"x-more", b"more")] and messages[1]["body"] == b"body"
    with pytest.raises(ValueError, match="end of a line"):
        Written(b"", {"X": "a\r\nSet-Cookie: b"})
