"""How calls end: each leg once, each media pair once, one record, then nothing is left.

A leg that was sent CANCEL owes us a final response, and that may be a 200 that crossed it (RFC 3261 §9.1,
§15): until it comes, or for as long as RFC 3261 lets it wait, the call stays in :class:`Ending`.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import msgspec

from fmc_gateway.call import notices, talks
from fmc_gateway.call.commands import (
    AnswerRequest,
    AnyCommand,
    CancelLeg,
    DeleteMedia,
    EndLeg,
    Finish,
    PublishLive,
    RejectLeg,
    RejectReoffer,
    ReturnLeg,
    StartTimer,
    StopTimer,
    TellCall,
)
from fmc_gateway.call.events import (
    HangUpRequested,
    LegAnswered,
    LegEnded,
    LegKept,
    LegRejected,
    LegReoffered,
    LegReturned,
    TimerFired,
)
from fmc_gateway.call.exchanges import ExchangeKind, ExchangeStage
from fmc_gateway.call.lending_events import back
from fmc_gateway.call.model import (
    ALIVE,
    Announcing,
    Call,
    CallState,
    EmergencyRouting,
    Ending,
    Leg,
    LegPhase,
    Ringing,
    Step,
    Talking,
    become,
    called_leg,
    folded,
    put,
)
from fmc_gateway.call.pickup_over import without_picker
from fmc_gateway.call.records import write_record
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.ids import CallId, LegId

NO_ANSWER_TIMER = "no_answer"
SPEECH_TIMER = "speech"
DURATION_TIMER = "duration"
ROUTE_TIMER = "route"
SETTLE_TIMER = "settle"
MOVE_TIMER = "move"
ADD_TIMER = "add"
LOST_TIMER = "lost"
PARK_TIMER = "park"
LEND_TIMER = "lend"

RECORD_AFTER_S = 4.0
"""How long the record waits for the final responses of cancelled legs."""
FORGET_AFTER_S = 30.0
"""And how long the call then stays for a 200 that crossed: 64·T1 in all (RFC 3261 §9.1, §17.1.1.2)."""

C = TypeVar("C", bound=CallState)


class Stop(NamedTuple):
    """Why legs that have not answered are stopped: what they are told, and what the record says of them."""

    reason: str | None
    """The Reason header (RFC 3326)."""
    rang: AttemptOutcome
    silent: AttemptOutcome
    explanation: str


ELSEWHERE = Stop(
    'SIP;cause=200;text="Call completed elsewhere"',
    AttemptOutcome.ANSWERED_ELSEWHERE,
    AttemptOutcome.ANSWERED_ELSEWHERE,
    "another device answered",
)
DECLINED = Stop(
    'SIP;cause=603;text="Decline"',
    AttemptOutcome.RANG,
    AttemptOutcome.FAILED,
    "declined on another device",
)
NO_ANSWER = Stop(
    'Q.850;cause=19;text="No answer"',
    AttemptOutcome.RANG,
    AttemptOutcome.UNREACHABLE,
    "no answer within the user's time",
)


def gave_up(reason: str | None) -> Stop:
    """The caller went; its Reason goes along."""
    return Stop(reason, AttemptOutcome.RANG, AttemptOutcome.FAILED, "the caller gave up")


def broken(reason: str | None, explanation: str) -> Stop:
    """The call cannot go on, for a reason of our own."""
    return Stop(reason, AttemptOutcome.RANG, AttemptOutcome.FAILED, explanation)


def stop_leg(leg: Leg, now: float, stop: Stop, ended_by: str, out: list[AnyCommand]) -> Leg:
    """Stop a called leg wherever it stands, and release its media."""
    if leg.phase is LegPhase.ANSWERED:
        out.append(EndLeg(leg=leg.id, reason=stop.reason))
        leg = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by=ended_by)
    elif leg.phase is LegPhase.CONFIRMING:
        leg = _stop_confirming(leg, now, stop, ended_by, out)
    elif leg.phase is LegPhase.WAITING:
        out.append(StopTimer(name=delay_timer(leg.id)))
        leg = msgspec.structs.replace(
            leg, phase=LegPhase.OVER, ended=now, outcome=AttemptOutcome.NOT_YET, explanation=stop.explanation
        )
    elif leg.phase in ALIVE:
        leg = _stop_unanswered(leg, now, stop, ended_by, out)
    return release(leg, out)


def delay_timer(leg: LegId) -> str:
    return f"delay {leg}"


def cap_timer(leg: LegId) -> str:
    """Of the leg to a colleague who was consulted, which costs by itself."""
    return f"cap {leg}"


def confirm_timer(leg: LegId) -> str:
    return f"confirm {leg}"


def _stop_confirming(leg: Leg, now: float, stop: Stop, ended_by: str, out: list[AnyCommand]) -> Leg:
    """It answered, but the caller never learnt of it."""
    elsewhere = stop.silent is AttemptOutcome.ANSWERED_ELSEWHERE
    out += (StopTimer(name=confirm_timer(leg.id)), EndLeg(leg=leg.id, reason=stop.reason))
    return msgspec.structs.replace(
        leg,
        phase=LegPhase.OVER,
        ended=now,
        ended_by=ended_by,
        outcome=stop.silent if elsewhere else AttemptOutcome.NOT_CONFIRMED,
        explanation=stop.explanation,
    )


def _stop_unanswered(leg: Leg, now: float, stop: Stop, ended_by: str, out: list[AnyCommand]) -> Leg:
    outcome = stop.rang if leg.phase is LegPhase.RINGING else stop.silent
    phase = LegPhase.OVER
    if leg.phase is not LegPhase.PREPARING:
        out.append(CancelLeg(leg=leg.id, reason=stop.reason))
        phase = LegPhase.CANCELLED
    return msgspec.structs.replace(
        leg, phase=phase, ended=now, ended_by=ended_by, outcome=outcome, explanation=stop.explanation
    )


def release(leg: Leg, out: list[AnyCommand]) -> Leg:
    """Delete the leg's media pair, once."""
    if leg.pair is None:
        return leg
    out.append(DeleteMedia(pair=leg.pair))
    return msgspec.structs.replace(leg, pair=None)


