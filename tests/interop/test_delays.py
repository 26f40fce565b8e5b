"""Devices that ring one after the other."""

from __future__ import annotations

import asyncio

from tests.interop.conftest import Kit
from tests.interop.services import device_of, set_service

CALLER = "+31301111111"
RINGING = "uas_ring_until_cancelled"


async def test_each_device_begins_to_ring_when_its_delay_has_passed(kit: Kit) -> None:
    bram = kit.company.person("bram", phones=3, mobile=False)
    await kit.company.apply()
    delays = [
        {"device": await device_of(kit, bram, name), "delay_s": delay}
        for name, delay in zip(bram.phones, (0, 1, 3), strict=True)
    ]
    await set_service(kit, bram, "ring_order", delays=delays)
    first, third = await kit.phone(bram, RINGING, which=0), await kit.phone(bram, RINGING, which=2)
    second = await kit.phone(bram, "uas_answer", which=1, ring_ms=300)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)
    await asyncio.gather(caller.finished(), second.finished(), first.finished())
    began = first.so_far().first("INVITE").at
    assert 0.8 < second.so_far().first("INVITE").at - began < 1.6
    assert third.so_far().received("INVITE") == []
    outcomes = (await kit.record()).outcomes
    assert outcomes == dict(zip(bram.phones, ("answered_elsewhere", "answered", "not_yet"), strict=True))


async def test_the_next_device_does_not_wait_when_nothing_rings_any_more(kit: Kit) -> None:
    bram = kit.company.person("bram", phones=2, mobile=False)
    await kit.company.apply()
    later = {"device": await device_of(kit, bram, bram.phones[1]), "delay_s": 15}
    await set_service(kit, bram, "ring_order", delays=[later])
    first, second = await kit.phone(bram, "uas_refuse", which=0), await kit.phone(bram, which=1)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)
    await asyncio.gather(caller.finished(), first.finished(), second.finished())
    assert second.so_far().first("INVITE").at - first.so_far().first("INVITE").at < 3
