"""All listeners of one worker, on one subscription of Redis.

The truth is in the streams ``events:<subscriber>``; the channel of the same name only says that one has
grown. So a message that is lost costs nothing: after every gap the streams are read from where we were. A
listener hears what comes after its cursor, from the stream first and then from the feed that its user's
listeners share; each frame is given once, by its id.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from app.domain.events.frames import RESET, EntryId, Frame, end, frame_of, parse_entry
from app.domain.events.listener import Listener
from app.domain.events.working import forever, stop
from app.problems import OVERLOADED, TOO_MANY_STREAMS, ProblemError
from hipper.contracts.bus import UserEvent
from hipper.pbx.ids import SubscriberId
from hipper.runtime.bus import OUTAGE, Bus, BusUnavailable, Stream, UnknownMessage
from hipper.runtime.bus_events import EventStreams, Reset

MOST_LISTENERS = 20_000
MOST_OF_SESSION = 5
"""Streams of one session: an app has one, and may open the next before it knows that the last is gone."""
SUBSCRIBED_WITHIN_S = 5.0
BEAT_EVERY_S = 20
"""Each listener in its own second of these."""
READ_AT_ONCE = 100
AGAIN_AFTER_S = 0.5
GATHER_S = 0.01
AWAKE = "events"
"""Nobody says anything on it: a subscription of nothing would not be one."""

log = structlog.get_logger("app.events")
Changed = Callable[[str, bytes], None]
GAP = b"gap"
"""Instead of what was said on a channel that was not heard for a while."""
AWAY: tuple[type[BaseException], ...] = (*OUTAGE, BusUnavailable)
QUIET_S = 15.0
"""Redis is asked whether it is there when it has said nothing for so long; and given up after as long."""


class Feed:
    """The listeners of one user. ``cursor``: what was read of the stream."""

    __slots__ = ("cursor", "listeners", "stream", "subscribed")

    def __init__(self, subscriber: SubscriberId) -> None:
        self.stream = f"events:{subscriber}"
        self.listeners: set[Listener] = set()
        self.cursor: EntryId | None = None
        self.subscribed = asyncio.Event()


class Hub:
    """``on_change`` is told the channel and the content of everything that was said, ``on_settings`` whose
    settings were changed: for presence. ``clock``: Unix seconds."""

    def __init__(self, bus: Bus, clock: Callable[[], float]) -> None:
        self._bus = bus
        self._clock = clock
        self._streams: EventStreams[UserEvent] = EventStreams(bus, UserEvent)
        self._stream: Stream[UserEvent] = Stream("events", UserEvent)
        self._feeds: dict[SubscriberId, Feed] = {}
        self._of_channel: dict[str, SubscriberId] = {}
        self._watched: dict[str, int] = {}
        self._of_session: dict[str, int] = {}
        self._dirty: set[SubscriberId] = set()
        self._doubtful: set[SubscriberId] = set()
        self._work = asyncio.Event()
        self._pubsub: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._beats: list[set[Listener]] = [set() for _ in range(BEAT_EVERY_S)]
        self._turn = self._second = 0
        self._closing = False
        self._confirmed: set[str] = set()
        self.on_change: Changed = lambda channel, data: None
        self.on_settings: Callable[[SubscriberId], None] = lambda subscriber: None

    def __len__(self) -> int:
        return sum(len(beat) for beat in self._beats)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Hub]:
        turns = (self._listen, self._pump, self._beat)
        self._tasks = [asyncio.create_task(forever(one)) for one in turns]
        try:
            yield self
        finally:
            self.close()
            await stop(self._tasks)

    def close(self) -> None:
        """The worker stops: every listener comes again, to another one."""
        self._closing = True
        for listener in self.listeners():
            listener.end()

    def listeners(self) -> Iterable[Listener]:
        return [listener for beat in self._beats for listener in beat]

    # -- coming and going

    async def join(self, subscriber: SubscriberId, listener: Listener) -> None:
        """From now on it is given every event; call :meth:`leave` afterwards, whatever happens. Raises
        ProblemError (429, 503), BusUnavailable."""
        if self._of_session.get(listener.session, 0) >= MOST_OF_SESSION:
            raise ProblemError(TOO_MANY_STREAMS, retry_after_s=BEAT_EVERY_S)
        if self._closing or len(self) >= MOST_LISTENERS:
            raise ProblemError(OVERLOADED, retry_after_s=BEAT_EVERY_S)
        self._of_session[listener.session] = self._of_session.get(listener.session, 0) + 1
        self._turn = (self._turn + 1) % BEAT_EVERY_S
        self._beats[self._turn].add(listener)
        feed = self._feeds.get(subscriber)
        if feed is None:
            feed = self._feeds[subscriber] = Feed(subscriber)
            self._of_channel[feed.stream] = subscriber
        feed.listeners.add(listener)
        await self.watch(feed.stream)
        if feed.cursor is None and feed.stream in self._confirmed:  # somebody watches this user already
            self._doubtful.add(subscriber)
            self._work.set()
        try:
            await asyncio.wait_for(feed.subscribed.wait(), SUBSCRIBED_WITHIN_S)
        except TimeoutError:
            raise BusUnavailable("redis does not answer") from None

    async def leave(self, subscriber: SubscriberId, listener: Listener) -> None:
        listener.end()
        for beat in self._beats:
            if listener in beat:
                beat.discard(listener)
                left = self._of_session[listener.session] - 1
                self._of_session[listener.session] = left
                if not left:
                    del self._of_session[listener.session]
        feed = self._feeds.get(subscriber)
        if feed is None or listener not in feed.listeners:
            return
        feed.listeners.discard(listener)
        if not feed.listeners:
            del self._feeds[subscriber]
            del self._of_channel[feed.stream]
        await self.unwatch(feed.stream)

    async def watch(self, *channels: str) -> None:
        """Hear of these, once more than before."""
        new = [one for one in channels if one not in self._watched]
        for one in channels:
            self._watched[one] = self._watched.get(one, 0) + 1
        if new and self._pubsub is not None:
            try:
                await self._pubsub.subscribe(*new)
            except OUTAGE:
                self._work.set()  # subscribed again with the rest

    async def unwatch(self, *channels: str) -> None:
        gone = []
        for one in channels:
            self._watched[one] -= 1
            if not self._watched[one]:
                del self._watched[one]
                self._confirmed.discard(one)
                gone.append(one)
        if gone and self._pubsub is not None and not self._closing:
            try:
                await self._pubsub.unsubscribe(*gone)
            except OUTAGE:
                self._work.set()

    # -- what came before

    async def catch_up(
        self, subscriber: SubscriberId, listener: Listener, after: EntryId, *first: Frame
    ) -> bool:
        """Begin with ``first`` and what came after a cursor. False: that is too old, or of a server that
        forgot. Raises BusUnavailable."""
        frames = list(first)
        while True:
            read = await self._streams.read(subscriber, _text(after), count=READ_AT_ONCE)
            if isinstance(read, Reset):
                return False
            if not read.events:
                listener.begin(frames, after)
                return True
            frames += _frames(read.ids, read.events)
            after = parse_entry(read.cursor)

    async def latest(self, subscriber: SubscriberId) -> EntryId:
        return parse_entry(await self._streams.latest(subscriber))

    # -- what comes

    async def _listen(self) -> None:
        """Until Redis is away: what it says on the channels we watch. After an outage all are asked for
        again, and each confirmation makes its stream be read."""
        pubsub = self._bus.blocking.pubsub()
        try:
            known: set[str] = set()
            while missing := {AWAKE, *self._watched} - known:
                await pubsub.subscribe(*missing)
                known |= missing
            self._pubsub = pubsub
            await self._hear()
        except OUTAGE as error:
            log.warning("events.redis_away", error=type(error).__name__, listeners=len(self))
        finally:
            self._pubsub = None
            self._confirmed.clear()
            await pubsub.aclose()
        await asyncio.sleep(AGAIN_AFTER_S)

    async def _hear(self) -> None:
        """Raises OUTAGE."""
        asked = False
        while True:
            message = await self._pubsub.get_message(timeout=QUIET_S)
            if message is not None:
                asked = False
                self._heard(message)
            elif asked:
                raise TimeoutError("redis says nothing")
            else:
                asked = True
                await self._pubsub.ping()

    def _heard(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("message", "subscribe"):
            return
        channel = message["channel"].decode()
        self._confirmed.add(channel)
        subscriber = self._of_channel.get(channel)
        if subscriber is not None:
            (self._doubtful if message["type"] == "subscribe" else self._dirty).add(subscriber)
            self._work.set()
        self.on_change(channel, GAP if message["type"] == "subscribe" else message["data"])

    async def _pump(self) -> None:
        """Read the streams that have grown."""
        await self._work.wait()
        self._work.clear()
        await asyncio.sleep(GATHER_S)
        try:
            await self._read_doubtful()
            await self._read_dirty()
        except AWAY:
            await asyncio.sleep(AGAIN_AFTER_S)
            self._work.set()

    async def _read_doubtful(self) -> None:
        """Feeds that are new, or whose channel was not heard for a while."""
        while self._doubtful:
            subscriber = self._doubtful.pop()
            feed = self._feeds.get(subscriber)
            try:
                if feed is not None and feed.cursor is None:
                    feed.cursor = await self.latest(subscriber)
                    feed.subscribed.set()
                elif feed is not None and feed.cursor is not None:
                    await self._read_again(subscriber, feed, feed.cursor)
            except BaseException:
                self._doubtful.add(subscriber)
                raise

    async def _read_again(self, subscriber: SubscriberId, feed: Feed, cursor: EntryId) -> None:
        read = await self._streams.read(subscriber, _text(cursor), count=READ_AT_ONCE)
        if isinstance(read, Reset):
            for listener in tuple(feed.listeners):
                listener.end(RESET)
            feed.cursor = parse_entry(read.cursor)
            return
        feed.cursor = parse_entry(read.cursor)
        self._give(feed, _frames(read.ids, read.events))
        if len(read.events) == READ_AT_ONCE:
            self._dirty.add(subscriber)

    async def _read_dirty(self) -> None:
        while self._dirty:
            some = list(itertools.islice(self._dirty, READ_AT_ONCE))
            self._dirty.difference_update(some)
            feeds = {one: self._feeds.get(one) for one in some}
            asked = {
                feed.stream: _text(feed.cursor)
                for feed in feeds.values()
                if feed is not None and feed.cursor is not None
            }
            try:
                found = await self._bus.redis.xread(asked, count=READ_AT_ONCE) if asked else []
            except BaseException:
                self._dirty.update(some)
                raise
            for stream, rows in found:
                self._grown(self._of_channel.get(stream.decode()), rows)

    def _grown(self, subscriber: SubscriberId | None, rows: list[Any]) -> None:
        feed = None if subscriber is None else self._feeds.get(subscriber)
        if feed is None or subscriber is None:
            return
        feed.cursor = parse_entry(rows[-1][0].decode())
        events = []
        for entry, fields in rows:
            try:
                events.append((parse_entry(entry.decode()), self._stream.decode(fields)))
            except UnknownMessage as error:
                log.error("events.unknown", stream=feed.stream, reason=str(error))
        frames = [made for entry, event in events if (made := frame_of(entry, event)) is not None]
        if any(one.event == "settings" for one in frames):
            self.on_settings(subscriber)
        self._give(feed, frames)
        if len(rows) == READ_AT_ONCE:
            self._dirty.add(subscriber)

    @staticmethod
    def _give(feed: Feed, frames: list[Frame]) -> None:
        """A listener that is too slow is told to come again; the others do not notice."""
        for listener in tuple(feed.listeners):
            for frame in frames:
                if not listener.give(frame):
                    listener.end(RESET, end("slow"))
                    break

    # -- what keeps a connection, and ends it

    async def _beat(self) -> None:
        await asyncio.sleep(1.0)
        self._second = (self._second + 1) % BEAT_EVERY_S
        self.beat(self._second)

    def beat(self, turn: int) -> None:
        """One second: those of ``turn`` show that they are there, those whose token is too old end."""
        now = self._clock()
        for listener in self.listeners():
            if listener.expires <= now:
                listener.end(end("token"))
        for listener in self._beats[turn]:
            listener.beat()

    def sessions(self) -> list[str]:
        return list(self._of_session)

    def end_sessions(self, gone: Iterable[str]) -> None:
        """Somebody ended these sessions."""
        over = set(gone)
        for listener in self.listeners():
            if listener.session in over:
                listener.end(end("session"))


def _text(entry: EntryId) -> str:
    return f"{entry[0]}-{entry[1]}"


def _frames(ids: Iterable[str], events: Iterable[UserEvent]) -> list[Frame]:
    made = (frame_of(parse_entry(entry), event) for entry, event in zip(ids, events, strict=True))
    return [one for one in made if one is not None]
