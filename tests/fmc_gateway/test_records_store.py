"""Records in PostgreSQL: written once, read back the same, removed in time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest

from fmc_gateway.records.entry import encode_entry
from fmc_gateway.records.read import calls_since, fetch_call, find_call_id, latest_calls
from fmc_gateway.records.store import expire, insert_entries
from tests.fmc_gateway.records_samples import STARTED, entry, record

pytestmark = pytest.mark.servers


@pytest.fixture
async def database(owner_postgres_url: Callable[[str], str]) -> AsyncIterator[Any]:
    """Logged in as the gateway, not as a superuser."""
    connection = await asyncpg.connect(owner_postgres_url("gateway"))
    yield connection
    await connection.close()


async def test_what_was_written_is_read_back_the_same(database: Any) -> None:
    await insert_entries(database, [encode_entry(entry("one")), encode_entry(entry("two", emergency=True))])
    stored = await fetch_call(database, "one")
    assert stored is not None
    assert stored.record == record("one")
    assert stored.trace == entry("one").trace
    assert (await fetch_call(database, "absent")) is None


async def test_line_spooled_before_decisions_were_kept_is_stored(database: Any) -> None:
    line = msgspec.json.decode(encode_entry(entry("one")))
    del line["record"]["decisions"]
    await insert_entries(database, [msgspec.json.encode(line)])
    stored = await fetch_call(database, "one")
    assert stored is not None
    assert stored.record == record("one", decisions=())


async def test_same_call_twice_is_one_record_also_within_a_batch(database: Any) -> None:
    await insert_entries(database, [encode_entry(entry("one")), encode_entry(entry("one"))])
    await insert_entries(database, [encode_entry(entry("one", dialled="999")), encode_entry(entry("new"))])
    assert [found.call for found in await latest_calls(database, limit=9)].count("one") == 1
    stored = await fetch_call(database, "one")
    assert stored is not None
    assert stored.record == record("one")
    assert await database.fetchval("SELECT count(*) FROM gateway.legs WHERE call_id = 'one'") == 2


async def test_latest_calls_newest_first_of_one_tenant_since(database: Any) -> None:
    lines = [
        encode_entry(entry(f"c{n}", started=STARTED + n, tenant="acme" if n % 2 else "other"))
        for n in range(6)
    ]
    await insert_entries(database, lines)
    assert [found.call for found in await latest_calls(database, limit=3)] == ["c5", "c4", "c3"]
    since = datetime.fromtimestamp(STARTED + 2, UTC)
    found = await latest_calls(database, limit=9, since=since, tenant="acme")
    assert [one.call for one in found] == ["c5", "c3"]
    assert all(one.legs and one.attempts for one in found)


async def test_all_calls_since_a_moment_oldest_first_over_several_batches(database: Any) -> None:
    # two of each second, so that a batch ends between calls of the same moment
    lines = [encode_entry(entry(f"c{n}", started=STARTED + n // 2, tenant="acme")) for n in range(9)]
    await insert_entries(database, [*lines, encode_entry(entry("x", started=STARTED + 3, tenant="other"))])
    since = datetime.fromtimestamp(STARTED + 1, UTC)
    found = [one.call async for one in calls_since(database, since, tenant="acme", batch=3)]
    assert found == [f"c{n}" for n in range(2, 9)]


async def test_beginning_of_an_id_finds_calls_and_wildcards_find_nothing(database: Any) -> None:
    await insert_entries(database, [encode_entry(entry("abc1")), encode_entry(entry("abc2"))])
    assert sorted(await find_call_id(database, "abc")) == ["abc1", "abc2"]
    assert await find_call_id(database, "abc1") == ["abc1"]
    assert await find_call_id(database, "%") == []


async def test_traces_go_before_records(database: Any) -> None:
    now = datetime.now(UTC).timestamp()
    for call, days in (("old", 400), ("middle", 60), ("young", 1)):
        await insert_entries(database, [encode_entry(entry(call, started=now - days * 86400))])
    assert await expire(database, trace_days=30, record_days=365) == (2, 1)
    assert [found.call for found in await latest_calls(database, limit=9)] == ["young", "middle"]
    middle = await fetch_call(database, "middle")
    assert middle is not None
    assert middle.trace is None


async def test_text_that_jsonb_cannot_hold_does_not_stop_a_record(database: Any) -> None:
    await insert_entries(database, [encode_entry(entry("nul", dialled="20\x001"))])
    stored = await fetch_call(database, "nul")
    assert stored is not None
    assert stored.record.dialled == "20\ufffd1"


async def test_another_owner_cannot_write_records(owner_postgres_url: Callable[[str], str]) -> None:
    connection = await asyncpg.connect(owner_postgres_url("app"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await insert_entries(connection, [encode_entry(entry("one"))])
    finally:
        await connection.close()
