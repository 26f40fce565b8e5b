"""Emergency calls and calls that are never recorded, in any spelling (call-flows: before anything else).

phonenumbers is not asked about the Netherlands: it takes 911 for a Dutch emergency number and knows neither
113 nor ``0112`` (an outside-line zero, or a national prefix, before 112).
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

from hipper.telephony.numbers.digits import MAX_TEXT, DialString, read_dial_string

EVERYWHERE = "112"
"""3GPP TS 22.101 §10.1.1: an emergency number in every network."""
EMERGENCY_NUMBERS: dict[str, frozenset[str]] = {"NL": frozenset({"112"})}
"""Where our own list goes before phonenumbers'. Keys: ISO 3166 alpha-2."""
HELPLINE = "113"
HELPLINE_FREEPHONE = "8000113"
"""0800-0113 without its trunk prefix (113 Zelfmoordpreventie; seed 6.6.5)."""


def is_emergency(text: str, countries: tuple[str, ...] = ("NL",)) -> bool:
    """Whether ``text`` (digits, user part or URI) asks for an emergency service of
    ``countries``. Never raises."""
    return emergency_number(text, countries) is not None


def emergency_number(text: str, countries: tuple[str, ...] = ("NL",)) -> str | None:
    """The emergency number ``text`` spells (``112``), or its ``urn:service:sos…``; else
    None. Never raises."""
    dial = read_dial_string(text)
    if dial is None:
        return None
    if dial.service is not None:
        return dial.service if _is_sos(dial.service) else None
    return _emergency_digits(dial.digits, countries)


def is_never_recorded(text: str) -> bool:
    """112, 113 and 0800-0113 in any spelling (seed 6.6.5). Never raises."""
    return len(text) <= MAX_TEXT and _is_never_recorded(text)


@lru_cache(maxsize=8192)
def _is_never_recorded(text: str) -> bool:
    """Remembered: every showing of a call asks it of each of its numbers."""
    if is_emergency(text):
        return True
    dial = read_dial_string(text)
    return dial is not None and is_helpline(dial)


def is_helpline(dial: DialString) -> bool:
    """113 or 0800-0113. A bare ``8000113`` is a local number of some area code, not the helpline."""
    digits = dial.digits.removesuffix("#")
    if digits == HELPLINE:
        return True
    prefixed = _after_prefixes(digits, "31")
    if dial.context is not None and dial.context.startswith("+31"):
        prefixed |= {digits}
    return bool(prefixed & {HELPLINE, HELPLINE_FREEPHONE})


def _is_sos(service: str) -> bool:
    """RFC 5031 §4.1: ``sos`` and its sub-services; ``test.sos`` (RFC 6881) is not one."""
    name = service.removeprefix("urn:service:")
    return name == "sos" or name.startswith(("sos.", "sos;"))


@lru_cache(maxsize=8192)
def _emergency_digits(digits: str, countries: tuple[str, ...]) -> str | None:
    digits = digits.removesuffix("#")  # the key that ends dialling on desk phones
    for country in countries:
        calling_code = str(phonenumbers.country_code_for_region(country.upper()))
        for candidate in sorted({digits} | _after_prefixes(digits, calling_code)):
            if _is_emergency_in(candidate, country.upper()):
                return candidate
    return None


def _after_prefixes(digits: str, calling_code: str) -> set[str]:
    """What stays when ``+``, ``00``, the country code and a national or outside-line ``0`` are taken off."""
    found = set()
    for prefix in ("+", "00"):
        if digits.startswith(prefix):
            rest = digits.removeprefix(prefix)
            national = rest.removeprefix(calling_code) if rest.startswith(calling_code) else rest
            found |= {national, national.removeprefix("0")}
    if digits.startswith("0") and not digits.startswith("00"):
        found.add(digits[1:])
    return found


def _is_emergency_in(digits: str, country: str) -> bool:
    if digits == EVERYWHERE:
        return True
    own = EMERGENCY_NUMBERS.get(country)
    if own is not None:
        return digits in own
    return digits.isascii() and digits.isdigit() and bool(phonenumbers.is_emergency_number(digits, country))
