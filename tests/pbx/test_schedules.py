"""When a schedule holds: weekly, events, public holidays, and the two nights a year the clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.pbx import schedules
from hipper.pbx.schedules import holds, named, problems, stretches
from hipper.pbx.schedules_times import moment, zone_of
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.schedules import Event, Schedule, Schedules, Weekday, Weekly
from tests.pbx.people import BRAM, changed

ZONE = "Europe/Amsterdam"
WORKDAYS = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI)
OFFICE = Schedule(name="office", weekly=(Weekly(days=WORKDAYS, start="09:00", end="17:30"),))


def at(text: str, fold: int = 0) -> float:
    """Unix seconds of a Dutch wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE), fold=fold).timestamp()


def during(schedule: Schedule, text: str, fold: int = 0) -> bool:
    return holds(schedule, at(text, fold), ZONE)


def weekly(start: str, end: str, *days: Weekday) -> Schedule:
    return Schedule(name="w", weekly=(Weekly(days=days or tuple(Weekday), start=start, end=end),))


def event(starts: str, ends: str, recurrence: str | None = None) -> Schedule:
    return Schedule(name="e", events=(Event(name="event", starts=starts, ends=ends, recurrence=recurrence),))


class TestWeekly:
    @pytest.mark.parametrize(
        ("when", "expected"),
        [
            ("2026-11-20T08:59:59", False),
            ("2026-11-20T09:00:00", True),
            ("2026-11-20T17:29:59", True),
            ("2026-11-20T17:30:00", False),
            ("2026-11-21T12:00:00", False),
        ],
    )
    def test_from_its_start_till_before_its_end(self, when: str, expected: bool) -> None:
        assert during(OFFICE, when) is expected

    @pytest.mark.parametrize(
        ("when", "expected"),
        [
            ("2026-11-20T21:59", False),
            ("2026-11-20T22:00", True),
            ("2026-11-21T05:59", True),
            ("2026-11-21T06:00", False),
            ("2026-11-20T05:00", False),
            ("2026-11-21T23:00", False),
        ],
    )
    def test_across_midnight_belongs_to_the_day_it_begins(self, when: str, expected: bool) -> None:
        assert during(weekly("22:00", "06:00", Weekday.FRI), when) is expected

    def test_from_sunday_into_monday(self) -> None:
        night = weekly("20:00", "07:00", Weekday.SUN)
        assert during(night, "2026-11-23T06:59")
        assert not during(night, "2026-11-24T06:59")

    def test_until_24_is_the_end_of_the_day(self) -> None:
        day = weekly("00:00", "24:00", Weekday.FRI)
        assert during(day, "2026-11-20T23:59:59")
        assert not during(day, "2026-11-21T00:00")

    def test_the_zone_is_the_groups(self) -> None:
        moment_ = at("2026-11-20T09:30")
        assert holds(OFFICE, moment_, ZONE)
        assert not holds(OFFICE, moment_, "America/New_York")

    def test_unknown_zone_counts_as_dutch(self) -> None:
        assert holds(OFFICE, at("2026-11-20T09:30"), "Europe/Atlantis")


class TestClockPutForward:
    """29 March 2026, 02:00 becomes 03:00."""

    def test_a_period_that_begins_at_a_time_that_is_not_there_begins_at_the_jump(self) -> None:
        night = weekly("02:30", "03:30")
        jump = at("2026-03-29T03:00")
        assert not holds(night, jump - 1, ZONE)
        assert holds(night, jump, ZONE)
        assert holds(night, jump + 1799, ZONE)
        assert not holds(night, jump + 1800, ZONE)

    def test_a_period_that_ends_there_ends_at_the_jump(self) -> None:
        night = weekly("01:00", "02:30")
        jump = at("2026-03-29T03:00")
        assert holds(night, jump - 1, ZONE)
        assert not holds(night, jump, ZONE)

    def test_a_period_within_the_jump_is_empty_that_night(self) -> None:
        within = weekly("02:10", "02:50")
        day = date(2026, 3, 29).toordinal()
        assert all(start == end for start, end in stretches(within, day, ZONE) if start >= at("2026-03-29"))
        assert during(within, "2026-03-30T02:30")

    def test_the_day_lasts_23_hours(self) -> None:
        ((start, end),) = stretches(
            weekly("00:00", "24:00", Weekday.SUN), date(2026, 3, 29).toordinal(), ZONE
        )
        assert end - start == 23 * 3600


