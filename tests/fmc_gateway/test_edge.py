"""An INVITE at the edge: who is served, who calls, what is believed (call-flows §1; RFC 3323, 3325, 3966,
4904)."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call.events import LegDirection, LegOffered, LegSource
from fmc_gateway.dialled import e164_of, number_of, read_dialled
from fmc_gateway.edge import (
    Offer,
    Phone,
    Refusal,
    cleaned,
    offer_from_network,
    offer_from_phone,
    offer_from_trunk,
)
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.peers import MobilePeer, TrunkPeer
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId
from hipper.pbx.model import Presentation
from hipper.runtime.settings_model import MobileNetwork, PstnTrunk
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.message import Request, parse_message
from hipper.telephony.sip.uri import parse_uri

GUARD = LoopGuard(b"secret")
NOW = 1_700_000_000.0
FROM = "From: <sip:+31612345678@mno.test>;tag=a"


CONTACT = "Contact: <sip:10.0.0.1>"


def invite(uri: str, *headers: str, from_: str = FROM, contact: str = CONTACT, body: bytes = b"") -> Request:
    lines = [
        f"INVITE {uri} SIP/2.0",
        "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx",
        from_,
        f"To: <{uri if ':' in uri else 'sip:x@y'}>",
        "Call-ID: c@10.0.0.1",
        "CSeq: 1 INVITE",
        contact,
        *headers,
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    request = parse_message("\r\n".join(lines).encode("latin-1") + body)
    assert isinstance(request, Request)
    return request


def offer(request: Request, sdp: str | None = "v=0") -> Offer:
    dialled = cleaned(read_dialled(request.uri))
    return Offer(GatewayId("gw1"), 2, CallId("call"), LegId("leg"), request, sdp, dialled)


def network(**changes: Any) -> MobilePeer:
    return MobilePeer(
        MobileNetwork(name="mno", listener="core", addresses=(), target="sip:10.0.0.1", **changes)
    )


def from_network(request: Request, **changes: Any) -> LegOffered:
    return offer_from_network(offer(request), network(**changes), GUARD, NOW)


def trunk(**changes: Any) -> TrunkPeer:
    return TrunkPeer(
        PstnTrunk(name="carrier", listener="pstn", addresses=(), target="sip:192.0.2.7", **changes)
    )


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("sip:201@gw", "201"),
        ("sip:%2A11@gw", "*11"),
        ("sip:%2331%230201234567@gw;user=phone", "#31#0201234567"),
        ("sip:+31-20-123%204567@gw", "+31201234567"),
        ("sip:0201234567;phone-context=+31@gw;user=phone", "0201234567"),
        ("tel:+31-20-1234567", "+31201234567"),
        ("tel:201;phone-context=acme.test", "201"),
        ("urn:service:sos.police", "urn:service:sos.police"),
        ("sip:gw.test", ""),
    ],
)
def test_request_uri_says_what_was_dialled(uri: str, text: str) -> None:
    assert read_dialled(parse_uri(uri)).text == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+31612345678", "+31612345678"),
        ("0031612345678", "+31612345678"),
        ("0612345678", "+31612345678"),
        ("31612345678", "+31612345678"),
        ("+999123456789", "+999123456789"),
        ("anonymous", None),
        ("", None),
        ("201", None),
    ],
)
def test_numbers_as_peers_write_them(text: str, number: str | None) -> None:
    assert e164_of(text) == number


def test_urn_is_nobodys_number() -> None:
    assert number_of(parse_uri("urn:service:sos")) is None


def test_originating_mobile_leg_serves_the_asserted_msisdn() -> None:
    asserted = 'P-Asserted-Identity: "Anna" <sip:+31612345678@mno.test;user=phone>, <tel:+31612345678>'
    request = invite("sip:0201234567@gw", asserted, from_="From: <sip:whoever@x>;tag=a")
    offered = from_network(request)
    assert offered.direction is LegDirection.ORIGINATING
    assert offered.source is LegSource.MOBILE_NETWORK
    assert offered.served_number == "+31612345678"
    assert offered.dialled == "0201234567"
    assert (offered.gateway, offered.emergency_routes) == ("gw1", 2)


@pytest.mark.parametrize("first", ["<sip:nobody@x>", "not an address <", "<http://x>"])
def test_first_identity_that_is_a_number_counts(first: str) -> None:
    request = invite("sip:1@gw", f"P-Asserted-Identity: {first}", "P-Asserted-Identity: <tel:+31611111111>")
    assert from_network(request).served_number == "+31611111111"


def test_without_assertion_the_from_is_the_user() -> None:
    assert from_network(invite("sip:1@gw")).served_number == "+31612345678"


def test_untrusted_network_is_served_by_its_from_and_its_claims_are_dropped() -> None:
    request = invite(
        "sip:0201234567@gw",
        "P-Asserted-Identity: <tel:+31699999999>",
        "P-Charging-Vector: icid-value=evil",
        "Privacy: id",
    )
    offered = from_network(request, trusted=False)
    assert offered.served_number == "+31612345678"
    assert offered.caller.network_number is None
    assert offered.icid is None
    assert offered.anonymous_requested  # privacy stays: hiding harms nobody


def test_prefix_marks_a_terminating_leg_and_the_asserted_identity_is_the_caller() -> None:
    request = invite(
        "sip:99+31612345678@gw",
        "P-Asserted-Identity: <tel:+31201112222>",
        from_="From: <tel:+31201112222>;tag=a",
    )
    offered = from_network(request, terminating_prefix="99")
    assert offered.direction is LegDirection.TERMINATING
    assert offered.served_number == "+31612345678"
    assert offered.caller.number == "+31201112222"


@pytest.mark.parametrize(
    "request_",
    [
        invite("sip:+31612345678;tgrp=term;trunk-context=mno.test@gw;user=phone"),
        invite("tel:+31612345678;tgrp=term;trunk-context=mno.test"),
        invite("sip:+31612345678@gw", contact="Contact: <sip:x;tgrp=term;trunk-context=mno.test@10.0.0.1>"),
    ],
)
def test_trunk_group_marks_a_terminating_leg(request_: Request) -> None:
    offered = from_network(request_, terminating_trunk_group="term")
    assert offered.direction is LegDirection.TERMINATING
    assert offered.served_number == "+31612345678"


def test_own_leg_that_comes_back_is_known_by_its_mark() -> None:
    mark = GUARD.mark("mno", E164("+31612345678"), NOW)
    offered = from_network(invite("sip:+31612345678@gw", f"X-Hipper-Loop-Guard: {mark}"))
    assert offered.loop_guard
    assert offered.direction is LegDirection.TERMINATING
    forged = from_network(invite("sip:+31612345678@gw", "X-Hipper-Loop-Guard: v1.1700000000.AAAA"))
    assert not forged.loop_guard


def test_own_leg_that_comes_back_is_known_by_its_prefix() -> None:
    offered = from_network(invite("sip:8831612345678@gw"), loop_guard_prefix="88")
    assert offered.loop_guard
    assert offered.served_number == "+31612345678"


def test_call_from_the_pstn_serves_the_called_number() -> None:
    request = invite(
        "sip:0201234567@gw",
        "P-Asserted-Identity: <tel:+31301112222>",
        from_="From: <sip:+31309998888@c>;tag=a",
    )
    offered = offer_from_trunk(offer(request), trunk())
    assert (offered.source, offered.direction) == (LegSource.PSTN, LegDirection.TERMINATING)
    assert offered.served_number == "+31201234567"
    assert offered.caller.number == "+31309998888"
    assert offered.caller.network_number == "+31301112222"


def test_anonymous_caller_from_the_pstn_stays_restricted() -> None:
    request = invite(
        "sip:+31201234567@gw",
        "P-Asserted-Identity: <tel:+31301112222>",
        "Privacy: id;critical",
        from_='From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=a',
    )
    caller = offer_from_trunk(offer(request), trunk()).caller
    assert caller.presentation is Presentation.RESTRICTED
    assert caller.number == "+31301112222"
    assert caller.name is None
    assert offer_from_trunk(offer(request), trunk(trusted=False)).caller.number is None


PHONE = Phone(DeviceId("d1"), "anna-1@acme.test")


def test_desk_phone_calls_as_its_own_address_only() -> None:
    own = offer_from_phone(
        offer(invite("sip:202@acme.test", from_="From: <sip:anna-1@ACME.test>;tag=a")), PHONE
    )
    assert isinstance(own, LegOffered)
    assert (own.device, own.peer) == ("d1", "anna-1")
    other = offer_from_phone(
        offer(invite("sip:202@acme.test", from_="From: <sip:bram@acme.test>;tag=a")), PHONE
    )
    assert isinstance(other, Refusal)
    assert other.status == 403


@pytest.mark.parametrize(
    ("privacy", "hidden", "allowed"), [("id", True, False), ("none", False, True), ("user,id", True, False)]
)
def test_desk_phone_asks_for_privacy(privacy: str, hidden: bool, allowed: bool) -> None:
    request = invite("sip:202@acme.test", f"Privacy: {privacy}", from_="From: <sip:anna-1@acme.test>;tag=a")
    offered = offer_from_phone(offer(request), PHONE)
    assert isinstance(offered, LegOffered)
    assert (offered.anonymous_requested, offered.identity_allowed_requested) == (hidden, allowed)


def test_assertions_of_a_desk_phone_are_never_read() -> None:
    request = invite(
        "sip:202@a", "P-Asserted-Identity: <tel:+31699999999>", from_="From: <sip:anna-1@acme.test>;tag=a"
    )
    offered = offer_from_phone(offer(request), PHONE)
    assert isinstance(offered, LegOffered)
    assert offered.caller.network_number is None


def test_emergency_call_keeps_location_and_the_whole_body_and_nothing_else_does() -> None:
    headers = (
        "Geolocation: <cid:x>",
        "P-Access-Network-Info: 3GPP-E-UTRAN;cell=1",
        "Content-Type: multipart/mixed;boundary=b",
    )
    emergency = from_network(invite("sip:112@gw", *headers, body=b"--b\xff--"))
    assert ("Geolocation", "<cid:x>") in emergency.passthrough_headers
    assert emergency.body_type == "multipart/mixed;boundary=b"
    assert emergency.body == "--b\xff--"
    ordinary = from_network(invite("sip:0201234567@gw", *headers, body=b"--b--"))
    assert ordinary.passthrough_headers == ()
    for code in ("9", "9#", "*012", "#31#9"):  # may stand for 112
        assert from_network(invite(f"sip:{code.replace('#', '%23')}@gw", *headers, body=b"x")).body == "x"
    assert ordinary.body is None


@pytest.mark.parametrize(
    "uri",
    ["sip:112@gw", "sip:+31112@gw", "tel:112;phone-context=+31", "urn:service:sos", "sip:%2331%23112@gw"],
)
def test_emergency_in_any_spelling_is_known_before_anything_is_looked_up(uri: str) -> None:
    assert offer(invite(uri)).emergency


def test_bytes_that_are_no_utf8_become_question_marks() -> None:
    offered = from_network(invite("sip:202@gw", from_='From: "A\xff" <sip:+31612345678@mno.test>;tag=a'))
    assert offered.caller.name == "A?"


def test_charging_vector_is_kept_for_reconciliation() -> None:
    request = invite(
        "sip:1@gw", 'P-Charging-Vector: icid-value="AyretyU0dm";icid-generated-at=10.0.0.1;orig-ioi=a'
    )
    assert from_network(request).icid == "AyretyU0dm"
