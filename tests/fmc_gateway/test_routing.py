"""Where legs go and what they carry."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.bindings import Bindings, Registration
from fmc_gateway.call.commands import BindingTarget, EmergencyTarget, MobileTarget, TrunkTarget
from fmc_gateway.call.events import Binding
from fmc_gateway.dns.hop import Hop
from fmc_gateway.flows import flow_name
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.routing import Route, Routing, RoutingConfigError, Unroutable
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import EmergencyRoute, MobileNetwork, PstnTrunk, Settings, SipListener
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.registration import Binding as SipBinding

NUMBER = E164("+31612345678")
ANNA = CallerIdentity(
    presentation=Presentation.ALLOWED, number=E164("+31201234567"), extension="201", name="Anna"
)
GUARD = LoopGuard(b"s")
FLOW = Flow("tcp", "devices-tcp", ("127.0.0.1", 5060), ("192.0.2.9", 40001), 3)
LISTENERS = (
    SipListener(name="core", port=5060, advertised_host="gw.example"),
    SipListener(name="pstn", port=5062),
    SipListener(name="tls", port=5061, transport="tls"),
)


def routing(**changes: Any) -> Routing:
    values: dict[str, Any] = {
        "sip_listener": LISTENERS,
        "mobile_network": (
            MobileNetwork(
                name="mno", listener="core", addresses=(), target="sip:10.0.0.1:5070;transport=udp"
            ),
        ),
        "pstn_trunk": (
            PstnTrunk(name="one", listener="pstn", addresses=(), target="sip:sbc.carrier.example"),
            PstnTrunk(
                name="two", listener="tls", addresses=(), target="sip:192.0.2.8", number_format="national"
            ),
        ),
        "emergency_route": (
            EmergencyRoute(name="psap", listener="pstn", target="sip:192.0.2.1"),
            EmergencyRoute(name="spare", listener="pstn", target="sip:192.0.2.2", dialled="990112"),
        ),
    }
    bindings = Bindings(lambda: 0.0)
    binding = SipBinding(contact="sip:a@x", call_id="c", cseq=1, registered_at=0, expires_at=9, flow=FLOW)
    bindings.put(DeviceId("d1"), [Registration(device=DeviceId("d1"), aor="anna@acme.test", binding=binding)])
    return Routing(Settings(**{**values, **changes}), GUARD, bindings, lambda: 1_700_000_000.0)


def routed(target: Any, identity: CallerIdentity = ANNA, **changes: Any) -> Route:
    route = routing(**changes).route(target, identity)
    assert isinstance(route, Route)
    return route


def test_handset_is_called_through_its_network_with_our_signed_mark() -> None:
    route = routed(MobileTarget(network="mno", number=NUMBER, device=DeviceId("m")))
    assert route.hop == Hop("udp", "core", "10.0.0.1", 5070)
    assert str(route.uri) == "sip:+31612345678@10.0.0.1:5070;transport=udp"
    assert route.to == "<sip:+31612345678@10.0.0.1:5070>"
    mark = dict(route.headers)["X-Hipper-Loop-Guard"]
    assert GUARD.verify(mark, "mno", NUMBER, 1_700_000_000.0)
    assert "@gw.example" in route.from_


def test_network_that_drops_headers_gets_the_prefix_instead() -> None:
    network = MobileNetwork(
        name="mno", listener="core", addresses=(), target="sip:10.0.0.1", loop_guard_prefix="88"
    )
    route = routed(
        MobileTarget(network="mno", number=NUMBER, device=DeviceId("m")), mobile_network=(network,)
    )
    assert route.uri.user == "8831612345678"
    assert "X-Hipper-Loop-Guard" not in dict(route.headers)


def test_first_trunk_of_the_file_when_none_is_named() -> None:
    hop = routed(TrunkTarget(trunk=None, user="+31301234567")).hop
    assert hop == Hop("udp", "pstn", "sbc.carrier.example", None, any_transport=True)
    assert routing().trunks() == ["one", "two"]


def test_named_trunk_with_its_transport_and_number_format() -> None:
    route = routed(TrunkTarget(trunk="two", user="+31301234567"))
    assert route.hop == Hop("tls", "tls", "192.0.2.8", 5061, any_transport=True)
    assert route.uri.user == "0301234567"


def test_emergency_routes_in_order_and_as_they_want_to_be_dialled() -> None:
    assert routed(EmergencyTarget(route_index=0, dialled="112")).uri.user == "112"
    assert routed(EmergencyTarget(route_index=0, dialled="urn:service:sos")).uri.user == "112"
    assert routed(EmergencyTarget(route_index=1, dialled="112")).uri.user == "990112"
    assert routing().emergency_routes == 2


def test_desk_phone_is_called_over_the_flow_it_registered_with() -> None:
    binding = Binding(
        device=DeviceId("d1"), contact="sip:a@10.1.1.1:5062", flow=flow_name(FLOW), path=("<sip:edge;lr>",)
    )
    route = routed(BindingTarget(binding=binding))
    assert route.hop == FLOW
    assert str(route.uri) == "sip:a@10.1.1.1:5062"
    assert route.to == "<sip:anna@acme.test>"
    assert route.from_ == '"Anna" <sip:201@acme.test>'
    assert route.route == ("<sip:edge;lr>",)
    assert not route.trusted


def test_headers_in_the_contact_of_a_phone_stay_out_of_the_request_uri() -> None:
    contact = "sip:a@10.1.1.1:5062;line=2?Route=%3Csip:evil.example%3E"
    route = routed(
        BindingTarget(binding=Binding(device=DeviceId("d1"), contact=contact, flow=flow_name(FLOW)))
    )
    assert str(route.uri) == "sip:a@10.1.1.1:5062;line=2"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (MobileTarget(network="gone", number=NUMBER, device=DeviceId("m")), 480),
        (TrunkTarget(trunk="gone", user="+31301234567"), 503),
        (EmergencyTarget(route_index=9, dialled="112"), 503),
        (BindingTarget(binding=Binding(device=DeviceId("d"), contact="sip:a@b", flow="garbage")), 480),
        (
            BindingTarget(binding=Binding(device=DeviceId("d"), contact="mailto:a@b", flow=flow_name(FLOW))),
            480,
        ),
    ],
)
def test_target_nobody_can_reach_is_answered_by_us(target: Any, status: int) -> None:
    route = routing().route(target, ANNA)
    assert isinstance(route, Unroutable)
    assert route.status == status


def test_no_trunk_at_all_is_503() -> None:
    assert isinstance(routing(pstn_trunk=()).route(TrunkTarget(trunk=None, user="14020"), ANNA), Unroutable)


@pytest.mark.parametrize(
    ("trunk", "says"),
    [
        (PstnTrunk(name="x", listener="nowhere", addresses=(), target="sip:a"), "nowhere"),
        (PstnTrunk(name="x", listener="pstn", addresses=(), target="http://a"), "http://a"),
    ],
)
def test_settings_nobody_can_send_by_are_named(trunk: PstnTrunk, says: str) -> None:
    with pytest.raises(RoutingConfigError, match=says):
        routing(pstn_trunk=(trunk,))
