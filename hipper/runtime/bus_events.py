"""Events of one subscriber: stream ``events:<subscriber>``, whose ids are the app's cursor."""

from __future__ import annotations

import asyncio
from typing import Any, Generic, TypeVar

import msgspec

from hipper.runtime.bus import Bus, Stream, outages_named

T = TypeVar("T", bound=msgspec.Struct)

BEGINNING = "0-0"
_KEPT_EVENTS = 500
_KEPT_S = 7 * 24 * 3600
_ANSWER_WITHIN_S = 1.0


class Events(msgspec.Struct, Generic[T], frozen=True):
    """What happened after the cursor. ``cursor``: give it with the next read; the same as
    before when nothing did. ``ids``: of each event, the cursor after it."""

    events: tuple[T, ...]
    cursor: str
    ids: tuple[str, ...] = ()


class Reset(msgspec.Struct, frozen=True):
    """The cursor is too old, or of a server that has forgotten: take a snapshot and go on from ``cursor``."""

    cursor: str


class EventStreams(Generic[T]):
    """The event streams of all subscribers; ``event_type`` is the type of their messages."""

    def __init__(self, bus: Bus, event_type: Any, *, keep: int = _KEPT_EVENTS) -> None:
        self._bus = bus
        self._type = event_type
        self._keep = keep

    def _stream(self, subscriber: str) -> Stream[T]:
        return Stream(f"events:{subscriber}", self._type)

    async def publish(self, subscriber: str, event: T) -> str:
        """Returns the cursor of the event. Raises BusUnavailable. Who listens is woken, on the channel of the
        stream's name."""
        stream = self._stream(subscriber)
        cursor = await self._bus.publish(stream, event, keep=self._keep, expire_s=_KEPT_S)
        with outages_named():
            await self._bus.redis.publish(stream.name, b"")
        return cursor

    async def latest(self, subscriber: str) -> str:
        """The cursor after everything so far; take it before a snapshot. Raises BusUnavailable."""
        with outages_named():
            rows = await self._bus.redis.xrevrange(self._stream(subscriber).name, count=1)
        return str(rows[0][0].decode()) if rows else BEGINNING

    async def read(
        self, subscriber: str, cursor: str, *, wait_s: float = 0.0, count: int = 100
    ) -> Events[T] | Reset:
        """What came after ``cursor``, waiting up to ``wait_s`` for something. Raises BusUnavailable, and
        ValueError for a cursor that is none."""
        stream, after = self._stream(subscriber), _parse(cursor)
        with outages_named():
            rows = await self._rows(stream.name, cursor, wait_s, count)
            if not await self._still_there(stream.name, after):  # after the reading: nothing goes in between
                return Reset(await self.latest(subscriber))
        events = tuple(stream.decode(fields) for _, fields in rows)
        ids = tuple(entry.decode() for entry, _ in rows)
        return Events(events, ids[-1] if ids else cursor, ids)

    async def _rows(self, name: str, cursor: str, wait_s: float, count: int) -> list[Any]:
        if wait_s <= 0:
            found = await self._bus.redis.xread({name: cursor}, count=count)
        else:
            async with asyncio.timeout(wait_s + _ANSWER_WITHIN_S):
                found = await self._bus.blocking.xread({name: cursor}, count=count, block=int(wait_s * 1000))
        return list(found[0][1]) if found else []

    async def _still_there(self, name: str, after: tuple[int, int]) -> bool:
        """Whether nothing after the cursor has been thrown away."""
        if not await self._bus.redis.exists(name):
            return after == (0, 0)
        info = await self._bus.redis.xinfo_stream(name)
        if after > _parse(info["last-generated-id"].decode()):
            return False
        thrown_away = info["entries-added"] > info["length"]
        return not thrown_away or after >= _parse(info["first-entry"][0].decode())


def _parse(cursor: str) -> tuple[int, int]:
    milliseconds, separator, number = cursor.partition("-")
    if not (separator and milliseconds.isdigit() and number.isdigit()):
        raise ValueError(f"'{cursor}' is not a cursor")
    return int(milliseconds), int(number)
