"""Numbers of users: given from the company's blocks and mobile subscriptions, and freed again."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from hipper.directory.admin.blocks import keep_as_block, number_use
from hipper.directory.admin.changing import Actor, not_there
from hipper.directory.admin.holding import holds, unfit_number
from hipper.directory.admin.model import NumberUse, User
from hipper.directory.admin.packs import obstacles_of
from hipper.directory.admin.refused import InTheWay, Obstacle, Unfit, already
from hipper.directory.admin.subscriptions import subscription_of_number
from hipper.pbx.pack_limits import excess
from hipper.telephony.numbers.classify import NumberType, classify
from hipper.telephony.numbers.e164 import E164

PAGE = """
SELECT n.e164 AS number, n.kind, n.subscriber_id AS user,
       (SELECT b.block_id FROM directory.number_blocks b WHERE b.numbers @> substr(n.e164, 2)::bigint) AS
       block
FROM directory.numbers n WHERE n.tenant_id = $1 AND n.e164 > $2 ORDER BY n.e164 LIMIT $3"""
TENANT_OF = """
SELECT b.tenant_id FROM directory.number_blocks b WHERE b.numbers @> substr($1, 2)::bigint
UNION SELECT n.tenant_id FROM directory.numbers n WHERE n.e164 = $1
UNION SELECT p.tenant_id FROM directory.subscriptions p WHERE p.e164 = $1 LIMIT 1"""
GIVE = """
INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164) VALUES ($1, $2, $3, $4)
ON CONFLICT (e164) DO UPDATE SET subscriber_id = $2, kind = $3 WHERE numbers.kind = 'main'"""
GIVE_EXTENSION = """
INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, extension) VALUES ($1, $2, 'extension', $3)"""
FREE_EXTENSION = "DELETE FROM directory.numbers WHERE subscriber_id = $1 AND kind = 'extension'"
FREE = "DELETE FROM directory.numbers WHERE subscriber_id = $1 AND e164 = $2"
TO_THE_COMPANY = """
UPDATE directory.numbers SET subscriber_id = NULL, kind = 'main' WHERE subscriber_id = $1 AND e164 = $2"""
IS_MAIN = "SELECT FROM directory.tenants WHERE tenant_id = $1 AND main_number = $2"
ZONES = """
SELECT g.name, zone->>'name' AS zone FROM directory.groups g JOIN directory.group_services v USING (group_id)
CROSS JOIN LATERAL jsonb_array_elements(v.settings->'zones') zone
WHERE g.tenant_id = $1 AND v.service = 'emergency_zones' AND zone->>'number' = $2"""
ADD_HANDSET = """
INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, mobile_network, rings)
VALUES ($1, $2, 'mobile', 'Mobile', $3, true)
ON CONFLICT (subscriber_id) WHERE kind = 'mobile' DO UPDATE SET mobile_network = $3"""
KEEP_WITH_SUBSCRIPTION = """
UPDATE directory.subscriptions p SET e164 = $2, mobile_network = d.mobile_network
FROM directory.subscribers s JOIN directory.devices d USING (subscriber_id)
WHERE s.subscriber_id = $1 AND d.kind = 'mobile' AND p.tenant_id = s.tenant_id
  AND p.subscription_id = s.mobile_subscription AND p.kind = 'mobile' AND p.e164 IS NULL"""
"""Of a number that came by a provisioning file, without being noted there."""
FORGET_HANDSET = "DELETE FROM directory.devices WHERE subscriber_id = $1 AND kind = 'mobile'"
SUBSCRIBE = "UPDATE directory.subscribers SET mobile_subscription = $2 WHERE subscriber_id = $1"
SHOW_ANOTHER = """
UPDATE directory.subscribers s SET identity_alternate = NULL, identity = CASE
    WHEN EXISTS (SELECT FROM directory.numbers n WHERE n.subscriber_id = $1 AND n.kind = 'fixed') THEN 'fixed'
    WHEN EXISTS (SELECT FROM directory.numbers n WHERE n.subscriber_id = $1 AND n.kind = 'mobile') THEN
    'mobile' ELSE 'fixed' END
WHERE s.subscriber_id = $1 AND NOT EXISTS (
    SELECT FROM directory.numbers n WHERE n.subscriber_id = $1 AND n.kind = s.identity
    AND (s.identity <> 'alternate' OR n.e164 = s.identity_alternate))"""
"""The number a user chose to show is the user's no more: the fixed one, or the mobile one."""


async def list_numbers(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: str, after: str, limit: int
) -> list[NumberUse]:
    """The numbers somebody has, in their order. ``after``: digits of the last one seen."""
    return [number_use(row) for row in await conn.fetch(PAGE, tenant, f"+{after}" if after else "", limit)]


async def tenant_of_number(conn: asyncpg.Connection | asyncpg.Pool, number: str) -> str | None:
    found: str | None = await conn.fetchval(TENANT_OF, number)
    return found


