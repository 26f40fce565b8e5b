"""What the event loop still has to do: for the metrics, and to see that calls leave nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any


def tasks() -> int:
    """Tasks that are not done; 0 while no loop runs."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0


def timers() -> int:
    """``call_later`` and ``call_at`` that are still to come; 0 while no loop runs."""
    return sum(1 for _ in _timers())


def timers_by_callback() -> dict[str, int]:
    """The same by what is called: ``asyncpg.pool.PoolConnectionHolder._deactivate_inactive_connection``."""
    return dict(sorted(Counter(_name(handle._callback) for handle in _timers()).items()))  # type: ignore[attr-defined]


def _timers() -> Iterator[asyncio.TimerHandle]:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    for handle in getattr(loop, "_scheduled", ()):
        if not handle.cancelled():
            yield handle


def _name(callback: Any) -> str:
    """A timeout or a pause names the library, since nobody knows whose it is."""
    inner = getattr(callback, "func", callback)
    return f"{getattr(inner, '__module__', '')}.{getattr(inner, '__qualname__', type(inner).__name__)}"
