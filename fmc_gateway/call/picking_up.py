"""Dial from the app: what the user's own telephones say while they ring, until one is picked up."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import dialling_out
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnyCommand,
    EndLeg,
    PlayAnnouncement,
    PlayMusic,
    RejectReoffer,
    StartTimer,
    StopAnnouncement,
    StopTimer,
)
from fmc_gateway.call.confirming import CONFIRM_S, NOT_CONFIRMED, TAKES_IT
from fmc_gateway.call.ending import (
    ELSEWHERE,
    NO_ANSWER,
    NO_ANSWER_TIMER,
    broken,
    calling_over,
    conclude,
    confirm_timer,
    end_calling,
    hung_up_by,
    late_answer,
    late_end,
    late_rejection,
    release,
    stop_leg,
)
from fmc_gateway.call.events import (
    DigitPressed,
    HangUpRequested,
    LegAnswered,
    LegEnded,
    LegProgress,
    LegRejected,
    LegReoffered,
    LegRinging,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    TimerFired,
)
from fmc_gateway.call.inviting import invite
from fmc_gateway.call.model import (
    OPEN,
    DiallingOut,
    Leg,
    LegPhase,
    Step,
    called_leg,
    leg_of_pair,
    put,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, Failure, failure_of, out_by, verdict
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LivePhase, SegmentRecord
from hipper.pbx.model import Announcement

ON_REQUEST = broken('SIP;cause=480;text="Ended on request"', "the call was ended on request")


def media_offered(call: DiallingOut, event: MediaOffered, now: float) -> Step:
    """The offer to one telephone is made: its INVITE leaves."""
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.phase is not LegPhase.PREPARING:
        return call, ()
    out: list[AnyCommand] = []
    return invite(call, leg, event.sdp, now, out), tuple(out)


def media_failed(call: DiallingOut, event: MediaFailed, now: float) -> Step:
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.phase not in (LegPhase.PREPARING, LegPhase.CONFIRMING):
        return call, ()
    out: list[AnyCommand] = []
    if leg.phase is LegPhase.CONFIRMING:
        out += _hang_up(leg, 'Q.850;cause=47;text="No media"')
    status = 503 if event.no_rtpengine else 500
    failure = Failure(AttemptOutcome.FAILED, status, Q850_NO_RESOURCE, event.reason)
    return _out(call, leg, failure, now, out)


def leg_ringing(call: DiallingOut, event: LegRinging | LegProgress, now: float) -> Step:
    """Early media of the user's own telephone is for nobody."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.INVITED or event.status != 180:
        return call, ()
    out: list[AnyCommand] = []
    call = put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now))
    if call.live is not LivePhase.RINGING:
        call = publish(call, LivePhase.RINGING, out)
    return call, tuple(out)


def leg_answered(call: DiallingOut, event: LegAnswered, now: float) -> Step:
    """rtpengine has to be told before anything can be said to it."""
    out: list[AnyCommand] = []
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING) or leg.pair is None:
        return late_answer(call, event, out), tuple(out)
    if event.sdp is None:
        out.append(EndLeg(leg=leg.id, reason='SIP;cause=488;text="Answer without SDP"'))
        return _out(call, leg, Failure(AttemptOutcome.FAILED, 488, None, "answered without SDP"), now, out)
    answered = msgspec.structs.replace(
        leg,
        phase=LegPhase.CONFIRMING,
        answered=now,
        status=200,
        sdp=event.sdp,
        answers_due=1,
        connected=event.connected,
    )
    out.append(AnswerMedia(pair=leg.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=event.sdp))
    if leg.confirm:
        out.append(StartTimer(name=confirm_timer(leg.id), after_s=CONFIRM_S))
    return put(call, answered), tuple(out)


def media_answered(call: DiallingOut, event: MediaAnswered, now: float) -> Step:
    """A telephone that may have answered by itself is asked to press 1; any other was picked up."""
    leg = leg_of_pair(call, event.pair)
    if leg is None or leg.phase is not LegPhase.CONFIRMING or not leg.answers_due:
        return call, ()
    leg = msgspec.structs.replace(leg, answers_due=0, answer=event.sdp)
    if not leg.confirm:
        return _picked_up(call, leg, now, [])
    question = PlayAnnouncement(
        pair=event.pair,
        leg=leg.id,
        announcements=(Announcement.PRESS_ONE,),
        language=call.language,
        tenant=call.tenant,
        repeat=True,
    )
    return put(call, leg), (question,)


def digit_pressed(call: DiallingOut, event: DigitPressed, now: float) -> Step:
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.CONFIRMING or leg.answers_due or leg.pair is None:
        return call, ()
    if event.digit != TAKES_IT:
        return call, ()
    out: list[AnyCommand] = [
        StopTimer(name=confirm_timer(leg.id)),
        StopAnnouncement(pair=leg.pair, leg=leg.id),
    ]
    return _picked_up(call, leg, now, out)


