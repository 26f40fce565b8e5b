"""An INVITE to a routing number: what it asks for, and the leg its reservation describes (call-flows §1)."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call.events import LegDirection, LegSource
from fmc_gateway.dialled import read_dialled
from fmc_gateway.edge import Offer, Refusal, cleaned
from fmc_gateway.edge_imrn import (
    Asked,
    RoutingNumbers,
    calling_number,
    offer_from_reservation,
    read_imrn,
)
from fmc_gateway.imrn import asserted_toward
from hipper.contracts.imrn import ImrnKind, Reservation
from hipper.pbx.ids import CallId, GatewayId, LegId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.message import Request, parse_message

CALLER = "+31612345678"
PAI = f"P-Asserted-Identity: <sip:{CALLER}@msc.test>"
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a'


def network(**changes: Any) -> MobileNetwork:
    named = {"name": "gsm", "mode": "imrn", "listener": "gsm", "addresses": (), "target": "sip:10.0.0.1"}
    return MobileNetwork(**{**named, "imrn_ranges": ("+31970123400-+31970123499",), **changes})


NUMBERS = RoutingNumbers([network(), network(name="other", imrn_ranges=("+31970555500",))])


def invite(uri: str, *headers: str, from_: str = f"<sip:{CALLER}@msc.test>;tag=a") -> Request:
    lines = [f"INVITE {uri} SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx", f"From: {from_}"]
    lines += [f"To: <{uri}>", "Call-ID: c", "CSeq: 1 INVITE", "Contact: <sip:10.0.0.1>", *headers]
    request = parse_message("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode())
    assert isinstance(request, Request)
    return request


def offer(request: Request) -> Offer:
    dialled = cleaned(read_dialled(request.uri))
    return Offer(GatewayId("gw1"), 2, CallId("call"), LegId("leg"), request, "v=0", dialled)


def reservation(**changes: Any) -> Reservation:
    named: dict[str, Any] = {
        "network": "gsm",
        "served_user": E164(CALLER),
        "called": "201",
        "calling": E164(CALLER),
        "kind": ImrnKind.ORIGINATING,
        "call_reference": "msc4-7f2a91",
        "created": 1.0,
    }
    return Reservation(**{**named, **changes})


@pytest.mark.parametrize(
    ("uri", "imrn"),
    [
        ("sip:+31970123400@gw", "+31970123400"),
        ("sip:31970123417@gw;user=phone", "+31970123417"),
        ("sip:0031970123417@gw", "+31970123417"),
        ("sip:+31-970-123-499@gw", "+31970123499"),
        ("tel:+31970123417", "+31970123417"),
        ("sip:+31970123417;npdi@gw", "+31970123417"),
    ],
)
def test_the_routing_number_is_read_in_any_form(uri: str, imrn: str) -> None:
    assert read_imrn(offer(invite(uri, PAI)), network(), NUMBERS) == Asked(E164(imrn), E164(CALLER))


@pytest.mark.parametrize(
    "uri", ["sip:+31970123500@gw", "sip:+31970555500@gw", "sip:201@gw", "sip:gw", "sip:+@gw"]
)
def test_anything_else_is_no_routing_number_of_this_network(uri: str) -> None:
    refused = read_imrn(offer(invite(uri, PAI)), network(), NUMBERS)
    assert isinstance(refused, Refusal)
    assert refused.status == 404


@pytest.mark.parametrize(
    ("text", "inside"),
    [("+31970123400", True), ("31970555500", True), ("0031970123400", True), ("201", False), ("112", False)],
)
def test_routing_numbers_of_all_networks_are_known(text: str, inside: bool) -> None:
    assert (text in NUMBERS) is inside


def test_numbers_of_a_network_in_another_mode_are_ordinary() -> None:
    assert "+31970123400" not in RoutingNumbers([network(mode="trunk")])


class TestCallingNumber:
    def test_it_is_the_asserted_one(self) -> None:
        request = invite("sip:x@gw", PAI, from_="<sip:+31201234567@x>;tag=a")
        assert calling_number(request, network()) == CALLER

    def test_it_is_the_asserted_one_also_when_withheld(self) -> None:
        request = invite("sip:x@gw", PAI, "Privacy: id", from_=ANONYMOUS)
        assert calling_number(request, network()) == CALLER

    def test_without_assertion_it_is_from(self) -> None:
        assert calling_number(invite("sip:x@gw"), network()) == CALLER

    def test_an_anonymous_from_alone_is_no_number(self) -> None:
        assert calling_number(invite("sip:x@gw", from_=ANONYMOUS), network()) is None

    def test_an_untrusted_network_asserts_nothing(self) -> None:
        request = invite("sip:x@gw", PAI, from_="<sip:+31201234567@x>;tag=a")
        assert calling_number(request, network(trusted=False)) == "+31201234567"
        withheld = invite("sip:x@gw", PAI, from_=ANONYMOUS)
        assert calling_number(withheld, network(trusted=False)) is None


class TestLegOfAReservation:
    def test_originating(self) -> None:
        headers = (PAI, 'P-Charging-Vector: icid-value="abc"', "Privacy: id")
        leg = offer_from_reservation(offer(invite("sip:+31970123400@gw", *headers)), network(), reservation())
        assert (leg.source, leg.direction) == (LegSource.MOBILE_NETWORK, LegDirection.ORIGINATING)
        assert (leg.peer, leg.served_number, leg.dialled) == ("gsm", CALLER, "201")
        assert (leg.network_reference, leg.icid) == ("msc4-7f2a91", "abc")
        assert leg.anonymous_requested
        assert leg.caller.network_number == CALLER
        assert not leg.outgoing_network

    def test_terminating(self) -> None:
        """The asserted identity is the caller; the user is the reservation's."""
        asked = reservation(
            kind=ImrnKind.TERMINATING, served_user=E164("+31611111111"), called="+31611111111"
        )
        leg = offer_from_reservation(offer(invite("sip:+31970123400@gw", PAI)), network(), asked)
        assert (leg.direction, leg.served_number) == (LegDirection.TERMINATING, "+31611111111")
        assert leg.caller.number == CALLER

    def test_outgoing_calls_go_where_the_network_wants_them(self) -> None:
        back = network(outgoing="network")
        leg = offer_from_reservation(offer(invite("sip:+31970123400@gw", PAI)), back, reservation())
        assert leg.outgoing_network

    def test_the_location_is_not_read(self) -> None:
        cell = "P-Access-Network-Info: 3GPP-GERAN;cgi-3gpp=204041"
        leg = offer_from_reservation(
            offer(invite("sip:+31970123400@gw", PAI, cell)), network(), reservation()
        )
        assert leg.passthrough_headers == ()

    def test_an_emergency_number_in_a_reservation_is_an_emergency_call(self) -> None:
        """The API never makes one; should it ever, nothing of the call is lost."""
        cell = "P-Access-Network-Info: 3GPP-GERAN;cgi-3gpp=204041"
        request = invite("sip:+31970123400@gw", PAI, cell)
        leg = offer_from_reservation(offer(request), network(), reservation(called="112"))
        assert leg.dialled == "112"
        assert leg.passthrough_headers == (("P-Access-Network-Info", "3GPP-GERAN;cgi-3gpp=204041"),)


@pytest.mark.parametrize(
    ("presentation", "trusted", "numbers"),
    [
        (Presentation.ALLOWED, True, [CALLER]),
        (Presentation.RESTRICTED, True, [CALLER, None]),
        (Presentation.ALLOWED, False, [CALLER]),
        (Presentation.RESTRICTED, False, [None]),
    ],
)
def test_the_mark_names_the_numbers_the_network_may_ask_about(
    presentation: Presentation, trusted: bool, numbers: list[str | None]
) -> None:
    """Some networks keep a withheld number from the service they ask."""
    identity = CallerIdentity(presentation=presentation, number=E164(CALLER))
    assert asserted_toward(identity, network(trusted=trusted)) == numbers
    withheld = CallerIdentity(presentation=presentation, network_number=E164(CALLER))
    assert asserted_toward(withheld, network(trusted=trusted)) == numbers


def test_an_extension_alone_is_no_number() -> None:
    identity = CallerIdentity(presentation=Presentation.ALLOWED, extension="201")
    assert asserted_toward(identity, network()) == [None]
