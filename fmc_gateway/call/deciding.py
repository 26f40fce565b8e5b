"""Who is served, and where the call goes: from the INVITE to the plan (call-flows §1–§3).

What could loop is refused first, then emergency calls leave without any look-up, and only then the directory
is asked.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, decisions, diverting, emergency, passing, rounds, speaking, targets
from fmc_gateway.call.commands import LoadContext
from fmc_gateway.call.descriptions import unreadable
from fmc_gateway.call.ending import broken, calling_over, conclude, gave_up, refuse
from fmc_gateway.call.events import (
    ContextFailed,
    ContextLoaded,
    LegCancelled,
    LegDirection,
    LegEnded,
    LegOffered,
    LegSource,
)
from fmc_gateway.call.forwarded import OUTSIDE_NO_ANSWER_S
from fmc_gateway.call.model import Deciding, Leg, LegPhase, Step, Verdict
from fmc_gateway.call.verdict import RETRY_AFTER_S, UNREACHABLE
from hipper.contracts.calls import CallOutcome, LegRole
from hipper.pbx import origination, rules
from hipper.pbx.calls_at_once import one_too_many
from hipper.pbx.dialling import resolve
from hipper.pbx.emergency_zones import emergency_zone
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    CallerIdentity,
    DeviceKind,
    DivertPlan,
    ExternalPlan,
    FeaturePlan,
    OnNetPlan,
    Payer,
    Presentation,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.numbers_of import owned_by_e164, subscription_of
from hipper.telephony.numbers.emergency import is_emergency

OUTSIDE_PAYS = Payer(subscription=None, tariff=TariffClass.FREE)
"""A call that comes from outside costs nobody on our side anything."""


def leg_offered(_: None, event: LegOffered, now: float) -> Step:
    """The first event of a call.

    A leg with our own mark, or one that has used up its hops, is refused even when it is an emergency call:
    it is our own call come back, and the refusal is what makes its first leg try the next emergency route.
    From the PSTN nobody reaches an emergency centre through us.
    """
    call = begin(event, now)
    if event.loop_guard:
        return refuse(call, now, 482, "this is a leg of our own that came back")
    if event.max_forwards <= 0:
        return refuse(call, now, 483, "no hops are left (Max-Forwards)")
    if event.source is not LegSource.PSTN and is_emergency(event.dialled):
        return passing.begin(call, now) if event.return_route else emergency.begin(call, now)
    if event.pass_on is not None:
        return passing.begin(call, now)
    if event.request_uri is None and (unusable := _unusable(call, now)) is not None:
        return unusable
    return _ask(call, event, now)


def _unusable(call: Deciding, now: float) -> Step | None:
    """A description we cannot work with. On ISC that is asked only once the user turned out to be ours: the
    calls of others pass with whatever they carry."""
    problem = None if call.offered.sdp is None else unreadable(call.offered.sdp)
    if problem is None:
        return None
    return refuse(call, now, 400, f"the session description cannot be read: {problem}")


def _ask(call: Deciding, event: LegOffered, now: float) -> Step:
    if event.direction is LegDirection.TERMINATING:
        if event.served_number is None:
            return _nobody(call, now, "the called number is not a telephone number")
        return call, (LoadContext(called_number=event.served_number, calling_number=event.caller.number),)
    exchange = None if event.exchange_user is None else (event.peer, event.exchange_user)
    if event.served_number is None and event.device is None and exchange is None:
        return _nobody(call, now, "the calling user is unknown")
    ask = LoadContext(
        served_number=event.served_number,
        served_device=event.device,
        served_exchange=exchange,
        dialled=event.dialled,
    )
    return call, (ask,)


def _nobody(call: Deciding, now: float, explanation: str) -> Step:
    """Not a user of ours (any more). A network that asked us about somebody (isc) gets its call back as it
    came."""
    if call.offered.request_uri is not None:
        return passing.begin(call, now)
    return refuse(call, now, 404, explanation, q850=1)


def begin(event: LegOffered, now: float) -> Deciding:
    """The call as it is when only its INVITE is known."""
    calling = Leg(
        id=event.leg,
        role=LegRole.CALLING,
        phase=LegPhase.OFFERED,
        peer=event.peer,
        identity=event.caller,
        device=event.device,
        sdp=event.sdp,
        sip_call_id=event.sip_call_id,
        icid=event.icid,
        network_reference=event.network_reference,
        offered=now,
    )
    reached = CallerIdentity(presentation=Presentation.ALLOWED, number=event.served_number)
    if event.direction is LegDirection.ORIGINATING:
        reached = CallerIdentity(presentation=Presentation.ALLOWED)
    return Deciding(
        offered=event,
        calling=calling,
        rule="undecided",
        reached=reached,
        diverted=event.diverted,
        inhibited=bool(event.diverted) and event.diverted[-1].final,
    )


def context_loaded(call: Deciding, event: ContextLoaded, now: float) -> Step:
    if call.offered.direction is LegDirection.TERMINATING:
        return _terminate(call, event, now)
    if event.caller is None:
        return _nobody(call, now, "the calling user is unknown")
    return _unusable(call, now) or _originate(call, event, event.caller, now)


def context_failed(call: Deciding, event: ContextFailed, now: float) -> Step:
    explanation = "the directory does not answer"
    return refuse(
        call, now, 503, explanation, q850=41, retry_after_s=RETRY_AFTER_S, outcome=CallOutcome.FAILED
    )


def _originate(call: Deciding, event: ContextLoaded, caller: SubscriberContext, now: float) -> Step:
    device, kind = calling_device(call.offered, caller)
    plan = origination.decide(
        caller,
        event.called,
        call.offered.dialled,
        anonymous_requested=call.offered.anonymous_requested,
        identity_allowed_requested=call.offered.identity_allowed_requested,
        device_kind=kind,
        now=now,
        facts=event.origination,
    )
    if isinstance(plan, OnNetPlan | ExternalPlan):
        plan = one_too_many(caller, plan, event.origination) or plan
    calling = msgspec.structs.replace(
        call.calling,
        subscriber=caller.subscriber,
        device=device,
        in_call=targets.in_call(caller),
        radio=kind is DeviceKind.MOBILE,
    )
    call = msgspec.structs.replace(
        call, calling=calling, tenant=caller.tenant, rule=plan.rule, caller_group=caller.group
    )
    call = decisions.of_calling(call, caller.subscriber, plan, known_as=event.origination.called_list)
    if plan.rule == rules.EMERGENCY_ELSEWHERE:
        return _emergency_after_all(call, event, caller, device, now)
    if isinstance(plan, RefusedPlan):
        return _refused(call, plan, caller, now)
    if isinstance(plan, FeaturePlan):
        return speaking.feature(_paid(call, plan.payer), plan, caller, device, now)
    if isinstance(plan, DivertPlan):
        payer = Payer(subscription=subscription_of(caller, kind), tariff=TariffClass.VOICEMAIL)
        call = diverting.show(_paid(call, payer), plan.identity)
        return diverting.go_on(call, plan.onward, UNREACHABLE, now, [])
    call = diverting.show(_paid(call, plan.payer), plan.identity)
    if isinstance(plan, ExternalPlan):
        return _outside(call, plan, now)
    called = event.called
    if called is None or called.subscriber != plan.called:
        return refuse(call, now, 404, "the called user is unknown", q850=1)
    return diverting.to_user(call, event, called, plan.identity, plan.called_number, now, [])


def _emergency_after_all(
    call: Deciding, event: ContextLoaded, caller: SubscriberContext, device: DeviceId | None, now: float
) -> Step:
    """What was dialled stands for 112, by a speed dial of the caller or in the caller's own country."""
    offered = call.offered
    target = resolve(caller, offered.dialled, event.origination)
    zone = None if device is None else emergency_zone(caller, device)
    offered = msgspec.structs.replace(
        offered,
        dialled=target if isinstance(target, str) else offered.dialled,
        emergency_number=offered.emergency_number or (None if zone is None else zone.number),
    )
    return emergency.begin(msgspec.structs.replace(call, offered=offered), now)


