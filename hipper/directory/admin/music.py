"""Music on hold of a company (seed 9, Music On Hold User): recordings by name, one of which is its default.

What users chose is a service of theirs (``music_on_hold_user``). A recording somebody chose, and the default
while there are others, cannot be removed: who is put on hold would hear something else without anybody having
wanted it.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from hipper.directory.admin.changing import Actor, Check, any_version, given, not_there, tell, version_of
from hipper.directory.admin.model import Name, _Said, _Shown, _Text
from hipper.directory.admin.refused import InTheWay, NotAllowed, Obstacle, Unfit
from hipper.runtime.recordings import Recording

MOST = 20
"""Recordings of one company."""

_SHOWN = (
    "SELECT name, display_name, is_default, duration_ms, digest FROM directory.music WHERE tenant_id = $1"
)
OF_TENANT = f"{_SHOWN} ORDER BY name LIMIT {MOST}"
ONE = f"{_SHOWN} AND name = $2"
LOCKED = f"{_SHOWN} ORDER BY name FOR UPDATE"
TENANT_LOCKED = "SELECT tenant_id FROM directory.tenants WHERE tenant_id = $1 FOR UPDATE"
AUDIO = "SELECT audio FROM directory.music WHERE tenant_id = $1 AND name = $2"
PUT = """
INSERT INTO directory.music (tenant_id, name, display_name, is_default, duration_ms, digest, audio)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, name) DO UPDATE
SET display_name = excluded.display_name, duration_ms = excluded.duration_ms, digest = excluded.digest,
    audio = excluded.audio, changed_at = now()"""
CHANGE = "UPDATE directory.music SET display_name = $3, is_default = $4 WHERE tenant_id = $1 AND name = $2"
NO_DEFAULT = (
    "UPDATE directory.music SET is_default = false WHERE tenant_id = $1 AND is_default AND name <> $2"
)
CHOSEN = """
SELECT count(*) FROM directory.subscriber_services
WHERE tenant_id = $1 AND service = 'music_on_hold_user' AND settings ->> 'recording' = $2"""
REMOVE = "DELETE FROM directory.music WHERE tenant_id = $1 AND name = $2"


class Music(_Shown, frozen=True, kw_only=True):
    """A recording. ``is_default``: heard of users who chose nothing. ``digest``: SHA-256 of what is heard."""

    name: str
    display_name: str
    is_default: bool
    duration_ms: int
    digest: str


class MusicChange(_Said, frozen=True, kw_only=True):
    """``is_default`` true: instead of the one that is; false: the exchange's own music is heard."""

    display_name: _Text | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class NewMusic(_Said, frozen=True, kw_only=True):
    """``audio``: the file in base64, wav, mp3, flac, ogg, opus or m4a; 1 second to 5 minutes."""

    audio: Annotated[bytes, msgspec.Meta(min_length=1)]
    display_name: _Text | None = None


def music_of(row: Any) -> Music:
    return msgspec.convert(dict(row), Music)


async def list_music(conn: asyncpg.Connection | asyncpg.Pool, tenant: str) -> list[Music]:
    """By name."""
    return [music_of(row) for row in await conn.fetch(OF_TENANT, tenant)]


async def get_music(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, name: str) -> Music:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, tenant, name)
    if row is None:
        raise not_there("recording", "deze opname")
    return music_of(row)


async def audio_of(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, name: str) -> bytes:
    """The wav that is played. Raises NotThere."""
    found = await conn.fetchval(AUDIO, tenant, name)
    if found is None:
        raise not_there("recording", "deze opname")
    return bytes(found)


async def put_music(
    conn: asyncpg.Connection,
    actor: Actor,
    tenant: str,
    name: str,
    recording: Recording,
    display_name: str | None = None,
    check: Check = any_version,
) -> tuple[Music, bool]:
    """Another recording of that name is replaced. The first one of a company is its default. Returns it, and
    whether it is new. Raises NotAllowed, NotThere, InTheWay, Unfit, and what ``check`` does."""
    _may_change(actor)
    check_name(name)
    async with conn.transaction():
        known = await _locked(conn, tenant)
        before = known.get(name)
        if before is None and len(known) >= MOST:
            text = (
                f"a company has at most {MOST} recordings",
                f"een bedrijf heeft ten hoogste {MOST} opnamen",
            )
            raise InTheWay(Obstacle("#", *text))
        if before is not None:
            check(version_of(before))
        now = Music(
            name=name,
            display_name=display_name or (name if before is None else before.display_name),
            is_default=not known if before is None else before.is_default,
            duration_ms=recording.duration_ms,
            digest=hashlib.sha256(recording.wav).hexdigest(),
        )
        if now != before:
            values = (now.display_name, now.is_default, now.duration_ms, now.digest, recording.wav)
            await conn.execute(PUT, tenant, name, *values)
            await tell(conn, tenant, actor, f"music {name}", before, now)
        return now, before is None


async def change_music(
    conn: asyncpg.Connection,
    actor: Actor,
    tenant: str,
    name: str,
    change: MusicChange,
    check: Check = any_version,
) -> Music:
    """Raises NotAllowed, NotThere, and what ``check`` does."""
    _may_change(actor)
    async with conn.transaction():
        before = (await _locked(conn, tenant)).get(name)
        if before is None:
            raise not_there("recording", "deze opname")
        check(version_of(before))
        now = msgspec.structs.replace(before, **given(change))
        if now != before:
            if now.is_default:
                await conn.execute(NO_DEFAULT, tenant, name)
            await conn.execute(CHANGE, tenant, name, now.display_name, now.is_default)
            await tell(conn, tenant, actor, f"music {name}", before, now)
        return now


async def delete_music(
    conn: asyncpg.Connection, actor: Actor, tenant: str, name: str, check: Check = any_version
) -> None:
    """One that nobody chose; the default goes last, or after it is the default no more. Raises NotAllowed,
    NotThere, InTheWay, and what ``check`` does."""
    _may_change(actor)
    async with conn.transaction():
        known = await _locked(conn, tenant)
        before = known.get(name)
        if before is None:
            raise not_there("recording", "deze opname")
        check(version_of(before))
        users = await conn.fetchval(CHOSEN, tenant, name)
        obstacles = []
        if users:
            obstacles.append(Obstacle("#/users", f"{users} users chose it", f"{users} gebruikers kozen deze"))
        if before.is_default and len(known) > 1:
            text = ("it is the default: make another one that", "dit is de standaard: kies eerst een andere")
            obstacles.append(Obstacle("#/is_default", *text))
        if obstacles:
            raise InTheWay(*obstacles)
        await conn.execute(REMOVE, tenant, name)
        await tell(conn, tenant, actor, f"music {name}", before, None)


def check_name(name: str) -> None:
    """Raises Unfit."""
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        text = 'a name is lower-case letters, digits and "-", at most 63'
        tekst = 'een naam is kleine letters, cijfers en "-", ten hoogste 63'
        raise Unfit(text, tekst, "#/name") from None


async def _locked(conn: asyncpg.Connection, tenant: str) -> dict[str, Music]:
    """All of them; nobody else changes any before the transaction ends. Raises NotThere."""
    if await conn.fetchval(TENANT_LOCKED, tenant) is None:
        raise not_there("company", "dit bedrijf")
    return {row["name"]: music_of(row) for row in await conn.fetch(LOCKED, tenant)}


def _may_change(actor: Actor) -> None:
    if actor.group is not None:
        raise NotAllowed(
            "this is for the enterprise's administrators", "dit is voor beheerders van het bedrijf"
        )
