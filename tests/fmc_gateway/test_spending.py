"""What users and groups spend, and how many calls they have up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import pytest

from fmc_gateway.records.entry import SpoolEntry, encode_entry
from fmc_gateway.records.store import insert_entries
from fmc_gateway.spending import ZONE, Caps, Spending, Spent
from hipper.contracts.calls import CallRecord, Charge
from hipper.pbx.ids import CallId, GroupId, SubscriberId
from tests.fmc_gateway.records_samples import record, segment, trace

ANNA, BRAM, SHOP, MILL = SubscriberId("anna"), SubscriberId("bram"), GroupId("shop"), GroupId("mill")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE).timestamp()
DAY = 86_400.0


def ended(call: str, at: float, minutes: float, rate: float = 0.5, who: SubscriberId = ANNA) -> CallRecord:
    """A call of ``minutes`` that began at ``at``."""
    one = msgspec.structs.replace(
        segment(), started=at, ended=at + minutes * 60, charged=who, rate_per_minute=rate
    )
    return record(call, started=at, ended=at + minutes * 60, segments=(one,), diversions=())


def charge(who: SubscriberId = ANNA, since: float | None = None, rate: float = 0.5) -> Charge:
    return Charge(subscriber=who, group=SHOP, rate_per_minute=rate, since=since)


def test_calls_that_are_over_count_for_their_day_and_month() -> None:
    spending = Spending()
    spending.over(ended("yesterday", NOON - DAY, 10))
    spending.over(ended("today", NOON - 3600, 4))
    spending.over(ended("bram", NOON - 3600, 2, who=BRAM))
    assert spending.of(ANNA, SHOP, NOON) == Spent(0, 0, 2.0, 7.0, 8.0)
    assert spending.of(BRAM, SHOP, NOON).user_month == 1.0
    assert spending.of(ANNA, MILL, NOON).group_month == 0.0


def test_calls_that_are_up_count_as_calls_and_by_the_minute() -> None:
    spending = Spending()
    spending.up(CallId("one"), (charge(since=NOON - 120),))
    spending.up(CallId("two"), (charge(BRAM),))
    assert spending.of(ANNA, SHOP, NOON) == Spent(1, 2, 1.0, 1.0, 1.0)
    assert spending.of(BRAM, SHOP, NOON) == Spent(1, 2, 0.0, 0.0, 1.0)
    spending.up(CallId("one"), ())
    assert spending.of(ANNA, SHOP, NOON) == Spent(0, 1, 0.0, 0.0, 0.0)


def test_calls_that_spend_the_same_money_end_together_when_it_is_gone() -> None:
    """Each alone could last longer. What costs nothing, is not answered, or is another's goes on."""
    spending = Spending()
    spending.hold_to(ANNA, Caps(user_day=3.0))
    spending.hold_to(BRAM, Caps())
    spending.over(ended("before", NOON - 3600, 2))
    for call, who in (("one", charge(since=NOON)), ("two", charge(since=NOON + 60))):
        spending.up(CallId(call), (who,))
    spending.up(CallId("free"), (charge(since=NOON, rate=0.0),))
    spending.up(CallId("rings"), (charge(),))
    spending.up(CallId("brams"), (charge(BRAM, since=NOON),))
    assert spending.exhausted(NOON + 149) == ()
    assert spending.exhausted(NOON + 150) == ("one", "two")
    assert Spending().exhausted(NOON) == ()


@pytest.mark.parametrize("caps", [Caps(user_month=2.0), Caps(group_month=2.0)])
def test_month_of_the_user_and_of_the_group_have_caps_of_their_own(caps: Caps) -> None:
    spending = Spending()
    spending.hold_to(ANNA, caps)
    spending.over(ended("yesterday", NOON - DAY, 3, who=ANNA))
    spending.up(CallId("one"), (charge(since=NOON),))
    assert spending.exhausted(NOON + 59) == ()
    assert spending.exhausted(NOON + 60) == ("one",)


def test_calls_from_outside_count_for_the_group_they_came_in_for() -> None:
    spending = Spending()
    spending.up(CallId("one"), (), SHOP)
    spending.up(CallId("two"), (charge(),), SHOP)
    spending.up(CallId("two"), (charge(),), SHOP)
    assert spending.of(ANNA, SHOP, NOON).group_incoming == 2
    assert spending.of(ANNA, MILL, NOON).group_incoming == 0
    spending.up(CallId("one"), ())
    spending.up(CallId("two"), ())
    assert spending.of(ANNA, SHOP, NOON) == Spent()


def test_each_charged_leg_of_a_call_is_one() -> None:
    """Forwarding rings two numbers outside: two legs somebody pays for."""
    spending = Spending()
    spending.up(CallId("one"), (charge(), charge()))
    assert spending.of(ANNA, SHOP, NOON).user_calls == 2


def test_what_is_up_adds_up_over_many_calls_and_leaves_nothing() -> None:
    """Sums are kept as calls come and go; they are what adding the calls up again would give."""
    spending = Spending()
    for number in range(2000):
        spending.up(CallId(str(number)), (charge(rate=0.1 + number / 7),))
        spending.up(CallId(str(number)), (charge(since=NOON + number / 3, rate=0.1 + number / 7),))
        if number >= 10:
            spending.up(CallId(str(number - 10)), ())
    now = NOON + 1000
    left = sum((0.1 + number / 7) * (now - NOON - number / 3) / 60 for number in range(1990, 2000))
    assert spending.of(ANNA, SHOP, now).user_day == pytest.approx(left, abs=1e-6)
    assert spending.of(ANNA, SHOP, now).group_calls == 10
    for number in range(1990, 2000):
        spending.up(CallId(str(number)), ())
    assert spending.of(ANNA, SHOP, now) == Spent()


def test_new_month_begins_with_nothing_and_an_old_call_does_not_count_for_it() -> None:
    spending = Spending()
    spending.over(ended("november", NOON, 10))
    december = NOON + 10 * DAY
    assert spending.of(ANNA, SHOP, december) == Spent()
    spending.over(ended("late", NOON, 10))
    assert spending.of(ANNA, SHOP, december) == Spent()


def test_day_changes_at_midnight_of_the_zone() -> None:
    spending = Spending()
    before_midnight = datetime(2026, 11, 22, 23, 59, tzinfo=ZONE).timestamp()
    spending.over(ended("late", before_midnight, 10))
    assert spending.of(ANNA, SHOP, before_midnight + 30).user_day == 5.0
    assert spending.of(ANNA, SHOP, before_midnight + 90).user_day == 0.0
    assert spending.of(ANNA, SHOP, before_midnight + 90).user_month == 5.0


@pytest.mark.servers
async def test_this_month_is_read_once_and_nothing_counts_twice(
    owner_postgres_url: Callable[[str], str],
) -> None:
    stored = [
        ended("old", NOON - DAY, 10),
        ended("again", NOON - 60, 1),
        ended("october", NOON - 30 * DAY, 99),
    ]
    pool: Any = await asyncpg.create_pool(owner_postgres_url("gateway"), min_size=1, max_size=2)
    async with pool:
        lines = [encode_entry(SpoolEntry(one, trace(one.call))) for one in stored]
        await insert_entries(pool, lines)
        spending = Spending()
        spending.over(stored[1])
        await spending.load(pool, NOON)
        assert spending.of(ANNA, SHOP, NOON) == Spent(0, 0, 0.5, 5.5, 5.5)
