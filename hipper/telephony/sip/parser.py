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
MAX_NAME = 256
"""Characters of one header name."""
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
    start, headers, fault = read_header_lines(head.decode("utf-8", "surrogateescape"))
    method = uri = reason = ""
    status: int | None = None
    if start.startswith("SIP/"):
        status, reason = _status_line(start)
    else:
        method, uri, line_fault = _request_line(start)
        fault = line_fault or fault
    body, body_fault = _body(headers, rest, stream)
    fault = fault or (None if blank_line else _NO_END) or body_fault
    return Raw(method, uri, status, reason, headers, body, fault)


_NO_END = SipParseError("Header section is not terminated by an empty line")


def _unfold(head: str) -> tuple[SipParseError | None, str]:
    """Join folded lines by one space (RFC 3261 §7.3.1). The start line cannot be folded."""
    fault = None
    if head.partition("\r\n")[2][:1] in (" ", "\t"):
        fault = SipParseError("Folded start line")
    parts = head.replace("\r\n\t", "\r\n ").split("\r\n ")
    return fault, parts[0] + "".join([" " + part.lstrip(" \t") for part in parts[1:]])


def _status_line(line: str) -> tuple[int, str]:
    """``SIP-Version SP Status-Code SP Reason-Phrase``; the phrase may be empty. A bad one is discarded."""
    version, _, rest = line.partition(" ")
    code, _, reason = rest.partition(" ")
    if version.upper() != VERSION:
        raise SipParseError("Response of an unknown protocol version", None)
    if len(code) != 3 or not code.isdecimal() or not code.isascii() or not "1" <= code[0] <= "6":
        raise SipParseError("Malformed status code", None)
    return int(code), reason


def _request_line(line: str) -> tuple[str, str, SipParseError | None]:
    """``Method SP Request-URI SP SIP-Version``: single spaces, nothing around them (RFC 3261 §7.1).

    Returns the method and Request-URI with the fault found, if any. Raises SipParseError when this is no SIP
    request at all.
    """
    parts = line.split(" ")
    if len(parts) == 3 and parts[2] == VERSION and is_token(parts[0]):
        method, uri, _ = parts
        if 0 < len(uri) <= MAX_URI and "\t" not in uri:
            return method, uri, None
    words = line.split()
    versions = [word for word in words[2:] if word.upper().startswith("SIP/")]
    if not versions or not is_token(words[0]):
        raise SipParseError("Not a SIP request", None)
    return words[0], words[1], _request_line_fault(line, parts)


def _request_line_fault(line: str, parts: list[str]) -> SipParseError | None:
    version = parts[-1].upper()
    if len(parts) == 3 and parts[1] and "\t" not in line:
        if version != VERSION:
            return SipParseError("SIP version is not supported", 505)
        return SipParseError("Request-URI is too long", 414) if len(parts[1]) > MAX_URI else None
    if not parts[-1]:
        return SipParseError("White space at the end of the request line")
    if "" in parts:
        return SipParseError("More than one space between elements of the request line")
    return SipParseError("White space within the Request-URI")


def read_header_lines(head: str) -> tuple[str, Headers, SipParseError | None]:
    """Cut into start line, names and values; the first fault is told, the readable lines are kept."""
    fault: SipParseError | None = None
    if "\r\n " in head or "\r\n\t" in head:
        fault, head = _unfold(head)
    lines = head.split("\r\n")
    bare = head.count("\r") + head.count("\n") != 2 * len(lines) - 2
    if len(lines) > MAX_HEADERS + 1:
        fault = SipParseError("Too many header fields")
        del lines[MAX_HEADERS + 1 :]
    start = lines.pop(0)
    items: list[tuple[str, str]] = []
    known = KNOWN
    for line in lines:
        name, colon, value = line.partition(":")
        canonical = known.get(name) or _header_name(name)
        if canonical is None or not colon:
            fault = fault or SipParseError("Malformed header line")
        elif len(line) > MAX_LINE:
            fault = fault or SipParseError(f"{canonical}: header field is too long")
        elif bare and ("\r" in value or "\n" in value):
            fault = fault or SipParseError(f"{canonical}: CR or LF within the value")
        else:
            items.append((canonical, value.strip(" \t")))
    if bare and ("\r" in start or "\n" in start):
        fault = SipParseError("CR or LF within the start line", None)
    return start, Headers.of_canonical(items), fault


def _header_name(name: str) -> str | None:
    """The canonical name of a spelling that is not among the usual ones; blanks may precede the colon."""
    name = name.rstrip(" \t")
    if not is_token(name) or len(name) > MAX_NAME:
        return None
    return KNOWN.get(name) or KNOWN.get(name.lower()) or name


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
