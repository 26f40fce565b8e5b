"""Live calls in memory and in Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from fmc_gateway.live import LiveCalls, without_secrets
from hipper.contracts.bus import CallChanged, UserEvent
from hipper.contracts.calls import Charge, LiveCall, LiveParty, LivePhase
from hipper.pbx.ids import CallId, DeviceId, GatewayId, GroupId, LegId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import connect
from hipper.telephony.numbers.e164 import E164

CALL = CallId("c1")


def live(
    phase: LivePhase = LivePhase.RINGING,
    *,
    hidden: bool = False,
    called_device: str | None = None,
    call: CallId = CALL,
) -> LiveCall:
    calling = CallerIdentity(
        presentation=Presentation.RESTRICTED if hidden else Presentation.ALLOWED,
        number=E164("+31201234567"),
        name="Anna",
        network_number=E164("+31612345678"),
    )
    return LiveCall(
        call=call,
        gateway=GatewayId("gw1"),
        tenant=TenantId("acme"),
        phase=phase,
        started=1.0,
        calling=LiveParty(
            leg=LegId("a"), subscriber=SubscriberId("anna"), device=DeviceId("anna-mobile"), identity=calling
        ),
        called=LiveParty(
            leg=LegId("b"),
            subscriber=SubscriberId("bram"),
            device=DeviceId(called_device) if called_device else None,
            identity=CallerIdentity(presentation=Presentation.ALLOWED, extension="202"),
        ),
    )


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def events(redis: Any, subscriber: str) -> list[Any]:
    rows = await redis.xrange(f"events:{subscriber}")
    return [msgspec.msgpack.decode(fields[b"m"], type=UserEvent).body for _, fields in rows]


def test_nobody_learns_a_withheld_caller_or_a_network_number() -> None:
    shown = without_secrets(live(hidden=True)).calling.identity
    assert shown == CallerIdentity(presentation=Presentation.RESTRICTED)
    assert without_secrets(live()).calling.identity.network_number is None
    assert without_secrets(live()).calling.identity.name == "Anna"


@pytest.mark.servers
async def test_busy_devices_follow_the_call_before_redis_knows(redis: Any) -> None:
    calls = LiveCalls(GatewayId("gw1"), redis)
    calls.publish(CALL, live())
    assert calls.busy_devices(SubscriberId("anna")) == ("anna-mobile",)
    assert calls.busy_devices(SubscriberId("bram")) == ()
    calls.publish(CALL, live(LivePhase.ESTABLISHED, called_device="bram-1"))
    assert calls.busy_devices(SubscriberId("bram")) == ("bram-1",)
    calls.publish(CALL, None)
    assert calls.busy_devices(SubscriberId("anna")) == ()
    assert len(calls) == 0


@pytest.mark.servers
async def test_several_changes_are_written_as_the_last_one_and_told_one_by_one(redis: Any) -> None:
    calls = LiveCalls(GatewayId("gw1"), redis)
    calls.publish(CALL, live(LivePhase.SETTING_UP))
    calls.publish(CALL, live(LivePhase.ESTABLISHED, called_device="bram-1"))
    assert await calls.flush()
    shown = msgspec.json.decode(await redis.get("call:c1"), type=LiveCall)
    assert shown.phase is LivePhase.ESTABLISHED
    assert await redis.hgetall("busy:bram") == {b"c1": b"bram-1"}
    told = await events(redis, "bram")
    assert [event.phase for event in told] == [LivePhase.SETTING_UP, LivePhase.ESTABLISHED]
    assert isinstance(told[0], CallChanged)
    assert told[0].incoming
    calls.publish(CALL, None)
    calls.over(live(), "answered", 9.0)
    assert await calls.flush()
    assert await redis.exists("call:c1", "busy:bram", "busy:anna", "gateway:gw1:calls") == 0
    assert type((await events(redis, "anna"))[-1]).__name__ == "CallOver"


@pytest.mark.servers
async def test_leftovers_of_a_dead_process_are_removed_and_ours_kept(redis: Any) -> None:
    dead = LiveCalls(GatewayId("gw1"), redis)
    dead.publish(CALL, live())
    await dead.flush()
    heir = LiveCalls(GatewayId("gw1"), redis)
    heir.publish(CallId("c2"), live(call=CallId("c2")))
    await heir.flush()
    assert not await redis.exists("call:c1")
    assert await redis.smembers("gateway:gw1:calls") == {b"c2"}
    told = await events(redis, "bram")
    assert [(type(one).__name__, one.call) for one in told] == [
        ("CallChanged", "c1"),
        ("CallChanged", "c2"),
        ("CallOver", "c1"),
    ]


@pytest.mark.servers
async def test_who_listens_is_woken_with_every_event(redis: Any) -> None:
    calls = LiveCalls(GatewayId("gw1"), redis)
    listener = redis.pubsub()
    await listener.subscribe("events:bram")
    await listener.get_message(timeout=5)
    calls.publish(CALL, live())
    await calls.flush()
    woken = await listener.get_message(timeout=5)
    assert (woken["type"], woken["data"]) == ("message", b"")
    await listener.aclose()


def changed_of(calls: LiveCalls, subscriber: str) -> list[Any]:
    return [event.body for who, event in calls._events if who == subscriber]


def test_each_side_is_told_what_is_its_own_to_see_and_only_when_it_changes() -> None:
    calls = LiveCalls(GatewayId("gw1"), None)
    ringing = msgspec.structs.replace(live().called, ringing=(DeviceId("bram-1"), DeviceId("bram-2")))
    group = GroupId("g1")
    charge = Charge(subscriber=SubscriberId("anna"), group=group, rate_per_minute=0.1)
    first = msgspec.structs.replace(live(), called=ringing, charges=(charge,), incoming_group=group)
    calls.publish(CALL, first)
    calls.publish(CALL, msgspec.structs.replace(first, called=live().called))
    calls.publish(CALL, live(LivePhase.ESTABLISHED, called_device="bram-1"))
    anna, bram = changed_of(calls, "anna"), changed_of(calls, "bram")
    assert [(one.phase, one.live.called.ringing, one.live.called.device) for one in anna] == [
        (LivePhase.RINGING, (), None),
        (LivePhase.ESTABLISHED, (), None),
    ]
    assert [(one.phase, one.live.called.ringing, one.live.called.device) for one in bram] == [
        (LivePhase.RINGING, ("bram-1", "bram-2"), None),
        (LivePhase.RINGING, (), None),
        (LivePhase.ESTABLISHED, (), "bram-1"),
    ]
    assert {one.live.calling.device for one in anna} == {"anna-mobile"}
    assert {one.live.calling.device for one in bram} == {None}
    assert not any(one.live.charges or one.live.incoming_group for one in (*anna, *bram))


async def test_redis_away_nothing_is_forgotten() -> None:
    calls = LiveCalls(GatewayId("gw1"), connect("redis://127.0.0.1:1"))
    calls.publish(CALL, live())
    assert not await calls.flush()
    assert calls.away
    assert list(calls._changed) == [CALL]
    assert len(calls._events) == 2


@pytest.mark.servers
async def test_after_an_outage_the_present_is_written_and_the_past_told(redis: Any) -> None:
    calls = LiveCalls(GatewayId("gw1"), connect("redis://127.0.0.1:1"))
    calls.publish(CALL, live())
    calls.publish(CallId("c2"), live(call=CallId("c2")))
    await calls.flush()
    calls.publish(CallId("c2"), None)
    calls._redis = redis
    assert await calls.flush()
    assert await redis.exists("call:c1") == 1
    assert await redis.exists("call:c2") == 0
    assert [event.call for event in await events(redis, "anna")] == ["c1", "c2"]


@pytest.mark.servers
async def test_refresh_gives_new_lifetimes(redis: Any) -> None:
    calls = LiveCalls(GatewayId("gw1"), redis)
    calls.publish(CALL, live())
    await calls.flush()
    for key in ("call:c1", "busy:anna", "gateway:gw1:calls"):
        await redis.expire(key, 5)
    await calls.flush(refresh=True)
    assert all([await redis.ttl(key) > 60 for key in ("call:c1", "busy:anna", "gateway:gw1:calls")])


def test_everybody_of_a_conference_is_told_from_the_own_side() -> None:
    calls = LiveCalls(GatewayId("gw1"), None)
    carl = LiveParty(
        leg=LegId("c"),
        subscriber=SubscriberId("carl"),
        device=DeviceId("carl-1"),
        identity=CallerIdentity(presentation=Presentation.ALLOWED, extension="203"),
    )
    talk = live(LivePhase.ESTABLISHED, called_device="bram-1")
    meeting = msgspec.structs.replace(talk, others=(carl,), conference=True, moderator=LegId("a"))
    calls.publish(CALL, msgspec.structs.replace(talk, others=(carl,)))
    assert changed_of(calls, "carl") == [], "who only waits is not told"
    calls.publish(CALL, meeting)
    (his,) = changed_of(calls, "carl")
    assert (his.device, his.live.called.leg, his.incoming) == ("carl-1", "c", True)
    assert [(one.leg, one.device) for one in his.live.others] == [("b", None)]
    bram = changed_of(calls, "bram")[-1]
    assert [(one.leg, one.device) for one in bram.live.others] == [("c", None)]
    muted = msgspec.structs.replace(carl, muted=True)
    calls.publish(CALL, msgspec.structs.replace(meeting, others=(muted,)))
    assert [one.live.called.muted for one in changed_of(calls, "carl")] == [False, True]
