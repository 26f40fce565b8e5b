"""G.711: PCMA and PCMU by look-up table (ITU-T G.711; RFC 3551 §4.5.14).

Samples are signed 16-bit numbers in an ``array('h')`` or any sequence; audio at 8 kHz has one byte a sample.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import cache

_ALAW_SEGMENT_ENDS = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)
_ULAW_SEGMENT_ENDS = (0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF)
_ULAW_BIAS = 33
_ULAW_CLIP = 8159


def alaw_encode(samples: Iterable[int]) -> bytes:
    """Samples outside 16 bits raise IndexError."""
    return bytes(map(_alaw_encoder().__getitem__, samples))


def ulaw_encode(samples: Iterable[int]) -> bytes:
    """Samples outside 16 bits raise IndexError."""
    return bytes(map(_ulaw_encoder().__getitem__, samples))


def alaw_decode(data: bytes) -> array[int]:
    return array("h", map(_alaw_decoder().__getitem__, data))


def ulaw_decode(data: bytes) -> array[int]:
    return array("h", map(_ulaw_decoder().__getitem__, data))


# Encoders are indexed by the sample itself: 0 to 32767 from the front, -32768 to -1 from the end, as Python
# indexes.


@cache
def _alaw_encoder() -> bytes:
    """13 significant bits: eight neighbouring samples share a code."""
    return b"".join(bytes((_to_alaw(value),)) * 8 for value in (*range(4096), *range(-4096, 0)))


@cache
def _ulaw_encoder() -> bytes:
    """14 significant bits: four neighbouring samples share a code."""
    return b"".join(bytes((_to_ulaw(value),)) * 4 for value in (*range(8192), *range(-8192, 0)))


@cache
def _alaw_decoder() -> tuple[int, ...]:
    return tuple(map(_from_alaw, range(256)))


@cache
def _ulaw_decoder() -> tuple[int, ...]:
    return tuple(map(_from_ulaw, range(256)))


def _segment(value: int, ends: tuple[int, ...]) -> int:
    return next((number for number, end in enumerate(ends) if value <= end), len(ends))


def _to_alaw(value: int) -> int:
    """``value``: 13 bits. Even bits are inverted on the wire, hence 0x55."""
    mask = 0xD5
    if value < 0:
        mask, value = 0x55, -value - 1
    segment = _segment(value, _ALAW_SEGMENT_ENDS)
    step = value >> (segment if segment > 1 else 1) & 0x0F
    return (segment << 4 | step) ^ mask


def _from_alaw(code: int) -> int:
    code ^= 0x55
    value = (code & 0x0F) << 4
    segment = (code & 0x70) >> 4
    value += 8 if segment == 0 else 0x108
    if segment > 1:
        value <<= segment - 1
    return value if code & 0x80 else -value


def _to_ulaw(value: int) -> int:
    """``value``: 14 bits. All bits are inverted on the wire."""
    mask = 0xFF
    if value < 0:
        mask, value = 0x7F, -value
    value = min(value, _ULAW_CLIP) + _ULAW_BIAS
    segment = _segment(value, _ULAW_SEGMENT_ENDS)
    if segment > 7:
        return 0x7F ^ mask
    return (segment << 4 | value >> (segment + 1) & 0x0F) ^ mask


def _from_ulaw(code: int) -> int:
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return 0x84 - value if code & 0x80 else value - 0x84
