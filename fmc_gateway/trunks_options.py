"""OPTIONS to a peer's servers (RFC 3261 §11): one that does not answer twice is tried last, one that answers
again is first again."""

from __future__ import annotations

from typing import Any

import structlog

from fmc_gateway.dns.choose import Chance
from fmc_gateway.dns.hop import Hop, Server
from fmc_gateway.resolver import Resolver
from fmc_gateway.trunks_registration import Sending
from hipper.telephony.sip.events import RequestAnswered, RequestFailed
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri

MISSES = 2
"""In a row, before a server counts as silent."""
SPREAD = 0.2
"""Part of the interval that is left to chance, so that peers are not all asked at once."""
OUT_OF_ORDER = 503

log = structlog.get_logger("fmc_gateway.trunks")


class OptionsWatch:
    """One peer. ``interval_s`` 0: never asked. Times are monotonic seconds."""

    def __init__(
        self,
        name: str,
        hop: Hop,
        interval_s: float,
        *,
        sending: Sending,
        resolver: Resolver,
        chance: Chance,
    ) -> None:
        self.name = name
        self.hop = hop
        self.last_error: str | None = None
        self._interval_s = interval_s
        self._sending = sending
        self._resolver = resolver
        self._chance = chance
        self._misses: dict[Server, int] = {}
        """0: the last OPTIONS was answered."""
        self._pending: dict[str, Server] = {}
        self._due: float | None = None

    @property
    def state(self) -> str:
        """``off``, ``unknown`` until the first outcome, ``answers``, or ``silent``: no server answers."""
        if not self._interval_s:
            return "off"
        if not self._misses:
            return "unknown"
        return "silent" if all(count >= MISSES for count in self._misses.values()) else "answers"

    def start(self, now: float) -> None:
        """The first round comes after a part of the interval."""
        if self._interval_s:
            self._due = now + self._interval_s * self._chance()

    def next_timer(self) -> float | None:
        return self._due

    def handle_timer(self, now: float) -> None:
        """What was asked last and is unanswered has missed; ask again."""
        if self._due is None or now < self._due:
            return
        self._due = now + self._interval_s * (1 - SPREAD / 2 + SPREAD * self._chance())
        for server in self._pending.values():
            self._missed(server, "OPTIONS: no answer", now)
        self._pending.clear()
        servers = self._resolver.all_servers(self.hop)
        self._misses = {server: count for server, count in self._misses.items() if server in servers}
        for server in servers:
            self._pending[self._ask(server, now)] = server

    def handle_event(self, event: Any, now: float) -> bool:
        """Whether the event was the outcome of an OPTIONS of ours."""
        if not isinstance(event, RequestAnswered | RequestFailed) or event.handle not in self._pending:
            return False
        server = self._pending.pop(event.handle)
        if isinstance(event, RequestFailed):
            self._missed(
                server, "OPTIONS: cannot be sent" if event.status == 503 else "OPTIONS: no answer", now
            )
        elif event.response.status == OUT_OF_ORDER:
            # it answers, and says that it takes no calls: as good as silent
            self._missed(server, f"OPTIONS: {event.response.status} {event.response.reason}", now)
        else:
            self._answered(server)
        return True

    def _ask(self, server: Server, now: float) -> str:
        sending = self._sending
        uri = SipUri(host=self.hop.host, port=self.hop.port)
        return str(
            sending.agent.request(
                method="OPTIONS",
                uri=uri,
                flow=sending.flow(server),
                from_=NameAddr(sending.contact(server, "").without_params()),
                to=NameAddr(uri),
                now=now,
                headers=(("Accept", "application/sdp"),),
                contact=True,
            )
        )

    def _missed(self, server: Server, error: str, now: float) -> None:
        count = self._misses[server] = min(self._misses.get(server, 0) + 1, MISSES)
        self.last_error = error
        if count >= MISSES:
            if self._resolver.resting.is_well(server, now):
                log.warning("trunk.silent", trunk=self.name, server=server, error=error)
            self._resolver.resting.fell_silent(server, now)

    def _answered(self, server: Server) -> None:
        if self._misses.get(server, 0) >= MISSES:
            log.info("trunk.answers_again", trunk=self.name, server=server)
        self._misses[server] = 0
        self.last_error = None
        self._resolver.resting.answered(server)
