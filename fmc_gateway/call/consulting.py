"""Transfer with consultation on one leg (seed 4.7.3; call-flows §4): the far party hears music while the
user talks to a colleague, then the two are brought together, or the user goes back.

The colleague is called as for any call of the user, and comes in the far party's place as another telephone
of a user does (:mod:`.pushing`, :mod:`.moving`); the far party stands aside with its media. Who is where then
is :mod:`.consulted`'s, and going over :mod:`.switching`'s.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fmc_gateway.call import choosing, consulted, decisions, losing, moving, pushing, switching
from fmc_gateway.call.commands import AnswerRequest, AnyCommand, EndLeg, LoadContext, OfferMedia, StartTimer
from fmc_gateway.call.consulted import leg_of
from fmc_gateway.call.descriptions import held, talk_offer
from fmc_gateway.call.ending import MOVE_TIMER
from fmc_gateway.call.events import (
    ConsultRequested,
    ConsultStep,
    ConsultStepRequested,
    ContextLoaded,
    LegEnded,
    TransferRequested,
)
from fmc_gateway.call.exchanges import ExchangeKind, ExchangeStage, Move, MoveKind
from fmc_gateway.call.forwarded import OUTSIDE_NO_ANSWER_S
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.model import (
    Leg,
    LegPhase,
    Step,
    Talking,
    bridge_leg,
    bridge_pair,
    other_of,
    put_any,
    winner_of,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.talking import drop_exchange
from fmc_gateway.call.targets import Goal, make_leg, of_devices, outside_for, reached_outside, reached_user
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LegRole, LivePhase
from hipper.pbx import dial, rules, termination
from hipper.pbx.identity import connected_identity
from hipper.pbx.ids import LegId
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

BUSY = "something else is under way in this call"
NO_CONSULTATION = "nobody is being consulted in this call"
NOT_THERE = "one of the two is not there any more"
TAKES_NO_CALLS = "who was asked for takes no calls now"
EMERGENCY_RULES = frozenset({rules.DIAL_EMERGENCY, rules.EMERGENCY_ELSEWHERE})
NOBODY_RULES = frozenset({rules.EXTENSION_UNKNOWN, rules.NUMBER_INVALID})


class Called(NamedTuple):
    """Whom the colleague's telephones are called for, and how long they ring."""

    goals: list[Goal]
    shown: CallerIdentity
    reached: CallerIdentity
    connected: CallerIdentity | None
    payer: Payer
    no_answer_s: float


# Asked for.


def requested(call: Talking, event: ConsultRequested | TransferRequested, now: float) -> Step:
    """Who that is the directory knows."""
    user = choosing.side_of(call, event.subscriber, None)
    if user is None:
        return call, (_no(event.request, pushing.NOT_YOURS),)
    if choosing.untouchable(call):
        return call, (_no(event.request, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY),)
    far = other_of(call, user.id)
    if not _is_free(call) or not _is_there(user, far) or winner_of(call).pair is None or call.service:
        return call, (_no(event.request, BUSY),)
    move = Move(
        kind=MoveKind.CONSULT,
        replaces=far.id,
        stays=user.id,
        subscriber=event.subscriber,
        request=event.request,
        destination=event.destination,
    )
    if isinstance(event, TransferRequested):
        move = msgspec.structs.replace(move, blind=True, returns=event.returns, no_answer_s=event.no_answer_s)
    call = msgspec.structs.replace(call, move=move, asked=True)
    return call, (LoadContext(served_subscriber=event.subscriber, dialled=event.destination),)


def _is_free(call: Talking) -> bool:
    none = call.exchange is None and call.move is None and call.consult is None and call.lost is None
    return none and not call.asked


def _is_there(*legs: Leg) -> bool:
    return all(leg.phase is LegPhase.ANSWERED and leg.sdp is not None for leg in legs)


def _no(request: str, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=request, done=False, explanation=why, because=because)


# The colleague is called.


