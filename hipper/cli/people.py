"""``hipper user create|list|show|delete|pack|import``: the users of a company."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import asyncpg
import msgspec
from cyclopts import App, Parameter

from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.cli.showing import connected_bus, show
from hipper.directory.admin import groups, packs, tenants, users
from hipper.directory.admin.bulk import import_users
from hipper.directory.admin.bulk_reading import Fault, read_users
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.live import live_calls
from hipper.directory.admin.model import NewUser, PackChange, PackWanted, User
from hipper.directory.admin.reading import fitting
from hipper.pbx.model import ServicePack
from hipper.runtime.settings_model import Settings

_MOST = 100_000


def create(
    user: str,
    *,
    tenant: str,
    group: str | None = None,
    name: str,
    pack: ServicePack,
    extension: str | None = None,
    fixed: str | None = None,
    mobile: str | None = None,
    alternate: Annotated[list[str] | None, Parameter(negative=())] = None,
    language: str = "nl",
    settings: SettingsFile = None,
) -> None:
    """Make USER (user, or user@domain) of TENANT. Numbers are free ones of its blocks and subscriptions.

    Parameters
    ----------
    group
        May be left out when the company has one.
    alternate
        A further number. May be given more than once.
    """
    values = {
        "user": user.lower(),
        "display_name": name,
        "pack": pack,
        "extension": extension,
        "fixed": fixed,
        "mobile": mobile,
        "alternates": alternate or [],
        "language": language,
    }
    wanted = fitting(values, NewUser)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> User:
        company = await tenants.find_tenant(conn, tenant)
        return await users.create_user(conn, OPERATOR, await _group(conn, company, group), wanted)

    made = on_database("directory", work, settings)
    print(f"user {made.user} is made; 'hipper user password {made.user}' lets them sign in")


def list_(tenant: str, *, settings: SettingsFile = None) -> None:
    """The users of TENANT."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[User]:
        company = await tenants.find_tenant(conn, tenant)
        return await users.list_users(conn, tenant=company, after="", limit=_MOST)

    found = on_database("directory", work, settings)
    show(found, "user", "display_name", "pack", "extension", "fixed", "mobile", "enabled")


def show_(user: str, *, settings: SettingsFile = None) -> None:
    """All that is known of USER, as JSON."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> User:
        return await users.find_user(conn, user)

    found = on_database("directory", work, settings)
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def delete(user: str, *, settings: SettingsFile = None) -> None:
    """Remove USER with telephones and settings. The numbers stay the company's, free."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> None:
        async with connected_bus(installation) as bus:
            found = await users.find_user(conn, user)
            await users.delete_user(conn, OPERATOR, found.id, live_calls(bus))

    on_database("directory", work, settings)
    print(f"user {user} is removed")


def pack(
    user: str,
    pack: ServicePack,
    *,
    dry_run: Annotated[bool, Parameter(negative=(), help="Only say what would be lost.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Give USER another PACK from the next call on, and say what is lost and what stays."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> PackChange:
        found = await users.find_user(conn, user)
        told = await packs.pack_change(conn, found, pack)
        if not dry_run:
            await users.change_pack(conn, OPERATOR, found.id, PackWanted(pack=pack))
        return told

    told = on_database("directory", work, settings)
    print(f"{user}: {told.before.value} {'would become' if dry_run else 'is now'} {told.pack.value}")
    for word in ("lost", "stays", "gained", "obstacles"):
        for line in getattr(told, word):
            print(f"  {word}: {line}")


def import_(
    file: Path,
    *,
    tenant: str,
    dry_run: Annotated[bool, Parameter(negative=(), help="Only say what would be wrong.")] = False,
    settings: SettingsFile = None,
) -> int:
    """Import users, numbers and telephones of TENANT from a CSV FILE (docs/api.md). Each user whole or not
    at all."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{file}: cannot be read: {error}") from None
    found, wrong = read_users(text)
    if wrong:
        raise CliError(f"{file}: {wrong[0].text}")

    async def work(conn: asyncpg.Connection, installation: Settings) -> tuple[int, list[Fault]]:
        company = await tenants.find_tenant(conn, tenant)
        changed, faults = 0, list[Fault]()
        steps = import_users(
            conn, OPERATOR, company, found, realm=installation.devices.realm, dry_run=dry_run
        )
        async for step in steps:
            changed += step.changed
            faults += step.faults
            if step.done % 100 == 0:
                print(f"{step.done} of {step.total}", flush=True)
        return changed, faults

    changed, faults = on_database("directory", work, settings)
    for fault in faults:
        print(f"{file}:{fault.line}: {fault.user}: {f'{fault.column}: ' if fault.column else ''}{fault.text}")
    words = "would be made or changed" if dry_run else "made or changed"
    print(f"{changed} of {len(found)} users {words}, {len({one.user for one in faults})} with faults")
    return 1 if faults else 0


async def _group(conn: asyncpg.Connection, tenant: str, name: str | None) -> str:
    if name is not None:
        return await groups.find_group(conn, tenant, name)
    found = await groups.groups_of(conn, tenant, 2)
    if len(found) != 1:
        raise CliError("say in which group: --group NAME")
    return found[0].id


def add_to(app: App) -> None:
    """The commands of this module, to ``hipper user``."""
    for name, command in (
        ("create", create),
        ("list", list_),
        ("show", show_),
        ("delete", delete),
        ("pack", pack),
        ("import", import_),
    ):
        app.command(command, name=name)
