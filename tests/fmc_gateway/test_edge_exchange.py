"""Devices at another exchange: whose call it is, and how they are called."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call.commands import ExchangeTarget
from fmc_gateway.call.events import LegDirection, LegOffered, LegSource
from fmc_gateway.dialled import read_dialled
from fmc_gateway.dns.hop import Hop
from fmc_gateway.edge import Offer, Refusal, cleaned
from fmc_gateway.edge_exchange import offer_from_exchange, toward_exchange
from fmc_gateway.peers import ExchangePeer, PeerTable
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import ExchangeTrunk, Settings
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.message import Request, parse_message
from tests.fmc_gateway.test_routing import routed

ASTERISK = ExchangeTrunk(
    name="asterisk", listener="core", addresses=("192.0.2.0/28", "2001:db8::5"), target="sip:192.0.2.5:5080"
)
STRANGE = ExchangeTrunk(name="strange", listener="core", addresses=(), target="sip:192.0.2.6", trusted=False)


def offered(*headers: str, uri: str = "sip:0301234567@gw", trunk: ExchangeTrunk = ASTERISK) -> Any:
    has_from = any(line.startswith("From:") for line in headers)
    text = "\r\n".join(
        (
            f"INVITE {uri} SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.5;branch=z9hG4bK1", "Max-Forwards: 70",
            *(() if has_from else ("From: <sip:6001@asterisk.test>;tag=1",)), "To: <sip:x@gw>",
            "Call-ID: 1", "CSeq: 1 INVITE", "Contact: <sip:192.0.2.5>", *headers, "Content-Length: 0", "", "",
        )
    )  # fmt: skip
    request = parse_message(text.encode(), stream=False)
    assert isinstance(request, Request)
    offer = Offer(
        gateway=GatewayId("g"),
        emergency_routes=1,
        call=CallId("c"),
        leg=LegId("l"),
        request=request,
        sdp=None,
        dialled=cleaned(read_dialled(request.uri)),
    )
    return offer_from_exchange(offer, ExchangePeer(trunk))


def test_a_call_is_its_devices_by_from() -> None:
    event = offered()
    assert isinstance(event, LegOffered)
    assert (event.source, event.direction) == (LegSource.EXCHANGE, LegDirection.ORIGINATING)
    assert (event.peer, event.exchange_user, event.dialled) == ("asterisk", "6001", "0301234567")
    assert event.served_number is None
    assert event.device is None


@pytest.mark.parametrize(
    "asserted", ["<sip:6002@asterisk.test>", "<tel:6002>", '"Anna" <sip:6002;phone-context=x@asterisk.test>']
)
def test_the_asserted_identity_goes_before_from(asserted: str) -> None:
    assert offered(f"P-Asserted-Identity: {asserted}").exchange_user == "6002"


def test_what_an_untrusted_exchange_asserts_is_not_read() -> None:
    assert offered("P-Asserted-Identity: <sip:6002@a.test>", trunk=STRANGE).exchange_user == "6001"


def test_a_withheld_number_still_says_whose_device_it_is() -> None:
    anonymous = "From: <sip:anonymous@anonymous.invalid>;tag=1"
    event = offered(anonymous, "Privacy: id", "P-Asserted-Identity: <sip:6001@asterisk.test>")
    assert event.exchange_user == "6001"
    assert event.anonymous_requested


def test_a_call_of_no_device_is_refused_unless_it_is_for_112() -> None:
    anonymous = "From: <sip:anonymous@anonymous.invalid>;tag=1"
    refused = offered(anonymous)
    assert isinstance(refused, Refusal)
    assert refused.status == 403
    emergency = offered(anonymous, uri="sip:112@gw")
    assert isinstance(emergency, LegOffered)
    assert emergency.exchange_user is None


def test_known_by_listener_and_address() -> None:
    table = PeerTable(Settings(exchange_trunk=(ASTERISK,)))
    assert table.find("core", "192.0.2.9") == ExchangePeer(ASTERISK)
    assert table.find("core", "2001:db8::5") == ExchangePeer(ASTERISK)
    assert table.find("core", "192.0.2.77") is None
    assert table.find("pstn", "192.0.2.9") is None


ANNA = CallerIdentity(
    presentation=Presentation.ALLOWED, number=E164("+31201234567"), extension="201", name="Anna"
)
HIDDEN = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=E164("+31201234567"))


def test_its_device_is_called_over_its_trunk() -> None:
    target = ExchangeTarget(trunk="asterisk", user="6001", device=DeviceId("d"))
    route = routed(target, ANNA, exchange_trunk=(ASTERISK,))
    assert route.hop == Hop("udp", "core", "192.0.2.5", 5080, any_transport=True)
    assert str(route.uri) == "sip:6001@192.0.2.5:5080"
    assert route.from_ == '"Anna" <sip:201@gw.example>'
    assert route.trusted


def test_a_withheld_number_is_asserted_to_a_trusted_exchange_only() -> None:
    shown = toward_exchange(HIDDEN, ASTERISK, "gw.example")
    assert "+31201234567" not in shown.from_
    assert dict(shown.headers) == {
        "P-Asserted-Identity": "<sip:+31201234567@gw.example>",
        "Privacy": "id",
    }
    assert "+31201234567" not in str(toward_exchange(HIDDEN, STRANGE, "gw.example"))
