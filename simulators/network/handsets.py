"""Telephones within a simulated network, and the other places its calls end at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from simulators.call import Call, CallError, HeaderItems

CELL = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2040400010002"
RADIO_LOST = 'SIP;cause=503;text="Radio bearer lost"'
"""Reason of a BYE the network sends for a handset it lost (TS 24.229 §5.2.8.1.2)."""


class Carrier(Protocol):
    """The network of a handset."""

    behaviour: Callable[[Call], Awaitable[None]] | None

    @property
    def originate(self) -> Callable[..., Coroutine[Any, Any, Call]]: ...


class Place:
    """Where calls of the network end: ``next_call`` gives the next one, unless a behaviour takes it."""

    def __init__(self, name: str, network: Carrier) -> None:
        self.name = name
        self._network = network
        self._waiting: asyncio.Queue[Call] = asyncio.Queue()

    async def next_call(self, timeout_s: float = 5.0) -> Call:
        try:
            return await asyncio.wait_for(self._waiting.get(), timeout_s)
        except TimeoutError:
            raise CallError(f"no call reached {self.name} in {timeout_s} s") from None

    async def ring(self, call: Call) -> None:
        """The network delivers a call."""
        if self._network.behaviour is not None:
            await self._network.behaviour(call)
        else:
            self._waiting.put_nowait(call)


class Handset(Place):
    """A telephone of the network within this process. ``on``: False while it is out of coverage.
    ``out_of_radio``: it lost the cell in a call, and nothing reaches it."""

    def __init__(self, network: Carrier, msisdn: str) -> None:
        super().__init__(msisdn, network)
        self.msisdn = msisdn
        self.on = True
        self.out_of_radio = False

    async def call(
        self, dialled: str, *, privacy: str | None = None, headers: HeaderItems = (), **more: Any
    ) -> Call:
        """Dial. ``privacy``: ``id`` hides the number (#31#), ``none`` shows it (*31#), TS 22.030."""
        return await self._network.originate(self.msisdn, dialled, privacy=privacy, headers=headers, **more)
