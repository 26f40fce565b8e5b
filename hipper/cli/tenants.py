"""``hipper tenant`` and ``hipper group``: companies and their groups."""

from __future__ import annotations

from typing import Annotated, Literal

import asyncpg
from cyclopts import App, Parameter

from hipper.cli.database import SettingsFile, on_database
from hipper.cli.showing import show
from hipper.directory.admin import groups, packs, tenants
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.model import (
    Group,
    Licence,
    LicencesWanted,
    NewGroup,
    NewTenant,
    Tenant,
    TenantChange,
)
from hipper.directory.admin.reading import fitting
from hipper.runtime.settings_model import Settings

app = App(name="tenant", help="Companies: list, create, main-number, delete.")
group = App(name="group", help="Groups of a company: list, create, licences, delete.")


@app.command(name="list")
def list_(*, settings: SettingsFile = None) -> None:
    """All companies of the installation."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[Tenant]:
        return await tenants.list_tenants(conn, "", 10_000)

    found = on_database("directory", work, settings)
    show(found, "name", "display_name", "kind", "domains", "main_number", "mobile_network")


@app.command
def create(
    name: str,
    *,
    display_name: str | None = None,
    kind: Literal["enterprise", "group"] = "enterprise",
    domain: Annotated[list[str], Parameter(negative=())],
    mobile_network: str | None = None,
    group: str = "main",
    settings: SettingsFile = None,
) -> None:
    """Add company NAME with its first group.

    Parameters
    ----------
    kind
        An enterprise has several groups that call each other; a group stands alone. It cannot change.
    domain
        What its users sign in with, user@domain. May be given more than once.
    mobile_network
        Name of the [[mobile_network]] in the settings where its mobiles are.
    """
    values = {
        "name": name,
        "display_name": display_name or name,
        "kind": kind,
        "domains": domain,
        "mobile_network": mobile_network,
        "group": group,
    }
    wanted = fitting(values, NewTenant)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> Tenant:
        return await tenants.create_tenant(conn, OPERATOR, wanted)

    made = on_database("directory", work, settings)
    print(f"company {made.name} with group {group} is made")


@app.command
def main_number(name: str, number: str, *, settings: SettingsFile = None) -> None:
    """Have users of company NAME without a number of their own show NUMBER; "none" for none."""
    wanted = fitting({"main_number": None if number == "none" else number}, TenantChange)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> Tenant:
        tenant = await tenants.find_tenant(conn, name)
        return await tenants.change_tenant(conn, OPERATOR, tenant, wanted)

    print(f"main number of {name}: {on_database('directory', work, settings).main_number or 'none'}")


@app.command
def delete(name: str, *, settings: SettingsFile = None) -> None:
    """Remove company NAME, once it has neither users nor numbers."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        await tenants.delete_tenant(conn, OPERATOR, await tenants.find_tenant(conn, name))

    on_database("directory", work, settings)
    print(f"company {name} is removed")


@group.command(name="list")
def list_groups(tenant: str, *, settings: SettingsFile = None) -> None:
    """The groups of TENANT."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[Group]:
        return await groups.groups_of(conn, await tenants.find_tenant(conn, tenant))

    found = on_database("directory", work, settings)
    show(found, "name", "display_name", "country", "area_code", "time_zone")


@group.command(name="create")
def create_group(
    tenant: str,
    name: str,
    *,
    display_name: str | None = None,
    area_code: str | None = None,
    settings: SettingsFile = None,
) -> None:
    """Add group NAME to TENANT. --area-code: of digits dialled without one (20, not 020)."""
    wanted = fitting({"name": name, "display_name": display_name, "area_code": area_code}, NewGroup)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> Group:
        company = await tenants.get_tenant(conn, await tenants.find_tenant(conn, tenant))
        return await groups.create_group(conn, OPERATOR, company, wanted)

    print(f"group {on_database('directory', work, settings).name} of {tenant} is made")


@group.command
def licences(
    tenant: str,
    name: str,
    *,
    set_: Annotated[list[str] | None, Parameter(name="--set", negative=())] = None,
    settings: SettingsFile = None,
) -> None:
    """How many users of each pack group NAME of TENANT may have; --set base_plus=10 sets them all (those left
    out: without limit)."""
    pairs = [one.partition("=") for one in set_ or ()]
    wanted = None if set_ is None else fitting({key: value for key, _, value in pairs}, LicencesWanted)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> tuple[Licence, ...]:
        company = await tenants.find_tenant(conn, tenant)
        found = await groups.find_group(conn, company, name)
        if wanted is not None:
            return (await packs.set_licences(conn, OPERATOR, found, wanted)).items
        return (await packs.licences_of(conn, company, found)).items

    show(on_database("directory", work, settings), "pack", "licences", "users")


@group.command(name="delete")
def delete_group(tenant: str, name: str, *, settings: SettingsFile = None) -> None:
    """Remove group NAME of TENANT, once it has no users."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        company = await tenants.find_tenant(conn, tenant)
        await groups.delete_group(conn, OPERATOR, await groups.find_group(conn, company, name))

    on_database("directory", work, settings)
    print(f"group {name} of {tenant} is removed")
