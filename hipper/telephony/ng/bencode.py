"""Bencoding (BEP 3), as rtpengine speaks it: dictionary keys in any order, strings that are
UTF-8 or plain bytes.

``string = length ":" bytes`` · ``integer = "i" ["-"] digits "e"`` · ``list = "l" *value "e"`` · ``dict = "d"
*(string value) "e"``
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

MAX_BYTES = 65_535
"""A UDP datagram holds no more."""
MAX_DEPTH = 32
"""rtpengine's deepest reply (``query``) has nine."""
MAX_INTEGER_DIGITS = 20
"""An unsigned 64-bit counter."""

Encodable: TypeAlias = str | bytes | int | Sequence["Encodable"] | Mapping[str, "Encodable"]
Value: TypeAlias = str | bytes | int | list["Value"] | dict[str, "Value"]
"""What decoding gives: a byte string becomes str where it is UTF-8 and stays bytes where it is not."""


class BencodeError(ValueError):
    """The text is not bencoding, or larger or deeper than we take. Says where, in bytes from the start."""


def encode(value: Encodable) -> bytes:
    """Bencode ``value``; str as UTF-8, bool as 0 or 1, mapping in its own order. Raises TypeError
    for anything else."""
    out: list[bytes] = []
    _encode(value, out)
    return b"".join(out)


def _encode(value: object, out: list[bytes]) -> None:
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, (bytes, bytearray)):
        out.append(b"%d:" % len(value))
        out.append(bytes(value))
    elif isinstance(value, int):
        out.append(b"i%de" % value)
    elif isinstance(value, Mapping):
        out.append(b"d")
        for key, item in value.items():
            _encode(key, out)
            _encode(item, out)
        out.append(b"e")
    elif isinstance(value, Sequence):
        out.append(b"l")
        for item in value:
            _encode(item, out)
        out.append(b"e")
    else:
        raise TypeError(f"{type(value).__name__} has no bencoding")


def decode(data: bytes) -> Value:
    """The one value that ``data`` holds. Raises BencodeError, and nothing else."""
    if len(data) > MAX_BYTES:
        raise BencodeError(f"{len(data)} bytes; at most {MAX_BYTES} are read")
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise BencodeError(f"{len(data) - end} bytes after the value, at {end}")
    return value


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    first = data[at : at + 1]
    if first.isdigit():
        return _decode_string(data, at)
    if first == b"d":
        return _decode_dict(data, at + 1, _deeper(depth, at))
    if first == b"l":
        return _decode_list(data, at + 1, _deeper(depth, at))
    if first == b"i":
        return _decode_integer(data, at)
    raise BencodeError(f"value expected at {at}")


def _deeper(depth: int, at: int) -> int:
    if depth >= MAX_DEPTH:
        raise BencodeError(f"deeper than {MAX_DEPTH} at {at}")
    return depth + 1


def _decode_string(data: bytes, at: int) -> tuple[str | bytes, int]:
    colon = data.find(b":", at, at + 8)
    length = data[at : max(at, colon)]
    if colon < 0 or not length.isdigit() or (length[:1] == b"0" and len(length) > 1):
        raise BencodeError(f"bad string length at {at}")
    start = colon + 1
    end = start + int(length)
    if end > len(data):
        raise BencodeError(f"string at {at} is cut off")
    raw = data[start:end]
    try:
        return raw.decode(), end
    except UnicodeDecodeError:
        return raw, end


def _decode_integer(data: bytes, at: int) -> tuple[int, int]:
    end = data.find(b"e", at + 1, at + MAX_INTEGER_DIGITS + 3)
    text = data[at + 1 : max(at + 1, end)]
    digits = text.removeprefix(b"-")
    if end < 0 or not digits.isdigit() or len(digits) > MAX_INTEGER_DIGITS:
        raise BencodeError(f"bad integer at {at}")
    if digits[:1] == b"0" and text != b"0":
        raise BencodeError(f"integer with a leading zero at {at}")
    return int(text), end + 1


def _decode_list(data: bytes, at: int, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while data[at : at + 1] != b"e":
        item, at = _decode(data, at, depth)
        items.append(item)
    return items, at + 1


def _decode_dict(data: bytes, at: int, depth: int) -> tuple[dict[str, Value], int]:
    items: dict[str, Value] = {}
    while data[at : at + 1] != b"e":
        if not data[at : at + 1].isdigit():
            raise BencodeError(f"dictionary key expected at {at}")
        key, value_at = _decode_string(data, at)
        if isinstance(key, bytes):
            raise BencodeError(f"dictionary key at {at} is not UTF-8")
        items[key], at = _decode(data, value_at, depth)
    return items, at + 1
