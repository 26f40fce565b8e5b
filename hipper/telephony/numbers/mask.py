"""Masking for logs and traces: enough to tell two numbers apart, too little to call one."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_NUMBER_IN_TEXT = re.compile(r"(?<![\w.+-])(?:\+|00|0|(?=[1-9]\d{9}))\d{7,15}(?![\w.])")


def mask_number(number: str) -> str:
    """``+31201234567`` -> ``+3120*****67``: country code, first two and last two digits stay, and at least
    three are hidden.

    Up to four digits (extensions, 112, 1233) stay whole: they name nobody outside the tenant. Anything that
    is not digits after an optional ``+`` is masked but for its last two characters."""
    return _mask(number) if len(number) <= 64 else "*" * 8


@lru_cache(maxsize=8192)
def _mask(number: str) -> str:
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return "*" * max(len(number) - 2, 0) + number[-2:] if len(number) > 4 else "*" * len(number)
    if len(digits) <= 4:
        return number
    keep = min(_kept_prefix(number), len(number) - 5)
    return number[:keep] + "*" * (len(number) - keep - 2) + number[-2:]


def _kept_prefix(number: str) -> int:
    """Length of ``+`` or ``00`` and country code, or of the trunk prefix, and two digits more."""
    plain = number.removeprefix("+").removeprefix("00")
    if number.startswith(("+", "00")):
        return len(number) - len(plain) + _country_code_length(plain) + 2
    return 3 if number.startswith("0") else 2


def _country_code_length(digits: str) -> int:
    for length in (1, 2, 3):
        if int(digits[:length] or "0") in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return length
    return 1


def mask_numbers_in(text: str) -> str:
    """Mask every telephone number of 8 digits or more in free text, a URI or a SIP header."""
    return _NUMBER_IN_TEXT.sub(lambda found: mask_number(found.group()), text)
