"""Which tiles a user sees, and what stands on them now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec

from app.domain.availability.services import shown_of as availability_of
from app.domain.me.services import functions_of, identity_of, is_active
from app.domain.overview import statements
from app.domain.overview.schemas import Overview, OverviewWanted, Tile, TileName
from app.domain.services.services import complete
from app.problems import CHANGED_MEANWHILE, INVALID_SETTINGS, NOT_FOUND, InvalidMember, ProblemError
from app.stores import Stores
from hipper.directory.accounts import Account
from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.contexts import load_and_ask
from hipper.directory.told import tell
from hipper.pbx.model import ServicePack, SubscriberContext
from hipper.pbx.service_packs import HELD
from hipper.pbx.services.registry import SERVICES
from hipper.runtime.clock import Clock

TRIES = 5
"""Another device may choose at the same time; without If-Match the last one wins."""
IDENTITY, AVAILABILITY, DEVICES = "identity", "availability", "devices"
_OWN = {
    AVAILABILITY: TileName(tile=AVAILABILITY, nl="Bereikbaarheid", en="Availability"),
    IDENTITY: TileName(tile=IDENTITY, nl="Nummerweergave", en="Number shown"),
    DEVICES: TileName(tile=DEVICES, nl="Toestellen", en="Telephones"),
}
"""Tiles that are no service with a switch, first in the order; the others are services by their names."""
_USUAL = (
    AVAILABILITY,
    IDENTITY,
    DEVICES,
    "do_not_disturb",
    "call_forwarding_always",
    "voicemail",
    "call_forwarding_no_answer",
    "personal_assistant",
    "anywhere",
    "simultaneous_ring_personal",
)
"""What people change most, of which a pack shows what it holds."""
_MOBILE_FIRST = (IDENTITY, AVAILABILITY)
"""With a mobile the number shown is the first thing one changes (seed 5.1)."""
_PACKS_WITH_MOBILE = frozenset({ServicePack.VAST_MOBIEL_BUSINESS_PLUS, ServicePack.VAST_MOBIEL_PREMIUM_PLUS})


def usual_tiles(pack: ServicePack) -> tuple[str, ...]:
    """Those of a user who has not chosen any."""
    held = tuple(name for name in _USUAL if name in _OWN or name in HELD[pack])
    if pack not in _PACKS_WITH_MOBILE:
        return held
    return (*_MOBILE_FIRST, *(name for name in held if name not in _MOBILE_FIRST))


def possible_tiles(context: SubscriberContext) -> dict[str, TileName]:
    """By name, in the order in which they are offered."""
    services = {one.name: TileName(tile=one.name, nl=one.nl, en=one.en) for one in functions_of(context)}
    return _OWN | {name: one for name, one in services.items() if name not in _OWN}


async def overview(stores: Stores, account: Account, clock: Clock) -> Overview:
    context, chosen = await _read(stores.own, account)
    return _overview(context, chosen, clock)


async def _read(pool: asyncpg.Pool, account: Account) -> tuple[SubscriberContext, list[str] | None]:
    """The user, and the tiles that were chosen. Raises ProblemError: 404 when the user went away since the
    guard looked."""
    found = await load_and_ask(pool, account.subscriber, statements.CHOSEN)
    if found is None:
        raise ProblemError(NOT_FOUND)
    return found


def _overview(context: SubscriberContext, chosen: list[str] | None, clock: Clock) -> Overview:
    """``chosen`` None: nothing was."""
    possible = possible_tiles(context)
    wanted = usual_tiles(context.pack) if chosen is None else chosen
    names = [name for name in wanted if name in possible]
    return Overview(
        chosen=chosen is not None,
        tiles=tuple(_tile(context, possible[name], clock) for name in names),
        more=tuple(one for name, one in possible.items() if name not in names),
    )


def version_of(found: Overview) -> str:
    """Of an ETag: of what is shown, so that a reader hears of every change."""
    return hashlib.sha256(msgspec.json.encode(found)).hexdigest()[:16]


async def change(
    stores: Stores,
    account: Account,
    wanted: OverviewWanted,
    by: str,
    check: Callable[[str], object],
    clock: Clock,
) -> None:
    """Raises ProblemError: 412, 422."""
    for _ in range(TRIES):
        context, seen = await _read(stores.own, account)
        if wanted.tiles is not None:
            _check(wanted.tiles, possible_tiles(context))
        check(version_of(_overview(context, seen, clock)))
        if await _replace(stores.own, account, seen, wanted.tiles, by):
            return
    raise ProblemError(CHANGED_MEANWHILE, "read it again", "lees het opnieuw")


async def _replace(
    pool: asyncpg.Pool, account: Account, seen: list[str] | None, tiles: tuple[str, ...] | None, by: str
) -> bool:
    """False: another device was first. ``seen``: what stood there."""
    async with pool.acquire() as conn, conn.transaction():
        first = await conn.execute(statements.FIRST, account.subscriber) != "INSERT 0 0"
        before = None if first else await conn.fetchval(statements.LOCKED, account.subscriber)
        if before != seen:
            if first:
                await conn.execute(statements.FORGET, account.subscriber)
            return False
        if tiles is None:
            await conn.execute(statements.FORGET, account.subscriber)
        elif await conn.execute(statements.SET, account.subscriber, list(tiles)) != "UPDATE 1":
            return False
        change = f"overview {_text(before)} -> {_text(tiles)}"
        entry = AuditEntry(tenant=account.tenant, by=by, subject=f"subscriber {account.aor}", change=change)
        await write_audit(conn, [entry])
        await tell(conn, account.tenant, account.subscriber, "overview", by)
    return True


def _text(tiles: list[str] | tuple[str, ...] | None) -> str:
    return "(of the pack)" if tiles is None else ", ".join(tiles) or "(none)"


def _check(tiles: tuple[str, ...], possible: dict[str, TileName]) -> None:
    for index, name in enumerate(tiles):
        if name not in possible:
            raise _invalid(index, "there is no such tile for you", "deze tegel is er niet voor u")
        if name in tiles[:index]:
            raise _invalid(index, "this tile is there already", "deze tegel staat er al")


def _invalid(index: int, detail: str, uitleg: str) -> ProblemError:
    member = InvalidMember(pointer=f"#/tiles/{index}", detail=detail)
    return ProblemError(INVALID_SETTINGS, detail, uitleg, errors=(member,))


def _tile(context: SubscriberContext, name: TileName, clock: Clock) -> Tile:
    active: bool | None = None
    at = f"/v1/me/{name.tile}" if name.tile in (IDENTITY, AVAILABILITY) else "/v1/me"
    if name.tile == IDENTITY:
        found, _ = identity_of(context)
        state = complete(found)
    elif name.tile == AVAILABILITY:
        state = {"active": complete(availability_of(context, clock).active)}
    elif name.tile == DEVICES:
        rings = [{"id": one.id, "label": one.label, "rings": one.rings} for one in context.devices]
        state = {"devices": rings}
    else:
        at = f"/v1/me/services/{name.tile}"
        active, state = _of_service(context, name.tile)
    return Tile(tile=name.tile, nl=name.nl, en=name.en, active=active, state=state, at=at)


def _of_service(context: SubscriberContext, name: str) -> tuple[bool | None, dict[str, Any]]:
    settings = getattr(context.services, name) or SERVICES[name].settings()
    state: dict[str, Any] = complete(settings)
    return is_active(context, SERVICES[name]), state
