"""SQL that reads call records back, as the same types that were written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from fmc_gateway.call.replay import Trace, decode
from hipper.contracts.calls import (
    CallRecord,
    DeviceAttempt,
    DiversionRecord,
    LegRecord,
    SegmentRecord,
)

BATCH = 500
"""Calls read at once."""


class Reader(Protocol):
    """What is needed of an asyncpg connection or pool."""

    async def fetch(self, query: str, *args: object) -> list[Any]: ...
    async def fetchrow(self, query: str, *args: object) -> Any: ...


class StoredCall(msgspec.Struct, frozen=True, kw_only=True):
    """A record and its trace; ``trace`` None once its retention has passed."""

    record: CallRecord
    trace: Trace | None


_CALL = """
SELECT c.*, t.trace::text AS trace FROM gateway.calls c LEFT JOIN gateway.traces t USING (call_id)
WHERE c.call_id = $1
"""
_RECORD = "SELECT * FROM gateway.calls WHERE call_id = $1"
_MATCHING = "SELECT call_id FROM gateway.calls WHERE starts_with(call_id, $1) ORDER BY started DESC LIMIT 2"
_LATEST = """
SELECT * FROM gateway.calls
WHERE started >= coalesce($2, '-infinity'::timestamptz) AND ($3::text IS NULL OR tenant = $3)
ORDER BY started DESC LIMIT $1
"""
_FROM = """
SELECT * FROM gateway.calls
WHERE (started, call_id) > ($2::timestamptz, $3::text) AND ($4::text IS NULL OR tenant = $4)
ORDER BY started, call_id LIMIT $1
"""
_LEGS = "SELECT * FROM gateway.legs WHERE call_id = ANY($1::text[]) ORDER BY call_id, position"
_ATTEMPTS = "SELECT * FROM gateway.device_attempts WHERE call_id = ANY($1::text[]) ORDER BY call_id, position"
_SEGMENTS = "SELECT * FROM gateway.segments WHERE call_id = ANY($1::text[]) ORDER BY call_id, position"
_DIVERSIONS = "SELECT * FROM gateway.diversions WHERE call_id = ANY($1::text[]) ORDER BY call_id, position"


async def find_call_id(database: Reader, beginning: str) -> list[str]:
    """Call ids that are ``beginning`` or start with it: none, the one, or two of several."""
    return [row["call_id"] for row in await database.fetch(_MATCHING, beginning)]


async def fetch_call(database: Reader, call: str) -> StoredCall | None:
    """None when there is no such call. Raises TraceError for a trace of another version."""
    row = await database.fetchrow(_CALL, call)
    if row is None:
        return None
    (record,) = await _complete(database, [row])
    trace = decode(row["trace"].encode()) if row["trace"] is not None else None
    return StoredCall(record=record, trace=trace)


async def fetch_record(database: Reader, call: str) -> CallRecord | None:
    """Without its trace, which is the operator's. None when there is no such call (yet)."""
    row = await database.fetchrow(_RECORD, call)
    return None if row is None else (await _complete(database, [row]))[0]


async def latest_calls(
    database: Reader, *, limit: int, since: datetime | None = None, tenant: str | None = None
) -> list[CallRecord]:
    """Newest first."""
    return await _complete(database, await database.fetch(_LATEST, limit, since, tenant))


async def calls_since(
    database: Reader, since: datetime, *, tenant: str | None = None, batch: int = BATCH
) -> AsyncIterator[CallRecord]:
    """All that began at ``since`` or later, oldest first; no more than ``batch`` of them in memory."""
    after: tuple[datetime, str] = (since, "")
    while rows := await database.fetch(_FROM, batch, *after, tenant):
        for record in await _complete(database, rows):
            yield record
        after = (rows[-1]["started"], rows[-1]["call_id"])


async def _complete(database: Reader, calls: list[Any]) -> list[CallRecord]:
    ids = [row["call_id"] for row in calls]
    legs: dict[str, list[LegRecord]] = {call: [] for call in ids}
    attempts: dict[str, list[DeviceAttempt]] = {call: [] for call in ids}
    segments: dict[str, list[SegmentRecord]] = {call: [] for call in ids}
    diversions: dict[str, list[DiversionRecord]] = {call: [] for call in ids}
    for row in await database.fetch(_LEGS, ids):
        legs[row["call_id"]].append(_leg(row))
    for row in await database.fetch(_ATTEMPTS, ids):
        attempts[row["call_id"]].append(_attempt(row))
    for row in await database.fetch(_SEGMENTS, ids):
        segments[row["call_id"]].append(_segment(row))
    for row in await database.fetch(_DIVERSIONS, ids):
        diversions[row["call_id"]].append(_diversion(row))
    return [
        _record(
            row,
            legs=legs[row["call_id"]],
            attempts=attempts[row["call_id"]],
            segments=segments[row["call_id"]],
            diversions=diversions[row["call_id"]],
        )
        for row in calls
    ]


def _record(row: Any, **parts: Any) -> CallRecord:
    values = _plain(row, {"call_id": "call"})
    values["decisions"] = msgspec.json.decode(values["decisions"])
    return msgspec.convert({**values, **parts}, CallRecord, strict=False)


def _segment(row: Any) -> SegmentRecord:
    values = _plain(row, {})
    values["payer"] = {"subscription": values["payer_subscription"], "tariff": values["tariff"]}
    return msgspec.convert(values, SegmentRecord, strict=False)


def _diversion(row: Any) -> DiversionRecord:
    values = _plain(row, {"subscriber": "by", "destination": "to"})
    return msgspec.convert(values, DiversionRecord, strict=False)


def _leg(row: Any) -> LegRecord:
    values = _plain(row, {"leg_id": "leg"})
    shown = ("presentation", "number", "extension", "name", "network_number")
    values["identity_shown"] = {name: values[name] for name in shown}
    if values["tariff"] is not None:
        values["payer"] = {"subscription": values["payer_subscription"], "tariff": values["tariff"]}
    return msgspec.convert(values, LegRecord, strict=False)


def _attempt(row: Any) -> DeviceAttempt:
    return msgspec.convert(_plain(row, {"leg_id": "leg"}), DeviceAttempt, strict=False)


def _plain(row: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """Columns as the fields of our types: times as seconds since the epoch."""
    return {
        renamed.get(name, name): value.timestamp() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
