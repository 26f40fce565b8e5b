"""Calls over a trunk we registered with: the called number is not in the Request-URI."""

from __future__ import annotations

import pytest

from fmc_gateway.dialled import read_dialled
from fmc_gateway.edge import Offer, cleaned
from fmc_gateway.trunks_called import with_called_number
from hipper.pbx.ids import CallId, GatewayId, LegId
from hipper.runtime.settings_model import PstnTrunk, TrunkRegistration
from hipper.telephony.sip.message import Request, parse_message

REGISTRATION = TrunkRegistration(
    registrar="sip:c.example", aor="sip:hipper@c.example", username="u", password="p"
)
TRUNK = PstnTrunk(name="c", listener="p", addresses=(), target="sip:c.example", registration=REGISTRATION)


def called(uri: str, to: str, *headers: str, trunk: PstnTrunk = TRUNK) -> str:
    text = "\r\n".join(
        (
            f"INVITE {uri} SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "Max-Forwards: 70",
            "From: <sip:+31301234567@c.example>;tag=1", f"To: {to}", "Call-ID: 1", "CSeq: 1 INVITE",
            "Contact: <sip:192.0.2.1>", *headers, "Content-Length: 0", "", "",
        )
    )  # fmt: skip
    request = parse_message(text.encode(), stream=False)
    assert isinstance(request, Request)
    offer = Offer(
        gateway=GatewayId("g"),
        emergency_routes=0,
        call=CallId("c"),
        leg=LegId("l"),
        request=request,
        sdp=None,
        dialled=cleaned(read_dialled(request.uri)),
    )
    return with_called_number(offer, trunk).dialled.text


OURS = "sip:hipper@198.51.100.1:5062"
NUMBER = "<sip:+31201234501@c.example>"


def test_the_called_number_stands_in_to() -> None:
    assert called(OURS, NUMBER) == "+31201234501"
    assert called(OURS, "<tel:+31-20-1234501>") == "+31201234501"


def test_p_called_party_id_before_to() -> None:
    assert called(OURS, "<sip:0900@c.example>", f"P-Called-Party-ID: {NUMBER}") == "+31201234501"


def test_p_called_party_id_of_an_untrusted_carrier_is_not_read() -> None:
    untrusted = PstnTrunk(
        name="c", listener="p", addresses=(), target="sip:c", trusted=False, registration=REGISTRATION
    )
    assert called(OURS, "<sip:0201234502@c>", f"P-Called-Party-ID: {NUMBER}", trunk=untrusted) == "0201234502"


def test_a_number_in_the_request_uri_stays() -> None:
    assert called("sip:+31201234503@198.51.100.1", NUMBER) == "+31201234503"


@pytest.mark.parametrize("to", ["<sip:hipper@c.example>", "<mailto:a@b>"])
def test_no_number_anywhere_leaves_what_was_dialled(to: str) -> None:
    assert called(OURS, to) == "hipper"


def test_a_trunk_known_by_address_is_as_it_was() -> None:
    plain = PstnTrunk(name="c", listener="p", addresses=(), target="sip:c.example")
    assert called(OURS, NUMBER, trunk=plain) == "hipper"
