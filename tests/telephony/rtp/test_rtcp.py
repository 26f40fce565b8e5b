"""RFC 3550 §6: RTCP."""

from __future__ import annotations

import pytest

from hipper.telephony.rtp.errors import RtpError
from hipper.telephony.rtp.rtcp import (
    Goodbye,
    OtherRtcp,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build_compound,
    ntp_time,
    parse_compound,
)
from tests.telephony.rtp.datagrams import read_datagrams

BLOCK = ReportBlock(
    ssrc=0x0A0B0C0D,
    fraction_lost=128,
    lost=-2,
    highest=0x0001FFFF,
    jitter=5,
    last_sender_report=0x11223344,
    delay=0x10000,
)
BLOCK_WIRE = "0a0b0c0d 80fffffe 0001ffff 00000005 11223344 00010000"

# One table drives the reader and the writer.
BOTH_WAYS: list[tuple[str, RtcpPacket]] = [
    ("80c9 0001 00000007", ReceiverReport(ssrc=7)),
    (f"81c9 0007 00000007 {BLOCK_WIRE}", ReceiverReport(ssrc=7, reports=(BLOCK,))),
    (
        f"81c8 000c 00000007 e0000000 80000000 00000140 00000002 00000140 {BLOCK_WIRE}",
        SenderReport(ssrc=7, ntp=0xE000000080000000, timestamp=320, packets=2, octets=320, reports=(BLOCK,)),
    ),
    ("81ca 0000 00000007 0105 6140626364 00", SourceDescription(cnames=((7, "a@bcd"),))),
    ("82ca 0000 00000007 0101 6100 00000008 0101 6200", SourceDescription(cnames=((7, "a"), (8, "b")))),
    ("80cb 0000", Goodbye(ssrcs=())),
    ("81cb 0001 00000007", Goodbye(ssrcs=(7,))),
    ("81cb 0000 00000007 03627965", Goodbye(ssrcs=(7,), reason="bye")),
    ("81cc 0002 00000007 61626364", OtherRtcp(packet_type=204, count=1, body=b"\0\0\0\x07abcd")),
]


def wire_of(text: str) -> bytes:
    """Fill in the length and the last word, so that the table stays readable."""
    data = bytes.fromhex(text)
    data += bytes(-len(data) % 4)
    return data[:2] + (len(data) // 4 - 1).to_bytes(2) + data[4:]


@pytest.mark.parametrize(("text", "packet"), BOTH_WAYS)
def test_parse(text: str, packet: RtcpPacket) -> None:
    assert parse_compound(wire_of(text)) == (packet,)


@pytest.mark.parametrize(("text", "packet"), BOTH_WAYS)
def test_write(text: str, packet: RtcpPacket) -> None:
    assert build_compound([packet]) == wire_of(text)


def test_compound_of_all() -> None:
    packets = tuple(packet for _, packet in BOTH_WAYS)
    assert parse_compound(build_compound(packets)) == packets


def test_real_rtcp_is_a_sender_report_and_a_name_and_survives_both_ways() -> None:
    for datagram in read_datagrams("rtpengine.rtcp"):
        packets = parse_compound(datagram)
        assert [type(packet) for packet in packets] == [SenderReport, SourceDescription]
        assert build_compound(packets) == datagram


def test_padding_of_the_last_packet_is_taken_off() -> None:
    padded = bytes.fromhex("a1cb 0002 00000007 00000004")
    assert parse_compound(padded) == (Goodbye(ssrcs=(7,)),)


def test_other_source_description_items_are_skipped() -> None:
    wire = wire_of("81ca 0000 00000007 020178 010161 00")
    assert parse_compound(wire) == (SourceDescription(cnames=((7, "a"),)),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no RTCP packet"),
        ("80", "RTCP header"),
        ("00c9 0000", "version 0"),
        ("80c9 0002 00000007", "cut off in an RTCP packet"),
        ("80c9 0000", "short receiver report"),
        ("81c9 0001 00000007", "short receiver report"),
        ("80c8 0001 00000007", "short sender report"),
        ("82ca 0002 00000007 00000000", "short source description"),
        ("81ca 0002 00000007 01ff6100", "item is cut off"),
        ("82cb 0001 00000007", "short goodbye"),
        ("81cb 0002 00000007 ff627965", "reason is cut off"),
        ("a1cb 0001 00000007", "padding"),
        ("a0c9 0001 00000000", "padding"),
        ("a1cb 0002 00000007 00000003", "padding"),
    ],
)
def test_broken_rtcp_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RtpError, match=reason):
        parse_compound(bytes.fromhex(text))


def test_section_4_ntp_time() -> None:
    assert ntp_time(0.5) == (2_208_988_800 << 32) | 0x80000000
