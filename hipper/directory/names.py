"""What people call devices and subscribers, for showing records (which hold ids only)."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

_DEVICES = """
SELECT d.device_id AS id, s.display_name || ' ' || d.label AS name
FROM directory.devices d JOIN directory.subscribers s USING (subscriber_id)
WHERE d.device_id = ANY($1::text[])
"""
_SUBSCRIBERS = """
SELECT subscriber_id AS id, display_name AS name FROM directory.subscribers
WHERE subscriber_id = ANY($1::text[])
"""


async def names_of(conn: asyncpg.Connection, ids: Iterable[str]) -> dict[str, str]:
    """Id of a device or subscriber → name; what has been removed since is left out. Two round trips."""
    wanted = list(ids)
    rows = await conn.fetch(_DEVICES, wanted) + await conn.fetch(_SUBSCRIBERS, wanted)
    return {row["id"]: row["name"] for row in rows}
