"""Who is at the other end, on the wire: P-Asserted-Identity in the 200 and in UPDATEs, through a running
gateway."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from hipper.contracts.calls import LiveCall
from hipper.telephony.sip import events as sip
from tests.fmc_gateway.kit import Peer, World, sdp
from tests.fmc_gateway.test_calls_onward import setting

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", "<sip:+31612320100@mno.test>"),)
HENK = (("P-Asserted-Identity", '"Henk" <sip:+31301119999@carrier.test>'),)
PAI = "P-Asserted-Identity"


async def answered(world: World, dialled: str, called: Peer) -> tuple[str, str, sip.Answered]:
    """Anna's mobile calls, and ``called`` answers: both sessions, and the 200 that the mobile got."""
    mobile = world.site.mobile_peer
    session = mobile.call(world.site.core, dialled, ANNA_MOBILE, headers=ASSERTED)
    invited = await called.expect(sip.Invited)
    called.do("answer", invited.session, sdp(25020))
    told = await mobile.expect(sip.Answered)
    await called.expect(sip.Confirmed)
    return session, invited.session, told


async def ended(world: World, session: str) -> None:
    world.site.mobile_peer.do("bye", session)
    await world.at_rest()


async def test_colleague_who_answers_is_named_to_the_caller(world: World) -> None:
    phone = await world.phone("bram-1")
    session, _, told = await answered(world, "202", phone)
    assert told.response.headers.get(PAI).startswith('"Bram" <sip:202@')
    await ended(world, session)


async def test_colleague_who_restricts_the_line_is_not_shown(world: World) -> None:
    await setting(world, "bram", "connected_line_identification_restriction", active=True)
    phone = await world.phone("bram-1")
    session, _, told = await answered(world, "202", phone)
    assert "Bram" not in told.response.headers.get(PAI)
    assert told.response.headers.get("Privacy") == "id"
    await ended(world, session)


async def test_carrier_that_transfers_the_call_is_heard_and_the_mobile_is_told(world: World) -> None:
    carrier, mobile = world.site.carrier, world.site.mobile_peer
    session, other, _ = await answered(world, "0301234567", carrier)
    carrier.do("tell", other, HENK)
    refreshed = await mobile.expect(sip.Refreshed)
    assert refreshed.request.method == "UPDATE"
    assert "+31301119999" in refreshed.request.headers.get(PAI)
    (call,) = world.gateway.interpreter.calls()
    async with asyncio.timeout(5):
        while b"+31301119999" not in (raw := await world.gateway.bus.redis.get(f"call:{call}") or b""):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    live = msgspec.json.decode(raw, type=LiveCall)
    assert live.called.identity.number == "+31301119999"
    await ended(world, session)


async def test_desk_phone_that_claims_to_be_somebody_else_is_not_believed(world: World) -> None:
    phone = await world.phone("bram-1")
    mobile = world.site.mobile_peer
    session, other, _ = await answered(world, "202", phone)
    phone.do("tell", other, HENK)
    phone.do("reoffer", other, sdp(25020, direction="sendonly", version=2))
    await phone.expect(sip.ReofferAnswered)  # it has been dealt with by then
    assert not [event for event in mobile.events if isinstance(event, sip.Refreshed)]
    await ended(world, session)
