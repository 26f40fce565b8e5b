"""``hipper apikey``: keys of programs and operators. A key is shown once; only its hash is kept."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import asyncpg
from cyclopts import App, Parameter

from app.access import KeyScope
from app.domain.admin.api_keys import ApiKey, MadeKey, NewKey, create_key, list_keys, revoke_key
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.cli.showing import show
from hipper.directory.admin.changing import OPERATOR
from hipper.runtime.settings_model import Settings

_MOST = 100_000

app = App(name="apikey", help="Keys of programs and operators for the HTTP API.")


@app.command
def create(
    *,
    role: Literal["operator", "service", "network"],
    name: str = "",
    tenant: str | None = None,
    network: str | None = None,
    scope: Annotated[list[str] | None, Parameter(negative=())] = None,
    days: int | None = None,
    settings: SettingsFile = None,
) -> None:
    """Make a key and show it once.

    Parameters
    ----------
    role
        operator: everything of the installation; service: a program of one tenant, with scopes; network: a
        mobile network that asks for routing numbers.
    name
        What it is for.
    tenant
        Name of the tenant, for role service.
    network
        Name of the [[mobile_network]] in the settings, for role network.
    scope
        What a service may do: provisioning, read-only, recorder; a network has imrn. May be given more than
        once.
    days
        For how long it works; left out: until it is revoked.
    """
    scopes = sorted(set(scope or (["imrn"] if role == "network" else [])))
    _check(role, tenant, scopes, days)

    async def work(conn: asyncpg.Connection, installation: Settings) -> MadeKey:
        owner = None if tenant is None else await _tenant(conn, tenant)
        wanted = NewKey(
            role=role,
            name=name,
            tenant=owner,
            network=network,
            scopes=tuple(KeyScope(one) for one in scopes),
            days=days,
        )
        return await create_key(conn, OPERATOR, wanted, installation)

    made = on_database("app", work, settings)
    print(f"key {made.key.id}: {made.secret}  (shown once)")


@app.command(name="list")
def list_(*, settings: SettingsFile = None) -> None:
    """All keys, without what they are."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[ApiKey]:
        return await list_keys(conn, "", _MOST)

    found = on_database("app", work, settings)
    show(found, "id", "name", "role", "tenant", "network", "scopes", "works_until")


@app.command
def revoke(key: str, *, settings: SettingsFile = None) -> None:
    """Let KEY (as the list names it) work no more, from its next request on."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> bool | None:
        return await revoke_key(conn, OPERATOR, key)

    if not on_database("app", work, settings):
        raise CliError(f"there is no key {key} that works; 'hipper apikey list' names them")
    print(f"key {key} is revoked")


def _check(role: str, tenant: str | None, scopes: list[str], days: int | None) -> None:
    known = [one.value for one in KeyScope]
    if (role == "service") != (tenant is not None):
        raise CliError("a service belongs to a tenant (--tenant NAME), others to none")
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
