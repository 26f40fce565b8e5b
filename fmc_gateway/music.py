"""The music on hold of companies, as files rtpengine can play.

What is to be heard is asked of the directory at every hold. The recording itself is fetched once: its file is
named by the digest of what is in it, so that another recording is another file.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from fmc_gateway.call.commands import MusicSource
from hipper.directory.directory import FAILURE
from hipper.directory.music import Choice, audio_with, choice_of
from hipper.pbx.ids import TenantId
from hipper.runtime.places import places
from hipper.runtime.settings_model import Settings

ASK_WITHIN_S = 0.5
"""Then what was heard last is heard again: who waits, waits for sound."""
MOST_FILES = 1000
"""Kept; beyond, those that were not played for longest are fetched again when they are wanted."""
MOST_REMEMBERED = 20_000

log = structlog.get_logger("fmc_gateway.music")


def folder_of(settings: Settings) -> Path:
    """rtpengine has to be able to read it."""
    return places(settings).data / "music"


class HeldMusic:
    """``own``: path of the exchange's own music. ``pool``: of a role that reads the directory."""

    def __init__(self, pool: Callable[[], asyncpg.Pool], folder: Path, own: str) -> None:
        self._pool = pool
        self._folder = folder
        self._own = own
        self._last: OrderedDict[MusicSource, Choice] = OrderedDict()
        self._fetching: dict[str, asyncio.Task[str | None]] = {}

    async def file_for(self, source: MusicSource) -> str | None:
        """What rtpengine is to play; None: nothing. Never raises: somebody waits."""
        if source.tenant is None:
            return self._own
        choice = await self._choice(source.tenant, source)
        if choice.silent:
            return None
        if choice.digest is None:
            return self._own
        return await self._file(source.tenant, choice.digest) or self._own

    async def _choice(self, tenant: TenantId, source: MusicSource) -> Choice:
        try:
            found = await choice_of(self._pool(), tenant, source.holder, within_s=ASK_WITHIN_S)
        except FAILURE as error:
            log.warning("music.directory_away", error=str(error))
            return self._last.get(source) or self._last.get(MusicSource(tenant=tenant)) or Choice()
        self._remember(source, found)
        if not found.silent:
            self._remember(MusicSource(tenant=tenant), found)
        return found

    def _remember(self, source: MusicSource, choice: Choice) -> None:
        self._last[source] = choice
        self._last.move_to_end(source)
        if len(self._last) > MOST_REMEMBERED:
            self._last.popitem(last=False)

    async def _file(self, tenant: TenantId, digest: str) -> str | None:
        """Several who want it at once wait for the same one."""
        path = self._folder / f"{digest}.wav"
        with contextlib.suppress(OSError):
            os.utime(path)
            return str(path.resolve())
        task = self._fetching.get(digest)
        if task is None:
            task = self._fetching[digest] = asyncio.create_task(self._fetch(tenant, digest, path))
            task.add_done_callback(lambda done: self._fetching.pop(digest, None))
        return await asyncio.shield(task)

    async def _fetch(self, tenant: TenantId, digest: str, path: Path) -> str | None:
        try:
            audio = await audio_with(self._pool(), tenant, digest)
            if audio is None or hashlib.sha256(audio).hexdigest() != digest:
                log.warning("music.not_there", tenant=tenant, digest=digest, length=len(audio or b""))
                return None
            return await asyncio.to_thread(self._keep, path, audio)
        except (*FAILURE, OSError) as error:
            log.warning("music.not_fetched", tenant=tenant, digest=digest, error=str(error))
            return None

    def _keep(self, path: Path, audio: bytes) -> str:
        """Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._make_room()
        fresh = path.with_suffix(".new")
        fresh.write_bytes(audio)
        fresh.chmod(0o644)
        fresh.replace(path)
        return str(path.resolve())

    def _make_room(self) -> None:
        known = list(self._folder.glob("*.wav"))
        if len(known) < MOST_FILES:
            return
        by_age = sorted(known, key=_played)
        for path in by_age[: len(known) - MOST_FILES + 1]:
            path.unlink(missing_ok=True)


def _played(path: Path) -> Any:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
