"""Whether the database answers: for readiness and the log only, calls ask the database themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from hipper.directory.leases import Leases

ASKED_S = 1.0
"""How often it is asked whether it is there, and how long it may take to say so."""

log = structlog.get_logger("fmc_gateway")


class DatabaseWatch:
    """``await run(pool)`` for ever; ``answers`` is what it found last."""

    def __init__(self) -> None:
        self.answers = False

    async def run(self, pool: Any) -> None:
        known: bool | None = None
        leases = Leases(pool, keep=1)
        while True:
            error = await _ask(leases)
            self.answers = error is None
            if error is not None and known is not False:
                log.warning("database.away", error=error)
            elif error is None and known is False:
                log.info("database.back")
            known = self.answers
            await asyncio.sleep(ASKED_S)


async def _ask(leases: Leases) -> str | None:
    """What is wrong with it. A server that says nothing is broken off, not waited for."""
    try:
        connection = await leases.take(ASKED_S)
    except Exception as error:
        return str(error) or type(error).__name__
    try:
        async with asyncio.timeout(ASKED_S):
            await connection.fetchval("SELECT 1")
    except Exception as error:
        await leases.discard(connection)
        return str(error) or type(error).__name__
    except BaseException:
        await leases.discard(connection)
        raise
    await leases.give_back(connection)
    return None
