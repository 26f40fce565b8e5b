"""Reads and sets the service ``availability``, in the words of the app."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import asyncpg
import msgspec

from app.domain.availability.schemas import (
    ActiveProfile,
    AvailabilityShown,
    ChosenBy,
    ProfileBySchedule,
    ProfileShown,
    RouteShown,
    ScheduleShown,
    Way,
)
from app.domain.availability.wanted import Change, check_names, invalid, schedules_of
from app.domain.me.services import context_of, own_number
from app.problems import CHANGED_MEANWHILE, ProblemError
from app.stores import Stores
from hipper.directory import services as stored
from hipper.directory.accounts import Account
from hipper.directory.errors import ChangedMeanwhile, InvalidSettings
from hipper.pbx import schedules
from hipper.pbx.availability import active_profile, names
from hipper.pbx.availability_profiles import STANDARD, standard_profiles
from hipper.pbx.model import Number, SubscriberContext
from hipper.pbx.services import availability as av
from hipper.runtime.clock import Clock

SERVICE = "availability"
TRIES = 5
"""Somebody else may change it at the same time; without If-Match the last one wins."""
_STANDARD = {one.name: one for one in STANDARD}


class Stored(NamedTuple):
    settings: av.Availability
    version: int


async def read(conn: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy, account: Account) -> Stored:
    found = (await stored.get_services(conn, "subscriber", account.subscriber))[SERVICE]
    assert isinstance(found.settings, av.Availability)
    return Stored(found.settings, found.version)


async def shown(stores: Stores, account: Account, clock: Clock) -> AvailabilityShown:
    return shown_of(await context_of(stores.own, account), clock)


def shown_of(context: SubscriberContext, clock: Clock) -> AvailabilityShown:
    """As :func:`shown`."""
    return _shown(context, context.services.availability or av.Availability(), clock.unix())


def version_of(found: AvailabilityShown) -> str:
    """Of an ETag: what holds now changes by itself, and a reader must hear of that too."""
    return hashlib.sha256(msgspec.json.encode(found)).hexdigest()[:16]


async def change(
    stores: Stores,
    account: Account,
    by: str,
    make: Change,
    check: Callable[[str], object],
    clock: Clock,
) -> None:
    """``make``: the new settings of the present ones; ``check``: of the version as it is now. Raises
    ProblemError: 412, 422."""
    context = await context_of(stores.own, account)
    async with stores.directory.acquire() as conn:
        for _ in range(TRIES):
            before = await read(conn, account)
            check(version_of(_shown(context, before.settings, clock.unix())))
            after = make(context, before.settings)
            check_names(context, after)
            try:
                await stored.set_user_service(
                    conn, account.subscriber, SERVICE, after, by, if_version=before.version
                )
            except ChangedMeanwhile:
                continue
            except InvalidSettings as error:
                text = str(error).removeprefix(f"{SERVICE}: ")
                raise invalid("#", text, text) from None
            return
    raise ProblemError(CHANGED_MEANWHILE, "read it again", "lees het opnieuw")


# --- what holds ---------------------------------------------------------------------------------------


def _shown(context: SubscriberContext, settings: av.Availability, now: float) -> AvailabilityShown:
    def holds(name: str) -> bool | None:
        return schedules.named(context, name, now)

    return AvailabilityShown(
        active=_active(settings, now, holds),
        numbers=tuple(_route(context, settings, number, holds) for number in context.numbers),
        profiles=tuple(_profiles(context, settings)),
        by_schedule=tuple(
            ProfileBySchedule(schedule=one.schedule, profile=one.profile) for one in settings.by_schedule
        ),
        schedules=tuple(
            ScheduleShown(
                name=one.name, of_group=of_group, holds_now=schedules.holds(one, now, context.time_zone)
            )
            for one, of_group in schedules_of(context)
        ),
    )


def _active(
    settings: av.Availability, now: float, holds: Callable[[str], bool | None]
) -> ActiveProfile | None:
    found = active_profile(settings, now, holds)
    if found is None:
        return None
    by = ChosenBy.HAND if found.by_hand else ChosenBy.SCHEDULE
    return ActiveProfile(profile=found.name, by=by, until=found.until, schedule=found.schedule)


def _route(
    context: SubscriberContext,
    settings: av.Availability,
    number: Number,
    holds: Callable[[str], bool | None],
) -> RouteShown:
    name = names(number) or ""
    found = next((one for one in settings.numbers if one.number == name), None)
    written = own_number(number, context.country)
    rings = av.NumberAvailability(number=name, outside=av.Treatment())
    one = found or rings
    return RouteShown(
        number=name,
        id=name.removeprefix("+"),
        kind=number.kind,
        text=written.text,
        chosen=found is not None,
        schedule=one.schedule,
        inside=_way(one.inside),
        outside=_way(one.outside),
        inside_now=None if one.schedule is None else holds(one.schedule),
    )


def _profiles(context: SubscriberContext, settings: av.Availability) -> Iterator[ProfileShown]:
    """Those of the user, and the standard ones that are not among them."""
    own = {one.name for one in settings.profiles}
    missing = [one for one in standard_profiles(context) if one.name not in own]
    for profile in (*missing, *settings.profiles):
        label = _STANDARD.get(profile.name)
        yield ProfileShown(
            name=profile.name,
            nl=profile.name if label is None else label.nl,
            en=profile.name if label is None else label.en,
            standard=label is not None,
            business=_way(profile.business),
            private=_way(profile.private),
        )


def _way(treatment: av.Treatment) -> Way:
    return Way(
        action=treatment.action,
        devices=treatment.devices,
        destination=treatment.destination,
        announcement=treatment.announcement,
    )
