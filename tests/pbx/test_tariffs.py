"""Tariff classes (seed 5.7, 7.1, 8)."""

from __future__ import annotations

import pytest

from hipper.pbx.model import TariffClass
from hipper.pbx.tariffs import tariff_of_number, tariff_of_short_number
from hipper.telephony.numbers.e164 import E164


@pytest.mark.parametrize(
    ("number", "tariff"),
    [
        ("+31201234567", TariffClass.NATIONAL_FIXED),
        ("+31851234567", TariffClass.NATIONAL_FIXED),
        ("+31881234567", TariffClass.NATIONAL_FIXED),
        ("+31612345678", TariffClass.NATIONAL_MOBILE),
        ("+3197010212345", TariffClass.NATIONAL_MOBILE),
        ("+318001234", TariffClass.SERVICE_FREE),
        ("+319001234", TariffClass.SERVICE_PAID),
        ("+4930123456", TariffClass.INTERNATIONAL),
        ("+12025550123", TariffClass.INTERNATIONAL),
    ],
)
def test_number_from_the_netherlands(number: str, tariff: TariffClass) -> None:
    assert tariff_of_number(E164(number), "NL") is tariff


def test_home_decides_what_is_international() -> None:
    assert tariff_of_number(E164("+4930123456"), "DE") is TariffClass.NATIONAL_FIXED
    assert tariff_of_number(E164("+31201234567"), "DE") is TariffClass.INTERNATIONAL


@pytest.mark.parametrize(
    ("digits", "tariff"),
    [
        ("14020", TariffClass.NATIONAL_FIXED),
        ("144", TariffClass.NATIONAL_FIXED),
        ("116111", TariffClass.SERVICE_FREE),
        ("113", TariffClass.SERVICE_FREE),
        ("1888", TariffClass.SERVICE_PAID),
        ("1233", TariffClass.VOICEMAIL),
        ("112", TariffClass.EMERGENCY),
        ("99999", TariffClass.SERVICE_PAID),
    ],
)
def test_short_number(digits: str, tariff: TariffClass) -> None:
    assert tariff_of_short_number(digits, "NL") is tariff
