"""Availability as the app shows it: the settings of the service ``availability`` in its own words, with what
holds now. There is no second store."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.pbx.model import NumberKind
from hipper.pbx.services.availability import Action, RejectAnnouncement

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
MOST_PROFILES = 30
MOST_NUMBERS = 13
"""Mobile, fixed, extension and ten alternate numbers."""


class Way(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of a call. ``devices``, with ``ring``: ids of telephones, null for all. ``destination``,
    with ``forward``: a number or extension. ``announcement``, with ``reject``: what the caller hears."""

    action: Action = Action.RING
    devices: Annotated[tuple[Name, ...], msgspec.Meta(max_length=30)] | None = None
    destination: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None
    announcement: RejectAnnouncement = RejectAnnouncement.NO_CALLS_TAKEN


RINGS = Way()
REJECTS = Way(action=Action.REJECT)


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``schedule``: a name of mine, or of the group's; null: ``inside`` always holds."""

    schedule: Name | None = None
    inside: Way = RINGS
    outside: Way = REJECTS


class RouteOfNumber(Route, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``number``: ``mobile``, ``fixed``, ``extension``, or an alternate number as E.164."""

    number: Name


class RouteShown(msgspec.Struct, frozen=True, kw_only=True):
    """``id``: in the path of its own resource. ``chosen`` False: nothing is set, the number always rings.
    ``inside_now`` None: without a schedule, or with one that does not exist."""

    number: str
    id: str
    kind: NumberKind
    text: str
    chosen: bool
    schedule: str | None
    inside: Way
    outside: Way
    inside_now: bool | None


class ProfileWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``private``: who stands in my private list, and who is in neither list and calls my mobile number."""

    name: Name
    business: Way = RINGS
    private: Way = RINGS


class ProfileShown(msgspec.Struct, frozen=True, kw_only=True):
    """``standard``: one every user has; choosing or changing it makes it the user's own."""

    name: str
    nl: str
    en: str
    standard: bool
    business: Way
    private: Way


class ProfileBySchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schedule: Name
    profile: Name


class ChosenBy(str, Enum):
    HAND = "hand"
    SCHEDULE = "schedule"


class ActiveProfile(msgspec.Struct, frozen=True, kw_only=True):
    """``until``: Unix seconds; None: for good, or as long as ``schedule`` holds."""

    profile: str
    by: ChosenBy
    until: float | None
    schedule: str | None


class ScheduleShown(msgspec.Struct, frozen=True, kw_only=True):
    """One that may be named. ``of_group``: everybody's of the group."""

    name: str
    of_group: bool
    holds_now: bool


class AvailabilityShown(msgspec.Struct, frozen=True, kw_only=True):
    """``active`` None: no profile, calls go by the number alone."""

    active: ActiveProfile | None
    numbers: tuple[RouteShown, ...]
    profiles: tuple[ProfileShown, ...]
    by_schedule: tuple[ProfileBySchedule, ...]
    schedules: tuple[ScheduleShown, ...]


class AvailabilityWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it but which profile was chosen by hand; that stays while the profile does. Numbers that are
    left out always ring. Profiles that are left out are gone, but for the standard ones."""

    numbers: Annotated[tuple[RouteOfNumber, ...], msgspec.Meta(max_length=MOST_NUMBERS)] = ()
    profiles: Annotated[tuple[ProfileWanted, ...], msgspec.Meta(max_length=MOST_PROFILES)] = ()
    by_schedule: Annotated[tuple[ProfileBySchedule, ...], msgspec.Meta(max_length=MOST_PROFILES)] = ()


class ProfileChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``profile`` null: by schedule again. ``until``: ``2026-11-27T18:30``, local, or with an offset; null:
    until something else is chosen."""

    profile: Name | None
    until: Annotated[str, msgspec.Meta(min_length=10, max_length=40)] | None = None


class HolidayKind(str, Enum):
    PUBLIC = "public"
    OWN = "own"
    GROUP = "group"


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """``date``: ``2026-12-25``. ``schedule``: whose event it is; None for public ones."""

    date: str
    name: str
    english: str
    kind: HolidayKind
    schedule: str | None


class Holidays(msgspec.Struct, frozen=True, kw_only=True):
    """``schedules``: those in which the public holidays count."""

    year: int
    country: str
    items: tuple[Holiday, ...]
    schedules: tuple[str, ...]
