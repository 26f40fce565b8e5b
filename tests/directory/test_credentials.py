"""Digest credentials of desk phones."""

from __future__ import annotations

import asyncpg
import pytest

from hipper.directory.credentials import hashed, load_device_credentials
from tests.directory.people import PASSWORD, add_desk_phone, add_tenant, add_user

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("enabled", [True, False])
async def test_desk_phone_is_found_by_its_address_of_record(postgres_url: str, enabled: bool) -> None:
    conn = await asyncpg.connect(postgres_url)
    tenant = await add_tenant(conn, "bakery", "bakery.example")
    anna = await add_user(conn, tenant, "bakery.example", "anna", enabled=enabled)
    device = await add_desk_phone(conn, tenant, anna, "anna-desk", "bakery.example")
    found = await load_device_credentials(conn, "anna-desk", "BAKERY.example")
    assert found is not None
    assert (found.device, found.subscriber, found.tenant, found.enabled) == (device, anna, tenant, enabled)
    assert (found.ha1_md5, found.ha1_sha256) == hashed("anna-desk", "bakery.example", PASSWORD)
    assert found.ha1_md5 not in repr(found)
    for aor_user, domain in (
        ("anna", "bakery.example"),
        ("anna-desk", "butcher.example"),
        ("ANNA-DESK", "x"),
    ):
        assert await load_device_credentials(conn, aor_user, domain) is None
    await conn.close()
