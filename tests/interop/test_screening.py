"""Whether a call rings: do not disturb, who is rejected and what is said, schedules and availability."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from tests.interop.baresip import Baresip
from tests.interop.company import Person, national
from tests.interop.conftest import Kit
from tests.interop.services import device_of, set_service
from tests.interop.tones import SAMPLE_RATE

CALLER, OUTSIDE = "+31301111111", "+31301234567"
RINGING = "uas_ring_until_cancelled"
SPOKEN_S = 0.8
"""Speech lasts longer than any click or burst of comfort noise."""
EVERY_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]
NEVER = [{"name": "never", "starts": "2001-01-01", "ends": "2001-01-01"}]


async def bram_of(kit: Kit, service: str = "", **settings: Any) -> Person:
    bram = kit.company.person("bram", mobile=False)
    kit.company.person("anna", mobile=False)
    await kit.company.apply()
    if service:
        await set_service(kit, bram, service, **settings)
    return bram


async def rings(kit: Kit, bram: Person, caller: str = CALLER, **more: Any) -> None:
    """A call to Bram reaches his desk phone."""
    phone = await kit.phone(bram)
    await (await kit.carrier_calls("uac_call", bram.fixed, caller, talk_ms=50, **more)).finished()
    await phone.finished()


async def refused(kit: Kit, bram: Person, status: int, caller: str = CALLER, **more: Any) -> str:
    """The Reason with which a call to Bram is refused, once everything was said to its caller."""
    refused = await kit.carrier_calls("uac_refused", bram.fixed, caller, status=status, **more)
    return (await refused.finished()).first(status).header("Reason") or ""


def speech_seconds(samples: list[int]) -> float:
    """How much of a recording is as loud as speech, by windows of 20 ms."""
    width = SAMPLE_RATE // 50
    windows = [samples[at : at + width] for at in range(0, len(samples) - width, width)]
    return sum(math.sqrt(sum(x * x for x in window) / width) > 500 for window in windows) / 50


async def hears_speech(caller: Baresip) -> None:
    """Before any answer, and in pieces as speech is: some of it quiet."""
    for _ in range(100):
        samples = caller.samples()
        if speech_seconds(samples) >= SPOKEN_S:
            break
        await asyncio.sleep(0.1)
    heard, length = speech_seconds(caller.samples()), len(caller.samples()) / SAMPLE_RATE
    assert heard >= SPOKEN_S, f"{heard} s of {length} s were speech"
    assert heard < length, "it never paused"


async def test_do_not_disturb_is_busy_until_it_is_switched_off(kit: Kit) -> None:
    bram = await bram_of(kit, "do_not_disturb", active=True)
    assert "cause=17" in await refused(kit, bram, 486)
    await set_service(kit, bram, "do_not_disturb", active=False)
    await rings(kit, bram)
    first, second = await kit.records(2)
    assert (first.call["outcome"], first.outcomes) == ("busy", {bram.phones[0]: "busy"})
    assert second.call["outcome"] == "answered"


async def test_anonymous_rejection_is_spoken_before_the_refusal(kit: Kit) -> None:
    """baresip withholds nothing by itself: its From is anonymous, and the carrier asserts nothing."""
    bram = await bram_of(kit, "anonymous_call_rejection", active=True)
    caller = await kit.pstn_phone("anonymous", 440)
    since = caller.mark()
    await caller.dial(f"sip:{bram.fixed}@127.0.0.1:{kit.gateway.pstn}")
    await caller.event("CALL_PROGRESS", since=since)
    await hears_speech(caller)
    closed = await caller.closed(since=since, timeout_s=20)
    assert "433" in closed["param"]
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("refused", 433)


async def test_anonymous_rejection_refuses_privacy_id_and_nobody_else(kit: Kit) -> None:
    bram = await bram_of(kit, "anonymous_call_rejection", active=True)
    await refused(kit, bram, 433, headers="Privacy: id")
    await rings(kit, bram)


@pytest.mark.parametrize(
    ("service", "listed_rings"), [("selective_call_rejection", False), ("selective_call_acceptance", True)]
)
async def test_selective(kit: Kit, service: str, listed_rings: bool) -> None:
    listed = {"name": "listed", "callers": "numbers", "numbers": [CALLER]}
    bram = await bram_of(kit, service, active=True, criteria=[listed])
    ringing, silent = (CALLER, OUTSIDE) if listed_rings else (OUTSIDE, CALLER)
    await rings(kit, bram, ringing)
    await refused(kit, bram, 603, silent)


@pytest.mark.parametrize("within", [True, False])
async def test_schedule_of_a_forward(kit: Kit, within: bool) -> None:
    """Selective forwarding that holds during a schedule: of all hours, or of a day long gone."""
    bram = await bram_of(kit)
    times = {"weekly": EVERY_DAY} if within else {"events": NEVER}
    await set_service(kit, bram, "schedules", schedules=[{"name": "now", **times}])
    rule = {"criterion": {"name": "now", "during": "now"}}
    await set_service(
        kit, bram, "call_forwarding_selective", active=True, destination=national(OUTSIDE), rules=[rule]
    )
    if not within:
        await rings(kit, bram)
        return
    carrier = await kit.carrier()
    await (await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)).finished()
    invite = (await carrier.finished()).first("INVITE")
    assert f"sip:{bram.fixed}@" in (invite.header("Diversion") or "")


async def test_availability_per_number(kit: Kit) -> None:
    """Calls to the fixed number are refused out of hours; the extension rings as ever."""
    bram = await bram_of(kit)
    await set_service(kit, bram, "schedules", schedules=[{"name": "work", "events": NEVER}])
    closed = {"number": "fixed", "schedule": "work", "outside": {"action": "reject"}}
    await set_service(kit, bram, "availability", numbers=[closed])
    await refused(kit, bram, 603)
    phone = await kit.phone(bram)
    anna = kit.company.people["anna"]
    caller = await kit.phone_calls("uac_digest_call", anna, bram.extension)
    await asyncio.gather(caller.finished(), phone.finished())


async def test_availability_profile_rings_one_device_of_two(kit: Kit) -> None:
    bram = kit.company.person("bram", mobile=False, phones=2)
    await kit.company.apply()
    only = await device_of(kit, bram, bram.phones[1])
    profile = {"name": "Out", "private": {"devices": [only]}, "business": {"devices": [only]}}
    await set_service(kit, bram, "availability", profiles=[profile], active_profile="Out")
    silent, ringing = await kit.phone(bram, which=0), await kit.phone(bram, which=1)
    await (await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)).finished()
    await ringing.finished()
    assert silent.so_far().received("INVITE") == []
    assert set((await kit.record()).outcomes) >= {bram.phones[1]}


async def test_distinctive_ring_tells_the_telephone(kit: Kit) -> None:
    criterion = {"name": "vip", "callers": "numbers", "numbers": [CALLER]}
    bram = await bram_of(kit, "priority_alert", active=True, criteria=[criterion])
    for caller, wanted in ((CALLER, True), (OUTSIDE, False)):
        phone = await kit.phone(bram)
        await (await kit.carrier_calls("uac_call", bram.fixed, caller, talk_ms=50)).finished()
        invite = (await phone.finished()).first("INVITE")
        assert (invite.header("Alert-Info") is not None) is wanted
