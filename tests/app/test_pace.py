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


async def test_it_says_when_no_more_may_wait() -> None:
    pace = Pace(1)
    task = asyncio.create_task(pace.turn())
    full: list[bool] = []
    while not task.done():
        full.append(pace.is_full)
        await asyncio.sleep(0)
    assert True in full
    assert not pace.is_full
