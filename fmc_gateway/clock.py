"""The engine's clock: Unix time that never steps backwards."""

from __future__ import annotations

from collections.abc import Callable

from hipper.runtime.clock import Clock


class EngineClock:
    """Unix seconds as they were when the process started, plus what a clock that never jumps
    has counted since."""

    def __init__(self, clock: Clock) -> None:
        self.monotonic: Callable[[], float] = clock.monotonic
        self._offset = clock.unix() - clock.monotonic()

    def unix(self) -> float:
        return self._offset + self.monotonic()
