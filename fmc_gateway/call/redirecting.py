"""302 of a telephone of ours: its call goes on to where it says, as a call of its user and by that user's
calling plan (call-flows §2, toll fraud). An outside party's 302 is not followed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fmc_gateway.call import decisions, racing, rounds, targets, voicemail
from fmc_gateway.call.commands import (
    AnyCommand,
    BindingTarget,
    ExchangeTarget,
    LoadContext,
    MobileTarget,
)
from fmc_gateway.call.diverting import MAX_DIVERSIONS, after_round, decide_on_user, diversions_of, is_on_net
from fmc_gateway.call.ending import NO_ANSWER, release
from fmc_gateway.call.events import ContextFailed, ContextLoaded, Diverted, LegRejected
from fmc_gateway.call.model import Leg, LegPhase, Redirect, Ringing, Step, called_leg, put
from fmc_gateway.call.records import publish
from hipper.contracts.calls import AttemptOutcome, DecisionKind, LivePhase
from hipper.pbx import forwarding, rules
from hipper.pbx.model import (
    DivertPlan,
    DivertReason,
    ExternalPlan,
    ForwardTo,
    OnNetPlan,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    ToVoicemail,
)
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.uri import SipUri, TelUri, parse_uri, percent_decode

MAX_CONTACTS = 5


def destinations(contacts: Sequence[str]) -> tuple[str, ...]:
    """What the user would dial to get there: user parts and tel numbers. The host of a telephone's Contact
    means nothing: what is no number is tried as an extension."""
    found = [
        number for uri in contacts[:MAX_CONTACTS] if (number := _number(uri)) and not is_emergency(number)
    ]
    return tuple(dict.fromkeys(found))


def _number(contact: str) -> str | None:
    try:
        uri = parse_uri(contact)
    except SipParseError:
        return None
    if isinstance(uri, TelUri):
        return uri.number
    user = uri.user if isinstance(uri, SipUri) else None
    return None if user is None else percent_decode(user).partition(";")[0] or None


def is_followed(leg: Leg, event: LegRejected) -> bool:
    """Whether a telephone of ours redirects its call to somewhere."""
    ours = isinstance(leg.target, BindingTarget | MobileTarget | ExchangeTarget)
    return (
        ours
        and leg.subscriber is not None
        and 300 <= event.status < 400
        and bool(destinations(event.contacts))
    )


def begin(call: Ringing, leg: Leg, event: LegRejected, now: float) -> Step:
    assert leg.subscriber is not None
    out: list[AnyCommand] = []
    moved = msgspec.structs.replace(
        leg,
        phase=LegPhase.OVER,
        ended=now,
        ended_by="called",
        status=event.status,
        q850=event.q850,
        outcome=AttemptOutcome.REDIRECTED,
        explanation="the device sent the call elsewhere",
    )
    to = tuple(
        ForwardTo(destination=one, reason=DivertReason.DEFLECTION, rule=rules.DEVICE_REDIRECTED)
        for one in destinations(event.contacts)
    )
    call = put(call, release(moved, out))
    return _queue(call, Redirect(leg=leg.id, by=leg.subscriber, to=to, diverted=call.diverted), now, out)


def _queue(call: Ringing, redirect: Redirect, now: float, out: list[AnyCommand]) -> Step:
    """One look-up at a time: an answer does not say what was asked."""
    call = msgspec.structs.replace(call, redirects=(*call.redirects, redirect))
    if len(call.redirects) == 1:
        out.append(_question(redirect))
    return racing.settle(call, now, out)


def _question(redirect: Redirect) -> LoadContext:
    return LoadContext(served_subscriber=redirect.by, dialled=redirect.to[0].destination)


# The directory's answer.


def context_loaded(call: Ringing, event: ContextLoaded, now: float) -> Step:
    if not call.redirects:
        return call, ()
    redirect, *rest = call.redirects
    call = msgspec.structs.replace(call, redirects=tuple(rest))
    if call.over is not None:
        return _after(call, now)
    out: list[AnyCommand] = []
    call, again = _follow(call, redirect, event, now, out)
    return _next(call, again, now, out)


def context_failed(call: Ringing, event: ContextFailed, now: float) -> Step:
    if not call.redirects:
        return call, ()
    redirect, *rest = call.redirects
    call = msgspec.structs.replace(call, redirects=tuple(rest))
    if call.over is not None:
        return _after(call, now)
    call = _gave_up(call, redirect, AttemptOutcome.UNREACHABLE, "the directory does not answer")
    return _next(call, None, now, [])


def _after(call: Ringing, now: float) -> Step:
    """The round was over before the answer came."""
    assert call.over is not None
    found = call.over
    call = msgspec.structs.replace(call, redirects=(), over=None)
    return after_round(call, found, NO_ANSWER, now, [])


def _next(call: Ringing, again: Redirect | None, now: float, out: list[AnyCommand]) -> Step:
    if again is not None:
        call = msgspec.structs.replace(call, redirects=(again, *call.redirects))
    if call.redirects:
        out.append(_question(call.redirects[0]))
    return racing.settle(call, now, out)


def _follow(
    call: Ringing, redirect: Redirect, event: ContextLoaded, now: float, out: list[AnyCommand]
) -> tuple[Ringing, Redirect | None]:
    """Legs to where the call is sent, or what is to be asked next."""
    by = event.caller
    if by is None or by.subscriber != redirect.by or call.caller is None:
        return _gave_up(call, redirect, AttemptOutcome.UNREACHABLE, "the user is unknown"), None
    if diversions_of(call) >= MAX_DIVERSIONS:
        return _gave_up(call, redirect, AttemptOutcome.BARRED, "the call was diverted too often"), None
    plan = forwarding.decide(by, event.called, redirect.to[0], call.caller, now=now, facts=event.origination)
    call = decisions.of_calling(call, by.subscriber, plan, DecisionKind.FORWARDING)
    if isinstance(plan, RefusedPlan):
        return _other(call, redirect, plan.explanation)
    who = targets.served_by_any_number(by)
    diverted = (*redirect.diverted, targets.diverted_by(who, redirect.to[0].reason))
    if isinstance(plan, ExternalPlan):
        goal = targets.outside_for(call, plan, by, diverted)
        goal = goal._replace(reached=targets.reached_outside(plan))
        return _to(call, redirect, plan, (goal,), now, out), None
    return _to_colleague(call, redirect, plan, event, diverted, now, out)


def _to(
    call: Ringing,
    redirect: Redirect,
    plan: OnNetPlan | ExternalPlan,
    goals: Sequence[targets.Goal],
    now: float,
    out: list[AnyCommand],
) -> Ringing:
    to = redirect.to[0]
    entry = targets.diversion(redirect.by, to.reason, to.rule, targets.destination_of(plan), now)
    call = msgspec.structs.replace(call, diversions=(*call.diversions, entry))
    call = rounds.add_legs(call, goals, now, out)
    # at once: the next call is decided on by the caps with these legs counted
    return publish(call, call.live or LivePhase.SETTING_UP, out)


def _to_colleague(
    call: Ringing,
    redirect: Redirect,
    plan: OnNetPlan,
    event: ContextLoaded,
    diverted: tuple[Diverted, ...],
    now: float,
    out: list[AnyCommand],
) -> tuple[Ringing, Redirect | None]:
    """That user's own rules hold."""
    called = event.called
    if called is None or called.subscriber != plan.called:
        return _other(call, redirect, "the called user is unknown")
    there = plan.called_number
    plan_there = decide_on_user(call, event, called, plan.identity, there, now)
    call = decisions.of_called(call, called.subscriber, plan_there, there, event.termination.caller_list)
    if isinstance(plan_there, RefusedPlan):
        return _other(call, redirect, plan_there.explanation)
    if isinstance(plan_there, DivertPlan):
        return _onward(call, redirect, plan, plan_there, called, diverted, now, out)
    goals = _devices(call, plan, plan_there, event, called, diverted)
    if not goals:
        return _other(call, redirect, "no device is registered")
    return _to(call, redirect, plan, goals, now, out), None


