"""Rows for tests: two tenants with a user each, and a crowd."""

from __future__ import annotations

from typing import Any

import asyncpg

from hipper.directory.credentials import hashed

PASSWORD = "flour-and-water"


async def add_tenant(conn: asyncpg.Connection, name: str, domain: str, main: str | None = None) -> str:
    tenant = await conn.fetchval(
        """INSERT INTO directory.tenants (name, display_name, kind) VALUES ($1, $1, 'enterprise')
           RETURNING tenant_id""",
        name,
    )
    await conn.execute("INSERT INTO directory.domains (domain, tenant_id) VALUES ($1, $2)", domain, tenant)
    await add_group(conn, tenant, "shop")
    if main is not None:
        await conn.execute(
            "INSERT INTO directory.numbers (tenant_id, kind, e164) VALUES ($1, 'main', $2)", tenant, main
        )
        await conn.execute("UPDATE directory.tenants SET main_number = $2 WHERE tenant_id = $1", tenant, main)
    return str(tenant)


async def add_group(
    conn: asyncpg.Connection, tenant: str, name: str, country: str = "NL", area_code: str | None = "20"
) -> None:
    await conn.execute(
        """INSERT INTO directory.groups (tenant_id, name, display_name, country, area_code)
           VALUES ($1, $2, $2, $3, $4)""",
        tenant,
        name,
        country,
        area_code,
    )


async def add_user(
    conn: asyncpg.Connection, tenant: str, domain: str, user: str, group: str = "shop", **more: Any
) -> str:
    """``more``: extension, fixed, mobile, alternate (numbers) and identity, withhold, enabled (settings)."""
    subscriptions = {}
    for kind in ("mobile", "fixed"):
        subscriptions[kind] = f"{kind}:{user}"
        await conn.execute(
            "INSERT INTO directory.subscriptions VALUES ($1, $2, $3)", tenant, subscriptions[kind], kind
        )
    subscriber = await conn.fetchval(
        """
        INSERT INTO directory.subscribers (tenant_id, group_id, user_name, domain, display_name, identity,
            withhold, no_answer_s, decline_ends_ringing, mobile_subscription, fixed_subscription, language,
            enabled)
        SELECT $1, group_id, $3, $4, $5, $6, $7, 25, true, $8, $9, 'nl', $10
        FROM directory.groups WHERE tenant_id = $1 AND name = $2 RETURNING subscriber_id
        """,
        tenant,
        group,
        user,
        domain,
        user.title(),
        more.get("identity", "fixed"),
        more.get("withhold", False),
        subscriptions["mobile"],
        subscriptions["fixed"],
        more.get("enabled", True),
    )
    for kind in ("extension", "fixed", "mobile", "alternate"):
        if (number := more.get(kind)) is not None:
            column = "extension" if kind == "extension" else "e164"
            await conn.execute(
                f"INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, {column})"
                " VALUES ($1, $2, $3, $4)",
                tenant,
                subscriber,
                kind,
                number,
            )
    return str(subscriber)


async def add_desk_phone(
    conn: asyncpg.Connection, tenant: str, subscriber: str, aor_user: str, domain: str, rings: bool = True
) -> str:
    device = await conn.fetchval(
        """INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, aor_user, domain, rings)
           VALUES ($1, $2, 'desk_phone', 'Desk', $3, $4, $5) RETURNING device_id""",
        tenant,
        subscriber,
        aor_user,
        domain,
        rings,
    )
    md5, sha256 = hashed(aor_user, domain, PASSWORD)
    await conn.execute(
        """INSERT INTO directory.device_credentials (device_id, realm, ha1_md5, ha1_sha256)
           VALUES ($1, $2, $3, $4)""",
        device,
        domain,
        md5,
        sha256,
    )
    return str(device)


