"""The one job queue: work that must happen after a transaction, once it is committed, also when the process
dies in between (push, mail, transcoding, retention).

``enqueue`` takes part in the caller's transaction: no commit, no job. :class:`Jobs` works them off, of one
owner's role. A job is taken for :data:`LEASE_S`; a worker that dies is followed by another. It happens at
least once, so handlers bear being called twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import msgspec
import structlog

from hipper.runtime.cancelling import honour_cancellation
from hipper.runtime.database import OUTAGE

ENQUEUE = "INSERT INTO jobs.queue (worker, kind, payload) VALUES ($1, $2, $3::jsonb)"
# The lease is the new due time: nothing has to be cleaned up after a worker that died.
TAKE = """
UPDATE jobs.queue SET starts = starts + 1, due_at = now() + make_interval(secs => $3)
WHERE job_id IN (
    SELECT job_id FROM jobs.queue WHERE worker = $1 AND due_at <= now() AND kind = ANY($2)
    ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING job_id, kind, payload::text, starts"""
DONE = "DELETE FROM jobs.queue WHERE job_id = $1"
LATER = """
UPDATE jobs.queue SET due_at = now() + make_interval(secs => $2), last_error = $3 WHERE job_id = $1"""
BURY = """
WITH gone AS (DELETE FROM jobs.queue WHERE job_id = $1 RETURNING *)
INSERT INTO jobs.dead (job_id, worker, kind, payload, enqueued_at, starts, last_error)
SELECT job_id, worker, kind, payload, enqueued_at, starts, $2 FROM gone"""
DEAD = """
SELECT job_id, kind, enqueued_at, starts, last_error, died_at FROM jobs.dead
WHERE worker = $1 ORDER BY died_at DESC LIMIT $2"""
REVIVE = """
WITH back AS (DELETE FROM jobs.dead WHERE job_id = $1 RETURNING *)
INSERT INTO jobs.queue (worker, kind, payload) SELECT worker, kind, payload FROM back"""
FORGET = "DELETE FROM jobs.dead WHERE job_id = $1"

LEASE_S = 120.0
RETRY_AFTER_S = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 12 * 3600.0)
"""After each failure; after the last of them the job is given up."""
_AT_ONCE = 4
_LOOK_EVERY_S = 2.0

Payload = dict[str, Any]
Handler = Callable[[Payload], Awaitable[None]]
log = structlog.get_logger("hipper.jobs")


class JobImpossible(Exception):  # noqa: N818 - says what it is
    """Raised by a handler: trying again is of no use. One line, without secrets."""


async def enqueue(conn: asyncpg.Connection, worker: str, kind: str, payload: Payload) -> None:
    """Have ``worker`` (an owner) do it once the transaction of ``conn`` is committed. ``payload``: JSON,
    without secrets. Raises what asyncpg raises."""
    await conn.execute(ENQUEUE, worker, kind, msgspec.json.encode(payload).decode())


class Jobs:
    """Works off the jobs of ``owner``. ``pool``: of its role; ``handlers``: by kind."""

    def __init__(self, pool: asyncpg.Pool, owner: str, handlers: Mapping[str, Handler]) -> None:
        self._pool = pool
        self._owner = owner
        self._handlers = dict(handlers)
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something was enqueued: look now and not in a while."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. Outages of the database are waited out."""
        while True:
            self._news.clear()
            try:
                busy = await self.work_off()
            except OUTAGE as error:
                log.warning("jobs.database_away", error=type(error).__name__)
                busy = 0
            honour_cancellation()
            if not busy:
                await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), _LOOK_EVERY_S)
        except TimeoutError:
            pass

    async def work_off(self) -> int:
        """One round: what is due, a few at once. Returns how many were taken. Raises OUTAGE."""
        taken = await self._pool.fetch(TAKE, self._owner, list(self._handlers), LEASE_S, _AT_ONCE)
        await asyncio.gather(*(self._work(*row) for row in taken))
        return len(taken)

    async def _work(self, job: int, kind: str, payload: str, starts: int) -> None:
        if starts > len(RETRY_AFTER_S) + 1:  # it never came back to say that it failed
            await self._give_up(job, kind, starts, "the worker died of it")
            return
        try:
            await asyncio.wait_for(self._handlers[kind](msgspec.json.decode(payload)), LEASE_S / 2)
        except JobImpossible as error:
            await self._give_up(job, kind, starts, str(error))
        except Exception as error:
            await self._failed(job, kind, starts, f"{type(error).__name__}: {error}"[:500])
        else:
            await self._pool.execute(DONE, job)

    async def _failed(self, job: int, kind: str, starts: int, why: str) -> None:
        if starts > len(RETRY_AFTER_S):
            await self._give_up(job, kind, starts, why)
            return
        wait_s = RETRY_AFTER_S[starts - 1]
        log.warning("job.failed", job=job, kind=kind, starts=starts, again_in_s=wait_s, why=why)
        await self._pool.execute(LATER, job, wait_s, why)

    async def _give_up(self, job: int, kind: str, starts: int, why: str) -> None:
        log.error("job.dead", job=job, kind=kind, starts=starts, why=why)
        await self._pool.execute(BURY, job, why)
