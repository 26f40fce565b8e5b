"""Somebody calls one of us, on each kind of number, with three devices ringing: two desk phones and the
mobile."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.sipp import Sipp, SippResult

CALLER = "+31301234567"
ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
RINGING = "uas_ring_until_cancelled"
DEVICES = ("first desk phone", "second desk phone", "mobile")


async def bram_with_three_devices(kit: Kit, **more: int) -> Person:
    bram = kit.company.person("bram", phones=2, **more)
    kit.company.person("anna")
    await kit.company.apply()
    return bram


async def devices(kit: Kit, bram: Person, *scenarios: str | dict[str, object]) -> list[Sipp]:
    """First desk phone, second desk phone, mobile."""
    first, second, mobile = ({"scenario": s} if isinstance(s, str) else s for s in scenarios)
    return [
        await kit.phone(bram, which=0, **first),  # type: ignore[arg-type]
        await kit.phone(bram, which=1, **second),  # type: ignore[arg-type]
        await kit.network(**mobile),  # type: ignore[arg-type]
    ]


async def call(kit: Kit, bram: Person, kind: str, scenario: str = "uac_call", **more: object) -> Sipp:
    """A call to bram on one kind of number."""
    match kind:
        case "fixed":
            return await kit.carrier_calls(scenario, bram.fixed, CALLER, **more)
        case "mobile by prefix":
            dialled = "99" + (bram.mobile or "").removeprefix("+")
        case "mobile by trunk group":
            dialled = f"{bram.mobile};tgrp=hipper;trunk-context=ims.example"
        case _:
            return await kit.network_calls(scenario, bram.extension, kit.company.people["anna"], **more)
    return await kit.network_calls(scenario, dialled, CALLER, **more)


def names(bram: Person) -> tuple[str, str, str]:
    return (*bram.phones, "mobile")  # type: ignore[return-value]


@pytest.mark.parametrize("winner", [0, 1, 2], ids=DEVICES)
@pytest.mark.parametrize("kind", ["fixed", "mobile by prefix", "mobile by trunk group", "extension"])
async def test_three_devices_ring_and_the_first_answer_wins(kit: Kit, kind: str, winner: int) -> None:
    bram = await bram_with_three_devices(kit)
    what: list[str | dict[str, object]] = [RINGING] * 3
    what[winner] = {"scenario": "uas_answer", "ring_ms": 300}
    ringing = await devices(kit, bram, *what)
    caller = await call(kit, bram, kind, talk_ms=100)
    await caller.finished()
    seen = [await device.finished() for device in ringing]
    for number, device in enumerate(seen):
        assert len(device.received("INVITE")) == 1
        if number == winner:
            assert device.received("BYE")
            assert not device.received("CANCEL")
        else:
            assert device.first("CANCEL").header("Reason") == ELSEWHERE
    record = await kit.record()
    assert record.call["outcome"] == "answered"
    expected = dict.fromkeys(names(bram), "answered_elsewhere") | {names(bram)[winner]: "answered"}
    assert record.outcomes == expected
    assert record.answered_leg["device_name"] == names(bram)[winner]
    assert record.answered_leg["tariff"] == "free"
    if kind != "extension":
        shows_the_caller(seen)
        assert record.calling["number"] == CALLER


def shows_the_caller(devices: list[SippResult]) -> None:
    for device in devices:
        assert f"sip:{CALLER}@" in (device.first("INVITE").header("From") or "")


@pytest.mark.parametrize("kind", ["fixed", "mobile by prefix"])
async def test_a_withheld_caller_stays_withheld_on_every_device(kit: Kit, kind: str) -> None:
    bram = await bram_with_three_devices(kit)
    ringing = await devices(kit, bram, "uas_answer", RINGING, RINGING)
    caller = await call(kit, bram, kind, headers="Privacy: id", talk_ms=100)
    await caller.finished()
    seen = [(await device.finished()).first("INVITE") for device in ringing]
    for invite in seen:
        assert "anonymous@anonymous.invalid" in (invite.header("From") or "")
        assert invite.header("Privacy") == "id"
    assert not any(CALLER.removeprefix("+31") in invite.raw for invite in seen[:2])
    assert f"sip:{CALLER}@" in (seen[2].header("P-Asserted-Identity") or "")
    assert (await kit.record()).calling["presentation"] == "restricted"


async def test_the_caller_gives_up_and_every_device_stops(kit: Kit) -> None:
    bram = await bram_with_three_devices(kit)
    ringing = await devices(kit, bram, RINGING, RINGING, RINGING)
    reason = 'Q.850;cause=16;text="Normal call clearing"'
    caller = await call(kit, bram, "fixed", "uac_cancel", headers_cancel=f"Reason: {reason}")
    await caller.finished()
    for device in ringing:
        assert (await device.finished()).first("CANCEL").header("Reason") == reason
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("cancelled", 487)
    assert set(record.outcomes.values()) == {"rang"}


async def test_an_answer_elsewhere_upstream_is_told_to_every_device(kit: Kit) -> None:
    bram = await bram_with_three_devices(kit)
    ringing = await devices(kit, bram, RINGING, RINGING, RINGING)
    caller = await call(kit, bram, "fixed", "uac_cancel", headers_cancel=f"Reason: {ELSEWHERE}")
    await caller.finished()
    for device in ringing:
        assert (await device.finished()).first("CANCEL").header("Reason") == ELSEWHERE
    assert (await kit.record()).call["outcome"] == "cancelled"


async def test_one_busy_device_does_not_stop_the_others(kit: Kit) -> None:
    bram = await bram_with_three_devices(kit)
    busy = {"scenario": "uas_refuse", "status": 486, "phrase": "Busy Here"}
    ringing = await devices(kit, bram, busy, {"scenario": "uas_answer", "ring_ms": 300}, RINGING)
    caller = await call(kit, bram, "fixed", talk_ms=100)
    await caller.finished()
    await asyncio.gather(*(device.finished() for device in ringing))
    record = await kit.record()
    assert record.outcomes == dict(zip(names(bram), ("busy", "answered", "answered_elsewhere"), strict=True))


async def test_every_device_is_busy(kit: Kit) -> None:
    bram = await bram_with_three_devices(kit)
    busy = {"scenario": "uas_refuse", "status": 486, "phrase": "Busy Here"}
    ringing = await devices(kit, bram, busy, busy, busy)
    caller = await call(kit, bram, "fixed", "uac_refused", status=486)
    await caller.finished()
    await asyncio.gather(*(device.finished() for device in ringing))
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("busy", 486)
    assert set(record.outcomes.values()) == {"busy"}


@pytest.mark.parametrize(
    ("decliner", "status"),
    [(0, 603), (2, 603), (2, 486)],
    ids=["desk phone", "mobile", "mobile reject button"],
)
async def test_a_decline_ends_the_ringing_everywhere(kit: Kit, decliner: int, status: int) -> None:
    bram = await bram_with_three_devices(kit)
    phrase = "Decline" if status == 603 else "Busy Here"
    what: list[str | dict[str, object]] = [RINGING] * 3
    what[decliner] = {"scenario": "uas_ring_then_refuse", "status": status, "phrase": phrase}
    ringing = await devices(kit, bram, *what)
    caller = await call(
        kit, bram, "fixed", "uac_refused", status=603
    )  # fmt: skip
    await caller.finished()
    await asyncio.gather(*(device.finished() for device in ringing))
    record = await kit.record()
    assert record.call["outcome"] == "declined"
    assert record.outcomes[names(bram)[decliner]] == "declined"


async def test_nobody_answers(kit: Kit) -> None:
    bram = await bram_with_three_devices(kit, no_answer_s=5)
    ringing = await devices(kit, bram, RINGING, RINGING, RINGING)
    caller = await call(kit, bram, "fixed", "uac_refused", status=480)
    await asyncio.gather(caller.finished(), *(device.finished() for device in ringing))
    record = await kit.record()
    assert record.call["outcome"] == "no_answer"
    assert set(record.outcomes.values()) == {"rang"}
    assert 4.5 < (record.call["ended"] - record.call["started"]).total_seconds() < 7


async def test_a_device_that_is_not_registered_does_not_ring_and_the_record_says_why(kit: Kit) -> None:
    bram = await bram_with_three_devices(kit)
    first = await kit.phone(bram)
    mobile = await kit.network(RINGING)
    caller = await call(kit, bram, "fixed", talk_ms=100)
    await caller.finished()
    await asyncio.gather(first.finished(), mobile.finished())
    record = await kit.record()
    assert record.outcomes == dict(
        zip(names(bram), ("answered", "not_registered", "answered_elsewhere"), strict=True)
    )


async def test_no_device_can_be_reached(kit: Kit) -> None:
    bram = kit.company.person("bram", phones=2, mobile=False)
    await kit.company.apply()
    caller = await kit.carrier_calls("uac_refused", bram.fixed, CALLER, status=480)
    await caller.finished()
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("unreachable", 480)
    assert set(record.outcomes.values()) == {"not_registered"}


async def test_a_leg_of_ours_that_comes_back_is_not_served_again(kit: Kit) -> None:
    """The mobile network triggers the terminating services for our own leg: the mark stops the loop."""
    bram = kit.company.person("bram", phones=0)
    await kit.company.apply()
    handset = await kit.network()
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=100)
    await caller.finished()
    mark = (await handset.finished()).first("INVITE").header("X-Hipper-Loop-Guard")
    dialled = "99" + (bram.mobile or "").removeprefix("+")
    headers = f"X-Hipper-Loop-Guard: {mark}"
    back = await kit.network_calls("uac_refused", dialled, CALLER, status=482, headers=headers)
    await back.finished()
    assert (await kit.record()).call["outcome"] == "answered"
