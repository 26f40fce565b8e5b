"""Ringing: every target its own leg and its own media pair, the first that answers wins (call-flows §3)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import confirming, late_offer, notices, racing, redirecting
from fmc_gateway.call.commands import AnswerMedia, AnyCommand, EndLeg, Progress, Ring
from fmc_gateway.call.diverting import after_round
from fmc_gateway.call.ending import (
    NO_ANSWER,
    NO_ANSWER_TIMER,
    broken,
    calling_over,
    conclude,
    confirm_timer,
    delay_timer,
    gave_up,
    late_answer,
    late_end,
    late_rejection,
    stop_leg,
)
from fmc_gateway.call.events import (
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegProgress,
    LegRejected,
    LegRinging,
    LegSent,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    TimerFired,
)
from fmc_gateway.call.inviting import invite
from fmc_gateway.call.model import (
    ALIVE,
    NOWHERE,
    Leg,
    LegPhase,
    Ringing,
    S,
    Step,
    called_leg,
    leg_of_pair,
    present,
    put,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.rounds import start_waiting
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, Failure, failure_of, verdict
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LivePhase


def media_offered(call: Ringing, event: MediaOffered, now: float) -> Step:
    """The offer for one target is made: its INVITE leaves."""
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.phase is not LegPhase.PREPARING or leg.target is None:
        return call, ()
    out: list[AnyCommand] = []
    return invite(call, leg, event.sdp, now, out), tuple(out)


def media_failed(call: Ringing, event: MediaFailed, now: float) -> Step:
    """rtpengine failed one target. Once that target was invited it was only early media:
    it may still answer."""
    leg = leg_of_pair(call, event.pair)
    if leg is None:
        return call, ()
    if leg.phase is LegPhase.CONFIRMING:
        return confirming.media_failed(call, leg, event, now)
    if leg.phase is not LegPhase.PREPARING:
        due = max(leg.answers_due - 1, 0)
        return put(call, msgspec.structs.replace(leg, answers_due=due, progress_status=None)), ()
    status = 503 if event.no_rtpengine else 500
    failure = Failure(AttemptOutcome.FAILED, status, Q850_NO_RESOURCE, event.reason)
    return racing.leg_out(call, leg, failure, now, [])


def leg_sent(call: S, event: LegSent, now: float) -> tuple[S, tuple[AnyCommand, ...]]:
    """In any state: the Call-ID of a leg, and the ICID when it has one of its own, for the record."""
    leg = called_leg(call, event.leg)
    if leg is None:
        return call, ()
    known = msgspec.structs.replace(leg, sip_call_id=event.sip_call_id, icid=event.icid or leg.icid)
    return put(call, known), ()


def leg_ringing(call: Ringing, event: LegRinging, now: float) -> Step:
    """180: the caller hears it once. Other provisional responses say that the call is on its way, no more."""
    leg = called_leg(call, event.leg)
    if leg is None or event.status != 180:
        return call, ()
    out: list[AnyCommand] = []
    return _rings(call, leg, now, out), tuple(out)


def _rings(call: Ringing, leg: Leg, now: float, out: list[AnyCommand]) -> Ringing:
    if leg.phase is not LegPhase.INVITED:
        return call
    call = put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now))
    call = notices.rings(call, leg, now, out)
    if call.rung:
        return call
    if call.calling.phase is LegPhase.OFFERED:
        out.append(Ring(leg=call.calling.id))
    first = now if call.calling.ringing is None else call.calling.ringing
    calling = msgspec.structs.replace(call.calling, ringing=first)
    return publish(msgspec.structs.replace(call, rung=True, calling=calling), LivePhase.RINGING, out)


def leg_progress(call: Ringing, event: LegProgress, now: float) -> Step:
    """Early media passes only from a single target, and of its early dialogs (RFC 3261 §12.1) from the first:
    with several, one network's announcement would mask ringing phones."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in ALIVE:
        return call, ()
    out: list[AnyCommand] = []
    if event.status == 180 or leg.pair is None:
        call = _rings(call, leg, now, out)
        leg = called_leg(call, event.leg) or leg
    if _is_heard(call, event) and leg.sdp is None and leg.pair is not None:
        early = msgspec.structs.replace(
            leg, sdp=event.sdp, answers_due=leg.answers_due + 1, progress_status=event.status
        )
        call = put(call, early)
        out.append(
            AnswerMedia(pair=leg.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=event.sdp)
        )
    return call, tuple(out)


def _is_heard(call: Ringing, event: LegProgress) -> bool:
    """While the call may still go on to somebody else only what comes with ringing: a network's word that
    somebody cannot be reached is not for a caller who is put through a moment later."""
    goes_on = call.resort is not None or call.onwards != NOWHERE
    return call.transparent and (event.status == 180 or not goes_on)


