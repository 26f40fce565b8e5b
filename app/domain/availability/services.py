"""Reads and sets the service ``availability``, in the words of the app."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from app.domain.availability.schemas import (
    ActiveProfile,
    AvailabilityShown,
    AvailabilityWanted,
    ChosenBy,
    Holiday,
    HolidayKind,
    Holidays,
    ProfileBySchedule,
    ProfileChoice,
    ProfileShown,
    Route,
    RouteOfNumber,
    RouteShown,
    ScheduleShown,
    Way,
)
from app.domain.me.services import context_of, own_number
from app.problems import CHANGED_MEANWHILE, INVALID_SETTINGS, NOT_FOUND, InvalidMember, ProblemError
from app.stores import Stores
from hipper.directory import services as stored
from hipper.directory.accounts import Account
from hipper.directory.dry_runs import NoTime, time_of
from hipper.directory.errors import ChangedMeanwhile, InvalidSettings
from hipper.pbx import schedules
from hipper.pbx.availability import active_profile, names
from hipper.pbx.availability_profiles import STANDARD, standard_profiles
from hipper.pbx.model import Number, SubscriberContext
from hipper.pbx.schedules_times import zone_of
from hipper.pbx.services import availability as av
from hipper.pbx.services.schedules import Schedule
from hipper.runtime.clock import Clock

SERVICE = "availability"
TRIES = 5
"""Somebody else may change it at the same time; without If-Match the last one wins."""
MOST_DAYS = 1000
_STANDARD = {one.name: one for one in STANDARD}
Change = Callable[[SubscriberContext, av.Availability], av.Availability]


class Stored(NamedTuple):
    settings: av.Availability
    version: int


async def read(conn: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy, account: Account) -> Stored:
    found = (await stored.get_services(conn, "subscriber", account.subscriber))[SERVICE]
    assert isinstance(found.settings, av.Availability)
    return Stored(found.settings, found.version)


async def shown(stores: Stores, account: Account, clock: Clock) -> AvailabilityShown:
    context = await context_of(stores.own, account)
    async with stores.own.acquire() as conn:
        found = await read(conn, account)
    return _shown(context, found.settings, clock.unix())


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
            _check_names(context, after)
            try:
                await stored.set_user_service(
                    conn, account.subscriber, SERVICE, after, by, if_version=before.version
                )
            except ChangedMeanwhile:
                continue
            except InvalidSettings as error:
                text = str(error).removeprefix(f"{SERVICE}: ")
                raise _invalid("#", text, text) from None
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


def schedules_of(context: SubscriberContext) -> Iterator[tuple[Schedule, bool]]:
    """That the user may name, and whether it is the group's; a user's own hides the group's."""
    own = context.services.schedules
    group = context.group_services.group_schedules
    mine = () if own is None else own.schedules
    yield from ((one, False) for one in mine)
    hidden = {one.name for one in mine}
    yield from ((one, True) for one in (() if group is None else group.schedules) if one.name not in hidden)


# --- what is wanted -----------------------------------------------------------------------------------


def whole(wanted: AvailabilityWanted) -> Change:
    def make(context: SubscriberContext, before: av.Availability) -> av.Availability:
        named = {one.profile for one in wanted.by_schedule} | {before.active_profile}
        profiles = tuple(
            av.Profile(name=one.name, business=_treatment(one.business), private=_treatment(one.private))
            for one in wanted.profiles
        )
        profiles = _with_standard(context, profiles, named)
        kept = before.active_profile in {one.name for one in profiles}
        return av.Availability(
            numbers=tuple(_number(one.number, one) for one in wanted.numbers),
            profiles=profiles,
            by_schedule=tuple(
                av.ProfileBySchedule(schedule=one.schedule, profile=one.profile) for one in wanted.by_schedule
            ),
            active_profile=before.active_profile if kept else None,
            active_until=before.active_until if kept else None,
        )

    return make


def by_hand(choice: ProfileChoice, now: float) -> Change:
    def make(context: SubscriberContext, before: av.Availability) -> av.Availability:
        until = None
        if choice.until is not None and choice.profile is not None:
            until = _until(context, choice.until, now)
        profiles = _with_standard(context, before.profiles, {choice.profile})
        if choice.profile is not None and choice.profile not in {one.name for one in profiles}:
            raise _invalid("#/profile", "there is no such profile", "dit profiel bestaat niet")
        return msgspec.structs.replace(
            before, profiles=profiles, active_profile=choice.profile, active_until=until
        )

    return make


def of_number(own_number: str, route: Route | None) -> Change:
    """``own_number``: the ``id`` of its route. ``route`` None: it always rings again."""

    def make(context: SubscriberContext, before: av.Availability) -> av.Availability:
        number = number_with(context, own_number)
        if number is None:
            raise ProblemError(NOT_FOUND)
        others = tuple(one for one in before.numbers if one.number != number)
        mine = () if route is None else (_number(number, route),)
        return msgspec.structs.replace(before, numbers=(*others, *mine))

    return make


