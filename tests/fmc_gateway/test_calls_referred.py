"""REFER from a desk phone through a running gateway: what it is told, and where the call goes."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.telephony.sip import events as sip
from hipper.telephony.sip.headers import NameAddr, Replaces
from hipper.telephony.sip.refer import refer_to_replaces
from hipper.telephony.sip.uri import SipUri
from tests.fmc_gateway.kit import Peer, World, sdp, wait_for
from tests.fmc_gateway.test_calls_dialled import ASSERTED
from tests.fmc_gateway.test_calls_moved import ANNA_MOBILE, OUTSIDE, login

pytestmark = pytest.mark.servers

PEER_OUTSIDE = f"<sip:{OUTSIDE}@pstn.test>"


class Desk:
    """Anna's desk phone, which has called outside and talks."""

    def __init__(self, world: World, phone: Peer, session: str, far: Any) -> None:
        self.world, self.phone, self.session, self.far = world, phone, session, far
        self.carrier = world.site.carrier

    async def refer(self, to: str, headers: tuple[tuple[str, str], ...] = (), session: str = "") -> int:
        """The status it is answered with."""
        self.phone.do("refer", session or self.session, NameAddr.parse(to), headers=headers)
        event = await self.phone.expect(sip.RequestAnswered)
        return int(event.response.status)

    async def notified(self) -> list[int | None]:
        """What the NOTIFYs say, to the last one."""
        told = []
        while True:
            event = await self.phone.expect(sip.Notified)
            told.append(event.status)
            if event.final:
                return told

    async def follow(self, port: int = 25090) -> None:
        """The far party goes where it is asked to."""
        await self.carrier.expect(sip.Reoffered)
        self.carrier.do("answer_reoffer", self.far.session, sdp(port))


async def talks(world: World) -> Desk:
    phone, carrier = await world.phone("anna-1"), world.site.carrier
    session = calls(world, phone, "0301234567", 25100)
    far = await carrier.expect(sip.Invited)
    carrier.do("answer", far.session, sdp(25090))
    await phone.expect(sip.Answered)
    await carrier.expect(sip.Confirmed)
    return Desk(world, phone, session, far)


def calls(world: World, phone: Peer, dialled: str, port: int) -> str:
    uri = "<sip:anna-1@acme.test>"
    return phone.call(world.site.udp, dialled, uri, offer=sdp(port), auth=login("anna-1"), host="acme.test")


async def joins(peer: Peer, session: str, port: int) -> None:
    """Who comes goes to the new media as well."""
    await peer.expect(sip.Reoffered)
    peer.do("answer_reoffer", session, sdp(port))


async def test_call_is_sent_to_a_colleague(world: World) -> None:
    desk = await talks(world)
    bram = await world.phone("bram-1")
    assert await desk.refer("<sip:202@acme.test>") == 202
    rung = await bram.expect(sip.Invited)
    bram.do("ring", rung.session)
    bram.do("answer", rung.session, sdp(25060))
    await desk.follow()
    await joins(bram, rung.session, 25060)
    assert await desk.notified() == [100, 180, 200]
    await desk.phone.expect(sip.Ended)
    desk.carrier.do("bye", desk.far.session)
    await bram.expect(sip.Ended)
    await world.at_rest()


async def consults(desk: Desk, *, answers: bool = True) -> tuple[Peer, Any, str]:
    """The same desk phone calls Bram as well, in a call of its own."""
    bram = await desk.world.phone("bram-1")
    second = calls(desk.world, desk.phone, "202", 25104)
    rung = await bram.expect(sip.Invited)
    bram.do("ring", rung.session)
    if answers:
        bram.do("answer", rung.session, sdp(25060))
        await desk.phone.expect(sip.Answered)
        await bram.expect(sip.Confirmed)
    else:
        await desk.phone.expect(sip.Ringing)
    return bram, rung, second


def naming(phone: Peer, session: str, *, early_only: bool = False) -> str:
    """Refer-To with the dialog of another session of ``phone``."""
    found = phone.agent.replaces_for(session)
    assert found is not None
    replaces = Replaces.of(found.call_id, found.to_tag, found.from_tag, early_only=early_only)
    return str(refer_to_replaces(SipUri.parse("sip:202@acme.test"), replaces))


async def test_call_is_sent_to_the_one_who_was_consulted(world: World) -> None:
    desk = await talks(world)
    bram, rung, second = await consults(desk)
    assert await desk.refer(naming(desk.phone, second)) == 202
    await desk.follow()
    await joins(bram, rung.session, 25060)
    assert await desk.notified() == [100, 200]
    gone = {(await desk.phone.expect(sip.Ended)).session for _ in range(2)}
    assert gone == {desk.session, second}
    await wait_for(lambda: world.gateway.media_client.calls == 1)
    bram.do("bye", rung.session)
    await desk.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_colleague_who_still_rings_rings_for_the_far_party(world: World) -> None:
    desk = await talks(world)
    bram, rung, second = await consults(desk, answers=False)
    assert await desk.refer(naming(desk.phone, second)) == 202
    assert (await desk.phone.expect(sip.Rejected)).session == second
    assert (await bram.expect(sip.Cancelled)).session == rung.session
    again = await bram.expect(sip.Invited)
    bram.do("ring", again.session)
    bram.do("answer", again.session, sdp(25062))
    await desk.follow()
    await joins(bram, again.session, 25062)
    assert await desk.notified() == [100, 180, 200]
    desk.carrier.do("bye", desk.far.session)
    await world.at_rest()


