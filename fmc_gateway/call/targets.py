"""From a plan to legs: whom to ring over what, with what the INVITE says of diversions, and who pays."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fmc_gateway.call.commands import (
    BindingTarget,
    ExchangeTarget,
    MobileTarget,
    NetworkTarget,
    Target,
    TrunkTarget,
)
from fmc_gateway.call.events import Binding, Diverted, LegDirection, LegSource
from fmc_gateway.call.legs import InCall
from fmc_gateway.call.model import C, CallState, Leg, LegPhase, Served, is_late, leg_id
from hipper.contracts.calls import AttemptOutcome, Charge, DeviceAttempt, DiversionRecord, LegRole
from hipper.pbx import rules
from hipper.pbx.identity import connected_identity
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import (
    CallerIdentity,
    ColleagueAlong,
    DeviceKind,
    DivertReason,
    ExternalPlan,
    Number,
    NumberKind,
    OnNetPlan,
    Payer,
    Presentation,
    RingPlan,
    RingTarget,
    SkippedDevice,
    SubscriberContext,
)
from hipper.pbx.numbers_of import extension_of, first_of
from hipper.pbx.service_packs import effective
from hipper.pbx.services.in_call import InCallCodes, codes_of
from hipper.telephony.numbers.e164 import E164

SKIPPED_OUTCOME = {
    rules.DEVICE_SWITCHED_OFF: AttemptOutcome.SWITCHED_OFF,
    rules.DEVICE_CALLING: AttemptOutcome.BUSY,
    rules.DEVICE_NO_ADDRESS: AttemptOutcome.UNREACHABLE,
}
"""What a rule that keeps a device silent means in the record; see also :func:`skipped_outcome`."""
NOT_THERE = {
    DeviceKind.DESK_PHONE: (AttemptOutcome.NOT_REGISTERED, "the desk phone is not registered"),
    DeviceKind.MOBILE: (AttemptOutcome.UNREACHABLE, "no network or number is known"),
    DeviceKind.EXCHANGE: (AttemptOutcome.UNREACHABLE, "no exchange or user there is known"),
    DeviceKind.REMOTE: (AttemptOutcome.UNREACHABLE, "no number is known"),
}


class Goal(NamedTuple):
    """One leg to be made; see the fields of :class:`~fmc_gateway.call.model.Leg`."""

    target: Target
    peer: str
    payer: Payer | None
    rule: str
    subscriber: SubscriberId | None = None
    device: DeviceId | None = None
    delay_s: float = 0.0
    confirm: bool = False
    alert: str | None = None
    shown: CallerIdentity | None = None
    reached: CallerIdentity | None = None
    """None: as the call says."""
    diverted: tuple[Diverted, ...] = ()
    diverted_by: SubscriberId | None = None
    charge: Charge | None = None
    max_duration_s: float | None = None
    connected_as: CallerIdentity | None = None
    in_call: InCall | None = None


def make_leg(call: CallState, index: int, goal: Goal, now: float) -> Leg:
    """``index``: among the called legs of the call, from 1. It waits; nothing is asked of anybody."""
    return Leg(
        id=leg_id(call, index),
        role=LegRole.CALLED,
        phase=LegPhase.WAITING,
        peer=goal.peer,
        identity=call.reached if goal.reached is None else goal.reached,
        subscriber=goal.subscriber,
        device=goal.device,
        payer=goal.payer,
        target=goal.target,
        rule=goal.rule,
        delay_s=goal.delay_s,
        confirm=goal.confirm,
        alert=goal.alert,
        shown=goal.shown,
        diverted=goal.diverted,
        diverted_by=goal.diverted_by,
        charge=goal.charge,
        max_duration_s=goal.max_duration_s,
        connected_as=goal.connected_as,
        in_call=goal.in_call,
        icid=call.offered.icid,
        offered=now,
    )


# Outside.


def outside(call: CallState, plan: ExternalPlan) -> Goal:
    """The caller's own call. The caller's leg is the one that is charged; this one carries the class."""
    payer = Payer(subscription=None, tariff=plan.payer.tariff)
    target = way_out(call, plan.number or plan.dialled, None)
    user, group = call.calling.subscriber, call.caller_group
    charge = None
    if user is not None and group is not None:
        charge = Charge(subscriber=user, group=group, rate_per_minute=plan.rate_per_minute)
    return Goal(
        target,
        peer_of(target),
        payer,
        plan.rule,
        diverted=call.diverted,
        charge=charge,
        max_duration_s=plan.max_duration_s,
    )


def outside_for(
    call: CallState, plan: ExternalPlan, by: SubscriberContext, diverted: tuple[Diverted, ...]
) -> Goal:
    """``by`` sends a call outside, and pays for this leg."""
    target = way_out(call, plan.number or plan.dialled, by)
    return Goal(
        target,
        peer_of(target),
        plan.payer,
        plan.rule,
        shown=plan.identity,
        diverted=diverted,
        diverted_by=by.subscriber,
        charge=Charge(subscriber=by.subscriber, group=by.group, rate_per_minute=plan.rate_per_minute),
        max_duration_s=plan.max_duration_s,
    )


def way_out(call: CallState, user: str, by: SubscriberContext | None) -> TrunkTarget | NetworkTarget:
    """To the PSTN, or back into the mobile network the call came from when that is how its users call out:
    the caller in the same session, a user who diverts it (``by``) out of the blue."""
    event = call.offered
    if not event.outgoing_network or event.source is not LegSource.MOBILE_NETWORK:
        return TrunkTarget(trunk=None, user=user)
    if by is None:
        return NetworkTarget(
            network=event.peer, user=user, route=event.return_route, served=event.served_number
        )
    mobile = first_of(by, NumberKind.MOBILE)
    if mobile is None or all(device.mobile_network != event.peer for device in by.devices):
        return TrunkTarget(trunk=None, user=user)
    return NetworkTarget(network=event.peer, user=user, served=mobile, diverted=True)


def peer_of(target: TrunkTarget | NetworkTarget) -> str:
    return target.network if isinstance(target, NetworkTarget) else target.trunk or "pstn"


def reached_outside(plan: ExternalPlan) -> CallerIdentity:
    """``name`` stands in for the number of a short number, which has no E.164 form."""
    name = plan.dialled if plan.number is None else None
    return CallerIdentity(presentation=Presentation.ALLOWED, number=plan.number, name=name)


# A user's telephones.


def served(called: SubscriberContext, number: Number) -> Served:
    """``number``: the one that was reached. An extension means nothing to others: the fixed number, else the
    mobile one, then stands for the user."""
    privacy = effective(called, "privacy")
    known = number.e164 or first_of(called, NumberKind.FIXED) or first_of(called, NumberKind.MOBILE)
    return Served(
        subscriber=called.subscriber,
        number=known,
        withheld=called.withhold,
        language=called.language,
        time_zone=called.time_zone,
        group=called.group,
        private=privacy is not None and bool(privacy.active),
    )


def reached_user(called: SubscriberContext, number: Number, *, on_net: bool) -> CallerIdentity:
    """The called user as the caller may see it: extension and name among colleagues only."""
    if not on_net:
        return CallerIdentity(presentation=Presentation.ALLOWED, number=number.e164)
    return CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=number.e164,
        extension=extension_of(called),
        name=called.display_name,
    )


def diverted_by(user: Served, reason: DivertReason, *, final: bool = False) -> Diverted:
    return Diverted(number=user.number, reason=reason, restricted=user.withheld, final=final)


def served_by_any_number(user: SubscriberContext) -> Served:
    """When nobody knows on which number."""
    return served(user, Number(kind=NumberKind.EXTENSION))


def divert(
    call: C,
    by: Served | None,
    reason: DivertReason,
    rule: str,
    to: str,
    now: float,
    *,
    final: bool = False,
) -> C:
    """The record and the next INVITEs say who diverted the call."""
    if by is None:
        return call
    return msgspec.structs.replace(
        call,
        rule=rule,
        diversions=(*call.diversions, diversion(by.subscriber, reason, rule, to, now)),
        diverted=(*call.diverted, diverted_by(by, reason, final=final)),
    )


def diversion(by: SubscriberId, reason: DivertReason, rule: str, to: str, now: float) -> DiversionRecord:
    return DiversionRecord(by=by, reason=reason.value, rule=rule, to=to, at=now)


def destination_of(plan: OnNetPlan | ExternalPlan) -> str:
    """As the record names it."""
    if isinstance(plan, ExternalPlan):
        return plan.number or plan.dialled
    return plan.called_number.e164 or plan.called_number.extension or plan.called


def of_devices(
    call: CallState,
    called: SubscriberContext,
    bindings: tuple[Binding, ...],
    plan: RingPlan,
    colleagues: tuple[ColleagueAlong, ...] = (),
) -> tuple[list[Goal], tuple[DeviceAttempt, ...]]:
    """A leg to every device of the plan; a desk phone registered twice gets two. And the devices that get
    none, with why. ``colleagues``: who rings along."""
    goals: list[Goal] = []
    silent = [skipped_device(called.subscriber, device) for device in plan.skipped]
    owners = {one.context.subscriber: one.context for one in colleagues}
    for target in plan.targets:
        owner = called if target.colleague is None else owners[target.colleague]
        found = [
            _goal(target, called, owner, peer, way, call, plan.passed_on)
            for peer, way in _ways(call, called, target, bindings)
        ]
        if not found:
            silent.append(_not_there(owner.subscriber, target))
        elif target.confirm and is_late(call):
            silent.append(_not_asked(owner.subscriber, target))
        else:
            goals += found
    return goals, tuple(silent)


def _goal(
    target: RingTarget,
    user: SubscriberContext,
    owner: SubscriberContext,
    peer: str,
    way: Target,
    call: CallState,
    passed_on: CallerIdentity | None,
) -> Goal:
    """``user`` is called; the telephone is ``owner``'s, who is a colleague when its number rings along."""
    remote = target.kind is DeviceKind.REMOTE
    elsewhere = remote or owner is not user
    diverted, by, charge = call.diverted, None, None
    if remote:
        charge = Charge(subscriber=user.subscriber, group=user.group, rate_per_minute=target.rate_per_minute)
    if elsewhere:
        by = user.subscriber
        if call.served is not None:
            follow_me = diverted_by(call.served, DivertReason.FOLLOW_ME, final=target.inhibited)
            diverted = (*diverted, follow_me)
    return Goal(
        way,
        peer,
        target.payer,
        target.rule,
        subscriber=owner.subscriber,
        device=target.device,
        delay_s=target.delay_s,
        confirm=target.confirm,
        alert=target.alert,
        shown=passed_on if elsewhere else None,
        diverted=diverted,
        diverted_by=by,
        charge=charge,
        max_duration_s=target.max_duration_s,
        connected_as=_connected_as(call, user, DeviceKind.REMOTE if elsewhere else target.kind),
        in_call=None if remote else in_call(owner),  # a number outside is nobody's telephone
    )


