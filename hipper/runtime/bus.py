"""Typed Redis streams between services: publish, and read in consumer groups.

The messages are msgspec Structs of the callers (``hipper.contracts``), as MessagePack in field ``m``. Redis
being away is one error, :class:`BusUnavailable`, raised quickly; the next call tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import msgspec
import redis.asyncio as redis
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hipper.runtime.cancelling import honour_cancellation
from hipper.runtime.redis_batch import Batch

T = TypeVar("T", bound=msgspec.Struct)

OUTAGE: tuple[type[BaseException], ...] = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    OSError,
    TimeoutError,
)
"""What a Redis command raises when the server, and not the command, is at fault."""
FIELD = b"m"
_ANSWER_WITHIN_S = 1.0
_BLOCK_S = 2.0
_RETRY_AFTER_S = (0.1, 0.2, 0.5, 1.0, 2.0)
_log = structlog.get_logger("hipper.bus")


class BusUnavailable(Exception):  # noqa: N818 - says what is missing
    """Redis does not answer."""


class UnknownMessage(Exception):  # noqa: N818 - says what came
    """Bytes that are not the expected type, or a version of it that this reader does not know."""


def connect(url: str, *, blocking: bool = False) -> redis.Redis:
    """A client that gives up quickly and connects anew by itself; opens nothing yet. ``blocking``: for
    commands that wait on the server's side, which the caller bounds in time (redis-py needs
    ``socket_timeout`` None there)."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_ANSWER_WITHIN_S,
        socket_timeout=None if blocking else _ANSWER_WITHIN_S,
        retry=Retry(NoBackoff(), 1),  # once: the connection in the pool may be of an earlier server
        protocol=2,
    )


@contextmanager
def outages_named() -> Any:
    """Turn what redis-py raises when the server is away into BusUnavailable."""
    try:
        yield
    except OUTAGE as error:
        raise BusUnavailable(f"redis does not answer: {error}") from error


class Stream(Generic[T]):
    """One stream and the type of its messages. ``versions``: values of the type's field ``v``
    that are understood."""

    def __init__(self, name: str, message_type: Any, versions: frozenset[int] = frozenset({1})) -> None:
        self.name = name
        self._versions = versions
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(message_type)

    def encode(self, message: T) -> dict[Any, Any]:
        return {FIELD: msgspec.msgpack.encode(message)}

    def decode(self, fields: dict[bytes, bytes]) -> T:
        """Raises UnknownMessage."""
        try:
            message: T = self._decoder.decode(fields[FIELD])
        except (KeyError, msgspec.MsgspecError) as error:
            raise UnknownMessage(f"{self.name}: {error}") from None
        version = getattr(message, "v", 1)
        if version not in self._versions:
            raise UnknownMessage(f"{self.name}: version {version} is not known here")
        return message


class Delivery(msgspec.Struct, Generic[T], frozen=True):
    """One message for one consumer of a group; ``id`` is the stream's."""

    id: str
    message: T


class Bus:
    """The connections of one process."""

    def __init__(self, url: str) -> None:
        # Any: redis-py types every answer as what any protocol version might give
        self.redis: Any = connect(url)
        self.blocking: Any = connect(url, blocking=True)

    async def close(self) -> None:
        await self.redis.aclose()
        await self.blocking.aclose()

    async def is_available(self) -> bool:
        try:
            return bool(await self.redis.ping())
        except OUTAGE:
            return False

    async def publish(
        self, stream: Stream[T], message: T, *, keep: int | None = 100_000, expire_s: int | None = None
    ) -> str:
        """Append; returns the stream's id. ``keep``: how many messages the stream holds at most, the oldest
        go.
        ``expire_s``: the whole stream goes when nothing was added for so long. Raises BusUnavailable."""
        with outages_named():
            async with self.redis.pipeline(transaction=True) as pipe:
                pipe.xadd(stream.name, stream.encode(message), maxlen=keep, approximate=False)
                if expire_s is not None:
                    pipe.expire(stream.name, expire_s)
                answers = await pipe.execute()
        return str(answers[0].decode())

    async def publish_all(self, messages: Sequence[tuple[Stream[Any], Any]], *, keep: int) -> None:
        """Append each to its stream, in order and in one round trip. Raises BusUnavailable."""
        batch = Batch()
        for stream, message in messages:
            batch.add("XADD", stream.name, "MAXLEN", keep, "*", FIELD, msgspec.msgpack.encode(message))
        with outages_named():
            await batch.send(self.redis)

    async def consume(
        self,
        stream: Stream[T],
        group: str,
        consumer: str,
        handle: Callable[[Delivery[T]], Awaitable[None]],
        *,
        claim_after_s: float = 30.0,
        max_deliveries: int = 5,
    ) -> None:
        """Hand every message to one consumer of the group, forever; cancel to stop.

        First come our own unfinished ones (we were restarted), then new ones, and those that another
        consumer has not finished for ``claim_after_s`` (it is dead). A message counts as finished when
        ``handle`` returns. One that fails ``max_deliveries`` times, or cannot be read, moves to
        ``dead:<stream>``. Outages are waited out.
        """
        reader = GroupReader(self, stream, group, consumer, claim_after_s, max_deliveries)
        async for delivery in reader.deliveries():
            try:
                await handle(delivery)
            except Exception:
                _log.exception("message_failed", stream=stream.name, id=delivery.id)
            else:
                await reader.finish(delivery.id)


