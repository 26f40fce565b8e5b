"""Transfer with consultation on one mobile leg: who hears whom at every stage, by tones of all three.

Nobody here echoes: what a party hears is whom it is connected with, and nobody else.
"""

from __future__ import annotations

import asyncio

from hipper.contracts.bus import (
    CallCommand,
    Consult,
    ConsultCancel,
    ConsultComplete,
    ConsultSwap,
    RefusedBecause,
    ReplyStatus,
    TransferBlind,
)
from tests.interop.app import App
from tests.interop.baresip import Baresip
from tests.interop.conftest import Kit
from tests.interop.test_moved import OUTSIDE

FAR, COLLEAGUE, USER = 1000, 400, 700
TONES = (FAR, COLLEAGUE, USER)


class Three:
    """Anna's handset has called outside, and Bram's desk phone is at rest."""

    def __init__(self, app: App, extension: str, user: Baresip, far: Baresip, colleague: Baresip) -> None:
        self.app, self.extension = app, extension
        self.user, self.far, self.colleague = user, far, colleague

    @classmethod
    async def of(cls, kit: Kit) -> Three:
        anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
        await kit.company.apply()
        user, far = await kit.handset(anna, USER), await kit.pstn_phone(OUTSIDE, FAR)
        colleague = await kit.desk(bram, COLLEAGUE)
        await user.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
        await far.incoming()
        await far.answer()
        await asyncio.gather(far.hears(USER), user.hears(FAR))
        return cls(await App.of(kit, anna), bram.extension, user, far, colleague)

    async def done(self, command: CallCommand) -> None:
        reply = await self.app.asks(command)
        assert reply.status is ReplyStatus.DONE, reply

    async def consult(self) -> None:
        mark = self.colleague.mark()
        await self.done(Consult(**self.app.who, destination=self.extension))
        await self.colleague.incoming(since=mark)

    async def with_colleague(self) -> None:
        """The user and the colleague hear each other, the far party music."""
        await asyncio.gather(
            self.user.hears(COLLEAGUE), self.colleague.hears(USER), self.far.hears_other(*TONES)
        )

    async def with_far(self) -> None:
        await asyncio.gather(self.user.hears(FAR), self.far.hears(USER))


async def test_colleague_is_asked_first_and_then_has_the_far_party(kit: Kit) -> None:
    three = await Three.of(kit)
    await three.consult()
    await asyncio.gather(three.far.hears_other(*TONES), three.user.hears_other(*TONES))
    await three.colleague.answer()
    await three.with_colleague()
    await three.done(ConsultSwap(**three.app.who))
    await asyncio.gather(three.with_far(), three.colleague.hears_other(*TONES))
    await three.done(ConsultSwap(**three.app.who))
    await three.with_colleague()
    assert three.colleague.heard_tones(*TONES) == {USER}, "it never heard the far party"
    assert COLLEAGUE not in three.far.heard_tones(*TONES)
    await three.done(ConsultComplete(**three.app.who))
    await three.user.closed()
    await asyncio.gather(three.far.hears(COLLEAGUE), three.colleague.hears(FAR))
    await three.colleague.hang_up()
    await three.far.closed()
    record = await kit.record()
    assert record.call["outcome"] == "answered"
    assert len(record.legs) == 3


async def test_user_who_hangs_up_has_completed(kit: Kit) -> None:
    three = await Three.of(kit)
    await three.consult()
    await three.colleague.answer()
    await three.with_colleague()
    await three.user.hang_up()
    await asyncio.gather(three.far.hears(COLLEAGUE), three.colleague.hears(FAR))
    await three.far.hang_up()
    await three.colleague.closed()


async def test_colleague_declines_or_is_given_up_and_the_far_party_is_back(kit: Kit) -> None:
    three = await Three.of(kit)
    await three.consult()
    await three.far.hears_other(*TONES)
    await three.done(ConsultCancel(**three.app.who))
    await three.with_far()
    refused = await three.app.asks(ConsultSwap(**three.app.who))
    assert refused.because is RefusedBecause.STATE
    emergency = await three.app.asks(Consult(**three.app.who, destination="112"))
    assert emergency.because is RefusedBecause.EMERGENCY
    await three.consult()
    await three.colleague.answer()
    await three.with_colleague()
    mark = three.colleague.mark()
    await three.done(ConsultCancel(**three.app.who))
    await three.colleague.closed(since=mark)
    await three.with_far()
    await three.user.hang_up()
    await three.far.closed()


async def test_user_leaves_while_the_colleague_rings(kit: Kit) -> None:
    """The far party hears ringing, then the colleague; the user is free at once."""
    three = await Three.of(kit)
    await three.consult()
    await three.done(ConsultComplete(**three.app.who))
    await three.user.closed()
    await three.far.hears_other(*TONES)
    await three.colleague.answer()
    await asyncio.gather(three.far.hears(COLLEAGUE), three.colleague.hears(FAR))
    await three.far.hang_up()
    await three.colleague.closed()


async def test_call_is_sent_on_without_consultation_and_comes_back_when_it_is_declined(kit: Kit) -> None:
    three = await Three.of(kit)
    send_on = TransferBlind(**three.app.who, destination=three.extension)
    await three.done(send_on)
    await three.colleague.incoming()
    await three.user.closed()
    await three.far.hears_other(*TONES)
    mark = three.user.mark()
    await three.colleague.hang_up()
    rings = await three.user.incoming(since=mark)
    assert OUTSIDE in rings["peeruri"], "it is the far party that comes back"
    await three.far.hears_other(*TONES)
    await three.far.hang_up()
    await three.user.closed(since=mark)


async def test_colleague_has_the_call_that_was_sent_on(kit: Kit) -> None:
    three = await Three.of(kit)
    await three.done(TransferBlind(**three.app.who, destination=three.extension))
    await three.colleague.incoming()
    await three.colleague.answer()
    await three.user.closed()
    await asyncio.gather(three.far.hears(COLLEAGUE), three.colleague.hears(FAR))
    await three.colleague.hang_up()
    await three.far.closed()
