"""REFER from a desk phone through a running gateway: what it is told, and where the call goes."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.telephony.sip import events as sip
from hipper.telephony.sip.headers import NameAddr, Replaces
from hipper.telephony.sip.refer import refer_to_replaces
from hipper.telephony.sip.uri import SipUri
from tests.fmc_gateway.kit import Peer, World, sdp, wait_for
from tests.fmc_gateway.test_calls_moved import ASSERTED, OUTSIDE, login

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


@pytest.mark.parametrize(
    "to", ["<sip:202@acme.test>", "<tel:202;phone-context=acme.test>", "<sip:+31201232020@x.test;user=phone>"]
)
async def test_call_is_sent_to_a_colleague(world: World, to: str) -> None:
    desk = await talks(world)
    bram = await world.phone("bram-1")
    assert await desk.refer(to) == 202
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
