"""Whose certificate a peer must show, when we open a TLS connection (RFC 5922)."""

from __future__ import annotations

from fmc_gateway.dns.hop import Server
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Routing
from hipper.telephony.sip.flow import Address


class TlsNames:
    """By address, since that is all a connection knows: the names of the hops that DNS, or the settings, put
    there."""

    def __init__(self, routing: Routing, resolver: Resolver) -> None:
        self._identities = routing.tls_identities()
        self._resolver = resolver

    def expected(self, listener: str, remote: Address) -> frozenset[str] | None:
        """One of these; None: no peer is there (a telephone), and nobody is expected."""
        hops = self._resolver.hops_at(Server("tls", listener, *remote))
        known = (self._identities.get(hop, frozenset({hop.host})) for hop in hops)
        return frozenset[str]().union(*known) or None
