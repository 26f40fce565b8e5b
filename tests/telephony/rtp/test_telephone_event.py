"""RFC 4733 §2: digits."""

from __future__ import annotations

import pytest

from hipper.telephony.rtp.errors import RtpError
from hipper.telephony.rtp.packet import RtpPacket
from hipper.telephony.rtp.telephone_event import (
    EventEnded,
    EventStarted,
    TelephoneEvent,
    TelephoneEventReceiver,
    TelephoneEventSender,
    event_of,
)
from tests.telephony.rtp.datagrams import read_datagrams

# RFC 2833 §3.14, the dialling of "911": 9 and 1 are over, the last 1 goes on.
RFC2833_EXAMPLE = [
    ("09870640", TelephoneEvent(event=9, end=True, volume=7, duration=1600)),
    ("018a07d0", TelephoneEvent(event=1, end=True, volume=10, duration=2000)),
    ("01140190", TelephoneEvent(event=1, end=False, volume=20, duration=400)),
]


@pytest.mark.parametrize(("wire", "event"), RFC2833_EXAMPLE)
def test_payload_both_ways(wire: str, event: TelephoneEvent) -> None:
    assert TelephoneEvent.parse(bytes.fromhex(wire)) == event
    assert event.to_bytes() == bytes.fromhex(wire)


def test_payload_too_short() -> None:
    with pytest.raises(RtpError, match="3 bytes"):
        TelephoneEvent.parse(b"\0\0\0")


def test_reserved_bit_and_more_bytes_are_ignored() -> None:
    assert TelephoneEvent.parse(bytes.fromhex("054a00a0ff")) == TelephoneEvent(event=5, duration=160)


@pytest.mark.parametrize(("digit", "event"), [("0", 0), ("9", 9), ("*", 10), ("#", 11), ("A", 12), ("d", 15)])
def test_section_3_2_codes(digit: str, event: int) -> None:
    assert event_of(digit) == event
    assert TelephoneEvent(event=event).digit == digit.upper()


@pytest.mark.parametrize("digit", ["", "E", "12", "**"])
def test_what_is_no_digit(digit: str) -> None:
    with pytest.raises(ValueError, match="no telephone digit"):
        event_of(digit)


def payloads(sender: TelephoneEventSender) -> list[tuple[bytes, bool]]:
    out = []
    while (item := sender.next_payload()) is not None:
        out.append(item)
    return out


def test_section_2_5_1_sender_grows_and_ends_three_times() -> None:
    sent = payloads(TelephoneEventSender("5", timestamp=0, duration=480, interval=160))
    events = [TelephoneEvent.parse(payload) for payload, _ in sent]
    assert [(event.duration, event.end) for event in events] == [
        (160, False),
        (320, False),
        (480, True),
        (480, True),
        (480, True),
    ]
    assert [marker for _, marker in sent] == [True, False, False, False, False]
    assert {event.event for event in events} == {5}


def test_sender_of_a_digit_that_is_no_whole_number_of_packets() -> None:
    events = [
        TelephoneEvent.parse(payload)
        for payload, _ in payloads(TelephoneEventSender("*", timestamp=0, duration=250, interval=160))
    ]
    assert [event.duration for event in events] == [160, 250, 250, 250]


@pytest.mark.parametrize(("duration", "interval"), [(0, 0), (100, 160), (70000, 160), (160, 0)])
def test_sender_refuses_lengths_it_cannot_write(duration: int, interval: int) -> None:
    with pytest.raises(ValueError, match="a digit lasts"):
        TelephoneEventSender("1", timestamp=0, duration=duration, interval=interval)


def test_receiver_tells_each_digit_once_of_many_packets() -> None:
    receiver = TelephoneEventReceiver()
    happened = []
    for start, digit in ((1000, "9"), (7400, "1"), (12200, "1")):
        for payload, _ in payloads(TelephoneEventSender(digit, timestamp=start)):
            happened += receiver.receive(start, payload)
    assert happened == [
        EventStarted(9, "9", 1000),
        EventEnded(9, "9", 1000, 1280, True),
        EventStarted(1, "1", 7400),
        EventEnded(1, "1", 7400, 1280, True),
        EventStarted(1, "1", 12200),
        EventEnded(1, "1", 12200, 1280, True),
    ]


@pytest.mark.parametrize("lost", range(10))
def test_any_one_packet_may_be_lost(lost: int) -> None:
    sent = payloads(TelephoneEventSender("7", timestamp=0))
    assert len(sent) == 10
    receiver = TelephoneEventReceiver()
    happened = [
        event for n, (payload, _) in enumerate(sent) if n != lost for event in receiver.receive(0, payload)
    ]
    assert happened == [EventStarted(7, "7", 0), EventEnded(7, "7", 0, 1280, True)]


def test_only_an_end_packet_came() -> None:
    happened = TelephoneEventReceiver().receive(4, TelephoneEvent(event=3, end=True, duration=800).to_bytes())
    assert happened == [EventStarted(3, "3", 4), EventEnded(3, "3", 4, 800, True)]


def test_next_digit_ends_one_whose_end_packets_were_all_lost() -> None:
    receiver = TelephoneEventReceiver()
    receiver.receive(0, TelephoneEvent(event=3, duration=160).to_bytes())
    receiver.receive(0, TelephoneEvent(event=3, duration=320).to_bytes())
    happened = receiver.receive(5000, TelephoneEvent(event=4, duration=160).to_bytes())
    assert happened == [EventEnded(3, "3", 0, 320, False), EventStarted(4, "4", 5000)]


def test_late_packet_of_an_earlier_digit_is_nothing() -> None:
    receiver = TelephoneEventReceiver()
    receiver.receive(0xFFFFFF00, TelephoneEvent(event=3, end=True, duration=160).to_bytes())
    assert receiver.receive(0x100, TelephoneEvent(event=4, duration=160).to_bytes()) == [
        EventStarted(4, "4", 0x100)
    ]
    assert receiver.receive(0xFFFFFF00, TelephoneEvent(event=3, duration=80).to_bytes()) == []


def test_flush_ends_what_is_open_once() -> None:
    receiver = TelephoneEventReceiver()
    assert receiver.flush() == []
    receiver.receive(0, TelephoneEvent(event=16, duration=160).to_bytes())
    assert receiver.flush() == [EventEnded(16, None, 0, 160, False)]
    assert receiver.flush() == []
    assert receiver.receive(0, TelephoneEvent(event=16, end=True, duration=320).to_bytes()) == []


def test_the_digits_that_rtpengine_played_one_of_them_out_of_order() -> None:
    receiver = TelephoneEventReceiver()
    happened = []
    for packet in map(RtpPacket.parse, read_datagrams("rtpengine-digits-9-hash.rtp")):
        if packet.payload_type == 101:
            happened += receiver.receive(packet.timestamp, packet.payload)
    assert happened == [
        EventStarted(9, "9", 1920),
        EventEnded(9, "9", 1920, 1760, True),
        EventStarted(11, "#", 6720),
        EventEnded(11, "#", 6720, 1760, True),
    ]
