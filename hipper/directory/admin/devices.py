"""Telephones of users. What a desk phone proves itself with is made here, shown once and kept only as a
hash."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import asyncpg
import msgspec

from hipper.directory.admin.changing import Actor, Check, any_version, given, not_there, tell, version_of
from hipper.directory.admin.live import LiveCalls, check_idle
from hipper.directory.admin.model import NewTelephone, Telephone, TelephoneChange, User
from hipper.directory.admin.packs import excess_of, obstacles_of
from hipper.directory.admin.refused import InTheWay, Unfit, refusals
from hipper.directory.admin.users import locked_user
from hipper.directory.credentials import hashed
from hipper.directory.told import tell as tell_user

_SHOWN = """
SELECT d.device_id AS id, d.subscriber_id AS "user", d.kind, d.label, d.aor_user || '@' || d.domain AS aor,
       d.mobile_network, d.exchange, d.site, d.rings
FROM directory.devices d"""
ONE = f"{_SHOWN} WHERE d.device_id = $1"
OF_USER = f"{_SHOWN} WHERE d.subscriber_id = $1 ORDER BY d.kind, d.aor_user"
BY_AOR = f"{_SHOWN} WHERE d.domain = $1 AND d.aor_user = $2"
OWNER_LOCKED = """
SELECT s.subscriber_id FROM directory.devices d JOIN directory.subscribers s USING (subscriber_id)
WHERE d.device_id = $1 FOR UPDATE OF s"""
ADD = """
INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, aor_user, domain, site, rings)
VALUES ($1, $2, 'desk_phone', $3, $4, $5, $6, $7) RETURNING device_id"""
CHANGE = "UPDATE directory.devices SET label = $2, site = $3, rings = $4 WHERE device_id = $1"
REMOVE = "DELETE FROM directory.devices WHERE device_id = $1"
KEEP_HASH = """
INSERT INTO directory.device_credentials (device_id, realm, ha1_md5, ha1_sha256) VALUES ($1, $2, $3, $4)
ON CONFLICT (device_id) DO UPDATE SET realm = $2, ha1_md5 = $3, ha1_sha256 = $4, changed_at = now()"""
HASH = "SELECT realm, ha1_md5, ha1_sha256 FROM directory.device_credentials WHERE device_id = $1"
NAMES_LIKE = "SELECT aor_user FROM directory.devices WHERE domain = $1 AND aor_user = ANY($2::text[])"
SITE_KNOWN = """
SELECT FROM directory.group_services v CROSS JOIN LATERAL jsonb_array_elements(v.settings->'zones') zone
WHERE v.group_id = $1 AND v.service = 'emergency_zones' AND zone->>'name' = $2"""
_PASSWORD_BYTES = 15
_MOST_NAMES = 100


class Secret(NamedTuple):
    """What a desk phone registers with. ``password`` is kept nowhere."""

    username: str
    domain: str
    realm: str
    password: str

    def __repr__(self) -> str:
        return f"Secret({self.username}@{self.domain})"


def telephone_of(row: Any) -> Telephone:
    return msgspec.convert(dict(row), Telephone)


async def get_telephone(conn: asyncpg.Connection | asyncpg.Pool, telephone: str) -> Telephone:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, telephone)
    if row is None:
        raise not_there("telephone", "dit toestel")
    return telephone_of(row)


async def find_telephone(conn: asyncpg.Connection | asyncpg.Pool, aor: str) -> Telephone:
    """A desk phone by ``aor_user@domain``. Raises NotThere."""
    name, _, domain = aor.rpartition("@")
    row = await conn.fetchrow(BY_AOR, domain.lower(), name)
    if row is None:
        raise not_there("desk phone; they are named aor_user@domain", "dit vaste toestel")
    return telephone_of(row)


async def telephones_of(conn: asyncpg.Connection | asyncpg.Pool, user: str) -> list[Telephone]:
    return [telephone_of(row) for row in await conn.fetch(OF_USER, user)]


async def create_telephone(
    conn: asyncpg.Connection,
    actor: Actor,
    user: str,
    wanted: NewTelephone,
    realm: str | None,
    password: str | None = None,
) -> tuple[Telephone, Secret]:
    """A desk phone. ``realm``: of the installation's registrar; None: the user's domain. Raises NotThere,
    Unfit, InTheWay."""
    with refusals():
        async with conn.transaction():
            owner = await locked_user(conn, user)
            await _check_site(conn, owner.group, wanted.site)
            name, _, domain = owner.user.rpartition("@")
            aor_user = wanted.aor_user or await _free_name(conn, name, domain)
            row = (wanted.label, aor_user, domain, wanted.site, wanted.rings)
            telephone = await conn.fetchval(ADD, owner.tenant, user, *row)
            await _check_room(conn, owner)
            secret = await _set_secret(conn, telephone, aor_user, domain, realm, password)
            now = await get_telephone(conn, telephone)
            await tell(conn, owner.tenant, actor, f"desk phone {now.aor} of {owner.user}", None, now)
            await tell_user(conn, owner.tenant, owner.id, f"devices/{now.id}", actor.by)
            return now, secret


async def rotate_secret(
    conn: asyncpg.Connection, actor: Actor, telephone: str, realm: str | None
) -> tuple[Telephone, Secret]:
    """A new password; the old one works no more, for calls at once. Raises NotThere, Unfit: not a desk
    phone."""
    async with conn.transaction():
        now, owner = await _locked(conn, telephone)
        if now.aor is None:
            raise Unfit("only desk phones have a password", "alleen vaste toestellen hebben een wachtwoord")
        name, _, domain = now.aor.rpartition("@")
        secret = await _set_secret(conn, telephone, name, domain, realm, None)
        subject = f"desk phone {now.aor} of {owner.user}"
        await tell(conn, owner.tenant, actor, subject, now, now, "new password")
        return now, secret


async def keep_password(
    conn: asyncpg.Connection, actor: Actor, telephone: str, realm: str | None, password: str
) -> bool:
    """Make ``password`` the one of a desk phone; False: it was already. Raises NotThere."""
    async with conn.transaction():
        now, owner = await _locked(conn, telephone)
        name, _, domain = str(now.aor).rpartition("@")
        known = await conn.fetchrow(HASH, telephone)
        if known is not None and tuple(known) == (realm or domain, *hashed(name, realm or domain, password)):
            return False
        await _set_secret(conn, telephone, name, domain, realm, password)
        await tell(conn, owner.tenant, actor, _subject(now, owner), now, now, "new password")
        return True


async def change_telephone(
    conn: asyncpg.Connection,
    actor: Actor,
    telephone: str,
    change: TelephoneChange,
    check: Check = any_version,
) -> Telephone:
    """Raises NotThere, Unfit, and what ``check`` does."""
    async with conn.transaction():
        before, owner = await _locked(conn, telephone)
        check(version_of(before))
        now = msgspec.structs.replace(before, **given(change))
        if now.site != before.site:
            await _check_site(conn, owner.group, now.site)
        if now != before:
            await conn.execute(CHANGE, telephone, now.label, now.site, now.rings)
            await tell(conn, owner.tenant, actor, _subject(now, owner), before, now)
            await tell_user(conn, owner.tenant, owner.id, f"devices/{now.id}", actor.by)
        return now


async def delete_telephone(
    conn: asyncpg.Connection, actor: Actor, telephone: str, live: LiveCalls, check: Check = any_version
) -> None:
    """Raises NotThere, Unfit (a mobile goes with its number), InTheWay (in a call), BusUnavailable."""
    async with conn.transaction():
        before, owner = await _locked(conn, telephone)
        check(version_of(before))
        if before.kind == "mobile":
            text = "a mobile goes with its number: free that"
            raise Unfit(text, "een mobiel toestel hoort bij zijn nummer: geef dat vrij")
        await check_idle(live, owner.id, telephone)
        await conn.execute(REMOVE, telephone)
        await tell(conn, owner.tenant, actor, _subject(before, owner), before, None)
        await tell_user(conn, owner.tenant, owner.id, f"devices/{before.id}", actor.by)


async def _locked(conn: asyncpg.Connection, telephone: str) -> tuple[Telephone, User]:
    owner = await conn.fetchval(OWNER_LOCKED, telephone)
    if owner is None:
        raise not_there("telephone", "dit toestel")
    return await get_telephone(conn, telephone), await locked_user(conn, owner)


def _subject(telephone: Telephone, owner: User) -> str:
    kind = telephone.kind.replace("_", " ")
    return f"{kind} {telephone.aor or telephone.label} of {owner.user}"


async def _set_secret(
    conn: asyncpg.Connection, telephone: str, name: str, domain: str, realm: str | None, password: str | None
) -> Secret:
    secret = Secret(name, domain, realm or domain, password or secrets.token_urlsafe(_PASSWORD_BYTES))
    await conn.execute(KEEP_HASH, telephone, secret.realm, *hashed(name, secret.realm, secret.password))
    return secret


async def _free_name(conn: asyncpg.Connection, user: str, domain: str) -> str:
    """``anna-1``, or the next that nobody has."""
    names = [f"{user[:58]}-{count}" for count in range(1, _MOST_NAMES)]
    taken = {row["aor_user"] for row in await conn.fetch(NAMES_LIKE, domain, names)}
    return next((name for name in names if name not in taken), f"{user[:40]}-{secrets.token_hex(6)}")


async def _check_room(conn: asyncpg.Connection, owner: User) -> None:
    """The telephone is in the table already. Raises InTheWay."""
    found = tuple(one for one in await excess_of(conn, owner, owner.pack) if one.what == "desk_phones")
    if found:
        raise InTheWay(*obstacles_of(owner.pack, found))


async def _check_site(conn: asyncpg.Connection, group: str, site: str | None) -> None:
    """A site is an emergency zone of the user's group: 112 from a place nobody knows helps nobody."""
    if site is not None and await conn.fetchrow(SITE_KNOWN, group, site) is None:
        text = "the group's emergency_zones have no such site"
        raise Unfit(text, "emergency_zones van de groep heeft deze locatie niet", "#/site")
