"""The far parties of two calls of one user are brought together: who hears whom before, during and after, by
tones of all three. Nobody here echoes."""

from __future__ import annotations

import asyncio

from hipper.contracts.bus import Join, ReplyStatus
from tests.interop.app import App
from tests.interop.baresip import Baresip
from tests.interop.company import PASSWORD
from tests.interop.conftest import Kit
from tests.interop.test_moved import OUTSIDE

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


async def test_desk_phone_sends_its_call_on_by_refer(kit: Kit) -> None:
    """baresip's own transfer: it is told that it rings, and that it was answered."""
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    user, far = await kit.desk(anna, USER), await kit.pstn_phone(OUTSIDE, FAR)
    colleague = await kit.desk(bram, COLLEAGUE)
    await user.dial("0301234567")
    await far.incoming()
    await far.answer()
    await asyncio.gather(far.hears(USER), user.hears(FAR))
    await user.command("transfer", f"sip:{bram.extension}@{bram.domain}")
    await colleague.incoming()
    await far.hears_other(*TONES)
    await colleague.answer()
    await user.closed()
    await asyncio.gather(far.hears(COLLEAGUE), colleague.hears(FAR))
    await far.hears_in_order(USER, "other", COLLEAGUE)
    await colleague.hang_up()
    await far.closed()
    record = await kit.record()
    assert {anna.phones[0], bram.phones[0]} <= {leg["device_name"] for leg in record.legs}


async def test_desk_phone_brings_two_of_its_dialogs_together(kit: Kit) -> None:
    """SIPp is the telephone, and sends back what it hears: who hears the own tone hears the telephone."""
    anna, bram = kit.company.person("anna", mobile=False), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    far, colleague = await kit.pstn_phone(OUTSIDE, FAR), await kit.desk(bram, COLLEAGUE)
    target = f"{bram.extension}@{bram.domain}"
    phone = await kit.phone(
        anna,
        "uas_attended_transfer",
        echo=True,
        auth_uri=target,
        request_uri=f"sip:{target}",
        user=anna.phones[0],
        password=PASSWORD,
        domain=anna.domain,
        talk_ms=600,
        hold_ms=800,
    )
    await far.dial(f"sip:{anna.fixed}@127.0.0.1:{kit.gateway.pstn}")
    await colleague.incoming()
    await colleague.answer()
    await asyncio.gather(far.hears(COLLEAGUE), colleague.hears(FAR))
    await phone.finished()
    await far.hears_in_order(FAR, COLLEAGUE)
    await colleague.hears_in_order(COLLEAGUE, FAR)
    await far.hang_up()
    await colleague.closed()
    assert {len(one.legs) for one in await kit.records(2)} == {2, 3}
