"""``hipper music``: what callers of a company hear on hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import asyncpg
from cyclopts import App, Parameter

from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.directory.admin import music
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.music import MusicChange
from hipper.directory.names import tenant_id
from hipper.runtime.recordings import NoConverter, RecordingError, convert
from hipper.runtime.settings_model import Settings

app = App(name="music", help="What callers of a company hear on hold.")

TenantName = Annotated[str, Parameter(help="Name of the company, as in its provisioning file.")]
RecordingName = Annotated[str, Parameter(help='Lower-case letters, digits and "-".')]


@app.command(name="list")
def list_(tenant: TenantName, *, settings: SettingsFile = None) -> None:
    """The recordings of TENANT."""

    async def work(conn: asyncpg.Connection, _: Settings) -> list[music.Music]:
        return await music.list_music(conn, await _tenant(conn, tenant))

    found = on_database("directory", work, settings)
    for one in found:
        usual = "default" if one.is_default else ""
        print(f"{one.name:<20} {one.duration_ms / 1000:>6.1f} s  {usual:<8} {one.display_name}")
    if not found:
        print(f"{tenant} has none: the exchange's own music is heard")


@app.command
def add(
    tenant: TenantName,
    name: RecordingName,
    recording: Path,
    *,
    title: str | None = None,
    settings: SettingsFile = None,
) -> None:
    """Take RECORDING (wav, mp3, flac, ogg, opus, m4a) as NAME; one of that name is replaced."""

    async def work(conn: asyncpg.Connection, _: Settings) -> tuple[music.Music, bool]:
        made = await convert(brought)
        return await music.put_music(conn, OPERATOR, await _tenant(conn, tenant), name, made, title)

    try:
        brought = recording.read_bytes()
        now, _ = on_database("directory", work, settings)
    except (OSError, RecordingError, NoConverter) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CliError(f"{recording}: {reason}") from error
    usual = ", the default" if now.is_default else ""
    print(f"{tenant} has {name} ({now.duration_ms / 1000:.1f} s){usual}; heard from the next hold on")


@app.command
def default(tenant: TenantName, name: RecordingName, *, settings: SettingsFile = None) -> None:
    """Let callers hear NAME when a user chose nothing."""
    _change(tenant, name, MusicChange(is_default=True), settings)
    print(f"{name} is the default of {tenant} from the next hold on")


@app.command
def remove(tenant: TenantName, name: RecordingName, *, settings: SettingsFile = None) -> None:
    """Remove a recording that no user chose."""

    async def work(conn: asyncpg.Connection, _: Settings) -> None:
        await music.delete_music(conn, OPERATOR, await _tenant(conn, tenant), name)

    on_database("directory", work, settings)
    print(f"{tenant} has no {name} any more")


def _change(tenant: str, name: str, change: MusicChange, settings: Path | None) -> None:
    async def work(conn: asyncpg.Connection, _: Settings) -> None:
        await music.change_music(conn, OPERATOR, await _tenant(conn, tenant), name, change)

    on_database("directory", work, settings)


async def _tenant(conn: asyncpg.Connection, name: str) -> str:
    found = await tenant_id(conn, name)
    if found is None:
        raise CliError(f'there is no tenant "{name}"')
    return found
