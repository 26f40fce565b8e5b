"""What is live of a user's telephones, as the gateway shows it in Redis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.runtime.bus import Bus, BusUnavailable, outages_named


class _Binding(msgspec.Struct):
    expires_at: float


class _Registration(msgspec.Struct):
    """As the gateway keeps it in ``bindings:<gateway>``; the rest is its own business."""

    binding: _Binding


_registrations = msgspec.json.Decoder(tuple[_Registration, ...]).decode


class Live(msgspec.Struct, frozen=True):
    """``registered``: desk phones with a contact that has not expired. ``calls``: of each device."""

    registered: frozenset[DeviceId]
    calls: Mapping[DeviceId, int]


async def live_of(
    bus: Bus, gateway: str, subscriber: SubscriberId, desk_phones: Sequence[DeviceId], now_unix: float
) -> Live | None:
    """None: Redis does not answer."""
    try:
        with outages_named():
            async with bus.redis.pipeline(transaction=False) as pipe:
                pipe.hvals(f"busy:{subscriber}")
                if desk_phones:
                    pipe.hmget(f"bindings:{gateway}", list(desk_phones))
                busy, *rest = await pipe.execute()
    except BusUnavailable:
        return None
    kept = rest[0] if rest else []
    return Live(
        frozenset(
            device
            for device, data in zip(desk_phones, kept, strict=True)
            if data is not None and any(one.binding.expires_at > now_unix for one in _registrations(data))
        ),
        Counter(DeviceId(device.decode()) for device in busy if device),
    )
