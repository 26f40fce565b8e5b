"""Registered contacts of desk phones: memory is the truth, Redis keeps a copy for the next process.

Key ``bindings:<gateway>`` is a hash: device → its bindings as JSON. On the channel of the same name each
device is named that came or went. Redis away costs a phone nothing: what changed meanwhile is written when it
is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
import structlog

from fmc_gateway.call.events import Binding
from fmc_gateway.flows import flow_name, is_address, parse_flow
from hipper.pbx.ids import DeviceId, GatewayId
from hipper.runtime.bus import OUTAGE
from hipper.telephony.sip.flow import DEFAULT_PORT, Flow
from hipper.telephony.sip.registration import Binding as SipBinding
from hipper.telephony.sip.uri import SipUri

SWEEP_S = 5.0
"""How often expired bindings are looked for; they count as gone at once all the same."""
GATHER_S = 0.05
RETRY_S = 1.0

Key = TypeVar("Key")

log = structlog.get_logger("fmc_gateway.bindings")


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One contact of one phone. ``binding``: as the registrar's rules left it, times in Unix seconds."""

    device: DeviceId
    aor: str
    binding: SipBinding


class Bindings:
    """``changed`` holds the devices whose bindings differ from what Redis knows, ``newcomers`` those that had
    none before and that nobody has looked at yet; ``wake`` and ``came`` tell of them."""

    def __init__(self, now_unix: Callable[[], float]) -> None:
        self._now = now_unix
        self._of: dict[DeviceId, tuple[Registration, ...]] = {}
        self._by_connection: dict[tuple[str, int], set[DeviceId]] = {}
        self._by_address: dict[str, set[DeviceId]] = {}
        self.changed: set[DeviceId] = set()
        self.wake = asyncio.Event()
        self.newcomers: set[DeviceId] = set()
        self.came = asyncio.Event()

    def __len__(self) -> int:
        return sum(len(bindings) for bindings in self._of.values())

    def of(self, device: DeviceId) -> tuple[Registration, ...]:
        """What is registered now, the preferred contact first."""
        now = self._now()
        return tuple(found for found in self._of.get(device, ()) if found.binding.expires_at > now)

    def of_devices(self, devices: Iterable[DeviceId]) -> tuple[Binding, ...]:
        """As the engine wants them."""
        return tuple(
            Binding(
                device=found.device,
                contact=found.binding.contact,
                flow=flow_name(found.binding.flow),
                path=found.binding.path,
            )
            for device in devices
            for found in self.of(device)
        )

    def put(self, device: DeviceId, bindings: Iterable[Registration]) -> None:
        """Replace all bindings of a device."""
        ordered = tuple(sorted(bindings, key=lambda found: found.binding.q, reverse=True))
        self._drop_links(device)
        if ordered:
            if device not in self._of:
                self.newcomers.add(device)
                self.came.set()
            self._of[device] = ordered
            for found in ordered:
                self._by_address.setdefault(found.binding.flow.remote[0], set()).add(device)
                if (key := _connection(found)) is not None:
                    self._by_connection.setdefault(key, set()).add(device)
        else:
            self._of.pop(device, None)
        self.changed.add(device)
        self.wake.set()

    def flow_of(self, name: str) -> Flow | None:
        return parse_flow(name)

    def aor_of(self, device: str) -> str | None:
        found = self._of.get(DeviceId(device))
        return found[0].aor if found else None

    def device_at(self, flow: Flow, aor: str | None) -> DeviceId | None:
        """The phone that registered over ``flow``; with several there (a proxy, a phone of two lines), or
        when it is another socket of the same address, the one of that address-of-record."""
        there = [
            found
            for device in self._by_address.get(flow.remote[0], ())
            for found in self.of(device)
            if found.binding.flow.remote[0] == flow.remote[0]
        ]
        same = {found.device for found in there if _same_place(found.binding.flow, flow)}
        named = {found.device for found in there if aor is not None and found.aor.lower() == aor.lower()}
        for devices in (same & named, same, named):
            if len(devices) == 1:
                return next(iter(devices))
        return None

    def flow_lost(self, flow: Flow) -> None:
        """A connection is closed: what was registered over it cannot be reached any more (RFC 5626 §5.3)."""
        if flow.connection == 0:
            return
        for device in tuple(self._by_connection.get((flow.listener, flow.connection), ())):
            kept = [found for found in self._of.get(device, ()) if found.binding.flow != flow]
            log.info("phone.connection_lost", device=device, left=len(kept))
            self.put(device, kept)

    def sweep(self) -> None:
        """Forget what has expired."""
        now = self._now()
        for device, bindings in tuple(self._of.items()):
            kept = [found for found in bindings if found.binding.expires_at > now]
            if len(kept) < len(bindings):
                self.put(device, kept)

    def devices(self) -> tuple[DeviceId, ...]:
        return tuple(self._of)

    def _drop_links(self, device: DeviceId) -> None:
        for found in self._of.get(device, ()):
            _drop(self._by_address, found.binding.flow.remote[0], device)
            if (key := _connection(found)) is not None:
                _drop(self._by_connection, key, device)


