"""Users of a company: made, changed, moved, given numbers and packs, removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import asyncpg
import msgspec

from hipper.directory.admin.changing import Actor, Check, any_version, given, not_there, tell, version_of
from hipper.directory.admin.groups import locked_group
from hipper.directory.admin.live import LiveCalls, check_idle
from hipper.directory.admin.model import NewUser, PackWanted, User, UserChange
from hipper.directory.admin.numbers import free_number, give_extension, give_number, with_number
from hipper.directory.admin.packs import check_licence, excess_of, obstacles_of, pack_change
from hipper.directory.admin.refused import InTheWay, NotThere, Obstacle, Unfit, refusals
from hipper.directory.admin.subscriptions import ADD_NAMED, made_up
from hipper.directory.told import tell as tell_user
from hipper.telephony.numbers.extensions import extension_problem


def _shown(of: str) -> str:
    return f"""
SELECT s.subscriber_id AS id, s.tenant_id AS tenant, s.group_id AS "group", s.user_name || '@' || s.domain AS
"user",
       s.display_name, s.language, s.enabled, s.pack, s.no_answer_s, s.decline_ends_ringing,
       s.mobile_subscription, s.fixed_subscription, n.extension, n.fixed, n.mobile,
       coalesce(n.alternates, '{{}}') AS alternates
FROM {of} s
LEFT JOIN LATERAL (
    SELECT max(extension) AS extension, max(e164) FILTER (WHERE kind = 'fixed') AS fixed,
           max(e164) FILTER (WHERE kind = 'mobile') AS mobile,
           array_agg(e164 ORDER BY e164) FILTER (WHERE kind = 'alternate') AS alternates
    FROM directory.numbers WHERE subscriber_id = s.subscriber_id
) n ON true"""  # noqa: S608


_SHOWN = _shown("directory.subscribers")
ONE = f"{_SHOWN} WHERE s.subscriber_id = $1"
OF_ALL = f"{_SHOWN} WHERE s.subscriber_id > $1 ORDER BY s.subscriber_id LIMIT $2"
OF_TENANT = f"""{_SHOWN} WHERE s.tenant_id = $3 AND s.subscriber_id > $1
ORDER BY s.tenant_id, s.subscriber_id LIMIT $2"""
# The page first: no index has a group's users in their order, and numbers would be read of all of them.
_PAGE_OF_GROUP = """(
    SELECT * FROM directory.subscribers WHERE tenant_id = $3 AND group_id = $4 AND subscriber_id > $1
    ORDER BY subscriber_id LIMIT $2)"""
OF_GROUP = f"{_shown(_PAGE_OF_GROUP)} ORDER BY s.subscriber_id"
BY_NAME = f"{_SHOWN} WHERE s.domain = $1 AND s.user_name = $2"
LOCK = "SELECT FROM directory.subscribers WHERE subscriber_id = $1 FOR UPDATE"
DOMAINS = "SELECT domain FROM directory.domains WHERE tenant_id = $1 ORDER BY domain"
ADD = """
INSERT INTO directory.subscribers (tenant_id, group_id, user_name, domain, display_name, identity, withhold,
    no_answer_s, decline_ends_ringing, fixed_subscription, language, enabled, pack)
VALUES ($1, $2, $3, $4, $5, 'fixed', false, $6, $7, $8, $9, $10, $11) RETURNING subscriber_id"""
CHANGE = """
UPDATE directory.subscribers SET display_name = $2, group_id = $3, language = $4, enabled = $5, no_answer_s =
$6,
    decline_ends_ringing = $7, fixed_subscription = $8 WHERE subscriber_id = $1"""
SET_PACK = "UPDATE directory.subscribers SET pack = $2 WHERE subscriber_id = $1"
SITES_UNKNOWN = """
SELECT d.label, d.site FROM directory.devices d WHERE d.subscriber_id = $1 AND d.site IS NOT NULL AND NOT
EXISTS (
    SELECT FROM directory.group_services v CROSS JOIN LATERAL jsonb_array_elements(v.settings->'zones') zone
    WHERE v.group_id = $2 AND v.service = 'emergency_zones' AND zone->>'name' = d.site)"""
PAYER = """
SELECT p.kind, EXISTS (
    SELECT FROM directory.subscribers s WHERE s.tenant_id = p.tenant_id
    AND s.fixed_subscription = p.subscription_id AND s.group_id <> $3) AS elsewhere
