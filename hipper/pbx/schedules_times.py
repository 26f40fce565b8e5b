"""Local times as moments, and the texts schedules write them in. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/Amsterdam"

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; a name nobody knows counts as Dutch time, so that a call is still decided."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return ZoneInfo(DEFAULT_ZONE)


def minutes(text: str) -> int:
    """``17:30`` as minutes after midnight, 0 to 1440. Raises ValueError."""
    found = _CLOCK.fullmatch(text)
    value = 60 * int(found.group(1)) + int(found.group(2)) if found else 1441
    if value > 1440:
        raise ValueError(f"{text[:20]!r} is not a time from 00:00 to 24:00")
    return value


def local_time(text: str) -> tuple[datetime, bool]:
    """A naive local time, and whether ``text`` names a whole day. Raises ValueError."""
    try:
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text), True
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text), False
    except ValueError:
        pass
    raise ValueError(f"{text[:30]!r} is neither a day (2026-12-24) nor a time (2026-12-24T17:00)")


def moment(local: datetime, zone: ZoneInfo) -> float:
    """Unix seconds of a naive local time.

    When the clock is put back it shows a time twice: the first counts (RFC 5545 §3.3.5). When it is put
    forward it never shows some times: the moment of the jump counts, so that 02:30–03:30 begins when the
    clock jumps to 03:00 (the RFC would begin at 03:30, when the clock has passed the end). Either way
    later local times are never earlier moments.
    """
    aware = local.replace(tzinfo=zone)
    seconds = aware.timestamp()
    if datetime.fromtimestamp(seconds, zone).replace(tzinfo=None) == local:
        return seconds
    return _jump(aware.replace(fold=1).timestamp(), seconds, zone)


def at_midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _jump(before: float, after: float, zone: ZoneInfo) -> float:
    """The second between two moments at which the offset changes."""
    low, high = int(before), int(after)
    old = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == old else (low, middle)
    return float(high)


def _offset(seconds: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
