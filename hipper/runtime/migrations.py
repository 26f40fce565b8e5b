"""Apply ``migrations/NNNN_<owner>_<what>.sql`` with pogo-migrate, one process at a time.

pogo-migrate has no lock of its own, and a blocking advisory lock deadlocks with CREATE INDEX CONCURRENTLY:
we poll ``pg_try_advisory_lock``.
"""

from __future__ import annotations

import asyncio
import importlib.resources
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from pogo_core.error import BadMigrationError
from pogo_core.migration import topological_sort
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_sql

from hipper.runtime.servers import OWNERS, administrator_url, owner_password
from hipper.runtime.settings_model import Settings

_LOCK_KEY = 4_474_737  # "HIPPER" on a telephone keypad
_LOCK_POLL_S = 0.2
_FILE_NAME = re.compile(r"\d{4}_[a-z]+_[a-z0-9_]+\.sql")


class MigrationError(Exception):
    """The database cannot be brought to this version; one readable line."""


def migrations_folder() -> Path:
    """The history: beside the packages in a checkout, inside ``hipper`` when installed."""
    package = Path(str(importlib.resources.files("hipper")))
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


async def migrate_installation(settings: Settings) -> list[str]:
    """Create the database if missing, apply what is new, set the passwords of the owners' roles.
    Returns the names of the migrations applied now. Raises MigrationError, or OSError when nobody answers."""
    url = administrator_url(settings)
    await create_database(url)
    passwords = {f"hipper_{owner}": owner_password(settings, owner) for owner in OWNERS}
    return await migrate(url, passwords)


async def create_database(url: str) -> None:
    """Make the database that ``url`` names, unless it is there."""
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.InvalidCatalogNameError:
        parts = urlsplit(url)
        connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
        try:
            name = parts.path.lstrip("/").replace('"', '""')
            await connection.execute(f'CREATE DATABASE "{name}"')
        except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            pass  # another process was faster
    await connection.close()


async def migrate(
    url: str, passwords: Mapping[str, str] | None = None, folder: Path | None = None, wait_s: float = 60.0
) -> list[str]:
    """Apply what is new under the lock. ``passwords``: of roles, set when given. Raises MigrationError."""
    folder = folder or migrations_folder()
    _check_names(folder)
    connection = await asyncpg.connect(url)
    try:
        await _lock(connection, wait_s)
        before = await _applied(connection)
        await _apply_new(connection, folder)
        for role, password in (passwords or {}).items():
            await _set_password(connection, role, password)
        return sorted(await _applied(connection) - before)
    finally:
        await connection.close()  # releases the lock


async def _apply_new(connection: asyncpg.Connection, folder: Path) -> None:
    """What ``pogo_core.util.migrate.apply`` does, in the order of the numbers: that one takes files as the
    folder lists them, so that two histories of the same files may differ."""
    found = await pogo_sql.read_migrations(folder, connection, schema_name="public")
    try:
        ordered = list(
            topological_sort([migration.load() for migration in sorted(found, key=lambda m: m.id)])
        )
    except BadMigrationError as error:
        raise MigrationError(str(error)) from error
    for migration in ordered:
        if migration.applied:
            continue
        try:
            async with pogo.transaction(connection, migration):
                await migration.apply(connection)
                await pogo_sql.migration_applied(
                    connection, migration.id, migration.hash, schema_name="public"
                )
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{migration.id} failed and was undone: {error}") from error


def _check_names(folder: Path) -> None:
    seen: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if not _FILE_NAME.fullmatch(path.name):
            raise MigrationError(f"{path.name}: migrations are named NNNN_<owner>_<what>.sql")
        number = path.name[:4]
        if number in seen:
            raise MigrationError(f"{path.name} and {seen[number]} have the same number")
        seen[number] = path.name
        _check_parts(path)


def _check_parts(path: Path) -> None:
    lines = [line.rstrip() for line in path.read_text(encoding="utf-8").splitlines()]
    heads = [line for line in lines if line == "-- depends:" or line.startswith("-- depends: ")]
    if len(heads) != 1 or lines.index(heads[0]) != 1 or not lines[0].startswith("-- "):
        raise MigrationError(
            f"{path.name}: begins with '-- <what it does>' and then '-- depends: <names or nothing>'"
        )
    for part in ("-- migrate: apply", "-- migrate: rollback"):
        if lines.count(part) != 1:
            raise MigrationError(f"{path.name}: needs one line '{part}'")


async def _lock(connection: asyncpg.Connection, wait_s: float) -> None:
    deadline = asyncio.get_running_loop().time() + wait_s
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
        if asyncio.get_running_loop().time() > deadline:
            raise MigrationError(
                f"another process has been migrating for {wait_s:g} s; try again when it is done"
            )
        await asyncio.sleep(_LOCK_POLL_S)


async def _applied(connection: asyncpg.Connection) -> set[str]:
    await pogo_sql.ensure_pogo_sync(connection)
    return await pogo_sql.get_applied_migrations(connection, schema_name="public")


async def _set_password(connection: asyncpg.Connection, role: str, password: str) -> None:
    quoted = password.replace("'", "''")
    await connection.execute(f"ALTER ROLE {role} LOGIN PASSWORD '{quoted}'")
