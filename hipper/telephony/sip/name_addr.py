"""``name-addr`` and ``addr-spec`` with parameters (RFC 3261 §20.10, §25.1): who is meant."""

from __future__ import annotations

import re
from functools import lru_cache

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import (
    Params,
    end_of_quoted,
    format_params,
    is_display_tokens,
    parse_digits,
    parse_params,
    quote,
    split_list,
    unquote,
)
from hipper.telephony.sip.quoted import Quoted
from hipper.telephony.sip.uri import Uri, parse_uri

MAX_DELTA_SECONDS = 2**32 - 1

# What nearly all values look like: nothing escaped, no display name of bare tokens.
_PLAIN_NAME_ADDR = re.compile(r'(?:"([^"\\]*+)"[ \t]*+)?+<([^<>"]++)>(?:;(.++))?+')
_CACHED_LENGTH = 200
_CACHED_VALUES = 4096
_DECIMALS = re.compile("[0-9]{0,3}")


class NameAddr:
    """``name-addr`` or ``addr-spec`` with header parameters: From, To, Contact, Route, Refer-To, PAI …

    ``display_name`` and quoted parameter values stand without quotes. ``params`` are the header's own.
    """

    __slots__ = ("display_name", "params", "uri")

    def __init__(self, uri: Uri, display_name: str | None = None, params: Params | None = None) -> None:
        self.display_name = display_name
        self.uri = uri
        self.params: Params = params if params is not None else {}

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read one value. Raises SipParseError, also for blanks in ``<>`` and unquoted special characters.

        The same text may give the same object: a value is never changed, ``with_…`` makes a copy.
        """
        return _parse_cached(text) if len(text) <= _CACHED_LENGTH else cls._parse(text)

    @classmethod
    def _parse(cls, text: str) -> NameAddr:
        plain = _PLAIN_NAME_ADDR.fullmatch(text)
        if plain is not None:
            name, uri, tail = plain.groups()
            display = None if name is None else Quoted(name)
            return cls(parse_uri(uri), display, parse_params(tail) if tail else None)
        display_name, uri, tail = _split_name_addr(text)
        return cls(parse_uri(uri), display_name, _parse_tail(tail))

    @classmethod
    def parse_list(cls, text: str) -> list[NameAddr]:
        """Read a comma-joined list (Contact, Route, P-Asserted-Identity …)."""
        return [cls.parse(part) for part in split_list(text)]

    def __str__(self) -> str:
        return f"{_format_display_name(self.display_name)}<{self.uri}>{format_params(self.params)}"

    def __repr__(self) -> str:
        return f"NameAddr({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, NameAddr)
            and self.uri == other.uri
            and self.display_name == other.display_name
            and self.params == other.params
        )

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def tag(self) -> str | None:
        return self.params.get("tag")

    @property
    def expires(self) -> int | None:
        """The Contact's expires in seconds; None when absent or no 32-bit number (RFC 3261 §10.3 step 7)."""
        return lenient_seconds(self.params.get("expires"))

    @property
    def q(self) -> float:
        """Contact preference 0…1; 1 when absent. Raises SipParseError when malformed."""
        return parse_q(self.params.get("q"))

    def with_tag(self, tag: str | None) -> NameAddr:
        """A copy with this tag, or without any."""
        params = {name: value for name, value in self.params.items() if name != "tag"}
        if tag is not None:
            params["tag"] = tag
        return NameAddr(self.uri, self.display_name, params)

    def with_params(self, params: Params | None = None, /, **more: str | None) -> NameAddr:
        """A copy with parameters added or changed."""
        return NameAddr(self.uri, self.display_name, {**self.params, **(params or {}), **more})


# From and To stand in every message of a dialog. Bounded: about 4 MB when full.
_parse_cached = lru_cache(maxsize=_CACHED_VALUES)(NameAddr._parse)

ReferTo = NameAddr
"""Refer-To (RFC 3515) is a name-addr; a Replaces travels in the URI's headers."""


def _split_name_addr(text: str) -> tuple[str | None, str, str]:
    """Cut into display name, URI and what follows."""
    if text[:1] == '"':
        end = end_of_quoted(text, 0)
        display: str | None = Quoted(unquote(text[:end]))
        before, bracket, rest = text[end:].partition("<")
        if not bracket or before.strip(" \t"):
            raise SipParseError("Malformed display name")
    else:
        before, bracket, rest = text.partition("<")
        if not bracket:
            return _split_addr_spec(text)
        display = before.strip(" \t") or None
        if display is not None and not is_display_tokens(display):
            raise SipParseError("Display name with special characters is not quoted")
    uri, closing, tail = rest.partition(">")
    if not closing:
        raise SipParseError("Unterminated angle bracket")
    return display, uri, tail


def _split_addr_spec(text: str) -> tuple[None, str, str]:
    """Without brackets a semicolon ends the URI; no comma, no question mark in it (RFC 3261 §20)."""
    uri, semicolon, tail = text.partition(";")
    uri = uri.rstrip(" \t")
    if "?" in uri or "," in uri:
        raise SipParseError("URI with a comma or question mark is not in angle brackets")
    return None, uri, semicolon + tail


def _parse_tail(tail: str) -> Params:
    if not tail:
        return {}
    tail = tail.lstrip(" \t")
    if not tail:
        return {}
    if tail[0] != ";":
        raise SipParseError("Unexpected text after a URI")
    return parse_params(tail[1:])


def _format_display_name(name: str | None) -> str:
    if name is None:
        return ""
    if isinstance(name, Quoted) or not is_display_tokens(name) or not name:
        return quote(name) + " "
    return name + " "


def lenient_seconds(text: str | None) -> int | None:
    """delta-seconds where a bad value counts as absent (RFC 3261 §10.3, §20.19; RFC 4475 §3.1.2.4)."""
    if text is None:
        return None
    try:
        return parse_digits(text, "seconds", MAX_DELTA_SECONDS)
    except SipParseError:
        return None


def parse_q(text: str | None) -> float:
    """qvalue: 0…1 with at most three decimals (RFC 3261 §25.1); 1.0 when absent."""
    if text is None:
        return 1.0
    whole, _, decimals = text.partition(".")
    if whole not in ("0", "1") or _DECIMALS.fullmatch(decimals) is None:
        raise SipParseError("Malformed q value")
    value = float(text)
    if value > 1.0:
        raise SipParseError("q value above 1")
    return value
