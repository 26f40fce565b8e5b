"""hipper.runtime.migrations and database against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from hipper.runtime.database import OUTAGE, open_pool
from hipper.runtime.migrations import MigrationError, create_database, migrate
from hipper.runtime.servers import OWNERS

pytestmark = pytest.mark.servers


def write(folder: Path, name: str, apply: str) -> None:
    (folder / name).write_text(
        f"-- test\n-- depends:\n\n-- migrate: apply\n{apply}\n-- migrate: rollback\nSELECT 1;\n"
    )


async def test_every_owner_has_a_schema_and_a_role_that_logs_in(
    owner_postgres_url: Callable[[str], str],
) -> None:
    for owner in OWNERS:
        connection = await asyncpg.connect(owner_postgres_url(owner))
        assert await connection.fetchval("SELECT current_user") == f"hipper_{owner}"
        assert await connection.fetchval("SELECT has_schema_privilege($1, 'USAGE')", owner)
        await connection.close()


async def test_a_second_run_applies_nothing(postgres_url: str) -> None:
    assert await migrate(postgres_url) == []


async def test_two_processes_migrate_at_once_and_each_migration_runs_once(
    postgres_url: str, tmp_path: Path
) -> None:
    write(tmp_path, "0001_runtime_once.sql", "CREATE TABLE public.once (n int);\nSELECT pg_sleep(0.3);")
    applied = await asyncio.gather(
        migrate(postgres_url, folder=tmp_path), migrate(postgres_url, folder=tmp_path)
    )
    assert sorted(applied, key=len) == [[], ["0001_runtime_once"]]


async def test_a_lock_that_is_never_released_is_named(postgres_url: str, tmp_path: Path) -> None:
    holder = await asyncpg.connect(postgres_url)
    await holder.execute("SELECT pg_advisory_lock(4474737)")
    with pytest.raises(MigrationError, match="another process has been migrating"):
        await migrate(postgres_url, folder=tmp_path, wait_s=0.1)
    await holder.close()


async def test_a_broken_migration_leaves_nothing_behind_and_is_named(
    postgres_url: str, tmp_path: Path
) -> None:
    write(tmp_path, "0001_runtime_broken.sql", "CREATE TABLE public.half (n int);\nSELECT nonsense;")
    with pytest.raises(MigrationError, match=r"0001_runtime_broken.*nonsense"):
        await migrate(postgres_url, folder=tmp_path)
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT to_regclass('public.half')") is None
    await connection.close()


@pytest.mark.parametrize("names", [("1_short.sql",), ("0001_runtime_a.sql", "0001_gateway_b.sql")])
async def test_misnamed_migrations_are_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        write(tmp_path, name, "SELECT 1;")
    with pytest.raises(MigrationError, match=r"named NNNN|same number"):
        await migrate("postgresql:///unused", folder=tmp_path)


async def test_a_missing_database_is_created(postgres_url: str) -> None:
    url = postgres_url.replace("/test_", "/made_test_")
    await create_database(url)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT current_database()") == url.split("/")[3].split("?")[0]
    await connection.close()
    other = await asyncpg.connect(postgres_url)
    await other.execute(f"DROP DATABASE {url.split('/')[3].split('?')[0]} WITH (FORCE)")
    await other.close()


async def test_owners_write_their_own_schema_and_only_read_the_directory(
    postgres_url: str, owner_postgres_url: Callable[[str], str]
) -> None:
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute("CREATE TABLE gateway.mine (n int); CREATE TABLE directory.theirs (n int)")
    await administrator.close()
    gateway = await asyncpg.connect(owner_postgres_url("gateway"))
    await gateway.execute("INSERT INTO gateway.mine VALUES (1)")
    assert await gateway.fetch("SELECT * FROM directory.theirs") == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await gateway.execute("INSERT INTO directory.theirs VALUES (1)")
    await gateway.close()


async def test_a_pool_opens_without_a_server_and_its_query_fails_as_an_outage(tmp_path: Path) -> None:
    pool = await open_pool(f"postgresql://hipper_gateway:x@/hipper?host={tmp_path}")
    with pytest.raises(OUTAGE):
        await pool.fetchval("SELECT 1")
    await pool.close()


async def test_a_transaction_left_open_is_rolled_back_at_release(postgres_url: str) -> None:
    pool = await open_pool(postgres_url, size=1)
    await pool.execute("CREATE TABLE public.t (n int)")
    await pool.execute("INSERT INTO public.t VALUES (1)")
    connection = await pool.acquire()
    await connection.execute("BEGIN; INSERT INTO public.t VALUES (2)")
    await pool.release(connection)
    assert await pool.fetchval("SELECT count(*) FROM public.t") == 1
    await pool.close()
