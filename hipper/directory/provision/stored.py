"""The tenant as the database has it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import asyncpg
import msgspec

from hipper.directory.admin.holding import TAKEN_ELSEWHERE
from hipper.directory.errors import InvalidSettings
from hipper.directory.provision.services_reading import spelled
from hipper.directory.provision.state import (
    DeskPhone,
    ExchangePhone,
    Group,
    MobilePhone,
    Services,
    Subscriber,
    Tenant,
)
from hipper.directory.services import read_settings
from hipper.pbx.services.registry import SERVICES, Scope
from hipper.telephony.numbers.e164 import E164


class Credential(NamedTuple):
    realm: str
    ha1_md5: str
    ha1_sha256: str


class Stored(NamedTuple):
    """``tenant`` None: there is none of that name. ``credentials``: by ``aor_user@domain``; phones
    without are absent."""

    tenant_id: str | None
    tenant: Tenant | None
    credentials: dict[str, Credential]


async def load_stored(conn: asyncpg.Connection, name: str) -> Stored:
    row = await conn.fetchrow("SELECT * FROM directory.tenants WHERE name = $1", name)
    if row is None:
        return Stored(None, None, {})
    tenant_id = row["tenant_id"]
    domains = await conn.fetch(
        "SELECT domain FROM directory.domains WHERE tenant_id = $1 ORDER BY domain", tenant_id
    )
    groups = await conn.fetch("SELECT * FROM directory.groups WHERE tenant_id = $1 ORDER BY name", tenant_id)
    services = await _services(conn, "group", tenant_id)
    tenant = Tenant(
        name=name,
        display_name=row["display_name"],
        kind=row["kind"],
        main_number=row["main_number"],
        mobile_network=row["mobile_network"],
        domains=tuple(domain["domain"] for domain in domains),
        groups=tuple(_group(group, services[group["group_id"]]) for group in groups),
        subscribers=await _subscribers(conn, tenant_id),
    )
    return Stored(tenant_id, tenant, await _credentials(conn, tenant_id))


async def taken_elsewhere(
    conn: asyncpg.Connection, tenant_id: str | None, numbers: list[str], domains: list[str]
) -> tuple[set[str], set[str]]:
    """Which of these numbers and domains belong to other tenants."""
    other = tenant_id or ""
    taken = await conn.fetch(TAKEN_ELSEWHERE, numbers, other)
    domain_rows = await conn.fetch(
        "SELECT domain FROM directory.domains WHERE domain = ANY($1) AND tenant_id <> $2", domains, other
    )
    return {row[0] for row in taken}, {row[0] for row in domain_rows}


async def exchange_phones_elsewhere(
    conn: asyncpg.Connection, tenant_id: str | None, phones: list[ExchangePhone]
) -> set[str]:
    """Names of those that belong to other tenants."""
    rows = await conn.fetch(
        """SELECT d.aor_user || ' at ' || d.exchange
           FROM directory.devices d JOIN unnest($2::text[], $3::text[]) w (exchange, aor_user)
           USING (exchange, aor_user) WHERE d.kind = 'exchange' AND d.tenant_id <> $1""",
        tenant_id or "",
        [phone.exchange for phone in phones],
        [phone.user for phone in phones],
    )
    return {row[0] for row in rows}


def _group(row: Any, services: Services) -> Group:
    return Group(
        name=row["name"],
        display_name=row["display_name"],
        country=row["country"],
        area_code=row["area_code"],
        time_zone=row["time_zone"],
        services=services,
    )


async def _subscribers(conn: asyncpg.Connection, tenant_id: str) -> tuple[Subscriber, ...]:
    rows = await conn.fetch(
        """SELECT s.*, g.name AS group_name
           FROM directory.subscribers s JOIN directory.groups g USING (group_id)
           WHERE s.tenant_id = $1 ORDER BY s.domain, s.user_name""",
        tenant_id,
    )
    numbers = await _by_subscriber(
        conn, "SELECT * FROM directory.numbers WHERE tenant_id = $1 ORDER BY number_id", tenant_id
    )
    devices = await _by_subscriber(
        conn, "SELECT * FROM directory.devices WHERE tenant_id = $1 ORDER BY aor_user", tenant_id
    )
    contacts = await _by_subscriber(
        conn,
        "SELECT * FROM directory.contact_numbers WHERE tenant_id = $1 AND contact_id IS NULL ORDER BY e164",
        tenant_id,
    )
    services = await _services(conn, "subscriber", tenant_id)
    return tuple(
        msgspec.structs.replace(
            _subscriber(row, numbers[row["subscriber_id"]], devices[row["subscriber_id"]]),
            services=services[row["subscriber_id"]],
            business_contacts=_contacts(contacts[row["subscriber_id"]], "business"),
            private_contacts=_contacts(contacts[row["subscriber_id"]], "private"),
        )
        for row in rows
    )


def _contacts(rows: list[Any], which: str) -> tuple[E164, ...]:
    return tuple(row["e164"] for row in rows if row["list"] == which)


async def _services(conn: asyncpg.Connection, scope: Scope, tenant_id: str) -> defaultdict[str, Services]:
    """Owner → services. Settings that this version cannot read are left out: applying a file sets them
    anew."""
    found: defaultdict[str, Services] = defaultdict(tuple)
    rows = await conn.fetch(
        f"""SELECT {scope}_id AS owner, service, settings FROM directory.{scope}_services
            WHERE tenant_id = $1 ORDER BY service""",  # noqa: S608
        tenant_id,
    )
    for row in rows:
        service = SERVICES.get(row["service"])
        if service is None:
            continue
        try:
            settings = read_settings(service, msgspec.json.decode(row["settings"]))
        except InvalidSettings:
            continue
        found[row["owner"]] = (*found[row["owner"]], (row["service"], spelled(settings)))
    return found


async def _by_subscriber(conn: asyncpg.Connection, query: str, tenant_id: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await conn.fetch(query, tenant_id):
        found[row["subscriber_id"]].append(row)
    return found


def _subscriber(row: Any, numbers: list[Any], devices: list[Any]) -> Subscriber:
    single = {number["kind"]: number for number in numbers}
    extension = single.get("extension")
    fixed, mobile = single.get("fixed"), single.get("mobile")
    return Subscriber(
        user=row["user_name"],
        domain=row["domain"],
        group=row["group_name"],
        display_name=row["display_name"],
        extension=extension and extension["extension"],
        fixed=fixed and fixed["e164"],
        mobile=mobile and mobile["e164"],
        alternates=tuple(sorted(number["e164"] for number in numbers if number["kind"] == "alternate")),
        identity=row["identity"],
        identity_alternate=row["identity_alternate"],
        withhold=row["withhold"],
        no_answer_s=row["no_answer_s"],
        decline_ends_ringing=row["decline_ends_ringing"],
        language=row["language"],
        enabled=row["enabled"],
        pack=row["pack"],
        mobile_subscription=row["mobile_subscription"],
        fixed_subscription=row["fixed_subscription"],
        desk_phones=tuple(
            DeskPhone(
                aor_user=device["aor_user"],
                label=device["label"],
                rings=device["rings"],
                site=device["site"],
            )
            for device in devices
            if device["kind"] == "desk_phone"
        ),
        exchange_phones=tuple(
            ExchangePhone(
                exchange=device["exchange"],
                user=device["aor_user"],
                label=device["label"],
                rings=device["rings"],
            )
            for device in sorted(devices, key=lambda one: f"{one['aor_user']} at {one['exchange']}")
            if device["kind"] == "exchange"
        ),
        mobile_phone=next(
            (
                MobilePhone(network=device["mobile_network"], label=device["label"], rings=device["rings"])
                for device in devices
                if device["kind"] == "mobile"
            ),
            None,
        ),
    )


async def _credentials(conn: asyncpg.Connection, tenant_id: str) -> dict[str, Credential]:
    rows = await conn.fetch(
        """SELECT d.aor_user || '@' || d.domain AS aor, c.realm, c.ha1_md5, c.ha1_sha256
           FROM directory.devices d JOIN directory.device_credentials c USING (device_id)
           WHERE d.tenant_id = $1""",
        tenant_id,
    )
    return {row["aor"]: Credential(row["realm"], row["ha1_md5"], row["ha1_sha256"]) for row in rows}