def context_loaded(call: Talking, move: Move, event: ContextLoaded, now: float) -> Step:
    caller = event.caller
    user, far = leg_of(call, move.stays), leg_of(call, move.replaces)
    if caller is None or caller.subscriber != move.subscriber:
        return pushing.nobody(call, pushing.NOT_YOURS, RefusedBecause.STATE, now, [])
    plan = dial.other_side(caller, event.called, move.destination or "", now=now, facts=event.origination)
    call = decisions.of_calling(call, caller.subscriber, plan, known_as=event.origination.called_list)
    if isinstance(plan, RefusedPlan):
        return pushing.nobody(call, plan.explanation, _because(plan), now, [])
    if call.exchange is not None or not _is_there(user, far):
        return pushing.nobody(call, BUSY, RefusedBecause.STATE, now, [])
    found = _outside(call, caller, plan) if isinstance(plan, ExternalPlan) else None
    if isinstance(plan, OnNetPlan):
        found = _colleague(call, event, plan, user, now)
    if found is None or not found.goals:
        return pushing.nobody(call, TAKES_NO_CALLS, RefusedBecause.NOT_REACHABLE, now, [])
    return _ring(call, move, found, user, now)


def _because(plan: RefusedPlan) -> RefusedBecause:
    if plan.rule in EMERGENCY_RULES:
        return RefusedBecause.EMERGENCY
    return RefusedBecause.NOT_REACHABLE if plan.rule in NOBODY_RULES else RefusedBecause.BARRED


def _outside(call: Talking, caller: SubscriberContext, plan: ExternalPlan) -> Called:
    goal = outside_for(call, plan, caller, ())._replace(diverted_by=None)
    return Called([goal], plan.identity, reached_outside(plan), None, plan.payer, OUTSIDE_NO_ANSWER_S)


def _colleague(call: Talking, event: ContextLoaded, plan: OnNetPlan, user: Leg, now: float) -> Called | None:
    """By that user's own rules; None: nothing of that user's rings."""
    called = event.called
    if called is None or called.subscriber != plan.called:
        return None
    ring = termination.decide(
        called,
        plan.identity,
        on_net=True,
        reached=plan.called_number,
        exclude_device=user.device,
        now=now,
        facts=msgspec.structs.replace(
            event.termination, busy_devices=event.termination.busy_devices or event.busy_devices
        ),
    )
    if not isinstance(ring, RingPlan):
        return None
    goals, _ = of_devices(call, called, event.bindings, ring, event.termination.colleagues)
    seen = connected_identity(
        called, caller_on_net=True, dialled=plan.called_number, device=DeviceKind.DESK_PHONE
    )
    reached = reached_user(called, plan.called_number, on_net=True)
    return Called(goals, ring.identity, reached, seen, plan.payer, float(ring.no_answer_s))


def _ring(call: Talking, move: Move, found: Called, user: Leg, now: float) -> Step:
    """All the telephones at once, each with media of its own for the user."""
    before, offer = call, user.sdp or ""
    out: list[AnyCommand] = []
    for goal in found.goals:
        leg = _leg(call, goal, found, now)
        asked = talk_offer(offer) if held(offer) else offer
        out.append(OfferMedia(pair=bridge_pair(call), from_leg=user.id, to_leg=leg.id, sdp=asked))
        call = msgspec.structs.replace(call, called=(*call.called, leg), bridges=call.bridges + 1)
    out.append(StartTimer(name=MOVE_TIMER, after_s=float(move.no_answer_s or found.no_answer_s)))
    if move.request is not None:
        out.append(AnswerRequest(request=move.request, done=True))
    move = msgspec.structs.replace(move, offered=offer, request=None, payer=found.payer)
    call = msgspec.structs.replace(call, move=move)
    return _hear(before, call, out), tuple(out)


def _leg(call: Talking, goal: Goal, found: Called, now: float) -> Leg:
    made = make_leg(call, 0, goal, now)
    return msgspec.structs.replace(
        made,
        id=bridge_leg(call),
        role=LegRole.CALLED,
        phase=LegPhase.PREPARING,
        identity=found.reached,
        shown=goal.shown or found.shown,
        diverted=(),
        delay_s=0.0,
        connected_as=found.connected,
        pair=bridge_pair(call),
        icid=None,
    )


