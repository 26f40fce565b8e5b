"""Changes of availability: from what the app asks to settings, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from app.domain.availability.schemas import (
    AvailabilityWanted,
    ProfileChoice,
    Route,
    RouteOfNumber,
    Way,
)
from app.problems import INVALID_SETTINGS, NOT_FOUND, InvalidMember, ProblemError
from hipper.directory.dry_runs import NoTime, time_of
from hipper.pbx.availability import names
from hipper.pbx.availability_profiles import standard_profiles
from hipper.pbx.model import SubscriberContext
from hipper.pbx.services import availability as av
from hipper.pbx.services.schedules import Schedule

Change = Callable[[SubscriberContext, av.Availability], av.Availability]


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
            raise invalid("#/profile", "there is no such profile", "dit profiel bestaat niet")
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
        raise invalid("#/until", str(error), "een tijd is als 2026-11-27T18:30, of met een offset") from None
    if until <= now:
        raise invalid("#/until", "this moment has passed", "dit moment is voorbij")
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


def check_names(context: SubscriberContext, settings: av.Availability) -> None:
    """What the settings name must be the user's: on a call a name that is nobody's does nothing, which is no
    help to who mistyped it. Raises ProblemError: 422."""
    numbers = {names(one) for one in context.numbers}
    known = {one.name for one, _ in schedules_of(context)}
    for index, one in enumerate(settings.numbers):
        if one.number not in numbers:
            raise invalid(f"#/numbers/{index}/number", "not a number of yours", "dit is geen nummer van u")
        if one.schedule is not None and one.schedule not in known:
            raise _no_schedule(f"#/numbers/{index}/schedule")
    for index, by in enumerate(settings.by_schedule):
        if by.schedule not in known:
            raise _no_schedule(f"#/by_schedule/{index}/schedule")
    devices = {one.id for one in context.devices}
    for pointer, treatment in _treatments(settings):
        strange = [one for one in treatment.devices or () if one not in devices and not _is_remote(one)]
        if strange:
            raise invalid(f"#/{pointer}/devices", "not a telephone of yours", "dit toestel is niet van u")


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
    return invalid(pointer, "there is no such schedule", "dit tijdschema bestaat niet")


def invalid(pointer: str, detail: str, uitleg: str) -> ProblemError:
    member = InvalidMember(pointer=pointer, detail=detail)
    return ProblemError(INVALID_SETTINGS, detail, uitleg, errors=(member,))


def schedules_of(context: SubscriberContext) -> Iterator[tuple[Schedule, bool]]:
    """That the user may name, and whether it is the group's; a user's own hides the group's."""
    own = context.services.schedules
    group = context.group_services.group_schedules
    mine = () if own is None else own.schedules
    yield from ((one, False) for one in mine)
    hidden = {one.name for one in mine}
    yield from ((one, True) for one in (() if group is None else group.schedules) if one.name not in hidden)
