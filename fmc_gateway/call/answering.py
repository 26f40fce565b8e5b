"""A target answered; the caller is answered once rtpengine has made the answer."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import joining, talks
from fmc_gateway.call.commands import AnswerLeg, AnyCommand, StartTimer
from fmc_gateway.call.ending import (
    DURATION_TIMER,
    broken,
    calling_over,
    conclude,
    late_answer,
    late_end,
    late_rejection,
    reject_calling,
)
from fmc_gateway.call.events import (
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegRejected,
    MediaAnswered,
    MediaFailed,
)
from fmc_gateway.call.model import (
    Answering,
    CallState,
    Leg,
    LegPhase,
    Step,
    Talking,
    become,
    put,
    winner_of,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, RETRY_AFTER_S
from hipper.contracts.calls import CallOutcome, LivePhase, SegmentRecord
from hipper.pbx.model import CallerIdentity, Payer, TariffClass

Q850_NORMAL = 16
NOBODY_PAYS = Payer(subscription=None, tariff=TariffClass.FREE)


def establish(call: Answering, sdp: str | None, now: float, out: list[AnyCommand]) -> Step:
    """200 to the caller with ``sdp``, or a re-INVITE when it dialled from the app, or both when it was given
    another answer early; from now on the two talk."""
    winner = winner_of(call)
    exchange = None
    calling = msgspec.structs.replace(call.calling, transcoded=winner.transcoded)
    if calling.phase is LegPhase.ANSWERED:
        calling, exchange = joining.reoffer(calling, sdp or "", out)
    else:
        if joining.is_bound(calling, sdp):
            exchange, sdp = joining.after_ack(calling, sdp), calling.given
        calling = msgspec.structs.replace(
            calling, phase=LegPhase.ANSWERED, answered=now, status=200, given=sdp
        )
        out.append(AnswerLeg(leg=calling.id, sdp=sdp, connected=connected(call, winner)))
    talking = become(
        Talking,
        call,
        calling=calling,
        answered=now,
        segments=(*call.segments, segment(call, winner, now)),
        winner=winner.id,
        exchange=exchange,
    )
    if winner.max_duration_s is not None:
        out.append(StartTimer(name=DURATION_TIMER, after_s=max(winner.max_duration_s, 1.0)))
    talking = publish(talking, LivePhase.ESTABLISHED, out)
    talks.started(talking, now, out)
    return talking, tuple(out)


def connected(call: CallState, winner: Leg) -> CallerIdentity | None:
    """Who answered (RFC 3325 §5): a user as that user's rules say, an outsider as the peer says. Where a user
    sent the call outside is that user's business."""
    if winner.connected_as is not None:
        return winner.connected_as
    if winner.subscriber is not None:
        return winner.identity
    return winner.connected if winner.diverted_by is None else None


def segment(call: CallState, winner: Leg, now: float) -> SegmentRecord:
    """The two talk from ``now`` on. Who diverted the call pays for it, else the caller does (seed 5.7)."""
    payer = winner.payer if winner.diverted_by is not None else call.diverted_payer or call.calling.payer
    charge = winner.charge
    return SegmentRecord(
        calling=call.calling.id,
        called=winner.id,
        payer=payer or NOBODY_PAYS,
        started=now,
        charged=None if charge is None else charge.subscriber,
        charged_group=None if charge is None else charge.group,
        rate_per_minute=0.0 if charge is None else charge.rate_per_minute,
    )


def media_answered(call: Answering, event: MediaAnswered, now: float) -> Step:
    """The last AnswerMedia counts: one of early media may still have been out when the 200 came."""
    winner = winner_of(call)
    if event.pair != winner.pair or winner.answers_due == 0:
        return call, ()
    due = winner.answers_due - 1
    winner = msgspec.structs.replace(winner, answers_due=due, transcoded=event.transcoded)
    call = put(call, winner)
    return (call, ()) if due else establish(call, event.sdp, now, [])


def media_failed(call: Answering, event: MediaFailed, now: float) -> Step:
    """Answered, but without audio there is no call: both sides are told."""
    winner = winner_of(call)
    if event.pair != winner.pair or winner.answers_due == 0:
        return call, ()
    due = winner.answers_due - 1
    call = put(call, msgspec.structs.replace(winner, answers_due=due))
    if due:
        return call, ()
    out: list[AnyCommand] = []
    status, retry = (503, RETRY_AFTER_S) if event.no_rtpengine else (500, None)
    call = reject_calling(
        call,
        now,
        out,
        status,
        q850=Q850_NO_RESOURCE,
        explanation="no media could be set up",
        retry_after_s=retry,
    )
    stop = broken('Q.850;cause=47;text="No media"', event.reason)
    return conclude(call, now, out, CallOutcome.FAILED, stop, "gateway")


def leg_cancelled(call: Answering, event: LegCancelled, now: float) -> Step:
    """CANCEL and 200 crossed: the caller is gone, so the one who answered is sent BYE."""
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", status=487)
    return conclude(
        call, now, [], CallOutcome.CANCELLED, broken(event.reason, "the caller gave up"), "calling"
    )


def leg_ended(call: Answering, event: LegEnded, now: float) -> Step:
    """The one who answered hung up, or the caller's connection went, before the caller could be answered."""
    if event.leg == call.calling.id:
        call = calling_over(call, now, "calling", q850=event.q850)
        return conclude(call, now, [], CallOutcome.CANCELLED, broken(event.reason, event.cause), "calling")
    if event.leg != call.winner:
        return late_end(call, event), ()
    out: list[AnyCommand] = []
    winner = winner_of(call)
    call = put(
        call,
        msgspec.structs.replace(winner, phase=LegPhase.OVER, ended=now, ended_by="called", q850=event.q850),
    )
    cause = Q850_NORMAL if event.q850 is None else event.q850
    call = reject_calling(
        call, now, out, 480, q850=cause, explanation="hung up before the answer", ended_by="called"
    )
    return conclude(call, now, out, CallOutcome.FAILED, broken(None, event.cause), "called")


def leg_answered(call: Answering, event: LegAnswered, now: float) -> Step:
    """A loser's 200 crossed our CANCEL."""
    out: list[AnyCommand] = []
    return late_answer(call, event, out), tuple(out)


def leg_rejected(call: Answering, event: LegRejected, now: float) -> Step:
    """A loser's 487."""
    return late_rejection(call, event), ()
