"""Apply, compare or export: one transaction each, nothing written unless everything is right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec

from hipper.directory.errors import DirectoryError
from hipper.directory.provision.checking import (
    check_available,
    check_exchange_phones,
    check_whole,
)
from hipper.directory.provision.difference import Difference, compare
from hipper.directory.provision.exporting import to_toml
from hipper.directory.provision.problems import Problem, ProvisioningError
from hipper.directory.provision.reading import WantedTenant, read_document
from hipper.directory.provision.settling import Settled, settle
from hipper.directory.provision.state import Tenant
from hipper.directory.provision.stored import (
    exchange_phones_elsewhere,
    load_stored,
    taken_elsewhere,
)
from hipper.directory.provision.writing import MadePassword, write

_LOCK = 0x68697070  # "hipp": one provisioning at a time


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What an apply did, or would do. ``lines``: ``+`` new, ``~`` changed, ``-`` removed. ``kept``: what the
    file does not name and pruning would remove. ``made``: passwords made for desk phones that had none; shown
    once, kept nowhere."""

    lines: tuple[str, ...]
    kept: tuple[str, ...] = ()
    made: tuple[MadePassword, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines)

    def text(self) -> str:
        """For a terminal. Without the passwords made."""
        lines = list(self.lines) or ["nothing changed"]
        lines += [f"  kept, not in the file: {what} (--prune removes it)" for what in self.kept]
        return "\n".join(lines)


async def apply_file(
    pool_or_conn: asyncpg.Pool | asyncpg.Connection,
    path: Path | str,
    *,
    prune: bool = False,
    realm: str | None = None,
    by: str = "provision",
) -> Changes:
    """Make the tenant what the file says. ``realm``: of the registrar's digest (settings ``devices.realm``);
    None: each phone's domain. Raises ProvisioningError (nothing is changed), or what asyncpg raises."""
    text = _read(path)
    async with _transaction(pool_or_conn) as conn:
        settled, difference = await _prepare(conn, text, str(path), prune, realm)
        made: list[MadePassword] = []
        if difference.changes:
            made = await write(conn, settled.tenant, difference, realm, by)
    return _changes(settled, difference, made)


async def diff_file(
    pool_or_conn: asyncpg.Pool | asyncpg.Connection,
    path: Path | str,
    *,
    prune: bool = False,
    realm: str | None = None,
) -> Changes:
    """What apply_file would do; writes nothing. Raises as apply_file does."""
    text = _read(path)
    async with _transaction(pool_or_conn) as conn:
        settled, difference = await _prepare(conn, text, str(path), prune, realm)
    return _changes(settled, difference, [])


async def export_tenant(pool_or_conn: asyncpg.Pool | asyncpg.Connection, name: str | None = None) -> str:
    """The tenant as TOML. ``name`` None: the only one there is. Raises DirectoryError."""
    async with _transaction(pool_or_conn) as conn:
        if name is None:
            names = [row[0] for row in await conn.fetch("SELECT name FROM directory.tenants ORDER BY name")]
            if len(names) != 1:
                raise DirectoryError(f"name the tenant to export: {', '.join(names) or 'there is none yet'}")
            name = names[0]
        stored = await load_stored(conn, name)
    if stored.tenant is None:
        raise DirectoryError(f'there is no tenant "{name}"')
    return to_toml(stored.tenant)


def judge(wanted: WantedTenant, current: Tenant | None, *, prune: bool) -> Settled:
    """What the tenant would become; what is wrong with that is added to ``wanted.problems``. Pure."""
    settled = settle(wanted.tenant, current, prune=prune)
    check_whole(wanted, settled.tenant, current)
    return settled


async def _prepare(
    conn: asyncpg.Connection, text: str, file: str, prune: bool, realm: str | None
) -> tuple[Settled, Difference]:
    wanted = read_document(text, file)
    stored = await load_stored(conn, wanted.tenant.name)
    settled = judge(wanted, stored.tenant, prune=prune)
    numbers: list[str] = [number for one in settled.tenant.subscribers for number in one.e164s]
    numbers += [settled.tenant.main_number] if settled.tenant.main_number else []
    taken = await taken_elsewhere(conn, stored.tenant_id, numbers, list(settled.tenant.domains))
    check_available(wanted, settled.tenant, *taken)
    phones = [phone for one in settled.tenant.subscribers for phone in one.exchange_phones]
    check_exchange_phones(
        wanted, settled.tenant, await exchange_phones_elsewhere(conn, stored.tenant_id, phones)
    )
    wanted.problems.raise_if_any()
    return settled, compare(stored.tenant, settled.tenant, stored.credentials, realm)


def _changes(settled: Settled, difference: Difference, made: list[MadePassword]) -> Changes:
    lines = tuple(str(change) for change in difference.changes)
    return Changes(lines=lines, kept=settled.kept, made=tuple(made))


def _read(path: Path | str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ProvisioningError(str(path), [Problem(0, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise ProvisioningError(str(path), [Problem(0, f"is not UTF-8: {error.reason}")]) from None


@asynccontextmanager
async def _transaction(
    pool_or_conn: asyncpg.Pool | asyncpg.Connection,
) -> AsyncIterator[asyncpg.Connection]:
    if isinstance(pool_or_conn, asyncpg.Pool):
        async with pool_or_conn.acquire() as conn, conn.transaction():
            await conn.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            yield conn
    else:
        async with pool_or_conn.transaction():
            await pool_or_conn.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            yield pool_or_conn
