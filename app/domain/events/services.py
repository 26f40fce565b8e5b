"""Listening to one's events: from a cursor, or from a snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import structlog

from app.domain.calls.showing import calls_of
from app.domain.events.frames import RESET, EntryId, Frame, Snapshot, frame, parse_entry
from app.domain.events.hub import Hub
from app.domain.events.listener import Listener
from app.domain.events.presence import MOST_COLLEAGUES, PresenceDesk
from app.domain.events.working import forever, stop
from app.problems import INVALID_REQUEST, ProblemError
from app.stores import Stores
from hipper.contracts.bus import SETTINGS, SettingsChanged, UserEvent
from hipper.directory.accounts import Account
from hipper.directory.told import CHANGED, Told
from hipper.pbx.ids import SubscriberId
from hipper.runtime.bus import FIELD, outages_named
from hipper.runtime.clock import Clock
from hipper.runtime.database import OUTAGE
from hipper.runtime.jobs import Jobs, Payload

ALIVE = """
SELECT x.session_id FROM app.sessions x JOIN directory.subscribers s USING (subscriber_id)
WHERE x.session_id = ANY($1::text[]) AND x.ended_at IS NULL AND x.expires_at > now() AND s.enabled"""
SESSIONS_ASKED_S = 5.0
SESSIONS_AT_ONCE = 2000
KEPT_EVENTS = 500
KEPT_S = 7 * 24 * 3600
TOLD_ONCE_S = 3600
_APPEND_ONCE = """
if not redis.call('SET', KEYS[1], '', 'NX', 'EX', ARGV[1]) then return false end
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[2], '*', 'm', ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', KEYS[2], ARGV[5])
return true
"""
"""A job may be done twice; its event is told once."""
assert FIELD == b"m"

log = structlog.get_logger("app.events")


class Events:
    """One of each worker."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self.hub = Hub(stores.bus, clock.unix)
        self._desk = PresenceDesk(self.hub, stores, clock)
        self._jobs = Jobs(stores.own, "app", {CHANGED: self._changed})

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with self.hub.at_work(), self._desk.at_work():
            tasks = [asyncio.create_task(forever(one)) for one in (self._jobs.run, self._watch_sessions)]
            try:
                yield
            finally:
                await stop(tasks)

    def look(self) -> None:
        """Something was changed just now, over this worker: who listens is told at once."""
        self._jobs.wake()

    async def listen(
        self,
        account: Account,
        listener: Listener,
        after: EntryId | None,
        colleagues: tuple[SubscriberId, ...],
    ) -> AsyncExitStack:
        """Until the stack is closed. Raises ProblemError (429, 503), BusUnavailable, what the directory
        does."""
        subscriber = account.subscriber
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.hub.leave, subscriber, listener)
            await self.hub.join(subscriber, listener)
            watch = await self._desk.join(listener, account, colleagues)
            stack.push_async_callback(self._desk.leave, watch)
            if after is None or not await self.hub.catch_up(subscriber, listener, after):
                cursor = await self.hub.latest(subscriber)
                snapshot = await self._snapshot(account, cursor)
                first = (snapshot,) if after is None else (RESET, snapshot)
                await self.hub.catch_up(subscriber, listener, cursor, *first)
            return stack.pop_all()
        raise AssertionError("not reached")

    async def _snapshot(self, account: Account, cursor: EntryId) -> Frame:
        return frame("snapshot", Snapshot(calls=await calls_of(self._stores.bus, account.subscriber)), cursor)

    async def _changed(self, payload: Payload) -> None:
        """The outbox of the directory: a user's settings were changed."""
        told = msgspec.convert(payload, Told)
        event = UserEvent(
            tenant=told.tenant,
            subscriber=told.subscriber,
            body=SettingsChanged(what=told.what, by=told.by, at=told.at),
        )
        with outages_named():
            await self._stores.bus.redis.eval(
                _APPEND_ONCE,
                2,
                f"told:{told.id}",
                f"events:{told.subscriber}",
                TOLD_ONCE_S,
                KEPT_EVENTS,
                KEPT_S,
                msgspec.msgpack.encode(event),
                SETTINGS,
            )

    async def _watch_sessions(self) -> None:
        """A session that was ended anywhere listens no longer."""
        await asyncio.sleep(SESSIONS_ASKED_S)
        try:
            await self.end_what_is_over()
        except OUTAGE as error:
            log.warning("events.database_away", error=type(error).__name__)

    async def end_what_is_over(self) -> None:
        """Raises what asyncpg does."""
        sessions = self.hub.sessions()
        for start in range(0, len(sessions), SESSIONS_AT_ONCE):
            some = sessions[start : start + SESSIONS_AT_ONCE]
            alive = {row[0] for row in await self._stores.own.fetch(ALIVE, some)}
            self.hub.end_sessions(one for one in some if one not in alive)


def cursor_of(text: str | None) -> EntryId | None:
    """Raises ProblemError: 400."""
    if not text:
        return None
    try:
        found = parse_entry(text)
    except ValueError:
        raise ProblemError(INVALID_REQUEST, "this is no cursor", "dit is geen cursor") from None
    if max(found) >= 2**63:
        raise ProblemError(INVALID_REQUEST, "this is no cursor", "dit is geen cursor")
    return found


def colleagues_of(text: str | None) -> tuple[SubscriberId, ...]:
    """``a,b,c``. Raises ProblemError: 400."""
    ids = tuple(SubscriberId(one) for one in (text or "").split(",") if one)
    if len(ids) > MOST_COLLEAGUES or any(len(one) > 64 or "\0" in one for one in ids):
        raise ProblemError(
            INVALID_REQUEST,
            f"at most {MOST_COLLEAGUES} colleagues, by id",
            f"hooguit {MOST_COLLEAGUES} collega's, met hun id",
        )
    return ids
