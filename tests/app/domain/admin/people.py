"""An operator and programs by their keys, for tests of administration."""

from __future__ import annotations

import hashlib

import asyncpg

from tests.app.kit import Api
from tests.app.people import Client

_ADD = """
INSERT INTO app.api_keys (key_id, key_hash, name, role, tenant_id, network, scopes)
VALUES ($1, $2, $1, $3, $4, $5, $6)"""


async def with_key(
    api: Api,
    url: str,
    role: str = "operator",
    tenant: str | None = None,
    scopes: tuple[str, ...] = (),
    network: str | None = None,
) -> Client:
    """Who asks with a key of this role."""
    name = "-".join([role, *scopes])
    secret = f"hik_{name}"
    connection = await asyncpg.connect(url)
    try:
        digest = hashlib.sha256(secret.encode()).digest()
        await connection.execute(_ADD, name, digest, role, tenant, network, list(scopes))
    finally:
        await connection.close()
    return Client(api, {"access_token": secret})


async def operator_of(api: Api, url: str) -> Client:
    return await with_key(api, url)


async def made(client: Client, path: str, body: object) -> dict[str, object]:
    answer = await client.ask("POST", path, json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    found: dict[str, object] = answer.json()
    return found
