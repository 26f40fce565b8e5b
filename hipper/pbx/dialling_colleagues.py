"""What codes ask of calls of colleagues: ``*98`` and ``*97201`` take one that rings, ``*68`` parks, ``*88``
retrieves (seed 9). Pure."""

from __future__ import annotations

from collections.abc import Callable

from hipper.pbx import colleagues, rules
from hipper.pbx.feature_codes import DialledCode, Does, Operation
from hipper.pbx.model import (
    Announcement,
    FeatureAction,
    FeaturePlan,
    OriginationFacts,
    Payer,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.origination_refused import refused

Asked = FeaturePlan | RefusedPlan


def pick_up(
    caller: SubscriberContext,
    code: DialledCode,
    facts: OriginationFacts,
    called: SubscriberContext | None = None,
) -> Asked:
    """``called``: whose extension follows the code. Nothing is said when it is done: the call is there."""
    if code.operation is not Operation.ON:
        return refused(rules.FEATURE_NOT_AVAILABLE, caller)
    does = code.feature.does
    wanted = colleagues.pick_up(
        caller, called, directed=does is not Does.PICK_UP, barge_in=does is Does.BARGE_IN
    )
    failed = Announcement.NOTHING_TO_PICK_UP
    return _plan(wanted, PICK_UP_RULES[does], Announcement.SERVICE_ON, failed)


def park(
    caller: SubscriberContext,
    code: DialledCode,
    facts: OriginationFacts,
    called: SubscriberContext | None = None,
) -> Asked:
    if code.operation is not Operation.ON:
        return refused(rules.FEATURE_NOT_AVAILABLE, caller)
    elsewhere = None if code.number is None else colleagues.at(caller, called, code.number)
    wanted = elsewhere or colleagues.park(caller, code.number)
    return _plan(wanted, rules.PARK, Announcement.CALL_PARKED, Announcement.NOT_PARKED)


def retrieve(
    caller: SubscriberContext,
    code: DialledCode,
    facts: OriginationFacts,
    called: SubscriberContext | None = None,
) -> Asked:
    if code.operation is not Operation.ON:
        return refused(rules.FEATURE_NOT_AVAILABLE, caller)
    wanted = colleagues.retrieve(caller, code.number)
    return _plan(wanted, rules.PARK_RETRIEVED, Announcement.SERVICE_ON, Announcement.NOTHING_PARKED)


def _plan(wanted: FeatureAction | RefusedPlan, rule: str, done: Announcement, failed: Announcement) -> Asked:
    if isinstance(wanted, RefusedPlan):
        return wanted
    payer = Payer(subscription=None, tariff=TariffClass.FREE)
    return FeaturePlan(action=wanted, done=done, failed=failed, payer=payer, rule=rule)


PICK_UP_RULES = {
    Does.PICK_UP: rules.PICK_UP_GROUP,
    Does.PICK_UP_AT: rules.PICK_UP_DIRECTED,
    Does.BARGE_IN: rules.PICK_UP_BARGE_IN,
}

ASKS: dict[
    Does, Callable[[SubscriberContext, DialledCode, OriginationFacts, SubscriberContext | None], Asked]
] = {
    **dict.fromkeys(PICK_UP_RULES, pick_up),
    Does.PARK: park,
    Does.RETRIEVE: retrieve,
}
