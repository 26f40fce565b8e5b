"""An answer and a CANCEL cross on the wire (RFC 3261 §9.1): nobody is left talking to nobody."""

from __future__ import annotations

import asyncio

from tests.interop.conftest import Kit

CALLER = "+31301234567"
ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


async def test_a_second_device_answers_while_it_is_cancelled(kit: Kit) -> None:
    bram = kit.company.person("bram", phones=2, mobile=False)
    await kit.company.apply()
    first = await kit.phone(bram, which=0)
    second = await kit.phone(bram, "uas_answer_despite_cancel", which=1)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=300)
    _, _, late = await asyncio.gather(caller.finished(), first.finished(), second.finished())
    assert late.first("CANCEL").header("Reason") == ELSEWHERE
    assert late.first("BYE").header("Reason") == ELSEWHERE
    record = await kit.record()
    assert record.outcomes == {bram.phones[0]: "answered", bram.phones[1]: "answered_elsewhere"}


async def test_the_caller_gives_up_while_the_other_answers(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.carrier("uas_answer_despite_cancel")
    caller = await kit.network_calls("uac_cancel", "0301234567", anna)
    await asyncio.gather(caller.finished(), pstn.finished())
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("cancelled", 487)
