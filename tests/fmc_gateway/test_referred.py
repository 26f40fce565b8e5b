"""Refer-To, as the user would dial it."""

from __future__ import annotations

import pytest

from fmc_gateway.referred import NotThere, destination
from hipper.telephony.sip.header_map import Headers
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.refer import refer_target
from hipper.telephony.sip.uri import SipUri

REFER = Request(
    "REFER",
    SipUri.parse("sip:hipper@192.0.2.1:5060"),
    Headers([("From", "<sip:anna-1@acme.test>;tag=a"), ("To", "<sip:0301234567@acme.test>;tag=b")]),
    b"",
)


@pytest.mark.parametrize(
    ("to", "dialled"),
    [
        ("<sip:202@acme.test>", "202"),
        ("<sip:202@ACME.TEST;transport=tcp>", "202"),
        ("<sip:202@192.0.2.1>", "202"),
        ("<sips:202@acme.test>", "202"),
        ("<sip:+31201234567@pstn.example;user=phone>", "+31201234567"),
        ("<sip:0201234567@acme.test;user=phone>", "0201234567"),
        ("<tel:+31-20-123-4567>", "+31201234567"),
        ("<tel:202;phone-context=acme.test>", "202"),
        ("<sip:%2a21%2a202%23@acme.test>", "*21*202#"),
    ],
)
def test_numbers_and_extensions_of_ours(to: str, dialled: str) -> None:
    assert destination(refer_target(NameAddr.parse(to)), REFER) == dialled


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("<sip:202@elsewhere.test>", 404),
        ("<sip:acme.test>", 404),
        ("<mailto:anna@acme.test>", 416),
        ("<urn:service:sos>", 416),
        ("<http://acme.test/202>", 416),
    ],
)
def test_anything_else_is_refused(to: str, status: int) -> None:
    found = destination(refer_target(NameAddr.parse(to)), REFER)
    assert isinstance(found, NotThere)
    assert found.status == status
    assert found.explanation
