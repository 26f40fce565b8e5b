"""What a person does with a telephone, done with baresip: give up, reject, answer one of three that ring."""

from __future__ import annotations

import asyncio

from tests.interop.conftest import Kit

OUTSIDE = "+31301234567"
TONE, OTHER = 440, 1000


async def test_the_caller_hangs_up_while_it_rings(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, handset = await kit.desk(bram, TONE), await kit.handset(anna, OTHER)
    await handset.dial(f"sip:{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await desk.incoming()
    await handset.event("CALL_RINGING")
    await handset.hang_up()
    await asyncio.gather(desk.closed(), handset.closed())
    record = await kit.record()
    assert (record.call["outcome"], record.outcomes) == ("cancelled", {bram.phones[0]: "rang"})


async def test_the_reject_button_of_a_desk_phone_is_busy(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, caller = await kit.desk(bram, TONE), await kit.desk(anna, OTHER)
    await caller.dial(bram.extension)
    await desk.incoming()
    await desk.hang_up()
    assert "486" in (await caller.closed())["param"]
    record = await kit.record()
    assert (record.call["outcome"], record.outcomes) == ("busy", {bram.phones[0]: "busy"})


async def test_the_reject_button_of_a_mobile_is_a_decline_and_ends_the_ringing(kit: Kit) -> None:
    bram = kit.company.person("bram")
    await kit.company.apply()
    desk, handset = await kit.desk(bram, TONE), await kit.handset(bram, OTHER)
    caller = await kit.carrier_calls("uac_refused", bram.fixed, OUTSIDE, status=603)
    await asyncio.gather(desk.incoming(), handset.incoming())
    await handset.hang_up()
    await asyncio.gather(desk.closed(), handset.closed(), caller.finished())
    record = await kit.record()
    assert record.call["outcome"] == "declined"
    assert record.outcomes["mobile"] == "declined"


async def test_three_telephones_ring_and_the_mobile_is_picked_up(kit: Kit) -> None:
    bram = kit.company.person("bram", phones=2)
    await kit.company.apply()
    first, second = await kit.desk(bram, TONE, which=0), await kit.desk(bram, TONE, which=1)
    handset = await kit.handset(bram, OTHER)
    caller = await kit.carrier_calls("uac_call", bram.fixed, OUTSIDE, talk_ms=2500, echo=True)
    await asyncio.gather(*(phone.incoming() for phone in (first, second, handset)))
    await handset.answer()
    await asyncio.gather(first.closed(), second.closed(), handset.established())
    await handset.hears(OTHER)
    await caller.finished()
    await handset.closed()
    record = await kit.record()
    assert record.outcomes == {
        bram.phones[0]: "answered_elsewhere",
        bram.phones[1]: "answered_elsewhere",
        "mobile": "answered",
    }
