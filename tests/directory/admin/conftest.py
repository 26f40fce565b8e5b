from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import asyncpg
import pytest

from hipper.directory.admin.blocks import create_block
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.groups import groups_of
from hipper.directory.admin.model import Group, NewBlock, NewSubscription, NewTenant, NewUser, Tenant, User
from hipper.directory.admin.subscriptions import create_subscription
from hipper.directory.admin.tenants import create_tenant
from hipper.directory.admin.users import create_user
from hipper.pbx.model import ServicePack

MOBILE = "+31612345601"


class Company(NamedTuple):
    """A company with numbers 020 123 4500 to 4599, a mobile subscription and one group."""

    conn: asyncpg.Connection
    tenant: Tenant
    group: Group

    async def user(self, name: str = "anna", **more: Any) -> User:
        pack = more.pop("pack", ServicePack.VAST_MOBIEL_PREMIUM_PLUS)
        wanted = NewUser(user=name, display_name=name.title(), pack=pack, **more)
        return await create_user(self.conn, OPERATOR, self.group.id, wanted)

    async def audit(self) -> list[asyncpg.Record]:
        return list(await self.conn.fetch("SELECT * FROM directory.audit ORDER BY audit_id"))


async def company_of(conn: asyncpg.Connection, name: str, first: str, kind: Any = "enterprise") -> Company:
    wanted = NewTenant(name=name, display_name=name.title(), kind=kind, domains=(f"{name}.example",))
    tenant = await create_tenant(conn, OPERATOR, wanted)
    await create_block(conn, OPERATOR, tenant.id, NewBlock(first=first, size=100))
    return Company(conn, tenant, (await groups_of(conn, tenant.id))[0])


@pytest.fixture
async def conn(owner_postgres_url: Callable[[str], str]) -> AsyncIterator[asyncpg.Connection]:
    """As the role that writes the directory."""
    connection = await asyncpg.connect(owner_postgres_url("directory"))
    yield connection
    await connection.close()


@pytest.fixture
async def company(conn: asyncpg.Connection) -> Company:
    made = await company_of(conn, "bakkerij", "+31201234500")
    subscription = NewSubscription(id="ZM-1", kind="mobile", number=MOBILE, mobile_network="mno")
    await create_subscription(conn, OPERATOR, made.tenant.id, subscription)
    return made


@pytest.fixture
async def other(conn: asyncpg.Connection) -> Company:
    return await company_of(conn, "elders", "+31101234500")


async def idle(_subscriber: str) -> list[str]:
    """Nobody is in a call."""
    return []
