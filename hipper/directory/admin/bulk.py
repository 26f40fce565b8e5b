"""Many users at once, from a file: each user whole or not at all, and the file again changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
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
from hipper.directory.admin.packs import licences_of
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

BATCH = 50
"""Users of a dry run whose rows are locked at once."""


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
    undoes it. ``spared``: ids of users whom ``actor`` may not change. Raises what asyncpg raises: the users
    told until then are made."""
    groups = {group.name: group for group in await groups_of(conn, tenant)}

    async def write(one: WantedUser) -> tuple[bool, tuple[Fault, ...]]:
        if one.faults:
            return False, tuple(one.faults)
        return await _one(conn, actor, tenant, groups, one, realm, spared)

    if dry_run:
        async for step in _undone(conn, tenant, groups, wanted, write):
            yield step
        return
    for done, one in enumerate(wanted, 1):
        changed, faults = await write(one)
        yield Progress(done, len(wanted), changed, faults)


async def _undone(
    conn: asyncpg.Connection,
    tenant: str,
    groups: dict[str, Group],
    wanted: list[WantedUser],
    write: Callable[[WantedUser], Awaitable[tuple[bool, tuple[Fault, ...]]]],
) -> AsyncIterator[Progress]:
    """In batches, each undone before it is told, so that nobody waits longer than for one of them. Where an
    earlier user of the file takes or leaves what a later one is about (a number, a name, a licence), it is
    done again before, and a batch is as large as what is done again."""
    limited = await _limited(conn, tenant, groups)
    before: list[tuple[WantedUser, frozenset[str]]] = []
    done, size = 0, BATCH
    while done < len(wanted):
        batch = wanted[done : done + size]
        about = [await _about(conn, tenant, one, limited) for one in batch]
        again = _needed(before, about)
        results: list[tuple[bool, tuple[Fault, ...]]] = []
        transaction = conn.transaction()
        await transaction.start()
        try:
            for one in again:
                await write(one)
            for one in batch:
                results.append(await write(one))
        finally:
            if not conn.is_closed():
                await transaction.rollback()
        for one, keys, (changed, faults) in zip(batch, about, results, strict=True):
            done += 1
            if changed:
                before.append((one, keys))
            yield Progress(done, len(wanted), changed, faults)
        size = max(BATCH, len(again))


async def _limited(conn: asyncpg.Connection, tenant: str, groups: dict[str, Group]) -> frozenset[str]:
    """Packs of which some group has so many licences and no more."""
    found = [await licences_of(conn, tenant, group.id) for group in groups.values()]
    return frozenset(one.pack.value for each in found for one in each.items if one.licences is not None)


async def _about(
    conn: asyncpg.Connection, tenant: str, wanted: WantedUser, limited: frozenset[str]
) -> frozenset[str]:
    """What the user has, is to have, or leaves, that others may be about too."""
    values = wanted.values
    found = [f"user {wanted.user.partition('@')[0]}", *(f"phone {one.aor_user}" for one in wanted.phones)]
    numbers = [values.get("fixed"), values.get("mobile"), *wanted.alternates]
    extensions, packs = [values.get("extension")], [values.get("pack")]
    known = None if wanted.faults else await _known(conn, tenant, wanted.user)
    if known is not None:
        numbers += [known.fixed, known.mobile, *known.alternates]
        extensions.append(known.extension)
        packs.append(known.pack.value)
    found += [f"number {one}" for one in numbers if one is not None]
    found += [f"extension {one}" for one in extensions if one is not None]
    found += [f"pack {one}" for one in packs if one in limited]
    return frozenset(found)


def _needed(before: list[tuple[WantedUser, frozenset[str]]], about: list[frozenset[str]]) -> list[WantedUser]:
    """Who of ``before`` has a say in what becomes of a batch, and who had one in what became of them; in
    their order."""
    keys: set[str] = set().union(*about)
    found = []
    for one, own in reversed(before):
        if not keys.isdisjoint(own):
            found.append(one)
            keys |= own
    return found[::-1]


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
