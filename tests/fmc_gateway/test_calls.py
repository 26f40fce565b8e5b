"""Calls through a running gateway, as ladders: caller, gateway, called."""

from __future__ import annotations

import pytest

from hipper.telephony.sip import events as sip
from tests.fmc_gateway.kit import World, sdp

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", "<sip:+31612320100@mno.test>"),)


async def test_mobile_calls_the_outside_and_hangs_up(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    invited = await carrier.expect(sip.Invited)
    assert str(invited.request.uri).startswith("sip:+31301234567@")
    assert invited.request.from_.uri.user == "+31201232010"
    carrier.do("ring", invited.session)
    await mobile.expect(sip.Ringing)
    carrier.do("answer", invited.session, sdp(25010))
    answered = await mobile.expect(sip.Answered)
    assert "m=audio" in answered.sdp
    await carrier.expect(sip.Confirmed)
    mobile.do("bye", session)
    ended = await carrier.expect(sip.Ended)
    assert ended.cause == "bye"
    await world.at_rest()
