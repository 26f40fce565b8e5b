"""Framing on streams: RFC 3261 §18.3, §7.5; keep-alive of RFC 5626 §3.5.1."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.parser import MAX_BODY_BYTES, MAX_HEADER_BYTES
from hipper.telephony.sip.stream import StreamFramer

HEAD = b"MESSAGE sip:a@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCall-ID: 1\r\n"
FIRST = HEAD + b"Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nhi\r\n\r\nyou"
SECOND = HEAD + b"l :\r\n 0\r\n\r\n"


def read(framer: StreamFramer, data: bytes, step: int) -> list[bytes]:
    messages: list[bytes] = []
    for start in range(0, len(data), step):
        framer.receive_data(data[start : start + step])
        while (message := framer.next_message()) is not None:
            messages.append(message)
    return messages


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 10_000])
def test_messages_however_they_are_segmented(step: int) -> None:
    framer = StreamFramer()
    assert read(framer, FIRST + SECOND + FIRST, step) == [FIRST, SECOND, FIRST]
    assert framer.buffered == 0
    assert framer.pongs_due == 0


@pytest.mark.parametrize("step", [1, 2, 3, 5, 10_000])
def test_pings_between_messages_are_counted(step: int) -> None:
    framer = StreamFramer()
    data = b"\r\n\r\n" + FIRST + b"\r\n\r\n\r\n\r\n" + SECOND + b"\r\n\r\n"
    assert read(framer, data, step) == [FIRST, SECOND]
    assert framer.pongs_due == 4


def test_a_single_line_end_is_no_ping() -> None:
    framer = StreamFramer()
    assert read(framer, b"\r\n" + FIRST + b"\r\n" + SECOND, 10_000) == [FIRST, SECOND]
    assert framer.pongs_due == 0


def test_pongs_to_our_pings_are_not_answered() -> None:
    framer = StreamFramer(answer_pings=False)
    assert read(framer, b"\r\n" * 5 + FIRST, 4) == [FIRST]
    assert framer.pongs_due == 0


@pytest.mark.parametrize(
    ("data", "status", "answerable"),
    [
        (HEAD + b"\r\n", 400, True),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400, True),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400, True),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 400, True),
        (HEAD + f"Content-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(), 413, True),
        (b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h\r\n\r\n", None, False),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", None, False),
        (b"x" * (MAX_HEADER_BYTES + 1), None, False),
        (HEAD + b"X: y\r\n" * (MAX_HEADER_BYTES // 6) + b"\r\n", None, False),
    ],
)
def test_what_cannot_be_followed_ends_the_stream(data: bytes, status: int | None, answerable: bool) -> None:
    framer = StreamFramer()
    with pytest.raises(SipParseError) as caught:
        read(framer, data, 4096)
    assert caught.value.status_hint == status
    assert (caught.value.partial is not None) == answerable
    framer.receive_data(FIRST)
    assert framer.next_message() is None
    assert framer.buffered == 0


def test_a_length_of_many_zeros_is_zero() -> None:
    framer = StreamFramer()
    data = HEAD + b"Content-Length: " + b"0" * 20 + b"\r\n\r\n"
    assert read(framer, data + SECOND, 5) == [data, SECOND]


def test_a_message_before_the_error_is_still_given() -> None:
    framer = StreamFramer()
    framer.receive_data(FIRST + HEAD + b"\r\n")
    assert framer.next_message() == FIRST
    with pytest.raises(SipParseError):
        framer.next_message()
