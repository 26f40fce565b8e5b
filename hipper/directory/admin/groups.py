"""Groups of a company: one, or several of an enterprise (seed 2.1)."""

from __future__ import annotations

import zoneinfo
from typing import Any

import asyncpg
import msgspec
import phonenumbers

from hipper.directory.admin.changing import Actor, Check, any_version, given, not_there, tell, version_of
from hipper.directory.admin.model import Group, GroupChange, NewGroup, Tenant
from hipper.directory.admin.refused import InTheWay, NotAllowed, Obstacle, Unfit, refusals
from hipper.pbx.ids import GroupId

_SHOWN = """
SELECT g.group_id AS id, g.tenant_id AS tenant, g.name, g.display_name, g.country, g.area_code, g.time_zone
FROM directory.groups g"""
ONE = f"{_SHOWN} WHERE g.group_id = $1"
LOCKED = f"{_SHOWN} WHERE g.group_id = $1 FOR UPDATE"
OF_TENANT = f"{_SHOWN} WHERE g.tenant_id = $1 ORDER BY g.group_id LIMIT $2"
BY_NAME = "SELECT group_id FROM directory.groups WHERE tenant_id = $1 AND name = $2"
KIND = "SELECT kind FROM directory.tenants WHERE tenant_id = $1 FOR UPDATE"
ADD = """
INSERT INTO directory.groups (tenant_id, name, display_name, country, area_code, time_zone)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING group_id"""
CHANGE = "UPDATE directory.groups SET display_name = $2, area_code = $3, time_zone = $4 WHERE group_id = $1"
USERS = "SELECT count(*) FROM directory.subscribers WHERE tenant_id = $1 AND group_id = $2"
REMOVE = "DELETE FROM directory.groups WHERE group_id = $1"


def group_of(row: Any) -> Group:
    return msgspec.convert(dict(row), Group)


async def find_group(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, name: str) -> GroupId:
    """By its name. Raises NotThere."""
    found = await conn.fetchval(BY_NAME, tenant, name)
    if found is None:
        raise not_there("group", "deze groep", "#/group")
    return GroupId(found)


async def get_group(conn: asyncpg.Connection | asyncpg.Pool, group: str) -> Group:
    """Raises NotThere."""
    found = await group_with(conn, group)
    if found is None:
        raise not_there("group", "deze groep")
    return found


async def group_with(conn: asyncpg.Connection | asyncpg.Pool, group: str) -> Group | None:
    row = await conn.fetchrow(ONE, group)
    return None if row is None else group_of(row)


async def groups_of(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, limit: int = 1000) -> list[Group]:
    return [group_of(row) for row in await conn.fetch(OF_TENANT, tenant, limit)]


async def locked_group(conn: asyncpg.Connection, group: str) -> Group:
    """Nobody else counts or changes its users before the transaction ends. Raises NotThere."""
    row = await conn.fetchrow(LOCKED, group)
    if row is None:
        raise not_there("group", "deze groep")
    return group_of(row)


async def create_group(conn: asyncpg.Connection, actor: Actor, tenant: Tenant, wanted: NewGroup) -> Group:
    """Raises NotAllowed, Unfit, InTheWay: a stand-alone group has one (seed 2.1)."""
    if actor.group is not None:
        raise NotAllowed(
            "this is for the enterprise's administrators", "dit is voor beheerders van het bedrijf"
        )
    with refusals():
        async with conn.transaction():
            await conn.fetchval(KIND, tenant.id)
            if tenant.kind == "group" and await groups_of(conn, tenant.id):
                text = 'a company of kind "group" has one group'
                raise InTheWay(Obstacle("#", text, 'een bedrijf van soort "group" heeft één groep'))
            return await add_group(conn, actor, tenant, wanted)


async def add_group(conn: asyncpg.Connection, actor: Actor, tenant: Tenant, wanted: NewGroup) -> Group:
    """Within the caller's transaction. Raises Unfit."""
    if not phonenumbers.country_code_for_region(wanted.country):
        raise Unfit(
            f"there is no country {wanted.country}", f"land {wanted.country} bestaat niet", "#/country"
        )
    _check_time_zone(wanted.time_zone)
    group = await conn.fetchval(
        ADD,
        tenant.id,
        wanted.name,
        wanted.display_name or wanted.name,
        wanted.country,
        wanted.area_code,
        wanted.time_zone,
    )
    now = await get_group(conn, group)
    await tell(conn, tenant.id, actor, f"group {now.name}", None, now)
    return now


async def change_group(
    conn: asyncpg.Connection, actor: Actor, group: str, change: GroupChange, check: Check = any_version
) -> Group:
    """Raises NotThere, Unfit, and what ``check`` does."""
    values = given(change)
    if "time_zone" in values:
        _check_time_zone(values["time_zone"])
    async with conn.transaction():
        before = await locked_group(conn, group)
        check(version_of(before))
        now = msgspec.structs.replace(before, **values)
        if now != before:
            await conn.execute(CHANGE, group, now.display_name, now.area_code, now.time_zone)
            await tell(conn, now.tenant, actor, f"group {now.name}", before, now)
        return now


async def delete_group(
    conn: asyncpg.Connection, actor: Actor, group: str, check: Check = any_version
) -> None:
    """An empty one, not the last. Raises NotThere, NotAllowed, InTheWay."""
    if actor.group is not None:
        raise NotAllowed(
            "this is for the enterprise's administrators", "dit is voor beheerders van het bedrijf"
        )
    async with conn.transaction():
        before = await locked_group(conn, group)
        check(version_of(before))
        await conn.fetchval(KIND, before.tenant)
        users = await conn.fetchval(USERS, before.tenant, group)
        if users:
            raise InTheWay(Obstacle("#/users", f"it has {users} users", f"er zijn {users} gebruikers"))
        if len(await groups_of(conn, before.tenant, 2)) < 2:
            raise InTheWay(Obstacle("#", "a company has at least one group", "een bedrijf heeft een groep"))
        await tell(conn, before.tenant, actor, f"group {before.name}", before, None)
        await conn.execute(REMOVE, group)


def _check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        text = 'must be a time zone such as "Europe/Amsterdam"'
        raise Unfit(text, 'geef een tijdzone zoals "Europe/Amsterdam"', "#/time_zone")
