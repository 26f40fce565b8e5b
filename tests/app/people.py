"""Two companies with passwords, and who signs in: for tests of everything behind a token."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx

from app.domain.signing_in.passwords import hashed_password
from hipper.directory.credentials import hashed
from hipper.runtime.settings_model import ApiSection
from tests.app.kit import QUICK_PASSWORDS, Api
from tests.fmc_gateway.kit import DOMAIN, provision

SECRET = "drie zoete kersen"
QUICK = ApiSection(**QUICK_PASSWORDS)
_HASH = hashed_password(SECRET, QUICK)
ANNA, BRAM, CARL = f"anna@{DOMAIN}", f"bram@{DOMAIN}", "carl@other.test"

_OTHERS = """
INSERT INTO directory.groups (group_id, tenant_id, name, display_name, country, area_code)
    VALUES ('g2', 'acme', 'branch', 'Branch', 'NL', '30');
INSERT INTO directory.tenants (tenant_id, name, display_name, kind)
    VALUES ('other', 'other', 'Other', 'enterprise');
INSERT INTO directory.groups (group_id, tenant_id, name, display_name, country, area_code)
    VALUES ('g9', 'other', 'elsewhere', 'Elsewhere', 'NL', '10');
INSERT INTO directory.domains VALUES ('other.test', 'other');
INSERT INTO directory.subscribers (subscriber_id, tenant_id, group_id, user_name, domain, display_name,
        identity, withhold, no_answer_s, decline_ends_ringing, language, enabled)
    VALUES ('carl', 'other', 'g9', 'carl', 'other.test', 'Carl', 'fixed', false, 20, true, 'nl', true),
           ('dora', 'acme', 'g2', 'dora', 'acme.test', 'Dora', 'fixed', false, 20, true, 'nl', true);
INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164) VALUES ('other', 'carl', 'fixed',
    '+31101234567');
INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164) VALUES ('acme', 'anna', 'alternate',
    '+31201239999');
INSERT INTO directory.devices VALUES ('carl-1', 'other', 'carl', 'desk_phone', 'carl-1', 'carl-1',
    'other.test', NULL, true);
"""


async def company(url: str, **roles: str) -> None:
    """Anna and Bram of Acme's group g1, Dora of its group g2, Carl of another company. ``roles``: by user.
    All have the password :data:`SECRET`."""
    await provision(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_OTHERS)
        for user in ("anna", "bram", "carl", "dora"):
            await connection.execute(
                "INSERT INTO app.accounts (subscriber_id, password_hash, role) VALUES ($1, $2, $3)",
                user,
                _HASH,
                roles.get(user, "user"),
            )
        md5, sha256 = hashed("carl-1", "other.test", SECRET)
        await connection.execute(
            "INSERT INTO directory.device_credentials VALUES ('carl-1', 'other.test', $1, $2)", md5, sha256
        )
    finally:
        await connection.close()


class Client:
    """Who signed in: asks with the access token."""

    def __init__(self, api: Api, tokens: dict[str, Any]) -> None:
        self.http = api.client
        self.tokens = tokens

    async def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", **parts.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **parts)

    async def get(self, path: str, **parts: Any) -> httpx.Response:
        return await self.ask("GET", path, **parts)

    async def put(self, path: str, body: Any, **parts: Any) -> httpx.Response:
        return await self.ask("PUT", path, json=body, **parts)

    async def patch(self, path: str, body: Any, **parts: Any) -> httpx.Response:
        return await self.ask("PATCH", path, json=body, **parts)


async def try_to_sign_in(
    api: Api, user: str, password: str = SECRET, device_name: str = "telefoon"
) -> httpx.Response:
    body = {"user": user, "password": password, "device_name": device_name}
    return await api.client.post("/v1/sessions", json=body)


async def sign_in(api: Api, user: str, password: str = SECRET, device_name: str = "telefoon") -> Client:
    answer = await try_to_sign_in(api, user, password, device_name)
    assert answer.status_code == 201, answer.text
    return Client(api, answer.json())


async def gathered(*work: Any) -> list[Any]:
    return list(await asyncio.gather(*work))
