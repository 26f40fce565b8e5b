"""Who is talking to whom now. Memory is the truth of this gateway; Redis shows it to others, written in the
background.

Redis away costs a call nothing: what changed meanwhile is written again when it is back.

| key | holds | lives |
|---|---|---|
| ``call:<call>`` | :class:`~hipper.contracts.calls.LiveCall` as JSON | 90 s, refreshed |
| ``busy:<subscriber>`` | hash call → device (or empty) | 90 s, refreshed |
| ``gateway:<id>:calls`` | set of the calls of this gateway | 90 s, refreshed |
| ``events:<subscriber>`` | stream of :class:`~hipper.contracts.bus.UserEvent` | the last 500, a week |
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import structlog

from hipper.contracts.bus import CallChanged, CallOver, UserEvent, UserEventBody
from hipper.contracts.calls import LiveCall, LiveParty
from hipper.pbx.ids import CallId, DeviceId, GatewayId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import FIELD, OUTAGE

TTL_S = 90
REFRESH_S = 30.0
GATHER_S = 0.02
"""Changes gather this long, so that one round trip carries many calls."""
RETRY_S = 1.0
MAX_QUEUED = 50_000
"""Changes kept while Redis is away; beyond, the oldest user events are lost and the app takes a snapshot."""
EVENTS_KEPT = 500
EVENTS_KEPT_S = 7 * 24 * 3600

log = structlog.get_logger("fmc_gateway.live")
_encode = msgspec.json.Encoder().encode

Change = tuple[CallId, LiveCall | None, LiveCall | None]
"""Call, how it was shown before, how it is shown now (None: withdrawn)."""
Event = tuple[SubscriberId, UserEvent]


class LiveCalls:
    """``redis``: a ``redis.asyncio.Redis``. All methods but :meth:`run` and :meth:`flush` are immediate."""

    def __init__(self, gateway: GatewayId, redis: Any) -> None:
        self._gateway = gateway
        self._redis = redis
        self._calls: dict[CallId, LiveCall] = {}
        self._busy: dict[SubscriberId, dict[CallId, DeviceId | None]] = {}
        self._queue: deque[Change | Event] = deque(maxlen=MAX_QUEUED)
        self._wake = asyncio.Event()
        self.away = False
        self._full_sync = True

    def __len__(self) -> int:
        return len(self._calls)

    def busy_devices(self, subscriber: SubscriberId) -> tuple[DeviceId, ...]:
        """Devices of ``subscriber`` that are in a call of this gateway now."""
        return tuple({device: None for device in self._busy.get(subscriber, {}).values() if device})

    def publish(self, call: CallId, live: LiveCall | None) -> None:
        """Show ``call`` as it is now; None withdraws it."""
        shown = without_secrets(live) if live is not None else None
        before = self._calls.pop(call, None)
        if before is not None:
            self._forget(call, before)
        if shown is not None:
            self._calls[call] = shown
            self._remember(call, shown)
        self._queue.append((call, before, shown))
        if shown is not None:
            self._announce(shown)
        self._wake.set()

    def over(self, last: LiveCall, outcome: str, at_unix: float) -> None:
        """Tell the users of a call that it is over. ``last``: as it was published last."""
        for party in (last.calling, last.called):
            self._tell(last, party, CallOver(call=last.call, outcome=outcome, at=at_unix))
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled: write changes as they come, refresh lifetimes."""
        refreshed = asyncio.get_running_loop().time()
        while True:
            try:
                async with asyncio.timeout(REFRESH_S / 3):
                    await self._wake.wait()
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass
            now = asyncio.get_running_loop().time()
            if not await self.flush(refresh=now - refreshed >= REFRESH_S):
                await asyncio.sleep(RETRY_S)
            elif now - refreshed >= REFRESH_S:
                refreshed = now

    async def flush(self, *, refresh: bool = False) -> bool:
        """Write what is queued. False: Redis is away; nothing is lost but what :data:`MAX_QUEUED` says."""
        self._wake.clear()
        batch = list(self._queue)
        self._queue.clear()
        try:
            if self._full_sync:
                await self._remove_leftovers()
            async with self._redis.pipeline(transaction=False) as pipe:
                self._write(pipe, batch)
                if refresh or self._full_sync:
                    self._write_all(pipe)
                if len(pipe):
                    await pipe.execute()
        except OUTAGE as error:
            self._queue.extendleft(reversed(batch))
            if not self.away:
                log.warning("live.redis_away", error=str(error) or type(error).__name__)
            self.away = self._full_sync = True
            return False
        self.away = self._full_sync = False
        return True

    async def _remove_leftovers(self) -> None:
        """Calls that an earlier process of this gateway showed and cannot withdraw any more."""
        left = {CallId(call.decode()) for call in await self._redis.smembers(self._set_key())}
        gone = [call for call in left if call not in self._calls]
        if gone:
            await self._redis.delete(*(f"call:{call}" for call in gone))
            await self._redis.srem(self._set_key(), *gone)

    def _write(self, pipe: Any, batch: Iterable[Change | Event]) -> None:
        for item in batch:
            if len(item) == 2:
                subscriber, event = item
                stream = f"events:{subscriber}"
                fields = {FIELD: msgspec.msgpack.encode(event)}
                pipe.xadd(stream, fields, maxlen=EVENTS_KEPT, approximate=False)
                pipe.expire(stream, EVENTS_KEPT_S)
                continue
            call, before, now = item
            if now is None:
                pipe.delete(f"call:{call}")
                pipe.srem(self._set_key(), call)
                for subscriber, _ in _subscribers(before):
                    pipe.hdel(f"busy:{subscriber}", call)
            else:
                self._show(pipe, call, now)

    def _write_all(self, pipe: Any) -> None:
        for call, live in self._calls.items():
            self._show(pipe, call, live)

    def _show(self, pipe: Any, call: CallId, live: LiveCall) -> None:
        pipe.set(f"call:{call}", _encode(live), ex=TTL_S)
        pipe.sadd(self._set_key(), call)
        pipe.expire(self._set_key(), TTL_S)
        for subscriber, device in _subscribers(live):
            pipe.hset(f"busy:{subscriber}", call, device or "")
            pipe.expire(f"busy:{subscriber}", TTL_S)

    def _set_key(self) -> str:
        return f"gateway:{self._gateway}:calls"

    def _remember(self, call: CallId, live: LiveCall) -> None:
        for subscriber, device in _subscribers(live):
            self._busy.setdefault(subscriber, {})[call] = device

    def _forget(self, call: CallId, live: LiveCall) -> None:
        for subscriber, _ in _subscribers(live):
            calls = self._busy.get(subscriber, {})
            calls.pop(call, None)
            if not calls:
                self._busy.pop(subscriber, None)

    def _announce(self, live: LiveCall) -> None:
        since = live.answered or live.started
        for party, other, incoming in ((live.calling, live.called, False), (live.called, live.calling, True)):
            self._tell(
                live,
                party,
                CallChanged(
                    call=live.call,
                    phase=live.phase,
                    other=other.identity,
                    device=party.device,
                    since=since,
                    incoming=incoming,
                ),
            )

    def _tell(self, live: LiveCall, party: LiveParty, body: UserEventBody) -> None:
        if party.subscriber is not None and live.tenant is not None:
            event = UserEvent(tenant=live.tenant, subscriber=party.subscriber, body=body)
            self._queue.append((party.subscriber, event))


def without_secrets(live: LiveCall) -> LiveCall:
    """A withheld caller without number and name, and nobody's network number (call-flows §7)."""
    return msgspec.structs.replace(live, calling=_shown(live.calling), called=_shown(live.called))


def _shown(party: LiveParty) -> LiveParty:
    identity = party.identity
    if identity.presentation is Presentation.RESTRICTED:
        return msgspec.structs.replace(party, identity=CallerIdentity(presentation=identity.presentation))
    if identity.network_number is not None:
        return msgspec.structs.replace(party, identity=msgspec.structs.replace(identity, network_number=None))
    return party


def _subscribers(live: LiveCall | None) -> Iterator[tuple[SubscriberId, DeviceId | None]]:
    if live is not None:
        for party in (live.calling, live.called):
            if party.subscriber is not None:
                yield party.subscriber, party.device
