"""Transfer with consultation on one leg (seed 4.7.3; call-flows §4): the far party hears music while the
user talks to a colleague, then the two are brought together, or the user goes back.

The colleague is called in a call within this one (:mod:`.enquiring`), as by any call of the user, and comes
in the far party's place as another telephone of a user does (:mod:`.moving`); the far party stands aside with
its media. Who is where then is :mod:`.consulted`'s, going over :mod:`.switching`'s, and what becomes of it
when somebody goes :mod:`.leaving`'s.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import (
    choosing,
    consulted,
    decisions,
    diverting,
    early,
    enquiring,
    moving,
    pushing,
    rounds,
    switching,
)
from fmc_gateway.call.commands import (
    AnswerRequest,
    AnyCommand,
    EndLeg,
    LoadContext,
    Progress,
    PublishLive,
    Reoffer,
    StartTimer,
    StopTimer,
)
from fmc_gateway.call.consulted import leg_of
from fmc_gateway.call.descriptions import held, talk_offer
from fmc_gateway.call.ending import MOVE_TIMER
from fmc_gateway.call.events import (
    ConsultRequested,
    ConsultStep,
    ConsultStepRequested,
    ContextLoaded,
    TransferRequested,
)
from fmc_gateway.call.exchanges import Move, MoveKind
from fmc_gateway.call.forwarded import OUTSIDE_NO_ANSWER_S
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.interrupted import without_exchange
from fmc_gateway.call.model import (
    Announcing,
    Answering,
    CallState,
    Deciding,
    Diverting,
    Ending,
    Leg,
    LegPhase,
    Ringing,
    Step,
    Talking,
    fold_in,
    other_of,
    put,
    put_any,
    winner_of,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.targets import destination_of, explained, outside_for, reached_outside
from hipper.contracts.bus import KeepUntil, RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.pbx import dial, rules
from hipper.pbx.ids import LegId
from hipper.pbx.model import ExternalPlan, OnNetPlan, RefusedPlan, SubscriberContext
from hipper.telephony.numbers.emergency import is_never_recorded

BUSY = "something else is under way in this call"
NO_CONSULTATION = "nobody is being consulted in this call"
NOT_THERE = "one of the two is not there any more"
TAKES_NO_CALLS = "who was asked for takes no calls now"
EMERGENCY_RULES = frozenset({rules.DIAL_EMERGENCY, rules.EMERGENCY_ELSEWHERE})
NOBODY_RULES = frozenset({rules.EXTENSION_UNKNOWN, rules.NUMBER_INVALID})


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
        chain=len(call.diversions),
    )
    if isinstance(event, TransferRequested):
        move = msgspec.structs.replace(
            move,
            blind=True,
            returns=event.returns,
            no_answer_s=event.no_answer_s,
            keep_until=event.keep_until,
        )
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


def calls_somebody(call: Talking) -> bool:
    """Whether ``move`` is about somebody whom the user asked for by number."""
    return call.move is not None and call.move.destination is not None


def context_loaded(call: Talking, move: Move, event: ContextLoaded, now: float) -> Step:
    """As any call of the user, who may have left already."""
    caller = event.caller
    user, far = parties(call, move)
    if caller is None or caller.subscriber != move.subscriber:
        return pushing.nobody(call, pushing.NOT_YOURS, RefusedBecause.STATE, now, [])
    plan = dial.other_side(caller, event.called, move.destination or "", now=now, facts=event.origination)
    call = decisions.of_calling(call, caller.subscriber, plan, known_as=event.origination.called_list)
    if isinstance(plan, RefusedPlan):
        return pushing.nobody(call, plan.explanation, _because(plan), now, [])
    if isinstance(plan, ExternalPlan) and is_never_recorded(plan.number or plan.dialled):
        # with it nobody could go on: neither back to the far party nor out of the call
        return pushing.nobody(call, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY, now, [])
    if (call.exchange is not None or not _is_there(user)) and not move.left:
        return pushing.nobody(call, BUSY, RefusedBecause.STATE, now, [])
    if not _is_there(far) or user.sdp is None:
        return pushing.nobody(call, NOT_THERE, RefusedBecause.STATE, now, [])
    offer = talk_offer(user.sdp) if held(user.sdp) else user.sdp
    inner = enquiring.made(call, user, caller, plan.identity, plan.payer, offer, plan.rule)
    move = msgspec.structs.replace(move, offered=user.sdp, payer=plan.payer, to=destination_of(plan))
    return _began(call, move, inner, _called(inner, event, caller, plan, now), now)


def parties(call: Talking, move: Move) -> tuple[Leg, Leg]:
    """The user who wants somebody else in the call, or wanted that before leaving, and the far party."""
    replaced, stays = leg_of(call, move.replaces), leg_of(call, move.stays)
    return (stays, replaced) if move.kind is MoveKind.CONSULT else (replaced, stays)


def _because(plan: RefusedPlan) -> RefusedBecause:
    if plan.rule in EMERGENCY_RULES:
        return RefusedBecause.EMERGENCY
    return RefusedBecause.NOT_REACHABLE if plan.rule in NOBODY_RULES else RefusedBecause.BARRED


def _called(
    inner: Deciding,
    event: ContextLoaded,
    caller: SubscriberContext,
    plan: OnNetPlan | ExternalPlan,
    now: float,
) -> Step | None:
    """None: nobody is behind it."""
    if isinstance(plan, ExternalPlan):
        inner = msgspec.structs.replace(inner, reached=reached_outside(plan))
        goal = outside_for(inner, plan, caller, ())._replace(diverted_by=None)
        return rounds.begin_round(inner, (goal,), OUTSIDE_NO_ANSWER_S, now, [])
    called = event.called
    if called is None or called.subscriber != plan.called:
        return None
    return diverting.to_user(inner, event, called, plan.identity, plan.called_number, now, [])


def _began(call: Talking, move: Move, inner: Deciding, begun: Step | None, now: float) -> Step:
    """The app is told that somebody is being called, or that nobody can be."""
    if begun is None:
        return pushing.nobody(call, TAKES_NO_CALLS, RefusedBecause.NOT_REACHABLE, now, [])
    state, commands = begun
    if isinstance(state, Ending):
        call = fold_in(call, state)
        out = enquiring.passed(call, inner, commands)
        return pushing.nobody(call, explained(state.rule), RefusedBecause.NOT_REACHABLE, now, out)
    first: list[AnyCommand] = []
    if move.no_answer_s is not None:
        first.append(StartTimer(name=MOVE_TIMER, after_s=float(move.no_answer_s)))
    if move.request is not None:
        first.append(AnswerRequest(request=move.request, done=True))
    called = msgspec.structs.replace(call, move=msgspec.structs.replace(move, request=None))
    return _goes_on(call, called, begun, inner, now, first)


def went(call: Talking, step: Step, now: float) -> Step:
    """What came of an event in the call within."""
    inner = call.enquiry
    assert inner is not None
    return _goes_on(call, call, step, inner, now, [])


def _goes_on(
    before: Talking, call: Talking, step: Step, was: CallState, now: float, out: list[AnyCommand]
) -> Step:
    """``was``: the call within before ``step``; ``before``: the one it is made in as it sounded then."""
    inner, commands = step
    if isinstance(inner, Talking):
        return _answered(call, was, inner, commands, now, out)
    if isinstance(inner, Ending):
        return _nobody(call, was, inner, commands, now, out)
    assert isinstance(inner, Ringing | Diverting | Announcing | Answering)
    assert call.move is not None
    after = msgspec.structs.replace(call, enquiry=inner)
    move = msgspec.structs.replace(call.move, spoken=enquiring.is_spoken(after))
    after = early.unless_over(call, msgspec.structs.replace(after, move=move), out)
    after = _heard(before, after, out)
    out += enquiring.passed(after, was, commands)
    for one in commands:
        if isinstance(one, Progress):
            after = early.begin(after, _who_is_heard(inner), one.sdp, out)
    if inner.rung and not was.rung and leaves_now(after):
        after = left_to_ring(after, after.move or move, now, out)
    elif any(isinstance(one, PublishLive) for one in commands):
        after = publish(after, after.live or LivePhase.HELD, out)
    return after, tuple(out)


def _who_is_heard(inner: CallState) -> LegId:
    """Early media passes from a single target (:func:`.ringing.leg_progress`)."""
    return next(leg.id for leg in inner.called if leg.answer is not None and leg.pair is not None)


def _heard(before: Talking, after: Talking, out: list[AnyCommand]) -> Talking:
    pair = winner_of(after).pair
    assert pair is not None
    return hear(before, after, pair, out)


def _answered(
    call: Talking,
    was: CallState,
    inner: Talking,
    commands: tuple[AnyCommand, ...],
    now: float,
    out: list[AnyCommand],
) -> Step:
    """Somebody is there; what rtpengine made for the user stands in what the user would have been told."""
    assert call.move is not None
    (sdp,) = (one.sdp for one in commands if isinstance(one, Reoffer))
    comes = msgspec.structs.replace(winner_of(inner), answer=sdp, answers_due=0)
    out += (*enquiring.passed(call, was, commands), StopTimer(name=MOVE_TIMER))
    after = put(fold_in(call, inner), comes)
    move = msgspec.structs.replace(call.move, leg=comes.id, payer=inner.segments[-1].payer)
    if move.kind is MoveKind.CONSULT and move.blind:  # the user is let go when the two are there
        move = msgspec.structs.replace(move, kind=MoveKind.TRANSFER, replaces=move.stays, stays=move.replaces)
    after = msgspec.structs.replace(after, move=move)
    return moving.next_one(after, now, out), tuple(out)


def _nobody(
    call: Talking,
    was: CallState,
    inner: Ending,
    commands: tuple[AnyCommand, ...],
    now: float,
    out: list[AnyCommand],
) -> Step:
    out += enquiring.passed(call, was, commands)
    call = fold_in(call, inner)
    return pushing.nobody(call, explained(inner.rule), RefusedBecause.NOT_REACHABLE, now, out)


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
    if event.step is ConsultStep.SWAP or call.enquiry is None:
        return call, (_no(event.request, BUSY),)
    out: list[AnyCommand] = [AnswerRequest(request=event.request, done=True)]
    if event.step is ConsultStep.COMPLETE:
        if not _is_there(*parties(call, move)):
            return call, (_no(event.request, NOT_THERE),)
        return left_to_ring(call, move, now, out), tuple(out)
    call = moving.stop_ringing(call, now, out)
    return pushing.nobody(call, moving.HUNG_UP, RefusedBecause.STATE, now, out)


def left_to_ring(call: Talking, move: Move, now: float, out: list[AnyCommand]) -> Talking:
    """The user is out of it; the far party hears ringing, and has whoever answers. If nobody does, the user's
    telephones ring."""
    user, before = leg_of(call, move.stays), call
    call = without_exchange(call, user, out)
    if user.phase is LegPhase.ANSWERED:
        out.append(EndLeg(leg=user.id, reason=consulted.TRANSFERRED))
        user = msgspec.structs.replace(user, phase=LegPhase.OVER, ended=now, ended_by="gateway")
    user = msgspec.structs.replace(user, held_by_app=True)
    if move.request is not None:
        out.append(AnswerRequest(request=move.request, done=True))
    transfer = msgspec.structs.replace(
        move,
        kind=MoveKind.TRANSFER,
        replaces=user.id,
        stays=move.replaces,
        left=True,
        early=None,
        request=None,
    )
    after = msgspec.structs.replace(put_any(call, user), move=transfer)
    heard = _heard(before, after, out)
    enquiring.handed_over(heard, out)
    return publish(heard, LivePhase.HELD, out) if heard is after else heard


def leaves_now(call: Talking) -> bool:
    """Whether who transfers without consultation may go: the one who is called can be heard to ring."""
    move = call.move
    if move is None or move.kind is not MoveKind.CONSULT or not move.blind or move.leg is not None:
        return False
    if move.keep_until is not KeepUntil.RINGING:
        return False
    return leg_of(call, move.replaces).phase is LegPhase.ANSWERED
