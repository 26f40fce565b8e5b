"""What becomes of a call to a user: which devices ring, where it goes instead, what is shown, who pays (seed
4.1–4.3, 4.7.1, 5.3–5.7, 9; call-flows §3, §5). Pure.

The services are asked in this order, and the first that takes the call decides:

1. a call back from the emergency centre: every device rings, nothing below is asked;
2. the user is disabled;
3. Incoming Calling Plan of the group, Intercept Group, Intercept User;
4. availability of the called number by its schedule, then the active profile, for business and private
   callers apart (:mod:`hipper.pbx.availability`);
5. Anonymous Call Rejection (not within the group), Selective Call Rejection, Selective Call Acceptance;
6. Call Forwarding Selective, Call Forwarding Always, voicemail for all calls;
7. night forwarding, the user's own or the group's;
8. Do Not Disturb: the caller hears busy, so forwarding and voicemail when busy count;
9. Personal Assistant;
10. as many calls at once as the user may have, or Call Waiting switched off while in a call: busy;
11. it rings: own telephones, Remote Office instead of them, Anywhere and Simultaneous Ring with them
    (:mod:`hipper.pbx.reaching`); nothing that can ring counts as not reachable.

``docs/decisions/0006-order-of-services.md`` says where this order comes from. A service that had a say and
did not decide is named in ``considered``, as is one that is set but not in the user's pack
(:mod:`hipper.pbx.service_packs`). The same arguments give the same plan, whatever was decided before.
"""

from __future__ import annotations

import msgspec

from hipper.pbx import rules
from hipper.pbx import termination_onward as onward
from hipper.pbx.availability import Treated, treatment
from hipper.pbx.calling_plan_caps import group_is_full
from hipper.pbx.calls_at_once import most_calls
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    Announcement,
    CallerIdentity,
    DeviceKind,
    DivertPlan,
    DivertReason,
    ForwardTo,
    Number,
    NumberKind,
    Onward,
    Presentation,
    RefusedPlan,
    RingPlan,
    RingTarget,
    SkippedDevice,
    SubscriberContext,
    TerminationFacts,
    TerminationPlan,
    ToAnnouncement,
    ToVoicemail,
)
from hipper.pbx.numbers_of import owned_by_e164
from hipper.pbx.reaching import Reached, chosen, everything, own_devices
from hipper.pbx.reaching_remote import along
from hipper.pbx.screening import Asked, barred_from_group, is_one_of, note, turned_away
from hipper.pbx.service_packs import in_force
from hipper.pbx.services.availability import Action
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.reachability import AssistantReason, PersonalAssistant

NO_FACTS = TerminationFacts()
NOTHING_SET = SubscriberServices()
NOTHING_SET_IN_GROUP = GroupServices()
EMERGENCY_RING_S = 120
"""A call back from the emergency centre goes nowhere else, so it rings long."""

RING_RULE = {
    NumberKind.EXTENSION: rules.RING_EXTENSION,
    NumberKind.FIXED: rules.RING_FIXED,
    NumberKind.MOBILE: rules.RING_MOBILE,
    NumberKind.ALTERNATE: rules.RING_ALTERNATE,
}

# SIP status and Q.850 cause. RFC 3398 §7.2.4.1: 480 is 20 (subscriber absent), 486 is 17, 603 is 21 (call
# rejected); RFC 5079: 433, which is cause 24 (3GPP TS 29.163 table 9); 482 is 25 (exchange routing error).
_ABSENT = (480, 20)
_BUSY = (486, 17)
_REJECTED = (603, 21)
_BARRED = (403, 21)
_ANONYMITY = (433, 24)
_LOOP = (482, 25)

_SPOKEN = {
    AssistantReason.UNAVAILABLE: Announcement.USER_UNAVAILABLE,
    AssistantReason.MEETING: Announcement.BUSY_IN_MEETING,
    AssistantReason.OUT_OF_OFFICE: Announcement.OUT_OF_OFFICE,
    AssistantReason.HOLIDAY: Announcement.ON_HOLIDAY,
}


def decide(
    called: SubscriberContext,
    caller: CallerIdentity,
    *,
    on_net: bool,
    reached: Number,
    exclude_device: DeviceId | None,
    now: float,
    facts: TerminationFacts = NO_FACTS,
) -> TerminationPlan:
    """Decide on a call to ``called`` that came in on ``reached``.

    ``on_net``: the caller is a colleague; only then are extension and name believed. ``exclude_device``: the
    calling device, when users call a number of their own. ``now``: Unix seconds. Never raises on what users
    set: what cannot be read does nothing. Nothing rings: a RefusedPlan or DivertPlan whose ``skipped`` says
    why for each device.
    """
    nothing_set = called.services == NOTHING_SET and called.group_services == NOTHING_SET_IN_GROUP
    full = facts.calls >= most_calls(called)
    if nothing_set and called.enabled and not facts.emergency_callback and not full:
        return _plain(called, caller, on_net, reached, exclude_device)
    services, ignored = in_force(called)
    asked = Asked(called, services, caller, on_net, reached, now, facts, list(ignored))
    if facts.emergency_callback:
        return _called_back(asked)
    if not called.enabled:
        return _refused(called, _ABSENT, rules.CALLED_DISABLED, skipped=())
    return _served(asked, exclude_device)


