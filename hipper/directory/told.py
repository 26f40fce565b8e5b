"""Who listens is told that a user's settings were changed, by whoever changed them and however.

The outbox: a job in the transaction of the change, for the API to put among the user's events (architecture,
"Ownership and bus").
"""

from __future__ import annotations

import secrets
import time

import asyncpg
import msgspec

from hipper.pbx.ids import SubscriberId, TenantId
from hipper.runtime.jobs import enqueue

CHANGED = "settings_changed"
"""Kind of the job, for worker ``app``."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """``what``: the path below ``/v1/me`` that says how it is now. ``id``: of this change; the job may be
    done twice."""

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
