"""``hipper apikey``: keys of programs and operators. A key is shown once; only its hash is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Annotated, Literal

import asyncpg
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from app.access import KEY_PREFIX, KeyScope
from app.domain.signing_in import statements
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.runtime.settings_model import Settings

app = App(name="apikey", help="Keys of programs and operators for the HTTP API.")


@app.command
def create(
    *,
    role: Literal["operator", "service"],
    name: str = "",
    tenant: str | None = None,
    scope: Annotated[list[str] | None, Parameter(negative=())] = None,
    days: int | None = None,
    settings: SettingsFile = None,
) -> None:
    """Make a key and show it once.

    Parameters
    ----------
    role
        operator: everything of the installation; service: a program of one tenant, with scopes.
    name
        What it is for.
    tenant
        Name of the tenant, for role service.
    scope
        What a service may do: provisioning. May be given more than once.
    days
        For how long it works; left out: until it is revoked.
    """
    scopes = sorted(set(scope or ()))
    _check(role, tenant, scopes, days)
    key_id = secrets.token_hex(6)
    key = f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(32)}"

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        owner = None if tenant is None else await _tenant(conn, tenant)
        digest = hashlib.sha256(key.encode()).digest()
        await conn.execute(statements.CREATE_KEY, key_id, digest, name or role, role, owner, scopes, days)

    on_database("app", work, settings)
    print(f"key {key_id}: {key}  (shown once)")


@app.command(name="list")
def list_(*, settings: SettingsFile = None) -> None:
    """All keys, without what they are."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[asyncpg.Record]:
        return list(await conn.fetch(statements.KEYS))

    table = Table("key", "name", "role", "tenant", "scopes", "made", "works until", box=None)
    for row in on_database("app", work, settings):
        until = (
            "revoked" if row["revoked_at"] else f"{row['expires_at']:%Y-%m-%d}" if row["expires_at"] else "-"
        )
        made = f"{row['created_at']:%Y-%m-%d}"
        scopes = ", ".join(row["scopes"])
        table.add_row(row["key_id"], row["name"], row["role"], row["tenant_id"] or "-", scopes, made, until)
    Console().print(table)


@app.command
def revoke(key: str, *, settings: SettingsFile = None) -> None:
    """Let KEY (as the list names it) work no more, from its next request on."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> object:
        return await conn.fetchval(statements.REVOKE_KEY, key)

    if on_database("app", work, settings) is None:
        raise CliError(f"there is no key {key} that works; 'hipper apikey list' names them")
    print(f"key {key} is revoked")


def _check(role: str, tenant: str | None, scopes: list[str], days: int | None) -> None:
    known = [one.value for one in KeyScope]
    if (role == "service") != (tenant is not None):
        raise CliError("a service belongs to a tenant (--tenant NAME), an operator to none")
    if role == "operator" and scopes:
        raise CliError("an operator may everything: leave --scope out")
    unknown = [one for one in scopes if one not in known]
    if unknown or (role == "service" and not scopes):
        raise CliError(f"--scope is one of {', '.join(known)}")
    if days is not None and not 1 <= days <= 3650:
        raise CliError("--days is 1 to 3650")


async def _tenant(conn: asyncpg.Connection, name: str) -> str:
    if not re.fullmatch(r"[\w.\-]{1,100}", name):
        raise CliError(f"{name!r} is no name of a tenant")
    found: str | None = await conn.fetchval("SELECT tenant_id FROM directory.tenants WHERE name = $1", name)
    if found is None:
        raise CliError(f"there is no tenant {name}")
    return found
