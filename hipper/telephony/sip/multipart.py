"""Multipart bodies (RFC 5621, RFC 2046 §5.1): find the session description in one, and make one. Bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.header_map import Headers
from hipper.telephony.sip.headers import ContentDisposition, ContentType
from hipper.telephony.sip.message import SipMessage
from hipper.telephony.sip.parser import read_header_lines

_SESSION_DISPOSITIONS = ("session", "early-session", "render")
MAX_PARTS = 32
MAX_DEPTH = 4
"""Multiparts within multiparts."""


class BodyPart(NamedTuple):
    """One part: its headers and its content, octet for octet."""

    headers: Headers
    content: bytes

    @property
    def media_type(self) -> str:
        """Lower case; text/plain when it says nothing (RFC 2046 §5.1)."""
        text = self.headers.get("Content-Type")
        return "text/plain" if text is None else ContentType.parse(text).media_type


def split_multipart(content_type: ContentType, body: bytes) -> list[BodyPart]:
    """The parts of a multipart body; preamble and epilogue are dropped. Raises SipParseError."""
    boundary = content_type.boundary
    if not boundary or len(boundary) > 70:
        raise SipParseError("Multipart body without a boundary")
    delimiter = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    pieces = (b"\r\n" + body).split(delimiter, MAX_PARTS + 2)
    parts: list[BodyPart] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return parts
        if len(parts) == MAX_PARTS:
            raise SipParseError("Too many parts in a multipart body")
        parts.append(_read_part(piece.lstrip(b" \t")))
    raise SipParseError("Multipart body does not end")


def _read_part(piece: bytes) -> BodyPart:
    if not piece.startswith(b"\r\n"):
        raise SipParseError("Malformed boundary in a multipart body")
    head, blank_line, content = piece.partition(b"\r\n\r\n")
    if not blank_line:
        raise SipParseError("Part of a multipart body without an empty line")
    _, headers, fault = read_header_lines(head.decode("utf-8", "surrogateescape"))
    if fault is not None:
        raise SipParseError(f"Multipart body: {fault.reason}")
    return BodyPart(headers, content)


def join_multipart(parts: Sequence[BodyPart], boundary: str) -> bytes:
    """The body of a multipart message. Raises LocalProtocolError when the boundary occurs in a part."""
    mark = b"--" + boundary.encode("ascii")
    out = bytearray()
    for part in parts:
        if mark in part.content:
            raise LocalProtocolError("The boundary occurs in a part")
        lines = "".join(f"{name}: {value}\r\n" for name, value in part.headers)
        out += mark + b"\r\n" + lines.encode("utf-8", "surrogateescape") + b"\r\n" + part.content + b"\r\n"
    return bytes(out + mark + b"--\r\n")


def find_body(message: SipMessage, media_type: str) -> bytes | None:
    """The body of this type, whole or the first part that has it; None when there is none.

    A part that says it is something else than the session (``Content-Disposition``) is passed over.
    Raises SipParseError on a multipart that cannot be read.
    """
    content_type = message.content_type
    if content_type is None or not message.body:
        return None
    return _find(content_type, message.body, media_type, MAX_DEPTH)


def _find(content_type: ContentType, body: bytes, media_type: str, depth: int) -> bytes | None:
    if content_type.media_type == media_type:
        return body
    if not content_type.is_multipart or depth == 0:
        return None
    for part in split_multipart(content_type, body):
        text = part.headers.get("Content-Type")
        if text is None or not _is_session(part):
            continue
        found = _find(ContentType.parse(text), part.content, media_type, depth - 1)
        if found is not None:
            return found
    return None


def _is_session(part: BodyPart) -> bool:
    text = part.headers.get("Content-Disposition")
    return text is None or ContentDisposition.parse(text).disposition in _SESSION_DISPOSITIONS


def session_description(message: SipMessage) -> bytes | None:
    """The SDP of a message, also from within a multipart. Raises SipParseError."""
    return find_body(message, "application/sdp")
