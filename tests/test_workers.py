"""A query can be stopped at any moment, and nothing but its own worker is lost."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from serving import listening, small_store

from graph.errors import (
    BadQuery,
    NotAcceptable,
    QueryTimeout,
    QueryTooLarge,
    ServiceBusy,
    SpacenormsError,
)
from graph.namespaces import GRAPHS
from graph.sparql.caller import CALLER, Caller
from graph.sparql.evaluation import Evaluation
from graph.sparql.guard import ReadQuery
from graph.sparql.workers import GRAPH_MEDIA_TYPES, RESULT_MEDIA_TYPES, WorkerLimits, WorkerPool

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
LONGER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c + ?f + ?i >= 0) }"
SORT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?c ?f ?i ?l"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
SORTED = "SELECT ?c { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?i < 30) } ORDER BY ?c ?f ?i"
ZERO, ONE = "http://example.org/graph/0", "http://example.org/graph/1"


def run(
    use: Callable[[WorkerPool], Awaitable[None]],
    *,
    workers: int = 2,
    queue: int = 8,
    patience: float = 10,
    limits: WorkerLimits | None = None,
) -> None:
    pool = WorkerPool(small_store(), workers=workers, queue=queue, patience=patience, limits=limits)

    async def main() -> None:
        async with pool:
            await use(pool)

    asyncio.run(main())


def children(process: int) -> list[int]:
    """Return the children of a process that are alive or not yet waited for."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def until(holds: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("media_type", RESULT_MEDIA_TYPES)
@pytest.mark.parametrize("query", ["ASK {}", COUNT])
def test_select_and_ask_are_written_in_every_format(query: str, media_type: str) -> None:
    async def use(pool: WorkerPool) -> None:
        assert (b"100" if query == COUNT else b"true") in await pool.evaluate(query, media_type)

    run(use)


@pytest.mark.parametrize("media_type", GRAPH_MEDIA_TYPES)
@pytest.mark.parametrize("query", ["DESCRIBE <http://example.org/s7>", "CONSTRUCT WHERE { ?s ?p 7 }"])
def test_construct_and_describe_are_written_in_every_format(query: str, media_type: str) -> None:
    async def use(pool: WorkerPool) -> None:
        body = await pool.evaluate(query, media_type)
        (quad,) = ox.parse(body, format=ox.RdfFormat.from_media_type(media_type))
        assert quad.subject == ox.NamedNode("http://example.org/s7")

    run(use)


@pytest.mark.parametrize(("query", "media_type"), [("ASK {}", "text/turtle"), ("DESCRIBE <a:b>", "text/csv")])
def test_a_format_must_fit_the_form(query: str, media_type: str) -> None:
    async def use(pool: WorkerPool) -> None:
        with pytest.raises(NotAcceptable) as caught:
            await pool.evaluate(query, media_type)
        assert caught.value.status == 406

    run(use)


@pytest.mark.parametrize(
    ("query", "default", "named", "count"),
    [
        (COUNT, None, None, 100),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", None, None, 100),
        (f"SELECT (COUNT(*) AS ?n) FROM <{ZERO}> {{ ?s ?p ?o }}", None, None, 50),
        (f"SELECT (COUNT(*) AS ?n) FROM <{ZERO}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", None, None, 0),
        (f"SELECT (COUNT(*) AS ?n) FROM NAMED <{ZERO}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", None, None, 50),
        (f"SELECT (COUNT(*) AS ?n) FROM NAMED <{ZERO}> {{ ?s ?p ?o }}", None, None, 0),
        (COUNT, [ZERO], None, 50),
        (COUNT, [ZERO, ONE], None, 100),
        (COUNT, None, [ZERO], 0),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", None, [ZERO], 50),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", [ONE], None, 0),
        (f"SELECT (COUNT(*) AS ?n) FROM <{ZERO}> FROM <{ONE}> {{ ?s ?p ?o }}", [ONE], None, 50),
    ],
)
def test_the_data_set_is_the_request_s_then_the_query_s_then_everything(
    query: str, default: list[str] | None, named: list[str] | None, count: int
) -> None:
    async def use(pool: WorkerPool) -> None:
        body = await pool.evaluate(query, "text/csv", default, named)
        assert body.split() == [b"n", str(count).encode()]

    run(use)


