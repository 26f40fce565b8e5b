"""Export and erasure of a user, over everything that knows the user."""

from __future__ import annotations

from typing import Any, NamedTuple

import asyncpg
import msgspec

from app.domain.history import services as history
from app.domain.history.schemas import HistoryEntry
from app.domain.privacy.schemas import AuditLine, UserExport
from fmc_gateway.records import history as records
from fmc_gateway.records.history_erase import Person, erase_calls
from hipper.directory.accounts import Account
from hipper.directory.audit_reading import audit_of
from hipper.directory.erasure import Traces, erase, spellings, traces_of
from hipper.pbx.ids import SubscriberId
from hipper.runtime.bus import Bus, outages_named

BATCH = 500
HIDDEN = ("password_hash", "secret", "code_hash", "token_hash")
"""Columns that open something."""
DIRECTORY_TABLES = (
    "directory.subscribers",
    "directory.numbers",
    "directory.devices",
    "directory.subscriber_services",
    "directory.contacts",
    "directory.contact_numbers",
)
OWN_TABLES = (
    "app.accounts",
    "app.overviews",
    "app.sessions",
    "app.second_factors",
    "app.email_changes",
    "app.password_resets",
    "app.exports",
)
"""All tables that refer to a user, by whose role they are read."""


class Connections(NamedTuple):
    """Connections or pools of three roles."""

    own: Any
    directory: Any
    records: Any


async def export(conns: Connections, account: Account, now: float) -> UserExport:
    """Raises what asyncpg raises."""
    tables = {table: await _rows(conns.directory, table, account) for table in DIRECTORY_TABLES}
    tables |= {table: await _rows(conns.own, table, account) for table in OWN_TABLES}
    return UserExport(
        made=now,
        user=account.aor,
        tables=tables,
        calls=await _calls(conns.records, account),
        audit=tuple(
            AuditLine(at=row["at"].timestamp(), by=row["by"], subject=row["subject"], change=row["change"])
            for row in await audit_of(conns.directory, account.tenant, account.subscriber, account.aor)
        ),
    )


async def _rows(conn: Any, table: str, account: Account) -> tuple[dict[str, Any], ...]:
    query = f"SELECT (to_jsonb(t) - $2::text[])::text FROM {table} t WHERE subscriber_id = $1"  # noqa: S608
    rows = await conn.fetch(query, account.subscriber, list(HIDDEN))
    return tuple(msgspec.json.decode(row[0]) for row in rows)


async def _calls(conn: Any, account: Account) -> tuple[HistoryEntry, ...]:
    found: list[HistoryEntry] = []
    before = records.NEWEST
    while page := await records.history(conn, account.subscriber, before=before, limit=BATCH):
        found += await history.shown(conn, account, page)
        before = records.position_of(page[-1])
    return tuple(found)


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
