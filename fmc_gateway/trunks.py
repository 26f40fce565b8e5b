"""Networks, trunks and other exchanges as things that may be away: registrations, OPTIONS, and what an
operator is told of them (``/health/trunks``, metrics, ``hipper trunks``)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from fmc_gateway.dns.choose import Chance
from fmc_gateway.dns.hop import Hop, Server
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Routing
from fmc_gateway.trunks_options import OptionsWatch
from fmc_gateway.trunks_registration import TrunkRegistrar
from fmc_gateway.trunks_report import ServerReport, TrunkReport
from hipper.runtime.metrics import Metrics
from hipper.runtime.settings_model import Settings
from hipper.telephony.sip.events import RequestAnswered, RequestFailed
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.uri import SipUri

TICK_S = 1.0
"""The longest pause between two looks at the timers."""
SHORTEST_TICK_S = 0.02
DEREGISTER_WITHIN_S = 2.0

log = structlog.get_logger("fmc_gateway.trunks")

KINDS = {"mobile_network": "mobile network", "pstn_trunk": "pstn", "exchange_trunk": "exchange"}


class Shell(Protocol):
    """What is needed of :class:`hipper.runtime.sip_endpoint.SipShell`."""

    def flow_for(self, transport: Any, listener: str, host: str, port: int) -> Flow: ...
    def local_address(self, listener: str) -> tuple[str, int]: ...
    def flush(self) -> None: ...


class Worker(Protocol):
    """A registrar or a watch."""

    def start(self, now: float) -> None: ...
    def next_timer(self) -> float | None: ...
    def handle_timer(self, now: float) -> None: ...
    def handle_event(self, event: Any, now: float) -> bool: ...


class _Sending:
    """See :class:`fmc_gateway.trunks_registration.Sending`."""

    def __init__(self, agent: Any, ids: IdSource, shell: Shell, routing: Routing) -> None:
        self.agent = agent
        self.ids = ids
        self._shell = shell
        self._routing = routing

    def flow(self, server: Server) -> Flow:
        return self._shell.flow_for(server.transport, server.listener, server.address, server.port)

    def contact(self, server: Server, user: str) -> SipUri:
        params = {} if server.transport == "udp" else {"transport": server.transport}
        host = self._routing.advertised_host(server.listener)
        port = self._shell.local_address(server.listener)[1]
        return SipUri(host=host, port=port, user=user or None, params=params)


class Trunks:
    """``now``: monotonic seconds; ``now_unix``: for reports."""

    def __init__(
        self,
        settings: Settings,
        *,
        routing: Routing,
        resolver: Resolver,
        agent: Any,
        ids: IdSource,
        shell: Shell,
        chance: Chance,
        metrics: Metrics,
        now: Callable[[], float],
        now_unix: Callable[[], float],
    ) -> None:
        self._resolver = resolver
        self._shell = shell
        self._now = now
        self._now_unix = now_unix
        self._kinds = {
            peer.name: kind for section, kind in KINDS.items() for peer in getattr(settings, section)
        }
        intervals = {
            peer.name: peer.options_interval_s for section in KINDS for peer in getattr(settings, section)
        }
        sending = _Sending(agent, ids, shell, routing)
        failures = metrics.counter(
            "trunk_register_failures", "REGISTERs to carriers that failed.", "trunk", list(self._kinds)
        )
        self.registrars = {
            name: TrunkRegistrar(
                name,
                registration,
                hop,
                auth,
                sending=sending,
                resolver=resolver,
                failed=failures.labels(name).inc,
            )
            for name, (registration, hop, auth) in routing.registrations().items()
        }
        self.watches = {
            name: OptionsWatch(name, hop, intervals[name], sending=sending, resolver=resolver, chance=chance)
            for name, hop in routing.peers().items()
        }
        self._workers: tuple[Worker, ...] = (*self.registrars.values(), *self.watches.values())
        self._over = asyncio.Event()
        self._up = metrics.gauge(
            "trunk_up", "1: a server of this peer is there, as far as is known.", "trunk", list(self._kinds)
        )
        self._registered = metrics.gauge(
            "trunk_registered", "1: registered with this carrier.", "trunk", list(self.registrars)
        )

    def on_event(self, event: Any) -> bool:
        """Whether the event of the user agent was for us."""
        if not isinstance(event, RequestAnswered | RequestFailed):
            return False
        now = self._now()
        taken = any(worker.handle_event(event, now) for worker in self._workers)
        if taken:
            self._count(now)
            if all(registrar.is_over for registrar in self.registrars.values()):
                self._over.set()
        return taken

    async def run(self) -> None:
        """Until cancelled: register, refresh, ask."""
        now = self._now()
        for worker in self._workers:
            worker.start(now)
        while True:
            self._shell.flush()
            self._count(self._now())
            await asyncio.sleep(self._pause_s())
            for worker in self._workers:
                self._guarded(worker)

    def _guarded(self, worker: Worker) -> None:
        """One peer's fault must not stop the others."""
        try:
            worker.handle_timer(self._now())
        except Exception:
            log.exception("trunk.fault")

    async def stop(self) -> None:
        """Take our registrations back, as far as carriers answer in time."""
        self._over.clear()
        for registrar in self.registrars.values():
            registrar.stop(self._now())
        self._shell.flush()
        if not all(registrar.is_over for registrar in self.registrars.values()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), DEREGISTER_WITHIN_S)

    def report(self) -> list[TrunkReport]:
        return [self._report(name, watch) for name, watch in self.watches.items()]

    def _report(self, name: str, watch: OptionsWatch) -> TrunkReport:
        now = self._now()
        registrar = self.registrars.get(name)
        servers = self._resolver.all_servers(watch.hop)
        until = None
        if registrar is not None and registrar.registered_until > now:
            until = self._now_unix() + registrar.registered_until - now
        return TrunkReport(
            name=name,
            kind=self._kinds[name],
            next_hop=_target(watch.hop),
            servers=tuple(
                ServerReport(address=_address(one), well=self._resolver.resting.is_well(one, now))
                for one in servers
            ),
            options=watch.state,
            registration=None if registrar is None else registrar.state,
            registered_until=until,
            last_error=(registrar.last_error if registrar is not None else None)
            or watch.last_error
            or (None if servers else "the next hop has no address"),
        )

    def _pause_s(self) -> float:
        timers = [worker.next_timer() for worker in self._workers]
        first = min((at for at in timers if at is not None), default=None)
        return TICK_S if first is None else min(max(first - self._now(), SHORTEST_TICK_S), TICK_S)

    def _count(self, now: float) -> None:
        for name, watch in self.watches.items():
            self._up.labels(name).set(self._resolver.is_well(watch.hop))
        for name, registrar in self.registrars.items():
            self._registered.labels(name).set(registrar.registered_until > now)


def _target(hop: Hop) -> str:
    return SipUri(host=hop.host, port=hop.port).host_port


def _address(server: Server) -> str:
    return f"{server.transport}:{SipUri(host=server.address, port=server.port).host_port}"
