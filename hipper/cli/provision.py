"""``hipper provision``: a company's configuration as code (docs/provisioning.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import asyncpg
from cyclopts import App, Parameter

from hipper.cli.database import SettingsFile, on_database
from hipper.directory.errors import DirectoryError
from hipper.directory.provision import Changes, apply_file, diff_file, export_tenant
from hipper.runtime.settings_model import Settings

app = App(name="provision", help="A company's configuration as code: apply, diff, export.")

Prune = Annotated[bool, Parameter(negative=(), help="Also remove what the file does not name.")]


@app.command
def apply(file: Path, *, prune: Prune = False, settings: SettingsFile = None) -> None:
    """Make the company what FILE says. Passwords made for desk phones are shown once."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> Changes:
        return await apply_file(conn, file, prune=prune, realm=installation.devices.realm, by="operator")

    changes = on_database("directory", work, settings)
    print(changes.text())
    for made in changes.made:
        print(f"password of desk phone {made.aor}: {made.password}  (shown once)")


@app.command
def diff(file: Path, *, prune: Prune = False, settings: SettingsFile = None) -> None:
    """Show what apply would do, and do nothing."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> Changes:
        return await diff_file(conn, file, prune=prune, realm=installation.devices.realm)

    print(on_database("directory", work, settings).text())


@app.command
def export(file: Path | None = None, *, tenant: str | None = None, settings: SettingsFile = None) -> None:
    """Write the company as it is now to FILE, or to the terminal. Passwords are not in it.

    Parameters
    ----------
    tenant
        Its name; may be left out when there is only one.
    """

    async def work(conn: asyncpg.Connection, _installation: Settings) -> str:
        return await export_tenant(conn, tenant)

    text = on_database("directory", work, settings)
    if file is None:
        print(text, end="")
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DirectoryError(f"{file}: cannot be written: {error.strerror}") from None
