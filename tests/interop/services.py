"""Set services of the kit's people, as the API and operators do; holds for the next INVITE."""

from __future__ import annotations

from typing import Any

import asyncpg

from hipper.directory.services import change_user_service, read_settings, service_named, set_group_service
from hipper.directory.settings import find_subscriber
from tests.interop.company import Person
from tests.interop.conftest import Kit


async def set_service(kit: Kit, person: Person, name: str, **changes: Any) -> None:
    """Change these settings of a service; the others stay."""
    connection = await asyncpg.connect(kit.database)
    try:
        subscriber = await find_subscriber(connection, f"{person.user}@{person.domain}")
        await change_user_service(connection, subscriber, name, changes, "test")
    finally:
        await connection.close()


async def set_office(kit: Kit, name: str, **settings: Any) -> None:
    """Set a service of the one group of the kit's company."""
    connection = await asyncpg.connect(kit.database)
    try:
        group = await connection.fetchval(
            "SELECT group_id FROM directory.groups JOIN directory.tenants t USING (tenant_id)"
            " WHERE t.name = $1",
            kit.company.tenant,
        )
        values = read_settings(service_named(name, "group"), settings)
        await set_group_service(connection, group, name, values, "test")
    finally:
        await connection.close()


async def device_of(kit: Kit, person: Person, name: str) -> str:
    """Id of a device: by the AOR user of a desk phone, or ``mobile``."""
    connection = await asyncpg.connect(kit.database)
    try:
        return str(
            await connection.fetchval(
                "SELECT device_id FROM directory.devices JOIN directory.subscribers s USING (subscriber_id)"
                " WHERE s.user_name = $1 AND s.domain = $2 AND coalesce(aor_user, kind) = $3",
                person.user,
                person.domain,
                name,
            )
        )
    finally:
        await connection.close()
