"""Connections kept out of the pool between reads: taking one from asyncpg's pool and giving it back for every
read costs as much as the read itself (measured: 85 of 130 µs of CPU; giving back starts a task)."""

from __future__ import annotations

from typing import Any

import asyncpg


class Leases:
    """At most ``keep`` connections of ``pool`` are held idle; further ones go back to it after use.

    ``pool.close()`` waits for what is leased, so ``close`` comes before it.
    """

    def __init__(self, pool: asyncpg.Pool, *, keep: int) -> None:
        self._pool = pool
        self._keep = keep
        self._idle: list[Any] = []

    async def take(self, within_s: float | None) -> Any:
        """A connection, for one user at a time. Raises what asyncpg raises, TimeoutError
        after ``within_s`` seconds; None: it waits for its turn."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire(timeout=within_s)

    async def give_back(self, connection: Any) -> None:
        """After a read that went well."""
        if len(self._idle) < self._keep:
            self._idle.append(connection)
        else:
            await self._pool.release(connection)

    async def discard(self, connection: Any) -> None:
        """After one that did not. Broken off at once: the pool would wait for the server to
        confirm a cancellation."""
        connection.terminate()
        await self._pool.release(connection)

    async def close(self) -> None:
        while self._idle:
            await self._pool.release(self._idle.pop())
