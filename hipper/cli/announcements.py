"""``hipper announcements``: what callers hear, and a tenant's own recordings instead."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import asyncpg
from cyclopts import App, Parameter

from fmc_gateway.prompts.library import Library, RecordingError, folder_of
from fmc_gateway.prompts.texts import TEXTS
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.directory.names import tenant_id
from hipper.pbx.ids import TenantId
from hipper.pbx.model import Announcement
from hipper.runtime.settings_model import Settings

app = App(name="announcements", help="What callers hear, and a tenant's own recordings instead.")

Language = Literal["nl", "en"]
TenantName = Annotated[str, Parameter(help="Name of the tenant, as in its provisioning file.")]


@app.command(name="list")
def list_(tenant: TenantName | None = None, *, settings: SettingsFile = None) -> None:
    """Every announcement with its text; with TENANT, which ones it replaced."""
    own: list[tuple[str, str]] = []
    if tenant is not None:
        library, found = _library(tenant, settings)
        own = library.replaced(found)
    for announcement, texts in TEXTS.items():
        for language, text in zip(("nl", "en"), texts, strict=True):
            whose = "own recording" if (language, announcement.value) in own else text
            print(f"{announcement.value:<18} {language}  {whose}")


@app.command
def replace(
    tenant: TenantName,
    announcement: Announcement,
    language: Language,
    recording: Path,
    *,
    settings: SettingsFile = None,
) -> None:
    """Let callers of TENANT hear RECORDING (PCM wav, mono, 16 bits) from the next call on."""
    library, found = _library(tenant, settings)
    try:
        library.replace(found, language, announcement, recording.read_bytes())
    except (OSError, RecordingError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CliError(f"{recording}: {reason}") from error
    print(f"callers of {tenant} hear {recording} for {announcement.value} ({language}) from the next call on")


@app.command
def restore(
    tenant: TenantName, announcement: Announcement, language: Language, *, settings: SettingsFile = None
) -> None:
    """Back to the exchange's own text."""
    library, found = _library(tenant, settings)
    gone = library.restore(found, language, announcement)
    print(f"{announcement.value} ({language}) is the exchange's own again" if gone else "nothing changed")


def _library(tenant: str, path: Path | None) -> tuple[Library, TenantId]:
    async def work(conn: asyncpg.Connection, installation: Settings) -> tuple[Library, TenantId]:
        found = await tenant_id(conn, tenant)
        if found is None:
            raise CliError(f'there is no tenant "{tenant}"')
        return Library(folder_of(installation)), TenantId(found)

    return on_database("directory", work, path)
