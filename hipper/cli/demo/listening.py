"""Which announcement somebody hears, measured: the loudness of what came follows the recording's."""

from __future__ import annotations

import asyncio
import math
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

from hipper.telephony.rtp.tones import RATE, rms
from simulators.call import Call, CallError

FRAMES_A_SECOND = 50
WINDOW_S = 1.2
"""Speech that must fit: two or three words."""
FITS = 0.85
"""Correlation from which on it is this recording; another one of the exchange's reaches 0.7."""
SILENT_RMS = 50.0
LOOKS_EVERY_S = 0.1


def loudness(samples: Sequence[int], rate: int) -> list[float]:
    """Root mean square of each 20 ms."""
    size = rate // FRAMES_A_SECOND
    return [rms(samples[start : start + size]) for start in range(0, len(samples) - size + 1, size)]


def read_loudness(recording: Path) -> list[float]:
    """Of a wav file. Raises OSError, wave.Error."""
    with wave.open(str(recording)) as file:
        samples = array("h", file.readframes(file.getnframes()))
        return loudness(samples, file.getframerate())


def likeness(heard: Sequence[float], spoken: Sequence[float]) -> float:
    """The best correlation (-1 to 1) of ``heard`` with any stretch of ``spoken`` as long; 0 when either is
    too short or silent."""
    size = int(WINDOW_S * FRAMES_A_SECOND)
    if len(heard) < size or max(heard[-size:]) < SILENT_RMS:
        return 0.0
    window = heard[-size:]
    return max(
        (_correlation(window, spoken[at : at + size]) for at in range(len(spoken) - size + 1)), default=0.0
    )


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    first, second = [x - mean_one for x in one], [y - mean_other for y in other]
    scale = math.sqrt(sum(x * x for x in first) * sum(y * y for y in second))
    return sum(x * y for x, y in zip(first, second, strict=True)) / scale if scale else 0.0


async def hears_recording(call: Call, recording: Path, within_s: float) -> float:
    """Wait until the last 1.2 s that came are part of ``recording``. Returns how well it fits. Raises
    CallError."""
    spoken = await asyncio.to_thread(read_loudness, recording)
    loop = asyncio.get_running_loop()
    deadline, best = loop.time() + within_s, 0.0
    while loop.time() < deadline:
        best = max(best, likeness(loudness(call.media.heard, RATE), spoken))
        if best >= FITS:
            return best
        await asyncio.sleep(LOOKS_EVERY_S)
    raise CallError(
        f"the announcement {recording.stem} was not heard in {within_s:g} s: what came fits by {best:.2f}, "
        f"{call.media.packets_received} packets"
    )
