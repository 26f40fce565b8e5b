"""A moment as recordings: "morgen om 9 uur 30", said relative to today. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

WITHIN_A_WEEK = 7


def spoken_time(moment: float, now: float, zone: str) -> tuple[str, ...]:
    """Names of the pieces, in order. ``moment`` and ``now``: Unix seconds. ``zone``: IANA name. Today: the
    time alone; tomorrow; a weekday within a week; else the date."""
    local = ZoneInfo(zone)
    then, today = datetime.fromtimestamp(moment, local), datetime.fromtimestamp(now, local)
    days = (then.date() - today.date()).days
    return (*_day(then, days), f"hour_{then.hour}", f"minute_{then.minute}")


def _day(then: datetime, days: int) -> tuple[str, ...]:
    if days <= 0:
        return ()
    if days == 1:
        return ("tomorrow",)
    if days < WITHIN_A_WEEK:
        return (f"weekday_{then.weekday()}",)
    return (f"day_{then.day}", f"month_{then.month}")