def _drop(index: dict[Key, set[DeviceId]], key: Key, device: DeviceId) -> None:
    devices = index.get(key, set())
    devices.discard(device)
    if not devices:
        index.pop(key, None)


def _same_place(bound: Flow, flow: Flow) -> bool:
    """The same connection, or the same address and port of a datagram socket."""
    return (bound.listener, bound.connection, bound.remote) == (flow.listener, flow.connection, flow.remote)


def _connection(registration: Registration) -> tuple[str, int] | None:
    flow = registration.binding.flow
    return (flow.listener, flow.connection) if flow.connection else None


def reopened(registration: Registration) -> Registration:
    """Of an earlier process: its connection is gone, so the shell opens one. The phone's end of the old one
    was a port of the moment; where it listens is in its Contact (RFC 3261 §18.2.2). Behind NAT neither is
    reached: such a phone is back with its next REGISTER."""
    binding = registration.binding
    if not binding.flow.connection:
        return registration
    flow = binding.flow._replace(connection=0)
    uri = binding.uri
    if isinstance(uri, SipUri) and is_address(uri.host):
        flow = flow._replace(remote=(uri.host, uri.port or DEFAULT_PORT[flow.transport]))
    return msgspec.structs.replace(registration, binding=msgspec.structs.replace(binding, flow=flow))


_list_decoder = msgspec.json.Decoder(tuple[Registration, ...])


class BindingMirror:
    """Writes changed devices to Redis in the background; reads them all at start."""

    def __init__(self, bindings: Bindings, redis: Any, gateway: GatewayId) -> None:
        self._bindings = bindings
        self._redis = redis
        self._key = f"bindings:{gateway}"
        self._loaded = False
        self._away = False
        self._shown: set[DeviceId] = set()
        """Those Redis shows as registered."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._bindings.wake.wait()
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                self._bindings.sweep()
            if not await self.flush():
                await asyncio.sleep(RETRY_S)

    async def flush(self) -> bool:
        """Bring Redis up to date; False when it is away."""
        self._bindings.wake.clear()
        if not self._loaded and not await self.load():
            return False
        changed, self._bindings.changed = self._bindings.changed, set()
        if not changed:
            return True
        here = {device for device in changed if self._bindings.of(device)}
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for device in changed:
                    bindings = self._bindings.of(device)
                    if bindings:
                        pipe.hset(self._key, device, msgspec.json.encode(bindings))
                    else:
                        pipe.hdel(self._key, device)
                for device in here ^ (changed & self._shown):
                    pipe.publish(self._key, device)
                await pipe.execute()
        except OUTAGE as error:
            self._bindings.changed |= changed
            self._lost(error)
            return False
        self._shown = (self._shown - changed) | here
        self._reached()
        return True

    async def load(self) -> bool:
        """Take over what an earlier process left. A phone that registered with us meanwhile knows better."""
        try:
            stored = await self._redis.hgetall(self._key)
        except OUTAGE as error:
            self._lost(error)
            return False
        known = set(self._bindings.devices())
        for raw, data in stored.items():
            device = DeviceId(raw.decode())
            if device not in known:
                self._take_over(device, data)
        # what was empty and came back after an outage is written whole
        self._bindings.changed |= known
        self._loaded = True
        return True

    def _take_over(self, device: DeviceId, data: bytes) -> None:
        try:
            bindings = _list_decoder.decode(data)
        except msgspec.MsgspecError as error:
            log.warning("bindings.unreadable", device=device, error=str(error))
            return
        self._bindings.put(device, [reopened(binding) for binding in bindings])

    def _reached(self) -> None:
        if self._away:
            log.info("bindings.redis_back")
        self._away = False

    def _lost(self, error: BaseException) -> None:
        if not self._away:
            log.warning("bindings.redis_away", error=str(error) or type(error).__name__)
        self._away = True
        # a Redis that restarted may be empty
        self._loaded = False
