"""Tests for which processes go first: quick queries before long ones, without leaving traces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graph.sparql.precedence import LONG_SECONDS, VERY_LONG_SECONDS, Precedence, let_go_on

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system lets no process choose its processors"
)


@contextmanager
def sleepers(count: int) -> Iterator[list[int]]:
    """Processes that do nothing, as workers that have joined would be."""
    started = [
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(count)
    ]
    try:
        yield [each.pid for each in started]
    finally:
        for each in started:
            each.communicate(b"\n")


def joined(processes: list[int]) -> Precedence:
    found = Precedence()
    for process in processes:
        found.join(process)
        os.sched_setscheduler(process, os.SCHED_BATCH, os.sched_param(0))
    return found


def policies(processes: list[int]) -> list[int]:
    return [os.sched_getscheduler(each) for each in processes]


def test_beside_a_long_query_workers_may_interrupt() -> None:
    with sleepers(2) as processes:
        precedence = joined(processes)
        precedence.give_way(processes[0], LONG_SECONDS)
        assert policies(processes) == [os.SCHED_OTHER] * 2
        with sleepers(1) as later:
            precedence.join(later[0])
            assert policies(later) == [os.SCHED_OTHER]
            precedence.leave(later[0])
        assert precedence.come_back(processes[0])
        assert policies(processes) == [os.SCHED_BATCH] * 2


def test_workers_interrupt_no_more_once_the_only_long_one_has_ended() -> None:
    with sleepers(2) as processes:
        precedence = joined(processes)
        precedence.give_way(processes[0], VERY_LONG_SECONDS)
        precedence.leave(processes[0])
        assert os.sched_getscheduler(processes[1]) == os.SCHED_BATCH


def test_a_policy_that_an_operator_has_chosen_stays() -> None:
    own = (
        "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0));"
        "from graph.sparql.precedence import let_go_on; let_go_on(); print(os.sched_getscheduler(0))"
    )
    told = subprocess.run([sys.executable, "-c", own], capture_output=True, text=True, check=True).stdout
    assert int(told) == os.SCHED_IDLE


def test_only_a_very_long_query_is_kept_off_a_processor() -> None:
    everywhere = os.sched_getaffinity(0)
    if len(everywhere) < 2:
        pytest.skip("there is one processor only")
    with sleepers(1) as (process,):
        precedence = joined([process])
        precedence.give_way(process, LONG_SECONDS)
        assert os.sched_getaffinity(process) == everywhere
        precedence.give_way(process, VERY_LONG_SECONDS)
        assert os.sched_getaffinity(process) == everywhere - {max(everywhere)}
        assert precedence.come_back(process)
        assert os.sched_getaffinity(process) == everywhere


def test_as_many_very_long_queries_as_processors_use_them_all() -> None:
    everywhere = os.sched_getaffinity(0)
    with sleepers(len(everywhere)) as processes:
        precedence = joined(processes)
        for process in processes:
            precedence.give_way(process, VERY_LONG_SECONDS)
        assert all(os.sched_getaffinity(each) == everywhere for each in processes)
        precedence.leave(processes[0])
        kept_off = everywhere - {max(everywhere)}
        assert all(os.sched_getaffinity(each) == kept_off for each in processes[1:])


def test_a_worker_that_has_ended_is_no_fault() -> None:
    with sleepers(1) as (process,):
        precedence = joined([process])
    precedence.give_way(process, VERY_LONG_SECONDS)
    assert precedence.come_back(process)
    with sleepers(1) as (other,):
        precedence.join(other)
        precedence.give_way(other, LONG_SECONDS)
        if os.geteuid() == 0:
            assert os.getpriority(os.PRIO_PROCESS, other) > os.getpriority(os.PRIO_PROCESS, 0)


def test_let_go_on_is_for_whoever_calls_it() -> None:
    before = os.sched_getscheduler(0)
    try:
        let_go_on()
        assert os.sched_getscheduler(0) == os.SCHED_BATCH
    finally:
        os.sched_setscheduler(0, before, os.sched_param(0))
