"""What is played, and what must be seen for it to count."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

import asyncpg

from fmc_gateway.records.read import latest_calls
from hipper.cli.demo.cast import ANNA_HZ, ANNA_MOBILE, BRAM_HZ, BRAM_MOBILE, OUTSIDE_HZ, Cast, on_stage
from hipper.cli.demo.record import describe
from hipper.contracts.calls import CallRecord
from hipper.directory.settings import find_subscriber, set_identity
from hipper.pbx.model import IdentityChoice
from hipper.runtime.servers import owner_url
from hipper.runtime.settings_model import Settings
from hipper.telephony.numbers.format import format_number
from simulators.call import Call, CallError

OUTSIDE = "0207654321"
RECORD_WITHIN_S = 15.0


class Stage:
    """The running scene: prints what the agents say and what was proven."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = {
            f"{listener.host}:{listener.port}/{listener.transport}": "gateway"
            for listener in settings.sip_listener
        }

    def line(self, text: str) -> None:
        """One line of a ladder; the gateway's sockets by their name, not their address."""
        for address, name in self._names.items():
            text = text.replace(f"{address:<25}", f"{name:<8}")
        print(f"    {text}", flush=True)

    def title(self, text: str) -> None:
        print(f"\n── {text}", flush=True)

    async def proven(self, what: str, check: Awaitable[object]) -> None:
        await check
        self.see(what)

    def see(self, what: str) -> None:
        print(f"  ✓ {what}", flush=True)

    async def record(self, since: float, dialled: str) -> CallRecord:
        """The record of the call just made. Raises CallError when none is written in time."""
        connection = await asyncpg.connect(owner_url(self._settings, "gateway"))
        try:
            for _ in range(int(RECORD_WITHIN_S / 0.1)):
                for record in await latest_calls(connection, limit=20):
                    if record.dialled == dialled and record.started >= since:
                        return record
                await asyncio.sleep(0.1)
        finally:
            await connection.close()
        raise CallError(f"no record of the call to {dialled} came within {RECORD_WITHIN_S:g} s")

    async def show_record(self, since: float, dialled: str) -> None:
        record = await self.record(since, dialled)
        print("  the call record:", flush=True)
        for text in describe(record):
            print(f"    {text}", flush=True)


async def play(settings: Settings, company: Path) -> None:
    """All scenes. Raises CallError with what failed."""
    stage = Stage(settings)
    stage.title("Bram's desk phones register")
    async with on_stage(settings, company, stage.line) as cast:
        await _colleague(stage, cast)
        await _identities(stage, cast, settings)
        await _emergency(stage, cast)
    stage.title("all of it worked")


async def _colleague(stage: Stage, cast: Cast) -> None:
    stage.title("Anna's mobile dials Bram's extension, 202: his mobile and both desk phones ring")
    since = time.time()
    bram = cast.network.handset(BRAM_MOBILE)
    anna = await cast.network.handset(ANNA_MOBILE).call("202")
    rung = await asyncio.gather(cast.shop.next_call(), cast.bakery.next_call(), bram.next_call())
    for call in rung:
        await call.ring()
    await anna.ringing()
    shop, *others = rung
    stage.see(f"three devices ring, and show {shop.display_name}, {shop.shown}")
    await shop.answer()
    await anna.answered()
    for call in others:
        await call.over()
        _demand(
            call.reason is not None and "cause=200" in call.reason,
            f"a losing device was told {call.reason!r}",
        )
    stage.see("the shop answers; the others stop, told that the call was completed elsewhere")
    await stage.proven(f"the desk phone hears Anna ({ANNA_HZ} Hz)", shop.hears(ANNA_HZ))
    await stage.proven(f"Anna hears the desk phone ({BRAM_HZ} Hz)", anna.hears(BRAM_HZ))
    await anna.hang_up()
    await shop.over()
    await stage.show_record(since, "202")


async def _identities(stage: Stage, cast: Cast, settings: Settings) -> None:
    """Outside twice, with the identity changed in between: it holds for the very next call (seed 5.1)."""
    connection = await asyncpg.connect(owner_url(settings, "directory"))
    try:
        anna = await find_subscriber(connection, f"anna@{cast.domain}")
        for choice, number in ((IdentityChoice.FIXED, "+31201234501"), (IdentityChoice.MOBILE, ANNA_MOBILE)):
            stage.title(f"Anna chooses her {choice.value} number and calls outside")
            await set_identity(connection, anna, choice, by="demonstration")
            since = time.time()
            calling = await cast.network.handset(ANNA_MOBILE).call(OUTSIDE)
            called = await cast.pstn.next_call()
            _demand(called.shown == number, f"the outside saw {called.shown}, not {number}")
            stage.see(f"the outside sees {format_number(called.shown)}")
            await _talk(stage, calling, called)
            await stage.show_record(since, OUTSIDE)
        await set_identity(connection, anna, IdentityChoice.FIXED, by="demonstration")
    finally:
        await connection.close()


async def _talk(stage: Stage, calling: Call, called: Call) -> None:
    await called.ring()
    await called.answer()
    await calling.answered()
    await asyncio.gather(called.hears(ANNA_HZ), calling.hears(OUTSIDE_HZ))
    stage.see("both hear each other")
    await called.hang_up()
    await calling.over()


async def _emergency(stage: Stage, cast: Cast) -> None:
    stage.title("Anna dials 112: no look-up, no rtpengine, her true number")
    since = time.time()
    calling = await cast.network.handset(ANNA_MOBILE).call("112")
    called = await cast.emergency.next_call()
    _demand(called.shown == ANNA_MOBILE, f"the emergency centre saw {called.shown}")
    _demand(called.dialled == "112", f"the emergency route was asked for {called.dialled}")
    stage.see(f"the emergency centre sees {format_number(called.shown)}")
    await _talk(stage, calling, called)
    await stage.show_record(since, "112")


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CallError(otherwise)
