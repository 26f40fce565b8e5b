"""Who is talking to whom now. Memory is the truth of this gateway; Redis shows it to others, written in the
background.

Redis away costs a call nothing: what changed meanwhile is written again when it is back.

| key | holds | lives |
|---|---|---|
| ``call:<call>`` | :class:`~hipper.contracts.calls.LiveCall` as JSON | 90 s, refreshed |
| ``busy:<subscriber>`` | hash call → device (or empty) | 90 s, refreshed |
| ``open:<group>`` | set of calls that whoever is of the group may take | 90 s, refreshed |
| ``gateway:<id>:calls`` | set of the calls of this gateway | 90 s, refreshed |
| ``events:<subscriber>`` | stream of :class:`~hipper.contracts.bus.UserEvent` | the last 500, a week |

On the channel ``events:<subscriber>`` an empty message says that the stream has grown.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec
import structlog

from hipper.contracts.bus import CallChanged, CallOver, UserEvent, UserEventBody
from hipper.contracts.calls import LiveCall, LiveParty, seen_by
from hipper.pbx.ids import CallId, DeviceId, GatewayId, GroupId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import FIELD, OUTAGE
from hipper.runtime.redis_batch import Batch

TTL_S = 90
REFRESH_S = 30.0
GATHER_S = 0.05
"""Changes gather this long, so that one round trip carries many calls and each only as it is at last."""
RETRY_S = 1.0
MAX_QUEUED = 50_000
"""User events kept while Redis is away; beyond, the oldest are lost and the app takes a snapshot."""
EVENTS_KEPT = 500
EVENTS_KEPT_S = 7 * 24 * 3600
LOST = "failed"
"""What users are told of calls that died with the process that held them."""

log = structlog.get_logger("fmc_gateway.live")
_encode = msgspec.json.Encoder().encode

Busy = tuple[tuple[SubscriberId, DeviceId | None], ...]
"""The users of a call and the device each is on."""


class LiveCalls:
    """``redis``: a ``redis.asyncio.Redis``. All methods but :meth:`run` and :meth:`flush` are immediate."""

    def __init__(self, gateway: GatewayId, redis: Any) -> None:
        self._gateway = gateway
        self._redis = redis
        self._calls: dict[CallId, LiveCall] = {}
        self._busy: dict[SubscriberId, dict[CallId, DeviceId | None]] = {}
        self._changed: dict[CallId, None] = {}
        self._events: deque[tuple[SubscriberId, UserEvent]] = deque(maxlen=MAX_QUEUED)
        self._written: dict[CallId, Busy] = {}
        """What Redis shows, as far as we know."""
        self._open: dict[CallId, GroupId] = {}
        """The same of calls that may be taken."""
        self._wake = asyncio.Event()
        self.away = False
        self._full_sync = True

    def __len__(self) -> int:
        return len(self._calls)

    def busy_devices(self, subscriber: SubscriberId) -> tuple[DeviceId, ...]:
        """Devices of ``subscriber`` that are in a call of this gateway now."""
        return tuple({device: None for device in self._busy.get(subscriber, {}).values() if device})

    def calls_of(self, subscriber: SubscriberId) -> int:
        """How many calls of this gateway ``subscriber`` is in, or is being rung by; those to 112 and 113 are
        not counted."""
        return sum(not self._calls[call].untouchable for call in self._busy.get(subscriber, ()))

    def calls_with(self, subscriber: SubscriberId) -> list[LiveCall]:
        """The calls of this gateway that ``subscriber`` is in, or is being rung by, the oldest first."""
        return [self._calls[call] for call in self._busy.get(subscriber, ())]

    def publish(self, call: CallId, live: LiveCall | None) -> None:
        """Show ``call`` as it is now; None withdraws it."""
        shown = without_secrets(live) if live is not None else None
        before = self._calls.pop(call, None)
        if before is not None:
            self._forget(call, before)
        if shown is not None:
            self._calls[call] = shown
            self._remember(call, shown)
        self._changed[call] = None
        if shown is not None:
            self._announce(before, shown)
        self._wake.set()

    def over(self, last: LiveCall, outcome: str, at_unix: float) -> None:
        """Tell the users of a call that it is over. ``last``: as it was published last."""
        told = {party.subscriber: party for party in (*last.others, last.calling, last.called)}
        for party in told.values():
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
        """Write what has changed. False: Redis is away; nothing is lost but what :data:`MAX_QUEUED` says."""
        self._wake.clear()
        changed, self._changed = self._changed, {}
        events: list[tuple[SubscriberId, UserEvent]] = []
        try:
            if self._full_sync:
                await self._remove_leftovers()
                self._written.clear()
                self._open.clear()
                changed |= dict.fromkeys(self._calls)
            events = list(self._events)
            self._events.clear()
            batch = Batch()
            written = {call: self._write_call(batch, call) for call in changed}
            for subscriber, event in events:
                self._write_event(batch, subscriber, event)
            if refresh:
                self._refresh(batch)
            await batch.send(self._redis)
        except OUTAGE as error:
            self._changed = changed | self._changed
            self._events.extendleft(reversed(events[-(MAX_QUEUED - len(self._events)) :]))
            if not self.away:
                log.warning("live.redis_away", error=str(error) or type(error).__name__)
            self.away = self._full_sync = True
            return False
        self._remember_written(written)
        self.away = self._full_sync = False
        return True

    async def _remove_leftovers(self) -> None:
        """Calls that an earlier process of this gateway showed, or we did before Redis was away. Those of the
        other process are over for their users too."""
        left = {CallId(call.decode()) for call in await self._redis.smembers(self._set_key())}
        gone = [call for call in left if call not in self._calls]
        if not gone:
            return
        shown = await self._redis.mget([f"call:{call}" for call in gone])
        await self._redis.delete(*(f"call:{call}" for call in gone))
        await self._redis.srem(self._set_key(), *gone)
        for call, data in zip(gone, shown, strict=True):
            if data is not None and call not in self._written:
                self.over(msgspec.json.decode(data, type=LiveCall), LOST, time.time())

    def _write_call(self, batch: Batch, call: CallId) -> Busy | None:
        """Show ``call`` as it is now. Returns what Redis then knows of it."""
        live, before = self._calls.get(call), self._written.get(call)
        self._write_open(batch, call, None if live is None else live.open_to)
        if live is None:
            if before is not None:
                batch.add("DEL", f"call:{call}")
                batch.add("SREM", self._set_key(), call)
                for subscriber, _ in before:
                    batch.add("HDEL", f"busy:{subscriber}", call)
            return None
        batch.add("SET", f"call:{call}", _encode(live), "EX", TTL_S)
        if before is None:
            batch.add("SADD", self._set_key(), call)
            batch.add("EXPIRE", self._set_key(), TTL_S)
        now = tuple(_subscribers(live))
        for subscriber, device in now:
            if before is None or (subscriber, device) not in before:
                batch.add("HSET", f"busy:{subscriber}", call, device or "")
                batch.add("EXPIRE", f"busy:{subscriber}", TTL_S)
        for subscriber, _ in before or ():
            if all(subscriber != other for other, _ in now):
                batch.add("HDEL", f"busy:{subscriber}", call)
        return now

    def _write_open(self, batch: Batch, call: CallId, group: GroupId | None) -> None:
        before = self._open.get(call)
        if before is not None and before != group:
            batch.add("SREM", f"open:{before}", call)
            del self._open[call]
        if group is not None:
            batch.add("SADD", f"open:{group}", call)
            batch.add("EXPIRE", f"open:{group}", TTL_S)
            self._open[call] = group

    def _write_event(self, batch: Batch, subscriber: SubscriberId, event: UserEvent) -> None:
        stream = f"events:{subscriber}"
        data = msgspec.msgpack.encode(event)
        batch.add("XADD", stream, "MAXLEN", EVENTS_KEPT, "*", FIELD, data)
        if isinstance(event.body, CallOver):
            batch.add("EXPIRE", stream, EVENTS_KEPT_S)
        batch.add("PUBLISH", stream, b"")

    def _refresh(self, batch: Batch) -> None:
        """New lifetimes for everything that is shown."""
        if self._calls:
            batch.add("EXPIRE", self._set_key(), TTL_S)
        for call, live in self._calls.items():
            batch.add("SET", f"call:{call}", _encode(live), "EX", TTL_S)
            for subscriber, _ in _subscribers(live):
                batch.add("EXPIRE", f"busy:{subscriber}", TTL_S)
            if live.open_to is not None:
                batch.add("EXPIRE", f"open:{live.open_to}", TTL_S)

    def _remember_written(self, written: dict[CallId, Busy | None]) -> None:
        for call, busy in written.items():
            if busy is None:
                self._written.pop(call, None)
            else:
                self._written[call] = busy

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

    def _announce(self, before: LiveCall | None, live: LiveCall) -> None:
        """To each user of the call, unless nothing changed that the user is to see."""
        for incoming in (False, True):
            seen = _as_seen(live, incoming)
            if before is None or seen != _as_seen(before, incoming):
                self._tell(live, live.called if incoming else live.calling, seen[1])
        for party in live.others if live.conference else ():
            changed = _as_seen(seen_by(live, party.leg), True)
            if before is None or changed != _as_seen(seen_by(before, party.leg), True):
                self._tell(live, party, changed[1])

    def _tell(self, live: LiveCall, party: LiveParty, body: UserEventBody) -> None:
        if party.subscriber is not None and live.tenant is not None:
            event = UserEvent(tenant=live.tenant, subscriber=party.subscriber, body=body)
            self._events.append((party.subscriber, event))


def _as_seen(live: LiveCall, incoming: bool) -> tuple[SubscriberId | None, CallChanged]:
    """For whom, and the call from that side: what telephones the other one has is not told, nor who pays."""
    own, other = (live.called, live.calling) if incoming else (live.calling, live.called)
    other = msgspec.structs.replace(other, device=None, ringing=())
    others = tuple([msgspec.structs.replace(one, device=None, ringing=()) for one in live.others])
    sides = {"calling": other, "called": own} if incoming else {"calling": own, "called": other}
    changed = CallChanged(
        call=live.call,
        phase=live.phase,
        other=other.identity,
        device=own.device,
        since=live.answered or live.started,
        incoming=incoming,
        live=msgspec.structs.replace(live, charges=(), incoming_group=None, others=others, **sides),
    )
    return own.subscriber, changed


def without_secrets(live: LiveCall) -> LiveCall:
    """A withheld caller without number and name, and nobody's network number (call-flows §7)."""
    others = tuple(_shown(party) for party in live.others)
    return msgspec.structs.replace(
        live, calling=_shown(live.calling), called=_shown(live.called), others=others
    )


def _shown(party: LiveParty) -> LiveParty:
    identity = party.identity
    if identity.presentation is Presentation.RESTRICTED:
        return msgspec.structs.replace(party, identity=CallerIdentity(presentation=identity.presentation))
    if identity.network_number is not None:
        return msgspec.structs.replace(party, identity=msgspec.structs.replace(identity, network_number=None))
    return party


def _subscribers(live: LiveCall | None) -> Iterator[tuple[SubscriberId, DeviceId | None]]:
    if live is not None:
        for party in (*live.others, live.calling, live.called):
            if party.subscriber is not None:
                yield party.subscriber, party.device
