"""Which recording is heard by somebody a user put on hold (seed 9, Music On Hold User)."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg
import msgspec

from hipper.directory.errors import InvalidSettings
from hipper.pbx.ids import SubscriberId, TenantId
from hipper.pbx.model import ServicePack
from hipper.pbx.service_packs import holds
from hipper.pbx.services.calling import MusicOnHoldUser

SERVICE = "music_on_hold_user"
_DEFAULT = "(SELECT digest FROM directory.music WHERE tenant_id = $1 AND is_default)"
CHOICE = f"""
SELECT s.pack, v.settings, m.digest AS chosen, {_DEFAULT} AS usual
FROM directory.subscribers s
LEFT JOIN directory.subscriber_services v ON v.subscriber_id = s.subscriber_id AND v.service = '{SERVICE}'
LEFT JOIN directory.music m ON m.tenant_id = s.tenant_id AND m.name = v.settings ->> 'recording'
WHERE s.subscriber_id = $2 AND s.tenant_id = $1"""  # noqa: S608
USUAL = f"SELECT {_DEFAULT}"
AUDIO_OF = "SELECT audio FROM directory.music WHERE tenant_id = $1 AND digest = $2 LIMIT 1"
KNOWN = "SELECT true FROM directory.music WHERE tenant_id = $1 AND name = $2"


class Choice(NamedTuple):
    """``silent``: nothing is to be heard. ``digest``: of the recording; None: the exchange's own music."""

    silent: bool = False
    digest: str | None = None


async def choice_of(
    conn: asyncpg.Connection | asyncpg.Pool,
    tenant: TenantId,
    holder: SubscriberId | None,
    *,
    within_s: float | None = None,
) -> Choice:
    """What ``holder`` chose, when the pack holds that and the recording is there; else the company's default.
    Raises what asyncpg raises."""
    row = None if holder is None else await conn.fetchrow(CHOICE, tenant, holder, timeout=within_s)
    if row is None:
        return Choice(digest=await conn.fetchval(USUAL, tenant, timeout=within_s))
    wanted = MusicOnHoldUser()
    if row["settings"] is not None and holds(ServicePack(row["pack"]), SERVICE):
        wanted = _read(row["settings"])
    if not wanted.active:
        return Choice(silent=True)
    return Choice(digest=(row["chosen"] if wanted.recording else None) or row["usual"])


def _read(settings: str) -> MusicOnHoldUser:
    """Settings of a version we do not know count as never set."""
    try:
        return msgspec.json.decode(settings, type=MusicOnHoldUser)
    except msgspec.ValidationError:
        return MusicOnHoldUser()


async def audio_with(conn: asyncpg.Connection | asyncpg.Pool, tenant: TenantId, digest: str) -> bytes | None:
    """None: it was removed meanwhile. Raises what asyncpg raises."""
    found = await conn.fetchval(AUDIO_OF, tenant, digest)
    return None if found is None else bytes(found)


async def check_recording(conn: asyncpg.Connection, tenant: str, settings: object) -> None:
    """Raises InvalidSettings for a choice of what the company does not have."""
    if not isinstance(settings, MusicOnHoldUser) or settings.recording is None:
        return
    if not await conn.fetchval(KNOWN, tenant, settings.recording):
        raise InvalidSettings(f"{SERVICE}: there is no such recording - at `$.recording`")
