"""Ringing: every target its own leg and its own media pair, the first that answers wins (call-flows §3)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fmc_gateway.call import answering, passing
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnyCommand,
    BindingTarget,
    EndLeg,
    MobileTarget,
    OfferMedia,
    Originate,
    Progress,
    Ring,
    StartTimer,
    StopTimer,
    Target,
    TrunkTarget,
)
from fmc_gateway.call.ending import (
    DECLINED,
    ELSEWHERE,
    NO_ANSWER,
    NO_ANSWER_TIMER,
    Stop,
    broken,
    calling_over,
    conclude,
    gave_up,
    refuse,
    reject_calling,
    release,
    stop_leg,
)
from fmc_gateway.call.events import (
    Binding,
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegProgress,
    LegRejected,
    LegRinging,
    LegSent,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    TimerFired,
)
from fmc_gateway.call.model import (
    ALIVE,
    Answering,
    Deciding,
    Leg,
    LegPhase,
    Ringing,
    S,
    Step,
    become,
    called_leg,
    leg_id,
    leg_of_pair,
    pair_id,
    put,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.verdict import DECLINE, Q850_NO_RESOURCE, Failure, Verdict, failure_of, verdict
from hipper.contracts.calls import AttemptOutcome, CallOutcome, DeviceAttempt, LegRole, LivePhase
from hipper.pbx import rules
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import (
    DeviceKind,
    ExternalPlan,
    Payer,
    RingPlan,
    RingTarget,
    SkippedDevice,
    SubscriberContext,
)

OUTSIDE_NO_ANSWER_S = 180.0
"""How long a call to the outside may ring: Timer C (RFC 3261 §16.6 step 11). The user's own time is for
the user's devices."""

SKIPPED_OUTCOME = {
    rules.DEVICE_SWITCHED_OFF: AttemptOutcome.SWITCHED_OFF,
    rules.DEVICE_CALLING: AttemptOutcome.BUSY,
    rules.DEVICE_NO_ADDRESS: AttemptOutcome.UNREACHABLE,
}
"""What a rule that keeps a device silent means in the record."""


class _Goal(NamedTuple):
    """One leg to be made."""

    target: Target
    peer: str
    device: DeviceId | None
    payer: Payer | None
    rule: str


# From the plan to legs.


def ring_outside(call: Deciding, target: TrunkTarget, plan: ExternalPlan, now: float) -> Step:
    """One leg to the PSTN. The caller's own leg is the one that is charged; this one carries the class."""
    payer = Payer(subscription=None, tariff=plan.payer.tariff)
    goal = _Goal(target, target.trunk or "pstn", None, payer, plan.rule)
    return _begin(call, (goal,), None, OUTSIDE_NO_ANSWER_S, True, now)


def ring_devices(
    call: Deciding, called: SubscriberContext, bindings: tuple[Binding, ...], plan: RingPlan, now: float
) -> Step:
    """All devices of the plan at once; a desk phone registered twice gets two legs."""
    goals: list[_Goal] = []
    skipped = [skipped_device(called.subscriber, device) for device in plan.skipped]
    for target in plan.targets:
        found = _goals(target, bindings)
        goals += found
        if not found:
            skipped.append(_unregistered(called.subscriber, target))
    calling = msgspec.structs.replace(call.calling, identity=plan.identity)
    call = msgspec.structs.replace(call, calling=calling, skipped=tuple(skipped))
    if not goals:
        return refuse(call, now, 480, "no device is registered", q850=20, outcome=CallOutcome.UNREACHABLE)
    return _begin(
        call, tuple(goals), called.subscriber, float(plan.no_answer_s), plan.decline_ends_ringing, now
    )


def skipped_device(subscriber: SubscriberId, device: SkippedDevice) -> DeviceAttempt:
    return DeviceAttempt(
        device=device.device,
        subscriber=subscriber,
        outcome=SKIPPED_OUTCOME.get(device.rule, AttemptOutcome.FAILED),
        rule=device.rule,
        explanation=rules.RULES[device.rule].en if device.rule in rules.RULES else None,
    )


