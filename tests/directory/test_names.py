"""Names for showing records."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from hipper.directory.names import names_of, tenant_id
from hipper.directory.provision import apply_file

pytestmark = pytest.mark.servers
DEMO = Path(__file__).parents[2] / "deploy" / "demo-company.toml"


async def test_devices_are_named_by_user_and_label_and_unknown_ids_are_left_out(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await apply_file(connection, DEMO, by="test")
        device = await connection.fetchval(
            "SELECT device_id FROM directory.devices WHERE aor_user = 'bram-winkel'"
        )
        subscriber = await connection.fetchval(
            "SELECT subscriber_id FROM directory.subscribers WHERE user_name = 'bram'"
        )
        tenant = await connection.fetchval("SELECT tenant_id FROM directory.tenants")
        names = await names_of(connection, (device, subscriber, tenant, "d_gone"))
        found = [await tenant_id(connection, name) for name in ("bakkerij-de-vries", tenant, "nobody")]
    finally:
        await connection.close()
    assert names == {
        device: "Bram Jansen Winkel",
        subscriber: "Bram Jansen",
        tenant: "bakkerij-de-vries",
    }
    assert found == [tenant, tenant, None]
