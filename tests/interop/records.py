"""Call records as PostgreSQL has them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg

Row = dict[str, Any]
WRITTEN_WITHIN_S = 5.0


@dataclass(frozen=True)
class Record:
    """One call: a row of `gateway.calls` with its legs and device attempts. Beside their columns,
    `device_name`: the AOR user of a desk phone, or `mobile`; and of a leg `user_name`."""

    call: Row
    legs: list[Row]
    attempts: list[Row]

    @property
    def calling(self) -> Row:
        return next(leg for leg in self.legs if leg["role"] == "calling")

    @property
    def called(self) -> list[Row]:
        return [leg for leg in self.legs if leg["role"] == "called"]

    @property
    def answered_leg(self) -> Row:
        return next(leg for leg in self.called if leg["answered"] is not None)

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcome of each device of the called user: by the AOR user of a desk phone, or `mobile`."""
        return {attempt["device_name"]: attempt["outcome"] for attempt in self.attempts}


async def read_records(
    database: str, where: str, *values: object, count: int = 1, within_s: float = WRITTEN_WITHIN_S
) -> list[Record]:
    """Wait until `count` calls match the condition on `gateway.calls c`, oldest first."""
    connection = await asyncpg.connect(database)
    try:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        query = f"SELECT c.* FROM gateway.calls c WHERE {where} ORDER BY started"
        while len(rows := await connection.fetch(query, *values)) < count:
            assert loop.time() < deadline, f"{len(rows)} records where {where} {values}, not {count}"
            await asyncio.sleep(0.05)
        return [await _whole(connection, dict(row)) for row in rows]
    finally:
        await connection.close()


_LEGS = """
    SELECT l.*, coalesce(d.aor_user, d.kind) AS device_name, s.user_name
    FROM gateway.legs l
    LEFT JOIN directory.devices d ON d.device_id = l.device
    LEFT JOIN directory.subscribers s ON s.subscriber_id = l.subscriber
    WHERE l.call_id = $1 ORDER BY l.position"""
_ATTEMPTS = """
    SELECT a.*, coalesce(d.aor_user, d.kind) AS device_name
    FROM gateway.device_attempts a LEFT JOIN directory.devices d ON d.device_id = a.device
    WHERE a.call_id = $1 ORDER BY a.position"""


async def _whole(connection: asyncpg.Connection, call: Row) -> Record:
    legs = await connection.fetch(_LEGS, call["call_id"])
    attempts = await connection.fetch(_ATTEMPTS, call["call_id"])
    return Record(call, [dict(leg) for leg in legs], [dict(attempt) for attempt in attempts])
