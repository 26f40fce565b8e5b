"""Legs of an isc network (3GPP TS 24.229 §5.7; RFC 5502, 7090, 7315, 8498): whose, which way, and how they
go back."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.asserted import read_icid
from fmc_gateway.call.events import LegDirection, LegOffered, PassOn
from fmc_gateway.edge import Refusal, offer_from_trunk
from fmc_gateway.edge_isc import dialled_in_ims, offer_from_isc
from fmc_gateway.loop_guard import LoopGuard
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import parse_uri
from hipper.telephony.sip.validate import SUPPORTED_TAGS
from tests.fmc_gateway.test_edge import GUARD, NOW, invite, offer, trunk

USER, CALLER, OTHER = "+31612345678", "+31301112233", "+31201234567"
OWN, ODI = "<sip:fmc.example;lr>", "<sip:odi_7f2@scscf.ims.example;lr;orig>"
ODI_TERM = "<sip:odi_7f3@scscf.ims.example;lr>"
ROUTE = f"Route: {OWN}, {ODI}"
PAI = f"P-Asserted-Identity: <sip:{USER}@ims.example>, <tel:{USER}>"
CALLER_PAI = f"P-Asserted-Identity: <tel:{CALLER}>"
SDP = b"v=0\r\n"
URI = "sip:0201234567;phone-context=+31@ims.example;user=phone"


def network(**changes: Any) -> MobileNetwork:
    fields: dict[str, Any] = {
        "name": "mno",
        "mode": "isc",
        "listener": "core",
        "addresses": (),
        "target": "sip:10.0.0.1",
        "sip_domain": "ims.example",
        "own_uri": "sip:fmc.example;lr",
        "conference_factories": ("mmtel@conf-factory.ims.example", "sip:adhoc*@conf.ims.example"),
    }
    return MobileNetwork(**(fields | changes))


def read(request: Request, **changes: Any) -> LegOffered | Refusal:
    return offer_from_isc(offer(request), network(**changes), GUARD, NOW, SUPPORTED_TAGS)


def leg(uri: str = URI, *headers: str, **changes: Any) -> LegOffered:
    found = read(invite(uri, "Content-Type: application/sdp", *headers, body=SDP), **changes)
    assert isinstance(found, LegOffered), found
    return found


def served(value: str) -> str:
    return f"P-Served-User: {value}"


ORIG = served(f"<sip:{USER}@ims.example>;sescase=orig;regstate=reg")
TERM = served(f"<sip:{USER}@ims.example>;sescase=term;regstate=reg")


@pytest.mark.parametrize(
    ("value", "direction"),
    [
        (f"<sip:{USER}@ims.example>;sescase=orig;regstate=reg", LegDirection.ORIGINATING),
        (f"<sip:{USER}@ims.example>;sescase=term;regstate=unreg", LegDirection.TERMINATING),
        (
            f'"Suze; van, \\"Dam\\"" <sip:{USER}@ims.example;user=phone>;SesCase=TERM',
            LegDirection.TERMINATING,
        ),
        (f"<tel:{USER}>;sescase=orig", LegDirection.ORIGINATING),
        (f"sip:{USER}@ims.example;sescase=term", LegDirection.TERMINATING),
        (f'<sip:{USER}@ims.example>;sescase="orig"', LegDirection.ORIGINATING),
        (f"<sip:{USER}@ims.example>", LegDirection.ORIGINATING),
    ],
)
def test_served_user_and_session_case(value: str, direction: LegDirection) -> None:
    found = leg(URI, ROUTE, served(value), CALLER_PAI)
    assert (found.served_number, found.direction) == (USER, direction)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((f"<sip:{USER}@ims.example>;sescase=mid",), "sescase"),
        ((f"<sip:{USER}@ims.example>;sescase=term;regstate=maybe",), "regstate"),
        (("<sip:unterminated",), "P-Served-User"),
        (("<urn:service:sos>;sescase=orig",), "neither a sip nor a tel URI"),
        ((f"<sip:{USER}@a>;sescase=orig", f"<sip:{OTHER}@a>;sescase=term"), "more than once"),
    ],
)
def test_bad_served_user_is_400_and_says_why(values: tuple[str, ...], why: str) -> None:
    found = read(invite(URI, ROUTE, *(served(value) for value in values)))
    assert isinstance(found, Refusal)
    assert found.status == 400
    assert why in found.explanation


def test_without_served_user_an_originating_leg_is_of_the_one_who_is_asserted() -> None:
    found = leg(URI, ROUTE, PAI)
    assert (found.served_number, found.direction) == (USER, LegDirection.ORIGINATING)


def test_without_served_user_a_terminating_leg_is_of_the_called_number_and_never_of_the_caller() -> None:
    found = leg(f"tel:{USER}", f"Route: {OWN}, {ODI_TERM}", CALLER_PAI)
    assert (found.served_number, found.direction) == (USER, LegDirection.TERMINATING)
    assert found.caller.network_number == CALLER


@pytest.mark.parametrize(
    ("own", "direction"),
    [
        ("<sip:orig@fmc.example;lr>", LegDirection.ORIGINATING),
        ("<sip:fmc.example;lr;orig>", LegDirection.ORIGINATING),
        ("<sip:term@fmc.example:5070;lr>", LegDirection.TERMINATING),
        ("<sip:FMC.example;lr;term>", LegDirection.TERMINATING),
    ],
)
def test_filter_criteria_may_say_the_case_in_our_own_uri(own: str, direction: LegDirection) -> None:
    route = ODI if direction is LegDirection.TERMINATING else ODI_TERM
    assert leg(f"tel:{USER}", f"Route: {own}, {route}", CALLER_PAI).direction is direction


def test_alias_as_served_user_leaves_the_asserted_number_of_the_same_user() -> None:
    assert leg(URI, ROUTE, served("<sip:suze@ims.example>;sescase=orig"), PAI).served_number == USER
    found = leg(f"tel:{USER}", ROUTE, served("<sip:suze@ims.example>;sescase=term"), CALLER_PAI)
    assert found.served_number == USER


def test_served_user_of_a_network_that_is_not_trusted_does_not_count() -> None:
    bad = served("<sip:unterminated")
    found = leg(URI, ROUTE, bad, PAI, "P-Charging-Vector: icid-value=x", trusted=False)
    assert found.served_number == USER  # of From
    assert (found.icid, found.passthrough_headers, found.caller.network_number) == (None, (), None)
    other = served(f"<sip:{OTHER}@ims.example>;sescase=orig")
    assert leg(URI, ROUTE, other, trusted=False).served_number == USER


def test_our_own_route_is_popped_and_the_rest_kept_as_it_came() -> None:
    rest = '"S-CSCF, 1" <sip:odi_%207f2@scscf.ims.example:5054;lr;orig>;y=1'
    found = leg(URI, f"Route: {OWN}, {rest}", f"Route: {ODI}", ORIG)
    assert found.return_route == (rest, ODI)
    assert found.request_uri == URI
    assert leg(URI, f"Route: {ODI}", ORIG).return_route == (ODI,)
    assert leg(URI, f"Route: {OWN}, {OWN}, {ODI}", ORIG).return_route == (OWN, ODI)


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("tel:+31-20-1234567", OTHER),
        ("tel:201234567;phone-context=+31", OTHER),
        ("sip:201234567;phone-context=+31@ims.example;user=phone", OTHER),
        ("sip:1234567;phone-context=+3120@ims.example;user=phone", OTHER),
        ("sip:0201234567;phone-context=+31@ims.example;user=phone", "0201234567"),
        ("tel:201;phone-context=+31", "201"),
        ("tel:1234567;phone-context=ims.example", "1234567"),
        ("tel:14020;phone-context=+31", "14020"),
        ("sip:*11@ims.example", "*11"),
    ],
)
def test_what_was_dialled(uri: str, text: str) -> None:
    assert dialled_in_ims(parse_uri(uri)) == text


def test_charging_and_access_of_the_session_are_kept_for_its_way_on() -> None:
    vector = 'icid-value="a;b-1";icid-generated-at=192.0.2.1;orig-ioi=ims.example'
    access = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2040400010002"
    headers = (f"P-Charging-Vector: {vector}", f"P-Access-Network-Info: {access}", PAI, ORIG)
    found = leg(URI, ROUTE, *headers)
    assert found.icid == "a;b-1"
    kept = dict(found.passthrough_headers)
    assert kept["P-Charging-Vector"] == vector
    assert kept["P-Access-Network-Info"] == access
    assert kept["P-Served-User"] == ORIG.partition(": ")[2]
    assert kept["P-Asserted-Identity"] == PAI.partition(": ")[2]


@pytest.mark.parametrize("vector", ["", "icid-value=", "orig-ioi=x", ";;;", 'icid-value="open'])
def test_charging_vector_nobody_can_read_is_none(vector: str) -> None:
    assert read_icid(invite(URI, f"P-Charging-Vector: {vector}")) is None


# -- what goes back as it came


@pytest.mark.parametrize("case", [ORIG, TERM])
def test_our_own_leg_is_known_by_its_header_in_both_session_cases(case: str) -> None:
    mark = GUARD.mark("mno", USER, NOW)
    found = leg(f"sip:{USER}@ims.example;user=phone", ROUTE, case, f"X-Hipper-Loop-Guard: {mark}")
    assert (found.pass_on, found.loop_guard) == (PassOn.OWN_LEG, False)


def test_our_own_leg_is_known_by_its_icid_when_the_network_drops_headers_it_does_not_know() -> None:
    icid = GUARD.icid("mno", USER, NOW)
    assert len({GUARD.icid("mno", USER, NOW) for _ in range(50)}) == 50
    vector = f"P-Charging-Vector: icid-value={icid};icid-generated-at=192.0.2.1"
    assert leg(f"tel:{USER}", ROUTE, TERM, vector).pass_on is PassOn.OWN_LEG


@pytest.mark.parametrize(
    "icid",
    [
        GUARD.icid("other", USER, NOW),
        GUARD.icid("mno", OTHER, NOW),
        GUARD.icid("mno", USER, NOW - 301),
        GUARD.icid("mno", USER, NOW).replace("hipper-", "hipper-0"),
        LoopGuard(b"another").icid("mno", USER, NOW),
        "hipper-",
        "hipper-a-v1.1.x",
    ],
    ids=["network", "number", "old", "changed", "secret", "empty", "garbage"],
)
def test_icid_of_another_call_opens_nothing(icid: str) -> None:
    assert leg(f"tel:{USER}", ROUTE, TERM, f"P-Charging-Vector: icid-value={icid}").pass_on is None


@pytest.mark.parametrize(
    ("uri", "is_conference"),
    [
        ("sip:mmtel@conf-factory.ims.example", True),
        ("sip:MMTEL@CONF-FACTORY.ims.example;x=1", True),
        ("sip:adhoc-7@conf.ims.example", True),
        ("sip:mmtel@conf-factory.other.example", False),
        ("tel:+31201234567", False),
    ],
)
def test_conference_factory_passes_untouched(uri: str, is_conference: bool) -> None:
    assert leg(uri, ROUTE, ORIG).pass_on is (PassOn.NETWORK_SERVICE if is_conference else None)


@pytest.mark.parametrize("case", ["orig-cdiv", "sescase=orig-cdiv"])
def test_call_that_the_network_diverted_is_not_dialled_by_our_user(case: str) -> None:
    found = leg(URI, ROUTE, served(f"<sip:{USER}@ims.example>;{case};regstate=reg"), CALLER_PAI)
    assert (found.pass_on, found.direction) == (PassOn.NETWORK_SERVICE, LegDirection.ORIGINATING)


def test_body_that_is_no_session_is_for_another_service() -> None:
    request = invite(URI, ROUTE, ORIG, "Content-Type: application/resource-lists+xml", body=b"<x/>")
    found = read(request)
    assert isinstance(found, LegOffered)
    assert found.pass_on is PassOn.NETWORK_SERVICE


def test_extension_we_do_not_know_is_refused_only_where_we_take_part() -> None:
    require = ("Require: recipient-list-invite",)
    found = read(invite(URI, ROUTE, ORIG, *require))
    assert isinstance(found, Refusal)
    assert (found.status, found.headers) == (420, (("Unsupported", "recipient-list-invite"),))
    assert leg("sip:mmtel@conf-factory.ims.example", ROUTE, ORIG, *require).pass_on
    assert leg("tel:112", ROUTE, ORIG, *require).dialled == "112"


def test_emergency_keeps_location_and_goes_back_by_its_route() -> None:
    found = leg("urn:service:sos", ROUTE, ORIG, PAI, "Geolocation: <cid:1@x>")
    assert (found.dialled, found.return_route) == ("urn:service:sos", (ODI,))
    assert found.passthrough_headers == (("Geolocation", "<cid:1@x>"),)


@pytest.mark.parametrize(("trusted", "counts"), [(True, True), (False, False)])
def test_emergency_centre_that_calls_back_is_believed_from_a_trusted_peer(
    trusted: bool, counts: bool
) -> None:
    priority = "Priority: psap-callback"
    assert leg(f"tel:{USER}", ROUTE, TERM, priority, trusted=trusted).emergency_callback is counts
    from_pstn = offer_from_trunk(offer(invite(f"sip:{OTHER}@gw", priority)), trunk(trusted=trusted))
    assert from_pstn.emergency_callback is counts
    assert not leg(f"tel:{USER}", ROUTE, TERM, "Priority: urgent").emergency_callback


def test_users_calls_go_out_as_the_settings_say() -> None:
    assert leg(URI, ROUTE, ORIG, outgoing="network").outgoing_network
    assert not leg(URI, ROUTE, ORIG).outgoing_network
    assert E164(USER) == leg(URI, ROUTE, ORIG).served_number
