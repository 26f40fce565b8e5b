"""A called user's own rules, and where the call goes from there: to somebody else, to the voicemail box, to
an announcement, or back to the caller with what is left (seed 4.1, 5.3, 5.4; call-flows §3)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, decisions, notices, rounds, targets
from fmc_gateway.call.commands import AnyCommand, LoadContext, VoicemailTarget
from fmc_gateway.call.ending import Stop, broken
from fmc_gateway.call.events import ContextLoaded, LegDirection
from fmc_gateway.call.model import (
    C,
    CallState,
    Diverting,
    Onwards,
    Ringing,
    Step,
    Verdict,
    become,
    present,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, UNREACHABLE
from fmc_gateway.call.voicemail import no_voicemail, to_voicemail
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.pbx import termination
from hipper.pbx.model import (
    CallerIdentity,
    ForwardTo,
    Number,
    Onward,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    TerminationFacts,
    TerminationPlan,
    ToAnnouncement,
    ToVoicemail,
)
from hipper.telephony.numbers.emergency import is_emergency

MAX_DIVERSIONS = 5
"""How often one call is diverted, before it reached us and by us together."""
OUTCOME_OF_STATUS = {
    480: CallOutcome.UNREACHABLE,
    486: CallOutcome.BUSY,
    600: CallOutcome.BUSY,
    603: CallOutcome.DECLINED,
}
"""What a refusal by the called user's rules means in the record; any other is a refusal."""


# A called user's own rules.


def to_user(
    call: CallState,
    event: ContextLoaded,
    called: SubscriberContext,
    caller: CallerIdentity,
    number: Number,
    now: float,
    out: list[AnyCommand],
) -> Step:
    """``called`` is reached on ``number``."""
    plan = decide_on_user(call, event, called, caller, number, now)
    call = decisions.of_called(call, called.subscriber, plan, number, event.termination.caller_list)
    known = (is_on_net(call) or bool(call.diversions)) and isinstance(plan, RingPlan)
    call = msgspec.structs.replace(
        call,
        reached=targets.reached_user(called, number, on_net=is_on_net(call)),
        reached_subscriber=called.subscriber,
        rule=call.rule if known else plan.rule,
        served=targets.served(called, number),
    )
    if isinstance(plan, RingPlan):
        return _ring(call, event, called, plan, now, out)
    silent = tuple(targets.skipped_device(called.subscriber, device) for device in plan.skipped)
    call = msgspec.structs.replace(call, skipped=(*call.skipped, *silent))
    if isinstance(plan, RefusedPlan):
        return _refused(call, plan, now, out)
    call = msgspec.structs.replace(call, caller=plan.identity)
    otherwise = UNREACHABLE._replace(explanation=targets.explained(plan.rule))
    return go_on(show(call, plan.identity), plan.onward, otherwise, now, out)


def decide_on_user(
    call: CallState,
    event: ContextLoaded,
    called: SubscriberContext,
    caller: CallerIdentity,
    number: Number,
    now: float,
) -> TerminationPlan:
    return termination.decide(
        called,
        caller,
        on_net=is_on_net(call),
        reached=number,
        exclude_device=call.calling.device,
        now=now,
        facts=_facts(call, event, called, number),
    )


def is_on_net(call: CallState) -> bool:
    """Whether a user of the enterprise calls."""
    return call.offered.direction is LegDirection.ORIGINATING


def _facts(
    call: CallState, event: ContextLoaded, called: SubscriberContext, number: Number
) -> TerminationFacts:
    known = event.termination
    by = tuple(one.by for one in call.diversions)
    if number.e164 is not None and any(one.number == number.e164 for one in call.offered.diverted):
        by = (called.subscriber, *by)  # it went out from here, and came back over somebody else
    return msgspec.structs.replace(
        known,
        busy_devices=known.busy_devices or event.busy_devices,
        diverted_by=by,
        diversions=diversions_of(call),
        diversion_inhibited=call.inhibited,
        emergency_callback=call.offered.emergency_callback,
        caller_group=call.caller_group,
    )


def diversions_of(call: CallState) -> int:
    """How often the call was diverted, by anybody."""
    return call.offered.diversions + len(call.diversions)


def show(call: C, identity: CallerIdentity) -> C:
    """Whom the next INVITEs name as the caller."""
    calling = msgspec.structs.replace(call.calling, identity=identity)
    return msgspec.structs.replace(call, calling=calling)


def _ring(
    call: CallState,
    event: ContextLoaded,
    called: SubscriberContext,
    plan: RingPlan,
    now: float,
    out: list[AnyCommand],
) -> Step:
    goals, silent = targets.of_devices(call, called, event.bindings, plan, event.termination.colleagues)
    call = msgspec.structs.replace(
        show(call, plan.identity),
        caller=plan.passed_on or plan.identity,
        skipped=(*call.skipped, *silent),
    )
    if goals:
        return rounds.begin_round(
            call,
            goals,
            float(plan.no_answer_s),
            now,
            out,
            decline_ends_ringing=plan.decline_ends_ringing,
            onwards=Onwards.of(plan),
        )
    found = UNREACHABLE._replace(explanation="no device is registered")
    if plan.on_not_reachable is None:
        return fall_back(call, found, now, out)
    return go_on(call, plan.on_not_reachable, found, now, out)


