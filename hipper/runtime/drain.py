"""SIGTERM and SIGINT as an event: the first asks to drain, the second to stop at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Drain:
    """``async with Drain() as drain: await drain.requested.wait(); await drain.until(lambda: calls == 0,
    30.0)``."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        """Take nothing new: answer 503, be not ready."""
        self.at_once = asyncio.Event()
        """Stop without waiting for what runs."""

    async def __aenter__(self) -> Drain:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.request)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def request(self) -> None:
        """What a signal does."""
        if self.requested.is_set():
            self.at_once.set()
        self.requested.set()

    async def until(self, idle: Callable[[], bool], within_s: float, poll_s: float = 0.1) -> bool:
        """Wait until nothing runs any more, the time is over or a second signal comes. Returns
        whether it is idle."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not idle():
            remaining = deadline - loop.time()
            if remaining <= 0 or self.at_once.is_set():
                return False
            try:
                await asyncio.wait_for(self.at_once.wait(), min(poll_s, remaining))
            except TimeoutError:
                continue
        return True
