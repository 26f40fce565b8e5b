"""``hipper device``: desk phones and what they register with."""

from __future__ import annotations

from typing import Annotated

import asyncpg
from cyclopts import App, Parameter

from hipper.cli.database import SettingsFile, on_database
from hipper.cli.showing import connected_bus, show
from hipper.directory.admin import devices, users
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.live import live_calls
from hipper.directory.admin.model import NewTelephone, Telephone
from hipper.directory.admin.payload import Payload, for_terminal, payload_of
from hipper.directory.admin.reading import fitting
from hipper.runtime.settings_model import Settings

app = App(name="device", help="Telephones of users: list, create, rotate, delete.")
Qr = Annotated[bool, Parameter(negative=(), help="Show what it registers with as a QR code too.")]


@app.command(name="list")
def list_(user: str, *, settings: SettingsFile = None) -> None:
    """The telephones of USER (user@domain)."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[Telephone]:
        return await devices.telephones_of(conn, (await users.find_user(conn, user)).id)

    found = on_database("directory", work, settings)
    show(found, "kind", "label", "aor", "mobile_network", "exchange", "site", "rings")


@app.command
def create(
    user: str,
    label: str,
    *,
    aor_user: str | None = None,
    site: str | None = None,
    qr: Qr = False,
    settings: SettingsFile = None,
) -> None:
    """Give USER a desk phone, and show once what it registers with.

    Parameters
    ----------
    aor_user
        Its user part and digest user name; left out, one is made.
    site
        Where it stands: an emergency zone of the group.
    """
    wanted = fitting({"label": label, "aor_user": aor_user, "site": site}, NewTelephone)

    async def work(conn: asyncpg.Connection, installation: Settings) -> Payload:
        found = await users.find_user(conn, user)
        realm = installation.devices.realm
        _, secret = await devices.create_telephone(conn, OPERATOR, found.id, wanted, realm)
        return payload_of(secret, installation)

    _tell(on_database("directory", work, settings), qr)


@app.command
def rotate(aor: str, *, qr: Qr = False, settings: SettingsFile = None) -> None:
    """Make a new password for desk phone AOR (aor_user@domain), and show it once. The old one works no
    more."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> Payload:
        found = await devices.find_telephone(conn, aor)
        _, secret = await devices.rotate_secret(conn, OPERATOR, found.id, installation.devices.realm)
        return payload_of(secret, installation)

    _tell(on_database("directory", work, settings), qr)


@app.command
def delete(aor: str, *, settings: SettingsFile = None) -> None:
    """Take desk phone AOR (aor_user@domain) away, unless it is in a call."""

    async def work(conn: asyncpg.Connection, installation: Settings) -> None:
        async with connected_bus(installation) as bus:
            found = await devices.find_telephone(conn, aor)
            await devices.delete_telephone(conn, OPERATOR, found.id, live_calls(bus))

    on_database("directory", work, settings)
    print(f"desk phone {aor} is removed")


def _tell(payload: Payload, qr: bool) -> None:
    print(f"{payload.aor} user {payload.username} realm {payload.realm}")
    for one in payload.registrars:
        print(f"registrar {one.host}:{one.port} by {one.transport}")
    print(f"password {payload.password}  (shown once)")
    if qr:
        print(for_terminal(payload))
