"""SQL that writes and expires call records (schema ``gateway``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Executor(Protocol):
    """What is needed of an asyncpg connection or pool."""

    async def execute(self, query: str, *args: object) -> str: ...


_INSERT = """
WITH entries AS (
    SELECT entry -> 'record' AS record, entry -> 'trace' AS trace
    FROM jsonb_array_elements($1::text::jsonb) AS entry
),
new AS (
    INSERT INTO gateway.calls
        (call_id, gateway, tenant, dialled, emergency, rule, outcome, started, answered, ended, setup_ms,
         decisions)
    SELECT record ->> 'call', record ->> 'gateway', record ->> 'tenant', record ->> 'dialled',
           (record ->> 'emergency')::boolean, record ->> 'rule', record ->> 'outcome',
           to_timestamp((record ->> 'started')::float8), to_timestamp((record ->> 'answered')::float8),
           to_timestamp((record ->> 'ended')::float8), (record ->> 'setup_ms')::float8,
           coalesce(record -> 'decisions', '[]')
    FROM entries
    ON CONFLICT (call_id) DO NOTHING
    RETURNING call_id, started
),
known AS (
    SELECT DISTINCT ON (new.call_id) new.call_id, new.started, entries.record, entries.trace
    FROM new JOIN entries ON entries.record ->> 'call' = new.call_id
),
legs AS (
    INSERT INTO gateway.legs
        (call_id, leg_id, position, role, peer, subscriber, device, presentation, number, extension, name,
         network_number, payer_subscription, tariff, sip_call_id, icid, offered, ringing, answered, ended,
         status, q850, ended_by, transcoded, network_reference, diverted_by)
    SELECT call_id, leg ->> 'leg', position, leg ->> 'role', leg ->> 'peer', leg ->> 'subscriber', leg ->>
    'device',
           leg #>> '{identity_shown,presentation}', leg #>> '{identity_shown,number}',
           leg #>> '{identity_shown,extension}', leg #>> '{identity_shown,name}',
           leg #>> '{identity_shown,network_number}', leg #>> '{payer,subscription}', leg #>>
           '{payer,tariff}',
           leg ->> 'sip_call_id', leg ->> 'icid', to_timestamp((leg ->> 'offered')::float8),
           to_timestamp((leg ->> 'ringing')::float8), to_timestamp((leg ->> 'answered')::float8),
           to_timestamp((leg ->> 'ended')::float8), (leg ->> 'status')::smallint, (leg ->> 'q850')::smallint,
           leg ->> 'ended_by', (leg ->> 'transcoded')::boolean, leg ->> 'network_reference',
           leg ->> 'diverted_by'
    FROM known, jsonb_array_elements(record -> 'legs') WITH ORDINALITY AS list(leg, position)
),
attempts AS (
    INSERT INTO gateway.device_attempts
        (call_id, position, device, subscriber, leg_id, outcome, rule, status, q850, explanation)
    SELECT call_id, position, attempt ->> 'device', attempt ->> 'subscriber', attempt ->> 'leg',
           attempt ->> 'outcome', attempt ->> 'rule', (attempt ->> 'status')::smallint,
           (attempt ->> 'q850')::smallint, attempt ->> 'explanation'
    FROM known, jsonb_array_elements(record -> 'attempts') WITH ORDINALITY AS list(attempt, position)
),
segments AS (
    INSERT INTO gateway.segments
        (call_id, position, calling, called, payer_subscription, tariff, started, ended, charged,
         charged_group, rate_per_minute)
    SELECT call_id, position, one ->> 'calling', one ->> 'called', one #>> '{payer,subscription}',
           one #>> '{payer,tariff}', to_timestamp((one ->> 'started')::float8),
           to_timestamp(coalesce(one ->> 'ended', record ->> 'ended')::float8), one ->> 'charged',
           one ->> 'charged_group', (one ->> 'rate_per_minute')::float8
    FROM known, jsonb_array_elements(record -> 'segments') WITH ORDINALITY AS list(one, position)
),
diversions AS (
    INSERT INTO gateway.diversions (call_id, position, subscriber, reason, rule, destination, at)
    SELECT call_id, position, one ->> 'by', one ->> 'reason', one ->> 'rule', one ->> 'to',
           to_timestamp((one ->> 'at')::float8)
    FROM known, jsonb_array_elements(record -> 'diversions') WITH ORDINALITY AS list(one, position)
)
INSERT INTO gateway.traces (call_id, started, trace) SELECT call_id, started, trace FROM known
"""

_EXPIRE_TRACES = """
DELETE FROM gateway.traces WHERE call_id IN
    (SELECT call_id FROM gateway.traces WHERE started < now() - $1::int * interval '1 day' LIMIT $2)
"""
_EXPIRE_CALLS = """
DELETE FROM gateway.calls WHERE call_id IN
    (SELECT call_id FROM gateway.calls WHERE started < now() - $1::int * interval '1 day' LIMIT $2)
"""
EXPIRE_BATCH = 2000


async def insert_entries(database: Executor, lines: Sequence[bytes]) -> None:
    """Write spooled calls, all or none, in one statement; calls that are known already are left as they are.
    Raises asyncpg.PostgresError, asyncpg.InterfaceError, OSError or TimeoutError."""
    await database.execute(_INSERT, "[" + b",".join(lines).decode() + "]")


async def expire(database: Executor, *, trace_days: int, record_days: int) -> tuple[int, int]:
    """Remove traces and records past their retention, in small batches. Returns how many of each."""
    traces = await _expire(database, _EXPIRE_TRACES, trace_days)
    return traces, await _expire(database, _EXPIRE_CALLS, record_days)


async def _expire(database: Executor, query: str, days: int) -> int:
    total = 0
    while True:
        status = await database.execute(query, days, EXPIRE_BATCH)
        deleted = int(status.rpartition(" ")[2])
        total += deleted
        if deleted < EXPIRE_BATCH:
            return total
