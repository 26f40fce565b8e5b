"""A connection for one command of the command line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
from cyclopts import Parameter

from hipper.cli.errors import CliError
from hipper.runtime.servers import owner_url
from hipper.runtime.settings import default_path, load
from hipper.runtime.settings_model import Settings

SettingsFile = Annotated[
    Path | None,
    Parameter(
        help="Settings of the installation; by default hipper.toml here, in deploy/ or in /etc/hipper/."
    ),
]
_Result = TypeVar("_Result")
_CONNECT_WITHIN_S = 5.0


def on_database(
    owner: str, work: Callable[[asyncpg.Connection, Settings], Awaitable[_Result]], path: Path | None
) -> _Result:
    """Do ``work`` on a connection of this owner's role. Raises CliError when the database is away; what
    ``work`` raises, :mod:`hipper.cli.errors` explains."""
    settings = load(path or default_path(os.environ), os.environ)

    async def connected() -> _Result:
        try:
            connection = await asyncpg.connect(owner_url(settings, owner), timeout=_CONNECT_WITHIN_S)
        except (OSError, TimeoutError):
            raise CliError(
                "the database does not answer; start 'make run' in another terminal, or check database.url"
            ) from None
        try:
            return await work(connection, settings)
        finally:
            await connection.close()

    return asyncio.run(connected())
