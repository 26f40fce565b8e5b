"""What people call tenants, subscribers and devices, for showing records (which hold ids only)."""

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
_TENANTS = "SELECT tenant_id AS id, name FROM directory.tenants WHERE tenant_id = ANY($1::text[])"
_TENANT = "SELECT tenant_id FROM directory.tenants WHERE name = $1 OR tenant_id = $1"


async def tenant_id(conn: asyncpg.Connection, name: str) -> str | None:
    """The tenant of that name (or id); None when there is none."""
    found = await conn.fetchval(_TENANT, name)
    return None if found is None else str(found)


async def names_of(conn: asyncpg.Connection, ids: Iterable[str]) -> dict[str, str]:
    """Id of a tenant, subscriber or device → name; what has been removed since is left out. Three round
    trips."""
    wanted = list(ids)
    rows = [row for query in (_DEVICES, _SUBSCRIBERS, _TENANTS) for row in await conn.fetch(query, wanted)]
    return {row["id"]: row["name"] for row in rows}
