"""The background writer: spool first, then PostgreSQL, then forget the spool.

Nothing here is awaited by a call. While the database is away records stay on disk only, so memory does not
grow.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import structlog

from fmc_gateway.call.replay import Trace
from fmc_gateway.records.entry import SpoolEntry, decode_call, encode_entry
from fmc_gateway.records.spool import Spool
from hipper.contracts.calls import CallRecord
from hipper.pbx.ids import CallId
from hipper.runtime.database import OUTAGE

Insert = Callable[[Sequence[bytes]], Awaitable[None]]
"""Writes lines to the database. Raises what asyncpg raises: see :func:`is_fault_of_lines`."""

log = structlog.get_logger("fmc_gateway.records")


def is_fault_of_lines(error: Exception) -> bool:
    """Whether PostgreSQL refused what a record says (SQLSTATE classes 22 and 23) or we could not write it
    down.

    Everything else it may say (read-only after a fail-over, a full disk, a changed password, a migration
    that is missing) passes, and must cost no record.
    """
    if isinstance(error, asyncpg.DataError | asyncpg.IntegrityConstraintViolationError | ValueError):
        return True
    return not isinstance(error, (*OUTAGE, asyncpg.PostgresError))


class RecordWriter:
    """Takes finished calls (:meth:`write`, never blocks) and gets them into the database in batches."""

    BATCH_S = 0.1
    """How long records gather before one fsync: what a crash of the machine may cost."""
    BUSY = 5
    BUSY_S = 0.5
    """After an INSERT of so many records the next waits so long: each costs as much as several records."""
    MAX_INSERT = 500
    RETRY_S = (0.5, 1.0, 2.0, 5.0)
    MAX_PENDING = 20_000
    """Records kept in memory when neither the disk nor the database takes them; beyond, the oldest are
    lost."""

    def __init__(self, spool: Spool, insert: Insert, *, prepare: Callable[[SpoolEntry], SpoolEntry]) -> None:
        """``prepare``: masks the trace; runs here, outside the signalling path."""
        self._spool = spool
        self._insert = insert
        self._prepare = prepare
        self._pending: list[SpoolEntry] = []
        self._fresh: list[bytes] = []
        """On disk, in the segment being written, and not yet given to the database."""
        self._store_at = 0.0
        self._untold: list[CallRecord] = []
        self._wake = asyncio.Event()
        self._failures = 0
        self._retry_at = 0.0
        self._unwritten = sum(len(spool.read(segment)) for segment in spool.closed_segments())

    @property
    def length(self) -> int:
        """Records that are not yet in the database."""
        return self._unwritten + len(self._pending)

    @property
    def in_memory(self) -> int:
        """Records that are neither on disk nor in the database."""
        return len(self._pending)

    def spooled(self) -> set[CallId]:
        """Calls whose records earlier processes left in the spool. Reads files. Raises OSError."""
        segments = self._spool.closed_segments()
        return {decode_call(line) for segment in segments for line in self._spool.read(segment)}

    def write(self, entry: SpoolEntry) -> None:
        self._pending.append(entry)
        self._untold.append(entry.record)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. :meth:`flush` afterwards writes what is left."""
        while True:
            with contextlib.suppress(TimeoutError):
                # not wait_for: in Python 3.11 it can swallow a cancellation that meets the result
                async with asyncio.timeout(self.RETRY_S[0] if self.length else None):
                    await self._wake.wait()
            await asyncio.sleep(self.BATCH_S)
            await self._keep()
            if asyncio.get_running_loop().time() >= self._store_at:
                await self._store()

    async def flush(self) -> None:
        """Everything pending to the spool, then as much as possible to the database."""
        await self._keep()
        await self._store()

    async def _keep(self) -> None:
        """Everything pending to the spool."""
        self._wake.clear()
        self._tell()
        entries, self._pending = self._pending, []
        lines = [line for entry in entries if (line := self._line(entry)) is not None]
        if not lines:
            return
        self._unwritten += len(lines)
        if await self._to_spool(lines):
            self._fresh += lines
            return
        self._unwritten -= len(lines)
        if not await self._to_database(lines):
            self._pending[:0] = entries[-self.MAX_PENDING :]

    async def _store(self) -> None:
        """As much as possible of what is on disk to the database."""
        now = asyncio.get_running_loop().time()
        lines, self._fresh = self._fresh, []
        # lines from before: the database was away, or an earlier flush was cancelled between disk and
        # database
        if self._unwritten > len(lines) or self._failures or self._spool.closed_segments():
            if now >= self._retry_at:
                await self._drain()
        elif lines and await self._to_database(lines):
            self._spool.written()
            self._unwritten -= len(lines)
            self._store_at = now + (self.BUSY_S if len(lines) >= self.BUSY else 0.0)

    def _line(self, entry: SpoolEntry) -> bytes | None:
        """One that cannot be masked or written down costs its trace, and the others nothing."""
        try:
            return encode_entry(self._prepare(entry))
        except Exception:
            log.exception("records.trace_unusable", call_id=entry.record.call)
        try:
            return encode_entry(SpoolEntry(entry.record, Trace(call=entry.record.call, steps=())))
        except Exception:
            log.exception("records.unusable", call_id=entry.record.call)
            return None

    def _tell(self) -> None:
        """One line per call in the log; what is behind it, `hipper calls show` tells."""
        records, self._untold = self._untold, []
        for record in records:
            log.info(
                "call.over",
                call_id=record.call,
                outcome=record.outcome,
                rule=record.rule,
                status=record.legs[0].status,
                setup_ms=record.setup_ms,
                talked_s=None if record.answered is None else round(record.ended - record.answered, 3),
            )

    async def _to_spool(self, lines: list[bytes]) -> bool:
        try:
            await asyncio.to_thread(self._spool.append, lines)
        except OSError as error:
            # a full disk must not cost the records as well while the database is there
            log.error("spool.failed", error=str(error), records=len(lines))
            return False
        return True

    async def _drain(self) -> None:
        """Segments from the past (a crash, a database that was away), oldest first."""
        self._spool.rotate()
        for segment in self._spool.closed_segments():
            lines = await asyncio.to_thread(self._spool.read, segment)
            for start in range(0, len(lines), self.MAX_INSERT):
                if not await self._to_database(lines[start : start + self.MAX_INSERT]):
                    return
            self._spool.remove(segment)
            self._unwritten = max(0, self._unwritten - len(lines))

    async def _to_database(self, lines: Sequence[bytes]) -> bool:
        """False: the database is away. Lines it refuses for what they say are set aside and count as
        written."""
        try:
            await self._insert(lines)
            self._back()
        except Exception as error:
            if not is_fault_of_lines(error):
                self._away(error)
                return False
            if len(lines) > 1:
                return all([await self._to_database([line]) for line in lines])
            log.error("records.refused", error=str(error))
            self._spool.set_aside(lines)
        return True

    def _back(self) -> None:
        if self._failures:
            log.info("records.database_back", waiting=self.length)
        self._failures = 0

    def _away(self, error: BaseException) -> None:
        if self._failures == 0:
            log.warning("records.database_away", error=str(error) or type(error).__name__)
        self._retry_at = asyncio.get_running_loop().time() + self.RETRY_S[min(self._failures, 3)]
        self._failures += 1
