"""What a recording contains, by plain correlation: an instrument of its own, so that audio is not judged by
the code that carried it. Mono 16-bit wav at 8 kHz, as baresip's sndfile module writes; the header's sizes are
not believed, since a file that is still being written has none yet.
"""

from __future__ import annotations

import itertools
import math
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_RATE = 8000
WINDOW = 800
"""Samples judged together: 100 ms, so that tones 10 Hz apart are distinct."""
SILENCE_RMS = 100.0
"""Below this root mean square (of 32767) a window is silent: A-law comfort and rounding stay under 20."""
PURE = 0.8
"""Share of a window's energy a tone must hold to be called that tone; G.711 leaves more than 0.99."""


def write_tone(path: Path, hertz: int, seconds: int = 10, amplitude: int = 12000) -> None:
    """A sine that repeats without a click: `seconds` is whole and so is `hertz`."""
    samples = (
        int(amplitude * math.sin(2 * math.pi * hertz * n / SAMPLE_RATE)) for n in range(SAMPLE_RATE * seconds)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def read_samples(path: Path) -> list[int]:
    """Every sample after the `data` chunk's header, however long the header says it is."""
    content = path.read_bytes()
    start = content.find(b"data")
    if start < 0:
        return []
    body = content[start + 8 :]
    count = len(body) // 2
    return list(struct.unpack(f"<{count}h", body[: count * 2]))


def energy_share(samples: Sequence[int], hertz: float) -> float:
    """How much of the energy of `samples` is a sine of `hertz`: 0 to 1. Silence has none."""
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    step = 2 * math.pi * hertz / SAMPLE_RATE
    real = sum(sample * math.cos(step * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(step * n) for n, sample in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * energy)


def is_mix(samples: Sequence[int], tones: Sequence[int]) -> bool:
    """Whether every window is these tones together, each with its fair share, and nothing else."""
    windows = [samples[start : start + WINDOW] for start in range(0, len(samples) - WINDOW + 1, WINDOW)]
    fair = PURE / len(tones) / 2
    for window in windows:
        shares = [energy_share(window, hertz) for hertz in tones]
        if sum(shares) < PURE or min(shares) < fair:
            return False
    return bool(windows)


@dataclass(frozen=True)
class Heard:
    """One window of a recording. `tone`: the known tone that fills it, None for silence or something else."""

    at_s: float
    rms: float
    tone: int | None

    @property
    def silent(self) -> bool:
        return self.rms < SILENCE_RMS

    @property
    def other(self) -> bool:
        """Neither silence nor a known tone: music, speech, two tones at once."""
        return self.tone is None and not self.silent


def listen(samples: Sequence[int], known: Sequence[int]) -> list[Heard]:
    """Judge every whole window of `samples` against the `known` tones."""
    heard = []
    for start in range(0, len(samples) - WINDOW + 1, WINDOW):
        window = samples[start : start + WINDOW]
        rms = math.sqrt(sum(sample * sample for sample in window) / WINDOW)
        tone = None
        if rms >= SILENCE_RMS:
            tone = next((hertz for hertz in known if energy_share(window, hertz) >= PURE), None)
        heard.append(Heard(at_s=start / SAMPLE_RATE, rms=rms, tone=tone))
    return heard


def sequence(heard: Sequence[Heard], *, at_least: int = 3) -> list[int | str]:
    """What was heard one after the other for at least 300 ms each: tones, and `other` for music. Silence
    between does not count, nor does the same again after it."""
    runs: list[int | str] = []
    for label, windows in itertools.groupby(heard, key=_label):
        if label != "silent" and len(list(windows)) >= at_least and runs[-1:] != [label]:
            runs.append(label)
    return runs


def _label(window: Heard) -> int | str:
    if window.tone is not None:
        return window.tone
    return "silent" if window.silent else "other"
