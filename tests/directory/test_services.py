from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from hipper.directory.contexts import load_for_origination, load_for_termination
from hipper.directory.errors import (
    ChangedMeanwhile,
    InvalidSettings,
    NotInPack,
    UnknownService,
    UnknownSubscriber,
)
from hipper.directory.services import (
    change_user_service,
    get_service,
    read_settings,
    service_named,
    set_group_service,
    set_user_service,
)
from hipper.pbx.ids import GroupId, SubscriberId
from hipper.pbx.model import CallerList, DeviceKind, ServicePack
from hipper.pbx.services.calling import OutgoingCallingPlan
from hipper.pbx.services.forwarding import CallForwardingAlways, GroupNightForwarding, NightMode, Voicemail
from hipper.pbx.services.registry import SERVICES
from hipper.pbx.services.screening import DoNotDisturb
from hipper.telephony.numbers.e164 import E164
from tests.directory.owners import owner_of
from tests.directory.people import add_mobile, add_tenant, add_user

FIXED, CALLER = E164("+31201234501"), E164("+31612345699")
FORWARD = CallForwardingAlways(active=True, destination="020 123 4599")


class World:
    def __init__(self, conn: asyncpg.Connection, tenant: str, anna: str, group: str) -> None:
        self.conn = conn
        self.tenant = tenant
        self.anna = SubscriberId(anna)
        self.group = GroupId(group)


@pytest.fixture
async def world(postgres_url: str) -> AsyncIterator[World]:
    conn = await asyncpg.connect(postgres_url)
    tenant = await add_tenant(conn, "bakery", "bakery.example")
    anna = await add_user(conn, tenant, "bakery.example", "anna", fixed=FIXED, mobile="+31612345601")
    await add_mobile(conn, tenant, anna)
    group = await conn.fetchval("SELECT group_id FROM directory.groups WHERE tenant_id = $1", tenant)
    yield World(conn, tenant, anna, group)
    await conn.close()


async def test_what_is_set_holds_for_the_next_call(world: World) -> None:
    before = await owner_of(world.conn, FIXED)
    await set_user_service(world.conn, world.anna, "call_forwarding_always", FORWARD, "user:anna")
    night = GroupNightForwarding(mode=NightMode.ON, destination="202")
    await set_group_service(world.conn, world.group, "group_night_forwarding", night, "operator")
    after = await owner_of(world.conn, FIXED)
    assert before is not None
    assert after is not None
    assert before.services.call_forwarding_always is None
    assert after.services.call_forwarding_always == FORWARD
    assert after.group_services.group_night_forwarding == night


async def test_versions_count_changes_and_nothing_else(world: World) -> None:
    name, by = "call_forwarding_always", "user:anna"
    assert await set_user_service(world.conn, world.anna, name, FORWARD, by) == 1
    assert await set_user_service(world.conn, world.anna, name, FORWARD, by) == 1
    other = msgspec.structs.replace(FORWARD, active=False)
    assert await set_user_service(world.conn, world.anna, name, other, by, if_version=1) == 2
    with pytest.raises(ChangedMeanwhile, match="version 2"):
        await set_user_service(world.conn, world.anna, name, FORWARD, by, if_version=1)
    assert await get_service(world.conn, "subscriber", world.anna, name) == (other, 2)
    rows = await world.conn.fetch("SELECT by, subject, change FROM directory.audit ORDER BY audit_id")
    assert [row["subject"] for row in rows] == ["subscriber anna@bakery.example"] * 2
    assert rows[0]["change"].startswith("call_forwarding_always (not set) -> ")
    assert '"destination":"020 123 4599"' in rows[1]["change"]


async def test_some_fields_are_changed_and_the_others_stay(world: World) -> None:
    await set_user_service(world.conn, world.anna, "call_forwarding_always", FORWARD, "user:anna")
    await change_user_service(world.conn, world.anna, "call_forwarding_always", {"active": False}, "code")
    stored = await get_service(world.conn, "subscriber", world.anna, "call_forwarding_always")
    assert stored.settings == CallForwardingAlways(active=False, destination="020 123 4599")
    with pytest.raises(InvalidSettings, match="unknown field `activ`"):
        await change_user_service(world.conn, world.anna, "call_forwarding_always", {"activ": True}, "code")


