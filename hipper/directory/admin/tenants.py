"""Companies and their domains (seed 2.1, 2.2)."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from hipper.directory.admin.changing import Actor, Check, any_version, given, not_there, tell, version_of
from hipper.directory.admin.groups import add_group
from hipper.directory.admin.holding import holds
from hipper.directory.admin.model import NewGroup, NewTenant, Tenant, TenantChange
from hipper.directory.admin.refused import InTheWay, NotAllowed, Obstacle, Unfit, already, refusals
from hipper.pbx.ids import TenantId

_SHOWN = """
SELECT t.tenant_id AS id, t.name, t.display_name, t.kind, t.main_number, t.mobile_network,
       array(SELECT d.domain FROM directory.domains d WHERE d.tenant_id = t.tenant_id ORDER BY 1) AS domains
FROM directory.tenants t"""
ONE = f"{_SHOWN} WHERE t.tenant_id = $1"
LOCKED = f"{_SHOWN} WHERE t.tenant_id = $1 FOR UPDATE OF t"
PAGE = f"{_SHOWN} WHERE t.tenant_id > $1 ORDER BY t.tenant_id LIMIT $2"
BY_NAME = "SELECT tenant_id FROM directory.tenants WHERE name = $1"
ADD = """
INSERT INTO directory.tenants (name, display_name, kind, mobile_network) VALUES ($1, $2, $3, $4)
RETURNING tenant_id"""
ADD_DOMAINS = "INSERT INTO directory.domains (domain, tenant_id) SELECT unnest($1::text[]), $2"
DOMAINS_IN_USE = """
SELECT d.domain FROM directory.domains d WHERE d.tenant_id = $1 AND d.domain = ANY($2::text[])
AND (EXISTS (SELECT FROM directory.subscribers s WHERE s.domain = d.domain)
     OR EXISTS (SELECT FROM directory.devices v WHERE v.domain = d.domain))"""
FORGET_DOMAINS = "DELETE FROM directory.domains WHERE tenant_id = $1 AND domain = ANY($2::text[])"
CHANGE = """
UPDATE directory.tenants SET display_name = $2, main_number = $3, mobile_network = $4 WHERE tenant_id = $1"""
ADD_MAIN = """
INSERT INTO directory.numbers (tenant_id, kind, e164) SELECT $1, 'main', $2
WHERE NOT EXISTS (SELECT FROM directory.numbers WHERE tenant_id = $1 AND e164 = $2)"""
FORGET_MAIN = (
    "DELETE FROM directory.numbers WHERE tenant_id = $1 AND kind = 'main' AND e164 <> coalesce($2, '')"
)
LEFT_IN = """
SELECT (SELECT count(*) FROM directory.subscribers WHERE tenant_id = $1) AS users,
       (SELECT count(*) FROM directory.number_blocks WHERE tenant_id = $1) AS blocks"""
REMOVE = "DELETE FROM directory.tenants WHERE tenant_id = $1"


def tenant_of(row: Any) -> Tenant:
    return msgspec.convert(dict(row), Tenant)


async def find_tenant(conn: asyncpg.Connection | asyncpg.Pool, name: str) -> TenantId:
    """By its name. Raises NotThere."""
    found = await conn.fetchval(BY_NAME, name)
    if found is None:
        raise not_there("company", "dit bedrijf")
    return TenantId(found)


async def get_tenant(conn: asyncpg.Connection | asyncpg.Pool, tenant: str) -> Tenant:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, tenant)
    if row is None:
        raise not_there("company", "dit bedrijf")
    return tenant_of(row)


async def list_tenants(conn: asyncpg.Connection | asyncpg.Pool, after: str, limit: int) -> list[Tenant]:
    """All of the installation, by id."""
    return [tenant_of(row) for row in await conn.fetch(PAGE, after, limit)]


async def create_tenant(conn: asyncpg.Connection, actor: Actor, wanted: NewTenant) -> Tenant:
    """With its first group. Raises NotAllowed, InTheWay."""
    _only_operators(actor)
    with refusals():
        async with conn.transaction():
            tenant = await conn.fetchval(
                ADD, wanted.name, wanted.display_name, wanted.kind, wanted.mobile_network
            )
            await conn.execute(ADD_DOMAINS, sorted(set(wanted.domains)), tenant)
            now = await get_tenant(conn, tenant)
            await tell(conn, tenant, actor, f"tenant {now.name}", None, now)
            await add_group(conn, actor, now, NewGroup(name=wanted.group))
            return now


async def change_tenant(
    conn: asyncpg.Connection, actor: Actor, tenant: str, change: TenantChange, check: Check = any_version
) -> Tenant:
    """Raises NotThere, NotAllowed, Unfit, InTheWay, and what ``check`` does."""
    values = given(change)
    if actor.group is not None:
        raise NotAllowed(
            "this is for the enterprise's administrators", "dit is voor beheerders van het bedrijf"
        )
    if {"domains", "mobile_network"} & set(values):
        _only_operators(actor)
    with refusals():
        async with conn.transaction():
            before = await _locked(conn, tenant)
            check(version_of(before))
            wanted = msgspec.structs.replace(before, **values)
            await _set_domains(conn, before, tuple(sorted(set(wanted.domains))))
            if wanted.main_number != before.main_number:
                await _hold_main(conn, tenant, wanted.main_number)
            await conn.execute(CHANGE, tenant, wanted.display_name, wanted.main_number, wanted.mobile_network)
            await conn.execute(FORGET_MAIN, tenant, wanted.main_number)
            now = await get_tenant(conn, tenant)
            if now != before:
                await tell(conn, tenant, actor, f"tenant {now.name}", before, now)
            return now


async def delete_tenant(
    conn: asyncpg.Connection, actor: Actor, tenant: str, check: Check = any_version
) -> None:
    """An empty one. Raises NotThere, NotAllowed, InTheWay."""
    _only_operators(actor)
    async with conn.transaction():
        before = await _locked(conn, tenant)
        check(version_of(before))
        left = await conn.fetchrow(LEFT_IN, tenant)
        obstacles = []
        if left["users"]:
            obstacles.append(
                Obstacle("#/users", f"it has {left['users']} users", f"er zijn {left['users']} gebruikers")
            )
        if left["blocks"]:
            text = f"it holds {left['blocks']} blocks of numbers"
            obstacles.append(Obstacle("#/blocks", text, f"er zijn {left['blocks']} nummerblokken"))
        if obstacles:
            raise InTheWay(*obstacles)
        await tell(conn, tenant, actor, f"tenant {before.name}", before, None)
        await conn.execute(REMOVE, tenant)


async def _locked(conn: asyncpg.Connection, tenant: str) -> Tenant:
    row = await conn.fetchrow(LOCKED, tenant)
    if row is None:
        raise not_there("company", "dit bedrijf")
    return tenant_of(row)


async def _set_domains(conn: asyncpg.Connection, before: Tenant, wanted: tuple[str, ...]) -> None:
    if wanted == before.domains:
        return
    going = [one for one in before.domains if one not in wanted]
    used = [row["domain"] for row in await conn.fetch(DOMAINS_IN_USE, before.id, going)]
    if used:
        text, tekst = f"{', '.join(used)} has users", f"{', '.join(used)} heeft gebruikers"
        raise InTheWay(Obstacle("#/domains", text, tekst))
    await conn.execute(FORGET_DOMAINS, before.id, going)
    await conn.execute(ADD_DOMAINS, [one for one in wanted if one not in before.domains], before.id)


async def _hold_main(conn: asyncpg.Connection, tenant: str, number: str | None) -> None:
    """The company's number is one of its own: of a block, or of a user."""
    if number is None:
        return
    holding = await holds(conn, tenant, number)
    if not holding.ours:
        raise (
            already("#/main_number", "this number", "dit nummer")
            if holding.others
            else Unfit(
                "this number is in none of the company's blocks",
                "dit nummer zit in geen blok van het bedrijf",
                "#/main_number",
            )
        )
    await conn.execute(ADD_MAIN, tenant, number)


def _only_operators(actor: Actor) -> None:
    if not actor.is_operator:
        raise NotAllowed("this is for operators", "dit is voor operators")
