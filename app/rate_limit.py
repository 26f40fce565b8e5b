"""How many requests a second somebody may make: a token bucket in the memory of this process."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable


class TokenBucket:
    """``rate`` tokens come a second, at most ``burst`` are kept. ``now``: monotonic seconds."""

    __slots__ = ("_at", "_burst", "_now", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._now = now
        self._at = now()

    def take(self) -> int | None:
        """Take one: None, or in how many whole seconds there will be one."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return None
        return max(1, math.ceil((1 - self._tokens) / self._rate))


class Buckets:
    """A token bucket for everyone who asks; the ``most`` who asked last are remembered."""

    def __init__(self, rate: float, now: Callable[[], float], most: int = 20_000) -> None:
        self._rate = rate
        self._now = now
        self._most = most
        self._of: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, who: str) -> int | None:
        """As :meth:`TokenBucket.take`."""
        bucket = self._of.get(who)
        if bucket is None:
            bucket = self._of[who] = TokenBucket(self._rate, self._rate, self._now)
            if len(self._of) > self._most:
                self._of.popitem(last=False)
        else:
            self._of.move_to_end(who)
        return bucket.take()
