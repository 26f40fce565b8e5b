"""What an outgoing leg costs by (seed 5.7, 7.1): the class only; the price is the subscription's. Pure."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

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

# Country codes of no country (ITU-T E.164, list of assigned codes): 808 shared cost, 870 Inmarsat, 878
# personal numbers, 881 satellite systems, 882 and 883 networks, 888 disaster relief, 979 premium rate.
_PAID_COUNTRY_CODES = frozenset({808, 870, 878, 881, 882, 883, 888, 979})

# Of another country. A range that nobody is known to have been given is what revenue share fraud calls, so
# it counts with the premium ones; personal numbers and pagers cost the caller extra wherever they exist.
_PAID_TYPES_ABROAD = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UNKNOWN,
    }
)


def tariff_of_number(number: E164, home_country: str) -> TariffClass:
    """The class of a call to ``number`` for a caller whose exchange is in ``home_country``
    (ISO 3166 alpha-2). Satellites and the premium ranges of other countries are SERVICE_PAID: what they
    cost has nothing to do with what that country costs."""
    tariff = _BY_NUMBER_TYPE[classify(number, home_country)]
    if tariff is TariffClass.INTERNATIONAL and paid_abroad(number):
        return TariffClass.SERVICE_PAID
    return tariff


@lru_cache(maxsize=8192)
def paid_abroad(number: E164) -> bool:
    """Whether ``number``, of another country or of none, costs more than calls to that country do."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return True
    if parsed.country_code in _PAID_COUNTRY_CODES:
        return True
    return phonenumbers.number_type(parsed) in _PAID_TYPES_ABROAD


def tariff_of_short_number(digits: str, home_country: str) -> TariffClass:
    """The class of a national short number (``14020``, ``1888``, ``116111``). What is none costs
    as a paid service."""
    kind = short_kind(digits, home_country)
    return TariffClass.SERVICE_PAID if kind is None else _BY_SHORT_KIND[kind]
