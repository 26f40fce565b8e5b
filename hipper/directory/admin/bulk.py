"""Many users at once, from a file: each user whole or not at all, and the file again changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import asyncpg

from hipper.directory.admin.bulk_reading import Fault, Phone, WantedUser
from hipper.directory.admin.changing import Actor
from hipper.directory.admin.devices import (
    BY_AOR,
    change_telephone,
    create_telephone,
    keep_password,
    telephone_of,
)
from hipper.directory.admin.groups import groups_of
from hipper.directory.admin.model import (
    Group,
    NewTelephone,
    NewUser,
    PackWanted,
    TelephoneChange,
    User,
    UserChange,
)
from hipper.directory.admin.refused import Refused, Unfit, already
from hipper.directory.admin.users import (
    BY_NAME,
    DOMAINS,
    assign_number,
    change_pack,
    change_user,
    create_user,
    release_number,
    user_of,
)
from hipper.pbx.model import ServicePack


class Progress(NamedTuple):
    """After one more user. ``changed``: something of this user was (or, on a dry run, would be). ``faults``:
    why nothing of this user was."""

    done: int
    total: int
    changed: bool
    faults: tuple[Fault, ...]


class _OnLine(Exception):  # noqa: N818
    """A refusal, and the line it is about."""

    def __init__(self, refused: Refused, line: int) -> None:
        super().__init__(str(refused))
        self.refused = refused
        self.line = line


async def import_users(
    conn: asyncpg.Connection,
    actor: Actor,
    tenant: str,
    wanted: list[WantedUser],
    *,
    realm: str | None,
    dry_run: bool,
    spared: frozenset[str] = frozenset(),
) -> AsyncIterator[Progress]:
    """``wanted``: of :func:`~hipper.directory.admin.bulk_reading.read_users`. A dry run does everything, and
    undoes it at the end. ``spared``: ids of users whom ``actor`` may not change. Raises what asyncpg raises:
    the users told until then are made."""
    everything = conn.transaction() if dry_run else None
    if everything is not None:
        await everything.start()
    try:
        groups = {group.name: group for group in await groups_of(conn, tenant)}
        for done, one in enumerate(wanted, 1):
            faults = tuple(one.faults)
            changed = False
            if not faults:
                changed, faults = await _one(conn, actor, tenant, groups, one, realm, spared)
            yield Progress(done, len(wanted), changed, faults)
    finally:
        if everything is not None and not conn.is_closed():
            await everything.rollback()


async def _one(
    conn: asyncpg.Connection,
    actor: Actor,
    tenant: str,
    groups: dict[str, Group],
    wanted: WantedUser,
    realm: str | None,
    spared: frozenset[str],
) -> tuple[bool, tuple[Fault, ...]]:
    try:
        async with conn.transaction():
            return await _import(conn, actor, tenant, groups, wanted, realm, spared), ()
    except _OnLine as error:
        refused = error.refused
        return False, (wanted.fault(_column(refused), str(refused), refused.uitleg, error.line),)
    except Refused as refused:
        column = _column(refused)
        return False, (wanted.fault(column, str(refused), refused.uitleg),)


def _column(refused: Refused) -> str:
    obstacles = getattr(refused, "obstacles", ())
    pointer = obstacles[0].pointer if obstacles else refused.pointer
    name = pointer.removeprefix("#").removeprefix("/")
    return {"alternates": "alternate", "desk_phones": "desk_phone", "aor_user": "desk_phone"}.get(name, name)


async def _import(
    conn: asyncpg.Connection,
    actor: Actor,
    tenant: str,
    groups: dict[str, Group],
    wanted: WantedUser,
    realm: str | None,
    spared: frozenset[str],
) -> bool:
    """Whether anything changed."""
    values = wanted.values
    known = await _known(conn, tenant, wanted.user)
    if known is not None and known.id in spared:
        raise Unfit("this user's role is above yours", "deze gebruiker staat boven u", "#/user")
    group = _group(actor, tenant, groups, values.get("group"), known)
    if known is None:
        user = await create_user(conn, actor, group.id, _new_user(wanted))
        changed = True
    else:
        user, changed = await _changed(conn, actor, known, group, wanted)
    for phone in wanted.phones:
        try:
            changed |= await _phone(conn, actor, user, phone, realm)
        except Refused as refused:
            raise _OnLine(refused, phone.line) from None
    return changed


async def _known(conn: asyncpg.Connection, tenant: str, name: str) -> User | None:
    user, _, domain = name.partition("@")
    domains = [row["domain"] for row in await conn.fetch(DOMAINS, tenant)]
    if domain and domain not in domains:
        return None  # create_user says what is wrong with it
    row = await conn.fetchrow(BY_NAME, domain or domains[0], user)
    return None if row is None else user_of(row)


def _group(
    actor: Actor, tenant: str, groups: dict[str, Group], name: str | None, known: User | None
) -> Group:
    mine = [one for one in groups.values() if actor.may_use(tenant, one.id)]
    by_id = {one.id: one for one in mine}
    if known is not None and known.group not in by_id:
        raise Unfit("this user is in another group", "deze gebruiker zit in een andere groep", "#/user")
    if name is None:
        if known is not None:
            return by_id[known.group]
        if len(mine) == 1:
            return mine[0]
        raise Unfit("say in which group", "geef de groep", "#/group")
    if name not in groups or groups[name].id not in by_id:
        raise Unfit("there is no such group", "deze groep bestaat niet", "#/group")
    return groups[name]


def _new_user(wanted: WantedUser) -> NewUser:
    values: dict[str, Any] = {
        key: wanted.values[key]
        for key in ("display_name", "extension", "fixed", "mobile", "language")
        if key in wanted.values
    }
    if "pack" not in wanted.values:
        raise Unfit("a new user needs a pack", "een nieuwe gebruiker heeft een profiel nodig", "#/pack")
    if "display_name" not in wanted.values:
        raise Unfit("a new user needs a name", "een nieuwe gebruiker heeft een naam nodig", "#/display_name")
    return NewUser(
        user=wanted.user,
        pack=ServicePack(wanted.values["pack"]),
        alternates=tuple(wanted.alternates),
        **values,
    )


async def _changed(
    conn: asyncpg.Connection, actor: Actor, known: User, group: Group, wanted: WantedUser
) -> tuple[User, bool]:
    """What the file gives; what it leaves empty stays."""
    values = wanted.values
    said: dict[str, Any] = {
        key: values[key] for key in ("display_name", "extension", "language") if key in values
    }
    now = await change_user(conn, actor, known.id, UserChange(group=group.id, **said))
    if "pack" in values:
        now = await change_pack(conn, actor, known.id, PackWanted(pack=ServicePack(values["pack"])))
    for kind in ("fixed", "mobile"):
        if kind not in values or getattr(now, kind) == values[kind]:
            continue
        if getattr(now, kind) is not None:
            await release_number(conn, actor, known.id, getattr(now, kind))
        now = await assign_number(conn, actor, known.id, kind, values[kind])
    for number in wanted.alternates:
        now = await assign_number(conn, actor, known.id, "alternate", number)
    return now, now != known


async def _phone(conn: asyncpg.Connection, actor: Actor, user: User, phone: Phone, realm: str | None) -> bool:
    row = await conn.fetchrow(BY_AOR, user.user.rpartition("@")[2], phone.aor_user)
    if row is None:
        made = NewTelephone(label=phone.label or phone.aor_user, aor_user=phone.aor_user, site=phone.site)
        await create_telephone(conn, actor, user.id, made, realm, phone.password)
        return True
    known = telephone_of(row)
    if known.user != user.id:
        raise already("#/aor_user", "this name of a telephone", "deze naam van een toestel")
    given = {key: getattr(phone, key) for key in ("label", "site") if getattr(phone, key) is not None}
    now = await change_telephone(conn, actor, known.id, TelephoneChange(**given))
    renewed = phone.password is not None and await keep_password(conn, actor, known.id, realm, phone.password)
    return renewed or now != known
