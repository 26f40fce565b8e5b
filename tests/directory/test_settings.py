"""Users choose their identity, withhold their number, silence a device; each leaves its audit row."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from hipper.directory.errors import NotTheUsersNumber, UnknownDevice, UnknownSubscriber
from hipper.directory.settings import find_subscriber, set_device_rings, set_identity, set_withhold
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import IdentityChoice, SubscriberContext
from hipper.telephony.numbers.e164 import E164
from tests.directory.owners import owner_of
from tests.directory.people import add_desk_phone, add_mobile, add_tenant, add_user

pytestmark = pytest.mark.servers
MOBILE = E164("+31612345601")
ALTERNATE = E164("+31201234577")


class World:
    def __init__(
        self,
        conn: asyncpg.Connection,
        anna: SubscriberId,
        bram: SubscriberId,
        desk: DeviceId,
        other: DeviceId,
    ) -> None:
        self.conn = conn
        self.anna = anna
        self.bram = bram
        self.desk = desk
        self.other = other

    async def read(self) -> SubscriberContext:
        context = await owner_of(self.conn, MOBILE)
        assert context is not None
        return context

    async def audit(self) -> list[tuple[str, ...]]:
        rows = await self.conn.fetch("SELECT by, subject, change FROM directory.audit ORDER BY audit_id")
        return [tuple(row) for row in rows]


@pytest.fixture
async def world(postgres_url: str, owner_postgres_url: object) -> AsyncIterator[World]:
    admin = await asyncpg.connect(postgres_url)
    tenant = await add_tenant(admin, "bakery", "bakery.example")
    anna = await add_user(
        admin,
        tenant,
        "bakery.example",
        "anna",
        extension="201",
        fixed="+31201234501",
        mobile=MOBILE,
        alternate=ALTERNATE,
    )
    bram = await add_user(admin, tenant, "bakery.example", "bram", extension="202", alternate="+31201234578")
    desk = await add_desk_phone(admin, tenant, anna, "anna-desk", "bakery.example")
    other = await add_mobile(admin, tenant, bram)
    await admin.close()
    conn = await asyncpg.connect(owner_postgres_url("directory"))  # type: ignore[operator]
    yield World(conn, SubscriberId(anna), SubscriberId(bram), DeviceId(desk), DeviceId(other))
    await conn.close()


async def test_identity_holds_for_the_next_read_and_is_audited(world: World) -> None:
    assert (await world.read()).identity is IdentityChoice.FIXED
    assert await set_identity(world.conn, world.anna, IdentityChoice.MOBILE, "user:anna")
    assert (await world.read()).identity is IdentityChoice.MOBILE
    assert await world.audit() == [
        ("user:anna", "subscriber anna@bakery.example", "identity fixed -> mobile")
    ]


async def test_alternate_number_of_the_user(world: World) -> None:
    assert await set_identity(
        world.conn, world.anna, IdentityChoice.ALTERNATE, "operator", alternate=ALTERNATE
    )
    context = await world.read()
    assert (context.identity, context.identity_alternate) == (IdentityChoice.ALTERNATE, ALTERNATE)


@pytest.mark.parametrize("alternate", ["+31201234578", "+31201234501", "+31612345601", "+31201234599", None])
async def test_alternate_must_be_an_alternate_number_of_the_user(
    world: World, alternate: E164 | None
) -> None:
    with pytest.raises(NotTheUsersNumber, match=r"not one of the alternate numbers of anna@bakery\.example"):
        await set_identity(world.conn, world.anna, IdentityChoice.ALTERNATE, "x", alternate=alternate)
    assert (await world.read()).identity is IdentityChoice.FIXED
    assert await world.audit() == []


async def test_identity_without_such_a_number_is_refused(world: World) -> None:
    with pytest.raises(NotTheUsersNumber, match=r"bram@bakery\.example has no mobile number"):
        await set_identity(world.conn, world.bram, IdentityChoice.MOBILE, "operator")


async def test_saving_what_holds_changes_nothing(world: World) -> None:
    assert not await set_identity(world.conn, world.anna, IdentityChoice.FIXED, "operator")
    assert not await set_withhold(world.conn, world.anna, False, "operator")
    assert not await set_device_rings(world.conn, world.anna, world.desk, True, "operator")
    assert await world.audit() == []


async def test_withhold(world: World) -> None:
    assert await set_withhold(world.conn, world.anna, True, "user:anna")
    assert (await world.read()).withhold
    assert await set_withhold(world.conn, world.anna, False, "user:anna")
    assert not (await world.read()).withhold
    assert [entry[2] for entry in await world.audit()] == ["number withheld", "number shown"]


async def test_device_is_silenced(world: World) -> None:
    assert await set_device_rings(world.conn, world.anna, world.desk, False, "user:anna")
    assert [device.rings for device in (await world.read()).devices] == [False]
    assert [entry[2] for entry in await world.audit()] == ["device Desk does not ring"]


async def test_device_of_somebody_else_is_unknown(world: World) -> None:
    with pytest.raises(UnknownDevice, match=r"anna@bakery\.example has no such device"):
        await set_device_rings(world.conn, world.anna, world.other, False, "user:anna")
    assert await world.audit() == []


async def test_user_is_found_by_name(world: World) -> None:
    assert await find_subscriber(world.conn, "Anna@Bakery.example") == world.anna
    for unknown in ("carl@bakery.example", "anna@elsewhere.example", "anna", ""):
        with pytest.raises(UnknownSubscriber, match="user@domain"):
            await find_subscriber(world.conn, unknown)
    with pytest.raises(UnknownSubscriber):
        await set_withhold(world.conn, SubscriberId("nobody"), True, "operator")