class GroupReader(Generic[T]):
    """One consumer of one group."""

    def __init__(
        self,
        bus: Bus,
        stream: Stream[T],
        group: str,
        consumer: str,
        claim_after_s: float,
        max_deliveries: int,
    ) -> None:
        self._bus = bus
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._claim_after_s = claim_after_s
        self._max_deliveries = max_deliveries

    async def deliveries(self) -> AsyncIterator[Delivery[T]]:
        """Messages, one by one; waits outages out."""
        failures = 0
        fresh = False
        while True:
            honour_cancellation()
            try:
                if not fresh:
                    await self._create_group()
                    raw = await self._read_own()
                    fresh = True
                else:
                    raw = await self._claim() or await self._read_new()
                failures = 0
                for delivery in await self._decoded(raw):
                    yield delivery
            except OUTAGE as error:
                if not failures:
                    _log.warning("bus_away", stream=self._stream.name, reason=str(error))
                await asyncio.sleep(_RETRY_AFTER_S[min(failures, len(_RETRY_AFTER_S) - 1)])
                failures += 1
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                fresh = False  # the server has lost the stream

    async def finish(self, message_id: str) -> None:
        """The message is dealt with. While Redis is away it stays pending and will come again."""
        try:
            await self._bus.redis.xack(self._stream.name, self._group, message_id)
        except OUTAGE as error:
            _log.warning("bus_away", stream=self._stream.name, reason=str(error))

    async def _create_group(self) -> None:
        try:
            await self._bus.redis.xgroup_create(self._stream.name, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _read_own(self) -> list[Any]:
        found = await self._bus.redis.xreadgroup(
            self._group, self._consumer, {self._stream.name: "0"}, count=1000
        )
        return list(found[0][1]) if found else []

    async def _read_new(self) -> list[Any]:
        async with asyncio.timeout(_BLOCK_S + _ANSWER_WITHIN_S):
            found = await self._bus.blocking.xreadgroup(
                self._group, self._consumer, {self._stream.name: ">"}, count=64, block=int(_BLOCK_S * 1000)
            )
        return list(found[0][1]) if found else []

    async def _claim(self) -> list[Any]:
        idle_ms = int(self._claim_after_s * 1000)
        answer = await self._bus.redis.xautoclaim(
            self._stream.name, self._group, self._consumer, min_idle_time=idle_ms, count=64
        )
        claimed = [(message_id, fields) for message_id, fields in answer[1] if fields is not None]
        alive = []
        for message_id, fields in claimed:
            if await self._deliveries_of(message_id) > self._max_deliveries:
                await self._bury(message_id, fields, f"failed {self._max_deliveries} times")
            else:
                alive.append((message_id, fields))
        return alive

    async def _deliveries_of(self, message_id: bytes) -> int:
        rows = await self._bus.redis.xpending_range(self._stream.name, self._group, message_id, message_id, 1)
        return int(rows[0]["times_delivered"]) if rows else 0

    async def _decoded(self, raw: list[Any]) -> list[Delivery[T]]:
        found = []
        for message_id, fields in raw:
            try:
                found.append(Delivery(message_id.decode(), self._stream.decode(fields or {})))
            except UnknownMessage as error:
                await self._bury(message_id, fields or {}, str(error))
        return found

    async def _bury(self, message_id: bytes, fields: dict[bytes, bytes], reason: str) -> None:
        _log.error("message_buried", stream=self._stream.name, id=message_id.decode(), reason=reason)
        async with self._bus.redis.pipeline(transaction=True) as pipe:
            pipe.xadd(f"dead:{self._stream.name}", {**fields, b"reason": reason.encode()}, maxlen=1000)
            pipe.xack(self._stream.name, self._group, message_id)
            await pipe.execute()


__all__ = [
    "OUTAGE",
    "Bus",
    "BusUnavailable",
    "Delivery",
    "GroupReader",
    "RedisError",
    "Stream",
    "UnknownMessage",
    "connect",
    "outages_named",
]
