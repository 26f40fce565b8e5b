"""``hipper migrate``: bring the database to this version. ``hipper up`` does it by itself."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from cyclopts import App

from hipper.runtime.migrations import migrate_installation
from hipper.runtime.settings import default_path, load

app = App(help="Bring the database to this version: roles, schemas and tables of every owner.")


@app.default
def migrate(*, settings: Path | None = None) -> None:
    """Apply the migrations that are new.

    Parameters
    ----------
    settings
        Settings of the installation (TOML); by default hipper.toml here, in deploy/ or in /etc/hipper/.
    """
    applied = asyncio.run(migrate_installation(load(settings or default_path(os.environ), os.environ)))
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("the database is up to date")
