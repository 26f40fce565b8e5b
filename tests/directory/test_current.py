"""A context at hand serves until anything it was read from changes; then the next look-up has the change."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hipper.directory import contexts
from hipper.directory.directory import Directory
from hipper.pbx.model import CallerList
from hipper.runtime.database import open_pool
from hipper.telephony.numbers.e164 import E164
from tests.directory.people import add_mobile, add_tenant, add_user

pytestmark = pytest.mark.servers
ANNA, BRAM, ZOE = E164("+31612345601"), E164("+31612345602"), E164("+31612345603")
OUTSIDE = E164("+31201239999")


class World:
    """``asked``: the statements of look-ups, in order. ``conn``: of whoever changes settings."""

    def __init__(self, directory: Directory, conn: asyncpg.Connection, asked: list[str]) -> None:
        self.directory = directory
        self.conn = conn
        self.asked = asked

    async def anna(self, dialled: str = "202") -> Any:
        return await self.directory.for_origination(served_number=ANNA, dialled=dialled)

    async def statements(self) -> list[str]:
        """Of the look-ups since the last time: asyncpg tells of them a turn of the loop later."""
        await asyncio.sleep(0)
        asked, self.asked[:] = list(self.asked), []
        return asked

    async def asks_again_only(self) -> bool:
        """Whether the next look-up is answered from the contexts at hand."""
        await self.statements()
        await self.anna()
        return await self.statements() == [contexts.ORIGINATION_AGAIN]


@pytest.fixture
async def world(postgres_url: str) -> AsyncIterator[World]:
    conn = await asyncpg.connect(postgres_url)
    tenant = await add_tenant(conn, "bakery", "bakery.example")
    other = await add_tenant(conn, "butcher", "butcher.example")
    anna = await add_user(conn, tenant, "bakery.example", "anna", extension="201", mobile=ANNA)
    await add_user(conn, tenant, "bakery.example", "bram", extension="202", fixed="+31201234502", mobile=BRAM)
    await add_user(conn, other, "butcher.example", "zoe", extension="203", mobile=ZOE)
    await add_mobile(conn, tenant, anna)
    for owner, service in (("subscriber", "do_not_disturb"), ("group", "call_park")):
        await conn.execute(
            f"INSERT INTO directory.{owner}_services (tenant_id, {owner}_id, service, settings) "
            f"SELECT tenant_id, {owner}_id, '{service}', '{{}}' FROM directory.subscribers "
            "WHERE user_name = 'anna'"
        )
    asked: list[str] = []

    async def listen(connection: asyncpg.Connection) -> None:
        connection.add_query_logger(lambda record: asked.append(record.query))

    pool = await open_pool(postgres_url, size=2, init=listen)
    directory = Directory(pool)
    yield World(directory, conn, asked)
    await directory.close()
    await pool.close()
    await conn.close()


async def test_the_second_look_up_builds_no_context(world: World) -> None:
    first, second = await world.anna(), await world.anna()
    assert second == first
    assert second.called is not None
    assert await world.statements() == [contexts.ORIGINATION_BY_NUMBER, contexts.ORIGINATION_AGAIN]
    found = [await world.directory.for_termination(E164("+31201234502"), OUTSIDE) for _ in range(2)]
    assert found[0] == found[1]
    assert await world.statements() == [contexts.TERMINATION, contexts.TERMINATION_AGAIN]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE directory.tenants SET main_number = '+31201234502' WHERE name = 'bakery'",
        "UPDATE directory.groups SET area_code = '30'",
        "UPDATE directory.subscribers SET display_name = 'Bram B.' WHERE user_name = 'bram'",
        "UPDATE directory.numbers SET extension = '299' WHERE extension = '202'",
        "DELETE FROM directory.numbers WHERE extension = '202'",
        "UPDATE directory.devices SET label = 'another'",
        "DELETE FROM directory.devices",
        "UPDATE directory.subscriber_services SET settings = '{\"active\": true}'",
        "DELETE FROM directory.subscriber_services",
        "UPDATE directory.group_services SET service = 'group_schedules'",
        "DELETE FROM directory.group_services",
        "TRUNCATE directory.subscriber_services",
        "DELETE FROM directory.tenants WHERE name = 'bakery'",
    ],
)
async def test_a_change_holds_for_the_next_look_up(world: World, change: str) -> None:
    before = await world.anna()
    assert await world.asks_again_only()
    await world.conn.execute(change)
    after = await world.anna()
    fresh = await contexts.load_for_origination(world.conn, served_number=ANNA, dialled="202")
    assert (after.caller, after.called) == (fresh.caller, fresh.called)
    assert (after.caller, after.called) != (before.caller, before.called)


async def test_a_number_that_moves_to_another_company_is_theirs_at_once(world: World) -> None:
    assert (await world.anna()).caller is not None
    await world.conn.execute("DELETE FROM directory.numbers WHERE e164 = $1", ANNA)
    await world.conn.execute("UPDATE directory.numbers SET e164 = $1 WHERE e164 = $2", ANNA, ZOE)
    found = (await world.anna("203")).caller
    assert found is not None
    assert found.domain == "butcher.example"


async def test_lists_of_contacts_are_asked_every_time(world: World) -> None:
    await world.anna(OUTSIDE)
    await world.conn.execute(
        "INSERT INTO directory.contact_numbers (tenant_id, subscriber_id, e164, list) "
        "SELECT tenant_id, subscriber_id, $1, 'private' FROM directory.subscribers WHERE user_name = 'anna'",
        OUTSIDE,
    )
    await world.statements()
    assert (await world.anna(OUTSIDE)).called_list is CallerList.PRIVATE
    assert await world.statements() == [contexts.ORIGINATION_AGAIN]


async def test_what_is_rolled_back_and_what_others_change_costs_no_new_look_up(world: World) -> None:
    await world.anna()
    await world.conn.execute("BEGIN; UPDATE directory.subscribers SET language = 'en'; ROLLBACK")
    await world.conn.execute("UPDATE directory.subscribers SET language = 'en' WHERE user_name = 'zoe'")
    assert await world.asks_again_only()


async def test_a_change_in_a_part_of_a_transaction_counts(world: World) -> None:
    """One part is rolled back after the change was counted, the next is kept."""
    await world.anna()
    change = "UPDATE directory.subscribers SET display_name = $1 WHERE user_name = 'anna'"
    async with world.conn.transaction():
        await world.conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await world.conn.execute("SAVEPOINT part")
        await world.conn.execute(change, "lost")
        await world.conn.execute("ROLLBACK TO SAVEPOINT part")
        await world.conn.execute(change, "kept")
    assert (await world.anna()).caller.display_name == "kept"


async def test_two_who_change_the_same_company_do_not_wait_for_each_other(
    world: World, postgres_url: str
) -> None:
    """Until they commit."""
    second = await asyncpg.connect(postgres_url)
    change = "UPDATE directory.subscribers SET language = 'en' WHERE user_name = $1"
    async with world.conn.transaction(), second.transaction():
        await world.conn.execute(change, "anna")
        await second.execute(change, "bram", timeout=2)
    await second.close()
    found = await world.anna()
    assert (found.caller.language, found.called.language) == ("en", "en")


async def test_every_table_of_a_context_counts_its_changes(world: World) -> None:
    """A table that a context begins to read needs the triggers too: a migration of its own."""
    statements = f"{contexts._CONTEXT} {contexts._FROM} {contexts._CALLER_BY_NUMBER} " + " ".join(
        (contexts._CALLER_BY_DEVICE, contexts._CALLER_BY_EXCHANGE, contexts._CALLER_BY_ID)
    )
    read = set(re.findall(r"directory\.(\w+)", statements))
    rows = await world.conn.fetch(
        "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "JOIN pg_proc p ON p.oid = tgfoid WHERE proname IN ('context_changed', 'contexts_emptied') GROUP BY 1"
    )
    assert read <= {table for table, triggers in rows if triggers == 2}
