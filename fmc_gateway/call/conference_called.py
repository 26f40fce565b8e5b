"""Whose telephones are called into a conference, how long they ring, and who pays: as for a call the
moderator dials from the app (:func:`hipper.pbx.dial.other_side`)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fmc_gateway.call.events import ContextLoaded
from fmc_gateway.call.forwarded import OUTSIDE_NO_ANSWER_S
from fmc_gateway.call.model import Conferring, Leg
from fmc_gateway.call.targets import Goal, of_devices, outside_for, reached_outside, reached_user
from hipper.contracts.bus import RefusedBecause
from hipper.pbx import rules, termination
from hipper.pbx.identity import connected_identity
from hipper.pbx.model import (
    CallerIdentity,
    DeviceKind,
    ExternalPlan,
    OnNetPlan,
    Payer,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
)
from hipper.telephony.numbers.emergency import is_never_recorded

TAKES_NO_CALLS = "who was asked for takes no calls now"
UNTOUCHABLE = "112 and 113 are in no conference"
EMERGENCY_RULES = frozenset({rules.DIAL_EMERGENCY, rules.EMERGENCY_ELSEWHERE})
NOBODY_RULES = frozenset({rules.EXTENSION_UNKNOWN, rules.NUMBER_INVALID})


class Called(NamedTuple):
    goals: list[Goal]
    shown: CallerIdentity
    reached: CallerIdentity
    connected: CallerIdentity | None
    payer: Payer
    no_answer_s: float


class NotCalled(NamedTuple):
    why: str
    because: RefusedBecause


def called(
    call: Conferring,
    caller: SubscriberContext,
    event: ContextLoaded,
    plan: OnNetPlan | ExternalPlan | RefusedPlan,
    user: Leg,
    now: float,
) -> Called | NotCalled:
    if isinstance(plan, RefusedPlan):
        return NotCalled(plan.explanation, _because(plan))
    if isinstance(plan, ExternalPlan):
        if is_never_recorded(plan.number or plan.dialled):
            return NotCalled(UNTOUCHABLE, RefusedBecause.EMERGENCY)
        return _outside(call, caller, plan)
    found = _colleague(call, event, plan, user, now)
    if found is None or not found.goals:
        return NotCalled(TAKES_NO_CALLS, RefusedBecause.NOT_REACHABLE)
    return found


def _because(plan: RefusedPlan) -> RefusedBecause:
    if plan.rule in EMERGENCY_RULES:
        return RefusedBecause.EMERGENCY
    return RefusedBecause.NOT_REACHABLE if plan.rule in NOBODY_RULES else RefusedBecause.BARRED


def _outside(call: Conferring, caller: SubscriberContext, plan: ExternalPlan) -> Called:
    goal = outside_for(call, plan, caller, ())._replace(diverted_by=None)
    return Called([goal], plan.identity, reached_outside(plan), None, plan.payer, OUTSIDE_NO_ANSWER_S)


def _colleague(
    call: Conferring, event: ContextLoaded, plan: OnNetPlan, user: Leg, now: float
) -> Called | None:
    """By that user's own rules; None: nothing of that user's rings."""
    who = event.called
    if who is None or who.subscriber != plan.called:
        return None
    facts = event.termination
    busy = facts.busy_devices or event.busy_devices
    ring = termination.decide(
        who,
        plan.identity,
        on_net=True,
        reached=plan.called_number,
        exclude_device=user.device,
        now=now,
        facts=msgspec.structs.replace(facts, busy_devices=busy),
    )
    if not isinstance(ring, RingPlan):
        return None
    goals, _ = of_devices(call, who, event.bindings, ring, facts.colleagues)
    seen = connected_identity(
        who, caller_on_net=True, dialled=plan.called_number, device=DeviceKind.DESK_PHONE
    )
    reached = reached_user(who, plan.called_number, on_net=True)
    return Called(goals, ring.identity, reached, seen, plan.payer, float(ring.no_answer_s))