def identity_for_called(caller: CallerIdentity, *, on_net: bool) -> CallerIdentity:
    """What the called devices show. Withheld stays withheld; the true number goes along for the mobile
    network, which is trusted with it (call-flows §3). An extension means something among colleagues only."""
    if caller.presentation is Presentation.RESTRICTED:
        return _hidden(caller)
    if on_net or caller.extension is None:
        return caller
    return CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=caller.number,
        name=caller.name,
        network_number=caller.network_number,
    )


def _plain(
    called: SubscriberContext,
    caller: CallerIdentity,
    on_net: bool,
    reached: Number,
    exclude_device: DeviceId | None,
) -> TerminationPlan:
    """Nobody set a service, as for most users: the same plan that all steps would come to, at once."""
    targets, skipped = own_devices(called, exclude_device)
    if not targets:
        return _nothing_rings(called, tuple(skipped))
    return RingPlan(
        targets=tuple(targets),
        skipped=tuple(skipped),
        no_answer_s=called.no_answer_s,
        decline_ends_ringing=called.decline_ends_ringing,
        identity=identity_for_called(caller, on_net=on_net),
        rule=RING_RULE[reached.kind],
    )


# The services, in their order.


def _served(asked: Asked, exclude_device: DeviceId | None) -> TerminationPlan:
    plan = _before_availability(asked)
    if plan is not None:
        return plan
    treated = treatment(asked)
    return (
        _by_availability(asked, treated)
        or _turned_away(asked)
        or _diverted(asked)
        or _not_disturbed(asked)
        or _assisted(asked)
        or _in_call(asked)
        or _ring(asked, exclude_device, None if treated is None else treated.devices)
    )


def _called_back(asked: Asked) -> TerminationPlan:
    """Nobody's decline ends it, no voicemail takes it, and whoever calls is shown."""
    targets, skipped = everything(asked)
    if not targets:
        note(asked, rules.EMERGENCY_CALLBACK)
        return _nothing_rings(asked.called, skipped, tuple(asked.considered))
    return RingPlan(
        targets=targets,
        skipped=skipped,
        no_answer_s=max(asked.called.no_answer_s, EMERGENCY_RING_S),
        decline_ends_ringing=False,
        identity=identity_for_called(asked.caller, on_net=asked.on_net),
        rule=rules.EMERGENCY_CALLBACK,
        considered=tuple(asked.considered),
    )


def _before_availability(asked: Asked) -> TerminationPlan | None:
    if barred_from_group(asked):
        return _no(asked, _BARRED, rules.INCOMING_BARRED, Announcement.NO_CALLS_TAKEN)
    # a call that is in already is not counted out by itself when it goes on to a colleague
    came_in = not asked.on_net and not asked.facts.diverted_by
    if came_in and group_is_full(asked.called, asked.facts.spending):
        return _no(asked, _BUSY, rules.INCOMING_CAPACITY)
    group, user = asked.called.group_services.intercept_group, asked.services.intercept_user
    if group is not None and group.active:
        return _intercepted(asked, group.destination, rules.INTERCEPT_GROUP)
    if user is not None and user.active:
        return _intercepted(asked, user.destination, rules.INTERCEPT_USER)
    return None


def _intercepted(asked: Asked, destination: str | None, rule: str) -> TerminationPlan | None:
    """The destination itself is not intercepted: then the forward stands aside, and it rings there."""
    if destination is None:
        return _no(asked, _REJECTED, rule, Announcement.NO_CALLS_TAKEN)
    return _forwarded(asked, onward.Wanted(destination, DivertReason.UNCONDITIONAL, rule))


def _by_availability(asked: Asked, treated: Treated | None) -> TerminationPlan | None:
    """Whatever stands in the way of a forward or the voicemail box, the user does not want this to ring."""
    if treated is None or treated.action is Action.RING:
        return None
    if treated.action is Action.REJECT:
        return _no(asked, _REJECTED, treated.rule, treated.announcement)
    if treated.action is Action.VOICEMAIL:
        box = onward.voicemail(asked, treated.reason, treated.rule)
        if box is not None:
            return _divert(asked, box)
        note(asked, treated.rule)
        return _no(asked, _ABSENT, rules.VOICEMAIL_OFF, Announcement.USER_UNAVAILABLE)
    wanted = onward.Wanted(treated.destination, treated.reason, treated.rule)
    plan = _forwarded(asked, wanted)
    return plan or _no(asked, _REJECTED, treated.rule, Announcement.NO_CALLS_TAKEN)