def _paid(call: Deciding, payer: Payer) -> Deciding:
    return msgspec.structs.replace(call, calling=msgspec.structs.replace(call.calling, payer=payer))


def _refused(call: Deciding, plan: RefusedPlan, caller: SubscriberContext, now: float) -> Step:
    found = Verdict(plan.status, plan.cause, plan.explanation, CallOutcome.REFUSED)
    stop = broken(None, plan.explanation)
    return announcing.refuse_aloud(
        call, plan.announcement, found, now, [], language=caller.language, stop=stop
    )


def _outside(call: Deciding, plan: ExternalPlan, now: float) -> Step:
    """One leg. A user who is called there rings as long as it likes, within Timer C."""
    call = msgspec.structs.replace(call, reached=targets.reached_outside(plan))
    goal = targets.outside(call, plan)
    return rounds.begin_round(call, (goal,), OUTSIDE_NO_ANSWER_S, now, [], decline_ends_ringing=True)


def _terminate(call: Deciding, event: ContextLoaded, now: float) -> Step:
    """From the PSTN or a mobile network: the caller is who the peer asserts."""
    called, number = event.called, call.offered.served_number
    reached = None if called is None or number is None else owned_by_e164(called, number)
    if called is None or reached is None:
        return _nobody(call, now, "nobody has this number")
    if (unusable := _unusable(call, now)) is not None:
        return unusable
    call = msgspec.structs.replace(
        _paid(call, OUTSIDE_PAYS), tenant=called.tenant, incoming_group=called.group
    )
    return diverting.to_user(call, event, called, call.offered.caller, reached, now, [])


def calling_device(event: LegOffered, caller: SubscriberContext) -> tuple[DeviceId | None, DeviceKind]:
    """The device a user calls from: the one that registered, the one at another exchange, or the user's
    mobile."""
    if event.source is LegSource.DESK_PHONE:
        return event.device, DeviceKind.DESK_PHONE
    if event.source is LegSource.EXCHANGE:
        return _at_exchange(event, caller), DeviceKind.EXCHANGE
    for device in caller.devices:
        if device.kind is DeviceKind.MOBILE:
            return device.id, DeviceKind.MOBILE
    return None, DeviceKind.MOBILE


def _at_exchange(event: LegOffered, caller: SubscriberContext) -> DeviceId | None:
    for device in caller.devices:
        if device.exchange == event.peer and device.aor_user == event.exchange_user:
            return device.id
    return None


def leg_cancelled(call: Deciding, event: LegCancelled, now: float) -> Step:
    """CANCEL before the directory answered."""
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", status=487)
    return conclude(call, now, [], CallOutcome.CANCELLED, gave_up(event.reason), "calling")


def leg_ended(call: Deciding, event: LegEnded, now: float) -> Step:
    """The caller's connection is gone before there is a dialog."""
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", q850=event.q850)
    return conclude(call, now, [], CallOutcome.CANCELLED, broken(None, event.cause), "calling")
