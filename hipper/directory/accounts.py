"""Who a user is for the API: tenant, group, name, language, and how the group writes numbers. Read when it is
asked who asks, so that what many routes need costs them no question of their own; the API remembers it for as
long as triggers would tell that it changed."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId, TenantId
from hipper.pbx.model import ServicePack

COLUMNS = (
    "s.subscriber_id, s.tenant_id, s.group_id, s.user_name || '@' || s.domain AS aor, s.display_name,"
    " s.language, s.enabled, s.pack, s.mobile_subscription, s.fixed_subscription,"
    " (SELECT g.country FROM directory.groups g WHERE g.group_id = s.group_id) AS country,"
    " (SELECT g.area_code FROM directory.groups g WHERE g.group_id = s.group_id) AS area_code"
)
"""Of ``directory.subscribers s``, in the order of :class:`Account`: for statements that join it to what
another owner knows of the same user."""
BY_NAME = f"SELECT {COLUMNS} FROM directory.subscribers s WHERE s.domain = $1 AND s.user_name = $2"  # noqa: S608
BY_ID = f"SELECT {COLUMNS} FROM directory.subscribers s WHERE s.subscriber_id = $1"  # noqa: S608
DEVICE_OWNER = "SELECT subscriber_id FROM directory.devices WHERE device_id = $1"
_GROUP = "SELECT group_id, tenant_id, name, display_name FROM directory.groups"
GROUPS_OF_ALL = f"{_GROUP} WHERE group_id > $1 ORDER BY group_id LIMIT $2"
GROUPS_OF_TENANT = f"{_GROUP} WHERE group_id > $1 AND tenant_id = $3 ORDER BY group_id LIMIT $2"
GROUPS_ONLY = f"{_GROUP} WHERE group_id > $1 AND group_id = $3 LIMIT $2"


class Account(msgspec.Struct, frozen=True):
    """``aor``: ``user@domain``, what people sign in with (seed 2.2). ``enabled``: may call, and sign in.
    ``mobile_subscription``, ``fixed_subscription``: what calls are charged to. ``country`` (ISO 3166
    alpha-2), ``area_code``: of the group."""

    subscriber: SubscriberId
    tenant: TenantId
    group: GroupId
    aor: str
    display_name: str
    language: str
    enabled: bool
    pack: str = ServicePack.BASE_PLUS.value
    mobile_subscription: str | None = None
    fixed_subscription: str | None = None
    country: str = "NL"
    area_code: str | None = None

    @property
    def subscriptions(self) -> frozenset[str]:
        both = (self.mobile_subscription, self.fixed_subscription)
        return frozenset(one for one in both if one is not None)


class Group(msgspec.Struct, frozen=True):
    group: GroupId
    tenant: TenantId
    name: str
    display_name: str


def account_of(row: Any) -> Account:
    """``row``: begins with :data:`COLUMNS`."""
    return Account(*row[: len(Account.__struct_fields__)])


async def find_account(conn: asyncpg.Connection | asyncpg.Pool, aor: str) -> Account | None:
    """The user named ``user@domain``. Raises what asyncpg raises."""
    user, _, domain = aor.rpartition("@")
    row = await conn.fetchrow(BY_NAME, domain.lower(), user.lower())
    return None if row is None else account_of(row)


async def account_with(conn: asyncpg.Connection | asyncpg.Pool, subscriber: SubscriberId) -> Account | None:
    """As :func:`find_account`, by id."""
    row = await conn.fetchrow(BY_ID, subscriber)
    return None if row is None else account_of(row)


async def owner_of_device(conn: asyncpg.Connection | asyncpg.Pool, device: DeviceId) -> SubscriberId | None:
    found: SubscriberId | None = await conn.fetchval(DEVICE_OWNER, device)
    return found


async def list_groups(
    conn: asyncpg.Connection | asyncpg.Pool,
    *,
    tenant: TenantId | None,
    only: GroupId | None = None,
    after: str,
    limit: int,
) -> list[Group]:
    """Groups by their id, from the first after ``after``; one, those of one tenant, or (None) all."""
    if only is not None:
        rows = await conn.fetch(GROUPS_ONLY, after, limit, only)
    elif tenant is None:
        rows = await conn.fetch(GROUPS_OF_ALL, after, limit)
    else:
        rows = await conn.fetch(GROUPS_OF_TENANT, after, limit, tenant)
    return [Group(*row) for row in rows]
