"""Dial from the app (call-flows §2; RFC 3725): the user's own telephones ring first, then the other side.

They are offered media of our own: rtpengine makes the offer of a description that leads nowhere, and speaks
and rings into it. Who picks up, and presses 1 where a mailbox could answer, hears ringing while the other
side is called as for any call of that user; :mod:`.joining` brings the two together. The destination is asked
about twice, at the beginning and at the pick-up: what was allowed half a minute ago may not be any more.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import decisions, diverting, rounds, targets
from fmc_gateway.call.announcing import DISCARD_PORT
from fmc_gateway.call.commands import AnswerDial, AnyCommand, LoadContext, OfferMedia, StartTimer, StopTimer
from fmc_gateway.call.ending import NO_ANSWER, NO_ANSWER_TIMER, broken, calling_over, conclude
from fmc_gateway.call.events import (
    ContextFailed,
    ContextLoaded,
    DialRequested,
    LegDirection,
    LegOffered,
    LegSource,
)
from fmc_gateway.call.forwarded import OUTSIDE_NO_ANSWER_S
from fmc_gateway.call.model import DiallingOut, Leg, LegPhase, Step, Verdict
from fmc_gateway.call.records import publish
from fmc_gateway.call.rounds import tell_caller
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import CallOutcome, LegRole, LivePhase
from hipper.pbx import dial, identity, rules
from hipper.pbx.calls_at_once import one_too_many
from hipper.pbx.dial import DialPlan
from hipper.pbx.ids import LegId, PairId
from hipper.pbx.model import (
    CallerIdentity,
    ExternalPlan,
    Presentation,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
)
from hipper.telephony.sdp.codec import PCMA, PCMU, TELEPHONE_EVENT, Codec
from hipper.telephony.sdp.offer_answer import Capabilities, make_offer

APP = "app"
"""Peer of the calling side until a telephone of the user was picked up."""
UNKNOWN = Verdict(404, 1, "the user is unknown", CallOutcome.REFUSED)
AWAY = Verdict(503, 41, "the directory does not answer", CallOutcome.FAILED)
NOBODY_THERE = Verdict(480, 20, "no telephone of the user can be reached", CallOutcome.UNREACHABLE)
EMERGENCY_RULES = frozenset({rules.DIAL_EMERGENCY, rules.EMERGENCY_ELSEWHERE})
NOBODY_RULES = frozenset(
    {rules.DIAL_NO_DEVICE, rules.DIAL_DEVICE_UNKNOWN, rules.EXTENSION_UNKNOWN, rules.NUMBER_INVALID}
)
"""Of refusals in which nothing is forbidden."""
CODECS = (
    PCMA,
    PCMU,
    Codec(96, "AMR-WB", 16000),
    Codec(97, "AMR", 8000),
    TELEPHONE_EVENT,
    Codec(102, "telephone-event", 16000, 1, "0-15"),
)
"""What a telephone is offered before anybody is there to talk to: G.711, in which rtpengine can speak, and
for handsets whose network does not transcode what they have."""
OUR_OFFER = str(make_offer(Capabilities(address="127.0.0.1", port=DISCARD_PORT, session_id=1, codecs=CODECS)))


def begin(_: None, event: DialRequested, now: float) -> Step:
    """The first event of a call that no leg has yet."""
    nobody = CallerIdentity(presentation=Presentation.ALLOWED)
    offered = LegOffered(
        call=event.call,
        leg=event.leg,
        source=LegSource.APP,
        direction=LegDirection.ORIGINATING,
        peer=APP,
        trusted=True,
        dialled=event.destination,
        caller=nobody,
        anonymous_requested=event.anonymous,
        sip_call_id="",
        gateway=event.gateway,
    )
    calling = Leg(
        id=event.leg,
        role=LegRole.CALLING,
        phase=LegPhase.SPEAKER,
        peer=APP,
        identity=nobody,
        subscriber=event.subscriber,
        offered=now,
    )
    call = DiallingOut(offered=offered, calling=calling, rule=APP, reached=nobody, requested=event)
    return call, (question(event),)


def question(event: DialRequested) -> LoadContext:
    return LoadContext(served_subscriber=event.subscriber, dialled=event.destination)


def context_failed(call: DiallingOut, event: ContextFailed, now: float) -> Step:
    return (call, ()) if _is_ringing(call) else _refused(call, AWAY, now)


def _is_ringing(call: DiallingOut) -> bool:
    """The user's telephones ring: nothing is asked of the directory."""
    return call.calling.phase is LegPhase.SPEAKER and bool(call.called)


def context_loaded(call: DiallingOut, event: ContextLoaded, now: float) -> Step:
    """Who rings first, or, after the pick-up, where the call goes."""
    if _is_ringing(call):
        return call, ()
    caller = event.caller
    if caller is None or not _is_who_asked(call, caller):
        return _refused(call, UNKNOWN, now)
    plan = dial.decide(
        caller,
        event.called,
        call.requested.destination,
        call.requested.device,
        anonymous_requested=call.requested.anonymous,
        now=now,
        facts=event.origination,
    )
    if isinstance(plan, DialPlan) and call.calling.phase is LegPhase.SPEAKER:
        plan = one_too_many(caller, plan.then, event.origination) or plan
    call = msgspec.structs.replace(
        call, rule=plan.rule, tenant=caller.tenant, caller_group=caller.group, language=caller.language
    )
    if isinstance(plan, RefusedPlan) or not call.decisions:  # after the pick-up it is decided again
        then = plan if isinstance(plan, RefusedPlan) else plan.then
        call = decisions.of_calling(call, caller.subscriber, then, known_as=event.origination.called_list)
    if isinstance(plan, RefusedPlan):
        found = Verdict(plan.status, plan.cause, plan.explanation, CallOutcome.REFUSED)
        return _refused(call, found, now)
    if not isinstance(plan.then, ExternalPlan):
        called = event.called
        if called is None or called.subscriber != plan.then.called:
            return _refused(call, UNKNOWN, now)
    if call.calling.phase is LegPhase.ANSWERED:
        return _call_other_side(call, event, plan, now)
    return _ring(call, event, caller, plan, now)


