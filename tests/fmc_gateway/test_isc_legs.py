"""Legs into an isc network: the way back into a session, and sessions of our own (3GPP TS 24.229 §5.7)."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call.commands import MobileTarget, NetworkTarget, PassOnTarget
from fmc_gateway.call.events import LegOffered, PassOn
from fmc_gateway.dns.hop import Hop
from fmc_gateway.edge_isc import let_through, offer_from_isc
from fmc_gateway.isc_legs import in_same_form
from fmc_gateway.routing import Route
from hipper.pbx.ids import DeviceId, LegId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import MobileNetwork, Settings
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.uri import parse_uri
from hipper.telephony.sip.validate import SUPPORTED_TAGS
from tests.fmc_gateway.test_edge import NOW, invite, offer
from tests.fmc_gateway.test_edge_isc import network
from tests.fmc_gateway.test_routing import GUARD, NUMBER, routed, routing

ODI = "<sip:odi_7f2@10.0.0.9:5054;lr;orig>"
CALLER = CallerIdentity(
    presentation=Presentation.ALLOWED, number=E164("+31301112233"), network_number=E164("+31301112233")
)


def isc(**changes: Any) -> MobileNetwork:
    return network(target="sip:10.0.0.1:5070", originating_route="<sip:scscf.ims.example;lr;orig>", **changes)


def leg(target: Any, identity: CallerIdentity = CALLER, **changes: Any) -> Route:
    return routed(target, identity, mobile_network=(isc(**changes),))


def handset(**more: Any) -> MobileTarget:
    return MobileTarget(network="mno", number=NUMBER, device=DeviceId("m"), **more)


def names(route: Route) -> set[str]:
    return {name for name, _ in route.headers}


# -- a session of our own


def test_ringing_the_handset_originates_out_of_the_blue_for_its_user() -> None:
    route = leg(handset())
    headers = dict(route.headers)
    assert str(route.uri) == "sip:+31612345678@ims.example;user=phone"
    assert route.route == ("<sip:scscf.ims.example;lr;orig>",)
    assert headers["P-Served-User"] == "<sip:+31612345678@ims.example>;sescase=orig"
    assert headers["P-Asserted-Identity"] == "<sip:+31301112233@ims.example;user=phone>"
    assert route.from_ == "<sip:+31301112233@ims.example;user=phone>"
    assert route.hop == Hop("udp", "core", "10.0.0.1", 5070, (), True)
    vector = headers["P-Charging-Vector"]
    assert vector == f"icid-value={route.icid};icid-generated-at=gw.example;orig-ioi=ims.example"


@pytest.mark.parametrize("mark", ["header", "icid"])
def test_it_is_known_when_it_comes_back_by_either_mark(mark: str) -> None:
    headers = dict(leg(handset()).headers)
    kept = "X-Hipper-Loop-Guard" if mark == "header" else "P-Charging-Vector"
    back = invite("tel:+31612345678", f"Route: <sip:fmc.example;lr>, {ODI}", f"{kept}: {headers[kept]}")
    found = offer_from_isc(offer(back), isc(), GUARD, NOW, SUPPORTED_TAGS)
    assert isinstance(found, LegOffered)
    assert found.pass_on is PassOn.OWN_LEG


def test_every_session_of_our_own_has_an_icid_of_its_own() -> None:
    assert len({leg(handset()).icid for _ in range(20)}) == 20


@pytest.mark.parametrize(("diverted", "case"), [(False, "sescase=orig"), (True, "orig-cdiv")])
def test_leg_to_somebody_outside_is_originated_for_its_user(diverted: bool, case: str) -> None:
    target = NetworkTarget(network="mno", user="+31201234567", served=NUMBER, diverted=diverted)
    assert dict(leg(target).headers)["P-Served-User"] == f"<sip:+31612345678@ims.example>;{case}"


def test_short_number_has_the_home_domain_as_its_context() -> None:
    route = leg(NetworkTarget(network="mno", user="14020", served=NUMBER))
    assert str(route.uri) == "sip:14020;phone-context=ims.example@ims.example;user=phone"
    headers = dict(route.headers)
    back = invite(str(route.uri), f"P-Charging-Vector: {headers['P-Charging-Vector']}")
    found = offer_from_isc(offer(back), isc(), GUARD, NOW, SUPPORTED_TAGS)
    assert isinstance(found, LegOffered)
    assert found.pass_on is PassOn.OWN_LEG


def test_network_that_is_not_trusted_gets_the_mark_and_nothing_else_of_ours() -> None:
    assert names(leg(handset(), trusted=False)) == {"P-Asserted-Identity", "X-Hipper-Loop-Guard"}


def test_without_an_originating_route_nobody_is_served() -> None:
    route = routed(handset(), CALLER, mobile_network=(network(target="sip:10.0.0.1"),))
    assert route.route == ()
    assert "P-Served-User" not in names(route)


def test_withheld_caller_stays_withheld() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=CALLER.number)
    route = leg(handset(), hidden)
    assert "anonymous.invalid" in route.from_
    assert dict(route.headers)["Privacy"] == "id"


# -- the same session


def same(**more: Any) -> dict[str, Any]:
    return {"route": (ODI,), "request_uri": "tel:+31612345678", **more}


@pytest.mark.parametrize(
    "target",
    [handset(**same()), NetworkTarget(network="mno", user="+31612345678", served=NUMBER, **same())],
)
def test_same_session_goes_back_with_the_odi_and_is_no_new_one(target: Any) -> None:
    route = leg(target)
    assert route.route == (ODI,)
    assert str(route.uri) == "tel:+31612345678"
    assert route.icid is None
    assert names(route) == set()  # P-Served-User, P-Charging-Vector and PAI go along as they came
    assert route.hop == Hop("udp", "core", "10.0.0.9", 5054, (), True)
    assert route.otherwise == Hop("udp", "core", "10.0.0.1", 5070, (), True)


def test_odi_that_no_listener_can_reach_goes_to_the_target_of_the_settings() -> None:
    route = leg(handset(**same(route=("<sip:odi@10.0.0.9;transport=tcp;lr>",))))
    assert route.hop == Hop("udp", "core", "10.0.0.1", 5070, (), True)


@pytest.mark.parametrize(
    ("uri", "user", "form"),
    [
        ("tel:+31-20-1234567", "+31201234567", "tel:+31-20-1234567"),
        ("sip:0201234567;phone-context=+31@x;user=phone", "+31201234567", None),
        ("tel:*75;phone-context=ims.example", "+31201234567", "tel:+31201234567"),
        ("tel:*75;phone-context=ims.example", "14020", "tel:14020;phone-context=ims.example"),
        (
            "sip:*75@ims.example;user=dialstring",
            "+31201234567",
            "sip:+31201234567@ims.example;user=dialstring",
        ),
    ],
)
def test_request_uri_keeps_its_form(uri: str, user: str, form: str | None) -> None:
    assert str(in_same_form(parse_uri(uri), user, isc())) == (form or uri)


def test_way_back_of_a_leg_that_is_passed_on() -> None:
    found = routing(mobile_network=(isc(),))
    target = PassOnTarget(network="mno", request_uri="tel:112", route=(ODI,), offered=LegId("a"))
    assert found.way_back(target) == Hop("udp", "core", "10.0.0.9", 5054, (), True)
    assert found.way_back(PassOnTarget(network="x", request_uri="", route=(ODI,), offered=LegId("a"))) is None
    assert found.way_back(PassOnTarget(network="mno", request_uri="", route=(), offered=LegId("a"))) is None


# -- what the transaction layer lets through


@pytest.mark.parametrize(
    ("uri", "route", "passes"),
    [
        ("tel:+31201234567", "<sip:fmc.example;lr>", True),
        ("tel:+31201234567", "<sip:other.example;lr>", False),
        ("tel:112", "<sip:other.example;lr>", True),
        ("urn:service:sos.police", "<sip:other.example;lr>", True),
    ],
)
def test_what_may_be_for_somebody_else_is_let_through(uri: str, route: str, passes: bool) -> None:
    check = let_through(Settings(mobile_network=(isc(),)))
    assert check(invite(uri, f"Route: {route}")) is passes
    assert check(invite(uri)) is ("112" in uri or "sos" in uri)
