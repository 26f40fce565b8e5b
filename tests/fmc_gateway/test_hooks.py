"""Talks and ring notices reach their streams, in order, and survive an absent Redis."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fmc_gateway import hooks as module
from fmc_gateway.hooks import RINGS, TALKS, Hooks
from hipper.contracts.talks import RingNotice, RingOver, TalkEnded, TalkStarted, TalkTag
from hipper.pbx.ids import CallId, LegId, PairId, SubscriberId, TenantId
from hipper.runtime.bus import FIELD, Bus, BusUnavailable
from tests.fmc_gateway.records_samples import ANNA

TAG = TalkTag(leg=LegId("a"), tag="a", identity=ANNA)
STARTED = TalkStarted(
    call=CallId("c"),
    segment=1,
    tenant=TenantId("t"),
    at=1.0,
    rtpengine="",
    ng_call_id=PairId("c-m1"),
    tags=(TAG, TAG),
)
ENDED = TalkEnded(call=CallId("c"), segment=1, at=2.0)


def notice(deadline: float) -> RingNotice:
    return RingNotice(
        call=CallId("c"),
        tenant=TenantId("t"),
        user=SubscriberId("anna"),
        caller=ANNA,
        reached=ANNA,
        at=1.0,
        deadline=deadline,
    )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def running(hooks: Hooks, check: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.create_task(hooks.run())
    try:
        await check()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.servers
async def test_messages_reach_their_streams_with_the_engine_filled_in(redis_url: str) -> None:
    bus = Bus(redis_url)
    hooks = Hooks(bus, {PairId("c-m1"): "10.0.0.5:2223"}.get, lambda: 10.0)
    hooks.publish_talk(STARTED)
    hooks.publish_ring(notice(deadline=9.0))
    hooks.publish_ring(notice(deadline=30.0))
    hooks.publish_talk(ENDED)
    over = RingOver(call=CallId("c"), user=SubscriberId("anna"), at=3.0)
    hooks.publish_ring(over)

    async def check() -> None:
        await until(lambda: len(hooks) == 0)
        await asyncio.sleep(0.05)
        talks = [TALKS.decode(fields) for _, fields in await bus.redis.xrange("talks")]
        rings = [RINGS.decode(fields) for _, fields in await bus.redis.xrange("ring_notices")]
        assert [type(one) for one in talks] == [TalkStarted, TalkEnded]
        assert isinstance(talks[0], TalkStarted)
        assert talks[0].rtpengine == "10.0.0.5:2223"
        assert rings == [notice(deadline=30.0), over]
        assert FIELD

    await running(hooks, check)
    await bus.close()


async def test_redis_away_loses_nothing_and_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)

    class Away:
        def __init__(self) -> None:
            self.is_away = True
            self.got: list[Any] = []

        async def publish_all(self, messages: Any, *, keep: int) -> None:
            if self.is_away:
                raise BusUnavailable("away")
            self.got += [message for _, message in messages]

    bus: Any = Away()
    hooks = Hooks(bus, lambda pair: None, lambda: 0.0)
    hooks.publish_talk(STARTED)
    hooks.publish_talk(ENDED)

    async def check() -> None:
        await asyncio.sleep(0.05)
        assert bus.got == []
        bus.is_away = False
        await until(lambda: len(bus.got) == 2)
        assert bus.got == [STARTED, ENDED]

    await running(hooks, check)
