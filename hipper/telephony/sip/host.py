"""Hosts and ports as URIs and Via write them (RFC 3261 §25.1)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

from hipper.telephony.sip.errors import SipParseError

# Underscores are not in the hostname rule, but service names of container networks carry them.
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-_.]*[A-Za-z0-9.])?")
_IPV4_LIKE = re.compile(r"[0-9.]+")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_IPV4_RULE = rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_IPV4 = re.compile(_IPV4_RULE)
HOST_RULE = rf"(?:[A-Za-z0-9][A-Za-z0-9\-]*+\.)*+[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?+|{_IPV4_RULE}"
"""What nearly all hosts look like: a name whose last label starts with a letter, or an IPv4 address."""


def parse_host(text: str) -> str:
    """Read ``host``: lower case, IPv6 without its brackets. Raises SipParseError."""
    if text[:1] == "[" and text[-1:] == "]":
        try:
            address = IPv6Address(text[1:-1])
        except AddressValueError:
            raise SipParseError("Malformed IPv6 reference") from None
        if address.scope_id is not None:
            # a zone means something on its own machine only; the grammar has none
            raise SipParseError("IPv6 reference with a zone")
        return text[1:-1].lower()
    if _IPV4.fullmatch(text) is not None:
        return text
    if _HOST.fullmatch(text) is None or len(text) > 255:
        raise SipParseError("Malformed host")
    if _IPV4_LIKE.fullmatch(text) is not None:
        raise SipParseError("Malformed IPv4 address")
    return text.lower()


def parse_host_port(text: str) -> tuple[str, int | None]:
    """Read ``host [":" port]``; white space around the colon is the caller's. Raises SipParseError."""
    if text[:1] == "[":
        host, bracket, rest = text.partition("]")
        host += bracket
        if rest and rest[0] != ":":
            raise SipParseError("Malformed host")
        colon, port = rest[:1], rest[1:]
    else:
        host, colon, port = text.partition(":")
    if not colon:
        return parse_host(host), None
    if not port.isdecimal() or not port.isascii() or len(port) > 5 or int(port) > 65535:
        raise SipParseError("Malformed port")
    return parse_host(host), int(port)


def format_host(host: str) -> str:
    """Write a host, IPv6 within brackets."""
    return f"[{host}]" if ":" in host else host
