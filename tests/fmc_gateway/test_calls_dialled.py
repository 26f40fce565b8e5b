"""Calls that begin in an unusual way, through a running gateway with rtpengine: dialled from the app, and
with the offer left to the other side."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from hipper.contracts.bus import CommandEnvelope, CommandReply, Dial, HangUp, ReplyStatus
from hipper.contracts.calls import CallOutcome, LegRole
from hipper.pbx.ids import CallId, DeviceId, SubscriberId, TenantId
from hipper.runtime.bus_commands import CommandChannel
from hipper.telephony.sdp.description import SessionDescription
from hipper.telephony.sip import events as sip
from tests.fmc_gateway.kit import Peer, World, sdp, wait_for
from tests.fmc_gateway.test_calls_onward import is_asked, the_record

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", "<sip:+31612320100@mno.test>"),)
ACME, ANNA = TenantId("acme"), SubscriberId("anna")
HANG_UP = HangUp(tenant=ACME, user=ANNA)
_numbers = itertools.count(1)


async def command(world: World, what: Dial | HangUp, call: str = "dialled-1", key: str = "") -> CommandReply:
    """As the app asks: over the bus."""
    channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
        world.gateway.bus, CommandEnvelope, CommandReply
    )
    request = f"request-{next(_numbers)}"
    reply = await channel.send(
        world.site.settings.gateway.id,
        CommandEnvelope(
            request_id=request,
            idempotency_key=key or request,
            call=CallId(call),
            deadline=time.time() + 5,
            command=what,
        ),
    )
    assert reply is not None
    return reply


def dial(destination: str, device: str = "anna-1") -> Dial:
    return Dial(tenant=ACME, user=ANNA, destination=destination, device=DeviceId(device))


def port_of(description: str | None) -> int:
    audio = SessionDescription.parse(description or "").audio
    assert audio is not None
    return audio.port


async def picked_up(world: World, destination: str) -> tuple[Peer, sip.Invited]:
    """Anna's desk phone rang and was picked up."""
    phone = await world.phone("anna-1")
    assert (await command(world, dial(destination))).status is ReplyStatus.DONE
    invited = await phone.expect(sip.Invited)
    phone.do("ring", invited.session)
    phone.do("answer", invited.session, sdp(25080))
    await phone.expect(sip.Confirmed)
    return phone, invited


async def test_app_dials_the_outside_and_the_desk_phone_is_joined_to_it(world: World) -> None:
    phone, first = await picked_up(world, "0301234567")
    assert first.request.from_.uri.user == "+31301234567"
    assert "PCMA" in (first.sdp or "")
    carrier = world.site.carrier
    other = await carrier.expect(sip.Invited)
    assert str(other.request.uri).startswith("sip:+31301234567@")
    assert other.request.from_.uri.user == "+31201232010"
    carrier.do("ring", other.session)
    carrier.do("answer", other.session, sdp(25090))
    await carrier.expect(sip.Confirmed)
    moved = await phone.expect(sip.Reoffered)
    assert port_of(moved.sdp) != port_of(first.sdp)
    origins = [SessionDescription.parse(one or "").origin for one in (first.sdp, moved.sdp)]
    assert origins[0]._replace(version=origins[1].version) == origins[1]
    assert int(origins[1].version) > int(origins[0].version)
    phone.do("answer_reoffer", moved.session, sdp(25080))
    carrier.do("bye", other.session)
    await phone.expect(sip.Ended)
    await world.at_rest()
    record = await the_record(world)
    assert (record.outcome, record.dialled) == (CallOutcome.ANSWERED, "0301234567")
    assert [(leg.role, leg.device) for leg in record.legs] == [
        (LegRole.CALLING, "anna-1"),
        (LegRole.CALLED, None),
    ]
    assert record.segments[0].payer.subscription == "fix-anna"


async def test_app_dials_a_colleague_and_the_phone_moves_its_media_when_joined(world: World) -> None:
    colleague = await world.phone("bram-1")
    phone, _ = await picked_up(world, "202")
    invited = await colleague.expect(sip.Invited)
    assert invited.request.from_.display_name == "Anna"
    colleague.do("ring", invited.session)
    colleague.do("answer", invited.session, sdp(25092))
    moved = await phone.expect(sip.Reoffered)
    phone.do("answer_reoffer", moved.session, sdp(25084))
    await colleague.expect(sip.Confirmed)
    phone.do("reoffer", moved.session, sdp(25084, direction="sendonly", version=3))
    assert (await phone.expect(sip.ReofferAnswered)).sdp is not None
    phone.do("bye", moved.session)
    await colleague.expect(sip.Ended)
    await world.at_rest()
    assert (await the_record(world)).outcome is CallOutcome.ANSWERED


async def test_user_who_hangs_up_while_it_rings_ends_everything(world: World) -> None:
    phone, first = await picked_up(world, "0301234567")
    other = await world.site.carrier.expect(sip.Invited)
    world.site.carrier.do("ring", other.session)
    phone.do("bye", first.session)
    await world.site.carrier.expect(sip.Cancelled)
    await world.at_rest()
    assert (await the_record(world)).outcome is CallOutcome.CANCELLED


async def test_other_side_is_busy_and_the_phone_is_hung_up_with_the_cause(world: World) -> None:
    phone, _ = await picked_up(world, "0301234567")
    other = await world.site.carrier.expect(sip.Invited)
    world.site.carrier.do("reject", other.session, 486)
    ended = await phone.expect(sip.Ended)
    assert "486" in ended.request.headers.get("Reason") or "17" in ended.request.headers.get("Reason")
    await world.at_rest()
    assert (await the_record(world)).outcome is CallOutcome.BUSY