class TestClockPutBack:
    """25 October 2026, 03:00 becomes 02:00: 02:30 is twice."""

    def test_a_period_begins_and_ends_at_the_first(self) -> None:
        night = weekly("02:15", "02:45")
        assert during(night, "2026-10-25T02:30")
        assert not during(night, "2026-10-25T02:30", fold=1)

    def test_a_period_that_begins_there_is_one_stretch(self) -> None:
        night = weekly("02:30", "04:00")
        start = at("2026-10-25T02:30")
        assert [holds(night, start + s, ZONE) for s in (-1, 0, 3599, 3600, 5400, 8999, 9000)] == [
            False, True, True, True, True, True, False,
        ]  # fmt: skip

    def test_the_day_lasts_25_hours(self) -> None:
        ((start, end),) = stretches(
            weekly("00:00", "24:00", Weekday.SUN), date(2026, 10, 25).toordinal(), ZONE
        )
        assert end - start == 25 * 3600


class TestEvents:
    def test_days_count_whole_the_last_too(self) -> None:
        leave = event("2026-12-24", "2026-12-27")
        assert not during(leave, "2026-12-23T23:59:59")
        assert during(leave, "2026-12-24T00:00")
        assert during(leave, "2026-12-27T23:59:59")
        assert not during(leave, "2026-12-28T00:00")

    def test_times(self) -> None:
        party = event("2026-12-24T16:00", "2026-12-25T02:00")
        assert not during(party, "2026-12-24T15:59")
        assert during(party, "2026-12-25T01:59")
        assert not during(party, "2026-12-25T02:00")

    def test_every_year(self) -> None:
        new_year = event("2020-12-31T12:00", "2021-01-01", "FREQ=YEARLY")
        assert during(new_year, "2026-12-31T12:00")
        assert during(new_year, "2027-01-01T23:00")
        assert not during(new_year, "2026-12-31T11:59")
        assert not during(new_year, "2019-12-31T13:00")

    def test_last_friday_of_the_month(self) -> None:
        drinks = event("2026-01-30T16:00", "2026-01-30T18:00", "FREQ=MONTHLY;BYDAY=-1FR")
        assert during(drinks, "2026-11-27T17:00")
        assert not during(drinks, "2026-11-20T17:00")

    def test_count_and_until_end_it(self) -> None:
        counted = event("2026-11-02T10:00", "2026-11-02T11:00", "FREQ=WEEKLY;COUNT=3")
        until = event("2026-11-02T10:00", "2026-11-02T11:00", "FREQ=WEEKLY;UNTIL=20261116T090000Z")
        for schedule in (counted, until):
            assert during(schedule, "2026-11-16T10:30")
            assert not during(schedule, "2026-11-23T10:30")

    def test_a_rule_that_never_occurs_costs_nothing_and_never_holds(self) -> None:
        never = event("2020-02-01", "2020-02-01", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1")
        assert not any(holds(never, at("2026-02-01") + 3600 * hour, ZONE) for hour in range(24 * 30))


class TestPublicHolidays:
    HOLIDAYS = Schedule(name="h", public_holidays="NL")

    def test_listed_by_name_in_two_languages_without_working_days(self) -> None:
        found = schedules.public_holidays("NL", 2026)
        assert [(one.day.isoformat(), one.name, one.english) for one in found][:3] == [
            ("2026-01-01", "Nieuwjaarsdag", "New Year's Day"),
            ("2026-04-05", "Eerste paasdag", "Easter Sunday"),
            ("2026-04-06", "Tweede paasdag", "Easter Monday"),
        ]
        assert "Good Friday" not in {one.english for one in found}
        freed = {
            year
            for year in range(2021, 2031)
            for one in schedules.public_holidays("NL", year)
            if one.english == "Liberation Day"
        }
        assert freed == {2025, 2030}

    def test_listed_days_are_those_the_schedule_holds(self) -> None:
        for one in schedules.public_holidays("NL", 2026):
            assert holds(self.HOLIDAYS, at(f"{one.day}T12:00"), ZONE)

    @pytest.mark.parametrize("country", ["XX", "HolidayBase", "nl", "", "XNYS"])
    def test_nothing_is_listed_of_what_is_no_country(self, country: str) -> None:
        assert schedules.public_holidays(country, 2026) == ()
        assert schedules.problems(Schedule(name="h", public_holidays=country)) != ()

    @pytest.mark.parametrize("year", [-5, 0, 10000])
    def test_nothing_is_listed_of_what_is_no_year(self, year: int) -> None:
        assert schedules.public_holidays("NL", year) == ()

    def test_own_days_of_a_year(self) -> None:
        events = (
            Event(name="brug", starts="2026-05-15", ends="2026-05-15"),
            Event(name="oud", starts="2025-05-15", ends="2025-05-15"),
            Event(name="jubileum", starts="2020-03-01", ends="2020-03-01", recurrence="FREQ=YEARLY"),
            Event(name="onleesbaar", starts="morgen", ends="morgen"),
        )
        found = schedules.own_days(Schedule(name="vrij", events=events), 2026, ZONE)
        assert [(one.day.isoformat(), one.name, one.schedule) for one in found] == [
            ("2026-05-15", "brug", "vrij"),
            ("2026-03-01", "jubileum", "vrij"),
        ]

    @pytest.mark.parametrize(
        "day",
        ["2026-01-01", "2026-04-06", "2026-04-27", "2026-05-14", "2026-05-25", "2026-12-25", "2026-12-26"],
    )
    def test_of_the_netherlands(self, day: str) -> None:
        assert during(self.HOLIDAYS, f"{day}T00:00")
        assert during(self.HOLIDAYS, f"{day}T23:59")

    def test_good_friday_is_a_working_day(self) -> None:
        assert not during(self.HOLIDAYS, "2026-04-03T12:00")
        assert holds(Schedule(name="h", public_holidays="DE"), at("2026-04-03T12:00"), ZONE)

    def test_liberation_day_once_in_five_years(self) -> None:
        assert during(self.HOLIDAYS, "2025-05-05T12:00")
        assert not during(self.HOLIDAYS, "2026-05-05T12:00")

    def test_unknown_country_has_none(self) -> None:
        assert not holds(Schedule(name="h", public_holidays="XX"), at("2026-01-01T12:00"), ZONE)


class TestNamed:
    def test_the_users_own_hides_the_groups(self) -> None:
        night = Schedules(schedules=(weekly("00:00", "06:00"),))
        day = Schedules(schedules=(weekly("06:00", "24:00"), OFFICE))
        user = changed(
            BRAM,
            services=SubscriberServices(schedules=night),
            group_services=GroupServices(group_schedules=day),
        )
        assert named(user, "w", at("2026-11-20T03:00")) is True
        assert named(user, "w", at("2026-11-20T12:00")) is False
        assert named(user, "office", at("2026-11-20T12:00")) is True
        assert named(user, "lunch", at("2026-11-20T12:00")) is None


class TestUnreadable:
    @pytest.mark.parametrize(
        ("schedule", "phrase"),
        [
            (weekly("9:00", "17:00"), "not a time from 00:00"),
            (weekly("09:00", "24:01"), "not a time from 00:00"),
            (event("tomorrow", "2026-12-24"), "neither a day"),
            (event("2026-12-24", "2026-12-23"), "ends before"),
            (event("2026-02-30", "2026-03-01"), "neither a day"),
            (event("2026-12-24", "9999-12-31"), "never ends"),
            (event("2026-12-24", "2028-12-24", "FREQ=YEARLY"), "a year at most"),
            (event("2026-12-24", "2026-12-24", "FREQ=SECONDLY"), "FREQ must be"),
            (event("2026-12-24", "2026-12-24", "FREQ=DAILY;BYHOUR=3"), "'BYHOUR' is not supported"),
            (event("2026-12-24", "2026-12-24", "FREQ=WEEKLY;BYDAY=1MO"), "needs FREQ=MONTHLY"),
            (event("2026-12-24", "2026-12-24", "FREQ=DAILY;COUNT=1001"), "from 1 to 1000"),
            (event("2026-12-24", "2026-12-24", "FREQ=DAILY;COUNT=2;UNTIL=20270101"), "exclude each other"),
            (event("2026-12-24", "2026-12-24", "FREQ=DAILY;UNTIL=soon"), "UNTIL must be"),
            (Schedule(name="h", public_holidays="XX"), "no public holidays are known"),
        ],
    )
    def test_is_said_and_never_holds(self, schedule: Schedule, phrase: str) -> None:
        assert phrase in " ".join(problems(schedule))
        assert not during(schedule, "2026-12-24T12:00")

    def test_too_many_parts(self) -> None:
        many = Schedule(name="m", weekly=(Weekly(days=WORKDAYS),) * 201)
        assert "at most 200" in " ".join(problems(many))

    def test_what_can_be_read_has_none(self) -> None:
        assert problems(OFFICE) == ()
        assert problems(event("2020-12-31T12:00", "2021-01-01", "FREQ=YEARLY;INTERVAL=2;WKST=SU")) == ()


MINUTES = st.integers(0, 1440).map(lambda m: f"{m // 60:02}:{m % 60:02}")
SCHEDULES = st.builds(
    Schedule,
    name=st.just("any"),
    weekly=st.lists(
        st.builds(
            Weekly,
            days=st.lists(st.sampled_from(Weekday), max_size=7).map(tuple),
            start=MINUTES | st.text(max_size=5),
            end=MINUTES,
        ),
        max_size=3,
    ).map(tuple),
    events=st.lists(
        st.builds(
            Event,
            name=st.just("e"),
            starts=st.dates(date(2000, 1, 1)).map(date.isoformat) | st.text(max_size=12),
            ends=st.dates(date(2000, 1, 1)).map(date.isoformat)
            | st.datetimes(datetime(2000, 1, 1)).map(lambda d: d.isoformat(timespec="minutes")),
            recurrence=st.none() | st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR"]) | st.text(),
        ),
        max_size=3,
    ).map(tuple),
    public_holidays=st.sampled_from([None, "NL", "BE", "XX"]),
)
ZONES = st.sampled_from([ZONE, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Nowhere"])
TIMES = st.floats(0, 4_000_000_000) | st.floats(allow_nan=True)


@given(SCHEDULES, TIMES, ZONES)
@settings(max_examples=300, deadline=None)
def test_any_schedule_is_answered(schedule: Schedule, when: float, zone: str) -> None:
    assert holds(schedule, when, zone) in (True, False)


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sets(st.sampled_from(Weekday)),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
)
@settings(max_examples=150, deadline=None)
def test_weekly_is_what_the_clock_on_the_wall_says(
    start: int, end: int, days: set[Weekday], wall: datetime
) -> None:
    """On every day but the ones with a jump, and the days after them."""
    zone = zone_of(ZONE)
    seconds = moment(wall, zone)
    offsets = {(wall + timedelta(days=d)).replace(tzinfo=zone).utcoffset() for d in (-2, -1, 0, 1)}
    if len(offsets) > 1:
        return
    schedule = weekly(f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}", *sorted(days))
    minute = wall.hour * 60 + wall.minute
    chosen = days or set(Weekday)
    today = list(Weekday)[wall.weekday()] in chosen
    yesterday = list(Weekday)[wall.weekday() - 1] in chosen
    if end > start:
        expected = today and start <= minute < end
    else:
        expected = (today and minute >= start) or (yesterday and minute < end)
    assert holds(schedule, seconds, ZONE) is expected


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=2)),
    ZONES,
)
@settings(max_examples=150, deadline=None)
def test_later_on_the_clock_is_never_earlier(first: datetime, after: timedelta, zone: str) -> None:
    assert moment(first, zone_of(zone)) <= moment(first + after, zone_of(zone))
    back = datetime.fromtimestamp(moment(first, zone_of(zone)), UTC).astimezone(zone_of(zone))
    assert back.replace(tzinfo=None) >= first - timedelta(microseconds=1)
