"""Multipart bodies: RFC 5621, RFC 2046 §5.1."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.header_map import Headers
from hipper.telephony.sip.headers import ContentType
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.multipart import (
    MAX_PARTS,
    BodyPart,
    find_body,
    join_multipart,
    session_description,
    split_multipart,
)

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"
MIXED = ContentType.parse('multipart/mixed;boundary="b 1"')


def part(content_type: str, content: bytes, *headers: tuple[str, str]) -> BodyPart:
    return BodyPart(Headers([("Content-Type", content_type), *headers]), content)


def message(content_type: str, body: bytes) -> Request:
    return Request("INVITE", "sip:a@h", Headers([("Content-Type", content_type)]), body)


def test_what_was_joined_is_split() -> None:
    parts = [
        part("application/sdp", SDP),
        part("application/isup;version=x", b"\x00\r\n--b\xff", ("X-y", "z")),
    ]
    assert split_multipart(MIXED, join_multipart(parts, "b 1")) == parts


def test_preamble_and_epilogue_are_dropped() -> None:
    body = b"preamble\r\n--b 1  \r\n\r\ncontent\r\n--b 1--\r\nepilogue\r\n--b 1\r\n"
    assert [(one.media_type, one.content) for one in split_multipart(MIXED, body)] == [
        ("text/plain", b"content")
    ]


def test_sdp_is_found_within() -> None:
    inner = join_multipart([part("text/plain", b"x"), part("application/sdp", SDP)], "in")
    outer = join_multipart(
        [part("application/isup", b"\x01"), part("multipart/alternative;boundary=in", inner)], "b 1"
    )
    assert session_description(message(str(MIXED), outer)) == SDP
    assert session_description(message("application/SDP", SDP)) == SDP
    assert session_description(message("text/plain", SDP)) is None
    assert session_description(Request("INVITE", "sip:a@h", Headers(), b"")) is None


def test_a_part_that_is_not_the_session_is_passed_over() -> None:
    parts = [
        part("application/sdp", b"icon", ("Content-Disposition", "icon")),
        part("application/sdp", SDP, ("Content-Disposition", "session;handling=required")),
    ]
    assert find_body(message(str(MIXED), join_multipart(parts, "b 1")), "application/sdp") == SDP


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/mixed", b"--b\r\n\r\n\r\n--b--"),
        ("multipart/mixed;boundary=b", b"--b\r\n\r\nx"),
        ("multipart/mixed;boundary=b", b"--bx\r\n\r\nx\r\n--b--"),
        ("multipart/mixed;boundary=b", b"--b\r\nContent-Type: a/b\r\n--b--"),
        ("multipart/mixed;boundary=b", b"--b\r\nno colon\r\n\r\nx\r\n--b--"),
        ("multipart/mixed;boundary=b", b"--b\r\n\r\nx\r\n" * (MAX_PARTS + 1) + b"--b--"),
        ("multipart/mixed;boundary=b", b""),
    ],
)
def test_malformed(content_type: str, body: bytes) -> None:
    with pytest.raises(SipParseError):
        split_multipart(ContentType.parse(content_type), body)


def test_nesting_is_bounded() -> None:
    body = SDP
    content_type = "application/sdp"
    for depth in range(6):
        body = join_multipart([part(content_type, body)], f"b{depth}")
        content_type = f"multipart/mixed;boundary=b{depth}"
    assert session_description(message(content_type, body)) is None


def test_a_boundary_within_a_part_is_our_own_fault() -> None:
    with pytest.raises(LocalProtocolError):
        join_multipart([part("text/plain", b"a --b c")], "b")
