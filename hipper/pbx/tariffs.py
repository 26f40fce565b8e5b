"""What an outgoing leg costs by (seed 5.7, 7.1): the class only; the price is the subscription's. Pure."""

from __future__ import annotations

from hipper.pbx.model import TariffClass
from hipper.telephony.numbers.classify import NumberType, classify
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.short_numbers import ShortKind, short_kind

# Seed 7.1: unlimited calling covers "alle vaste en mobiele nummers in Nederland"; international and service
# numbers are charged apart. 084/085/087/088 and 14xxx count as fixed (the Dutch plan prices them so), 097 as
# mobile. A range of the home country that opened after the number tables were made counts as fixed: new
# ranges are, so far.
_BY_NUMBER_TYPE = {
    NumberType.NATIONAL_FIXED: TariffClass.NATIONAL_FIXED,
    NumberType.NATIONAL: TariffClass.NATIONAL_FIXED,
    NumberType.UNKNOWN: TariffClass.NATIONAL_FIXED,
    NumberType.MOBILE: TariffClass.NATIONAL_MOBILE,
    NumberType.MACHINE: TariffClass.NATIONAL_MOBILE,
    NumberType.PAGER: TariffClass.SERVICE_PAID,
    NumberType.SERVICE_FREE: TariffClass.SERVICE_FREE,
    NumberType.SERVICE_PAID: TariffClass.SERVICE_PAID,
    NumberType.INTERNATIONAL: TariffClass.INTERNATIONAL,
}

_BY_SHORT_KIND = {
    ShortKind.EMERGENCY: TariffClass.EMERGENCY,
    ShortKind.HELPLINE: TariffClass.SERVICE_FREE,
    ShortKind.PUBLIC: TariffClass.NATIONAL_FIXED,
    ShortKind.MUNICIPALITY: TariffClass.NATIONAL_FIXED,
    ShortKind.VOICEMAIL: TariffClass.VOICEMAIL,
    ShortKind.DIRECTORY: TariffClass.SERVICE_PAID,
    ShortKind.OPERATOR: TariffClass.SERVICE_PAID,
}


def tariff_of_number(number: E164, home_country: str) -> TariffClass:
    """The class of a call to ``number`` for a caller whose exchange is in ``home_country``
    (ISO 3166 alpha-2)."""
    return _BY_NUMBER_TYPE[classify(number, home_country)]


def tariff_of_short_number(digits: str, home_country: str) -> TariffClass:
    """The class of a national short number (``14020``, ``1888``, ``116111``). What is none costs
    as a paid service."""
    kind = short_kind(digits, home_country)
    return TariffClass.SERVICE_PAID if kind is None else _BY_SHORT_KIND[kind]
