"""One payload format of an RTP stream: payload type, encoding name, clock rate (RFC 8866
§6.6, RFC 3551 §6)."""

from __future__ import annotations

import msgspec


class Codec(msgspec.Struct, frozen=True):
    """``rate``: RTP clock rate, Hz. ``channels``: audio channels. ``fmtp``: format parameters
    as written, or None."""

    payload_type: int
    name: str
    rate: int
    channels: int = 1
    fmtp: str | None = None

    @property
    def rtpmap(self) -> str:
        """``101 telephone-event/8000``, the value of ``a=rtpmap``."""
        channels = f"/{self.channels}" if self.channels != 1 else ""
        return f"{self.payload_type} {self.name}/{self.rate}{channels}"

    @property
    def is_telephone_event(self) -> bool:
        return self.name.lower() == "telephone-event"

    @property
    def carries_media(self) -> bool:
        """Not a helper of another codec, such as digits and comfort noise: a stream needs at
        least one that does."""
        return self.name.lower() not in ("telephone-event", "cn", "red", "ulpfec", "rtx")

    def same_format(self, other: Codec) -> bool:
        """The same encoding, whatever its payload type (names compare without case, RFC 4855 §3)."""
        mine = (self.name.lower(), self.rate, self.channels)
        return mine == (other.name.lower(), other.rate, other.channels)


STATIC_CODECS: dict[int, Codec] = {
    codec.payload_type: codec
    for codec in (
        Codec(0, "PCMU", 8000),
        Codec(3, "GSM", 8000),
        Codec(4, "G723", 8000),
        Codec(5, "DVI4", 8000),
        Codec(6, "DVI4", 16000),
        Codec(7, "LPC", 8000),
        Codec(8, "PCMA", 8000),
        Codec(9, "G722", 8000),
        Codec(10, "L16", 44100, 2),
        Codec(11, "L16", 44100),
        Codec(12, "QCELP", 8000),
        Codec(13, "CN", 8000),
        Codec(14, "MPA", 90000),
        Codec(15, "G728", 8000),
        Codec(16, "DVI4", 11025),
        Codec(17, "DVI4", 22050),
        Codec(18, "G729", 8000),
        Codec(25, "CelB", 90000),
        Codec(26, "JPEG", 90000),
        Codec(28, "nv", 90000),
        Codec(31, "H261", 90000),
        Codec(32, "MPV", 90000),
        Codec(33, "MP2T", 90000),
        Codec(34, "H263", 90000),
    )
}
"""Payload types that need no ``a=rtpmap`` (RFC 3551 tables 4 and 5)."""

PCMU = STATIC_CODECS[0]
PCMA = STATIC_CODECS[8]
TELEPHONE_EVENT = Codec(101, "telephone-event", 8000, 1, "0-15")


def parse_rtpmap(value: str) -> Codec | None:
    """``97 opus/48000/2`` -> Codec; None when it is not what RFC 8866 §6.6 says."""
    number, _, encoding = value.partition(" ")
    parts = encoding.strip().split("/")
    if len(parts) not in (2, 3) or not parts[0] or not is_number(number):
        return None
    if not all(map(is_number, parts[1:])):
        return None
    channels = int(parts[2]) if len(parts) == 3 else 1
    return Codec(int(number), parts[0], int(parts[1]), channels)


def is_number(text: str) -> bool:
    """Digits only, and few enough for any number in a description."""
    return text.isascii() and text.isdigit() and len(text) <= 9
