"""What the event loop still has to do: for the metrics, and to see that calls leave nothing behind."""

from __future__ import annotations

import asyncio


def tasks() -> int:
    """Tasks that are not done; 0 while no loop runs."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0


def timers() -> int:
    """``call_later`` and ``call_at`` that are still to come; 0 while no loop runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return 0
    return sum(not handle.cancelled() for handle in getattr(loop, "_scheduled", ()))