FROM directory.subscriptions p WHERE p.tenant_id = $1 AND p.subscription_id = $2"""
MEMBERS = """
SELECT subscriber_id FROM directory.subscribers WHERE subscriber_id = ANY($1::text[]) AND group_id = $2"""
REMOVE = "DELETE FROM directory.subscribers WHERE subscriber_id = $1"
FORGET_SUBSCRIPTION = """
DELETE FROM directory.subscriptions p WHERE p.tenant_id = $1 AND p.subscription_id = $2 AND p.e164 IS NULL
AND NOT EXISTS (SELECT FROM directory.subscribers s
    WHERE s.tenant_id = $1 AND s.fixed_subscription = p.subscription_id)
AND NOT EXISTS (SELECT FROM directory.subscribers s
    WHERE s.tenant_id = $1 AND s.mobile_subscription = p.subscription_id)"""


def user_of(row: Any) -> User:
    return msgspec.convert(dict(row), User)


async def get_user(conn: asyncpg.Connection | asyncpg.Pool, user: str) -> User:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, user)
    if row is None:
        raise not_there("user", "deze gebruiker")
    return user_of(row)


async def user_named(conn: asyncpg.Connection | asyncpg.Pool, aor: str) -> User | None:
    """``user@domain``."""
    name, _, domain = aor.lower().rpartition("@")
    row = await conn.fetchrow(BY_NAME, domain, name)
    return None if row is None else user_of(row)


async def find_user(conn: asyncpg.Connection | asyncpg.Pool, aor: str) -> User:
    """As :func:`user_named`. Raises NotThere."""
    found = await user_named(conn, aor)
    if found is None:
        raise not_there("user; users are named user@domain", "deze gebruiker")
    return found


async def list_users(
    conn: asyncpg.Connection | asyncpg.Pool,
    *,
    tenant: str | None,
    group: str | None = None,
    after: str,
    limit: int,
) -> list[User]:
    """By id: of one group of ``tenant``, of one tenant, or (None) of all."""
    if tenant is None:
        rows = await conn.fetch(OF_ALL, after, limit)
    elif group is None:
        rows = await conn.fetch(OF_TENANT, after, limit, tenant)
    else:
        rows = await conn.fetch(OF_GROUP, after, limit, tenant, group)
    return [user_of(row) for row in rows]


async def members_of(
    conn: asyncpg.Connection | asyncpg.Pool, group: str, users: Iterable[str]
) -> frozenset[str]:
    """Those of ``users`` (ids) who are in ``group``."""
    return frozenset(row[0] for row in await conn.fetch(MEMBERS, list(users), group))


async def create_user(conn: asyncpg.Connection, actor: Actor, group: str, wanted: NewUser) -> User:
    """Raises NotThere, Unfit, InTheWay; nothing is half made."""
    with refusals():
        async with conn.transaction():
            owner = await locked_group(conn, group)
            await check_licence(conn, owner.tenant, group, wanted.pack)
            name, domain = await _name(conn, owner.tenant, wanted.user)
            fixed = made_up("fixed", f"{name}@{domain}")
            await conn.execute(ADD_NAMED, owner.tenant, fixed, "fixed")
            user = await conn.fetchval(
                ADD,
                *(owner.tenant, group, name, domain, wanted.display_name),
                *(wanted.no_answer_s, wanted.decline_ends_ringing, fixed),
                *(wanted.language, wanted.enabled, wanted.pack.value),
            )
            made = await get_user(conn, user)
            if wanted.extension is not None:
                _check_extension(wanted.extension, owner.country)
                await give_extension(conn, made, wanted.extension)
            for kind, number in _numbers(wanted):
                await give_number(conn, made, kind, number)
                made = with_number(made, kind, number)
            now = await get_user(conn, user)
            await tell(conn, owner.tenant, actor, f"subscriber {now.user}", None, now)
            return now


async def change_user(
    conn: asyncpg.Connection, actor: Actor, user: str, change: UserChange, check: Check = any_version
) -> User:
    """Raises NotThere, Unfit, InTheWay, and what ``check`` does."""
    values = given(change)
    with refusals():
        async with conn.transaction():
            before = await locked_user(conn, user)
            check(version_of(before))
            wanted = msgspec.structs.replace(before, **values)
            if wanted.group != before.group:
                await _check_move(conn, actor, before, wanted.group)
            if wanted.extension != before.extension:
                if wanted.extension is not None:
                    _check_extension(wanted.extension, (await locked_group(conn, wanted.group)).country)
                await give_extension(conn, before, wanted.extension)
            if wanted.fixed_subscription != before.fixed_subscription:
                await _check_payer(conn, actor, before, str(wanted.fixed_subscription))
                await conn.execute(ADD_NAMED, before.tenant, wanted.fixed_subscription, "fixed")
            await conn.execute(
                CHANGE,
                *(user, wanted.display_name, wanted.group, wanted.language, wanted.enabled),
                *(wanted.no_answer_s, wanted.decline_ends_ringing, wanted.fixed_subscription),
            )
            return await _told(conn, actor, before)


async def assign_number(
    conn: asyncpg.Connection, actor: Actor, user: str, kind: str, number: str, check: Check = any_version
) -> User:
    """Give ``number`` as ``kind``; one the user has as that already stays. Raises NotThere, Unfit,
    InTheWay."""
    with refusals():
        async with conn.transaction():
            before = await locked_user(conn, user)
            check(version_of(before))
            if number == getattr(before, kind, None) or (kind == "alternate" and number in before.alternates):
                return before
            await give_number(conn, before, kind, number)
            return await _told(conn, actor, before)


async def release_number(
    conn: asyncpg.Connection, actor: Actor, user: str, number: str, check: Check = any_version
) -> User:
    """Raises NotThere (also when it is not this user's), InTheWay."""
    async with conn.transaction():
        before = await locked_user(conn, user)
        check(version_of(before))
        if number not in (before.fixed, before.mobile, *before.alternates):
            raise not_there("number of this user", "dit nummer van deze gebruiker")
        await free_number(conn, actor, before, number)
        return await _told(conn, actor, before)


async def change_pack(
    conn: asyncpg.Connection, actor: Actor, user: str, wanted: PackWanted, check: Check = any_version
) -> User:
    """Holds for the next call. :func:`~hipper.directory.admin.packs.pack_change` says before what is lost.
    Raises NotThere, InTheWay."""
    async with conn.transaction():
        before = await locked_user(conn, user)
        check(version_of(before))
        if wanted.pack is before.pack:
            return before
        owner = await locked_group(conn, before.group)
        found = await excess_of(conn, before, wanted.pack)
        if found:
            raise InTheWay(*obstacles_of(wanted.pack, found))
        await check_licence(conn, owner.tenant, owner.id, wanted.pack)
        told = await pack_change(conn, before, wanted.pack)
        await conn.execute(SET_PACK, user, wanted.pack.value)
        lost = f"; without {', '.join(told.lost)}" if told.lost else ""
        return await _told(conn, actor, before, f"pack {told.before.value} -> {told.pack.value}{lost}")


async def delete_user(
    conn: asyncpg.Connection, actor: Actor, user: str, live: LiveCalls, check: Check = any_version
) -> None:
    """With telephones, settings and account; the numbers stay the company's. Raises NotThere, InTheWay (live
    calls, a number that a site shows on 112), BusUnavailable."""
    async with conn.transaction():
        before = await locked_user(conn, user)
        check(version_of(before))
        await check_idle(live, user)
        for number in (before.fixed, before.mobile, *before.alternates):
            if number is not None:
                await free_number(conn, actor, before, number)
        await conn.execute(REMOVE, user)
        for subscription in (before.mobile_subscription, before.fixed_subscription):
            if subscription is not None:
                await conn.execute(FORGET_SUBSCRIPTION, before.tenant, subscription)
        await tell(conn, before.tenant, actor, f"subscriber {before.user}", before, None)


async def locked_user(conn: asyncpg.Connection, user: str) -> User:
    """Raises NotThere."""
    await conn.fetchrow(LOCK, user)
    return await get_user(conn, user)


async def _told(conn: asyncpg.Connection, actor: Actor, before: User, change: str | None = None) -> User:
    now = await get_user(conn, before.id)
    if now != before:
        await tell(conn, now.tenant, actor, f"subscriber {now.user}", before, now, change)
        await tell_user(conn, now.tenant, now.id, "", actor.by)
    return now


async def _name(conn: asyncpg.Connection, tenant: str, wanted: str) -> tuple[str, str]:
    domains = [row["domain"] for row in await conn.fetch(DOMAINS, tenant)]
    name, _, domain = wanted.partition("@")
    if not domains or (domain and domain not in domains):
        text, tekst = f"the company has {', '.join(domains)}", f"het bedrijf heeft {', '.join(domains)}"
        raise Unfit(
            f"this domain is not the company's; {text}",
            f"dit is geen domein van het bedrijf; {tekst}",
            "#/user",
        )
    return name, domain or domains[0]


def _numbers(wanted: NewUser) -> list[tuple[str, str]]:
    single = [("fixed", wanted.fixed), ("mobile", wanted.mobile)]
    found = [(kind, number) for kind, number in single if number is not None]
    return found + [("alternate", number) for number in dict.fromkeys(wanted.alternates)]


def _check_extension(extension: str, country: str) -> None:
    """112 and 113 above all (call-flows §5)."""
    wrong = extension_problem(extension, country)
    if wrong is not None:
        raise Unfit(
            f"extension {extension} {wrong}", f"{extension} kan geen verkort nummer zijn", "#/extension"
        )


async def _check_payer(conn: asyncpg.Connection, actor: Actor, user: User, subscription: str) -> None:
    """One for fixed calls; who administers one group has nobody of another group pay."""
    row = await conn.fetchrow(PAYER, user.tenant, subscription, user.group)
    if row is None or (row["kind"] == "fixed" and (actor.group is None or not row["elsewhere"])):
        return
    raise Unfit(
        "calls of this user cannot be charged to this subscription",
        "de gesprekken van deze gebruiker kunnen niet op dit abonnement",
        "#/fixed_subscription",
    )


async def _check_move(conn: asyncpg.Connection, actor: Actor, before: User, group: str) -> None:
    """To another group of the company, with room for the pack, that has the sites of the telephones."""
    if not actor.may_use(before.tenant, group):
        raise Unfit("there is no such group", "deze groep bestaat niet", "#/group")
    try:
        target = await locked_group(conn, group)
    except NotThere:
        raise Unfit("there is no such group", "deze groep bestaat niet", "#/group") from None
    if target.tenant != before.tenant:
        raise Unfit("there is no such group", "deze groep bestaat niet", "#/group")
    await check_licence(conn, target.tenant, group, before.pack)
    unknown = await conn.fetch(SITES_UNKNOWN, before.id, group)
    if unknown:
        where = ", ".join(f"{row['label']} ({row['site']})" for row in unknown)
        raise InTheWay(
            Obstacle(
                "#/site",
                f"the group has no site for {where}",
                f"de groep heeft geen locatie voor {where}",
            )
        )
