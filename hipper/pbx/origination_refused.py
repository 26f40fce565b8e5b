"""How a call that may not be made is refused: SIP status, Q.850 cause and what the caller hears, by rule."""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx import rules
from hipper.pbx.calling_plan import Permission
from hipper.pbx.model import Announcement, RefusedPlan, SubscriberContext


class Refusal(NamedTuple):
    status: int
    cause: int
    announcement: Announcement | None = None


# RFC 3398 §8.2.6.1: 404 is cause 1, 484 is 28, 403 is 21; Q.850: 29 facility rejected, 50 not subscribed to,
# 69 not implemented.
_BY_RULE = {
    rules.CALLER_DISABLED: Refusal(403, 21, Announcement.CALL_BARRED),
    rules.CALLS_AT_ONCE: Refusal(403, 21, Announcement.LIMIT_REACHED),
    rules.EXTENSION_UNKNOWN: Refusal(404, 1, Announcement.UNKNOWN_NUMBER),
    rules.NUMBER_INVALID: Refusal(404, 28, Announcement.UNKNOWN_NUMBER),
    rules.EMERGENCY_ELSEWHERE: Refusal(403, 21),
    rules.FEATURE_NOT_AVAILABLE: Refusal(480, 69, Announcement.UNKNOWN_NUMBER),
    rules.FEATURE_NOT_IN_PACK: Refusal(480, 50, Announcement.NOT_ALLOWED),
    rules.FEATURE_SWITCHED_OFF: Refusal(480, 29, Announcement.SERVICE_FAILED),
    rules.FEATURE_NO_DESTINATION: Refusal(480, 29, Announcement.SERVICE_FAILED),
    rules.SPEED_DIAL_EMPTY: Refusal(404, 1, Announcement.UNKNOWN_NUMBER),
    rules.REDIAL_NOBODY: Refusal(480, 29, Announcement.SERVICE_FAILED),
    rules.CALL_RETURN_NOBODY: Refusal(480, 29, Announcement.SERVICE_FAILED),
    rules.CALL_RETURN_WITHHELD: Refusal(480, 29, Announcement.SERVICE_FAILED),
    rules.PICK_UP_NO_COLLEAGUE: Refusal(480, 29, Announcement.NOTHING_TO_PICK_UP),
    rules.PICK_UP_EXEMPT: Refusal(480, 29, Announcement.NOT_ALLOWED),
    rules.PARK_NOWHERE: Refusal(480, 29, Announcement.NOT_PARKED),
    rules.FORWARD_DISABLED: Refusal(480, 20, Announcement.USER_UNAVAILABLE),
    rules.FORWARD_EMERGENCY: Refusal(403, 21, Announcement.USER_UNAVAILABLE),
    rules.FORWARD_CODE: Refusal(404, 28, Announcement.USER_UNAVAILABLE),
    rules.FORWARD_INVALID: Refusal(404, 28, Announcement.USER_UNAVAILABLE),
    rules.FORWARD_ONESELF: Refusal(480, 20, Announcement.USER_UNAVAILABLE),
    rules.FORWARD_UNKNOWN: Refusal(404, 1, Announcement.USER_UNAVAILABLE),
    rules.DIAL_EMERGENCY: Refusal(403, 21),
    rules.DIAL_CODE: Refusal(403, 29),
    rules.DIAL_DEVICE_UNKNOWN: Refusal(404, 1),
    rules.DIAL_NO_DEVICE: Refusal(480, 20),
}


def refused(rule: str, context: SubscriberContext) -> RefusedPlan:
    """``context``: whose language the explanation is in."""
    status, cause, announcement = _BY_RULE[rule]
    return RefusedPlan(
        status=status,
        cause=cause,
        explanation=rules.sentence(rule, context.language),
        rule=rule,
        announcement=announcement,
    )


def refused_by_plan(permission: Permission, context: SubscriberContext) -> RefusedPlan:
    """The calling plan said no."""
    return RefusedPlan(
        status=permission.status,
        cause=permission.cause,
        explanation=rules.sentence(permission.rule, context.language),
        rule=permission.rule,
        announcement=permission.announcement,
    )
