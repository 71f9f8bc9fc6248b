"""What the server computes itself is bounded in number and in time, and a refusal says what to do."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.computations import Computations, Turns
from api.settings import Settings
from graph.errors import ServiceBusy
from graph.sparql.caller import CALLER, Caller


class Site:
    """Computes in a thread until it is let go, and counts how many do at once."""

    def __init__(self, **limits: Any) -> None:
        self.go = threading.Event()
        self.now = self.most = self.done = 0
        self._lock = threading.Lock()
        site = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])
        self.app: ASGIApp = _Named(Computations(site, Settings(**limits)))

    async def _answer(self, request: Request) -> Response:
        if request.url.path.startswith("/quick"):
            return PlainTextResponse("quick")
        if request.url.path.startswith("/fault"):
            raise RuntimeError("a fault")
        await run_in_threadpool(self._compute)
        return PlainTextResponse("computed")

    def _compute(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(20)
        with self._lock:
            self.now -= 1
            self.done += 1

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://server")


class _Named:
    """Takes the caller's name from a header, as the limits of a server take it from the address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = Request(scope).headers.get("x-name")
        CALLER.set(Caller(name))
        await self._app(scope, receive, send)


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def code(answer: httpx.Response) -> str:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["remedy"]
    return str(answer.json()["code"])


def test_only_so_many_compute_at_once_and_the_others_wait() -> None:
    async def main() -> None:
        site = Site(computations=3)
        async with site.client() as client:
            asked = [asyncio.create_task(client.get("/networks")) for _ in range(9)]
            await until(lambda: site.now == 3)
            await asyncio.sleep(0.1)
            site.go.set()
            assert [answer.text for answer in await asyncio.gather(*asked)] == ["computed"] * 9
        assert (site.most, site.done) == (3, 9)

    asyncio.run(main())


def test_more_than_the_queue_holds_are_refused_at_once() -> None:
    async def main() -> None:
        site = Site(computations=1, computation_queue=2)
        async with site.client() as client:
            asked = [asyncio.create_task(client.get("/conflicts")) for _ in range(3)]
            await until(lambda: site.now == 1)
            await asyncio.sleep(0.05)
            assert code(await client.get("/conflicts")) == "service-busy"
            site.go.set()
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}

    asyncio.run(main())


def test_who_has_waited_long_enough_is_told_while_the_computation_keeps_its_place() -> None:
    async def main() -> None:
        site = Site(computations=1, computation_time_limit=0.2)
        async with site.client() as client:
            late = await client.get("/timeline")
            assert code(late) == "computation-timeout"
            assert "0.2 s" in late.json()["detail"]
            # the place is taken until the thread is done, and who waits for it in vain is told so
            assert code(await client.get("/timeline")) == "service-busy"
            assert site.now == 1
            site.go.set()
            await until(lambda: site.done == 1)
            await until_free(client)

    async def until_free(client: httpx.AsyncClient) -> None:
        assert (await client.get("/timeline")).text == "computed"

    asyncio.run(main())


def test_one_caller_leaves_a_place_to_the_others() -> None:
    async def main() -> None:
        site = Site(computations=3)
        async with site.client() as client:
            greedy = [asyncio.create_task(client.get("/a", headers={"x-name": "greedy"})) for _ in range(5)]
            await until(lambda: site.now == 2)
            other = asyncio.create_task(client.get("/b", headers={"x-name": "other"}))
            await until(lambda: site.now == 3)
            site.go.set()
            assert (await other).text == "computed"
            assert {answer.text for answer in await asyncio.gather(*greedy)} == {"computed"}

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/sparql", "/queries/withdrawals", "/health", "/static/style.css"])
def test_what_has_limits_of_its_own_needs_no_place(path: str) -> None:
    async def main() -> None:
        site = Site(computations=1)
        async with site.client() as client:
            first = asyncio.create_task(client.get("/networks"))
            await until(lambda: site.now == 1)
            second = asyncio.create_task(client.get(path))
            await until(lambda: site.now == 2)
            site.go.set()
            await asyncio.gather(first, second)

    asyncio.run(main())


def test_a_fault_gives_its_place_back() -> None:
    async def main() -> None:
        site = Site(computations=1)
        async with site.client() as client:
            for _ in range(3):
                assert (await client.get("/fault")).status_code == 500
            assert (await client.get("/quick")).text == "quick"

    asyncio.run(main())


def test_who_leaves_while_waiting_takes_no_place() -> None:
    async def main() -> None:
        site = Site(computations=1)
        async with site.client() as client:
            first = asyncio.create_task(client.get("/a"))
            await until(lambda: site.now == 1)
            second = asyncio.create_task(client.get("/b"))
            await asyncio.sleep(0.05)
            second.cancel()
            await asyncio.sleep(0.05)
            site.go.set()
            assert (await first).text == "computed"
            assert (await client.get("/quick")).text == "quick"
        assert site.done == 1

    asyncio.run(main())


def test_turns_are_taken_one_at_a_time_and_few_wait() -> None:
    turns = Turns(patience=5, queue=1)
    inside: list[int] = []

    def work(number: int) -> None:
        with turns.take(is_kept=False):
            inside.append(number)

    with turns.take(is_kept=False):
        waiting = [threading.Thread(target=work, args=(number,)) for number in range(2)]
        for thread in waiting:
            thread.start()
        time.sleep(0.1)
        with pytest.raises(ServiceBusy, match="being computed"), turns.take(is_kept=False):
            pass
        with turns.take(is_kept=True):
            assert inside == []
    for thread in waiting:
        thread.join(5)
    assert sorted(inside) == [0, 1]


def test_a_turn_that_does_not_come_is_told() -> None:
    turns = Turns(patience=0.01, queue=5)
    with turns.take(is_kept=False), pytest.raises(ServiceBusy), turns.take(is_kept=False):
        pass
    with turns.take(is_kept=False):
        pass
