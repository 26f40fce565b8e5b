"""When a schedule holds (seed 5.3, 5.6; BroadWorks' time and holiday schedules). Pure.

Periods, events and holidays are local times of the group's zone. A day's periods are worked out once and
kept, so that a call costs microseconds: the same schedule on the same day is the same answer, and one that
was changed is another schedule. What cannot be read never holds; :func:`problems` says it beforehand.

Public holidays are those the *holidays* package lists as public for the country, less the ones that are
no day off there. In the Netherlands that is Good Friday, which the package lists, though shops, schools and
offices are open and no law or common agreement makes it free. Liberation Day is listed, and counts, once in
five years, as most agreements have it. Whoever is closed on other days adds an event.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hipper.pbx import schedules_recurrence as recurrence
from hipper.pbx.model import SubscriberContext
from hipper.pbx.schedules_times import DEFAULT_ZONE, at_midnight, local_time, minutes, moment, zone_of
from hipper.pbx.services.schedules import Event, Schedule, Schedules, Weekday, Weekly

MAX_RECURRING_DAYS = 366
"""A recurring event may last this long."""
MAX_PARTS = 200
"""Of the weekly periods, and of the events, of one schedule; what comes after does not count."""

_WEEKDAY = {weekday: number for number, weekday in enumerate(Weekday)}
_NO_DAY_OFF = {"NL": {"Good Friday"}}
_COUNTRY = re.compile(r"[A-Z]{2}")
Stretch = tuple[float, float]
"""From, till (not included), in Unix seconds."""


class PublicHoliday(NamedTuple):
    """``name``: as the country itself calls it."""

    day: date
    name: str
    english: str


class OwnDay(NamedTuple):
    """A day on which an event of a schedule begins."""

    day: date
    name: str
    schedule: str


def own_days(schedule: Schedule, year: int, zone: str) -> Iterator[OwnDay]:
    """The days of ``year`` on which events of ``schedule`` begin. What cannot be read has none."""
    place = zone_of(zone)
    for event in schedule.events[:MAX_PARTS]:
        try:
            start, _, rule = _read_event(event, place)
        except ValueError:
            continue
        if rule is None:
            days = [start.date()] if start.year == year else []
        else:
            first = date(year, 1, 1).toordinal()
            every = (date.fromordinal(first + number) for number in range(366))
            days = [day for day in every if day.year == year and recurrence.begins_on(rule, day)]
        yield from (OwnDay(day, event.name, schedule.name) for day in days)


def holds(schedule: Schedule, at: float, zone: str) -> bool:
    """Whether any part of ``schedule`` holds ``at`` (Unix seconds) in ``zone`` (IANA name)."""
    try:
        day = datetime.fromtimestamp(at, zone_of(zone)).toordinal()
    except (OverflowError, OSError, ValueError):
        return False
    return any(start <= at < end for start, end in stretches(schedule, day, zone))


def named(context: SubscriberContext, name: str, at: float, *, of_group: bool = False) -> bool | None:
    """Whether the schedule the user means by ``name`` holds: the user's own, else the group's
    (``of_group``: the group's only). None: there is none of that name."""
    own = None if of_group else context.services.schedules
    for owner in (own, context.group_services.group_schedules):
        found = _of_name(owner, name)
        if found is not None:
            return holds(found, at, context.time_zone)
    return None


def problems(schedule: Schedule) -> tuple[str, ...]:
    """What of ``schedule`` cannot be read, as phrases; empty: all of it counts."""
    found: list[str] = []
    if len(schedule.weekly) > MAX_PARTS or len(schedule.events) > MAX_PARTS:
        found.append(f"a schedule has at most {MAX_PARTS} weekly periods and {MAX_PARTS} events")
    for period in schedule.weekly:
        found += _problem(partial(minutes, period.start)) + _problem(partial(minutes, period.end))
    for event in schedule.events:
        phrases = _problem(partial(_read_event, event, zone_of(DEFAULT_ZONE)))
        found += [f"{event.name[:40]}: {phrase}" for phrase in phrases]
    if schedule.public_holidays is not None and not _known_country(schedule.public_holidays):
        found.append(f"no public holidays are known of country {schedule.public_holidays[:20]!r}")
    return tuple(found)


def prepare(country: str = "NL") -> None:
    """Load the public holidays once, before calls come: the package takes half a second to import."""
    _holidays(country, 2026)


@lru_cache(maxsize=8192)
def stretches(schedule: Schedule, day: int, zone_name: str) -> tuple[Stretch, ...]:
    """When ``schedule`` holds, as far as it touches the local day of ordinal ``day``."""
    zone = zone_of(zone_name)
    today = date.fromordinal(day)
    found: list[Stretch] = []
    for period in schedule.weekly[:MAX_PARTS]:
        found += _of_period(period, today, zone)
    for event in schedule.events[:MAX_PARTS]:
        found += _of_event(event, today, zone)
    if schedule.public_holidays is not None and today in _holidays(schedule.public_holidays, today.year):
        found += _stretch(at_midnight(today), timedelta(days=1), zone)
    return tuple(found)


def _problem(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except ValueError as error:
        return [str(error)]
    return []


def _of_name(owner: Schedules | None, name: str) -> Schedule | None:
    if owner is not None:
        for schedule in owner.schedules:
            if schedule.name == name:
                return schedule
    return None


def _of_period(period: Weekly, today: date, zone: ZoneInfo) -> Iterator[Stretch]:
    """One that begins today, and one of yesterday that may go on after midnight."""
    try:
        start, end = minutes(period.start), minutes(period.end)
    except ValueError:
        return
    length = timedelta(minutes=end - start if end > start else end - start + 1440)
    weekdays = {_WEEKDAY[day] for day in period.days}
    for ago in (0, 1):
        if (today.weekday() - ago) % 7 in weekdays and today.toordinal() > ago:
            begins = at_midnight(today) + timedelta(minutes=start) - timedelta(days=ago)
            yield from _stretch(begins, length, zone)


def _of_event(event: Event, today: date, zone: ZoneInfo) -> Iterator[Stretch]:
    try:
        start, length, rule = _read_event(event, zone)
    except ValueError:
        return
    if rule is None:
        if start.date() <= today <= (start + length).date():
            yield from _stretch(start, length, zone)
        return
    for ago in range(length.days + 2):
        if today.toordinal() > ago and recurrence.begins_on(rule, today - timedelta(days=ago)):
            begins = datetime.combine(today - timedelta(days=ago), start.time())
            yield from _stretch(begins, length, zone)


@lru_cache(maxsize=2048)
def _read_event(event: Event, zone: ZoneInfo) -> tuple[datetime, timedelta, recurrence.Recurrence | None]:
    """When it begins first, how long it lasts on the clock, how it recurs. Raises ValueError."""
    start, _ = local_time(event.starts)
    end, whole_day = local_time(event.ends)
    if whole_day:
        if end.date() == date.max:
            raise ValueError("it never ends")
        end += timedelta(days=1)
    if end <= start:
        raise ValueError("it ends before it begins")
    if event.recurrence is None:
        return start, end - start, None
    if end - start > timedelta(days=MAX_RECURRING_DAYS):
        raise ValueError("what recurs may last a year at most")
    return start, end - start, recurrence.read(event.recurrence, start, zone)


def _stretch(begins: datetime, length: timedelta, zone: ZoneInfo) -> Iterator[Stretch]:
    try:
        yield moment(begins, zone), moment(begins + length, zone)
    except (OverflowError, OSError, ValueError):
        return


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(one.day for one in public_holidays(country, year))


def public_holidays(country: str, year: int) -> tuple[PublicHoliday, ...]:
    """The days off of a country (ISO 3166 alpha-2), in their order; empty when none are known of it. Such a
    country is refused when a schedule is saved (:func:`problems`), and never asked of the package, which
    would raise."""
    listed = _listed(country, year, "en_US")
    own = _listed(country, year, country.lower())
    working = _NO_DAY_OFF.get(country, set())
    return tuple(
        PublicHoliday(day, own.get(day, name), name)
        for day, name in sorted(listed.items())
        if day.year == year and name not in working
    )


def _listed(country: str, year: int, language: str) -> dict[date, str]:
    """Names in ``language`` where the package has them, else in the country's own. Imported here: it takes
    long, and most exchanges never ask."""
    import holidays

    kind = getattr(holidays, country, None) if _COUNTRY.fullmatch(country) else None
    if kind is None or not MINYEAR <= year <= MAXYEAR:
        return {}
    return dict(kind(years=year, language=language).items())


def _known_country(country: str) -> bool:
    return bool(_holidays(country, 2026))