def _unregistered(subscriber: SubscriberId, target: RingTarget) -> DeviceAttempt:
    mobile = target.kind is DeviceKind.MOBILE
    return DeviceAttempt(
        device=target.device,
        subscriber=subscriber,
        outcome=AttemptOutcome.UNREACHABLE if mobile else AttemptOutcome.NOT_REGISTERED,
        rule=target.rule,
        explanation="no network or number is known" if mobile else "the desk phone is not registered",
    )


def _goals(target: RingTarget, bindings: tuple[Binding, ...]) -> list[_Goal]:
    if target.kind is DeviceKind.DESK_PHONE:
        peer = target.aor_user or target.device
        return [
            _Goal(BindingTarget(binding=binding), peer, target.device, target.payer, target.rule)
            for binding in bindings
            if binding.device == target.device
        ]
    if target.mobile_network is None or target.mobile_number is None:
        return []
    handset = MobileTarget(network=target.mobile_network, number=target.mobile_number, device=target.device)
    return [_Goal(handset, target.mobile_network, target.device, target.payer, target.rule)]


def _begin(
    call: Deciding,
    goals: tuple[_Goal, ...],
    subscriber: SubscriberId | None,
    no_answer_s: float,
    decline_ends_ringing: bool,
    now: float,
) -> Step:
    """Ask rtpengine for an offer to each target; the INVITEs leave as the offers come back."""
    legs = tuple(_leg(call, index, goal, subscriber, now) for index, goal in enumerate(goals, 1))
    state = become(
        Ringing,
        call,
        called=legs,
        transparent=len(legs) == 1,
        decline_ends_ringing=decline_ends_ringing,
    )
    out: list[AnyCommand] = [_offer(state, leg) for leg in legs]
    out.append(StartTimer(name=NO_ANSWER_TIMER, after_s=no_answer_s))
    return publish(state, LivePhase.SETTING_UP, out), tuple(out)


def _leg(call: Deciding, index: int, goal: _Goal, subscriber: SubscriberId | None, now: float) -> Leg:
    return Leg(
        id=leg_id(call, index),
        role=LegRole.CALLED,
        phase=LegPhase.PREPARING,
        peer=goal.peer,
        identity=call.reached,
        subscriber=subscriber,
        device=goal.device,
        payer=goal.payer,
        target=goal.target,
        rule=goal.rule,
        pair=pair_id(call, index),
        icid=call.offered.icid,
        offered=now,
    )


def _offer(call: Ringing, leg: Leg) -> OfferMedia:
    assert leg.pair is not None
    return OfferMedia(pair=leg.pair, from_leg=call.calling.id, to_leg=leg.id, sdp=call.calling.sdp or "")


# State Ringing: how each target gets on.


def media_offered(call: Ringing, event: MediaOffered, now: float) -> Step:
    """The offer for one target is made: its INVITE leaves."""
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.phase is not LegPhase.PREPARING or leg.target is None:
        return call, ()
    target, kept = passing.in_same_session(call.offered, leg.target)
    invite = Originate(
        leg=leg.id,
        target=target,
        identity=call.calling.identity,
        sdp=event.sdp,
        max_forwards=call.offered.max_forwards - 1,
        icid=call.offered.icid,
        passthrough_headers=kept,
    )
    call = put(
        call, msgspec.structs.replace(leg, phase=LegPhase.INVITED, offered=now, sent=True, given=event.sdp)
    )
    if call.setup_ms is None:
        call = msgspec.structs.replace(call, setup_ms=round((now - call.calling.offered) * 1000, 3))
    return call, (invite,)


