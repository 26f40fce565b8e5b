"""Who is in a call now, as the gateways show it in Redis (``busy:<subscriber>``: call -> device)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hipper.directory.admin.refused import InTheWay, Obstacle
from hipper.runtime.bus import Bus, outages_named

LiveCalls = Callable[[str], Awaitable[list[str]]]
"""Of a subscriber: the device of each live call of theirs, "" for one that is on none. Raises
BusUnavailable."""


def live_calls(bus: Bus) -> LiveCalls:
    async def of(subscriber: str) -> list[str]:
        with outages_named():
            found = await bus.redis.hvals(f"busy:{subscriber}")
        return [device.decode() for device in found]

    return of


async def check_idle(live: LiveCalls, subscriber: str, device: str | None = None) -> None:
    """Raises InTheWay while ``subscriber`` (on ``device``) is in a call."""
    found = await live(subscriber)
    calls = len(found) if device is None else found.count(device)
    if calls:
        raise InTheWay(
            Obstacle("#/calls", f"in {calls} live call{'s' * (calls > 1)}", f"in gesprek ({calls})")
        )
