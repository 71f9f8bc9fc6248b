"""Who stays is called once, and who leaves is not."""

from __future__ import annotations

import asyncio
import time

from graph.sparql.rounds import Rounds


def test_who_stays_is_called_once_and_not_too_late() -> None:
    async def use() -> None:
        rounds, called = Rounds(0.05), []
        for number in range(5):
            began = time.monotonic()
            rounds.enter(
                number, lambda number=number, began=began: called.append((number, time.monotonic() - began))
            )
            await asyncio.sleep(0.015)
        rounds.enter("leaves", lambda: called.append(("leaves", 0.0)))
        rounds.leave("leaves")
        rounds.leave("leaves")
        assert len(rounds) == 5
        await asyncio.sleep(0.4)
        assert sorted(number for number, _ in called) == [0, 1, 2, 3, 4]
        assert all(0.045 < seconds < 0.3 for _, seconds in called)
        assert not len(rounds)
        rounds.leave(0)

    asyncio.run(use())


def test_who_leaves_at_any_moment_is_not_called_afterwards() -> None:
    async def use() -> None:
        rounds, called = Rounds(0.02), []
        for wait in (0.0, 0.01, 0.025, 0.035):
            rounds.enter(wait, lambda wait=wait: called.append(wait))
            await asyncio.sleep(wait)
            was_called = wait in called
            rounds.leave(wait)
            await asyncio.sleep(0.06)
            assert (wait in called) == was_called
        assert 0.0 not in called and 0.01 not in called

    asyncio.run(use())


def test_nothing_goes_on_when_nobody_is_there() -> None:
    async def use() -> None:
        rounds, called = Rounds(0.01), []
        for number in range(3):
            rounds.enter(number, lambda number=number: called.append(number))
            await asyncio.sleep(0.06)
            assert called == list(range(number + 1))
            assert rounds._timer is None

    asyncio.run(use())
