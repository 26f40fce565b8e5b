"""Erasure of a user, over everything that knows the user."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from app.domain.privacy.files import Connections
from fmc_gateway.records.history_erase import Person, erase_calls
from hipper.contracts.bus import SETTINGS
from hipper.directory.erasure import Traces, erase, spellings, traces_of
from hipper.pbx.ids import SubscriberId
from hipper.runtime.bus import Bus, outages_named


async def erase_user(conns: Connections, bus: Bus, subscriber: SubscriberId, by: str) -> bool:
    """Everything personal goes; False: it had gone before, and what came after it went now. Whatever stops
    it on the way, doing it again finishes it. Raises UnknownSubscriber and what asyncpg raises."""
    traces = await traces_of(conns.directory, subscriber)
    with outages_named():
        await bus.redis.delete(f"events:{subscriber}")
    await _erase_calls(conns, subscriber, traces)
    done = traces is not None
    if traces is not None:
        async with _connection(conns.directory) as conn:
            done = await erase(conn, subscriber, traces, by)
        with outages_named():
            await bus.redis.publish(f"events:{subscriber}", SETTINGS)  # nobody is told of the user any more
        await _erase_calls(conns, subscriber, traces)  # calls that ended since
    return done


async def _erase_calls(conns: Connections, subscriber: SubscriberId, traces: Traces | None) -> None:
    async with _connection(conns.records) as conn:
        await erase_calls(conn, traces and traces.tenant, subscriber, _person(traces))


def _person(traces: Traces | None) -> Person:
    if traces is None:
        return Person()
    return Person(
        name=traces.name,
        numbers=traces.numbers,
        extensions=traces.extensions,
        phones=traces.phones,
        spellings=sorted({one for number in traces.numbers for one in spellings(number)}),
        subscriptions=msgspec.json.encode(traces.subscriptions).decode(),
    )


class _connection:  # noqa: N801 - read as a word: "async with _connection(…)"
    """One connection of a pool, or the connection itself."""

    def __init__(self, of: Any) -> None:
        self._of = of
        self._held: Any = None

    async def __aenter__(self) -> asyncpg.Connection:
        if not hasattr(self._of, "acquire"):
            return self._of
        self._held = await self._of.acquire()
        return self._held

    async def __aexit__(self, *exc_info: object) -> None:
        if self._held is not None:
            await self._of.release(self._held)