def media_failed(call: Ringing, event: MediaFailed, now: float) -> Step:
    """rtpengine failed one target. Once that target was invited it was only early media:
    it may still answer."""
    leg = leg_of_pair(call, event.pair)
    if leg is None:
        return call, ()
    if leg.phase is not LegPhase.PREPARING:
        due = max(leg.answers_due - 1, 0)
        return put(call, msgspec.structs.replace(leg, answers_due=due, progress_status=None)), ()
    status = 503 if event.no_rtpengine else 500
    return _leg_failed(
        call, leg, Failure(AttemptOutcome.FAILED, status, Q850_NO_RESOURCE, event.reason), now, []
    )


def leg_sent(call: S, event: LegSent, now: float) -> tuple[S, tuple[AnyCommand, ...]]:
    """In any state: the Call-ID of a leg, and the ICID when it has one of its own, for the record."""
    leg = called_leg(call, event.leg)
    if leg is None:
        return call, ()
    return put(
        call, msgspec.structs.replace(leg, sip_call_id=event.sip_call_id, icid=event.icid or leg.icid)
    ), ()


def leg_ringing(call: Ringing, event: LegRinging, now: float) -> Step:
    """180: the caller hears it once. Other provisional responses say that the call is on its way, no more."""
    leg = called_leg(call, event.leg)
    if leg is None or event.status != 180:
        return call, ()
    out: list[AnyCommand] = []
    return _rings(call, leg, now, out), tuple(out)


def _rings(call: Ringing, leg: Leg, now: float, out: list[AnyCommand]) -> Ringing:
    if leg.phase is not LegPhase.INVITED:
        return call
    call = put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now))
    if call.rung:
        return call
    out.append(Ring(leg=call.calling.id))
    calling = msgspec.structs.replace(call.calling, ringing=now)
    return publish(msgspec.structs.replace(call, rung=True, calling=calling), LivePhase.RINGING, out)


def leg_progress(call: Ringing, event: LegProgress, now: float) -> Step:
    """Early media passes only from a single target, and of its early dialogs (RFC 3261 §12.1) from the first:
    with several, one network's announcement would mask ringing phones."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in ALIVE:
        return call, ()
    out: list[AnyCommand] = []
    if event.status == 180:
        call = _rings(call, leg, now, out)
        leg = called_leg(call, event.leg) or leg
    if call.transparent and leg.sdp is None and leg.pair is not None:
        early = msgspec.structs.replace(
            leg, sdp=event.sdp, answers_due=leg.answers_due + 1, progress_status=event.status
        )
        call = put(call, early)
        out.append(
            AnswerMedia(pair=leg.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=event.sdp)
        )
    return call, tuple(out)


def media_answered(call: Ringing, event: MediaAnswered, now: float) -> Step:
    """Early media can be heard: it goes to the caller with the status it came with."""
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.progress_status is None:
        return call, ()
    status = leg.progress_status
    leg = msgspec.structs.replace(
        leg,
        answers_due=leg.answers_due - 1,
        answer=event.sdp,
        progress_status=None,
        transcoded=event.transcoded,
    )
    call = put(call, leg)
    calling = msgspec.structs.replace(call.calling, given=event.sdp)
    call = msgspec.structs.replace(call, calling=calling)
    return call, (Progress(leg=calling.id, status=status, sdp=event.sdp),)


def leg_answered(call: Ringing, event: LegAnswered, now: float) -> Step:
    """The first 200 wins: every other leg is stopped in the same step."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING) or leg.pair is None:
        return call, ()
    sdp = event.sdp or leg.sdp
    out: list[AnyCommand] = []
    if sdp is None:
        out.append(EndLeg(leg=leg.id, reason='SIP;cause=488;text="Answer without SDP"'))
        return _leg_failed(
            call, leg, Failure(AttemptOutcome.FAILED, 488, None, "answered without SDP"), now, out
        )
    out.append(StopTimer(name=NO_ANSWER_TIMER))
    known = leg.answer if sdp == leg.sdp else None
    ask = sdp != leg.sdp or (known is None and leg.answers_due == 0)
    if ask:
        out.append(AnswerMedia(pair=leg.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=sdp))
    won = msgspec.structs.replace(
        leg,
        phase=LegPhase.ANSWERED,
        answered=now,
        status=200,
        sdp=sdp,
        answers_due=leg.answers_due + ask,
        outcome=AttemptOutcome.ANSWERED,
        connected=event.connected,
    )
    called = tuple(
        won if one.id == won.id else stop_leg(one, now, ELSEWHERE, "gateway", out) for one in call.called
    )
    state = become(Answering, call, called=called, winner=won.id)
    if known is not None:
        return answering.establish(state, known, now, out)
    return state, tuple(out)


