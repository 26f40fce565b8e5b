"""Sounds that come with the package."""

from __future__ import annotations

import math
import shutil
import struct
import wave
from pathlib import Path

from hipper.runtime.places import places
from hipper.runtime.settings_model import Settings

RATE = 8000
TONE_HZ, TONE_S, PAUSE_S = 425, 1, 4
"""The ringing tone of the Netherlands (ITU-T E.180 supplement 2)."""
PACKAGED = Path(__file__).with_name("music_on_hold.wav")


def music_on_hold(settings: Settings) -> str:
    """Path of the music on hold. The packaged one is copied to where the embedded rtpengine can read it,
    because the package may lie in a home folder that is closed to others."""
    if settings.media.music_on_hold is not None:
        return settings.media.music_on_hold
    copy = places(settings).data / PACKAGED.name
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.stat().st_size != PACKAGED.stat().st_size:
            shutil.copyfile(PACKAGED, copy)
            copy.chmod(0o644)
    except OSError:
        return str(PACKAGED)
    return str(copy.resolve())


def ringing_tone(settings: Settings) -> str:
    """Path of the tone that says that the other side rings, made where rtpengine can read it; the music when
    nothing can be written there."""
    path = places(settings).data / "ringing_tone.wav"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_suffix(".new")
            _write_tone(fresh)
            fresh.chmod(0o644)
            fresh.replace(path)
    except OSError:
        return music_on_hold(settings)
    return str(path.resolve())


def _write_tone(path: Path) -> None:
    samples = [int(6000 * math.sin(2 * math.pi * TONE_HZ * n / RATE)) for n in range(TONE_S * RATE)]
    samples += [0] * (PAUSE_S * RATE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
