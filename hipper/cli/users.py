"""``hipper user``: what an operator changes for one user. Holds for the next call."""

from __future__ import annotations

from typing import Literal

import asyncpg
import msgspec
from cyclopts import App

from hipper.cli.database import SettingsFile, on_database
from hipper.directory.errors import InvalidSettings
from hipper.directory.services import change_user_service, get_service, service_named
from hipper.directory.settings import find_subscriber, set_identity
from hipper.pbx.model import IdentityChoice
from hipper.pbx.services.registry import SERVICES
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


@app.command
def services(user: str, *, settings: SettingsFile = None) -> None:
    """What is set of each service of USER; services that were never set are left out."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[str]:
        subscriber = await find_subscriber(conn, user)
        lines = []
        for name in sorted(one.name for one in SERVICES.values() if one.scope == "subscriber"):
            stored = await get_service(conn, "subscriber", subscriber, name)
            if stored.version:
                lines.append(f"{name} {msgspec.json.encode(stored.settings).decode()}")
        return lines

    lines = on_database("directory", work, settings)
    print("\n".join(lines) or "nothing is set: every service is as it is by default")


@app.command
def service(user: str, name: str, changes: str | None = None, *, settings: SettingsFile = None) -> None:
    """Show service NAME of USER, or change some of its settings: ``'{"active": true}'`` (JSON)."""
    service_named(name, "subscriber")

    async def work(conn: asyncpg.Connection, _installation: Settings) -> str:
        subscriber = await find_subscriber(conn, user)
        if changes is not None:
            await change_user_service(conn, subscriber, name, _read(changes), "operator")
        stored = await get_service(conn, "subscriber", subscriber, name)
        return msgspec.json.format(
            msgspec.json.encode(msgspec.structs.asdict(stored.settings)), indent=2
        ).decode()

    print(on_database("directory", work, settings))


def _read(text: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise InvalidSettings(f"{text!r} is no JSON object ({error}); write '{{\"active\": true}}'") from None