async def test_app_hangs_up_the_call_it_dialled(world: World) -> None:
    phone = await world.phone("anna-1")
    await command(world, dial("0301234567"))
    invited = await phone.expect(sip.Invited)
    phone.do("ring", invited.session)
    assert (await command(world, HANG_UP)).status is ReplyStatus.DONE
    await phone.expect(sip.Cancelled)
    await world.at_rest()


@pytest.mark.parametrize(("destination", "says"), [("112", "Noodnummers"), ("299", "")])
async def test_refusal_is_the_reply_and_nothing_rings(world: World, destination: str, says: str) -> None:
    phone = await world.phone("anna-1")
    reply = await command(world, dial(destination))
    assert reply.status is ReplyStatus.REFUSED
    assert reply.explanation
    assert says in reply.explanation
    assert (await the_record(world)).outcome is CallOutcome.REFUSED
    assert not [event for event in phone.events if isinstance(event, sip.Invited)]
    await world.at_rest()


async def test_wish_that_is_sent_twice_rings_once_and_an_id_is_used_once(world: World) -> None:
    phone = await world.phone("anna-1")
    first = await command(world, dial("0301234567"), key="tap")
    again = await command(world, dial("0301234567"), key="tap")
    assert (first.status, again.status) == (ReplyStatus.DONE, ReplyStatus.DONE)
    other = await command(world, dial("0301234567"), key="another tap")
    assert (other.status, other.state) == (ReplyStatus.REFUSED, "diallingout")
    await phone.expect(sip.Invited)
    assert not [event for event in phone.events if isinstance(event, sip.Invited)]
    await command(world, HANG_UP)
    await world.at_rest()


async def test_gateway_that_drains_takes_no_wish(world: World) -> None:
    world.gateway.intake.draining = True
    reply = await command(world, dial("0301234567"))
    assert (reply.status, len(world.gateway.interpreter)) == (ReplyStatus.REFUSED, 0)


async def test_press_1_on_the_mobile_before_the_other_side_is_called(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    assert (await command(world, dial("0301234567", "anna-mobile"))).status is ReplyStatus.DONE
    invited = await mobile.expect(sip.Invited)
    mobile.do("answer", invited.session, sdp(25088))
    await mobile.expect(sip.Confirmed)
    await wait_for(lambda: is_asked(world))
    mobile.do("info", invited.session, "application/dtmf-relay", b"Signal=1\r\nDuration=160\r\n")
    other = await carrier.expect(sip.Invited)
    carrier.do("answer", other.session, sdp(25090))
    moved = await mobile.expect(sip.Reoffered)
    mobile.do("answer_reoffer", moved.session, sdp(25088))
    mobile.do("bye", moved.session)
    await carrier.expect(sip.Ended)
    await world.at_rest()


# The offer is left to the other side.


async def late_call(world: World, dialled: str) -> tuple[Peer, str]:
    mobile = world.site.mobile_peer
    return mobile, mobile.call(world.site.core, dialled, ANNA_MOBILE, headers=ASSERTED, late=True)


async def test_offer_is_left_to_the_outside_and_the_ack_answers_it(world: World) -> None:
    mobile, session = await late_call(world, "0301234567")
    carrier = world.site.carrier
    invited = await carrier.expect(sip.Invited)
    assert invited.sdp is None
    assert "100rel" not in invited.request.supported
    carrier.do("ring", invited.session)
    await mobile.expect(sip.Ringing)
    carrier.do("answer", invited.session, sdp(25060))
    answered = await mobile.expect(sip.Answered)
    assert answered.sdp
    assert port_of(answered.sdp) != 25060  # rtpengine stands between
    mobile.do("acknowledge", session, sdp(25062))
    confirmed = await carrier.expect(sip.Confirmed)
    assert port_of(confirmed.sdp) not in (0, 25062)
    for party, other_session in ((mobile, session), (carrier, invited.session)):
        party.do("reoffer", other_session, sdp(25062, direction="sendonly", version=2))
        held: Any = await party.expect(sip.ReofferAnswered)
        assert "a=recvonly" in held.sdp
        party.do("reoffer", other_session, sdp(25062, version=3))
        await party.expect(sip.ReofferAnswered)
    mobile.do("bye", session)
    await carrier.expect(sip.Ended)
    await world.at_rest()
    assert (await the_record(world)).outcome is CallOutcome.ANSWERED


async def test_all_telephones_ring_without_an_offer_and_the_losers_are_cancelled(world: World) -> None:
    phone = await world.phone("bram-1")
    mobile, session = await late_call(world, "202")
    invited = await phone.expect(sip.Invited)
    handset = await mobile.expect(sip.Invited)
    assert invited.sdp is handset.sdp is None
    phone.do("answer", invited.session, sdp(25064))
    assert (await mobile.expect(sip.Cancelled)).session == handset.session
    await mobile.expect(sip.Answered)
    mobile.do("acknowledge", session, sdp(25066))
    assert (await phone.expect(sip.Confirmed)).sdp
    phone.do("bye", invited.session)
    await mobile.expect(sip.Ended)
    await world.at_rest()


async def test_late_caller_who_hangs_up_before_its_ack_leaves_nothing(world: World) -> None:
    mobile, session = await late_call(world, "0301234567")
    invited = await world.site.carrier.expect(sip.Invited)
    world.site.carrier.do("answer", invited.session, sdp(25060))
    await mobile.expect(sip.Answered)
    mobile.do("bye", session)
    await world.site.carrier.expect(sip.Ended)
    await world.at_rest()
