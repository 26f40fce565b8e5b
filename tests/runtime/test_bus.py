"""hipper.runtime.bus, bus_commands and bus_events against a real Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hipper.runtime import embedded
from hipper.runtime.bus import Bus, BusUnavailable, Delivery, GroupReader, Stream, UnknownMessage
from hipper.runtime.bus_commands import CommandChannel
from hipper.runtime.bus_events import BEGINNING, Events, EventStreams, Reset


class Word(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1
    text: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    request_id: str
    idempotency_key: str
    call: str
    deadline: float
    command: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    request_id: str
    status: str


WORDS: Stream[Word] = Stream("words", Word)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Bus]:
    bus = Bus(url)
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def consuming(bus: Bus, consumer: str, **options: Any) -> AsyncIterator[asyncio.Queue[str]]:
    got: asyncio.Queue[str] = asyncio.Queue()

    async def handle(delivery: Delivery[Word]) -> None:
        got.put_nowait(delivery.message.text)

    task = asyncio.create_task(bus.consume(WORDS, "group", consumer, handle, **options))
    try:
        yield got
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def next_of(queue: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(queue.get(), 5)


async def wait_until(condition: Callable[[], Any], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for is in Redis
            await asyncio.sleep(0.01)


class TestStreams:
    async def test_published_messages_reach_one_consumer_of_the_group_in_order(self, redis_url: str) -> None:
        async with connected(redis_url) as bus, consuming(bus, "a") as got:
            for text in ("one", "two", "three"):
                await bus.publish(WORDS, Word(text=text))
            assert [await next_of(got) for _ in range(3)] == ["one", "two", "three"]

            async def nothing_pending() -> bool:
                return (await bus.redis.xpending("words", "group"))["pending"] == 0

            await wait_until(nothing_pending)

    async def test_what_a_dead_consumer_left_is_claimed_by_another(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            await bus.publish(WORDS, Word(text="orphan"))
            dead = GroupReader(bus, WORDS, "group", "dead", 30.0, 5).deliveries()
            assert (await anext(dead)).message.text == "orphan"
            await dead.aclose()  # type: ignore[attr-defined]
            async with consuming(bus, "alive", claim_after_s=0.05) as got:
                assert await next_of(got) == "orphan"

    async def test_a_restarted_consumer_gets_its_unfinished_messages_first(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            await bus.publish(WORDS, Word(text="unfinished"))
            reader = GroupReader(bus, WORDS, "group", "me", 30.0, 5).deliveries()
            assert (await anext(reader)).message.text == "unfinished"
            await reader.aclose()  # type: ignore[attr-defined]
            await bus.publish(WORDS, Word(text="new"))
            async with consuming(bus, "me") as got:
                assert [await next_of(got), await next_of(got)] == ["unfinished", "new"]

    async def test_a_message_that_always_fails_is_buried_and_the_others_go_on(self, redis_url: str) -> None:
        tried: list[str] = []

        async def handle(delivery: Delivery[Word]) -> None:
            tried.append(delivery.message.text)
            if delivery.message.text == "poison":
                raise ValueError("cannot")

        async with connected(redis_url) as bus:
            await bus.publish(WORDS, Word(text="poison"))
            await bus.publish(WORDS, Word(text="good"))
            task = asyncio.create_task(
                bus.consume(WORDS, "group", "a", handle, claim_after_s=0.02, max_deliveries=2)
            )

            async def buried() -> bool:
                await bus.publish(WORDS, Word(text="good"))
                return await bus.redis.xlen("dead:words") == 1

            await wait_until(buried)
            task.cancel()
            assert tried.count("poison") == 2
            assert tried[1] == "good"

    async def test_a_version_nobody_knows_is_buried_not_guessed(self, redis_url: str) -> None:
        async with connected(redis_url) as bus, consuming(bus, "a") as got:
            await bus.publish(WORDS, Word(v=2, text="from the future"))
            await bus.redis.xadd("words", {b"m": b"\xc1 no msgpack"})
            await bus.publish(WORDS, Word(text="known"))
            assert await next_of(got) == "known"
            assert await bus.redis.xlen("dead:words") == 2
        with pytest.raises(UnknownMessage, match="version 2"):
            WORDS.decode(WORDS.encode(Word(v=2, text="x")))

    async def test_a_stream_keeps_no_more_than_it_should(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            for number in range(10):
                await bus.publish(WORDS, Word(text=str(number)), keep=3)
            assert await bus.redis.xlen("words") == 3


class TestOutage:
    async def test_redis_away_is_told_quickly_and_the_bus_recovers_by_itself(
        self, server_folder: Path
    ) -> None:
        places = embedded.private_places(server_folder / "redis-away")
        spec = embedded.redis(places)
        running = embedded.Running(spec)
        async with connected(f"unix://{places.run / 'redis.sock'}") as bus, consuming(bus, "a") as got:
            await bus.publish(WORDS, Word(text="before"))
            assert await next_of(got) == "before"
            running.stop()
            began = time.monotonic()
            with pytest.raises(BusUnavailable):
                await bus.publish(WORDS, Word(text="lost"))
            assert time.monotonic() - began < 1
            assert not await bus.is_available()
            running = embedded.Running(spec)
            await bus.publish(WORDS, Word(text="after"))
            assert await next_of(got) == "after"
            running.stop()

    async def test_a_frozen_redis_is_told_within_seconds(self, server_folder: Path) -> None:
        places = embedded.private_places(server_folder / "redis-frozen")
        running = embedded.Running(embedded.redis(places))
        async with connected(f"unix://{places.run / 'redis.sock'}") as bus:
            await bus.publish(WORDS, Word(text="before"))
            running.process.send_signal(19)
            began = time.monotonic()
            with pytest.raises(BusUnavailable):
                await bus.publish(WORDS, Word(text="lost"))
            assert time.monotonic() - began < 4
            running.process.send_signal(18)
            await bus.publish(WORDS, Word(text="after"))
        running.stop()


def order(number: int = 1, *, key: str = "key", lives_s: float = 5.0) -> Order:
    return Order(
        request_id=f"request-{number}",
        idempotency_key=key,
        call="call-1",
        deadline=time.time() + lives_s,
        command="hang up",
    )


@asynccontextmanager
async def serving(bus: Bus, handle: Callable[[Order], Any]) -> AsyncIterator[CommandChannel[Order, Answer]]:
    channel: CommandChannel[Order, Answer] = CommandChannel(bus, Order, Answer)
    task = asyncio.create_task(channel.serve("gw1", handle))
    try:
        yield channel
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Gateway:
    """Answers ``done``, counting what it was asked."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.asked: list[Order] = []
        self.delay_s = delay_s

    async def __call__(self, asked: Order) -> Answer:
        self.asked.append(asked)
        await asyncio.sleep(self.delay_s)
        return Answer(request_id=asked.request_id, status=f"done {len(self.asked)}")


