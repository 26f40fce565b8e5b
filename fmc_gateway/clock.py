"""The engine's clock: Unix time that never steps backwards."""

from __future__ import annotations

from hipper.runtime.clock import Clock


class EngineClock:
    """Unix seconds as they were when the process started, plus what a clock that never jumps
    has counted since."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.unix() - clock.monotonic()

    def unix(self) -> float:
        return self._offset + self._clock.monotonic()

    def monotonic(self) -> float:
        return self._clock.monotonic()