def reject_calling(
    call: C,
    now: float,
    out: list[AnyCommand],
    status: int,
    *,
    q850: int | None = None,
    explanation: str | None = None,
    retry_after_s: int | None = None,
    ended_by: str = "gateway",
) -> C:
    """Final failure to the caller, unless its leg is over already; BYE to who dialled from the app and has
    picked up."""
    if call.calling.phase is LegPhase.ANSWERED and call.answered is None:
        reason = f"SIP;cause={status}" if q850 is None else f"Q.850;cause={q850}"
        out.append(EndLeg(leg=call.calling.id, reason=reason))
        return calling_over(call, now, ended_by)
    if call.calling.phase is not LegPhase.OFFERED:
        return call
    out.append(
        RejectLeg(
            leg=call.calling.id,
            status=status,
            q850=q850,
            explanation=explanation,
            retry_after_s=retry_after_s,
        )
    )
    return calling_over(call, now, ended_by, status=status, q850=q850)


def end_calling(call: C, now: float, out: list[AnyCommand], reason: str | None, ended_by: str) -> C:
    """BYE to a caller who was answered."""
    if call.calling.phase is not LegPhase.ANSWERED:
        return call
    out.append(EndLeg(leg=call.calling.id, reason=reason))
    return calling_over(call, now, ended_by)


def calling_over(
    call: C, now: float, ended_by: str, *, status: int | None = None, q850: int | None = None
) -> C:
    """The calling leg is over; what was known of its status stays when nothing new is."""
    calling = call.calling
    leg = msgspec.structs.replace(
        calling,
        phase=LegPhase.OVER,
        ended=now,
        ended_by=ended_by,
        status=calling.status if status is None else status,
        q850=calling.q850 if q850 is None else q850,
    )
    return msgspec.structs.replace(call, calling=leg)


