"""What is known at the moment of a call: of whoever calls, and of whoever is called."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from fmc_gateway.facts import Facts, LastCalls
from fmc_gateway.spending import Caps, Spent
from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import CallerList, OriginationFacts
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA, BRAM

CAPS = Caps(50.0, 250.0, 2500.0)
"""Of the calling plan nobody set."""
SPENT = Spent(user_calls=2, group_calls=5, group_incoming=4, user_day=1.5, user_month=20.0, group_month=300.0)
OF_BRAM = OriginationFacts(
    user_calls=2,
    group_calls=5,
    group_incoming=4,
    user_spent_today=1.5,
    user_spent_month=20.0,
    group_spent_month=300.0,
)


class Live:
    def busy_devices(self, subscriber: SubscriberId) -> tuple[DeviceId, ...]:
        return (DeviceId("bram-desk"),) if subscriber == "bram" else ()

    def calls_of(self, subscriber: SubscriberId) -> int:
        return 2 if subscriber == "bram" else 0


class Spending:
    held_to: ClassVar[list[tuple[SubscriberId, Caps]]] = []

    def hold_to(self, subscriber: SubscriberId, caps: Caps) -> None:
        self.held_to.append((subscriber, caps))

    def of(self, subscriber: SubscriberId, group: GroupId, now: float) -> Spent:
        assert now == 1000.0
        assert self.held_to[-1] == (subscriber, CAPS)
        return SPENT if (subscriber, group) == ("bram", "bakehouse") else Spent()


FACTS = Facts(Live(), Spending())


def test_of_the_called_user_what_is_busy_and_what_numbers_that_ring_along_may_cost() -> None:
    facts = FACTS.of_called(BRAM, CallerList.PRIVATE, 1000.0)
    assert (facts.busy_devices, facts.calls) == (("bram-desk",), 2)
    assert facts.caller_list is CallerList.PRIVATE
    assert facts.spending == msgspec.structs.replace(OF_BRAM, calls=2)
    assert FACTS.of_called(ANNA, None, 1000.0).spending == OriginationFacts()


def test_of_the_caller_also_who_called_last() -> None:
    last = LastCalls(dialled="201", caller=E164("+31201234501"), caller_withheld=False)
    facts = FACTS.of_caller(BRAM, last, 1000.0)
    assert (facts.last_dialled, facts.last_caller, facts.user_calls) == ("201", "+31201234501", 2)
    assert FACTS.of_caller(None, last, 1000.0) == OriginationFacts()
