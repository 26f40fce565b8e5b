"""RTCP: sender and receiver reports, source descriptions, goodbye (RFC 3550 §6)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import msgspec

from hipper.telephony.rtp.errors import RtpError

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203
_CNAME = 1
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970."""

_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IIIIII")
_BLOCK = struct.Struct("!IIIIII")


class ReportBlock(msgspec.Struct, frozen=True, kw_only=True):
    """What one receiver says of one source (§6.4.1). ``fraction_lost``: of 256, since the last report.
    ``jitter``: clock units. ``last_sender_report``: middle 32 bits of its NTP time. ``delay`` since then:
    1/65536 s."""

    ssrc: int
    fraction_lost: int = 0
    lost: int = 0
    highest: int = 0
    jitter: int = 0
    last_sender_report: int = 0
    delay: int = 0


class SenderReport(msgspec.Struct, frozen=True, kw_only=True):
    """§6.4.1. ``ntp``: 64 bits, see :func:`ntp_time`."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    reports: tuple[ReportBlock, ...] = ()


class ReceiverReport(msgspec.Struct, frozen=True, kw_only=True):
    """§6.4.2."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()


class SourceDescription(msgspec.Struct, frozen=True, kw_only=True):
    """§6.5, its CNAMEs only: (SSRC, canonical name), the one item that everyone must send."""

    cnames: tuple[tuple[int, str], ...]


class Goodbye(msgspec.Struct, frozen=True, kw_only=True):
    """§6.6."""

    ssrcs: tuple[int, ...]
    reason: str | None = None


class OtherRtcp(msgspec.Struct, frozen=True, kw_only=True):
    """A kind we do not read: APP, feedback, extended reports. ``body``: after the four bytes of header."""

    packet_type: int
    count: int
    body: bytes


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | OtherRtcp


def ntp_time(unix: float) -> int:
    """Seconds since 1970 as the 64-bit NTP time of a sender report (§4)."""
    seconds = int(unix)
    return (((seconds + _NTP_EPOCH) & 0xFFFFFFFF) << 32) | int((unix - seconds) * (1 << 32)) & 0xFFFFFFFF


def parse_compound(data: bytes) -> tuple[RtcpPacket, ...]:
    """Every packet of one datagram (§6.1; RFC 5506 lets it begin with any). Raises
    RtpError, and nothing else."""
    packets = []
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise RtpError("cut off in an RTCP header")
        first, packet_type, words = _HEADER.unpack_from(data, at)
        if first >> 6 != 2:
            raise RtpError(f"RTCP version {first >> 6}")
        end = at + 4 + 4 * words
        if end > len(data):
            raise RtpError("cut off in an RTCP packet")
        body = data[at + 4 : end]
        if first & 0x20:
            body = _without_padding(body)
        packets.append(_parse_packet(packet_type, first & 0x1F, body))
        at = end
    if not packets:
        raise RtpError("no RTCP packet")
    return tuple(packets)


def _without_padding(body: bytes) -> bytes:
    if not body or not 0 < body[-1] <= len(body) or body[-1] % 4:
        raise RtpError("bad RTCP padding")
    return body[: -body[-1]]


def _parse_packet(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    if packet_type == SENDER_REPORT:
        if len(body) < 24 + 24 * count:
            raise RtpError("short sender report")
        ssrc, high, low, timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
        reports = _parse_blocks(body, 24, count)
        ntp = high << 32 | low
        return SenderReport(
            ssrc=ssrc, ntp=ntp, timestamp=timestamp, packets=packets, octets=octets, reports=reports
        )
    if packet_type == RECEIVER_REPORT:
        if len(body) < 4 + 24 * count:
            raise RtpError("short receiver report")
        return ReceiverReport(ssrc=int.from_bytes(body[:4]), reports=_parse_blocks(body, 4, count))
    if packet_type == SOURCE_DESCRIPTION:
        return SourceDescription(cnames=_parse_cnames(body, count))
    if packet_type == GOODBYE:
        return _parse_goodbye(body, count)
    return OtherRtcp(packet_type=packet_type, count=count, body=body)


def _parse_blocks(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for _ in range(count):
        ssrc, loss, highest, jitter, last, delay = _BLOCK.unpack_from(body, at)
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(
                ssrc=ssrc,
                fraction_lost=loss >> 24,
                lost=lost - 0x1000000 if lost & 0x800000 else lost,
                highest=highest,
                jitter=jitter,
                last_sender_report=last,
                delay=delay,
            )
        )
        at += 24
    return tuple(blocks)


def _parse_cnames(body: bytes, count: int) -> tuple[tuple[int, str], ...]:
    cnames = []
    at = 0
    for _ in range(count):
        if at + 4 > len(body):
            raise RtpError("short source description")
        ssrc = int.from_bytes(body[at : at + 4])
        start = at
        at += 4
        while at < len(body) and body[at] != 0:
            if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
                raise RtpError("source description item is cut off")
            if body[at] == _CNAME:
                cnames.append((ssrc, body[at + 2 : at + 2 + body[at + 1]].decode("utf-8", "replace")))
            at += 2 + body[at + 1]
        at = start + ((at - start) // 4 + 1) * 4  # one to four zero bytes end the chunk on a word
    return tuple(cnames)


def _parse_goodbye(body: bytes, count: int) -> Goodbye:
    end = 4 * count
    if end > len(body):
        raise RtpError("short goodbye")
    ssrcs = struct.unpack_from(f"!{count}I", body)
    if end == len(body):
        return Goodbye(ssrcs=ssrcs)
    reason = body[end + 1 : end + 1 + body[end]]
    if len(reason) != body[end]:
        raise RtpError("goodbye reason is cut off")
    return Goodbye(ssrcs=ssrcs, reason=reason.decode("utf-8", "replace"))


def build_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """One datagram. A report comes first (§6.1): the caller's order is kept."""
    return b"".join(map(_build, packets))


def _build(packet: RtcpPacket) -> bytes:
    if isinstance(packet, SenderReport):
        ntp = divmod(packet.ntp, 1 << 32)
        info = _SENDER_INFO.pack(packet.ssrc, *ntp, packet.timestamp, packet.packets, packet.octets)
        return _framed(SENDER_REPORT, len(packet.reports), info + _build_blocks(packet.reports))
    if isinstance(packet, ReceiverReport):
        body = packet.ssrc.to_bytes(4) + _build_blocks(packet.reports)
        return _framed(RECEIVER_REPORT, len(packet.reports), body)
    if isinstance(packet, SourceDescription):
        return _framed(SOURCE_DESCRIPTION, len(packet.cnames), b"".join(map(_build_chunk, packet.cnames)))
    if isinstance(packet, Goodbye):
        body = struct.pack(f"!{len(packet.ssrcs)}I", *packet.ssrcs)
        if packet.reason is not None:
            reason = packet.reason.encode()[:255]
            body += _padded(bytes((len(reason),)) + reason)
        return _framed(GOODBYE, len(packet.ssrcs), body)
    return _framed(packet.packet_type, packet.count, packet.body)


def _framed(packet_type: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, packet_type, len(body) // 4) + body


def _build_blocks(blocks: Iterable[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | block.lost & 0xFFFFFF,
            block.highest,
            block.jitter,
            block.last_sender_report,
            block.delay,
        )
        for block in blocks
    )


def _build_chunk(cname: tuple[int, str]) -> bytes:
    ssrc, name = cname
    text = name.encode()[:255]
    return _padded(ssrc.to_bytes(4) + bytes((_CNAME, len(text))) + text + b"\0")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