def _connected_as(call: CallState, user: SubscriberContext, kind: DeviceKind) -> CallerIdentity:
    """Whom the caller sees when ``user`` answers (COLP, COLR): what was dialled, as long as nobody sent the
    call elsewhere."""
    dialled = None if call.diverted else Number(kind=NumberKind.EXTENSION, e164=call.reached.number)
    on_net = call.offered.direction is LegDirection.ORIGINATING
    return connected_identity(user, caller_on_net=on_net, dialled=dialled, device=kind)


def in_call(user: SubscriberContext) -> InCall | None:
    """In-call services, by the codes of the group; None: not switched on."""
    service = effective(user, "in_call_services")
    if service is None or not service.active:
        return None
    codes = codes_of(user.group_services.in_call_codes or InCallCodes())
    return InCall(codes=codes, language=user.language)


def _ways(
    call: CallState, called: SubscriberContext, target: RingTarget, bindings: tuple[Binding, ...]
) -> list[tuple[str, Target]]:
    """Peer and target of every leg to one device; empty when there is no way to it."""
    if target.kind is DeviceKind.DESK_PHONE:
        peer = target.aor_user or target.device
        return [(peer, BindingTarget(binding=one)) for one in bindings if one.device == target.device]
    if target.kind is DeviceKind.MOBILE:
        return _handset(target.mobile_network, target.mobile_number, target.device)
    if target.kind is DeviceKind.EXCHANGE:
        if target.exchange is None or target.aor_user is None:
            return []
        way = ExchangeTarget(trunk=target.exchange, user=target.aor_user, device=target.device)
        return [(target.exchange, way)]
    if target.remote_number is None:
        return []
    out = way_out(call, target.remote_number, called)
    return [(peer_of(out), out)]