def test_a_misspelt_graph_of_our_own_is_refused_and_one_from_elsewhere_is_empty() -> None:
    async def use(pool: WorkerPool) -> None:
        for arguments in (([f"{GRAPHS}facts/actz"], None), (None, [f"{GRAPHS}facts/actz"])):
            with pytest.raises(BadQuery, match="no graph of this store"):
                await pool.evaluate(COUNT, None, *arguments)
        for elsewhere in ("file:///etc/passwd", "http://example.org/none"):
            assert (await pool.evaluate(COUNT, "text/csv", [elsewhere])).split() == [b"n", b"0"]
            with pytest.raises(BadQuery, match="no IRI"):
                await pool.evaluate(COUNT, None, ["not an iri"])

    run(use)


def test_a_runaway_is_killed_at_its_limit_while_others_are_answered() -> None:
    async def use(pool: WorkerPool) -> None:
        began = time.perf_counter()
        runaway = asyncio.create_task(pool.evaluate(CROSS_PRODUCT, timeout=3))
        slowest, answered = 0.0, 0
        while not runaway.done():
            before = time.perf_counter()
            await pool.evaluate("ASK {}", timeout=5)
            slowest, answered = max(slowest, time.perf_counter() - before), answered + 1
            await asyncio.sleep(0.005)
        with pytest.raises(QueryTimeout) as caught:
            await runaway
        assert 2.9 < time.perf_counter() - began < 6
        assert slowest < 1.5
        assert answered > 20
        assert caught.value.extension["query"] == CROSS_PRODUCT
        assert "3 s" in caught.value.message

    run(use)


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root may not raise a priority")
def test_a_long_query_gives_way_until_it_ends() -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)

    async def use(pool: WorkerPool) -> None:
        await pool.evaluate(COUNT, timeout=5)
        (process,) = (line.process for line in pool._crew.lines)
        assert os.getpriority(os.PRIO_PROCESS, process) == usual
        running = await pool.begin(LONGER, timeout=20)
        await asyncio.sleep(0.2)
        assert not running.is_over and os.getpriority(os.PRIO_PROCESS, process) > usual
        everywhere = os.sched_getaffinity(0)
        if len(everywhere) > 1:
            assert os.sched_getaffinity(process) == everywhere - {max(everywhere)}
        await running.wait(None)
        assert b'"1000000"' in running.result()
        assert os.getpriority(os.PRIO_PROCESS, process) == usual
        assert os.sched_getaffinity(process) == everywhere
        assert pool.status()["ended"] == 0

    run(use, workers=1)


def test_the_killed_worker_is_replaced() -> None:
    async def use(pool: WorkerPool) -> None:
        for _ in range(3):
            with pytest.raises(QueryTimeout):
                await pool.evaluate(CROSS_PRODUCT, timeout=0.2)
            assert b"true" in await pool.evaluate("ASK {}", timeout=5)
        assert pool._crew.zygote is not None
        zygote = pool._crew.zygote
        assert await asyncio.to_thread(until, lambda: len(children(zygote)) == 1)

    run(use, workers=1)


def test_a_query_that_eats_memory_loses_its_own_worker_only() -> None:
    async def use(pool: WorkerPool) -> None:
        with pytest.raises(QueryTooLarge) as caught:
            await pool.evaluate(SORT, timeout=60)
        assert caught.value.code == "query-too-large"
        assert caught.value.extension["query"] == SORT
        assert b"true" in await pool.evaluate("ASK {}", timeout=5)

    run(use, limits=WorkerLimits(memory_headroom=96 * 2**20))


def test_a_deeply_nested_query_harms_nobody() -> None:
    async def use(pool: WorkerPool) -> None:
        nested = f"SELECT ({'(' * 30_000}1{')' * 30_000} AS ?x) {{}}"
        with pytest.raises(SpacenormsError):
            await pool.evaluate(nested, timeout=30)
        assert b"true" in await pool.evaluate("ASK {}", timeout=5)

    run(use)


def test_a_result_may_not_be_longer_than_the_limit() -> None:
    async def use(pool: WorkerPool) -> None:
        with pytest.raises(QueryTooLarge) as caught:
            await pool.evaluate(LONG, timeout=10)
        assert caught.value.code == "result-too-long"
        assert b"true" in await pool.evaluate("ASK {}", timeout=5)

    run(use, limits=WorkerLimits(result_bytes=10_000))


def test_a_long_result_arrives_whole() -> None:
    async def use(pool: WorkerPool) -> None:
        body = await pool.evaluate(LONG, "text/csv", timeout=20)
        assert len(body.splitlines()) == 10_001

    run(use)


