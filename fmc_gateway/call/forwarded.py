"""State Diverting: the directory says who that is to whom a user forwards, and the call goes there.

A forward is a call of the one who forwards: :mod:`hipper.pbx.forwarding` decides, with that user's calling
plan.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import decisions, rounds, targets
from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.diverting import fall_back, show, to_user
from fmc_gateway.call.ending import (
    broken,
    calling_over,
    conclude,
    gave_up,
    late_answer,
    late_end,
    late_rejection,
)
from fmc_gateway.call.events import (
    ContextFailed,
    ContextLoaded,
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegRejected,
)
from fmc_gateway.call.model import CallState, Diverting, Step
from fmc_gateway.call.voicemail import box_of
from hipper.contracts.calls import CallOutcome, DecisionKind
from hipper.pbx import forwarding
from hipper.pbx.model import ExternalPlan, OnNetPlan, RefusedPlan, SubscriberContext

OUTSIDE_NO_ANSWER_S = 180.0
"""How long a call to the outside may ring: Timer C (RFC 3261 §16.6 step 11). The user's own time is for
the user's devices."""
WITH_A_BOX_NO_ANSWER_S = 45.0
"""And one that was forwarded there while the forwarder's voicemail box waits for it."""


def context_loaded(call: Diverting, event: ContextLoaded, now: float) -> Step:
    """Forward, or fall back on what is left."""
    forwarder, by, caller = event.caller, call.served, call.caller
    out: list[AnyCommand] = []
    if forwarder is None or by is None or caller is None or forwarder.subscriber != by.subscriber:
        return fall_back(call, call.otherwise, now, out)
    call = msgspec.structs.replace(call, resort=box_of(forwarder, call.to.reason) or call.resort)
    plan = forwarding.decide(forwarder, event.called, call.to, caller, now=now, facts=event.origination)
    call = decisions.of_calling(call, by.subscriber, plan, DecisionKind.FORWARDING)
    if isinstance(plan, RefusedPlan):
        call = msgspec.structs.replace(call, rule=plan.rule)
        return fall_back(call, call.otherwise, now, out)
    called = event.called
    if isinstance(plan, OnNetPlan) and (called is None or called.subscriber != plan.called):
        return fall_back(call, call.otherwise, now, out)
    to = targets.destination_of(plan)
    state: CallState = targets.divert(
        call, by, call.to.reason, call.to.rule, to, now, final=call.to.inhibited
    )
    state = msgspec.structs.replace(state, inhibited=call.to.inhibited, diverted_payer=plan.payer)
    if isinstance(plan, ExternalPlan):
        return _outside(state, forwarder, plan, now, out)
    assert called is not None
    return to_user(state, event, called, plan.identity, plan.called_number, now, out)


def _outside(
    call: CallState, forwarder: SubscriberContext, plan: ExternalPlan, now: float, out: list[AnyCommand]
) -> Step:
    goal = targets.outside_for(call, plan, forwarder, call.diverted)
    call = msgspec.structs.replace(
        show(call, plan.identity), reached=targets.reached_outside(plan), reached_subscriber=None
    )
    limit = OUTSIDE_NO_ANSWER_S if call.resort is None else WITH_A_BOX_NO_ANSWER_S
    return rounds.begin_round(call, (goal,), limit, now, out)


def context_failed(call: Diverting, event: ContextFailed, now: float) -> Step:
    return fall_back(call, call.otherwise, now, [])


# The parties meanwhile.


def leg_cancelled(call: Diverting, event: LegCancelled, now: float) -> Step:
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", status=487)
    return conclude(call, now, [], CallOutcome.CANCELLED, gave_up(event.reason), "calling")


def leg_ended(call: Diverting, event: LegEnded, now: float) -> Step:
    """The caller's connection is gone; or the last word of a leg that was given up."""
    if event.leg != call.calling.id:
        return late_end(call, event), ()
    call = calling_over(call, now, "calling", q850=event.q850)
    return conclude(call, now, [], CallOutcome.CANCELLED, broken(event.reason, event.cause), "calling")


def leg_answered(call: Diverting, event: LegAnswered, now: float) -> Step:
    """A 200 that crossed our CANCEL."""
    out: list[AnyCommand] = []
    return late_answer(call, event, out), tuple(out)


def leg_rejected(call: Diverting, event: LegRejected, now: float) -> Step:
    """The 487 of a leg that was given up."""
    return late_rejection(call, event), ()
