"""The app sends a running call to another telephone of the user, or calls it there (call-flows §4): that
telephone rings while the two talk on, and takes the call when it is picked up, after a 1 where a mailbox
could answer. In the same way the user's other telephones ring for a call whose telephone is gone
(:mod:`.losing`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fmc_gateway.call import choosing, enquiring, moving, pulling, targets
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnswerRequest,
    AnyCommand,
    BlockMedia,
    EndLeg,
    OfferMedia,
    Originate,
    PlayAnnouncement,
    StartTimer,
    StopAnnouncement,
    StopTimer,
    UnblockMedia,
)
from fmc_gateway.call.confirming import CONFIRM_S, NOT_CONFIRMED, TAKES_IT
from fmc_gateway.call.descriptions import held, talk_offer
from fmc_gateway.call.ending import ELSEWHERE, MOVE_TIMER, confirm_timer, release, stop_leg
from fmc_gateway.call.events import (
    Binding,
    ContextFailed,
    ContextLoaded,
    DigitPressed,
    LegAnswered,
    LegEnded,
    LegProgress,
    LegRejected,
    LegRinging,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    MoveRequested,
)
from fmc_gateway.call.exchanges import Move, MoveKind
from fmc_gateway.call.model import (
    OPEN,
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    bridge_leg,
    bridge_pair,
    called_leg,
    leg_of_pair,
    other_of,
    put,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.talking import end_both
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, Failure, failure_of, out_by
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import AttemptOutcome, LivePhase
from hipper.pbx import dial
from hipper.pbx.ids import LegId
from hipper.pbx.model import Announcement, OriginationFacts, RefusedPlan, RingPlan, SubscriberContext

IN_CALL = (LegPhase.INVITED, LegPhase.RINGING)
AGAIN_S = 1.0
NOT_YOURS = "this user is not in the call"
NOTHING_RINGS = "no telephone of the user can be reached"
NO_OFFER = "the other side has not described its media"


def move_requested(call: Talking, event: MoveRequested, now: float) -> Step:
    """Which telephone that is the directory knows."""
    old = choosing.side_of(call, event.subscriber, event.from_device)
    refusal = _refusal(call, event, old)
    if refusal is not None:
        return call, (refusal,)
    assert old is not None
    move = Move(
        kind=MoveKind.PUSH,
        replaces=old.id,
        stays=other_of(call, old.id).id,
        subscriber=event.subscriber,
        device=event.device,
        request=event.request,
    )
    return moving.ask(call, move)


def _refusal(call: Talking, event: MoveRequested, old: Leg | None) -> AnswerRequest | None:
    if old is None:
        return _no(event.request, NOT_YOURS)
    if choosing.untouchable(call):
        return _no(event.request, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY)
    if call.asked or call.move is not None:
        return _no(event.request, choosing.BEING_MOVED)
    problem = choosing.problem_of(call, event.subscriber, event.device)
    return None if problem is None else _no(event.request, problem)


def _no(request: str, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=request, done=False, explanation=why, because=because)


# Which telephones ring.


def context_failed(call: Talking, event: ContextFailed, now: float) -> Step:
    call = msgspec.structs.replace(call, asked=False)
    return nobody(call, "the directory does not answer", RefusedBecause.AWAY, now, [])


def context_loaded(call: Talking, event: ContextLoaded, now: float) -> Step:
    call = msgspec.structs.replace(call, asked=False)
    move, caller = call.move, event.caller
    if move is None or move.kind is MoveKind.PULL:
        return call, ()
    if caller is None or caller.subscriber != move.subscriber:
        return nobody(call, NOT_YOURS, RefusedBecause.STATE, now, [])
    stays = any_leg(call, move.stays)
    assert stays is not None
    gone = any_leg(call, move.replaces)
    assert gone is not None
    besides = None if move.kind is MoveKind.RETURN else gone.device
    rings = dial.telephones(caller, move.device, besides=besides, facts=event.origination)
    if isinstance(rings, RefusedPlan):
        return nobody(call, rings.explanation, RefusedBecause.BARRED, now, [])
    if stays.sdp is None:
        return nobody(call, NO_OFFER, RefusedBecause.STATE, now, [])
    goals = _goals(call, caller, event.bindings, rings)
    if not goals:
        return nobody(call, NOTHING_RINGS, RefusedBecause.NOT_REACHABLE, now, [])
    return _ring(call, move, goals, stays, gone, float(caller.no_answer_s), now)


def ring_to_take(
    call: Talking,
    move: Move,
    user: SubscriberContext,
    bindings: tuple[Binding, ...],
    facts: OriginationFacts,
    now: float,
) -> Step:
    """A telephone of ``user`` rings for a call of somebody else."""
    stays, gone = any_leg(call, move.stays), any_leg(call, move.replaces)
    assert stays is not None
    assert gone is not None
    rings = dial.to_take(user, move.device, facts=facts)
    if isinstance(rings, RefusedPlan):
        return nobody(call, rings.explanation, RefusedBecause.NOT_REACHABLE, now, [])
    if stays.sdp is None:
        return nobody(call, NO_OFFER, RefusedBecause.STATE, now, [])
    goals = _goals(call, user, bindings, rings)
    if not goals:
        return nobody(call, NOTHING_RINGS, RefusedBecause.NOT_REACHABLE, now, [])
    return _ring(call, move, goals, stays, gone, float(user.no_answer_s), now)


def _goals(
    call: Talking, caller: SubscriberContext, bindings: tuple[Binding, ...], rings: Sequence[object]
) -> list[targets.Goal]:
    plan = RingPlan(
        targets=tuple(rings),  # type: ignore[arg-type]
        skipped=(),
        no_answer_s=caller.no_answer_s,
        decline_ends_ringing=False,
        identity=call.reached,
        rule="",
    )
    return targets.of_devices(call, caller, bindings, plan)[0]


def _ring(
    call: Talking,
    move: Move,
    goals: list[targets.Goal],
    stays: Leg,
    old: Leg,
    no_answer_s: float,
    now: float,
) -> Step:
    out: list[AnyCommand] = []
    offer = stays.sdp or ""
    shown = pulling.seen_by(call, old)
    for goal in goals:
        made = targets.make_leg(call, 0, goal, now)
        leg = msgspec.structs.replace(
            made,
            id=bridge_leg(call),
            role=old.role,
            phase=LegPhase.PREPARING,
            identity=old.identity,
            shown=goal.shown or shown,
            diverted=(),
            delay_s=0.0,
            connected_as=old.connected_as,
            pair=bridge_pair(call),
            icid=None,
        )
        asked = talk_offer(offer) if held(offer) else offer
        out.append(OfferMedia(pair=bridge_pair(call), from_leg=stays.id, to_leg=leg.id, sdp=asked))
        call = msgspec.structs.replace(call, called=(*call.called, leg), bridges=call.bridges + 1)
    out.append(StartTimer(name=MOVE_TIMER, after_s=no_answer_s))
    if move.request is not None:
        out.append(AnswerRequest(request=move.request, done=True))
    move = msgspec.structs.replace(move, offered=offer, request=None)
    call = msgspec.structs.replace(call, move=move)
    return publish(call, call.live or LivePhase.ESTABLISHED, out), tuple(out)


def nobody(call: Talking, why: str, because: RefusedBecause, now: float, out: list[AnyCommand]) -> Step:
    """Nobody takes it: the two talk on; a far party who waits has waited for nothing."""
    move = call.move
    if move is None or move.kind is MoveKind.PULL:
        return call, tuple(out)
    out.append(StopTimer(name=MOVE_TIMER))
    if move.request is not None:
        out.append(_no(move.request, why, because))
    call = moving.without_move(call, out)
    if move.kind is MoveKind.TRANSFER:
        return moving.returned(call, move, now, out)
    gone = any_leg(call, move.replaces)
    left = gone is None or gone.phase is LegPhase.OVER
    ends = move.kind in (MoveKind.LOST, MoveKind.RETURN) and call.parked is None
    if ends or (move.kind is MoveKind.CONSULT and left):
        return end_both(call, now, out, moving.NOBODY, "gateway")
    return publish(call, call.live or LivePhase.ESTABLISHED, out), tuple(out)


# The telephones that ring.


def ringing_leg(call: Talking, leg: LegId) -> Leg | None:
    """A telephone that may still take the call."""
    found = called_leg(call, leg)
    return found if found is not None and found.phase in OPEN else None


def media_offered(call: Talking, event: MediaOffered, now: float) -> Step:
    """The offer for one telephone is made: its INVITE leaves, as a session of its own."""
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.phase is not LegPhase.PREPARING or leg.target is None:
        return call, ()
    invite = Originate(
        leg=leg.id,
        target=leg.target,
        identity=call.reached if leg.shown is None else leg.shown,
        sdp=event.sdp,
        max_forwards=max(call.offered.max_forwards - 1 - len(call.diversions), 0),
        alert=leg.alert,
    )
    invited = msgspec.structs.replace(leg, phase=LegPhase.INVITED, offered=now, sent=True, given=event.sdp)
    return put(call, invited), (invite,)


def media_failed(call: Talking, leg: Leg, event: MediaFailed, now: float) -> Step:
    out: list[AnyCommand] = []
    if leg.phase is LegPhase.CONFIRMING:
        out += (
            StopTimer(name=confirm_timer(leg.id)),
            EndLeg(leg=leg.id, reason='Q.850;cause=47;text="No media"'),
        )
    failure = Failure(AttemptOutcome.FAILED, None, Q850_NO_RESOURCE, event.reason)
    return _out(call, leg, failure, now, out)


def leg_ringing(call: Talking, event: LegRinging | LegProgress, now: float) -> Step:
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.INVITED or event.status != 180:
        return call, ()
    return put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now)), ()


def leg_answered(call: Talking, leg: Leg, event: LegAnswered, now: float) -> Step:
    """A mailbox is asked to press 1 first; anybody else takes the call, and the others stop ringing."""
    out: list[AnyCommand] = []
    if event.sdp is None or leg.pair is None:
        out.append(EndLeg(leg=leg.id, reason='SIP;cause=488;text="Answer without SDP"'))
        return _out(call, leg, Failure(AttemptOutcome.FAILED, 488, None, "answered without SDP"), now, out)
    leg = msgspec.structs.replace(
        leg, phase=LegPhase.CONFIRMING, answered=now, status=200, sdp=event.sdp, connected=event.connected
    )
    if not leg.confirm:
        return _taken(call, leg, now, out)
    assert leg.pair is not None
    stays = _stays(call)
    out += (
        AnswerMedia(pair=leg.pair, offering_leg=stays, answering_leg=leg.id, sdp=event.sdp),
        BlockMedia(pair=leg.pair, leg=leg.id),
        StartTimer(name=confirm_timer(leg.id), after_s=CONFIRM_S),
    )
    return put(call, msgspec.structs.replace(leg, answers_due=1)), tuple(out)


def _stays(call: Talking) -> LegId:
    """Whose description the telephones that ring were offered."""
    assert call.move is not None
    return call.move.stays


def media_answered(call: Talking, leg: Leg, event: MediaAnswered) -> Step:
    """The question can be put."""
    if leg.phase is not LegPhase.CONFIRMING or not leg.answers_due:
        return call, ()
    leg = msgspec.structs.replace(leg, answers_due=0, answer=event.sdp, transcoded=event.transcoded)
    question = PlayAnnouncement(
        pair=event.pair,
        leg=leg.id,
        announcements=(Announcement.PRESS_ONE,),
        language="nl" if call.served is None else call.served.language,
        tenant=call.tenant,
        repeat=True,
    )
    return put(call, leg), (question,)


def digit_pressed(call: Talking, event: DigitPressed, now: float) -> Step:
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.CONFIRMING or leg.answer is None or leg.pair is None:
        return call, ()
    if event.digit != TAKES_IT:
        return call, ()
    out: list[AnyCommand] = [
        StopTimer(name=confirm_timer(leg.id)),
        StopAnnouncement(pair=leg.pair, leg=leg.id),
        UnblockMedia(pair=leg.pair, leg=leg.id),
    ]
    return _taken(call, leg, now, out)


def _taken(call: Talking, leg: Leg, now: float, out: list[AnyCommand]) -> Step:
    move = call.move
    assert move is not None
    out.append(StopTimer(name=MOVE_TIMER))
    leg = msgspec.structs.replace(leg, phase=LegPhase.ANSWERED, outcome=AttemptOutcome.ANSWERED)
    called = tuple(
        leg
        if one.id == leg.id
        else stop_leg(one, now, ELSEWHERE, "gateway", out)
        if one.phase in OPEN
        else one
        for one in call.called
    )
    call = msgspec.structs.replace(call, called=called, move=msgspec.structs.replace(move, leg=leg.id))
    return moving.next_one(call, now, out), tuple(out)


# Nobody takes it.


def leg_rejected(call: Talking, leg: Leg, event: LegRejected, now: float) -> Step:
    return _out(call, leg, failure_of(leg, event), now, [])


def leg_ended(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    out: list[AnyCommand] = []
    if leg.phase is LegPhase.CONFIRMING:
        out.append(StopTimer(name=confirm_timer(leg.id)))
        failure = Failure(AttemptOutcome.NOT_CONFIRMED, 200, event.q850, NOT_CONFIRMED, "called")
    else:
        failure = Failure(AttemptOutcome.UNREACHABLE, None, event.q850, event.cause)
    return _out(call, leg, failure, now, out)


def not_confirmed(call: Talking, leg: Leg, now: float) -> Step:
    out: list[AnyCommand] = [EndLeg(leg=leg.id, reason='SIP;cause=480;text="Not confirmed"')]
    return _out(call, leg, Failure(AttemptOutcome.NOT_CONFIRMED, 200, None, NOT_CONFIRMED), now, out)


def no_answer(call: Talking, now: float) -> Step:
    """It rang long enough. An answer of the directory that is owed is waited for, or it would be taken for
    that to the next question."""
    if call.asked or (call.enquiry is not None and enquiring.asks(call.enquiry)):
        return call, (StartTimer(name=MOVE_TIMER, after_s=AGAIN_S),)
    out: list[AnyCommand] = []
    call = moving.stop_ringing(call, now, out)
    return nobody(call, "nobody answered", RefusedBecause.NOT_REACHABLE, now, out)


def _out(call: Talking, leg: Leg, failure: Failure, now: float, out: list[AnyCommand]) -> Step:
    failed = out_by(leg, failure, now)
    call = put(call, release(failed, out))
    if any(one.phase in OPEN for one in call.called):
        return call, tuple(out)
    return nobody(call, failure.explanation or "nobody answered", RefusedBecause.NOT_REACHABLE, now, out)


def who_answered_left(call: Talking, leg: Leg, now: float) -> Step:
    """The telephone that was picked up hung up before it had the call."""
    call = put(call, msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by="called"))
    out: list[AnyCommand] = []
    move = call.move
    assert move is not None
    if leg.pair is not None:  # the other side's own exchange had to end first
        call = put(call, release(msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now), out))
    return moving.give_up(call, moving.HUNG_UP, now, out)
