"""Who is served, and where the call goes: from the INVITE to the plan (call-flows §1–§3).

What could loop is refused first, then emergency calls leave without any look-up, and only then the directory
is asked. A late offer (an INVITE without SDP) of any other call is answered 488 for now: ringing several
targets on an offer of our own needs more than one rtpengine offer can give.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import emergency, passing, ringing
from fmc_gateway.call.commands import LoadContext, TrunkTarget
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
from fmc_gateway.call.model import Deciding, Leg, LegPhase, Step
from fmc_gateway.call.verdict import RETRY_AFTER_S
from hipper.contracts.calls import CallOutcome, LegRole
from hipper.pbx import origination, rules, termination
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    CallerIdentity,
    DeviceKind,
    DivertPlan,
    ExternalPlan,
    FeaturePlan,
    Number,
    OnNetPlan,
    Payer,
    Presentation,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.numbers_of import extension_of, owned_by_e164
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
    if event.sdp is None:
        return refuse(call, now, 488, "an INVITE without an offer is not supported")
    problem = unreadable(event.sdp)
    if problem is not None:
        return refuse(call, now, 400, f"the session description cannot be read: {problem}")
    return _ask(call, event, now)


def _ask(call: Deciding, event: LegOffered, now: float) -> Step:
    if event.direction is LegDirection.TERMINATING:
        if event.served_number is None:
            return _nobody(call, now, "the called number is not a telephone number")
        return call, (LoadContext(called_number=event.served_number),)
    if event.served_number is None and event.device is None:
        return _nobody(call, now, "the calling user is unknown")
    ask = LoadContext(served_number=event.served_number, served_device=event.device, dialled=event.dialled)
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
        offered=now,
    )
    reached = CallerIdentity(presentation=Presentation.ALLOWED, number=event.served_number)
    if event.direction is LegDirection.ORIGINATING:
        reached = CallerIdentity(presentation=Presentation.ALLOWED)
    return Deciding(offered=event, calling=calling, rule="undecided", reached=reached)


def context_loaded(call: Deciding, event: ContextLoaded, now: float) -> Step:
    if call.offered.direction is LegDirection.TERMINATING:
        return _terminate(call, event, now)
    if event.caller is None:
        return _nobody(call, now, "the calling user is unknown")
    return _originate(call, event, event.caller, now)


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
    )
    calling = msgspec.structs.replace(call.calling, subscriber=caller.subscriber, device=device)
    call = msgspec.structs.replace(call, calling=calling, tenant=caller.tenant, rule=plan.rule)
    if isinstance(plan, RefusedPlan):
        return _refused(call, plan, now)
    if isinstance(plan, FeaturePlan | DivertPlan):
        return refuse(call, now, 480, rules.sentence(plan.rule, "en"), q850=69)
    calling = msgspec.structs.replace(calling, identity=plan.identity, payer=plan.payer)
    call = msgspec.structs.replace(call, calling=calling)
    if isinstance(plan, ExternalPlan):
        return _outside(call, plan, now)
    return _to_colleague(call, event, plan, device, now)


def _outside(call: Deciding, plan: ExternalPlan, now: float) -> Step:
    """``name`` stands in for the number of a short number, which has no E.164 form."""
    name = plan.dialled if plan.number is None else None
    reached = CallerIdentity(presentation=Presentation.ALLOWED, number=plan.number, name=name)
    call = msgspec.structs.replace(call, reached=reached)
    target = TrunkTarget(trunk=None, user=plan.number or plan.dialled)
    return ringing.ring_outside(call, target, plan, now)


def _to_colleague(
    call: Deciding, event: ContextLoaded, plan: OnNetPlan, device: DeviceId | None, now: float
) -> Step:
    """An on-net plan names the called user, whom the directory has loaded along with the caller."""
    called = event.called
    if called is None or called.subscriber != plan.called:
        return refuse(call, now, 404, "the called user is unknown", q850=1)
    reached = CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=plan.called_number.e164,
        extension=extension_of(called),
        name=called.display_name,
    )
    call = msgspec.structs.replace(call, reached=reached)
    return _ring(call, event, called, plan.identity, plan.called_number, device, now)


def _terminate(call: Deciding, event: ContextLoaded, now: float) -> Step:
    """From the PSTN or a mobile network: the caller is who the peer asserts."""
    called, number = event.called, call.offered.served_number
    reached = None if called is None or number is None else owned_by_e164(called, number)
    if called is None or reached is None:
        return _nobody(call, now, "nobody has this number")
    calling = msgspec.structs.replace(call.calling, payer=OUTSIDE_PAYS)
    call = msgspec.structs.replace(call, calling=calling, tenant=called.tenant)
    return _ring(call, event, called, call.offered.caller, reached, None, now)


def _ring(
    call: Deciding,
    event: ContextLoaded,
    called: SubscriberContext,
    caller: CallerIdentity,
    reached: Number,
    device: DeviceId | None,
    now: float,
) -> Step:
    on_net = call.offered.direction is LegDirection.ORIGINATING
    plan = termination.decide(called, caller, on_net=on_net, reached=reached, exclude_device=device, now=now)
    rule = call.rule if on_net and isinstance(plan, RingPlan) else plan.rule
    call = msgspec.structs.replace(call, reached_subscriber=called.subscriber, rule=rule)
    if isinstance(plan, RefusedPlan):
        return _refused(call, plan, now)
    if isinstance(plan, DivertPlan):
        return refuse(call, now, 480, rules.sentence(plan.rule, "en"), q850=20)
    return ringing.ring_devices(call, called, event.bindings, plan, now)


def _refused(call: Deciding, plan: RefusedPlan, now: float) -> Step:
    called = call.reached_subscriber
    if called is not None:
        skipped = tuple(ringing.skipped_device(called, device) for device in plan.skipped)
        call = msgspec.structs.replace(call, skipped=skipped)
    outcome = CallOutcome.UNREACHABLE if plan.status == 480 and called else CallOutcome.REFUSED
    return refuse(call, now, plan.status, plan.explanation, q850=plan.cause, outcome=outcome)


def calling_device(event: LegOffered, caller: SubscriberContext) -> tuple[DeviceId | None, DeviceKind]:
    """The device a user calls from: the one that registered, or the user's mobile."""
    if event.source is LegSource.DESK_PHONE:
        return event.device, DeviceKind.DESK_PHONE
    for device in caller.devices:
        if device.kind is DeviceKind.MOBILE:
            return device.id, DeviceKind.MOBILE
    return None, DeviceKind.MOBILE


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
