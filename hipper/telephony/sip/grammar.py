"""Tokens, quoted strings, parameters and lists: the small rules of RFC 3261 §25.1 that all headers share.

Everything here is linear in the length of its input; nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.quoted import Quoted

MAX_PARAMS = 64
"""Parameters of one URI or header value. The longest seen in the field (IMS Contact) has about 20."""
MAX_LIST = 256
"""Values of one comma-joined header line."""

# token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
# display-name = *(token LWS): tokens with white space between them
_DISPLAY_TOKENS = re.compile(r"[A-Za-z0-9\-.!%*_+`'~ \t]*")
# gen-value = token / host / quoted-string. Peers put base64 in tags and branches ("=", "/"), so all visible
# ASCII but the separators that end a value is let through.
_VALUE = re.compile(r"[!#-+\--:=?-\[\]-~]+")
# What nearly all parameters look like: no white space, no quotes.
_PLAIN_PARAMS = re.compile(
    r"[A-Za-z0-9\-.!%*_+`'~]++(?:=[!#-+\--:=?-\[\]-~]++)?+"
    r"(?:;[A-Za-z0-9\-.!%*_+`'~]++(?:=[!#-+\--:=?-\[\]-~]++)?+)*+"
)
_SPECIAL = re.compile(r'[",<]')
_PARAM_SPECIAL = re.compile(r'[";]')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r'(["\\])')

Params = dict[str, str | None]
"""Parameters by lower-case name, in order; None for a flag (``;lr``). Quoted values are :class:`Quoted`."""


def is_token(text: str) -> bool:
    """Whether ``text`` is a ``token`` (RFC 3261 §25.1)."""
    return _TOKEN.fullmatch(text) is not None


def is_display_tokens(text: str) -> bool:
    """Whether a display name may stand without quotes."""
    return _DISPLAY_TOKENS.fullmatch(text) is not None


def parse_digits(text: str, what: str, limit: int) -> int:
    """Read ``1*DIGIT`` not above ``limit``; SipParseError otherwise. Never converts a long run of digits."""
    if not text.isdecimal() or not text.isascii():
        raise SipParseError(f"{what} is not a number")
    if len(text) < 10 and (number := int(text)) <= limit:
        return number
    digits = text.lstrip("0")
    if len(digits) > 20 or int(digits or "0") > limit:
        raise SipParseError(f"{what} is too large")
    return int(digits or "0")


def quote(text: str) -> str:
    """Write ``text`` as a quoted-string, escaping quotes and backslashes."""
    return '"' + _NEEDS_ESCAPE.sub(r"\\\1", text) + '"'


def unquote(text: str) -> str:
    """Content of a quoted-string written with its quotes: escapes resolved."""
    inner = text[1:-1]
    return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner


def end_of_quoted(text: str, start: int) -> int:
    """Index after the closing quote of the quoted-string that opens at ``start``."""
    position = start + 1
    while True:
        closing = text.find('"', position)
        if closing < 0:
            raise SipParseError("Unterminated quoted string")
        backslash = text.find("\\", position, closing)
        if backslash < 0:
            return closing + 1
        position = backslash + 2


def split_list(text: str) -> list[str]:
    """Split a comma-joined header value, leaving commas in quoted strings and angle brackets alone.

    Raises SipParseError on an empty element, an unterminated quote or bracket.
    """
    if "," not in text:
        return [text]
    parts = _split_guarded(text) if '"' in text or "<" in text else text.split(",")
    if len(parts) > MAX_LIST:
        raise SipParseError("Too many values in one header field")
    values = [part.strip(" \t") for part in parts]
    if "" in values:
        raise SipParseError("Empty value in a comma separated list")
    return values


def _split_guarded(text: str) -> list[str]:
    parts: list[str] = []
    start = position = 0
    while (match := _SPECIAL.search(text, position)) is not None:
        at = match.start()
        mark = text[at]
        if mark == ",":
            parts.append(text[start:at])
            start = position = at + 1
        elif mark == '"':
            position = end_of_quoted(text, at)
        else:
            position = text.find(">", at) + 1
            if not position:
                raise SipParseError("Unterminated angle bracket")
    parts.append(text[start:])
    return parts


def split_params(text: str) -> list[str]:
    """Split at semicolons outside quoted strings."""
    if '"' not in text:
        return text.split(";")
    parts: list[str] = []
    start = position = 0
    while (match := _PARAM_SPECIAL.search(text, position)) is not None:
        at = match.start()
        if text[at] == ";":
            parts.append(text[start:at])
            start = position = at + 1
        else:
            position = end_of_quoted(text, at)
    parts.append(text[start:])
    return parts


def parse_params(text: str) -> Params:
    """Read ``generic-param *(SEMI generic-param)``; the text starts after the first semicolon.

    A parameter given twice is malformed (RFC 3261 §7.3.1). Raises SipParseError.
    """
    plain = _PLAIN_PARAMS.fullmatch(text) is not None
    parts = text.split(";") if plain else split_params(text)
    if len(parts) > MAX_PARAMS:
        raise SipParseError("Too many parameters")
    params: Params = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.lower()
        if not plain:
            name = name.strip(" \t")
            if not is_token(name):
                raise SipParseError("Malformed or empty parameter")
            value = parse_value(value.strip(" \t")) if equals else ""
        if name in params:
            raise SipParseError("Parameter given twice")
        params[name] = value if equals else None
    return params


def parse_value(text: str) -> str:
    """Read a ``gen-value``: a quoted string comes back as :class:`Quoted`, without quotes."""
    if _VALUE.fullmatch(text) is not None:
        return text
    if text[:1] == '"' and end_of_quoted(text, 0) == len(text):
        return Quoted(unquote(text))
    raise SipParseError("Malformed parameter value")


def format_value(value: str) -> str:
    """Write a parameter value, quoted when it was or has to be."""
    if isinstance(value, Quoted) or _VALUE.fullmatch(value) is None:
        return quote(value)
    return value


def format_params(params: Mapping[str, str | None]) -> str:
    """Write parameters, each with its leading semicolon."""
    if not params:
        return ""
    return "".join(
        f";{name}" if value is None else f";{name}={format_value(value)}" for name, value in params.items()
    )


def split_first(text: str) -> tuple[str, Params]:
    """Cut ``value;param;param=x`` into the value and its parameters."""
    head, semicolon, tail = text.partition(";")
    return head.strip(" \t"), parse_params(tail) if semicolon else {}


NO_TAGS: frozenset[str] = frozenset()
"""The one empty set: every new one is 216 bytes."""


def lower_set(values: Iterable[str]) -> frozenset[str]:
    """Option tags as a set in lower case (RFC 3261 §7.3.1: tokens compare without case)."""
    return frozenset([value.lower() for value in values]) or NO_TAGS