def _devices(
    call: Ringing,
    plan: OnNetPlan,
    there: RingPlan,
    event: ContextLoaded,
    called: SubscriberContext,
    diverted: tuple[Diverted, ...],
) -> list[targets.Goal]:
    moved = msgspec.structs.replace(
        call, diverted=diverted, served=targets.served(called, plan.called_number)
    )
    goals, _ = targets.of_devices(moved, called, event.bindings, there)
    reached = targets.reached_user(called, plan.called_number, on_net=is_on_net(call))
    return [goal._replace(shown=there.identity, reached=reached) for goal in goals]


def _onward(
    call: Ringing,
    redirect: Redirect,
    plan: OnNetPlan,
    there: DivertPlan,
    called: SubscriberContext,
    diverted: tuple[Diverted, ...],
    now: float,
    out: list[AnyCommand],
) -> tuple[Ringing, Redirect | None]:
    """The colleague's telephones do not ring: on to where that user sends calls."""
    onward = there.onward
    if isinstance(onward, ForwardTo):
        to = redirect.to[0]
        entry = targets.diversion(redirect.by, to.reason, to.rule, targets.destination_of(plan), now)
        call = msgspec.structs.replace(call, diversions=(*call.diversions, entry))
        return call, Redirect(leg=redirect.leg, by=called.subscriber, to=(onward,), diverted=diverted)
    if isinstance(onward, ToVoicemail):
        who = targets.served(called, plan.called_number)
        moved = msgspec.structs.replace(call, diverted=(*diverted, targets.diverted_by(who, onward.reason)))
        return _to(call, redirect, plan, (voicemail.goal(onward, moved),), now, out), None
    return _other(call, redirect, onward.explanation)


def _other(call: Ringing, redirect: Redirect, why: str) -> tuple[Ringing, Redirect | None]:
    """Not there: to the next destination, if there is one."""
    if len(redirect.to) > 1:
        return call, msgspec.structs.replace(redirect, to=redirect.to[1:])
    return _gave_up(call, redirect, AttemptOutcome.BARRED, why), None


def _gave_up(call: Ringing, redirect: Redirect, outcome: AttemptOutcome, why: str) -> Ringing:
    leg = called_leg(call, redirect.leg)
    if leg is None:
        return call
    return put(call, msgspec.structs.replace(leg, outcome=outcome, explanation=why))
