"""A next hop as the settings name it, and a server as it is found (RFC 3263)."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Literal, NamedTuple

from hipper.telephony.sip.flow import DEFAULT_PORT, Transport
from hipper.telephony.sip.uri import SipUri

Family = Literal[4, 6]


class HopError(ValueError):
    """No listener of the peer can reach the target; one readable line."""


class Way(NamedTuple):
    """One of our listeners a peer may be reached from."""

    transport: Transport
    listener: str
    family: Family


class Hop(NamedTuple):
    """The next hop. ``host`` may be a name, which :mod:`fmc_gateway.resolver` knows; ``port`` None: DNS says.

    ``transport`` and ``listener``: what is preferred, and all there is without ``others``.
    ``any_transport``: the URI names none, so that NAPTR may choose among ours.
    """

    transport: Transport
    listener: str
    host: str
    port: int | None
    others: tuple[Way, ...] = ()
    any_transport: bool = False


class Server(NamedTuple):
    """Where a request can be sent: ``address`` is an IP literal."""

    transport: Transport
    listener: str
    address: str
    port: int


def hop_of(uri: SipUri, ways: tuple[Way, ...]) -> Hop:
    """The hop a URI names (RFC 3263 §4.1, §4.2). ways: our listeners for this peer, preferred first.

    Raises HopError when none of them has the transport or the address family the URI asks for.
    """
    host = uri.params.get("maddr") or uri.host
    wanted = "tls" if uri.is_secure else uri.transport
    usable = [way for way in ways if wanted is None or way.transport == wanted]
    if not usable:
        raise HopError(f"no listener of this peer speaks {wanted}")
    family = family_of(host)
    if family is not None:
        usable = [way for way in usable if way.family == family]
        if not usable:
            raise HopError(f"no listener of this peer has an IPv{family} address")
    first = usable[0]
    port = uri.port or (DEFAULT_PORT[first.transport] if family is not None else None)
    return Hop(first.transport, first.listener, host, port, tuple(usable[1:]), wanted is None)


@lru_cache(maxsize=4096)
def family_of(host: str) -> Family | None:
    """4 or 6 for an IP literal, None for a name."""
    try:
        return 6 if ipaddress.ip_address(host).version == 6 else 4
    except ValueError:
        return None
