"""Requests above 1300 bytes leave by TCP (RFC 3261 §18.1.1), to peers for which we have a TCP listener. The
endpoint goes back to UDP when the peer refuses; then its TCP is left alone for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fmc_gateway.dns.hop import Hop, family_of
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Peer, Routing
from hipper.runtime.settings_model import Settings
from hipper.telephony.sip.flow import Address, Flow

REFUSED_S = 60.0
"""How long a peer that refused TCP gets large requests over UDP without being asked again."""
AT_ONCE_S = 6.0
"""A flow lost so soon after it was handed out was refused; later, a connection came to its end."""
MAX_REMEMBERED = 1024


class LargeRequests:
    """The endpoint's ``flow_for_large``. ``now``: monotonic seconds."""

    def __init__(
        self, settings: Settings, routing: Routing, resolver: Resolver, now: Callable[[], float]
    ) -> None:
        self.flow_for: Callable[[Any, str, str, int], Flow] | None = None
        """Of the shell, which is made later than the endpoint."""
        self._routing = routing
        self._resolver = resolver
        self._now = now
        self._tcp = {
            listener.name: family_of(listener.host)
            for listener in settings.sip_listener
            if listener.transport == "tcp"
        }
        self._handed: dict[Address, float] = {}
        self._refused: dict[Address, float] = {}

    def __call__(self, flow: Flow) -> Flow | None:
        """A TCP flow to the peer of ``flow``; None: it stays on UDP."""
        if self.flow_for is None:
            return None
        for peer, hop in self._routing.all_peers() if self._tcp else ():
            if self._is_at(peer, hop, flow):
                listener, remote = self._tcp_listener(peer, flow), self._tcp_remote(hop, flow.remote)
                if listener is not None and self._now() >= self._refused.get(remote, 0.0):
                    _remember(self._handed, remote, self._now())
                    return self.flow_for("tcp", listener, *remote)
        return None

    def flow_lost(self, flow: Flow) -> None:
        """A flow of ours failed."""
        handed = self._handed.pop(flow.remote, None) if flow.transport == "tcp" else None
        if handed is not None and self._now() - handed < AT_ONCE_S:
            _remember(self._refused, flow.remote, self._now() + REFUSED_S)

    def _is_at(self, peer: Peer, hop: Hop, flow: Flow) -> bool:
        """Whether ``flow`` leads to one of the peer's servers, from one of its listeners."""
        if flow.listener not in (peer.listener, *peer.other_listeners):
            return False
        return any(server.address == flow.remote[0] for server in self._resolver.all_servers(hop))

    def _tcp_listener(self, peer: Peer, flow: Flow) -> str | None:
        family = family_of(flow.remote[0])
        for name in (peer.listener, *peer.other_listeners):
            if name in self._tcp and self._tcp[name] == family:
                return name
        return None

    def _tcp_remote(self, hop: Hop, remote: Address) -> Address:
        """Where DNS says that this server listens on TCP, else where it listens on UDP."""
        for server in self._resolver.all_servers(hop):
            if server.transport == "tcp" and server.address == remote[0]:
                return server.address, server.port
        return remote


def _remember(times: dict[Address, float], remote: Address, at: float) -> None:
    if len(times) >= MAX_REMEMBERED:
        times.pop(next(iter(times)))
    times[remote] = at
