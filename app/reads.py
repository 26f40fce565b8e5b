"""A pool whose reads find a connection at hand (:mod:`hipper.directory.leases`): taking one from asyncpg's
pool and giving it back costs as much as the question."""

from __future__ import annotations

from typing import Any

import asyncpg

from hipper.directory.leases import Leases

KEPT = 3
"""Connections out of the pool between reads, of a small pool at most half: the rest is there for
transactions, which would wait for ever."""


class Reads:
    """As an asyncpg pool: ``fetch``, ``fetchrow`` and ``fetchval`` over connections that are kept, everything
    else over the pool itself. They raise what asyncpg does."""

    def __init__(self, pool: asyncpg.Pool, keep: int = KEPT) -> None:
        self._pool = pool
        self._leases = Leases(pool, keep=min(keep, pool.get_max_size() // 2))
        self.acquire = pool.acquire
        self.execute = pool.execute
        self.release = pool.release

    async def fetch(self, query: str, *args: object, **options: Any) -> Any:
        return await self._ask("fetch", query, args, options)

    async def fetchrow(self, query: str, *args: object, **options: Any) -> Any:
        return await self._ask("fetchrow", query, args, options)

    async def fetchval(self, query: str, *args: object, **options: Any) -> Any:
        return await self._ask("fetchval", query, args, options)

    async def _ask(self, how: str, query: str, args: tuple[object, ...], options: dict[str, Any]) -> Any:
        connection = await self._leases.take(None)
        try:
            found = await getattr(connection, how)(query, *args, **options)
        except BaseException:
            await self._pool.release(connection)  # which sees to one that was broken off
            raise
        await self._leases.give_back(connection)
        return found
