"""Recordings people bring: what a program that reads them may cost us."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.runtime import recordings

_TALKS = """#!/bin/sh
head -c 8000000 /dev/zero | tr '\\0' 'x' >&2
echo 'max_volume: -6.0 dB' >&2
"""


async def test_of_all_that_ffmpeg_says_the_last_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: a broken file, of which every packet is complained about, fills the memory of the API."""
    talks = tmp_path / "talks"
    talks.write_text(_TALKS)
    talks.chmod(0o755)
    monkeypatch.setattr(recordings, "ENGINE", str(talks))
    told = await recordings._run(tmp_path / "brought", ("-f", "null", "-"))
    assert len(told) <= recordings.MOST_TOLD
    assert told.endswith("xmax_volume: -6.0 dB\n")
