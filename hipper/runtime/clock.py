"""The only clocks: one that never jumps for timers, one that the world shares for records."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds, never backwards; for timers and durations."""

    def unix(self) -> float:
        """Seconds since the Unix epoch, UTC; for records."""


class SystemClock:
    __slots__ = ()

    # the functions themselves: a call is asked for the time some twenty times
    monotonic = staticmethod(time.monotonic)
    unix = staticmethod(time.time)


class ManualClock:
    """A clock that tests move by hand."""

    __slots__ = ("_monotonic", "_unix")

    def __init__(self, monotonic: float = 1000.0, unix: float = 1_800_000_000.0) -> None:
        self._monotonic = monotonic
        self._unix = unix

    def monotonic(self) -> float:
        return self._monotonic

    def unix(self) -> float:
        return self._unix

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._unix += seconds
