"""What the audit says of one user."""

from __future__ import annotations

from typing import Any

import asyncpg

from hipper.pbx.ids import TenantId

# Who had the same name before was somebody else: what was said until then is not of this user.
OF_USER = """
SELECT at, by, subject, change FROM directory.audit
WHERE tenant_id = $1 AND subject = $2 AND audit_id > coalesce((
    SELECT max(audit_id) FROM directory.audit
    WHERE tenant_id = $1 AND subject = $2 AND change IN ('removed', '- ' || $2)), 0)
ORDER BY audit_id"""


async def audit_of(conn: asyncpg.Connection | asyncpg.Pool, tenant: TenantId, aor: str) -> list[Any]:
    """Changes of the user, whoever made them; the oldest first. What the user changed of others is theirs."""
    rows: list[Any] = await conn.fetch(OF_USER, tenant, f"subscriber {aor}")
    return rows
