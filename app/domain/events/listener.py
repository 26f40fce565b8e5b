"""Who listens to one connection's worth of events: a bounded queue, and what to send next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from app.domain.events.frames import EntryId, Frame

MOST_QUEUED = 200
"""Frames that wait for a slow reader; with one more it is dropped."""


class Listener:
    """``cursor``: the last event it was given, or that came before its time; older ones are not repeated.
    ``expires``: Unix seconds, of the access token. What comes before :meth:`begin` waits."""

    __slots__ = ("_early", "_ended", "_last", "_queue", "_woken", "cursor", "expires", "heartbeat", "session")

    def __init__(self, session: str, expires: float) -> None:
        self.session = session
        self.expires = expires
        self.cursor: EntryId = (0, 0)
        self.heartbeat = False
        self._queue: deque[Frame] = deque()
        self._woken: asyncio.Future[None] | None = None
        self._ended = False
        self._last: tuple[Frame, ...] = ()
        self._early: list[Frame] | None = []

    @property
    def is_over(self) -> bool:
        return self._ended

    def give(self, frame: Frame) -> bool:
        """False: its queue is full."""
        if self._ended or (frame.id is not None and frame.id <= self.cursor):
            return True
        waiting = self._queue if self._early is None else self._early
        if len(waiting) >= MOST_QUEUED:
            return False
        if self._early is not None:
            self._early.append(frame)
            return True
        self._queue_up(frame)
        return True

    def begin(self, before: Iterable[Frame], cursor: EntryId) -> None:
        """With what came before, up to ``cursor``; then what has come since."""
        early, self._early = self._early or [], None
        for frame in before:
            self._queue_up(frame)
        self.cursor = max(self.cursor, cursor)
        for frame in early:
            if frame.id is None or frame.id > self.cursor:
                self._queue_up(frame)

    def _queue_up(self, frame: Frame) -> None:
        if frame.id is not None:
            self.cursor = frame.id
        self._queue.append(frame)
        self._wake()

    def beat(self) -> None:
        """Something is to be sent, or the connection may be taken for dead."""
        if not self._queue:
            self.heartbeat = True
            self._wake()

    def end(self, *last: Frame) -> None:
        """Nothing more than ``last``: what is queued is dropped, since whoever comes again gets it again."""
        if not self._ended:
            self._ended = True
            self._queue.clear()
            self._last = last
        self._wake()

    async def take(self) -> tuple[Frame, ...]:
        """What is to be sent now; () for a heartbeat, or when it is over. One taker."""
        while not (self._queue or self._ended or self.heartbeat):
            self._woken = asyncio.get_running_loop().create_future()
            try:
                await self._woken
            finally:
                self._woken = None
        self.heartbeat = False
        if self._ended:
            last, self._last = self._last, ()
            return last
        taken = tuple(self._queue)
        self._queue.clear()
        return taken

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)
