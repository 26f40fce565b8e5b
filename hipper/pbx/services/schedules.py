"""Schedules: when something holds, in the time zone of the group (BroadWorks' Schedule, time and holiday)."""

from __future__ import annotations

from enum import Enum

from hipper.pbx.services.base import Settings


class Weekday(str, Enum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Weekly(Settings, frozen=True, kw_only=True):
    """Every week on ``days`` from ``start`` to ``end`` (``09:00``, local time; the end is not included). An
    ``end`` that is not after ``start`` lies on the next day; ``24:00`` is the end of the day."""

    days: tuple[Weekday, ...]
    start: str = "00:00"
    end: str = "24:00"


class Event(Settings, frozen=True, kw_only=True):
    """Once, or by ``recurrence`` (an RRULE of RFC 5545 without the name, ``FREQ=YEARLY``). ``starts`` and
    ``ends``: a day (``2026-12-24``, the end included) or a local time (``2026-12-24T17:00``)."""

    name: str
    starts: str
    ends: str
    recurrence: str | None = None


class Schedule(Settings, frozen=True, kw_only=True):
    """``public_holidays``: country code whose public holidays count (``NL``). Holds when any part does."""

    name: str
    weekly: tuple[Weekly, ...] = ()
    events: tuple[Event, ...] = ()
    public_holidays: str | None = None


class Schedules(Settings, frozen=True, kw_only=True):
    """Those of one owner; a user's hides the group's of the same name."""

    schedules: tuple[Schedule, ...] = ()
