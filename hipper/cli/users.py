"""``hipper user``: what an operator changes for one user. Holds for the next call."""

from __future__ import annotations

from typing import Literal

import asyncpg
from cyclopts import App

from hipper.cli.database import SettingsFile, on_database
from hipper.directory.settings import find_subscriber, set_identity
from hipper.pbx.model import IdentityChoice
from hipper.runtime.settings_model import Settings

app = App(name="user", help="What an operator changes for one user.")


@app.command
def identity(user: str, choice: Literal["mobile", "fixed"], *, settings: SettingsFile = None) -> None:
    """Show this number of USER (user@domain) from the next call on."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> bool:
        subscriber = await find_subscriber(conn, user)
        return await set_identity(conn, subscriber, IdentityChoice(choice), "operator")

    changed = on_database("directory", work, settings)
    print(f"{user} shows the {choice} number from the next call on" if changed else "nothing changed")
