"""asyncpg pools, one per owner's role. A pool opens without a server: a gateway starts also when the
database is away."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import asyncpg

from hipper.runtime.servers import owner_url
from hipper.runtime.settings_model import Settings

OUTAGE: tuple[type[BaseException], ...] = (
    OSError,
    ssl.SSLError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a query raises when the server, and not the query, is at fault: ``except OUTAGE``."""


async def open_owner_pool(settings: Settings, owner: str, **options: Any) -> asyncpg.Pool:
    """The pool of one owner's role, as the settings say."""
    return await open_pool(owner_url(settings, owner), size=settings.database.pool_size, **options)


async def open_pool(
    url: str, *, size: int = 8, connect_within_s: float = 2.0, query_within_s: float = 5.0, **options: Any
) -> asyncpg.Pool:
    """A pool that connects at first use.

    No state is kept in sessions (no SET, LISTEN, temporary tables or session locks), so the reset query that
    asyncpg sends at every release is left out: 11k against 17k fetches a second. An open transaction is
    still rolled back.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=connect_within_s,
        command_timeout=query_within_s,
        reset=_reset,
        server_settings={"application_name": "hipper"},
        **options,
    )


async def open_listener(settings: Settings, owner: str) -> asyncpg.Connection:
    """A connection of its own to LISTEN on, with one owner's role. It answers within a second, or fails."""
    return await asyncpg.connect(
        owner_url(settings, owner),
        timeout=2.0,
        command_timeout=1.0,
        server_settings={"application_name": "hipper"},
    )


async def _reset(connection: asyncpg.Connection) -> None:
    """Nothing: asyncpg itself has rolled an open transaction back before it calls this."""
