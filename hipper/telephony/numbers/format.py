"""Numbers as people write them."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

_DUTCH = re.compile(r"\+31[1-8][0-9]{8}")
"""How such a number is grouped depends on its first three digits (metadata of libphonenumber)."""


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
    if home == "NL" and _DUTCH.fullmatch(number):
        return _dutch(number)
    calling_code = phonenumbers.country_code_for_region(home)
    if number.startswith(f"+{calling_code}"):
        return _format(number, PhoneNumberFormat.NATIONAL)
    return _format(number, PhoneNumberFormat.INTERNATIONAL)


def _dutch(number: str) -> str:
    """As :func:`format_national`, a twentieth of its work: a page of colleagues has a hundred of them."""
    digits, at, groups = f"0{number[3:]}", 0, []
    for size in _sizes(number[3:6]):
        groups.append(digits[at : at + size])
        at += size
    return " ".join(groups)


@lru_cache(maxsize=1000)
def _sizes(area: str) -> tuple[int, ...]:
    """How many digits stand together in Dutch numbers of nine digits that begin so."""
    return tuple(len(group) for group in _format(f"+31{area}000000", PhoneNumberFormat.NATIONAL).split(" "))


def _format(number: str, style: int) -> str:
    if not number.startswith("+") or len(number) > 32:
        return number
    try:
        return phonenumbers.format_number(phonenumbers.parse(number, None), style)
    except phonenumbers.NumberParseException:
        return number
