"""What the metrics say of the event loop."""

from __future__ import annotations

import asyncio

from fmc_gateway import loop_load


async def test_tasks_and_timers_are_counted_until_they_are_done_or_cancelled() -> None:
    loop = asyncio.get_running_loop()
    tasks, timers = loop_load.tasks(), loop_load.timers()
    waiting = asyncio.create_task(asyncio.Event().wait())
    handle = loop.call_later(60, print)
    assert (loop_load.tasks(), loop_load.timers()) == (tasks + 1, timers + 1)
    waiting.cancel()
    handle.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (loop_load.tasks(), loop_load.timers()) == (tasks, timers)


def test_without_a_loop_there_is_nothing() -> None:
    assert (loop_load.tasks(), loop_load.timers()) == (0, 0)
