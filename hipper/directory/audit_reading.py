"""What the audit says of one user."""

from __future__ import annotations

from typing import Any

import asyncpg

from hipper.pbx.ids import SubscriberId, TenantId

OF_USER = """
SELECT at, by, subject, change FROM directory.audit
WHERE tenant_id = $1 AND (by = $2 OR subject = $3) ORDER BY audit_id"""


async def audit_of(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: TenantId, subscriber: SubscriberId, aor: str
) -> list[Any]:
    """By the user, or of the user; the oldest first."""
    rows: list[Any] = await conn.fetch(OF_USER, tenant, f"user:{subscriber}", f"subscriber {aor}")
    return rows
