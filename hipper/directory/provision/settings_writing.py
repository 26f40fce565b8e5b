"""Write what users and groups have set: services, contact lists, telephones of other exchanges."""

from __future__ import annotations

import asyncpg

from hipper.directory.provision.state import Subscriber, Tenant

_USER = (
    "SELECT subscriber_id FROM directory.subscribers WHERE tenant_id = $1 AND user_name = $2 AND domain = $3"
)


async def write_settings(
    conn: asyncpg.Connection, tenant_id: str, settled: Tenant, subscribers: tuple[Subscriber, ...]
) -> None:
    """``subscribers``: new or changed ones. A version counts only what changed."""
    await _exchange_phones(conn, tenant_id, subscribers)
    await _contacts(conn, tenant_id, subscribers)
    await _services(
        conn,
        tenant_id,
        "subscriber",
        "SELECT subscriber_id AS id, user_name || '@' || domain AS name FROM directory.subscribers",
        [(one.aor, one.services) for one in subscribers],
    )
    await _services(
        conn,
        tenant_id,
        "group",
        "SELECT group_id AS id, name FROM directory.groups",
        [(group.name, group.services) for group in settled.groups],
    )


async def _services(
    conn: asyncpg.Connection,
    tenant_id: str,
    scope: str,
    owners: str,
    wanted: list[tuple[str, tuple[tuple[str, str], ...]]],
) -> None:
    names = [owner for owner, _ in wanted]
    rows = [(owner, service, settings) for owner, services in wanted for service, settings in services]
    await conn.execute(
        f"""DELETE FROM directory.{scope}_services v
            USING ({owners} WHERE tenant_id = $1) o
            WHERE v.{scope}_id = o.id AND o.name IN (SELECT unnest($2::text[]))
            AND (o.name, v.service) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))""",  # noqa: S608
        tenant_id,
        names,
        [row[0] for row in rows],
        [row[1] for row in rows],
    )
    await conn.execute(
        f"""INSERT INTO directory.{scope}_services AS known (tenant_id, {scope}_id, service, settings)
            SELECT $1, o.id, w.service, w.settings::jsonb
            FROM unnest($2::text[], $3::text[], $4::text[]) w (name, service, settings)
            JOIN ({owners} WHERE tenant_id = $1) o USING (name)
            ON CONFLICT ({scope}_id, service) DO UPDATE
            SET settings = excluded.settings, version = known.version + 1, changed_at = now()
            WHERE known.settings <> excluded.settings""",  # noqa: S608
        tenant_id,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
    )


async def _contacts(conn: asyncpg.Connection, tenant_id: str, subscribers: tuple[Subscriber, ...]) -> None:
    """Both lists whole, as far as they are the file's: contacts are the user's own. No number is in both."""
    for one in subscribers:
        wanted = dict.fromkeys(one.business_contacts or (), "business")
        wanted |= dict.fromkeys(one.private_contacts or (), "private")
        subscriber = await conn.fetchval(_USER, tenant_id, one.user, one.domain)
        await conn.execute(
            """DELETE FROM directory.contact_numbers
               WHERE subscriber_id = $1 AND contact_id IS NULL AND e164 <> ALL($2)""",
            subscriber,
            list(wanted),
        )
        await conn.executemany(
            """INSERT INTO directory.contact_numbers (tenant_id, subscriber_id, e164, list)
               VALUES ($1, $2, $3, $4)
               ON CONFLICT (subscriber_id, e164) WHERE contact_id IS NULL DO UPDATE SET list = $4""",
            [(tenant_id, subscriber, number, which) for number, which in wanted.items()],
        )


async def _exchange_phones(
    conn: asyncpg.Connection, tenant_id: str, subscribers: tuple[Subscriber, ...]
) -> None:
    await conn.executemany(
        """INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, aor_user, exchange, rings)
           SELECT $1, subscriber_id, 'exchange', $4, $5, $6, $7 FROM directory.subscribers
           WHERE tenant_id = $1 AND user_name = $2 AND domain = $3
           ON CONFLICT (exchange, aor_user) WHERE kind = 'exchange'
           DO UPDATE SET subscriber_id = excluded.subscriber_id, label = $4, rings = $7""",
        [
            (tenant_id, one.user, one.domain, phone.label, phone.user, phone.exchange, phone.rings)
            for one in subscribers
            for phone in one.exchange_phones
        ],
    )
