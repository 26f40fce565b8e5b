"""Who listens is told that a user's settings were changed, by whoever changed them and however.

The outbox: a job in the transaction of the change, for the API to put among the user's events (architecture,
"Ownership and bus").
"""

from __future__ import annotations

import secrets
import time

import asyncpg
import msgspec

from hipper.pbx.ids import GroupId, SubscriberId, TenantId
from hipper.runtime.jobs import enqueue

CHANGED = "settings_changed"
"""Kind of the job, for worker ``app``."""
OF_GROUP = "SELECT subscriber_id FROM directory.subscribers WHERE tenant_id = $1 AND group_id = $2"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """``what``: the path below ``/v1/me`` that says how it is now; "": that itself. ``id``: of this change;
    the job may be done twice."""

    id: str
    tenant: TenantId
    subscriber: SubscriberId
    what: str
    by: str
    at: float


async def tell(conn: asyncpg.Connection, tenant: str, subscriber: str, what: str, by: str) -> None:
    """In the transaction of ``conn``. Raises what asyncpg raises."""
    told = Told(
        id=secrets.token_hex(8),
        tenant=TenantId(tenant),
        subscriber=SubscriberId(subscriber),
        what=what,
        by=by,
        at=time.time(),
    )
    await enqueue(conn, "app", CHANGED, msgspec.to_builtins(told))


async def tell_group(conn: asyncpg.Connection, tenant: str, group: GroupId, what: str, by: str) -> None:
    """Of what all users of ``group`` see. In the transaction of ``conn``."""
    for row in await conn.fetch(OF_GROUP, tenant, group):
        await tell(conn, tenant, row["subscriber_id"], what, by)
