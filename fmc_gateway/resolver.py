"""Names of next hops → addresses, in the background: a call never waits for DNS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

import structlog

from fmc_gateway.flows import is_address

REFRESH_S = 60.0

log = structlog.get_logger("fmc_gateway.resolver")


class Resolver:
    """Keeps the last good address of every configured name; a name server that is away changes nothing."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._names = sorted({host for host in hosts if not is_address(host)})
        self._addresses: dict[str, str] = {}

    def address(self, host: str) -> str | None:
        """An IP address; None for a name that was never resolved."""
        return host if host not in self._names else self._addresses.get(host)

    async def refresh(self) -> None:
        loop = asyncio.get_running_loop()
        for name in self._names:
            try:
                found = await loop.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
            except OSError as error:
                log.warning("resolver.failed", host=name, error=str(error))
                continue
            self._addresses[name] = str(found[0][4][0])

    async def run(self) -> None:
        """Until cancelled."""
        while self._names:
            await self.refresh()
            await asyncio.sleep(REFRESH_S)