async def find_number(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, number: str) -> NumberUse:
    """Raises NotThere for one that is not the company's."""
    holding = await holds(conn, tenant, number)
    if not holding.ours:
        raise not_there("number", "dit nummer")
    row: dict[str, Any] = {"number": number, "kind": holding.kind, "user": holding.user}
    return number_use({**row, "block": holding.block})


async def give_number(conn: asyncpg.Connection, user: User, kind: str, number: str) -> None:
    """Within the transaction that locked ``user``, who has none of this kind (or few alternates). Raises
    Unfit, InTheWay."""
    wrong = unfit_number(number) or _not_of_kind(kind, number)
    if wrong is not None:
        raise Unfit(*wrong, f"#/{kind}")
    holding = await holds(conn, user.tenant, number)
    if holding.others or holding.kind in ("fixed", "mobile", "alternate"):
        raise already(f"#/{kind}", "this number", "dit nummer")
    _check_room(user, kind)
    if kind == "mobile":
        await _give_mobile(conn, user, number)
    elif holding.block is None and holding.kind != "main":
        text = "this number is in none of the company's blocks"
        raise Unfit(text, "dit nummer zit in geen blok van het bedrijf", f"#/{kind}")
    await conn.execute(GIVE, user.tenant, user.id, kind, number)
    await conn.execute(SHOW_ANOTHER, user.id)


async def give_extension(conn: asyncpg.Connection, user: User, extension: str | None) -> None:
    await conn.execute(FREE_EXTENSION, user.id)
    if extension is not None:
        await conn.execute(GIVE_EXTENSION, user.tenant, user.id, extension)


async def free_number(conn: asyncpg.Connection, actor: Actor, user: User, number: str) -> None:
    """Take ``number`` from ``user``, who has it. Within the transaction that locked the user. The company
    keeps it: in its block, as its main number, or with its mobile subscription. Raises InTheWay: it is what
    a site shows on 112."""
    zones = await conn.fetch(ZONES, user.tenant, number)
    if zones:
        where = ", ".join(f"{row['zone']} ({row['name']})" for row in zones)
        raise InTheWay(
            Obstacle(
                "#/emergency_zones",
                f"{number} is what site {where} shows on 112",
                f"{number} is het nummer van locatie {where} bij 112",
            )
        )
    holding = await holds(conn, user.tenant, number)
    if await conn.fetchrow(IS_MAIN, user.tenant, number) is not None:
        await conn.execute(TO_THE_COMPANY, user.id, number)
    else:
        await conn.execute(FREE, user.id, number)
        if holding.block is None and holding.kind != "mobile":
            await keep_as_block(conn, actor, user.tenant, number)
    if holding.kind == "mobile":
        await conn.execute(KEEP_WITH_SUBSCRIPTION, user.id, number)
        await conn.execute(FORGET_HANDSET, user.id)
        await conn.execute(SUBSCRIBE, user.id, None)
    await conn.execute(SHOW_ANOTHER, user.id)


def _not_of_kind(kind: str, number: str) -> tuple[str, str] | None:
    mobile = classify(E164(number)) is NumberType.MOBILE
    if kind == "mobile" and not (mobile or classify(E164(number)) is NumberType.INTERNATIONAL):
        return "this is no mobile number", "dit is geen mobiel nummer"
    if kind != "mobile" and mobile:
        return "this is a mobile number", "dit is een mobiel nummer"
    return None


def _check_room(user: User, kind: str) -> None:
    if kind in ("fixed", "mobile") and getattr(user, kind) is not None:
        words = {"fixed": ("a fixed", "vast"), "mobile": ("a mobile", "mobiel")}[kind]
        text, tekst = (
            f"the user has {words[0]} number already",
            f"de gebruiker heeft al een {words[1]} nummer",
        )
        raise InTheWay(Obstacle(f"#/{kind}", text, tekst))
    found = excess(
        user.pack,
        desk_phones=0,
        alternates=len(user.alternates) + (kind == "alternate"),
        mobile=kind == "mobile",
    )
    if found:
        raise InTheWay(*obstacles_of(user.pack, found))


async def _give_mobile(conn: asyncpg.Connection, user: User, number: str) -> None:
    """With its handset and what its calls are charged to."""
    subscription = await subscription_of_number(conn, user.tenant, number)
    if subscription is None:
        text = "the company has no mobile subscription with this number"
        raise Unfit(text, "het bedrijf heeft geen mobiel abonnement met dit nummer", "#/mobile")
    await conn.execute(ADD_HANDSET, user.tenant, user.id, subscription.mobile_network)
    await conn.execute(SUBSCRIBE, user.id, subscription.id)


def with_number(user: User, kind: str, number: str) -> User:
    """As ``user`` is once it has ``number``."""
    if kind == "alternate":
        return msgspec.structs.replace(user, alternates=(*user.alternates, number))
    return msgspec.structs.replace(user, **{kind: number})
