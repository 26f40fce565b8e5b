"""Who changed what, the newest first."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

_SHOWN = """
SELECT a.audit_id AS id, extract(epoch FROM a.at)::float8 AS at, a.tenant_id AS tenant, a.by, a.subject,
a.change,
       a.before::text, a.after::text FROM directory.audit a"""
OF_TENANT = f"{_SHOWN} WHERE a.tenant_id = $1 AND a.audit_id < $2 ORDER BY a.audit_id DESC LIMIT $3"
OF_ALL = f"{_SHOWN} WHERE a.audit_id < $1 ORDER BY a.audit_id DESC LIMIT $2"
_END = 2**63 - 1


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """``at``: Unix seconds. ``tenant`` "": the installation's. ``by``: ``operator``, ``provision``,
    ``user:<id>`` or ``key:<id>``. ``before``, ``after``: the thing as it was and is; null where ``change``
    tells it all."""

    id: int
    at: float
    tenant: str
    by: str
    subject: str
    change: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


async def list_changes(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: str | None, before: int | None, limit: int
) -> list[Change]:
    """Older than ``before`` (an id). ``tenant`` None: of the whole installation."""
    last = _END if before is None else before
    if tenant is None:
        rows = await conn.fetch(OF_ALL, last, limit)
    else:
        rows = await conn.fetch(OF_TENANT, tenant, last, limit)
    return [_change(row) for row in rows]


def _change(row: Any) -> Change:
    values = dict(row)
    for name in ("before", "after"):
        values[name] = None if values[name] is None else msgspec.json.decode(values[name])
    return msgspec.convert(values, Change)
