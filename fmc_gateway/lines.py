"""Whose line an unproven desk phone is: who calls 112 is not asked for a password, and nothing is looked up.

What registered from the same place says it, and what was last read of that user; both are in memory, and
after a cold start on disk. So the emergency centre sees the number of a telephone that is registered, or
of its site, and a From that anybody could write only as the name it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec
import structlog

from fmc_gateway.asserted import is_anonymous
from fmc_gateway.bindings import Registration
from fmc_gateway.call.events import LegDirection, LegOffered
from fmc_gateway.emergency_memory import EmergencyMemory, KnownLine
from fmc_gateway.text import clean_or_none
from hipper.directory.errors import DirectoryError
from hipper.pbx.emergency_zones import emergency_zone
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import CallerIdentity, DeviceKind, Presentation, SubscriberContext
from hipper.pbx.numbers_of import network_number
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri

RETRY_S = 2.0
"""How often the directory is asked again after it was away."""
PACE_S = 0.005
"""Between two reads: a thousand phones of an earlier process take five seconds, and no call waits."""
REFRESH_S = 600.0
"""How often every registered phone's user is read again: sites and their numbers change."""
SAVE_S = 1.0
"""How often the file is brought up to date, when there is something new."""

log = structlog.get_logger("fmc_gateway.lines")


class Line(NamedTuple):
    """``device`` None: not known there; ``caller`` then has no number. ``shown``: the number of the site,
    None: the line's own. ``route``: index of the site's emergency route, None: all in order."""

    device: DeviceId | None
    caller: CallerIdentity
    shown: E164 | None = None
    route: int | None = None


class Registered(Protocol):
    def device_at(self, flow: Flow, aor: str | None) -> DeviceId | None: ...
    def of(self, device: DeviceId) -> tuple[Registration, ...]: ...
    def devices(self) -> tuple[DeviceId, ...]: ...

    newcomers: set[DeviceId]
    came: asyncio.Event


class Remembering(Protocol):
    def remembered(self, device: DeviceId) -> SubscriberContext | None: ...
    async def remember(self, device: DeviceId) -> None: ...


class Lines:
    """``find`` is memory alone; ``run`` keeps what it needs there. ``routes``: names of the settings'
    emergency routes, in order; ``memory``: what outlives this process."""

    def __init__(
        self,
        bindings: Registered,
        directory: Remembering,
        memory: EmergencyMemory,
        routes: Sequence[str],
        now_unix: Callable[[], float],
    ) -> None:
        self.memory = memory
        self._bindings = bindings
        self._directory = directory
        self._routes = tuple(routes)
        self._now_unix = now_unix
        self._aged: set[DeviceId] = set()
        """Phones whose users are read again."""

    def called_emergency(self, offered: LegOffered) -> None:
        """An emergency call begins, or is over: from then on the centre may call back (call-flows §5). Of a
        caller nobody vouches for nothing is remembered."""
        if offered.trusted or offered.device is not None:
            numbers = (offered.served_number, offered.caller.network_number, offered.emergency_number)
            self.memory.called_emergency(numbers, self._now_unix())

    def called_back(self, offered: LegOffered) -> LegOffered:
        """Mark the call that may be the emergency centre's, back to a user."""
        terminating = offered.direction is LegDirection.TERMINATING
        if terminating and self.memory.is_called_back(offered.served_number, self._now_unix()):
            return msgspec.structs.replace(offered, emergency_callback=True)
        return offered

    def at_site(self, offered: LegOffered, device: DeviceId) -> LegOffered:
        """With what the site of the telephone shows the emergency centre, and the route from there: what is
        dialled may stand for 112."""
        context = self._directory.remembered(device)
        known = self.memory.line(device) if context is None else known_line(context, device, "", ("", 0))
        if known is None:
            return offered
        line = self._line(known)
        return msgspec.structs.replace(offered, emergency_number=line.shown, emergency_route=line.route)

    def find(self, request: Request, flow: Flow) -> Line:
        from_ = request.from_
        uri = from_.uri if isinstance(from_.uri, SipUri) and not is_anonymous(from_) else None
        aor = f"{uri.user}@{uri.host}" if uri is not None and uri.user else None
        known = self._known_at(flow, aor)
        if known is not None:
            return self._line(known)
        claimed = clean_or_none(aor or from_.display_name) or None
        return Line(None, CallerIdentity(presentation=Presentation.ALLOWED, name=claimed))

    def _known_at(self, flow: Flow, aor: str | None) -> KnownLine | None:
        device = self._bindings.device_at(flow, aor)
        if device is None:
            # nothing is registered there (yet): who was there before this process began
            return self.memory.line_at(flow.remote[0], flow.remote[1], aor)
        context = self._directory.remembered(device)
        if context is None:
            found = self.memory.line(device)
            return found or KnownLine(device=device, aor="", host="", port=0, name=clean_or_none(aor))
        return known_line(context, device, "", flow.remote)

    def _line(self, known: KnownLine) -> Line:
        caller = CallerIdentity(
            presentation=Presentation.ALLOWED,
            number=known.number,
            name=known.name,
            network_number=known.number,
        )
        route = self._routes.index(known.route) if known.route in self._routes else None
        return Line(known.device, caller, known.shown, route)

    async def run(self) -> None:
        """Until cancelled: read the user of every phone that comes, so that it is remembered, and of all of
        them again now and then; keep the file up to date."""
        refreshed = self._now_unix()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S if self._bindings.newcomers else SAVE_S):
                    await self._bindings.came.wait()
            if self._now_unix() - refreshed >= REFRESH_S:
                refreshed = self._now_unix()
                self._aged.update(self._bindings.devices())
                self._bindings.newcomers.update(self._aged)
            await self.remember_new()
            if self.memory.changed:
                await asyncio.to_thread(self.save)

    def save(self) -> None:
        """A disk that is full costs nothing but the knowledge of a later cold start."""
        try:
            self.memory.save(self._now_unix())
        except OSError as error:
            log.warning("lines.not_kept", error=str(error))

    async def remember_new(self) -> None:
        self._bindings.came.clear()
        newcomers = self._bindings.newcomers
        while newcomers:
            device = newcomers.pop()
            if device in self._aged or self._directory.remembered(device) is None:
                try:
                    await self._directory.remember(device)
                except DirectoryError:
                    newcomers.add(device)
                    return
                self._aged.discard(device)
                await asyncio.sleep(PACE_S)
            self._learn(device)

    def _learn(self, device: DeviceId) -> None:
        context = self._directory.remembered(device)
        if context is None:
            self.memory.forget(device)
            return
        for registration in self._bindings.of(device)[:1]:
            flow = registration.binding.flow
            self.memory.learn(known_line(context, device, registration.aor, flow.remote))


def known_line(context: SubscriberContext, device: DeviceId, aor: str, place: tuple[str, int]) -> KnownLine:
    """What an emergency call needs of a desk phone: its line, and its site."""
    zone = emergency_zone(context, device)
    return KnownLine(
        device=device,
        aor=aor,
        host=place[0],
        port=place[1],
        number=network_number(context, DeviceKind.DESK_PHONE),
        shown=None if zone is None or zone.number is None else E164(zone.number),
        name=context.display_name,
        zone=None if zone is None else zone.name,
        route=None if zone is None else zone.route,
    )
