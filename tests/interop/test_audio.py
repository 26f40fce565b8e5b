"""Both directions of audio, with user agents nobody here wrote on both ends: baresip says a tone, baresip
hears it."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.baresip import Baresip
from tests.interop.conftest import Kit

LOW, HIGH = 440, 1000
OUTSIDE = "+31301234567"


async def talk(caller: Baresip, called: Baresip) -> None:
    """`called` rings: it answers, and each hears the other's tone."""
    await called.incoming()
    await called.answer()
    await asyncio.gather(caller.established(), called.established())
    await asyncio.gather(caller.hears(called.tone_hz or 0), called.hears(caller.tone_hz or 0))


async def end(caller: Baresip, called: Baresip) -> None:
    await caller.hang_up()
    await called.closed()


async def test_mobile_calls_the_desk_phone_of_a_colleague(kit: Kit) -> None:
    anna = kit.company.person("anna", identity="fixed")
    bram = kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk = await kit.desk(bram, HIGH)
    handset = await kit.handset(anna, LOW)
    await handset.dial(f"sip:{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await talk(handset, desk)
    assert desk.events[-1] is not None
    shown = (await desk.incoming())["peeruri"]
    assert shown == f"sip:{anna.extension}@{kit.company.domain}"
    await end(handset, desk)
    record = await kit.record()
    assert record.outcomes == {bram.phones[0]: "answered"}
    assert not record.answered_leg["transcoded"]


async def test_desk_phone_calls_the_pstn(kit: Kit) -> None:
    anna = kit.company.person("anna", identity="fixed")
    await kit.company.apply()
    desk = await kit.desk(anna, HIGH)
    pstn = await kit.pstn_phone(OUTSIDE, LOW)
    await desk.dial("0301234567")
    await talk(desk, pstn)
    assert (await pstn.incoming())["peeruri"].startswith(f"sip:{anna.fixed}@")
    await end(desk, pstn)
    assert (await kit.record()).call["outcome"] == "answered"


async def test_the_pstn_calls_a_desk_phone(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    desk = await kit.desk(anna, HIGH)
    pstn = await kit.pstn_phone(OUTSIDE, LOW)
    await pstn.dial(f"sip:{anna.fixed}@127.0.0.1:{kit.gateway.pstn}")
    await talk(pstn, desk)
    assert (await desk.incoming())["peeruri"].startswith(f"sip:{OUTSIDE}@")
    await end(pstn, desk)
    assert (await kit.record()).calling["number"] == OUTSIDE


async def test_a_desk_phone_calls_the_mobile_of_a_colleague(kit: Kit) -> None:
    anna = kit.company.person("anna", identity="fixed")
    bram = kit.company.person("bram", phones=0)
    await kit.company.apply()
    desk = await kit.desk(anna, HIGH)
    handset = await kit.handset(bram, LOW)
    await desk.dial(bram.extension)
    await talk(desk, handset)
    await end(desk, handset)
    assert (await kit.record()).outcomes == {"mobile": "answered"}


async def test_keys_pressed_in_the_call_reach_the_other_side(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk = await kit.desk(anna, HIGH)
    pstn = await kit.pstn_phone(OUTSIDE, LOW)
    await desk.dial("0301234567")
    await talk(desk, pstn)
    since = pstn.mark()
    await desk.digits("4")
    await pstn.digit_heard("4", since=since)
    await end(desk, pstn)
    assert (await kit.record()).call["outcome"] == "answered"


async def test_ringing_of_a_single_target_is_its_own_early_media(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk = await kit.desk(anna, HIGH)
    pstn = await kit.carrier("uas_early_media", tone=LOW, ring_ms=2500)
    await desk.dial("0301234567")
    await desk.hears(LOW)
    await desk.established()
    await desk.hang_up()
    await pstn.finished()
    assert (await kit.record()).call["outcome"] == "answered"


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_each_codec_both_have_passes_untouched(kit: Kit, codec: str) -> None:
    anna = kit.company.person("anna")
    bram = kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, other = await kit.desk(anna, HIGH, codecs=codec), await kit.desk(bram, LOW, codecs=codec)
    await desk.dial(bram.extension)
    await talk(desk, other)
    await end(desk, other)
    assert not any(leg["transcoded"] for leg in (await kit.record()).legs)
