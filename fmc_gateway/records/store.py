"""SQL that writes and expires call records (schema ``gateway``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Executor(Protocol):
    """What is needed of an asyncpg connection or pool."""

    async def execute(self, query: str, *args: object) -> str: ...


_INSERT = """
WITH entries AS MATERIALIZED (
    SELECT entry -> 'record' AS record, entry -> 'trace' AS trace
    FROM (SELECT line::jsonb AS entry FROM unnest($1::text[]) AS line OFFSET 0) AS lines
),
records AS MATERIALIZED (
    SELECT r.* FROM entries, jsonb_to_record(record) AS r(
        call text, gateway text, tenant text, dialled text, emergency boolean, rule text, outcome text,
        started float8, answered float8, ended float8, setup_ms float8, decisions jsonb, legs jsonb,
        attempts jsonb, segments jsonb, diversions jsonb)
),
new AS (
    INSERT INTO gateway.calls
        (call_id, gateway, tenant, dialled, emergency, rule, outcome, started, answered, ended, setup_ms,
         decisions)
    SELECT call, gateway, tenant, dialled, emergency, rule, outcome, to_timestamp(started),
           to_timestamp(answered), to_timestamp(ended), setup_ms, coalesce(decisions, '[]')
    FROM records
    ON CONFLICT (call_id) DO NOTHING
    RETURNING call_id, started
),
legs AS (
    INSERT INTO gateway.legs
        (call_id, leg_id, position, role, peer, subscriber, device, presentation, number, extension, name,
         network_number, payer_subscription, tariff, sip_call_id, icid, offered, ringing, answered, ended,
         status, q850, ended_by, transcoded, network_reference, diverted_by)
    SELECT call, leg, position, role, peer, subscriber, device, identity_shown ->> 'presentation',
           identity_shown ->> 'number', identity_shown ->> 'extension', identity_shown ->> 'name',
           identity_shown ->> 'network_number', payer ->> 'subscription', payer ->> 'tariff', sip_call_id,
           icid, to_timestamp(l.offered), to_timestamp(l.ringing), to_timestamp(l.answered),
           to_timestamp(l.ended), status, q850, ended_by, transcoded, network_reference, diverted_by
    FROM records, ROWS FROM (jsonb_to_recordset(legs) AS (
        leg text, role text, peer text, subscriber text, device text, identity_shown jsonb, payer jsonb,
        sip_call_id text, icid text, offered float8, ringing float8, answered float8, ended float8,
        status smallint, q850 smallint, ended_by text, transcoded boolean, network_reference text,
        diverted_by text)) WITH ORDINALITY AS l(
        leg, role, peer, subscriber, device, identity_shown, payer, sip_call_id, icid, offered, ringing,
        answered, ended, status, q850, ended_by, transcoded, network_reference, diverted_by, position)
    WHERE call IN (SELECT call_id FROM new)
    ON CONFLICT DO NOTHING
),
attempts AS (
    INSERT INTO gateway.device_attempts
        (call_id, position, device, subscriber, leg_id, outcome, rule, status, q850, explanation)
    SELECT call, position, attempt ->> 'device', attempt ->> 'subscriber', attempt ->> 'leg',
           attempt ->> 'outcome', attempt ->> 'rule', (attempt ->> 'status')::smallint,
           (attempt ->> 'q850')::smallint, attempt ->> 'explanation'
    FROM records, jsonb_array_elements(attempts) WITH ORDINALITY AS list(attempt, position)
    WHERE call IN (SELECT call_id FROM new)
    ON CONFLICT DO NOTHING
),
segments AS (
    INSERT INTO gateway.segments
        (call_id, position, calling, called, payer_subscription, tariff, started, ended, charged,
         charged_group, rate_per_minute)
    SELECT call, position, one ->> 'calling', one ->> 'called', one #>> '{payer,subscription}',
           one #>> '{payer,tariff}', to_timestamp((one ->> 'started')::float8),
           to_timestamp(coalesce((one ->> 'ended')::float8, ended)), one ->> 'charged',
           one ->> 'charged_group', (one ->> 'rate_per_minute')::float8
    FROM records, jsonb_array_elements(segments) WITH ORDINALITY AS list(one, position)
    WHERE call IN (SELECT call_id FROM new)
    ON CONFLICT DO NOTHING
),
diversions AS (
    INSERT INTO gateway.diversions (call_id, position, subscriber, reason, rule, destination, at)
    SELECT call, position, one ->> 'by', one ->> 'reason', one ->> 'rule', one ->> 'to',
           to_timestamp((one ->> 'at')::float8)
    FROM records, jsonb_array_elements(diversions) WITH ORDINALITY AS list(one, position)
    WHERE call IN (SELECT call_id FROM new)
    ON CONFLICT DO NOTHING
)
INSERT INTO gateway.traces (call_id, started, trace)
SELECT new.call_id, new.started, trace FROM new JOIN entries ON record ->> 'call' = new.call_id
ON CONFLICT DO NOTHING
"""
"""Lines are read once, traces are carried along by nothing but their own INSERT, and nothing looks at every
line for every other: 120 records at once cost no more each than 12 do."""

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
    await database.execute(_INSERT, [line.decode() for line in lines])


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
