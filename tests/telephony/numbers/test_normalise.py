"""Dialled digits as people dial them (call-flows §2)."""

from __future__ import annotations

import pytest

from hipper.telephony.numbers.digits import PrivacyCode
from hipper.telephony.numbers.normalise import DialledForm, normalise_e164, parse_dialled


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("0201234567", "+31201234567"),
        ("020-123 45 67", "+31201234567"),
        ("020 123.45/67", "+31201234567"),
        ("(020) 1234567", "+31201234567"),
        ("+31 20 123 4567", "+31201234567"),
        ("+31 (0)20 123 4567", "+31201234567"),
        ("0031201234567", "+31201234567"),
        ("0031 (0)20 1234567", "+31201234567"),
        ("31201234567", "+31201234567"),
        ("201234567", "+31201234567"),
        ("0612345678", "+31612345678"),
        ("06\u00a012\u201134\u201056 78", "+31612345678"),
        ("0612345678#", "+31612345678"),
        ("0851234567", "+31851234567"),
        ("0881234567", "+31881234567"),
        ("0800-0113", "+318000113"),
        ("08001234567", "+318001234567"),
        ("0900 1234", "+319001234"),
        ("0906123456", "+31906123456"),
        ("097012345678", "+3197012345678"),
        ("0032 470 12 34 56", "+32470123456"),
        ("+1 (212) 555-0123", "+12125550123"),
        ("+49 30 123456", "+4930123456"),
        ("+80012345678", "+80012345678"),
        ("tel:+31-20-123-4567", "+31201234567"),
        ("tel:0201234567;phone-context=+31", "+31201234567"),
        ("tel:201234567;phone-context=+31", "+31201234567"),
        ("1234567;phone-context=+3120", "+31201234567"),
        ("sip:+31612345678@carrier.example;user=phone", "+31612345678"),
        ("sip:%2B31612345678@carrier.example", "+31612345678"),
        ("sip:+31612345678;npdi;rn=+31970:pw@carrier.example", "+31612345678"),
        ("<sip:0612345678@10.0.0.1>", "+31612345678"),
        ("+31676123456", "+31676123456"),  # a range younger than the library
    ],
)
def test_e164(text: str, e164: str) -> None:
    dialled = parse_dialled(text)
    assert (dialled.kind, dialled.e164, dialled.digits) == (DialledForm.E164, e164, e164)
    assert normalise_e164(text) == e164


@pytest.mark.parametrize(
    "text", ["201", "sip:201@a.example", "10", "123456", "911", "4000", "tel:201;phone-context=a.b"]
)
def test_extension_candidate(text: str) -> None:
    dialled = parse_dialled(text)
    assert dialled.kind is DialledForm.EXTENSION_CANDIDATE
    assert dialled.extension == dialled.digits
    assert dialled.e164 is None
    assert normalise_e164(text) is None


@pytest.mark.parametrize(
    ("text", "digits", "extension"),
    [
        ("14020", "14020", "14020"),
        ("14 0344", "140344", "140344"),
        ("+3114020", "14020", None),
        ("003114020", "14020", None),
        ("1888", "1888", "1888"),
        ("116123", "116123", "116123"),
        ("116 000", "116000", "116000"),
        ("144", "144", "144"),
        ("1233", "1233", None),
        ("113", "113", None),
        ("0113", "113", None),
        ("+31113", "113", None),
        ("+31144", "144", None),
    ],
)
def test_short_number_has_no_e164_form(text: str, digits: str, extension: str | None) -> None:
    dialled = parse_dialled(text)
    assert (dialled.kind, dialled.digits, dialled.e164) == (DialledForm.SHORT, digits, None)
    assert dialled.extension == extension


@pytest.mark.parametrize(
    ("text", "code"),
    [("*11", "*11"), ("sip:%2A11@x", "*11"), ("*21*0612345678#", "*21*0612345678#"), ("#31", "#31")],
)
def test_feature_code(text: str, code: str) -> None:
    dialled = parse_dialled(text)
    assert (dialled.kind, dialled.digits) == (DialledForm.FEATURE_CODE, code)


