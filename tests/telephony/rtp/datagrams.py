"""Reads the vectors: datagrams with their length before them (RFC 4571)."""

from __future__ import annotations

from pathlib import Path

VECTORS = Path(__file__).parents[2] / "vectors" / "rtp"


def read_datagrams(name: str) -> list[bytes]:
    data = (VECTORS / name).read_bytes()
    found = []
    while data:
        length = int.from_bytes(data[:2])
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    return found
