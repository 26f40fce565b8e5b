"""A running call goes on on another telephone of the user, through a running gateway with rtpengine."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.contracts.bus import Hold, Pull, Push, RefusedBecause, ReplyStatus, Resume
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LegRole, LivePhase
from hipper.pbx.ids import CallId, DeviceId
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from tests.fmc_gateway.kit import PASSWORD, Peer, World, sdp, wait_for
from tests.fmc_gateway.test_calls_dialled import ACME, ANNA, ASSERTED, command, port_of
from tests.fmc_gateway.test_calls_onward import the_record

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
OUTSIDE = "+31301234567"


class Talk:
    """Anna's handset called the outside, and it was answered."""

    def __init__(self, world: World, handset: str, far: Any) -> None:
        self.world, self.handset, self.far = world, handset, far
        self.mobile, self.carrier = world.site.mobile_peer, world.site.carrier
        self.call = next(iter(world.gateway.interpreter.calls()))

    async def moved_to(self, port: int) -> sip.Reoffered:
        """The far party is asked to the new media, and goes."""
        moved = await self.carrier.expect(sip.Reoffered)
        assert port_of(moved.sdp) != port_of(self.far.sdp)
        self.carrier.do("answer_reoffer", self.far.session, sdp(port))
        return moved


async def talk(world: World) -> Talk:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    handset = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    far = await carrier.expect(sip.Invited)
    carrier.do("ring", far.session)
    carrier.do("answer", far.session, sdp(25090))
    await mobile.expect(sip.Answered)
    await carrier.expect(sip.Confirmed)
    return Talk(world, handset, far)


def dial_11(world: World, phone: Peer, user: str = "anna-1", port: int = 25100) -> str:
    uri = f"<sip:{user}@acme.test>"
    return phone.call(world.site.udp, "*11", uri, offer=sdp(port), auth=login(user), host="acme.test")


def login(user: str) -> DigestClient:
    return DigestClient(user, PASSWORD)


async def hears_no(phone: Peer, session: str) -> None:
    """It is told so aloud before the 480, which nobody waits for here."""
    spoken = await phone.expect(sip.EarlyMedia)
    assert (spoken.session, bool(spoken.sdp)) == (session, True)
    phone.do("cancel", session)
    await phone.expect(sip.Rejected)