def _picked_up(call: DiallingOut, leg: Leg, now: float, out: list[AnyCommand]) -> Step:
    """This telephone is the calling side from now on; it hears ringing while the other side is called."""
    assert leg.pair is not None
    out.append(StopTimer(name=NO_ANSWER_TIMER))
    others = tuple(stop_leg(one, now, ELSEWHERE, "gateway", out) for one in call.called if one.id != leg.id)
    calling = msgspec.structs.replace(leg, phase=LegPhase.ANSWERED, outcome=AttemptOutcome.ANSWERED)
    call = msgspec.structs.replace(
        call, calling=calling, called=others, round_from=len(others), segments=_own_segment(calling)
    )
    out += (PlayMusic(pair=leg.pair, leg=leg.id, ringing=True), dialling_out.question(call.requested))
    return publish(call, LivePhase.SETTING_UP, out), tuple(out)


def _own_segment(calling: Leg) -> tuple[SegmentRecord, ...]:
    """A number outside at which the user wanted to be rung costs by itself, whoever the other side is."""
    charge = calling.charge
    if charge is None or calling.payer is None or calling.answered is None:
        return ()
    own = SegmentRecord(
        calling=calling.id,
        called=calling.id,
        payer=calling.payer,
        started=calling.answered,
        charged=charge.subscriber,
        charged_group=charge.group,
        rate_per_minute=charge.rate_per_minute,
    )
    return (own,)


# Nobody picks up.


def leg_rejected(call: DiallingOut, event: LegRejected, now: float) -> Step:
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_rejection(call, event), ()
    return _out(call, leg, failure_of(leg, event), now, [])


def leg_ended(call: DiallingOut, event: LegEnded, now: float) -> Step:
    """The user hangs up: before 1 was pressed, or while the directory is asked about the other side."""
    if event.leg == call.calling.id:
        call = calling_over(call, now, "calling", q850=event.q850)
        return conclude(call, now, [], CallOutcome.CANCELLED, broken(event.reason, event.cause), "calling")
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING, LegPhase.CONFIRMING):
        return late_end(call, event), ()
    if leg.phase is not LegPhase.CONFIRMING:
        return _out(call, leg, Failure(AttemptOutcome.UNREACHABLE, None, event.q850, event.cause), now, [])
    out: list[AnyCommand] = [StopTimer(name=confirm_timer(leg.id))]
    failure = Failure(AttemptOutcome.NOT_CONFIRMED, 200, event.q850, NOT_CONFIRMED, "called")
    return _out(call, leg, failure, now, out)


def timer_fired(call: DiallingOut, event: TimerFired, now: float) -> Step:
    if event.name == NO_ANSWER_TIMER and call.calling.phase is LegPhase.SPEAKER:
        return dialling_out.give_up(call, verdict(_as_rung(call)), now, [])
    for leg in call.called:
        if leg.phase is LegPhase.CONFIRMING and event.name == confirm_timer(leg.id):
            out: list[AnyCommand] = [EndLeg(leg=leg.id, reason='SIP;cause=480;text="Not confirmed"')]
            failure = Failure(AttemptOutcome.NOT_CONFIRMED, 200, None, NOT_CONFIRMED)
            return _out(call, leg, failure, now, out)
    return call, ()


def _as_rung(call: DiallingOut) -> DiallingOut:
    """With what is to be said of telephones that are about to be given up."""
    called = tuple(
        msgspec.structs.replace(
            leg,
            outcome=NO_ANSWER.rang if leg.phase is not LegPhase.INVITED else NO_ANSWER.silent,
        )
        if leg.phase in OPEN
        else leg
        for leg in call.called
    )
    return msgspec.structs.replace(call, called=called)


def _hang_up(leg: Leg, reason: str) -> tuple[AnyCommand, ...]:
    return StopTimer(name=confirm_timer(leg.id)), EndLeg(leg=leg.id, reason=reason)


def _out(call: DiallingOut, leg: Leg, failure: Failure, now: float, out: list[AnyCommand]) -> Step:
    """One telephone is out; after the last one there is nobody to call for."""
    failed = out_by(leg, failure, now)
    call = put(call, release(failed, out))
    if any(one.phase in OPEN for one in call.called) or call.calling.phase is LegPhase.ANSWERED:
        return call, tuple(out)
    by = "calling" if failure.ended_by == "called" else "gateway"
    return dialling_out.give_up(call, verdict(call), now, out, by=by)


# Whatever else.


def leg_reoffered(call: DiallingOut, event: LegReoffered, now: float) -> Step:
    """Nobody is there yet to be held."""
    known = event.leg == call.calling.id or called_leg(call, event.leg) is not None
    return call, (RejectReoffer(leg=event.leg, status=488 if known else 481),)


def hang_up(call: DiallingOut, event: HangUpRequested, now: float) -> Step:
    by = hung_up_by(call, event)
    out: list[AnyCommand] = [StopTimer(name=NO_ANSWER_TIMER)]
    call = end_calling(call, now, out, ON_REQUEST.reason, by)
    call = calling_over(call, now, by) if call.calling.phase is LegPhase.SPEAKER else call
    return conclude(call, now, out, CallOutcome.CANCELLED, ON_REQUEST, by)
