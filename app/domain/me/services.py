"""What the app shows of a user, and what the user changes about number and telephones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import asyncpg

from app.domain.me.live import Live, live_of
from app.domain.me.schemas import (
    DeviceState,
    IdentityShown,
    IdentityWanted,
    Me,
    OwnDevice,
    OwnNumber,
)
from app.problems import INVALID_SETTINGS, NOT_FOUND, InvalidMember, ProblemError
from app.stores import Stores
from hipper.directory.accounts import Account, names_of
from hipper.directory.contexts import load_subscriber
from hipper.directory.errors import NotTheUsersNumber
from hipper.directory.settings import Identity, get_identity, set_identity, set_withhold
from hipper.pbx.model import Device, DeviceKind, IdentityChoice, Number, SubscriberContext
from hipper.pbx.service_packs import HELD
from hipper.pbx.services.registry import SERVICES
from hipper.runtime.clock import Clock
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.format import format_number


async def me(stores: Stores, account: Account, role: str, clock: Clock) -> Me:
    context = await context_of(stores.own, account)
    company, group_name = await names_of(stores.own, account.group)
    live = await _live(stores, context, clock)
    return Me(
        id=context.subscriber,
        user=account.aor,
        display_name=context.display_name,
        language=context.language,
        role=role,
        company=company,
        group=context.group,
        group_name=group_name,
        numbers=tuple(own_number(number, context.country) for number in context.numbers),
        devices=tuple(own_device(device, live) for device in context.devices),
        live=live is not None,
        pack=context.pack,
        services=tuple(
            name for name, one in SERVICES.items() if one.scope == "subscriber" and name in HELD[context.pack]
        ),
    )


async def context_of(pool: asyncpg.Pool, account: Account) -> SubscriberContext:
    """Raises ProblemError: 404 when the user went away since the guard looked."""
    context = await load_subscriber(pool, account.subscriber)
    if context is None:
        raise ProblemError(NOT_FOUND)
    return context


async def _live(stores: Stores, context: SubscriberContext, clock: Clock) -> Live | None:
    desk_phones = [one.id for one in context.devices if one.kind is DeviceKind.DESK_PHONE]
    return await live_of(stores.bus, stores.gateway, context.subscriber, desk_phones, clock.unix())


def own_number(number: Number, country: str) -> OwnNumber:
    return OwnNumber(
        kind=number.kind,
        text=format_number(number.e164, country) if number.e164 else number.extension or "",
        e164=number.e164,
        extension=number.extension,
    )


def own_device(device: Device, live: Live | None) -> OwnDevice:
    ours = device.kind is DeviceKind.DESK_PHONE
    registered = device.id in live.registered if live is not None and ours else None
    calls = live.calls.get(device.id, 0) if live is not None else 0
    return OwnDevice(
        id=device.id,
        kind=device.kind,
        label=device.label,
        site=device.site,
        rings=device.rings,
        state=_state(device, live, registered, calls),
        registered=registered,
        calls=calls,
    )


def _state(device: Device, live: Live | None, registered: bool | None, calls: int) -> DeviceState:
    if calls:
        return DeviceState.IN_CALL
    if not device.rings:
        return DeviceState.SWITCHED_OFF
    if live is None:
        return DeviceState.UNKNOWN
    if registered is None:
        return DeviceState.IN_NETWORK
    return DeviceState.REGISTERED if registered else DeviceState.NOT_REGISTERED


# --- identity -----------------------------------------------------------------------------------------


def version_of(identity: Identity) -> str:
    """Of an ETag: the identity has no counter of its own, and is small."""
    text = f"{identity.choice.value} {identity.alternate} {identity.withhold}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def identity_shown(stores: Stores, account: Account) -> tuple[IdentityShown, str]:
    """With its version."""
    context = await context_of(stores.own, account)
    identity = Identity(context.identity, context.identity_alternate, context.withhold)
    number = _number(context, identity)
    shown = IdentityShown(
        choice=identity.choice,
        alternate=identity.alternate,
        hide=identity.withhold,
        number=number,
        text=format_number(number, context.country) if number else None,
    )
    return shown, version_of(identity)


def _number(context: SubscriberContext, identity: Identity) -> E164 | None:
    for number in context.numbers:
        if number.kind.value != identity.choice.value:
            continue
        if identity.choice is not IdentityChoice.ALTERNATE or number.e164 == identity.alternate:
            return number.e164
    return None


async def change_identity(
    stores: Stores, account: Account, wanted: IdentityWanted, by: str, check: Callable[[str], object]
) -> None:
    """Holds for the next call. ``check``: of the version as it is now. Raises ProblemError: 412, 422."""
    async with stores.directory.acquire() as conn, conn.transaction():
        check(version_of(await get_identity(conn, account.subscriber)))
        try:
            await set_identity(
                conn,
                account.subscriber,
                wanted.choice,
                by,
                alternate=None if wanted.alternate is None else E164(wanted.alternate),
            )
        except NotTheUsersNumber as error:
            pointer = "#/alternate" if wanted.choice is IdentityChoice.ALTERNATE else "#/choice"
            raise ProblemError(
                INVALID_SETTINGS,
                str(error),
                "dit nummer is niet van deze gebruiker",
                errors=(InvalidMember(pointer=pointer, detail=str(error)),),
            ) from None
        await set_withhold(conn, account.subscriber, wanted.hide, by)
