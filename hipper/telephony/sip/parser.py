"""Bytes to their parts (RFC 3261 §7, §18.3): start line, header lines, body. No value is parsed here."""

from __future__ import annotations

from typing import NamedTuple

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import is_token, parse_digits
from hipper.telephony.sip.header_map import Headers
from hipper.telephony.sip.names import KNOWN
from hipper.telephony.sip.uri import MAX_URI

MAX_HEADER_BYTES = 64 * 1024
"""Bytes of start line and headers together."""
MAX_LINE = 8 * 1024
"""Characters of one header line, folding included."""
MAX_HEADERS = 256
"""Header lines of one message."""
MAX_BODY_BYTES = 256 * 1024

VERSION = "SIP/2.0"


class Raw(NamedTuple):
    """A message cut into its parts. ``status`` is None for a request; ``fault`` is the first thing wrong."""

    method: str
    uri: str
    status: int | None
    reason: str
    headers: Headers
    body: bytes
    fault: SipParseError | None


def read(data: bytes, stream: bool) -> Raw:
    """Cut a message into its parts. Raises SipParseError without ``partial`` when it is none at all."""
    if data[:1] in (b"\r", b"\n"):
        # §7.5: empty lines before the start line are ignored
        data = data.lstrip(b"\r\n")
    head, blank_line, rest = data.partition(b"\r\n\r\n")
    if len(head) > MAX_HEADER_BYTES:
        raise SipParseError("Message header is too large", None)
    lines = _unfold(head.decode("utf-8", "surrogateescape")).split("\r\n")
    start = lines[0]
    method = uri = reason = ""
    status: int | None = None
    fault: SipParseError | None = None
    if start.startswith("SIP/"):
        status, reason = _status_line(start)
    else:
        method, uri, fault = _request_line(start)
    headers, header_fault = _header_lines(lines)
    body, body_fault = _body(headers, rest, stream)
    fault = fault or header_fault or (None if blank_line else _NO_END) or body_fault
    return Raw(method, uri, status, reason, headers, body, fault)


_NO_END = SipParseError("Header section is not terminated by an empty line")


def _unfold(head: str) -> str:
    """Join folded lines by one space (RFC 3261 §7.3.1)."""
    if "\r\n " in head or "\r\n\t" in head:
        head = head.replace("\r\n\t", "\r\n ")
        parts = head.split("\r\n ")
        head = parts[0] + "".join([" " + part.lstrip(" \t") for part in parts[1:]])
    return head


def _status_line(line: str) -> tuple[int, str]:
    """``SIP-Version SP Status-Code SP Reason-Phrase``; the phrase may be empty. A bad one is discarded."""
    version, _, rest = line.partition(" ")
    code, _, reason = rest.partition(" ")
    if version.upper() != VERSION:
        raise SipParseError("Response of an unknown protocol version", None)
    if len(code) != 3 or not code.isdecimal() or not code.isascii() or not "1" <= code[0] <= "6":
        raise SipParseError("Malformed status code", None)
    if "\r" in reason or "\n" in reason:
        raise SipParseError("Line break in the reason phrase", None)
    return int(code), reason


def _request_line(line: str) -> tuple[str, str, SipParseError | None]:
    """``Method SP Request-URI SP SIP-Version``: single spaces, nothing around them (RFC 3261 §7.1).

    Returns the method and Request-URI with the fault found, if any. Raises SipParseError when this is no SIP
    request at all.
    """
    parts = line.split(" ")
    if (
        len(parts) == 3
        and parts[2] == VERSION
        and is_token(parts[0])
        and parts[1]
        and len(parts[1]) <= MAX_URI
    ):
        return parts[0], parts[1], None
    words = line.split()
    if (
        len(words) < 3
        or not is_token(words[0])
        or not any(word.upper().startswith("SIP/") for word in words[2:])
    ):
        raise SipParseError("Not a SIP request", None)
    return words[0], words[1], _request_line_fault(line, parts)


def _request_line_fault(line: str, parts: list[str]) -> SipParseError | None:
    version = parts[-1].upper()
    if len(parts) == 3 and version == VERSION and len(parts[1]) <= MAX_URI and "\t" not in line:
        return None
    if len(parts) == 3 and len(parts[1]) > MAX_URI:
        return SipParseError("Request-URI is too long", 414)
    if len(parts) == 3 and version.startswith("SIP/"):
        return SipParseError("SIP version is not supported", 505)
    if not parts[-1]:
        return SipParseError("White space at the end of the request line")
    if "" in parts:
        return SipParseError("More than one space between elements of the request line")
    return SipParseError("White space within the Request-URI")


def _header_lines(lines: list[str]) -> tuple[Headers, SipParseError | None]:
    """Cut lines into names and values; the first fault is told, the readable lines are kept."""
    items: list[tuple[str, str]] = []
    fault: SipParseError | None = None
    if len(lines) > MAX_HEADERS + 1:
        fault = SipParseError("Too many header fields")
        del lines[MAX_HEADERS + 1 :]
    known = KNOWN
    for index in range(1, len(lines)):
        line = lines[index]
        name, colon, value = line.partition(":")
        canonical = known.get(name)
        if canonical is None:
            canonical, name_fault = _header_name(name, colon)
            if name_fault is not None:
                fault = fault or name_fault
                continue
        if len(line) > MAX_LINE:
            fault = fault or SipParseError(f"{canonical}: header field is too long")
            continue
        if "\n" in value or "\r" in value:
            fault = fault or SipParseError(f"{canonical}: bare CR or LF in the value")
            continue
        items.append((canonical, value.strip(" \t")))
    return Headers.of_canonical(items), fault


def _header_name(name: str, colon: str) -> tuple[str, SipParseError | None]:
    name = name.rstrip(" \t")
    if not colon:
        return name, SipParseError("Header line without a colon")
    if not is_token(name) or len(name) > 256:
        return name, SipParseError("Malformed header field name")
    return KNOWN.get(name) or KNOWN.get(name.lower()) or name, None


def _body(headers: Headers, body: bytes, stream: bool) -> tuple[bytes, SipParseError | None]:
    """Cut the body by Content-Length (RFC 3261 §18.3)."""
    lengths = headers.get_all("Content-Length")
    if not lengths:
        return body, SipParseError("Missing Content-Length header field") if stream else None
    if len(lengths) > 1:
        return body, SipParseError("More than one Content-Length header field")
    try:
        length = parse_digits(lengths[0], "Content-Length", 2**31)
    except SipParseError as error:
        return body, error
    if length > MAX_BODY_BYTES:
        return b"", SipParseError("Body is too large", 413)
    if length > len(body):
        return body, SipParseError("Content-Length is larger than the message")
    return body[:length], None
