"""Dialled digits to what they mean: emergency, E.164, short number, feature code, extension, or nothing.

Everything that has an answer in phonenumbers is asked there; emergency and Dutch short numbers are ours (see
:mod:`hipper.telephony.numbers.emergency`).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import msgspec
import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult

from hipper.telephony.numbers.digits import DialString, PrivacyCode, read_dial_string
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import HELPLINE, emergency_number
from hipper.telephony.numbers.extensions import extension_problem
from hipper.telephony.numbers.short_numbers import short_kind


class DialledForm(StrEnum):
    """What the digits are. Compares equal to its plain text."""

    EMERGENCY = "emergency"
    EXTENSION_CANDIDATE = "extension_candidate"
    E164 = "e164"
    SHORT = "short"
    FEATURE_CODE = "feature_code"
    INVALID = "invalid"


class Dialled(msgspec.Struct, frozen=True, kw_only=True):
    """What was dialled.

    ``digits``: for E164 the number itself, for SHORT the national digits (``14020``), for FEATURE_CODE with
    its star (``*11``), for EMERGENCY the emergency number or service URN, for INVALID what could be read.
    ``extension``: the digits, whenever they could be an extension of the tenant: look that up first, also
    when ``kind`` is SHORT or E164 (local dialling). Never set for emergency numbers, 113 and voicemail.
    ``privacy``: the caller's code for this call. ``reason``: why INVALID, as a phrase.
    """

    kind: DialledForm
    digits: str
    e164: E164 | None = None
    extension: str | None = None
    privacy: PrivacyCode | None = None
    reason: str | None = None


def parse_dialled(text: str, country: str = "NL", area_code: str | None = None) -> Dialled:
    """Read what a user of ``country`` (ISO 3166 alpha-2) dialled. ``area_code``: without trunk prefix
    (``20``), for numbers dialled without one. Never raises."""
    dial = read_dial_string(text)
    if dial is None:
        return Dialled(kind=DialledForm.INVALID, digits="", reason="not a telephone number")
    countries = ("NL",) if country == "NL" else (country, "NL")
    emergency = emergency_number(text, countries)
    if emergency is not None:
        return Dialled(kind=DialledForm.EMERGENCY, digits=emergency, privacy=dial.privacy)
    return _parse(dial, country, area_code)


def normalise_e164(text: str, country: str = "NL") -> E164 | None:
    """The E.164 number ``text`` spells (From, P-Asserted-Identity, provisioning files), or
    None. Never raises."""
    dialled = parse_dialled(text, country)
    return dialled.e164 if dialled.kind is DialledForm.E164 else None


@lru_cache(maxsize=16384)
def _parse(dial: DialString, country: str, area_code: str | None) -> Dialled:
    digits = dial.digits
    if not digits.removeprefix("+"):
        return _invalid(dial, "no digits" if dial.service is None else "not a telephone number")
    if digits[0] in "*#":
        return Dialled(kind=DialledForm.FEATURE_CODE, digits=digits, privacy=dial.privacy)
    digits = digits.removesuffix("#")  # the key that ends dialling on desk phones
    if not digits.removeprefix("+").isdigit():
        return _invalid(dial, "a star or hash among the digits")
    national = _national_short(digits, country)
    if national is not None:
        return _short(national, dial, country)
    if digits.startswith(("+", "0")):
        return _with_prefix(digits, dial, country)
    return _without_prefix(digits, dial, country, area_code)


def _national_short(digits: str, country: str) -> str | None:
    """``1233``, ``+3114020``, ``003114020`` and ``0113`` are national short numbers; ``0144`` is not."""
    calling_code = str(phonenumbers.country_code_for_region(country))
    for prefix in (f"+{calling_code}", f"00{calling_code}"):
        if digits.startswith(prefix):
            digits = digits.removeprefix(prefix)
            break
    if digits == "0" + HELPLINE and country == "NL":
        return HELPLINE
    return digits if short_kind(digits, country) is not None else None


def _short(national: str, dial: DialString, country: str) -> Dialled:
    typed_bare = dial.digits.removesuffix("#") == national
    extension = national if typed_bare and extension_problem(national, country) is None else None
    return Dialled(kind=DialledForm.SHORT, digits=national, extension=extension, privacy=dial.privacy)


def _with_prefix(digits: str, dial: DialString, country: str) -> Dialled:
    number = _library_parse(digits, country)
    if number is None or not _dialable(number):
        return _invalid(dial, "not a number of any numbering plan")
    return _e164(number, dial)


def _without_prefix(digits: str, dial: DialString, country: str, area_code: str | None) -> Dialled:
    """Neither ``+`` nor ``0``: in an RFC 3966 context, an extension, local, or a number without its plus."""
    extension = digits if extension_problem(digits, country) is None else None
    for spelling in _completions(digits, dial, country, area_code):
        number = _library_parse(spelling, country)
        if number is not None and phonenumbers.is_valid_number(number):
            return msgspec.structs.replace(_e164(number, dial), extension=extension)
    if extension is not None:
        return Dialled(
            kind=DialledForm.EXTENSION_CANDIDATE, digits=digits, extension=extension, privacy=dial.privacy
        )
    return _invalid(dial, "neither an extension nor a complete number")


def _completions(digits: str, dial: DialString, country: str, area_code: str | None) -> list[str]:
    spellings = []
    if dial.context is not None and dial.context.startswith("+"):
        spellings.append(dial.context + digits)
    if area_code is not None:
        spellings.append(f"+{phonenumbers.country_code_for_region(country)}{area_code}{digits}")
    if len(digits) >= 9:  # carriers write E.164 without plus and national numbers without trunk prefix
        spellings += ["+" + digits, digits]
    return spellings


def _e164(number: PhoneNumber, dial: DialString) -> Dialled:
    e164 = E164(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return Dialled(kind=DialledForm.E164, digits=e164, e164=e164, privacy=dial.privacy)


def _invalid(dial: DialString, reason: str) -> Dialled:
    return Dialled(kind=DialledForm.INVALID, digits=dial.digits, privacy=dial.privacy, reason=reason)


def _library_parse(text: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _dialable(number: PhoneNumber) -> bool:
    """Valid, or in a range that opened after the library's tables were made. Dutch short numbers make five
    digits *possible* there, so Dutch ones must have the plan's nine."""
    if phonenumbers.is_valid_number(number):
        return True
    if number.country_code == 31:
        return 10**8 <= (number.national_number or 0) < 10**9
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