@pytest.mark.parametrize(
    ("text", "privacy"),
    [
        ("#31#0612345678", PrivacyCode.HIDE),
        ("*31*0612345678", PrivacyCode.HIDE),
        ("*31#0612345678", PrivacyCode.SHOW),
        ("sip:%2331%230612345678@x", PrivacyCode.HIDE),
        ("*31##31#0612345678", PrivacyCode.HIDE),
        ("0612345678", None),
    ],
)
def test_hide_and_show_codes_are_taken_off(text: str, privacy: PrivacyCode | None) -> None:
    dialled = parse_dialled(text)
    assert (dialled.e164, dialled.privacy) == ("+31612345678", privacy)


def test_hide_code_before_an_extension_and_a_feature_code() -> None:
    assert parse_dialled("#31#201").extension == "201"
    assert parse_dialled("#31#*11").digits == "*11"


@pytest.mark.parametrize("text", ["112", "#31#112", "+31112", "0112", "sip:112@x"])
def test_emergency_comes_before_anything_else(text: str) -> None:
    dialled = parse_dialled(text, area_code="20")
    assert (dialled.kind, dialled.digits, dialled.extension) == (DialledForm.EMERGENCY, "112", None)


def test_emergency_service_urn() -> None:
    assert parse_dialled("urn:service:sos.police").kind is DialledForm.EMERGENCY


@pytest.mark.parametrize(
    ("text", "area_code", "e164", "extension"),
    [
        ("1234567", "20", "+31201234567", None),
        ("412345", "344", "+31344412345", "412345"),
        ("201", "20", None, "201"),
        ("123456", "20", None, "123456"),
        ("0101234567", "20", "+31101234567", None),
    ],
)
def test_local_number_without_area_code(
    text: str, area_code: str, e164: str | None, extension: str | None
) -> None:
    dialled = parse_dialled(text, area_code=area_code)
    assert (dialled.e164, dialled.extension) == (e164, extension)


def test_local_number_needs_an_area_code() -> None:
    assert parse_dialled("1234567").kind is DialledForm.INVALID


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no digits"),
        ("   ", "no digits"),
        ("#31#", "no digits"),
        ("urn:service:counseling", "not a telephone number"),
        ("urn:isbn:123", "not a telephone number"),
        ("0800FLOWERS", "not a telephone number"),
        ("alice", "not a telephone number"),
        ("12+34", "not a telephone number"),
        ("1" * 97, "not a telephone number"),
        ("1" * 2000, "not a telephone number"),
        ("201*5", "a star or hash among the digits"),
        ("1", "neither an extension nor a complete number"),
        ("020123", "not a number of any numbering plan"),
        ("0", "not a number of any numbering plan"),
        ("+", "no digits"),
        ("+999123456789", "not a number of any numbering plan"),
        ("06123456789", "not a number of any numbering plan"),
    ],
)
def test_invalid_says_why(text: str, reason: str) -> None:
    dialled = parse_dialled(text)
    assert (dialled.kind, dialled.reason) == (DialledForm.INVALID, reason)


def test_another_country_dials_its_own_way() -> None:
    assert parse_dialled("030 123456", country="DE").e164 == "+4930123456"
    assert parse_dialled("110", country="DE").kind is DialledForm.EMERGENCY
    assert parse_dialled("112", country="US").kind is DialledForm.EMERGENCY
    assert parse_dialled("014020", country="DE").kind is not DialledForm.SHORT


def test_range_abroad_that_the_library_does_not_know_yet_can_be_dialled() -> None:
    """Possible by its length, though no known range: it is the carrier's to refuse."""
    assert parse_dialled("+12005550100").e164 == "+12005550100"
    assert parse_dialled("+120055501").kind is DialledForm.INVALID


def test_kind_compares_with_its_plain_text() -> None:
    assert parse_dialled("201").kind == "extension_candidate"
