"""What the SIP port remembers of a leg, beside the user agent's session."""

from __future__ import annotations

import asyncio

from fmc_gateway.call import commands as c
from fmc_gateway.dns.hop import Server
from fmc_gateway.routing import Route
from hipper.telephony.sip.flow import Flow


class Leg:
    """``trusted``: what the peer asserts counts, and it may see withheld numbers.
    ``servers``: of its next hop, still to be tried; ``fallbacks``: PSTN trunks, after those. ``flow``: where
    its INVITE went or came from."""

    __slots__ = (
        "command",
        "fallbacks",
        "fixed",
        "flow",
        "heard",
        "held",
        "host",
        "rang",
        "route",
        "server",
        "servers",
        "timer",
        "trusted",
    )

    def __init__(self, host: str, *, trusted: bool, fixed: bool) -> None:
        self.host = host
        self.trusted = trusted
        self.fixed = fixed
        self.rang = False
        self.command: c.Originate | None = None
        self.fallbacks: list[str] = []
        self.flow: Flow | None = None
        self.route: Route | None = None
        self.server: Server | None = None
        self.servers: list[Server] = []
        self.heard = False
        self.held: c.Target | None = None
        self.timer: asyncio.TimerHandle | None = None

    def hear(self) -> None:
        """The server says something: it has the call."""
        self.heard = True
        self.stop_waiting()

    def stay(self) -> None:
        """Whatever happens now, no further server or trunk is tried."""
        self.servers.clear()
        self.fallbacks.clear()
        self.stop_waiting()

    def stop_waiting(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
