"""Availability: per number a schedule, and profiles that treat business and private callers differently (seed
4.7.1, 5.3, 5.6)."""

from __future__ import annotations

from enum import Enum

from hipper.pbx.services.base import Settings


class Action(str, Enum):
    RING = "ring"
    FORWARD = "forward"
    VOICEMAIL = "voicemail"
    REJECT = "reject"
    """The caller hears that no calls are taken, or why."""


class RejectAnnouncement(str, Enum):
    """What a caller hears whose call is not taken; names of :class:`~hipper.pbx.model.Announcement`."""

    NO_CALLS_TAKEN = "no_calls_taken"
    USER_UNAVAILABLE = "user_unavailable"
    BUSY_IN_MEETING = "busy_in_meeting"
    OUT_OF_OFFICE = "out_of_office"
    ON_HOLIDAY = "on_holiday"


class Treatment(Settings, frozen=True, kw_only=True):
    """``devices``: device ids that ring; None: all. ``destination``, with FORWARD: digits. ``announcement``,
    with REJECT: what the caller hears."""

    action: Action = Action.RING
    devices: tuple[str, ...] | None = None
    destination: str | None = None
    announcement: RejectAnnouncement = RejectAnnouncement.NO_CALLS_TAKEN


class NumberAvailability(Settings, frozen=True, kw_only=True):
    """``number``: ``mobile``, ``fixed``, ``extension``, or an alternate number as E.164. ``schedule`` None:
    ``inside`` always holds."""

    number: str
    schedule: str | None = None
    inside: Treatment = Treatment()
    outside: Treatment = Treatment(action=Action.REJECT)


class Profile(Settings, frozen=True, kw_only=True):
    """*Available, Meeting, Out, Holiday…* and the user's own ones."""

    name: str
    business: Treatment = Treatment()
    private: Treatment = Treatment()


class ProfileBySchedule(Settings, frozen=True, kw_only=True):
    schedule: str
    profile: str


class Availability(Settings, frozen=True, kw_only=True):
    """``active_profile``: chosen by hand, ``until`` (Unix seconds) or for good; else the first of
    ``by_schedule`` whose schedule holds; else none. The number's schedule is asked first: a profile only
    narrows what the number lets through."""

    numbers: tuple[NumberAvailability, ...] = ()
    profiles: tuple[Profile, ...] = ()
    active_profile: str | None = None
    active_until: float | None = None
    by_schedule: tuple[ProfileBySchedule, ...] = ()
