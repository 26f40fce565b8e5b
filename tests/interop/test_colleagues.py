"""Calls of colleagues are picked up, parked and retrieved: who hears whom, and that nobody else does."""

from __future__ import annotations

import asyncio

from tests.interop.baresip import Baresip
from tests.interop.conftest import Kit

CALLER, PICKER, OTHER = 1000, 700, 1300
OUTSIDE = "+31301234567"


async def alone(*pairs: tuple[Baresip, set[int]]) -> None:
    """Each heard these tones, and nobody else's."""
    for agent, tones in pairs:
        assert agent.heard_tones(CALLER, PICKER, OTHER) <= tones, agent.name


async def test_call_from_outside_is_picked_up_by_somebody_of_the_group(kit: Kit) -> None:
    anna, bram = kit.company.person("anna", mobile=False), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, rung = await kit.desk(anna, PICKER), await kit.desk(bram, OTHER)
    caller = await kit.pstn_phone(OUTSIDE, CALLER)
    await caller.dial(f"sip:{bram.fixed}@127.0.0.1:{kit.gateway.pstn}")
    await rung.incoming()
    await desk.dial("*98")
    await caller.established()
    await rung.closed()
    await asyncio.gather(caller.hears(PICKER), desk.hears(CALLER))
    await alone((caller, {PICKER}), (desk, {CALLER}), (rung, set()))
    await desk.hang_up()
    await caller.closed()
    record = await kit.record()
    assert record.call["outcome"] == "answered"
    assert record.outcomes == {bram.phones[0]: "answered_elsewhere", anna.phones[0]: "answered"}
