"""What is saved over the API holds for the call made that moment (short form of ``tests.bench.changes``)."""

from __future__ import annotations

from pathlib import Path

from tests.bench.changes import play
from tests.interop.conftest import Kit

CHANGES = 20


async def test_what_rings_fits_the_setting_saved_a_moment_before(kit: Kit, tmp_path: Path) -> None:
    result = await play(kit, tmp_path, CHANGES, seed=3)
    assert result.wrong == []
    assert result.changes == len(result.delays_ms) == CHANGES