def _refused(call: CallState, plan: RefusedPlan, now: float, out: list[AnyCommand]) -> Step:
    """The rules of the called user refuse the call: who forwarded it there has a box, or the caller is
    told."""
    outcome = OUTCOME_OF_STATUS.get(plan.status, CallOutcome.REFUSED)
    found = Verdict(plan.status, plan.cause, plan.explanation, outcome)
    if call.resort is not None:
        return fall_back(call, found, now, out)
    language = "nl" if call.served is None else call.served.language
    stop = broken(None, plan.explanation)
    return announcing.refuse_aloud(call, plan.announcement, found, now, out, language=language, stop=stop)


# Onward.


def after_round(call: Ringing, found: Verdict, stop: Stop, now: float, out: list[AnyCommand]) -> Step:
    """Nobody rings any more: on to where the user wants such calls, else the caller hears ``found``."""
    if call.redirects:
        # its answer must not be taken for that to a later question
        return msgspec.structs.replace(rounds.stop_round(call, stop, now, out), over=found), tuple(out)
    if isinstance(present(call)[0].target, VoicemailTarget):
        return no_voicemail(ring_over(call, stop, now, out), now, out)
    onward = _onward(call, found)
    if onward is not None:
        return go_on(ring_over(call, stop, now, out), onward, found, now, out)
    if call.resort is not None:
        return fall_back(ring_over(call, stop, now, out), found, now, out)
    return rounds.tell_caller(call, found, stop, now, out)


def ring_over(call: Ringing, stop: Stop, now: float, out: list[AnyCommand]) -> Ringing:
    """The round is over, and the call is not."""
    call = rounds.stop_round(call, stop, now, out)
    notices.over(call, now, out)
    return msgspec.structs.replace(call, noticed=())


def _onward(call: Ringing, found: Verdict) -> Onward | None:
    """A decline that does not end the ringing is one device's word: nobody answered. Without media there is
    no use in going on."""
    if found.outcome is CallOutcome.BUSY:
        return call.onwards.busy
    if found.outcome is CallOutcome.DECLINED and call.decline_ends_ringing:
        return call.onwards.decline
    if found.outcome in (CallOutcome.NO_ANSWER, CallOutcome.DECLINED):
        return call.onwards.no_answer
    return None if found.q850 == Q850_NO_RESOURCE else call.onwards.not_reachable


def go_on(call: CallState, onward: Onward, otherwise: Verdict, now: float, out: list[AnyCommand]) -> Step:
    """``otherwise``: what the caller is told when the call cannot go there."""
    if isinstance(onward, ForwardTo):
        return _ask_forward(call, onward, otherwise, now, out)
    if isinstance(onward, ToVoicemail):
        return to_voicemail(call, onward, now, out)
    return _announce(call, onward, now, out)


def _announce(call: CallState, onward: ToAnnouncement, now: float, out: list[AnyCommand]) -> Step:
    outcome = OUTCOME_OF_STATUS.get(onward.status, CallOutcome.REFUSED)
    found = Verdict(onward.status, onward.cause, onward.explanation, outcome)
    if not announcing.can_hear(call):
        if onward.then is not None:
            return go_on(call, onward.then, found, now, out)
        return rounds.tell_caller(call, found, broken(None, onward.explanation), now, out)
    who = call.served
    return announcing.announce(
        call,
        onward.announcements,
        found,
        out,
        now,
        language="nl" if who is None else who.language,
        time_zone="Europe/Amsterdam" if who is None else who.time_zone,
        spoken_time=onward.spoken_time,
        then=onward.then,
    )


def fall_back(call: CallState, found: Verdict, now: float, out: list[AnyCommand]) -> Step:
    """The call cannot go where it was sent: the box of the one who sent it there, else ``found``."""
    resort = call.resort
    if resort is not None:
        return to_voicemail(call, resort, now, out)
    return rounds.tell_caller(call, found, broken(None, found.explanation), now, out)


# Forwarding to somebody else.


def _ask_forward(
    call: CallState, to: ForwardTo, otherwise: Verdict, now: float, out: list[AnyCommand]
) -> Step:
    """Who is that? Not asked for a call that was diverted too often, nor for an emergency number."""
    by = call.served
    if by is None or diversions_of(call) >= MAX_DIVERSIONS or is_emergency(to.destination):
        return fall_back(call, otherwise, now, out)
    state = become(Diverting, call, to=to, otherwise=otherwise)
    out.append(LoadContext(served_subscriber=by.subscriber, dialled=to.destination))
    if state.live is None:
        state = publish(state, LivePhase.SETTING_UP, out)
    return state, tuple(out)