def _refused(call: DiallingOut, found: Verdict, now: float) -> Step:
    """Before the pick-up the app is told, after it the user's telephone is."""
    out: list[AnyCommand] = []
    if call.calling.phase is LegPhase.ANSWERED:
        return tell_caller(call, found, broken(None, found.explanation), now, out)
    out.append(AnswerDial(accepted=False, explanation=found.explanation, because=_because(call, found)))
    if call.tenant is not None:
        call = publish(call, LivePhase.SETTING_UP, out)  # so that the app learns how it ended
    call = calling_over(call, now, "gateway", status=found.status, q850=found.q850)
    return conclude(call, now, out, found.outcome, broken(None, found.explanation), "gateway")


def _is_who_asked(call: DiallingOut, caller: SubscriberContext) -> bool:
    asked = call.requested
    return caller.subscriber == asked.subscriber and asked.tenant in (None, caller.tenant)


def _because(call: DiallingOut, found: Verdict) -> RefusedBecause:
    """What the app shows beside the sentence: whatever is not about reaching somebody, the plan forbids."""
    if found is AWAY:
        return RefusedBecause.AWAY
    if call.rule in EMERGENCY_RULES:
        return RefusedBecause.EMERGENCY
    nobody = found in (UNKNOWN, NOBODY_THERE) or call.rule in NOBODY_RULES
    return RefusedBecause.NOT_REACHABLE if nobody else RefusedBecause.BARRED


# The user's own telephones.


def _ring(
    call: DiallingOut, event: ContextLoaded, caller: SubscriberContext, plan: DialPlan, now: float
) -> Step:
    reached = _destination(event, plan)
    ring = RingPlan(
        targets=plan.first,
        skipped=(),
        no_answer_s=caller.no_answer_s,
        decline_ends_ringing=True,
        identity=reached,
        passed_on=identity.of_diverted(reached, caller, on_net=False).identity,
        rule=plan.rule,
    )
    calling = msgspec.structs.replace(call.calling, identity=plan.then.identity)
    call = msgspec.structs.replace(call, calling=calling, reached=reached)
    goals, silent = targets.of_devices(call, caller, event.bindings, ring)
    call = msgspec.structs.replace(call, skipped=silent)
    if not goals:
        return _refused(call, NOBODY_THERE, now)
    out: list[AnyCommand] = [AnswerDial(accepted=True)]
    legs = tuple(_own_leg(call, index, goal, reached, now, out) for index, goal in enumerate(goals, 1))
    out.append(StartTimer(name=NO_ANSWER_TIMER, after_s=float(ring.no_answer_s)))
    call = msgspec.structs.replace(call, called=legs, deadline=now + ring.no_answer_s)
    return publish(call, LivePhase.SETTING_UP, out), tuple(out)


def _destination(event: ContextLoaded, plan: DialPlan) -> CallerIdentity:
    """What the user's telephones show as calling: whom the user is about to reach."""
    if isinstance(plan.then, ExternalPlan) or event.called is None:
        assert isinstance(plan.then, ExternalPlan)
        return targets.reached_outside(plan.then)
    return targets.reached_user(event.called, plan.then.called_number, on_net=True)


def _own_leg(
    call: DiallingOut,
    index: int,
    goal: targets.Goal,
    reached: CallerIdentity,
    now: float,
    out: list[AnyCommand],
) -> Leg:
    leg = targets.make_leg(call, index, goal, now)
    pair = PairId(f"{call.offered.call}-d{index}")
    leg = msgspec.structs.replace(
        leg,
        id=LegId(f"{call.offered.call}-a{index}"),
        role=LegRole.CALLING,
        phase=LegPhase.PREPARING,
        identity=call.calling.identity,
        shown=goal.shown or reached,
        connected_as=None,
        pair=pair,
    )
    out.append(OfferMedia(pair=pair, from_leg=call.calling.id, to_leg=leg.id, sdp=OUR_OFFER))
    return leg


# After the pick-up.


def _call_other_side(call: DiallingOut, event: ContextLoaded, plan: DialPlan, now: float) -> Step:
    """As any call of this user; the fixed subscription pays for it, whichever telephone was picked up."""
    then = plan.then
    call = msgspec.structs.replace(call, diverted_payer=then.payer, caller=then.identity)
    call = diverting.show(call, then.identity)
    if isinstance(then, ExternalPlan):
        call = msgspec.structs.replace(call, reached=targets.reached_outside(then))
        return rounds.begin_round(call, (targets.outside(call, then),), OUTSIDE_NO_ANSWER_S, now, [])
    assert event.called is not None
    return diverting.to_user(call, event, event.called, then.identity, then.called_number, now, [])


def give_up(
    call: DiallingOut, found: Verdict, now: float, out: list[AnyCommand], *, by: str = "gateway"
) -> Step:
    """No telephone of the user is, or will be, picked up."""
    out.append(StopTimer(name=NO_ANSWER_TIMER))
    call = calling_over(call, now, by)
    return conclude(call, now, out, found.outcome, NO_ANSWER, by)
