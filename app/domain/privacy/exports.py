"""Exports as a job: asked for, made in the background, fetched for a day by the user alone, erased.

One of each user. The ZIP lies in the database in pieces, so that every process can hand it out and none holds
the whole of it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import structlog

from app.domain.events.working import forever, stop
from app.domain.privacy.files import TOTAL, Connections, TooLarge, files_of, zipped
from app.domain.privacy.schemas import Export
from app.problems import NOT_FOUND, ProblemError
from app.stores import Stores
from hipper.directory.accounts import Account, account_with
from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.told import tell
from hipper.pbx.ids import SubscriberId
from hipper.runtime.clock import Clock
from hipper.runtime.database import OUTAGE
from hipper.runtime.jobs import Jobs, Payload, enqueue

WORKER, EXPORT = "app", "export"
KEPT_S = 24 * 3600
STUCK_S = 15 * 60
"""An export that is not ready by then may be begun anew."""
MOST_BYTES = 64 * 1024 * 1024
"""Of the ZIP."""
MOST_UNZIPPED = 512 * 1024 * 1024
SWEEP_EVERY_S = 600.0

_SHOWN = """
SELECT export_id AS id, state, done, total, size, fault, extract(epoch FROM created_at)::float8 AS created,
       extract(epoch FROM expires_at)::float8 AS expires
FROM app.exports"""
OF_USER = f"{_SHOWN} WHERE subscriber_id = $1 AND expires_at > now()"
GOING_ON = f"""{OF_USER} AND state IN ('waiting', 'running')
  AND created_at > now() - make_interval(secs => $2)"""
FORGET = "DELETE FROM app.exports WHERE subscriber_id = $1"
ADD = """
INSERT INTO app.exports (export_id, subscriber_id, total, expires_at)
VALUES ($1, $2, $3, now() + make_interval(secs => $4))"""
LOCK = "SELECT FROM app.accounts WHERE subscriber_id = $1 FOR UPDATE"
BEGIN = """
UPDATE app.exports SET state = 'running', done = 0, size = 0, fault = NULL
WHERE export_id = $1 AND state <> 'ready' RETURNING subscriber_id"""
NO_PIECES = "DELETE FROM app.export_pieces WHERE export_id = $1"
ADD_PIECE = "INSERT INTO app.export_pieces (export_id, position, bytes) VALUES ($1, $2, $3)"
NOTE = "UPDATE app.exports SET done = $2, size = $3 WHERE export_id = $1"
READY = """
UPDATE app.exports SET state = 'ready', expires_at = now() + make_interval(secs => $2) WHERE export_id = $1"""
FAILED = "UPDATE app.exports SET state = 'failed', fault = $2 WHERE export_id = $1"
PIECE = "SELECT bytes FROM app.export_pieces WHERE export_id = $1 AND position = $2"
SWEEP = "DELETE FROM app.exports WHERE expires_at <= now()"
# Until it is ready it expires as long after its beginning as it is kept.
GIVE_UP = """
UPDATE app.exports SET state = 'failed', fault = 'given_up'
WHERE expires_at <= now() + make_interval(secs => $1) AND state IN ('waiting', 'running')"""

log = structlog.get_logger("app.exports")


class Exports:
    """One of each worker."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self.jobs = Jobs(stores.own, WORKER, {EXPORT: self._make})

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(forever(one)) for one in (self.jobs.run, self._sweep)]
        try:
            yield
        finally:
            await stop(tasks)

    async def begin(self, account: Account) -> Export:
        """A new one instead of the one there was, unless that is being made. Raises what asyncpg raises."""
        async with self._stores.own.acquire() as conn, conn.transaction():
            await conn.fetchrow(LOCK, account.subscriber)
            row = await conn.fetchrow(GOING_ON, account.subscriber, float(STUCK_S))
            if row is not None:
                return _export(row)
            name = secrets.token_hex(12)
            await conn.execute(FORGET, account.subscriber)
            await conn.execute(ADD, name, account.subscriber, TOTAL, float(KEPT_S))
            by, subject = f"user:{account.subscriber}", f"subscriber {account.aor}"
            await write_audit(conn, [AuditEntry(account.tenant, by, subject, "export asked for")])
            await enqueue(conn, WORKER, EXPORT, {"export": name})
            row = await conn.fetchrow(OF_USER, account.subscriber)
        self.jobs.wake()
        return _export(row)

    async def of(self, account: Account) -> Export:
        """Raises ProblemError: 404 when there is none, or none any more."""
        row = await self._stores.own.fetchrow(OF_USER, account.subscriber)
        if row is None:
            raise ProblemError(NOT_FOUND)
        return _export(row)

    async def forget(self, account: Account) -> None:
        """Erase it now."""
        await self._stores.own.execute(FORGET, account.subscriber)

    async def pieces(self, export: Export) -> AsyncIterator[bytes]:
        """The ZIP. It breaks off when it is erased meanwhile."""
        position = 0
        while (data := await self._stores.own.fetchval(PIECE, export.id, position)) is not None:
            yield data
            position += 1

    # -- the job

    async def _make(self, payload: Payload) -> None:
        """From the beginning, however often it was tried."""
        name = str(payload["export"])
        own = self._stores.own
        subscriber = await own.fetchval(BEGIN, name)
        account = None if subscriber is None else await account_with(own, SubscriberId(subscriber))
        if account is None:
            return  # it was given up for a newer one, is ready, or the user is gone
        await own.execute(NO_PIECES, name)
        try:
            await self._write(name, account)
        except TooLarge:
            log.warning("export.too_large", export=name)
            await own.execute(FAILED, name, "too_large")
            await own.execute(NO_PIECES, name)
        await self._tell(account)

    async def _write(self, name: str, account: Account) -> None:
        """Raises TooLarge, and what asyncpg raises: of an export that was erased meanwhile too."""
        own, now = self._stores.own, self._clock.unix()
        conns = Connections(own, self._stores.directory, self._stores.records)
        position = size = 0
        async for piece in zipped(files_of(conns, account, now), now, MOST_UNZIPPED):
            if piece.data:
                size += len(piece.data)
                if size > MOST_BYTES:
                    raise TooLarge
                await own.execute(ADD_PIECE, name, position, piece.data)
                position += 1
            await own.execute(NOTE, name, piece.done, size)
        await own.execute(READY, name, float(KEPT_S))

    async def _tell(self, account: Account) -> None:
        """Who listens reads ``/v1/me/export`` again."""
        async with self._stores.own.acquire() as conn:
            await tell(conn, account.tenant, account.subscriber, "export", f"user:{account.subscriber}")

    async def sweep(self) -> None:
        """Erase what was kept long enough, and say of what is not ready by now that it will not be. Raises
        what asyncpg raises."""
        await self._stores.own.execute(SWEEP)
        await self._stores.own.execute(GIVE_UP, float(KEPT_S - STUCK_S))

    async def _sweep(self) -> None:
        try:
            await self.sweep()
        except OUTAGE as error:
            log.warning("exports.database_away", error=type(error).__name__)
        await asyncio.sleep(SWEEP_EVERY_S)


def _export(row: asyncpg.Record | Any) -> Export:
    return msgspec.convert(dict(row), Export)
