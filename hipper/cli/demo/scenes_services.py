"""Calls that do not simply ring: forwards, office hours, a number that rings along, feature codes, bars."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from hipper.cli.demo.cast import (
    ANNA_HZ,
    ANNA_MOBILE,
    BRAM_HZ,
    CHANTAL_HZ,
    HOME_HZ,
    OUTSIDE_HZ,
    Cast,
    sounding,
)
from hipper.cli.demo.ringing import answer_first, ring_bram
from hipper.cli.demo.stage import PATIENCE_S, Stage
from hipper.directory.services import get_service, set_group_service
from hipper.directory.settings import find_subscriber
from hipper.pbx.ids import GroupId
from hipper.pbx.model import Announcement
from hipper.pbx.services.schedules import Schedule, Schedules, Weekday, Weekly
from hipper.runtime.servers import owner_url
from hipper.telephony.numbers.format import format_number
from simulators.call import Call, CallError

CALLER = "+31207654321"
"""Somebody outside."""
ANNA_FIXED, EVA_FIXED = "+31201234501", "+31201234505"
CHANTAL_FIXED = "+31201234503"
DAAN_HOME, EVA_HOME = "+31207654304", "+31207654305"
PREMIUM = "09061234"
FORWARD_ON, FORWARD_OFF = "*21*203#", "##21#"
GROUP_SCHEDULES = "group_schedules"


async def play(stage: Stage, cast: Cast) -> None:
    await _no_answer(stage, cast)
    await _outside(stage, cast)
    await _closed(stage, cast)
    await _confirmed(stage, cast)
    await _feature_code(stage, cast)
    await _barred(stage, cast)


async def _no_answer(stage: Stage, cast: Cast) -> None:
    since = stage.title("Chantal does not answer: after five seconds her calls go on to Bram")
    anna = await cast.network.handset(ANNA_MOBILE).call("203")
    chantal = await cast.counter.next_call(PATIENCE_S)
    await chantal.ring()
    rung = await ring_bram(cast)
    await chantal.over(PATIENCE_S)
    waited = time.time() - since
    stage.demand(waited >= 5, f"Bram rang after {waited:.1f} s already")
    diversion = rung[0].header("Diversion") or ""
    stage.demand("reason=no-answer" in diversion, f"Diversion was {diversion!r}")
    stage.demand(CHANTAL_FIXED not in diversion, "Diversion shows the number that Chantal withholds")
    stage.see(f"Bram's telephones ring after {waited:.0f} s; Diversion: {diversion} (she withholds)")
    await answer_first(stage, rung)
    await anna.answered(PATIENCE_S)
    await _end_after_talking(stage, anna, ANNA_HZ, rung[0], BRAM_HZ)
    await stage.show_record(since, "203")


async def _outside(stage: Stage, cast: Cast) -> None:
    since = stage.title("Daan drives: calls from colleagues reach his home, at his cost")
    bram = await cast.shop.call("204")
    home = await cast.pstn.next_call(PATIENCE_S)
    stage.demand(home.dialled == DAAN_HOME, f"the carrier was asked for {home.dialled}")
    diversion, history = home.header("Diversion"), home.header("History-Info")
    stage.demand(diversion is not None and history is not None, "no Diversion or History-Info")
    stage.see(f"the carrier reads Diversion: {diversion}")
    stage.see(f"and History-Info: {history}")
    await home.ring()
    await home.answer()
    await bram.answered(PATIENCE_S)
    await _end_after_talking(stage, bram, BRAM_HZ, home, OUTSIDE_HZ)
    record = await stage.show_record(since, "204")
    payer = record.legs[-1].payer
    paid = None if payer is None else payer.subscription
    stage.demand(paid == "HIP-100204", f"the leg to Daan's home is paid by {paid}")
    stage.see("Daan pays the leg to his home, not Bram who called")


async def _closed(stage: Stage, cast: Cast) -> None:
    stage.title("the office in Amstelveen closes: Eva's fixed number takes no calls (seed 5.6)")
    async with _closed_office(stage, cast):
        caller = await cast.pstn.call(EVA_FIXED, caller=CALLER)
        since = time.time() - 1
        await caller.ringing(PATIENCE_S)
        stage.demand(caller.early_media, "the caller got ringing, no 183 with an announcement")
        await stage.hears_said("the caller", caller, Announcement.NO_CALLS_TAKEN)
        await caller.over(PATIENCE_S)
        stage.demand(caller.status == 603, f"the call ended with {caller.status}")
        stage.see(f"and then 603, with Reason: {caller.reason}")
    await stage.show_record(since, EVA_FIXED)


@asynccontextmanager
async def _closed_office(stage: Stage, cast: Cast) -> AsyncIterator[None]:
    """The office is open on the day after tomorrow alone, until the end of the block."""
    day = list(Weekday)[(time.localtime().tm_wday + 2) % 7]
    closed = Schedules(
        schedules=(Schedule(name="office", weekly=(Weekly(days=(day,), start="09:00", end="17:30"),)),)
    )
    connection = await asyncpg.connect(owner_url(stage.settings, "directory"))
    try:
        eva = await find_subscriber(connection, f"eva@{cast.domain}")
        group = GroupId(
            await connection.fetchval(
                "SELECT group_id FROM directory.subscribers WHERE subscriber_id = $1", eva
            )
        )
        before = await get_service(connection, "group", group, GROUP_SCHEDULES)
        await set_group_service(connection, group, GROUP_SCHEDULES, closed, by="demonstration")
        try:
            yield
        finally:
            await set_group_service(connection, group, GROUP_SCHEDULES, before.settings, by="demonstration")
    finally:
        await connection.close()


async def _confirmed(stage: Stage, cast: Cast) -> None:
    since = stage.title(
        "the office is open again: Eva's telephones ring, and her home, where 1 takes the call"
    )
    caller = await cast.pstn.call(EVA_FIXED, caller=CALLER)
    with sounding(cast.pstn, HOME_HZ):
        home = await cast.pstn.next_call(PATIENCE_S)
    desk = await cast.eva.next_call(PATIENCE_S)
    mobile = await cast.ims.handset("+31612345605").next_call(PATIENCE_S)
    for call in (desk, mobile, home):
        await call.ring()
    await caller.ringing(PATIENCE_S)
    stage.demand(home.dialled == EVA_HOME, f"the carrier was asked for {home.dialled}")
    stage.see("her desk phone, her mobile and her home ring")
    await home.answer()
    await stage.hears_said("who answers at home", home, Announcement.PRESS_ONE)
    stage.demand(caller.status is None and caller.state.value == "ringing", "the caller was connected before")
    await _press_one(home, caller)
    for call in (desk, mobile):
        await call.over(PATIENCE_S)
    stage.see("1 is pressed: the caller is connected, the other telephones stop")
    await _end_after_talking(stage, caller, OUTSIDE_HZ, home, HOME_HZ)
    await stage.show_record(since, EVA_FIXED)


async def _press_one(home: Call, caller: Call) -> None:
    """As people do: the prompt goes on, so whoever was not understood presses again."""
    for _ in range(2):
        await home.press("1")
        with contextlib.suppress(CallError):
            await caller.answered(2.5)
            return
    await home.press("1")
    await caller.answered(PATIENCE_S)


async def _feature_code(stage: Stage, cast: Cast) -> None:
    since = stage.title(f"Anna dials {FORWARD_ON} on her desk phone: her calls go to Chantal from now on")
    await _dial_code(stage, cast, FORWARD_ON, Announcement.SERVICE_ON)
    await stage.show_record(since, FORWARD_ON)
    since = stage.title("the very next call for Anna rings at Chantal's")
    caller = await cast.pstn.call(ANNA_FIXED, caller=CALLER)
    chantal = await cast.counter.next_call(PATIENCE_S)
    stage.demand(chantal.shown == CALLER, f"Chantal saw {chantal.shown}")
    stage.see(f"Chantal's telephone shows {format_number(CALLER)}; Diversion: {chantal.header('Diversion')}")
    await chantal.ring()
    await chantal.answer()
    await caller.answered(PATIENCE_S)
    await _end_after_talking(stage, caller, OUTSIDE_HZ, chantal, CHANTAL_HZ)
    await stage.show_record(since, ANNA_FIXED)
    stage.title(f"{FORWARD_OFF} ends it")
    await _dial_code(stage, cast, FORWARD_OFF, Announcement.SERVICE_OFF)


async def _dial_code(stage: Stage, cast: Cast, code: str, said: Announcement) -> None:
    call = await cast.office.call(code)
    await call.answered(PATIENCE_S)
    await stage.hears_said("Anna", call, said)
    await call.over(PATIENCE_S)


async def _barred(stage: Stage, cast: Cast) -> None:
    since = stage.title("Chantal dials a premium number, which the calling plan bars")
    call = await cast.counter.call(PREMIUM)
    await call.ringing(PATIENCE_S)
    await stage.hears_said("Chantal", call, Announcement.CALL_BARRED)
    await call.over(PATIENCE_S)
    stage.demand(call.status == 403, f"the call ended with {call.status}")
    stage.see(f"403, and no carrier was asked; Reason: {call.reason}")
    await stage.show_record(since, PREMIUM)


async def _end_after_talking(
    stage: Stage, caller: Call, caller_hz: int, called: Call, called_hz: int
) -> None:
    await stage.both_hear(caller, caller_hz, called, called_hz)
    await caller.hang_up()
    await called.over(PATIENCE_S)
