"""Sounds that come with the package."""

from __future__ import annotations

import shutil
from pathlib import Path

from hipper.runtime.places import places
from hipper.runtime.settings_model import Settings

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
