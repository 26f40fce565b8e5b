"""Cancellations that libraries lose: a loop that is never told to end goes on for ever."""

from __future__ import annotations

import asyncio


def honour_cancellation() -> None:
    """Call once a turn in a loop that only a cancellation ends. ``asyncio.wait_for`` loses one that meets the
    end of what it waits for (CPython 3.11, gh-81839); redis-py and asyncpg wait by it. Raises
    CancelledError when this task was asked to end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
