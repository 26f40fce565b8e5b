"""Registered with a carrier (RFC 3261 §10.2): which server, until when, and what went wrong last.

The machine is :mod:`hipper.telephony.sip.registration_client`'s: refresh before expiry, 423, growing waits
with chance in them. Here the server is chosen (RFC 3263) and changed when it does not answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import structlog

from fmc_gateway.dns.hop import Hop, Server
from fmc_gateway.resolver import Resolver
from hipper.runtime.settings_model import TrunkRegistration
from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.events import RequestAnswered, RequestFailed
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.registration_client import RegistrationClient, RegistrationState
from hipper.telephony.sip.uri import SipUri

NO_ADDRESS_S = 2.0
"""How soon a registrar without an address is looked for again."""

log = structlog.get_logger("fmc_gateway.trunks")


class Sending(Protocol):
    """How requests of ours leave: the user agent, flows, and what we are called on a listener."""

    agent: Any
    ids: IdSource

    def flow(self, server: Server) -> Flow: ...
    def contact(self, server: Server, user: str) -> SipUri: ...


class TrunkRegistrar:
    """One trunk's registration. Times are monotonic seconds."""

    def __init__(
        self,
        name: str,
        settings: TrunkRegistration,
        hop: Hop,
        auth: DigestClient,
        *,
        sending: Sending,
        resolver: Resolver,
        failed: Callable[[], None],
    ) -> None:
        """failed: told of every REGISTER that did not succeed, for metrics."""
        self.name = name
        self.registered_until = 0.0
        self.last_error: str | None = None
        self._settings = settings
        self._hop = hop
        self._auth = auth
        self._sending = sending
        self._resolver = resolver
        self._failed = failed
        self._aor = SipUri.parse(settings.aor)
        self._registrar = SipUri.parse(settings.registrar)
        self._client: RegistrationClient | None = None
        self._server: Server | None = None
        self._tried: set[Server] = set()
        self._due: float | None = None
        self._stopping = False

    @property
    def state(self) -> str:
        """As the machine calls it; ``Unregistered`` before the first REGISTER."""
        return (self._client.state if self._client else RegistrationState.UNREGISTERED).value

    @property
    def is_over(self) -> bool:
        """Nothing is registered any more and nothing is under way."""
        return self._client is None or self._client.state is RegistrationState.UNREGISTERED

    def start(self, now: float) -> None:
        """Register with the first server."""
        self._tried.clear()
        self._register(now)

    def stop(self, now: float) -> None:
        """Remove the binding (§10.2.2)."""
        self._stopping, self._due = True, None
        if self._client is not None:
            self._client.stop(now)

    def next_timer(self) -> float | None:
        waits = [at for at in (self._due, self._client.next_timer() if self._client else None) if at]
        return min(waits, default=None)

    def handle_timer(self, now: float) -> None:
        if self._due is not None and self._due <= now:
            self._due = None
            self._register(now)
        elif self._client is not None:
            due = self._client.next_timer()
            if due is not None and due <= now:
                self._again(now)

    def handle_event(self, event: Any, now: float) -> bool:
        """Whether the event was the outcome of a REGISTER of ours."""
        client = self._client
        if client is None or not client.handle_event(event, now):
            return False
        if client.state is RegistrationState.REGISTERED:
            self._succeeded(client, now)
        elif client.state is RegistrationState.UNREGISTERED:
            self.registered_until = 0.0
        elif client.state is RegistrationState.WAITING:
            self._note_failure(event)
            self._try_another(event, now)
        return True

    def _succeeded(self, client: RegistrationClient, now: float) -> None:
        granted = client.granted_s or self._settings.expires_s
        if self.registered_until <= now:
            log.info("trunk.registered", trunk=self.name, server=self._server, granted_s=granted)
        self.registered_until = now + granted
        self.last_error = None
        self._tried.clear()

    def _note_failure(self, event: RequestAnswered | RequestFailed) -> None:
        if isinstance(event, RequestFailed):
            self.last_error = "REGISTER: no answer" if event.status == 408 else "REGISTER: cannot be sent"
        else:
            self.last_error = f"REGISTER: {event.response.status} {event.response.reason}"
        log.warning("trunk.not_registered", trunk=self.name, server=self._server, error=self.last_error)
        self._failed()

    def _try_another(self, event: RequestAnswered | RequestFailed, now: float) -> None:
        """The next address at once when this one is out of order (RFC 3263 §4.3); else after the wait."""
        unreachable = isinstance(event, RequestFailed)
        if self._stopping or not (unreachable or event.response.status == 503):  # type: ignore[union-attr]
            return
        if unreachable and self._server is not None:
            self._resolver.failed(self._server)
        if any(server not in self._tried for server in self._resolver.servers(self._hop)):
            self._register(now)

    def _again(self, now: float) -> None:
        """Refresh where we are registered; after a failure begin anew with whatever server is best now."""
        assert self._client is not None
        if self._client.state is RegistrationState.WAITING:
            self._tried.clear()
            self._register(now)
        else:
            self._client.handle_timer(now)

    def _register(self, now: float) -> None:
        fresh = [server for server in self._resolver.servers(self._hop) if server not in self._tried]
        if not fresh:
            self.last_error = "REGISTER: the registrar has no address"
            self._due = now + NO_ADDRESS_S
            return
        server = fresh[0]
        self._tried.add(server)
        if self._client is None or server != self._server:
            self._client = self._client_for(server, self._client)
        self._server = server
        self._client.start(now)

    def _client_for(self, server: Server, before: RegistrationClient | None) -> RegistrationClient:
        sending = self._sending
        client = RegistrationClient(
            sending.agent,
            sending.ids,
            aor=self._aor,
            registrar=self._registrar,
            flow=sending.flow(server),
            contact=sending.contact(server, self._aor.user or ""),
            auth=self._auth,
            expires_s=self._settings.expires_s,
        )
        client.failures = before.failures if before is not None else 0
        return client
