"""Three and more in a conference mixed by Janus: who hears whom, by tones of all of them.

Each party says a tone of its own, and what it hears is the mix of the others: several tones at once.
"""

from __future__ import annotations

import asyncio
import tomllib

import msgspec

from hipper.contracts.bus import Conference, ConferenceAdd, ConferenceMute, ConferenceRemove
from hipper.contracts.calls import LiveCall
from hipper.runtime.bus import Bus
from tests.interop.app import App
from tests.interop.conftest import Kit
from tests.interop.test_consulted import COLLEAGUE, FAR, USER, Three


async def shown(app: App) -> LiveCall:
    """The call as everybody of the exchange sees it."""
    call = await app.call()
    bus = Bus(tomllib.loads(app.kit.gateway.settings.read_text())["redis"]["url"])
    try:
        return msgspec.json.decode(await bus.redis.get(f"call:{call}"), type=LiveCall)
    finally:
        await bus.close()


async def test_three_hear_each_other_the_muted_is_not_heard_and_two_go_on(kit: Kit) -> None:
    three = await Three.of(kit)
    await three.consult()
    await three.colleague.answer()
    await three.with_colleague()
    await three.done(Conference(**three.app.who))
    await asyncio.gather(
        three.user.hears_all(FAR, COLLEAGUE),
        three.far.hears_all(USER, COLLEAGUE),
        three.colleague.hears_all(USER, FAR),
    )
    live = await shown(three.app)
    muted = next(party.leg for party in (live.calling, live.called, *live.others) if party.subscriber is None)
    await three.done(ConferenceMute(**three.app.who, leg=muted, muted=True))
    await asyncio.gather(three.user.hears(COLLEAGUE), three.colleague.hears(USER))
    await three.far.hears_all(USER, COLLEAGUE)
    await three.done(ConferenceMute(**three.app.who, leg=muted, muted=False))
    await three.user.hears_all(FAR, COLLEAGUE)
    await three.colleague.hang_up()
    await asyncio.gather(three.user.hears(FAR), three.far.hears(USER))
    await three.user.hang_up()
    await three.far.closed()
    record = await kit.record()
    assert record.call["outcome"] == "answered"
    assert len(record.legs) == 3


async def test_colleague_is_called_in_and_the_two_go_on_without_the_moderator(kit: Kit) -> None:
    """Made of a call of two, whom the moderator leaves to themselves; before, one is put out and back in."""
    three = await Three.of(kit)
    await three.done(Conference(**three.app.who, goes_on=True))
    await asyncio.gather(three.user.hears(FAR), three.far.hears(USER))
    for turn in range(2):
        mark = three.colleague.mark()
        await three.done(ConferenceAdd(**three.app.who, destination=three.extension))
        await three.colleague.incoming(since=mark)
        await asyncio.gather(three.user.hears(FAR), three.far.hears(USER))
        await three.colleague.answer()
        await asyncio.gather(
            three.user.hears_all(FAR, COLLEAGUE),
            three.far.hears_all(USER, COLLEAGUE),
            three.colleague.hears_all(USER, FAR),
        )
        if turn == 0:
            (leg,) = [one.leg for one in (await shown(three.app)).others]
            await three.done(ConferenceRemove(**three.app.who, leg=leg))
            await three.colleague.closed(since=mark)
            await asyncio.gather(three.user.hears(FAR), three.far.hears(USER))
    await three.user.hang_up()
    await asyncio.gather(three.far.hears(COLLEAGUE), three.colleague.hears(FAR))
    mark = three.colleague.mark()
    await three.far.hang_up()
    await three.colleague.closed(since=mark)
    record = await kit.record()
    assert [leg["ended_by"] for leg in record.legs if leg["device_name"] == "mobile"] == ["calling"]
    assert len(record.legs) == 4