def address_space(process: int) -> int:
    """Return the bytes of address space that a process holds."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def test_a_worker_that_has_kept_much_memory_is_replaced() -> None:
    headroom = 256 * 2**20

    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        assert pool._crew.zygote is not None
        (worker,) = children(pool._crew.zygote)
        for _ in range(20):
            await pool.evaluate("ASK {}")
        assert children(pool._crew.zygote) == [worker]
        before = address_space(worker)
        await pool.evaluate(SORTED, "text/csv", timeout=20)
        await pool.evaluate("ASK {}", timeout=5)
        # the allocator may have given the memory back; only a worker that kept it must go
        left = children(pool._crew.zygote)
        assert worker not in left or address_space(worker) - before <= headroom // 4

    run(use, workers=1, limits=WorkerLimits(memory_headroom=headroom, result_rows=10**6))


def test_who_leaves_frees_the_worker() -> None:
    async def use(pool: WorkerPool) -> None:
        leaving = asyncio.create_task(pool.evaluate(CROSS_PRODUCT, timeout=60))
        await asyncio.sleep(0.2)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert b"true" in await pool.evaluate("ASK {}", timeout=5)

    run(use, workers=1)


def test_a_full_queue_is_refused_at_once() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        tasks = [asyncio.create_task(pool.evaluate(CROSS_PRODUCT, timeout=1)) for _ in range(5)]
        await asyncio.sleep(0.3)
        done = [task for task in tasks if task.done()]
        assert len(done) == 2
        for task in done:
            error = task.exception()
            assert isinstance(error, ServiceBusy)
            assert error.status == 503
            assert error.extension["retry_after"] > 0
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(result, QueryTimeout) for result in results) == 3

    run(use, workers=1, queue=2)


def test_waiting_has_an_end() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        runaway = asyncio.create_task(pool.evaluate(CROSS_PRODUCT, timeout=2))
        await asyncio.sleep(0.1)
        with pytest.raises(ServiceBusy, match="No worker came free"):
            await pool.evaluate("ASK {}")
        with pytest.raises(QueryTimeout):
            await runaway

    run(use, workers=1, patience=0.3)


def test_a_worker_that_died_in_its_sleep_is_noticed() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        assert pool._crew.zygote is not None
        for worker in children(pool._crew.zygote):
            os.kill(worker, signal.SIGKILL)
        await asyncio.sleep(0.2)
        for _ in range(4):
            assert b"true" in await pool.evaluate("ASK {}", timeout=5)

    run(use)


def test_a_pool_whose_forking_process_dies_heals_itself() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        first = pool._crew.zygote
        assert first is not None
        workers = children(first)
        os.kill(first, signal.SIGKILL)
        assert await asyncio.to_thread(until, lambda: all(is_gone(worker) for worker in workers))
        for _ in range(4):
            assert b"true" in await pool.evaluate("ASK {}", timeout=5)
        assert pool._crew.zygote not in (None, first)
        assert is_gone(first)

    run(use)


def test_a_query_that_was_running_when_the_forking_process_died_may_be_asked_again() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        runaway = asyncio.create_task(pool.evaluate(CROSS_PRODUCT, timeout=30))
        await asyncio.sleep(0.2)
        assert pool._crew.zygote is not None
        os.kill(pool._crew.zygote, signal.SIGKILL)
        with pytest.raises(ServiceBusy, match="started anew"):
            await runaway
        assert b"true" in await pool.evaluate("ASK {}", timeout=5)

    run(use)


def test_a_caller_leaves_one_worker_to_the_others() -> None:
    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        token = CALLER.set(Caller("greedy"))
        greedy = [asyncio.create_task(pool.evaluate(CROSS_PRODUCT, timeout=3)) for _ in range(3)]
        CALLER.reset(token)
        while not pool.status()["busy"]:
            await asyncio.sleep(0.01)
        for _ in range(5):
            assert b"true" in await pool.evaluate("ASK {}", timeout=5)
        assert pool.status()["busy"] == 1
        assert not any(task.done() for task in greedy)
        results = await asyncio.gather(*greedy, return_exceptions=True)
        assert all(isinstance(result, QueryTimeout) for result in results)
        assert not pool._laid_for

    run(use, workers=2)


def test_what_became_of_each_query_is_noted() -> None:
    caller = Caller()

    async def use(pool: WorkerPool) -> None:
        CALLER.set(caller)
        await pool.evaluate("ASK {}")
        with pytest.raises(BadQuery):
            await pool.evaluate("ASK {")
        with pytest.raises(QueryTimeout):
            await pool.evaluate(CROSS_PRODUCT, timeout=0.2)

    run(use)
    assert caller.outcomes == ["answered", "malformed-query", "query-timeout"]


def test_workers_hold_no_connection_of_the_server() -> None:
    server, client = socket.socketpair()
    client.settimeout(5)

    async def use(pool: WorkerPool) -> None:
        await pool.evaluate("ASK {}")
        server.close()
        assert client.recv(1) == b""

    run(use)
    client.close()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * { ?s ?p }", "line 1, column 18"),
        ("SELECT * {\n ?s ?p ?o", "line 2"),
        ("SELECT ?z (COUNT(?x) AS ?c) { ?x ?y ?z }", "malformed"),
        ("PREFIX s: <http://e/> SELECT (nope(1) AS ?x) {}", "line 1, column 31"),
        ("SELECT * { ?s ?p ?o } LIMT 4", "line 1, column 23"),
        ("SELECT * {\n ?s skos:notation ?o }", "prefix skos: is not declared .line 2, column 5"),
        ("SELECT * { ?s <no iri> ?o }", "malformed near"),
    ],
)
def test_a_malformed_query_is_told_where(query: str, message: str) -> None:
    async def use(pool: WorkerPool) -> None:
        with pytest.raises(BadQuery, match=message) as caught:
            await pool.evaluate(query)
        assert caught.value.remedy
        assert "SERVICE" not in caught.value.remedy

    run(use)


def test_even_past_the_guard_nothing_is_reached(tmp_path: Path) -> None:
    with listening() as listener:
        text = f"SELECT * {{ SERVICE <{listener.address}> {{ ?a ?b ?c }} }}"
        unguarded = ReadQuery(given=text, text=text, form="SELECT")

        async def use(pool: WorkerPool) -> None:
            with pytest.raises(BadQuery, match="could not be evaluated"):
                await pool.evaluate(unguarded, timeout=5)

        run(use)
        assert listener.settle() == 0
        run(use, limits=WorkerLimits(opens_files=True))
        assert listener.settle() > 0


def test_the_functions_that_need_chance_and_time_work_without_files() -> None:
    query = "SELECT (UUID() AS ?u) (RAND() AS ?r) (NOW() AS ?n) (BNODE() AS ?b) (SHA512('a') AS ?h) {}"

    async def use(pool: WorkerPool) -> None:
        row = (await pool.evaluate(query, "text/csv")).decode().splitlines()[1].split(",")
        assert all(row)

    run(use)


def test_close_ends_every_process_and_start_begins_anew() -> None:
    pool = WorkerPool(small_store(), workers=2)

    async def main() -> list[int]:
        async with pool:
            await pool.evaluate("ASK {}")
            assert pool._crew.zygote is not None
            return [pool._crew.zygote, *children(pool._crew.zygote)]

    first = asyncio.run(main())
    assert len(first) >= 2
    assert until(lambda: all(is_gone(process) for process in first))
    second = asyncio.run(main())
    assert not set(first) & set(second)
    assert until(lambda: all(is_gone(process) for process in second))


def test_a_pool_that_is_forgotten_ends_its_process() -> None:
    pool = WorkerPool(small_store())
    process = pool._crew.zygote
    assert process is not None
    del pool
    assert until(lambda: is_gone(process))


PARENT = """
import asyncio, os, pyoxigraph
from graph.sparql.workers import WorkerPool
pool = WorkerPool(pyoxigraph.Store(), workers=2)
async def main():
    await pool.start()
    await pool.evaluate("ASK {}")
    await asyncio.sleep(0.3)
    print(pool._crew.zygote, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


def test_no_process_outlives_a_server_that_is_killed(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    zygote = int(re.sub(r"\D", "", parent.stdout.readline()))
    family = [zygote, *children(zygote)]
    assert len(family) == 3
    parent.kill()
    assert until(lambda: all(is_gone(process) for process in family))


def test_what_was_answered_leaves_nothing_to_the_garbage_collector() -> None:
    async def use(pool: WorkerPool) -> None:
        for _ in range(5):
            await pool.evaluate(COUNT, timeout=5)
        gc.collect()
        for number in range(20):
            await pool.evaluate(f"ASK {{ ?s ?p {number} }}", timeout=5)
        found = [each for each in gc.get_objects() if isinstance(each, Evaluation)]
        assert len(found) <= 1  # the last one may not have been let go of

    gc.disable()
    try:
        run(use)
    finally:
        gc.enable()