async def test_desk_phone_pulls_the_call_of_the_handset(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    session = dial_11(world, phone)
    moved = await on.moved_to(25090)
    answered = await phone.expect(sip.Answered)
    assert answered.session == session
    assert port_of(answered.sdp) != port_of(moved.sdp)
    gone = await on.mobile.expect(sip.Ended)
    assert gone.cause == "bye"
    assert len(world.gateway.interpreter) == 1, "it never counts as a second call"
    phone.do("bye", session)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()
    record = await the_record(world)
    assert (record.outcome, record.dialled) == (CallOutcome.ANSWERED, "0301234567")
    assert [(leg.role, leg.device) for leg in record.legs] == [
        (LegRole.CALLING, "anna-mobile"),
        (LegRole.CALLING, "anna-1"),
        (LegRole.CALLED, None),
    ]
    assert [one.payer.subscription for one in record.segments] == ["mob-anna", "fix-anna"]
    first, second = record.segments
    assert first.ended == second.started


async def test_far_party_hears_the_new_telephone_before_the_old_is_released(world: World) -> None:
    """BYE to the old telephone only after the ACK of the new one."""
    phone = await world.phone("anna-1")
    on = await talk(world)
    session = dial_11(world, phone)
    await on.moved_to(25090)
    assert [event for event in on.mobile.events if isinstance(event, sip.Ended)] == []
    await phone.expect(sip.Answered)
    await on.mobile.expect(sip.Ended)
    await wait_for(lambda: world.gateway.media_client.calls == 1)
    phone.do("bye", session)
    await world.at_rest()


async def test_handset_pulls_from_the_desk_phone_and_on_net_only_that_side_moves(world: World) -> None:
    """Bram called Anna, who answered at her desk; her handset dials ``*11`` in the trunk mode."""
    phone, bram = await world.phone("anna-1"), await world.phone("bram-1")
    uri = "<sip:bram-1@acme.test>"
    bram_leg = bram.call(world.site.udp, "201", uri, offer=sdp(25060), auth=login("bram-1"), host="acme.test")
    rung = await phone.expect(sip.Invited)
    phone.do("answer", rung.session, sdp(25070))
    await bram.expect(sip.Answered)
    mobile = world.site.mobile_peer
    for invited in [event for event in mobile.events if isinstance(event, sip.Invited)]:
        await mobile.expect(sip.Cancelled)
        mobile.events.remove(invited)
    session = mobile.call(world.site.core, "*11", ANNA_MOBILE, headers=ASSERTED, offer=sdp(25074))
    moved = await bram.expect(sip.Reoffered)
    bram.do("answer_reoffer", moved.session, sdp(25060))
    answered = await mobile.expect(sip.Answered)
    assert answered.session == session
    assert answered.response.headers.get("P-Asserted-Identity") is not None, "it is told who is there"
    await phone.expect(sip.Ended)
    bram.do("bye", bram_leg)
    await mobile.expect(sip.Ended)
    await world.at_rest()
    record = await the_record(world)
    assert [one.payer.subscription for one in record.segments] == ["fix-bram", "fix-bram"], "Bram pays"
    answered_on = {one.device: one.outcome for one in record.attempts}
    assert answered_on["anna-mobile"] is AttemptOutcome.ANSWERED


async def test_nothing_to_pull_is_spoken_and_480(world: World) -> None:
    phone = await world.phone("anna-1")
    dial_11(world, phone)
    spoken = await phone.expect(sip.EarlyMedia)
    assert spoken.sdp
    refused = await phone.expect(sip.Rejected, within_s=15)
    assert (refused.status, world.gateway.interpreter.calls()) == (480, ())
    await world.at_rest()


async def test_telephone_in_the_call_cannot_pull_it(world: World) -> None:
    """The handset asks for its own call, which goes on untouched."""
    on = await talk(world)
    asks = on.mobile.call(world.site.core, "*11", ANNA_MOBILE, headers=ASSERTED, offer=sdp(25074))
    await hears_no(on.mobile, asks)
    assert [event for event in on.carrier.events if isinstance(event, sip.Reoffered)] == []
    on.mobile.do("bye", on.handset)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_far_party_refuses_and_the_old_call_goes_on(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    asks = dial_11(world, phone)
    moved = await on.carrier.expect(sip.Reoffered)
    on.carrier.do("reject_reoffer", moved.session, 488)
    await hears_no(phone, asks)
    await wait_for(lambda: len(world.gateway.interpreter) == 1)
    await wait_for(lambda: world.gateway.media_client.calls == 1)
    on.mobile.do("reoffer", on.handset, sdp(25000, direction="sendonly", version=2))
    assert (await on.mobile.expect(sip.ReofferAnswered)).sdp is not None
    on.mobile.do("bye", on.handset)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_two_telephones_pull_at_once_and_one_hears_a_clear_no(world: World) -> None:
    first, second = await world.phone("anna-1"), await world.phone("anna-2")
    on = await talk(world)
    won = dial_11(world, first)
    moved = await on.carrier.expect(sip.Reoffered)
    await hears_no(second, dial_11(world, second, "anna-2", 25104))
    on.carrier.do("answer_reoffer", moved.session, sdp(25090))
    assert (await first.expect(sip.Answered)).session == won
    await on.mobile.expect(sip.Ended)
    first.do("bye", won)
    await world.at_rest()


async def test_pull_waits_while_the_far_side_reinvites(world: World) -> None:
    """The carrier asks for something new; the handset is asked, and only then the pull goes on."""
    phone = await world.phone("anna-1")
    on = await talk(world)
    on.carrier.do("reoffer", on.far.session, sdp(25094, version=2))
    asked = await on.mobile.expect(sip.Reoffered)
    session = dial_11(world, phone)
    await wait_for(lambda: len(world.gateway.interpreter._runs[on.call].legs) > 2)
    assert [event for event in on.carrier.events if isinstance(event, sip.Reoffered)] == []
    on.mobile.do("answer_reoffer", asked.session, sdp(25000))
    await on.carrier.expect(sip.ReofferAnswered)
    await on.moved_to(25094)
    assert (await phone.expect(sip.Answered)).session == session
    phone.do("bye", session)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_who_pulls_gives_up_and_the_far_party_is_asked_back(world: World) -> None:
    """The CANCEL comes while the far party is on its way to the new media."""
    phone = await world.phone("anna-1")
    on = await talk(world)
    session = dial_11(world, phone)
    moved = await on.carrier.expect(sip.Reoffered)
    phone.do("cancel", session)
    await phone.expect(sip.Rejected)
    on.carrier.do("answer_reoffer", moved.session, sdp(25090))
    back = await on.carrier.expect(sip.Reoffered)
    assert port_of(back.sdp) == port_of(on.far.sdp)
    on.carrier.do("answer_reoffer", back.session, sdp(25090))
    await wait_for(lambda: world.gateway.media_client.calls == 1)
    on.mobile.do("reoffer", on.handset, sdp(25000, direction="sendonly", version=2))
    await on.mobile.expect(sip.ReofferAnswered)
    on.mobile.do("bye", on.handset)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_both_sides_hang_up_during_a_pull(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    asks = dial_11(world, phone)
    await on.carrier.expect(sip.Reoffered)
    on.mobile.do("bye", on.handset)
    on.carrier.do("bye", on.far.session)
    await hears_no(phone, asks)
    await world.at_rest()


async def test_user_hangs_up_the_old_telephone_while_the_new_one_takes_the_call(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    session = dial_11(world, phone)
    moved = await on.carrier.expect(sip.Reoffered)
    on.mobile.do("bye", on.handset)
    on.carrier.do("answer_reoffer", moved.session, sdp(25090))
    assert (await phone.expect(sip.Answered)).session == session
    phone.do("bye", session)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


# From the app.


async def test_app_pushes_the_call_to_the_desk_phone(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    push = Push(tenant=ACME, user=ANNA, to=DeviceId("anna-1"))
    assert (await command(world, push, on.call)).status is ReplyStatus.DONE
    rung = await phone.expect(sip.Invited)
    assert rung.request.from_.uri.user == OUTSIDE, "the telephone shows who is there"
    phone.do("ring", rung.session)
    assert [event for event in on.mobile.events if isinstance(event, sip.Ended)] == [], "the two talk on"
    again = await command(world, Pull(tenant=ACME, user=ANNA, to=DeviceId("anna-2")), on.call)
    assert (again.status, again.because) == (ReplyStatus.REFUSED, RefusedBecause.STATE)
    phone.do("answer", rung.session, sdp(25110))
    await on.moved_to(25090)
    await on.mobile.expect(sip.Ended)
    phone.do("bye", rung.session)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()
    record = await the_record(world)
    assert [one.payer.subscription for one in record.segments] == ["mob-anna", "fix-anna"]


async def test_pushed_telephone_declines_and_nothing_was_touched(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    push = Push(tenant=ACME, user=ANNA, to=DeviceId("anna-1"))
    await command(world, push, on.call)
    rung = await phone.expect(sip.Invited)
    phone.do("reject", rung.session, 603)
    await wait_for(lambda: world.gateway.media_client.calls == 1)
    live = world.gateway.interpreter.live_of(on.call)
    assert live is not None
    assert (live.calling.device, live.calling.ringing) == ("anna-mobile", ())
    assert [event for event in on.carrier.events if isinstance(event, sip.Reoffered)] == []
    assert (await command(world, push, on.call)).status is ReplyStatus.DONE
    rung = await phone.expect(sip.Invited)
    on.mobile.do("bye", on.handset)
    await phone.expect(sip.Cancelled)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_app_holds_and_resumes_without_a_word_to_any_telephone(world: World) -> None:
    on = await talk(world)
    for what in (Hold(tenant=ACME, user=ANNA), Hold(tenant=ACME, user=ANNA)):
        assert (await command(world, what, on.call)).status is ReplyStatus.DONE
    live = world.gateway.interpreter.live_of(on.call)
    assert live is not None
    assert (live.phase, live.calling.holds) == (LivePhase.HELD, True)
    assert (await command(world, Resume(tenant=ACME, user=ANNA), on.call)).status is ReplyStatus.DONE
    live = world.gateway.interpreter.live_of(on.call)
    assert live is not None
    assert (live.phase, live.calling.holds) == (LivePhase.ESTABLISHED, False)
    for peer in (on.mobile, on.carrier):
        assert [event for event in peer.events if isinstance(event, sip.Reoffered)] == []
    on.mobile.do("bye", on.handset)
    await world.at_rest()


async def test_command_to_a_call_that_rings_is_refused_with_its_state(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    handset = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    await carrier.expect(sip.Invited)
    (call,) = world.gateway.interpreter.calls()
    for what in (Hold(tenant=ACME, user=ANNA), Push(tenant=ACME, user=ANNA, to=DeviceId("anna-1"))):
        reply = await command(world, what, call)
        assert (reply.status, reply.state) == (ReplyStatus.REFUSED, "ringing")
    mobile.do("cancel", handset)
    await carrier.expect(sip.Cancelled)
    await world.at_rest()


# The handset is lost.


async def test_lost_handset_leaves_the_far_party_waiting_for_the_desk_phone(world: World) -> None:
    phone = await world.phone("anna-1")
    on = await talk(world)
    on.mobile.do("bye", on.handset, reason='SIP;cause=503;text="Media bearer or signalling lost"')
    await wait_for(lambda: phase_of(world, on.call) is LivePhase.HELD)
    assert [event for event in on.carrier.events if isinstance(event, sip.Ended)] == []
    session = dial_11(world, phone)
    await on.moved_to(25090)
    assert (await phone.expect(sip.Answered)).session == session
    await wait_for(lambda: phase_of(world, on.call) is LivePhase.ESTABLISHED)
    phone.do("bye", session)
    await on.carrier.expect(sip.Ended)
    await world.at_rest()


def phase_of(world: World, call: CallId) -> LivePhase | None:
    live = world.gateway.interpreter.live_of(call)
    return None if live is None else live.phase
