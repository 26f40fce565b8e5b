"""Connections kept between reads leave some to transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from app.reads import Reads
from hipper.runtime.database import open_pool

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_a_small_pool_has_connections_for_transactions(
    owner_postgres_url: Callable[[str], str], size: int
) -> None:
    """Fault: reads keep every connection of the pool, and whoever signs in waits for ever."""
    pool = await open_pool(owner_postgres_url("app"), size=size)
    reads = Reads(pool)
    try:
        await asyncio.gather(*(reads.fetchval("SELECT pg_sleep(0.01)") for _ in range(size)))
        async with asyncio.timeout(5), reads.acquire() as connection, connection.transaction():
            assert await connection.fetchval("SELECT 1") == 1
    finally:
        pool.terminate()
