"""Imports of files, so that whoever asks, of any process, sees how far they are."""

from __future__ import annotations

from typing import Any, Literal

import asyncpg
import msgspec

from hipper.directory.admin.bulk_reading import Fault
from hipper.directory.admin.changing import Actor, not_there
from hipper.directory.admin.refused import InTheWay, Obstacle

STALE_S = 60.0
"""A running import that was not seen for so long has stopped with its process."""
KEPT = 20
"""Of one company."""
MOST_FAULTS = 1000

_SHOWN = f"""
SELECT import_id AS id, tenant_id AS tenant, by, dry_run, total, done, changed, faults::text AS faults,
       extract(epoch FROM created_at)::float8 AS created,
       CASE WHEN state = 'running' AND seen_at < now() - make_interval(secs => {STALE_S}) THEN 'stopped'
            ELSE state END AS state
FROM directory.imports"""  # noqa: S608
ONE = f"{_SHOWN} WHERE import_id = $1"
LATEST = f"{_SHOWN} WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT $2"
OWNER = "SELECT tenant_id, by FROM directory.imports WHERE import_id = $1"
LOCK = "SELECT FROM directory.tenants WHERE tenant_id = $1 FOR UPDATE"
ADD = """
INSERT INTO directory.imports (tenant_id, by, dry_run, state, total) VALUES ($1, $2, $3, 'running', $4)
RETURNING import_id"""
FORGET = """
DELETE FROM directory.imports WHERE tenant_id = $1 AND import_id IN (
    SELECT import_id FROM directory.imports WHERE tenant_id = $1 ORDER BY created_at DESC OFFSET $2)"""
NOTE = """
UPDATE directory.imports SET done = $2, changed = $3, faults = $4::jsonb, state = $5, seen_at = now()
WHERE import_id = $1"""


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """``done`` of ``total`` users; of those ``changed`` were made or changed, and those in ``faults`` left as
    they were. ``stopped``: with the process that did it; the same file again goes on."""

    id: str
    tenant: str
    by: str
    state: Literal["running", "done", "stopped"]
    dry_run: bool
    created: float
    total: int
    done: int
    changed: int
    faults: tuple[Fault, ...]


def import_of(row: Any) -> Import:
    return msgspec.convert({**dict(row), "faults": msgspec.json.decode(row["faults"])}, Import)


async def get_import(conn: asyncpg.Connection | asyncpg.Pool, name: str) -> Import:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, name)
    if row is None:
        raise not_there("import", "deze import")
    return import_of(row)


async def list_imports(conn: asyncpg.Connection | asyncpg.Pool, tenant: str) -> list[Import]:
    """The latest first; of each company the last :data:`KEPT` are kept."""
    return [import_of(row) for row in await conn.fetch(LATEST, tenant, KEPT)]


async def owner_of_import(conn: asyncpg.Connection | asyncpg.Pool, name: str) -> tuple[str, str] | None:
    """The company, and who imports."""
    row = await conn.fetchrow(OWNER, name)
    return None if row is None else (row["tenant_id"], row["by"])


async def begin_import(
    conn: asyncpg.Connection, actor: Actor, tenant: str, total: int, *, dry_run: bool
) -> Import:
    """Raises InTheWay: another one of the company runs."""
    async with conn.transaction():
        await conn.fetchrow(LOCK, tenant)
        if any(one.state == "running" for one in await list_imports(conn, tenant)):
            text = "another import of the company is running"
            raise InTheWay(Obstacle("#", text, "een andere import van het bedrijf is bezig"))
        name = await conn.fetchval(ADD, tenant, actor.by, dry_run, total)
        await conn.execute(FORGET, tenant, KEPT)
        return await get_import(conn, name)


async def note_progress(
    conn: asyncpg.Connection | asyncpg.Pool,
    name: str,
    done: int,
    changed: int,
    faults: list[Fault],
    *,
    over: bool,
) -> None:
    kept = msgspec.json.encode(faults[:MOST_FAULTS]).decode()
    await conn.execute(NOTE, name, done, changed, kept, "done" if over else "running")