def _handset(network: str | None, number: E164 | None, device: DeviceId) -> list[tuple[str, Target]]:
    if network is None or number is None:
        return []
    return [(network, MobileTarget(network=network, number=number, device=device))]


def skipped_outcome(rule: str) -> AttemptOutcome:
    """The calling plan, the user who does not want to be disturbed, or whatever else the user has set."""
    known = SKIPPED_OUTCOME.get(rule)
    if known is not None:
        return known
    if rule.startswith("plan."):
        return AttemptOutcome.BARRED
    return AttemptOutcome.BUSY if rule.startswith("busy.") else AttemptOutcome.SWITCHED_OFF


def explained(rule: str) -> str:
    """In English, for Warning and record; the name itself when nobody listed it."""
    return rules.RULES[rule].en if rule in rules.RULES else rule


def skipped_device(subscriber: SubscriberId, device: SkippedDevice) -> DeviceAttempt:
    return DeviceAttempt(
        device=device.device,
        subscriber=subscriber,
        outcome=skipped_outcome(device.rule),
        rule=device.rule,
        explanation=explained(device.rule),
    )


def _not_asked(subscriber: SubscriberId, target: RingTarget) -> DeviceAttempt:
    """The caller left the offer to the other side: there is no media to ask for the 1 with."""
    return DeviceAttempt(
        device=target.device,
        subscriber=subscriber,
        outcome=AttemptOutcome.FAILED,
        rule=target.rule,
        explanation="nobody could be asked to press 1: the caller offered no media",
    )


def _not_there(subscriber: SubscriberId, target: RingTarget) -> DeviceAttempt:
    outcome, explanation = NOT_THERE[target.kind]
    return DeviceAttempt(
        device=target.device,
        subscriber=subscriber,
        outcome=outcome,
        rule=target.rule,
        explanation=explanation,
    )
