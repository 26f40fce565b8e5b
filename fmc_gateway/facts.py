"""What is known at the moment of a call beside settings: who is busy, what was spent, who called last."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import msgspec

from fmc_gateway.spending import Caps, Spent
from hipper.pbx.calling_plan_default import effective_plan
from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import CallerList, ColleagueAlong, OriginationFacts, SubscriberContext, TerminationFacts
from hipper.telephony.numbers.e164 import E164

NOBODY = OriginationFacts()


class LastCalls(NamedTuple):
    """Of one user. ``caller`` None and ``caller_withheld``: the last one withheld the number."""

    dialled: str | None = None
    caller: E164 | None = None
    caller_withheld: bool = False


class Live(Protocol):
    def busy_devices(self, subscriber: SubscriberId) -> tuple[DeviceId, ...]: ...
    def calls_of(self, subscriber: SubscriberId) -> int: ...


class Spending(Protocol):
    def of(self, subscriber: SubscriberId, group: GroupId, now: float) -> Spent: ...
    def hold_to(self, subscriber: SubscriberId, caps: Caps) -> None: ...


def origination_facts(
    spent: Spent, last: LastCalls, called_list: CallerList | None = None
) -> OriginationFacts:
    """``called_list``: which of the caller's contact lists whoever is called stands in."""
    return OriginationFacts(
        last_dialled=last.dialled,
        last_caller=last.caller,
        last_caller_withheld=last.caller_withheld,
        called_list=called_list,
        user_calls=spent.user_calls,
        group_calls=spent.group_calls,
        group_incoming=spent.group_incoming,
        user_spent_today=spent.user_day,
        user_spent_month=spent.user_month,
        group_spent_month=spent.group_month,
    )


class Facts:
    """Memory alone: what it says holds for the very moment it is asked."""

    def __init__(self, live: Live, spending: Spending) -> None:
        self._live = live
        self._spending = spending

    def of_caller(
        self,
        caller: SubscriberContext | None,
        last: LastCalls | None,
        now: float,
        called_list: CallerList | None = None,
    ) -> OriginationFacts:
        if caller is None:
            return NOBODY
        plan = effective_plan(caller)
        caps = Caps(plan.spend_cap_user_day, plan.spend_cap_user_month, plan.spend_cap_group_month)
        self._spending.hold_to(caller.subscriber, caps)
        spent = self._spending.of(caller.subscriber, caller.group, now)
        facts = origination_facts(spent, last or LastCalls(), called_list)
        return msgspec.structs.replace(facts, calls=self._live.calls_of(caller.subscriber))

    def of_called(
        self,
        called: SubscriberContext,
        caller_list: CallerList | None,
        now: float,
        colleagues: tuple[SubscriberContext, ...] = (),
    ) -> TerminationFacts:
        """``colleagues``: whose numbers ring along."""
        return TerminationFacts(
            busy_devices=self._live.busy_devices(called.subscriber),
            calls=self._live.calls_of(called.subscriber),
            caller_list=caller_list,
            spending=self.of_caller(called, None, now),
            colleagues=tuple(
                ColleagueAlong(
                    context=one,
                    busy_devices=self._live.busy_devices(one.subscriber),
                    calls=self._live.calls_of(one.subscriber),
                )
                for one in colleagues
            ),
        )
