"""Presence: what my telephones are doing, and which colleagues are talking.

It is a state and no event: whoever listens is told when it begins and whenever it changes, and a listener
that comes again is told anew. Of colleagues only whether they are in a call (call-flows §7), and only of
those who show themselves in the company's list (seed 9, Privacy).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog

from app.domain.directory.schemas import Presence as Live
from app.domain.directory.services import presence_of
from app.domain.events.frames import Presence, frame
from app.domain.events.hub import AGAIN_AFTER_S, AWAY, GAP, Hub
from app.domain.events.listener import Listener
from app.domain.events.working import forever, stop
from app.domain.me.live import live_of
from app.domain.me.services import context_of, own_device
from app.problems import ProblemError
from app.stores import Stores
from hipper.contracts.bus import SETTINGS
from hipper.directory.accounts import Account
from hipper.directory.people import listed_of
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import Device, DeviceKind
from hipper.runtime.clock import Clock
from hipper.runtime.database import OUTAGE as DATABASE_OUTAGE

MOST_COLLEAGUES = 100
"""As a telephone may watch (:mod:`fmc_gateway.lamps`)."""
GATHER_S = 0.05

log = structlog.get_logger("app.events")


class Watch:
    """What one listener is told. ``devices`` None: to be read again. ``colleagues``: who was there to be seen
    when it began; ``shown``: those who still are; ``doubtful``: that has to be asked again."""

    __slots__ = (
        "account",
        "channels",
        "colleagues",
        "devices",
        "doubtful",
        "listener",
        "shown",
        "told",
    )

    def __init__(self, listener: Listener, account: Account, colleagues: tuple[SubscriberId, ...]) -> None:
        self.listener = listener
        self.account = account
        self.colleagues = colleagues
        self.channels = tuple(f"events:{one}" for one in (account.subscriber, *colleagues))
        self.shown = colleagues
        self.doubtful = False
        self.devices: tuple[Device, ...] | None = None
        self.told: Presence | None = None


class PresenceDesk:
    def __init__(self, hub: Hub, stores: Stores, clock: Clock) -> None:
        self._hub = hub
        self._stores = stores
        self._clock = clock
        self._bindings = f"bindings:{stores.gateway}"
        self._of_channel: dict[str, set[Watch]] = {}
        self._of_device: dict[DeviceId, set[Watch]] = {}
        self._dirty: set[Watch] = set()
        self._work = asyncio.Event()
        hub.on_change = self._changed
        hub.on_settings = self._settings_changed

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        await self._hub.watch(self._bindings)
        task = asyncio.create_task(forever(self._pump))
        try:
            yield
        finally:
            await stop([task])

    async def join(self, listener: Listener, account: Account, colleagues: Iterable[SubscriberId]) -> Watch:
        """The first presence comes of itself. Colleagues who may not be seen are passed over. Raises what the
        directory does, BusUnavailable."""
        wanted = tuple(dict.fromkeys(colleagues))
        seen = await listed_of(self._stores.own, account.tenant, wanted) if wanted else ()
        watch = Watch(listener, account, tuple(one for one in seen if one != account.subscriber))
        await self._read_devices(watch)
        for channel in watch.channels:
            self._of_channel.setdefault(channel, set()).add(watch)
        await self._hub.watch(*watch.channels[1:])
        self._look(watch)
        return watch

    async def leave(self, watch: Watch) -> None:
        for channel in watch.channels:
            watching = self._of_channel.get(channel, set())
            watching.discard(watch)
            if not watching:
                self._of_channel.pop(channel, None)
        self._forget_devices(watch)
        self._dirty.discard(watch)
        await self._hub.unwatch(*watch.channels[1:])

    def _changed(self, channel: str, data: bytes) -> None:
        if channel != self._bindings:
            for watch in self._of_channel.get(channel, ()):
                if data in (SETTINGS, GAP):
                    watch.doubtful = True
                self._look(watch)
            return
        devices = tuple(self._of_device) if data == GAP else (DeviceId(data.decode()),)
        for device in devices:
            for watch in self._of_device.get(device, ()):
                self._look(watch)

    def _settings_changed(self, subscriber: SubscriberId) -> None:
        for watch in self._of_channel.get(f"events:{subscriber}", ()):
            if watch.account.subscriber == subscriber:
                watch.devices = None
                self._look(watch)

    def _look(self, watch: Watch) -> None:
        self._dirty.add(watch)
        self._work.set()

    async def _pump(self) -> None:
        await self._work.wait()
        self._work.clear()
        await asyncio.sleep(GATHER_S)
        while self._dirty:
            watch = self._dirty.pop()
            try:
                await self._tell(watch)
            except ProblemError:
                continue  # the user is gone; the session ends by itself
            except (*AWAY, *DATABASE_OUTAGE):
                self._look(watch)
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _tell(self, watch: Watch) -> None:
        if watch.listener.is_over:
            return
        if watch.devices is None:
            await self._read_devices(watch)
        if watch.doubtful:
            await self._look_who_shows(watch)
        now = await self._presence(watch)
        if now != watch.told:
            watch.told = now
            watch.listener.give(frame("presence", now))

    async def _presence(self, watch: Watch) -> Presence:
        devices = watch.devices or ()
        desk_phones = [one.id for one in devices if one.kind is DeviceKind.DESK_PHONE]
        own = watch.account.subscriber
        stores = self._stores
        live = await live_of(stores.bus, stores.gateway, own, desk_phones, self._clock.unix())
        busy = await presence_of(stores.bus, watch.shown)
        return Presence(
            devices={one.id: own_device(one, live).state for one in devices},
            busy={one: found is Live.BUSY for one, found in busy.items() if found is not Live.UNKNOWN},
        )

    async def _look_who_shows(self, watch: Watch) -> None:
        """Who switched *Privacy* on is told of no longer, from this moment on. What is changed while the
        directory is asked makes it doubtful again."""
        watch.doubtful = False
        try:
            seen = set(await listed_of(self._stores.own, watch.account.tenant, watch.colleagues))
        except BaseException:
            watch.doubtful = True
            raise
        watch.shown = tuple(one for one in watch.colleagues if one in seen)

    async def _read_devices(self, watch: Watch) -> None:
        self._forget_devices(watch)
        watch.devices = (await context_of(self._stores.own, watch.account)).devices
        for device in watch.devices:
            self._of_device.setdefault(device.id, set()).add(watch)

    def _forget_devices(self, watch: Watch) -> None:
        for device in watch.devices or ():
            watching = self._of_device.get(device.id, set())
            watching.discard(watch)
            if not watching:
                self._of_device.pop(device.id, None)
