"""Recordings made here, for tests of what is uploaded."""

from __future__ import annotations

import io
import math
import struct
import wave

RATE = 8000


def tone(hertz: float, seconds: float = 1.5, *, level: int = 8000, rate: int = RATE) -> bytes:
    """A wav with one tone."""
    count = int(seconds * rate)
    samples = [int(level * math.sin(2 * math.pi * hertz * n / rate)) for n in range(count)]
    return wav(struct.pack(f"<{count}h", *samples), rate)


def wav(frames: bytes, rate: int = RATE, channels: int = 1) -> bytes:
    """16 bits a sample."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", "not compressed"))
        file.writeframes(frames)
    return out.getvalue()
