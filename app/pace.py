"""Requests one after the other, so that what is urgent never waits for a crowd."""

from __future__ import annotations

import asyncio
from collections import deque


class Pace:
    """Lets one request through in each turn of the loop. Between two turns the loop looks at its sockets, so
    a request that needs no turn is answered after at most one that does. ``most``: how many may wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._turning = False

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= self._most

    async def turn(self) -> None:
        """Wait for it; at least one turn of the loop, in the order of coming."""
        loop = asyncio.get_running_loop()
        mine = loop.create_future()
        self._waiting.append(mine)
        if not self._turning:
            self._turning = True
            loop.call_soon(self._next)
        await mine

    def _next(self) -> None:
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():  # cancelled: whoever asked has gone
                first.set_result(None)
                break
        self._turning = bool(self._waiting)
        if self._turning:
            asyncio.get_running_loop().call_soon(self._next)
