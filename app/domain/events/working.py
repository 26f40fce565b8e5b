"""Tasks of the worker: what goes wrong in one turn does not end the work, and a cancellation arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

CANCEL_AGAIN_S = 0.5
AFTER_FAULT_S = 0.5

log = structlog.get_logger("app.events")


async def forever(turn: Callable[[], Awaitable[None]]) -> None:
    """One turn after the other, until cancelled."""
    while True:
        try:
            await turn()
        except Exception:
            log.exception("events.fault")
            await asyncio.sleep(AFTER_FAULT_S)


async def stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until all are over: a library in between may swallow the first cancellation (redis-py was seen
    to; CPython 3.11, gh-81839)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
