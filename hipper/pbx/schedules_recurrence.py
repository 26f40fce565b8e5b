"""RRULE of RFC 5545 §3.3.10, as far as days go: daily, weekly, monthly, yearly.

Asks whether a rule means a day instead of generating days: dateutil walks from the first occurrence, and a
rule that never occurs (30 February) keeps it busy for seconds. Here every question costs microseconds,
whatever somebody wrote. Pure.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MAX_COUNT = 1000
MAX_INTERVAL = 1000
MAX_COUNTED_DAYS = 40 * 366
"""A rule with COUNT is followed this far; what it would mean later is not counted."""

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_KEYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST"}


class Recurrence(NamedTuple):
    """A rule that was read. ``weekdays``: (ordinal or 0, weekday with Monday 0). ``last``: the last moment an
    occurrence may begin, local time."""

    first: datetime
    frequency: str
    interval: int
    last: datetime | None
    months: frozenset[int]
    month_days: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    positions: tuple[int, ...]
    week_start: int


@lru_cache(maxsize=2048)
def read(rule: str, first: datetime, zone: ZoneInfo) -> Recurrence:
    """``first``: naive local time of the first occurrence (DTSTART). An UNTIL in UTC is taken to ``zone``.
    Raises ValueError with a phrase that says what cannot be read."""
    parts = _parts(rule)
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other")
    weekdays = frozenset(_weekday(text) for text in _list(parts, "BYDAY"))
    if frequency in ("DAILY", "WEEKLY") and any(ordinal for ordinal, _ in weekdays):
        raise ValueError("BYDAY with a number needs FREQ=MONTHLY or YEARLY")
    months = frozenset(_number(text, 1, 12, "BYMONTH") for text in _list(parts, "BYMONTH"))
    month_days = frozenset(_signed(text, 31, "BYMONTHDAY") for text in _list(parts, "BYMONTHDAY"))
    if not weekdays and not month_days:
        months, month_days, weekdays = _by_first(frequency, first, months)
    found = Recurrence(
        first=first,
        frequency=frequency,
        interval=_number(parts.get("INTERVAL", "1"), 1, MAX_INTERVAL, "INTERVAL"),
        last=_until(parts["UNTIL"], zone) if "UNTIL" in parts else None,
        months=months,
        month_days=month_days,
        weekdays=weekdays,
        positions=tuple(_signed(text, 366, "BYSETPOS") for text in _list(parts, "BYSETPOS")),
        week_start=_weekday(parts.get("WKST", "MO"))[1],
    )
    if "COUNT" not in parts:
        return found
    return found._replace(last=_last_of(found, _number(parts["COUNT"], 1, MAX_COUNT, "COUNT")))


def begins_on(rule: Recurrence, day: date) -> bool:
    """Whether an occurrence begins on ``day`` (at the time of day of the first)."""
    if day < rule.first.date() or _period(rule, day) % rule.interval or not _fits(rule, day):
        return False
    if rule.last is not None and datetime.combine(day, rule.first.time()) > rule.last:
        return False
    if not rule.positions:
        return True
    days = [one for one in _days_of_period(rule, day) if _fits(rule, one)]
    place = days.index(day)
    return place + 1 in rule.positions or place - len(days) in rule.positions


def _by_first(
    frequency: str, first: datetime, months: frozenset[int]
) -> tuple[frozenset[int], frozenset[int], frozenset[tuple[int, int]]]:
    """What the rule leaves open is as in the first occurrence (RFC 5545 §3.3.10)."""
    if frequency == "WEEKLY":
        return months, frozenset(), frozenset({(0, first.weekday())})
    if frequency == "MONTHLY":
        return months, frozenset({first.day}), frozenset()
    if frequency == "YEARLY":
        return months or frozenset({first.month}), frozenset({first.day}), frozenset()
    return months, frozenset(), frozenset()


def _fits(rule: Recurrence, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days:
        backwards = day.day - monthrange(day.year, day.month)[1] - 1
        if day.day not in rule.month_days and backwards not in rule.month_days:
            return False
    if not rule.weekdays or (0, day.weekday()) in rule.weekdays:
        return True
    return any(one in rule.weekdays for one in _ordinals(rule, day))


def _ordinals(rule: Recurrence, day: date) -> tuple[tuple[int, int], tuple[int, int]]:
    """``day`` as the n-th and the n-th last of its weekday, within its month, or within its year when a
    yearly rule names no months."""
    if rule.frequency == "YEARLY" and not rule.months:
        place = day.timetuple().tm_yday
        length = 366 if monthrange(day.year, 2)[1] == 29 else 365
    else:
        place, length = day.day, monthrange(day.year, day.month)[1]
    return ((place - 1) // 7 + 1, day.weekday()), (-((length - place) // 7 + 1), day.weekday())


def _week_of(rule: Recurrence, day: date) -> int:
    """Ordinal of the first day of the week ``day`` lies in."""
    return day.toordinal() - (day.weekday() - rule.week_start) % 7


def _period(rule: Recurrence, day: date) -> int:
    """How many days, weeks, months or years after the first occurrence's ``day`` lies."""
    first = rule.first.date()
    if rule.frequency == "DAILY":
        return day.toordinal() - first.toordinal()
    if rule.frequency == "WEEKLY":
        return (_week_of(rule, day) - _week_of(rule, first)) // 7
    months = (day.year - first.year) * 12 + day.month - first.month
    return months if rule.frequency == "MONTHLY" else day.year - first.year


