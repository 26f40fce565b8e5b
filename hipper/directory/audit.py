"""Who changed what, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import asyncpg

from hipper.pbx.ids import TenantId


class AuditEntry(NamedTuple):
    """``by``: ``operator``, ``provision``, ``user:<subscriber>`` or ``key:<API key>``. ``subject``: what was
    changed, as an operator names it (``subscriber anna@bakery.example``). ``change``: one readable line,
    never with a secret. ``tenant`` "": the installation. ``before``, ``after``: what was and what is, as
    JSON; None where the line tells it all."""

    tenant: TenantId
    by: str
    subject: str
    change: str
    before: str | None = None
    after: str | None = None


async def write_audit(conn: asyncpg.Connection, entries: Iterable[AuditEntry]) -> None:
    await conn.executemany(
        """INSERT INTO directory.audit (tenant_id, by, subject, change, before, after)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        list(entries),
    )
