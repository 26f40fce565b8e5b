"""Where recordings lie, whose they are, and several as one file.

``<folder>/<language>/<name>.wav`` are the exchange's, ``<folder>/tenants/<tenant>/<language>/<name>.wav``
replace them for one tenant. rtpengine plays one file at a time, so several become one below
``<folder>/joined``, made once.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import wave
from collections.abc import Sequence
from pathlib import Path

from fmc_gateway.prompts.times import spoken_time
from hipper.pbx.ids import TenantId
from hipper.pbx.model import Announcement
from hipper.runtime.places import places
from hipper.runtime.settings_model import Settings

MOST_JOINED = 2000
"""Files kept below ``joined``; beyond, all are removed and made again as they are asked for."""
LONGEST_S = 120
MOST_BYTES = 16 * 2**20


class RecordingError(ValueError):
    """A recording that cannot be used; one readable line that says what would be right."""


MADE = Path(__file__).with_name("recordings")
"""Where deploy/bootstrap.sh lets :mod:`.making` put them."""


def place_recordings(settings: Settings) -> int:
    """Copy what was made to where rtpengine can read it, for the package may lie in a home folder that is
    closed to others. Returns how many were new. Raises OSError."""
    target = folder_of(settings)
    placed = 0
    for source in MADE.glob("*/*.wav"):
        copy = target / source.relative_to(MADE)
        if copy.exists() and copy.stat().st_mtime_ns == source.stat().st_mtime_ns:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy)
        copy.chmod(0o644)
        placed += 1
    return placed


def folder_of(settings: Settings) -> Path:
    """Of an installation; rtpengine has to be able to read it."""
    return places(settings).data / "prompts"


class Library:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file_for(
        self,
        announcements: Sequence[Announcement],
        language: str,
        tenant: TenantId | None,
        *,
        now: float,
        spoken: float | None = None,
        time_zone: str = "Europe/Amsterdam",
    ) -> Path | None:
        """One file that says it all; None when nothing of it is there. ``spoken``: the moment said after
        BACK_AT. Reads and writes files. Raises OSError, RecordingError."""
        names: list[str] = []
        for announcement in announcements:
            names.append(announcement.value)
            if announcement is Announcement.BACK_AT and spoken is not None:
                names += spoken_time(spoken, now, time_zone)
        found = [path for name in names if (path := self._find(name, language, tenant)) is not None]
        if len(found) <= 1:
            return found[0].resolve() if found else None
        return self._joined(found)

    def replace(self, tenant: TenantId, language: str, announcement: Announcement, recording: bytes) -> Path:
        """Let a tenant's callers hear this recording from the next announcement on. Raises RecordingError,
        OSError."""
        check(recording)
        path = self._of_tenant(tenant, language, announcement.value)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(recording)
        fresh.chmod(0o644)
        fresh.replace(path)
        return path

    def restore(self, tenant: TenantId, language: str, announcement: Announcement) -> bool:
        """Back to the exchange's own. False: it was not replaced."""
        path = self._of_tenant(tenant, language, announcement.value)
        if not path.exists():
            return False
        path.unlink()
        return True

    def replaced(self, tenant: TenantId) -> list[tuple[str, str]]:
        """``(language, announcement)`` of what this tenant replaced."""
        base = self._folder / "tenants" / tenant
        return sorted((path.parent.name, path.stem) for path in base.glob("*/*.wav"))

    def _find(self, name: str, language: str, tenant: TenantId | None) -> Path | None:
        if tenant is not None:
            own = self._of_tenant(tenant, language, name)
            if own.exists():
                return own
        for folder in (language, "en"):
            path = self._folder / folder / f"{name}.wav"
            if path.exists():
                return path
        return None

    def _of_tenant(self, tenant: TenantId, language: str, name: str) -> Path:
        return self._folder / "tenants" / tenant / language / f"{name}.wav"

    def _joined(self, paths: list[Path]) -> Path:
        """By name and age of each part, so that a replaced one is heard."""
        key = "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in paths)
        target = self._folder / "joined" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.wav"
        if target.exists():
            return target.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        known = list(target.parent.glob("*.wav"))
        if len(known) >= MOST_JOINED:
            for path in known:
                path.unlink(missing_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_bytes(join([path.read_bytes() for path in paths]))
        fresh.chmod(0o644)
        fresh.replace(target)
        return target.resolve()


def check(recording: bytes) -> None:
    """Raises RecordingError unless rtpengine and telephones can use it: PCM wav of 16 bits, mono, 8 to 48
    kHz, at most two minutes."""
    if len(recording) > MOST_BYTES:
        raise RecordingError(f"the recording is larger than {MOST_BYTES // 2**20} MB")
    try:
        with wave.open(io.BytesIO(recording)) as file:
            shape = file.getparams()
    except (wave.Error, EOFError) as error:
        raise RecordingError(f"this is not a wav file ({error}); save it as PCM wav") from error
    if shape.sampwidth != 2 or shape.nchannels != 1:
        raise RecordingError("the wav must be mono with 16 bits a sample")
    if not 8000 <= shape.framerate <= 48000:
        raise RecordingError(f"the wav has {shape.framerate} samples a second; 8000 to 48000 can be played")
    if not 0 < shape.nframes <= LONGEST_S * shape.framerate:
        raise RecordingError(f"the wav must last longer than nothing and at most {LONGEST_S} s")


def join(recordings: Sequence[bytes]) -> bytes:
    """One wav after the other. Those with another rate than the first are stretched to it (nearest sample:
    speech bears it). Raises RecordingError."""
    out = io.BytesIO()
    rate = 0
    with wave.open(out, "wb") as joined:
        for recording in recordings:
            check(recording)
            with wave.open(io.BytesIO(recording)) as file:
                if not rate:
                    rate = file.getframerate()
                    joined.setparams((1, 2, rate, 0, "NONE", "not compressed"))
                joined.writeframes(_at_rate(file.readframes(file.getnframes()), file.getframerate(), rate))
    return out.getvalue()


def _at_rate(frames: bytes, rate: int, wanted: int) -> bytes:
    if rate == wanted:
        return frames
    samples = memoryview(frames).cast("h")
    count = len(samples) * wanted // rate
    stretched = bytearray(count * 2)
    out = memoryview(stretched).cast("h")
    for index in range(count):
        out[index] = samples[index * rate // wanted]
    return bytes(stretched)
