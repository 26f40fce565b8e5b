"""``hipper provision``: a company's configuration as code (docs/provisioning.md)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
from cyclopts import App, Parameter

from hipper.directory.errors import DirectoryError
from hipper.directory.provision import Changes, apply_file, diff_file, export_tenant
from hipper.runtime.database import OUTAGE
from hipper.runtime.servers import owner_url
from hipper.runtime.settings import SettingsError, default_path, load
from hipper.runtime.settings_model import Settings

app = App(name="provision", help="A company's configuration as code: apply, diff, export.")

Prune = Annotated[bool, Parameter(negative=(), help="Also remove what the file does not name.")]
SettingsFile = Annotated[Path | None, Parameter(name="--settings", help="The installation's settings file.")]
_Result = TypeVar("_Result")


@app.command
def apply(file: Path, *, prune: Prune = False, settings: SettingsFile = None) -> int:
    """Make the company what FILE says. Passwords made for desk phones are shown once."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> Changes:
        return await apply_file(conn, file, prune=prune, realm=installation.devices.realm, by="operator")

    changes = run(work, settings)
    if changes is None:
        return 1
    print(changes.text())
    for made in changes.made:
        print(f"password of desk phone {made.aor}: {made.password}  (shown once)")
    return 0


@app.command
def diff(file: Path, *, prune: Prune = False, settings: SettingsFile = None) -> int:
    """Show what apply would do, and do nothing."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> Changes:
        return await diff_file(conn, file, prune=prune, realm=installation.devices.realm)

    changes = run(work, settings)
    if changes is None:
        return 1
    print(changes.text())
    return 0


@app.command
def export(file: Path, *, tenant: str | None = None, settings: SettingsFile = None) -> int:
    """Write the company as it is now to FILE (- for the terminal). Passwords are not in it."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> str:
        return await export_tenant(conn, tenant)

    text = run(work, settings)
    if text is None:
        return 1
    if str(file) == "-":
        print(text, end="")
        return 0
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"{file}: cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def run(
    work: Callable[[asyncpg.Connection, Settings], Awaitable[_Result]], path: Path | None
) -> _Result | None:
    """Do ``work`` on a connection of the directory's role; what goes wrong is told in readable lines, as
    None."""
    try:
        installation = load(path or default_path(os.environ), os.environ)
        return asyncio.run(_on_connection(work, installation))
    except (SettingsError, DirectoryError) as error:
        print(error, file=sys.stderr)
    except (*OUTAGE, asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError) as error:
        print(
            f"the database does not answer ({error}): start it with 'hipper up', or set database.url",
            file=sys.stderr,
        )
    return None


async def _on_connection(
    work: Callable[[asyncpg.Connection, Settings], Awaitable[_Result]], installation: Settings
) -> _Result:
    conn = await asyncpg.connect(owner_url(installation, "directory"), timeout=5)
    try:
        return await work(conn, installation)
    finally:
        await conn.close()