async def test_dialog_that_is_not_the_users_is_one_that_is_not_there(world: World) -> None:
    """Unknown, a colleague's, and one of two that must not be answered yet."""
    desk = await talks(world)
    bram, rung, second = await consults(desk)
    unknown = Replaces.of("nobody@x", "a", "b")
    to = str(refer_to_replaces(SipUri.parse("sip:202@acme.test"), unknown))
    assert await desk.refer(to) == 202
    assert await desk.notified() == [100, 481]
    assert await desk.refer(naming(bram, rung.session)) == 202
    assert await desk.notified() == [100, 481]
    assert await desk.refer(naming(desk.phone, second, early_only=True)) == 202
    assert await desk.notified() == [100, 486]
    for session in (desk.session, second):
        desk.phone.do("bye", session)
    await world.at_rest()


async def test_what_cannot_be_is_refused_and_the_call_goes_on(world: World) -> None:
    desk = await talks(world)
    refused = {
        "<sip:112@acme.test>": 403,
        "<tel:112>": 403,
        "<sip:*21*202%23@acme.test>": 403,
        "<sip:299@acme.test>": 480,
        "<sip:202@elsewhere.test>": 404,
        "<mailto:bram@acme.test>": 416,
        "<sip:202@acme.test;method=BYE>": 603,
        "<sip:202@acme.test?Replaces=no-tags>": 400,
    }
    assert {to: await desk.refer(to) for to in refused} == refused
    assert [one for one in desk.carrier.events if isinstance(one, sip.Reoffered)] == []
    desk.phone.do("bye", desk.session)
    await desk.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_only_telephones_of_users_may_transfer(world: World) -> None:
    """The far party, in the PSTN, asks."""
    desk = await talks(world)
    desk.carrier.do("refer", desk.far.session, NameAddr.parse("<sip:202@acme.test>"))
    answer = await desk.carrier.expect(sip.RequestAnswered)
    assert answer.response.status == 403
    assert "only a telephone of a user" in (answer.response.headers.get("Warning") or "")
    desk.phone.do("bye", desk.session)
    await world.at_rest()


async def test_colleague_declines_and_the_telephone_goes_on(world: World) -> None:
    desk = await talks(world)
    bram = await world.phone("bram-1")
    assert await desk.refer("<sip:202@acme.test>") == 202
    rung = await bram.expect(sip.Invited)
    bram.do("reject", rung.session, 603)
    told = await desk.notified()
    assert (told[0], told[-1]) == (100, 603)
    desk.phone.do("bye", desk.session)
    await desk.carrier.expect(sip.Ended)
    await world.at_rest()


async def test_telephone_hangs_up_at_once_and_has_the_call_back_when_nobody_takes_it(world: World) -> None:
    """RFC 5589 §6.1: with its own BYE the transferor leaves it to the others."""
    desk = await talks(world)
    bram = await world.phone("bram-1")
    assert await desk.refer("<sip:202@acme.test>", (("Refer-Sub", "false"),)) == 202
    desk.phone.do("bye", desk.session)
    rung = await bram.expect(sip.Invited)
    bram.do("reject", rung.session, 603)
    back = await desk.phone.expect(sip.Invited)
    assert [one for one in desk.phone.events if isinstance(one, sip.Notified)] == []
    desk.phone.do("answer", back.session, sdp(25106))
    await desk.follow()
    await desk.phone.expect(sip.Confirmed)
    desk.phone.do("bye", back.session)
    await world.at_rest()


async def test_invite_that_wants_a_dialog_is_told_how_to_have_it(world: World) -> None:
    """We say that Replaces is known, or telephones would not transfer to us; 112 goes through whatever it
    carries."""
    desk = await talks(world)
    found = desk.phone.agent.replaces_for(desk.session)
    for replaces, status in ((str(found), 603), ("nobody;to-tag=a;from-tag=b", 481)):
        headers = (("Replaces", replaces), ("Require", "replaces"))
        uri = "<sip:anna-1@acme.test>"
        desk.phone.call(world.site.udp, "202", uri, headers=headers, auth=login("anna-1"), host="acme.test")
        assert (await desk.phone.expect(sip.Rejected)).status == status
    headers = (*ASSERTED, ("Replaces", "nobody;to-tag=a;from-tag=b"))
    world.site.mobile_peer.call(world.site.core, "112", ANNA_MOBILE, headers=headers)
    urgent = await world.site.psap.expect(sip.Invited)
    world.site.psap.do("reject", urgent.session, 480)
    desk.phone.do("bye", desk.session)
    await world.at_rest()
