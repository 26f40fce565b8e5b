"""Numbers as people write them."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat


@lru_cache(maxsize=8192)
def format_international(number: str) -> str:
    """``+31612345678`` -> ``+31 6 12345678``. What is no E.164 number comes back as it is."""
    return _format(number, PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=8192)
def format_national(number: str) -> str:
    """``+31201234567`` -> ``020 123 4567``. What is no E.164 number comes back as it is."""
    return _format(number, PhoneNumberFormat.NATIONAL)


@lru_cache(maxsize=65_536)
def format_number(number: str, home: str = "NL") -> str:
    """As a reader in ``home`` expects it: nationally for numbers of that country, internationally for others;
    extensions and short numbers as they are."""
    calling_code = phonenumbers.country_code_for_region(home)
    if number.startswith(f"+{calling_code}"):
        return _format(number, PhoneNumberFormat.NATIONAL)
    return _format(number, PhoneNumberFormat.INTERNATIONAL)


def _format(number: str, style: int) -> str:
    if not number.startswith("+") or len(number) > 32:
        return number
    try:
        return phonenumbers.format_number(phonenumbers.parse(number, None), style)
    except phonenumbers.NumberParseException:
        return number
