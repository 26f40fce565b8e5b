"""A caller who was given early media and is put through to somebody else, through a running gateway."""

from __future__ import annotations

import re

import pytest

from hipper.telephony.sip import events as sip
from tests.fmc_gateway.kit import World, sdp
from tests.fmc_gateway.test_calls_onward import ANNA_MOBILE, no_mobile, setting

pytestmark = pytest.mark.servers


def port_of(text: str | None) -> str:
    found = re.search(r"m=audio (\d+)", text or "")
    assert found is not None, text
    return found[1]


async def test_caller_hears_the_ringback_of_one_phone_and_is_moved_to_whom_it_forwards(world: World) -> None:
    """RFC 3261 §13.2.1: the 200 repeats the early answer; the new one comes in a re-INVITE."""
    await no_mobile(world)
    await setting(world, "bram", "call_forwarding_busy", active=True, destination="0301234567")
    phone, mobile, carrier = await world.phone("bram-1"), world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "202", ANNA_MOBILE)
    rung = await phone.expect(sip.Invited)
    phone.do("ring", rung.session, sdp=sdp(25010))
    early = await mobile.expect(sip.EarlyMedia)
    phone.do("reject", rung.session, 486)
    invited = await carrier.expect(sip.Invited)
    carrier.do("answer", invited.session, sdp(25210))
    answered = await mobile.expect(sip.Answered)
    assert port_of(answered.sdp or early.sdp) == port_of(early.sdp)
    moved = await mobile.expect(sip.Reoffered)
    assert port_of(moved.sdp) != port_of(early.sdp)
    mobile.do("answer_reoffer", moved.session, sdp(25000, version=2))
    await carrier.expect(sip.Confirmed)
    mobile.do("bye", session)
    await carrier.expect(sip.Ended)
    await world.at_rest()
