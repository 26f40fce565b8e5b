"""RTP packets (RFC 3550 §5.1).

``V=2 P X CC | M PT | sequence | timestamp | SSRC | CSRC* | [profile length extension] | payload | [padding]``
"""

from __future__ import annotations

import struct

import msgspec

from hipper.telephony.rtp.errors import RtpError

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")


class HeaderExtension(msgspec.Struct, frozen=True):
    """RFC 3550 §5.3.1. ``data``: whole 32-bit words."""

    profile: int
    data: bytes


class RtpPacket(msgspec.Struct, frozen=True, kw_only=True):
    """``timestamp`` in units of the codec's clock. ``padding``: bytes after the payload that
    are not part of it."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: HeaderExtension | None = None
    padding: int = 0

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket:
        """Read one datagram. Raises RtpError, and nothing else."""
        if len(data) < 12:
            raise RtpError(f"{len(data)} bytes; an RTP header has 12")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first >> 6 != 2:
            raise RtpError(f"RTP version {first >> 6}")
        at = 12 + 4 * (first & 0x0F)
        if at > len(data):
            raise RtpError("cut off in the contributing sources")
        csrcs = struct.unpack_from(f"!{first & 0x0F}I", data, 12)
        extension = None
        if first & 0x10:
            extension, at = _parse_extension(data, at)
        padding = _padding_of(data, at) if first & 0x20 else 0
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=data[at : len(data) - padding],
            marker=bool(second & 0x80),
            csrcs=csrcs,
            extension=extension,
            padding=padding,
        )

    def to_bytes(self) -> bytes:
        """The datagram. Raises struct.error for a field outside its range, which only a
        caller's mistake makes."""
        first = 0x80 | len(self.csrcs)
        parts = [struct.pack(f"!{len(self.csrcs)}I", *self.csrcs)]
        if self.extension is not None:
            first |= 0x10
            parts.append(_EXTENSION.pack(self.extension.profile, len(self.extension.data) // 4))
            parts.append(self.extension.data)
        parts.append(self.payload)
        if self.padding:
            first |= 0x20
            parts.append(bytes(self.padding - 1) + bytes((self.padding,)))
        second = (0x80 if self.marker else 0) | self.payload_type
        header = _HEADER.pack(first, second, self.sequence, self.timestamp, self.ssrc)
        return header + b"".join(parts)


def _parse_extension(data: bytes, at: int) -> tuple[HeaderExtension, int]:
    if at + 4 > len(data):
        raise RtpError("cut off in the header extension")
    profile, words = _EXTENSION.unpack_from(data, at)
    end = at + 4 + 4 * words
    if end > len(data):
        raise RtpError("cut off in the header extension")
    return HeaderExtension(profile, data[at + 4 : end]), end


def _padding_of(data: bytes, payload_at: int) -> int:
    padding = data[-1]
    if padding == 0 or payload_at + padding > len(data):
        raise RtpError(f"{padding} bytes of padding do not fit")
    return padding


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram on a port shared by both is RTCP (RFC 5761 §4: payload types 64 to
    95 are not RTP's)."""
    return len(data) >= 2 and 192 <= data[1] <= 223


class RtpSender:
    """Numbers the packets of one stream we send. Start values are passed in: random ones (RFC 3550 §5.1)."""

    __slots__ = ("octets", "packets", "sequence", "ssrc", "timestamp")

    def __init__(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        self.ssrc = ssrc
        self.sequence = sequence & 0xFFFF
        self.timestamp = timestamp & 0xFFFFFFFF
        self.packets = 0
        self.octets = 0

    def packet(
        self,
        payload: bytes,
        *,
        payload_type: int,
        duration: int,
        marker: bool = False,
        timestamp: int | None = None,
    ) -> bytes:
        """The next datagram; the clock then moves on by ``duration`` units. ``timestamp``: of an
        event that goes on."""
        packet = RtpPacket(
            payload_type=payload_type,
            sequence=self.sequence,
            timestamp=self.timestamp if timestamp is None else timestamp,
            ssrc=self.ssrc,
            payload=payload,
            marker=marker,
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + duration) & 0xFFFFFFFF
        self.packets += 1
        self.octets += len(payload)
        return packet.to_bytes()
