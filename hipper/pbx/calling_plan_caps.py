"""What a leg costs, how many there may be, and how long one lasts before a budget is gone. Pure."""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx import rules
from hipper.pbx.model import OriginationFacts, SubscriberContext, TariffClass
from hipper.pbx.services.calling import OutgoingCallingPlan, Rates
from hipper.pbx.tariffs import paid_abroad
from hipper.telephony.numbers.e164 import E164

SHORTEST_S = 5.0
"""A budget that does not last this long is spent."""

_FREE_OF_CHARGE = frozenset({TariffClass.ON_NET, TariffClass.SERVICE_FREE})


class Budget(NamedTuple):
    """``rule``: the cap that is reached, None when there is none. ``max_duration_s``: how long the call
    lasts until one is; None: for ever."""

    rule: str | None
    max_duration_s: float | None = None


def rate_of(rates: Rates, tariff: TariffClass, number: E164 | None) -> float:
    """Euros a minute. Premium numbers abroad cost what premium numbers cost, and no less than that country
    does."""
    if tariff is TariffClass.NATIONAL_FIXED:
        return rates.national_fixed
    if tariff is TariffClass.NATIONAL_MOBILE:
        return rates.national_mobile
    if tariff is TariffClass.INTERNATIONAL and number is not None:
        return _rate_of_country(rates, number)
    if tariff is TariffClass.SERVICE_PAID:
        listed = _listed_country(rates, number) if number is not None and paid_abroad(number) else None
        return rates.service_paid if listed is None else max(rates.service_paid, listed)
    return 0.0


def _rate_of_country(rates: Rates, number: E164) -> float:
    listed = _listed_country(rates, number)
    return rates.international if listed is None else listed


def _listed_country(rates: Rates, number: E164) -> float | None:
    """The entry with the longest calling code that fits."""
    digits = number.removeprefix("+")
    best: tuple[int, float] | None = None
    for entry in rates.countries:
        code = entry.calling_code.removeprefix("+")
        if code and digits.startswith(code) and (best is None or len(code) > best[0]):
            best = (len(code), entry.rate)
    return None if best is None else best[1]


def too_many_calls(
    context: SubscriberContext, plan: OutgoingCallingPlan, tariff: TariffClass, facts: OriginationFacts
) -> str | None:
    """The rule of a cap on calls at once that is reached, or None. Calls within the enterprise count
    nowhere; free numbers only for the capacity of the group, which is lines and not money."""
    if tariff is TariffClass.ON_NET:
        return None
    capacity = context.group_services.call_capacity_management
    if capacity is not None and (
        _reached(capacity.max_calls, facts.group_calls + facts.group_incoming)
        or _reached(capacity.max_outgoing, facts.group_calls)
    ):
        return rules.PLAN_CAPACITY
    if tariff in _FREE_OF_CHARGE:
        return None
    if _reached(plan.max_calls_user, facts.user_calls):
        return rules.PLAN_CALLS_USER
    if _reached(plan.max_calls_group, facts.group_calls):
        return rules.PLAN_CALLS_GROUP
    return None


def group_is_full(context: SubscriberContext, facts: OriginationFacts) -> bool:
    """Whether the group takes no further call from outside (seed 9, Call Capacity Management)."""
    capacity = context.group_services.call_capacity_management
    return capacity is not None and (
        _reached(capacity.max_calls, facts.group_calls + facts.group_incoming)
        or _reached(capacity.max_incoming, facts.group_incoming)
    )


def _reached(most: int | None, calls: int) -> bool:
    return most is not None and calls >= most


def budget(plan: OutgoingCallingPlan, rate: float, facts: OriginationFacts) -> Budget:
    """How far the money goes. What costs nothing goes on when the money is gone.

    Calls that are up have not been paid yet, so the rest is shared with them; whoever runs the calls ends
    those that spend it together all the same.
    """
    if rate <= 0.0:
        return Budget(None)
    longest: float | None = None
    for cap, spent, calls, rule in (
        (plan.spend_cap_user_day, facts.user_spent_today, facts.user_calls, rules.PLAN_SPENT_USER_DAY),
        (plan.spend_cap_user_month, facts.user_spent_month, facts.user_calls, rules.PLAN_SPENT_USER_MONTH),
        (
            plan.spend_cap_group_month,
            facts.group_spent_month,
            facts.group_calls,
            rules.PLAN_SPENT_GROUP_MONTH,
        ),
    ):
        if cap is None:
            continue
        left_s = (cap - spent) / (max(calls, 0) + 1) / rate * 60.0
        if not left_s >= SHORTEST_S:
            return Budget(rule)
        longest = left_s if longest is None else min(longest, left_s)
    return Budget(None, longest)
