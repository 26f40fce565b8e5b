"""RTP and telephone-events under arbitrary bytes, loss and disorder."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hipper.telephony.rtp.errors import RtpError
from hipper.telephony.rtp.packet import HeaderExtension, RtpPacket
from hipper.telephony.rtp.telephone_event import (
    EventEnded,
    EventStarted,
    TelephoneEvent,
    TelephoneEventReceiver,
    TelephoneEventSender,
)

u16, u32 = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
extensions = st.builds(
    HeaderExtension, u16, st.integers(0, 4).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n))
)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=u16,
    timestamp=u32,
    ssrc=u32,
    payload=st.binary(max_size=40),
    marker=st.booleans(),
    csrcs=st.lists(u32, max_size=15).map(tuple),
    extension=st.none() | extensions,
    padding=st.integers(0, 255),
)


@given(packets)
def test_what_is_written_is_read(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.to_bytes()) == packet


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda data: b"\xb3\x08" + data))
def test_rtp_parser_raises_only_its_own_error(data: bytes) -> None:
    try:
        packet = RtpPacket.parse(data)
    except RtpError:
        return
    again = packet.to_bytes()
    assert RtpPacket.parse(again) == packet
    assert len(again) == len(data)


@given(st.binary(max_size=8))
def test_telephone_event_raises_only_its_own_error(data: bytes) -> None:
    try:
        event = TelephoneEvent.parse(data)
    except RtpError:
        assert len(data) < 4
        return
    assert TelephoneEvent.parse(event.to_bytes()) == event


@given(st.text("0123456789*#", min_size=1, max_size=8), u32, st.data())
def test_digits_come_out_once_each_and_in_order_despite_loss_and_repetition(
    digits: str, start: int, data: st.DataObject
) -> None:
    receiver = TelephoneEventReceiver()
    happened: list[EventStarted | EventEnded] = []
    for number, digit in enumerate(digits):
        timestamp = (start + number * 2400) % 2**32
        sender = TelephoneEventSender(digit, timestamp=timestamp, duration=480)
        sent = []
        while (item := sender.next_payload()) is not None:
            sent.append(item[0])
        arrived = data.draw(st.lists(st.sampled_from(sent), min_size=1, max_size=8))
        for payload in arrived:
            happened += receiver.receive(timestamp, payload)
    happened += receiver.flush()
    assert "".join(e.digit or "?" for e in happened if isinstance(e, EventStarted)) == digits
    assert "".join(e.digit or "?" for e in happened if isinstance(e, EventEnded)) == digits
