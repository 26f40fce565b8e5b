"""What is played, in which order, and what must be seen for it to count."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from hipper.cli.demo import scenes_app, scenes_begun, scenes_in_call, scenes_networks, scenes_services
from hipper.cli.demo.cast import ANNA_HZ, ANNA_MOBILE, BRAM_HZ, OUTSIDE_HZ, Cast, on_stage
from hipper.cli.demo.ringing import answer_first, ring_bram
from hipper.cli.demo.stage import PATIENCE_S, Stage
from hipper.directory.settings import find_subscriber, set_identity
from hipper.pbx.model import IdentityChoice
from hipper.runtime.servers import owner_url
from hipper.runtime.settings_model import Settings
from hipper.telephony.numbers.format import format_number
from simulators.call import Call

OUTSIDE = "0207654321"


async def play(settings: Settings, company: Path) -> None:
    """All scenes. Raises CallError with what failed."""
    stage = Stage(settings, company)
    began = stage.title("the desk phones register")
    async with on_stage(settings, company, stage.line) as cast:
        await _colleague(stage, cast)
        await _identities(stage, cast)
        await _emergency(stage, cast)
        await scenes_services.play(stage, cast)
        await scenes_networks.play(stage, cast)
        await scenes_begun.play(stage, cast)
        await scenes_in_call.play(stage, cast)
        await scenes_app.play(stage, cast)
    took = stage.title("all of it worked") - began
    stage.line(f"{took:.0f} s")


async def _colleague(stage: Stage, cast: Cast) -> None:
    since = stage.title("Anna's mobile dials Bram's extension, 202: his mobile and both desk phones ring")
    anna = await cast.network.handset(ANNA_MOBILE).call("202")
    rung = await ring_bram(cast)
    await anna.ringing(PATIENCE_S)
    shop = rung[0]
    stage.see(f"three devices ring, and show {shop.display_name}, {shop.shown}")
    await answer_first(stage, rung)
    await anna.answered(PATIENCE_S)
    stage.see("the shop answers; the others stop, told that the call was completed elsewhere")
    await stage.hears("the desk phone", shop, "Anna", ANNA_HZ)
    await stage.hears("Anna", anna, "the desk phone", BRAM_HZ)
    await anna.hang_up()
    await shop.over(PATIENCE_S)
    await stage.show_record(since, "202")


async def _identities(stage: Stage, cast: Cast) -> None:
    """Outside twice, with the identity changed in between: it holds for the very next call (seed 5.1)."""
    connection = await asyncpg.connect(owner_url(stage.settings, "directory"))
    try:
        anna = await find_subscriber(connection, f"anna@{cast.domain}")
        for choice, number in ((IdentityChoice.FIXED, "+31201234501"), (IdentityChoice.MOBILE, ANNA_MOBILE)):
            since = stage.title(f"Anna chooses her {choice.value} number and calls outside")
            await set_identity(connection, anna, choice, by="demonstration")
            calling = await cast.network.handset(ANNA_MOBILE).call(OUTSIDE)
            called = await cast.pstn.next_call(PATIENCE_S)
            stage.demand(called.shown == number, f"the outside saw {called.shown}, not {number}")
            stage.see(f"the outside sees {format_number(called.shown)}")
            await _talk(stage, calling, called)
            await stage.show_record(since, OUTSIDE)
        await set_identity(connection, anna, IdentityChoice.FIXED, by="demonstration")
    finally:
        await connection.close()


async def _talk(stage: Stage, calling: Call, called: Call) -> None:
    await called.ring()
    await called.answer()
    await calling.answered(PATIENCE_S)
    await stage.both_hear(calling, ANNA_HZ, called, OUTSIDE_HZ)
    await called.hang_up()
    await calling.over(PATIENCE_S)


async def _emergency(stage: Stage, cast: Cast) -> None:
    since = stage.title("Anna dials 112: no look-up, no rtpengine, her true number")
    calling = await cast.network.handset(ANNA_MOBILE).call("112")
    called = await cast.emergency.next_call(PATIENCE_S)
    stage.demand(called.shown == ANNA_MOBILE, f"the emergency centre saw {called.shown}")
    stage.demand(called.dialled == "112", f"the emergency route was asked for {called.dialled}")
    stage.see(f"the emergency centre sees {format_number(called.shown)}")
    await _talk(stage, calling, called)
    await stage.show_record(since, "112")
