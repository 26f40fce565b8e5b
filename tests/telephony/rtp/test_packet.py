"""RFC 3550 §5.1: the RTP packet."""

from __future__ import annotations

import pytest

from hipper.telephony.rtp.errors import RtpError
from hipper.telephony.rtp.packet import HeaderExtension, RtpPacket, RtpSender, is_rtcp
from tests.telephony.rtp.datagrams import read_datagrams

FIXED = bytes.fromhex("8008 1234 00000140 deadbeef")

# One table drives the reader and the writer.
BOTH_WAYS = [
    (
        FIXED + b"audio",
        RtpPacket(payload_type=8, sequence=0x1234, timestamp=320, ssrc=0xDEADBEEF, payload=b"audio"),
    ),
    (
        bytes.fromhex("80e5 ffff ffffffff 00000001 05 8a 0320"),
        RtpPacket(
            payload_type=101,
            sequence=0xFFFF,
            timestamp=0xFFFFFFFF,
            ssrc=1,
            payload=b"\x05\x8a\x03\x20",
            marker=True,
        ),
    ),
    (
        bytes.fromhex("8200 0001 00000002 00000003 0000000a 0000000b") + b"x",
        RtpPacket(payload_type=0, sequence=1, timestamp=2, ssrc=3, payload=b"x", csrcs=(10, 11)),
    ),
    (
        bytes.fromhex("9000 0001 00000002 00000003 bede 0001 10aa0000") + b"x",
        RtpPacket(
            payload_type=0,
            sequence=1,
            timestamp=2,
            ssrc=3,
            payload=b"x",
            extension=HeaderExtension(0xBEDE, b"\x10\xaa\0\0"),
        ),
    ),
    (
        bytes.fromhex("a000 0001 00000002 00000003") + b"x\0\0\x03",
        RtpPacket(payload_type=0, sequence=1, timestamp=2, ssrc=3, payload=b"x", padding=3),
    ),
    (
        bytes.fromhex("b100 0001 00000002 00000003 00000009 0000 0000 00000004"),
        RtpPacket(
            payload_type=0,
            sequence=1,
            timestamp=2,
            ssrc=3,
            csrcs=(9,),
            extension=HeaderExtension(0, b""),
            padding=4,
        ),
    ),
]


@pytest.mark.parametrize(("wire", "packet"), BOTH_WAYS)
def test_parse(wire: bytes, packet: RtpPacket) -> None:
    assert RtpPacket.parse(wire) == packet


@pytest.mark.parametrize(("wire", "packet"), BOTH_WAYS)
def test_write(wire: bytes, packet: RtpPacket) -> None:
    assert packet.to_bytes() == wire


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"", "0 bytes"),
        (FIXED[:11], "11 bytes"),
        (b"\x40" + FIXED[1:], "version 1"),
        (b"\x81" + FIXED[1:], "contributing sources"),
        (b"\x90" + FIXED[1:], "header extension"),
        (b"\x90" + FIXED[1:] + b"\0\0\0\x01", "header extension"),
        (b"\xa0" + FIXED[1:] + b"\0", "padding"),
        (b"\xa0" + FIXED[1:] + b"\x02", "padding"),
        (b"\xa0" + FIXED[1:-1] + b"\x01", "padding"),
    ],
)
def test_broken_packet_is_refused(wire: bytes, reason: str) -> None:
    with pytest.raises(RtpError, match=reason):
        RtpPacket.parse(wire)


def test_real_packets_survive_both_ways() -> None:
    datagrams = read_datagrams("rtpengine-440hz-pcma.rtp")
    packets = [RtpPacket.parse(datagram) for datagram in datagrams]
    assert [packet.to_bytes() for packet in packets] == datagrams
    assert len({packet.ssrc for packet in packets}) == 1
    assert packets[0].marker
    assert [packet.timestamp - packets[0].timestamp for packet in packets] == [160 * n for n in range(50)]


def test_rtcp_on_the_same_port_is_told_apart() -> None:
    assert all(map(is_rtcp, read_datagrams("rtpengine.rtcp")))
    assert not any(map(is_rtcp, read_datagrams("rtpengine-440hz-pcma.rtp")))
    assert not is_rtcp(b"\x80")


def test_sender_counts_and_wraps() -> None:
    sender = RtpSender(ssrc=7, sequence=0xFFFF, timestamp=0xFFFFFFFF)
    first = RtpPacket.parse(sender.packet(b"ab", payload_type=8, duration=160, marker=True))
    second = RtpPacket.parse(sender.packet(b"cd", payload_type=8, duration=160))
    event = RtpPacket.parse(sender.packet(b"ef", payload_type=101, duration=0, timestamp=5))
    assert (first.sequence, first.timestamp, first.marker) == (0xFFFF, 0xFFFFFFFF, True)
    assert (second.sequence, second.timestamp, second.marker) == (0, 159, False)
    assert (event.sequence, event.timestamp, sender.timestamp) == (1, 5, 319)
    assert (sender.packets, sender.octets) == (3, 6)