def _turned_away(asked: Asked) -> TerminationPlan | None:
    rule = turned_away(asked)
    if rule is None:
        return None
    code = _ANONYMITY if rule == rules.REJECT_ANONYMOUS else _REJECTED
    return _no(asked, code, rule, Announcement.NO_CALLS_TAKEN)


def _diverted(asked: Asked) -> TerminationPlan | None:
    plan = _forwarded(asked, onward.selective(asked)) or _forwarded(asked, onward.always(asked))
    if plan is not None:
        return plan
    box = asked.services.voicemail
    if box is not None and box.always:
        found = onward.voicemail(asked, DivertReason.UNCONDITIONAL, rules.VOICEMAIL_ALWAYS)
        if found is not None:
            return _divert(asked, found)
    return _forwarded(asked, onward.at_night(asked))


def _not_disturbed(asked: Asked) -> TerminationPlan | None:
    service = asked.services.do_not_disturb
    if service is None or not service.active:
        return None
    return _busy(asked, DivertReason.DO_NOT_DISTURB, rules.BUSY_DO_NOT_DISTURB)


def _assisted(asked: Asked) -> TerminationPlan | None:
    service = asked.services.personal_assistant
    if service is None or not service.active or (service.until is not None and asked.now >= service.until):
        return None
    if is_one_of(asked, service.exclude):
        note(asked, rules.ASSISTANT_LETS_THROUGH)
        return None
    spoken = (_SPOKEN[service.reason],)
    status, cause = _ABSENT
    announcement = ToAnnouncement(
        announcements=spoken if service.until is None else (*spoken, Announcement.BACK_AT),
        status=status,
        cause=cause,
        explanation=rules.sentence(rules.ASSISTANT_SPEAKS, asked.called.language),
        rule=rules.ASSISTANT_SPEAKS,
        spoken_time=service.until,
        then=_after_assistant(asked, service),
    )
    return _divert(asked, announcement)


def _after_assistant(asked: Asked, service: PersonalAssistant) -> ForwardTo | ToVoicemail | None:
    rule, reason = rules.ASSISTANT_SPEAKS, DivertReason.UNCONDITIONAL
    if service.transfer_to is not None:
        found = onward.forward(asked, onward.Wanted(service.transfer_to, reason, rule))
        if isinstance(found, ForwardTo):
            return found
        note(asked, found)
    return onward.voicemail(asked, reason, rule) if service.to_voicemail else None


def _in_call(asked: Asked) -> TerminationPlan | None:
    if asked.facts.calls >= most_calls(asked.called):
        return _busy(asked, DivertReason.USER_BUSY, rules.BUSY_CALLS_AT_ONCE)
    service = asked.services.call_waiting
    if service is None or service.active or asked.facts.calls == 0:
        return None
    return _busy(asked, DivertReason.USER_BUSY, rules.BUSY_NO_CALL_WAITING)


def _ring(asked: Asked, exclude_device: DeviceId | None, devices: frozenset[str] | None) -> TerminationPlan:
    called = asked.called
    no_answer, busy = onward.when_no_answer(asked), onward.when_busy(asked)
    not_reachable = onward.when_not_reachable(asked)
    no_answer_s = onward.no_answer_s(asked, no_answer)
    targets, skipped = _with_colleagues(asked, chosen(asked, exclude_device, devices, no_answer_s))
    if not targets:
        if not_reachable is not None:
            return _divert(asked, not_reachable, skipped)
        return _nothing_rings(called, skipped, tuple(asked.considered))
    shown, passed_on = _shown(asked)
    return RingPlan(
        targets=targets,
        skipped=skipped,
        no_answer_s=no_answer_s,
        decline_ends_ringing=called.decline_ends_ringing,
        identity=shown,
        passed_on=passed_on,
        rule=RING_RULE[asked.reached.kind],
        on_busy=busy,
        on_no_answer=no_answer,
        on_not_reachable=not_reachable,
        on_decline=busy,
        considered=tuple(asked.considered),
    )


def _with_colleagues(asked: Asked, reached: Reached) -> Reached:
    """A number that rings along and is a colleague's rings the telephones of that user."""
    if not asked.facts.colleagues:
        return reached
    targets: dict[DeviceId, RingTarget] = {}
    skipped = list(reached[1])
    for target in reached[0]:
        found = _of_colleague(asked, target)
        if isinstance(found, str):
            skipped.append(SkippedDevice(device=target.device, rule=found))
        else:
            targets |= {one.device: one for one in found if one.device not in targets}
    return tuple(targets.values()), tuple(skipped)


