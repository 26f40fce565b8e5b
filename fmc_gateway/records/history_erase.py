"""The calls of a user who is erased: what must stay for billing stays (when, how long, which subscription,
by what), and no longer says who it was.

``conn``: of role ``hipper_gateway``. Every step can be done again; none holds more than a day of calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from hipper.pbx.ids import SubscriberId, TenantId

BATCH = 500
ERASED = "erased"
WITHIN_S = 60.0
"""For one statement: nobody waits for it but who erases."""
DAY = timedelta(days=1)

OWN_CALLS = "SELECT call_id FROM gateway.history WHERE subscriber = $1 LIMIT $2"
OWN_LEGS = """
UPDATE gateway.legs SET number = NULL, extension = NULL, name = NULL, network_number = NULL,
    peer = CASE WHEN peer = ANY($3::text[]) THEN 'erased' ELSE peer END,
    device = CASE WHEN device LIKE 'remote:%' THEN 'remote:erased' ELSE device END,
    payer_subscription = coalesce($4::jsonb ->> payer_subscription, payer_subscription)
WHERE call_id = ANY($1::text[]) AND subscriber = $2"""
NAMED_LEGS = """
UPDATE gateway.legs SET number = NULL, extension = NULL, name = NULL, network_number = NULL
WHERE call_id = ANY($1::text[]) AND subscriber IS DISTINCT FROM $2
  AND (name = $3 OR number = ANY($4::text[]) OR network_number = ANY($4::text[])
       OR extension = ANY($5::text[]) OR diverted_by = $2)"""
PAYERS = """
UPDATE gateway.segments SET payer_subscription = $2::jsonb ->> payer_subscription
WHERE call_id = ANY($1::text[]) AND $2::jsonb ? payer_subscription"""
ATTEMPTS = """
UPDATE gateway.device_attempts SET explanation = NULL,
    device = CASE WHEN device LIKE 'remote:%' THEN 'remote:erased' ELSE device END
WHERE call_id = ANY($1::text[]) AND subscriber = $2"""
DIVERSIONS = """
UPDATE gateway.diversions SET destination = $4
WHERE call_id = ANY($1::text[]) AND (subscriber = $2 OR destination = ANY($3::text[]))
  AND destination <> 'voicemail'"""
DIALLED = """
UPDATE gateway.calls SET dialled = $4 WHERE call_id = ANY($1::text[]) AND (dialled = ANY($3::text[])
    OR EXISTS (SELECT FROM gateway.history h WHERE h.call_id = calls.call_id AND h.subscriber = $2
               AND h.direction = 'incoming' AND NOT EXISTS (
                   SELECT FROM gateway.diversions d WHERE d.call_id = h.call_id)))"""
TRACES = "DELETE FROM gateway.traces WHERE call_id = ANY($1::text[])"
OF_OTHERS = """
UPDATE gateway.history SET number = NULL, extension = NULL, name = NULL
WHERE call_id = ANY($1::text[]) AND subscriber <> $2
  AND (name = $3 OR number = ANY($4::text[]) OR extension = ANY($5::text[]))"""
OWN_OF_OTHERS = """
UPDATE gateway.history SET own = NULL
WHERE call_id = ANY($1::text[]) AND subscriber <> $2 AND own = ANY($3::text[])"""
FORGET_OWN = "DELETE FROM gateway.history WHERE call_id = ANY($1::text[]) AND subscriber = $2"
FIRST = "SELECT min(started) FROM gateway.calls WHERE tenant = $1"
LAST = "SELECT max(started) FROM gateway.calls WHERE tenant = $1"
OF_DAY = """
SELECT c.call_id FROM gateway.calls c
WHERE c.tenant = $1 AND c.started >= $2 AND c.started < $3 AND (
    c.dialled = ANY($5::text[])
    OR EXISTS (SELECT FROM gateway.legs l WHERE l.call_id = c.call_id
               AND (l.number = ANY($4::text[]) OR l.network_number = ANY($4::text[])))
    OR EXISTS (SELECT FROM gateway.diversions d WHERE d.call_id = c.call_id
               AND d.destination = ANY($5::text[])))"""
NUMBERS_OF_OTHERS = """
UPDATE gateway.legs SET number = NULL, name = NULL, network_number = NULL
WHERE call_id = ANY($1::text[]) AND (number = ANY($2::text[]) OR network_number = ANY($2::text[]))"""
HISTORY_OF_OTHERS = """
UPDATE gateway.history SET number = NULL, name = NULL
WHERE call_id = ANY($1::text[]) AND number = ANY($2::text[])"""


class Person(NamedTuple):
    """By what the user was known; all empty when only the id is left. ``spellings``: of the numbers, as
    dialled. ``subscriptions``: what they are called from now on, as JSON."""

    name: str = ""
    numbers: Sequence[str] = ()
    extensions: Sequence[str] = ()
    phones: Sequence[str] = ()
    spellings: Sequence[str] = ()
    subscriptions: str = "{}"


async def erase_calls(
    conn: asyncpg.Connection, tenant: TenantId | None, subscriber: SubscriberId, person: Person
) -> int:
    """Calls the user took part in, and the user's numbers in other calls of the tenant. Returns how many
    calls the user was in. Raises what asyncpg raises."""
    count = 0
    while calls := [row["call_id"] for row in await conn.fetch(OWN_CALLS, subscriber, BATCH)]:
        async with conn.transaction():
            await _own(conn, calls, subscriber, person)
        count += len(calls)
    if tenant is not None and person.numbers:
        await _of_the_tenant(conn, tenant, subscriber, person)
    return count


async def _own(conn: Any, calls: Sequence[str], subscriber: SubscriberId, person: Person) -> None:
    known = (list(calls), subscriber, person.name, list(person.numbers), list(person.extensions))
    await conn.execute(OWN_LEGS, calls, subscriber, list(person.phones), person.subscriptions)
    await conn.execute(NAMED_LEGS, *known)
    await conn.execute(PAYERS, calls, person.subscriptions)
    await conn.execute(ATTEMPTS, calls, subscriber)
    dialled = [*person.spellings, *person.extensions]
    await conn.execute(DIVERSIONS, calls, subscriber, dialled, ERASED)
    await conn.execute(DIALLED, calls, subscriber, dialled, ERASED)
    await conn.execute(TRACES, calls)
    await conn.execute(OF_OTHERS, *known)
    await conn.execute(OWN_OF_OTHERS, calls, subscriber, [*person.numbers, *person.extensions])
    await conn.execute(FORGET_OWN, calls, subscriber)


async def _of_the_tenant(
    conn: asyncpg.Connection, tenant: TenantId | None, subscriber: SubscriberId, person: Person
) -> None:
    """Day by day, so that no statement reads a year."""
    day: datetime | None = await conn.fetchval(FIRST, tenant)
    last: datetime | None = await conn.fetchval(LAST, tenant)
    while day is not None and last is not None and day <= last:
        rows = await conn.fetch(
            OF_DAY, tenant, day, day + DAY, list(person.numbers), list(person.spellings), timeout=WITHIN_S
        )
        calls = [row["call_id"] for row in rows]
        if calls:
            async with conn.transaction():
                await conn.execute(NUMBERS_OF_OTHERS, calls, list(person.numbers))
                await conn.execute(HISTORY_OF_OTHERS, calls, list(person.numbers))
                await conn.execute(DIVERSIONS, calls, subscriber, list(person.spellings), ERASED)
                await conn.execute(DIALLED, calls, subscriber, list(person.spellings), ERASED)
                await conn.execute(TRACES, calls)
        day += DAY
