"""Tones: made, so that somebody can hear us, and found, so that we can say who was heard.

Detection is by Goertzel's algorithm over blocks of 50 ms. Each block stands alone, so that a lost packet,
which breaks the phase, costs one block and not the answer.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache

RATE = 8000
BLOCK = 400
"""Samples a block: at 8 kHz candidates may stand 20 Hz apart."""
MIN_LEVEL = 100.0
"""RMS below which all is silence: 50 dB under full scale; G.711's idle noise is near 8."""
MIN_SHARE = 0.6
"""Of a block's power that one tone must have. White noise gives 0.005, two equal tones 0.5, G.711
alone costs 0.001."""


class ToneGenerator:
    """A sine without jumps between blocks. ``frequency_hz``: whole Hz below half of ``rate``. ``amplitude``:
    peak, at most 32767."""

    def __init__(self, frequency_hz: int, *, amplitude: int = 10_000, rate: int = RATE) -> None:
        if not (0 < frequency_hz < rate / 2 and 0 <= amplitude <= 32_767):
            raise ValueError("a tone has 0 < frequency < rate / 2 and an amplitude of at most 32767")
        self._period = _whole_periods(frequency_hz, amplitude, rate)
        self._at = 0

    def next_block(self, samples: int = 160) -> array[int]:
        """The next ``samples`` samples: 160 are 20 ms at 8 kHz."""
        period = self._period
        start, self._at = self._at, (self._at + samples) % len(period)
        repeats = (start + samples) // len(period) + 1
        return (period * repeats)[start : start + samples]


@lru_cache(maxsize=64)
def _whole_periods(frequency_hz: int, amplitude: int, rate: int) -> array[int]:
    """The shortest run of samples after which the sine repeats: at most one second."""
    length = rate // math.gcd(frequency_hz, rate)
    step = 2 * math.pi * frequency_hz / rate
    return array("h", [round(amplitude * math.sin(step * n)) for n in range(length)])


def goertzel_power(samples: Sequence[int], frequency_hz: float, rate: int = RATE) -> float:
    """Mean square of the part of ``samples`` at ``frequency_hz``: half the squared amplitude for a pure
    sine. 0 if empty."""
    if not samples:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * frequency_hz / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    magnitude = before * before + last * last - factor * before * last
    return 2 * magnitude / len(samples) ** 2


def rms(samples: Sequence[int]) -> float:
    """Root of the mean square; 0 if empty. Full scale sine: 23170."""
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def tone_shares(samples: Sequence[int], candidates_hz: Iterable[int], rate: int = RATE) -> dict[int, float]:
    """Which part (0 to 1) of the power of ``samples`` each candidate has; all 0 when they are
    silent or too short."""
    candidates = tuple(dict.fromkeys(candidates_hz))
    powers = dict.fromkeys(candidates, 0.0)
    total = 0.0
    for start in range(0, len(samples) - BLOCK + 1, BLOCK):
        block = samples[start : start + BLOCK]
        level = rms(block)
        if level < MIN_LEVEL:
            continue
        total += level * level
        for candidate in candidates:
            powers[candidate] += goertzel_power(block, candidate, rate)
    return {candidate: power / total if total else 0.0 for candidate, power in powers.items()}


def detect_tone(samples: Sequence[int], candidates_hz: Iterable[int], rate: int = RATE) -> int | None:
    """The candidate that ``samples`` (at least 50 ms) hold, or None: silence, noise, speech, a mix, or
    another tone more than 8 Hz away. Silent blocks before and after the tone do not count."""
    shares = tone_shares(samples, candidates_hz, rate)
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= MIN_SHARE else None
