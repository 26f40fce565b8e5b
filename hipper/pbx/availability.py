"""What availability says of a call: the schedule of the called number, then the active profile (seed 4.7.1,
5.3, 5.6). Pure.

A profile narrows what the number lets through: whatever is not *ring* by the number's schedule is final, and
devices ring that both name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from hipper.pbx import rules
from hipper.pbx.model import Announcement, CallerList, DivertReason, Number, NumberKind
from hipper.pbx.screening import Asked, kind_of_caller, note, schedule_holds
from hipper.pbx.services.availability import Action, Availability, NumberAvailability, Profile, Treatment

_NUMBER_RULE = {
    Action.RING: rules.AVAILABILITY_RINGS,
    Action.FORWARD: rules.AVAILABILITY_FORWARD,
    Action.VOICEMAIL: rules.AVAILABILITY_VOICEMAIL,
    Action.REJECT: rules.AVAILABILITY_REJECT,
}
_PROFILE_RULE = {
    Action.RING: rules.PROFILE_RINGS,
    Action.FORWARD: rules.PROFILE_FORWARD,
    Action.VOICEMAIL: rules.PROFILE_VOICEMAIL,
    Action.REJECT: rules.PROFILE_REJECT,
}


class Treated(NamedTuple):
    """``devices``: ids that ring, None for all. ``destination``: of FORWARD. ``announcement``: of REJECT."""

    action: Action
    rule: str
    reason: DivertReason
    devices: frozenset[str] | None = None
    destination: str | None = None
    announcement: Announcement = Announcement.NO_CALLS_TAKEN


def treatment(asked: Asked) -> Treated | None:
    """What availability wants, None when it has nothing to say."""
    settings = asked.services.availability
    if settings is None:
        return None
    by_number = _of_number(asked, settings)
    if by_number is not None and by_number.action is not Action.RING:
        return by_number
    by_profile = _of_profile(asked, settings)
    if by_profile is None or by_number is None or by_profile.action is not Action.RING:
        return by_profile or by_number
    return by_profile._replace(devices=_both(by_number.devices, by_profile.devices))


def names(number: Number) -> str | None:
    """How availability calls a number: ``mobile``, ``fixed``, ``extension``; an alternate one by itself."""
    if number.kind is NumberKind.ALTERNATE:
        return number.e164 or number.extension
    return str(number.kind.value)


def _of_number(asked: Asked, settings: Availability) -> Treated | None:
    name = names(asked.reached)
    for one in settings.numbers:
        if one.number == name:
            return _treated(asked, _by_schedule(asked, one), _NUMBER_RULE, DivertReason.TIME_OF_DAY)
    return None


def _by_schedule(asked: Asked, one: NumberAvailability) -> Treatment:
    """A schedule that does not exist counts as one that always holds: a name mistyped, or a schedule removed,
    must not silence a number for good."""
    if one.schedule is None:
        return one.inside
    return one.outside if schedule_holds(asked, one.schedule) is False else one.inside


def _of_profile(asked: Asked, settings: Availability) -> Treated | None:
    chosen = active_profile(settings, asked.now, partial(schedule_holds, asked))
    if chosen is None:
        return None
    name = chosen.name
    reason = DivertReason.UNCONDITIONAL if chosen.by_hand else DivertReason.TIME_OF_DAY
    profile = _profile(settings, name)
    if profile is None:
        note(asked, rules.PROFILE_UNKNOWN)
        return None
    business = kind_of_caller(asked) is CallerList.BUSINESS
    return _treated(asked, profile.business if business else profile.private, _PROFILE_RULE, reason)


class ActiveProfile(NamedTuple):
    """``until``: when a choice by hand ends, Unix seconds; None: by schedule, or for good. ``schedule``: the
    one that holds."""

    name: str
    by_hand: bool
    until: float | None = None
    schedule: str | None = None


def active_profile(
    settings: Availability, now: float, holds: Callable[[str], bool | None]
) -> ActiveProfile | None:
    """The one chosen by hand while that lasts, else the first whose schedule ``holds`` (by name)."""
    until = settings.active_until
    if settings.active_profile is not None and (until is None or now < until):
        return ActiveProfile(settings.active_profile, True, until)
    for one in settings.by_schedule:
        if holds(one.schedule):
            return ActiveProfile(one.profile, False, None, one.schedule)
    return None


def _profile(settings: Availability, name: str) -> Profile | None:
    for profile in settings.profiles:
        if profile.name == name:
            return profile
    return None


def _treated(asked: Asked, treatment: Treatment, rule_of: dict[Action, str], reason: DivertReason) -> Treated:
    devices = None if treatment.devices is None else frozenset(treatment.devices)
    if treatment.action is Action.RING and devices is not None:
        note(asked, rule_of[Action.RING])
    return Treated(
        treatment.action,
        rule_of[treatment.action],
        reason,
        devices,
        treatment.destination,
        Announcement(treatment.announcement.value),
    )


def _both(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second