async def add_mobile(conn: asyncpg.Connection, tenant: str, subscriber: str, network: str = "mvno") -> str:
    return str(
        await conn.fetchval(
            """INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, mobile_network, rings)
               VALUES ($1, $2, 'mobile', 'Mobile', $3, true) RETURNING device_id""",
            tenant,
            subscriber,
            network,
        )
    )


CROWD = 12_000


async def add_crowd(conn: asyncpg.Connection, size: int = CROWD) -> None:
    """``size`` users in tenants of 100, each with three numbers and two devices, by generate_series."""
    await conn.execute(
        f"""
        INSERT INTO directory.tenants (tenant_id, name, display_name, kind)
            SELECT 't' || n, 'tenant' || n, 'Tenant', 'enterprise' FROM generate_series(0, {size // 100}) n;
        INSERT INTO directory.groups (group_id, tenant_id, name, display_name, country, area_code)
            SELECT 'g' || n, 't' || n, 'shop', 'Shop', 'NL', '20' FROM generate_series(0, {size // 100}) n;
        INSERT INTO directory.domains
            SELECT 'd' || n || '.example', 't' || n FROM generate_series(0, {size // 100}) n;
        INSERT INTO directory.subscribers (subscriber_id, tenant_id, group_id, user_name, domain,
                display_name, identity, withhold, no_answer_s, decline_ends_ringing, language, enabled)
            SELECT 's' || n, 't' || n / 100, 'g' || n / 100, 'user' || n, 'd' || n / 100 || '.example',
                'User ' || n, 'fixed', false, 30, true, 'nl', true FROM generate_series(0, {size - 1}) n;
        INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164, extension)
            SELECT 't' || n / 100, 's' || n, kind,
                CASE kind WHEN 'fixed' THEN '+3120' || 5000000 + n
                    WHEN 'mobile' THEN '+316' || 50000000 + n END,
                CASE kind WHEN 'extension' THEN (200 + n % 100)::text END
            FROM generate_series(0, {size - 1}) n, unnest(ARRAY['extension', 'fixed', 'mobile']) kind;
        INSERT INTO directory.devices (device_id, tenant_id, subscriber_id, kind, label, aor_user, domain,
                rings, mobile_network)
            SELECT 'd' || n || kind, 't' || n / 100, 's' || n, kind, kind,
                CASE kind WHEN 'desk_phone' THEN 'phone' || n END,
                CASE kind WHEN 'desk_phone' THEN 'd' || n / 100 || '.example' END, true,
                CASE kind WHEN 'mobile' THEN 'mvno' END
            FROM generate_series(0, {size - 1}) n, unnest(ARRAY['desk_phone', 'mobile']) kind;
        INSERT INTO directory.device_credentials (device_id, realm, ha1_md5, ha1_sha256)
            SELECT device_id, domain, repeat('0', 32), repeat('0', 64)
            FROM directory.devices WHERE kind = 'desk_phone';
        INSERT INTO directory.devices (device_id, tenant_id, subscriber_id, kind, label, aor_user, exchange,
                rings)
            SELECT 'x' || n, 't' || n / 100, 's' || n, 'exchange', 'PBX', n, 'asterisk', true
            FROM generate_series(0, {size - 1}) n;
        INSERT INTO directory.subscriber_services (tenant_id, subscriber_id, service, settings)
            SELECT 't' || n / 100, 's' || n, service, '{{"active": false}}'
            FROM generate_series(0, {size - 1}) n, unnest(ARRAY['do_not_disturb', 'call_waiting']) service;
        INSERT INTO directory.contact_numbers
            SELECT 't' || n / 100, 's' || n, '+316' || 50000000 + n + m, 'private'
            FROM generate_series(0, {size - 1}) n, generate_series(1, 3) m;
        ANALYZE directory.tenants, directory.groups, directory.domains, directory.subscribers,
            directory.numbers, directory.devices, directory.device_credentials, directory.subscriber_services,
            directory.contact_numbers;
        """
    )
