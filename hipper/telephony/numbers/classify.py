"""What kind of number an E.164 number is, seen from a home country: tariffs and calling plans ask this."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from hipper.telephony.numbers.e164 import E164


class NumberType(StrEnum):
    """``national``: reachable at the fixed tariff, of no area (084, 085, 087, 088, 14xxx). ``machine``:
    097."""

    NATIONAL_FIXED = "national_fixed"
    NATIONAL = "national"
    MOBILE = "mobile"
    MACHINE = "machine"
    PAGER = "pager"
    SERVICE_FREE = "service_free"
    SERVICE_PAID = "service_paid"
    INTERNATIONAL = "international"
    UNKNOWN = "unknown"


_BY_LIBRARY_TYPE = {
    PhoneNumberType.FIXED_LINE: NumberType.NATIONAL_FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberType.NATIONAL_FIXED,
    PhoneNumberType.MOBILE: NumberType.MOBILE,
    PhoneNumberType.TOLL_FREE: NumberType.SERVICE_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberType.SERVICE_PAID,
    PhoneNumberType.SHARED_COST: NumberType.SERVICE_PAID,
    PhoneNumberType.VOIP: NumberType.NATIONAL,
    PhoneNumberType.UAN: NumberType.NATIONAL,
    PhoneNumberType.PERSONAL_NUMBER: NumberType.NATIONAL,
    PhoneNumberType.PAGER: NumberType.PAGER,
}

# The Dutch plan by first digits, longest first: ranges the library does not know yet, or (097, M2M) calls
# mobile.
_DUTCH_PREFIXES = (
    ("800", NumberType.SERVICE_FREE),
    ("900", NumberType.SERVICE_PAID),
    ("906", NumberType.SERVICE_PAID),
    ("909", NumberType.SERVICE_PAID),
    ("97", NumberType.MACHINE),
    ("66", NumberType.PAGER),
    ("67", NumberType.SERVICE_PAID),
    ("82", NumberType.NATIONAL),
    ("84", NumberType.NATIONAL),
    ("85", NumberType.NATIONAL),
    ("87", NumberType.NATIONAL),
    ("88", NumberType.NATIONAL),
    ("91", NumberType.NATIONAL),
    ("140", NumberType.NATIONAL),
    ("6", NumberType.MOBILE),
)


@lru_cache(maxsize=8192)
def classify(number: E164, home: str = "NL") -> NumberType:
    """The type of ``number`` for a caller in ``home`` (ISO 3166 alpha-2). UNKNOWN: no E.164 number, or in no
    range. Freephone of the whole world (+800) is SERVICE_FREE; satellites and +882/+883 are INTERNATIONAL."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return NumberType.UNKNOWN
    if parsed.country_code == 800:
        return NumberType.SERVICE_FREE
    if parsed.country_code != phonenumbers.country_code_for_region(home):
        return NumberType.INTERNATIONAL
    if home == "NL":
        digits = phonenumbers.national_significant_number(parsed)
        for prefix, kind in _DUTCH_PREFIXES:
            if digits.startswith(prefix):
                return kind
    return _BY_LIBRARY_TYPE.get(phonenumbers.number_type(parsed), NumberType.UNKNOWN)
