"""Recordings people bring, in whatever format, as what rtpengine plays: PCM wav, mono, 16 bits, 16 kHz.

Debian's ffmpeg reads them, in a process of its own with bounds on its time and memory, and with the formats
of recordings alone: no playlists, no addresses, nothing that names another file.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import shutil
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ENGINE = "ffmpeg"
RATE = 16000
"""Telephones that speak wideband hear it; rtpengine makes 8 kHz of it for the others."""
MOST_BYTES = 20 * 2**20
"""Of what is brought."""
SHORTEST_S, LONGEST_S = 1.0, 300.0
SLACK_S = 0.5
"""Some formats end in a little silence."""
LOUDNESS_DB, PEAK_DB = -20.0, -3.0
"""Mean and highest level that is made of it, of full scale: about as loud as speech, and never clipped."""
SILENT_DB = -70.0
MOST_TOLD = 64 * 1024
"""Bytes kept of what ffmpeg says, the last: of a broken file it has something to say of every packet."""
WITHIN_S = 40.0
FORMATS = "wav,w64,aiff,mp3,ogg,flac,aac,mov,mp4,m4a,matroska,webm,caf,au"
_BOUNDS = ("prlimit", "--as=1073741824", "--cpu=30", "--fsize=67108864", "--core=0")
_INPUT = ("-nostdin", "-hide_banner", "-loglevel", "info", "-threads", "1", "-protocol_whitelist", "file")
_LEVEL = re.compile(r"(mean|max)_volume: (-?[0-9.]+|-inf) dB")


class RecordingError(ValueError):
    """A recording that cannot be used, in English (``str``) and Dutch (``uitleg``)."""

    def __init__(self, text: str, uitleg: str) -> None:
        super().__init__(text)
        self.uitleg = uitleg


class NoConverter(RuntimeError):  # noqa: N818
    """This installation cannot convert recordings; one readable line."""


class Recording(NamedTuple):
    """``wav``: the whole file."""

    wav: bytes
    duration_ms: int


async def convert(brought: bytes) -> Recording:
    """What rtpengine plays of it, as loud as any other. Takes a second or two of another process for five
    minutes of music. Raises RecordingError, NoConverter, OSError."""
    check_size(len(brought))
    if shutil.which(ENGINE) is None:
        raise NoConverter(f"{ENGINE} is not installed: no recording can be read (apt-get install {ENGINE})")
    with tempfile.TemporaryDirectory(prefix="hipper-recording-") as folder:
        source, made = Path(folder, "brought"), Path(folder, "made.wav")
        await asyncio.to_thread(source.write_bytes, brought)
        heard = await _run(source, ("-af", "volumedetect", "-f", "null", "-"))
        gain = _gain(heard)
        form = ("-ar", str(RATE), "-ac", "1", "-c:a", "pcm_s16le", "-bitexact", "-f", "wav", str(made))
        await _run(source, ("-af", f"volume={gain:.1f}dB", *form))
        wav = await asyncio.to_thread(made.read_bytes)
    return Recording(wav, _duration_ms(wav))


def check_size(length: int) -> None:
    """Raises RecordingError."""
    if not length:
        raise RecordingError("there is no recording in it", "er zit geen opname in")
    if length > MOST_BYTES:
        most = MOST_BYTES // 2**20
        raise RecordingError(f"the recording is larger than {most} MB", f"de opname is groter dan {most} MB")


async def _run(source: Path, wanted: Sequence[str]) -> str:
    """What ffmpeg says. Its input is cut a second after what is allowed, so that the length shows it."""
    cut = ("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-t", f"{LONGEST_S + 1:.0f}")
    command = (*_BOUNDS, ENGINE, *_INPUT, "-format_whitelist", FORMATS, "-i", f"file:{source}", *cut, *wanted)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        told = await asyncio.wait_for(_told(process), WITHIN_S)
    except TimeoutError:
        raise RecordingError(
            "the recording takes too long to read", "de opname lezen duurt te lang"
        ) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        raise RecordingError(
            "this is no recording that can be read: save it as wav, mp3, flac, ogg, opus or m4a",
            "dit is geen opname die gelezen kan worden: bewaar deze als wav, mp3, flac, ogg, opus of m4a",
        )
    return told.decode("utf-8", "replace")


async def _told(process: asyncio.subprocess.Process) -> bytes:
    """Until it ends."""
    assert process.stderr is not None
    told = b""
    while said := await process.stderr.read(MOST_TOLD):
        told = (told + said)[-MOST_TOLD:]
    await process.wait()
    return told


def _gain(heard: str) -> float:
    """Raises RecordingError for what cannot be heard."""
    levels = {name: float(level) for name, level in _LEVEL.findall(heard)}
    mean, peak = levels.get("mean", SILENT_DB), levels.get("max", SILENT_DB)
    if peak <= SILENT_DB:
        raise RecordingError("nothing can be heard in it", "er is niets in te horen")
    return min(LOUDNESS_DB - mean, PEAK_DB - peak)


def _duration_ms(wav: bytes) -> int:
    with wave.open(io.BytesIO(wav)) as file:
        seconds = file.getnframes() / file.getframerate()
    if not SHORTEST_S <= seconds <= LONGEST_S + SLACK_S:
        least, most = int(SHORTEST_S), int(LONGEST_S / 60)
        raise RecordingError(
            f"a recording lasts {least} second to {most} minutes",
            f"een opname duurt {least} seconde tot {most} minuten",
        )
    return int(seconds * 1000)