def conclude(
    call: CallState, now: float, out: list[AnyCommand], outcome: CallOutcome, stop: Stop, ended_by: str
) -> Step:
    """The caller's leg is over: stop every other, stop timers, withdraw the live call, record."""
    out.extend(StopTimer(name=name) for name in timers(call))
    rings = call.enquiry if isinstance(call, Talking) else call
    if isinstance(rings, Ringing):
        notices.over(rings, now, out)
    call = without_picker(call, now, out, stop.explanation, stop.reason, ended_by)
    talks.ended(call, now, out)
    if call.service and outcome is CallOutcome.ANSWERED:
        outcome = CallOutcome.SERVICE
    if isinstance(call, Talking) and (call.aside or call.move is not None or call.exchange is not None):
        call = _end_move(folded(call), now, stop, ended_by, out)
    called = tuple(stop_leg(leg, now, stop, ended_by, out) for leg in call.called)
    calling = release(call.calling, out)
    if call.live is not None:
        out.append(PublishLive(call=call.offered.call, live=None))
    ending = become(Ending, call, calling=calling, called=called, live=None, outcome=outcome, ended=now)
    if call.within is not None:  # the record is that of the call it was made in
        return ending, tuple(out)
    if _owed(ending):
        out.append(StartTimer(name=SETTLE_TIMER, after_s=RECORD_AFTER_S))
        return ending, tuple(out)
    out += (write_record(ending), Finish())
    return None, tuple(out)


def _end_move(call: Talking, now: float, stop: Stop, ended_by: str, out: list[AnyCommand]) -> Talking:
    """Whoever was about to take a party's place goes with the call: one that dialled ``*11`` hears so in a
    call of its own."""
    exchange, move = call.exchange, call.move
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE and exchange.pair is not None:
        out.append(DeleteMedia(pair=exchange.pair))
    if move is not None and move.request is not None:
        out.append(AnswerRequest(request=move.request, done=False, explanation="the call is over"))
    if call.consult is not None and call.consult.request is not None:
        out.append(AnswerRequest(request=call.consult.request, done=False, explanation="the call is over"))
    aside = []
    for leg in call.aside:
        if leg.phase is LegPhase.OFFERED and move is not None and move.joined is not None:
            out.append(ReturnLeg(returned=LegReturned(joined=move.joined, explanation="the call is over")))
        elif move is not None and move.lender is not None and leg.id == move.leg:
            aside += _end_lent(call, leg, move.lender, now, stop, ended_by, out)
        else:
            aside.append(stop_leg(leg, now, stop, ended_by, out))
    return msgspec.structs.replace(call, aside=tuple(aside))


def _end_lent(
    call: Talking, leg: Leg, lender: CallId, now: float, stop: Stop, ended_by: str, out: list[AnyCommand]
) -> list[Leg]:
    """Who came from another call goes back there, unless it has left that already."""
    exchange, call_id = call.exchange, call.offered.call
    moves = exchange is not None and exchange.stage in (ExchangeStage.JOINING, ExchangeStage.SETTLING)
    if leg.phase is LegPhase.ANSWERED and moves and exchange is not None and exchange.leg == leg.id:
        out.append(TellCall(call=lender, event=LegKept(by=call_id, leg=leg.id)))
        return [stop_leg(leg, now, stop, ended_by, out)]
    ended = None if leg.phase is LegPhase.ANSWERED else "dialog_gone"
    out.append(TellCall(call=lender, event=back(call_id, leg, ended)))
    return []


def timers(call: CallState) -> tuple[str, ...]:
    if isinstance(call, Ringing):
        return (NO_ANSWER_TIMER,)
    if isinstance(call, Announcing):
        return (SPEECH_TIMER,)
    if isinstance(call, Talking):
        capped = any(leg.max_duration_s is not None for leg in call.called)
        legs = (call.calling, *call.called, *call.aside) if call.bridges else ()
        names: tuple[str, ...] = (DURATION_TIMER,) if capped else ()
        names += () if call.move is None else (MOVE_TIMER,)
        names += tuple(cap_timer(leg.id) for leg in legs if leg.max_duration_s is not None)
        names += () if call.enquiry is None else timers(call.enquiry)
        names += () if call.parked is None else (PARK_TIMER,)
        return names if call.lost is None else (*names, LOST_TIMER)
    return (ROUTE_TIMER,) if isinstance(call, EmergencyRouting) else ()


def _owed(call: CallState) -> bool:
    return any(leg.phase is LegPhase.CANCELLED for leg in call.called)


