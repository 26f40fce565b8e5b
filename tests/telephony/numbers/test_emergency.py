"""Emergency calls and calls never recorded, in any spelling (call-flows: never)."""

from __future__ import annotations

import pytest

from hipper.telephony.numbers.emergency import emergency_number, is_emergency, is_never_recorded

SPELLINGS = [
    "112",
    "+31112",
    "0031112",
    "#31#112",
    "*31#112",
    "*31*112",
    "*31#+31112",
    "#31#*31#112",
    " 1 1 2 ",
    "1-1-2",
    "+31 (0)112",
    "+310112",
    "0112",
    "112#",
    "tel:112",
    "TEL:112;phone-context=+31",
    "112;phone-context=+31",
    "112;phone-context=ims.mnc001.mcc204.3gppnetwork.org",
    "sip:112@exchange.example;user=phone",
    "sips:%2331%23112@exchange.example",
    "sip:+31112;tgrp=x:secret@exchange.example",
    "<tel:112>",
    "sip:112@exchange.example?Subject=a@b",
    "１１２",
    "١١٢",
    "1\u200b1\u200b2",
    "urn:service:sos",
    "URN:Service:SOS",
    "urn:service:sos.police",
    "urn:service:sos.ecall.automatic",
]
NOT_EMERGENCY = [
    "1120",
    "1112",
    "0201120112",
    "+31201120112",
    "+31612112112",
    "+3211200112",
    "911",
    "113",
    "144",
    "",
    "12",
    "112a",
    "112,1",
    "11+2",
    "*112",
    "*112*",
    "urn:service:sosfoo",
    "urn:service:test.sos",
    "urn:service:counseling",
    "urn:nena:service:sos",
    "sip:police@112",
    "sip:112.example",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_an_emergency_and_never_recorded(text: str) -> None:
    assert is_emergency(text)
    assert is_never_recorded(text)


@pytest.mark.parametrize("text", NOT_EMERGENCY)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert not is_emergency(text)


def test_the_number_or_the_service_is_told() -> None:
    assert emergency_number("*31#+31112") == "112"
    assert emergency_number("URN:service:sos.Fire") == "urn:service:sos.fire"
    assert emergency_number("113") is None


@pytest.mark.parametrize(
    ("text", "country"),
    [("911", "US"), ("999", "GB"), ("+44999", "GB"), ("110", "DE"), ("0049110", "DE"), ("112", "US")],
)
def test_other_countries_by_parameter_only(text: str, country: str) -> None:
    assert is_emergency(text, (country,))
    assert is_emergency(text) == (text == "112")


def test_several_countries_at_once() -> None:
    assert is_emergency("100", ("NL", "BE"))
    assert not is_emergency("100", ("NL",))


@pytest.mark.parametrize(
    "text",
    [
        "113",
        "+31113",
        "0031113",
        "#31#113",
        "0113",
        "0800-0113",
        "08000113",
        "+318000113",
        "0031 800 0113",
        "+31 (0)800 0113",
        "tel:113;phone-context=+31",
        "8000113;phone-context=+31",
        "sip:+318000113@carrier.example",
    ],
)
def test_the_helpline_is_never_recorded_and_no_emergency(text: str) -> None:
    assert is_never_recorded(text)
    assert not is_emergency(text)


@pytest.mark.parametrize("text", ["1130", "0113123456", "8000113", "+31208000113", "144", "08001130", "x"])
def test_what_resembles_the_helpline_may_be_recorded(text: str) -> None:
    assert not is_never_recorded(text)


def test_absurdly_long_input_is_no_emergency() -> None:
    assert not is_emergency("1" * 100_000)
    assert not is_emergency("112" + " " * 5000)
