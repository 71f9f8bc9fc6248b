"""Requests wait on a desk for whichever worker is free, and none is lost when a worker is."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from serving import small_store

from graph.errors import QueryTimeout
from graph.sparql.caller import CALLER, Caller
from graph.sparql.desk import HEAD, Desk
from graph.sparql.worker import packed
from graph.sparql.workers import WorkerPool

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


def run(use: Callable[[WorkerPool], Awaitable[None]], workers: int = 2, queue: int = 64) -> None:
    async def main() -> None:
        async with WorkerPool(small_store(), workers=workers, queue=queue) as pool:
            await use(pool)

    asyncio.run(asyncio.wait_for(main(), 60))


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_requests_are_taken_in_the_order_in_which_they_were_laid() -> None:
    desk = Desk(2)
    for number in (3, 5, 4):
        assert desk.lay(HEAD.pack(number, 0, 0))
    assert [HEAD.unpack(desk.take())[0] for _ in range(3)] == [3, 5, 4]
    desk.lay(HEAD.pack(6, 0, 0))
    desk.take_back()
    desk.lay(HEAD.pack(7, 0, 0))
    assert HEAD.unpack(desk.take())[0] == 7
    desk.close()
    assert not desk.lay(HEAD.pack(8, 0, 0))


def test_a_full_desk_says_so() -> None:
    desk, request = Desk(1), bytes(20_000)
    laid = 0
    while desk.lay(request):
        laid += 1
        assert laid < 100_000
    assert laid > 1
    desk.take_back()
    assert desk.lay(request)
    desk.close()


@pytest.mark.skipif(not hasattr(select, "EPOLLEXCLUSIVE"), reason="this system wakes who has waited longest")
def test_one_query_after_another_is_for_the_same_worker() -> None:
    async def use(pool: WorkerPool) -> None:
        await until(lambda: pool.status()["idle"] == 3)
        takers: Counter[int] = Counter()
        for _ in range(20):
            await asyncio.sleep(0.01)  # until whoever has answered waits again
            asked = await pool.begin("ASK {}", timeout=5)
            await asked.wait(None)
            assert asked.line is not None
            takers[asked.line.process] += 1
        # In turns, each of the three would have taken seven at most.
        assert takers.most_common(1)[0][1] >= 15

    run(use, workers=3)


def test_what_a_worker_notes_is_read_at_its_place() -> None:
    desk = Desk(3)
    places = [desk.place() for _ in range(3)]
    assert sorted(place for place in places if place is not None) == [0, 1, 2]
    assert desk.place() is None
    before = time.monotonic()
    desk.note(1, 2**40)
    number, began = desk.noted(1)
    assert number == 2**40 and before <= began <= time.monotonic()
    assert desk.noted(0)[0] == desk.noted(2)[0] == 0
    desk.leave(1)
    assert desk.place() == 1
    assert desk.noted(1)[0] == 0
    desk.close()


@pytest.mark.parametrize("length", [10, 32_000, 33_000, 250_000, 2_000_000])
def test_a_request_of_any_length_is_evaluated(length: int) -> None:
    async def use(pool: WorkerPool) -> None:
        query = f"# {'x' * length}\n{COUNT}"
        for _ in range(3):
            assert (await pool.evaluate(query, "text/csv")).split() == [b"n", b"100"]
        graphs = [f"http://example.org/graph/{number}" for number in range(length // 100)]
        await pool.evaluate(COUNT, "text/csv", graphs)
        many = (pool.evaluate(f"{query} # {number}", "text/csv") for number in range(8))
        assert {answer.split()[1] for answer in await asyncio.gather(*many)} == {b"100"}

    run(use)


def test_many_at_once_are_each_given_their_own_answer() -> None:
    async def use(pool: WorkerPool) -> None:
        async def ask(number: int) -> None:
            for turn in range(40):
                found = await pool.evaluate(f"SELECT ({number * 1000 + turn} AS ?n) {{}}", "text/csv")
                assert found.split() == [b"n", str(number * 1000 + turn).encode()]

        await asyncio.gather(*(ask(number) for number in range(1, 30)))
        assert pool.status()["waiting"] == pool.status()["busy"] == 0
        assert not pool.laid and not pool._waiting

    run(use)


def test_what_lies_on_the_desk_outlives_the_workers() -> None:
    """Workers are killed from outside while many ask: who is not being evaluated is answered all the same."""

    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        answers = [asyncio.create_task(pool.evaluate(f"{COUNT} # {number}")) for number in range(20)]
        stopped = [line.process for line in pool._crew.lines]
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        more = [asyncio.create_task(pool.evaluate(f"{COUNT} # {number}")) for number in range(20, 40)]
        await asyncio.sleep(0.05)
        for process in stopped:
            os.kill(process, signal.SIGKILL)
        found = await asyncio.gather(*answers, *more, return_exceptions=True)
        lost = [each for each in found if isinstance(each, BaseException)]
        assert len(lost) <= len(stopped)
        assert all(b'"100"' in each for each in found if isinstance(each, bytes))

    run(use)


def test_who_is_not_to_blame_is_evaluated_anew() -> None:
    """A worker is killed for what it has just ended, while it is at the next request."""

    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        (line,) = pool._crew.lines
        next_one = await pool.begin(CROSS_PRODUCT, timeout=2)
        await until(lambda: line.at() == next_one.number)
        pool._crew.kill(line)
        await until(lambda: line not in pool._crew.lines)
        await until(lambda: any(other.at() == next_one.number for other in pool._crew.lines))
        assert not next_one.is_over
        await next_one.wait(None)
        with pytest.raises(QueryTimeout):
            next_one.result()
        assert b"true" in await pool.evaluate("ASK {}")

    run(use, workers=1)


def test_what_nobody_wants_is_stopped() -> None:
    """A worker took a request that was let go of at that very moment, so that nobody knew it was at it."""

    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        (line,) = pool._crew.lines
        pool._crew.desk.lay(packed(10**6, CROSS_PRODUCT, "text/csv", False, pool.most()))
        await until(lambda: line.at() == 10**6)
        assert b"true" in await pool.evaluate("ASK {}", timeout=5)
        assert line not in pool._crew.lines or line.is_ending
        assert pool.status()["ended"] == 1

    run(use, workers=1)


def test_who_leaves_while_waiting_is_taken_off_the_desk() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        (line,) = pool._crew.lines
        running = await pool.begin(CROSS_PRODUCT, timeout=20)
        await until(lambda: line.at() == running.number)
        waiting = [await pool.begin(CROSS_PRODUCT, timeout=20) for _ in range(4)]
        last = await pool.begin("ASK {}")
        assert pool.status() == {"busy": 1, "idle": 0, "waiting": 5, "ended": 0}
        for each in waiting:
            each.cancel()
        assert pool.status()["waiting"] == 1
        running.cancel()
        await last.wait(None)
        assert b"true" in last.result()
        # one worker was killed, for what ran; those that waited cost none
        assert pool.status()["ended"] == 1

    run(use, workers=1)


def test_one_answered_twice_hears_the_first() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        await until(lambda: len(pool._crew.lines) == 2)
        for turn in range(30):
            evaluation = await pool.begin(f"SELECT ({turn} AS ?n) {{}}", "text/csv")
            pool._crew.desk.lay(evaluation.request)
            await evaluation.wait(None)
            assert evaluation.result().split() == [b"n", str(turn).encode()]
        await asyncio.sleep(0.1)
        assert pool.status() == {"busy": 0, "idle": 2, "waiting": 0, "ended": 0}

    run(use)


def test_a_client_s_queries_wait_while_others_pass() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        token = CALLER.set(Caller("greedy"))
        greedy = [await pool.begin(CROSS_PRODUCT, timeout=30) for _ in range(5)]
        CALLER.reset(token)
        assert len(pool.laid) == 2
        for _ in range(20):
            assert b"true" in await pool.evaluate("ASK {}", timeout=5)
        for each in greedy:
            each.cancel()
        assert not pool._laid_for and not pool.laid and not pool._waiting

    run(use, workers=3)
