"""Which requests above 1300 bytes leave by TCP."""

from __future__ import annotations

from typing import Any

from fmc_gateway.bindings import Bindings
from fmc_gateway.large import AT_ONCE_S, REFUSED_S, LargeRequests
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Routing
from hipper.runtime.settings_model import EmergencyRoute, PstnTrunk, Settings, SipListener
from hipper.telephony.sip.flow import Flow
from tests.fmc_gateway.wire import TwoServers

LOCAL = ("198.51.100.1", 5060)
SETTINGS = Settings(
    sip_listener=(
        SipListener(name="udp", port=5060),
        SipListener(name="tcp", port=5060, transport="tcp"),
        SipListener(name="tcp6", port=5060, transport="tcp", host="::1"),
    ),
    pstn_trunk=(
        PstnTrunk(
            name="both", listener="udp", other_listeners=("tcp6", "tcp"), addresses=(), target="sip:192.0.2.1"
        ),
        PstnTrunk(name="only", listener="udp", addresses=(), target="sip:192.0.2.2"),
    ),
    emergency_route=(
        EmergencyRoute(name="psap", listener="udp", other_listeners=("tcp",), target="sip:192.0.2.3"),
    ),
)


class Large:
    def __init__(self) -> None:
        self.now = 100.0
        routing = Routing(SETTINGS, LoopGuard(b"s"), Bindings(lambda: 0.0), lambda: 0.0)
        resolver = Resolver(
            routing.hops(), routing.families, TwoServers(), now=lambda: self.now, chance=lambda: 0.0
        )
        self.requests = LargeRequests(SETTINGS, routing, resolver, lambda: self.now)
        self.requests.flow_for = self._flow_for

    def _flow_for(self, transport: Any, listener: str, host: str, port: int) -> Flow:
        return Flow(transport, listener, LOCAL, (host, port))

    def to(self, host: str) -> Flow | None:
        return self.requests(Flow("udp", "udp", LOCAL, (host, 5060)))


def test_a_peer_with_a_tcp_listener_of_its_family() -> None:
    large = Large()
    assert large.to("192.0.2.1") == Flow("tcp", "tcp", LOCAL, ("192.0.2.1", 5060))
    assert large.to("192.0.2.3") == Flow("tcp", "tcp", LOCAL, ("192.0.2.3", 5060))


def test_peers_without_one_and_strangers_stay_on_udp() -> None:
    large = Large()
    assert large.to("192.0.2.2") is None
    assert large.to("203.0.113.1") is None


def test_who_refused_is_left_alone_for_a_while() -> None:
    large = Large()
    flow = large.to("192.0.2.1")
    assert flow is not None
    large.requests.flow_lost(flow)
    assert large.to("192.0.2.1") is None
    assert large.to("192.0.2.3") is not None
    large.now += REFUSED_S
    assert large.to("192.0.2.1") is not None


def test_a_connection_that_ends_later_was_no_refusal() -> None:
    large = Large()
    flow = large.to("192.0.2.1")
    assert flow is not None
    large.now += AT_ONCE_S
    large.requests.flow_lost(flow)
    assert large.to("192.0.2.1") is not None