def _days_of_period(rule: Recurrence, day: date) -> Iterator[date]:
    if rule.frequency == "DAILY":
        start, length = day, 1
    elif rule.frequency == "WEEKLY":
        start, length = date.fromordinal(max(1, _week_of(rule, day))), 7
    elif rule.frequency == "MONTHLY":
        start, length = day.replace(day=1), monthrange(day.year, day.month)[1]
    else:
        start, length = date(day.year, 1, 1), 366 if monthrange(day.year, 2)[1] == 29 else 365
    for number in range(start.toordinal(), min(start.toordinal() + length, date.max.toordinal() + 1)):
        yield date.fromordinal(number)


def _last_of(rule: Recurrence, count: int) -> datetime:
    """When the ``count``-th occurrence begins. Before the first one when there is none at all."""
    last = rule.first - timedelta(seconds=1) if rule.first > datetime.min else rule.first
    first = rule.first.toordinal()
    for number in range(first, min(first + MAX_COUNTED_DAYS, date.max.toordinal() + 1)):
        day = date.fromordinal(number)
        if begins_on(rule, day):
            last = datetime.combine(day, rule.first.time())
            count -= 1
            if count == 0:
                break
    return last


def _parts(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.upper().removeprefix("RRULE:").split(";"):
        key, _, value = part.strip().partition("=")
        if key not in _KEYS:
            raise ValueError(f"{key[:20]!r} is not supported in a recurrence")
        if key in parts or not value:
            raise ValueError(f"{key} must stand once, with a value")
        parts[key] = value
    return parts


def _list(parts: dict[str, str], key: str) -> list[str]:
    return parts[key].split(",") if key in parts else []


def _number(text: str, low: int, high: int, key: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and low <= int(text) <= high):
        raise ValueError(f"{key} must be a number from {low} to {high}")
    return int(text)


def _signed(text: str, high: int, key: str) -> int:
    value = _number(text.removeprefix("-").removeprefix("+"), 1, high, key)
    return -value if text.startswith("-") else value


def _weekday(text: str) -> tuple[int, int]:
    name, ordinal = text[-2:], text[:-2]
    if name not in _WEEKDAYS:
        raise ValueError(f"{text[:20]!r} is not a weekday such as MO or -1FR")
    return (_signed(ordinal, 53, "BYDAY") if ordinal else 0), _WEEKDAYS[name]


def _until(text: str, zone: ZoneInfo) -> datetime:
    """A day counts whole."""
    try:
        if text.endswith("Z"):
            moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return moment.astimezone(zone).replace(tzinfo=None)
        if "T" in text:
            return datetime.strptime(text, "%Y%m%dT%H%M%S")
        return datetime.strptime(text, "%Y%m%d") + timedelta(days=1, microseconds=-1)
    except (ValueError, OverflowError):
        raise ValueError("UNTIL must be a day (20261224) or a time (20261224T170000)") from None
