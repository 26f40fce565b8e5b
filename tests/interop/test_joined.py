"""The far parties of two calls of one user are brought together: who hears whom before, during and after, by
tones of all three. Nobody here echoes."""

from __future__ import annotations

import asyncio

from hipper.contracts.bus import Join, ReplyStatus
from tests.interop.baresip import Baresip
from tests.interop.conftest import Kit
from tests.interop.test_moved import OUTSIDE, App

FAR, COLLEAGUE, USER = 1000, 400, 700
TONES = (FAR, COLLEAGUE, USER)


async def in_two_calls(kit: Kit, user: Baresip, extension: str, dialled: str) -> tuple[Baresip, Baresip]:
    """The user called outside, holds that, and talks to the colleague."""
    far = await kit.pstn_phone(OUTSIDE, FAR)
    colleague = await kit.desk(kit.company.people["bram"], COLLEAGUE)
    await user.dial(dialled.format("0301234567"))
    await far.incoming()
    await far.answer()
    await far.hears(USER)
    await user.hold()
    await far.hears_other(*TONES)
    await user.dial(dialled.format(extension))
    await colleague.incoming()
    await colleague.answer()
    await colleague.hears(USER)
    return far, colleague


async def test_two_native_calls_are_joined_from_the_app(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    user = await kit.handset(anna, USER)
    far, colleague = await in_two_calls(kit, user, bram.extension, f"sip:{{}}@127.0.0.1:{kit.gateway.mobile}")
    app = await App.of(kit, anna)
    first, second = await app.calls(2)
    reply = await app.asks(Join(**app.who, other=second), first)
    assert reply.status is ReplyStatus.DONE, reply
    await asyncio.gather(far.hears(COLLEAGUE), colleague.hears(FAR))
    closed = await user.closed()
    await user.event("CALL_CLOSED", since=user.events.index(closed) + 1)
    await far.hears_in_order(USER, "other", COLLEAGUE)
    await colleague.hears_in_order(USER, FAR)
    await far.hang_up()
    await colleague.closed()
    joined, lent = await kit.records(2)
    assert {len(joined.legs), len(lent.legs)} == {2, 3}
    assert sorted(leg["ended_by"] for leg in (*joined.legs, *lent.legs) if "call:" in leg["ended_by"]) == [
        f"call:{first}"
    ]
