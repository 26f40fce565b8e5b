"""What calls are charged to (seed 5.7): mobile subscriptions with their numbers, names for the fixed side."""

from __future__ import annotations

import hashlib

import asyncpg
import msgspec

from hipper.directory.admin.changing import Actor, not_there, tell
from hipper.directory.admin.holding import holds, unfit_number
from hipper.directory.admin.model import NewSubscription, Subscription
from hipper.directory.admin.refused import InTheWay, NotAllowed, Obstacle, Unfit, already, refusals

_SHOWN = """
SELECT p.subscription_id AS id, p.kind, p.e164 AS number, p.mobile_network,
       array(SELECT s.subscriber_id FROM directory.subscribers s
             WHERE s.tenant_id = p.tenant_id AND s.mobile_subscription = p.subscription_id
             UNION SELECT s.subscriber_id FROM directory.subscribers s
             WHERE s.tenant_id = p.tenant_id AND s.fixed_subscription = p.subscription_id ORDER BY 1) AS users
FROM directory.subscriptions p"""
ONE = f"{_SHOWN} WHERE p.tenant_id = $1 AND p.subscription_id = $2"
OF_NUMBER = f"{_SHOWN} WHERE p.tenant_id = $1 AND p.e164 = $2"
PAGE = f"{_SHOWN} WHERE p.tenant_id = $1 AND p.subscription_id > $2 ORDER BY p.subscription_id LIMIT $3"
ADD = "INSERT INTO directory.subscriptions VALUES ($1, $2, $3, $4, $5)"
ADD_NAMED = "INSERT INTO directory.subscriptions VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
REMOVE = "DELETE FROM directory.subscriptions WHERE tenant_id = $1 AND subscription_id = $2"


def made_up(kind: str, aor: str) -> str:
    """The name to charge to of a user for whom the operator gave none."""
    name = f"{kind}:{aor}"
    return name if len(name) <= 64 else f"{kind}:{hashlib.sha256(aor.encode()).hexdigest()[:32]}"


async def list_subscriptions(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: str, after: str, limit: int
) -> list[Subscription]:
    rows = await conn.fetch(PAGE, tenant, after, limit)
    return [msgspec.convert(dict(row), Subscription) for row in rows]


async def get_subscription(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: str, subscription: str
) -> Subscription:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, tenant, subscription)
    if row is None:
        raise not_there("subscription", "dit abonnement")
    return msgspec.convert(dict(row), Subscription)


async def subscription_of_number(conn: asyncpg.Connection, tenant: str, number: str) -> Subscription | None:
    row = await conn.fetchrow(OF_NUMBER, tenant, number)
    return None if row is None else msgspec.convert(dict(row), Subscription)


async def create_subscription(
    conn: asyncpg.Connection, actor: Actor, tenant: str, wanted: NewSubscription
) -> Subscription:
    """By operators, who know the mobile numbers. Raises NotAllowed, Unfit, InTheWay."""
    if not actor.is_operator:
        raise NotAllowed("this is for operators", "dit is voor operators")
    if (wanted.number is None) != (wanted.mobile_network is None) or (
        wanted.number and wanted.kind == "fixed"
    ):
        text = "number and mobile_network go together, with a mobile subscription"
        raise Unfit(text, "number en mobile_network horen bij elkaar, bij een mobiel abonnement", "#/number")
    with refusals():
        async with conn.transaction():
            if wanted.number is not None:
                await _check_number(conn, tenant, wanted.number)
            await conn.execute(ADD, tenant, wanted.id, wanted.kind, wanted.number, wanted.mobile_network)
            now = await get_subscription(conn, tenant, wanted.id)
            await tell(conn, tenant, actor, f"subscription {now.id}", None, now)
            return now


async def delete_subscription(conn: asyncpg.Connection, actor: Actor, tenant: str, subscription: str) -> None:
    """One that nobody has. Raises NotThere, NotAllowed, InTheWay."""
    if not actor.is_operator:
        raise NotAllowed("this is for operators", "dit is voor operators")
    async with conn.transaction():
        before = await get_subscription(conn, tenant, subscription)
        if before.users:
            text, tekst = f"{len(before.users)} users have it", f"{len(before.users)} gebruikers hebben het"
            raise InTheWay(Obstacle("#/users", text, tekst))
        await conn.execute(REMOVE, tenant, subscription)
        await tell(conn, tenant, actor, f"subscription {before.id}", before, None)


async def _check_number(conn: asyncpg.Connection, tenant: str, number: str) -> None:
    wrong = unfit_number(number)
    if wrong is not None:
        raise Unfit(*wrong, "#/number")
    holding = await holds(conn, tenant, number)
    if holding.others or holding.block or holding.subscription:
        raise already("#/number", "this number", "dit nummer")