def media_answered(call: Ringing, event: MediaAnswered, now: float) -> Step:
    """Early media can be heard: it goes to the caller with the status it came with."""
    leg = leg_of_pair(call, event.pair)
    if leg is not None and leg.phase is LegPhase.CONFIRMING and leg.answers_due:
        return confirming.media_answered(call, leg, event)
    if leg is None or leg.progress_status is None:
        return call, ()
    status = leg.progress_status
    leg = msgspec.structs.replace(
        leg,
        answers_due=leg.answers_due - 1,
        answer=event.sdp,
        progress_status=None,
        transcoded=event.transcoded,
    )
    call = put(call, leg)
    calling = msgspec.structs.replace(call.calling, given=event.sdp)
    call = msgspec.structs.replace(call, calling=calling)
    return call, (Progress(leg=calling.id, status=status, sdp=event.sdp),)


def leg_answered(call: Ringing, event: LegAnswered, now: float) -> Step:
    """The first 200 wins, unless 1 must be pressed."""
    leg = called_leg(call, event.leg)
    out: list[AnyCommand] = []
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_answer(call, event, out), tuple(out)
    if leg.pair is None:
        return late_offer.answered(call, leg, event, now)
    sdp = event.sdp or leg.sdp
    if sdp is None:
        out.append(EndLeg(leg=leg.id, reason='SIP;cause=488;text="Answer without SDP"'))
        failure = Failure(AttemptOutcome.FAILED, 488, None, "answered without SDP")
        return racing.leg_out(call, leg, failure, now, out)
    if leg.confirm:
        return confirming.answered(call, leg, event, sdp, now)
    known = leg.answer if sdp == leg.sdp else None
    ask = None
    if sdp != leg.sdp or (known is None and leg.answers_due == 0):
        ask = AnswerMedia(pair=leg.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=sdp)
    won = msgspec.structs.replace(
        leg,
        phase=LegPhase.ANSWERED,
        answered=now,
        status=200,
        sdp=sdp,
        answers_due=leg.answers_due + (ask is not None),
        outcome=AttemptOutcome.ANSWERED,
        connected=event.connected,
    )
    return racing.win(call, won, ask, known, now, out)


def leg_rejected(call: Ringing, event: LegRejected, now: float) -> Step:
    """One target is out, or sends the call elsewhere; or the last word of one that was given up."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_rejection(call, event), ()
    if redirecting.is_followed(leg, event):
        return redirecting.begin(call, leg, event, now)
    return racing.leg_out(call, leg, failure_of(leg, event), now, [])


def timer_fired(call: Ringing, event: TimerFired, now: float) -> Step:
    """No answer in the user's time, or what is due for one leg."""
    if event.name == NO_ANSWER_TIMER:
        return _time_is_up(call, now)
    for leg in present(call):
        if leg.phase is LegPhase.WAITING and event.name == delay_timer(leg.id):
            out: list[AnyCommand] = []
            return start_waiting(call, leg, now, out), tuple(out)
        if leg.phase is LegPhase.CONFIRMING and event.name == confirm_timer(leg.id):
            return confirming.timed_out(call, leg, now)
    return call, ()


def _time_is_up(call: Ringing, now: float) -> Step:
    """Somebody who has just answered may still press 1; the others ring no more."""
    out: list[AnyCommand] = []
    if any(leg.phase is LegPhase.CONFIRMING for leg in present(call)):
        called = tuple(
            stop_leg(leg, now, NO_ANSWER, "gateway", out) if leg.phase in ALIVE else leg
            for leg in call.called
        )
        return msgspec.structs.replace(call, called=called), tuple(out)
    called = tuple(_timed_out(leg) if leg.phase in ALIVE else leg for leg in call.called)
    call = msgspec.structs.replace(call, called=called)
    return after_round(call, verdict(call), NO_ANSWER, now, out)


def _timed_out(leg: Leg) -> Leg:
    if leg.phase is LegPhase.WAITING:
        return leg
    outcome = NO_ANSWER.rang if leg.phase is LegPhase.RINGING else NO_ANSWER.silent
    return msgspec.structs.replace(leg, outcome=outcome, explanation=NO_ANSWER.explanation)


def leg_cancelled(call: Ringing, event: LegCancelled, now: float) -> Step:
    """The caller gave up: every target is cancelled with the Reason the caller gave."""
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", status=487)
    return conclude(call, now, [], CallOutcome.CANCELLED, gave_up(event.reason), "calling")


def leg_ended(call: Ringing, event: LegEnded, now: float) -> Step:
    """The caller's connection, or an early dialog that died with its own."""
    if event.leg == call.calling.id:
        call = calling_over(call, now, "calling", q850=event.q850)
        return conclude(call, now, [], CallOutcome.CANCELLED, broken(event.reason, event.cause), "calling")
    leg = called_leg(call, event.leg)
    if leg is not None and leg.phase is LegPhase.CONFIRMING:
        return confirming.hung_up(call, leg, event, now)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_end(call, event), ()
    failure = Failure(AttemptOutcome.UNREACHABLE, None, event.q850, event.cause)
    return racing.leg_out(call, leg, failure, now, [])
