"""Old traces and records go, every hour."""

from __future__ import annotations

import asyncio

import structlog

from fmc_gateway.records.store import Executor, expire
from hipper.runtime.database import OUTAGE

EVERY_S = 3600.0
RETRY_S = 60.0

log = structlog.get_logger("fmc_gateway.records")


async def expire_forever(database: Executor, *, trace_days: int, record_days: int) -> None:
    """Until cancelled. A database that is away is asked again a minute later."""
    while True:
        try:
            traces, records = await expire(database, trace_days=trace_days, record_days=record_days)
            if traces or records:
                log.info("records.expired", traces=traces, records=records)
            await asyncio.sleep(EVERY_S)
        except OUTAGE:
            await asyncio.sleep(RETRY_S)
        except Exception:
            log.exception("records.retention_failed")
            await asyncio.sleep(RETRY_S)
