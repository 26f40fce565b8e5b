"""Recurrence rules mean the days dateutil says they mean."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.pbx.schedules_recurrence import begins_on, read

ZONE = ZoneInfo("Europe/Amsterdam")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def subset(values: st.SearchStrategy[str], size: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=size, unique=True).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()):
        parts.append("BYMONTH=" + draw(subset(st.integers(1, 12).map(str))))
    if draw(st.booleans()) and frequency != "WEEKLY":
        parts.append("BYMONTHDAY=" + draw(subset((st.integers(1, 31) | st.integers(-31, -1)).map(str))))
    if draw(st.booleans()):
        weekday = st.sampled_from(DAYS)
        if frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()):
            ordinal = st.sampled_from([1, 2, 3, 4, -1, -2])
            weekday = st.builds(lambda n, day: f"{n}{day}", ordinal, weekday)
        parts.append("BYDAY=" + draw(subset(weekday)))
    if draw(st.booleans()):
        parts.append("WKST=" + draw(st.sampled_from(DAYS)))
    by = any(part.startswith("BY") for part in parts)
    if by and frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()):
        parts.append("BYSETPOS=" + draw(subset(st.sampled_from(["1", "2", "-1", "-2"]), 2)))
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 20))}")
    elif end == "UNTIL":
        parts.append(
            draw(st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1))).strftime("UNTIL=%Y%m%dT%H%M%S")
        )
    return ";".join(parts)


@given(rules(), st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1)))
@settings(max_examples=120, deadline=None)
def test_the_same_days_as_dateutil(rule: str, first: datetime) -> None:
    first = first.replace(microsecond=0)
    until = first + timedelta(days=900)
    expected = (
        {one.date() for one in rrulestr(rule, dtstart=first).xafter(first, inc=True) if one <= until}
        if ("COUNT" in rule or "UNTIL" in rule)
        else {one.date() for one in rrulestr(rule, dtstart=first).between(first, until, inc=True)}
    )
    ours = read(rule, first, ZONE)
    found = {
        day
        for day in (first.date() + timedelta(days=n) for n in range(901))
        if datetime.combine(day, first.time()) <= until and begins_on(ours, day)
    }
    assert found == expected


def test_until_of_a_day_counts_that_day() -> None:
    rule = read("FREQ=DAILY;UNTIL=20261224", datetime(2026, 12, 1, 17), ZONE)
    assert begins_on(rule, date(2026, 12, 24))
    assert not begins_on(rule, date(2026, 12, 25))


def test_plain_and_counted_weekdays_together() -> None:
    rule = read("FREQ=MONTHLY;BYDAY=MO,1TU", datetime(2026, 11, 1), ZONE)
    found = [day for day in range(1, 31) if begins_on(rule, date(2026, 11, day))]
    assert found == [2, 3, 9, 16, 23, 30]
