"""Calls end when the money is gone: at that moment, however many of them spend it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from random import Random

import pytest

from fmc_gateway.spending import ZONE, Caps, Spending
from fmc_gateway.spending_dues import LATER_S, Dues
from hipper.contracts.calls import Charge
from hipper.pbx.ids import CallId, GroupId, SubscriberId
from tests.fmc_gateway.test_spending import ANNA, BRAM, NOON, charge, ended

STEP_S = 1.0
"""What is charged by the second costs a second more at the most."""
MIDNIGHT = datetime(2026, 11, 23, tzinfo=ZONE).timestamp()


@pytest.mark.parametrize("caps", [Caps(user_day=100.0), Caps(user_month=100.0), Caps(group_month=100.0)])
def test_many_calls_at_once_overshoot_by_less_than_a_step_each(caps: Caps) -> None:
    """300 calls begin over a minute at rates of their own; some end before."""
    chance = Random(7)
    spending = Spending()
    spending.hold_to(ANNA, caps)
    up: dict[CallId, Charge] = {}
    for number in range(300):
        call = CallId(str(number))
        up[call] = charge(since=NOON + chance.uniform(0, 60), rate=chance.choice((0.05, 0.3, 1.7)))
        spending.up(call, (charge(),))
        spending.up(call, (up[call],))
    for number in range(0, 300, 7):
        spending.up(CallId(str(number)), ())
        del up[CallId(str(number))]
    due = spending.next_due()
    assert due is not None
    assert spending.exhausted(due - 0.01) == ()
    assert set(spending.exhausted(due + LATER_S)) == set(up)
    spent = sum(one.rate_per_minute * (due + LATER_S - (one.since or 0)) / 60 for one in up.values())
    steps = sum(one.rate_per_minute * STEP_S / 60 for one in up.values())
    assert 100.0 <= spent < 100.0 + steps


def test_next_call_and_its_end_move_the_moment() -> None:
    spending = Spending()
    spending.hold_to(ANNA, Caps(user_day=3.0))
    assert spending.next_due() is None
    spending.up(CallId("rings"), (charge(),))
    assert spending.next_due() is None
    spending.up(CallId("one"), (charge(since=NOON),))
    assert spending.next_due() == pytest.approx(NOON + 360)
    spending.up(CallId("two"), (charge(since=NOON + 60),))
    assert spending.next_due() == pytest.approx(NOON + 210)
    spending.over(ended("before", NOON - 3600, 2))
    assert spending.next_due() == pytest.approx(NOON + 150)
    spending.hold_to(ANNA, Caps(user_day=2.0))
    assert spending.next_due() == pytest.approx(NOON + 90)
    spending.up(CallId("two"), ())
    assert spending.next_due() == pytest.approx(NOON + 120)
    spending.up(CallId("one"), ())
    spending.up(CallId("rings"), ())
    assert spending.next_due() is None


def test_cap_of_the_group_is_the_lowest_any_of_its_callers_is_held_to() -> None:
    spending = Spending()
    spending.hold_to(ANNA, Caps(group_month=3.0))
    spending.hold_to(BRAM, Caps(group_month=1.0))
    spending.up(CallId("one"), (charge(since=NOON),))
    assert spending.next_due() == pytest.approx(NOON + 360)
    spending.up(CallId("two"), (charge(BRAM, since=NOON),))
    assert spending.next_due() == pytest.approx(NOON + 60)
    assert spending.exhausted(NOON + 61) == ("two",)
    spending.up(CallId("two"), ())
    assert spending.next_due() == pytest.approx(NOON + 360)


async def test_watch_ends_them_all_at_once_and_nobody_before() -> None:
    """1 euro a second each, and 5 euros: half a minute is gone, and with 20 calls a quarter of a second."""
    spending = Spending()
    began = time.time()
    others, calls = CallId("brams"), [CallId(str(number)) for number in range(20)]
    spending.hold_to(ANNA, Caps(user_day=5.0))
    spending.up(others, (charge(BRAM, since=began, rate=60.0),))
    ended_calls: list[tuple[CallId, float]] = []
    over = asyncio.Event()

    def hang_up(call: CallId, by: str) -> bool:
        ended_calls.append((call, time.time()))
        spending.up(call, ())
        if len(ended_calls) == len(calls):
            over.set()
        return True

    task = asyncio.create_task(spending.watch(hang_up, time.time))
    await asyncio.sleep(0)
    for call in calls:
        spending.up(call, (charge(since=began, rate=60.0),))
    async with asyncio.timeout(10):
        await over.wait()
    task.cancel()
    assert {call for call, _ in ended_calls} == set(calls)
    assert all(at - began >= 0.25 for _, at in ended_calls)


async def test_new_day_is_not_taken_for_a_cap_that_is_reached() -> None:
    """What was spent yesterday is forgotten at midnight, and the moment is looked for anew."""
    now = MIDNIGHT - 30
    spending = Spending()
    spending.hold_to(ANNA, Caps(user_day=2.0))
    spending.over(ended("before", MIDNIGHT - 3600, 3))
    spending.up(CallId("one"), (charge(since=now),))
    assert spending.next_due() == pytest.approx(MIDNIGHT + 30)
    clock = iter([MIDNIGHT + 31.0] * 3)
    hung: list[CallId] = []
    watching = asyncio.create_task(
        spending.watch(lambda call, by: not hung.append(call), lambda: next(clock, MIDNIGHT + 31.0))
    )
    async with asyncio.timeout(5):
        while spending.next_due() != pytest.approx(now + 240):  # noqa: ASYNC110
            await asyncio.sleep(0)
    watching.cancel()
    assert hung == []


def test_dues_that_change_often_do_not_pile_up() -> None:
    dues = Dues()
    for number in range(10_000):
        dues.expect(SubscriberId("anna"), float(number))
        dues.expect(GroupId("shop"), float(number + 5))
    assert dues.first() == 9_999.0
    assert len(dues._heap) < 100
    dues.forget(SubscriberId("anna"))
    assert dues.first() == 10_004.0