def refuse(
    call: CallState,
    now: float,
    status: int,
    explanation: str,
    *,
    q850: int | None = None,
    retry_after_s: int | None = None,
    outcome: CallOutcome = CallOutcome.REFUSED,
) -> Step:
    """Reject a call for which nothing was begun."""
    out: list[AnyCommand] = []
    call = reject_calling(
        call, now, out, status, q850=q850, explanation=explanation, retry_after_s=retry_after_s
    )
    return conclude(call, now, out, outcome, broken(None, explanation), "gateway")


# What a cancelled leg still says, in whatever state the call is by then.


def late_rejection(call: C, event: LegRejected) -> C:
    """The final response to a CANCEL, 487 as a rule."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.CANCELLED:
        return call
    return put(call, msgspec.structs.replace(leg, phase=LegPhase.OVER, status=event.status))


def late_answer(call: C, event: LegAnswered, out: list[AnyCommand]) -> C:
    """A 200 that crossed our CANCEL: it is ended at once, and told when another had it."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.CANCELLED:
        return call
    elsewhere = leg.outcome is AttemptOutcome.ANSWERED_ELSEWHERE
    out.append(EndLeg(leg=leg.id, reason=ELSEWHERE.reason if elsewhere else None))
    return put(call, msgspec.structs.replace(leg, phase=LegPhase.OVER, status=200))


def late_end(call: C, event: LegEnded) -> C:
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.CANCELLED:
        return call
    return put(call, msgspec.structs.replace(leg, phase=LegPhase.OVER))


# State Ending.


def settle_rejection(call: Ending, event: LegRejected, now: float) -> Step:
    return _settled(late_rejection(call, event), [])


def settle_answer(call: Ending, event: LegAnswered, now: float) -> Step:
    out: list[AnyCommand] = []
    return _settled(late_answer(call, event, out), out)


def settle_end(call: Ending, event: LegEnded, now: float) -> Step:
    return _settled(late_end(call, event), [])


def settle_timer(call: Ending, event: TimerFired, now: float) -> Step:
    """First the record is written, so that a dead phone does not hold it back; then the call is forgotten."""
    if event.name != SETTLE_TIMER:
        return call, ()
    if call.recorded:
        return None, (Finish(),)
    record = write_record(call)
    timer = StartTimer(name=SETTLE_TIMER, after_s=FORGET_AFTER_S)
    return msgspec.structs.replace(call, recorded=True), (record, timer)


def _settled(call: Ending, out: list[AnyCommand]) -> Step:
    if _owed(call):
        return call, tuple(out)
    out.append(StopTimer(name=SETTLE_TIMER))
    if not call.recorded:
        out.append(write_record(call))
    out.append(Finish())
    return None, tuple(out)


def refuse_reoffer(call: Call, event: LegReoffered, now: float) -> Step:
    """A re-offer on a call that is ending: that dialog does not exist any more (RFC 3261 §12.2.2)."""
    return call, (RejectReoffer(leg=event.leg, status=481),)


def orphan_answered(_: None, event: LegAnswered, now: float) -> Step:
    """A leg answers for a call that is forgotten: it is not left talking to nobody."""
    return None, (EndLeg(leg=event.leg),)


def orphan_reoffered(_: None, event: LegReoffered, now: float) -> Step:
    return None, (RejectReoffer(leg=event.leg, status=481),)


def hung_up_by(call: CallState, event: HangUpRequested) -> str:
    """``calling``, ``called``, ``operator`` or ``gateway``, from who asked."""
    kind, _, subscriber = event.by.partition(":")
    if kind == "user":
        if call.calling.subscriber == subscriber:
            return "calling"
        return "called" if call.reached_subscriber == subscriber else "operator"
    return "operator" if kind == "operator" else "gateway"


def hang_up(call: Call, event: HangUpRequested, now: float) -> Step:
    """The app, an operator or the drain ends the call, in any state: 480 before the answer, BYE after it."""
    out: list[AnyCommand] = []
    by = hung_up_by(call, event)
    reason = 'SIP;cause=480;text="Ended on request"' if call.answered is None else None
    outcome = CallOutcome.CANCELLED if call.answered is None else CallOutcome.ANSWERED
    why = "the call was ended on request"
    call = reject_calling(call, now, out, 480, q850=31, explanation=why, ended_by=by)
    call = end_calling(call, now, out, reason, by)
    return conclude(call, now, out, outcome, broken(reason, why), by)
