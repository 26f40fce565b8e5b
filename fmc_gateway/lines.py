"""Whose line an unproven desk phone is: who calls 112 is not asked for a password, and nothing is looked up.

What registered from the same place says it, and what was last read of that user; both are in memory. So the
emergency centre sees the number of a telephone that is registered, and a From that anybody could write only
as the name it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple, Protocol

from fmc_gateway.asserted import is_anonymous
from fmc_gateway.text import clean_or_none
from hipper.directory.errors import DirectoryError
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import CallerIdentity, DeviceKind, Presentation, SubscriberContext
from hipper.pbx.numbers_of import network_number
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri

RETRY_S = 2.0
"""How often the directory is asked again after it was away."""
PACE_S = 0.005
"""Between two reads: a thousand phones of an earlier process take five seconds, and no call waits."""


class Line(NamedTuple):
    """``device`` None: not registered from there; ``caller`` then has no number."""

    device: DeviceId | None
    caller: CallerIdentity


class Registered(Protocol):
    def device_at(self, flow: Flow, aor: str | None) -> DeviceId | None: ...

    newcomers: set[DeviceId]
    came: asyncio.Event


class Remembering(Protocol):
    def remembered(self, device: DeviceId) -> SubscriberContext | None: ...
    async def remember(self, device: DeviceId) -> None: ...


class Lines:
    """``find`` is memory alone; ``run`` keeps what it needs there."""

    def __init__(self, bindings: Registered, directory: Remembering) -> None:
        self._bindings = bindings
        self._directory = directory

    def find(self, request: Request, flow: Flow) -> Line:
        from_ = request.from_
        uri = from_.uri if isinstance(from_.uri, SipUri) and not is_anonymous(from_) else None
        aor = f"{uri.user}@{uri.host}" if uri is not None and uri.user else None
        device = self._bindings.device_at(flow, aor)
        context = self._directory.remembered(device) if device is not None else None
        number = None if context is None else network_number(context, DeviceKind.DESK_PHONE)
        claimed = clean_or_none(aor or from_.display_name) or None
        name = claimed if context is None else context.display_name
        caller = CallerIdentity(
            presentation=Presentation.ALLOWED, number=number, name=name, network_number=number
        )
        return Line(device, caller)

    async def run(self) -> None:
        """Until cancelled: read the user of every phone that comes, so that it is remembered."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S if self._bindings.newcomers else None):
                    await self._bindings.came.wait()
            await self.remember_new()

    async def remember_new(self) -> None:
        self._bindings.came.clear()
        newcomers = self._bindings.newcomers
        while newcomers:
            device = newcomers.pop()
            if self._directory.remembered(device) is None:
                try:
                    await self._directory.remember(device)
                except DirectoryError:
                    newcomers.add(device)
                    return
                await asyncio.sleep(PACE_S)