def number_with(context: SubscriberContext, own_number: str) -> str | None:
    """The number of the user, as availability calls it, whose route has this id."""
    every = (names(one) or "" for one in context.numbers)
    return next((one for one in every if one.removeprefix("+") == own_number), None)


def _until(context: SubscriberContext, text: str, now: float) -> float:
    try:
        until = time_of(context, text)
    except NoTime as error:
        raise _invalid("#/until", str(error), "een tijd is als 2026-11-27T18:30, of met een offset") from None
    if until <= now:
        raise _invalid("#/until", "this moment has passed", "dit moment is voorbij")
    return until


def _with_standard(
    context: SubscriberContext, profiles: tuple[av.Profile, ...], wanted: set[str | None]
) -> tuple[av.Profile, ...]:
    """A standard profile that is used becomes the user's own."""
    own = {one.name for one in profiles}
    used = (one for one in standard_profiles(context) if one.name in wanted and one.name not in own)
    return (*profiles, *used)


def _number(name: str, route: Route | RouteOfNumber) -> av.NumberAvailability:
    return av.NumberAvailability(
        number=name,
        schedule=route.schedule,
        inside=_treatment(route.inside),
        outside=_treatment(route.outside),
    )


def _treatment(way: Way) -> av.Treatment:
    return av.Treatment(
        action=way.action, devices=way.devices, destination=way.destination, announcement=way.announcement
    )


def _check_names(context: SubscriberContext, settings: av.Availability) -> None:
    """What the settings name must be the user's: on a call a name that is nobody's does nothing, which is no
    help to who mistyped it. Raises ProblemError: 422."""
    numbers = {names(one) for one in context.numbers}
    known = {one.name for one, _ in schedules_of(context)}
    for index, one in enumerate(settings.numbers):
        if one.number not in numbers:
            raise _invalid(f"#/numbers/{index}/number", "not a number of yours", "dit is geen nummer van u")
        if one.schedule is not None and one.schedule not in known:
            raise _no_schedule(f"#/numbers/{index}/schedule")
    for index, by in enumerate(settings.by_schedule):
        if by.schedule not in known:
            raise _no_schedule(f"#/by_schedule/{index}/schedule")
    devices = {one.id for one in context.devices}
    for pointer, treatment in _treatments(settings):
        strange = [one for one in treatment.devices or () if one not in devices and not _is_remote(one)]
        if strange:
            raise _invalid(f"#/{pointer}/devices", "not a telephone of yours", "dit toestel is niet van u")


def _is_remote(device: str) -> bool:
    """A number that rings along (Anywhere, Simultaneous Ring)."""
    return device.startswith("remote:")


def _treatments(settings: av.Availability) -> Iterator[tuple[str, av.Treatment]]:
    for index, number in enumerate(settings.numbers):
        yield f"numbers/{index}/inside", number.inside
        yield f"numbers/{index}/outside", number.outside
    for index, profile in enumerate(settings.profiles):
        yield f"profiles/{index}/business", profile.business
        yield f"profiles/{index}/private", profile.private


def _no_schedule(pointer: str) -> ProblemError:
    return _invalid(pointer, "there is no such schedule", "dit tijdschema bestaat niet")


def _invalid(pointer: str, detail: str, uitleg: str) -> ProblemError:
    member = InvalidMember(pointer=pointer, detail=detail)
    return ProblemError(INVALID_SETTINGS, detail, uitleg, errors=(member,))


# --- holidays -----------------------------------------------------------------------------------------


def this_year(context: SubscriberContext, now: float) -> int:
    return datetime.fromtimestamp(now, zone_of(context.time_zone)).year


def holidays(context: SubscriberContext, year: int) -> Holidays:
    """Public ones of the user's country, and the events of the schedules the user may name."""
    found: list[Holiday] = [
        Holiday(
            date=one.day.isoformat(),
            name=one.name,
            english=one.english,
            kind=HolidayKind.PUBLIC,
            schedule=None,
        )
        for one in schedules.public_holidays(context.country, year)
    ]
    every = list(schedules_of(context))
    for schedule, of_group in every:
        kind = HolidayKind.GROUP if of_group else HolidayKind.OWN
        for day in schedules.own_days(schedule, year, context.time_zone):
            if len(found) >= MOST_DAYS:
                break
            found.append(
                Holiday(
                    date=day.day.isoformat(),
                    name=day.name,
                    english=day.name,
                    kind=kind,
                    schedule=day.schedule,
                )
            )
    return Holidays(
        year=year,
        country=context.country,
        items=tuple(sorted(found, key=_by_date)),
        schedules=tuple(one.name for one, _ in every if one.public_holidays == context.country),
    )


def _by_date(one: Holiday) -> Any:
    return one.date, one.kind.value, one.name
