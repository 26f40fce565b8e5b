"""From what arrives (typed text, a tel: or sip: user part, a whole URI) to the bare digits that were dialled.

The hide and show codes are those of 3GPP TS 22.030 §6.5.5 (``#31#`` invokes CLIR for one call,
``*31#`` suppresses it) and the ``*31*`` of Dutch fixed lines. Visual separators are those of RFC 3966
§3 and the ones people type.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

import msgspec

MAX_TEXT = 1024
"""Longer input is no number. RFC 3966 knows no limit; a Request-URI with parameters fits easily."""
MAX_USER = 96

_PRIVACY_CODES = {"#31#": "hide", "*31*": "hide", "*31#": "show"}
_SEPARATORS = frozenset(" \t\r\n-.()/[]_~\u2044")
_SEPARATOR_CATEGORIES = frozenset({"Zs", "Pd", "Cf"})
_PLUS = frozenset("+＋﹢")


class PrivacyCode(StrEnum):
    """What the caller asked for this one call by a prefix."""

    HIDE = "hide"
    SHOW = "show"


class DialString(msgspec.Struct, frozen=True, kw_only=True):
    """``digits``: only ``0-9 * #`` with at most one leading ``+``; empty when ``service`` is set.
    ``context``: the phone-context parameter (RFC 3966 §5.1.5). ``service``: a ``urn:service:…``. Both lower
    case."""

    digits: str
    privacy: PrivacyCode | None = None
    context: str | None = None
    service: str | None = None


def read_dial_string(text: str) -> DialString | None:
    """Read ``text``; None when it holds anything that nobody can dial. Never raises."""
    if len(text) > MAX_TEXT:
        return None
    return _read(text)


@lru_cache(maxsize=8192)
def _read(text: str) -> DialString | None:
    text = text.strip().removeprefix("<").removesuffix(">")
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower() if colon else ""
    if scheme == "urn":
        return DialString(digits="", service=text.lower()) if rest.lower().startswith("service:") else None
    if scheme in ("tel", "sip", "sips"):
        text = rest
    user, context = _user_part(text)
    if len(user) > MAX_USER:
        return None
    digits = _bare_digits(_without_optional_trunk_prefix(user))
    if digits is None:
        return None
    digits, privacy = _split_privacy_code(digits)
    if "+" in digits[1:]:
        return None
    return DialString(digits=digits, privacy=privacy, context=context)


def _user_part(text: str) -> tuple[str, str | None]:
    """``+3120;phone-context=x:pw@host;user=phone`` -> (``+3120``, ``x``)."""
    user = text.partition("@")[0].partition(":")[0] if "@" in text else text
    number, _, params = user.partition(";")
    context = None
    for param in params.split(";"):
        name, _, value = param.partition("=")
        if name.strip().lower() == "phone-context":
            context = unquote(value.strip()).lower()
    return unquote(number), context


def _without_optional_trunk_prefix(user: str) -> str:
    """``+31 (0)20 123 4567``, as on Dutch letterheads: the zero in brackets is not dialled from abroad."""
    before, found, after = user.partition("(0)")
    if found and before.strip().startswith(("+", "00")):
        return before + after
    return user


def _bare_digits(text: str) -> str | None:
    out: list[str] = []
    for char in text:
        if "0" <= char <= "9" or char in "*#":
            out.append(char)
        elif char in _PLUS:
            out.append("+")
        elif char in _SEPARATORS or unicodedata.category(char) in _SEPARATOR_CATEGORIES:
            continue
        else:
            decimal = unicodedata.decimal(char, None)
            if decimal is None:
                return None
            out.append(str(decimal))
    return "".join(out)


def _split_privacy_code(digits: str) -> tuple[str, PrivacyCode | None]:
    """Take every leading code off; a hide among them wins, since showing cannot be undone."""
    privacy: PrivacyCode | None = None
    while (code := _PRIVACY_CODES.get(digits[:4])) is not None:
        digits = digits[4:]
        if privacy is not PrivacyCode.HIDE:
            privacy = PrivacyCode(code)
    return digits, privacy