def leg_rejected(call: Ringing, event: LegRejected, now: float) -> Step:
    """One target is out. A user's decline may end the ringing everywhere."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return call, ()
    return _leg_failed(call, leg, failure_of(leg, event), now, [])


def called_leg_ended(call: Ringing, leg: Leg, event: LegEnded, now: float) -> Step:
    """An early dialog that died with its connection."""
    if leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return call, ()
    return _leg_failed(call, leg, Failure(AttemptOutcome.UNREACHABLE, None, event.q850, event.cause), now, [])


def _leg_failed(call: Ringing, leg: Leg, failure: Failure, now: float, out: list[AnyCommand]) -> Step:
    failed = msgspec.structs.replace(
        leg,
        phase=LegPhase.OVER,
        ended=now,
        ended_by=failure.ended_by,
        status=failure.status,
        q850=failure.q850,
        outcome=failure.outcome,
        explanation=failure.explanation,
    )
    call = put(call, release(failed, out))
    if failure.outcome is AttemptOutcome.DECLINED and call.decline_ends_ringing and leg.device is not None:
        return _over(call, DECLINE, DECLINED, now, out)
    if any(one.phase in ALIVE for one in call.called):
        return call, tuple(out)
    return _over(call, verdict(call), NO_ANSWER, now, out)


def _over(call: Ringing, found: Verdict, stop: Stop, now: float, out: list[AnyCommand]) -> Step:
    """Nobody will answer: the caller hears the verdict."""
    by = "called" if found.outcome in (CallOutcome.BUSY, CallOutcome.DECLINED) else "gateway"
    call = reject_calling(
        call,
        now,
        out,
        found.status,
        q850=found.q850,
        explanation=found.explanation,
        retry_after_s=found.retry_after_s,
        ended_by=by,
    )
    return conclude(call, now, out, found.outcome, stop, by)


def timer_fired(call: Ringing, event: TimerFired, now: float) -> Step:
    """No answer in the user's time."""
    if event.name != NO_ANSWER_TIMER:
        return call, ()
    called = tuple(_timed_out(leg) if leg.phase in ALIVE else leg for leg in call.called)
    call = msgspec.structs.replace(call, called=called)
    return _over(call, verdict(call), NO_ANSWER, now, [])


def _timed_out(leg: Leg) -> Leg:
    outcome = NO_ANSWER.rang if leg.phase is LegPhase.RINGING else NO_ANSWER.silent
    return msgspec.structs.replace(leg, outcome=outcome, explanation=NO_ANSWER.explanation)


def leg_cancelled(call: Ringing, event: LegCancelled, now: float) -> Step:
    """The caller gave up: every target is cancelled with the Reason the caller gave."""
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", status=487)
    return conclude(call, now, [], CallOutcome.CANCELLED, gave_up(event.reason), "calling")


def leg_ended(call: Ringing, event: LegEnded, now: float) -> Step:
    if event.leg == call.calling.id:
        call = calling_over(call, now, "calling", q850=event.q850)
        return conclude(call, now, [], CallOutcome.CANCELLED, broken(event.reason, event.cause), "calling")
    leg = called_leg(call, event.leg)
    return (call, ()) if leg is None else called_leg_ended(call, leg, event, now)
