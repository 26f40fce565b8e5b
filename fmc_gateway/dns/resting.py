"""Servers that failed rest a while (RFC 3263 §4.3): tried last, or not at all for the time of a Retry-After
(RFC 3261 §21.5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fmc_gateway.dns.hop import Server

REST_S = 30.0
"""After a timeout, a transport failure or a 503 that names no time."""
MAX_RETRY_AFTER_S = 600.0
"""One 503 must not cut a peer off for longer."""
MAX_REMEMBERED = 1024

Key = tuple[str, str, int]


class _Rest(NamedTuple):
    """``until``: tried last; ``barred_until``: not tried; ``silent``: tried last until it answers again."""

    until: float = 0.0
    barred_until: float = 0.0
    silent: bool = False


class Resting:
    """``now``: monotonic seconds, handed in."""

    def __init__(self) -> None:
        self._rests: dict[Key, _Rest] = {}

    def __len__(self) -> int:
        return len(self._rests)

    def failed(self, server: Server, now: float, retry_after_s: float | None = None) -> None:
        """A request to ``server`` timed out, could not be sent, or was answered 503."""
        rest = self._rests.pop(_key(server), _Rest())
        if retry_after_s is None:
            rest = rest._replace(until=now + REST_S)
        else:
            rest = rest._replace(barred_until=now + min(retry_after_s, MAX_RETRY_AFTER_S))
        self._put(server, rest, now)

    def fell_silent(self, server: Server, now: float) -> None:
        """It does not answer OPTIONS."""
        self._put(server, self._rests.pop(_key(server), _Rest())._replace(silent=True), now)

    def answered(self, server: Server) -> None:
        """It answered OPTIONS: first again. A Retry-After it gave still holds."""
        rest = self._rests.pop(_key(server), None)
        if rest is not None and rest.barred_until:
            self._rests[_key(server)] = _Rest(barred_until=rest.barred_until)

    def is_well(self, server: Server, now: float) -> bool:
        """Nothing is known against it."""
        rest = self._rests.get(_key(server))
        return rest is None or not (rest.silent or now < rest.until or now < rest.barred_until)

    def barred_for_s(self, servers: Sequence[Server], now: float) -> float | None:
        """How long until the first of ``servers`` may be asked again, when none may be now."""
        waits = [self._bar(server) - now for server in servers]
        return min(waits) if waits and min(waits) > 0 else None

    def in_order(
        self, servers: tuple[Server, ...], now: float, *, whatever: bool = False
    ) -> tuple[Server, ...]:
        """The well ones first, resting ones behind them, barred ones left out. ``whatever``: an emergency
        call, for which a server that asked for rest is still better than none."""
        if not self._rests:
            return servers
        well = [server for server in servers if self.is_well(server, now)]
        if len(well) == len(servers):
            return servers
        rest = [server for server in servers if server not in well]
        barred = [server for server in rest if self._bar(server) > now]
        behind = [server for server in rest if server not in barred]
        return (*well, *behind, *(barred if whatever else ()))

    def _bar(self, server: Server) -> float:
        rest = self._rests.get(_key(server))
        return 0.0 if rest is None else rest.barred_until

    def _put(self, server: Server, rest: _Rest, now: float) -> None:
        if len(self._rests) >= MAX_REMEMBERED:
            over = [key for key, old in self._rests.items() if not old.silent and old.until < now]
            for key in over or list(self._rests)[:1]:
                del self._rests[key]
        self._rests[_key(server)] = rest


def _key(server: Server) -> Key:
    return server.transport, server.address, server.port
