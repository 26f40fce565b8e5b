"""Numbers without an E.164 form. The Dutch ones (Nummerplan telefoon- en ISDN-diensten): 14
plus area code, 18xx…"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import phonenumbers

_KNOWN_NL = {"112", "113", "144", "1233"}
"""phonenumbers knows neither 113 nor 144; 1233 is the mobile networks' voicemail."""


class ShortKind(StrEnum):
    """What a short number is for. ``directory``: 18xx, at the price its holder asks."""

    EMERGENCY = "emergency"
    HELPLINE = "helpline"
    PUBLIC = "public"
    MUNICIPALITY = "municipality"
    VOICEMAIL = "voicemail"
    DIRECTORY = "directory"
    OPERATOR = "operator"


@lru_cache(maxsize=4096)
def short_kind(digits: str, country: str = "NL") -> ShortKind | None:
    """``digits``: as dialled nationally, digits only. None when it is no short number of ``country``."""
    if not (digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 6):
        return None
    if country != "NL":
        known = bool(digits.startswith("1") and _library_knows(digits, country))
        return ShortKind.OPERATOR if known else None
    return _dutch_kind(digits)


def _dutch_kind(digits: str) -> ShortKind | None:
    if digits in _KNOWN_NL:
        named = {"112": ShortKind.EMERGENCY, "113": ShortKind.HELPLINE, "144": ShortKind.PUBLIC}
        return named.get(digits, ShortKind.VOICEMAIL)
    if digits.startswith("116") and len(digits) == 6:
        return ShortKind.HELPLINE
    if digits.startswith("140") and len(digits) in (5, 6):
        return ShortKind.MUNICIPALITY
    if digits.startswith("18") and len(digits) == 4:
        return ShortKind.DIRECTORY
    # 3000 and 4000 are message codes that nobody calls, and common extensions: only those that begin with 1
    if digits.startswith("1") and _library_knows(digits, "NL"):
        return ShortKind.OPERATOR
    return None


def _library_knows(digits: str, country: str) -> bool:
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_short_number_for_region(number, country))
