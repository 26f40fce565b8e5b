"""Hold and resume from either side: who is held hears music and not the other, then the other again.

With baresip on both ends the held one's hearing is measured, and that its RTP reaches the holder again.
With SIPp as the holder, which echoes, the held one hears its own tone come back: that proves both
directions at once.
"""

from __future__ import annotations

import asyncio

from tests.interop.baresip import Baresip
from tests.interop.conftest import Kit

TONE, OTHER = 700, 1000
OUTSIDE = "+31301234567"


async def hold_and_resume(holder: Baresip, held: Baresip) -> None:
    """They talk; `holder` holds, `held` hears music; `holder` resumes, and they talk again."""
    await held.hears(OTHER, known=(TONE,))
    await holder.hold()
    await held.hears_other(TONE, OTHER)
    await holder.resume()
    await held.hears(OTHER, known=(TONE,))
    await holder.receives()


async def test_the_called_desk_phone_holds(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, handset = await kit.desk(bram, OTHER), await kit.handset(anna, TONE)
    await handset.dial(f"sip:{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await desk.incoming()
    await desk.answer()
    await handset.established()
    await hold_and_resume(desk, handset)
    await handset.hang_up()
    await desk.closed()
    assert (await kit.record()).call["outcome"] == "answered"


async def test_the_calling_desk_phone_holds(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk, pstn = await kit.desk(anna, OTHER), await kit.pstn_phone(OUTSIDE, TONE)
    await desk.dial("0301234567")
    await pstn.incoming()
    await pstn.answer()
    await desk.established()
    await hold_and_resume(desk, pstn)
    await hold_and_resume(desk, pstn)
    await desk.hang_up()
    await pstn.closed()
    assert (await kit.record()).calling["ended_by"] == "calling"


async def test_the_other_side_of_the_network_holds(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk, pstn = await kit.desk(anna, TONE), await kit.pstn_phone(OUTSIDE, OTHER)
    await desk.dial("0301234567")
    await pstn.incoming()
    await pstn.answer()
    await desk.established()
    await hold_and_resume(pstn, desk)
    await desk.hang_up()
    await pstn.closed()
    assert (await kit.record()).call["outcome"] == "answered"


async def test_the_calling_mobile_holds(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk = await kit.desk(bram, TONE)
    handset = await kit.network_calls("uac_hold", bram.extension, anna, talk_ms=1500, hold_ms=1200, echo=True)
    await desk.incoming()
    await desk.answer()
    seen = await handset.finished()
    await desk.closed()
    assert desk.sequence(TONE) == [TONE, "other", TONE]
    answers = [m.body for m in seen.received(200) if m.body]
    assert "a=recvonly" in answers[1] or "a=inactive" in answers[1]
    assert "a=sendrecv" in answers[2]
    assert (await kit.record()).outcomes == {bram.phones[0]: "answered"}


async def test_the_pstn_holds_a_mobile(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.carrier("uas_hold", talk_ms=900, hold_ms=1200, echo=True)
    handset = await kit.handset(anna, TONE)
    await handset.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await pstn.says("INVITE", count=2, timeout_s=10)
    await handset.hears_in_order(TONE, "other", TONE)
    await handset.hang_up()
    await asyncio.gather(handset.closed(), pstn.finished())
    assert (await kit.record()).call["outcome"] == "answered"


async def test_both_sides_hold_each_other_and_part(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, other = await kit.desk(anna, OTHER), await kit.desk(bram, TONE)
    await desk.dial(bram.extension)
    await other.incoming()
    await other.answer()
    await other.hears(OTHER)
    await desk.hold()
    await other.hears_other(TONE, OTHER)
    await other.hold()
    await asyncio.sleep(0.2)
    await desk.resume()
    await other.resume()
    await other.hang_up()
    await desk.closed()
    assert (await kit.record()).call["outcome"] == "answered"
