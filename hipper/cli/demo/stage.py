"""The running scene: prints what the agents say and what was proven."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncpg

from fmc_gateway.prompts.library import folder_of
from fmc_gateway.records.read import latest_calls
from hipper.cli.demo.listening import hears_recording
from hipper.cli.demo.record import describe
from hipper.contracts.calls import CallRecord
from hipper.directory.names import names_of
from hipper.pbx.model import Announcement
from hipper.runtime.servers import owner_url
from hipper.runtime.settings_model import Settings
from simulators.call import Call, CallError

PATIENCE_S = 15.0
"""What takes a second on an idle machine may take this long on a busy one."""
LANGUAGE = "nl"
"""Of everybody in the demo company."""


class Stage:
    def __init__(self, settings: Settings, company: Path) -> None:
        self.settings = settings
        self.company = company
        self._names = {
            f"{listener.host}:{listener.port}/{listener.transport}": "gateway"
            for listener in settings.sip_listener
        }

    def line(self, text: str) -> None:
        """One line of a ladder; the gateway's sockets by their name, not their address."""
        for address, name in self._names.items():
            text = text.replace(f"{address:<25}", f"{name:<8}")
        print(f"    {text}", flush=True)

    def title(self, text: str) -> float:
        """Returns the time: calls of this scene began after it."""
        print(f"\n── {text}", flush=True)
        return time.time()

    def see(self, what: str) -> None:
        print(f"  ✓ {what}", flush=True)

    def demand(self, holds: bool, otherwise: str) -> None:
        """Raises CallError with ``otherwise`` unless it holds."""
        if not holds:
            raise CallError(otherwise)

    async def hears(self, who: str, call: Call, whom: str, hertz: int) -> None:
        await call.hears(hertz, PATIENCE_S)
        self.see(f"{who} hears {whom} ({hertz} Hz)")

    async def both_hear(self, one: Call, one_hz: int, other: Call, other_hz: int) -> None:
        """Each the tone of the other."""
        await asyncio.gather(one.hears(other_hz, PATIENCE_S), other.hears(one_hz, PATIENCE_S))
        self.see(f"both hear each other ({one_hz} and {other_hz} Hz)")

    async def hears_said(self, who: str, call: Call, said: Announcement) -> None:
        """Speech, by its loudness: what came has to be this recording."""
        recording = folder_of(self.settings) / LANGUAGE / f"{said.value}.wav"
        fits = await hears_recording(call, recording, PATIENCE_S)
        self.see(f"{who} hears the announcement {said.value} (what came fits the recording by {fits:.2f})")

    async def record(self, since: float, dialled: str) -> CallRecord:
        """The record of the call just made. Raises CallError when none is written in time."""
        connection = await asyncpg.connect(owner_url(self.settings, "gateway"))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    for record in await latest_calls(connection, limit=20):
                        if record.dialled == dialled and record.started >= since:
                            return record
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise CallError(f"no record of the call to {dialled} came within {PATIENCE_S:g} s") from None
        finally:
            await connection.close()

    async def show_record(self, since: float, dialled: str) -> CallRecord:
        record = await self.record(since, dialled)
        names = await self._names_in(record)
        print("  the call record:", flush=True)
        for text in describe(record, names):
            print(f"    {text}", flush=True)
        return record

    async def _names_in(self, record: CallRecord) -> dict[str, str]:
        """Of devices and subscribers, by id."""
        named = [*(one.device for one in record.attempts), *(one.by for one in record.diversions)]
        connection = await asyncpg.connect(owner_url(self.settings, "directory"))
        try:
            return await names_of(connection, named)
        finally:
            await connection.close()
