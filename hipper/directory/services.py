"""The services of users and groups, set one at a time (seed 4, 9; :mod:`hipper.pbx.services`).

Each change is one transaction with its audit row and holds for the next INVITE. ``conn``: a connection of
role ``hipper_directory``. ``by``: see :class:`hipper.directory.audit.AuditEntry`. Each setter returns the new
version; saving what already holds writes nothing and keeps the version.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import asyncpg
import msgspec

from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.errors import (
    ChangedMeanwhile,
    InvalidSettings,
    NotInPack,
    UnknownService,
    UnknownSubscriber,
)
from hipper.directory.music import check_recording
from hipper.directory.told import tell, tell_group
from hipper.pbx import (
    calling_plan_problems,
    calls_at_once,
    colleague_problems,
    in_call_problems,
    termination_problems,
)
from hipper.pbx.ids import GroupId, SubscriberId
from hipper.pbx.model import ServicePack
from hipper.pbx.service_packs import holds
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import SERVICES, Scope, ServiceDefinition

_OWNER = {
    "subscriber": """SELECT tenant_id, user_name || '@' || domain AS name, pack FROM directory.subscribers
                     WHERE subscriber_id = $1 FOR UPDATE""",
    "group": """SELECT tenant_id, name, NULL AS pack FROM directory.groups
                WHERE group_id = $1 FOR UPDATE""",
}

SEEN_BY_USERS = {"group_schedules": "availability"}
"""Services of a group that users see, and below ``/v1/me`` where."""


class StoredService(NamedTuple):
    """``version`` 0: never set, and ``settings`` are the defaults."""

    settings: Settings
    version: int


def service_named(name: str, scope: Scope) -> ServiceDefinition:
    """Raises UnknownService."""
    found = SERVICES.get(name)
    if found is None or found.scope != scope:
        known = ", ".join(sorted(one.name for one in SERVICES.values() if one.scope == scope))
        raise UnknownService(f'no service of a {scope} is named "{name}"; there are {known}')
    return found


def read_settings(service: ServiceDefinition, values: Any) -> Settings:
    """``values``: what JSON or TOML say. Raises InvalidSettings, which names the field."""
    try:
        return msgspec.convert(values, service.settings)
    except msgspec.ValidationError as error:
        raise InvalidSettings(f"{service.name}: {error}") from error


def check_meaning(service: ServiceDefinition, settings: Settings) -> None:
    """Raises InvalidSettings when ``settings`` mean nothing, well-formed as they are: a bar that fits no
    number, say. Only asked when they are saved: what is stored already is read all the same."""
    areas = (
        *(calling_plan_problems, termination_problems, colleague_problems, in_call_problems),
        calls_at_once,
    )
    found = [problem for area in areas for problem in area.problems(settings)]
    if found:
        raise InvalidSettings(f"{service.name}: {'; '.join(found)}")


def check_pack(service: ServiceDefinition, pack: ServicePack) -> None:
    """Raises NotInPack when users with ``pack`` do not have ``service`` (seed 4, 9)."""
    if not holds(pack, service.name):
        having = ", ".join(one.value for one in ServicePack if holds(one, service.name))
        raise NotInPack(f"{service.name} is not in {pack.value}; it is in {having}")


async def get_service(conn: asyncpg.Connection, scope: Scope, owner: str, name: str) -> StoredService:
    """What is set. Raises UnknownService."""
    service = service_named(name, scope)
    row = await conn.fetchrow(
        f"SELECT settings, version FROM directory.{scope}_services WHERE {scope}_id = $1 AND service = $2",  # noqa: S608
        owner,
        name,
    )
    if row is None:
        return StoredService(service.settings(), 0)
    return StoredService(read_settings(service, msgspec.json.decode(row["settings"])), row["version"])


async def get_services(conn: asyncpg.Connection, scope: Scope, owner: str) -> dict[str, StoredService]:
    """All services of one user or group, in the order of the registry and never set ones too. Settings this
    version cannot read count as never set, as they do for calls; their version is what it is."""
    rows = await conn.fetch(
        f"SELECT service, settings, version FROM directory.{scope}_services WHERE {scope}_id = $1",  # noqa: S608
        owner,
    )
    stored = {row["service"]: row for row in rows}
    return {
        name: _as_calls_read_it(service, stored.get(name))
        for name, service in SERVICES.items()
        if service.scope == scope
    }


def _as_calls_read_it(service: ServiceDefinition, row: asyncpg.Record | None) -> StoredService:
    if row is None:
        return StoredService(service.settings(), 0)
    try:
        return StoredService(read_settings(service, msgspec.json.decode(row["settings"])), row["version"])
    except InvalidSettings:
        return StoredService(service.settings(), row["version"])


async def set_user_service(
    conn: asyncpg.Connection,
    subscriber: SubscriberId,
    name: str,
    settings: Settings,
    by: str,
    *,
    if_version: int | None = None,
) -> int:
    """Set a service of a user. ``if_version``: what the writer saw last. Raises UnknownSubscriber,
    UnknownService, InvalidSettings (another service's), NotInPack, ChangedMeanwhile."""
    return await _set(conn, "subscriber", subscriber, name, settings, by, if_version)


async def set_group_service(
    conn: asyncpg.Connection,
    group: GroupId,
    name: str,
    settings: Settings,
    by: str,
    *,
    if_version: int | None = None,
) -> int:
    """As :func:`set_user_service`, of a group."""
    return await _set(conn, "group", group, name, settings, by, if_version)


async def change_user_service(
    conn: asyncpg.Connection,
    subscriber: SubscriberId,
    name: str,
    changes: dict[str, Any],
    by: str,
    *,
    if_version: int | None = None,
) -> int:
    """Change some fields of a service of a user, and leave the others. Raises as set_user_service."""
    return await _change(conn, "subscriber", subscriber, name, changes, by, if_version)


async def change_group_service(
    conn: asyncpg.Connection,
    group: GroupId,
    name: str,
    changes: dict[str, Any],
    by: str,
    *,
    if_version: int | None = None,
) -> int:
    """As :func:`change_user_service`, of a group."""
    return await _change(conn, "group", group, name, changes, by, if_version)


async def _change(
    conn: asyncpg.Connection,
    scope: Scope,
    owner: str,
    name: str,
    changes: dict[str, Any],
    by: str,
    if_version: int | None,
) -> int:
    async with conn.transaction():
        await _locked(conn, scope, owner)
        stored = await get_service(conn, scope, owner, name)
        merged = msgspec.to_builtins(stored.settings) | changes
        settings = read_settings(service_named(name, scope), merged)
        return await _set(conn, scope, owner, name, settings, by, if_version)


async def _set(
    conn: asyncpg.Connection,
    scope: Scope,
    owner: str,
    name: str,
    settings: Settings,
    by: str,
    if_version: int | None,
) -> int:
    service = service_named(name, scope)
    if type(settings) is not service.settings:
        raise InvalidSettings(f"{name}: these are settings of another service")
    check_meaning(service, settings)
    async with conn.transaction():
        row = await _locked(conn, scope, owner)
        if scope == "subscriber":
            check_pack(service, ServicePack(row["pack"]))
            await check_recording(conn, row["tenant_id"], settings)
        before = await get_service(conn, scope, owner, name)
        if if_version is not None and if_version != before.version:
            raise ChangedMeanwhile(f"{name} was changed meanwhile (version {before.version}); read it again")
        if before.version and before.settings == settings:
            return before.version
        await _upsert(conn, scope, row["tenant_id"], owner, name, settings)
        change = f"{name} {_text(before)} -> {msgspec.json.encode(settings).decode()}"
        subject = f"{scope} {row['name']}"
        was = _text(before) if before.version else None
        now = msgspec.json.encode(settings).decode()
        await write_audit(conn, [AuditEntry(row["tenant_id"], by, subject, change, was, now)])
        if scope == "subscriber":
            await tell(conn, row["tenant_id"], owner, f"services/{name}", by)
        elif name in SEEN_BY_USERS:
            await tell_group(conn, row["tenant_id"], GroupId(owner), SEEN_BY_USERS[name], by)
        return before.version + 1


async def _upsert(
    conn: asyncpg.Connection, scope: Scope, tenant: str, owner: str, name: str, settings: Settings
) -> None:
    await conn.execute(
        f"""INSERT INTO directory.{scope}_services AS known (tenant_id, {scope}_id, service, settings)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT ({scope}_id, service) DO UPDATE
            SET settings = excluded.settings, version = known.version + 1, changed_at = now()""",  # noqa: S608
        tenant,
        owner,
        name,
        msgspec.json.encode(settings).decode(),
    )


async def _locked(conn: asyncpg.Connection, scope: Scope, owner: str) -> asyncpg.Record:
    row = await conn.fetchrow(_OWNER[scope], owner)
    if row is None:
        raise UnknownSubscriber(f"there is no such {'user' if scope == 'subscriber' else 'group'}")
    return row


def _text(stored: StoredService) -> str:
    return msgspec.json.encode(stored.settings).decode() if stored.version else "(not set)"
