"""``/v1/api-keys``: keys of operators, of programs of a company, and of mobile networks. The command line
makes them by the same functions. A key is shown once; only its hash is kept. Who made and who revoked one
stands in the audit.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

import asyncpg
import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath

from app.access import KEY_PREFIX, KeyScope
from app.bodies import body_of
from app.domain.admin.asking import Asked, actor_of, refusals_told, stores_of
from app.operations import Access, declared
from app.pages import QUERY, Listed, page_of
from app.problems import NOT_FOUND, ProblemError
from hipper.directory.admin.changing import Actor
from hipper.directory.admin.refused import Unfit
from hipper.directory.audit import AuditEntry, write_audit
from hipper.pbx.ids import TenantId
from hipper.runtime.settings_model import Settings

CREATE = """
INSERT INTO app.api_keys (key_id, key_hash, name, role, tenant_id, network, scopes, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8))"""
_SHOWN = """
SELECT key_id AS id, name, role, tenant_id AS tenant, network, scopes,
       extract(epoch FROM created_at)::float8 AS created, extract(epoch FROM expires_at)::float8 AS expires,
       extract(epoch FROM revoked_at)::float8 AS revoked FROM app.api_keys"""
ONE = f"{_SHOWN} WHERE key_id = $1"
PAGE = f"{_SHOWN} WHERE key_id > $1 ORDER BY key_id LIMIT $2"
KNOWN = "SELECT true FROM app.api_keys WHERE key_id = $1"
TENANT_KNOWN = "SELECT true FROM directory.tenants WHERE tenant_id = $1"
REVOKE = """
UPDATE app.api_keys SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id"""
_KEY = {
    "id": "8f2a41c09be7",
    "name": "roosters",
    "role": "service",
    "tenant": "t_5e1f",
    "network": None,
    "scopes": ["provisioning"],
    "created": 1764000000.0,
    "expires": None,
    "revoked": None,
}


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``service``: of one ``tenant``, with ``scopes``. ``network``: of the mobile ``network``, with scope
    ``imrn``. ``operator``: everything, without scopes. ``days``: how long it works; null: until revoked."""

    role: Literal["operator", "service", "network"]
    name: Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f-\x9f]*(?!\n)$")] = ""
    tenant: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    network: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    scopes: Annotated[tuple[KeyScope, ...], msgspec.Meta(max_length=8)] = ()
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """Times in Unix seconds."""

    id: str
    name: str
    role: Literal["operator", "service", "network"]
    tenant: str | None
    network: str | None
    scopes: tuple[str, ...]
    created: float
    expires: float | None
    revoked: float | None

    @property
    def works_until(self) -> str:
        """For people."""
        if self.revoked is not None:
            return "revoked"
        return "-" if self.expires is None else f"{datetime.fromtimestamp(self.expires):%Y-%m-%d}"


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """``secret``: the key itself, shown once."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"MadeKey({self.key.id})"


class KeyPage(Listed[ApiKey], frozen=True): ...


class KeyController(Controller):
    """Keys, for operators."""

    path = "/v1/api-keys"
    tags = ("keys",)

    @get(
        "/",
        operation_id="listKeys",
        summary="All keys, without what they are",
        opt=declared(Access.OPERATOR, answer=KeyPage, query=QUERY, shown={"items": [_KEY], "next": None}),
    )
    async def all(self, request: Asked) -> KeyPage:
        """Those that were revoked too."""
        page = page_of(request)
        found = await list_keys(stores_of(request).own, page.after, page.reach)
        return KeyPage.of(found, page, lambda one: one.id)

    @post(
        "/",
        operation_id="createKey",
        summary="Make a key",
        opt=declared(
            Access.OPERATOR,
            body=NewKey,
            answer=MadeKey,
            example={"role": "network", "network": "demo-camel", "scopes": ["imrn"]},
            shown={"key": _KEY, "secret": "hik_8f2a41c09be7_…"},
        ),
    )
    async def create(self, request: Asked) -> Response[Any]:
        """Shown once. Scopes: `provisioning` administers the company, `read-only` reads what administrators
        read, `recorder` is for the recorder, `imrn` asks for routing numbers. A request that is repeated
        makes another key."""
        wanted = await body_of(request, NewKey)
        stores, settings = stores_of(request), request.app.state.settings
        with refusals_told(request):
            async with stores.own.acquire() as own:
                made = await create_key(own, actor_of(request), wanted, settings)
        return Response(made, status_code=201)

    @delete(
        "/{key:str}",
        operation_id="revokeKey",
        summary="Let a key work no more",
        opt=declared(Access.OPERATOR),
    )
    async def revoke(self, request: Asked, key: FromPath[str]) -> None:
        """From its next request on. Done as well when it was revoked before."""
        async with stores_of(request).own.acquire() as own:
            if await revoke_key(own, actor_of(request), key) is None:
                raise ProblemError(NOT_FOUND)


# --- what the command line asks too -------------------------------------------------------------------


async def create_key(own: asyncpg.Connection, actor: Actor, wanted: NewKey, settings: Settings) -> MadeKey:
    """``own``: of role ``hipper_app``. Raises Unfit."""
    await _check(own, wanted, settings)
    key_id = secrets.token_hex(6)
    secret = f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    scopes = sorted({one.value for one in wanted.scopes})
    async with own.transaction():
        what = " ".join([wanted.role, *scopes, *([wanted.network] if wanted.network else [])])
        await write_audit(own, [_entry(actor, wanted.tenant, key_id, f"made: {what}")])
        await own.execute(
            CREATE,
            *(key_id, hashlib.sha256(secret.encode()).digest(), wanted.name or wanted.role, wanted.role),
            *(wanted.tenant, wanted.network, scopes, wanted.days),
        )
    return MadeKey(key=await _one(own, key_id), secret=secret)


async def list_keys(own: asyncpg.Connection | asyncpg.Pool, after: str, limit: int) -> list[ApiKey]:
    return [msgspec.convert(dict(row), ApiKey) for row in await own.fetch(PAGE, after, limit)]


async def revoke_key(own: asyncpg.Connection, actor: Actor, key: str) -> bool | None:
    """Whether it worked until now; None: there is no such key."""
    if await own.fetchval(KNOWN, key) is None:
        return None
    known = await _one(own, key)
    async with own.transaction():
        if await own.fetchval(REVOKE, key) is None:
            return False
        await write_audit(own, [_entry(actor, known.tenant, key, "revoked")])
    return True


async def _one(own: asyncpg.Connection, key: str) -> ApiKey:
    return msgspec.convert(dict(await own.fetchrow(ONE, key)), ApiKey)


async def _check(own: asyncpg.Connection, wanted: NewKey, settings: Settings) -> None:
    if (wanted.role == "service") != (wanted.tenant is not None):
        text = "a service belongs to a tenant, others to none"
        raise Unfit(text, "een service hoort bij een bedrijf, anderen niet", "#/tenant")
    if wanted.tenant is not None and not await own.fetchval(TENANT_KNOWN, wanted.tenant):
        raise Unfit("there is no such company", "dit bedrijf bestaat niet", "#/tenant")
    networks = {one.name for one in settings.mobile_network if one.mode == "imrn"}
    if (wanted.role == "network") != (wanted.network is not None) or (
        wanted.network is not None and wanted.network not in networks
    ):
        text = f"a network's key names one of mode imrn: {', '.join(sorted(networks)) or 'there is none'}"
        raise Unfit(text, "de sleutel van een netwerk noemt er een met mode imrn", "#/network")
    allowed = _SCOPES[wanted.role]
    if not set(wanted.scopes) <= allowed or bool(allowed) != bool(wanted.scopes):
        names = ", ".join(sorted(one.value for one in allowed)) or "none: leave them out"
        text = f"scopes of role {wanted.role}: {names}"
        raise Unfit(text, f"scopes bij rol {wanted.role}: {names}", "#/scopes")


_SCOPES = {
    "operator": frozenset[KeyScope](),
    "service": frozenset({KeyScope.PROVISIONING, KeyScope.RECORDER, KeyScope.READ_ONLY}),
    "network": frozenset({KeyScope.IMRN}),
}


def _entry(actor: Actor, tenant: str | None, key: str, change: str) -> AuditEntry:
    """Of an operator's or a network's key: of the installation."""
    return AuditEntry(TenantId(tenant or ""), actor.by, f"API key {key}", change)
