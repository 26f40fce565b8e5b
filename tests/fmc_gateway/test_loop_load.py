"""What the metrics say of the event loop."""

from __future__ import annotations

import asyncio
import functools

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


async def test_timers_are_told_apart_by_what_they_call() -> None:
    loop = asyncio.get_running_loop()
    before = loop_load.timers_by_callback()
    handles = [loop.call_later(60, functools.partial(print, "x")), loop.call_later(60, loop.stop)]
    now = loop_load.timers_by_callback()
    new = {name: count - before.get(name, 0) for name, count in now.items() if count != before.get(name, 0)}
    assert new == {"builtins.print": 1, "asyncio.base_events.BaseEventLoop.stop": 1}
    for handle in handles:
        handle.cancel()
    assert loop_load.timers_by_callback() == before


def test_without_a_loop_there_is_nothing() -> None:
    assert loop_load.timers_by_callback() == {}
    assert (loop_load.tasks(), loop_load.timers()) == (0, 0)
