"""Days off: public ones, and those of the schedules a user may name."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from app.domain.availability.schemas import Holiday, HolidayKind, Holidays
from app.domain.availability.wanted import schedules_of
from hipper.pbx import schedules
from hipper.pbx.model import SubscriberContext
from hipper.pbx.schedules_times import zone_of

MOST_DAYS = 1000


def this_year(context: SubscriberContext, now: float) -> int:
    return datetime.fromtimestamp(now, zone_of(context.time_zone)).year


def holidays(context: SubscriberContext, year: int) -> Holidays:
    """Public ones of the user's country, and the events of the schedules the user may name."""
    found = list(_public(context.country, year))
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


@lru_cache(maxsize=1024)
def _public(country: str, year: int) -> tuple[Holiday, ...]:
    return tuple(
        Holiday(
            date=one.day.isoformat(),
            name=one.name,
            english=one.english,
            kind=HolidayKind.PUBLIC,
            schedule=None,
        )
        for one in schedules.public_holidays(country, year)
    )


def _by_date(one: Holiday) -> tuple[str, str, str]:
    return one.date, one.kind.value, one.name