def _hear(before: Talking, after: Talking, out: list[AnyCommand]) -> Talking:
    pair = winner_of(after).pair
    assert pair is not None
    heard = hear(before, after, pair, out)
    return publish(heard, LivePhase.HELD, out) if heard is after else heard


# The user goes on with it.


def step_requested(call: Talking, event: ConsultStepRequested, now: float) -> Step:
    consult, move = call.consult, call.move
    if consult is None and move is not None and move.kind is MoveKind.CONSULT:
        return _while_it_rings(call, move, event, now)
    if consult is None or consult.subscriber != event.subscriber:
        return call, (_no(event.request, NO_CONSULTATION),)
    if call.exchange is not None or move is not None:
        return call, (_no(event.request, BUSY),)
    user, waits = leg_of(call, consult.user), leg_of(call, consult.held)
    if not _is_there(user, waits, other_of(call, user.id)):
        return call, (_no(event.request, NOT_THERE),)
    out: list[AnyCommand] = []
    if event.step is ConsultStep.COMPLETE:
        return consulted.complete(call, event.request, out), tuple(out)
    if event.step is ConsultStep.CANCEL and consult.held != consult.far:
        call = switching.dropped(call, now, out)
        call = publish(call, call.live or LivePhase.ESTABLISHED, out)
        return call, (*out, AnswerRequest(request=event.request, done=True))
    ends = event.step is ConsultStep.CANCEL
    consult = msgspec.structs.replace(consult, request=event.request, ends=ends)
    return switching.begin(call, consult, out), tuple(out)


def _while_it_rings(call: Talking, move: Move, event: ConsultStepRequested, now: float) -> Step:
    """To give it up, or to leave it to the two."""
    if event.subscriber != move.subscriber:
        return call, (_no(event.request, NO_CONSULTATION),)
    rings = move.offered is not None and move.leg is None and call.exchange is None
    if event.step is ConsultStep.SWAP or not rings:
        return call, (_no(event.request, BUSY),)
    out: list[AnyCommand] = [AnswerRequest(request=event.request, done=True)]
    if event.step is ConsultStep.COMPLETE:
        if not _is_there(leg_of(call, move.stays), leg_of(call, move.replaces)):
            return call, (_no(event.request, NOT_THERE),)
        return left_to_ring(call, move, now, out), tuple(out)
    call = moving.stop_ringing(call, now, out)
    return pushing.nobody(call, moving.HUNG_UP, RefusedBecause.STATE, now, out)


def left_to_ring(call: Talking, move: Move, now: float, out: list[AnyCommand]) -> Talking:
    """The user is out of it; the far party hears ringing, and has whoever answers. If nobody does, the user's
    telephones ring."""
    user = leg_of(call, move.stays)
    if user.phase is LegPhase.ANSWERED:
        out.append(EndLeg(leg=user.id, reason=consulted.TRANSFERRED))
        user = msgspec.structs.replace(user, phase=LegPhase.OVER, ended=now, ended_by="gateway")
    user = msgspec.structs.replace(user, held_by_app=True)
    transfer = Move(
        kind=MoveKind.TRANSFER,
        replaces=user.id,
        stays=move.replaces,
        subscriber=move.subscriber,
        payer=move.payer,
        returns=move.returns,
        left=True,
    )
    after = msgspec.structs.replace(put_any(call, user), move=transfer)
    return _hear(call, after, out)


def leaves_now(call: Talking) -> bool:
    """Whether who transfers without consultation may go: the one who is called can be heard to ring."""
    move = call.move
    if move is None or not move.blind or move.offered is None or move.leg is not None or call.exchange:
        return False
    return leg_of(call, move.replaces).phase is LegPhase.ANSWERED


def user_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """Who transfers without consultation need not wait until it rings."""
    move = call.move
    assert move is not None
    out: list[AnyCommand] = []
    return left_to_ring(put_any(call, _over(leg, event, now)), move, now, out), tuple(out)


