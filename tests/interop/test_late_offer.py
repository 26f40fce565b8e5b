"""A call without an offer: SIPp leaves it to the other side, whose offer goes back in the 200."""

from __future__ import annotations

import asyncio

from tests.interop.conftest import Kit


async def test_the_outside_offers_and_the_ack_answers(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.carrier()
    caller = await kit.network_calls("uac_late_offer", "0301234567", anna, talk_ms=100)
    sent, seen = await asyncio.gather(caller.finished(), pstn.finished())
    assert seen.first("INVITE").body == ""
    assert "100rel" not in (seen.first("INVITE").header("Supported") or "")
    offered, answered = sent.first(200).body, seen.first("ACK").body
    assert "m=audio" in offered
    assert "m=audio" in answered
    assert offered != seen.sent(200)[0].body  # rtpengine stands between
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("answered", 200)


async def test_every_telephone_rings_without_an_offer_and_the_loser_is_cancelled(kit: Kit) -> None:
    anna = kit.company.person("anna")
    bram = kit.company.person("bram", phones=2, mobile=False)
    await kit.company.apply()
    slow = await kit.phone(bram, "uas_ring_until_cancelled")
    quick = await kit.phone(bram, which=1)
    caller = await kit.network_calls("uac_late_offer", bram.extension, anna, talk_ms=100)
    await caller.finished()
    won, lost = await asyncio.gather(quick.finished(), slow.finished())
    assert won.first("INVITE").body == lost.first("INVITE").body == ""
    assert "m=audio" in won.first("ACK").body
    assert "Call completed elsewhere" in (lost.first("CANCEL").header("Reason") or "")
    assert (await kit.record()).outcomes == {
        bram.phones[0]: "answered_elsewhere",
        bram.phones[1]: "answered",
    }


async def test_audio_flows_both_ways(kit: Kit) -> None:
    anna = kit.company.person("anna")
    bram = kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk = await kit.desk(bram, 1000)
    caller = await kit.network_calls("uac_late_offer", bram.extension, anna, tone=440, talk_ms=4000)
    await desk.incoming()
    await desk.answer()
    await desk.established()
    await desk.hears(440)
    await caller.finished()
    await desk.closed()