def _of_colleague(asked: Asked, target: RingTarget) -> tuple[RingTarget, ...] | str:
    """By that user's own rules, except that the call goes no further from there: who rings along has no
    voicemail box or forward for calls of somebody else. Where it would, the rule that sent it on is why it
    does not ring."""
    one = along(asked, target)
    if one is None:
        return (target,)
    number = None if target.remote_number is None else owned_by_e164(one.context, target.remote_number)
    facts = asked.facts
    plan = decide(
        one.context,
        asked.caller,
        on_net=asked.on_net,
        reached=number or Number(kind=NumberKind.EXTENSION),
        exclude_device=None,
        now=asked.now,
        facts=TerminationFacts(
            busy_devices=one.busy_devices,
            calls=one.calls,
            diverted_by=(*facts.diverted_by, asked.called.subscriber),
            diversions=onward.MAX_DIVERSIONS,
            diversion_inhibited=target.inhibited,
            caller_group=facts.caller_group or (asked.called.group if asked.on_net else None),
        ),
    )
    if not isinstance(plan, RingPlan):
        return plan.rule
    shared = {"confirm": target.confirm, "payer": target.payer, "rule": target.rule}
    shared |= {"inhibited": target.inhibited, "colleague": target.colleague}
    shared["remote_number"] = target.remote_number
    return tuple(
        msgspec.structs.replace(telephone, delay_s=telephone.delay_s + target.delay_s, **shared)
        for telephone in plan.targets
        if telephone.kind is not DeviceKind.REMOTE
    )


# What they have in common.


def _shown(asked: Asked) -> tuple[CallerIdentity, CallerIdentity | None]:
    """To the user's devices, and to others when that differs (External Calling Line ID Delivery)."""
    caller = identity_for_called(asked.caller, on_net=asked.on_net)
    service = asked.services.external_calling_line_id_delivery
    if service is None or service.active or asked.on_net or caller.presentation is Presentation.RESTRICTED:
        return caller, None
    note(asked, rules.CALLER_HIDDEN)
    return _hidden(caller), caller


def _hidden(caller: CallerIdentity) -> CallerIdentity:
    return CallerIdentity(
        presentation=Presentation.RESTRICTED, network_number=caller.network_number or caller.number
    )


def _forwarded(asked: Asked, wanted: onward.Wanted | None) -> TerminationPlan | None:
    """None, with a note, when the forward stands aside."""
    if wanted is None:
        return None
    found = onward.forward(asked, wanted)
    if isinstance(found, ForwardTo):
        return _divert(asked, found)
    note(asked, wanted.rule)
    if found in onward.REFUSING:
        return _no(asked, _LOOP, found)
    note(asked, found)
    return None


def _busy(asked: Asked, reason: DivertReason, rule: str) -> TerminationPlan:
    found = onward.when_busy(asked, reason)
    if found is None:
        return _no(asked, _BUSY, rule)
    note(asked, rule)
    return _divert(asked, found, _silent(asked, rule))


def _divert(asked: Asked, to: Onward, skipped: tuple[SkippedDevice, ...] | None = None) -> DivertPlan:
    return DivertPlan(
        onward=to,
        skipped=_silent(asked, to.rule) if skipped is None else skipped,
        identity=identity_for_called(asked.caller, on_net=asked.on_net),
        rule=to.rule,
        considered=tuple(asked.considered),
    )


def _nothing_rings(
    called: SubscriberContext, skipped: tuple[SkippedDevice, ...], considered: tuple[str, ...] = ()
) -> RefusedPlan:
    rule = rules.CALLED_NOTHING_RINGS if skipped else rules.CALLED_NO_DEVICE
    return _refused(called, _ABSENT, rule, skipped=skipped, considered=considered)


def _no(
    asked: Asked, code: tuple[int, int], rule: str, announcement: Announcement | None = None
) -> RefusedPlan:
    skipped = _silent(asked, rule)
    return _refused(asked.called, code, rule, announcement, skipped, tuple(asked.considered))


def _refused(
    called: SubscriberContext,
    code: tuple[int, int],
    rule: str,
    announcement: Announcement | None = None,
    skipped: tuple[SkippedDevice, ...] = (),
    considered: tuple[str, ...] = (),
) -> RefusedPlan:
    return RefusedPlan(
        status=code[0],
        cause=code[1],
        explanation=rules.sentence(rule, called.language),
        rule=rule,
        skipped=skipped,
        announcement=announcement,
        considered=considered,
    )


def _silent(asked: Asked, rule: str) -> tuple[SkippedDevice, ...]:
    """Every device, for one reason."""
    return tuple(SkippedDevice(device=device.id, rule=rule) for device in asked.called.devices)
