"""An installation with many subscribers, for benchmarks of the API: by COPY, in seconds.

Companies of 1,000 in ten groups; everybody has an extension, a fixed and a mobile number, a desk phone and a
mobile. :data:`ASKING` of them, spread over all, are signed in, with contacts and calls of their own.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import asyncpg

ASKING = 200
"""Users who ask, one after the other: nothing is answered from what the last request left warm alone."""
OPERATOR_KEY = "hik_bench"
"""For what no user may read."""
CONTACTS, CALLS = 50, 100
"""Of each who asks."""
_COMPANY, _GROUP = 1000, 100
_DAY = datetime.datetime(2026, 11, 2, 9, tzinfo=datetime.UTC)


class User(NamedTuple):
    """One who asks."""

    subscriber: str
    session: str
    tenant: str
    group: str
    number: str
    contact: str
    call: str


async def load(url: str, subscribers: int) -> list[User]:
    """Fill a migrated database. ``url``: of a superuser; what is loaded needs no check."""
    connection = await asyncpg.connect(url, command_timeout=600)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await _companies(connection, range(0, subscribers, _COMPANY))
            await _people(connection, subscribers)
            asking = [_user(number) for number in range(0, subscribers, max(1, subscribers // ASKING))][
                :ASKING
            ]
            for user in asking:
                await _belongings(connection, user)
            await _calls(connection, asking)
            await connection.execute(
                "INSERT INTO app.api_keys (key_id, key_hash, name, role) VALUES ('k', $1, 'k', 'operator')",
                hashlib.sha256(OPERATOR_KEY.encode()).digest(),
            )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return asking


async def _copy(
    connection: asyncpg.Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    schema, _, name = table.partition(".")
    await connection.copy_records_to_table(name, schema_name=schema, columns=columns.split(), records=rows)


async def _companies(connection: asyncpg.Connection, firsts: range) -> None:
    names = [f"t{first // _COMPANY}" for first in firsts]
    await _copy(
        connection,
        "directory.tenants",
        "tenant_id name display_name kind",
        [(name, name, f"Bedrijf {name}", "enterprise") for name in names],
    )
    await _copy(
        connection,
        "directory.groups",
        "group_id tenant_id name display_name country area_code",
        [
            (f"{name}-g{number}", name, f"g{number}", f"Vestiging {number}", "NL", "20")
            for name in names
            for number in range(_COMPANY // _GROUP)
        ],
    )
    await _copy(
        connection, "directory.domains", "domain tenant_id", [(f"{name}.example", name) for name in names]
    )


async def _people(connection: asyncpg.Connection, count: int) -> None:
    every = [_user(number) for number in range(count)]
    await _copy(
        connection,
        "directory.subscribers",
        "subscriber_id tenant_id group_id user_name domain display_name identity withhold no_answer_s "
        "decline_ends_ringing language enabled",
        [
            (one.subscriber, one.tenant, one.group, one.subscriber, f"{one.tenant}.example",
             f"Medewerker {one.subscriber}", "fixed", False, 20, True, "nl", True)
            for one in every
        ],
    )  # fmt: skip
    await _copy(
        connection, "directory.numbers", "tenant_id subscriber_id kind e164 extension", _numbers(every)
    )
    await _copy(
        connection,
        "directory.devices",
        "device_id tenant_id subscriber_id kind label aor_user domain mobile_network rings",
        _devices(every),
    )
    await _copy(
        connection,
        "directory.subscriber_services",
        "tenant_id subscriber_id service settings",
        [
            (one.tenant, one.subscriber, "call_forwarding_no_answer", f'{{"destination": "{one.number}"}}')
            for one in every
        ],
    )


def _numbers(every: list[User]) -> Iterator[tuple[Any, ...]]:
    for index, one in enumerate(every):
        yield one.tenant, one.subscriber, "extension", None, str(2000 + index % _COMPANY)
        yield one.tenant, one.subscriber, "fixed", one.number, None
        yield one.tenant, one.subscriber, "mobile", f"+3161{index:07}", None


def _devices(every: list[User]) -> Iterator[tuple[Any, ...]]:
    for one in every:
        desk, domain = f"{one.subscriber}-desk", f"{one.tenant}.example"
        yield desk, one.tenant, one.subscriber, "desk_phone", "Bureau", desk, domain, None, True
        mobile = f"{one.subscriber}-mobile"
        yield mobile, one.tenant, one.subscriber, "mobile", "Mobiel", None, None, "demo-mobile", True


async def _belongings(connection: asyncpg.Connection, user: User) -> None:
    """What signing in leaves, and what the user keeps. Everybody who asks administers the enterprise."""
    await connection.execute(
        "INSERT INTO app.accounts (subscriber_id, role) VALUES ($1, 'enterprise_administrator')",
        user.subscriber,
    )
    await connection.execute(
        "INSERT INTO app.sessions (session_id, subscriber_id, device_name, address, expires_at)"
        " VALUES ($1, $2, 'bench', '127.0.0.1', now() + interval '1 day')",
        user.session,
        user.subscriber,
    )
    names = [f"{user.contact}-{number}" if number else user.contact for number in range(CONTACTS)]
    await _copy(
        connection,
        "directory.contacts",
        "contact_id tenant_id subscriber_id list name",
        [(name, user.tenant, user.subscriber, "business", f"Klant {name}") for name in names],
    )
    await _copy(
        connection,
        "directory.contact_numbers",
        "tenant_id subscriber_id e164 list contact_id",
        [(user.tenant, user.subscriber, f"+3130{hash(name) % 10**7:07}", "business", name) for name in names],
    )


async def _calls(connection: asyncpg.Connection, users: list[User]) -> None:
    calls = [
        (
            user,
            user.call if number == 0 else f"{user.call}-{number}",
            _DAY + datetime.timedelta(minutes=number),
        )
        for user in users
        for number in range(CALLS)
    ]
    minute = datetime.timedelta(minutes=1)
    await _copy(
        connection,
        "gateway.calls",
        "call_id gateway tenant dialled emergency rule outcome started answered ended",
        [
            (call, "gw1", user.tenant, "+31301234567", False, "outside", "answered", at, at, at + minute)
            for user, call, at in calls
        ],
    )
    await _copy(
        connection,
        "gateway.legs",
        "call_id leg_id position role peer subscriber device presentation number offered transcoded",
        [
            row
            for user, call, at in calls
            for row in (
                (call, "a", 0, "calling", "x", user.subscriber, f"{user.subscriber}-desk", "allowed",
                 user.number, at, False),
                (call, "b", 1, "called", "y", None, None, "allowed", "+31301234567", at, False),
            )
        ],
    )  # fmt: skip
    await _copy(
        connection,
        "gateway.history",
        "call_id subscriber started direction result withheld number own",
        [
            (call, user.subscriber, at, "outgoing", "answered", False, "+31301234567", user.number)
            for user, call, at in calls
        ],
    )


def _user(number: int) -> User:
    """The ``number``-th of all."""
    name, tenant = f"u{number}", f"t{number // _COMPANY}"
    group = number % _COMPANY // _GROUP
    return User(
        subscriber=name,
        session=f"ses_{name}",
        tenant=tenant,
        group=f"{tenant}-g{group}",
        number=f"+3120{number:07}",
        contact=f"c_{name}",
        call=f"call_{name}",
    )
