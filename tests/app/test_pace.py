"""One request in each turn of the loop."""

from __future__ import annotations

import asyncio
import itertools

from app.pace import Pace


async def test_one_passes_in_each_turn_in_the_order_of_coming() -> None:
    pace = Pace(10)
    passed: list[int] = []

    async def one(number: int) -> None:
        await pace.turn()
        passed.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    seen = []
    while len(passed) < 5:
        await asyncio.sleep(0)
        seen.append(len(passed))
    await asyncio.gather(*tasks)
    assert passed == [0, 1, 2, 3, 4]
    assert all(after - before <= 1 for before, after in itertools.pairwise(seen))


async def test_who_has_gone_takes_no_turn() -> None:
    pace = Pace(10)
    gone = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    stays = asyncio.create_task(pace.turn())
    gone.cancel()
    async with asyncio.timeout(1):
        await stays
    assert gone.cancelled()


async def test_it_is_full_while_as_many_wait_as_may_and_no_longer() -> None:
    pace = Pace(2)
    first = asyncio.create_task(pace.turn())
    second = asyncio.create_task(pace.turn())
    assert not pace.is_full
    await asyncio.sleep(0)
    assert pace.is_full, "both wait"
    await first
    assert not pace.is_full, "one passed"
    await second
    assert not pace.is_full
