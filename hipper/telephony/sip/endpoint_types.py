"""Settings and events of the transaction layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from hipper.telephony.sip import timers as t
from hipper.telephony.sip.flow import Address, Flow
from hipper.telephony.sip.host import format_host
from hipper.telephony.sip.message import Request, Response

LARGE_DATAGRAM = 1300
"""Bytes; a larger request goes over a stream when the peer has one (§18.1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """Settings of the transaction layer."""

    t1: float = t.T1
    t2: float = t.T2
    t4: float = t.T4
    timer_c_s: float = t.TIMER_C_S
    """An INVITE that only rings is cancelled after this many seconds."""
    max_transactions: int = 20_000
    """A new request outside a dialog above it gets 503; above twice the number nothing is kept at all but
    what ``never_refuse`` names, and above four times not even that."""
    retry_after_s: int = 10
    """Retry-After of that 503."""
    never_refuse: Callable[[Request], bool] | None = None
    """Requests exempt from the 503: emergency calls. What others may not fill up is kept for them."""
    let_through: Callable[[Request], bool] | None = None
    """Requests whose extensions and bodies may be for somebody behind us: no 415, 420, 406 or 422 for them.
    An emergency call, or what a proxy sends on (RFC 3261 §16.3 has only Proxy-Require refused there)."""
    overloaded: Callable[[], bool] | None = None
    """Whether we fall behind what comes in: then new requests outside a dialog get that 503 too, with the
    least work there is, but for what ``never_refuse`` names."""
    advertised: Mapping[str, Address] = field(default_factory=dict)
    """Listener name -> address to write into Via and Contact, where it differs from ``Flow.local``."""
    forwarding: bool = False
    """We send requests on (a B2BUA): Max-Forwards 0 is 483 but for OPTIONS, Proxy-Require counts (§16.3)."""
    flow_for_large: Callable[[Flow], Flow | None] | None = None
    """For a request above 1300 bytes on UDP: a stream flow to the same peer, or None to stay on UDP."""

    def address(self, flow: Flow) -> Address:
        """Our address as the peer of ``flow`` should see it."""
        return self.advertised.get(flow.listener, flow.local)

    def host(self, flow: Flow) -> str:
        """Our host as a Warning writes it (§20.43): IPv6 within brackets."""
        return format_host(self.address(flow)[0])


class RequestReceived(msgspec.Struct, frozen=True, gc=False):
    """A new request with its server transaction. Never ACK or CANCEL."""

    transaction: str
    request: Request
    flow: Flow


class AckReceived(msgspec.Struct, frozen=True, gc=False):
    """An ACK for a 2xx: outside any transaction, or (context given) with the branch of its INVITE."""

    request: Request
    flow: Flow
    context: object


class CancelReceived(msgspec.Struct, frozen=True, gc=False):
    """A CANCEL for the INVITE ``transaction``; it has had its 200."""

    transaction: str
    request: Request
    context: object


class ResponseReceived(msgspec.Struct, frozen=True, gc=False):
    """A response of a client transaction: each provisional one, the final one, and each 2xx to INVITE."""

    transaction: str
    response: Response
    context: object
    flow: Flow


class TransactionFailed(msgspec.Struct, frozen=True, gc=False):
    """No answer (or no ACK) in time, or the transport broke. ``transport`` tells which."""

    transaction: str
    is_client: bool
    transport: bool
    context: object


EndpointEvent = RequestReceived | AckReceived | CancelReceived | ResponseReceived | TransactionFailed