class TestCommands:
    async def test_a_command_gets_its_reply(self, redis_url: str) -> None:
        gateway = Gateway()
        async with connected(redis_url) as bus, serving(bus, gateway) as channel:
            assert await channel.send("gw1", order()) == Answer(request_id="request-1", status="done 1")

    async def test_the_same_idempotency_key_is_done_once_and_answered_twice(self, redis_url: str) -> None:
        gateway = Gateway()
        async with connected(redis_url) as bus, serving(bus, gateway) as channel:
            await channel.send("gw1", order(1))
            assert await channel.send("gw1", order(2)) == Answer(request_id="request-2", status="done 1")
            assert await channel.send("gw1", order(3, key="other")) == Answer(
                request_id="request-3", status="done 2"
            )
        assert [asked.request_id for asked in gateway.asked] == ["request-1", "request-3"]

    async def test_a_repeated_command_waits_for_the_first_one_under_way(self, redis_url: str) -> None:
        gateway = Gateway(delay_s=0.1)
        async with connected(redis_url) as bus, serving(bus, gateway) as channel:
            both = await asyncio.gather(channel.send("gw1", order(1)), channel.send("gw1", order(2)))
        assert [answer and answer.status for answer in both] == ["done 1", "done 1"]
        assert len(gateway.asked) == 1

    async def test_an_expired_command_is_dropped_unread(self, redis_url: str) -> None:
        gateway = Gateway()
        async with connected(redis_url) as bus:
            channel: CommandChannel[Order, Answer] = CommandChannel(bus, Order, Answer)
            assert await channel.send("gw1", order(1, lives_s=0.05)) is None
            async with serving(bus, gateway) as late:
                assert await late.send("gw1", order(2, key="other")) is not None
                assert late.expired == 1
        assert [asked.request_id for asked in gateway.asked] == ["request-2"]

    async def test_replies_are_kept_ten_minutes(self, redis_url: str) -> None:
        async with connected(redis_url) as bus, serving(bus, Gateway()) as channel:
            first = await channel.send("gw1", order())
            assert await channel.wait_for_reply("request-1", time.time() + 5) == first
            assert 590 < await bus.redis.ttl("reply:request-1") <= 600
            assert 590 < await bus.redis.ttl("answered:call-1:key") <= 600

    async def test_a_handler_that_raises_leaves_its_command_unanswered_and_serves_the_next(
        self, redis_url: str
    ) -> None:
        async def handle(asked: Order) -> Answer:
            if asked.idempotency_key == "bad":
                raise ValueError
            return Answer(request_id=asked.request_id, status="done")

        async with connected(redis_url) as bus, serving(bus, handle) as channel:
            assert await channel.send("gw1", order(1, key="bad", lives_s=0.2)) is None
            assert await channel.send("gw1", order(2)) is not None

    async def test_commands_left_by_a_restart_are_answered(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            channel: CommandChannel[Order, Answer] = CommandChannel(bus, Order, Answer)
            waiting = asyncio.create_task(channel.send("gw1", order()))
            reader = GroupReader(bus, Stream("cmd:gw1", Order), "gateway", "gw1", 3600.0, 3).deliveries()
            await asyncio.wait_for(anext(reader), 5)  # read, then the gateway dies
            await reader.aclose()  # type: ignore[attr-defined]
            async with serving(bus, Gateway()):
                assert (await waiting) == Answer(request_id="request-1", status="done 1")


class TestUserEvents:
    async def test_a_cursor_reads_on_from_where_it_was(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            streams: EventStreams[Word] = EventStreams(bus, Word)
            first = await streams.publish("anna", Word(text="1"))
            second = await streams.publish("anna", Word(text="2"))
            assert await streams.read("anna", first) == Events((Word(text="2"),), second, (second,))
            assert await streams.read("anna", second) == Events((), second)
            both = Events((Word(text="1"), Word(text="2")), second, (first, second))
            assert await streams.read("anna", BEGINNING) == both
            assert await streams.latest("anna") == second

    async def test_a_reader_waits_for_what_comes(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            streams: EventStreams[Word] = EventStreams(bus, Word)
            waiting = asyncio.create_task(streams.read("anna", await streams.latest("anna"), wait_s=5))
            await asyncio.sleep(0.05)
            cursor = await streams.publish("anna", Word(text="now"))
            assert await waiting == Events((Word(text="now"),), cursor, (cursor,))

    async def test_a_cursor_too_old_gets_reset(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            streams: EventStreams[Word] = EventStreams(bus, Word, keep=2)
            cursors = [await streams.publish("anna", Word(text=str(number))) for number in range(5)]
            assert await streams.read("anna", cursors[0]) == Reset(cursors[4])
            assert await streams.read("anna", BEGINNING) == Reset(cursors[4])
            assert await streams.read("anna", cursors[3]) == Events(
                (Word(text="4"),), cursors[4], (cursors[4],)
            )

    @pytest.mark.parametrize("cursor", ["5-1", "99999999999999-0"])
    async def test_a_cursor_of_a_server_that_forgot_gets_reset(self, redis_url: str, cursor: str) -> None:
        async with connected(redis_url) as bus:
            streams: EventStreams[Word] = EventStreams(bus, Word)
            assert await streams.read("anna", cursor) == Reset(BEGINNING)
            latest = await streams.publish("anna", Word(text="x"))
            if cursor.startswith("9"):
                assert await streams.read("anna", cursor) == Reset(latest)

    async def test_a_cursor_that_is_none_is_refused(self, redis_url: str) -> None:
        async with connected(redis_url) as bus:
            streams: EventStreams[Word] = EventStreams(bus, Word)
            with pytest.raises(ValueError, match="is not a cursor"):
                await streams.read("anna", "yesterday")
