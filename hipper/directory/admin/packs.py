"""Service packs of users, and how many of each a group has ordered (seed 1.2, 1.5, 2.1, 4, 5.8)."""

from __future__ import annotations

import asyncpg
import msgspec

from hipper.directory.admin.changing import Actor, Check, any_version, tell, version_of
from hipper.directory.admin.groups import locked_group
from hipper.directory.admin.model import Licence, Licences, LicencesWanted, PackChange, User
from hipper.directory.admin.refused import InTheWay, NotAllowed, Obstacle
from hipper.pbx.model import ServicePack
from hipper.pbx.pack_limits import Excess, excess
from hipper.pbx.service_packs import HELD
from hipper.pbx.services.registry import SERVICES

COUNTED = """
SELECT p.pack, l.licences, (SELECT count(*) FROM directory.subscribers s
    WHERE s.tenant_id = $1 AND s.group_id = $2 AND s.pack = p.pack) AS users
FROM unnest($3::text[]) WITH ORDINALITY p (pack, place)
LEFT JOIN directory.pack_licences l ON l.group_id = $2 AND l.pack = p.pack ORDER BY p.place"""
ORDER = """
INSERT INTO directory.pack_licences VALUES ($1, $2, $3, $4)
ON CONFLICT (group_id, pack) DO UPDATE SET licences = $4"""
UNLIMITED = "DELETE FROM directory.pack_licences WHERE group_id = $1 AND pack = $2"
DESK_PHONES = "SELECT count(*) FROM directory.devices WHERE subscriber_id = $1 AND kind = 'desk_phone'"
SET_SERVICES = f"""
SELECT ARRAY(SELECT service FROM directory.subscriber_services WHERE subscriber_id = $1 ORDER BY service),
       ({DESK_PHONES})"""  # noqa: S608

_WORDS = {
    "desk_phones": ("desk phones", "vaste toestellen"),
    "alternates": ("alternate numbers", "alternatieve nummers"),
    "mobile": ("mobile numbers", "mobiele nummers"),
}


async def licences_of(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, group: str) -> Licences:
    rows = await conn.fetch(COUNTED, tenant, group, [pack.value for pack in ServicePack])
    return Licences(items=tuple(msgspec.convert(dict(row), Licence) for row in rows))


async def set_licences(
    conn: asyncpg.Connection, actor: Actor, group: str, wanted: LicencesWanted, check: Check = any_version
) -> Licences:
    """Raises NotAllowed, NotThere, InTheWay: the group has more users of a pack."""
    if not actor.is_operator:
        raise NotAllowed("this is for operators", "dit is voor operators")
    async with conn.transaction():
        owner = await locked_group(conn, group)
        before = await licences_of(conn, owner.tenant, group)
        check(version_of(before))
        for one in before.items:
            most = getattr(wanted, one.pack.value)
            if most is not None and most < one.users:
                text = f"the group has {one.users} users of {one.pack.value}"
                tekst = f"de groep heeft {one.users} gebruikers met {one.pack.value}"
                raise InTheWay(Obstacle(f"#/{one.pack.value}", text, tekst))
            if most is None:
                await conn.execute(UNLIMITED, group, one.pack.value)
            else:
                await conn.execute(ORDER, owner.tenant, group, one.pack.value, most)
        now = await licences_of(conn, owner.tenant, group)
        if now != before:
            await tell(conn, owner.tenant, actor, f"licences of group {owner.name}", before, now)
        return now


async def check_licence(conn: asyncpg.Connection, tenant: str, group: str, pack: ServicePack) -> None:
    """Whether one more user of ``pack`` fits; the group is locked. Raises InTheWay."""
    for one in (await licences_of(conn, tenant, group)).items:
        if one.pack is pack and one.licences is not None and one.users >= one.licences:
            text = f"all {one.licences} licences of {pack.value} are in use"
            raise InTheWay(
                Obstacle("#/pack", text, f"alle {one.licences} licenties van {pack.value} zijn in gebruik")
            )


async def excess_of(
    conn: asyncpg.Connection | asyncpg.Pool, user: User, pack: ServicePack
) -> tuple[Excess, ...]:
    """What ``user`` has too much of for ``pack``."""
    return _excess(user, pack, await conn.fetchval(DESK_PHONES, user.id))


def _excess(user: User, pack: ServicePack, phones: int) -> tuple[Excess, ...]:
    return excess(pack, desk_phones=phones, alternates=len(user.alternates), mobile=user.mobile is not None)


def obstacles_of(pack: ServicePack, found: tuple[Excess, ...]) -> list[Obstacle]:
    return [
        Obstacle(
            f"#/{one.what}",
            f"{one.has} {_WORDS[one.what][0]}; {pack.value} has at most {one.most}",
            f"{one.has} {_WORDS[one.what][1]}; {pack.value} heeft er ten hoogste {one.most}",
        )
        for one in found
    ]


async def pack_change(
    conn: asyncpg.Connection | asyncpg.Pool, user: User, pack: ServicePack, language: str = "en"
) -> PackChange:
    """What giving ``user`` this pack would do; changes nothing."""
    stored, phones = await conn.fetchrow(SET_SERVICES, user.id)
    obstacles = obstacles_of(pack, _excess(user, pack, phones))
    ours = {name for name, one in SERVICES.items() if one.scope == "subscriber"}
    return PackChange(
        pack=pack,
        before=user.pack,
        lost=tuple(name for name in stored if name in HELD[user.pack] and name not in HELD[pack]),
        stays=tuple(name for name in stored if name in HELD[pack]),
        gained=tuple(sorted((HELD[pack] - HELD[user.pack]) & ours)),
        obstacles=tuple(one.tekst if language == "nl" else one.text for one in obstacles),
    )