async def test_bad_settings_are_named_and_change_nothing(world: World) -> None:
    with pytest.raises(UnknownService, match="do_not_disturb"):
        service_named("do_not_distrub", "subscriber")
    with pytest.raises(UnknownService, match="group_night_forwarding"):
        service_named("do_not_disturb", "group")
    with pytest.raises(InvalidSettings, match=r"do_not_disturb: Expected `bool`, got `str` - at `\$.active`"):
        read_settings(SERVICES["do_not_disturb"], {"active": "yes"})
    no_prefix = OutgoingCallingPlan(barred_prefixes=("0049",))
    with pytest.raises(InvalidSettings, match="outgoing_calling_plan: '0049' is no prefix"):
        await set_user_service(world.conn, world.anna, "outgoing_calling_plan", no_prefix, "x")
    to_112 = CallForwardingAlways(active=True, destination="112")
    with pytest.raises(InvalidSettings, match="call_forwarding_always: no call is ever forwarded"):
        await set_user_service(world.conn, world.anna, "call_forwarding_always", to_112, "x")
    with pytest.raises(InvalidSettings, match="another service"):
        await set_user_service(world.conn, world.anna, "call_forwarding_always", DoNotDisturb(), "x")
    with pytest.raises(UnknownSubscriber):
        await set_user_service(world.conn, SubscriberId("nobody"), "do_not_disturb", DoNotDisturb(), "x")
    assert await world.conn.fetchval("SELECT count(*) FROM directory.subscriber_services") == 0


async def test_service_outside_the_pack_is_refused(world: World) -> None:
    await world.conn.execute("UPDATE directory.subscribers SET pack = 'base_plus'")
    with pytest.raises(
        NotInPack, match="voicemail is not in base_plus; it is in business_plus, premium_plus"
    ):
        await set_user_service(world.conn, world.anna, "voicemail", Voicemail(active=True), "x")
    await set_user_service(world.conn, world.anna, "do_not_disturb", DoNotDisturb(active=True), "x")


async def test_every_service_can_be_stored_and_loaded(world: World) -> None:
    for service in SERVICES.values():
        store = set_user_service if service.scope == "subscriber" else set_group_service
        owner = world.anna if service.scope == "subscriber" else world.group
        await store(world.conn, owner, service.name, service.settings(), "test")  # type: ignore[operator]
    context = await owner_of(world.conn, FIXED)
    assert context is not None
    for service in SERVICES.values():
        bundle = context.services if service.scope == "subscriber" else context.group_services
        assert getattr(bundle, service.name) == service.settings()


async def test_settings_nobody_can_read_do_not_cost_a_call(world: World) -> None:
    """Written by a later version, say: the other services still count."""
    await set_user_service(world.conn, world.anna, "do_not_disturb", DoNotDisturb(active=True), "x")
    await world.conn.execute(
        "INSERT INTO directory.subscriber_services VALUES ($1, $2, $3, $4)",
        world.tenant,
        world.anna,
        "call_forwarding_busy",
        '{"active": "from the future"}',
    )
    context = await owner_of(world.conn, FIXED)
    assert context is not None
    assert context.services.call_forwarding_busy is None
    assert context.services.do_not_disturb == DoNotDisturb(active=True)


@pytest.mark.parametrize("which", [CallerList.BUSINESS, CallerList.PRIVATE, None])
async def test_contact_list_of_the_caller_comes_along(world: World, which: CallerList | None) -> None:
    if which is not None:
        await world.conn.execute(
            "INSERT INTO directory.contact_numbers VALUES ($1, $2, $3, $4)",
            world.tenant,
            world.anna,
            CALLER,
            which.value,
        )
    found = await load_for_termination(world.conn, FIXED, calling_number=CALLER)
    assert found is not None
    assert found.caller_list is which
    nobody = await load_for_termination(world.conn, FIXED)
    assert nobody is not None
    assert nobody.caller_list is None


@pytest.mark.parametrize("which", [CallerList.BUSINESS, CallerList.PRIVATE, None])
async def test_contact_list_of_whom_is_called_comes_along(world: World, which: CallerList | None) -> None:
    if which is not None:
        await world.conn.execute(
            "INSERT INTO directory.contact_numbers VALUES ($1, $2, $3, $4)",
            world.tenant,
            world.anna,
            CALLER,
            which.value,
        )
    for dialled, found_in in ((CALLER, which), ("0201230000", None), ("299", None)):
        found = await load_for_origination(world.conn, served_subscriber=world.anna, dialled=dialled)
        assert found.caller is not None
        assert found.called_list is found_in, dialled


async def test_telephone_at_another_exchange_and_who_forwards_find_their_user(world: World) -> None:
    await world.conn.execute(
        """INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, aor_user, exchange, rings)
           VALUES ($1, $2, 'exchange', 'Asterisk', '6001', 'asterisk-hq', true)""",
        world.tenant,
        world.anna,
    )
    found = await load_for_origination(
        world.conn, served_exchange=("asterisk-hq", "6001"), dialled="0201234501"
    )
    assert found.caller is not None
    assert found.caller.subscriber == world.anna
    assert found.called == found.caller
    assert found.caller.pack is ServicePack.VAST_MOBIEL_PREMIUM_PLUS
    assert any(
        device.kind is DeviceKind.EXCHANGE and device.exchange == "asterisk-hq"
        for device in found.caller.devices
    )
    other = await load_for_origination(world.conn, served_exchange=("asterisk-hq", "6002"), dialled="201")
    assert other == (None, None, None)
    forwarder = await load_for_origination(world.conn, served_subscriber=world.anna, dialled="0201234501")
    assert forwarder.caller == found.caller
