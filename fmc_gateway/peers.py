"""Who sent this? Listener and source address decide, never what the message says
(call-flows §1, RFC 3325 §5)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import NamedTuple

from fmc_gateway.dns.hop import Hop, Server
from hipper.runtime.settings_checks import is_host_name
from hipper.runtime.settings_model import ExchangeTrunk, MobileNetwork, PstnTrunk, Settings

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class MobilePeer(NamedTuple):
    """A configured mobile network; it is never challenged, because a 401 would reach the handset."""

    network: MobileNetwork


class TrunkPeer(NamedTuple):
    """A configured PSTN carrier."""

    trunk: PstnTrunk


class ExchangePeer(NamedTuple):
    """Another exchange, at which devices of our users live."""

    trunk: ExchangeTrunk


class DevicePeer(NamedTuple):
    """Anybody on a listener for desk phones: proves who it is by digest."""

    listener: str


Servers = Callable[[Hop], tuple[Server, ...]]
Peer = MobilePeer | TrunkPeer | ExchangePeer | DevicePeer


class PeerConfigError(ValueError):
    """An address in the settings that is neither an IP address nor a CIDR range."""


class PeerTable:
    """Listener and source address → peer. Built once from the settings.

    Several networks and trunks may share a listener; the most specific range wins. Results are remembered per
    address (bounded), since a busy peer sends every message from the same one.
    """

    MAX_REMEMBERED = 10_000

    def __init__(self, settings: Settings) -> None:
        self._ranges: dict[str, list[tuple[IpNetwork, Peer]]] = {}
        self._device_listeners = frozenset(settings.devices.listeners)
        self._remembered: dict[tuple[str, str], Peer | None] = {}
        self._named: dict[str, list[tuple[Hop, Peer]]] = {}
        self._servers: Servers = lambda hop: ()
        for network in settings.mobile_network:
            self._add(network, MobilePeer(network))
        for trunk in settings.pstn_trunk:
            self._add(trunk, TrunkPeer(trunk))
        for exchange in settings.exchange_trunk:
            self._add(exchange, ExchangePeer(exchange))
        for ranges in self._ranges.values():
            ranges.sort(key=lambda entry: entry[0].prefixlen, reverse=True)

    def _add(self, named: MobileNetwork | PstnTrunk | ExchangeTrunk, peer: Peer) -> None:
        for text in named.addresses:
            if isinstance(named, PstnTrunk) and is_host_name(text):
                continue  # told by know_senders
            try:
                network = ipaddress.ip_network(text, strict=False)
            except ValueError as error:
                raise PeerConfigError(f"address {text!r} on listener {named.listener!r}: {error}") from error
            for listener in (named.listener, *named.other_listeners):
                self._ranges.setdefault(listener, []).append((network, peer))

    def know_senders(self, senders: Iterable[tuple[PstnTrunk, Hop]], servers: Servers) -> None:
        """Trunks whose addresses the settings name. ``servers``: of a hop, as DNS says at the moment."""
        self._servers = servers
        for trunk, hop in senders:
            for listener in (trunk.listener, *trunk.other_listeners):
                self._named.setdefault(listener, []).append((hop, TrunkPeer(trunk)))

    def find(self, listener: str, address: str) -> Peer | None:
        """The peer behind ``address`` on ``listener``; None when it is not configured (answer 403)."""
        key = (listener, address)
        if key in self._remembered:
            return self._remembered[key]
        peer = self._look_up(listener, address)
        if len(self._remembered) < self.MAX_REMEMBERED and listener not in self._named:
            self._remembered[key] = peer
        return peer

    def _look_up(self, listener: str, address: str) -> Peer | None:
        source = _unmapped(address)
        if source is not None:
            for network, peer in self._ranges.get(listener, ()):
                if source.version == network.version and source in network:
                    return peer
            for hop, peer in self._named.get(listener, ()):
                if any(_unmapped(server.address) == source for server in self._servers(hop)):
                    return peer
        return DevicePeer(listener) if listener in self._device_listeners else None


def _unmapped(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, with ``::ffff:a.b.c.d`` (a dual-stack socket) as IPv4 and the zone dropped."""
    try:
        source = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(source, ipaddress.IPv6Address) and source.ipv4_mapped is not None:
        return source.ipv4_mapped
    return source
