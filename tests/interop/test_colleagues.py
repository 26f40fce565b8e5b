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


async def test_call_at_an_extension_is_picked_up_from_a_handset(kit: Kit) -> None:
    """On-net, with two calls that ring: the one at that extension is taken, and the caller sees by whom."""
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    cor = kit.company.person("cor", mobile=False)
    await kit.company.apply()
    rung, caller = await kit.desk(bram, OTHER), await kit.desk(cor, CALLER)
    handset = await kit.handset(anna, PICKER)
    await caller.dial(bram.extension)
    await rung.incoming()
    await handset.dial(f"sip:*97{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await caller.established()
    await asyncio.gather(caller.hears(PICKER), handset.hears(CALLER), rung.closed())
    await alone((caller, {PICKER}), (handset, {CALLER}), (rung, set()))
    await caller.hang_up()
    await handset.closed()
    record = await kit.record()
    assert record.outcomes == {bram.phones[0]: "answered_elsewhere", "mobile": "answered"}


async def test_nothing_to_pick_up_is_spoken_and_refused(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    desk = await kit.desk(anna, PICKER)
    await desk.dial("*98")
    assert "480" in (await desk.closed(timeout_s=15))["param"]
    assert (await kit.record()).call["rule"] == "pick-up.group"


async def test_a_parked_caller_hears_music_until_somebody_of_the_group_comes(kit: Kit) -> None:
    anna, bram = kit.company.person("anna", mobile=False), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    first, second = await kit.desk(anna, OTHER), await kit.desk(bram, PICKER)
    caller = await kit.pstn_phone(OUTSIDE, CALLER)
    await caller.dial(f"sip:{anna.fixed}@127.0.0.1:{kit.gateway.pstn}")
    await first.incoming()
    await first.answer()
    await caller.hears(OTHER)
    await first.hold()
    await first.dial(f"*68{bram.extension}")
    await caller.hears_other(OTHER, PICKER)
    await second.dial("*88")
    await second.established()
    await asyncio.gather(caller.hears(PICKER), second.hears(CALLER))
    await caller.hears_in_order(OTHER, "other", PICKER)
    await alone((second, {CALLER}))
    await second.hang_up()
    await caller.closed()
    records = {one.call["rule"]: one for one in await kit.records(2)}
    assert records.keys() > {"park.parked"}
    (talk,) = [one for rule, one in records.items() if rule != "park.parked"]
    assert talk.call["outcome"] == "answered"
    assert [leg["device_name"] for leg in talk.legs] == [None, anna.phones[0], bram.phones[0]]
