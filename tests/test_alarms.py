"""Many alarms share one timer, and each rings once, in time, unless it was called off."""

from __future__ import annotations

import asyncio
import time

from graph.sparql.alarms import Alarms


def test_each_rings_once_and_in_time() -> None:
    rung: list[tuple[str, float]] = []

    async def main() -> None:
        alarms, began = Alarms(), time.monotonic()
        for name, seconds in {"late": 0.15, "early": 0.03, "middle": 0.09}.items():
            alarms.set(seconds, lambda name=name: rung.append((name, time.monotonic() - began)))
        never = alarms.set(0.01, lambda: rung.append(("never", 0.0)))
        alarms.off(never)
        await asyncio.sleep(0.25)
        assert not len(alarms)
        alarms.off(never)

    asyncio.run(main())
    assert [name for name, _ in rung] == ["early", "middle", "late"]
    assert all(when >= seconds - 0.005 for (_, when), seconds in zip(rung, (0.03, 0.09, 0.15), strict=True))


def test_what_rings_may_set_and_call_off_others() -> None:
    rung: list[str] = []

    async def main() -> None:
        alarms = Alarms()
        second = alarms.set(0.02, lambda: rung.append("second"))

        def first() -> None:
            alarms.off(second)
            alarms.set(0.01, lambda: rung.append("third"))
            rung.append("first")

        alarms.set(0.01, first)
        await asyncio.sleep(0.1)

    asyncio.run(main())
    assert rung == ["first", "third"]