# Somebody goes.


def leg_ended(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step | None:
    """The user who hangs up has completed the transfer, one who is lost has not. None: it ends the call."""
    consult = call.consult
    if consult is None or leg.phase is not LegPhase.ANSWERED:
        return None
    switches = call.exchange is not None and call.exchange.kind is ExchangeKind.SWITCH
    after = put_any(call, _over(leg, event, now))
    if leg.id == consult.held:
        return (after, ()) if switches else _who_waits_left(after, now)
    other = other_of(call, leg.id)
    if leg_of(call, consult.held).phase is not LegPhase.ANSWERED or other.phase is not LegPhase.ANSWERED:
        return None
    if leg.id != consult.user and switches:
        return after, ()
    if _is_asked(call, other.id):
        return None
    out: list[AnyCommand] = []
    drop_exchange(call, leg.id, out)
    after = msgspec.structs.replace(after, exchange=None)
    if leg.id != consult.user:
        return switching.begin(after, consult, out), tuple(out)
    if consult.request is not None:
        out.append(_no(consult.request, moving.HUNG_UP))
        after = msgspec.structs.replace(after, consult=msgspec.structs.replace(consult, request=None))
    if losing.was_lost(leg, event):
        return _user_lost(after, event, now, out)
    return consulted.complete(after, None, out), tuple(out)


def _over(leg: Leg, event: LegEnded, now: float) -> Leg:
    by = "gateway" if event.cause != "bye" else "calling" if leg.role is LegRole.CALLING else "called"
    return msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by=by, q850=event.q850)


def _is_asked(call: Talking, leg: LegId) -> bool:
    """Whether an offer of ours to ``leg`` has not been answered: it cannot be made another one."""
    exchange = call.exchange
    if exchange is None or exchange.stage is not ExchangeStage.ASKING:
        return False
    if exchange.kind is ExchangeKind.THROUGH:
        return exchange.leg != leg
    return exchange.leg == leg and exchange.kind in (
        ExchangeKind.OFFERLESS,
        ExchangeKind.JOIN,
        ExchangeKind.GO_BACK,
    )


def _who_waits_left(call: Talking, now: float) -> Step:
    out: list[AnyCommand] = []
    call = switching.dropped(call, now, out)
    return publish(call, call.live or LivePhase.ESTABLISHED, out), tuple(out)


def _user_lost(call: Talking, event: LegEnded, now: float, out: list[AnyCommand]) -> Step:
    """The far party waits for the user; the colleague does not."""
    consult = call.consult
    assert consult is not None
    if consult.held == consult.far:
        given = leg_of(call, consult.user).given
        call = consulted.switched(call, consult, consult.described, given, now, out)
    call = switching.dropped(call, now, out)
    state, commands = losing.lost(call, leg_of(call, consult.user), event, now)
    return state, (*out, *commands)


def far_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """While the colleague is called: the user calls on alone."""
    out: list[AnyCommand] = []
    return heard_without(call, put_any(call, _over(leg, event, now)), out), tuple(out)


def heard_without(before: Talking, after: Talking, out: list[AnyCommand]) -> Talking:
    """Who has left while a colleague is called hears nothing any more."""
    pair = winner_of(after).pair
    return after if pair is None else hear(before, after, pair, out)


def lost_while_it_rings(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """Nobody is there any more for whom the colleague is called."""
    move = call.move
    assert move is not None
    out: list[AnyCommand] = []
    call = moving.stop_ringing(call, now, out)
    if move.request is not None:
        out.append(_no(move.request, moving.HUNG_UP))
    call = moving.without_move(call, out)
    state, commands = losing.lost(call, leg, event, now)
    return state, (*out, *commands)


def who_comes_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """The one who waited hung up before the transfer was complete."""
    if leg.phase is LegPhase.OVER:
        return call, ()
    call = put_any(call, _over(leg, event, now))
    return moving.give_up(call, moving.HUNG_UP, now, [])
