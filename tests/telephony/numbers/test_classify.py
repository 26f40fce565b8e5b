"""The Dutch numbering plan by tariff class."""

from __future__ import annotations

import pytest

from hipper.telephony.numbers.classify import NumberType, classify
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.short_numbers import ShortKind, short_kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("+31201234567", NumberType.NATIONAL_FIXED),
        ("+31344412345", NumberType.NATIONAL_FIXED),
        ("+31612345678", NumberType.MOBILE),
        ("+31851234567", NumberType.NATIONAL),
        ("+31881234567", NumberType.NATIONAL),
        ("+31841234567", NumberType.NATIONAL),
        ("+3114020", NumberType.NATIONAL),
        ("+318000113", NumberType.SERVICE_FREE),
        ("+318001234567", NumberType.SERVICE_FREE),
        ("+319001234", NumberType.SERVICE_PAID),
        ("+31906123456", NumberType.SERVICE_PAID),
        ("+31909123456", NumberType.SERVICE_PAID),
        ("+3197012345678", NumberType.MACHINE),
        ("+31662345678", NumberType.PAGER),
        ("+32470123456", NumberType.INTERNATIONAL),
        ("+12125550123", NumberType.INTERNATIONAL),
        ("+883510001234", NumberType.INTERNATIONAL),
        ("+80012345678", NumberType.SERVICE_FREE),
        ("+31146712345", NumberType.UNKNOWN),
        ("201", NumberType.UNKNOWN),
        ("", NumberType.UNKNOWN),
    ],
)
def test_type_seen_from_the_netherlands(number: str, kind: NumberType) -> None:
    assert classify(E164(number)) is kind


def test_type_seen_from_elsewhere() -> None:
    assert classify(E164("+32470123456"), home="BE") is NumberType.MOBILE
    assert classify(E164("+31612345678"), home="BE") is NumberType.INTERNATIONAL
    assert classify(E164("+12125550123"), home="US") is NumberType.NATIONAL_FIXED


@pytest.mark.parametrize(
    ("digits", "kind"),
    [
        ("112", ShortKind.EMERGENCY),
        ("113", ShortKind.HELPLINE),
        ("116123", ShortKind.HELPLINE),
        ("144", ShortKind.PUBLIC),
        ("14020", ShortKind.MUNICIPALITY),
        ("140344", ShortKind.MUNICIPALITY),
        ("1233", ShortKind.VOICEMAIL),
        ("1888", ShortKind.DIRECTORY),
        ("1234", ShortKind.OPERATOR),
        ("201", None),
        ("3000", None),
        ("911", None),
        ("11", None),
        ("1400200", None),
        ("²²²", None),
    ],
)
def test_short_numbers(digits: str, kind: ShortKind | None) -> None:
    assert short_kind(digits) is kind


def test_short_numbers_of_other_countries_come_from_the_library() -> None:
    assert short_kind("11833", "DE") is ShortKind.OPERATOR
    assert short_kind("14020", "DE") is None
    assert short_kind("112", "ZZ") is None
