"""What the app shows of a user, and what the user changes about number and telephones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import asyncpg
import msgspec

from app.domain.me.live import Live, live_of
from app.domain.me.schemas import (
    PACK_NAMES,
    DeviceState,
    IdentityShown,
    IdentityWanted,
    Me,
    NumberToShow,
    OwnDevice,
    OwnNumber,
    PackFunction,
    ShownToList,
    WantedForList,
)
from app.problems import INVALID_SETTINGS, NOT_FOUND, InvalidMember, ProblemError
from app.stores import Stores
from hipper.directory.accounts import Account
from hipper.directory.contexts import load_subscriber, load_with_names
from hipper.directory.errors import NotTheUsersNumber
from hipper.directory.services import get_services, set_user_service
from hipper.directory.settings import Identity, get_identity, set_identity, set_withhold
from hipper.pbx.identity import number_to_show
from hipper.pbx.model import (
    CallerList,
    Device,
    DeviceKind,
    IdentityChoice,
    Number,
    NumberKind,
    SubscriberContext,
)
from hipper.pbx.service_packs import HELD, holds
from hipper.pbx.services.calling import ContactListIdentity, ShownTo
from hipper.pbx.services.registry import SERVICES, ServiceDefinition
from hipper.runtime.clock import Clock
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.format import format_number


async def me(stores: Stores, account: Account, role: str, clock: Clock) -> Me:
    found = await load_with_names(stores.own, account.subscriber)
    if found is None:
        raise ProblemError(NOT_FOUND)
    context, company, group_name = found
    live = await _live(stores, context, clock)
    functions = functions_of(context)
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
        pack_name=PACK_NAMES[context.pack],
        services=tuple(one.name for one in functions),
        functions=functions,
    )


def functions_of(context: SubscriberContext) -> tuple[PackFunction, ...]:
    """The services of the user's pack, in the order of the registry."""
    return tuple(
        PackFunction(name=name, nl=one.nl, en=one.en, active=is_active(context, one))
        for name, one in SERVICES.items()
        if one.scope == "subscriber" and name in HELD[context.pack]
    )


def is_active(context: SubscriberContext, service: ServiceDefinition) -> bool | None:
    """A service that was never set is as by default."""
    settings = getattr(context.services, service.name) or service.settings()
    active: bool | None = getattr(settings, "active", None)
    return active


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


LISTS = "contact_list_identity"


def version_of(identity: Identity, lists: ContactListIdentity | None) -> str:
    """Of an ETag: the identity has no counter of its own, and is small."""
    text = f"{identity.choice.value} {identity.alternate} {identity.withhold}"
    if lists is not None:
        text += f" {lists}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def identity_shown(stores: Stores, account: Account) -> tuple[IdentityShown, str]:
    """With its version."""
    return identity_of(await context_of(stores.own, account))


def identity_of(context: SubscriberContext) -> tuple[IdentityShown, str]:
    """As :func:`identity_shown`."""
    identity = Identity(context.identity, context.identity_alternate, context.withhold)
    lists = context.services.contact_list_identity
    number = _number(context, identity.choice, identity.alternate)
    shown = IdentityShown(
        choice=identity.choice,
        alternate=identity.alternate,
        hide=identity.withhold,
        number=number,
        text=_text(context, number),
        business=_to_list(context, CallerList.BUSINESS),
        private=_to_list(context, CallerList.PRIVATE),
        choices=tuple(_choices(context)),
    )
    return shown, version_of(identity, lists)


def _text(context: SubscriberContext, number: str | None) -> str | None:
    return format_number(number, context.country) if number else None


def _number(context: SubscriberContext, choice: IdentityChoice, alternate: str | None) -> E164 | None:
    for number in context.numbers:
        if number.kind.value != choice.value:
            continue
        if choice is not IdentityChoice.ALTERNATE or number.e164 == alternate:
            return number.e164
    return None


def _to_list(context: SubscriberContext, known_as: CallerList) -> ShownToList | None:
    lists = context.services.contact_list_identity or ContactListIdentity()
    found = lists.business if known_as is CallerList.BUSINESS else lists.private
    if found is None:
        return None
    number, _ = number_to_show(context, known_as)
    return ShownToList(
        choice=found.choice,
        alternate=found.alternate,
        hide=found.hide,
        number=number,
        text=_text(context, number),
    )


def _choices(context: SubscriberContext) -> Iterator[NumberToShow]:
    """Those that a call may show: alternate ones only with a pack that holds them (seed 9)."""
    alternates = holds(context.pack, "alternate_numbers")
    for number in context.numbers:
        if number.e164 is None or (number.kind is NumberKind.ALTERNATE and not alternates):
            continue
        yield NumberToShow(
            choice=IdentityChoice(number.kind.value),
            alternate=number.e164 if number.kind is NumberKind.ALTERNATE else None,
            text=format_number(number.e164, context.country),
        )


async def change_identity(
    stores: Stores, account: Account, wanted: IdentityWanted, by: str, check: Callable[[str], object]
) -> None:
    """Holds for the next call. ``check``: of the version as it is now. Raises ProblemError: 412, 422."""
    context = await context_of(stores.own, account)
    for name, one in (("business", wanted.business), ("private", wanted.private)):
        if isinstance(one, WantedForList):
            _check_list(context, name, one)
    async with stores.directory.acquire() as conn, conn.transaction():
        identity = await get_identity(conn, account.subscriber)
        lists = (await get_services(conn, "subscriber", account.subscriber))[LISTS]
        assert isinstance(lists.settings, ContactListIdentity)
        check(version_of(identity, lists.settings if lists.version else None))
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
        after = ContactListIdentity(
            business=_for_list(wanted.business, lists.settings.business),
            private=_for_list(wanted.private, lists.settings.private),
        )
        if after != lists.settings:
            await set_user_service(conn, account.subscriber, LISTS, after, by)


def _for_list(wanted: WantedForList | msgspec.UnsetType | None, before: ShownTo | None) -> ShownTo | None:
    if isinstance(wanted, msgspec.UnsetType):
        return before
    if wanted is None or (wanted.choice is None and wanted.hide is None):
        return None
    return ShownTo(choice=wanted.choice, alternate=wanted.alternate, hide=wanted.hide)


def _check_list(context: SubscriberContext, name: str, wanted: WantedForList) -> None:
    """Raises ProblemError: 422."""
    if wanted.choice is None:
        if wanted.alternate is not None:
            raise _not_own(f"#/{name}/alternate")
    elif _number(context, wanted.choice, wanted.alternate) is None:
        alternate = wanted.choice is IdentityChoice.ALTERNATE
        raise _not_own(f"#/{name}/{'alternate' if alternate else 'choice'}")
    elif wanted.choice is not IdentityChoice.ALTERNATE and wanted.alternate is not None:
        raise _not_own(f"#/{name}/alternate")


def _not_own(pointer: str) -> ProblemError:
    detail = "this is not a number of yours to show"
    return ProblemError(
        INVALID_SETTINGS,
        detail,
        "dit nummer is niet van deze gebruiker",
        errors=(InvalidMember(pointer=pointer, detail=detail),),
    )
