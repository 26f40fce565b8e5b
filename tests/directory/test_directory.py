"""Reads at call time; the last read serves, marked stale, only while PostgreSQL is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from hipper.directory.directory import Directory
from hipper.directory.errors import DirectoryUnavailable
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import IdentityChoice
from hipper.runtime.database import open_pool
from hipper.telephony.numbers.e164 import E164
from tests.directory.people import add_desk_phone, add_mobile, add_tenant, add_user
from tests.directory.proxy import Door

pytestmark = pytest.mark.servers
ANNA, BRAM, ZOE = E164("+31612345601"), E164("+31612345602"), E164("+31612345603")


class World:
    """A directory behind a door, and a connection of ours that needs no door."""

    def __init__(
        self, directory: Directory, door: Door, conn: asyncpg.Connection, anna_desk: DeviceId
    ) -> None:
        self.directory = directory
        self.door = door
        self.conn = conn
        self.anna_desk = anna_desk


@pytest.fixture
async def world(postgres_url: str) -> AsyncIterator[World]:
    conn = await asyncpg.connect(postgres_url)
    tenant = await add_tenant(conn, "bakery", "bakery.example")
    other = await add_tenant(conn, "butcher", "butcher.example")
    anna = await add_user(conn, tenant, "bakery.example", "anna", extension="201", mobile=ANNA)
    await add_user(conn, tenant, "bakery.example", "bram", extension="202", fixed="+31201234502", mobile=BRAM)
    await add_user(conn, other, "butcher.example", "zoe", extension="203", fixed="+31201234503", mobile=ZOE)
    desk = await add_desk_phone(conn, tenant, anna, "anna-desk", "bakery.example")
    await add_mobile(conn, tenant, anna)
    door = Door(postgres_url)
    pool = await open_pool(await door.open(), size=2)
    yield World(Directory(pool, read_within_s=0.3), door, conn, DeviceId(desk))
    await door.shut()
    pool.terminate()
    await conn.close()


async def test_change_of_identity_holds_for_the_next_call(world: World) -> None:
    before = await world.directory.for_origination(served_number=ANNA, dialled="202")
    await world.conn.execute("UPDATE directory.subscribers SET identity = 'mobile' WHERE user_name = 'anna'")
    after = await world.directory.for_origination(served_number=ANNA, dialled="202")
    assert before.caller is not None
    assert after.caller is not None
    assert (before.caller.identity, after.caller.identity) == (IdentityChoice.FIXED, IdentityChoice.MOBILE)
    assert (before.stale, after.stale) == (False, False)


@pytest.mark.parametrize("way", ["shut", "hold"])
async def test_last_read_serves_while_the_database_is_away(world: World, way: str) -> None:
    origination = await world.directory.for_origination(served_number=ANNA, dialled="202")
    termination = await world.directory.for_termination(BRAM)
    phone = await world.directory.device_credentials("anna-desk", "bakery.example")
    assert phone is not None
    if way == "shut":
        await world.door.shut()
    else:
        world.door.hold()
    loop = asyncio.get_running_loop()
    began = loop.time()
    stale = await world.directory.for_origination(served_number=ANNA, dialled="202")
    assert loop.time() - began < 3
    assert stale == (origination.caller, origination.called, True, None)
    by_desk = await world.directory.for_origination(served_device=world.anna_desk, dialled="+31201234502")
    assert by_desk == (origination.caller, origination.called, True, None)
    assert await world.directory.for_termination(BRAM) == (termination.called, True, None)
    assert await world.directory.device_credentials("anna-desk", "Bakery.example") == phone


async def test_database_hangs_dies_and_comes_back(world: World) -> None:
    await world.directory.for_termination(BRAM)
    world.door.hold()
    assert (await world.directory.for_termination(BRAM)).stale
    await world.door.shut()
    assert (await world.directory.for_termination(BRAM)).stale
    await world.door.open()
    assert not (await world.directory.for_termination(BRAM)).stale


async def test_stranger_to_memory_is_unavailable(world: World) -> None:
    await world.door.shut()
    with pytest.raises(DirectoryUnavailable, match="not seen before"):
        await world.directory.for_origination(served_number=ANNA, dialled="202")
    with pytest.raises(DirectoryUnavailable):
        await world.directory.for_origination(served_device=world.anna_desk, dialled="202")
    with pytest.raises(DirectoryUnavailable):
        await world.directory.for_termination(BRAM)
    with pytest.raises(DirectoryUnavailable):
        await world.directory.device_credentials("anna-desk", "bakery.example")


async def test_memory_keeps_the_tenant_boundary(world: World) -> None:
    """Zoë's number and extension were read, but not for Anna."""
    assert (await world.directory.for_origination(served_number=ZOE, dialled="203")).called is not None
    assert (await world.directory.for_origination(served_number=ANNA, dialled="202")).called is not None
    await world.door.shut()
    for dialled in ("203", "0201234503", "+31612345603"):
        stale = await world.directory.for_origination(served_number=ANNA, dialled=dialled)
        assert stale.caller is not None
        assert (stale.called, stale.stale) == (None, True)


