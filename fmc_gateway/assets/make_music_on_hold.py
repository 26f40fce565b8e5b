"""Compute ``music_on_hold.wav``: soft chords with a slow melody, 8 kHz mono. Nobody's work is copied.

``python -m fmc_gateway.assets.make_music_on_hold``
"""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 8000
BEAT_S = 0.75
BEATS_PER_CHORD = 4
CHORDS = ((48, 55, 60, 64), (45, 52, 57, 60), (41, 48, 53, 57), (43, 50, 55, 59))
"""MIDI keys: C, A minor, F, G."""
MELODY = (72, 76, 79, 76, 72, 76, 81, 79, 77, 76, 72, 69, 71, 74, 79, 74)
"""One key a beat."""
PEAK = 9000
"""Below half scale: music that clips a G.711 codec hurts."""


def frequency(key: int) -> float:
    return 440.0 * 2 ** ((key - 69) / 12)


def add_tone(samples: list[float], start_s: float, length_s: float, hertz: float, loudness: float) -> None:
    """A plucked tone with one overtone that fades away; it wraps around, so that the loop has no seam."""
    first = int(start_s * RATE)
    count = int(length_s * RATE)
    for index in range(count):
        t = index / RATE
        attack = min(1.0, t / 0.02)
        fade = math.exp(-2.2 * t / length_s) * min(1.0, (count - index) / (0.05 * RATE))
        tone = math.sin(2 * math.pi * hertz * t) + 0.3 * math.sin(4 * math.pi * hertz * t)
        samples[(first + index) % len(samples)] += loudness * attack * fade * tone


def compose() -> list[int]:
    beats = len(CHORDS) * BEATS_PER_CHORD
    samples = [0.0] * int(beats * BEAT_S * RATE)
    for index, chord in enumerate(CHORDS):
        for key in chord:
            add_tone(samples, index * BEATS_PER_CHORD * BEAT_S, BEATS_PER_CHORD * BEAT_S, frequency(key), 0.5)
    for index, key in enumerate(MELODY):
        add_tone(samples, index * BEAT_S, 2 * BEAT_S, frequency(key), 0.6)
    peak = max(abs(sample) for sample in samples)
    return [round(sample / peak * PEAK) for sample in samples]


def write(path: Path) -> None:
    samples = compose()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


if __name__ == "__main__":
    write(Path(__file__).with_name("music_on_hold.wav"))
