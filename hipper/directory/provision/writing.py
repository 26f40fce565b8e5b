"""Write a tenant's difference, in one transaction of the caller's. What goes is deleted before what comes is
inserted, so that numbers, phones and extensions may change hands."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import asyncpg

from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.credentials import hashed
from hipper.directory.provision.difference import Difference, Secret
from hipper.directory.provision.settings_writing import write_settings
from hipper.directory.provision.state import Subscriber, Tenant
from hipper.pbx.ids import TenantId


class MadePassword(NamedTuple):
    """Shown once: only its hash is kept."""

    aor: str
    password: str

    def __repr__(self) -> str:
        return f"MadePassword({self.aor})"


async def write(
    conn: asyncpg.Connection, settled: Tenant, difference: Difference, realm: str | None, by: str
) -> list[MadePassword]:
    tenant_id = await _write_tenant(conn, settled)
    await _delete_what_goes(conn, tenant_id, settled, difference)
    await _write_subscribers(conn, tenant_id, difference.subscribers)
    await _write_numbers(conn, tenant_id, settled, difference.subscribers)
    await _write_devices(conn, tenant_id, difference.subscribers)
    await write_settings(conn, tenant_id, settled, difference.subscribers)
    made = await _write_secrets(conn, difference.secrets, realm)
    await _delete_what_is_empty(conn, tenant_id, settled)
    entries = [
        AuditEntry(TenantId(tenant_id), by, change.subject, str(change)) for change in difference.changes
    ]
    await write_audit(conn, entries)
    return made


async def _write_tenant(conn: asyncpg.Connection, settled: Tenant) -> str:
    tenant_id: str = await conn.fetchval(
        """INSERT INTO directory.tenants (name, display_name, kind, main_number, mobile_network)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (name) DO UPDATE SET display_name = $2, main_number = $4, mobile_network = $5
           RETURNING tenant_id""",
        settled.name,
        settled.display_name,
        settled.kind,
        settled.main_number,
        settled.mobile_network,
    )
    await conn.executemany(
        "INSERT INTO directory.domains (domain, tenant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(domain, tenant_id) for domain in settled.domains],
    )
    await conn.executemany(
        """INSERT INTO directory.groups (tenant_id, name, display_name, country, area_code, time_zone)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (tenant_id, name)
           DO UPDATE SET display_name = $3, country = $4, area_code = $5, time_zone = $6""",
        [
            (tenant_id, one.name, one.display_name, one.country, one.area_code, one.time_zone)
            for one in settled.groups
        ],
    )
    return tenant_id


async def _delete_what_goes(
    conn: asyncpg.Connection, tenant_id: str, settled: Tenant, difference: Difference
) -> None:
    """Sets are compared by hashing (NOT IN over unnest), so that a tenant of thousands takes no time."""
    await conn.execute(
        """DELETE FROM directory.subscribers WHERE tenant_id = $1
           AND user_name || '@' || domain NOT IN (SELECT unnest($2::text[]))""",
        tenant_id,
        [subscriber.aor for subscriber in settled.subscribers],
    )
    rows = [row for subscriber in difference.subscribers for row in _number_rows(subscriber)]
    await conn.execute(
        """DELETE FROM directory.numbers n USING directory.subscribers s
           WHERE n.tenant_id = $1 AND s.subscriber_id = n.subscriber_id
           AND s.user_name || '@' || s.domain IN (SELECT unnest($2::text[]))
           AND (s.user_name, s.domain, n.kind, coalesce(n.e164, n.extension)) NOT IN (
               SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]))""",
        tenant_id,
        [subscriber.aor for subscriber in difference.subscribers],
        [row.user for row in rows],
        [row.domain for row in rows],
        [row.kind for row in rows],
        [row.value for row in rows],
    )
    owned = {number for subscriber in settled.subscribers for number in subscriber.e164s}
    await conn.execute(
        """DELETE FROM directory.numbers
           WHERE tenant_id = $1 AND kind = 'main' AND (e164 = ANY($2) OR e164 IS DISTINCT FROM $3)""",
        tenant_id,
        list(owned),
        settled.main_number,
    )
    await conn.execute(
        """DELETE FROM directory.devices d USING directory.subscribers s
           WHERE d.tenant_id = $1 AND s.subscriber_id = d.subscriber_id AND CASE d.kind
               WHEN 'mobile' THEN s.user_name || '@' || s.domain NOT IN (SELECT unnest($2::text[]))
               WHEN 'exchange' THEN d.exchange || ' ' || d.aor_user NOT IN (SELECT unnest($4::text[]))
               ELSE d.aor_user || '@' || d.domain NOT IN (SELECT unnest($3::text[])) END""",
        tenant_id,
        [one.aor for one in settled.subscribers if one.mobile_phone is not None],
        [f"{phone.aor_user}@{one.domain}" for one in settled.subscribers for phone in one.desk_phones],
        [f"{phone.exchange} {phone.user}" for one in settled.subscribers for phone in one.exchange_phones],
    )


class _NumberRow(NamedTuple):
    user: str
    domain: str
    kind: str
    value: str


def _number_rows(subscriber: Subscriber) -> list[_NumberRow]:
    """In the order contexts show them."""
    numbers = [
        ("extension", subscriber.extension),
        ("fixed", subscriber.fixed),
        ("mobile", subscriber.mobile),
    ]
    numbers += [("alternate", number) for number in subscriber.alternates]
    return [
        _NumberRow(subscriber.user, subscriber.domain, kind, value)
        for kind, value in numbers
        if value is not None
    ]


async def _write_subscribers(
    conn: asyncpg.Connection, tenant_id: str, subscribers: tuple[Subscriber, ...]
) -> None:
    await conn.executemany(
        "INSERT INTO directory.subscriptions VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [
            (tenant_id, subscription, kind)
            for one in subscribers
            for kind, subscription in (("mobile", one.mobile_subscription), ("fixed", one.fixed_subscription))
            if subscription is not None
        ],
    )
    await conn.executemany(
        """INSERT INTO directory.subscribers (tenant_id, group_id, user_name, domain, display_name, identity,
               identity_alternate, withhold, no_answer_s, decline_ends_ringing, mobile_subscription,
               fixed_subscription, language, enabled, pack)
           SELECT $1, g.group_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
           FROM directory.groups g WHERE g.tenant_id = $1 AND g.name = $2
           ON CONFLICT (domain, user_name) DO UPDATE SET group_id = excluded.group_id, display_name = $5,
               identity = $6, identity_alternate = $7, withhold = $8, no_answer_s = $9,
               decline_ends_ringing = $10, mobile_subscription = $11, fixed_subscription = $12,
               language = $13, enabled = $14, pack = $15""",
        [_subscriber_row(tenant_id, one) for one in subscribers],
    )


def _subscriber_row(tenant_id: str, one: Subscriber) -> tuple[Any, ...]:
    return (
        tenant_id,
        one.group,
        one.user,
        one.domain,
        one.display_name,
        one.identity,
        one.identity_alternate,
        one.withhold,
        one.no_answer_s,
        one.decline_ends_ringing,
        one.mobile_subscription,
        one.fixed_subscription,
        one.language,
        one.enabled,
        one.pack,
    )


async def _write_numbers(
    conn: asyncpg.Connection, tenant_id: str, settled: Tenant, subscribers: tuple[Subscriber, ...]
) -> None:
    await conn.executemany(
        """INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, extension, e164)
           SELECT $1, s.subscriber_id, $4, CASE $4 WHEN 'extension' THEN $5 END,
               CASE $4 WHEN 'extension' THEN NULL ELSE $5 END
           FROM directory.subscribers s
           WHERE s.tenant_id = $1 AND s.user_name = $2 AND s.domain = $3 AND NOT EXISTS (
               SELECT FROM directory.numbers n WHERE n.subscriber_id = s.subscriber_id
               AND n.kind = $4 AND coalesce(n.e164, n.extension) = $5)""",
        [(tenant_id, *row) for subscriber in subscribers for row in _number_rows(subscriber)],
    )
    if settled.main_number is not None:
        await conn.execute(
            """INSERT INTO directory.numbers (tenant_id, kind, e164) SELECT $1, 'main', $2
               WHERE NOT EXISTS (SELECT FROM directory.numbers WHERE tenant_id = $1 AND e164 = $2)""",
            tenant_id,
            settled.main_number,
        )


async def _write_devices(
    conn: asyncpg.Connection, tenant_id: str, subscribers: tuple[Subscriber, ...]
) -> None:
    await conn.executemany(
        """INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, aor_user, domain, rings,
               site)
           SELECT $1, subscriber_id, 'desk_phone', $4, $5, $3, $6, $7 FROM directory.subscribers
           WHERE tenant_id = $1 AND user_name = $2 AND domain = $3
           ON CONFLICT (domain, aor_user)
           DO UPDATE SET subscriber_id = excluded.subscriber_id, label = $4, rings = $6, site = $7""",
        [
            (tenant_id, one.user, one.domain, phone.label, phone.aor_user, phone.rings, phone.site)
            for one in subscribers
            for phone in one.desk_phones
        ],
    )
    await conn.executemany(
        """INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, mobile_network, rings)
           SELECT $1, subscriber_id, 'mobile', $4, $5, $6 FROM directory.subscribers
           WHERE tenant_id = $1 AND user_name = $2 AND domain = $3
           ON CONFLICT (subscriber_id) WHERE kind = 'mobile'
           DO UPDATE SET label = $4, mobile_network = $5, rings = $6""",
        [
            (
                tenant_id,
                one.user,
                one.domain,
                one.mobile_phone.label,
                one.mobile_phone.network,
                one.mobile_phone.rings,
            )
            for one in subscribers
            if one.mobile_phone is not None
        ],
    )


async def _write_secrets(
    conn: asyncpg.Connection, wanted: tuple[Secret, ...], realm: str | None
) -> list[MadePassword]:
    made = []
    for secret in wanted:
        password = secret.password
        if password is None:
            password = secrets.token_urlsafe(15)
            made.append(MadePassword(f"{secret.aor_user}@{secret.domain}", password))
        used_realm = realm or secret.domain
        md5, sha256 = hashed(secret.aor_user, used_realm, password)
        await conn.execute(
            """INSERT INTO directory.device_credentials (device_id, realm, ha1_md5, ha1_sha256)
               SELECT device_id, $3, $4, $5 FROM directory.devices WHERE domain = $1 AND aor_user = $2
               ON CONFLICT (device_id)
               DO UPDATE SET realm = $3, ha1_md5 = $4, ha1_sha256 = $5, changed_at = now()""",
            secret.domain,
            secret.aor_user,
            used_realm,
            md5,
            sha256,
        )
    return made


async def _delete_what_is_empty(conn: asyncpg.Connection, tenant_id: str, settled: Tenant) -> None:
    await conn.execute(
        "DELETE FROM directory.groups WHERE tenant_id = $1 AND name <> ALL($2)",
        tenant_id,
        [group.name for group in settled.groups],
    )
    await conn.execute(
        "DELETE FROM directory.domains WHERE tenant_id = $1 AND domain <> ALL($2)",
        tenant_id,
        list(settled.domains),
    )
    await conn.execute(
        """DELETE FROM directory.subscriptions p WHERE tenant_id = $1 AND e164 IS NULL AND NOT EXISTS (
               SELECT FROM directory.subscribers s WHERE s.tenant_id = $1
               AND p.subscription_id IN (s.mobile_subscription, s.fixed_subscription))""",
        tenant_id,
    )