async def test_memory_serves_a_mobile_network_by_mobile_number_only(world: World) -> None:
    assert (await world.directory.for_termination(E164("+31201234502"))).called is not None
    await world.door.shut()
    with pytest.raises(DirectoryUnavailable):
        await world.directory.for_origination(served_number=E164("+31201234502"), dialled="201")
    assert (await world.directory.for_origination(served_number=BRAM, dialled="201")).caller is not None


async def test_called_number_taken_away_is_forgotten(world: World) -> None:
    number = E164("+31201234502")
    assert (await world.directory.for_termination(number)).called is not None
    await world.conn.execute("DELETE FROM directory.numbers WHERE e164 = $1", number)
    assert (await world.directory.for_termination(number)).called is None
    await world.door.shut()
    with pytest.raises(DirectoryUnavailable):
        await world.directory.for_termination(number)


async def test_number_taken_away_is_forgotten(world: World) -> None:
    await world.directory.for_termination(BRAM)
    await world.directory.for_origination(served_number=ANNA, dialled="202")
    await world.conn.execute("DELETE FROM directory.numbers WHERE e164 = $1 OR extension = '202'", BRAM)
    assert (await world.directory.for_termination(BRAM)).called is None
    assert (await world.directory.for_origination(served_number=ANNA, dialled="202")).called is None
    assert (await world.directory.for_origination(served_number=BRAM, dialled="201")).caller is None
    await world.door.shut()
    with pytest.raises(DirectoryUnavailable):
        await world.directory.for_termination(BRAM)
    assert (await world.directory.for_origination(served_number=ANNA, dialled="202")).called is None


async def test_credentials_taken_away_are_forgotten(world: World) -> None:
    assert await world.directory.device_credentials("anna-desk", "bakery.example") is not None
    await world.conn.execute("DELETE FROM directory.devices")
    assert await world.directory.device_credentials("anna-desk", "bakery.example") is None
    await world.door.shut()
    with pytest.raises(DirectoryUnavailable):
        await world.directory.device_credentials("anna-desk", "bakery.example")


async def test_gateway_role_may_read_what_contexts_need(world: World, owner_postgres_url: object) -> None:
    pool = await open_pool(owner_postgres_url("gateway"), size=1)  # type: ignore[operator]
    directory = Directory(pool, read_within_s=5)
    found = await directory.for_origination(served_number=ANNA, dialled="202")
    assert found.caller is not None
    assert not found.stale
    assert await directory.device_credentials("anna-desk", "bakery.example") is not None
    await directory.close()
    await pool.close()


@pytest.mark.parametrize("owner", ["app", "voicemail", "recorder", "push"])
async def test_other_roles_never_see_digest_secrets(
    world: World, owner_postgres_url: object, owner: str
) -> None:
    conn = await asyncpg.connect(owner_postgres_url(owner))  # type: ignore[operator]
    try:
        assert await conn.fetchval("SELECT count(*) FROM directory.subscribers") == 3
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch("SELECT * FROM directory.device_credentials")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("DELETE FROM directory.subscribers")
    finally:
        await conn.close()
